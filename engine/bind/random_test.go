package bind

import (
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestRandomSeeded has the numbers that MySQL's manual and servers give.
func TestRandomSeeded(t *testing.T) {
	b, ctx, _ := newBinder(t)
	random := func(query string) *expr.Fallback {
		var found *expr.Fallback
		walk(mustBind(t, ctx, b, query).Plan, func(n plan.Node) {
			for _, e := range plan.Expressions(n) {
				if f, ok := e.(*expr.Fallback); ok {
					found = f
				}
			}
		})
		return found
	}
	constant := random("select rand(3) from nation")
	if !expr.Volatile(constant) || !expr.Ordered(constant) {
		t.Error("may be moved")
	}
	row := constant.Row.Clone()
	for i, want := range []float64{0.9057697559760601, 0.37307905813034536, 0.14808605345719125} {
		if got, err := row.Eval(nil, []types.Value{types.IntValue(3)}); err != nil || got.Float != want {
			t.Errorf("row %d: %v, error %v", i, got.Float, err)
		}
	}
	each := random("select rand(n_nationkey) from nation")
	if expr.Volatile(each) || expr.Ordered(each) {
		t.Error("the same for a row each time")
	}
	row = each.Row.Clone()
	for range 2 {
		if got, err := row.Eval(nil, []types.Value{types.IntValue(3)}); err != nil || got.Float != 0.9057697559760601 {
			t.Errorf("%v, error %v", got.Float, err)
		}
	}
}
