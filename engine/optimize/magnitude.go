package optimize

import (
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// Magnified returns a bound plan with the columns of root and, behind them, magnitudes of those that are near (Comparison): what
// the order of addition changes a value by is a part of, which is SUM(ABS(x)) for SUM(x). The value itself may be much less, where
// what is added up nearly cancels. at has for each column of root the position of its magnitude, -1 where none can be had.
func Magnified(root plan.Node) (n plan.Node, at []int) {
	d := newDeterminacy()
	d.node(root)
	m := &magnifier{determinacy: d, ids: newIDs(root), of: make(map[expr.ColumnID]plan.Column), bound: make(map[int]magnified)}
	return m.closed(root)
}

// magnifier carries magnitudes from where values are added up to where they are in the result.
type magnifier struct {
	*determinacy
	ids   *ids
	of    map[expr.ColumnID]plan.Column // the magnitudes of columns
	bound map[int]magnified             // of CTEs
}

// magnified is the columns of a plan and where their magnitudes are.
type magnified struct {
	cols plan.Schema
	at   []int
}

// closed is a plan with its columns in their places and the magnitudes behind them.
func (m *magnifier) closed(n plan.Node) (plan.Node, []int) {
	own, out := n.Schema(), m.node(n)
	exprs, at := passAll(own), make([]int, len(own))
	for i, c := range own {
		at[i] = -1
		if col, ok := m.of[c.ID]; ok {
			exprs, at[i] = carry(exprs, col)
		}
	}
	if len(out.Schema()) == len(own) {
		return out, at
	}
	return &plan.Project{Input: out, Exprs: exprs}, at
}

// carry has a projection pass a column on, and returns its position.
func carry(list []plan.Projection, c plan.Column) ([]plan.Projection, int) {
	if i := slices.IndexFunc(list, func(p plan.Projection) bool { return p.Col.ID == c.ID }); i >= 0 {
		return list, i
	}
	return append(list, plan.Projection{Col: c, Expr: c.Ref()}), len(list)
}

// plain is a plan that may have no more columns.
func (m *magnifier) plain(n plan.Node) plan.Node {
	out := m.node(n)
	for _, c := range n.Schema() {
		delete(m.of, c.ID)
	}
	if own := n.Schema(); len(out.Schema()) > len(own) {
		return &plan.Project{Input: out, Exprs: passAll(own)}
	}
	return out
}

// node is a plan with magnitudes among its columns.
func (m *magnifier) node(n plan.Node) plan.Node {
	switch n := n.(type) {
	case *plan.Project:
		return m.project(n)
	case *plan.Aggregate:
		return m.grouped(n)
	case *plan.Union:
		return m.union(n)
	case *plan.CTERef:
		return m.read(n)
	case *plan.With:
		out := &plan.With{Bindings: slices.Clone(n.Bindings)}
		for i, b := range n.Bindings {
			p, at := m.closed(b.Plan)
			m.bound[b.ID] = magnified{p.Schema(), at}
			out.Bindings[i].Plan = p
		}
		out.Body = m.node(n.Body)
		return out
	case *plan.Recursive:
		return mapChildren(n, m.plain)
	case *plan.Join:
		switch n.Kind {
		case plan.Inner, plan.Left, plan.Full:
		default: // the columns of the right side are not its own, or there is one
			return n.WithChildren([]plan.Node{m.node(n.Left), m.plain(n.Right)})
		}
	case *plan.Apply:
		if n.Kind != plan.ApplyInner && n.Kind != plan.ApplyLeft {
			return n.WithChildren([]plan.Node{m.node(n.Outer), m.plain(n.Inner)})
		}
	}
	return mapChildren(n, m.node)
}

func (m *magnifier) project(n *plan.Project) plan.Node {
	out := &plan.Project{Input: m.node(n.Input), Exprs: slices.Clone(n.Exprs)}
	for _, p := range n.Exprs {
		if m.vague[p.Col.ID] != rounded {
			continue
		}
		if c, ok := p.Expr.(*expr.Column); ok {
			if col, ok := m.of[c.ID]; ok {
				out.Exprs, _ = carry(out.Exprs, col)
				m.of[p.Col.ID] = col
			}
		} else if e, ok := m.magnitude(p.Expr); ok {
			col := m.define(e.Type())
			out.Exprs = append(out.Exprs, plan.Projection{Col: col, Expr: e})
			m.of[p.Col.ID] = col
		}
	}
	return out
}

func (m *magnifier) grouped(n *plan.Aggregate) plan.Node {
	out := &plan.Aggregate{Input: m.node(n.Input), Groups: n.Groups, Aggs: slices.Clone(n.Aggs)}
	for _, a := range n.Aggs {
		if m.vague[a.Col.ID] != rounded {
			continue
		}
		f := a.Func
		if f == plan.Min {
			f = plan.Max
		}
		e, ok := m.magnitude(a.Args[0])
		if !ok {
			continue
		}
		if t, err := expr.AggType(string(f), []expr.Expr{e}); err == nil {
			col := m.define(t)
			out.Aggs = append(out.Aggs, plan.Agg{Col: col, Func: f, Args: []expr.Expr{e}})
			m.of[a.Col.ID] = col
		}
	}
	return out
}

// union has magnitudes of the columns of which all inputs have one.
func (m *magnifier) union(n *plan.Union) plan.Node {
	out := &plan.Union{Cols: slices.Clone(n.Cols)}
	lists := make([][]plan.Projection, len(n.Inputs))
	for i, in := range n.Inputs {
		out.Inputs = append(out.Inputs, m.node(in))
		lists[i] = passAll(in.Schema())
	}
	for at, c := range n.Cols {
		if m.vague[c.ID] != rounded {
			continue
		}
		var all []expr.Expr
		for _, in := range n.Inputs {
			if e, ok := m.magnitude(in.Schema()[at].Ref()); ok {
				all = append(all, e)
			}
		}
		if len(all) < len(n.Inputs) {
			continue
		}
		for i, e := range all {
			lists[i] = append(lists[i], plan.Projection{Col: m.define(e.Type()), Expr: e})
		}
		col := m.define(all[0].Type())
		out.Cols = append(out.Cols, col)
		m.of[c.ID] = col
	}
	for i, in := range out.Inputs {
		if len(in.Schema()) != len(n.Cols) || len(out.Cols) != len(n.Cols) {
			out.Inputs[i] = &plan.Project{Input: in, Exprs: lists[i]}
		}
	}
	return out
}

func (m *magnifier) read(n *plan.CTERef) plan.Node {
	out, b := *n, m.bound[n.ID]
	out.Cols = slices.Clone(n.Cols)
	for _, c := range b.cols[len(n.Cols):] {
		out.Cols = append(out.Cols, m.ids.column(c))
	}
	for i, at := range b.at {
		if at >= 0 {
			m.of[n.Cols[i].ID] = out.Cols[at]
		}
	}
	return &out
}

func (m *magnifier) define(t types.Type) plan.Column {
	return m.ids.column(plan.Column{Name: "magnitude", Type: t, Nullable: true})
}

// magnitude is an expression that is at least the absolute value of e, and of which what may be wrong with e is a part. What is
// divided by a sum has none: the sum may be nearly 0.
func (m *magnifier) magnitude(e expr.Expr) (expr.Expr, bool) {
	if !m.adds(e) {
		return made(expr.Abs, e)
	}
	switch e := e.(type) {
	case *expr.Column:
		col, ok := m.of[e.ID]
		return col.Ref(), ok
	case *expr.Cast:
		return m.magnitude(e.Arg)
	case *expr.Call:
		switch e.Func {
		case expr.Neg, expr.Abs:
			return m.magnitude(e.Args[0])
		case expr.Mul, expr.Div:
			if e.Func == expr.Div && m.adds(e.Args[1]) {
				return nil, false
			}
			a, ok := m.magnitude(e.Args[0])
			b, known := m.magnitude(e.Args[1])
			if !ok || !known {
				return nil, false
			}
			return made(e.Func, a, b)
		}
	}
	return nil, false
}

// adds reports an expression that reads what is not determined.
func (m *magnifier) adds(e expr.Expr) bool {
	for id := range columnsOf(e) {
		if m.vague[id] == rounded {
			return true
		}
	}
	return false
}

// made is a function of DOUBLE.
func made(f expr.Func, args ...expr.Expr) (expr.Expr, bool) {
	double := types.Of(types.Float64)
	list := make([]expr.Expr, len(args))
	var err error
	for i, a := range args {
		if list[i], err = expr.NewCast(a, double); err != nil {
			return nil, false
		}
	}
	e, err := expr.New(f, list...)
	if err == nil {
		e, err = expr.NewCast(e, double)
	}
	return e, err == nil
}
