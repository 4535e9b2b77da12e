package plan

import (
	"slices"

	"github.com/silogate/silogate/engine/expr"
)

// MapExprs returns n with each of its Expressions replaced by what f returns for it. Its inputs stay.
func MapExprs(n Node, f func(expr.Expr) expr.Expr) Node {
	switch n := n.(type) {
	case *Filter:
		return &Filter{Input: n.Input, Conds: mapList(n.Conds, f)}
	case *Project:
		return &Project{Input: n.Input, Exprs: mapProjections(n.Exprs, f)}
	case *Join:
		m := *n
		m.On = mapList(n.On, f)
		return &m
	case *Apply:
		m := *n
		m.On = mapList(n.On, f)
		return &m
	case *Aggregate:
		m := *n
		m.Groups, m.Aggs = mapProjections(n.Groups, f), slices.Clone(n.Aggs)
		for i, a := range n.Aggs {
			m.Aggs[i].Args, m.Aggs[i].OrderBy = mapList(a.Args, f), mapKeys(a.OrderBy, f)
		}
		return &m
	case *Repeat:
		m := *n
		m.Times = f(n.Times)
		return &m
	case *Rollup:
		m := *n
		m.Keys = mapProjections(n.Keys, f)
		return &m
	case *JSONTable:
		m := *n
		m.Doc = f(n.Doc)
		return &m
	case *Window:
		return n.mapExprs(f)
	case *Sort:
		return &Sort{Input: n.Input, Keys: mapKeys(n.Keys, f)}
	case *Limit:
		m := *n
		m.Keys = mapKeys(n.Keys, f)
		return &m
	case *Values:
		m := *n
		m.Rows = make([][]expr.Expr, len(n.Rows))
		for i, row := range n.Rows {
			m.Rows[i] = mapList(row, f)
		}
		return &m
	}
	return n
}

func mapList(list []expr.Expr, f func(expr.Expr) expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		out[i] = f(e)
	}
	return out
}

func mapProjections(list []Projection, f func(expr.Expr) expr.Expr) []Projection {
	out := slices.Clone(list)
	for i := range out {
		out[i].Expr = f(out[i].Expr)
	}
	return out
}

func mapKeys(keys []SortKey, f func(expr.Expr) expr.Expr) []SortKey {
	out := slices.Clone(keys)
	for i := range out {
		out[i].Expr = f(out[i].Expr)
	}
	return out
}
