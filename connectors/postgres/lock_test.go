//go:build integration

package postgres

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/errgroup"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/connectors/conntest/plantext"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/internal/testserver"
)

// locked runs a statement in a transaction of another session, which ends with the test or by the returned function.
func (f *fixture) locked(statement string) (unlock func()) {
	f.Helper()
	conn, err := pgx.Connect(f.Context(), f.pg.URL())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { conn.Close(context.Background()) })
	if _, err := conn.Exec(f.Context(), "BEGIN; "+statement); err != nil {
		f.Fatal(err)
	}
	return func() {
		if _, err := conn.Exec(context.Background(), "ROLLBACK"); err != nil {
			f.Error(err)
		}
	}
}

// parse reads a plan over tables of the source.
func (f *fixture) parse(text string) plan.Node {
	f.Helper()
	parser := plantext.Parser{Table: func(name string) (*plan.Table, error) {
		return f.source.Table(f.Context(), plan.TableName{Namespace: publicSchema, Name: name}, connectors.AsOf{})
	}}
	n, err := parser.Parse(text)
	if err != nil {
		f.Fatal(err)
	}
	return n
}

// A table that somebody has locked for himself holds up who reads it, and nobody else.
func TestALockedTableHoldsUpNobodyElse(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, `CREATE TABLE open AS SELECT 7 AS v`,
		`CREATE TABLE locked AS SELECT g AS v FROM generate_series(1, 10) g`,
		`CREATE TABLE parted (v int) PARTITION BY LIST (v)`, `CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1)`,
		`INSERT INTO parted VALUES (1)`, `CREATE TABLE parent (v int)`, `CREATE TABLE heir () INHERITS (parent)`, `ANALYZE`,
		`CREATE TABLE loaded AS SELECT g AS v FROM generate_series(1, 10) g`)
	unlock := f.locked("LOCK TABLE locked, parted, heir, loaded IN ACCESS EXCLUSIVE MODE")
	for _, table := range []string{"locked", "parted", "parted_1", "parent", "heir", "loaded"} {
		computed := f.pushed(f.parse("aggregate v | count(*) as n\n    scan " + table))
		if e, err := computed.Estimate(t.Context()); err != nil || !math.IsNaN(e.Rows) {
			t.Errorf("%s: estimate %+v, %v", table, e, err)
		}
	}
	listed := 0
	for _, err := range f.source.List(t.Context(), connectors.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		listed++
	}
	for _, err := range f.source.Tables(t.Context(), publicSchema) {
		if err != nil {
			t.Fatal(err)
		}
		listed++
	}
	if listed != 14 {
		t.Errorf("%d tables", listed)
	}
	if _, _, err := f.source.Statistics(t.Context(), f.scan("locked").Table, false); err != nil {
		t.Error(err)
	}

	locked := f.pushed(f.scan("locked"))
	waits := func() bool {
		return admin[int](f, `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'silogate'
			AND datname = current_database() AND wait_event_type = 'Lock'`) > 0
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var reader errgroup.Group
	reader.Go(func() error {
		_, err := f.tryRows(ctx, locked, run{})
		return err
	})
	f.eventually("waiting for the lock", waits)
	if rows := f.rows(f.pushed(f.scan("open")), run{}); !slices.Equal(rows, []string{"7"}) {
		t.Errorf("rows %q", rows)
	}
	cancel()
	f.eventually("given up", func() bool { return !waits() })
	if err := reader.Wait(); !sqlerr.Is(err, sqlerr.Cancelled) {
		t.Errorf("error %v", err)
	}
	reader = errgroup.Group{}
	reader.Go(func() error {
		rows, err := f.tryRows(t.Context(), locked, run{})
		if err == nil && len(rows) != 10 {
			err = fmt.Errorf("%d rows", len(rows))
		}
		return err
	})
	f.eventually("waiting for the lock", waits)
	unlock()
	if err := reader.Wait(); err != nil {
		t.Error(err)
	}
}

