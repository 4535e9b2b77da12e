"""The web analytics workload: the 43 questions of ClickBench about a made table of page views (hitsdata.py), read from one local
Parquet file by each peer. Writes bench/HITS.md. Run it by `make bench`.

The questions are asked in each peer's dialect. Rows are checked against the first peer's: all of them where the question says
which they are, else the columns that it sorts by.
"""

import argparse
import datetime
import os
import pathlib
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import duckdb

import hitsdata
import peers

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent
ROUNDS = 4


@dataclass
class Query:
    text: str  # in MySQL's dialect
    keys: tuple[int, ...] | None = None  # the columns that are the same for all; None: the rows are
    other: str = ""  # in DuckDB's, if it is another


def queries(file: pathlib.Path, rows: int) -> list[Query]:
    user, page, referer = duckdb.execute(
        f"SELECT (SELECT UserID FROM '{file}' LIMIT 1 OFFSET {rows // 2}), mode(URLHash), mode(RefererHash) FROM '{file}' WHERE CounterID = 5"
    ).fetchone()
    many = rows // 1000  # rows of what an average is of
    month = "counterid = 5 and eventdate >= '2013-07-01' and eventdate <= '2013-07-31'"
    widths = ", ".join(f"sum(resolutionwidth + {n})" if n else "sum(resolutionwidth)" for n in range(90))
    host = r"^https?://(www\.)?([^/]+)/.*$"
    by_minute = "counterid = 5 and eventdate >= '2013-07-14' and eventdate <= '2013-07-15' and isrefresh = 0 and dontcounthits = 0"
    return [
        Query("select count(*) from hits"),
        Query("select count(*) from hits where advengineid <> 0"),
        Query("select sum(advengineid), count(*), avg(resolutionwidth) from hits"),
        Query("select avg(userid) from hits"),
        Query("select count(distinct userid) from hits"),
        Query("select count(distinct searchphrase) from hits"),
        Query("select min(eventdate), max(eventdate) from hits"),
        Query("select advengineid, count(*) from hits where advengineid <> 0 group by advengineid order by count(*) desc", (1,)),
        Query("select regionid, count(distinct userid) as users from hits group by regionid order by users desc limit 10", (1,)),
        Query(
            "select regionid, sum(advengineid), count(*) as views, avg(resolutionwidth), count(distinct userid) from hits "
            "group by regionid order by views desc limit 10",
            (2,),
        ),
        Query(
            "select mobilephonemodel, count(distinct userid) as users from hits where mobilephonemodel <> '' "
            "group by mobilephonemodel order by users desc limit 10",
            (1,),
        ),
        Query(
            "select mobilephone, mobilephonemodel, count(distinct userid) as users from hits where mobilephonemodel <> '' "
            "group by mobilephone, mobilephonemodel order by users desc limit 10",
            (2,),
        ),
        Query("select searchphrase, count(*) as views from hits where searchphrase <> '' group by searchphrase order by views desc limit 10", (1,)),
        Query(
            "select searchphrase, count(distinct userid) as users from hits where searchphrase <> '' group by searchphrase order by users desc limit 10",
            (1,),
        ),
        Query(
            "select searchengineid, searchphrase, count(*) as views from hits where searchphrase <> '' "
            "group by searchengineid, searchphrase order by views desc limit 10",
            (2,),
        ),
        Query("select userid, count(*) from hits group by userid order by count(*) desc limit 10", (1,)),
        Query("select userid, searchphrase, count(*) from hits group by userid, searchphrase order by count(*) desc limit 10", (2,)),
        Query("select userid, searchphrase, count(*) from hits group by userid, searchphrase limit 10", ()),
        Query(
            "select userid, minute(eventtime) as minute_of, searchphrase, count(*) from hits "
            "group by userid, minute_of, searchphrase order by count(*) desc limit 10",
            (3,),
        ),
        Query(f"select userid from hits where userid = {user}"),
        Query("select count(*) from hits where url like '%google%'"),
        Query(
            "select searchphrase, min(url), count(*) as views from hits where url like '%google%' and searchphrase <> '' "
            "group by searchphrase order by views desc limit 10",
            (2,),
        ),
        Query(
            "select searchphrase, min(url), min(title), count(*) as views, count(distinct userid) from hits "
            "where title like '%Google%' and url not like '%.google.%' and searchphrase <> '' group by searchphrase order by views desc limit 10",
            (3,),
        ),
        Query("select * from hits where url like '%google%' order by eventtime limit 10", (4,)),
        Query("select searchphrase from hits where searchphrase <> '' order by eventtime limit 10", ()),
        Query("select searchphrase from hits where searchphrase <> '' order by searchphrase limit 10"),
        Query("select searchphrase from hits where searchphrase <> '' order by eventtime, searchphrase limit 10"),
        Query(
            f"select counterid, avg(length(url)) as bytes, count(*) from hits where url <> '' group by counterid having count(*) > {many} "
            "order by bytes desc limit 25",
            (1,),
            f"select counterid, avg(strlen(url)) as bytes, count(*) from hits where url <> '' group by counterid having count(*) > {many} "
            "order by bytes desc limit 25",
        ),
        Query(
            f"select regexp_replace(referer, '{host.replace(chr(92), chr(92) * 2)}', '$2') as site, avg(length(referer)) as bytes, count(*), "
            f"min(referer) from hits where referer <> '' group by site having count(*) > {many} order by bytes desc limit 25",
            (1,),
            rf"select regexp_replace(referer, '{host}', '\2') as site, avg(strlen(referer)) as bytes, count(*), min(referer) from hits "
            f"where referer <> '' group by site having count(*) > {many} order by bytes desc limit 25",
        ),
        Query(f"select {widths} from hits"),
        Query(
            "select searchengineid, clientip, count(*) as views, sum(isrefresh), avg(resolutionwidth) from hits where searchphrase <> '' "
            "group by searchengineid, clientip order by views desc limit 10",
            (2,),
        ),
        Query(
            "select watchid, clientip, count(*) as views, sum(isrefresh), avg(resolutionwidth) from hits where searchphrase <> '' "
            "group by watchid, clientip order by views desc limit 10",
            (2,),
        ),
        Query(
            "select watchid, clientip, count(*) as views, sum(isrefresh), avg(resolutionwidth) from hits "
            "group by watchid, clientip order by views desc limit 10",
            (2,),
        ),
        Query("select url, count(*) as views from hits group by url order by views desc limit 10", (1,)),
        Query("select 1, url, count(*) as views from hits group by 1, url order by views desc limit 10", (2,)),
        Query(
            "select clientip, clientip - 1, clientip - 2, clientip - 3, count(*) as views from hits "
            "group by clientip, clientip - 1, clientip - 2, clientip - 3 order by views desc limit 10",
            (4,),
        ),
        Query(
            f"select url, count(*) as views from hits where {month} and dontcounthits = 0 and isrefresh = 0 and url <> '' "
            "group by url order by views desc limit 10",
            (1,),
        ),
        Query(
            f"select title, count(*) as views from hits where {month} and dontcounthits = 0 and isrefresh = 0 and title <> '' "
            "group by title order by views desc limit 10",
            (1,),
        ),
        Query(
            f"select url, count(*) as views from hits where {month} and isrefresh = 0 and islink <> 0 and isdownload = 0 "
            "group by url order by views desc limit 10 offset 100",
            (1,),
        ),
        Query(
            "select traficsourceid, searchengineid, advengineid, case when searchengineid = 0 and advengineid = 0 then referer else '' end as source, "
            f"url as target, count(*) as views from hits where {month} and isrefresh = 0 "
            "group by traficsourceid, searchengineid, advengineid, source, target order by views desc limit 10 offset 100",
            (5,),
        ),
        Query(
            f"select urlhash, eventdate, count(*) as views from hits where {month} and isrefresh = 0 and traficsourceid in (-1, 6) "
            f"and refererhash = {referer} group by urlhash, eventdate order by views desc limit 10 offset 10",
            (2,),
        ),
        Query(
            f"select windowclientwidth, windowclientheight, count(*) as views from hits where {month} and isrefresh = 0 and dontcounthits = 0 "
            f"and urlhash = {page} group by windowclientwidth, windowclientheight order by views desc limit 10 offset 100",
            (2,),
        ),
        Query(
            f"select date_format(eventtime, '%Y-%m-%d %H:%i:00') as at_minute, count(*) as views from hits where {by_minute} "
            "group by at_minute order by at_minute limit 10 offset 1000",
            None,
            f"select date_trunc('minute', eventtime) as at_minute, count(*) as views from hits where {by_minute} "
            "group by at_minute order by at_minute limit 10 offset 1000",
        ),
    ]


