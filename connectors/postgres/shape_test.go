//go:build integration

package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/internal/testserver"
)

// changes are statements about a table t (id int8, a int, b int8, n numeric(10,2), c char(5), v text, pad text) that make
// its description stale.
var changes = map[string][]string{
	"int to real":             {"ALTER TABLE t ALTER a TYPE real USING a + 0.5, ALTER b TYPE float8 USING b + 0.25"},
	"bigint to double":        {"ALTER TABLE t ALTER b TYPE float8 USING b + 0.25"},
	"bigint to timestamp":     {"ALTER TABLE t ALTER b TYPE timestamp USING '2020-01-01'::timestamp"},
	"int to text":             {"ALTER TABLE t ALTER a TYPE text"},
	"scale":                   {"ALTER TABLE t ALTER n TYPE numeric(12,4) USING n + 0.0001"},
	"length":                  {"ALTER TABLE t ALTER c TYPE char(9)"},
	"char to varchar":         {"ALTER TABLE t ALTER c TYPE varchar(5)"},
	"collation":               {"CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)", "ALTER TABLE t ALTER v TYPE text COLLATE nocase"},
	"renamed column":          {"ALTER TABLE t RENAME a TO z"},
	"exchanged columns":       {"ALTER TABLE t RENAME a TO z", "ALTER TABLE t RENAME b TO a", "ALTER TABLE t RENAME z TO b"},
	"dropped column":          {"ALTER TABLE t DROP a"},
	"column made anew":        {"ALTER TABLE t DROP a", "ALTER TABLE t ADD a real DEFAULT 0.5"},
	"nullable":                {"ALTER TABLE t ALTER id DROP NOT NULL"},
	"no key any more":         {"ALTER TABLE t DROP CONSTRAINT t_key"},
	"has heirs":               {"CREATE TABLE heir () INHERITS (t)"},
	"made anew":               {"ALTER TABLE t RENAME TO old", "CREATE TABLE t AS SELECT id, a::real AS a, b::float8 AS b, n, c, v, pad FROM old"},
	"made anew, as it was":    {"ALTER TABLE t RENAME TO old", "CREATE TABLE t AS SELECT * FROM old"},
	"replaced by a view":      {"ALTER TABLE t RENAME TO old", "CREATE VIEW t AS SELECT * FROM old"},
	"dropped":                 {"DROP TABLE t"},
	"renamed to another name": {"ALTER TABLE t RENAME TO old"},
}

// tableOf makes t with rows, each of about 500 bytes.
func tableOf(rows int) []string {
	return []string{`CREATE TABLE t (id int8 NOT NULL, a int, b int8, n numeric(10,2), c char(5), v text, pad text)`,
		fmt.Sprintf(`INSERT INTO t SELECT g, g, g, g, 'c', 'v', repeat('x', 500) FROM generate_series(1, %d) g`, rows),
		`ALTER TABLE t ADD CONSTRAINT t_key UNIQUE (id)`, `ANALYZE t`}
}

// wantStale checks that an error says that t is not what it was.
func wantStale(t *testing.T, what string, err error) {
	t.Helper()
	if sqlerr.Is(err, sqlerr.UnknownTable) && strings.Contains(err.Error(), "does not exist") {
		return
	}
	if !sqlerr.Is(err, sqlerr.SourceChanged) || !strings.HasPrefix(err.Error(), "source shop: read public.t") ||
		!strings.Contains(err.Error(), "table public.t changed since it was described") {
		t.Errorf("%s: error %v", what, err)
	}
}

