package optimize

import (
	"context"
	"math"
	"strconv"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// sumOffsets adds a constant once for all rows, where several sums are of one integer and constants:
//
//	                                             Project s1 = s + 1 * n, s2 = s + 2 * n
//	Aggregate: s1 = sum(x + 1), s2 = sum(x + 2)  ->  Aggregate: s = sum(x), n = count(x)
//
// The integers have less than 64 bits, so that no x + 1 is out of range.
func sumOffsets(_ context.Context, p *planner, root plan.Node) (plan.Node, error) {
	var failure error
	out := transform(root, func(n plan.Node) plan.Node {
		agg, ok := n.(*plan.Aggregate)
		if !ok {
			return n
		}
		split, err := p.sharedSums(agg)
		if err != nil {
			failure = err
			return n
		}
		return split
	})
	return out, failure
}

// offset is a sum's argument as what it has in common with others, plus a constant.
type offset struct {
	of expr.Expr
	by int64
}

// offsetOf takes an argument apart; ok is false if it is no such sum.
func offsetOf(a plan.Agg) (o offset, ok bool) {
	if a.Func != plan.Sum || a.Distinct || len(a.Args) != 1 {
		return offset{}, false
	}
	o.of = widened(a.Args[0])
	if call, isCall := o.of.(*expr.Call); isCall && call.Typ.Kind == types.Int64 {
		switch x, y := call.Args[0], call.Args[len(call.Args)-1]; {
		case call.Func == expr.Add && isSmall(y):
			o = offset{widened(x), y.(*expr.Literal).Value.Int}
		case call.Func == expr.Add && isSmall(x):
			o = offset{widened(y), x.(*expr.Literal).Value.Int}
		case call.Func == expr.Sub && isSmall(y):
			o = offset{widened(x), -y.(*expr.Literal).Value.Int}
		}
	}
	return o, isNarrow(o.of.Type()) && !expr.Volatile(o.of)
}

// isSmall reports an integer constant that no integer of less than 64 bits is out of range with.
func isSmall(e expr.Expr) bool {
	l, ok := e.(*expr.Literal)
	return ok && l.Typ.IsInteger() && !l.Value.Null && l.Value.Int <= math.MaxInt32 && l.Value.Int >= -math.MaxInt32
}

// widened is an expression below casts that were put around it so that all its values fit.
func widened(e expr.Expr) expr.Expr {
	for {
		c, ok := e.(*expr.Cast)
		if !ok || !c.Implicit || !isNarrow(c.Arg.Type()) || c.To.Kind != types.Int64 {
			return e
		}
		e = c.Arg
	}
}

// isNarrow reports integers of less than 64 bits.
func isNarrow(t types.Type) bool {
	return t.IsInteger() && t.Kind != types.Int64 && t.Kind != types.Uint64
}

// fewSums is how many sums of one thing are computed as well each for itself.
const fewSums = 2

// shareable returns the offsets of an aggregate's sums, by position, where enough have an expression in common; nil: there are none.
func shareable(list []plan.Agg) []*offset {
	var found bool
	counts := make(expr.Map[*int])
	offsets, known := make([]*offset, len(list)), make([]*int, len(list))
	for i, a := range list {
		o, ok := offsetOf(a)
		if !ok {
			continue
		}
		counts.Add(o.of, new(int))
		known[i], _ = counts.Get(o.of)
		*known[i]++
		offsets[i] = &o
	}
	for i := range offsets {
		if known[i] != nil && *known[i] <= fewSums {
			offsets[i] = nil
		}
		found = found || offsets[i] != nil
	}
	if !found {
		return nil
	}
	return offsets
}

// sharedSums has the sums of an aggregate that differ by constants share one.
func (p *planner) sharedSums(agg *plan.Aggregate) (plan.Node, error) {
	offsets := shareable(agg.Aggs)
	if offsets == nil {
		return agg, nil
	}
	s := aggregateSplitter{ids: p.ids, parts: &plan.Aggregate{Input: agg.Input, Groups: agg.Groups}}
	above := &plan.Project{Input: s.parts}
	for _, g := range agg.Groups {
		above.Exprs = append(above.Exprs, plan.Projection{Col: g.Col, Expr: g.Col.Ref()})
	}
	for i, a := range agg.Aggs {
		if offsets[i] == nil {
			s.parts.Aggs = append(s.parts.Aggs, a)
			above.Exprs = append(above.Exprs, plan.Projection{Col: a.Col, Expr: a.Col.Ref()})
			continue
		}
		value, err := s.sum(*offsets[i], a.Col)
		if err != nil {
			return nil, err
		}
		above.Exprs = append(above.Exprs, plan.Projection{Col: a.Col, Expr: value})
	}
	return above, nil
}

// sum is a sum as one that others share and a constant for each value.
func (s *aggregateSplitter) sum(o offset, col plan.Column) (expr.Expr, error) {
	typ, err := expr.AggType(string(plan.Sum), []expr.Expr{o.of})
	if err != nil {
		return nil, err
	}
	value := s.part(plan.Sum, plan.Column{Name: "sum", Type: typ}, []expr.Expr{o.of})
	if o.by != 0 {
		count := s.part(plan.Count, plan.Column{Name: "count", Type: types.Of(types.Int64)}, []expr.Expr{o.of})
		by, of, err := types.ParseDecimal(strconv.FormatInt(o.by, 10))
		if err != nil {
			return nil, err
		}
		added, err := expr.New(expr.Mul, &expr.Literal{Value: by, Typ: of}, count)
		if err != nil {
			return nil, err
		}
		if value, err = expr.New(expr.Add, value, added); err != nil {
			return nil, err
		}
	}
	if value.Type() == col.Type {
		return value, nil
	}
	return expr.NewCast(value, col.Type)
}
