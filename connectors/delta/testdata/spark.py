"""Makes testdata/spark.tar.gz: tables that Delta's own writer made with Spark, and what Spark reads of them.

    spark-submit --jars delta-spark_2.13-4.0.0.jar,delta-storage-4.0.0.jar spark.py FOLDER

Spark is version 4.0.1. Besides the tables, FOLDER has for each a file of expected rows as JSON, in the order of their ids.
"""
import json
import os
import sys

from pyspark.sql import SparkSession

folder = os.path.abspath(sys.argv[1])
spark = (SparkSession.builder.master("local[1]")
         .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
         .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
         .config("spark.sql.session.timeZone", "America/New_York")
         .config("spark.sql.shuffle.partitions", "1")
         .config("spark.databricks.delta.snapshotPartitions", "1")
         .config("spark.ui.enabled", "false")
         .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
         .config("spark.sql.warehouse.dir", folder + "/warehouse")
         .getOrCreate())


def sql(*statements):
    for s in statements:
        spark.sql(s)


def make(name, columns, properties="", more="", partitioned=""):
    options = f"TBLPROPERTIES ({properties})" if properties else ""
    sql(f"CREATE TABLE {name} ({columns}) USING delta {partitioned} {more} LOCATION '{folder}/{name}' {options}")


def text(value):
    return value.hex() if isinstance(value, (bytes, bytearray)) else str(value)


def expect(name, query, suffix=""):
    rows = [r.asDict(True) for r in spark.sql(query).collect()]
    with open(f"{folder}/{name}{suffix}.json", "w") as f:
        for r in rows:
            f.write(json.dumps(r, default=text) + "\n")


def checkpoint(name):
    log = spark._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, f"{folder}/{name}")
    log.checkpoint()


def attempt(of):
    try:
        of()
    except Exception as e:  # what this version of Spark can't do is not in the archive
        print("NOT MADE:", of.__name__, str(e)[:400])


def vectors():
    make("vectors", "id BIGINT, part STRING, text STRING", "'delta.enableDeletionVectors' = 'true'", partitioned="PARTITIONED BY (part)")
    sql("INSERT INTO vectors SELECT id, IF(id % 2 = 0, 'even', 'o/d d:%'), CONCAT('row ', id) FROM range(0, 300, 1, 1)",
        "DELETE FROM vectors WHERE id % 7 = 0", "DELETE FROM vectors WHERE id BETWEEN 100 AND 120", "UPDATE vectors SET text = 'changed' WHERE id = 50")
    expect("vectors", "SELECT * FROM vectors ORDER BY id")
    expect("vectors", "SELECT * FROM vectors VERSION AS OF 2 ORDER BY id", ".2")


def mapped():
    for mode in ("name", "id"):
        name = "by_" + mode
        make(name, "id BIGINT, old STRING, gone INT, inside STRUCT<a: INT, b: ARRAY<STRUCT<c: INT>>>, part INT", f"'delta.columnMapping.mode' = '{mode}'",
             partitioned="PARTITIONED BY (part)")
        sql(f"INSERT INTO {name} VALUES (1, 'x', 7, struct(1, array(struct(5))), 1), (2, 'y', 8, struct(2, array()), 2), (3, NULL, 9, NULL, NULL)",
            f"ALTER TABLE {name} RENAME COLUMN old TO new", f"ALTER TABLE {name} DROP COLUMN gone", f"ALTER TABLE {name} RENAME COLUMN part TO piece",
            f"ALTER TABLE {name} RENAME COLUMN inside.a TO first", f"ALTER TABLE {name} ADD COLUMN gone STRING", f"ALTER TABLE {name} ADD COLUMN old INT",
            f"INSERT INTO {name} VALUES (4, 'z', struct(4, array(struct(6))), 1, 'here', 44)")
        expect(name, f"SELECT * FROM {name} ORDER BY id")


def upgraded():
    make("upgraded", "id BIGINT, old STRING")
    sql("INSERT INTO upgraded VALUES (1, 'x')",
        "ALTER TABLE upgraded SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'delta.minReaderVersion' = '2', 'delta.minWriterVersion' = '5')",
        "ALTER TABLE upgraded RENAME COLUMN old TO new", "INSERT INTO upgraded VALUES (2, 'y')")
    expect("upgraded", "SELECT * FROM upgraded ORDER BY id")


def checkpoints():
    for form in ("json", "parquet"):
        name = "v2_" + form
        spark.conf.set("spark.databricks.delta.checkpointV2.topLevelFileFormat", form)
        spark.conf.set("spark.databricks.delta.checkpoint.partSize", "2")
        make(name, "id BIGINT, day DATE", "'delta.checkpointPolicy' = 'v2'", partitioned="PARTITIONED BY (day)")
        for i in range(5):
            sql(f"INSERT INTO {name} VALUES ({i}, DATE'2024-01-0{i + 1}')")
        checkpoint(name)
        sql(f"INSERT INTO {name} VALUES (9, NULL)", f"DELETE FROM {name} WHERE id = 3")
        expect(name, f"SELECT * FROM {name} ORDER BY id")
    make("parts", "id BIGINT, text STRING", "'delta.checkpoint.writeStatsAsJson' = 'false', 'delta.checkpoint.writeStatsAsStruct' = 'true'")
    for i in range(5):
        sql(f"INSERT INTO parts VALUES ({i}, 'text {i}')")
    checkpoint("parts")
    sql("DELETE FROM parts WHERE id = 1")
    expect("parts", "SELECT * FROM parts ORDER BY id")
    spark.conf.unset("spark.databricks.delta.checkpoint.partSize")


