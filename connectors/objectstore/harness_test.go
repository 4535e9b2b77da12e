package objectstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// write puts a file into a folder.
func write(t testing.TB, dir, key string, content []byte) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// parquetOf returns a Parquet file of rows in JSON, with row groups of at most group rows.
func parquetOf(t testing.TB, group int64, schema *arrow.Schema, rows string) []byte {
	t.Helper()
	table, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	props := parquet.NewWriterProperties(parquet.WithMaxRowGroupLength(group))
	w, err := pqarrow.NewFileWriter(schema, &out, props, pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(table); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// ids is the schema of a table with one column id.
var ids = arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)

// idRows returns the rows from..to of a table with one column id.
func idRows(from, to int) string {
	rows := make([]string, 0, to-from)
	for i := from; i < to; i++ {
		rows = append(rows, fmt.Sprintf(`{"id": %d}`, i))
	}
	return "[" + strings.Join(rows, ",") + "]"
}

// open opens a source named lake.
func open(t testing.TB, options connectors.Options) connectors.Source {
	t.Helper()
	c, err := Open(context.Background(), connectors.Config{Name: "lake", Options: options, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c.Bind(connectors.Principal{User: "root"})
}

// query is a scan of some columns of a table under a filter and a limit.
type query struct {
	table   plan.TableName
	columns []string // nil: all; empty: none
	where   func(col func(string) expr.Expr) []expr.Expr
	limit   *plan.Limit
	dynamic func(col func(string) expr.Expr) []expr.Expr
	mem     memory.Allocator
	warn    func(int, string)
}

// result is what the fragment of a query yields: before the filter above it.
type result struct {
	rows     []string
	splits   int
	usage    connectors.Totals
	estimate connectors.Estimate
	remote   *plan.Remote
	exact    bool // no filter stays above the fragment
}

func (q query) plan(t *plan.Table) (plan.Node, func(string) expr.Expr, *plan.Scan) {
	scan := &plan.Scan{Site: plan.Site{Source: "lake", Principal: "root"}, Table: t}
	for i, c := range t.Columns {
		scan.Cols = append(scan.Cols, plan.Column{ID: expr.ColumnID(i + 1), Name: c.Name, Type: c.Type, Nullable: c.Nullable})
		scan.Pos = append(scan.Pos, i)
	}
	col := func(name string) expr.Expr {
		i := slices.IndexFunc(scan.Cols, func(c plan.Column) bool { return c.Name == name })
		return scan.Cols[i].Ref()
	}
	var n plan.Node = scan
	if q.where != nil {
		n = &plan.Filter{Input: n, Conds: q.where(col)}
	}
	if q.columns != nil {
		p := &plan.Project{Input: n}
		for _, name := range q.columns {
			ref := col(name).(*expr.Column)
			c := scan.Cols[scan.Cols.Index(ref.ID)]
			p.Exprs = append(p.Exprs, plan.Projection{Col: c, Expr: ref})
		}
		n = p
	}
	if q.limit != nil {
		l := *q.limit
		l.Input = n
		n = &l
	}
	return n, col, scan
}

type fixedFilter []expr.Expr

func (fixedFilter) Ready() <-chan struct{}        { return connectors.NoFilter{}.Ready() }
func (f fixedFilter) Conds() []expr.Expr          { return f }
func (fixedFilter) Keys() []connectors.ColumnKeys { return nil }

// run describes the query's table and runs the query over it.
func (q query) run(t testing.TB, src connectors.Source) (result, error) {
	t.Helper()
	table, err := src.Table(t.Context(), q.table, connectors.AsOf{})
	if err != nil {
		return result{}, err
	}
	return q.over(t, src, table)
}

// over offers the query to a source and runs the fragment it answers with.
func (q query) over(t testing.TB, src connectors.Source, table *plan.Table) (result, error) {
	t.Helper()
	ctx := t.Context()
	root, col, _ := q.plan(table)
	answer, err := src.Pushdown(ctx, root)
	if err != nil {
		t.Fatal(err)
	}
	remote := findRemote(answer)
	if remote == nil {
		t.Fatal("nothing was pushed")
	}
	r := result{remote: remote, exact: !hasFilter(answer)}
	fragment := remote.Fragment.(connectors.Fragment)
	if r.estimate, err = fragment.Estimate(ctx); err != nil {
		return r, err
	}
	if q.mem == nil {
		q.mem = memory.DefaultAllocator
	}
	usage := &connectors.Usage{}
	run := connectors.Scan{
		Memory: q.mem, BatchRows: 8192, Parallel: 1, Env: &expr.Env{Warn: q.warn},
		Dynamic: connectors.NoFilter{}, Usage: usage,
	}
	if q.dynamic != nil {
		run.Dynamic = fixedFilter(q.dynamic(col))
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
		r.splits++
		rows, err := readSplit(ctx, x, split)
		if err != nil {
			return r, err
		}
		r.rows = append(r.rows, rows...)
	}
	r.usage = usage.Totals()
	return r, nil
}

func hasFilter(n plan.Node) bool {
	_, ok := n.(*plan.Filter)
	return ok || slices.ContainsFunc(n.Children(), hasFilter)
}

func findRemote(n plan.Node) *plan.Remote {
	if r, ok := n.(*plan.Remote); ok {
		return r
	}
	for _, c := range n.Children() {
		if r := findRemote(c); r != nil {
			return r
		}
	}
	return nil
}

func readSplit(ctx context.Context, x connectors.Execution, split connectors.Split) ([]string, error) {
	r, err := x.Open(ctx, split)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var rows []string
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		for i := range int(b.NumRows()) {
			values := make([]string, b.NumCols())
			for c := range values {
				values[c] = b.Column(c).ValueStr(i)
			}
			rows = append(rows, strings.Join(values, " "))
		}
		b.Release()
	}
}

// compared is a predicate `left f right`.
func compared(f expr.Func, left, right expr.Expr) expr.Expr {
	return &expr.Call{Func: f, Args: []expr.Expr{left, right}, Typ: types.Of(types.Bool), Null: true}
}

func intLiteral(v int64) expr.Expr {
	return &expr.Literal{Value: types.IntValue(v), Typ: types.Of(types.Int64)}
}

func textLiteral(s string) expr.Expr {
	return &expr.Literal{Value: types.TextValue(s), Typ: types.Of(types.Text)}
}

// floats returns a Parquet file of one column of doubles, which JSON could not hold.
func floats(t testing.TB, schema *arrow.Schema, values []float64) []byte {
	t.Helper()
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	b.Field(0).(*array.Float64Builder).AppendValues(values, nil)
	batch := b.NewRecordBatch()
	defer batch.Release()
	return written(t, batch)
}

// written returns a Parquet file of a batch.
func written(t testing.TB, batch arrow.RecordBatch, options ...parquet.WriterProperty) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(batch.Schema(), &out, parquet.NewWriterProperties(options...), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(batch); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
