"""Makes tables with deltalake: tables.py FOLDER. Beside a table, NAME.VERSION.json has the rows that deltalake reads of that version."""
import datetime as dt
import json
import os
import sys
from decimal import Decimal

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

folder = os.path.abspath(sys.argv[1])
utc = dt.timezone.utc


def path(name):
    return os.path.join(folder, name)


def text(value):
    return value.hex() if isinstance(value, bytes) else str(value).removesuffix("+00:00")


def expect(name, *versions):
    for version in versions or range(DeltaTable(path(name)).version() + 1):
        rows = DeltaTable(path(name), version=version).to_pyarrow_table().to_pylist()
        with open(f"{path(name)}.{version}.json", "w") as f:
            for row in sorted(rows, key=lambda r: r["id"]):
                f.write(json.dumps(row, default=text) + "\n")


def orders(first, last):
    ids = list(range(first, last))
    return pa.table({
        "id": pa.array(ids, pa.int64()),
        "region": pa.array([None if i % 10 == 9 else ("eu/süd", "us east", "a%b=c")[i % 3] for i in ids]),
        "day": pa.array([dt.date(2024, 2, 27 + i % 3) for i in ids]),
        "amount": pa.array([Decimal(i) / 4 for i in ids], pa.decimal128(12, 2)),
        "note": pa.array([None if i % 4 == 0 else f"note {i}" for i in ids]),
    })


# Appends, deletes, a merge, an update, a new column, a checkpoint, an overwrite of one partition and of everything.
write_deltalake(path("orders"), orders(0, 40), partition_by=["region", "day"], description="what was ordered")
write_deltalake(path("orders"), orders(40, 60), mode="append")
table = DeltaTable(path("orders"))
table.delete("id % 7 = 3")
table.merge(orders(50, 70), "t.id = s.id", source_alias="s", target_alias="t").when_matched_update({"note": "'merged'"}).when_not_matched_insert_all().execute()
table.update(updates={"amount": "amount * 2"}, predicate="id < 10")
table.create_checkpoint()
more = orders(70, 75).append_column("urgent", pa.array([True, False, None, True, False]))
write_deltalake(path("orders"), more, mode="append", schema_mode="merge")
write_deltalake(path("orders"), orders(100, 103).set_column(2, "day", pa.array([dt.date(2024, 2, 28)] * 3)), mode="overwrite", predicate="day = '2024-02-28'", schema_mode="merge")
expect("orders")
written = os.stat(path("orders/_delta_log/%020d.json" % DeltaTable(path("orders")).history()[4]["version"])).st_mtime_ns  # what counts without in-commit timestamps
with open(path("orders.moment"), "w") as f:
    f.write((dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=written // 1000)).strftime("%Y-%m-%d %H:%M:%S.%f"))
write_deltalake(path("replaced"), orders(0, 5))
write_deltalake(path("replaced"), pa.table({"id": pa.array([1, 2], pa.int32()), "other": ["a", "b"]}), mode="overwrite", schema_mode="overwrite")
expect("replaced")

# Every type.
moment = dt.datetime(2024, 2, 29, 12, 30, 15, 123456)
types = [
    ("boolean", pa.bool_(), [True, False]), ("byte", pa.int8(), [-128, 127]), ("short", pa.int16(), [-32768, 32767]), ("integer", pa.int32(), [-(2**31), 2**31 - 1]),
    ("long", pa.int64(), [-(2**63), 2**63 - 1]), ("float", pa.float32(), [-0.1, 1.5]), ("double", pa.float64(), [-1e300, 0.1]),
    ("decimal9", pa.decimal128(9, 2), [Decimal("-9999999.99"), Decimal("0.25")]),
    ("decimal38", pa.decimal128(38, 10), [Decimal("-1234567890123456789012345678.0123456789"), Decimal("9999999999999999999999999999.9999999999")]),
    ("date", pa.date32(), [dt.date(1, 1, 1), dt.date(9999, 12, 31)]), ("timestamp", pa.timestamp("us", "UTC"), [moment.replace(tzinfo=utc), dt.datetime(1969, 12, 31, 23, 59, 59, 999999, utc)]),
    ("timestamp_ntz", pa.timestamp("us"), [moment, dt.datetime(1, 1, 1)]), ("string", pa.string(), ["", "Grüße"]), ("binary", pa.binary(), [b"", b"\x00\x01\xfe\xff"]),
    ("struct", pa.struct([("a", pa.int32()), ("b", pa.list_(pa.string()))]), [{"a": 1, "b": ["x", None]}, {"a": None, "b": None}]),
    ("list", pa.list_(pa.float64()), [[0.5, None], []]), ("map", pa.map_(pa.string(), pa.int64()), [[("k", 1)], []]),
]
columns = {"id": pa.array([1, 2, 3], pa.int32())} | {name: pa.array([*values, None], t) for name, t, values in types}
write_deltalake(path("types"), pa.table(columns))
DeltaTable(path("types")).create_checkpoint()
for row in range(3):  # deltalake writes a negative decimal as -1.-5 into the log
    rows = pa.table(columns | {"decimal9": pa.array([Decimal("12.30"), Decimal("0.25"), None], pa.decimal128(9, 2))})[row:row + 1]
    write_deltalake(path("types_of_partitions"), rows.drop_columns(["struct", "list", "map", "binary", "float", "double", "decimal38"]), mode="append",
                    partition_by=["boolean", "byte", "short", "integer", "long", "decimal9", "date", "timestamp", "timestamp_ntz", "string"])
expect("types_of_partitions")
with open(path("types.0.json"), "w") as f:
    for row in pa.table(columns).to_pylist(maps_as_pydicts="strict"):
        f.write(json.dumps(row, default=text) + "\n")

# NaN and infinities, which MySQL does not have.
odd = [0.5, float("nan"), float("inf"), float("-inf")]
write_deltalake(path("odd"), pa.table({"id": pa.array([1, 2, 3, 4], pa.int64()), "d": pa.array(odd), "f": pa.array(odd, pa.float32())}))

# A log whose beginning was cleaned up.
for i in range(25):
    write_deltalake(path("long"), pa.table({"id": pa.array([i], pa.int64())}), mode="append", configuration={"delta.logRetentionDuration": "interval 0 days", "delta.checkpointInterval": "10"})
expect("long", 20, 24)

# Changes are written too, which do not belong to the table.
write_deltalake(path("changes"), orders(0, 6), configuration={"delta.enableChangeDataFeed": "true"})
DeltaTable(path("changes")).update(updates={"note": "'changed'"}, predicate="id = 2")
DeltaTable(path("changes")).delete("id = 3")
expect("changes")

os.makedirs(path("sales"))
write_deltalake(path("sales/deep"), orders(0, 1))