// splitsOf counts the splits of a scan by as many readers.
func (f *fixture) splitsOf(table string, parallel int) (n int) {
	f.Helper()
	tx := &connectors.Tx{}
	defer func() { _ = tx.Close() }()
	execution, err := f.begin(f.Context(), f.pushed(f.scan(table)), run{parallel: parallel, tx: tx})
	if err != nil {
		f.Fatal(err)
	}
	for _, err := range execution.Splits(f.Context()) {
		if err != nil {
			f.Fatal(err)
		}
		n++
	}
	return n
}

// However little the catalog knows of a table's size, its splits are all of it; and what was loaded a moment ago is known.
func TestSplitsOfTablesWhoseSizeIsNotKnown(t *testing.T) {
	const load = "INSERT INTO %s SELECT g, repeat('x', 500) FROM generate_series(1, 100000) g"
	// A session that has ended counts what it wrote a moment later.
	const counted = `DO $$ BEGIN WHILE pg_stat_get_live_tuples('%s'::regclass) <= 1 LOOP PERFORM pg_stat_clear_snapshot(); END LOOP; END $$`
	for name, c := range map[string]struct {
		statements []string
		rows       float64 // estimated at least
		least      int     // splits
	}{
		"empty":          {[]string{"CREATE TABLE %s (id int)"}, 0, 1},
		"never analyzed": {[]string{"CREATE TABLE %s (id int, pad text)", load, counted}, 100000, 2},
		"grown":          {[]string{"CREATE TABLE %s AS SELECT 0 AS id, repeat('y', 500) AS pad", "VACUUM ANALYZE %s", load, counted}, 100001, 2},
		"shrunk":         {[]string{"CREATE TABLE %s (id int, pad text)", load, "VACUUM ANALYZE %s", "DELETE FROM %s WHERE id %% 3 > 0"}, 33333, 2},
		"forgotten":      {[]string{"CREATE TABLE %s (id int, pad text)", load, counted, "SELECT pg_stat_reset_single_table_counters('%s'::regclass)"}, math.NaN(), 2},
		"wrong": {[]string{"CREATE TABLE %s (id int, pad text)", load, "ANALYZE %s",
			"UPDATE pg_class SET relpages = 4200, reltuples = 60000 WHERE oid = '%s'::regclass"}, 60000, 2},
		"too long": {[]string{"CREATE TABLE %s (id int, pad text)", "INSERT INTO %s VALUES (1, 'x')",
			"UPDATE pg_class SET relpages = 1000000, reltuples = 1000000 WHERE oid = '%s'::regclass"}, 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			pg := testserver.Postgres(t)
			f := newFixture(t, pg, nil)
			for _, s := range c.statements {
				pg.Exec(t, fmt.Sprintf(s, "t"))
			}
			if got := f.scan("t").Table.Stats.Rows; !(got >= c.rows) && !(math.IsNaN(got) && math.IsNaN(c.rows)) {
				t.Errorf("%g rows estimated, want %g", got, c.rows)
			}
			if n := f.splitsOf("t", 4); n < c.least {
				t.Errorf("%d splits, want %d", n, c.least)
			}
			rows := f.rows(f.pushed(f.scan("t", "id")), run{parallel: 4})
			slices.Sort(rows)
			if n := admin[int](f, "SELECT count(*) FROM t"); len(rows) != n || len(slices.Compact(rows)) != n {
				t.Errorf("%d rows, want %d", len(rows), n)
			}
		})
	}
}

// A table of more parts than any of them has pages is not read several times.
func TestSplitsOfManyShortParts(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, `CREATE TABLE parted (id int) PARTITION BY RANGE (id)`,
		`DO $$BEGIN FOR i IN 0..9 LOOP EXECUTE format(
			'CREATE TABLE parted_%s PARTITION OF parted FOR VALUES FROM (%s) TO (%s)', i, i*100, i*100+100); END LOOP; END$$`,
		`INSERT INTO parted SELECT g FROM generate_series(0, 999) g`, `ANALYZE`,
		`UPDATE pg_class SET relpages = 1000 WHERE relname LIKE 'parted_%'`)
	scan := f.scan("parted")
	scan.Table.Handle.(*relation).longest = 1 // of ten thousand pages in all, as thousands of parts would have
	if rows := f.rows(f.pushed(scan), run{parallel: 8}); len(rows) != 1000 {
		t.Errorf("%d rows", len(rows))
	}
}

