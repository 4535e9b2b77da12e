#!/usr/bin/env python3
"""Writes the golden files of this folder: python3 generate.py (needs pyarrow and duckdb).

Each NAME.parquet comes with NAME.txt: a line per column, its values as the MySQL client shows them, computed here
without the code under test. Values are made up from a fixed seed.
"""
import datetime as dt
import decimal
import json
import random
import uuid

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

rnd = random.Random(7)
ROWS = 40
decimal.getcontext().prec = 80


def some(make, nulls=0.2, rows=ROWS):
    return [None if rnd.random() < nulls else make() for _ in range(rows)]


def integer(bits, signed=True):
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return lambda: rnd.choice([low, high, 0, 1, rnd.randint(low, high)])


def number(precision, scale):
    return lambda: decimal.Decimal(rnd.choice([0, 1, -1, 10**precision - 1, 1 - 10**precision,
                                               rnd.randint(-(10**precision) + 1, 10**precision - 1)])).scaleb(-scale)


def instant():
    return dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=rnd.randint(-(10**15), 4 * 10**15))


def clock():
    return dt.time(rnd.randint(0, 23), rnd.randint(0, 59), rnd.randint(0, 59), rnd.randint(0, 999999))


def word():
    return rnd.choice(["", "a", "näive", "日本語", "x" * 40, "it's \"quoted\"\n", "fifteen letters", "sixteen letters!"])


def columns():
    utc = dt.timezone.utc
    ms = lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000)
    return {
        "b": pa.array(some(lambda: rnd.random() < 0.5), pa.bool_()),
        "i8": pa.array(some(integer(8)), pa.int8()),
        "i16": pa.array(some(integer(16)), pa.int16()),
        "i32": pa.array(some(integer(32)), pa.int32()),
        "i64": pa.array(some(integer(64)), pa.int64()),
        "u8": pa.array(some(integer(8, False)), pa.uint8()),
        "u16": pa.array(some(integer(16, False)), pa.uint16()),
        "u32": pa.array(some(integer(32, False)), pa.uint32()),
        "u64": pa.array(some(integer(64, False)), pa.uint64()),
        "f32": pa.array(some(lambda: rnd.choice([0.5, -1.25, 1024.0])), pa.float32()),
        "f64": pa.array(some(lambda: rnd.choice([0.1, -1e300, 5e-324, float("nan"), float("inf"), 2.5])), pa.float64()),
        "f16": pa.array(some(lambda: rnd.choice([0.5, -2.0, float("inf")])), pa.float16()),
        "d9": pa.array(some(number(9, 2)), pa.decimal128(9, 2)),
        "d18": pa.array(some(number(18, 4)), pa.decimal128(18, 4)),
        "d38": pa.array(some(number(38, 10)), pa.decimal128(38, 10)),
        "d65": pa.array(some(number(65, 30)), pa.decimal256(65, 30)),
        "date": pa.array(some(lambda: instant().date()), pa.date32()),
        "dt_ms": pa.array(some(lambda: ms(instant())), pa.timestamp("ms")),
        "dt_us": pa.array(some(instant), pa.timestamp("us")),
        "dt_ns": pa.array(some(instant), pa.timestamp("ns")),
        "ts_us": pa.array(some(lambda: instant().replace(tzinfo=utc)), pa.timestamp("us", "UTC")),
        "t_ms": pa.array(some(lambda: ms(clock())), pa.time32("ms")),
        "t_us": pa.array(some(clock), pa.time64("us")),
        "s": pa.array(some(word), pa.string()),
        "bin": pa.array(some(lambda: rnd.randbytes(rnd.randint(0, 20))), pa.binary()),
        "fix": pa.array(some(lambda: rnd.randbytes(5)), pa.binary(5)),
        "dict": pa.array(some(lambda: rnd.choice(["red", "green"])), pa.string()).dictionary_encode(),
        "required": pa.array([rnd.randint(0, 9) for _ in range(ROWS)], pa.int32()),
        "nothing": pa.array([None] * ROWS, pa.int64()),
        "list": pa.array(some(lambda: some(integer(16), rows=rnd.randint(0, 3))), pa.list_(pa.int16())),
        "struct": pa.array(some(lambda: {"a": 1, "b": rnd.choice([None, "x"])}),
                           pa.struct([("a", pa.int32()), ("b", pa.string())])),
        "map": pa.array(some(lambda: [("k", decimal.Decimal("1.50")), ("l", None)]), pa.map_(pa.string(), pa.decimal128(5, 2))),
    }


