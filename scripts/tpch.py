"""Makes TPC-H data for tests and benchmarks: tpch.py SCALE FOLDER

FOLDER/parquet/TABLE.parquet  snappy, row groups of 122,880 rows
FOLDER/answers/qNN.csv        DuckDB's rows for internal/tpch/queries/qNN.sql, with a header of names

Needs the packages of scripts/requirements.txt. The folder appears only when it is complete.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

import duckdb

TABLES = ["region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem"]
QUERIES = pathlib.Path(__file__).parent.parent / "internal" / "tpch" / "queries"


def main(scale: str, folder: pathlib.Path) -> None:
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made, raw = pathlib.Path(scratch) / "made", pathlib.Path(scratch) / "raw"
        for sub in ("parquet", "answers"):
            (made / sub).mkdir(parents=True)
        generator = pathlib.Path(sys.executable).parent / "tpchgen-cli"
        subprocess.run([generator, "parquet", "-s", scale, "--output-dir", raw], check=True)
        db = duckdb.connect()
        for table in TABLES:
            parquet = made / "parquet" / f"{table}.parquet"
            db.execute(
                f"COPY (SELECT * FROM '{raw}/{table}.parquet') TO '{parquet}' "
                "(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 122880)"
            )
            db.execute(f"CREATE VIEW {table} AS SELECT * FROM '{parquet}'")
        for query in sorted(QUERIES.glob("q*.sql")):
            answer = made / "answers" / f"{query.stem}.csv"
            db.execute(f"COPY ({query.read_text()}) TO '{answer}' (HEADER true)")
        db.close()
        shutil.move(made, folder)


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
