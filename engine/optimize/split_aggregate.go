package optimize

import (
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// aggregateSplitter takes an aggregate apart in two: parts, of which it makes the list, and what they are aggregated to
// above them.
type aggregateSplitter struct {
	ids   *ids
	from  set // the columns of the rows
	parts *plan.Aggregate
}

// key makes e a key of the parts and returns its column.
func (s *aggregateSplitter) key(e expr.Expr) expr.Expr {
	for _, g := range s.parts.Groups {
		if expr.Equal(g.Expr, e) {
			return g.Col.Ref()
		}
	}
	var col plan.Column
	if c, ok := e.(*expr.Column); ok && s.from[c.ID] {
		col = columnOfRef(c)
	} else {
		col = s.ids.column(plan.Column{Name: "key", Type: e.Type(), Nullable: e.Nullable()})
	}
	s.parts.Groups = append(s.parts.Groups, plan.Projection{Col: col, Expr: e})
	return col.Ref()
}

// part adds an aggregate to the parts and returns its column.
func (s *aggregateSplitter) part(f plan.AggFunc, like plan.Column, args []expr.Expr) expr.Expr {
	for _, a := range s.parts.Aggs {
		if a.Func == f && slices.EqualFunc(a.Args, args, expr.Equal) {
			return a.Col.Ref()
		}
	}
	like.Nullable = f != plan.Count && f != plan.CountStar
	col := s.ids.column(like)
	s.parts.Aggs = append(s.parts.Aggs, plan.Agg{Col: col, Func: f, Args: args})
	return col.Ref()
}

// agg returns an aggregate over the parts for one over the rows; false if it is not a function of those of parts.
func (s *aggregateSplitter) agg(a plan.Agg) (plan.Agg, bool) {
	if !within(columnsOf(append(keyExprs(a.OrderBy), a.Args...)...), s.from) {
		return a, false
	}
	if a.BitsOfBytes() {
		return a, false
	}
	switch a.Func {
	case plan.Count, plan.CountStar:
		a.Func, a.Args = plan.SumCounts, []expr.Expr{s.part(a.Func, a.Col, a.Args)}
	case plan.Sum, plan.Min, plan.Max, plan.AnyValue, plan.BitAnd, plan.BitOr, plan.BitXor:
		a.Distinct = false
		a.Args = []expr.Expr{s.part(a.Func, a.Col, a.Args)}
	case plan.Avg:
		t, err := expr.AggType(string(plan.Sum), a.Args)
		if err != nil || t.Kind == types.Decimal && t.Precision >= types.MaxPrecision {
			return a, false // the sum may not fit where the average does
		}
		sum := plan.Column{Name: "sum", Type: t}
		count := plan.Column{Name: "count", Type: types.Of(types.Int64)}
		a.Func, a.Args = plan.AvgParts, []expr.Expr{s.part(plan.Sum, sum, a.Args), s.part(plan.Count, count, a.Args)}
	default:
		return a, false
	}
	return a, true
}

// isDistinct reports an aggregate that another number of equal arguments would not change only because it is DISTINCT.
func isDistinct(a plan.Agg) bool {
	return a.Distinct && a.Func != plan.Min && a.Func != plan.Max && a.Func != plan.AnyValue
}
