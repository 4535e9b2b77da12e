//go:build integration

package mysql

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/connectors/conntest/plantext"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testengine"
)

// loose lets dates be stored that are none.
const loose = "SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'"

// allTypes is a table with a column of every type.
var allTypes = []string{loose, `CREATE TABLE a (
	id INT UNSIGNED ZEROFILL PRIMARY KEY COMMENT 'the key', t1 TINYINT(1), ti TINYINT, tu TINYINT UNSIGNED, si SMALLINT, su SMALLINT UNSIGNED,
	mi MEDIUMINT, mu MEDIUMINT UNSIGNED, i INT, iu INT UNSIGNED, bi BIGINT, bu BIGINT UNSIGNED,
	f FLOAT, fd FLOAT(7,3), d DOUBLE, dd DOUBLE(10,2), de DECIMAL(65,30), dx DECIMAL(5,0) UNSIGNED, dw DECIMAL(65,35),
	b1 BIT(1), b64 BIT(64), y YEAR, da DATE, dt DATETIME, dt6 DATETIME(6), ts TIMESTAMP NULL, ts3 TIMESTAMP(3) NULL, tm TIME, tm6 TIME(6),
	c CHAR(10), v VARCHAR(20), l1 VARCHAR(20) CHARACTER SET latin1, u3 VARCHAR(20) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin,
	tt TINYTEXT, lt LONGTEXT COLLATE utf8mb4_bin, sw VARCHAR(10) COLLATE utf8mb4_swedish_ci,
	bn BINARY(4), vb VARBINARY(10), bl BLOB, e ENUM('a','b''c','d,e'), s SET('x','y','z'), j JSON, g POINT, u UUID, ip INET6,
	vc INT AS (i + 1) VIRTUAL, iv INT INVISIBLE
) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci COMMENT='all types'`,
	`INSERT INTO a SET id = 1, t1 = 2, ti = -128, tu = 255, si = -32768, su = 65535, mi = -8388608, mu = 16777215, i = -2147483648, iu = 4294967295,
	bi = -9223372036854775808, bu = 18446744073709551615, f = 1.1, fd = 1234.567, d = -1.7976931348623157e308, dd = 0.1,
	de = -12345678901234567890123456789012345.123456789012345678901234567891, dx = 99999, dw = 1.00000000000000000000000000000000001,
	b1 = 1, b64 = 18446744073709551615, y = 2155, da = '1000-01-01', dt = '9999-12-31 23:59:59', dt6 = '2024-02-29 12:30:45.000001',
	ts = '1970-01-01 00:00:01', ts3 = '2024-07-01 12:00:00.123', tm = '-838:59:59', tm6 = '100:00:00.000001',
	c = 'a  ', v = 'b  ', l1 = 'Zürich €', u3 = 'ß', tt = 'tiny', lt = '😀', sw = 'å',
	bn = 'ab', vb = 'ab ', bl = x'00ff', e = 'b\'c', s = 'x,z', j = '{"b": 1, "a": [1.50, null]}', g = POINT(1, 2.5),
	u = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', ip = '::1', iv = 7`,
	`INSERT INTO a (id, f, d, da, dt, ts, e) VALUES (2, 16777217, 0.1, '0000-00-00', '2024-02-00 00:00:00', '0000-00-00 00:00:00', ''),
	(3, 3.4028234e38, 4.9e-324, '2024-02-31', '2024-00-10 01:02:03', NULL, NULL), (4, 1e-44, 2.2250738585072014e-308, '0000-01-01', NULL, NULL, NULL),
	(5, -0e0, -0e0, NULL, NULL, NULL, NULL)`}

