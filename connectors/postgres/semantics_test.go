//go:build integration

package postgres

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/connectors/conntest/plantext"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testengine"
	"github.com/silogate/silogate/internal/testserver"
)

// sendUTF8 is for the tests' own connections, which take over the database's encoding otherwise.
const sendUTF8 = `SET client_encoding = 'UTF8'`

// hostileSettings change what SQL means, for who does not set them himself.
const hostileSettings = `DO $$BEGIN EXECUTE format(
	'ALTER DATABASE %1$I SET transform_null_equals = on; ALTER DATABASE %1$I SET array_nulls = off;
	ALTER DATABASE %1$I SET IntervalStyle = iso_8601; ALTER DATABASE %1$I SET bytea_output = escape;
	ALTER DATABASE %1$I SET extra_float_digits = -10; ALTER DATABASE %1$I SET search_path = nowhere', current_database()); END$$`

// awkwardTables hold what PostgreSQL compares, sorts or computes otherwise than MySQL.
var awkwardTables = []string{
	`CREATE TABLE numbers (id int8 PRIMARY KEY, f float8, r float4, n numeric(12,2), u numeric, d date, ts timestamp, tz timestamptz, flag bool)`,
	`INSERT INTO numbers VALUES
		(1, 'NaN', 'NaN', 'NaN', 'NaN', 'infinity', 'infinity', 'infinity', true),
		(2, 'Infinity', 'Infinity', 1.50, 'Infinity', '-infinity', '-infinity', '-infinity', false),
		(3, '-Infinity', '-Infinity', -1.50, '-Infinity', '10000-01-01', '10000-01-01', '10000-01-01+00', NULL),
		(4, 0, '-0', 0, 0, '0001-12-31 BC', '0001-12-31 23:59 BC', '0002-01-01 BC', true),
		(5, 1.5, 1.5, 2.50, 2.5, '2024-02-29', '2024-02-29 12:00', '2024-02-29 12:00+00', false),
		(6, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
		(7, 1e300, 1e30, 9999999999.99, 1e30, '9999-12-31', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59+00', true)`,
	`CREATE TABLE texts (id int8 PRIMARY KEY, c char(5), v varchar(10), t text, ci citext, nd text COLLATE insensitive, u uuid, e mood, n name)`,
	`INSERT INTO texts VALUES
		(1, 'a', 'a', 'a', 'a', 'a', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'sad', 'a'),
		(2, 'a ', 'a ', 'a ', 'A', 'A', 'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'happy', 'A'),
		(3, ' a', ' a', ' a', 'á', 'á', '00000000-0000-0000-0000-000000000000', NULL, ''),
		(4, '', '', '', '', '', NULL, 'ok', 'z'),
		(5, 'B', 'B', 'B', 'B', 'b', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'ok', 'B'),
		(6, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
		(7, 'z%_\', 'z%_\', 'z%_\', 'Z', 'Z', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'sad', 'Z'),
		(8, 'é', 'é', 'é', 'É', 'É', NULL, 'happy', 'x')`,
	`CREATE TYPE pair AS (a int, b text)`, `CREATE DOMAIN twin AS pair`,
	`CREATE TABLE others (id int8 PRIMARY KEY, p pair, w twin, l int[], j json, b bit(3), tm time, i int2, m money, dd date, ip inet)`,
	`INSERT INTO others VALUES
		(1, (NULL, NULL), (NULL, NULL), '{}', 'null', B'101', '24:00', 0, 1.5, '2024-02-29', '10.0.0.1'),
		(2, (1, NULL), (1, NULL), '{NULL}', '{}', B'000', '00:00', 2, -1.5, '0001-01-01', '10.0.0.1/32'),
		(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
}

// awkwardPlans must give the same rows pushed and not.
const awkwardPlans = `
# ranges of values that MySQL does not have
filter f > 0e0 or n >= 0 or u > 1 or d > date '2000-01-01' or ts < timestamp '2000-01-01 00:00:00'
    scan numbers
# lower ends
filter f < 10e0 and n < 100 and u <= 5 and d <= date '2024-12-31' and ts <= timestamp '2024-12-31 00:00:00'
    scan numbers
# what is unequal
filter f <> 1.5e0 or n <> 2.5 or u <> 0 or d <> date '2024-02-29'
    scan numbers
# negations of ranges
filter not (f > 1e0) or not (n < 2) or not (d = date '2024-02-29')
    scan numbers
# single precision
filter r > 0e0 and r <> 1.5e0
    scan numbers
# negative zero
filter f = 0e0 or r = 0e0
    scan numbers
# missing values
filter f is null or n is null or u is null or d is null
    scan numbers
# present values
filter f is not null and ts is not null and tz is not null
    scan numbers
# memberships
filter n in (1.5, 2.5) or n not in (0) or d in (date '2024-02-29', date '9999-12-31') or d not in (date '2000-01-01')
    scan numbers
# instants
filter tz > timestamp '2024-02-29 06:00:00'
    scan numbers
# truth
filter flag or not flag
    scan numbers
# truth as a number
filter flag = 1 or flag < 1
    scan numbers
# missing values of other types
filter p is null
    scan others
# present values of other types
filter p is not null and w is not null and l is not null
    scan others
# counted values of other types
aggregate | count(p) as a, count(w) as b, count(l) as c, count(b) as d, count(j) as e
    scan others
# missing choices
project id, coalesce(p, j) as a, if(w is null, 1, 2) as b, p <=> null as c
    scan others
# times of dates
project id, hour(dd) as a, minute(dd) as b, second(dd) as c, year(dd) as d, last_day(dd) as e
    scan others
# truth in lists
filter flag in (2) or flag not in (3, 1)
    scan numbers
# truth of numbers
filter flag = 2 or flag > 0 and flag < 2
    scan numbers
# lists of decimals
filter n in (1.5, 2.555) or n not in (1.501)
    scan numbers
# comparisons with NULL
project id, n = null as a, n in (1, null) as b, n not in (1, null) as c, n in (null) as d
    scan numbers
# long lists with NULL
filter i in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, null) or i not in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, null)
    scan others
