"""Writes the tables of the tests with pyiceberg: tables.py FOLDER [PROPERTIES] makes FOLDER/warehouse, and FOLDER/catalog.db unless properties of
another catalog are given in JSON."""
import datetime as dt
import decimal
import json
import os
import sys
import time
import uuid

import pyarrow as pa
import pyarrow.orc as orc
import pyarrow.parquet as pq
from pyiceberg.avro.file import AvroOutputFile
from pyiceberg.catalog import load_catalog
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat, ManifestContent, ManifestWriterV2
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import _FastAppendFiles
from pyiceberg.transforms import (BucketTransform, DayTransform, HourTransform, IdentityTransform, MonthTransform,
                                  TruncateTransform, YearTransform)
from pyiceberg.typedef import Record
from pyiceberg.types import (BinaryType, BooleanType, DateType, DecimalType, DoubleType, FixedType, FloatType, IntegerType,
                             ListType, LongType, MapType, NestedField, StringType, StructType, TimestampType,
                             TimestamptzType, TimeType, UUIDType)

folder = os.path.abspath(sys.argv[1])
properties = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {"type": "sql", "uri": f"sqlite:///{folder}/catalog.db"}
catalog = load_catalog("tests", warehouse=f"file://{folder}/warehouse", **properties)
catalog.create_namespace("shop", {"location": f"file://{folder}/warehouse/shop"})
levels = properties["type"] != "glue"  # whose namespaces have one level
if levels:
    catalog.create_namespace("shop.eu")
catalog.create_namespace("empty")

UTC = dt.timezone.utc


def types():
    nested = StructType(NestedField(101, "a", IntegerType()), NestedField(102, "b", StringType()))
    schema = Schema(
        NestedField(1, "boolean", BooleanType()), NestedField(2, "int", IntegerType(), required=True), NestedField(3, "long", LongType()),
        NestedField(4, "float", FloatType()), NestedField(5, "double", DoubleType()), NestedField(6, "decimal9", DecimalType(9, 2)),
        NestedField(7, "decimal38", DecimalType(38, 10)), NestedField(8, "date", DateType()), NestedField(9, "time", TimeType()),
        NestedField(10, "timestamp", TimestampType()), NestedField(11, "timestamptz", TimestamptzType()), NestedField(12, "string", StringType()),
        NestedField(13, "uuid", UUIDType()), NestedField(14, "fixed", FixedType(4)), NestedField(15, "binary", BinaryType()),
        NestedField(16, "struct", nested), NestedField(17, "list", ListType(103, LongType(), element_required=False)),
        NestedField(18, "map", MapType(104, StringType(), 105, IntegerType(), value_required=False)))
    rows = [
        dict(boolean=True, int=1, long=2**62, float=1.5, double=-2.25, decimal9=decimal.Decimal("12345.67"),
             decimal38=decimal.Decimal("1234567890123456789012345678.0123456789"), date=dt.date(2024, 2, 29), time=dt.time(23, 59, 59, 999999),
             timestamp=dt.datetime(2024, 2, 29, 12, 30, 15, 123456), timestamptz=dt.datetime(2024, 2, 29, 12, 30, 15, 123456, UTC),
             string="Grüße", uuid=uuid.UUID("12345678-1234-5678-1234-567812345678").bytes, fixed=b"\x00\x01\xfe\xff", binary=b"\x00abc",
             struct=dict(a=1, b="x"), list=[1, None, 3], map=[("k", 1), ("l", None)]),
        dict(int=-2**31, long=-2**63, float=-0.0, double=1e308, decimal9=decimal.Decimal("-9999999.99"),
             decimal38=decimal.Decimal("-9999999999999999999999999999.9999999999"), date=dt.date(1, 1, 1), time=dt.time(0), boolean=False,
             timestamp=dt.datetime(1, 1, 1), timestamptz=dt.datetime(1970, 1, 1, tzinfo=UTC), string="", uuid=bytes(16), fixed=bytes(4),
             binary=b"", struct=dict(a=None, b=None), list=[], map=[]),
        dict(int=3),
    ]
    table = catalog.create_table("shop.types", schema)
    table.append(pa.Table.from_pylist(rows, schema=table.schema().as_arrow()))


