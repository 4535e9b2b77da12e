package optimize

import (
	"context"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// ranges says what several conditions say of one column by fewer: a IN (1, 2, 3) AND a > 2 is a = 3, a < 5 OR a < 7 is
// a < 7, and a = 1 OR a = 2 is a IN (1, 2). Where only TRUE lets a row pass, a condition on one column is the set of values
// for which it is true (valueSet), which NULL is never in: AND intersects such sets and OR unites them. A set is written anew
// only where that takes fewer comparisons and constants.
//
// It goes for columns and constants of types that the optimizer compares exactly (ordered): not for texts, whose order is
// the collation's, nor for floats. What is under NOT or inside another expression, where NULL is not like FALSE, stays.
func ranges(_ context.Context, _ *planner, root plan.Node) (plan.Node, error) {
	return transform(root, func(n plan.Node) plan.Node {
		switch n := n.(type) {
		case *plan.Filter:
			return &plan.Filter{Input: n.Input, Conds: mergeRanges(n.Conds)}
		case *plan.Join:
			if n.Kind == plan.NullAnti || n.NullAware { // NULL is not like FALSE there
				return n
			}
			m := *n
			m.On = mergeRanges(n.On)
			return &m
		}
		return n
	}), nil
}

// mergeRanges merges the conjuncts that are about one column, and what such ones are in the arms of disjunctions.
func mergeRanges(conds []expr.Expr) []expr.Expr {
	return mergeTerms(conjuncts(conds), intersection, func(s valueSet, col *expr.Column) ([]expr.Expr, bool) {
		return s.conds(col)
	}, mergeArms)
}

// mergeArms merges the arms of a disjunction that are about one column; what is no disjunction it returns as it is.
func mergeArms(e expr.Expr) expr.Expr {
	arms := disjuncts(nil, e)
	if len(arms) < 2 {
		return e
	}
	return either(mergeTerms(arms, anyOf, func(s valueSet, col *expr.Column) ([]expr.Expr, bool) {
		conds, ok := s.conds(col)
		return []expr.Expr{all(conds)}, ok
	}, func(arm expr.Expr) expr.Expr { return all(mergeRanges([]expr.Expr{arm})) }))
}

// mergeTerms replaces the terms about one column by those of their combined set of values, if these are simpler, in the place of the
// first; other terms it replaces by what other makes of them.
func mergeTerms(
	terms []expr.Expr, combine func([]valueSet) valueSet, write func(valueSet, *expr.Column) ([]expr.Expr, bool), other func(expr.Expr) expr.Expr,
) []expr.Expr {
	type about struct {
		col   *expr.Column
		terms []expr.Expr
		sets  []valueSet
	}
	byColumn := make(map[expr.ColumnID]*about)
	groups := make([]*about, 0, len(terms)) // in the order of their first terms
	for _, t := range terms {
		col, d, ok := valuesOf(t)
		if !ok {
			groups = append(groups, &about{terms: []expr.Expr{t}})
			continue
		}
		g := byColumn[col.ID]
		if g == nil {
			g = &about{col: col}
			byColumn[col.ID] = g
			groups = append(groups, g)
		}
		g.terms, g.sets = append(g.terms, t), append(g.sets, d)
	}
	var out []expr.Expr
	for _, g := range groups {
		if g.col == nil {
			out = append(out, other(g.terms[0]))
			continue
		}
		simpler, ok := write(combine(g.sets), g.col)
		if ok && weight(simpler) < weight(g.terms) {
			out = append(out, simpler...)
		} else {
			out = append(out, g.terms...)
		}
	}
	return out
}

// weight is how much it takes to write conditions down: a comparison is two, a list one and its items.
func weight(list []expr.Expr) int {
	total := 0
	for _, e := range list {
		switch e := e.(type) {
		case *expr.Literal:
		case *expr.In:
			total += 1 + len(e.List)
			if e.HasNull {
				total++
			}
		case *expr.Call:
			if e.Func == expr.And || e.Func == expr.Or {
				total += weight(e.Args)
				continue
			}
			total += 2
		default:
			total += 2
		}
	}
	return total
}

// conds writes a set of values as conjuncts on a column; false where a comparison can't be made.
func (s valueSet) conds(col *expr.Column) ([]expr.Expr, bool) {
	w := valueSetWriter{col: col}
	var out []expr.Expr
	points, single := s.points()
	holes, punctured := s.holes()
	switch {
	case len(s) == 0:
		return []expr.Expr{truth(false)}, true
	case s.isAll() && !col.Null:
		return []expr.Expr{truth(true)}, true
	case s.isAll():
		return []expr.Expr{predicate(expr.Not, isNull(col))}, true
	case single:
		out = []expr.Expr{w.listed(points, false)}
	case punctured:
		out = append(out, w.within(interval{s[0].lo, s[len(s)-1].hi, s[0].loOpen, s[len(s)-1].hiOpen})...)
		if len(holes) > 0 {
			out = append(out, w.listed(holes, true))
		}
	default:
		out = []expr.Expr{w.arms(s)}
	}
	return out, w.err == nil
}

// holes returns the values between the intervals of a set of values, if these are single ones.
func (s valueSet) holes() ([]*edge, bool) {
	var out []*edge
	for i := 1; i < len(s); i++ {
		if s[i-1].hi.compare(s[i].lo) != 0 {
			return nil, false
		}
		out = append(out, s[i].lo)
	}
	return out, true
}

// valueSetWriter makes conditions on a column. It remembers the first error.
type valueSetWriter struct {
	col *expr.Column
	err error
}

func (w *valueSetWriter) made(e expr.Expr, err error) expr.Expr {
	if err != nil && w.err == nil {
		w.err = err
	}
	return e
}

func (w *valueSetWriter) compare(op expr.Func, with *edge) expr.Expr {
	return w.made(expr.New(op, w.col, with.literal()))
}

// listed is the condition that the column has, or has not, one of some values.
func (w *valueSetWriter) listed(points []*edge, not bool) expr.Expr {
	if len(points) == 1 {
		op := expr.Eq
		if not {
			op = expr.Ne
		}
		return w.compare(op, points[0])
	}
	list := make([]expr.Expr, len(points))
	for i, p := range points {
		list[i] = p.literal()
	}
	return w.made(expr.NewIn(w.col, list, not))
}

// within is the conditions that the column lies in an interval.
func (w *valueSetWriter) within(i interval) []expr.Expr {
	var out []expr.Expr
	if i.lo != nil {
		op := expr.Ge
		if i.loOpen {
			op = expr.Gt
		}
		out = append(out, w.compare(op, i.lo))
	}
	if i.hi != nil {
		op := expr.Le
		if i.hiOpen {
			op = expr.Lt
		}
		out = append(out, w.compare(op, i.hi))
	}
	return out
}

// arms is the condition that the column lies in one of some intervals.
func (w *valueSetWriter) arms(s valueSet) expr.Expr {
	var points []*edge
	var arms []expr.Expr
	for _, i := range s {
		if i.isPoint() {
			points = append(points, i.lo)
		} else {
			arms = append(arms, all(w.within(i)))
		}
	}
	if len(points) > 0 {
		arms = append(arms, w.listed(points, false))
	}
	return either(arms)
}
