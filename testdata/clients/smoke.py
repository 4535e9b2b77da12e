"""Every Python driver, and what stands on them, reads the same values."""

import asyncio
import datetime
import decimal
import json
import os
import pathlib
import sys

HOST, PORT = os.environ["SILOGATE_HOST"], int(os.environ["SILOGATE_PORT"])
ROOT, SHA = {"user": "root", "password": "sesame"}, {"user": "sha", "password": "secret"}
QUERY = (pathlib.Path(__file__).parent / "values.sql").read_text().strip()
VALUES = (
    1, -9223372036854775808, 18446744073709551615, decimal.Decimal("1.50"), 0.1, "häß€😀", datetime.date(2024, 2, 29),
    datetime.datetime(2024, 2, 29, 1, 2, 3, 123456), datetime.timedelta(hours=6, minutes=3, seconds=4), None, b"\x00\xff", {"a": 1},
)
failures = 0


def check(name, run):
    global failures
    try:
        run()
    except Exception as e:  # of whatever kind a driver has
        failures += 1
        print(f"{name}: {type(e).__name__}: {e}", file=sys.stderr)


def same(got, want):
    if got != want:
        raise AssertionError(f"{got!r}, not {want!r}")


def same_values(row, want=VALUES):
    """Compare a row with the values, whether the driver parses JSON and copies buffers or not."""
    got = list(row)
    if isinstance(got[11], (str, bytes, bytearray)):
        got[11] = json.loads(got[11])
    got[10] = bytes(got[10])
    same(tuple(got), want)


def with_pymysql(account, **options):
    import pymysql

    with pymysql.connect(host=HOST, port=PORT, database="clients", **account, **options) as c, c.cursor() as cur:
        if options.get("charset") != "latin1":
            cur.execute(QUERY)
            same_values(cur.fetchone())
        cur.execute("SELECT COUNT(*), %s FROM orders WHERE id <= %s", ("ä", 100))
        same(cur.fetchone(), (100, "ä"))
        try:
            cur.execute("SELECT nope FROM orders")
        except pymysql.err.OperationalError as e:
            same(e.args[0], 1054)
        else:
            raise AssertionError("an unknown column is no error")


def with_connector(account, **options):
    import mysql.connector

    c = mysql.connector.connect(host=HOST, port=PORT, database="clients", **account, **options)
    cur = c.cursor()
    cur.execute(QUERY)
    same_values(cur.fetchone())
    cur = c.cursor(prepared=True)
    cur.execute(QUERY)
    same_values(cur.fetchone())
    cur.execute("SELECT ?, ?, ?", (1, "ä", None))
    same(cur.fetchone(), (1, "ä", None))
    c.cmd_reset_connection()
    if not options.get("compress"):  # the driver refuses both
        c.cmd_change_user(account["user"], account["password"], "clients")
    c.close()


def with_mysqlclient(account, **options):
    import MySQLdb
    import MySQLdb.cursors

    c = MySQLdb.connect(host=HOST, port=PORT, database="clients", charset="utf8mb4", **account, **options)
    cur = c.cursor()
    cur.execute(QUERY)
    same_values(cur.fetchone())
    cur.close()
    cur = c.cursor(MySQLdb.cursors.SSCursor)
    cur.execute("SELECT id FROM orders ORDER BY id")
    same(sum(id for id, in cur), 500500)
    cur.close()
    c.change_user(account["user"], account["password"], "clients")
    same(c.character_set_name(), "utf8mb4")
    c.close()


def with_asyncmy(account):
    import asyncmy

    async def run():
        c = await asyncmy.connect(host=HOST, port=PORT, db="clients", **account)
        async with c.cursor() as cur:
            await cur.execute(QUERY)
            same_values(await cur.fetchone())
        c.close()

    asyncio.run(run())


def url(driver):
    return f"{driver}://root:sesame@{HOST}:{PORT}/clients"


STATUS = "SELECT status, COUNT(*) AS n, SUM(price) AS total FROM orders GROUP BY status ORDER BY status"
STATUSES = {"status": ["new", "paid"], "n": [500, 500], "total": [250000.0, 250500.0]}


