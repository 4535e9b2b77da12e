package optimize

import (
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestSumOffsets looks at which sums share one.
func TestSumOffsets(t *testing.T) {
	column := func(k types.Kind) expr.Expr { return &expr.Column{ID: 1, Name: "x", Typ: types.Of(k), Null: true} }
	integer := func(v int64) expr.Expr { return &expr.Literal{Value: types.IntValue(v), Typ: types.Of(types.Int64)} }
	sum := func(f expr.Func, args ...expr.Expr) plan.Agg {
		e, err := expr.New(f, args...)
		if err != nil {
			t.Fatal(err)
		}
		return plan.Agg{Func: plan.Sum, Args: []expr.Expr{e}}
	}
	x := column(types.Int32)
	plain := plan.Agg{Func: plan.Sum, Args: []expr.Expr{x}}
	distinct := sum(expr.Add, x, integer(1))
	distinct.Distinct = true
	for name, c := range map[string]struct {
		list []plan.Agg
		want []int64 // the offsets; of none: none
	}{
		"all":        {[]plan.Agg{plain, sum(expr.Add, x, integer(1)), sum(expr.Sub, x, integer(2)), sum(expr.Add, integer(3), x)}, []int64{0, 1, -2, 3}},
		"few":        {[]plan.Agg{plain, sum(expr.Add, x, integer(1))}, nil},
		"distinct":   {[]plan.Agg{plain, sum(expr.Add, x, integer(1)), distinct}, nil},
		"of 64 bits": {[]plan.Agg{sum(expr.Add, column(types.Int64), integer(1)), sum(expr.Add, column(types.Int64), integer(2)), sum(expr.Add, column(types.Int64), integer(3))}, nil},
		"may be below 0": {[]plan.Agg{sum(expr.Sub, column(types.Uint32), &expr.Literal{Value: types.UintValue(1), Typ: types.Of(types.Uint64)}),
			sum(expr.Sub, column(types.Uint32), &expr.Literal{Value: types.UintValue(2), Typ: types.Of(types.Uint64)}),
			sum(expr.Sub, column(types.Uint32), &expr.Literal{Value: types.UintValue(3), Typ: types.Of(types.Uint64)})}, nil},
		"large":  {[]plan.Agg{sum(expr.Add, x, integer(1<<62)), sum(expr.Add, x, integer(1<<62+1)), sum(expr.Add, x, integer(1<<62+2))}, nil},
		"double": {[]plan.Agg{sum(expr.Add, column(types.Float64), integer(1)), sum(expr.Add, column(types.Float64), integer(2)), sum(expr.Add, column(types.Float64), integer(3))}, nil},
	} {
		got := shareable(c.list)
		if len(got) != len(c.want) {
			t.Errorf("%s: %d offsets", name, len(got))
			continue
		}
		for i, o := range got {
			if o == nil || o.by != c.want[i] || !expr.Equal(o.of, x) {
				t.Errorf("%s: %d is %+v, want %d", name, i, o, c.want[i])
			}
		}
	}
}