// Between its splits a table is neither rewritten nor emptied.
func TestSplitsKeepTheirTableAsItIs(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, bigTable, `ANALYZE big`, `DELETE FROM big WHERE id <= 40000`)
	other, err := pgx.Connect(t.Context(), f.pg.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(context.Background())
	tx := &connectors.Tx{}
	execution, err := f.begin(t.Context(), f.pushed(f.scan("big", "id")), run{parallel: 2, tx: tx})
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	splits := 0
	for s, err := range execution.Splits(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := execution.Open(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		part, err := conntest.Drain(t.Context(), r, plan.Schema{{Name: "id", Type: f.scan("big", "id").Cols[0].Type}})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, part...)
		for _, change := range []string{"VACUUM FULL big", "TRUNCATE big"} {
			if _, err := other.Exec(t.Context(), "SET lock_timeout = 1"); err != nil {
				t.Fatal(err)
			}
			_, err := other.Exec(t.Context(), change)
			var refused *pgconn.PgError
			if !errors.As(err, &refused) || refused.Code != lockNotAvailable {
				t.Errorf("%s between splits: %v", change, err)
			}
		}
		splits++
	}
	slices.Sort(rows)
	if n := len(slices.Compact(rows)); splits < 2 || len(rows) != 60000 || n != 60000 {
		t.Errorf("%d splits, %d rows, %d of them different", splits, len(rows), n)
	}
	if err := errors.Join(execution.Close(), tx.Close()); err != nil {
		t.Error(err)
	}
	if _, err := other.Exec(t.Context(), "SET lock_timeout = 0; TRUNCATE big"); err != nil {
		t.Errorf("after the statement: %v", err)
	}
}

// The server keeps a NULL in a column of a NOT NULL domain: the column is nullable for who reads it.
func TestNullsOfDomains(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, `CREATE DOMAIN code AS int NOT NULL`,
		`CREATE TABLE source (c code)`, `CREATE TABLE t (id int PRIMARY KEY, c code, d code NOT NULL)`,
		`INSERT INTO t VALUES (1, (SELECT c FROM source WHERE false), 1), (2, 2, 2)`)
	for text, want := range map[string]string{
		"aggregate | count(*) as n\n    filter c is null\n        scan t": "1",
		"aggregate | count(c) as n\n    scan t":                           "1",
	} {
		if rows := f.rows(f.pushed(f.parse(text)), run{}); !slices.Equal(rows, []string{want}) {
			t.Errorf("%s: %q", text, rows)
		}
	}
	if rows := f.rows(f.pushed(f.scan("t")), run{}); !slices.Equal(rows, []string{"1|NULL|1", "2|2|2"}) {
		t.Errorf("rows %q", rows)
	}
	table := f.scan("t").Table
	if !table.Columns[1].Nullable || table.Columns[2].Nullable {
		t.Errorf("nullable %t, %t", table.Columns[1].Nullable, table.Columns[2].Nullable)
	}
}

// The time that a statement has left does not make the server's own limit longer.
func TestTheServersStatementTimeoutStays(t *testing.T) {
	pg := testserver.Postgres(t)
	f := newFixture(t, pg, nil, `CREATE TABLE t AS SELECT 1 AS id`, `CREATE VIEW slow AS SELECT id FROM t WHERE pg_sleep(30) IS NOT NULL`,
		fmt.Sprintf(`ALTER DATABASE %s SET statement_timeout = '2s'`, pg.Database))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, table := range []string{"aggregate | count(*) as n\n    scan slow", "scan slow"} { // from a cursor, by COPY
		_, err := f.tryRows(ctx, f.pushed(f.parse(table)), run{})
		if !sqlerr.Is(err, sqlerr.SourceError) || !strings.Contains(err.Error(), "due to statement timeout") {
			t.Errorf("%s: %v", table, err)
		}
	}
}
