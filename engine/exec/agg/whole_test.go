package agg

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestWhole computes counts and averages of the sums and counts of parts, of which some have no value.
func TestWhole(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	big, double, money := types.Of(types.Int64), types.Of(types.Float64), types.NewDecimal(30, 2)
	counts := []types.Value{types.IntValue(3), types.IntValue(0), types.IntValue(4)}
	cents := types.NewDecimal(12, 2)
	decimal := func(n int64) types.Value { return types.Value{Dec: decimal256.FromI64(n)} }
	for _, c := range []struct {
		f      plan.AggFunc
		sum    types.Type
		sums   []types.Value
		result types.Type
		want   types.Value
	}{
		{plan.SumCounts, types.Type{}, nil, big, types.IntValue(7)},
		{plan.AvgParts, double, []types.Value{types.FloatValue(1.5), types.NullValue, types.FloatValue(2)}, double, types.FloatValue(0.5)},
		{plan.AvgParts, cents, []types.Value{decimal(150), types.NullValue, decimal(-87)}, money, decimal(9)},
		{plan.AvgParts, cents, []types.Value{decimal(-150), types.NullValue, decimal(87)}, money, decimal(-9)},
	} {
		spec := Spec{Func: c.f, Args: []types.Type{big}, Result: c.result}
		n := kernel.FromValues(mem, big, counts)
		args := []arrow.Array{n}
		if c.sums != nil {
			spec.Args = []types.Type{c.sum, big}
			args = []arrow.Array{kernel.FromValues(mem, c.sum, c.sums), n}
		}
		acc, err := New(spec)
		if err != nil {
			t.Fatal(err)
		}
		acc.Grow(2) // of the second there are no parts
		if err := acc.Update([]int32{0, 0, 0}, args, 3); err != nil {
			t.Fatal(err)
		}
		got, err := acc.Result(mem, 0, 2)
		if err != nil {
			t.Fatal(err)
		}
		nothing := types.NullValue
		if c.f == plan.SumCounts {
			nothing = types.IntValue(0)
		}
		if v, none := kernel.ValueAt(got, 0), kernel.ValueAt(got, 1); v != c.want || none != nothing {
			t.Errorf("%s of %s: %+v and, of nothing, %+v, want %+v", c.f, c.sum, v, none, c.want)
		}
		got.Release()
		for _, a := range args {
			a.Release()
		}
	}
}