def evolved():
    """Columns that were renamed, reordered, added, dropped and promoted between the files."""
    schema = Schema(NestedField(1, "id", IntegerType(), required=True), NestedField(2, "name", StringType()),
                    NestedField(3, "price", DecimalType(9, 2)), NestedField(4, "weight", FloatType()), NestedField(5, "old", StringType()))
    table = catalog.create_table("shop.evolved", schema)
    table.append(pa.Table.from_pylist([dict(id=1, name="one", price=decimal.Decimal("1.10"), weight=0.5, old="gone")], schema=table.schema().as_arrow()))
    with table.update_schema(allow_incompatible_changes=True) as u:
        u.rename_column("name", "title")
        u.update_column("id", LongType())
        u.update_column("price", DecimalType(18, 2))
        u.update_column("weight", DoubleType())
        u.delete_column("old")
    with table.update_schema() as u:
        u.add_column("name", StringType(), "not the first name")
        u.add_column("old", LongType())
        u.move_first("title")
    table = catalog.load_table("shop.evolved")
    table.append(pa.Table.from_pylist([dict(id=2**40, name="n", title="two", price=decimal.Decimal("1234567890123456.78"), weight=1e300, old=7)],
                                      schema=table.schema().as_arrow()))
    with table.update_schema() as u:
        u.add_column("late", IntegerType())


def nested():
    """Fields within structs, lists and maps that were renamed, reordered, added, dropped and promoted between the files."""
    point = StructType(NestedField(11, "x", FloatType()), NestedField(12, "y", IntegerType()))
    schema = Schema(NestedField(1, "id", IntegerType()), NestedField(2, "s", StructType(
        NestedField(21, "a", IntegerType()), NestedField(22, "b", StringType()), NestedField(23, "f", FloatType()), NestedField(24, "old", StringType()),
        NestedField(25, "deep", StructType(NestedField(26, "k", StringType()), NestedField(27, "v", DecimalType(9, 2)))))),
        NestedField(3, "points", ListType(31, point, element_required=False)), NestedField(4, "by_name", MapType(41, StringType(), 42, point, value_required=False)))
    table = catalog.create_table("shop.nested", schema)

    def append(table, row):
        table.append(pa.Table.from_pylist([row], schema=table.schema().as_arrow()))

    append(table, dict(id=1, s=dict(a=1, b="one", f=0.1, old="gone", deep=dict(k="k1", v=decimal.Decimal("1.10"))), points=[dict(x=0.1, y=1), None],
                       by_name=[("p", dict(x=0.3, y=3)), ("q", None)]))
    append(table, dict(id=2))
    with table.update_schema() as u:
        u.rename_column("s.a", "b2")
        u.rename_column("s.b", "a")
        u.update_column("s.a", LongType())
        u.update_column("s.f", DoubleType())
        u.update_column("s.deep.v", DecimalType(18, 2))
        u.delete_column("s.old")
        u.rename_column("points.x", "longitude")
        u.update_column("points.x", DoubleType())
        u.add_column(("points", "z"), LongType())
        u.delete_column("by_name.y")
        u.move_first("s.deep")
    with table.update_schema() as u:
        u.rename_column("s.b2", "b")
        u.add_column(("s", "old"), LongType(), "not the first of this name")
        u.add_column(("s", "more"), StructType(NestedField(1, "n", StringType())))
        u.add_column(("by_name", "y"), StringType())
    table = catalog.load_table("shop.nested")
    append(table, dict(id=3, s=dict(a="three", b=2**40, f=1e300, old=7, deep=dict(k="k3", v=decimal.Decimal("1234567890123456.78")), more=dict(n="new")),
                       points=[dict(longitude=1e300, y=2, z=3)], by_name=[("r", dict(x=0.5, y="text"))]))


def unidentified():
    """A file without field ids, found by the names that the table maps, of nested fields too, and renamed since."""
    os.makedirs(f"{folder}/warehouse/moved")
    path = f"{folder}/warehouse/moved/data.parquet"
    pq.write_table(pa.Table.from_pylist([dict(id=1, s=dict(a=1, b="x"), points=[dict(x=1)])]), path)
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "s", StructType(NestedField(21, "b", StringType()), NestedField(22, "a", LongType()))),
                    NestedField(3, "points", ListType(31, StructType(NestedField(32, "x", LongType())), element_required=False)))
    table = catalog.create_table("shop.unidentified", schema)
    table.add_files([f"file://{path}"])
    with table.update_schema() as u:
        u.rename_column("s.a", "c")
        u.rename_column("points.x", "y")
    with table.update_schema() as u:
        u.add_column(("s", "a"), LongType())


