#!/usr/bin/env python3
"""Writes the golden files of this folder: python3 generate.py (needs pyarrow; SILOGATE_ORC_TOOLS names the jar orc-tools-1.9.5-uber.jar, without
which the files that Generate.java writes are left as they are).

types.orc has a column of each type that pyarrow writes; types.txt is what it holds: a line for each column with its type, and its values as the
tests print them, separated by a bar. They are written here beside the values, without the code under test.
"""
import datetime as dt
import decimal
import json
import os
import subprocess

import pyarrow as pa
import pyarrow.orc

D, UTC = decimal.Decimal, dt.timezone.utc
decimal.getcontext().prec = 100


def text(*values):
    return [json.dumps(v, ensure_ascii=False) for v in values]


def ns(t, n):
    """Nanoseconds since 1970 of a moment and further nanoseconds."""
    return int((t - dt.datetime(1970, 1, 1)).total_seconds()) * 10**9 + n


point = pa.struct([("x", pa.int32()), ("y", pa.float64())])
nan, inf = float("nan"), float("inf")

# name, type in the file, type in MySQL, four values, what they are shown as
COLUMNS = [
    ("b", pa.bool_(), "boolean", [True, False, None, True], ["1", "0", "NULL", "1"]),
    ("i8", pa.int8(), "tinyint", [-128, 127, None, 0], ["-128", "127", "NULL", "0"]),
    ("i16", pa.int16(), "smallint", [-(2**15), 2**15 - 1, 0, None], ["-32768", "32767", "0", "NULL"]),
    ("i32", pa.int32(), "int", [-(2**31), 2**31 - 1, 0, 1], ["-2147483648", "2147483647", "0", "1"]),
    ("i64", pa.int64(), "bigint", [-(2**63), 2**63 - 1, None, -1], ["-9223372036854775808", "9223372036854775807", "NULL", "-1"]),
    ("f", pa.float32(), "float", [1.5, nan, -inf, None], ["1.5", "NULL", "NULL", "NULL"]),
    ("d", pa.float64(), "double", [-2.25, inf, None, 1e300], ["-2.25", "NULL", "NULL", "1e300"]),
    ("s", pa.string(), "longtext", ["", "é日本😀", None, " x "], ['""', '"é日本😀"', "NULL", '" x "']),
    ("bin", pa.binary(), "longblob", [b"", b"\x00\xff", b"abc", None], ['""', r'"\x00\xff"', '"abc"', "NULL"]),
    ("dec", pa.decimal128(9, 2), "decimal(9,2)", [D("-1.50"), D("9999999.99"), D("0.00"), None], ["-1.50", "9999999.99", "0.00", "NULL"]),
    ("dec18", pa.decimal128(18, 0), "decimal(18,0)", [D(10**18 - 1), D(1 - 10**18), None, D(0)], [str(10**18 - 1), str(1 - 10**18), "NULL", "0"]),
    ("dec38", pa.decimal128(38, 10), "decimal(38,10)",
     [(D(10) ** 38 - 1).scaleb(-10), (1 - D(10) ** 38).scaleb(-10), D("0.0000000001"), None],
     ["9" * 28 + "." + "9" * 10, "-" + "9" * 28 + "." + "9" * 10, "0.0000000001", "NULL"]),
    ("dec33", pa.decimal128(38, 33), "longtext", [D("-1").scaleb(-33), (D(10) ** 38 - 1).scaleb(-33), D(0).scaleb(-33), None],
     [*text("-0." + "0" * 32 + "1", "99999." + "9" * 33, "0." + "0" * 33), "NULL"]),
    ("decs", pa.list_(pa.decimal128(38, 33)), "json", [[D("1.5")], [], None, [None]], [*text("[1.5" + "0" * 32 + "]", "[]"), "NULL", *text("[null]")]),
    ("day", pa.date32(), "date", [dt.date(1969, 12, 31), dt.date(9999, 12, 31), dt.date(1, 1, 1), -800_000],
     ["1969-12-31", "9999-12-31", "0001-01-01", "NULL"]),
    ("us", pa.timestamp("us"), "datetime(6)",
     [dt.datetime(1969, 12, 31, 23, 59, 58, 500001), dt.datetime(1900, 1, 1), None, dt.datetime(9999, 12, 31, 23, 59, 59, 999999)],
     ["1969-12-31 23:59:58.500001", "1900-01-01 00:00:00.000000", "NULL", "9999-12-31 23:59:59.999999"]),
    ("ns", pa.timestamp("ns"), "datetime(6)",
     [ns(dt.datetime(1960, 2, 29, 1, 2, 3), 1), ns(dt.datetime(2024, 2, 29), 123456789), -1_000_000_001, None],
     ["1960-02-29 01:02:03.000000", "2024-02-29 00:00:00.123456", "1969-12-31 23:59:58.999999", "NULL"]),
    ("tz", pa.timestamp("us", "UTC"), "timestamp(6)",
     [dt.datetime(1969, 7, 20, 20, 17, 40, 250000, UTC), dt.datetime(2024, 2, 29, tzinfo=UTC), None, dt.datetime(1970, 1, 1, tzinfo=UTC)],
     ["1969-07-20 20:17:40.250000", "2024-02-29 00:00:00.000000", "NULL", "1970-01-01 00:00:00.000000"]),
    ("list", pa.list_(pa.int32()), "json", [[1, None], [], None, [7]], [*text("[1, null]", "[]"), "NULL", *text("[7]")]),
    ("dict", pa.map_(pa.string(), pa.float64()), "json", [[("a", 1.5), ('"', nan)], None, [], [("k", None)]],
     [*text('{"a": 1.5, "\\"": null}'), "NULL", *text("{}", '{"k": null}')]),
    ("ints", pa.map_(pa.int64(), pa.bool_()), "json", [[(1, True)], None, [], [(-2, False)]], [*text('{"1": true}'), "NULL", *text("{}", '{"-2": false}')]),
    ("rec", point, "json", [{"x": 1, "y": None}, {"x": None, "y": 0.5}, None, {"x": 3, "y": 1.0}],
     [*text('{"x": 1, "y": null}', '{"x": null, "y": 0.5}'), "NULL", *text('{"x": 3, "y": 1}')]),
    ("deep", pa.list_(pa.struct([("at", pa.timestamp("us")), ("tz", pa.timestamp("us", "UTC")), ("on", pa.date32()), ("d", pa.decimal128(5, 3)),
                                 ("b", pa.binary()), ("l", pa.list_(pa.string()))])), "json",
     [[{"at": dt.datetime(1970, 1, 1, 0, 0, 0, 1000), "tz": dt.datetime(1970, 1, 1, tzinfo=UTC), "on": dt.date(1969, 12, 31), "d": D("-0.001"), "b": b"\x00\x01",
        "l": ["x", None]}, None], [], None, [{"at": None, "tz": None, "on": None, "d": None, "b": None, "l": []}]],
     [*text('[{"at": "1970-01-01 00:00:00.001000", "tz": "1970-01-01 00:00:00.000000Z", "on": "1969-12-31", "d": -0.001, "b": "AAE=", '
            '"l": ["x", null]}, null]', "[]"), "NULL", *text('[{"at": null, "tz": null, "on": null, "d": null, "b": null, "l": []}]')]),
    ("none", pa.int32(), "int", [None] * 4, ["NULL"] * 4),
    ("nones", pa.string(), "longtext", [None] * 4, ["NULL"] * 4),
    ("no_lists", pa.list_(pa.int32()), "json", [None] * 4, ["NULL"] * 4),
]
table = pa.table([pa.array(v, t) for _, t, _, v, _ in COLUMNS], names=[n for n, *_ in COLUMNS])
pa.orc.write_table(table, "types.orc", compression="zlib")
pa.orc.write_table(table, "types_rle1.orc", compression="uncompressed", file_version="0.11", dictionary_key_size_threshold=1)
pa.orc.write_table(table.slice(0, 0), "empty.orc")
with open("types.txt", "w") as out:
    for name, _, shown, _, values in COLUMNS:
        out.write(f"{name} {shown}|" + "|".join(values) + "\n")

