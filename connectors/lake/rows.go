package lake

import (
	"context"
	"io"
	"iter"
	"slices"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// Rows is a table of what a table's format knows of another one, such as its files. Nothing above its scan is pushed down.
type Rows struct {
	Columns []plan.TableColumn // of type BIGINT, TIMESTAMP, BOOL, LONGTEXT or JSON
	Version string
	// Read returns the rows, each with a value for every column.
	Read func(context.Context, *connectors.Usage) ([][]types.Value, error)
}

// rowTable is what plan.Table.Handle holds of one.
type rowTable struct {
	Spec
	Rows
}

// DescribeRows makes a table of rows. Of the Spec, Source, Name, Location, Comment and Turns are used.
func DescribeRows(spec Spec, r Rows) *plan.Table {
	return &plan.Table{
		Name: spec.Name, Comment: spec.Comment, Columns: r.Columns, Snapshot: true, Version: r.Version, Location: spec.Location,
		Stats: plan.Statistics{Rows: plan.Unknown, Bytes: plan.Unknown}, Handle: &rowTable{spec, r},
	}
}

// takeRows makes leaves of the scans of such tables.
func takeRows(n plan.Node) plan.Node {
	if scan, ok := n.(*plan.Scan); ok {
		if t, ok := scan.Table.Handle.(*rowTable); ok {
			return &plan.Remote{Site: scan.Site, Fragment: &rowScan{t, scan}, Tables: []plan.TableName{t.Name}, Cols: scan.Schema()}
		}
		return n
	}
	children := slices.Clone(n.Children())
	changed := false
	for i, c := range children {
		children[i] = takeRows(c)
		changed = changed || children[i] != c
	}
	if !changed {
		return n
	}
	return n.WithChildren(children)
}

// rowScan is the fragment of a table of rows.
type rowScan struct {
	table *rowTable
	scan  *plan.Scan
}

// Schema implements plan.Fragment.
func (s *rowScan) Schema() plan.Schema { return s.scan.Schema() }

// String implements plan.Fragment.
func (s *rowScan) String() string { return "metadata " + s.table.Location }

// Estimate implements connectors.Fragment.
func (s *rowScan) Estimate(context.Context) (connectors.Estimate, error) {
	return connectors.UnknownEstimate(), nil
}

// Admit implements connectors.Admitter.
func (s *rowScan) Admit(ctx context.Context, tx *connectors.Tx) error {
	return s.table.Turns.Admit(ctx, tx)
}

// Start implements connectors.Fragment.
func (s *rowScan) Start(_ context.Context, run connectors.Scan) (connectors.Execution, error) {
	return &rowExecution{rowScan: s, run: run}, nil
}

// rowExecution is one run: one split, which is read when it is opened.
type rowExecution struct {
	*rowScan
	run    connectors.Scan
	closed atomic.Bool
}

// Splits implements connectors.Execution.
func (x *rowExecution) Splits(context.Context) iter.Seq2[connectors.Split, error] {
	return func(yield func(connectors.Split, error) bool) { yield(x.table.Name, nil) }
}

// Open implements connectors.Execution.
func (x *rowExecution) Open(ctx context.Context, _ connectors.Split) (connectors.Reader, error) {
	if x.closed.Load() {
		return nil, x.table.fail(context.Canceled)
	}
	rows, err := x.table.Read(ctx, x.run.Usage)
	if err != nil {
		return nil, x.table.fail(err)
	}
	return &rowReader{rowExecution: x, rows: rows}, nil
}

// Close implements connectors.Execution.
func (x *rowExecution) Close() error {
	x.closed.Store(true)
	return nil
}

type rowReader struct {
	*rowExecution
	rows [][]types.Value
}

// Next implements connectors.Reader.
func (r *rowReader) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.closed.Load() {
		return nil, r.table.fail(context.Canceled)
	}
	n := min(len(r.rows), r.run.BatchRows)
	if n == 0 {
		return nil, io.EOF
	}
	fields := make([]arrow.Field, len(r.scan.Cols))
	for i, c := range r.scan.Cols {
		fields[i] = arrow.Field{Name: c.Name, Type: c.Type.Arrow(), Nullable: c.Nullable}
	}
	schema := arrow.NewSchema(fields, nil)
	b := array.NewRecordBuilder(r.run.Memory, schema)
	defer b.Release()
	for i, pos := range r.scan.Pos {
		for _, row := range r.rows[:n] {
			appendRow(b.Field(i), row[pos])
		}
	}
	r.rows = r.rows[n:]
	r.run.Usage.AddRows(int64(n))
	columns := make([]arrow.Array, len(fields))
	for i := range columns {
		columns[i] = b.Field(i).NewArray()
		defer columns[i].Release()
	}
	return array.NewRecordBatch(schema, columns, int64(n)), nil
}

// Close implements connectors.Reader.
func (r *rowReader) Close() error { return nil }

// appendRow appends a value of one of the types of Rows.
func appendRow(b array.Builder, v types.Value) {
	if v.Null {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.Int64Builder:
		b.Append(v.Int)
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v.Int))
	case *array.BooleanBuilder:
		b.Append(v.Int != 0)
	case *array.StringBuilder:
		b.Append(v.Str)
	}
}