def as_json(v, t):
    if v is None:
        return "null"
    if pa.types.is_list(t):
        return "[" + ", ".join(as_json(x, t.value_type) for x in v) + "]"
    if pa.types.is_struct(t):
        return "{" + ", ".join(json.dumps(f.name) + ": " + as_json(v[f.name], f.type) for f in t) + "}"
    if pa.types.is_map(t):
        return "{" + ", ".join(json.dumps(k) + ": " + as_json(x, t.item_type) for k, x in v) + "}"
    if pa.types.is_string(t):
        return json.dumps(v, ensure_ascii=False)
    return str(v)


def plain_float(f):
    d = decimal.Decimal(repr(f))
    if f != 0 and not 1e-15 <= abs(f) < 1e15:
        mantissa, exponent = f"{d:e}".split("e")
        if "." in mantissa:
            mantissa = mantissa.rstrip("0").rstrip(".")
        return mantissa + "e" + str(int(exponent))
    text = f"{d:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown(v, t):
    """The value as the MySQL text protocol has it; the formats of engine/types."""
    if pa.types.is_dictionary(t):
        t = t.value_type
    if v is None:
        return "NULL"
    if pa.types.is_boolean(t):
        return str(int(v))
    if pa.types.is_floating(t):
        if v != v or v in (float("inf"), float("-inf")):
            return "NULL"
        return plain_float(float(v))
    if pa.types.is_decimal(t):
        return f"{v:f}"
    if pa.types.is_timestamp(t):
        if hasattr(v, "to_pydatetime"):
            v = v.to_pydatetime()
        text = v.strftime("%Y-%m-%d %H:%M:%S.%f")
        return text[:-3] if t.unit == "ms" else text
    if pa.types.is_time(t):
        text = v.strftime("%H:%M:%S.%f")
        return text[:-3] if pa.types.is_time32(t) else text
    if pa.types.is_nested(t):
        return as_json(v, t)
    if isinstance(v, bytes):
        return v.hex()
    return str(v)


def golden(name, table=None):
    """Writes the expected text of a file, by default of what pyarrow reads."""
    table = table if table is not None else pq.read_table(name + ".parquet")
    with open(name + ".txt", "w") as out:
        for field, column in zip(table.schema, table.columns):
            values = [json.dumps(shown(v, field.type), ensure_ascii=False) for v in column.to_pylist()]
            out.write(field.name + ": " + " ".join(values) + "\n")


def write(name, table, **options):
    pq.write_table(table, name + ".parquet", store_schema=False, **options)
    golden(name, table)


everything = columns()
fields = [pa.field(n, a.type, nullable=n != "required") for n, a in everything.items()]
table = pa.table(list(everything.values()), schema=pa.schema(fields))
write("pyarrow_v1", table, compression="snappy", version="2.6", data_page_version="1.0")
write("pyarrow_v2", table, compression="zstd", version="2.6", data_page_version="2.0", row_group_size=16)
few = table.select(["i64", "s", "d38", "dict", "required"])
for codec in ["none", "gzip", "brotli", "lz4"]:
    write("pyarrow_" + codec, few, compression=codec, use_dictionary=["dict"], data_page_version="1.0", write_page_checksum=True)
write("pyarrow_int96", table.select(["dt_us"]), use_deprecated_int96_timestamps=True)
write("pyarrow_integer_decimals", table.select(["d9", "d18"]), store_decimal_as_integer=True)

rows = 400
many = pa.table({
    "delta": pa.array(some(integer(64), rows=rows), pa.int64()),
    "delta32": pa.array(some(lambda: rnd.randint(0, 1000), rows=rows), pa.int32()),
    "length": pa.array(some(word, rows=rows), pa.string()),
    "prefix": pa.array(sorted(f"key{rnd.randint(0, 5000):05}" for _ in range(rows)), pa.string()),
    "split": pa.array(some(lambda: rnd.choice([1.5, 2.25, -8.0]), rows=rows), pa.float64()),
    "split32": pa.array(some(integer(32), rows=rows), pa.int32()),
    "fixed": pa.array(some(number(30, 3), rows=rows), pa.decimal128(30, 3)),
})
encodings = {"delta": "DELTA_BINARY_PACKED", "delta32": "DELTA_BINARY_PACKED", "length": "DELTA_LENGTH_BYTE_ARRAY",
             "prefix": "DELTA_BYTE_ARRAY", "split": "BYTE_STREAM_SPLIT", "split32": "BYTE_STREAM_SPLIT", "fixed": "DELTA_BYTE_ARRAY"}