# lists without a possible member
project id, n in (1.501) as a, n not in (1.501) as b, id in (1.5) as c, id not in (1.5) as d, u in (1e-31) as e
    scan numbers
# lists of integers
filter i in (2, 70000) or i = 70000 or i < 70000
    scan others
# money
filter m = 1.5 or m < 0 or m <> 1.505
    scan others
# addresses
filter ip = '10.0.0.1/32' or ip = '10.0.0.1' or ip < '10.0.0.10'
    scan others
# sums
aggregate flag | sum(n) as a, avg(n) as b, min(u) as c, max(d) as e, min(f) as g, max(ts) as h, count(f) as i, count(n) as j, count(d) as k
    scan numbers
# keys
aggregate d, n | count(*) as k
    scan numbers
# order
top 5 by f desc, d, id
    scan numbers
# equal join
join inner l.n = r.n and l.d = r.d
    scan numbers l: id, n, d
    scan numbers r: id, n, d
# unequal join
join left l.n < r.n and l.d <> r.d
    scan numbers l: id, n, d
    scan numbers r: id, n, d
# missing partners
join anti l.u = r.u
    scan numbers l: id, u
    scan numbers r: u
# padding
filter c = 'a' or c = 'a ' or c = '' or c in ('B', 'b') or c not in ('a', 'x ')
    scan texts
# patterns on padding
filter c like 'a' or c like '_a' or c like 'z\%\_\\' or v like 'a '
    scan texts
# case
filter ci = 'a' or nd = 'A' or ci in ('B') or nd not in ('a')
    scan texts
# case of ranges
filter ci > 'B' or nd < 'b'
    scan texts
# accents
filter t > 'e' or v >= 'é'
    scan texts
# uuids
filter u = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' or u = 'B0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11' or u > 'b'
    scan texts
# uuids in lists
filter u in ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'nothing') and u <> 'x'
    scan texts
# labels
filter e = 'sad' or e = 'unknown'
    scan texts
# names
filter n = 'a' or n > 'y'
    scan texts
# texts as keys
aggregate ci, nd | count(*) as k, min(c) as a, max(v) as b
    scan texts
# padded keys
aggregate c | count(*) as k
    scan texts
# different texts
aggregate | count(distinct ci) as a, count(distinct nd) as b, count(distinct c) as d, count(distinct u) as f
    scan texts
# text order
top 6 by nd desc, t, id
    scan texts
# joins of texts
join inner l.c = r.v
    scan texts l: id, c
    scan texts r: id, v
# joins of case
join inner l.ci = r.nd
    scan texts l: id, ci
    scan texts r: id, nd
# joins of padding
join semi l.c = r.c and l.u = r.u
    scan texts l: id, c, u
    scan texts r: c, u
# choices of texts
project id, coalesce(c, ci) as a, concat(c, '|', nd) as b, char_length(c) as d, length(t) as f, replace(nd, 'a', 'x') as g, if(c = 'a', c, u) as h
    scan texts
# choices as keys
aggregate k | count(*) as n
    project coalesce(c, ci) as k
        scan texts
