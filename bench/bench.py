"""Compares silogate with its peers on the workloads of workloads.py and writes bench/RESULTS.md.

Each peer is its own process; runs are interleaved, peer after peer, so that a noisy moment hits all of them; the figure
is the minimum of ROUNDS runs after one warm-up; rows are checked before time counts. Run it by `make bench`, which
starts Postgres and the S3 store and names them in the environment.
"""

import argparse
import datetime
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

import boto3
import psycopg

import workloads

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent
ROUNDS = 4


class Peer:
    """A peer's process and the pid whose CPU and memory count."""

    def __init__(self, name: str, command: list[str], places: dict, pid: int | None = None):
        self.name = name
        self.proc = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE)
        self.pid = pid or self.proc.pid
        self.version = self.ask(places)["ready"]

    def ask(self, request: dict) -> dict:
        self.proc.stdin.write(json.dumps(request) + "\n")
        self.proc.stdin.flush()
        line = self.proc.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended")
        return json.loads(line)

    def cpu(self) -> float:
        return cpu_of(self.pid)

    def reset_peak(self) -> None:
        pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def peak_mb(self) -> float:
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        line = next(l for l in status.splitlines() if l.startswith("VmHWM"))
        return int(line.split()[1]) / 1024

    def close(self) -> None:
        self.proc.stdin.close()
        self.proc.wait()


class Gateway(Peer):
    """The gateway, by a client of its MySQL port. Each table has the name of its place."""

    def ask(self, request: dict) -> dict:
        if "queries" in request:
            place = lambda table: database(request["placement"], table)
            request = request | {"queries": [workloads.qualify(query, place) for query in request["queries"]]}
        return super().ask(request)


def database(placement: str, table: str) -> str:
    if placement in ("s3", "local"):
        return placement
    if table in workloads.IN_S3:
        return "s3"
    return "pg_v" if placement.endswith("varchar") else "pg"


def cpu_of(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
    server = os.environ["SILOGATE_TEST_POSTGRES"]
    database = f"bench{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {database}")
    postgres = urllib.parse.urlparse(server)._replace(path="/" + database).geturl()
    subprocess.run(["go", "run", "./bench/load", "-url", postgres, "-scale", data.name.removeprefix("tpch-")], cwd=ROOT, check=True)
    return {"postgres": postgres, "s3": s3, "local": str(data / "parquet")}


def start_gateway(places: dict, folder: str) -> tuple[subprocess.Popen, int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    s3, pg = places["s3"], urllib.parse.urlparse(places["postgres"])
    config = pathlib.Path(folder) / "silogate.yaml"
    config.write_text(
        f"""listen: 127.0.0.1:{port}
data: {folder}/data
users: [{{name: root, password: ""}}]
sources:
  pg: {{type: postgres, url: "{pg._replace(netloc=f'{pg.username}@{pg.hostname}:{pg.port}').geturl()}", password: "{pg.password}"}}
  s3: {{type: objectstore, url: "s3://{s3['bucket']}/tpch", endpoint: "{s3['endpoint']}", region: {s3['region']}, access_key: "{s3['access_key']}", secret_key: "{s3['secret_key']}", path_style: true}}
  local: {{type: objectstore, url: "file://{places['local']}"}}
"""
    )
    log = open(pathlib.Path(folder) / "log", "w")
    gateway = subprocess.Popen([ROOT / "bin" / "silogate", "serve", "--config", config], stdout=log, stderr=log)
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return gateway, port
        if gateway.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"the gateway did not start: {pathlib.Path(log.name).read_text()}")


def number(text):
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def same(a, b) -> bool:
    """Values of two systems: equal text, or numbers within the rounding of a quotient."""
    if a == b or (a is not None and b is not None and a.rstrip() == b.rstrip()):
        return True
    x, y = number(a), number(b)
    return x is not None and y is not None and abs(x - y) <= 1e-5 * max(1.0, abs(x))


def check(workload: workloads.Workload, peer: str, rows: list, expected: list) -> None:
    for i, (got, want) in enumerate(zip(rows, expected)):
        if workload.rows and len(got) != workload.rows[i]:
            raise RuntimeError(f"{workload.name} query {i}: {peer} has {len(got)} rows, want {workload.rows[i]}")
        alike = len(got) == len(want) and all(same(x, y) for g, w in zip(got, want) for x, y in zip(g, w))
        if not alike:
            raise RuntimeError(f"{workload.name} query {i}: {peer} differs from the first peer: {got[:2]} {want[:2]}")