// TestTypes reads every type.
func TestTypes(t *testing.T) {
	f := newFixture(t, nil, allTypes...)
	scan := f.scan("a")
	var columns []string
	for _, c := range scan.Table.Columns {
		line := c.Name + " " + c.Type.String()
		if c.Type.IsText() && c.Type.Kind != types.JSON {
			line += " " + c.Type.Collation.String()
		}
		if c.Warning != "" {
			line += ": " + c.Warning
		}
		columns = append(columns, line)
	}
	want := strings.Split(`id int unsigned
t1 tinyint
ti tinyint
tu tinyint unsigned
si smallint
su smallint unsigned
mi int
mu int unsigned
i int
iu int unsigned
bi bigint
bu bigint unsigned
f float
fd float
d double
dd double
de decimal(65,30)
dx decimal(5,0)
dw longtext utf8mb4_0900_bin: decimal(65,35) has no MySQL type: shown as text
b1 bit(1)
b64 bit(64)
y year
da date
dt datetime
dt6 datetime(6)
ts timestamp
ts3 timestamp(3)
tm time
tm6 time(6)
c char(10) utf8mb4_general_ci
v varchar(20) utf8mb4_general_ci
l1 varchar(20) utf8mb4_general_ci: texts of collation latin1_swedish_ci are compared as those of utf8mb4_general_ci
u3 varchar(20) utf8mb3_bin
tt longtext utf8mb4_general_ci
lt longtext utf8mb4_bin
sw varchar(10) utf8mb4_unicode_ci: texts of collation utf8mb4_swedish_ci are compared as those of utf8mb4_unicode_ci
bn binary(4)
vb varbinary(10)
bl longblob
e enum('a','b''c','d,e') utf8mb4_general_ci
s set('x','y','z') utf8mb4_general_ci
j json
g longtext utf8mb4_0900_bin: point is shown as its well-known text
u char(36) utf8mb4_0900_bin
ip longtext utf8mb4_0900_bin: inet6 has no MySQL type: shown as text
vc int
iv int`, "\n")
	if !slices.Equal(columns, want) {
		t.Errorf("columns\n%s", strings.Join(columns, "\n"))
	}
	if scan.Table.Comment != "all types" || scan.Table.Columns[0].Comment != "the key" || !scan.Table.Primary || !slices.Equal(scan.Table.Keys[0], []int{0}) {
		t.Errorf("%q %q %v", scan.Table.Comment, scan.Table.Columns[0].Comment, scan.Table.Keys)
	}
	rows := f.rows(f.pushed(scan), run{})
	wantRow := `1|2|-128|255|-32768|65535|-8388608|16777215|-2147483648|4294967295|-9223372036854775808|18446744073709551615|1.1|1234.567|-1.7976931348623157e308|0.1|` +
		`-12345678901234567890123456789012345.123456789012345678901234567891|99999|1.00000000000000000000000000000000001|1|18446744073709551615|2155|` +
		`1000-01-01|9999-12-31 23:59:59|2024-02-29 12:30:45.000001|1970-01-01 00:00:01|2024-07-01 12:00:00.123|-838:59:59|100:00:00.000001|` +
		`a|b  |Zürich €|ß|tiny|😀|å|x'61620000'|x'616220'|x'00ff'|b'c|x,z|{"a": [1.5, null], "b": 1}|POINT(1 2.5)|a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|::1|-2147483647|7`
	if rows[0] != wantRow {
		t.Errorf("row\n%s\nwant\n%s", rows[0], wantRow)
	}
	some := f.rows(f.pushed(f.scan("a", "id", "f", "d", "da", "dt", "ts", "e")), run{})[1:]
	if want := []string{"2|16777216|0.1|NULL|NULL|NULL|", "3|3.4028235e38|5e-324|NULL|NULL|NULL|NULL", "4|1e-44|2.2250738585072014e-308|NULL|NULL|NULL|NULL", "5|0|0|NULL|NULL|NULL|NULL"}; !slices.Equal(some, want) {
		t.Errorf("rows\n%s\nwant\n%s", strings.Join(some, "\n"), strings.Join(want, "\n"))
	}
	for i, want := range []string{
		"column dw: decimal(65,35) has no MySQL type: shown as text", "column g: point is shown as its well-known text",
		"column ip: inet6 has no MySQL type: shown as text", "column da: a value that date does not have, such as the date 0000-00-00, is NULL",
		"column dt: a value that datetime does not have", "column ts: a value that timestamp does not have",
		"column da: a value", "column dt: a value", "column ts: a value",
	} {
		if i >= len(f.warned) || !strings.Contains(f.warned[i], want) {
			t.Fatalf("warnings %q", f.warned)
		}
	}
	if len(f.warned) != 9 {
		t.Errorf("warnings %q", f.warned)
	}
}

