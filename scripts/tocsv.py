"""Writes the rows of a Parquet file as CSV, for loading into a database: tocsv.py PARQUET CSV

The file appears only when it is complete. Needs the packages of scripts/requirements.txt.
"""

import pathlib
import sys
import tempfile

import duckdb


def main(parquet: str, csv: pathlib.Path) -> None:
    csv.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=csv.parent) as scratch:
        made = pathlib.Path(scratch) / csv.name
        duckdb.execute(f"COPY (SELECT * FROM '{parquet}') TO '{made}' (HEADER false)")
        made.replace(csv)


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
