package plan

import (
	"slices"

	"github.com/silogate/silogate/engine/expr"
)

// Stateful reports whether an expression of n or below it is stateful (expr.Fallback.Stateful).
func Stateful(n Node) bool {
	return expr.Stateful(Expressions(n)...) || slices.ContainsFunc(n.Children(), Stateful)
}

// Expressions returns the expressions that n itself evaluates, its inputs not included.
func Expressions(n Node) []expr.Expr {
	switch n := n.(type) {
	case *Filter:
		return n.Conds
	case *Project:
		return exprsOf(n.Exprs)
	case *Join:
		return n.On
	case *Apply:
		return n.On
	case *Aggregate:
		list := exprsOf(n.Groups)
		for _, a := range n.Aggs {
			list = append(list, a.Args...)
			list = append(list, keyExprs(a.OrderBy)...)
		}
		return list
	case *Repeat:
		return []expr.Expr{n.Times}
	case *Rollup:
		return exprsOf(n.Keys)
	case *Window:
		return n.expressions()
	case *Sort:
		return keyExprs(n.Keys)
	case *Limit:
		return keyExprs(n.Keys)
	case *JSONTable:
		return []expr.Expr{n.Doc}
	case *Values:
		var list []expr.Expr
		for _, row := range n.Rows {
			list = append(list, row...)
		}
		return list
	}
	return nil
}

func exprsOf(list []Projection) []expr.Expr {
	out := make([]expr.Expr, len(list))
	for i, p := range list {
		out[i] = p.Expr
	}
	return out
}

func keyExprs(keys []SortKey) []expr.Expr {
	out := make([]expr.Expr, len(keys))
	for i, k := range keys {
		out[i] = k.Expr
	}
	return out
}