def measure(peers: list[Peer], chosen: list[workloads.Workload]) -> list[dict]:
    results = []
    for workload in chosen:
        expected = None
        best: dict[str, dict] = {}
        for round_number in range(ROUNDS + 1):
            for peer in peers:
                if workload.placement != "local" and peer.name == "DuckDB 2.0":
                    continue
                peer.reset_peak()
                cpu, pg = peer.cpu(), postgres_cpu()
                answer = peer.ask({"queries": workload.queries, "placement": workload.placement, "pushdown": workload.pushdown})
                cpu, pg = peer.cpu() - cpu, postgres_cpu() - pg
                if expected is None:
                    expected = answer["rows"]
                check(workload, peer.name, answer["rows"], expected)
                if round_number == 0:
                    continue  # warm-up
                wall = sum(answer["times"])
                seen = best.setdefault(peer.name, {"wall": wall, "cpu": cpu, "pg": pg, "peak": 0.0, "each": answer["times"]})
                seen["peak"] = max(seen["peak"], peer.peak_mb())
                seen["each"] = [min(x, y) for x, y in zip(seen["each"], answer["times"])]
                if wall < seen["wall"]:
                    seen.update(wall=wall, cpu=cpu, pg=pg)
        results.append({"workload": workload, "best": best})
        print(workload.name, {k: round(v["wall"], 3) for k, v in best.items()}, flush=True)
        if len(workload.queries) > 1:
            for name, figures in best.items():
                print("   ", name, [round(t, 3) for t in figures["each"]], flush=True)
    return results


def report(results: list[dict], peers: list[Peer], scale: str) -> str:
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    lines = [
        "# Comparison with peers",
        "",
        f"`make bench`, {datetime.date.today()}, commit {commit}, TPC-H scale factor {scale}, {os.cpu_count()} cores; "
        f"minimum of {ROUNDS} interleaved runs, rows checked.",
        "Peers: " + ", ".join(f"{p.name} ({p.version})" for p in peers if p.name != "silogate")
        + ". Ratio: silogate to the fastest peer.",
        "",
        "| workload | system | wall s | CPU s | Postgres CPU s | peak MB | ratio |",
        "|---|---|---|---|---|---|---|",
    ]
    for result in results:
        others = [v["wall"] for k, v in result["best"].items() if k != "silogate"]
        for name, v in result["best"].items():
            ratio = f"{v['wall'] / min(others):.2f}" if name == "silogate" and others else ""
            lines.append(
                f"| {result['workload'].name} {result['workload'].about} | {name} | {v['wall']:.3f} | {v['cpu']:.2f} | {v['pg']:.2f} "
                f"| {v['peak']:.0f} | {ratio} |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", default="1")
    parser.add_argument("--only", default="", help="comma-separated workload names")
    arguments = parser.parse_args()
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "silogate-test"
    data = cache / f"tpch-{arguments.scale}"
    subprocess.run([sys.executable, ROOT / "scripts" / "tpch.py", arguments.scale, data], check=True)
    chosen = [w for w in workloads.WORKLOADS if not arguments.only or w.name in arguments.only.split(",")]
    if arguments.scale != "1":
        for w in chosen:
            w.rows = []
    places = load(data)
    with tempfile.TemporaryDirectory() as folder:
        gateway, port = start_gateway(places, folder)
        peers = [Peer("DuckDB", [sys.executable, "peer_duckdb.py"], places)]
        newer = cache / "venv-duckdb2" / "bin" / "python"
        peers.append(Peer("DuckDB 2.0", [str(newer), "peer_duckdb.py"], places | {"extensions": False}))
        client = pathlib.Path(folder) / "client"
        subprocess.run(["go", "build", "-o", client, "./bench/client"], cwd=ROOT, check=True)
        peers.append(Gateway("silogate", [client, "-address", f"127.0.0.1:{port}"], {}, pid=gateway.pid))
        try:
            results = measure(peers, chosen)
            text = report(results, peers, arguments.scale)
            print(text)
            if not arguments.only and arguments.scale == "1":
                (HERE / "RESULTS.md").write_text(text)
        finally:
            for peer in peers:
                peer.close()
            gateway.terminate()
            gateway.wait()


main()
