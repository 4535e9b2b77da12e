#!/usr/bin/env python3
"""Writes the golden files of this folder: python3 generate.py (needs fastavro).

types.avro has a column of each type; types.txt is what it holds: a line for each column with its type, and its values as the tests
print them, separated by a bar. They are written here beside the values, without the code under test.
"""
import datetime as dt
import decimal
import json
import uuid

import fastavro

D, UTC = decimal.Decimal, dt.timezone.utc
decimal.getcontext().prec = 100


def logical(kind, name, **more):
    return {"type": kind, "logicalType": name, **more}


def fixed(name, size, **more):
    return {"type": "fixed", "name": name, "size": size, **more}


def nullable(t):
    return ["null", t]


def text(*values):
    return [json.dumps(v, ensure_ascii=False) for v in values]


u = uuid.UUID("12345678-9abc-def0-1234-56789abcdef0")
point = {"type": "record", "name": "point", "namespace": "geo", "fields": [{"name": "x", "type": "int"}, {"name": "y", "type": nullable("double")}]}
node = {"type": "record", "name": "node", "fields": [{"name": "v", "type": "int"}, {"name": "next", "type": nullable("node")}]}
big = D(10) ** 65 - 1

# name, type in the file, type in MySQL, three values, what they are shown as
COLUMNS = [
    ("nothing", "null", "longtext", [None] * 3, ["NULL"] * 3),
    ("b", nullable("boolean"), "boolean", [True, False, None], ["1", "0", "NULL"]),
    ("i", "int", "int", [-(2**31), 2**31 - 1, 0], ["-2147483648", "2147483647", "0"]),
    ("l", "long", "bigint", [-(2**63), 2**63 - 1, -1], ["-9223372036854775808", "9223372036854775807", "-1"]),
    ("f", "float", "float", [1.5, float("nan"), float("-inf")], ["1.5", "NULL", "NULL"]),
    ("d", nullable("double"), "double", [-2.25, float("inf"), None], ["-2.25", "NULL", "NULL"]),
    ("bin", "bytes", "longblob", [b"", b"\x00\xff", b"abc"], ['""', r'"\x00\xff"', '"abc"']),
    ("s", ["string", "null"], "longtext", ["", "é日本😀", None], ['""', '"é日本😀"', "NULL"]),
    ("e", {"type": "enum", "name": "suit", "symbols": ["SPADES", "HEARTS"]}, "longtext", ["HEARTS", "SPADES", "HEARTS"], text("HEARTS", "SPADES", "HEARTS")),
    ("fx", fixed("two", 2), "binary(2)", [b"ab", b"\x00\x01", b"\xff\xff"], ['"ab"', r'"\x00\x01"', r'"\xff\xff"']),
    ("fxl", fixed("long_one", 300), "longblob", [b"a" * 300] * 3, ['"' + "a" * 300 + '"'] * 3),
    ("dec", logical("bytes", "decimal", precision=9, scale=2), "decimal(9,2)", [D("-1.50"), D("9999999.99"), D("0.00")], ["-1.50", "9999999.99", "0.00"]),
    ("dec18", nullable(logical("bytes", "decimal", precision=18)), "decimal(18,0)", [D(10**18 - 1), D(1 - 10**18), None], [str(10**18 - 1), str(1 - 10**18), "NULL"]),
    ("dec38", fixed("sixteen", 16, logicalType="decimal", precision=38, scale=10), "decimal(38,10)",
     [(D(10) ** 38 - 1).scaleb(-10), (1 - D(10) ** 38).scaleb(-10), D("0.0000000001")],
     ["9999999999999999999999999999.9999999999", "-9999999999999999999999999999.9999999999", "0.0000000001"]),
    ("dec65", logical("bytes", "decimal", precision=65, scale=30), "decimal(65,30)", [big.scaleb(-30), (-big).scaleb(-30), D("1").scaleb(-30)],
     ["9" * 35 + "." + "9" * 30, "-" + "9" * 35 + "." + "9" * 30, "0." + "0" * 29 + "1"]),
    ("dec80", logical("bytes", "decimal", precision=80, scale=2), "longtext", [(D(10) ** 80 - 1).scaleb(-2), D("-0.05"), D("7.00")],
     text("9" * 78 + ".99", "-0.05", "7.00")),
    ("day", logical("int", "date"), "date", [dt.date(1969, 12, 31), dt.date(9999, 12, 31), -800_000], ["1969-12-31", "9999-12-31", "NULL"]),
    ("tms", logical("int", "time-millis"), "time(3)", [dt.time(0, 0), dt.time(23, 59, 59, 999000), dt.time(12, 30)],
     ["00:00:00.000", "23:59:59.999", "12:30:00.000"]),
    ("tus", nullable(logical("long", "time-micros")), "time(6)", [dt.time(0, 0, 0, 1), None, dt.time(23, 59, 59, 999999)],
     ["00:00:00.000001", "NULL", "23:59:59.999999"]),
    ("ms", logical("long", "timestamp-millis"), "timestamp(3)", [dt.datetime(1969, 12, 31, 23, 59, 59, 999000, UTC), 2**63 - 1, dt.datetime(2024, 2, 29, tzinfo=UTC)],
     ["1969-12-31 23:59:59.999", "NULL", "2024-02-29 00:00:00.000"]),
    ("us", logical("long", "timestamp-micros"), "timestamp(6)", [dt.datetime(1, 1, 1, tzinfo=UTC), -(2**63), dt.datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)],
     ["0001-01-01 00:00:00.000000", "NULL", "9999-12-31 23:59:59.999999"]),
    ("ns", logical("long", "timestamp-nanos"), "timestamp(6)", [-1, 1_000, 1_999], ["1969-12-31 23:59:59.999999", "1970-01-01 00:00:00.000001", "1970-01-01 00:00:00.000001"]),
    ("lms", logical("long", "local-timestamp-millis"), "datetime(3)", [-1, 0, 1], ["1969-12-31 23:59:59.999", "1970-01-01 00:00:00.000", "1970-01-01 00:00:00.001"]),
    ("lus", nullable(logical("long", "local-timestamp-micros")), "datetime(6)", [dt.datetime(1900, 1, 1, 0, 0, 0, 1), None, dt.datetime(2024, 2, 29, 1, 2, 3)],
     ["1900-01-01 00:00:00.000001", "NULL", "2024-02-29 01:02:03.000000"]),
    ("lns", logical("long", "local-timestamp-nanos"), "datetime(6)", [-(2**63), 2**63 - 1, 0], ["1677-09-21 00:12:43.145224", "2262-04-11 23:47:16.854775", "1970-01-01 00:00:00.000000"]),
    ("us_text", logical("string", "uuid"), "char(36)", [u] * 3, text(*[str(u)] * 3)),
    ("us_fixed", fixed("uuid_bytes", 16, logicalType="uuid"), "char(36)", [u.bytes] * 3, text(*[str(u)] * 3)),
    ("dur", fixed("span", 12, logicalType="duration"), "longtext", [b"\x01\0\0\0\x02\0\0\0\x03\0\0\0"] * 3, text(*["1 months 2 days 3 ms"] * 3)),
    ("list", {"type": "array", "items": nullable("int")}, "json", [[1, None], [], list(range(3))], text("[1, null]", "[]", "[0, 1, 2]")),
    ("dict", nullable({"type": "map", "values": "double"}), "json", [{"a": 1.5, "\"": float("nan")}, None, {}], [json.dumps('{"a": 1.5, "\\"": null}'), "NULL", '"{}"']),
    ("rec", point, "json", [{"x": 1, "y": None}, {"x": 2, "y": 0.5}, {"x": 3, "y": 1.0}], text('{"x": 1, "y": null}', '{"x": 2, "y": 0.5}', '{"x": 3, "y": 1}')),
    ("again", nullable("geo.point"), "json", [None, {"x": 2, "y": 0.5}, None], ["NULL", *text('{"x": 2, "y": 0.5}'), "NULL"]),
    ("tree", node, "json", [{"v": 1, "next": None}, {"v": 1, "next": {"v": 2, "next": None}}, {"v": 3, "next": None}],
     text('{"v": 1, "next": null}', '{"v": 1, "next": {"v": 2, "next": null}}', '{"v": 3, "next": null}')),
    ("either", ["null", "string", "int", {"type": "array", "items": "string"}], "json", ["x", 5, ["y"]], text('"x"', "5", '["y"]')),
    ("number", ["int", "null", "long"], "bigint", [1, 2**40, None], ["1", str(2**40), "NULL"]),
    ("real", ["double", "float"], "double", [0.1, 0.25, 3.0], ["0.1", "0.25", "3"]),
    ("only", ["string"], "longtext", ["a", "b", "c"], text("a", "b", "c")),
    ("deep", {"type": "map", "values": {"type": "array", "items": {"type": "record", "name": "leaf", "fields": [
        {"name": "at", "type": logical("long", "timestamp-millis")}, {"name": "on", "type": logical("int", "date")},
        {"name": "t", "type": logical("int", "time-millis")}, {"name": "d", "type": logical("bytes", "decimal", precision=5, scale=3)},
        {"name": "e", "type": "suit"}, {"name": "f", "type": "two"}, {"name": "n", "type": logical("long", "local-timestamp-nanos")}]}}}, "json",
     [{"k": [{"at": 1, "on": -1, "t": 1, "d": D("-0.001"), "e": "HEARTS", "f": b"\x00\x01", "n": -1}]}, {"k": []}, {}],
     text('{"k": [{"at": "1970-01-01 00:00:00.001000Z", "on": "1969-12-31", "t": "00:00:00.001", "d": -0.001, "e": "HEARTS", "f": "AAE=", '
          '"n": "1969-12-31 23:59:59.999999999"}]}', '{"k": []}', "{}")),
]
schema = {"type": "record", "name": "row", "fields": [{"name": n, "type": t} for n, t, *_ in COLUMNS]}
with open("types.avro", "wb") as out:
    fastavro.writer(out, schema, [{n: v[i] for n, _, _, v, _ in COLUMNS} for i in range(3)], codec="deflate", sync_interval=1)
with open("types.txt", "w") as out:
    for name, _, shown, _, values in COLUMNS:
        out.write(f"{name} {shown}|" + "|".join(values) + "\n")
