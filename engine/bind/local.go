package bind

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// localSource is the source of what GMS owns in one statement: tables of information_schema, mysql and scratch databases,
// and table functions. It takes scans and nothing above them.
type localSource struct {
	ctx   *sql.Context // of the statement: its session, user and variables
	build sql.NodeExecBuilder

	tables []*localTable // those that are stored
}

// pin has the tables read as they were when the statement began that is about to run.
func (s *localSource) pin(ctx *sql.Context) (err error) {
	for _, t := range s.tables {
		if t.rows, err = t.stored.Snapshot(ctx); err != nil {
			return err
		}
	}
	return nil
}

// localTable is the Handle of a table of a localSource.
type localTable struct {
	node   sql.Node
	schema sql.Schema
	stored Stored   // nil: GMS reads the node
	rows   Snapshot // of stored, once the statement runs
	name   plan.TableName
	called string // by the statement; "": by its name
}

// localNode imports a leaf of GMS's tree that GMS reads.
func (im *importer) localNode(n sql.Node, ids sql.ColSet) (relation, error) {
	if im.local == nil {
		im.local = &localSource{ctx: im.ctx, build: im.binder.engine.Analyzer.ExecBuilder}
	}
	schema := n.Schema(im.ctx)
	handle := &localTable{node: n, schema: schema, stored: stored(n)}
	t := &plan.Table{Kind: plan.SystemTable}
	if handle.stored != nil {
		described := *handle.stored.Describe(im.ctx)
		handle.name = described.Name
		described.Columns = nil
		t = &described
		im.local.tables = append(im.local.tables, handle)
	}
	t.Handle = handle
	scan := &plan.Scan{Site: LocalSite, Table: t}
	rel := relation{node: scan}
	for i, c := range schema {
		typ, err := FromGMS(c.Type)
		if err != nil {
			return relation{}, err
		}
		t.Columns = append(t.Columns, plan.TableColumn{Name: c.Name, Type: typ, Nullable: c.Nullable})
		im.last++
		col := plan.Column{ID: im.last, Name: c.Name, Type: typ, Nullable: c.Nullable}
		scan.Cols, scan.Pos = append(scan.Cols, col), append(scan.Pos, i)
		rel.cols = append(rel.cols, column{name: c.Name, Column: col})
		if rt, ok := n.(*gmsplan.ResolvedTable); ok {
			im.origins[col.ID] = origin{database: rt.Database().Name(), table: rt.UnderlyingTable(), column: c}
		}
	}
	t.Name = localName(n)
	if rt, ok := n.(*gmsplan.ResolvedTable); ok {
		im.rowKey(rt, scan)
	}
	im.called(t.Name.Name, rel)
	return rel.renamed(ids, nil), nil
}

func localName(n sql.Node) plan.TableName {
	switch n := n.(type) {
	case *gmsplan.ResolvedTable:
		return plan.TableName{Namespace: n.Database().Name(), Name: n.Name()}
	case sql.Nameable:
		return plan.TableName{Name: n.Name()}
	}
	return plan.TableName{Name: statementKind(n)}
}

var _ connectors.Source = (*localSource)(nil)

// List implements connectors.Source. There is nothing to browse: the tables are part of the plan.
func (s *localSource) List(context.Context, connectors.ListOptions) iter.Seq2[connectors.Listed, error] {
	return func(func(connectors.Listed, error) bool) {}
}

// Table implements connectors.Source.
func (s *localSource) Table(_ context.Context, name connectors.TableName, _ connectors.AsOf) (*connectors.Table, error) {
	return nil, sqlerr.New(sqlerr.UnknownTable, "the gateway has no table %s", name)
}

// Pushdown implements connectors.Source: every scan becomes a Remote, one whose rows a condition finds by a key reads those alone, and what is
// above stays.
func (s *localSource) Pushdown(ctx context.Context, n plan.Node) (plan.Node, error) {
	if scan, ok := n.(*plan.Scan); ok {
		t, ok := scan.Table.Handle.(*localTable)
		if !ok {
			return nil, sqlerr.New(sqlerr.Internal, "%s is no table of the gateway", scan.Table.Name)
		}
		return s.remote(scan, t), nil
	}
	if filter, ok := n.(*plan.Filter); ok {
		if scan, ok := filter.Input.(*plan.Scan); ok {
			if found := s.found(scan, filter.Conds); found != nil {
				return &plan.Filter{Input: found, Conds: filter.Conds}, nil
			}
		}
	}
	children := slices.Clone(n.Children())
	for i, c := range children {
		taken, err := s.Pushdown(ctx, c)
		if err != nil {
			return nil, err
		}
		children[i] = taken
	}
	return n.WithChildren(children), nil
}

func (s *localSource) remote(scan *plan.Scan, t *localTable) *plan.Remote {
	f := &localFragment{source: s, table: t, name: scan.Table.Name, cols: scan.Cols, pos: scan.Pos, rows: scan.Table.Stats.Rows}
	return &plan.Remote{Site: scan.Site, Fragment: f, Tables: []plan.TableName{f.name}, Cols: scan.Cols}
}

// localFragment reads columns of one table.
type localFragment struct {
	source *localSource
	table  *localTable
	name   plan.TableName
	cols   plan.Schema
	pos    []int
	rows   float64 // about so many
	points *points // nil: it reads all rows
}

// Schema implements plan.Fragment.
func (f *localFragment) Schema() plan.Schema { return f.cols }

// String implements plan.Fragment.
func (f *localFragment) String() string {
	if f.points != nil {
		return "read " + f.name.String() + " by key " + f.points.key
	}
	return "read " + f.name.String()
}

// Called implements plan.TableReader.
func (f *localFragment) Called() string { return f.table.called }

