#!/usr/bin/env python3
"""Writes the golden files of this folder: python3 generate.py (needs pyarrow, duckdb, polars, pandas, fastavro, cramjam and
backports.zstd; SILOGATE_AVRO_TOOLS names the jar of avro-tools 1.12, without which Java's file is left as it is).

One table, written by several systems in several formats. rows.txt is what every file holds: a line for the columns and one for each
row, as the tests print values, computed here without the code under test. Values are made up from a fixed seed.
"""
import bz2
import csv
import datetime as dt
import decimal
import gzip
import json
import os
import random
import subprocess

import duckdb
import fastavro
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.ipc
import pyarrow.orc

rnd = random.Random(7)
ROWS = 60
WORDS = ["plain", "with, comma", 'a "quote"', "line\nbreak", "semi;colon", "tab\tstop", "Grüße", "日本語 😀", "trailing ", "\\back", "'single'"]


def some(make, nulls=0.2):
    return [None if rnd.random() < nulls else make() for _ in range(ROWS)]


columns = {
    "id": [rnd.randint(-(2**63), 2**63 - 1) for _ in range(ROWS)],
    "price": some(lambda: decimal.Decimal(rnd.randint(-(10**9), 10**9)).scaleb(-2)),
    "ratio": some(lambda: rnd.choice([rnd.random(), -1e-9 * rnd.random(), 1e12 * rnd.random()])),
    "name": some(lambda: rnd.choice(WORDS)),
    "day": some(lambda: dt.date(1900, 1, 1) + dt.timedelta(days=rnd.randint(0, 80_000))),
    "at": some(lambda: dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=rnd.randint(-(10**15), 3 * 10**15))),
    "flag": some(lambda: rnd.random() < 0.5),
}
schema = pa.schema([("id", pa.int64()), ("price", pa.decimal128(38, 2)), ("ratio", pa.float64()), ("name", pa.string()),
                    ("day", pa.date32()), ("at", pa.timestamp("us")), ("flag", pa.bool_())])
table = pa.table(columns, schema=schema)
written, frame = table, pl.from_arrow(table)  # "table" is a word of SQL


def mysql_float(f):
    if f == 0 or 1e-15 <= abs(f) < 1e15:
        return format(decimal.Decimal(repr(f)), "f").removesuffix(".0")
    mantissa, exponent = repr(f).split("e")
    return mantissa.removesuffix(".0") + "e" + str(int(exponent))


def shown(name, v):
    if v is None:
        return "NULL"
    if name == "name":
        return json.dumps(v, ensure_ascii=False)
    if name == "ratio":
        return mysql_float(v)
    if name == "at":
        return v.strftime("%Y-%m-%d %H:%M:%S.%f")
    return str(int(v)) if name == "flag" else str(v)


with open("rows.txt", "w") as out:
    out.write("id bigint, price decimal(38,2), ratio double, name longtext, day date, at datetime(6), flag boolean\n")
    for row in zip(*columns.values()):
        out.write(" ".join(shown(n, v) for n, v in zip(columns, row)) + "\n")

# CSV
pyarrow.csv.write_csv(table, "pyarrow.csv")
pyarrow.csv.write_csv(table, "pyarrow_tab.tsv", pyarrow.csv.WriteOptions(delimiter="\t"))
with pa.CompressedOutputStream("pyarrow.csv.zst", "zstd") as out:
    pyarrow.csv.write_csv(table, out)
with pa.CompressedOutputStream("pyarrow.csv.lz4", "lz4") as out:
    pyarrow.csv.write_csv(table, out)
duckdb.sql("copy written to 'duckdb.csv' (header)")
duckdb.sql("copy written to 'duckdb_semicolon.csv.gz' (header, delimiter ';', quote '\"', compression gzip)")
frame.write_csv("polars.csv")
frame.write_csv("polars_crlf_bom.csv", line_terminator="\r\n", include_bom=True)
table.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get).to_csv("pandas.csv", index=False)
with open("python_quoted.csv", "w", newline="") as out:
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, delimiter="|")
    writer.writerow(columns)
    writer.writerows([None if n != "name" and v is None else v for n, v in zip(columns, row)] for row in zip(*columns.values())
                     if row[3] is not None)
with open("pyarrow.csv", "rb") as src, bz2.open("pyarrow.csv.bz2", "wb") as out:
    out.write(src.read())

# JSON lines
duckdb.sql("copy written to 'duckdb.jsonl' (format json)")
with gzip.open("python.json.gz", "wt") as out:
    for row in zip(*columns.values()):
        out.write("{" + ", ".join(
            json.dumps(n) + ": " + (str(v) if n == "price" and v is not None else json.dumps(v if n not in ("day", "at") or v is None else v.isoformat()))
            for n, v in zip(columns, row) if v is not None or row[0] == columns["id"][0]) + "}\n")

# Arrow IPC
for name, options in {"": {}, "_lz4": {"compression": "lz4"}, "_zstd": {"compression": "zstd"}}.items():
    with pa.ipc.new_file(f"pyarrow{name}.arrow", schema, options=pa.ipc.IpcWriteOptions(**options)) as out:
        out.write_table(table, max_chunksize=17)
    with pa.ipc.new_stream(f"pyarrow_stream{name}.arrow", schema, options=pa.ipc.IpcWriteOptions(**options)) as out:
        out.write_table(table, max_chunksize=17)
coded = table.set_column(3, "name", table["name"].dictionary_encode())
with pa.ipc.new_file("pyarrow_dictionary.arrow", coded.schema) as out:
    out.write_table(coded, max_chunksize=17)
with pa.ipc.new_stream("pyarrow_dictionary_stream.arrow", coded.schema) as out:
    out.write_table(coded, max_chunksize=17)
pyarrow.feather.write_feather(table, "pyarrow.feather")
frame.write_ipc("polars.ipc", compression="zstd")

# ORC
for codec in ["uncompressed", "zlib", "snappy", "lz4", "zstd"]:
    pa.orc.write_table(table, f"pyarrow_{codec}.orc", compression=codec, row_index_stride=1000)
pa.orc.write_table(table, "pyarrow_rle1.orc", file_version="0.11", dictionary_key_size_threshold=1, compression="zlib")

# Avro
avro_schema = {"type": "record", "name": "row", "fields": [
    {"name": "id", "type": "long"},
    {"name": "price", "type": ["null", {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 2}]},
    {"name": "ratio", "type": ["null", "double"]},
    {"name": "name", "type": ["string", "null"]},
    {"name": "day", "type": ["null", {"type": "int", "logicalType": "date"}]},
    {"name": "at", "type": ["null", {"type": "long", "logicalType": "local-timestamp-micros"}]},
    {"name": "flag", "type": ["null", "boolean"]}]}
for codec in ["null", "deflate", "snappy", "zstandard", "bzip2"]:
    with open(f"fastavro_{codec}.avro", "wb") as out:
        fastavro.writer(out, avro_schema, table.to_pylist(), codec=codec, sync_interval=700)
frame.drop("price").write_avro("polars.avro", compression="snappy")  # it writes no decimals
if tools := os.environ.get("SILOGATE_AVRO_TOOLS"):
    with open("/tmp/silogate.avsc", "w") as out:
        json.dump(avro_schema, out)
    java = ["java", "-jar", tools]
    lines = subprocess.run([*java, "tojson", "fastavro_null.avro"], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with open("java.avro", "wb") as out:
        subprocess.run([*java, "fromjson", "--codec", "deflate", "--schema-file", "/tmp/silogate.avsc", "-"], check=True, input=lines.stdout, stdout=out,
                       stderr=subprocess.DEVNULL)
