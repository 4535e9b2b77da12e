package build

import (
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestAggregatesOfLikeTerms has arguments that print alike, for a plan shows only the head of a list.
func TestAggregatesOfLikeTerms(t *testing.T) {
	c := customers()
	among := func(last ...int64) expr.Expr {
		e := &expr.In{Arg: c.col(0)}
		for _, v := range append([]int64{11, 12, 13, 14, 15, 16, 17, 18}, last...) {
			e.List = append(e.List, types.IntValue(v))
		}
		return call(t, expr.Add, e, number(0))
	}
	none, some := among(19, 20), among(1, 2)
	if none.String() != some.String() {
		t.Fatalf("%s and %s do not print alike", none, some)
	}
	for _, distinct := range []bool{false, true} {
		agg := func(id expr.ColumnID, arg expr.Expr) plan.Agg {
			col := plan.Column{ID: id, Name: "most", Type: arg.Type(), Nullable: true}
			return plan.Agg{Col: col, Func: plan.Max, Args: []expr.Expr{arg}, Distinct: distinct}
		}
		expect(t, &plan.Aggregate{Input: c.remote(), Aggs: []plan.Agg{agg(70, none), agg(71, some), agg(72, none)}}, false, "0 1 0")
	}
}
