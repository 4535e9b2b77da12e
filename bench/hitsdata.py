"""Makes the table of the web analytics workload: `hitsdata.py ROWS FILE`.

Its columns are those of the `hits` table that ClickBench is about, its values are made here by arithmetic on row numbers: a
few counters, users, pages and phrases have most of the rows, texts are Latin and Cyrillic, most columns are empty or small.
The rows are in the order of counter and time, as a web analytics system would have them. The same arguments give the same
table, which is in the public domain (CC0-1.0).
"""

import pathlib
import sys

import duckdb

LATIN = "kat rin bel mos vog tar lin sup der pol nas gor win mar tek fil bus dom avto foto kino news shop game land best top free live soft".split()
CYRILLIC = "купить цена дом авто фото кино новости работа погода карта город отзывы скачать игры книга рецепт москва форум музыка видео".split()

DAYS = 31
COUNTERS = 6500


def number(salt: int, below: int, row: str = "i") -> str:
    """A number of [0, below) that is as good as random."""
    return f"(hash({row} * 1000 + {salt}) % {below})::BIGINT"


def skewed(salt: int, below: int, power: float) -> str:
    """The same, smaller ones more often."""
    return f"floor({below} * pow((hash(i * 1000 + {salt}) % 16777216) / 16777216.0, {power}))::BIGINT"


def key(number: str) -> str:
    """A number spread over all of BIGINT."""
    return f"(hash({number}) >> 1)::BIGINT"


def words(language: list[str], row: str, salt: int, count: int, between: str = " ") -> str:
    choice = "[" + ", ".join(f"'{w}'" for w in language) + "]"
    return f" || '{between}' || ".join(f"{choice}[1 + {number(salt + k, len(language), row)}]" for k in range(count))


def rarely(salt: int, percent: float, value: str, otherwise: str) -> str:
    return f"CASE WHEN {number(salt, 1_000_000)} < {round(percent * 10_000)} THEN {value} ELSE {otherwise} END"


# The names of columns of a kind that need no more than a range: (columns, type, below, power).
PLAIN = [
    ("JavaEnable GoodEvent CookieEnable JavascriptEnable IsNotBounce", "SMALLINT", 2, 0.2),
    ("CounterClass Sex Income WithHash IsOldCounter IsEvent IsParameter IsArtifical HasGCLID", "SMALLINT", 2, 3),
    ("OS UserAgent FlashMajor NetMajor UserAgentMajor Age SearchEngineID TraficSourceID", "SMALLINT", 90, 4),
    ("FlashMinor NetMinor SilverlightVersion1 SilverlightVersion2 SilverlightVersion4 HTTPError SocialSourceNetworkID", "SMALLINT", 10, 8),
    ("RefererCategoryID URLCategoryID Interests Robotness ClientTimeZone HistoryLength ParamCurrencyID", "SMALLINT", 500, 5),
    ("RefererRegionID URLRegionID CodeVersion SilverlightVersion3 CLID", "INTEGER", 3000, 6),
    ("IPNetworkID HID WindowName OpenerName", "INTEGER", 4_000_000, 2),
    ("SendTiming DNSTiming ConnectTiming ResponseStartTiming ResponseEndTiming FetchTiming", "INTEGER", 30_000, 6),
]
# Of texts that are empty in nearly all rows.
EMPTY = (
    "Params SocialNetwork SocialAction SocialSourcePage ParamOrderID OpenstatServiceName OpenstatCampaignID OpenstatAdID OpenstatSourceID "
    "UTMSource UTMMedium UTMCampaign UTMContent UTMTerm FromTag FlashMinor2"
).split()
ORDER = (
    "WatchID JavaEnable Title GoodEvent EventTime EventDate CounterID ClientIP RegionID UserID CounterClass OS UserAgent URL Referer IsRefresh "
    "RefererCategoryID RefererRegionID URLCategoryID URLRegionID ResolutionWidth ResolutionHeight ResolutionDepth FlashMajor FlashMinor "
    "FlashMinor2 NetMajor NetMinor UserAgentMajor UserAgentMinor CookieEnable JavascriptEnable IsMobile MobilePhone MobilePhoneModel Params "
    "IPNetworkID TraficSourceID SearchEngineID SearchPhrase AdvEngineID IsArtifical WindowClientWidth WindowClientHeight ClientTimeZone "
    "ClientEventTime SilverlightVersion1 SilverlightVersion2 SilverlightVersion3 SilverlightVersion4 PageCharset CodeVersion IsLink IsDownload "
    "IsNotBounce FUniqID OriginalURL HID IsOldCounter IsEvent IsParameter DontCountHits WithHash HitColor LocalEventTime Age Sex Income "
    "Interests Robotness RemoteIP WindowName OpenerName HistoryLength BrowserLanguage BrowserCountry SocialNetwork SocialAction HTTPError "
    "SendTiming DNSTiming ConnectTiming ResponseStartTiming ResponseEndTiming FetchTiming SocialSourceNetworkID SocialSourcePage ParamPrice "
    "ParamOrderID ParamCurrency ParamCurrencyID OpenstatServiceName OpenstatCampaignID OpenstatAdID OpenstatSourceID UTMSource UTMMedium "
    "UTMCampaign UTMContent UTMTerm FromTag HasGCLID RefererHash URLHash CLID"
).split()


