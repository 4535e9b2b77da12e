package optimize

import (
	"context"
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// splitRollup groups by all keys first, and repeats the groups instead of the rows for the super-aggregate ones:
//
//	Aggregate by k', level: n = count(*)           Aggregate by k', level: n = sum_counts(m)
//	  Rollup level: k' = k                   ->      Rollup level: k' = k
//	    input                                          Aggregate by k: m = count(*)
//	                                                     input
//
// The lower aggregate is an ordinary one, which a source may take. What is to be distinct becomes one more of its keys.
// That goes for one list of arguments: by several lists together there could be as many groups as rows. An aggregate that is
// not a function of those of parts, such as GROUP_CONCAT or a variance, keeps all of them over the rows.
func splitRollup(_ context.Context, p *planner, root plan.Node) (plan.Node, error) {
	return transform(root, func(n plan.Node) plan.Node {
		agg, ok := n.(*plan.Aggregate)
		if !ok {
			return n
		}
		filters, up := rollupBelow(agg.Input)
		if up == nil {
			return n
		}
		s := rollupSplitter{aggregateSplitter{p.ids, up.Input.Schema().Set(), &plan.Aggregate{Input: up.Input}}, up}
		if split, ok := s.split(agg, filters); ok {
			return split
		}
		return n
	}), nil
}

// rollupBelow finds a Rollup below filters.
func rollupBelow(n plan.Node) (filters []*plan.Filter, up *plan.Rollup) {
	for {
		switch m := n.(type) {
		case *plan.Rollup:
			return filters, m
		case *plan.Filter:
			filters = append(filters, m)
			n = m.Input
		default:
			return nil, nil
		}
	}
}

// rollupSplitter makes the lower aggregate of a split one.
type rollupSplitter struct {
	aggregateSplitter
	up *plan.Rollup
}

// split returns the upper aggregate over the filters over the repeated parts.
func (s *rollupSplitter) split(agg *plan.Aggregate, filters []*plan.Filter) (plan.Node, bool) {
	if anyVolatile(plan.Expressions(agg)) || anyVolatile(plan.Expressions(s.up)) {
		return nil, false
	}
	out := &plan.Aggregate{Groups: agg.Groups}
	up := *s.up
	up.Keys = make([]plan.Projection, len(s.up.Keys))
	for i, k := range s.up.Keys {
		up.Keys[i] = plan.Projection{Col: k.Col, Expr: s.key(k.Expr)}
	}
	above := projected(agg.Groups)
	for _, f := range filters {
		above = append(above, f.Conds...)
	}
	s.pass(above)
	for _, d := range distinctArgs(agg.Aggs) {
		s.key(d)
	}
	for _, a := range agg.Aggs {
		whole, ok := s.agg(a)
		if !ok {
			return nil, false
		}
		out.Aggs = append(out.Aggs, whole)
	}
	up.Input = s.parts
	out.Input = &up
	for _, f := range slices.Backward(filters) {
		out.Input = f.WithChildren([]plan.Node{out.Input})
	}
	return out, true
}

// pass makes the columns of the rows that expressions above the Rollup read keys of the parts.
func (s *rollupSplitter) pass(list []expr.Expr) {
	for _, e := range list {
		expr.Walk(e, func(e expr.Expr) bool {
			if c, ok := e.(*expr.Column); ok && s.from[c.ID] {
				s.key(c)
			}
			return true
		})
	}
}

// agg returns an aggregate over the parts for one over the rows.
func (s *rollupSplitter) agg(a plan.Agg) (plan.Agg, bool) {
	if isDistinct(a) && within(columnsOf(append(keyExprs(a.OrderBy), a.Args...)...), s.from) {
		return s.distinct(a)
	}
	return s.aggregateSplitter.agg(a)
}

// distinct reads the arguments of a DISTINCT aggregate, and its order, from the keys of the parts.
func (s *rollupSplitter) distinct(a plan.Agg) (plan.Agg, bool) {
	keyOf := func(e expr.Expr) (expr.Expr, bool) {
		i := slices.IndexFunc(s.parts.Groups, func(g plan.Projection) bool { return expr.Equal(g.Expr, e) })
		if i < 0 {
			return nil, false
		}
		return s.parts.Groups[i].Col.Ref(), true
	}
	ok := true
	a.Args, a.OrderBy = slices.Clone(a.Args), slices.Clone(a.OrderBy)
	for i := 0; i < len(a.Args) && ok; i++ {
		a.Args[i], ok = keyOf(a.Args[i])
	}
	for i := 0; i < len(a.OrderBy) && ok; i++ {
		a.OrderBy[i].Expr, ok = keyOf(a.OrderBy[i].Expr)
	}
	return a, ok
}

// distinctArgs returns the arguments of the first DISTINCT aggregate.
func distinctArgs(aggs []plan.Agg) []expr.Expr {
	i := slices.IndexFunc(aggs, isDistinct)
	if i < 0 {
		return nil
	}
	return aggs[i].Args
}
