package optimize

import (
	"context"
	"maps"
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// decorrelate turns Apply into Join, innermost first. Conditions of the inner side that read the outer one are lifted
// to its top and become the join's (lift); a correlated aggregate is grouped by what its equalities compare
// (unnestAggregate). Conditions of the inner side are pushed first, so that a Mark they decide is a Semi join. What
// neither reaches is computed for all distinct outer values at once (unnestDomain), after Neumann and Kemper,
// "Unnesting Arbitrary Queries" (BTW 2015). A subquery that is volatile stays an Apply.
func decorrelate(_ context.Context, p *planner, root plan.Node) (plan.Node, error) {
	d := &decorrelator{ids: p.ids}
	return transform(root, func(n plan.Node) plan.Node {
		if apply, ok := n.(*plan.Apply); ok {
			return d.unnest(apply)
		}
		return n
	}), nil
}

type decorrelator struct {
	ids *ids
}

func (d *decorrelator) unnest(a *plan.Apply) plan.Node {
	if volatile(a.Inner) || anyVolatile(a.On) {
		return a
	}
	if keys := orderOf(a.Outer); len(keys) > 0 {
		below := *a
		if s, ok := a.Outer.(*plan.Sort); ok {
			below.Outer = s.Input
		}
		return &plan.Sort{Input: d.unnestUnordered(&below), Keys: keys}
	}
	return d.unnestUnordered(a)
}

// orderOf returns the order of an outer side, which the joins that replace an Apply would lose: ORDER BY below a
// select list with subqueries.
func orderOf(n plan.Node) []plan.SortKey {
	switch n := n.(type) {
	case *plan.Sort:
		return n.Keys
	case *plan.Limit:
		if len(n.Keys) > 0 {
			return n.Keys
		}
		return orderOf(n.Input)
	}
	return nil
}

func (d *decorrelator) unnestUnordered(a *plan.Apply) plan.Node {
	if out, ok := tableOfRow(a); ok {
		return out
	}
	a = stripped(a)
	a.Inner = newFilterPusher(a.Inner).push(a.Inner, nil)
	if oneRow(a.Inner) {
		switch a.Kind {
		case plan.ApplyExists:
			if len(a.On) == 0 {
				return defineMark(a.Outer, a.Mark, truth(true))
			}
		case plan.ApplyIn:
			return d.markOneRow(a)
		}
	}
	corr := correlation(a)
	if len(corr) == 0 {
		return restore(uncorrelated(a), a.Schema())
	}
	if out, ok := d.unnestAggregate(a, corr); ok {
		return restore(out, a.Schema())
	}
	l := lifter{ids: d.ids, corr: corr, anyRow: a.Kind == plan.ApplyExists || a.Kind == plan.ApplyIn}
	if inner, ok := l.lift(a.Inner); ok {
		return restore(joinLifted(a, inner, l.conds), a.Schema())
	}
	if out, ok := d.unnestDomain(a, corr); ok {
		return restore(out, a.Schema())
	}
	return a
}

// tableOfRow makes a JSON table of each outer row, and nothing but the row, one over the outer side.
func tableOfRow(a *plan.Apply) (plan.Node, bool) {
	table, ok := a.Inner.(*plan.JSONTable)
	on, possible := simplifyConds(a.On)
	if !ok || a.Kind != plan.ApplyInner && (a.Kind != plan.ApplyLeft || len(on) > 0 || !possible) {
		return nil, false
	}
	if one, ok := table.Input.(*plan.Values); !ok || len(one.Rows) != 1 || len(one.Cols) > 0 {
		return nil, false
	}
	m := *table
	m.Input, m.Outer = a.Outer, table.Outer || a.Kind == plan.ApplyLeft
	return land(&m, a.On), true
}

// correlation returns the outer columns that the inner side of an Apply reads.
func correlation(a *plan.Apply) set {
	corr := free(a.Inner)
	outer := a.Outer.Schema().Set()
	maps.DeleteFunc(corr, func(id expr.ColumnID, _ bool) bool { return !outer[id] })
	return corr
}

// stripped removes what does not matter to the kind of subquery: an order, and for EXISTS also what is selected,
// DISTINCT, grouping, and a limit that is not 0.
func stripped(a *plan.Apply) *plan.Apply {
	inner := a.Inner
	for {
		next := stripOne(a, inner)
		if next == nil {
			break
		}
		inner = next
	}
	b := *a
	b.Inner = inner
	return &b
}

// stripOne returns the input of an irrelevant node at the top of a subquery, or nil.
func stripOne(a *plan.Apply, inner plan.Node) plan.Node {
	exists := a.Kind == plan.ApplyExists && len(a.On) == 0
	switch n := inner.(type) {
	case *plan.Sort:
		return n.Input
	case *plan.Project:
		if exists {
			return n.Input
		}
	case *plan.Window:
		if exists {
			return n.Input
		}
	case *plan.Aggregate:
		if exists && len(n.Groups) > 0 {
			return n.Input
		}
		if a.Kind == plan.ApplyIn && len(n.Groups) > 0 && len(n.Aggs) == 0 {
			return &plan.Project{Input: n.Input, Exprs: n.Groups}
		}
	case *plan.Rollup:
		if exists {
			return n.Input
		}
	case *plan.Limit:
		if exists && n.Count != 0 && n.Offset == 0 {
			return n.Input
		}
	}
	return nil
}

// oneRow reports a plan that always yields exactly one row.
func oneRow(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Aggregate:
		return len(n.Groups) == 0
	case *plan.Project:
		return oneRow(n.Input)
	case *plan.Sort:
		return oneRow(n.Input)
	case *plan.Window:
		return oneRow(n.Input)
	case *plan.Values:
		return len(n.Rows) == 1
	case *plan.Join:
		switch n.Kind {
		case plan.Left, plan.Mark, plan.Single:
			return oneRow(n.Left) && (n.Kind != plan.Left || atMostOneRow(n.Right))
		case plan.Inner:
			return len(n.On) == 0 && oneRow(n.Left) && oneRow(n.Right)
		}
	}
	return false
}

