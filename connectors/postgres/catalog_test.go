//go:build integration

package postgres

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest/plantext"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/internal/testserver"
)

func TestListing(t *testing.T) {
	pg := testserver.Postgres(t)
	f := newFixture(t, pg, nil, `CREATE SCHEMA "Sales"`, `COMMENT ON SCHEMA "Sales" IS 'what was sold'`,
		`CREATE TABLE "Sales"."Order Items" (id int)`, `ANALYZE "Sales"."Order Items"`, `COMMENT ON TABLE "Sales"."Order Items" IS 'lines'`,
		`CREATE TABLE orders AS SELECT g AS id FROM generate_series(1, 1000) g`, `ANALYZE orders`,
		`CREATE VIEW recent AS SELECT * FROM orders`, `CREATE MATERIALIZED VIEW totals AS SELECT count(*) FROM orders`,
		`CREATE TABLE parted (id int) PARTITION BY LIST (id)`, `CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1)`,
		`ANALYZE parted`, `CREATE TABLE loaded AS SELECT g AS id FROM generate_series(1, 500) g`, `CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2)`,
		`CREATE TEMP TABLE hidden (id int)`)
	list := func(src *source, o connectors.ListOptions) string {
		var out []string
		for l, err := range src.List(t.Context(), o) {
			if err != nil {
				t.Fatal(err)
			}
			rows := "?"
			if !math.IsNaN(l.Rows) {
				rows = fmt.Sprint(l.Rows)
			}
			out = append(out, fmt.Sprintf("%s %d %s %s", l.Name, l.Kind, rows, l.Comment))
		}
		return strings.Join(out, "\n")
	}
	f.eventually("known to the server's statistics", func() bool {
		rows := list(f.source, connectors.ListOptions{})
		return strings.Contains(rows, "loaded 0 500") && strings.Contains(rows, "totals 0 1")
	})
	if got, want := list(f.source, connectors.ListOptions{}), `Sales.Order Items 0 0 lines
public.loaded 0 500 
public.orders 0 1000 
public.parted 0 0 
public.parted_1 0 0 
public.parted_2 0 ? 
public.recent 1 ? 
public.totals 0 1 `; got != want {
		t.Errorf("tables\n%s\nwant\n%s", got, want)
	}
	namespaces := func(src *source) (names []string) {
		for l, err := range src.List(t.Context(), connectors.ListOptions{Namespaces: true}) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, l.Name.Namespace)
		}
		return names
	}
	if got := namespaces(f.source); !slices.Equal(got, []string{"Sales", "public"}) {
		t.Errorf("namespaces %q", got)
	}
	only := newFixture(t, pg, connectors.Options{"schemas": "Sales"})
	if got := namespaces(only.source); !slices.Equal(got, []string{"Sales"}) {
		t.Errorf("namespaces %q", got)
	}
	if err := only.source.Check(t.Context()); err != nil {
		t.Error(err)
	}
	wrong := newFixture(t, pg, connectors.Options{"schemas": "Sales,sales,nosuch"})
	if err := wrong.source.Check(t.Context()); !sqlerr.Is(err, sqlerr.BadOption) || !strings.Contains(err.Error(), "there is no schema sales, nosuch that") {
		t.Errorf("schemas that do not exist: %v", err)
	}
	if ns, err := only.source.DefaultNamespace(t.Context()); ns != "Sales" || err != nil {
		t.Errorf("default %q, %v", ns, err)
	}
	if _, err := only.source.Table(t.Context(), plan.TableName{Namespace: "public", Name: "orders"}, connectors.AsOf{}); err == nil {
		t.Error("a table of a schema that is not shown")
	}
	var tables []string
	for table, err := range f.source.Tables(t.Context(), "public") {
		if err != nil {
			t.Fatal(err)
		}
		tables = append(tables, fmt.Sprintf("%s %d", table.Name.Name, len(table.Columns)))
	}
	if got := strings.Join(tables, ", "); got != "loaded 1, orders 1, parted 1, parted_1 1, parted_2 1, recent 1, totals 1" {
		t.Errorf("columns of %s", got)
	}
	if _, err := f.source.Table(t.Context(), plan.TableName{Namespace: "pg_catalog", Name: "pg_class"}, connectors.AsOf{}); err != nil {
		t.Errorf("a table that is not listed: %v", err)
	}
}