# Rows whose values are formulas of their number: of every kind of run, in several stripes and row groups. Sparse columns
# have few values, which row groups far apart share a run of.
ROWS = 12_000


def sparse(make, every):
    return [make(i) if i % every == 0 else None for i in range(ROWS)]


many = pa.table({
    "id": pa.array(range(ROWS), pa.int64()),
    "same": pa.array([7] * ROWS, pa.int32()),
    "steps": pa.array([i // 100 * 3 - 1000 for i in range(ROWS)], pa.int64()),
    "down": pa.array([-(i * i) for i in range(ROWS)], pa.int64()),
    "mixed": pa.array([(i * 7919) % 1009 - 500 for i in range(ROWS)], pa.int32()),
    "spikes": pa.array([(2**40 + i if i % 97 == 0 else i % 13) for i in range(ROWS)], pa.int64()),
    "wide": pa.array([(i * 0x9E3779B97F4A7C15) % 2**64 - 2**63 for i in range(ROWS)], pa.int64()),
    "byte": pa.array([i // 7 % 100 if i % 500 < 250 else i * 31 % 256 - 128 for i in range(ROWS)], pa.int8()),
    "flag": pa.array([i % 3 == 0 or i % 1000 > 900 for i in range(ROWS)], pa.bool_()),
    "real": pa.array([i * 0.25 for i in range(ROWS)], pa.float64()),
    "money": pa.array([D(i * 7919 - 10**8).scaleb(-2) for i in range(ROWS)], pa.decimal128(12, 2)),
    "at": pa.array([i * 86_399_999_999 - 10**15 for i in range(ROWS)], pa.timestamp("us")),
    "word": pa.array([f"word {i % 50}" for i in range(ROWS)], pa.string()),
    "note": pa.array([f"note {i * i}" + "-" * (i % 10) for i in range(ROWS)], pa.string()),
    "few": pa.array(sparse(lambda i: i * 2, 4001), pa.int64()),
    "few_words": pa.array(sparse(lambda i: f"few {i}", 3001), pa.string()),
    "list": pa.array([[i] * (i % 4) for i in range(ROWS)], pa.list_(pa.int64())),
})
for name, rows, options in [
    ("many_zstd", ROWS, {"compression": "zstd", "stripe_size": 64 << 20}),
    ("many_none", 5000, {"compression": "uncompressed", "stripe_size": 64 << 20, "dictionary_key_size_threshold": 1}),
    ("many_rle1", ROWS, {"compression": "snappy", "stripe_size": 1 << 20, "file_version": "0.11", "dictionary_key_size_threshold": 1}),
]:
    with pa.orc.ORCWriter(f"{name}.orc", row_index_stride=2500, compression_block_size=1 << 16, batch_size=1000, **options) as out:
        for at in range(0, rows, 1000):  # a writer looks at the size of a stripe between batches
            out.write(many.slice(at, 1000))

# Texts that are too long for a batch, in a file of few bytes.
texts = [None if i % 10 == 9 else f"{i % 5}" * 20_000 for i in range(1500)]
large = pa.table({"id": pa.array(range(1500), pa.int32()), "text": pa.array(texts, pa.string()), "list": pa.array([t and [t, None] for t in texts], pa.list_(pa.string()))})
pa.orc.write_table(large, "large.orc", compression="zstd", dictionary_key_size_threshold=0)
pa.orc.write_table(large, "large_dictionary.orc", compression="zstd", dictionary_key_size_threshold=1)

if tools := os.environ.get("SILOGATE_ORC_TOOLS"):
    subprocess.run(["java", "-cp", tools, "Generate.java"], check=True)