`

// TestSemantics runs plans pushed and not, on databases of every encoding and locale.
func TestSemantics(t *testing.T) {
	for name, options := range map[string][]testserver.DatabaseOption{
		"C.UTF-8": nil,
		"C":       {testserver.Locale("C")},
		"ICU":     {testserver.ICULocale("de-DE")},
		"LATIN1":  {testserver.Encoding("LATIN1"), testserver.Locale("C")},
	} {
		t.Run(name, func(t *testing.T) {
			pg := testserver.Postgres(t, options...)
			collation := `CREATE COLLATION insensitive (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`
			statements := append([]string{sendUTF8, hostileSettings, `CREATE EXTENSION citext`, `CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')`, collation}, awkwardTables...)
			f := newFixture(t, pg, nil, statements...)
			tables := map[string]*plan.Table{"numbers": f.scan("numbers").Table, "texts": f.scan("texts").Table, "others": f.scan("others").Table}
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
				})
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

// TestEncodings reads texts of databases that do not have UTF-8.
func TestEncodings(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t, testserver.Encoding("LATIN1"), testserver.Locale("C")), nil,
		sendUTF8, `CREATE TABLE l (v text)`, `INSERT INTO l VALUES ('Zürich'), ('é')`)
	if got := f.rows(f.pushed(f.scan("l")), run{}); !slices.Equal(got, []string{"Zürich", "é"}) {
		t.Errorf("LATIN1: %q", got)
	}
	ascii := newFixture(t, testserver.Postgres(t, testserver.Encoding("SQL_ASCII"), testserver.Locale("C")), nil,
		`CREATE TABLE l (id int, v text)`, `INSERT INTO l VALUES (1, 'plain'), (2, 'Zürich'), (3, E'\xff')`)
	if _, err := ascii.tryRows(t.Context(), ascii.pushed(ascii.scan("l")), run{}); !sqlerr.Is(err, sqlerr.BadValue) {
		t.Errorf("SQL_ASCII: %v", err)
	}
}