def partitioned():
    """One table for each transform, with a file for each partition."""
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "word", StringType()), NestedField(3, "day", DateType()),
                    NestedField(4, "at", TimestampType()), NestedField(5, "region", StringType()))
    rows = [dict(id=i, word=["apple", "apricot", "banana", "blueberry", "cherry"][i % 5] + str(i), day=dt.date(2020 + i % 4, 1 + i % 12, 1 + i % 28),
                 at=dt.datetime(2024, 1, 1 + i % 3, i % 24, 30), region=[None, "eu", "us", "a b/c"][i % 4]) for i in range(240)]
    for name, source, transform in [("identity", 5, IdentityTransform()), ("bucket", 1, BucketTransform(8)), ("truncate", 2, TruncateTransform(2)),
                                    ("year", 3, YearTransform()), ("month", 3, MonthTransform()), ("day", 4, DayTransform()), ("hour", 4, HourTransform())]:
        table = catalog.create_table(f"shop.by_{name}", schema, partition_spec=PartitionSpec(PartitionField(source, 1000, transform, "part")))
        table.append(pa.Table.from_pylist(rows, schema=table.schema().as_arrow()))
    table = catalog.create_table("shop.respecified", schema)
    table.append(pa.Table.from_pylist(rows[:120], schema=table.schema().as_arrow()))
    with table.update_spec() as u:
        u.add_identity("region")
    table.append(pa.Table.from_pylist(rows[120:], schema=table.schema().as_arrow()))


def statistics():
    """Files of disjoint ranges, of several row groups each, without partitions."""
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "text", StringType()), NestedField(3, "amount", DecimalType(12, 2)))
    table = catalog.create_table("shop.ranges", schema, properties={"write.parquet.row-group-limit": "1000"})
    for f in range(4):
        table.append(pa.Table.from_pylist([dict(id=i, text=f"{i:08d}", amount=decimal.Decimal(i) / 100) for i in range(f * 5000, f * 5000 + 5000)],
                                          schema=table.schema().as_arrow()))