def of_keys(query: Query, rows: list) -> list:
    return rows if query.keys is None else [[row[k] for k in query.keys] for row in rows]


def check(number: int, query: Query, peer: str, rows: list, expected: list) -> None:
    got, want = of_keys(query, rows), of_keys(query, expected)
    if len(got) != len(want) or not all(peers.same(x, y) for g, w in zip(got, want) for x, y in zip(g, w)):
        raise RuntimeError(f"query {number}: {peer} differs from the first peer: {got[:2]} {want[:2]}")


def measure(asked: list[Query], running: list[peers.Peer]) -> dict[str, list[float]]:
    """The best time of each question, by peer."""
    best = {peer.name: [float("inf")] * len(asked) for peer in running}
    for number, query in enumerate(asked):
        expected = None
        for round_number in range(1 + ROUNDS):
            for peer in running:
                text = query.other if query.other and peer.name.startswith("DuckDB") else query.text
                answer = peer.ask({"queries": [text], "pushdown": True})
                if expected is None:
                    expected = answer["rows"][0]
                check(number, query, peer.name, answer["rows"][0], expected)
                if round_number > 0:  # the first is a warm-up
                    best[peer.name][number] = min(best[peer.name][number], answer["times"][0])
        print(number, {name: round(times[number], 3) for name, times in best.items()}, flush=True)
    return best