// Finds implements plan.TableReader.
func (f *localFragment) Finds() bool { return f.points != nil }

// Estimate implements connectors.Fragment.
func (f *localFragment) Estimate(context.Context) (connectors.Estimate, error) {
	estimate := connectors.UnknownEstimate()
	estimate.Splits = 1
	switch {
	case f.points != nil:
		estimate.Rows = float64(len(f.points.rows))
	case f.table.stored != nil:
		estimate.Rows = f.rows
	}
	return estimate, nil
}

// Start implements connectors.Fragment.
func (f *localFragment) Start(_ context.Context, scan connectors.Scan) (connectors.Execution, error) {
	return &localExecution{fragment: f, scan: scan}, nil
}

// localExecution is one run, of one split.
type localExecution struct {
	fragment *localFragment
	scan     connectors.Scan
	readers  []*localReader
}

// Splits implements connectors.Execution.
func (e *localExecution) Splits(context.Context) iter.Seq2[connectors.Split, error] {
	return func(yield func(connectors.Split, error) bool) { yield(nil, nil) }
}

// Open implements connectors.Execution.
func (e *localExecution) Open(ctx context.Context, _ connectors.Split) (connectors.Reader, error) {
	f := e.fragment
	if f.table.stored != nil {
		rows := f.table.rows.Read
		if f.points != nil {
			rows = func(pos []int) ValueReader { return &pointReader{points: f.points, rows: f.table.rows, pos: pos} }
		}
		return &storedReader{fragment: f, scan: e.scan, rows: rows(f.pos), row: make([]types.Value, len(f.cols))}, nil
	}
	sqlCtx := f.source.ctx.WithContext(ctx)
	rows, err := f.source.build.Build(sqlCtx, f.table.node, nil)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", f.name, Translate(err))
	}
	r := &localReader{fragment: f, scan: e.scan, ctx: sqlCtx, rows: rows}
	e.readers = append(e.readers, r)
	return r, nil
}

// Close implements connectors.Execution.
func (e *localExecution) Close() error {
	var errs []error
	for _, r := range e.readers {
		errs = append(errs, r.Close())
	}
	return errors.Join(errs...)
}

// localReader turns rows of GMS into batches.
type localReader struct {
	fragment *localFragment
	scan     connectors.Scan
	ctx      *sql.Context
	rows     sql.RowIter
	done     bool // rows has ended; some iterators of GMS would begin again
}

// Next implements connectors.Reader.
func (r *localReader) Next(context.Context) (arrow.RecordBatch, error) {
	if r.rows == nil || r.done {
		return nil, io.EOF
	}
	return readBatch(r.fragment, r.scan, func(builders []array.Builder) (bool, error) {
		row, err := r.rows.Next(r.ctx)
		if err == io.EOF || err == nil && len(row) == 0 { // what GMS has of a table that it keeps empty
			r.done = true
			return false, nil
		}
		if err != nil {
			return false, Translate(err)
		}
		return true, Translate(r.append(builders, row))
	})
}

func (r *localReader) append(builders []array.Builder, row sql.Row) error {
	f := r.fragment
	for i, c := range f.cols {
		at := f.pos[i]
		v, err := fromGMS(r.ctx, row[at], f.table.schema[at].Type, c.Type, sessionLocation(r.ctx))
		if err != nil {
			return err
		}
		if err := appendValue(builders[i], v, c.Type); err != nil {
			return err
		}
	}
	return nil
}

// storedReader turns rows of a Snapshot into batches.
type storedReader struct {
	fragment *localFragment
	scan     connectors.Scan
	rows     ValueReader
	row      []types.Value
	done     bool
}

// Next implements connectors.Reader.
func (r *storedReader) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return readBatch(r.fragment, r.scan, func(builders []array.Builder) (bool, error) {
		if r.done {
			return false, nil
		}
		ok, err := r.rows.Next(r.row)
		if err != nil || !ok {
			r.done = err == nil
			return false, err
		}
		for i, c := range r.fragment.cols {
			if err := appendValue(builders[i], r.row[i], c.Type); err != nil {
				return false, err
			}
		}
		return true, nil
	})
}

// Close implements connectors.Reader.
func (r *storedReader) Close() error { return nil }

// readBatch makes a batch of the rows that next appends until there are none, which it reports, or the scan's number of them; io.EOF if it is none.
func readBatch(f *localFragment, scan connectors.Scan, next func([]array.Builder) (bool, error)) (arrow.RecordBatch, error) {
	builders := make([]array.Builder, len(f.cols))
	for i, c := range f.cols {
		builders[i] = array.NewBuilder(scan.Memory, c.Type.Arrow())
		defer builders[i].Release()
	}
	rows := 0
	for rows < scan.BatchRows {
		ok, err := next(builders)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", f.name, err)
		}
		if !ok {
			break
		}
		rows++
	}
	if rows == 0 {
		return nil, io.EOF
	}
	scan.Usage.AddRows(int64(rows))
	return newBatch(f.cols, builders, rows), nil
}

// newBatch takes what the builders hold.
func newBatch(cols plan.Schema, builders []array.Builder, rows int) arrow.RecordBatch {
	fields := make([]arrow.Field, len(cols))
	arrays := make([]arrow.Array, len(cols))
	for i, b := range builders {
		arrays[i] = b.NewArray()
		defer arrays[i].Release()
		fields[i] = arrow.Field{Name: cols[i].Name, Type: arrays[i].DataType(), Nullable: true}
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), arrays, int64(rows))
}

// Close implements connectors.Reader.
func (r *localReader) Close() error {
	if r.rows == nil {
		return nil
	}
	err := r.rows.Close(r.ctx)
	r.rows = nil
	return err
}
