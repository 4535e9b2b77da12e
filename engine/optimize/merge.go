package optimize

import (
	"context"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// merge joins a Project with the Project below it and removes one that hands on just what it gets. It does not compute
// anything twice: a column that is more than a reference or a constant, and is read more than once, keeps the lower
// Project, and so does a volatile or row-wise one, which might move into a branch.
func merge(_ context.Context, _ *planner, root plan.Node) (plan.Node, error) {
	return transform(root, func(n plan.Node) plan.Node {
		top, ok := n.(*plan.Project)
		if !ok {
			return n
		}
		if below, ok := top.Input.(*plan.Project); ok && mergeable(top, below) {
			stands := make(map[expr.ColumnID]expr.Expr, len(below.Exprs))
			for _, p := range below.Exprs {
				stands[p.Col.ID] = p.Expr
			}
			merged := plan.MapExprs(top, func(e expr.Expr) expr.Expr { return expr.Substitute(e, stands) }).(*plan.Project)
			merged.Input = below.Input
			top = merged
		}
		if identity(top) {
			return top.Input
		}
		return top
	}), nil
}

func mergeable(top, below *plan.Project) bool {
	reads := make(map[expr.ColumnID]int)
	for _, p := range top.Exprs {
		expr.Walk(p.Expr, func(e expr.Expr) bool {
			if c, ok := e.(*expr.Column); ok {
				reads[c.ID]++
			}
			return true
		})
	}
	for _, p := range below.Exprs {
		switch p.Expr.(type) {
		case *expr.Column, *expr.Literal, *expr.Param:
			continue
		}
		if reads[p.Col.ID] > 1 || hasFallback(p.Expr) {
			return false
		}
	}
	return true
}

// identity reports a Project that yields its input's columns in their order.
func identity(n *plan.Project) bool {
	in := n.Input.Schema()
	if len(in) != len(n.Exprs) {
		return false
	}
	for i, p := range n.Exprs {
		if !p.PassThrough() || in[i].ID != p.Col.ID {
			return false
		}
	}
	return true
}