def report(best: dict[str, list[float]], asked: list[Query], running: list[peers.Peer], rows: int) -> str:
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    others = [name for name in best if name != "silogate"]
    fastest = min(others, key=lambda name: sum(best[name]))
    lines = [
        "# The web analytics workload",
        "",
        f"`make bench`, {datetime.date.today()}, commit {commit}, {rows:,} rows of a made table, one local Parquet file, {os.cpu_count()} cores; "
        f"minimum of {ROUNDS} interleaved runs of each question, rows checked. Seconds.",
        "Peers: " + ", ".join(f"{peer.name} ({peer.version})" for peer in running if peer.name != "silogate") + ".",
        "",
        "| question | " + " | ".join(best) + " | silogate to the fastest |",
        "|---|" + "---|" * (len(best) + 1),
    ]
    for number, query in enumerate(asked):
        times = [best[name][number] for name in best]
        ratio = best["silogate"][number] / min(best[name][number] for name in others)
        shown = query.text if len(query.text) < 140 else query.text[:137] + "..."
        lines.append(f"| {number}. `{shown}` | " + " | ".join(f"{t:.3f}" for t in times) + f" | {ratio:.2f} |")
    total = " | ".join(f"**{sum(times):.2f}**" for times in best.values())
    lines.append(f"| **total**, ratio to {fastest} | {total} | **{sum(best['silogate']) / sum(best[fastest]):.2f}** |")
    lines.append("| peak MB | " + " | ".join(f"{peer.peak_mb():.0f}" for peer in running) + " | |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--only", default="", help="comma-separated numbers of questions")
    arguments = parser.parse_args()
    folder = peers.cache_folder() / "hits" / str(arguments.rows)
    file = folder / "hits.parquet"
    hitsdata.write(arguments.rows, file)
    asked = queries(file, arguments.rows)
    if arguments.only:
        asked = [asked[int(n)] for n in arguments.only.split(",")]
    with tempfile.TemporaryDirectory() as scratch:
        client = pathlib.Path(scratch) / "client"
        subprocess.run(["go", "build", "-o", client, "./bench/client"], cwd=ROOT, check=True)
        running = [
            peers.Peer("DuckDB", [sys.executable, "peer_hits.py"], {"file": str(file)}),
            peers.Peer("DuckDB 2.0", [peers.newer_python(), "peer_hits.py"], {"file": str(file)}),
            peers.Gateway(client, f'  web: {{type: objectstore, url: "file://{folder}"}}\n', "web"),
        ]
        try:
            best = measure(asked, running)
            text = report(best, asked, running, arguments.rows)
        finally:
            for peer in running:
                peer.close()
    print(text)
    if not arguments.only and arguments.rows == 10_000_000:
        (HERE / "HITS.md").write_text(text)


main()
