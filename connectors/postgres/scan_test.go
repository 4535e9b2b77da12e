//go:build integration

package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testserver"
)

// bigTable has enough pages for several splits.
const bigTable = `CREATE TABLE big AS SELECT g::int8 AS id, g % 1000 AS k, repeat('x', 500) AS pad FROM generate_series(1, 100000) g`

// admin runs a query as the superuser on a connection of its own and returns its only value.
func admin[T any](f *fixture, query string, args ...any) T {
	f.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, f.pg.URL())
	if err != nil {
		f.Fatal(err)
	}
	defer conn.Close(ctx)
	var v T
	if err := conn.QueryRow(ctx, query, args...).Scan(&v); err != nil {
		f.Fatal(err)
	}
	return v
}

// sessions counts the source's connections that are in one of these states.
func (f *fixture) sessions(states ...string) int {
	return admin[int](f, `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'silogate'
		AND datname = current_database() AND state = ANY ($1)`, states)
}

// computing counts the sessions whose statement has run for a moment, and is not only about to be parsed or to begin.
func (f *fixture) computing() int {
	return admin[int](f, `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'silogate'
		AND datname = current_database() AND state = 'active' AND clock_timestamp() - state_change > interval '50 ms'`)
}

// gated counts the sessions whose statement runs, and waits for an advisory lock.
func (f *fixture) gated() int {
	return admin[int](f, `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'silogate'
		AND datname = current_database() AND state = 'active' AND wait_event = 'advisory'`)
}

// eventually waits until a condition holds, for a second.
func (f *fixture) eventually(what string, holds func() bool) {
	f.Helper()
	for deadline := time.Now().Add(time.Second); !holds(); {
		if time.Now().After(deadline) {
			f.Fatalf("after a second: not %s", what)
		}
	}
}

// start opens the first split of a fragment.
func (f *fixture) start(ctx context.Context, fragment connectors.Fragment, tx *connectors.Tx) (connectors.Execution, connectors.Reader, error) {
	f.Helper()
	execution, err := f.begin(ctx, fragment, run{tx: tx})
	if err != nil {
		return nil, nil, err
	}
	for s, err := range execution.Splits(ctx) {
		if err != nil {
			f.Fatal(err)
		}
		r, err := execution.Open(ctx, s)
		return execution, r, err
	}
	f.Fatal("no splits")
	return nil, nil, nil
}

func TestSplitsEqualOneScanWhileRowsChange(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, bigTable,
		`CREATE TABLE parted (id int8, pad text) PARTITION BY HASH (id)`,
		`CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0)`,
		`CREATE TABLE parted_1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1)`,
		`INSERT INTO parted SELECT id, pad FROM big`)
	for _, table := range []string{"big", "parted"} {
		t.Run(table, func(t *testing.T) {
			fragment := f.pushed(f.scan(table, "id"))
			stop := make(chan struct{})
			var writer errgroup.Group
			writer.Go(func() error {
				ctx := context.Background()
				conn, err := pgx.Connect(ctx, f.pg.URL())
				if err != nil {
					return err
				}
				defer conn.Close(ctx)
				for i := 0; ; i++ {
					select {
					case <-stop:
						return nil
					default:
					}
					// Moves rows to other pages, in transactions that keep their number.
					if _, err := conn.Exec(ctx, "UPDATE "+table+" SET pad = pad || 'y' WHERE id % 50 = $1", i%50); err != nil {
						return err
					}
				}
			})
			for _, parallel := range []int{1, 2, 4} {
				rows := f.rows(fragment, run{parallel: parallel})
				slices.Sort(rows)
				if n := len(slices.Compact(rows)); len(rows) != 100000 || n != 100000 {
					t.Errorf("%d readers: %d rows, %d of them different", parallel, len(rows), n)
				}
			}
			close(stop)
			if err := writer.Wait(); err != nil {
				t.Error(err)
			}
			execution, err := fragment.Start(t.Context(), f.request(run{parallel: 4}))
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, err := range execution.Splits(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if n < 2 {
				t.Errorf("%d splits", n)
			}
		})
	}
}

