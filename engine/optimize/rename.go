package optimize

import (
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// renamed returns the same plan over new columns. Those that n reads from an outer side keep their ids, and so do CTEs.
func (s *ids) renamed(n plan.Node) plan.Node {
	to := make(map[expr.ColumnID]expr.ColumnID)
	walk(n, func(n plan.Node) {
		for _, c := range n.Schema() {
			if _, ok := to[c.ID]; !ok {
				to[c.ID] = s.column(c).ID
			}
		}
	})
	reference := func(e expr.Expr) expr.Expr {
		c, ok := e.(*expr.Column)
		if !ok || to[c.ID] == 0 {
			return e
		}
		d := *c
		d.ID = to[c.ID]
		return &d
	}
	return transform(n, func(n plan.Node) plan.Node {
		n = plan.MapExprs(n, func(e expr.Expr) expr.Expr { return expr.Transform(e, reference) })
		return redefine(n, func(c plan.Column) plan.Column {
			c.ID = to[c.ID]
			return c
		})
	})
}

// redefine replaces the columns that a node defines or passes on.
func redefine(n plan.Node, column func(plan.Column) plan.Column) plan.Node {
	schema := func(s plan.Schema) plan.Schema {
		out := make(plan.Schema, len(s))
		for i, c := range s {
			out[i] = column(c)
		}
		return out
	}
	projections := func(list []plan.Projection) []plan.Projection {
		out := slices.Clone(list)
		for i := range out {
			out[i].Col = column(out[i].Col)
		}
		return out
	}
	switch n := n.(type) {
	case *plan.Scan:
		m := *n
		m.Cols = schema(n.Cols)
		return &m
	case *plan.Project:
		return &plan.Project{Input: n.Input, Exprs: projections(n.Exprs)}
	case *plan.Join:
		m := *n
		if n.Kind == plan.Mark {
			m.Mark = column(n.Mark)
		}
		return &m
	case *plan.Apply:
		m := *n
		if n.Kind == plan.ApplyExists || n.Kind == plan.ApplyIn {
			m.Mark = column(n.Mark)
		}
		return &m
	case *plan.Aggregate:
		m := &plan.Aggregate{Input: n.Input, Groups: projections(n.Groups), Aggs: slices.Clone(n.Aggs)}
		for i := range m.Aggs {
			m.Aggs[i].Col = column(m.Aggs[i].Col)
		}
		return m
	case *plan.Rollup:
		return &plan.Rollup{Input: n.Input, Keys: projections(n.Keys), Level: column(n.Level)}
	case *plan.Window:
		m := *n
		m.Funcs = slices.Clone(n.Funcs)
		for i := range m.Funcs {
			m.Funcs[i].Col = column(m.Funcs[i].Col)
		}
		return &m
	case *plan.Union:
		return &plan.Union{Inputs: n.Inputs, Cols: schema(n.Cols)}
	case *plan.Values:
		return &plan.Values{Rows: n.Rows, Cols: schema(n.Cols)}
	case *plan.JSONTable:
		m := *n
		m.Cols = schema(n.Cols)
		return &m
	case *plan.Recursive:
		m := *n
		m.Cols = schema(n.Cols)
		return &m
	case *plan.Working:
		m := *n
		m.Cols = schema(n.Cols)
		return &m
	case *plan.CTERef:
		m := *n
		m.Cols = schema(n.Cols)
		return &m
	case *plan.Keys:
		return &plan.Keys{Cols: schema(n.Cols)}
	}
	return n
}
