package optimize

import (
	"maps"
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

func (f *filterPusher) join(n *plan.Join, conds []expr.Expr) plan.Node {
	switch n.Kind {
	case plan.Inner:
		return f.inner(n, conds)
	case plan.Left:
		return f.left(n, conds)
	case plan.Full:
		return f.full(n, conds)
	case plan.Mark:
		if out, ok := f.decided(n, conds); ok {
			return out
		}
	}
	return f.dependent(n, conds)
}

// inner treats a tree of inner joins and the filters in it as one: all conditions come up, what they imply is added,
// and they go down again as far as they can.
func (f *filterPusher) inner(n *plan.Join, conds []expr.Expr) plan.Node {
	bare, pool := lift(n, slices.Clone(conds))
	pool = append(pool, infer(pool)...)
	return f.distribute(bare, pool)
}

// lift takes the movable conditions out of a tree of inner joins.
func lift(n plan.Node, pool []expr.Expr) (plan.Node, []expr.Expr) {
	switch n := n.(type) {
	case *plan.Filter:
		own, fixed := movable(n.Conds)
		if len(fixed) == 0 {
			return lift(n.Input, append(pool, own...))
		}
	case *plan.Join:
		if n.Kind == plan.Inner {
			own, fixed := movable(n.On)
			m := *n
			m.On = fixed
			m.Left, pool = lift(n.Left, append(pool, own...))
			m.Right, pool = lift(n.Right, pool)
			return &m, pool
		}
	}
	return n, pool
}

func (f *filterPusher) distribute(n plan.Node, conds []expr.Expr) plan.Node {
	join, ok := n.(*plan.Join)
	if !ok || join.Kind != plan.Inner {
		return f.push(n, conds)
	}
	leftSet, rightSet := join.Left.Schema().Set(), join.Right.Schema().Set()
	both := maps.Clone(leftSet)
	maps.Copy(both, rightSet)
	left, rest := bySide(conds, leftSet)
	right, rest := bySide(rest, rightSet)
	on, above := bySide(rest, both)
	for _, c := range on {
		left = append(left, impliedBySide(c, leftSet)...)
		right = append(right, impliedBySide(c, rightSet)...)
	}
	out := *join
	out.Left, out.Right = f.distribute(join.Left, left), f.distribute(join.Right, right)
	for _, c := range on {
		if !contains(out.On, c) {
			out.On = append(slices.Clip(out.On), c)
		}
	}
	return land(&out, above)
}

// left pushes conditions over an outer join's preserved side; one that rejects the NULLs of the other makes it inner.
func (f *filterPusher) left(n *plan.Join, conds []expr.Expr) plan.Node {
	right := n.Right.Schema().Set()
	if slices.ContainsFunc(conds, func(c expr.Expr) bool { return rejectsNulls(c, right) && overlaps(columnsOf(c), right) }) {
		m := *n
		m.Kind = plan.Inner
		return f.inner(&m, conds)
	}
	return f.dependent(n, conds)
}

// full turns into Left, on the side whose NULLs no condition rejects, or Inner.
func (f *filterPusher) full(n *plan.Join, conds []expr.Expr) plan.Node {
	left, right := n.Left.Schema().Set(), n.Right.Schema().Set()
	rejects := func(side set) bool {
		return slices.ContainsFunc(conds, func(c expr.Expr) bool {
			return rejectsNulls(c, side) && overlaps(columnsOf(c), side)
		})
	}
	m := *n
	switch {
	case rejects(left):
		m.Kind = plan.Left
		return f.left(&m, conds)
	case rejects(right):
		m.Kind, m.Left, m.Right = plan.Left, n.Right, n.Left
		return restore(f.left(&m, conds), n.Schema())
	}
	out := n.WithChildren([]plan.Node{f.push(n.Left, nil), f.push(n.Right, nil)})
	return land(out, conds)
}

// restore puts columns into the order of a schema.
func restore(n plan.Node, s plan.Schema) plan.Node {
	have := n.Schema()
	if slices.EqualFunc(have, s, func(a, b plan.Column) bool { return a.ID == b.ID }) {
		return n
	}
	list := make([]plan.Projection, len(s))
	for i, c := range s {
		c = have[have.Index(c.ID)]
		list[i] = plan.Projection{Col: c, Expr: c.Ref()}
	}
	return &plan.Project{Input: n, Exprs: list}
}

// dependent handles the joins that keep or extend left rows by what matches on the right: conditions on left columns go
// left, conditions of On that read only the right side go right, with what both imply for it.
func (f *filterPusher) dependent(n *plan.Join, conds []expr.Expr) plan.Node {
	left, right := n.Left.Schema().Set(), n.Right.Schema().Set()
	toLeft, above := bySide(conds, left)
	on, fixed := movable(n.On)
	if n.Kind == plan.NullAnti || n.Kind == plan.Mark && n.NullAware {
		fixed = append([]expr.Expr{n.On[0]}, slices.DeleteFunc(fixed, func(c expr.Expr) bool { return c == n.On[0] })...)
		on, _ = movable(n.On[1:])
	}
	toRight, on := bySide(on, right)
	if n.Kind == plan.Semi {
		var own []expr.Expr
		own, on = bySide(on, left)
		toLeft = append(toLeft, own...)
	}
	known := append(slices.Clone(toLeft), filtersOf(n.Left)...)
	known = append(append(known, on...), toRight...)
	derived, _ := bySide(infer(known), right)
	for _, c := range on {
		derived = append(derived, impliedBySide(c, right)...)
	}
	m := *n
	m.Left = f.push(n.Left, toLeft)
	m.Right = f.push(n.Right, append(toRight, derived...))
	m.On = slices.Concat(fixed, on)
	return land(&m, above)
}

// filtersOf returns the conditions right above or among the filters at the top of a plan.
func filtersOf(n plan.Node) []expr.Expr {
	filter, ok := n.(*plan.Filter)
	if !ok {
		return nil
	}
	own, _ := movable(filter.Conds)
	return append(own, filtersOf(filter.Input)...)
}

// decided turns a Mark join whose mark a condition fixes into the join that keeps just those rows; the mark becomes a
// constant for whoever else reads it.
func (f *filterPusher) decided(n *plan.Join, conds []expr.Expr) (plan.Node, bool) {
	for i, c := range conds {
		kind, value, ok := decides(c, n)
		if !ok {
			continue
		}
		m := *n
		m.Kind, m.Mark, m.NullAware = kind, plan.Column{}, false
		rest := substitute(slices.Delete(slices.Clone(conds), i, i+1), map[expr.ColumnID]expr.Expr{n.Mark.ID: truth(value)})
		list := passAll(n.Left.Schema())
		mark := n.Mark
		mark.Nullable = false
		list = append(list, plan.Projection{Col: mark, Expr: truth(value)})
		return &plan.Project{Input: f.push(&m, rest), Exprs: list}, true
	}
	return nil, false
}

// passAll projects every column of a schema through.
func passAll(s plan.Schema) []plan.Projection {
	list := make([]plan.Projection, len(s))
	for i, c := range s {
		list[i] = plan.Projection{Col: c, Expr: c.Ref()}
	}
	return list
}

// decides reports which join keeps the rows that a condition on the mark alone keeps, and the mark's value in them.
func decides(c expr.Expr, n *plan.Join) (kind plan.JoinKind, value, ok bool) {
	anti := plan.Anti
	if n.NullAware {
		anti = plan.NullAnti
	}
	isMark := func(e expr.Expr) bool {
		col, ok := e.(*expr.Column)
		return ok && col.ID == n.Mark.ID
	}
	if isMark(c) {
		return plan.Semi, true, true
	}
	e, ok := c.(*expr.Call)
	if !ok || len(e.Args) != 1 || !isMark(e.Args[0]) {
		return 0, false, false
	}
	switch e.Func {
	case expr.IsTrue:
		return plan.Semi, true, true
	case expr.Not, expr.IsFalse:
		return anti, false, true
	}
	return 0, false, false
}
