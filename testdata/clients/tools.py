"""Runs the statements of a business tool through ODBC: file with statements that end with a semicolon at the end of a line. Prints for each how many
rows it has and the sum of its exact numbers."""

import decimal
import os
import sys

import pyodbc

at = f"SERVER={os.environ['SILOGATE_HOST']};PORT={os.environ['SILOGATE_PORT']}"
c = pyodbc.connect(f"DRIVER={{MariaDB Unicode}};{at};UID=root;PWD=sesame;DATABASE=shop", autocommit=True)
if [t.table_name for t in c.cursor().tables(catalog="shop")] != ["orders"]:
    sys.exit("SQLTables lacks orders")
with open(sys.argv[1], encoding="utf-8") as f:
    statements = [s.strip() for s in f.read().split(";\n") if s.strip()]
decimal.getcontext().prec = 80
for s in statements:
    cursor = c.cursor()
    cursor.execute(s)
    rows = cursor.fetchall() if cursor.description else []
    total = decimal.Decimal(0)
    for row in rows:
        for value in row:
            if isinstance(value, (int, decimal.Decimal)) and not isinstance(value, bool):
                total += value
    print(len(rows), format(total.normalize(), "f") if total else "0")
