"""Makes TPC-DS data for tests: tpcds.py SCALE FOLDER

FOLDER/parquet/TABLE.parquet  the rows
FOLDER/csv/TABLE.csv          the same for loading into a database, with NULL as \\N
FOLDER/schema.json            {TABLE: [{Name, Type}, ...]} with types that DuckDB and Postgres share
FOLDER/queries/qNN.sql        the queries in MySQL's dialect, tables as {TABLE}
FOLDER/answers/qNN.csv        DuckDB's rows of all that the query would return without its LIMIT, with NULL as \\N

Needs the packages of scripts/requirements.txt. The folder appears only when it is complete.
"""

import json
import pathlib
import re
import shutil
import sys
import tempfile

import duckdb
import duckdb_extensions

LIMIT = re.compile(r"\blimit\s+(\d+)\s*$", re.IGNORECASE)


def main(scale: str, folder: pathlib.Path) -> None:
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = pathlib.Path(scratch) / "made"
        for sub in ("parquet", "csv", "queries", "answers"):
            (made / sub).mkdir(parents=True)
        db = duckdb.connect(config={"allow_unsigned_extensions": "true"})
        duckdb_extensions.import_extension("tpcds", con=db)
        db.execute("LOAD tpcds")
        db.execute(f"CALL dsdgen(sf = {float(scale)})")
        tables = [t for (t,) in db.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()]
        schema = {}
        for table in tables:
            columns = db.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index", [table])
            schema[table] = [{"Name": name, "Type": kind} for name, kind in columns.fetchall()]
            db.execute(f"COPY {table} TO '{made}/parquet/{table}.parquet' (FORMAT parquet)")
            db.execute(f"COPY {table} TO '{made}/csv/{table}.csv' (HEADER false, NULLSTR '\\N')")
        (made / "schema.json").write_text(json.dumps(schema))
        for number, text in db.execute("SELECT query_nr, query FROM tpcds_queries()").fetchall():
            text = text.strip().rstrip(";")
            name = f"q{number:02d}"
            (made / "queries" / f"{name}.sql").write_text(for_mysql(text, tables))
            db.execute(f"COPY ({LIMIT.sub('', text)}) TO '{made}/answers/{name}.csv' (HEADER true, NULLSTR '\\N')")
        db.close()
        shutil.move(made, folder)


def for_mysql(text: str, tables: list[str]) -> str:
    text = re.sub(r"\s+nulls\s+(first|last)\b", "", text, flags=re.IGNORECASE)
    text = re.sub(r"\bas\s+int(eger)?\)", "AS SIGNED)", text, flags=re.IGNORECASE)
    text = re.sub(r'\bas\s+"([^"]*)"', r"AS `\1`", text, flags=re.IGNORECASE)
    # MySQL has a bare * only in front; what follows is the first table's, and none of these queries reads more of it.
    text = re.sub(r",\s*\*(\s+from\s+)(\w+)", r", \2.*\1\2", text, flags=re.IGNORECASE)
    # DATE + 5 is a number in MySQL.
    text = re.sub(r"(\bd1\.d_date) \+ 5\b", r"\1 + INTERVAL 5 DAY", text)
    text = re.sub(r"\bgroup\s+by\s+rollup\s*\(([^()]*)\)", r"GROUP BY \1 WITH ROLLUP", text, flags=re.IGNORECASE)
    # AVG of integers has four digits in MySQL and a quotient nine, which shows where these are divided.
    text = text.replace("avg(inv_quantity_on_hand) mean", "avg(inv_quantity_on_hand * 1e0) mean")
    text = text.replace("*1.0000)/", "*1e0)/")
    return braced(text, tables)


def braced(text: str, tables: list[str]) -> str:
    """Writes {TABLE} for the tables in FROM lists; columns can have the same names."""
    names = "|".join(sorted(tables, key=len, reverse=True))
    word = re.compile(rf"[(),]|\b(?:select|from|join|where|group|order|having|limit|union)\b|\b(?:{names})\b(?!\s*\.)|\w+", re.IGNORECASE)
    clauses, before, out, done = [""], "", [], 0
    for found in word.finditer(text):
        token = found.group().lower()
        if token == "(":
            clauses.append("")
        elif token == ")":
            clauses.pop()
        elif token in ("select", "from", "where", "group", "order", "having", "limit", "union"):
            clauses[-1] = token
        elif token in tables and clauses[-1] == "from" and before in ("from", "join", ","):
            out += [text[done : found.start()], "{", found.group(), "}"]
            done = found.end()
        before = token
    return "".join(out) + text[done:]


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
