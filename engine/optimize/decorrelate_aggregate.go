package optimize

import (
	"slices"
	"strings"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// unnestAggregate decorrelates a subquery whose rows are one aggregate over all that matches the outer row:
//
//	Apply scalar                              Project .., v = f(COALESCE(n, 0))
//	  outer                                     Left join on k = outer.a
//	  Project v = f(n)                  ->        outer
//	    Aggregate n = count(*)                    Aggregate by k: n = count(*)
//	      Filter k = outer.a                        inner
//	        inner
//
// An outer row without matches finds no group, where the subquery has one row over nothing: NULL for most functions,
// which the Left join gives, but 0 for COUNT, which is put back above it. What stood between the aggregate and the
// Apply moves above the join; a HAVING becomes a CASE, or a filter for LATERAL.
func (d *decorrelator) unnestAggregate(a *plan.Apply, corr set) (plan.Node, bool) {
	lateral := a.Kind == plan.ApplyInner
	if a.Kind == plan.ApplyExists || a.Kind == plan.ApplyIn || len(a.On) > 0 && !lateral {
		return nil, false
	}
	values, having, agg, ok := overAggregate(a.Inner)
	if !ok || slices.ContainsFunc(plan.Expressions(agg), func(e expr.Expr) bool { return overlaps(columnsOf(e), corr) }) {
		return nil, false
	}
	l := lifter{ids: d.ids, corr: corr}
	input, ok := l.lift(agg.Input)
	if !ok {
		return nil, false
	}
	grouped, on, ok := d.groupBy(agg, input, l.conds, corr)
	if !ok {
		return nil, false
	}
	joined := &plan.Join{Kind: plan.Left, Left: a.Outer, Right: grouped, On: on}
	return finish(a, joined, values, having, overNothing(agg, grouped)), true
}

// overAggregate recognizes projections, filters and sorts over an aggregate without groups. It returns what each output
// column is, and the filters, in terms of the aggregate's columns.
func overAggregate(n plan.Node) (values map[expr.ColumnID]expr.Expr, having []expr.Expr, agg *plan.Aggregate, ok bool) {
	values = make(map[expr.ColumnID]expr.Expr)
	for _, c := range n.Schema() {
		values[c.ID] = c.Ref()
	}
	for {
		switch m := n.(type) {
		case *plan.Aggregate:
			return values, having, m, len(m.Groups) == 0
		case *plan.Sort:
			n = m.Input
		case *plan.Filter:
			having = append(having, m.Conds...)
			n = m.Input
		case *plan.Project:
			stands := make(map[expr.ColumnID]expr.Expr, len(m.Exprs))
			for _, p := range m.Exprs {
				stands[p.Col.ID] = p.Expr
			}
			for id, v := range values {
				values[id] = expr.Substitute(v, stands)
			}
			having = substitute(having, stands)
			n = m.Input
		default:
			return nil, nil, nil, false
		}
	}
}

// groupBy groups an aggregate by the inner sides of equalities with outer expressions, and returns the conditions of
// the join that finds an outer row's group.
func (d *decorrelator) groupBy(agg *plan.Aggregate, input plan.Node, conds []expr.Expr, corr set) (*plan.Aggregate, []expr.Expr, bool) {
	grouped := &plan.Aggregate{Input: input, Aggs: slices.Clone(agg.Aggs)}
	for i := range grouped.Aggs {
		grouped.Aggs[i].Col = d.ids.column(grouped.Aggs[i].Col)
	}
	var on []expr.Expr
	for _, c := range conds {
		inner, outer, ok := sides(c, corr)
		if !ok {
			return nil, nil, false
		}
		i := slices.IndexFunc(grouped.Groups, func(g plan.Projection) bool { return expr.Equal(g.Expr, inner) })
		if i < 0 {
			i = len(grouped.Groups)
			grouped.Groups = append(grouped.Groups, plan.Projection{Col: d.groupColumn(inner, input.Schema()), Expr: inner})
		}
		on = append(on, predicate(expr.Eq, grouped.Groups[i].Col.Ref(), outer))
	}
	return grouped, on, true
}

// groupColumn is the column of a group key: itself where it is one of the input, and not of a query further out.
func (d *decorrelator) groupColumn(e expr.Expr, in plan.Schema) plan.Column {
	if c, ok := e.(*expr.Column); ok && in.Index(c.ID) >= 0 {
		return columnOfRef(c)
	}
	return d.ids.column(plan.Column{Name: "key", Type: e.Type(), Nullable: e.Nullable()})
}

// sides recognizes an equality of an expression over inner columns with one over outer columns.
func sides(cond expr.Expr, corr set) (inner, outer expr.Expr, ok bool) {
	eq, ok := call(cond, expr.Eq)
	if !ok {
		return nil, nil, false
	}
	a, b := columnsOf(eq.Args[0]), columnsOf(eq.Args[1])
	switch {
	case len(a) > 0 && !overlaps(a, corr) && within(b, corr):
		return eq.Args[0], eq.Args[1], true
	case len(b) > 0 && !overlaps(b, corr) && within(a, corr):
		return eq.Args[1], eq.Args[0], true
	}
	return nil, nil, false
}

// overNothing maps the columns of the subquery's aggregate to what they are above the join with its groups.
func overNothing(agg, grouped *plan.Aggregate) map[expr.ColumnID]expr.Expr {
	values := make(map[expr.ColumnID]expr.Expr, len(agg.Aggs))
	for i, g := range grouped.Aggs {
		ref := g.Col.Ref()
		ref.Null = true
		values[agg.Aggs[i].Col.ID] = ref
		if zero, ok := emptyValue(g); ok {
			values[agg.Aggs[i].Col.ID] = &expr.Call{Func: expr.Coalesce, Args: []expr.Expr{ref, zero}, Typ: g.Col.Type}
		}
	}
	return values
}

// finish computes the subquery's columns above the join with its groups.
func finish(a *plan.Apply, joined plan.Node, values map[expr.ColumnID]expr.Expr, having []expr.Expr, aggs map[expr.ColumnID]expr.Expr) plan.Node {
	having = substitute(having, aggs)
	list := passAll(a.Outer.Schema())
	for _, c := range a.Inner.Schema() {
		v := expr.Substitute(values[c.ID], aggs)
		c.Nullable = c.Nullable || v.Nullable() || a.Kind != plan.ApplyInner
		if len(having) > 0 && a.Kind != plan.ApplyInner {
			v = &expr.Case{Whens: []expr.When{{Cond: all(having), Then: v}}, Typ: c.Type}
		}
		list = append(list, plan.Projection{Col: c, Expr: v})
	}
	if a.Kind == plan.ApplyInner {
		joined = land(joined, having)
	}
	return land(&plan.Project{Input: joined, Exprs: list}, a.On)
}

// emptyValue is what an aggregate function yields over no rows where that is not NULL.
func emptyValue(a plan.Agg) (expr.Expr, bool) {
	if a.BitsOfBytes() {
		bit := "\x00"
		if a.Func == plan.BitAnd {
			bit = "\xff"
		}
		return &expr.Literal{Value: types.TextValue(strings.Repeat(bit, int(a.Col.Type.Length))), Typ: a.Col.Type}, true
	}
	value := int64(0)
	switch a.Func {
	case plan.CountStar, plan.Count, plan.BitOr, plan.BitXor:
	case plan.BitAnd:
		value = -1 // all 64 bits
	default:
		return nil, false
	}
	return &expr.Literal{Value: types.IntValue(value), Typ: a.Col.Type}, true
}