TYPES = ("id INT, b BOOLEAN, t TINYINT, s SMALLINT, l BIGINT, f FLOAT, d DOUBLE, n DECIMAL(9,2), m DECIMAL(38,10), day DATE, at TIMESTAMP, wall TIMESTAMP_NTZ, "
         "text STRING, c CHAR(5), v VARCHAR(7), bytes BINARY, nested STRUCT<a: ARRAY<INT>, m: MAP<STRING, TIMESTAMP>>")
ROWS = ["1, true, 1, 2, 3, 0.1, 0.2, 12.34, 1234567890123456789012345678.0123456789, DATE'2024-02-29', TIMESTAMP'2024-02-29 12:30:15.123456', "
        "TIMESTAMP_NTZ'2024-02-29 12:30:15.123456', 'Grüße', 'ab', 'cd', X'0001FEFF', struct(array(1, NULL), map('k', TIMESTAMP'2024-02-29 12:30:15.123456'))",
        "2, false, -128, -32768, -9223372036854775808, -0.5, 1e300, -9999999.99, -0.0000000001, DATE'0001-01-01', TIMESTAMP'1969-12-31 23:59:59.999999', "
        "TIMESTAMP_NTZ'0001-01-01 00:00:00', '', '', '', X'', struct(array(), map())",
        "3" + ", NULL" * 16]


def types():
    for stored in ("INT96", "TIMESTAMP_MICROS"):
        name = "types_" + stored.lower()
        spark.conf.set("spark.sql.parquet.outputTimestampType", stored)
        make(name, TYPES, "'delta.feature.timestampNtz' = 'supported'")
        for row in ROWS:
            sql(f"INSERT INTO {name} VALUES ({row})")
        checkpoint(name)
        expect(name, f"SELECT * FROM {name} ORDER BY id")


def partitions():
    scalar = "id INT, b BOOLEAN, t TINYINT, l BIGINT, d DOUBLE, n DECIMAL(9,2), day DATE, at TIMESTAMP, wall TIMESTAMP_NTZ, text STRING, bytes BINARY"
    make("partitions", scalar, "'delta.feature.timestampNtz' = 'supported'", partitioned="PARTITIONED BY (b, t, l, d, n, day, at, wall, text, bytes)")
    sql("INSERT INTO partitions VALUES (1, true, 1, 3, 0.2, 12.30, DATE'2024-02-29', TIMESTAMP'2024-02-29 12:30:15.123456', TIMESTAMP_NTZ'2024-02-29 12:30:15.1', 'a/b=c %d+é', X'4142')",
        "INSERT INTO partitions VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
        "INSERT INTO partitions VALUES (3, false, -128, -9223372036854775808, 1e300, -9999999.99, DATE'0001-01-01', TIMESTAMP'1969-12-31 19:00:00', TIMESTAMP_NTZ'0001-01-01 00:00:00', ' ', X'20')")
    expect("partitions", "SELECT * FROM partitions ORDER BY id")


def widened():
    make("widened", "id INT, b TINYINT, f FLOAT, i INT, day DATE, n DECIMAL(5,2), whole INT, inside STRUCT<x: FLOAT>",
         "'delta.enableTypeWidening' = 'true', 'delta.feature.timestampNtz' = 'supported'")
    sql("INSERT INTO widened VALUES (1, 1, 0.1, 2, DATE'2024-02-29', 1.25, 7, struct(0.1))")
    for column, t in (("b", "INT"), ("f", "DOUBLE"), ("i", "BIGINT"), ("n", "DECIMAL(10,4)"), ("day", "TIMESTAMP_NTZ"), ("whole", "DECIMAL(12,1)"), ("inside.x", "DOUBLE")):
        try:
            sql(f"ALTER TABLE widened ALTER COLUMN {column} TYPE {t}")
        except Exception as e:
            print("NOT WIDENED:", column, t, str(e)[:200])
    sql("INSERT INTO widened VALUES (2, 1000, 0.1, 5000000000, TIMESTAMP_NTZ'2024-02-29 12:00:00', 123456.1234, 7.5, struct(0.1))")
    expect("widened", "SELECT * FROM widened ORDER BY id")


def variants():
    make("variants", "id INT, v VARIANT, list ARRAY<VARIANT>", "'delta.feature.variantType-preview' = 'supported'")
    sql("""INSERT INTO variants SELECT 1, parse_json('{"a": [1, 2.5, null, true], "b": {"c": "text"}}'), array(parse_json('1'))""",
        "INSERT INTO variants SELECT 2, parse_json('\"only\"'), NULL", "INSERT INTO variants SELECT 3, NULL, NULL")
    with open(f"{folder}/variants.json", "w") as f:
        for r in spark.sql("SELECT id, to_json(v) AS v, to_json(list) AS list FROM variants ORDER BY id").collect():
            f.write(json.dumps({"id": r.id, "v": json.loads(r.v or "null"), "list": json.loads(r.list or "null")}) + "\n")


def moments():
    make("moments", "id INT")
    sql("INSERT INTO moments VALUES (1)", "ALTER TABLE moments SET TBLPROPERTIES ('delta.enableInCommitTimestamps' = 'true')",
        "INSERT INTO moments VALUES (2)", "INSERT INTO moments VALUES (3)")
    expect("moments", "SELECT * FROM moments ORDER BY id")


def described():
    make("described", "id INT NOT NULL COMMENT 'the key', day DATE, c INT DEFAULT 7",
         "'delta.feature.allowColumnDefaults' = 'supported'", more="COMMENT 'made up'", partitioned="PARTITIONED BY (day)")
    sql("INSERT INTO described (id, day) VALUES (1, DATE'2024-02-29')", "OPTIMIZE described")
    expect("described", "SELECT * FROM described ORDER BY id")


for of in (vectors, mapped, upgraded, checkpoints, types, partitions, widened, variants, moments, described):
    attempt(of)
