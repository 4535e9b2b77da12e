//go:build integration

package iceberg

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testserver"
)

// open opens the catalog that pyiceberg wrote, as a source named lake.
func open(t testing.TB, options connectors.Options) connectors.Source {
	t.Helper()
	c := connect(t, options)
	t.Cleanup(func() { c.Close() })
	return c.Bind(connectors.Principal{User: "root"})
}

// tables writes the tables of testdata/tables.py and opens their catalog.
func tables(t *testing.T) connectors.Source {
	t.Helper()
	dir := t.TempDir()
	testserver.IcebergTables(t, dir, "testdata/tables.py")
	return open(t, connectors.Options{"warehouse": dir + "/warehouse", "catalog": "sqlite", "catalog_file": dir + "/catalog.db"})
}

// query is a scan of some columns of a table under a filter.
type query struct {
	table   string
	columns []string
	where   func(col func(string) expr.Expr) expr.Expr
	dynamic func(col func(string) expr.Expr) expr.Expr
}

// result is what the fragment of a query yields: before the filter above it.
type result struct {
	rows     []string
	usage    connectors.Totals
	estimate connectors.Estimate
	text     string // of the fragment
}

type fixedFilter []expr.Expr

func (fixedFilter) Ready() <-chan struct{}        { return connectors.NoFilter{}.Ready() }
func (f fixedFilter) Conds() []expr.Expr          { return f }
func (fixedFilter) Keys() []connectors.ColumnKeys { return nil }

func (q query) run(t testing.TB, src connectors.Source) (result, error) {
	t.Helper()
	ctx := t.Context()
	table, err := src.Table(ctx, plan.TableName{Namespace: "shop", Name: q.table}, connectors.AsOf{})
	if err != nil {
		return result{}, err
	}
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
	p := &plan.Project{Input: root}
	for _, name := range q.columns {
		ref := col(name).(*expr.Column)
		p.Exprs = append(p.Exprs, plan.Projection{Col: scan.Cols[scan.Cols.Index(ref.ID)], Expr: ref})
	}
	answer, err := src.Pushdown(ctx, p)
	if err != nil {
		return result{}, err
	}
	fragment := remoteOf(answer).Fragment.(connectors.Fragment)
	var r result
	if r.estimate, err = fragment.Estimate(ctx); err != nil {
		return r, err
	}
	r.text = fragment.String()
	usage := &connectors.Usage{}
	run := connectors.Scan{Memory: memory.DefaultAllocator, BatchRows: 1 << 13, Parallel: 1, Env: &expr.Env{}, Dynamic: connectors.NoFilter{}, Usage: usage}
	if q.dynamic != nil {
		run.Dynamic = fixedFilter{q.dynamic(col)}
	}
	x, err := fragment.Start(ctx, run)
	if err != nil {
		return r, err
	}
	defer x.Close()
	for split, err := range x.Splits(ctx) {
		if err != nil {
			return r, err
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

func textLiteral(s string) expr.Expr { return literal(types.TextValue(s), types.Of(types.Text)) }