def history():
    """Snapshots, a tag, a branch, an overwrite and a delete that rewrites a file."""
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "v", StringType()))
    table = catalog.create_table("shop.history", schema)
    table.append(pa.Table.from_pylist([dict(id=1, v="a"), dict(id=2, v="b")], schema=table.schema().as_arrow()))
    table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, "first").commit()
    with open(f"{folder}/first_snapshot", "w") as out:
        out.write(str(table.current_snapshot().snapshot_id))
    time.sleep(0.01)
    with open(f"{folder}/after_first", "w") as out:
        out.write(dt.datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"))
    time.sleep(0.01)
    table.append(pa.Table.from_pylist([dict(id=3, v="c")], schema=table.schema().as_arrow()))
    table.manage_snapshots().create_branch(table.current_snapshot().snapshot_id, "audit").commit()
    with table.update_schema() as u:
        u.rename_column("v", "value")
    table = catalog.load_table("shop.history")
    table.delete("id = 1")


def small():
    schema = Schema(NestedField(1, "id", LongType()))
    catalog.create_table("shop.nothing", schema)
    if levels:
        catalog.create_table("shop.eu.orders", schema).append(pa.table({"id": pa.array([7], pa.int64())}))
    table = catalog.create_table("shop.first_version", schema, properties={"format-version": "1"})
    table.append(pa.table({"id": pa.array([1, 2], pa.int64())}))


class DeletesWriter(ManifestWriterV2):
    """Writes a manifest of delete files, which pyiceberg itself does not."""

    def content(self):
        return ManifestContent.DELETES

    @property
    def _meta(self):
        return {**super()._meta, "content": "deletes"}


class DeleteFiles(_FastAppendFiles):
    def new_manifest_writer(self, spec):
        return DeletesWriter(spec, self._transaction.table_metadata.schema(), self.new_manifest_output(), self.snapshot_id, self._compression)


def add_deletes(name, content, data, ids=None, partition=()):
    """Commits a delete file of an Arrow table to the table of a name."""
    table = catalog.load_table(name)
    path = f"{table.location()}/data/deletes-{uuid.uuid4()}.parquet"
    with table.io.new_output(path).create() as out:
        pq.write_table(data, out)
        size = out.tell()
    file = DataFile.from_args(content=content, file_path=path, file_format=FileFormat.PARQUET, partition=Record(*partition), record_count=len(data),
                              file_size_in_bytes=size, equality_ids=ids, column_sizes={}, value_counts={}, null_value_counts={}, nan_value_counts={},
                              lower_bounds={}, upper_bounds={}, key_metadata=None, split_offsets=None, sort_order_id=None)
    file.spec_id = table.spec().spec_id
    transaction = table.transaction()
    with DeleteFiles(operation=Operation.DELETE, transaction=transaction, io=table.io) as update:
        update.append_data_file(file)
    transaction.commit_transaction()


def with_id(name, kind, field):
    return pa.field(name, kind, metadata={"PARQUET:field_id": str(field)})


def positions(name, rows, partition=()):
    """Deletes rows by (number of the data file, in the order of their ids, position)."""
    paths = catalog.load_table(name).inspect.data_files()["file_path"].to_pylist()
    paths.sort(key=lambda path: pq.ParquetFile(path.removeprefix("file://")).read(["id"])["id"][0].as_py())
    schema = pa.schema([with_id("file_path", pa.string(), 2147483546), with_id("pos", pa.int64(), 2147483545)])
    data = pa.table({"file_path": [paths[f] for f, _ in rows], "pos": [p for _, p in rows]}, schema=schema)
    add_deletes(name, DataFileContent.POSITION_DELETES, data, partition=partition)


def equal(name, fields, rows, partition=()):
    """Deletes rows by values of fields: (name, type, id)."""
    schema = pa.schema([with_id(*f) for f in fields])
    data = pa.Table.from_pylist([dict(zip(schema.names, r)) for r in rows], schema=schema)
    add_deletes(name, DataFileContent.EQUALITY_DELETES, data, [f[2] for f in fields], partition)


def deletes():
    """Rows deleted by positions, by values, and by both; a row of a deleted value that was added again later stays."""
    schema = Schema(NestedField(1, "id", IntegerType()), NestedField(2, "word", StringType()), NestedField(3, "amount", DecimalType(9, 2)))

    def create(name, **more):
        table = catalog.create_table(name, schema, properties={"write.parquet.row-group-limit": "1000"}, **more)
        for f in range(2):
            table.append(pa.Table.from_pylist([dict(id=i, word=f"w{i % 7}" if i % 10 else None, amount=decimal.Decimal(i) / 100)
                                               for i in range(f * 3000, f * 3000 + 3000)], schema=table.schema().as_arrow()))
        return table

    create("shop.by_position")
    positions("shop.by_position", [(0, 0), (0, 1), (0, 999), (0, 1000), (0, 2999), (1, 17)])
    positions("shop.by_position", [(0, 1), (1, 18)])

    table = create("shop.by_value")
    equal("shop.by_value", [("id", pa.int32(), 1)], [(5,), (3007,)])
    equal("shop.by_value", [("word", pa.string(), 2), ("amount", pa.decimal128(9, 2), 3)], [("w1", decimal.Decimal("0.08")), (None, decimal.Decimal("0.10")), ("w1", decimal.Decimal("0.10"))])
    table = catalog.load_table("shop.by_value")
    with table.update_schema() as u:
        u.update_column("id", LongType())
        u.rename_column("word", "term")
    table = catalog.load_table("shop.by_value")
    table.append(pa.Table.from_pylist([dict(id=5, term="again", amount=decimal.Decimal("0.05"))], schema=table.schema().as_arrow()))
    positions("shop.by_value", [(0, 100)])

    create("shop.by_float")
    table = catalog.load_table("shop.by_float")
    with table.update_schema() as u:
        u.add_column("ratio", DoubleType())
    equal("shop.by_float", [("ratio", pa.float64(), 4)], [(0.5,)])


def orc_type(t):
    """An Arrow type whose fields have their ids as ORC files have them."""
    if pa.types.is_struct(t):
        return pa.struct([orc_field(f) for f in t])
    if pa.types.is_map(t):
        return pa.map_(orc_field(t.key_field), orc_field(t.item_field))
    if pa.types.is_list(t) or pa.types.is_large_list(t):
        return pa.list_(orc_field(t.value_field))
    return {pa.large_string(): pa.string(), pa.large_binary(): pa.binary()}.get(t, t)


def orc_field(f):
    more = {"iceberg.id": f.metadata[b"PARQUET:field_id"]}
    if pa.types.is_fixed_size_binary(f.type):
        return pa.field(f.name, pa.binary(), f.nullable, more | {"iceberg.binary-type": "FIXED", "iceberg.length": str(f.type.byte_width)})
    if pa.types.is_time(f.type):
        return pa.field(f.name, pa.int64(), f.nullable, more | {"iceberg.long-type": "TIME"})
    if f.type == pa.uuid():
        return pa.field(f.name, pa.binary(), f.nullable, more | {"iceberg.binary-type": "UUID"})
    return pa.field(f.name, orc_type(f.type), f.nullable, more)


def micros(t):
    return ((t.hour * 60 + t.minute) * 60 + t.second) * 1000000 + t.microsecond


def orc_value(v):
    """A value as ORC has it."""
    if isinstance(v, dict):
        return {k: orc_value(x) for k, x in v.items()}
    return micros(v) if isinstance(v, dt.time) else v


def write_orc(table, path, rows):
    schema = pa.schema([orc_field(f) for f in table.schema().as_arrow()])
    rows = [orc_value(r) for r in rows]
    with table.io.new_output(path).create() as out:
        orc.write_table(pa.Table.from_pylist(rows, schema=schema), out, stripe_size=64 << 10)


def avro_value(t, v):
    """A value as pyiceberg's writer of Avro takes it."""
    if v is None:
        return None
    if isinstance(t, StructType):
        return Record(*[avro_value(f.field_type, v.get(f.name)) for f in t.fields])
    if isinstance(t, ListType):
        return [avro_value(t.element_type, x) for x in v]
    if isinstance(t, MapType):
        return {k: avro_value(t.value_type, x) for k, x in v}
    if isinstance(t, DateType):
        return (v - dt.date(1970, 1, 1)).days
    if isinstance(t, (TimestampType, TimestamptzType)):
        return (v.replace(tzinfo=None) - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)
    if isinstance(t, TimeType):
        return micros(v)
    if isinstance(t, UUIDType):
        return uuid.UUID(bytes=v)
    return v


def write_avro(table, path, rows):
    struct = table.schema().as_struct()
    with AvroOutputFile(table.io.new_output(path), table.schema(), "table") as out:
        for part in range(0, len(rows), 500):
            out.write_block([avro_value(struct, r) for r in rows[part:part + 500]])


WRITERS = {FileFormat.ORC: write_orc, FileFormat.AVRO: write_avro}


def add_rows(name, kind, rows):
    """Commits a data file of rows in a format that pyiceberg itself does not write."""
    table = catalog.load_table(name)
    path = f"{table.location()}/data/{uuid.uuid4()}.{kind.value.lower()}"
    WRITERS[kind](table, path, rows)
    file = DataFile.from_args(content=DataFileContent.DATA, file_path=path, file_format=kind, partition=Record(), record_count=len(rows),
                              file_size_in_bytes=len(table.io.new_input(path)), column_sizes={}, value_counts={}, null_value_counts={}, nan_value_counts={},
                              lower_bounds={}, upper_bounds={}, key_metadata=None, split_offsets=None, sort_order_id=None)
    file.spec_id = table.spec().spec_id
    with table.transaction() as transaction:
        with transaction.update_snapshot().fast_append() as update:
            update.append_data_file(file)
    return path


def formats():
    """Tables of files in each format: types, nested values that evolved, and deleted rows."""
    scalars = Schema(
        NestedField(1, "boolean", BooleanType()), NestedField(2, "int", IntegerType()), NestedField(3, "long", LongType()), NestedField(4, "float", FloatType()),
        NestedField(5, "double", DoubleType()), NestedField(6, "decimal", DecimalType(20, 4)), NestedField(7, "date", DateType()), NestedField(8, "timestamp", TimestampType()),
        NestedField(9, "timestamptz", TimestamptzType()), NestedField(10, "string", StringType()), NestedField(11, "fixed", FixedType(3)), NestedField(12, "binary", BinaryType()),
        NestedField(13, "time", TimeType()), NestedField(14, "uuid", UUIDType()), NestedField(15, "both", StructType(NestedField(16, "t", TimeType()), NestedField(17, "f", FixedType(2)))))
    identifier = uuid.UUID("12345678-1234-5678-1234-567812345678").bytes
    row = dict(boolean=True, int=1, long=2**62, float=1.5, double=-2.25, decimal=decimal.Decimal("1234567890123456.7890"), date=dt.date(2024, 2, 29),
               timestamp=dt.datetime(2024, 2, 29, 12, 30, 15, 123456), timestamptz=dt.datetime(2024, 2, 29, 12, 30, 15, 123456, UTC), string="Grüße", fixed=b"\x00\x01\xfe",
               binary=b"\x00abc", time=dt.time(23, 59, 59, 999999), uuid=identifier, both=dict(t=dt.time(1, 2, 3), f=b"ab"))
    point = StructType(NestedField(11, "x", FloatType()), NestedField(12, "y", IntegerType()))
    nested = Schema(NestedField(1, "id", IntegerType()), NestedField(2, "s", StructType(NestedField(21, "a", IntegerType()), NestedField(22, "b", StringType()))),
                    NestedField(3, "points", ListType(31, point, element_required=False)), NestedField(4, "by_name", MapType(41, StringType(), 42, point, value_required=False)))
    many = Schema(NestedField(1, "id", IntegerType()), NestedField(2, "word", StringType()), NestedField(3, "filler", StringType()))
    for kind in WRITERS:
        name = kind.value.lower()
        catalog.create_table(f"shop.{name}_types", scalars)
        add_rows(f"shop.{name}_types", kind, [row, dict(int=2)])

        catalog.create_table(f"shop.{name}_nested", nested)
        add_rows(f"shop.{name}_nested", kind, [
            dict(id=1, s=dict(a=1, b="one"), points=[dict(x=0.1, y=1), dict(x=None)], by_name=[("p", dict(x=0.5, y=3)), ("q", dict(y=1))]), dict(id=2)])
        with catalog.load_table(f"shop.{name}_nested").update_schema() as u:
            u.rename_column("s.a", "c")
            u.update_column("s.a", LongType())
            u.update_column("points.x", DoubleType())
            u.delete_column("by_name.y")
            u.update_column("id", LongType())
            u.move_first("s.b")
        with catalog.load_table(f"shop.{name}_nested").update_schema() as u:
            u.add_column(("s", "a"), DateType())
        add_rows(f"shop.{name}_nested", kind, [dict(id=2**40, s=dict(c=2**40, b="three", a=dt.date(2024, 2, 29)), points=[dict(x=1e300, y=2)], by_name=[("r", dict(x=0.25))])])

        catalog.create_table(f"shop.{name}_deletes", many)
        path = add_rows(f"shop.{name}_deletes", kind, [dict(id=i, word=f"w{i % 7}", filler=os.urandom(600).hex()) for i in range(8000)])
        positions = pa.schema([with_id("file_path", pa.string(), 2147483546), with_id("pos", pa.int64(), 2147483545)])
        add_deletes(f"shop.{name}_deletes", DataFileContent.POSITION_DELETES, pa.table({"file_path": [path] * 3, "pos": [0, 4000, 7999]}, schema=positions))
        equal(f"shop.{name}_deletes", [("id", pa.int32(), 1)], [(5,), (6000,)])
    table = catalog.load_table("shop.avro_deletes")
    table.append(pa.Table.from_pylist([dict(id=50000, word="parquet")], schema=table.schema().as_arrow()))
    add_rows("shop.avro_deletes", FileFormat.ORC, [dict(id=60000, word="orc")])


for make in (types, evolved, nested, unidentified, partitioned, statistics, history, small, deletes, formats):
    make()
