"""Runs queries over TPC-H in DuckDB: tpch_answers.py SOURCE QUERIES.json FOLDER

SOURCE/TABLE.parquet are the rows, as tpch.py made them; FOLDER/N.csv are the rows of query N, with a header.
"""

import json
import pathlib
import sys

import duckdb


def main(source: pathlib.Path, queries: pathlib.Path, folder: pathlib.Path) -> None:
    db = duckdb.connect()
    for table in source.glob("*.parquet"):
        db.execute(f"CREATE VIEW {table.stem} AS SELECT * FROM '{table}'")
    for n, query in enumerate(json.loads(queries.read_text())):
        db.execute(f"COPY ({query}) TO '{folder}/{n}.csv' (HEADER true)")


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:]))
