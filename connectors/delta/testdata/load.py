"""Makes tables of Parquet files with deltalake: load.py FOLDER FILES makes a table below FOLDER of each of FILES/*.parquet."""
import glob
import os
import sys

import pyarrow.parquet as pq
from deltalake import write_deltalake

for path in sorted(glob.glob(sys.argv[2] + "/*.parquet")):
    rows = pq.read_table(path)
    table = os.path.join(sys.argv[1], os.path.basename(path).removesuffix(".parquet"))
    half = len(rows) // 2
    write_deltalake(table, rows[:half])
    write_deltalake(table, rows[half:], mode="append")
