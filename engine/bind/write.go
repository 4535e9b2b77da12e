package bind

import (
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/engine/write"
)

// WriteKind is what a Write does.
type WriteKind string

// The kinds.
const (
	Insert  WriteKind = "insert"
	Replace WriteKind = "replace"
	Update  WriteKind = "update"
	Delete  WriteKind = "delete"
)

// Write is a statement that writes tables of Scratch, in GMS's tree: its root, below which there is nothing for GMS. The engine computes all
// that it writes. It runs once.
type Write struct {
	Kind   WriteKind
	Tables []WriteTable
	// Source is the query whose rows are written, or say which; nil: the rows are in the statement.
	Source *Leaf
	// Rows is how many rows are in the statement, Subqueries are what is in them.
	Rows       int
	Subqueries []*Leaf
	// Amends says that it has ON DUPLICATE KEY UPDATE.
	Amends bool
	// Keyed says that of an UPDATE or DELETE a LIMIT, or a key of each table that is written, bounds the rows (sql_safe_updates).
	Keyed bool
	// Several says that the client is told how many records there were: they may have been more than one.
	Several bool

	writing *writing
	run     func(ctx *sql.Context) (write.Outcome, error)
}

// WriteTable is a table that a Write writes.
type WriteTable struct {
	Name  plan.TableName
	Alias string // what the statement calls it
	Table sql.Table
}

var _ sql.ExecSourceRel = (*Write)(nil)

// WriteOf returns the Write that n is.
func WriteOf(n sql.Node) (*Write, bool) {
	w, ok := n.(*Write)
	return w, ok
}

// Run writes. Who calls it takes back what a statement that fails has written.
func (w *Write) Run(ctx *sql.Context) (write.Outcome, error) {
	out, err := w.run(ctx)
	if failure := w.writing.failed(); failure != nil {
		err = failure
	}
	return out, err
}

// Resolved implements sql.Node.
func (w *Write) Resolved() bool { return true }

// String implements sql.Node.
func (w *Write) String() string { return "Write" }

// Schema implements sql.Node: there are no rows.
func (w *Write) Schema(*sql.Context) sql.Schema { return nil }

// Children implements sql.Node.
func (w *Write) Children() []sql.Node { return nil }

// IsReadOnly implements sql.Node.
func (w *Write) IsReadOnly() bool { return false }

// WithChildren implements sql.Node.
func (w *Write) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 0 {
		return nil, sql.ErrInvalidChildrenNumber.New(w, len(children), 0)
	}
	return w, nil
}

// RowIter implements sql.ExecSourceRel. The front end runs a Write itself.
func (w *Write) RowIter(*sql.Context, sql.Row) (sql.RowIter, error) {
	return nil, sqlerr.New(sqlerr.Unsupported, "writes are not supported in this statement")
}

// takeWrite takes a statement that writes tables of Scratch; nil: it is another one.
func (b *Binder) takeWrite(ctx *sql.Context, a *analyzer.Analyzer, n sql.Node, flags *sql.QueryFlags) (*Write, error) {
	reads := []sql.Node{n}
	if insert, ok := n.(*gmsplan.InsertInto); ok {
		if values, ok := insert.Source.(*gmsplan.Values); ok {
			reads = append(reads, values)
		}
	}
	var take func(*userVariables) (*Write, error)
	switch n := n.(type) {
	case *gmsplan.Update:
		take = func(v *userVariables) (*Write, error) { return b.takeUpdate(ctx, a, n, v, flags) }
	case *gmsplan.DeleteFrom:
		take = func(v *userVariables) (*Write, error) { return b.takeDelete(ctx, a, n, v, flags) }
	case *gmsplan.InsertInto:
		take = func(v *userVariables) (*Write, error) { return b.takeInsert(ctx, a, n, v, flags) }
	default:
		return nil, nil
	}
	variables, err := assignedIn(ctx, reads...)
	if err != nil {
		return nil, err
	}
	if insert, ok := n.(*gmsplan.InsertInto); ok {
		if load, ok := insert.Source.(*gmsplan.LoadData); ok {
			variables = loadedVariables(ctx, load)
		}
	}
	return settled(variables, func() (*Write, error) { return take(variables) })
}

// writer begins the import of a write.
func (b *Binder) writer(ctx *sql.Context, n sql.Node, w *writing, variables *userVariables) *importer {
	im := b.newImporter(ctx, n, variables)
	im.own, im.writing, im.scans = true, w, make(map[*gmsplan.ResolvedTable]*storedScan)
	return im
}

// leafRows are the rows of a query, as values.
type leafRows struct {
	rows    Rows
	ctx     *sql.Context
	schema  plan.Schema
	writing *writing
	batch   arrow.RecordBatch
	at      int
	row     []types.Value
}

// start runs a query whose rows are written.
func (w *writing) start(ctx *sql.Context, leaf *Leaf) (*leafRows, error) {
	rows, err := leaf.runner(ctx, leaf)
	if err != nil {
		return nil, err
	}
	schema := leaf.Plan.Schema()
	return &leafRows{rows: rows, ctx: ctx, schema: schema, writing: w, row: make([]types.Value, len(schema))}, nil
}

// Next implements write.Rows.
func (r *leafRows) Next() ([]types.Value, error) {
	for r.batch == nil || r.at == int(r.batch.NumRows()) {
		r.release()
		batch, err := r.rows.Next(r.ctx)
		if failure := r.writing.failed(); failure != nil {
			if batch != nil {
				batch.Release()
			}
			return nil, failure
		}
		if err == io.EOF {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		r.batch, r.at = batch, 0
	}
	for i, c := range r.schema {
		v, err := valueAt(r.batch.Column(i), r.at, c.Type)
		if err != nil {
			return nil, err
		}
		r.row[i] = v
	}
	r.at++
	return r.row, nil
}

// Keep implements write.Rows.
func (r *leafRows) Keep(bytes int64) error { return r.rows.Keep(bytes) }

func (r *leafRows) release() {
	if r.batch != nil {
		r.batch.Release()
		r.batch = nil
	}
}

func (r *leafRows) close() error {
	r.release()
	return r.rows.Close()
}