// TestZeroDates reads dates that are none as the option says.
func TestZeroDates(t *testing.T) {
	strict := newFixture(t, connectors.Options{"zero_dates": "error"}, allTypes...)
	if _, err := strict.tryRows(t.Context(), strict.pushed(strict.scan("a", "da")), run{}); !sqlerr.Is(err, sqlerr.BadDate) {
		t.Errorf("error: %v", err)
	}
	raw := newFixture(t, connectors.Options{"zero_dates": "raw"}, allTypes...)
	scan := raw.scan("a", "da", "dt", "ts")
	cond, err := expr.New(expr.Eq, scan.Cols[0].Ref(), &expr.Literal{Value: types.TextValue("0000-00-00"), Typ: types.Of(types.Text)})
	if err != nil {
		t.Fatal(err)
	}
	rows := raw.rows(raw.pushed(&plan.Filter{Input: scan, Conds: []expr.Expr{cond}}), run{})
	if !slices.Equal(rows, []string{"0000-00-00|2024-02-00 00:00:00|0000-00-00 00:00:00"}) {
		t.Errorf("raw: %q", rows)
	}
	dates := newFixture(t, connectors.Options{"zero_dates": "raw"}, awkwardTables...)
	scan = dates.scan("dates", "n")
	if cond, err = expr.New(expr.IsNull, scan.Cols[0].Ref()); err != nil {
		t.Fatal(err)
	}
	if rows := dates.rows(dates.pushed(&plan.Filter{Input: scan, Conds: []expr.Expr{cond}}), run{}); len(rows) > 0 {
		t.Errorf("raw zero dates of a column that is NOT NULL are NULL: %q", rows)
	}
}

