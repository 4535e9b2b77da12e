#!/usr/bin/env python3
"""Writes the partitioned tables of this folder: python3 generate.py (needs pyarrow and duckdb)."""
import datetime as dt
import pathlib
import shutil

import duckdb
import pyarrow as pa
import pyarrow.dataset

HERE = pathlib.Path(__file__).parent
KEYS = ["year", "day", "place"]


def fresh(name):
    shutil.rmtree(HERE / name, ignore_errors=True)
    return str(HERE / name)


table = pa.table({
    "id": pa.array([1, 2, 3, 4], pa.int64()),
    "year": pa.array([2023, 2024, 2024, None], pa.int32()),
    "day": pa.array([dt.date(2023, 12, 31), dt.date(2024, 2, 29), None, dt.date(2024, 3, 1)]),
    "place": pa.array(["a/b=c d", "Zürich%20", '100% "x"', "plain"]),
})
hive = pa.dataset.partitioning(pa.schema([table.schema.field(k) for k in KEYS]), flavor="hive")
pa.dataset.write_dataset(table, fresh("pyarrow"), format="parquet", partitioning=hive)

db = duckdb.connect()
db.register("t", table)
db.sql(f"COPY t TO '{fresh('duckdb')}' (FORMAT parquet, PARTITION_BY ({', '.join(KEYS)}))")
db.sql(f"COPY t TO '{fresh('duckdb_csv')}' (FORMAT csv, PARTITION_BY ({', '.join(KEYS)}), WRITE_PARTITION_COLUMNS)")
