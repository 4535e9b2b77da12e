package sqlite

import (
	"context"
	"iter"
	"math"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/pushdown"
	"github.com/silogate/silogate/connectors/sqlgen"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// grower is pushdown.Source for one offered plan.
type grower struct {
	source  *source
	dialect *sqlgen.Dialect
}

// Take renders the step.
func (g *grower) Take(step plan.Node) pushdown.Answer {
	if subqueryDepth(step) > mostNested {
		return pushdown.No("SQLite nests subqueries to a certain depth only")
	}
	return g.dialect.Take(step)
}

// mostNested is about half of how deep EXISTS may nest before SQLite finds the expression too deep (SQLITE_MAX_EXPR_DEPTH).
const mostNested = 14

// subqueryDepth is how deep the joins of a plan nest that are written as subqueries of a condition.
func subqueryDepth(n plan.Node) int {
	depth := 0
	for i, c := range n.Children() {
		d := subqueryDepth(c)
		if j, ok := n.(*plan.Join); ok && i == 1 && j.Kind != plan.Inner && j.Kind != plan.Left {
			d++
		}
		depth = max(depth, d)
	}
	return depth
}

// MaxColumns implements pushdown.Narrow (SQLite's default SQLITE_MAX_COLUMN).
func (g *grower) MaxColumns() int { return 2000 }

// Fragment keeps the tree: its parameters are known only when it runs.
func (g *grower) Fragment(tree plan.Node) (connectors.Fragment, error) {
	shown, err := g.dialect.Render(tree, sqlgen.Options{})
	if err != nil {
		return nil, err
	}
	return &fragment{source: g.source, dialect: g.dialect, tree: tree, shown: shown.Text}, nil
}

// fragment is one SELECT.
type fragment struct {
	source  *source
	dialect *sqlgen.Dialect
	tree    plan.Node
	shown   string
}

func (f *fragment) Schema() plan.Schema { return f.tree.Schema() }

func (f *fragment) String() string { return f.shown }

// Costs of reading, in seconds: about a million rows of a table and two million values of a result in a second.
const (
	startCost    = 0.001
	secondsByRow = 1e-6
)

// Estimate counts the rows of the tables and leaves the rest to the planner's own estimates.
func (f *fragment) Estimate(context.Context) (connectors.Estimate, error) {
	scanned := scannedRows(f.tree)
	e := connectors.UnknownEstimate()
	e.StartCost = startCost
	e.Cost = startCost + secondsByRow*scanned
	e.Splits = 1
	if scan, ok := f.tree.(*plan.Scan); ok {
		e.Rows = scan.Table.Stats.Rows
		e.Bytes = scan.Table.Stats.Bytes
	}
	return e, nil
}

// scannedRows sums the rows of all tables below n; NaN if one is unknown.
func scannedRows(n plan.Node) float64 {
	if scan, ok := n.(*plan.Scan); ok {
		return math.Max(scan.Table.Stats.Rows, 0)
	}
	sum := 0.0
	for _, c := range n.Children() {
		sum += scannedRows(c)
	}
	return sum
}

// Start joins the statement's snapshot. The query itself is prepared when its split is opened.
func (f *fragment) Start(ctx context.Context, scan connectors.Scan) (connectors.Execution, error) {
	e := &execution{fragment: f, scan: scan}
	open := func(ctx context.Context) (*snapshot, error) {
		db, err := f.source.connect(ctx)
		if err != nil {
			return nil, err
		}
		return &snapshot{db: db}, nil
	}
	var err error
	if scan.Tx == nil {
		e.snapshot, err = open(ctx)
		e.own = true
		return e, err
	}
	shared, err := scan.Tx.Shared(ctx, f.source.connector, func(ctx context.Context) (closer, error) { return open(ctx) })
	if err != nil {
		return nil, err
	}
	e.snapshot = shared.(*snapshot)
	return e, nil
}

// execution is one run of a fragment: one split.
type execution struct {
	fragment *fragment
	scan     connectors.Scan
	snapshot *snapshot
	own      bool // the snapshot is closed with the execution, not with the statement
	readers  []*reader
}

// Splits yields the only one.
func (e *execution) Splits(context.Context) iter.Seq2[connectors.Split, error] {
	return func(yield func(connectors.Split, error) bool) { yield(struct{}{}, nil) }
}

// Open prepares the query, narrowed by what joins know by now.
func (e *execution) Open(ctx context.Context, _ connectors.Split) (connectors.Reader, error) {
	f := e.fragment
	q, err := f.dialect.Render(f.narrowed(e.scan.Dynamic), sqlgen.Options{Env: e.scan.Env})
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.Internal, err, "source %s", f.source.name)
	}
	e.scan.Usage.AddRequest()
	r, err := e.open(ctx, q)
	if err != nil {
		return nil, f.source.failed(err, "%s", tableNames(f.tree))
	}
	e.readers = append(e.readers, r)
	return r, nil
}

// narrowed adds the conditions of a dynamic filter that SQLite can evaluate.
func (f *fragment) narrowed(dynamic connectors.DynamicFilter) plan.Node {
	tree := f.tree
	if dynamic == nil {
		return tree
	}
	for _, c := range dynamic.Conds() {
		step := &plan.Filter{Input: tree, Conds: []expr.Expr{c}}
		if f.dialect.Take(step).Verdict != pushdown.None {
			tree = step
		}
	}
	return tree
}

// described checks that the tables were described in a state of this schema: values are read, and conditions were pushed,
// by the declared types and collations.
func (f *fragment) described(schema uint64) error {
	for _, t := range tablesOf(nil, f.tree) {
		if t.Handle.(*handle).schema != schema {
			return sqlerr.New(sqlerr.SourceChanged, "source %s: table %s changed since it was described", f.source.name, t.Name)
		}
	}
	return nil
}

// tablesOf appends the tables that a tree reads.
func tablesOf(dst []*plan.Table, n plan.Node) []*plan.Table {
	if scan, ok := n.(*plan.Scan); ok {
		return append(dst, scan.Table)
	}
	for _, c := range n.Children() {
		dst = tablesOf(dst, c)
	}
	return dst
}

// Close closes the readers.
func (e *execution) Close() error {
	for _, r := range e.readers {
		r.free()
	}
	if e.own {
		return e.snapshot.Close()
	}
	return nil
}

// tableNames lists the tables below n, for messages.
func tableNames(n plan.Node) string {
	if scan, ok := n.(*plan.Scan); ok {
		return "table " + scan.Table.Name.String()
	}
	names := ""
	for _, c := range n.Children() {
		if name := tableNames(c); name != "" && names != "" {
			names += ", " + name
		} else if name != "" {
			names = name
		}
	}
	return names
}
