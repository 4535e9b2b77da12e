package optimize

import (
	"context"
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// expandOr makes an inner join on a disjunction, which compares every pair of rows, several joins that each have an equality
// to look rows up by:
//
//	Inner join on (l.a = r.a OR l.b = r.b)     With
//	  l                                          CTE left: l
//	  r                                  ->      CTE right: r
//	                                             Union
//	                                               Inner join on (l.a = r.a)
//	                                                 Read left, Read right
//	                                               Inner join on (l.b = r.b) AND NOT ((l.a = r.a) IS TRUE)
//	                                                 Read left, Read right
//
// A pair is in the result of the first arm that is true for it. Both sides are computed once.
//
// Guards: Every arm has an equality of the two sides, and does not fail: the keys of an arm are computed for all rows, also
// for those that an earlier arm is true for. A shared plan reads no outer row, and none of the rows that a recursion's last
// round has added. Joins that keep rows without a partner would need one that no arm has. A source that takes the join gets
// it as it is.
func expandOr(ctx context.Context, p *planner, root plan.Node) (plan.Node, error) {
	onDisjunction := func(n plan.Node) bool {
		join, ok := n.(*plan.Join)
		return ok && join.Kind == plan.Inner && slices.ContainsFunc(conjuncts(join.On), isDisjunction)
	}
	if !anyNode(root, onDisjunction) {
		return root, nil
	}
	e := orExpander{p, placedCosts{ctx, newPlacer(p)}}
	return e.rewrite(root), nil
}

type orExpander struct {
	*planner
	costs placedCosts
}

func isDisjunction(e expr.Expr) bool {
	_, ok := call(e, expr.Or)
	return ok
}

// mostArms is the number of joins that one is expanded to at most.
const mostArms = 16

func (e orExpander) rewrite(n plan.Node) plan.Node {
	if e.costs.atSource(n) {
		return n
	}
	n = mapChildren(n, e.rewrite)
	join, ok := n.(*plan.Join)
	if !ok || join.Kind != plan.Inner || anyVolatile(join.On) || len(free(n)) > 0 || readsWorking(n) {
		return n
	}
	conds := conjuncts(join.On)
	ctx := e.costs.ctx
	left, right := e.est.of(ctx, join.Left), e.est.of(ctx, join.Right)
	if hashable(conds, left, right) {
		return n
	}
	for i, c := range conds {
		arms := disjuncts(nil, c)
		if len(arms) < 2 || len(arms) > mostArms || slices.ContainsFunc(arms, mayFail) {
			continue
		}
		if slices.ContainsFunc(arms, func(a expr.Expr) bool { return !hashable(expr.Conjuncts(nil, a), left, right) }) {
			continue
		}
		if split := e.expand(join, arms, slices.Delete(slices.Clone(conds), i, i+1)); e.pays(join, split) {
			return split
		}
	}
	return n
}

// readsWorking reports a part of a recursion's step.
func readsWorking(n plan.Node) bool {
	return anyNode(n, func(n plan.Node) bool {
		_, ok := n.(*plan.Working)
		return ok
	})
}

// expand returns the union of the joins on each arm and the other conditions.
func (e orExpander) expand(n *plan.Join, arms, others []expr.Expr) *plan.With {
	left := plan.CTE{ID: e.ids.cte(), Name: "left", Plan: e.ids.renamed(n.Left)}
	right := plan.CTE{ID: e.ids.cte(), Name: "right", Plan: e.ids.renamed(n.Right)}
	union := &plan.Union{Cols: n.Schema()}
	for i, arm := range arms {
		on := append([]expr.Expr{arm}, others...)
		for _, earlier := range arms[:i] {
			on = append(on, predicate(expr.Not, &expr.Call{Func: expr.IsTrue, Args: []expr.Expr{earlier}, Typ: boolean}))
		}
		l, r := e.read(left, n.Left.Schema()), e.read(right, n.Right.Schema())
		on = substitute(substitute(on, refs(n.Left.Schema(), l.Cols)), refs(n.Right.Schema(), r.Cols))
		union.Inputs = append(union.Inputs, &plan.Join{Kind: plan.Inner, Left: l, Right: r, On: conjuncts(on)})
	}
	return &plan.With{Bindings: []plan.CTE{left, right}, Body: union}
}

func (e orExpander) read(c plan.CTE, s plan.Schema) *plan.CTERef {
	ref := &plan.CTERef{ID: c.ID, Name: c.Name}
	for _, col := range s {
		ref.Cols = append(ref.Cols, e.ids.column(col))
	}
	return ref
}

// worthArms is how many times less the work has to be: estimates of joins err.
const worthArms = 2

// pays compares the work of one join with that of its arms, which read copies of its inputs.
func (e orExpander) pays(join *plan.Join, split *plan.With) bool {
	ctx := e.costs.ctx
	e.est.Node(ctx, split)
	left, right := e.est.Node(ctx, join.Left), e.est.Node(ctx, join.Right)
	whole := localJoin(left.Rows, right.Rows, e.est.Node(ctx, join).Rows, false)
	parts := (left.Bytes + right.Bytes) * costCopyByte
	for _, arm := range split.Body.Children() {
		parts += localJoin(left.Rows, right.Rows, e.est.Node(ctx, arm).Rows, true)
	}
	return parts*worthArms < whole
}
