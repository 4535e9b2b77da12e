package build

import (
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// substitute returns n with columns replaced by expressions everywhere in it.
func substitute(n plan.Node, with map[expr.ColumnID]expr.Expr) plan.Node {
	if children := n.Children(); len(children) > 0 {
		changed := make([]plan.Node, len(children))
		for i, c := range children {
			changed[i] = substitute(c, with)
		}
		n = n.WithChildren(changed)
	}
	return plan.MapExprs(n, func(e expr.Expr) expr.Expr { return expr.Substitute(e, with) })
}
