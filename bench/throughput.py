"""W5 and W8: how many rows a server sends for a second of its processor's time, and what many connections cost. Writes sections of RESULTS.md.

silogate reads local Parquet, MariaDB its own InnoDB tables, go-mysql-server its memory tables. The client counts rows and
looks at none.
"""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

import duckdb

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent
ROUNDS = 4
TABLES = {
    "orders": (
        "o_orderkey BIGINT NOT NULL PRIMARY KEY, o_custkey BIGINT NOT NULL, o_orderstatus CHAR(1) NOT NULL, "
        "o_totalprice DECIMAL(15,2) NOT NULL, o_orderdate DATE NOT NULL, o_orderpriority CHAR(15) NOT NULL, o_clerk CHAR(15) NOT NULL, "
        "o_shippriority INT NOT NULL, o_comment VARCHAR(79) NOT NULL",
        "SELECT * FROM '{parquet}/orders.parquet'",
    ),
    "lineitem": (
        "l_orderkey BIGINT NOT NULL, l_linenumber INT NOT NULL, l_partkey BIGINT NOT NULL, l_quantity DECIMAL(15,2) NOT NULL, "
        "l_extendedprice DECIMAL(15,2) NOT NULL, l_shipdate DATE NOT NULL, l_comment VARCHAR(44) NOT NULL, PRIMARY KEY (l_orderkey, l_linenumber)",
        "SELECT l_orderkey, l_linenumber, l_partkey, l_quantity, l_extendedprice, l_shipdate, l_comment "
        "FROM '{parquet}/lineitem.parquet' LIMIT 2000000",
    ),
}
READINGS = {
    "all of orders": ("SELECT * FROM orders", 1_500_000),
    "6 columns of 2 M rows of lineitem": (
        "SELECT l_orderkey, l_partkey, l_quantity, l_extendedprice, l_shipdate, l_comment FROM lineitem LIMIT 2000000",
        2_000_000,
    ),
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, process: subprocess.Popen, seconds: int) -> None:
    for _ in range(20 * seconds):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"{process.args[0]} did not start")


@contextlib.contextmanager
def running(command: list, port: int, seconds: int):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process, seconds)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def write_tables(parquet: pathlib.Path, folder: pathlib.Path) -> None:
    for table, (columns, query) in TABLES.items():
        duckdb.execute(f"COPY ({query.format(parquet=parquet)}) TO '{folder}/{table}.csv' (HEADER false, DELIMITER '|', QUOTE '')")
        (folder / f"{table}.sql").write_text(f"CREATE TABLE {table} ({columns})")


def load_mariadb(folder: pathlib.Path) -> tuple[str, int]:
    """Loads the tables into the MariaDB at hand, whose buffers hold all of them, and returns its DSN and process."""
    dsn = os.environ["SILOGATE_TEST_MARIADB"]  # as go-sql-driver writes it: user:password@tcp(host:port)/
    account, _, rest = dsn.partition("@tcp(")
    user, _, password = account.partition(":")
    host, _, port = rest.partition(")")[0].partition(":")
    database = f"bench{os.getpid()}"
    command = ["mariadb", f"-u{user}", f"-p{urllib.parse.unquote(password)}", f"-h{host}", f"-P{port}", "--local-infile=1", "-N", "-B", "-e"]

    def run(sql: str) -> str:
        return subprocess.run([*command, sql], check=True, capture_output=True, text=True).stdout.strip()

    run(f"CREATE DATABASE {database}; SET GLOBAL innodb_buffer_pool_size = 2147483648")
    for table in TABLES:
        run(f"USE {database}; {(folder / f'{table}.sql').read_text()} CHARACTER SET utf8mb4")
        run(f"LOAD DATA LOCAL INFILE '{folder}/{table}.csv' INTO TABLE {database}.{table} FIELDS TERMINATED BY '|'")
        run(f"ANALYZE TABLE {database}.{table}; SELECT COUNT(*) FROM {database}.{table}")
    return f"{account}@tcp({host}:{port})/{database}", int(pathlib.Path(run("SELECT @@pid_file")).read_text())