// TestConstraints reports NOT NULL and keys only where they hold for every row that is read.
func TestConstraints(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil,
		`CREATE DOMAIN code AS int NOT NULL`,
		`CREATE TABLE plain (id int PRIMARY KEY, c code)`,
		`CREATE TABLE parent (id int PRIMARY KEY)`, `CREATE TABLE child () INHERITS (parent)`,
		`ALTER TABLE child ALTER id DROP NOT NULL`, `INSERT INTO parent VALUES (1)`, `INSERT INTO child VALUES (1), (NULL)`,
		`CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY LIST (id)`, `CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1)`,
		`CREATE VIEW outside AS SELECT p.c FROM generate_series(1, 2) g LEFT JOIN plain p ON p.id = g`,
		`CREATE FOREIGN DATA WRAPPER nothing`, `CREATE SERVER elsewhere FOREIGN DATA WRAPPER nothing`,
		`CREATE FOREIGN TABLE remote (id int NOT NULL) SERVER elsewhere`,
		`CREATE TABLE mixed (id int NOT NULL) PARTITION BY LIST (id)`,
		`CREATE FOREIGN TABLE mixed_1 PARTITION OF mixed FOR VALUES IN (1) SERVER elsewhere`)
	for name, want := range map[string]string{
		"plain": "nullable [false true], keys [[0]]", "parent": "nullable [true], keys []",
		"parted": "nullable [false], keys [[0]]", "parted_1": "nullable [false], keys [[0]]",
		"outside": "nullable [true], keys []", "remote": "nullable [true], keys []", "mixed": "nullable [true], keys []",
	} {
		table := f.scan(name).Table
		nullable := make([]bool, len(table.Columns))
		for i, c := range table.Columns {
			nullable[i] = c.Nullable
		}
		if got := fmt.Sprintf("nullable %v, keys %v", nullable, table.Keys); got != want || table.Primary != (len(table.Keys) > 0) {
			t.Errorf("%s: %s, primary %v, want %s", name, got, table.Primary, want)
		}
		if snapshot := name != "outside" && name != "remote"; table.Snapshot != snapshot {
			t.Errorf("%s: all reads of a statement see one state: %v", name, table.Snapshot)
		}
	}
}

func TestStatistics(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil,
		`CREATE TABLE s AS SELECT g AS id, g % 10 AS k, (CASE WHEN g % 4 > 0 THEN g / 8.0 END)::numeric(10,2) AS x,
			date '2020-01-01' + g % 100 AS d, chr(97 + g % 26)::char(3) AS c, '{1}'::int[] AS a FROM generate_series(1, 10000) g`, `ANALYZE s`)
	table := f.scan("s").Table
	stats, columns, err := f.source.Statistics(t.Context(), table, false)
	if err != nil || stats.Rows != 10000 || !(stats.Bytes > 100000) {
		t.Fatalf("%+v, %v", stats, err)
	}
	for i, want := range []string{"10000 0.00 1 10000", "10 0.00 0 9", "7500 0.25 0.13 1249.88", "100 0.00 2020-01-01 2020-04-09", "26 0.00 a z"} {
		c := columns[i]
		typ := table.Columns[i].Type
		got := fmt.Sprintf("%g %.2f %s %s", c.Distinct, c.NullFrac, c.Min.Format(typ, nil), c.Max.Format(typ, nil))
		if i == 2 { // a share of the rows, of which a sample was seen
			got = fmt.Sprintf("7500 %.2f %s %s", c.NullFrac, c.Min.Format(typ, nil), c.Max.Format(typ, nil))
		}
		if !c.Known || !c.HasRange || got != want {
			t.Errorf("%s: %s, want %s", table.Columns[i].Name, got, want)
		}
	}
	if columns[5].HasRange {
		t.Error("a range of arrays")
	}
	if c := columns[0]; len(c.Common) != 0 || len(c.Bounds) != mostBounds || c.Bounds[0].Int != 1 || c.Bounds[mostBounds-1].Int != 10000 || c.Bounds[16].Int < 4500 || c.Bounds[16].Int > 5500 {
		t.Errorf("id: common %v, bounds %v", c.Common, c.Bounds)
	}
	if c := columns[1]; len(c.Common) != 10 || math.Abs(c.Common[0].Share-0.1) > 0.001 || len(c.Bounds) != 0 {
		t.Errorf("k: common %v, bounds %v", c.Common, c.Bounds)
	}
	if c := columns[4]; len(c.Common) != 26 || len(c.Common[0].Value.Str) != 1 || len(c.Bounds) != 0 {
		t.Errorf("c: common %v, bounds %v", c.Common, c.Bounds)
	}
}

