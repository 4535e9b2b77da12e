// Package liar is a source that answers wrongly, for tests of what finds that out. It takes every step of a plan as exact and
// runs what it took by the gateway's own executor, over rows in memory, after its Lie has changed it.
package liar

import (
	"context"
	"io"
	"iter"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/connectors/pushdown"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testengine"
)

// Source is a connector and its source: one table with rows.
type Source struct {
	Lie        func(plan.Node) plan.Node            // what is run in place of a tree; nil: the tree
	LieDynamic bool                                 // scans that joins narrow are empty
	Reading    func(context.Context, *Source) error // before each read; nil: nothing
	Turns      *connectors.Turns                    // nil: any number of statements

	table *plan.Table
	mu    sync.Mutex
	rows  [][]types.Value
}

// New makes a source of a table.
func New(table *plan.Table, rows ...[]types.Value) *Source { return &Source{table: table, rows: rows} }

// Append adds a row, which who reads a statement's snapshot does not see.
func (s *Source) Append(row ...types.Value) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows = append(slices.Clone(s.rows), row)
}

// Bind implements connectors.Connector.
func (s *Source) Bind(connectors.Principal) connectors.Source { return s }

// Close implements connectors.Connector.
func (s *Source) Close() error { return nil }

// Source implements optimize.Sources.
func (s *Source) Source(plan.Site) (connectors.Source, error) { return s, nil }

// List implements connectors.Source.
func (s *Source) List(_ context.Context, opts connectors.ListOptions) iter.Seq2[connectors.Listed, error] {
	return func(yield func(connectors.Listed, error) bool) {
		if !opts.Namespaces {
			yield(connectors.Listed{Name: s.table.Name}, nil)
		}
	}
}

// Table implements connectors.Source.
func (s *Source) Table(_ context.Context, name plan.TableName, _ connectors.AsOf) (*plan.Table, error) {
	if name != s.table.Name {
		return nil, sqlerr.New(sqlerr.UnknownTable, "no table %s", name)
	}
	return s.table, nil
}

// Pushdown implements connectors.Source.
func (s *Source) Pushdown(_ context.Context, n plan.Node) (plan.Node, error) {
	return pushdown.Grow(n, s)
}

// Take implements pushdown.Source.
func (s *Source) Take(plan.Node) pushdown.Answer { return pushdown.Exact() }

// Fragment implements pushdown.Source.
func (s *Source) Fragment(tree plan.Node) (connectors.Fragment, error) {
	return &fragment{s, tree}, nil
}

type fragment struct {
	source *Source
	tree   plan.Node
}

// Schema implements plan.Fragment.
func (f *fragment) Schema() plan.Schema { return f.tree.Schema() }

// String implements plan.Fragment.
func (f *fragment) String() string { return "as it likes" }

// Estimate implements connectors.Fragment.
func (f *fragment) Estimate(context.Context) (connectors.Estimate, error) {
	return connectors.UnknownEstimate(), nil
}

// Admit implements connectors.Admitter.
func (f *fragment) Admit(ctx context.Context, tx *connectors.Tx) error {
	if f.source.Turns == nil {
		return nil
	}
	return f.source.Turns.Admit(ctx, tx)
}

// Start implements connectors.Fragment.
func (f *fragment) Start(_ context.Context, scan connectors.Scan) (connectors.Execution, error) {
	return &execution{f, scan}, nil
}

type execution struct {
	*fragment
	scan connectors.Scan
}

// Splits implements connectors.Execution.
func (e *execution) Splits(context.Context) iter.Seq2[connectors.Split, error] {
	return func(yield func(connectors.Split, error) bool) { yield(0, nil) }
}

// Open implements connectors.Execution: it runs the tree.
func (e *execution) Open(ctx context.Context, _ connectors.Split) (connectors.Reader, error) {
	s := e.source
	if s.Reading != nil {
		if err := s.Reading(ctx, s); err != nil {
			return nil, err
		}
	}
	tree := e.tree
	_, bare := tree.(*plan.Scan)
	if bare && len(s.table.Required) > 0 {
		return nil, sqlerr.New(sqlerr.RequiredKeys, "table %s is read by its keys only", s.table.Name)
	}
	if !bare && s.Lie != nil {
		tree = s.Lie(tree)
	}
	if s.LieDynamic && len(e.scan.Dynamic.Conds()) > 0 {
		return &reader{}, nil
	}
	batches, err := testengine.Evaluate(ctx, s.fill(tree), conntest.Evaluation{Memory: e.scan.Memory, Env: e.scan.Env, Parallel: 1})
	if err != nil {
		for _, b := range batches {
			b.Release()
		}
		return nil, err
	}
	return &reader{batches}, nil
}

// Close implements connectors.Execution.
func (e *execution) Close() error { return nil }

// fill puts the rows in the place of the scans of a tree.
func (s *Source) fill(n plan.Node) plan.Node {
	if scan, ok := n.(*plan.Scan); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		v := &plan.Values{Cols: scan.Cols}
		for _, row := range s.rows {
			list := make([]expr.Expr, len(scan.Pos))
			for i, at := range scan.Pos {
				list[i] = &expr.Literal{Value: row[at], Typ: scan.Cols[i].Type}
			}
			v.Rows = append(v.Rows, list)
		}
		return v
	}
	children := n.Children()
	filled := make([]plan.Node, len(children))
	for i, c := range children {
		filled[i] = s.fill(c)
	}
	return n.WithChildren(filled)
}

type reader struct{ batches []arrow.RecordBatch }

// Next implements connectors.Reader.
func (r *reader) Next(context.Context) (arrow.RecordBatch, error) {
	if len(r.batches) == 0 {
		return nil, io.EOF
	}
	b := r.batches[0]
	r.batches = r.batches[1:]
	return b, nil
}

// Close implements connectors.Reader.
func (r *reader) Close() error {
	for _, b := range r.batches {
		b.Release()
	}
	r.batches = nil
	return nil
}

// Lying returns a Lie: a tree that calls a function of arguments of a kind as its first is answered with no rows, or, for an
// aggregate function, as if it had none.
func Lying(function string, kind types.Kind) func(plan.Node) plan.Node {
	var lie func(plan.Node) plan.Node
	lie = func(n plan.Node) plan.Node {
		children := slices.Clone(n.Children())
		for i, c := range children {
			children[i] = lie(c)
		}
		n = n.WithChildren(children)
		if a, ok := n.(*plan.Aggregate); ok && slices.ContainsFunc(a.Aggs, func(a plan.Agg) bool {
			return string(a.Func) == function && a.Args[0].Type().Kind == kind
		}) {
			return n.WithChildren([]plan.Node{&plan.Values{Cols: a.Input.Schema()}})
		}
		for _, e := range plan.Expressions(n) {
			found := false
			expr.Walk(e, func(e expr.Expr) bool {
				c, ok := e.(*expr.Call)
				found = found || ok && string(c.Func) == function && c.Args[0].Type().Kind == kind
				return true
			})
			if found {
				return &plan.Values{Cols: n.Schema()}
			}
		}
		return n
	}
	return lie
}