def drain(program: pathlib.Path, dsn: str, pid: int, query: str, prepared: bool, expected: int) -> dict:
    """The least of several readings, of each figure."""
    command = [program, "-dsn", dsn, "-pid", str(pid), "-query", query, "-times", str(ROUNDS)]
    readings = json.loads(subprocess.run(command + ["-prepared"] * prepared, check=True, capture_output=True, text=True).stdout)
    if any(r["rows"] != expected for r in readings):
        raise RuntimeError(f"{query}: {readings[0]['rows']} rows of {expected}")
    return {"wall": min(r["seconds"] for r in readings), "cpu": min(r["cpu"] for r in readings), "rows": expected}


CROWDS = ["SELECT 1", "SELECT COUNT(*) FROM orders WHERE o_orderkey < 100"]


def crowd(program: pathlib.Path, name: str, dsn: str, pid: int) -> list[str]:
    """What idle connections cost a server, and how long small queries of many take."""
    lines = []
    for query in CROWDS:
        command = [program, "-dsn", dsn, "-pid", str(pid), "-query", query]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        idle = "" if lines else f"{found['bytes'] / 1e6:.0f}"  # later, what queries have left behind hides it
        lines.append(
            f"| {name} | {idle} | `{query}` | {found['p50'] * 1000:.0f} | {found['p99'] * 1000:.0f} | {found['p99'] / found['p50']:.1f} |"
        )
    return lines


def measure(parquet: pathlib.Path, folder: pathlib.Path) -> tuple[list[str], list[str]]:
    for program in ("drain", "stock", "crowd"):
        subprocess.run(["go", "build", "-o", folder / program, f"./bench/{program}"], cwd=ROOT, check=True)
    write_tables(parquet, folder)
    lines = []
    gateway_port, stock_port = free_port(), free_port()
    config = folder / "silogate.yaml"
    config.write_text(
        f"listen: 127.0.0.1:{gateway_port}\ndata: {folder}/data\nusers: [{{name: root, password: \"\"}}]\n"
        f"sources:\n  local: {{type: objectstore, url: \"file://{parquet}\"}}\n"
    )
    mariadb, mariadb_pid = load_mariadb(folder)
    gateway = [ROOT / "bin" / "silogate", "serve", "--config", config]
    stock = [folder / "stock", "-address", f"127.0.0.1:{stock_port}", "-folder", folder]
    with running(gateway, gateway_port, 20) as gateway_pid, running(stock, stock_port, 120) as stock_pid:
        servers = {
            "MariaDB": (mariadb, mariadb_pid),
            "go-mysql-server": (f"root@tcp(127.0.0.1:{stock_port})/local", stock_pid),
            "silogate": (f"root@tcp(127.0.0.1:{gateway_port})/local", gateway_pid),
        }
        for what, (query, rows) in READINGS.items():
            for prepared in (False, True):
                found = {name: drain(folder / "drain", dsn, pid, query, prepared, rows) for name, (dsn, pid) in servers.items()}
                rate = {name: f["rows"] / f["cpu"] / 1e6 for name, f in found.items()}
                for name, f in found.items():
                    ratios = ""
                    if name == "silogate":
                        ratios = f"{rate[name] / rate['MariaDB']:.1f} | {rate[name] / rate['go-mysql-server']:.1f}"
                    lines.append(
                        f"| {what}, {'prepared' if prepared else 'text'} | {name} | {f['wall']:.2f} | {f['cpu']:.2f} | {rate[name]:.2f} | {ratios or ' | '} |"
                    )
        crowds = crowd(folder / "crowd", "silogate", *servers["silogate"])
    return lines, crowds


HEAD = """
## W5: rows to a client

Million rows for a second of the server's processor time, least of {rounds} readings. silogate reads local Parquet, MariaDB 10.11 InnoDB tables that its
buffers hold, go-mysql-server its own memory tables. The ratios are silogate's rows to those of each.

| result | server | wall s | CPU s | M rows per CPU s | to MariaDB | to go-mysql-server |
|---|---|---|---|---|---|---|
"""

CROWD_HEAD = """
## W8: many connections

Memory for 5,000 idle connections, and the time of a small query while 500 of them run one after the other.

| server | idle, MB | query | p50 ms | p99 ms | p99 to p50 |
|---|---|---|---|---|---|
"""


def main() -> None:
    parquet = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        rates, crowds = measure(parquet, pathlib.Path(folder))
        text = HEAD.format(rounds=ROUNDS) + "\n".join(rates) + "\n" + CROWD_HEAD + "\n".join(crowds) + "\n"
    print(text)
    results = HERE / "RESULTS.md"
    results.write_text(results.read_text().split("\n## W5")[0] + text)


main()