write("pyarrow_encodings", many, compression="zstd", use_dictionary=False, column_encoding=encodings, data_page_size=1500,
      data_page_version="2.0")

# A writer that gives its dictionary up half-way.
rows = 1500
texts = [None if i % 7 == 3 else f"value {i % 50}" if i < rows // 2 else f"unlike others {i}" for i in range(rows)]
half = pa.table({"id": pa.array(range(rows), pa.int64()), "text": pa.array(texts, pa.string())})
write("pyarrow_half_dictionary", half, compression="zstd", use_dictionary=["text"], dictionary_pagesize_limit=1500,
      data_page_size=200, write_batch_size=50, data_page_version="1.0")

# Few values of each kind, so that all lie in dictionaries.
rows = 600
repeated = lambda make: [None if i % 7 == 3 else make(i % 11) for i in range(rows)]
repeats = pa.table({
    "number": pa.array(repeated(lambda i: i * 1000 - 5000), pa.int32()),
    "big": pa.array(repeated(lambda i: i * 10**17), pa.int64()),
    "price": pa.array(repeated(lambda i: decimal.Decimal(i * 12345).scaleb(-2)), pa.decimal128(12, 2)),
    "wide": pa.array(repeated(lambda i: decimal.Decimal(i * 10**30 + i).scaleb(-3)), pa.decimal128(38, 3)),
    "day": pa.array(repeated(lambda i: dt.date(2024, 2, 20) + dt.timedelta(days=i)), pa.date32()),
    "moment": pa.array(repeated(lambda i: dt.datetime(2024, 2, 28, 23, 59, 59, 999999) + dt.timedelta(hours=i)), pa.timestamp("us")),
    "share": pa.array(repeated(lambda i: i / 8), pa.float64()),
    "text": pa.array(repeated(lambda i: "x" * i), pa.string()),
})
write("pyarrow_repeats", repeats, compression="snappy", data_page_size=500, write_batch_size=50, row_group_size=400)

# Small pages and an index of them; each page of "rising" has values of its own, "gaps" has pages of nothing but NULL.
rows = 1200
pages = pa.table({
    "rising": pa.array([i // 3 - 100 for i in range(rows)], pa.int32()),
    "falling": pa.array([decimal.Decimal(rows - i).scaleb(-2) for i in range(rows)], pa.decimal128(12, 2)),
    "gaps": pa.array([None if i // 100 % 3 == 1 else f"{i:05}" for i in range(rows)], pa.string()),
    "coded": pa.array([f"state {i // 150}" for i in range(rows)], pa.string()),
    "any": pa.array(some(lambda: rnd.choice([0.5, -3.25, 1e30]), rows=rows), pa.float64()),
    "list": pa.array([list(range(i % 4)) for i in range(rows)], pa.list_(pa.int32())),
})
write("pyarrow_pages", pages, compression="zstd", use_dictionary=["coded"], data_page_size=200, write_batch_size=25, row_group_size=700,
      write_page_index=True)

duckdb.execute("""create table t as select
    i::int i, (i*i)::bigint big, (i*0.01)::decimal(15,2) money, (i*1.000001)::decimal(38,6) wide,
    date '1992-01-01' + i::int d, timestamp '2024-01-01 00:00:00.123456' + i * interval 1 hour ts,
    case when i % 3 = 0 then null else 'v' || (i % 7) end s, (i % 5 = 0) b, i::double / 7 f,
    (i % 256)::utinyint u8, (i * 100000)::uinteger u32
    from range(300) r(i)""")
duckdb.execute("copy t to 'duckdb_v1.parquet' (format parquet, compression snappy, row_group_size 122880)")
duckdb.execute("copy t to 'duckdb_v2.parquet' (format parquet, compression zstd, parquet_version v2)")
for name in ["duckdb_v1", "duckdb_v2"]:
    golden(name)
duckdb.execute("""copy (select uuid '12345678-9abc-def0-1234-56789abcdef0' u, interval 14 month + interval 3 day + interval 5 millisecond iv,
    '{"a": 1}'::json j, 'x'::enum('x', 'y') e, time '01:02:03.000004' t, blob 'abc' bl, 'v'::varchar as v, 2::int as n)
    to 'duckdb_types.parquet' (format parquet)""")
with open("duckdb_types.txt", "w") as out:
    out.write("""u: "12345678-9abc-def0-1234-56789abcdef0"
iv: "14 months 3 days 5 ms"
j: "{\\"a\\": 1}"
e: "x"
t: "01:02:03.000004"
bl: "616263"
v: "v"
n: "2"
""")
