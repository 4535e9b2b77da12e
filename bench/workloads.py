"""The workloads of the comparison: which tables lie where, and what is asked of them."""

import pathlib
import re
from dataclasses import dataclass, field

QUERIES = pathlib.Path(__file__).parent.parent / "internal" / "tpch" / "queries"

IN_POSTGRES = ["region", "nation", "customer", "orders"]
IN_S3 = ["supplier", "part", "partsupp", "lineitem"]
TABLES = IN_POSTGRES + IN_S3


def tpch(*numbers: int) -> list[str]:
    return [(QUERIES / f"q{n:02d}.sql").read_text() for n in numbers]


def qualify(query: str, database) -> str:
    """Writes database(table).table for each table of a FROM list, where a name follows FROM, JOIN or a comma."""
    names = "|".join(TABLES)
    return re.sub(
        rf"(\bfrom|\bjoin|,)(\s+)({names})\b(?!\s*[.=])",
        lambda m: f"{m[1]}{m[2]}{database(m[3])}.{m[3]}",
        query,
        flags=re.IGNORECASE,
    )


@dataclass
class Workload:
    name: str
    about: str
    queries: list[str]
    placement: str  # of the tables: "s3", "federated" (CHAR(n) in Postgres), "federated-varchar", "federated-pages", "local"
    pushdown: bool = True
    slow: bool = False  # Postgres and the S3 store lie behind links of 10 ms and 25 MB/s
    first: bool = False  # each run is the first of new processes
    rows: list[int] = field(default_factory=list)  # expected row counts at scale factor 1


FEDERATED = [3, 5, 10, 18]

TEN_CUSTOMERS = """
select c_custkey, sum(l_extendedprice) from customer, orders, lineitem
where c_custkey between 1000 and 1009 and o_custkey = c_custkey and l_orderkey = o_orderkey
group by c_custkey order by c_custkey
"""

ALL_ORDERS = """
select count(o_orderkey), sum(o_orderkey), sum(o_custkey), min(o_orderstatus), sum(o_totalprice), min(o_orderdate),
  max(o_orderpriority), max(o_clerk), sum(o_shippriority), max(o_comment)
from orders
"""

WORKLOADS = [
    Workload("W1", "S3 Parquet q1+q6+q3", tpch(1, 6, 3), "s3", rows=[4, 1, 10]),
    Workload("W2", "federated q3+q5+q10+q18, CHAR(n) in Postgres", tpch(*FEDERATED), "federated", rows=[10, 5, 20, 57]),
    Workload("W2v", "the same with VARCHAR in Postgres", tpch(*FEDERATED), "federated-varchar", rows=[10, 5, 20, 57]),
    Workload("W3", "ten customers of Postgres x lineitem in S3", [TEN_CUSTOMERS], "federated", rows=[7]),
    Workload("W4", "all of orders out of Postgres, aggregated in the engine", [ALL_ORDERS], "federated", pushdown=False, rows=[1]),
    Workload("W7 W2v", "over slow links", tpch(*FEDERATED), "federated-varchar", slow=True, rows=[10, 5, 20, 57]),
    Workload("W7 W3", "over slow links", [TEN_CUSTOMERS], "federated", slow=True, rows=[7]),
    Workload("W7 W3 first", "over slow links, with nothing cached", [TEN_CUSTOMERS], "federated", slow=True, first=True, rows=[7]),
    Workload(
        "W7 W3 pages", "the same with an index of small pages", [TEN_CUSTOMERS], "federated-pages", slow=True, first=True, rows=[7]
    ),
    Workload("W6", "all 22 on local Parquet", tpch(*range(1, 23)), "local"),
]
