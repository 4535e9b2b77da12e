"""Compares silogate with its peers on the workloads of workloads.py and writes bench/RESULTS.md.

Each peer is its own process; runs are interleaved, peer after peer, so that a noisy moment hits all of them; the figure
is the minimum of ROUNDS runs after one warm-up; rows are checked before time counts. Run it by `make bench`, which
starts Postgres and the S3 store and names them in the environment.
"""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.parse

import boto3
import psycopg
import pyarrow.parquet

import peers
import workloads

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent
ROUNDS = 4


class Gateway(peers.Gateway):
    """The gateway. Each table has the name of its place."""

    def ask(self, request: dict) -> dict:
        if "queries" in request:
            place = lambda table: database(request["placement"], table)
            request = request | {"queries": [workloads.qualify(query, place) for query in request["queries"]]}
        return super().ask(request)


class Links:
    """Slow links to the servers, for the workloads that ask for them; bench/link says what they are."""

    def __init__(self, program: pathlib.Path, places: dict):
        postgres, s3 = urllib.parse.urlparse(places["postgres"]), urllib.parse.urlparse(places["s3"]["endpoint"])
        self.proc = subprocess.Popen(
            [program, f"{postgres.hostname}:{postgres.port}", s3.netloc], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        to_postgres, to_s3 = json.loads(self.proc.stdout.readline())
        account = postgres.netloc.rpartition("@")[0]
        self.places = places | {
            "postgres": postgres._replace(netloc=f"{account}@{to_postgres}").geturl(),
            "s3": places["s3"] | {"endpoint": f"http://{to_s3}"},
        }

    def counts(self) -> dict:
        self.proc.stdin.write("\n")
        self.proc.stdin.flush()
        return json.loads(self.proc.stdout.readline())

    def close(self) -> None:
        self.proc.stdin.close()
        self.proc.wait()


def database(placement: str, table: str) -> str:
    if placement in ("s3", "local"):
        return placement
    if placement.endswith("pages") and table == "lineitem":
        return "pages"
    if table in workloads.IN_S3:
        return "s3"
    return "pg_v" if placement.endswith("varchar") else "pg"


def postgres_cpu() -> float:
    """CPU seconds of all server processes, ended children included."""
    total = 0.0
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        if "(postgres)" in text:
            fields = text.rsplit(")", 1)[1].split()
            total += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return total


def load(data: pathlib.Path) -> dict:
    """Puts the tables where the workloads want them and returns the places."""
    s3_url = urllib.parse.urlparse(os.environ["SILOGATE_TEST_S3"])
    s3 = {
        "endpoint": f"http://{s3_url.hostname}:{s3_url.port}",
        "access_key": s3_url.username,
        "secret_key": s3_url.password,
        "region": "us-east-1",
        "bucket": f"bench{os.getpid()}",
    }
    client = boto3.client(
        "s3",
        endpoint_url=s3["endpoint"],
        aws_access_key_id=s3["access_key"],
        aws_secret_access_key=s3["secret_key"],
        region_name=s3["region"],
    )
    client.create_bucket(Bucket=s3["bucket"])
    for table in workloads.TABLES:
        client.upload_file(str(data / "parquet" / f"{table}.parquet"), s3["bucket"], f"tpch/{table}/{table}.parquet")
    client.upload_file(str(with_page_index(data)), s3["bucket"], "pages/lineitem.parquet")
    server = os.environ["SILOGATE_TEST_POSTGRES"]
    database = f"bench{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {database}")
    postgres = urllib.parse.urlparse(server)._replace(path="/" + database).geturl()
    subprocess.run(["go", "run", "./bench/load", "-url", postgres, "-scale", data.name.removeprefix("tpch-")], cwd=ROOT, check=True)
    return {"postgres": postgres, "s3": s3, "local": str(data / "parquet")}


# Columns of lineitem that a dictionary pays for: one must be read whole for a single page.
FEW_VALUES = ["l_linenumber", "l_quantity", "l_discount", "l_tax", "l_returnflag", "l_linestatus", "l_shipinstruct", "l_shipmode"]