def with_sqlalchemy(driver):
    import pandas
    import sqlalchemy

    engine = sqlalchemy.create_engine(url("mysql+" + driver))
    frame = pandas.read_sql(STATUS, engine).astype({"total": float})
    same(frame.to_dict("list"), STATUSES)
    seen = sqlalchemy.inspect(engine)
    same(seen.get_table_names(), ["orders"])
    same([(c["name"], str(c["type"])) for c in seen.get_columns("orders")][:3],
         [("id", "INTEGER"), ("price", "DECIMAL(12, 2)"), ("status", "VARCHAR(10)")])
    same(seen.get_pk_constraint("orders")["constrained_columns"], ["id"])
    engine.dispose()


def with_polars():
    import polars

    frame = polars.read_database_uri(STATUS, url("mysql"), engine="connectorx")
    same([(s, n, float(t)) for s, n, t in frame.rows()], list(zip(*STATUSES.values())))


def with_ibis():
    import ibis

    c = ibis.mysql.connect(host=HOST, port=PORT, database="clients", **ROOT)
    same(c.list_tables(), ["orders"])
    orders = c.table("orders")
    counted = orders.group_by("status").aggregate(n=orders.count()).order_by("status").execute()
    same(counted.to_dict("list"), {"status": ["new", "paid"], "n": [500, 500]})


def with_django():
    import django.conf
    import django.core.management
    import django.db
    import io

    django.conf.settings.configure(DATABASES={"default": {
        "ENGINE": "django.db.backends.mysql", "HOST": HOST, "PORT": PORT, "NAME": "clients", "USER": "root", "PASSWORD": "sesame"}})
    django.setup()
    out = io.StringIO()
    django.core.management.call_command("inspectdb", "orders", stdout=out)
    for line in ("class Orders(models.Model):", "price = models.DecimalField(max_digits=12, decimal_places=2)",
                 "status = models.CharField(max_length=10)"):
        if line not in out.getvalue():
            raise AssertionError(f"inspectdb has no {line!r}:\n{out.getvalue()}")
    django.db.connections.close_all()


def with_pyodbc():
    import pyodbc

    c = pyodbc.connect(f"DRIVER={{MariaDB Unicode}};SERVER={HOST};PORT={PORT};UID=root;PWD=sesame;DATABASE=clients")
    cur = c.cursor()
    # The driver manager has no type for JSON.
    cur.execute(QUERY.replace("CAST('{\"a\": 1}' AS JSON)", "'{\"a\": 1}'"))
    same_values(cur.fetchone(), VALUES[:8] + (datetime.time(6, 3, 4),) + VALUES[9:])
    cur.execute("SELECT id, price FROM orders WHERE id < ? ORDER BY id", 3)
    same([tuple(r) for r in cur.fetchall()], [(1, decimal.Decimal("1.00")), (2, decimal.Decimal("2.00"))])
    same([t.table_name for t in cur.tables(catalog="clients")], ["orders"])
    same([c.column_name for c in cur.columns(table="orders", catalog="clients")], ["id", "price", "status", "made"])
    c.close()


for account in (ROOT, SHA):
    who = account["user"]
    check(f"PyMySQL as {who}", lambda: with_pymysql(account))
    check(f"PyMySQL over TLS as {who}", lambda: with_pymysql(account, ssl={"check_hostname": False, "verify_mode": False}))
    check(f"mysql-connector-python as {who}", lambda: with_connector(account))
    check(f"mysql-connector-python as {who}, compressed", lambda: with_connector(account, compress=True))
    check(f"mysqlclient as {who}", lambda: with_mysqlclient(account))
    check(f"asyncmy as {who}", lambda: with_asyncmy(account))
check("PyMySQL in latin1", lambda: with_pymysql(ROOT, charset="latin1"))
check("mysqlclient, compressed", lambda: with_mysqlclient(ROOT, compress=True))
for driver in ("pymysql", "mysqldb", "mysqlconnector"):
    check(f"SQLAlchemy and pandas on {driver}", lambda: with_sqlalchemy(driver))
check("polars", with_polars)
check("ibis", with_ibis)
check("Django", with_django)
check("pyodbc", with_pyodbc)
sys.exit(1 if failures else 0)
