"""silogate as a peer, through its MySQL port: one JSON request a line on standard input, one JSON line back."""

import json
import sys
import time

import pymysql

import workloads


def database(placement: str, table: str) -> str:
    if placement in ("s3", "local"):
        return placement
    if table in workloads.IN_S3:
        return "s3"
    return "pg_v" if placement.endswith("varchar") else "pg"


def main() -> None:
    places = json.loads(sys.stdin.readline())
    db = pymysql.connect(host="127.0.0.1", port=places["port"], user="root", password="")
    cursor = db.cursor()
    cursor.execute("SELECT version()")
    print(json.dumps({"ready": cursor.fetchone()[0]}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        placement = request["placement"]
        cursor.execute("SET silogate_pushdown = " + ("ON" if request["pushdown"] else "OFF"))
        times, rows = [], []
        for query in request["queries"]:
            query = workloads.qualify(query, lambda table: database(placement, table))
            start = time.perf_counter()
            cursor.execute(query)
            result = cursor.fetchall()
            times.append(time.perf_counter() - start)
            rows.append([[None if v is None else str(v) for v in row] for row in result])
        print(json.dumps({"times": times, "rows": rows}), flush=True)


main()
