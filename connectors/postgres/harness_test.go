//go:build integration

package postgres

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"golang.org/x/sync/errgroup"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

// fixture is a source over a fresh database.
type fixture struct {
	testing.TB
	pg     testserver.PG
	source *source
	nextID expr.ColumnID
	mu     sync.Mutex
	warned []string
}

// newFixture opens a source over a database with these options, after running statements in it.
func newFixture(tb testing.TB, pg testserver.PG, opts connectors.Options, statements ...string) *fixture {
	tb.Helper()
	pg.Exec(tb, statements...)
	all := connectors.Options{"url": pg.URL()}
	for k, v := range opts {
		all[k] = v
	}
	c, err := Open(tb.Context(), connectors.Config{Name: "shop", Options: all, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	return &fixture{TB: tb, pg: pg, source: c.Bind(connectors.Principal{}).(*source), nextID: 1}
}

// scan reads columns of a table, all of them if none are named.
func (f *fixture) scan(table string, columns ...string) *plan.Scan {
	f.Helper()
	t, err := f.source.Table(f.Context(), plan.TableName{Namespace: publicSchema, Name: table}, connectors.AsOf{})
	if err != nil {
		f.Fatal(err)
	}
	s := &plan.Scan{Table: t}
	for i, c := range t.Columns {
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
		f.Fatalf("not pushed: %T", out)
	}
	return r.Fragment.(connectors.Fragment)
}

// run is how a fragment is run.
type run struct {
	parallel int
	args     arrow.RecordBatch
	dynamic  connectors.DynamicFilter
	tx       *connectors.Tx
	mem      memory.Allocator
}

func (f *fixture) request(r run) connectors.Scan {
	s := connectors.Scan{
		Memory: r.mem, BatchRows: 8192, Parallel: max(1, r.parallel), Args: r.args, Tx: r.tx, Dynamic: r.dynamic,
		Usage: &connectors.Usage{},
		Env: &expr.Env{Location: time.UTC, Warn: func(_ int, msg string) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.warned = append(f.warned, msg)
		}},
	}
	if s.Memory == nil {
		s.Memory = memory.DefaultAllocator
	}
	if s.Dynamic == nil {
		s.Dynamic = connectors.NoFilter{}
	}
	return s
}

// rows runs a fragment and returns its rows as text, in the order of splits and rows. Everything that was allocated
// must be released.
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
		defer func() {
			if closeErr := r.tx.Close(); err == nil {
				err = closeErr
			}
		}()
	}
	execution, err := f.begin(ctx, fragment, r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = execution.Close() }() // which the readers have been
	var splits []connectors.Split
	for s, err := range execution.Splits(ctx) {
		if err != nil {
			return nil, err
		}
		splits = append(splits, s)
	}
	parts := make([][]string, len(splits))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, r.parallel))
	for i, s := range splits {
		group.Go(func() error {
			reader, err := execution.Open(ctx, s)
			if err != nil {
				return err
			}
			parts[i], err = conntest.Drain(ctx, reader, fragment.Schema())
			if closeErr := reader.Close(); err == nil {
				err = closeErr
			}
			return err
		})
	}
	err = group.Wait()
	return slices.Concat(parts...), err
}

// begin starts a run as the engine does.
func (f *fixture) begin(ctx context.Context, fragment connectors.Fragment, r run) (connectors.Execution, error) {
	f.Helper()
	if err := fragment.(connectors.Admitter).Admit(ctx, r.tx); err != nil {
		return nil, err
	}
	return fragment.Start(ctx, f.request(r))
}