func TestEstimates(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, bigTable, `ANALYZE big`, `CREATE INDEX ON big (id)`)
	table := f.scan("big").Table
	parser := plantext.Parser{Table: func(string) (*plan.Table, error) { return table, nil }}
	for text, want := range map[string][2]float64{
		"scan big: id":                                                      {90000, 110000},
		"filter id = 5\n    scan big: id":                                   {1, 2},
		"aggregate k | count(*) as n\n    scan big":                         {900, 1100},
		"join inner a.id = b.id\n    scan big a: id\n    scan big b: id, k": {90000, 110000},
		"join inner id = x\n    scan big: id\n    keys x bigint":            {math.NaN(), math.NaN()},
		"filter k > 500 and id > 50000\n    scan big":                       {20000, 30000},
	} {
		n, err := parser.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		e, err := f.pushed(n).Estimate(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if ok := e.Rows >= want[0] && e.Rows <= want[1]; !ok && !(math.IsNaN(e.Rows) && math.IsNaN(want[0])) {
			t.Errorf("%s: %+v", text, e)
		}
	}
}

// A server that shows its statistics to nobody still shows its tables.
func TestTablesWithoutStatistics(t *testing.T) {
	pg := testserver.Postgres(t)
	guest := "guest_" + pg.Database
	pg.Exec(t, `CREATE TABLE shown AS SELECT 1 AS v`, `CREATE ROLE `+guest+` LOGIN PASSWORD 'guest'`,
		`GRANT SELECT ON shown TO `+guest, `REVOKE SELECT ON pg_stats FROM PUBLIC`)
	t.Cleanup(func() { pg.Exec(t, `DROP OWNED BY `+guest, `DROP ROLE `+guest) })
	as := pg
	as.User, as.Password = guest, "guest"
	f := newFixture(t, as, nil)
	for range 2 {
		if table := f.scan("shown").Table; len(table.Columns) != 1 {
			t.Errorf("columns %v", table.Columns)
		}
	}
}

// Statistics come with the description of a table, at first and when they are too old.
func TestStatisticsComeAlong(t *testing.T) {
	pg := testserver.Postgres(t)
	pg.Exec(t, `CREATE TABLE a AS SELECT g AS id FROM generate_series(1, 1000) g`, `CREATE TABLE b AS SELECT 'x' AS v`, `VACUUM ANALYZE`)
	link := testserver.LinkTo(t, pg.Host, testserver.LinkConfig{})
	pg.Host = link.Addr()
	f := newFixture(t, pg, nil)
	f.scan("b")
	before := link.Trips().Count()
	table := f.scan("a").Table
	if trips := link.Trips().Count() - before; trips != 2 { // the second of its kind is prepared
		t.Errorf("the description took %d round trips", trips)
	}
	before = link.Trips().Count()
	_, columns, err := f.source.Statistics(t.Context(), table, false)
	if err != nil || columns[0].Max.Int != 1000 {
		t.Error(columns, err)
	}
	if trips := link.Trips().Count() - before; trips != 0 {
		t.Errorf("the statistics took %d round trips", trips)
	}
}
