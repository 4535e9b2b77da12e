"""DuckDB as a peer: reads one JSON request a line on standard input, answers one JSON line with the time and rows."""

import json
import sys
import time

import duckdb

import workloads


def connect(places: dict) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": 2})
    if places.get("extensions", True):
        from duckdb_extensions import import_extension

        for name in ("httpfs", "postgres_scanner"):
            import_extension(name, con=db)
            db.execute(f"LOAD {name}")
        s3 = places["s3"]
        db.execute(
            f"CREATE SECRET (TYPE s3, KEY_ID '{s3['access_key']}', SECRET '{s3['secret_key']}', REGION '{s3['region']}', "
            f"ENDPOINT '{s3['endpoint'].removeprefix('http://')}', URL_STYLE 'path', USE_SSL false)"
        )
        db.execute(f"ATTACH '{places['postgres']}' AS pg (TYPE postgres, READ_ONLY)")
    for placement in ("s3", "federated", "federated-varchar", "federated-pages", "local"):
        if placement != "local" and not places.get("extensions", True):
            continue
        schema = placement.replace("-", "_")
        db.execute(f"CREATE SCHEMA {schema}")
        for table in workloads.TABLES:
            db.execute(f"CREATE VIEW {schema}.{table} AS SELECT * FROM {where(places, placement, table)}")
    return db


def where(places: dict, placement: str, table: str) -> str:
    if placement == "local":
        return f"'{places['local']}/{table}.parquet'"
    if placement == "federated-pages" and table == "lineitem":
        return f"'s3://{places['s3']['bucket']}/pages/{table}.parquet'"
    if placement == "s3" or table in workloads.IN_S3:
        return f"'s3://{places['s3']['bucket']}/tpch/{table}/{table}.parquet'"
    return f"pg.{'v' if placement.endswith('varchar') else 'public'}.{table}"


def main() -> None:
    db = connect(json.loads(sys.stdin.readline()))
    print(json.dumps({"ready": duckdb.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        db.execute(f"USE memory.{request['placement'].replace('-', '_')}")
        times, rows = [], []
        for query in request["queries"]:
            start = time.perf_counter()
            result = db.execute(query).fetchall()
            times.append(time.perf_counter() - start)
            rows.append([[None if v is None else str(v) for v in row] for row in result])
        print(json.dumps({"times": times, "rows": rows}), flush=True)


main()