def with_page_index(data: pathlib.Path) -> pathlib.Path:
    """A copy of lineitem with small pages and an index of them, made once."""
    copy = data / "pages" / "lineitem.parquet"
    if not copy.exists():
        copy.parent.mkdir(exist_ok=True)
        partial = copy.with_suffix(".partial")
        pyarrow.parquet.write_table(
            pyarrow.parquet.read_table(data / "parquet" / "lineitem.parquet"),
            partial,
            row_group_size=122880,
            compression="snappy",
            use_dictionary=FEW_VALUES,
            data_page_size=16 << 10,
            write_page_index=True,
        )
        partial.rename(copy)
    return copy


def sources(places: dict) -> str:
    """The places as sources of the gateway."""
    s3, pg = places["s3"], urllib.parse.urlparse(places["postgres"])
    store = (
        f'endpoint: "{s3["endpoint"]}", region: {s3["region"]}, access_key: "{s3["access_key"]}", secret_key: "{s3["secret_key"]}", path_style: true'
    )
    return f"""  pg: {{type: postgres, url: "{pg._replace(netloc=f'{pg.username}@{pg.hostname}:{pg.port}').geturl()}", password: "{pg.password}"}}
  s3: {{type: objectstore, url: "s3://{s3['bucket']}/tpch", {store}}}
  pages: {{type: objectstore, url: "s3://{s3['bucket']}/pages", {store}}}
  local: {{type: objectstore, url: "file://{places['local']}"}}
"""


def check(workload: workloads.Workload, peer: str, rows: list, expected: list) -> None:
    for i, (got, want) in enumerate(zip(rows, expected)):
        if workload.rows and len(got) != workload.rows[i]:
            raise RuntimeError(f"{workload.name} query {i}: {peer} has {len(got)} rows, want {workload.rows[i]}")
        alike = len(got) == len(want) and all(peers.same(x, y) for g, w in zip(got, want) for x, y in zip(g, w))
        if not alike:
            raise RuntimeError(f"{workload.name} query {i}: {peer} differs from the first peer: {got[:2]} {want[:2]}")


def measure(workload: workloads.Workload, starts: list, systems: list[peers.Peer], links: Links | None) -> dict:
    """The best figures of each peer: of those that run, or of new ones for each run."""
    expected = None
    best: dict[str, dict] = {}
    for round_number in range(ROUNDS + (not workload.first)):
        for start, peer in zip(starts, systems or [None] * len(starts)):
            with contextlib.ExitStack() as stack:
                if workload.first:
                    peer = stack.enter_context(contextlib.closing(start()))
                figures, rows = once(workload, peer, links)
            if expected is None:
                expected = rows
            check(workload, peer.name, rows, expected)
            if not workload.first and round_number == 0:
                continue  # warm-up
            seen = best.setdefault(peer.name, figures)
            figures["peak"] = max(seen["peak"], figures["peak"])
            figures["each"] = [min(x, y) for x, y in zip(seen["each"], figures["each"])]
            if figures["wall"] > seen["wall"]:
                figures = seen | {key: figures[key] for key in ("peak", "each")}
            best[peer.name] = figures
    print(workload.name, {k: round(v["wall"], 3) for k, v in best.items()}, flush=True)
    for name, figures in best.items():
        each = [round(t, 3) for t in figures["each"]] if len(workload.queries) > 1 else []
        if each or links:
            print("   ", name, each, f"{figures['mb']:.1f} MB in {figures['trips']} round trips" if links else "", flush=True)
    return best


def once(workload: workloads.Workload, peer: peers.Peer, links: Links | None) -> tuple[dict, list]:
    peer.reset_peak()
    cpu, pg = peer.cpu(), postgres_cpu()
    passed = links.counts() if links else {}
    answer = peer.ask({"queries": workload.queries, "placement": workload.placement, "pushdown": workload.pushdown})
    figures = {
        "wall": sum(answer["times"]),
        "cpu": peer.cpu() - cpu,
        "pg": postgres_cpu() - pg,
        "peak": peer.peak_mb(),
        "each": answer["times"],
    }
    if links:
        now = links.counts()
        figures |= {"mb": (now["bytes"] - passed["bytes"]) / 1e6, "trips": now["trips"] - passed["trips"]}
    return figures, answer["rows"]


