package build

import (
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// substitute returns n with columns replaced by expressions everywhere in it.
func substitute(n plan.Node, with map[expr.ColumnID]expr.Expr) plan.Node {
	children := n.Children()
	if len(children) > 0 {
		changed := make([]plan.Node, len(children))
		for i, c := range children {
			changed[i] = substitute(c, with)
		}
		n = n.WithChildren(changed)
	}
	s := substitution(with)
	switch n := n.(type) {
	case *plan.Filter:
		m := *n
		m.Conds = s.list(n.Conds)
		return &m
	case *plan.Project:
		m := *n
		m.Exprs = s.projections(n.Exprs)
		return &m
	case *plan.Join:
		m := *n
		m.On = s.list(n.On)
		return &m
	case *plan.Apply:
		m := *n
		m.On = s.list(n.On)
		return &m
	case *plan.Aggregate:
		m := *n
		m.Groups = s.projections(n.Groups)
		m.Aggs = append([]plan.Agg(nil), n.Aggs...)
		for i, a := range m.Aggs {
			m.Aggs[i].Args, m.Aggs[i].OrderBy = s.list(a.Args), s.keys(a.OrderBy)
		}
		return &m
	case *plan.Repeat:
		m := *n
		m.Times = expr.Substitute(n.Times, with)
		return &m
	case *plan.Rollup:
		m := *n
		m.Keys = s.projections(n.Keys)
		return &m
	case *plan.Window:
		return n.MapExprs(func(e expr.Expr) expr.Expr { return expr.Substitute(e, s) })
	case *plan.Sort:
		m := *n
		m.Keys = s.keys(n.Keys)
		return &m
	case *plan.Limit:
		m := *n
		m.Keys = s.keys(n.Keys)
		return &m
	case *plan.JSONTable:
		m := *n
		m.Doc = expr.Substitute(n.Doc, s)
		return &m
	case *plan.Values:
		m := *n
		m.Rows = make([][]expr.Expr, len(n.Rows))
		for i, row := range n.Rows {
			m.Rows[i] = s.list(row)
		}
		return &m
	}
	return n
}

// substitution replaces columns by expressions.
type substitution map[expr.ColumnID]expr.Expr

func (s substitution) list(in []expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(in))
	for i, e := range in {
		out[i] = expr.Substitute(e, s)
	}
	return out
}

func (s substitution) projections(in []plan.Projection) []plan.Projection {
	out := make([]plan.Projection, len(in))
	for i, p := range in {
		out[i] = plan.Projection{Col: p.Col, Expr: expr.Substitute(p.Expr, s)}
	}
	return out
}

func (s substitution) keys(in []plan.SortKey) []plan.SortKey {
	out := make([]plan.SortKey, len(in))
	for i, k := range in {
		out[i] = plan.SortKey{Expr: expr.Substitute(k.Expr, s), Desc: k.Desc}
	}
	return out
}