def columns(rows: int) -> dict[str, str]:
    users, pages, phrases = max(rows // 6, 10), max(rows // 5, 10), max(rows // 16, 10)
    engine = rarely(40, 0.016, "'google'", f"'{LATIN[0]}' || (page % 40)")
    out = {
        "WatchID": key("i * 7 + 1"),
        "EventDate": "day",
        "EventTime": "moment",
        "ClientEventTime": f"moment + to_seconds({number(1, 7200)} - 3600)",
        "LocalEventTime": f"moment + to_seconds({number(2, 7200)} - 3600)",
        "CounterID": "counter::INTEGER",
        "UserID": key("who"),
        "FUniqID": key("who + 3"),
        "ClientIP": "((hash(who * 3 + 5) % 4000000000)::BIGINT - 2000000000)::INTEGER",
        "RemoteIP": "((hash(who * 3 + 6) % 4000000000)::BIGINT - 2000000000)::INTEGER",
        "RegionID": "(floor(9000 * pow((hash(who * 3 + 7) % 65536) / 65536.0, 4)))::INTEGER",
        "URL": f"'http://' || {words(LATIN, 'counter', 50, 1)} || counter % 900 || '.' || {engine} || '.ru/' || {words(LATIN, 'page', 52, 3, '_')}"
        " || '/?page=' || page || '&sid=' || (hash(page) % 100000)",
        "Title": f"{words(CYRILLIC, 'page', 60, 5)} || ' ' || (page % 5000) || {rarely(65, 0.03, repr(' Google'), repr(''))}",
        "Referer": f"CASE WHEN {number(70, 100)} < 19 THEN '' ELSE {rarely(71, 50, repr('https://www.'), repr('http://'))} || "
        f"{words(LATIN, '(page % 700)', 72, 2, '')} || '.com/' || {words(LATIN, 'page', 74, 2, '')} || '/' || (page % 60000) END",
        "OriginalURL": rarely(80, 1, "'http://original.example/' || page", "''"),
        "SearchPhrase": f"CASE WHEN {number(90, 100)} < 13 THEN {words(CYRILLIC, 'phrase', 91, 3)} || ' ' || phrase ELSE '' END",
        "AdvEngineID": rarely(100, 0.6, f"(2 + {skewed(101, 40, 3)})::SMALLINT", "0::SMALLINT"),
        "MobilePhoneModel": rarely(110, 5.5, f"'model ' || {skewed(111, 160, 3)}", "''"),
        "MobilePhone": f"({rarely(110, 5.5, skewed(112, 80, 3), '0')})::SMALLINT",
        "IsMobile": f"({rarely(110, 5.5, '1', '0')})::SMALLINT",
        "ResolutionWidth": f"([1024, 1280, 1366, 1440, 1600, 1680, 1920, 0, 320, 768])[1 + {skewed(120, 10, 2)}]::SMALLINT",
        "ResolutionHeight": f"([768, 1024, 800, 900, 1050, 1080, 1200, 0, 480, 1366])[1 + {skewed(120, 10, 2)}]::SMALLINT",
        "ResolutionDepth": f"(CASE WHEN {number(121, 20)} = 0 THEN 24 ELSE 32 END)::SMALLINT",
        "WindowClientWidth": f"({skewed(122, 1900, 0.7)})::SMALLINT",
        "WindowClientHeight": f"({skewed(123, 1100, 0.7)})::SMALLINT",
        "UserAgentMinor": f"chr((65 + {skewed(124, 26, 3)})::INTEGER) || {number(125, 3)}",
        "PageCharset": f"CASE WHEN {number(126, 3)} = 0 THEN 'windows-1251' ELSE 'utf-8' END",
        "HitColor": f"chr((69 + {number(127, 3)})::INTEGER)",
        "BrowserLanguage": f"['ru', 'uk', 'en', 'kk'][1 + {skewed(128, 4, 3)}]",
        "BrowserCountry": f"['RU', 'UA', 'US', 'KZ', 'BY'][1 + {skewed(129, 5, 3)}]",
        "ParamCurrency": f"['', 'RUB', 'USD'][1 + {skewed(130, 3, 6)}]",
        "ParamPrice": rarely(131, 0.1, number(132, 1_000_000), "0"),
        "IsRefresh": f"({rarely(133, 12, '1', '0')})::SMALLINT",
        "IsLink": f"({rarely(134, 9, '1', '0')})::SMALLINT",
        "IsDownload": f"({rarely(135, 0.5, '1', '0')})::SMALLINT",
        "DontCountHits": f"({rarely(136, 8, '1', '0')})::SMALLINT",
        "URLHash": key("page"),
        "RefererHash": key("page % 60000 + 11"),
    }
    salt = 200
    for names, typ, below, power in PLAIN:
        for name in names.split():
            salt += 1
            out[name] = f"({skewed(salt, below, power)})::{typ}"
    out["TraficSourceID"] = f"({skewed(300, 10, 2)} - 1)::SMALLINT"
    for k, name in enumerate(EMPTY):
        out[name] = rarely(400 + k, 0.3, f"'{name.lower()}' || {number(450 + k, 300)}", "''")
    # Both grow with the row number, the time within each counter.
    place = f"{COUNTERS} * pow(i / {rows}.0, 6)"
    base = (
        f"SELECT i, floor({place})::BIGINT AS counter, floor({DAYS * 86400} * ({place} - floor({place})))::BIGINT AS second, "
        f"{skewed(500, users, 2)} AS who, {skewed(501, pages, 2.5)} AS page, {skewed(502, phrases, 3)} AS phrase FROM range({rows}) AS t(i)"
    )
    moment = "DATE '2013-07-01' + to_seconds(second)"
    out["source"] = f"(SELECT *, ({moment})::DATE AS day, ({moment})::TIMESTAMP AS moment FROM ({base}))"
    return out


def write(rows: int, path: pathlib.Path) -> None:
    """Writes the table, once."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    made = columns(rows)
    items = ", ".join(f"{made[name]} AS {name}" for name in ORDER)
    with duckdb.connect(config={"memory_limit": "4GB"}) as db:
        db.execute(
            f"COPY (SELECT {items} FROM {made['source']}) "
            f"TO '{partial}' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 122880)"
        )
    partial.rename(path)


if __name__ == "__main__":
    write(int(sys.argv[1]), pathlib.Path(sys.argv[2]))
