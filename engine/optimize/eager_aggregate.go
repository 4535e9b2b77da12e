package optimize

import (
	"context"
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// eagerAggregate aggregates an input of a join before it is joined (Yan and Larson, Eager Aggregation and Lazy Aggregation,
// 1995), where that is clearly less work:
//
//	Aggregate by s.g: n = count(*), t = sum(r.v)      Aggregate by s.g: n = sum_counts(c), t = sum(u)
//	  Inner join on r.k = s.k                     ->    Inner join on r.k = s.k
//	    r                                                 Aggregate by r.k: c = count(*), u = sum(r.v)
//	    s                                                   r
//	                                                      s
//
// The rows of r that agree in all that is read of them above - keys of the joins, conditions, groups - join the same rows
// and fall into the same groups. So one row can stand for them, with what the aggregates make of the rest. The partial
// aggregate is an ordinary one, which a source may take: then its groups come over instead of its rows.
//
// Guards: An input that an outer join pads with NULLs is not one. All aggregates must be functions of those of parts of that
// one input, or not mind how often a row is repeated. What they read must not fail on rows that find no partner, and their sums
// not depend on the order (floats) nor outgrow their type. Equal keys must be the same value: of two that are equal under a
// collation only one would be left. A key that is unique leaves nothing to aggregate.
func eagerAggregate(ctx context.Context, p *planner, root plan.Node) (plan.Node, error) {
	overJoin := func(n plan.Node) bool {
		agg, ok := n.(*plan.Aggregate)
		return ok && len(joinInputs(agg.Input)) > 0
	}
	if !anyNode(root, overJoin) {
		return root, nil
	}
	p.est.Node(ctx, root) // what common table expressions have is known from here on
	e := eagerAggregator{planner: p, costs: placedCosts{ctx, newPlacer(p)}}
	return e.rewrite(root), nil
}

// eagerAggregator looks for aggregates of which a part pays.
type eagerAggregator struct {
	*planner
	costs placedCosts
}

// rewrite goes down to where no source takes the whole: how a source runs what it takes is its own matter.
func (e eagerAggregator) rewrite(n plan.Node) plan.Node {
	if e.costs.atSource(n) {
		return n
	}
	if agg, ok := n.(*plan.Aggregate); ok && !volatile(n) {
		n = e.cheapest(agg)
	}
	return mapChildren(n, e.rewrite)
}

// worthRows is the number of rows below which an aggregate of their own is not considered.
const worthRows = 1000

// cheapest returns the aggregate over the partial one that saves most, and as it is if none pays. It has to save as much again as the
// partial aggregate takes: what is known of combinations of keys is little.
func (e eagerAggregator) cheapest(agg *plan.Aggregate) plan.Node {
	best := plan.Node(agg)
	whole, most := -1.0, 0.0
	for _, in := range joinInputs(agg.Input) {
		rows := e.est.Node(e.costs.ctx, in).Rows
		if rows < worthRows {
			continue
		}
		s := &eagerSplitter{aggregateSplitter{e.ids, in.Schema().Set(), &plan.Aggregate{Input: in}}}
		split, ok := s.split(agg)
		if !ok || e.guessed(s.parts) || e.est.Node(e.costs.ctx, s.parts).Rows > rows/2 {
			continue
		}
		if whole < 0 {
			whole = e.costs.of(agg)
		}
		work := rows * costAggregateRow
		if e.costs.atSource(s.parts) {
			work = rows * costRemoteRow
		}
		if saved := whole - e.costs.of(split) - work; saved > most {
			best, most = split, saved
		}
	}
	return best
}

// guessed reports groups of which it is not known how many there are.
func (e eagerAggregator) guessed(parts *plan.Aggregate) bool {
	rows := e.est.of(e.costs.ctx, parts.Input)
	return slices.ContainsFunc(parts.Groups, func(g plan.Projection) bool { return rows.expression(g.Expr).guessed })
}

// joinInputs returns the inputs of the joins right below a node of which each row appears in the result as often as it finds
// partners: nothing but that, and what is read of it, tells it from others.
func joinInputs(n plan.Node) []plan.Node {
	switch n := n.(type) {
	case *plan.Filter:
		return joinInputs(n.Input)
	case *plan.Project:
		return joinInputs(n.Input)
	case *plan.Join:
		switch n.Kind {
		case plan.Full:
			return nil
		case plan.Inner:
			return slices.Concat([]plan.Node{n.Left, n.Right}, joinInputs(n.Left), joinInputs(n.Right))
		}
		return append(joinInputs(n.Left), n.Left)
	}
	return nil
}

// eagerSplitter puts a partial aggregate over parts.Input below the joins of an aggregate.
type eagerSplitter struct{ aggregateSplitter }

func (s *eagerSplitter) split(agg *plan.Aggregate) (plan.Node, bool) {
	out := &plan.Aggregate{Groups: agg.Groups}
	needed := columnsOf(projected(agg.Groups)...)
	for _, a := range agg.Aggs {
		below := a
		below.Args = s.below(agg.Input, a.Args)
		whole, ok := s.partial(below)
		if !ok {
			if whole = a; !ignoresRepeats(a) {
				return nil, false
			}
			needed = with(needed, a.Args...)
		}
		out.Aggs = append(out.Aggs, whole)
	}
	var ok bool
	out.Input, ok = s.over(agg.Input, needed)
	return out, ok
}

// below says what expressions over n are over the rows of the parts, where they read nothing else.
func (s *eagerSplitter) below(n plan.Node, list []expr.Expr) []expr.Expr {
	for n != s.parts.Input {
		switch m := n.(type) {
		case *plan.Project:
			stands := make(map[expr.ColumnID]expr.Expr, len(m.Exprs))
			for _, p := range m.Exprs {
				stands[p.Col.ID] = p.Expr
			}
			list, n = substitute(list, stands), m.Input
		case *plan.Join:
			n = m.Left
			if !leadsTo(n, s.parts.Input) {
				n = m.Right
			}
		default:
			n = m.Children()[0]
		}
	}
	return list
}

// leadsTo reports whether a node lies in a plan.
func leadsTo(n, to plan.Node) bool {
	return anyNode(n, func(n plan.Node) bool { return n == to })
}

// partial returns an aggregate over the parts for one over the rows.
func (s *eagerSplitter) partial(a plan.Agg) (plan.Agg, bool) {
	if isDistinct(a) || slices.ContainsFunc(a.Args, mayFail) {
		return a, false
	}
	switch a.Func {
	case plan.Sum, plan.Avg:
		t, err := expr.AggType(string(plan.Sum), a.Args)
		if err != nil || t.Kind != types.Decimal || t.Precision >= types.MaxPrecision {
			return a, false
		}
		if a.Func == plan.Sum && a.Col.Type.Scale != t.Scale {
			return a, false // it shows fewer digits than it has
		}
	case plan.Min, plan.Max, plan.AnyValue:
		if !oneExtreme(a) {
			return a, false
		}
	}
	return s.agg(a)
}

// oneExtreme reports values of which no two are both the least: of those that are equal the first would be shown.
func oneExtreme(a plan.Agg) bool { return identicalIfEqual(a.Args[0].Type()) }

// ignoresRepeats reports an aggregate that is the same however often an argument is repeated, and in which order.
func ignoresRepeats(a plan.Agg) bool {
	switch a.Func {
	case plan.Min, plan.Max, plan.AnyValue:
		return oneExtreme(a)
	case plan.BitAnd, plan.BitOr:
		return true
	case plan.Count:
		return a.Distinct
	case plan.Sum, plan.Avg:
		return a.Distinct && !a.Args[0].Type().IsFloat()
	}
	return false
}

// over rebuilds a node over the parts, which keep what is needed above it and what it reads itself.
func (s *eagerSplitter) over(n plan.Node, needed set) (plan.Node, bool) {
	if n == s.parts.Input {
		return s.parts, s.group(needed)
	}
	switch m := n.(type) {
	case *plan.Project:
		list := slices.DeleteFunc(slices.Clone(m.Exprs), func(p plan.Projection) bool { return !needed[p.Col.ID] })
		in, ok := s.over(m.Input, columnsOf(projected(list)...))
		for _, a := range s.parts.Aggs {
			list = append(list, plan.Projection{Col: a.Col, Expr: a.Col.Ref()})
		}
		return &plan.Project{Input: in, Exprs: list}, ok
	case *plan.Join:
		needed = with(needed, m.On...)
		if leadsTo(m.Left, s.parts.Input) {
			in, ok := s.over(m.Left, needed)
			return m.WithChildren([]plan.Node{in, m.Right}), ok
		}
		in, ok := s.over(m.Right, needed)
		return m.WithChildren([]plan.Node{m.Left, in}), ok
	}
	in, ok := s.over(n.Children()[0], with(needed, plan.Expressions(n)...))
	return n.WithChildren([]plan.Node{in}), ok
}

// group makes the columns that are needed the keys of the parts; false if that can't be, or groups nothing.
func (s *eagerSplitter) group(needed set) bool {
	keys := make(set)
	for _, c := range s.parts.Input.Schema() {
		if !needed[c.ID] {
			continue
		}
		if !identicalIfEqual(c.Type) {
			return false
		}
		keys[c.ID] = true
		s.key(c.Ref())
	}
	unique := slices.ContainsFunc(uniqueKeys(s.parts.Input), func(k set) bool { return within(k, keys) })
	return len(keys) > 0 && !unique
}

// mayFail reports an expression that could fail on some row.
func mayFail(e expr.Expr) bool {
	fails := false
	expr.Walk(e, func(e expr.Expr) bool {
		fails = fails || !safe(e)
		return !fails
	})
	return fails
}

// safe reports an operation that never fails by itself.
func safe(e expr.Expr) bool {
	switch e := e.(type) {
	case *expr.Column, *expr.Literal, *expr.Param, *expr.Case, *expr.In:
		return true
	case *expr.Cast:
		from := e.Arg.Type()
		return e.Implicit && e.To.Kind == types.Decimal && (from.IsInteger() || from.Kind == types.Decimal) && !overflows(e.To)
	case *expr.Call:
		switch e.Func {
		case expr.Add, expr.Sub, expr.Mul, expr.Neg:
			return e.Typ.Kind == types.Decimal && !overflows(e.Typ)
		case expr.And, expr.Or, expr.Not, expr.IsNull, expr.IsTrue, expr.IsFalse, expr.Coalesce, expr.If, expr.IfNull,
			expr.Eq, expr.Ne, expr.Lt, expr.Le, expr.Gt, expr.Ge, expr.NullSafeEq:
			return true
		}
	}
	return false
}

// overflows reports a type of results that can have more digits than there are.
func overflows(t types.Type) bool { return t.Precision >= types.MaxPrecision }