// TestCollations compares columns of different collations, between which the server does not choose.
func TestCollations(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil,
		`CREATE TABLE l (x varchar COLLATE "C", y varchar COLLATE "und-x-icu", c char(5) COLLATE "und-x-icu", k char(5) COLLATE "C", d text, n int)`,
		`INSERT INTO l VALUES ('a', 'a', 'a', 'a', 'a', 1), ('b', 'B', 'b', 'b', 'b', 1), ('c ', 'c ', 'c', 'C', 'c', 2)`)
	table := f.scan("l").Table
	parser := plantext.Parser{Table: func(string) (*plan.Table, error) { return table, nil }}
	const scan = "\n    scan l"
	for _, text := range []string{
		"filter x = y" + scan, "filter x <> y" + scan, "filter not (x <=> y)" + scan, "filter x < y" + scan, "filter x = d or y = d" + scan,
		"filter concat(x, y) = 'aa'" + scan, "filter concat(x, y) in ('aa', 'cc')" + scan, "filter concat(x, y) like 'b%'" + scan,
		"filter concat(x, y) = concat(y, x)" + scan, "filter x = concat(x, y)" + scan, "filter coalesce(x, y) = c" + scan,
		"filter c = x" + scan, "filter x = c" + scan, "filter c = k" + scan, "filter c <> k" + scan, "filter k = y" + scan,
		"filter char_length(x) = char_length(y)" + scan, "project replace(x, y, 'z') as a" + scan, "project concat(x, y) = c as a" + scan,
		"aggregate a | count(*) as m\n    project concat(x, y) as a\n        scan l",
		"aggregate n | count(distinct concat(x, c)) as m, min(coalesce(y, x)) as o" + scan,
		"join inner l.x = r.y\n    scan l l: x, c\n    scan l r: y", "join anti l.c = r.x\n    scan l l: c\n    scan l r: x",
	} {
		offered, err := parser.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		want := f.evaluated(t, f.scansPushed(offered))
		pushed, err := f.source.Pushdown(t.Context(), offered)
		if err != nil {
			t.Fatal(err)
		}
		if _, whole := pushed.(*plan.Remote); !whole {
			t.Errorf("%s is not pushed", text)
		}
		if got := f.evaluated(t, pushed); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestCharactersOfUnknownEncoding counts characters where the server would count bytes.
func TestCharactersOfUnknownEncoding(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t, testserver.Encoding("SQL_ASCII"), testserver.Locale("C")), nil,
		`CREATE TABLE l (v text)`, `INSERT INTO l VALUES ('Zürich'), ('é'), ('plain')`)
	table := f.scan("l").Table
	parser := plantext.Parser{Table: func(string) (*plan.Table, error) { return table, nil }}
	for text, want := range map[string]string{
		"project char_length(v) as x": "1 5 6", "project substring(v, 2, 1) as x": " l ü", "project left(v, 2) as x": "Zü pl é",
		"project right(v, 5) as x": "plain é ürich", "project reverse(v) as x": "hcirüZ nialp é",
		"filter v like '_'": "é", "filter v like 'Z_r%'": "Zürich", "filter v like 'p%'": "plain",
	} {
		offered, err := parser.Parse(text + "\n    scan l")
		if err != nil {
			t.Fatal(err)
		}
		pushed, err := f.source.Pushdown(t.Context(), offered)
		if err != nil {
			t.Fatal(err)
		}
		got := f.evaluated(t, pushed)
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestKeys joins with rows that come when the query runs.
func TestKeys(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, `CREATE TABLE k (id int8 PRIMARY KEY, c char(5), d date, x numeric(10,2))`,
		`INSERT INTO k SELECT g, 'k' || g, date '2020-01-01' + g::int, g / 4.0 FROM generate_series(1, 1000) g`)
	scan := f.scan("k")
	parser := plantext.Parser{Table: func(string) (*plan.Table, error) { return scan.Table, nil }}
	tree, err := parser.Parse("join inner id = a and c = b and d = e and x = g\n    scan k\n    keys a bigint, b varchar(20), e date, g decimal(10,2)")
	if err != nil {
		t.Fatal(err)
	}
	keys := tree.(*plan.Join).Right.(*plan.Keys)
	columns := make([]arrow.Array, len(keys.Cols))
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	fields := make([]arrow.Field, len(keys.Cols))
	for i, text := range [][]string{{"5", "6", "7", "NULL"}, {"k5", "k6 ", `k"\,'7`, "k8"}, {"2020-01-06", "2020-01-07", "2020-01-08", "2020-01-09"}, {"1.25", "1.50", "1.75", "2.00"}} {
		columns[i] = keyColumn(t, mem, keys.Cols[i].Type, text)
		fields[i] = arrow.Field{Name: keys.Cols[i].Name, Type: columns[i].DataType(), Nullable: true}
	}
	args := recordOf(fields, columns)
	defer args.Release()
	rows := f.rows(f.pushed(tree), run{args: args})
	if !slices.Equal(rows, []string{"5|k5|2020-01-06|1.25|5|k5|2020-01-06|1.25"}) {
		t.Errorf("rows %q", rows)
	}
}

// keyColumn builds a vector from texts.
func keyColumn(t *testing.T, mem memory.Allocator, typ types.Type, list []string) arrow.Array {
	t.Helper()
	values := make([]types.Value, len(list))
	for i, text := range list {
		if values[i] = types.NullValue; text != "NULL" {
			v, ok := parseValue(text, typ)
			if !ok {
				t.Fatalf("%q is no %s", text, typ)
			}
			values[i] = v
		}
	}
	return kernel.FromValues(mem, typ, values)
}

// recordOf makes a batch that owns its columns.
func recordOf(fields []arrow.Field, columns []arrow.Array) arrow.RecordBatch {
	batch := array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, int64(columns[0].Len()))
	for _, c := range columns {
		c.Release()
	}
	return batch
}

// TestUniqueKeys claims keys for what is unique in MySQL's eyes.
func TestUniqueKeys(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil,
		`CREATE TABLE a (id int8 PRIMARY KEY, n numeric(5,2) NOT NULL UNIQUE, o int UNIQUE, d date NOT NULL, UNIQUE (id, d))`,
		`CREATE UNIQUE INDEX ON a (o) WHERE o > 5`, `CREATE UNIQUE INDEX ON a ((o + 1))`,
		`CREATE TABLE b (d date, x int, PRIMARY KEY (d))`,
		`CREATE TABLE c (n numeric(5,2) PRIMARY KEY, y int NOT NULL, w int, UNIQUE (y) INCLUDE (w))`)
	for table, want := range map[string]struct {
		primary bool
		keys    [][]int
	}{"a": {true, [][]int{{0}}}, "b": {false, nil}, "c": {true, [][]int{{0}, {1}}}} {
		got := f.scan(table).Table
		if got.Primary != want.primary || !slices.EqualFunc(got.Keys, want.keys, slices.Equal[[]int]) {
			t.Errorf("%s: primary %t, keys %v", table, got.Primary, got.Keys)
		}
	}
}