// awkwardTables hold what the server compares, sorts or computes otherwise than MySQL, or than another column.
var awkwardTables = []string{loose,
	`CREATE TABLE dates (id INT PRIMARY KEY, d DATE, dt DATETIME(3), ts TIMESTAMP NULL, n DATE NOT NULL)`,
	`INSERT INTO dates VALUES (1, '0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00'), (2, '2024-02-00', '2024-02-00 10:00:00', NULL, '2024-00-00'),
		(3, '2024-02-31', '2024-02-30 10:00:00', '2024-02-29 10:00:00', '2024-02-29'), (4, '2024-02-29', '2024-02-29 00:00:00', '2024-02-29 00:00:00', '2024-02-29'),
		(5, NULL, NULL, NULL, '9999-12-31'), (6, '0001-01-01', '0001-01-01 00:00:00', '1970-01-01 00:00:01', '0001-01-01'), (7, '0000-12-31', '0000-01-01 00:00:00', NULL, '2024-02-29'),
		(8, '9999-12-31', '9999-12-31 23:59:59.999', '2038-01-19 03:14:07', '0000-00-00')`,
	`CREATE TABLE texts (id INT PRIMARY KEY, g VARCHAR(20) COLLATE utf8mb4_general_ci, b VARCHAR(20) COLLATE utf8mb4_bin, n VARCHAR(20) COLLATE utf8mb4_nopad_bin,
		l VARCHAR(20) CHARACTER SET latin1, lb VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin, u3 VARCHAR(20) CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci,
		a VARCHAR(20) CHARACTER SET ascii, sw VARCHAR(20) COLLATE utf8mb4_swedish_ci, c CHAR(10) COLLATE utf8mb4_unicode_ci,
		e ENUM('a','B','é','') COLLATE utf8mb4_general_ci, s SET('a','B','é') COLLATE utf8mb4_bin, vb VARBINARY(20)) CHARACTER SET utf8mb4`,
	`INSERT INTO texts VALUES (1, 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a'), (2, 'A', 'A', 'A', 'A', 'A', 'A', 'A', 'A', 'A', 'B', 'B', 'A'),
		(3, 'a ', 'a ', 'a ', 'a ', 'a ', 'a ', 'a ', 'a ', 'a ', 'é', 'a,B', 'a '), (4, 'å', 'å', 'å', 'å', 'å', 'å', 'aa', 'å', 'å', '', '', 'å'),
		(5, 'é', 'é', 'é', 'é', 'é', 'é', 'e', 'é', 'é', NULL, NULL, 'é'), (6, '', '', '', '', '', '', '', '', '', 'a', 'é', ''),
		(7, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'B', 'a,é', NULL), (8, '😀', '😀', '😀', '€', '€', '€', '~', '😀', '😀', 'é', 'B', '😀'),
		(9, 'a\t', 'a\t', 'a\t', 'a\t', 'a\t', 'a\t', 'a\t', 'a\t', 'a\t', 'a', 'a', 'a\t'), (10, 'ss', 'ß', 'ß', 'ß', 'ß', 'ß', 'ss', 'ß', 'ß', 'a', 'a', x'ff')`,
	`CREATE TABLE keyed (id INT PRIMARY KEY, s VARCHAR(20), KEY (s)) CHARACTER SET utf8mb4`, `INSERT INTO keyed VALUES (1, 'x'), (2, NULL), (3, NULL), (4, 'y')`,
	`CREATE TABLE longs (id INT PRIMARY KEY, x LONGTEXT, y VARCHAR(2000)) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
	`INSERT INTO longs SELECT seq, CONCAT(REPEAT('ä', 1500 + seq % 2), seq % 3), CONCAT(REPEAT('ä', 1000 + seq % 2), seq % 3) FROM seq_1_to_60`,
	`CREATE TABLE numbers (id INT PRIMARY KEY, u BIGINT UNSIGNED, s BIGINT, f FLOAT, d DOUBLE, x DECIMAL(30,10), y YEAR, b BIT(10), t TINYINT(1), m DECIMAL(65,30), ut TINYINT UNSIGNED)`,
	`INSERT INTO numbers VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), (2, 18446744073709551615, -9223372036854775808, 1.1, 1.1, -0.0000000001, 2024, 1023, 1, 1e34, 255),
		(3, 9223372036854775808, 9223372036854775807, -0e0, -0e0, 99999999999999999999.9999999999, 1901, 5, 127, -1e-30, 1),
		(4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (5, 5, 5, 0.1, 0.1, 0.1, 2155, 0, -1, 0.1, 24), (6, 24, -24, 1e30, 1e300, 3.3333333333, 2024, 24, 2, 24, 200)`,
}

// awkwardPlans must give the same rows pushed and not.
const awkwardPlans = `
# ranges of dates
filter d >= date '2000-01-01' or dt > timestamp '2024-01-01 00:00:00'
    scan dates
# lower ends of dates
filter d < date '2024-12-31' and dt <= timestamp '2024-12-31 00:00:00'
    scan dates
# unequal dates
filter d <> date '2024-02-29' or n <> date '2024-02-29'
    scan dates
# negations of dates
filter not (d > date '2024-02-29') or not (dt = timestamp '2024-02-29 00:00:00')
    scan dates
# missing dates
filter d is null or n is null or ts is null
    scan dates
# present dates
filter d is not null and n is not null
    scan dates
# dates in lists
filter d in (date '2024-02-29', date '9999-12-31') or d not in (date '2000-01-01') or n not in (date '2024-02-29', null)
    scan dates
# dates compared
filter d = n or dt >= d or d <=> null
    scan dates
# instants
filter ts > timestamp '2024-02-29 01:00:00' or ts <= timestamp '1970-01-01 00:00:01'
    scan dates
# parts of dates
project id, year(d) as a, month(d) as b, day(d) as c, dayofweek(d) as e, weekday(d) as f, dayofyear(d) as g, last_day(d) as h, datediff(d, n) as i, to_days(d) as j, quarter(d) as k
    scan dates
# parts of times
project id, hour(dt) as a, minute(dt) as b, second(dt) as c, microsecond(dt) as d, date(dt) as e, year(dt) as f
    scan dates
# groups of dates
aggregate d | count(*) as n, min(dt) as a, max(ts) as b, count(n) as c
    scan dates
# conditions on groups
filter d is not null and n > 0 or e < date '2024-01-01'
    aggregate d | count(*) as n, max(n) as e
        scan dates
# conditions on groups of texts
filter lb <> 'a' and g < 'b'
    aggregate lb, b | count(*) as n, max(n) as g
        scan texts
# groups of dates in order
top 3 by d desc, k
    aggregate d | count(*) as k
        scan dates
# groups of texts in order
top 4 by lb desc, k
    aggregate lb | count(*) as k
        scan texts
# join of dates
join inner l.d = r.n
    scan dates l: id, d
    scan dates r: id, n
# missing partners of dates
join anti l.d = r.n
    scan dates l: id, d
    scan dates r: n
# dates in order
top 5 by d desc, id
    scan dates
# dates that become times
project id, cast(d as datetime) as a, coalesce(n, d) as b, if(d > n, d, n) as c
    scan dates
# equal texts
filter g = 'A' or b = 'a' or n = 'a'
    scan texts
# equal texts of other character sets
filter l = 'A' or lb = 'a' or u3 = 'É' or a = 'AA' or sw = 'A'
    scan texts
# characters that a character set lacks
filter l = '😀' or lb <> '日' or u3 = '😀' or a = 'é' or a <> 'ä'
    scan texts
# texts in lists
filter g in ('A', 'É') or b in ('a', 'é') or n in ('a', 'å') or l in ('É', '€') or u3 in ('E') or sw in ('b', 'å')
    scan texts
# texts not in lists
filter g not in ('A', 'É') and b not in ('a') and n not in ('a') and l not in ('€') and u3 not in ('😀')
    scan texts
# ranges of texts
filter g > 'B' or b < 'b' or n >= 'a ' or l > 'z' or lb > 'z' or u3 < 'b' or sw > 'z' or c >= 'b'
    scan texts
# texts of different collations
filter g = b or b = n or l = lb or u3 = b or g = n
    scan texts
# texts of different character sets
filter l = b and lb = n or a = b
    scan texts
# patterns
filter g like 'A%' or b like '_' or l like '_' or sw like 'a' or n like 'a ' or u3 like 'E%'
    scan texts
# members
filter e = 'A' or e = 'x' or e = '' or s = 'a,B' or s = 'b' or e in ('b', 'é') or s in ('é')
    scan texts
# other members
filter e <> 'A' and s <> 'b' or e > 'a'
    scan texts
# groups of members
aggregate e, s | count(*) as n
    scan texts
# groups of other character sets
aggregate lb | count(*) as n
    scan texts
# groups of different texts
aggregate | count(distinct g) as a, count(distinct b) as c, count(distinct n) as d, count(distinct l) as e, count(distinct lb) as f, count(distinct u3) as h, count(distinct sw) as i, count(distinct c) as j
    scan texts
# order of texts
top 7 by n desc, id
    scan texts
# order of other texts
top 7 by g desc, id desc
    scan texts
# order of other character sets
top 7 by lb, id
    scan texts
# order of others
top 7 by sw, l desc, id
    scan texts
# groups of long texts
aggregate x | count(*) as n, min(x) as a
    scan longs
# order of long texts
top 2 by x desc, id
    scan longs
# long texts counted
aggregate | count(distinct x) as n, max(y) as m
    scan longs
# groups of less long texts
aggregate y | count(*) as n
    scan longs
# join of texts
join inner l.b = r.b
    scan texts l: id, b
    scan texts r: id, b
# equality beside one that takes NULL for NULL
join inner l.s = r.s and r.s <=> l.s
    scan keyed l: id, s
    scan keyed r: s
# partners by both
join semi l.s = r.s and r.s <=> l.s
    scan keyed l: id, s
    scan keyed r: s
# join of different texts
join inner l.g = r.n
    scan texts l: id, g
    scan texts r: id, n
# join of different character sets
join inner l.lb = r.b
    scan texts l: id, lb
    scan texts r: id, b
# missing partners of texts
join anti l.g = r.g
    scan texts l: id, g
    filter id > 3
        scan texts r: id, g
# lengths
project id, char_length(l) as a, length(l) as b, length(u3) as c, char_length(sw) as d, length(c) as e, length(vb) as f, reverse(l) as g, left(l, 1) as h
    scan texts
# texts that are made of others
project id, concat(b, '-', id) as a, concat(l, u3) as c, upper(g) as d, lower(b) as e, upper(l) as f, locate('A', g) as h, locate('a', b) as i, replace(b, 'a', 'x') as k, coalesce(l, sw) as m
    scan texts
# bytes
filter vb = x'61' or vb > x'c3' or vb in (x'ff') or vb <> x''
    scan texts
# unsigned numbers
filter u > 5 or u > 9223372036854775807 or u < 1
    scan numbers
# unsigned with signed
filter u = s or u > s or ut = s
    scan numbers
# years and bits
filter y = 24 or y > 2000 or b = 5 or b > 1000 or y in (2024, 0)
    scan numbers
# years and bits in groups
aggregate y, b | count(*) as n, max(y) as a, min(b) as c
    scan numbers
# years and bits as numbers
project id, y + 1 as a, b + 1 as c, y = 2024 as d, b in (5) as e
    scan numbers
# booleans
filter t = 1 or t is true
    scan numbers
# single precision
filter f = 1.1e0 or f > 1e0 or f = d
    scan numbers
# zeros
filter d = 0e0 or f <= 0e0
    scan numbers
# extremes
aggregate | min(f) as a, max(f) as b, min(d) as c, max(d) as e, min(x) as g, max(m) as h, max(u) as i, min(s) as j, max(ut) as k
    scan numbers
# sums
aggregate | sum(x) as a, sum(m) as b, avg(x) as c, sum(s) as d, avg(ut) as e, sum(u) as f, sum(t) as g
    scan numbers
# quotients
project id, x / 3 as a, x / x as b, 1 / x as c, m / 7 as d, t / 3 as e, ut / 7 as f, x / t as g
    scan numbers
# roundings
project id, round(x, 3) as a, truncate(x, 3) as b, floor(x) as c, ceil(x) as d, round(m) as e, abs(x) as f, -x as g, sign(m) as h, x % 7 as i, x % 0.3 as j
    scan numbers
# lists
filter x in (0.1, 0) or u in (5, 24) or f in (1.1e0) or d in (0.1e0) or m in (0.1)
    scan numbers
# choices
project id, coalesce(x, 1) as a, if(t = 1, u, 5) as b, case when t > 0 then s else 0 end as c, ifnull(d, 1.5e0) as e, coalesce(f, 1.5e0) as g, nullif(t, 1) as h, greatest(x, 1.0000000000) as i
    scan numbers
# comparisons with NULL
project id, t = null as a, t in (1, null) as b, t not in (1, null) as c, t <=> null as d, u <=> s as e
    scan numbers
`

// TestAwkwardValues compares what is pushed with what is computed here.
func TestAwkwardValues(t *testing.T) {
	f := newFixture(t, nil, awkwardTables...)
	tables := map[string]*plan.Table{"dates": f.table("dates"), "texts": f.table("texts"), "numbers": f.table("numbers"), "longs": f.table("longs"), "keyed": f.table("keyed")}
	parser := plantext.Parser{Table: func(name string) (*plan.Table, error) { return tables[name], nil }}
	for _, p := range strings.Split(awkwardPlans, "\n# ")[1:] {
		name, text, _ := strings.Cut(p, "\n")
		t.Run(name, func(t *testing.T) {
			offered, err := parser.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			want := f.evaluated(t, f.scansPushed(offered))
			pushed, err := f.source.Pushdown(t.Context(), offered)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.evaluated(t, pushed); !slices.Equal(got, want) {
				t.Errorf("rows\n%s\nwant\n%s\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"),
					plan.Format(pushed, plan.FormatOptions{}))
			}
			if _, whole := pushed.(*plan.Remote); !whole {
				t.Log(plan.Format(pushed, plan.FormatOptions{}))
			}
		})
	}
}

// scansPushed pushes nothing but scans.
func (f *fixture) scansPushed(n plan.Node) plan.Node {
	if _, ok := n.(*plan.Scan); ok {
		out, err := f.source.Pushdown(f.Context(), n)
		if err != nil {
			f.Fatal(err)
		}
		return out
	}
	children := slices.Clone(n.Children())
	for i := range children {
		children[i] = f.scansPushed(children[i])
	}
	return n.WithChildren(children)
}

// evaluated runs a plan and returns its rows, sorted.
func (f *fixture) evaluated(t *testing.T, n plan.Node) []string {
	t.Helper()
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	batches, err := testengine.Evaluate(t.Context(), n, conntest.Evaluation{Memory: mem, Env: &expr.Env{Location: zone}, Parallel: 1})
	if err != nil {
		t.Fatalf("%v\n%s", err, plan.Format(n, plan.FormatOptions{}))
	}
	var rows []string
	for _, b := range batches {
		rows = append(rows, conntest.Format(b, n.Schema())...)
		b.Release()
	}
	slices.Sort(rows)
	return rows
}

// TestStatistics reads what ANALYZE TABLE knows.
func TestStatistics(t *testing.T) {
	f := newFixture(t, nil, `CREATE TABLE s (id INT PRIMARY KEY, i INT, x DECIMAL(10,2), d DATE, m DATETIME(3), v VARCHAR(20) COLLATE utf8mb4_bin, n INT, f DOUBLE, k INT, KEY (k))`,
		`INSERT INTO s SELECT seq, seq % 100, seq / 4, '2020-01-01' + INTERVAL seq DAY, '2020-01-01 00:00:00.5' + INTERVAL seq MINUTE, CONCAT('k', seq % 7),
			IF(seq % 4 = 0, NULL, seq % 3), seq / 2, seq % 50 FROM seq_1_to_1000`,
		`SET histogram_size = 10, histogram_type = 'JSON_HB'`, `ANALYZE TABLE s PERSISTENT FOR ALL`)
	table := f.table("s")
	whole, columns, err := f.source.Statistics(t.Context(), table, false)
	if err != nil {
		t.Fatal(err)
	}
	if whole.Rows < 500 || whole.Rows > 2000 {
		t.Errorf("%g rows", whole.Rows)
	}
	of := func(name string) plan.ColumnStatistics {
		return columns[slices.IndexFunc(table.Columns, func(c plan.TableColumn) bool { return c.Name == name })]
	}
	if c := of("i"); math.Abs(c.Distinct-100) > 1 || c.Min.Int != 0 || c.Max.Int != 99 || len(c.Bounds) < 5 {
		t.Errorf("i: %+v", c)
	}
	if c := of("x"); c.Min.Format(table.Columns[2].Type, nil) != "0.25" || c.Max.Format(table.Columns[2].Type, nil) != "250.00" || len(c.Bounds) < 5 {
		t.Errorf("x: %+v", c)
	}
	if c := of("d"); c.Min.Int != 18263 || c.Max.Int != 18262+1000 || len(c.Bounds) < 5 {
		t.Errorf("d: %+v", c)
	}
	if c := of("v"); len(c.Common) != 7 || c.Common[0].Value.Str != "k0" || math.Abs(c.Common[0].Share-1.0/7) > 0.01 || c.Width != 2 {
		t.Errorf("v: %+v", c)
	}
	if c := of("n"); math.Abs(c.NullFrac-0.25) > 0.01 || len(c.Common) != 3 || math.Abs(c.Common[0].Share-0.25) > 0.01 {
		t.Errorf("n: %+v", c)
	}
	if c := of("id"); c.Distinct != whole.Rows {
		t.Errorf("id: %+v", c)
	}
	f.maria.Exec(t, "CREATE TABLE u (id INT PRIMARY KEY, k INT, KEY (k))", "INSERT INTO u SELECT seq, seq % 50 FROM seq_1_to_1000", "ANALYZE TABLE u")
	if _, columns, err = f.source.Statistics(t.Context(), f.table("u"), false); err != nil || !columns[1].Known || columns[1].Distinct < 10 || columns[1].Distinct > 250 {
		t.Errorf("by an index: %+v %v", columns, err)
	}
}