// A plan of a table that has changed since reads nothing, whatever the changed column is to it.
func TestATableThatChangedIsNotRead(t *testing.T) {
	for name, statements := range changes {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, testserver.Postgres(t), nil, tableOf(10)...)
			fragments := map[string]connectors.Fragment{
				"scan":      f.pushed(f.scan("t")),
				"other":     f.pushed(f.scan("t", "pad")),
				"filter":    f.pushed(f.parse("filter a > 5\n    scan t")),
				"aggregate": f.pushed(f.parse("aggregate v | count(*) as n\n    scan t")),
			}
			f.pg.Exec(t, statements...)
			for what, fragment := range fragments {
				rows, err := f.tryRows(t.Context(), fragment, run{})
				wantStale(t, fmt.Sprintf("%s: %q", what, rows), err)
			}
			for _, table := range f.tables() { // described anew it can be read
				f.rows(f.pushed(f.scan(table)), run{})
			}
		})
	}
}

// tables lists the source's.
func (f *fixture) tables() (names []string) {
	f.Helper()
	for l, err := range f.source.List(f.Context(), connectors.ListOptions{}) {
		if err != nil {
			f.Fatal(err)
		}
		names = append(names, l.Name.Name)
	}
	return names
}

// COPY, in several splits, tells no types: what it reads has been checked before.
func TestATableThatChangedIsNotCopied(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, tableOf(60000)...)
	fragment := f.pushed(f.scan("t", "id", "a", "b"))
	if n := f.splitsOf("t", 2); n < 2 {
		t.Fatalf("%d splits", n)
	}
	for _, parallel := range []int{1, 2} {
		f.pg.Exec(t, "ALTER TABLE t ALTER a TYPE real USING a + 0.5, ALTER b TYPE float8 USING b + 0.25")
		rows, err := f.tryRows(t.Context(), fragment, run{parallel: parallel})
		wantStale(t, fmt.Sprintf("%d rows", len(rows)), err)
		fragment = f.pushed(f.scan("t", "id", "a", "b"))
		rows = f.rows(fragment, run{parallel: parallel})
		if len(rows) != 60000 || !slices.Contains(rows, "60000|60000.5|60000.25") {
			t.Errorf("%d readers: %d rows, %q", parallel, len(rows), rows[:1])
		}
		f.pg.Exec(t, "ALTER TABLE t ALTER a TYPE int, ALTER b TYPE int8 USING floor(b)", "UPDATE t SET a = b")
		fragment = f.pushed(f.scan("t", "id", "a", "b"))
	}
}

// What a statement read waits for is seen as its lock's holder left it: rows that were rewritten meanwhile are not missed,
// nor read as they were.
func TestAStatementSeesWhatItWaitedFor(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, append(tableOf(10), "CREATE VIEW seen AS SELECT id FROM t")...)
	for _, table := range []string{"t", "seen"} {
		for change, stale := range map[string]bool{
			"ALTER TABLE t ALTER a TYPE real":                                                true,
			"ALTER TABLE t SET (fillfactor = 50); TRUNCATE t; INSERT INTO t VALUES (1), (2)": false,
		} {
			fragment := f.pushed(f.scan(table, "id"))
			conn, err := pgx.Connect(t.Context(), f.pg.URL())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Exec(t.Context(), "BEGIN; "+change); err != nil {
				t.Fatal(err)
			}
			var reader errgroup.Group
			var rows []string
			reader.Go(func() (err error) {
				rows, err = f.tryRows(t.Context(), fragment, run{})
				return err
			})
			f.eventually("waiting for the lock", func() bool {
				return admin[int](f, `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'silogate'
					AND datname = current_database() AND wait_event_type = 'Lock'`) > 0
			})
			if _, err := conn.Exec(t.Context(), "COMMIT"); err != nil {
				t.Fatal(err)
			}
			conn.Close(context.Background())
			err = reader.Wait()
			switch {
			case stale && table == "t":
				wantStale(t, change, err)
			case err != nil || len(rows) != admin[int](f, "SELECT count(*) FROM t"):
				t.Errorf("%s: %s: %d rows, %v", table, change, len(rows), err)
			}
			f.pg.Exec(t, "ALTER TABLE t ALTER a TYPE int")
		}
	}
}

