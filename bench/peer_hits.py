"""DuckDB as a peer of hits.py: reads one JSON request a line on standard input, answers one JSON line with the time and rows."""

import json
import sys
import time

import duckdb


def main() -> None:
    file = json.loads(sys.stdin.readline())["file"]
    db = duckdb.connect(config={"threads": 2})
    db.execute(f"CREATE VIEW hits AS SELECT * FROM '{file}'")
    print(json.dumps({"ready": duckdb.__version__}), flush=True)
    for line in sys.stdin:
        times, rows = [], []
        for query in json.loads(line)["queries"]:
            start = time.perf_counter()
            result = db.execute(query).fetchall()
            times.append(time.perf_counter() - start)
            rows.append([[None if v is None else str(v) for v in row] for row in result])
        print(json.dumps({"times": times, "rows": rows}), flush=True)


main()