// atMostOneRow reports a plan that never yields two rows.
func atMostOneRow(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Filter:
		return atMostOneRow(n.Input)
	case *plan.Project:
		return atMostOneRow(n.Input)
	case *plan.Window:
		return atMostOneRow(n.Input)
	case *plan.Limit:
		return n.Count == 0 || n.Count == 1 || atMostOneRow(n.Input)
	case *plan.Values:
		return len(n.Rows) < 2
	}
	return oneRow(n)
}

// defineMark adds a mark column of a known value to a plan.
func defineMark(n plan.Node, mark plan.Column, value expr.Expr) plan.Node {
	mark.Nullable = mark.Nullable && value.Nullable()
	return &plan.Project{Input: n, Exprs: append(passAll(n.Schema()), plan.Projection{Col: mark, Expr: value})}
}

// markOneRow is IN over a subquery of one row: a comparison with it.
func (d *decorrelator) markOneRow(a *plan.Apply) plan.Node {
	lateral := &plan.Apply{Kind: plan.ApplyInner, Outer: a.Outer, Inner: a.Inner}
	mark := a.Mark
	value := all(a.On)
	mark.Nullable = mark.Nullable || value.Nullable()
	list := append(passAll(a.Outer.Schema()), plan.Projection{Col: mark, Expr: value})
	return &plan.Project{Input: d.unnest(lateral), Exprs: list}
}

// uncorrelated turns an Apply whose inner side stands alone into a join.
func uncorrelated(a *plan.Apply) plan.Node {
	if a.Kind == plan.ApplyScalar {
		join := &plan.Join{Kind: plan.Single, Left: a.Outer, Right: a.Inner, On: a.On}
		switch {
		case oneRow(a.Inner) && len(a.On) == 0:
			join.Kind = plan.Inner
		case atMostOneRow(a.Inner):
			join.Kind = plan.Left
		}
		return join
	}
	return joinLifted(a, a.Inner, nil)
}

// joinLifted joins the outer side with an inner side that reads nothing of it any more, on the lifted conditions.
func joinLifted(a *plan.Apply, inner plan.Node, conds []expr.Expr) plan.Node {
	join := &plan.Join{Left: a.Outer, Right: inner, On: append(slices.Clone(a.On), conds...)}
	switch a.Kind {
	case plan.ApplyScalar:
		join.Kind = plan.Single
		if uniqueUnder(inner, conds) {
			join.Kind = plan.Left
		}
	case plan.ApplyExists:
		join.Kind, join.Mark = plan.Mark, a.Mark
	case plan.ApplyIn:
		in := all(a.On)
		join.Kind, join.Mark, join.NullAware = plan.Mark, a.Mark, in.Nullable()
		join.On = append([]expr.Expr{in}, conds...)
	case plan.ApplyInner:
		join.Kind = plan.Inner
	case plan.ApplyLeft:
		join.Kind = plan.Left
	}
	return join
}

// lifter moves the conditions that read outer columns to the top of an inner plan.
type lifter struct {
	ids    *ids
	corr   set
	anyRow bool // only whether there is a row matters, not how many
	conds  []expr.Expr
}

func (l *lifter) correlated(e expr.Expr) bool { return overlaps(columnsOf(e), l.corr) }

// lift returns n without its correlated conditions, which it adds to l.conds; n then yields the inner columns they read
// besides its own. It fails where a correlated condition can't come up.
func (l *lifter) lift(n plan.Node) (plan.Node, bool) {
	if !overlaps(free(n), l.corr) {
		return n, true
	}
	switch n := n.(type) {
	case *plan.Filter:
		return l.filter(n)
	case *plan.Project:
		return l.project(n)
	case *plan.Join:
		return l.join(n)
	case *plan.Aggregate:
		if len(n.Groups) > 0 {
			return l.aggregate(n)
		}
	case *plan.Limit:
		return l.limit(n)
	case *plan.Repeat:
		if input, ok := l.lift(n.Input); ok && !l.correlated(n.Times) {
			return n.WithChildren([]plan.Node{input}), true
		}
	case *plan.Rollup: // its repetitions have all columns of the input
		if input, ok := l.lift(n.Input); ok && !slices.ContainsFunc(projected(n.Keys), l.correlated) {
			return n.WithChildren([]plan.Node{input}), true
		}
	case *plan.Sort:
		if slices.ContainsFunc(keyExprs(n.Keys), l.correlated) {
			return nil, false
		}
		return l.lift(n.Input)
	}
	return nil, false
}