def compete(chosen: list[workloads.Workload], places: dict, folder: pathlib.Path, versions: dict[str, str]) -> list[dict]:
    """Runs the workloads with the peers that read these places, and notes the peers' versions."""
    for program in ("client", "link"):
        subprocess.run(["go", "build", "-o", folder / program, f"./bench/{program}"], cwd=ROOT, check=True)
    results = []
    for slow in (False, True):
        if not any(w.slow == slow for w in chosen):
            continue
        with contextlib.ExitStack() as stack:
            links = stack.enter_context(contextlib.closing(Links(folder / "link", places))) if slow else None
            reached = links.places if links else places
            starts = {
                "DuckDB": lambda: peers.Peer("DuckDB", [sys.executable, "peer_duckdb.py"], reached),
                "DuckDB 2.0": lambda: peers.Peer("DuckDB 2.0", [peers.newer_python(), "peer_duckdb.py"], reached | {"extensions": False}),
                "silogate": lambda: Gateway(folder / "client", sources(reached)),
            }
            if slow:
                del starts["DuckDB 2.0"]
            systems = [stack.enter_context(contextlib.closing(start())) for start in starts.values()]
            versions |= {peer.name: peer.version for peer in systems}
            for workload in (w for w in chosen if w.slow == slow):
                able = [(s, p) for s, p in zip(starts.values(), systems) if workload.placement == "local" or p.name != "DuckDB 2.0"]
                best = measure(workload, [s for s, _ in able], [p for _, p in able], links)
                results.append({"workload": workload, "best": best})
    return results


def report(results: list[dict], versions: dict[str, str], scale: str) -> str:
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    lines = [
        "# Comparison with peers",
        "",
        f"`make bench`, {datetime.date.today()}, commit {commit}, TPC-H scale factor {scale}, {os.cpu_count()} cores; "
        f"minimum of {ROUNDS} interleaved runs, rows checked.",
        "Peers: " + ", ".join(f"{name} ({version})" for name, version in versions.items() if name != "silogate")
        + ". Ratio: silogate to the fastest peer. Slow links: 10 ms and 25 MB/s to Postgres and to the S3 store, a proxy each;"
        " trips: round trips of which each waited for the one before.",
        "",
        "| workload | system | wall s | CPU s | Postgres CPU s | peak MB | MB over links | trips | ratio |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        others = [v["wall"] for k, v in result["best"].items() if k != "silogate"]
        for name, v in result["best"].items():
            ratio = f"{v['wall'] / min(others):.2f}" if name == "silogate" and others else ""
            passed = f"{v['mb']:.1f} | {v['trips']}" if "trips" in v else " | "
            lines.append(
                f"| {result['workload'].name} {result['workload'].about} | {name} | {v['wall']:.3f} | {v['cpu']:.2f} | {v['pg']:.2f} "
                f"| {v['peak']:.0f} | {passed} | {ratio} |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", default="1")
    parser.add_argument("--only", default="", help="comma-separated workloads, such as W7")
    arguments = parser.parse_args()
    data = peers.cache_folder() / f"tpch-{arguments.scale}"
    subprocess.run([sys.executable, ROOT / "scripts" / "tpch.py", arguments.scale, data], check=True)
    chosen = [w for w in workloads.WORKLOADS if not arguments.only or w.name.split()[0] in arguments.only.split(",")]
    if arguments.scale != "1":
        for w in chosen:
            w.rows = []
    places = load(data)
    versions: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        results = compete(chosen, places, pathlib.Path(folder), versions)
    text = report(results, versions, arguments.scale)
    print(text)
    if not arguments.only and arguments.scale == "1":
        (HERE / "RESULTS.md").write_text(text)


main()
