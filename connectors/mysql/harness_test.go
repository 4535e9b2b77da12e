//go:build integration

package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

// urlOf is the URL of a database of the tests.
func urlOf(m testserver.Maria) string {
	return fmt.Sprintf("mysql://%s:%s@%s/%s", m.User, m.Password, m.Host, m.Database)
}

// openSource opens a source over a database with these options.
func openSource(tb testing.TB, m testserver.Maria, opts connectors.Options) connectors.Connector {
	tb.Helper()
	all := connectors.Options{"url": urlOf(m)}
	for k, v := range opts {
		all[k] = v
	}
	c, err := Open(tb.Context(), connectors.Config{Name: "shop", Options: all, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// adminOf returns the tests' own connection to a database.
func adminOf(tb testing.TB, m testserver.Maria) *sql.DB {
	tb.Helper()
	db, err := sql.Open("mysql", m.DSN())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

// fixture is a source over a fresh database.
type fixture struct {
	testing.TB
	maria  testserver.Maria
	source *source
	nextID expr.ColumnID
	mu     sync.Mutex
	warned []string
}

// newFixture opens a source over a database after running statements in it, in one session.
func newFixture(tb testing.TB, opts connectors.Options, statements ...string) *fixture {
	tb.Helper()
	m := testserver.MariaDB(tb)
	if len(statements) > 0 {
		m.Exec(tb, strings.Join(statements, ";\n"))
	}
	c := openSource(tb, m, opts)
	tb.Cleanup(func() { _ = c.Close() })
	return &fixture{TB: tb, maria: m, source: c.Bind(connectors.Principal{}).(*source), nextID: 1}
}

func (f *fixture) table(name string) *plan.Table {
	f.Helper()
	t, err := f.source.Table(f.Context(), plan.TableName{Namespace: f.maria.Database, Name: name}, connectors.AsOf{})
	if err != nil {
		f.Fatal(err)
	}
	return t
}

// scan reads columns of a table, all of them if none are named.
func (f *fixture) scan(table string, columns ...string) *plan.Scan {
	f.Helper()
	s := &plan.Scan{Table: f.table(table)}
	for i, c := range s.Table.Columns {
		if len(columns) > 0 && !slices.Contains(columns, c.Name) {
			continue
		}
		s.Cols = append(s.Cols, plan.Column{ID: f.nextID, Name: c.Name, Type: c.Type, Nullable: c.Nullable})
		s.Pos = append(s.Pos, i)
		f.nextID++
	}
	return s
}

// pushed pushes a plan down, which must be taken whole.
func (f *fixture) pushed(n plan.Node) connectors.Fragment {
	f.Helper()
	out, err := f.source.Pushdown(f.Context(), n)
	if err != nil {
		f.Fatal(err)
	}
	r, ok := out.(*plan.Remote)
	if !ok {
		f.Fatalf("not pushed: %s", plan.Format(out, plan.FormatOptions{}))
	}
	return r.Fragment.(connectors.Fragment)
}

// run is how a fragment is run.
type run struct {
	args    arrow.RecordBatch
	dynamic connectors.DynamicFilter
	tx      *connectors.Tx
	rows    int // of a batch
	mem     memory.Allocator
	account kernel.Account
}

func (f *fixture) request(r run) connectors.Scan {
	s := connectors.Scan{
		Memory: r.mem, BatchRows: max(r.rows, 1), Parallel: 1, Args: r.args, Tx: r.tx, Dynamic: r.dynamic, Usage: &connectors.Usage{},
		Env: &expr.Env{Location: time.UTC, Account: r.account, Warn: func(_ int, msg string) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.warned = append(f.warned, msg)
		}},
	}
	if r.rows == 0 {
		s.BatchRows = 8192
	}
	if s.Memory == nil {
		s.Memory = memory.DefaultAllocator
	}
	if s.Dynamic == nil {
		s.Dynamic = connectors.NoFilter{}
	}
	return s
}

// rows runs a fragment and returns its rows as text. Everything that was allocated must be released.
func (f *fixture) rows(fragment connectors.Fragment, r run) []string {
	f.Helper()
	rows, err := f.tryRows(f.Context(), fragment, r)
	if err != nil {
		f.Fatal(err)
	}
	return rows
}

func (f *fixture) tryRows(ctx context.Context, fragment connectors.Fragment, r run) (rows []string, err error) {
	f.Helper()
	checked := bufpooltest.New()
	defer checked.AssertSize(f, 0)
	r.mem = checked
	if r.tx == nil {
		r.tx = &connectors.Tx{}
		defer r.tx.Close()
	}
	reader, execution, err := f.open(ctx, fragment, r)
	if err != nil {
		return nil, err
	}
	defer execution.Close()
	return conntest.Drain(ctx, reader, fragment.Schema())
}

// open starts a run as the engine does.
func (f *fixture) open(ctx context.Context, fragment connectors.Fragment, r run) (connectors.Reader, connectors.Execution, error) {
	f.Helper()
	if err := fragment.(connectors.Admitter).Admit(ctx, r.tx); err != nil {
		return nil, nil, err
	}
	execution, err := fragment.Start(ctx, f.request(r))
	if err != nil {
		return nil, nil, err
	}
	for split, err := range execution.Splits(ctx) {
		if err != nil {
			return nil, nil, err
		}
		reader, err := execution.Open(ctx, split)
		if err != nil {
			_ = execution.Close()
			return nil, nil, err
		}
		return reader, execution, nil
	}
	return nil, execution, nil
}