func (l *lifter) filter(n *plan.Filter) (plan.Node, bool) {
	input, ok := l.lift(n.Input)
	if !ok {
		return nil, false
	}
	return land(input, l.take(n.Conds)), true
}

// take keeps the correlated conjuncts and returns the others.
func (l *lifter) take(conds []expr.Expr) []expr.Expr {
	var rest []expr.Expr
	for _, c := range conjuncts(conds) {
		if l.correlated(c) {
			l.conds = append(l.conds, c)
		} else {
			rest = append(rest, c)
		}
	}
	return rest
}

func (l *lifter) project(n *plan.Project) (plan.Node, bool) {
	if slices.ContainsFunc(projected(n.Exprs), l.correlated) {
		return nil, false
	}
	input, ok := l.lift(n.Input)
	if !ok {
		return nil, false
	}
	return &plan.Project{Input: input, Exprs: l.passNeeded(n.Exprs, input.Schema())}, true
}

// passNeeded adds the columns that lifted conditions read to a projection list. What it passes on is what it is below: a
// condition may have been lifted from where no outer join makes it NULL any more.
func (l *lifter) passNeeded(list []plan.Projection, in plan.Schema) []plan.Projection {
	list = slices.Clone(list)
	have := make(set)
	for i, p := range list {
		have[p.Col.ID] = true
		if c, ok := p.Expr.(*expr.Column); ok && c.ID == p.Col.ID && in.Index(c.ID) >= 0 {
			list[i].Col.Nullable = in[in.Index(c.ID)].Nullable
		}
	}
	needed := columnsOf(l.conds...)
	for _, c := range in {
		if needed[c.ID] && !have[c.ID] {
			list = append(list, plan.Projection{Col: c, Expr: c.Ref()})
		}
	}
	return list
}

// join lifts through the sides whose rows a join keeps or drops as a filter above it would.
func (l *lifter) join(n *plan.Join) (plan.Node, bool) {
	m := *n
	if l.anyRow && n.Kind == plan.Semi {
		m.Kind = plan.Inner // more rows of the same left columns: whether there is one stays
	}
	left, ok := l.lift(n.Left)
	if !ok {
		return nil, false
	}
	m.Left = left
	if m.Kind == plan.Inner {
		if m.Right, ok = l.lift(n.Right); !ok {
			return nil, false
		}
		m.On = l.take(n.On)
		return &m, true
	}
	if n.Kind == plan.Full || overlaps(free(n.Right), l.corr) || slices.ContainsFunc(n.On, l.correlated) {
		return nil, false
	}
	return &m, true
}

// aggregate groups also by what the lifted conditions read: one outer row then sees just its own groups. That holds for
// an equality of an inner with an outer expression, and for any condition on the groups themselves.
func (l *lifter) aggregate(n *plan.Aggregate) (plan.Node, bool) {
	if slices.ContainsFunc(plan.Expressions(n), l.correlated) {
		return nil, false
	}
	above := lifter{ids: l.ids, corr: l.corr}
	input, ok := above.lift(n.Input)
	if !ok {
		return nil, false
	}
	m := &plan.Aggregate{Input: input, Groups: slices.Clone(n.Groups), Aggs: n.Aggs}
	groups := n.Schema()[:len(n.Groups)].Set()
	inner := input.Schema().Set()
	for _, c := range above.conds {
		own := columnsOf(c)
		maps.DeleteFunc(own, func(id expr.ColumnID, _ bool) bool { return !inner[id] })
		if !within(own, groups) {
			side, ok := innerColumn(c, l.corr)
			if !ok {
				return nil, false
			}
			m.Groups = append(m.Groups, plan.Projection{Col: columnOfRef(side), Expr: side})
			groups[side.ID] = true
		}
		l.conds = append(l.conds, c)
	}
	return m, true
}

// innerColumn recognizes column = outer expression, where the column is not an outer one.
func innerColumn(cond expr.Expr, corr set) (*expr.Column, bool) {
	eq, ok := call(cond, expr.Eq)
	if !ok {
		return nil, false
	}
	for i, side := range eq.Args {
		c, ok := side.(*expr.Column)
		if other := columnsOf(eq.Args[1-i]); ok && !corr[c.ID] && within(other, corr) {
			return c, true
		}
	}
	return nil, false
}

// columnOfRef is the column a reference reads, for passing it on.
func columnOfRef(c *expr.Column) plan.Column {
	return plan.Column{ID: c.ID, Name: c.Name, Type: c.Typ, Nullable: c.Null}
}