func TestFragmentsOfAStatementShareASnapshot(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, bigTable, `CREATE TABLE small AS SELECT 1 AS v`)
	small, big := f.pushed(f.scan("small")), f.pushed(f.scan("big", "id"))
	tx := &connectors.Tx{}
	defer func() { _ = tx.Close() }()
	if n := len(f.rows(small, run{tx: tx})); n != 1 {
		t.Fatalf("%d rows", n)
	}
	f.pg.Exec(t, `INSERT INTO small VALUES (2)`, `DELETE FROM big`)
	if n := len(f.rows(small, run{tx: tx})); n != 1 {
		t.Errorf("%d rows after an insert", n)
	}
	if n := len(f.rows(big, run{tx: tx, parallel: 2})); n != 100000 {
		t.Errorf("%d rows after a delete", n)
	}
}

func TestManyFragmentsOverOneConnection(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), connectors.Options{"pool": "2", "admission": "1"}, bigTable)
	tx := &connectors.Tx{}
	var readers []connectors.Reader
	for range 5 {
		execution, r, err := f.start(t.Context(), f.pushed(f.scan("big", "id", "k")), tx)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = execution.Close() })
		readers = append(readers, r)
	}
	rows := 0
	for open := len(readers); open > 0; {
		open = 0
		for _, r := range readers { // in turn, a batch each
			batch, err := r.Next(t.Context())
			if err == io.EOF {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			rows += int(batch.NumRows())
			batch.Release()
			open++
		}
	}
	if rows != 5*100000 {
		t.Errorf("%d rows", rows)
	}
	for _, r := range readers {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := tx.Close(); err != nil {
		t.Error(err)
	}
}

func TestPoolIsNeverExceeded(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), connectors.Options{"pool": "4", "admission": "2"}, bigTable)
	fragment := f.pushed(f.scan("big", "id"))
	most, done := atomic.Int64{}, make(chan struct{})
	var watch errgroup.Group
	watch.Go(func() error {
		for {
			select {
			case <-done:
				return nil
			default:
				most.Store(max(most.Load(), int64(f.sessions("active", "idle", "idle in transaction"))))
			}
		}
	})
	var group errgroup.Group
	for range 50 {
		group.Go(func() error {
			rows, err := f.tryRows(t.Context(), fragment, run{parallel: 2})
			if err == nil && len(rows) != 100000 {
				err = fmt.Errorf("%d rows", len(rows))
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	close(done)
	if err := watch.Wait(); err != nil || most.Load() > 4 || most.Load() < 2 {
		t.Errorf("%d connections, %v", most.Load(), err)
	}
}

func TestWaitingForAdmissionHonoursTheContext(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), connectors.Options{"pool": "2", "admission": "1"}, bigTable)
	tx := &connectors.Tx{}
	execution, r, err := f.start(t.Context(), f.pushed(f.scan("big")), tx)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := f.tryRows(ctx, f.pushed(f.scan("big")), run{}); !sqlerr.Is(err, sqlerr.Timeout) {
		t.Errorf("error %v", err)
	}
	for _, c := range []io.Closer{r, execution, tx} {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestCancelStopsTheServer cancels a query that computes for long before its first row.
func TestCancelStopsTheServer(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, bigTable)
	f.pg.Exec(t, `CREATE VIEW slow AS SELECT count(*) AS n FROM generate_series(1, 100000000000) g`)
	for name, wait := range map[string]connectors.Options{"copy": {}, "cursor": {"pool": "2"}} {
		t.Run(name, func(t *testing.T) {
			g := newFixture(t, f.pg, wait)
			ctx, cancel := context.WithCancel(t.Context())
			var group errgroup.Group
			group.Go(func() error {
				_, err := g.tryRows(ctx, g.pushed(g.scan("slow")), run{})
				return err
			})
			g.eventually("running", func() bool { return g.sessions("active") == 1 })
			cancel()
			g.eventually("stopped", func() bool { return g.sessions("active") == 0 })
			if err := group.Wait(); !sqlerr.Is(err, sqlerr.Cancelled) {
				t.Errorf("error %v", err)
			}
			g.eventually("out of its transaction", func() bool {
				return g.sessions("idle in transaction", "idle in transaction (aborted)") == 0
			})
			if n := len(g.rows(g.pushed(g.scan("big", "id")), run{parallel: 2})); n != 100000 {
				t.Errorf("%d rows afterwards", n)
			}
		})
	}
}

// TestARunThatIsNotNeeded ends one of two runs over one connection while the server computes for it.
func TestARunThatIsNotNeeded(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), connectors.Options{"pool": "2", "admission": "1"}, bigTable,
		`CREATE VIEW slow AS SELECT 1 AS n FROM (SELECT pg_advisory_xact_lock_shared(42)) AS gate`,
		`CREATE VIEW endless AS SELECT count(*) AS n FROM generate_series(1, 100000000000) g`)
	gate, err := pgx.Connect(t.Context(), f.pg.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer gate.Close(t.Context())
	for _, c := range []struct {
		view   string
		before bool // the other run has begun
	}{{"slow", true}, {"slow", false}, {"endless", true}} {
		t.Run(fmt.Sprintf("%s, %t", c.view, c.before), func(t *testing.T) {
			tx := &connectors.Tx{}
			fragment := f.pushed(f.scan("big", "id"))
			if c.before {
				if n := len(f.rows(fragment, run{tx: tx})); n != 100000 {
					t.Fatalf("%d rows", n)
				}
			}
			if _, err := gate.Exec(t.Context(), "SELECT pg_advisory_lock(42)"); err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancelCause(t.Context())
			var group errgroup.Group
			group.Go(func() error {
				_, err := f.tryRows(ctx, f.pushed(f.scan(c.view)), run{tx: tx})
				return err
			})
			running := f.computing
			if c.view == "slow" {
				running = f.gated
			}
			f.eventually("running", func() bool { return running() == 1 })
			stop(connectors.ErrNotNeeded)
			if err := group.Wait(); !sqlerr.Is(err, sqlerr.Cancelled) {
				t.Errorf("error %v", err)
			}
			if n := f.sessions("active"); n != 1 {
				t.Errorf("%d sessions are active: the reader waited for the server, or the server was stopped", n)
			}
			if _, err := gate.Exec(t.Context(), "SELECT pg_advisory_unlock(42)"); err != nil {
				t.Fatal(err)
			}
			if c.view == "slow" {
				if n := len(f.rows(fragment, run{tx: tx})); n != 100000 {
					t.Errorf("%d rows afterwards", n)
				}
			}
			if err := tx.Close(); err != nil {
				t.Error(err)
			}
			// A busy server may hear of the cancellation after the connection was given up.
			f.eventually("gone", func() bool {
				return f.sessions("active", "idle in transaction", "idle in transaction (aborted)") == 0
			})
			if n := len(f.rows(fragment, run{})); n != 100000 {
				t.Errorf("%d rows in another statement", n)
			}
		})
	}
}

func TestCancelOfAnIdleReader(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, bigTable)
	ctx, cancel := context.WithCancel(t.Context())
	tx := &connectors.Tx{}
	execution, r, err := f.start(ctx, f.pushed(f.scan("big")), tx)
	if err != nil {
		t.Fatal(err)
	}
	f.eventually("waiting for its reader", func() bool {
		return admin[int](f, `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'silogate'
			AND datname = current_database() AND wait_event = 'ClientWrite'`) == 1
	})
	cancel()
	f.eventually("stopped", func() bool { return f.sessions("active") == 0 })
	if _, err := r.Next(ctx); !sqlerr.Is(err, sqlerr.Cancelled) {
		t.Errorf("error %v", err)
	}
	for _, c := range []io.Closer{r, execution, tx} {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestClosingEarlyKeepsTheConnection(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, bigTable)
	fragment := f.pushed(f.scan("big"))
	before := 0
	for i := range 3 {
		tx := &connectors.Tx{}
		execution, r, err := f.start(t.Context(), fragment, tx)
		if err != nil {
			t.Fatal(err)
		}
		batch, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		batch.Release()
		for _, c := range []io.Closer{r, execution, tx} {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
		if n := f.sessions("active", "idle in transaction"); n != 0 {
			t.Errorf("%d sessions left", n)
		}
		last := admin[int](f, `SELECT max(pid) FROM pg_stat_activity WHERE application_name = 'silogate' AND datname = current_database()`)
		if i > 0 && last != before {
			t.Error("a new connection was made")
		}
		before = last
	}
}

func TestKilledBackend(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, bigTable)
	fragment := f.pushed(f.scan("big"))
	for _, parallel := range []int{1, 2} {
		tx := &connectors.Tx{}
		execution, r, err := f.start(t.Context(), fragment, tx)
		if err != nil {
			t.Fatal(err)
		}
		admin[bool](f, `SELECT bool_and(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'silogate' AND datname = current_database()`)
		for err == nil {
			batch, e := r.Next(t.Context())
			if err = e; err == nil {
				batch.Release()
			}
		}
		if !sqlerr.Is(err, sqlerr.SourceDown) || !strings.Contains(err.Error(), "shop") || !strings.Contains(err.Error(), "public.big") {
			t.Errorf("error %v", err)
		}
		for _, c := range []io.Closer{r, execution, tx} {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
		if n := len(f.rows(fragment, run{parallel: parallel})); n != 100000 {
			t.Errorf("%d rows afterwards", n)
		}
	}
}

func TestTableThatChanges(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, `CREATE TABLE a (v int, w int)`, `INSERT INTO a VALUES (1, 2)`)
	fragment := f.pushed(f.scan("a"))
	f.pg.Exec(t, `ALTER TABLE a DROP COLUMN w`)
	if _, err := f.tryRows(t.Context(), fragment, run{}); !sqlerr.Is(err, sqlerr.SourceChanged) {
		t.Errorf("dropped column: %v", err)
	}
	f.pg.Exec(t, `DROP TABLE a`)
	if _, err := f.tryRows(t.Context(), fragment, run{}); !sqlerr.Is(err, sqlerr.UnknownTable) || !strings.Contains(err.Error(), "public.a") {
		t.Errorf("dropped table: %v", err)
	}
	if _, err := f.source.Table(t.Context(), plan.TableName{Namespace: "public", Name: "a"}, connectors.AsOf{}); !sqlerr.Is(err, sqlerr.UnknownTable) {
		t.Errorf("unknown table: %v", err)
	}
}

func TestErrorsOfConnections(t *testing.T) {
	pg := testserver.Postgres(t)
	guest := "guest_" + pg.Database
	newFixture(t, pg, nil, `CREATE TABLE secret (v int)`, `CREATE ROLE `+guest+` LOGIN PASSWORD 'guest'`,
		`REVOKE ALL ON secret FROM PUBLIC`)
	t.Cleanup(func() { pg.Exec(t, `DROP ROLE `+guest) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := listener.Addr().String()
	listener.Close()
	withUser := func(user, password string) string {
		return fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", user, password, pg.Host, pg.Database)
	}
	for name, c := range map[string]struct {
		url  string
		code sqlerr.Code
	}{
		"wrong password":   {withUser(pg.User, "hunter2"), sqlerr.SourceAuth},
		"unknown user":     {withUser("nobody", "hunter2"), sqlerr.SourceAuth},
		"refused":          {"postgres://app:hunter2@" + closed + "/db?sslmode=disable", sqlerr.SourceDown},
		"unknown database": {strings.Replace(pg.URL(), pg.Database, "nowhere", 1), sqlerr.SourceDown},
		"no right":         {withUser(guest, "guest"), sqlerr.SourceAuth},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, pg, connectors.Options{"url": c.url})
			table, err := f.source.Table(t.Context(), plan.TableName{Namespace: "public", Name: "secret"}, connectors.AsOf{})
			if err == nil {
				scan := &plan.Scan{Table: table, Cols: plan.Schema{{ID: 1, Name: "v", Type: types.Of(types.Int32)}}, Pos: []int{0}}
				_, err = f.tryRows(t.Context(), f.pushed(scan), run{})
			}
			if !sqlerr.Is(err, c.code) || !strings.Contains(err.Error(), "source shop") || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestRefusedValueStopsAtOnce(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, `CREATE TABLE d (v numeric)`,
		`INSERT INTO d SELECT CASE WHEN g = 50000 THEN 1e100 ELSE 1 END FROM generate_series(1, 1000000) g`)
	_, err := f.tryRows(t.Context(), f.pushed(f.scan("d")), run{parallel: 2})
	if !sqlerr.Is(err, sqlerr.OutOfRange) {
		t.Errorf("error %v", err)
	}
	f.eventually("idle", func() bool { return f.sessions("active", "idle in transaction") == 0 })
}

func TestConnectorCloseWaitsForNothing(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, bigTable)
	tx := &connectors.Tx{}
	execution, r, err := f.start(t.Context(), f.pushed(f.scan("big")), tx)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.source.Close(); err != nil {
		t.Error(err)
	}
	for err == nil {
		batch, e := r.Next(t.Context())
		if err = e; err == nil {
			batch.Release()
		}
	}
	if !sqlerr.Is(err, sqlerr.SourceDown) {
		t.Errorf("error %v", err)
	}
	for _, c := range []io.Closer{r, execution, tx} {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestCloseAtAnyTime(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, bigTable)
	tx := &connectors.Tx{}
	execution, err := f.pushed(f.scan("big")).Start(t.Context(), f.request(run{tx: tx}))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(execution.Close(), execution.Close(), tx.Close(), tx.Close()); err != nil {
		t.Error(err)
	}
	if _, r, err := f.start(t.Context(), f.pushed(f.scan("big")), tx); err == nil {
		t.Errorf("a reader %v of a statement that has ended", r)
	}
}

func TestRowsOfAnySize(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, `CREATE TABLE w (id int, v text)`,
		`INSERT INTO w SELECT g, repeat(chr(65 + g % 26), 3000000) FROM generate_series(1, 20) g`,
		`CREATE TABLE empty (v int)`, `CREATE TABLE bare ()`, `INSERT INTO bare DEFAULT VALUES`, `INSERT INTO bare DEFAULT VALUES`)
	for _, opts := range []connectors.Options{{}, {"pool": "2"}} {
		g := newFixture(t, f.pg, opts)
		rows := g.rows(g.pushed(g.scan("w")), run{})
		if len(rows) != 20 || len(rows[19]) != len("20|")+3000000 {
			t.Errorf("%d rows", len(rows))
		}
		if rows := g.rows(g.pushed(g.scan("empty")), run{}); len(rows) != 0 {
			t.Errorf("rows %q", rows)
		}
		if rows := g.rows(g.pushed(g.scan("bare")), run{}); len(rows) != 2 {
			t.Errorf("%d rows without columns", len(rows))
		}
	}
}

// known is a dynamic filter that knows its conditions.
type known []expr.Expr

func (known) Ready() <-chan struct{} { return connectors.NoFilter{}.Ready() }
func (k known) Conds() []expr.Expr   { return k }

func (known) Keys() []connectors.ColumnKeys { return nil }

func TestDynamicFilter(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, bigTable)
	scan := f.scan("big", "id")
	in := &expr.In{Arg: scan.Cols[0].Ref()}
	for i := range 100 {
		in.List = append(in.List, types.IntValue(int64(i*7+1)))
	}
	untaken := &expr.Fallback{Text: "f(id)", Typ: types.Of(types.Bool)}
	rows := f.rows(f.pushed(scan), run{parallel: 2, dynamic: known{in, untaken}})
	if len(rows) != 100 || rows[99] != "694" {
		t.Errorf("rows %q", rows)
	}
}