// What LOCK TABLE refuses can be read all the same.
func TestRelationsThatCannotBeLocked(t *testing.T) {
	pg := testserver.Postgres(t)
	f := newFixture(t, pg, nil, append(tableOf(10),
		"CREATE VIEW seen AS SELECT id FROM t", "CREATE MATERIALIZED VIEW kept AS SELECT id FROM t")...)
	for _, table := range []string{"seen", "kept"} {
		if f.scan(table).Table.Handle.(*relation).lockable {
			t.Errorf("%s is locked", table)
		}
		if rows := f.rows(f.pushed(f.scan(table)), run{}); len(rows) != 10 {
			t.Errorf("%s: %d rows", table, len(rows))
		}
	}
	fragment := f.pushed(f.scan("seen"))
	f.pg.Exec(t, "DROP VIEW seen", "CREATE VIEW seen AS SELECT id::float8 AS id FROM t")
	if rows, err := f.tryRows(t.Context(), fragment, run{}); !sqlerr.Is(err, sqlerr.SourceChanged) {
		t.Errorf("rows %q, %v", rows, err)
	}
}

// Queries of the catalog are not compiled, and the session keeps its setting.
func TestMetadataIsNotCompiled(t *testing.T) {
	pg := testserver.Postgres(t)
	f := newFixture(t, pg, nil, append(tableOf(10), "ALTER DATABASE "+pg.Database+" SET jit = on",
		"ALTER DATABASE "+pg.Database+" SET jit_above_cost = 0")...)
	const query = "SELECT current_setting('jit')"
	var jit string
	read := func(rows pgx.Rows) (err error) {
		jit, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[string])
		return err
	}
	if err := f.source.inMetadata(t.Context(), "ask", func(conn *pgx.Conn) error {
		for range 3 { // unprepared, prepared, and then known
			if err := ask(t.Context(), conn, question{query, nil, read}, question{query + " WHERE $1", []any{"yes"}, read}); err != nil || jit != "off" {
				t.Errorf("a query of the catalog: jit %s, %v", jit, err)
			}
			rows, err := conn.Query(t.Context(), query)
			if err == nil {
				err = read(rows)
			}
			if err != nil || jit != "on" {
				t.Errorf("after it: jit %s, %v", jit, err)
			}
		}
		rows, err := impatiently(t.Context(), conn, query)
		if err != nil || string(rows[0][0]) != "off" {
			t.Errorf("a query that locks: jit %s, %v", rows, err)
		}
		for range 2 {
			if err := ask(t.Context(), conn, question{query, nil, read}, question{"SELECT 1/0", nil, func(rows pgx.Rows) error {
				_, err := pgx.CollectRows(rows, pgx.RowTo[int])
				return err
			}}); err == nil {
				t.Error("a failure was lost")
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if rows := f.rows(f.pushed(f.scan("t")), run{}); len(rows) != 10 {
		t.Errorf("%d rows", len(rows))
	}
}

// A user who may read some columns only can do so.
func TestRightsToColumnsSuffice(t *testing.T) {
	pg := testserver.Postgres(t)
	role := "reader_" + pg.Database
	newFixture(t, pg, nil, append(tableOf(10), "CREATE ROLE "+role+" LOGIN PASSWORD 'guest'",
		"GRANT USAGE ON SCHEMA public TO "+role, "GRANT SELECT (id) ON t TO "+role)...)
	t.Cleanup(func() { pg.Exec(t, "DROP OWNED BY "+role, "DROP ROLE "+role) })
	guest := pg
	guest.User, guest.Password = role, "guest"
	f := newFixture(t, pg, connectors.Options{"url": guest.URL()})
	fragment := f.pushed(f.scan("t", "id"))
	if rows := f.rows(fragment, run{}); len(rows) != 10 {
		t.Errorf("%d rows", len(rows))
	}
	pg.Exec(t, "ALTER TABLE t ALTER id TYPE float8")
	rows, err := f.tryRows(t.Context(), fragment, run{})
	wantStale(t, fmt.Sprintf("%q", rows), err)
}
