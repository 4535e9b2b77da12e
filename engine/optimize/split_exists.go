package optimize

import (
	"context"
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// splitExists asks for the parts of a match one by one where they have nothing to do with each other: that there is a row in
// a product is that there is one in each factor. So nested EXISTS, which all compare with the outermost row, do not combine
// their tables. An Anti join becomes a filter on marks.
func splitExists(_ context.Context, p *planner, root plan.Node) (plan.Node, error) {
	return transform(root, func(n plan.Node) plan.Node {
		join, ok := n.(*plan.Join)
		if !ok || !asksForMatch(join.Kind) || join.Kind == plan.NullAnti || join.NullAware {
			return n
		}
		parts := matchParts(join)
		if len(parts) < 2 {
			return n
		}
		return p.matchAll(join, parts)
	}), nil
}

// matchPart is a part of what a join looks for a match in, and what that compares.
type matchPart struct {
	right plan.Node
	on    []expr.Expr
}

// matchParts divides the right side of a join into factors that no condition connects.
func matchParts(join *plan.Join) []matchPart {
	factors := factorsOf(nil, join.Right)
	if len(factors) < 2 || volatile(join.Right) || anyVolatile(join.On) {
		return nil
	}
	parts := make([]matchPart, 0, len(factors))
	for _, f := range factors {
		parts = append(parts, matchPart{right: f})
	}
	for _, c := range conjuncts(join.On) {
		reads := columnsOf(c)
		var with []matchPart // that the condition connects
		parts = slices.DeleteFunc(parts, func(p matchPart) bool {
			connected := overlaps(reads, p.right.Schema().Set())
			if connected {
				with = append(with, p)
			}
			return connected
		})
		if len(with) == 0 { // it reads the left row alone
			with, parts = parts[:1:1], parts[1:]
		}
		one := matchPart{right: with[0].right, on: append(with[0].on, c)}
		for _, w := range with[1:] {
			one.right = &plan.Join{Kind: plan.Inner, Left: one.right, Right: w.right}
			one.on = append(one.on, w.on...)
		}
		parts = append(parts, one)
	}
	return parts
}

// factorsOf lists the inputs of a product, which may hand on just some of their columns.
func factorsOf(list []plan.Node, n plan.Node) []plan.Node {
	switch n := n.(type) {
	case *plan.Project:
		if slices.ContainsFunc(n.Exprs, func(e plan.Projection) bool { return !e.PassThrough() }) {
			break
		}
		if below := factorsOf(nil, n.Input); len(below) > 1 {
			return append(list, below...)
		}
	case *plan.Join:
		if n.Kind == plan.Inner && len(n.On) == 0 {
			return factorsOf(factorsOf(list, n.Left), n.Right)
		}
	}
	return append(list, n)
}

// matchAll is the join as one for each part.
func (p *planner) matchAll(join *plan.Join, parts []matchPart) plan.Node {
	out := join.Left
	if join.Kind == plan.Semi {
		for _, part := range parts {
			out = &plan.Join{Kind: plan.Semi, Left: out, Right: part.right, On: part.on}
		}
		return out
	}
	marks := make([]expr.Expr, len(parts))
	like := join.Mark
	if join.Kind == plan.Anti {
		like = plan.Column{Name: "mark", Type: boolean}
	}
	for i, part := range parts {
		mark := p.ids.column(like)
		out = &plan.Join{Kind: plan.Mark, Left: out, Right: part.right, On: part.on, Mark: mark}
		marks[i] = mark.Ref()
	}
	if join.Kind == plan.Anti {
		none := &expr.Call{Func: expr.Not, Args: []expr.Expr{all(marks)}, Typ: boolean}
		return restore(&plan.Filter{Input: out, Conds: []expr.Expr{none}}, join.Schema())
	}
	list := append(passAll(join.Left.Schema()), plan.Projection{Col: join.Mark, Expr: all(marks)})
	return &plan.Project{Input: out, Exprs: list}
}
