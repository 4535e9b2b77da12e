package agg

import (
	"math/big"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestBareNulls gives every function a vector of bare NULLs, which has no validity bits, and one value that is not NULL.
func TestBareNulls(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	null, big := types.Type{}, types.Of(types.Int64)
	for _, c := range []struct {
		f      plan.AggFunc
		args   int
		result types.Type
		want   types.Value
	}{
		{plan.Count, 1, big, types.IntValue(0)},
		{plan.Count, 2, big, types.IntValue(0)},
		{plan.Sum, 1, types.NewDecimal(23, 0), types.NullValue},
		{plan.Avg, 1, types.NewDecimal(23, 4), types.NullValue},
		{plan.Min, 1, null, types.NullValue},
		{plan.AnyValue, 1, null, types.NullValue},
		{plan.VarPop, 1, types.Of(types.Float64), types.NullValue},
		{plan.BitAnd, 1, types.Of(types.Uint64), types.UintValue(1<<64 - 1)},
		{plan.BitXor, 1, types.Of(types.Uint64), types.UintValue(0)},
		{plan.GroupConcat, 1, types.NewText(types.Text, 0, types.Utf8mb4Bin0900), types.NullValue},
	} {
		spec := Spec{Func: c.f, Result: c.result, Args: []types.Type{null}, Longest: 1024}
		args := []arrow.Array{array.NewNull(3)}
		if c.args == 2 { // the other argument first
			some := kernel.FromValues(mem, big, []types.Value{types.IntValue(1), types.NullValue, types.IntValue(2)})
			defer some.Release()
			spec.Args, args = []types.Type{big, null}, []arrow.Array{some, args[0]}
		}
		acc, err := New(spec)
		if err != nil {
			t.Fatal(err)
		}
		acc.Grow(1)
		if err := acc.Update(nil, args, 3); err != nil {
			t.Fatal(err)
		}
		got, err := acc.Result(mem, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if v := kernel.ValueAt(got, 0); v != c.want && !(got.DataType().ID() == arrow.NULL && c.want.Null) {
			t.Errorf("%s of %d: %+v, want %+v", c.f, c.args, v, c.want)
		}
		got.Release()
	}
}

// TestAverageOfLargeSums divides a sum that leaves no room for the digits of its average.
func TestAverageOfLargeSums(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	typ := types.NewDecimal(65, 0)
	s := newExactSum(Spec{Func: plan.Avg, Args: []types.Type{typ}, Result: types.NewDecimal(65, 4)})
	s.Grow(1)
	const rows = 3_000_000_000
	value, _ := new(big.Int).SetString("-33333333333333333333333333333333333333333333333333333333333333333", 10)
	total := new(big.Int).Sub(new(big.Int).Mul(value, big.NewInt(rows)), big.NewInt(rows/2)) // each -...333.5
	s.promote()
	s.wide[0], s.n[0] = decimal256.FromBigInt(total), rows
	got, err := s.Result(mem, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Release()
	want := new(big.Int).Sub(new(big.Int).Mul(value, big.NewInt(10000)), big.NewInt(5000))
	if v := wide(got, 0).BigInt(); v.Cmp(want) != 0 {
		t.Errorf("the average is %s, want %s", v, want)
	}
}
