"""Writes TPC-H tables as Parquet in other layouts: tpch_layout.py SOURCE LAYOUT.json FOLDER

SOURCE/TABLE.parquet are the rows, as tpch.py made them. LAYOUT is a list of internal/tpch.ParquetTable.
FOLDER/TABLE/... are the files.
"""

import json
import pathlib
import sys

import duckdb


def main(source: pathlib.Path, layout: pathlib.Path, folder: pathlib.Path) -> None:
    db = duckdb.connect()
    db.execute("SET preserve_insertion_order = true; SET threads = 1")
    for table in json.loads(layout.read_text()):
        write(db, source, folder / table["table"], table)


def write(db: duckdb.DuckDBPyConnection, source: pathlib.Path, folder: pathlib.Path, table: dict) -> None:
    folder.mkdir(parents=True)
    columns = ", ".join(f'CAST("{c["Name"]}" AS {c["Type"]}) AS "{c["Name"]}"' for c in table["columns"])
    options = "FORMAT parquet" + (", " + table["options"] if table["options"] else "")
    order = "hash(rowid)" if table["shuffle"] else "rowid"
    rows = f"(SELECT *, file_row_number AS rowid FROM read_parquet('{source}/{table['table']}.parquet', file_row_number = true))"
    if table["partition"]:
        options += f', PARTITION_BY ("{table["partition"]}")'
    for i in range(table["files"]):
        to = folder / f"part-{i}"
        part = f"{rows} WHERE rowid % {table['files']} = {i} ORDER BY {order}"
        db.execute(f"COPY (SELECT {columns} FROM {part}) TO '{to if table['partition'] else f'{to}.parquet'}' ({options})")


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:]))
