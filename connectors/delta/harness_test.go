package delta

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// connect opens a source named lake.
func connect(tb testing.TB, options connectors.Options) connectors.Connector {
	tb.Helper()
	c, err := Open(context.Background(), connectors.Config{Name: "lake", Options: options, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// open opens the tables below a folder.
func open(tb testing.TB, folder string) *source {
	tb.Helper()
	c := connect(tb, connectors.Options{"url": folder})
	tb.Cleanup(func() { c.Close() })
	return c.Bind(connectors.Principal{User: "root"}).(*source)
}

// query is a scan of some columns of a table under a filter.
type query struct {
	table   string
	at      connectors.AsOf
	columns []string // none: all
	where   func(col func(string) expr.Expr) expr.Expr
	visit   func() // before a split is read
}

// result is what the fragment of a query yields: before the filter above it.
type result struct {
	rows     []string
	usage    connectors.Totals
	estimate connectors.Estimate
	text     string // of the fragment
	held     int64  // by what tells deleted rows
	warnings []string
}

// account charges what is held.
type account struct{ result *result }

func (a account) Reserve(n int64) error {
	a.result.held += n
	return nil
}

func (a account) Release(n int64) { a.result.held -= n }

func (q query) run(tb testing.TB, src connectors.Source) (result, error) {
	tb.Helper()
	ctx := tb.Context()
	table, err := src.Table(ctx, plan.TableName{Name: q.table}, q.at)
	if err != nil {
		return result{}, err
	}
	return q.scan(tb, src, table)
}

// scan reads a table that is described already.
func (q query) scan(tb testing.TB, src connectors.Source, table *plan.Table) (r result, err error) {
	ctx := tb.Context()
	scan := &plan.Scan{Site: plan.Site{Source: "lake", Principal: "root"}, Table: table}
	for i, c := range table.Columns {
		scan.Cols = append(scan.Cols, plan.Column{ID: expr.ColumnID(i + 1), Name: c.Name, Type: c.Type, Nullable: c.Nullable})
		scan.Pos = append(scan.Pos, i)
	}
	col := func(name string) expr.Expr {
		return scan.Cols[slices.IndexFunc(scan.Cols, func(c plan.Column) bool { return c.Name == name })].Ref()
	}
	var root plan.Node = scan
	if q.where != nil {
		root = &plan.Filter{Input: root, Conds: []expr.Expr{q.where(col)}}
	}
	if q.columns != nil {
		p := &plan.Project{Input: root}
		for _, name := range q.columns {
			ref := col(name).(*expr.Column)
			p.Exprs = append(p.Exprs, plan.Projection{Col: scan.Cols[scan.Cols.Index(ref.ID)], Expr: ref})
		}
		root = p
	}
	answer, err := src.Pushdown(ctx, root)
	if err != nil {
		return r, err
	}
	fragment := remoteOf(answer).Fragment.(connectors.Fragment)
	if r.estimate, err = fragment.Estimate(ctx); err != nil {
		return r, err
	}
	r.text = fragment.String()
	usage := &connectors.Usage{}
	allocator := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer allocator.AssertSize(tb, 0)
	env := &expr.Env{Account: account{&r}, Warn: func(_ int, text string) { r.warnings = append(r.warnings, text) }}
	x, err := fragment.Start(ctx, connectors.Scan{Memory: allocator, BatchRows: 1 << 13, Parallel: 1, Env: env, Dynamic: connectors.NoFilter{}, Usage: usage})
	if err != nil {
		return r, err
	}
	defer x.Close()
	for split, err := range x.Splits(ctx) {
		if err != nil {
			return r, err
		}
		if q.visit != nil {
			q.visit()
		}
		if err := r.read(ctx, x, split); err != nil {
			return r, err
		}
	}
	r.usage = usage.Totals()
	return r, nil
}

func (r *result) read(ctx context.Context, x connectors.Execution, split connectors.Split) error {
	reader, err := x.Open(ctx, split)
	if err != nil {
		return err
	}
	defer reader.Close()
	for {
		b, err := reader.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range int(b.NumRows()) {
			values := make([]string, b.NumCols())
			for c := range values {
				values[c] = b.Column(c).ValueStr(i)
			}
			r.rows = append(r.rows, strings.Join(values, " "))
		}
		b.Release()
	}
}

func remoteOf(n plan.Node) *plan.Remote {
	if r, ok := n.(*plan.Remote); ok {
		return r
	}
	return remoteOf(n.Children()[0])
}

// compared is a predicate `left f right`.
func compared(f expr.Func, left, right expr.Expr) expr.Expr {
	return &expr.Call{Func: f, Args: []expr.Expr{left, right}, Typ: types.Of(types.Bool), Null: true}
}

func literal(v types.Value, t types.Type) expr.Expr { return &expr.Literal{Value: v, Typ: t} }

func intLiteral(v int64) expr.Expr { return literal(types.IntValue(v), types.Of(types.Int64)) }

func tableName(name string) plan.TableName { return plan.TableName{Name: name} }
