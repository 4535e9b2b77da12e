"""Makes tables of Parquet files with pyiceberg: load.py FOLDER FILES makes FOLDER/catalog.db and FOLDER/warehouse of FILES/*.parquet."""
import glob
import os
import sys

import pyarrow.parquet as pq
from pyiceberg.catalog.sql import SqlCatalog

folder = os.path.abspath(sys.argv[1])
catalog = SqlCatalog("tests", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/warehouse")
catalog.create_namespace("shop")
for path in sorted(glob.glob(sys.argv[2] + "/*.parquet")):
    rows = pq.read_table(path)
    table = catalog.create_table("shop." + os.path.basename(path).removesuffix(".parquet"), rows.schema,
                                 properties={"write.parquet.row-group-limit": "20000"})
    half = len(rows) // 2
    for part in (rows[:half], rows[half:]):
        if len(part) > 0:
            table.append(part)
