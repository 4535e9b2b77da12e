package optimize

import (
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// withOrder takes the order of a limit into it, or moves it below a projection first: then it is the limit no more. It fails where
// the rows have an order that can't be told.
func withOrder(l *plan.Limit) (n plan.Node, ok bool) {
	n = pushLimit(l)
	m, still := n.(*plan.Limit)
	return n, !still || len(m.Keys) > 0 || !inOrder(m.Input)
}

// inOrder reports a plan whose rows may be in an order.
func inOrder(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Sort:
		return true
	case *plan.Limit:
		return len(n.Keys) > 0 || inOrder(n.Input)
	case *plan.Project, *plan.Filter, *plan.Window:
		return inOrder(n.Children()[0])
	case *plan.With:
		return inOrder(n.Body)
	}
	return false
}

// limitEach passes on what a limit would if it stood over the rows that agree in some columns: by their number among these.
func (s *ids) limitEach(l *plan.Limit, input plan.Node, per []expr.Expr) plan.Node {
	number := s.column(plan.Column{Name: "row", Type: types.Of(types.Uint64)})
	window := &plan.Window{
		Input: input, PartitionBy: per, OrderBy: l.Keys, Funcs: []plan.WindowFunc{{Col: number, Func: plan.RowNumber}},
	}
	var conds []expr.Expr
	compare := func(f expr.Func, than int64) {
		lit := &expr.Literal{Value: types.UintValue(uint64(than)), Typ: number.Type}
		conds = append(conds, predicate(f, number.Ref(), lit))
	}
	if l.Offset > 0 {
		compare(expr.Gt, l.Offset)
	}
	if last, ok := most(l); ok {
		compare(expr.Le, last)
	}
	return land(window, conds)
}

// limit limits the rows of each combination of what the lifted conditions read: they must all be equalities of an inner column
// with an outer expression, so that an outer row sees just one.
func (l *lifter) limit(n *plan.Limit) (plan.Node, bool) {
	ordered, ok := withOrder(n)
	if !ok {
		return nil, false
	}
	n, ok = ordered.(*plan.Limit)
	if !ok {
		return l.lift(ordered)
	}
	if slices.ContainsFunc(keyExprs(n.Keys), l.correlated) {
		return nil, false
	}
	above := lifter{ids: l.ids, corr: l.corr}
	input, ok := above.lift(n.Input)
	if !ok {
		return nil, false
	}
	var per []expr.Expr
	for _, c := range above.conds {
		side, ok := innerColumn(c, l.corr)
		if !ok || input.Schema().Index(side.ID) < 0 {
			return nil, false
		}
		per = append(per, side)
	}
	l.conds = append(l.conds, above.conds...)
	return l.ids.limitEach(n, input, per), true
}

// limit makes a limit hold for each value of the domain.
func (u *domain) limit(n *plan.Limit) (plan.Node, plan.Schema, bool) {
	ordered, ok := withOrder(n)
	if !ok {
		return nil, nil, false
	}
	n, ok = ordered.(*plan.Limit)
	if !ok {
		return u.push(ordered)
	}
	input, cols, ok := u.push(n.Input)
	if !ok {
		return nil, nil, false
	}
	m := *n
	m.Keys = slices.Clone(n.Keys)
	for i, e := range u.on(keyExprs(n.Keys), cols) {
		m.Keys[i].Expr = e
	}
	var per []expr.Expr
	for _, c := range cols {
		per = append(per, c.Ref())
	}
	return u.ids.limitEach(&m, input, per), cols, true
}
