package bind

import (
	"context"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// Explain says what a statement wants of its plan.
type Explain uint8

// The modes of a Leaf.
const (
	Run            Explain = iota // the rows
	ExplainPlan                   // EXPLAIN: the optimized plan
	ExplainAnalyze                // EXPLAIN ANALYZE: run it, then the plan with what was measured
)

// Leaf is a query that the engine runs, in GMS's tree: a relation without children that GMS can't look into. It is immutable.
type Leaf struct {
	// Plan is the imported query. Its root's schema has one column for each of Columns, by position.
	Plan plan.Node
	// Columns are the result's columns under the names the client sees.
	Columns sql.Schema
	// Shown is what clients are told of each of Columns beyond its type.
	Shown []Shown
	// Explain is set by LeafOf for EXPLAIN statements.
	Explain Explain
	// JSON is set with Explain for FORMAT=JSON.
	JSON bool
	// Local are the sources of the gateway's own tables that Plan scans, as the session sees them, by their sites; nil if there are
	// none.
	Local map[plan.Site]connectors.Source

	params  []param
	runner  Runner
	own     bool     // holds what belongs to the session that it was bound in
	writing *writing // nil: it is no part of a write
}

// LocalSite is the site of GMS-owned tables in a Leaf's plan.
var LocalSite = plan.Site{Source: "(gateway)"}

// Rows streams the result of a Leaf. A batch that Next returns belongs to the caller; io.EOF ends.
type Rows interface {
	Next(ctx context.Context) (arrow.RecordBatch, error)
	// Keep accounts for bytes that the reader keeps until Close; sqlerr.OutOfMemory: the query may not have so many.
	Keep(bytes int64) error
	Close() error
}

// Runner executes a Leaf for GMS, which asks for rows where a federated query is part of a statement of its own.
type Runner func(*sql.Context, *Leaf) (Rows, error)

var _ sql.ExecSourceRel = (*Leaf)(nil)

// LeafOf returns the Leaf that n is: the whole statement is a federated query, or an EXPLAIN of one.
func LeafOf(n sql.Node) (*Leaf, bool) {
	switch n := n.(type) {
	case *Leaf:
		return n, true
	case *gmsplan.DescribeQuery:
		inner, ok := n.Query().(*Leaf)
		if !ok {
			return nil, false
		}
		leaf := *inner
		leaf.Explain = ExplainPlan
		if n.Format.Analyze {
			leaf.Explain = ExplainAnalyze
		}
		leaf.JSON = n.Format.Debug // see jsonFormat
		return &leaf, true
	}
	return nil, false
}

// Params evaluates the run-time constants of the plan: expr.Param i has the i-th value.
func (l *Leaf) Params(ctx *sql.Context) ([]types.Value, error) {
	values := make([]types.Value, len(l.params))
	for i := range l.params {
		v, err := l.params[i].value(ctx)
		if err != nil {
			return nil, Translate(err)
		}
		values[i] = v
	}
	return values, nil
}

// Shared reports whether any session may run the leaf, several at the same time: nothing in it is the own of the session that
// it was bound in.
func (l *Leaf) Shared() bool { return !l.own && len(l.Local) == 0 }

// Stored names the tables of Scratch that the leaf reads, by database.
func (l *Leaf) Stored() []plan.TableName {
	local, _ := l.Local[LocalSite].(*localSource)
	if local == nil {
		return nil
	}
	var names []plan.TableName
	for _, t := range local.tables {
		names = append(names, t.name)
	}
	return names
}

// Fits reports whether the user variables that the leaf reads have the types in ctx that they had when it was bound.
func (l *Leaf) Fits(ctx *sql.Context) bool {
	for _, p := range l.params {
		v, ok := p.source.(*expression.UserVar)
		if !ok {
			continue
		}
		t, _, err := ctx.GetUserVariable(ctx, v.Name)
		if t == nil {
			t = gmstypes.Null
		}
		if err != nil || !t.Equals(v.Type(ctx)) {
			return false
		}
	}
	return true
}

// Resolved implements sql.Node.
func (l *Leaf) Resolved() bool { return true }

// String implements sql.Node.
func (l *Leaf) String() string { return "Federated" }

// Schema implements sql.Node.
func (l *Leaf) Schema(*sql.Context) sql.Schema { return l.Columns }

// Children implements sql.Node.
func (l *Leaf) Children() []sql.Node { return nil }

// IsReadOnly implements sql.Node.
func (l *Leaf) IsReadOnly() bool { return true }

// WithChildren implements sql.Node.
func (l *Leaf) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 0 {
		return nil, sql.ErrInvalidChildrenNumber.New(l, len(children), 0)
	}
	return l, nil
}

// RowIter implements sql.ExecSourceRel by running the plan with the Binder's Runner.
//
// GMS expects the rows of a subquery to start with the row of the statement around it.
func (l *Leaf) RowIter(ctx *sql.Context, outer sql.Row) (sql.RowIter, error) {
	rows, err := l.runner(ctx, l)
	if err != nil {
		return nil, err
	}
	return &leafIter{leaf: l, rows: rows, outer: outer, loc: sessionLocation(ctx)}, nil
}

// leafIter turns batches into GMS rows.
type leafIter struct {
	leaf  *Leaf
	rows  Rows
	outer sql.Row
	loc   *time.Location
	batch arrow.RecordBatch
	at    int
}

// Next implements sql.RowIter.
func (it *leafIter) Next(ctx *sql.Context) (sql.Row, error) {
	for it.batch == nil || it.at == int(it.batch.NumRows()) {
		it.release()
		batch, err := it.rows.Next(ctx)
		if err != nil {
			return nil, err
		}
		it.batch, it.at = batch, 0
	}
	schema := it.leaf.Plan.Schema()
	row := make(sql.Row, 0, len(it.outer)+len(schema))
	row = append(row, it.outer...)
	for i, col := range schema {
		v, err := valueAt(it.batch.Column(i), it.at, col.Type)
		if err != nil {
			return nil, err
		}
		x, err := toGMS(ctx, v, col.Type, it.leaf.Columns[i].Type, it.loc)
		if err != nil {
			return nil, err
		}
		row = append(row, x)
	}
	it.at++
	return row, nil
}

// Close implements sql.RowIter.
func (it *leafIter) Close(*sql.Context) error {
	it.release()
	return it.rows.Close()
}

func (it *leafIter) release() {
	if it.batch != nil {
		it.batch.Release()
		it.batch = nil
	}
}

var _ sql.RowIter = (*leafIter)(nil)
