package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

var (
	bigint = types.Of(types.Int64)
	text   = types.Of(types.Text)
)

// things is a small table of numbered rows.
func things() Table {
	return Table{
		Name: "things", Key: []string{"id"},
		Columns: []Column{{Name: "id", Type: bigint, Path: "id", NotNull: true}},
		Rows:    Endpoint{Path: "v1/things", Items: "items", Paging: Offset{Name: "offset", SizeName: "limit", Size: 10, Total: "total"}},
	}
}

func numbers(n int) []record {
	out := make([]record, n)
	for i := range out {
		out[i] = record{"id": int64(i)}
	}
	return out
}

// scanOf scans all columns of a table; their ids are their positions and one.
func scanOf(tb testing.TB, c *connector, name string) *plan.Scan {
	tb.Helper()
	t, err := c.Table(tb.Context(), plan.TableName{Name: name}, connectors.AsOf{})
	if err != nil {
		tb.Fatal(err)
	}
	s := &plan.Scan{Site: plan.Site{Source: sourceName}, Table: t}
	for i, col := range t.Columns {
		s.Cols = append(s.Cols, plan.Column{ID: expr.ColumnID(i + 1), Name: col.Name, Type: col.Type, Nullable: col.Nullable})
		s.Pos = append(s.Pos, i)
	}
	return s
}

// pushed offers a plan, which must be taken whole.
func pushed(tb testing.TB, c *connector, n plan.Node) *fragment {
	tb.Helper()
	out, err := c.Pushdown(tb.Context(), n)
	if err != nil {
		tb.Fatal(err)
	}
	r, ok := out.(*plan.Remote)
	if !ok {
		tb.Fatalf("not pushed:\n%s", plan.Format(out, plan.FormatOptions{}))
	}
	return r.Fragment.(*fragment)
}

// run is how a fragment is run.
type run struct {
	ctx      context.Context
	parallel int
	args     arrow.RecordBatch
	dynamic  connectors.DynamicFilter
	usage    *connectors.Usage
	account  kernel.Account
	warn     func(code int, msg string)
}

// rows runs a fragment and returns its rows as text, sorted. All memory must be given back.
func rows(tb testing.TB, f *fragment, r run) (out []string, err error) {
	tb.Helper()
	mem := bufpooltest.New()
	defer mem.AssertSize(tb, 0)
	tx := &connectors.Tx{}
	defer func() { err = errors.Join(err, tx.Close()) }()
	if r.ctx == nil {
		r.ctx = tb.Context()
	}
	if r.dynamic == nil {
		r.dynamic = connectors.NoFilter{}
	}
	if r.usage == nil {
		r.usage = &connectors.Usage{}
	}
	x, err := f.Start(r.ctx, connectors.Scan{
		Memory: mem, BatchRows: 7, Parallel: max(r.parallel, 1), Args: r.args, Tx: tx, Dynamic: r.dynamic, Usage: r.usage,
		Env: &expr.Env{Location: time.UTC, Account: r.account, Warn: r.warn},
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	for s, err := range x.Splits(r.ctx) {
		if err != nil {
			return nil, err
		}
		reader, err := x.Open(r.ctx, s)
		if err != nil {
			return nil, err
		}
		for {
			batch, err := reader.Next(r.ctx)
			if err == io.EOF {
				break
			}
			if err != nil {
				return nil, err
			}
			if batch.NumRows() == 0 || batch.NumRows() > 7 {
				tb.Errorf("a batch of %d rows", batch.NumRows())
			}
			for i := range int(batch.NumRows()) {
				var parts []string
				for j, c := range f.Schema() {
					parts = append(parts, kernel.ValueAt(batch.Column(j), i).Format(c.Type, time.UTC))
				}
				out = append(out, strings.Join(parts, " "))
			}
			batch.Release()
		}
		if err := reader.Close(); err != nil {
			return nil, err
		}
	}
	slices.Sort(out)
	return out, nil
}

// mustRows is rows without an error.
func mustRows(tb testing.TB, f *fragment, r run) []string {
	tb.Helper()
	out, err := rows(tb, f, r)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// readErr reads a whole table and returns what failed.
func readErr(tb testing.TB, c *connector, name string) error {
	tb.Helper()
	_, err := rows(tb, pushed(tb, c, scanOf(tb, c, name)), run{})
	if err == nil {
		tb.Fatal("no error")
	}
	return err
}

func mention(tb testing.TB, err error, words ...string) {
	tb.Helper()
	for _, w := range words {
		if !strings.Contains(fmt.Sprint(err), w) {
			tb.Errorf("%q is not in: %v", w, err)
		}
	}
}

func unmentioned(tb testing.TB, err error, words ...string) {
	tb.Helper()
	for _, w := range words {
		if strings.Contains(fmt.Sprint(err), w) {
			tb.Errorf("%q is in: %v", w, err)
		}
	}
}
