package rowkey

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// A set has every value it was made of, of vectors of any width, no NULL and few other values.
func TestSet(t *testing.T) {
	text := types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)
	decimal := types.Type{Kind: types.Decimal, Precision: 30, Scale: 2}
	wide := func(n int64) types.Value { // two in three need more than 64 bits
		v := decimal256.FromI64(n)
		for range n % 3 {
			v = v.Mul(decimal256.FromI64(1 << 40))
		}
		return types.Value{Dec: v}
	}
	for _, c := range []struct {
		name        string
		keys, other types.Type
		value       func(n int64) types.Value
		dense       bool
	}{
		{"dense", types.Of(types.Int64), types.Of(types.Int64), func(n int64) types.Value { return types.IntValue(1000 + 3*n) }, true},
		{"of two widths", types.Of(types.Int32), types.Of(types.Int64), types.IntValue, true},
		{"apart", types.Of(types.Int64), types.Of(types.Int64), func(n int64) types.Value { return types.IntValue(n << 30) }, false},
		{"negative", types.Of(types.Int32), types.Of(types.Int32), func(n int64) types.Value { return types.IntValue(n - 9000) }, false},
		{"dates", types.Of(types.Date), types.Of(types.Date), types.IntValue, true},
		{"decimals", decimal, decimal, wide, false},
		{"texts", text, text, func(n int64) types.Value { return types.TextValue(fmt.Sprintf("%*d", n%12, n)) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			mem := bufpooltest.New()
			defer mem.AssertSize(t, 0)
			const domain, rows = 20_000, 9_000 // more than are encoded at once
			r := rand.New(rand.NewPCG(7, 8))
			in := make(map[int64]bool)
			values := make([]types.Value, rows)
			for i := range values {
				n := r.Int64N(domain)
				if in[n] = true; r.IntN(20) == 0 {
					delete(in, n)
					values[i] = types.NullValue
					continue
				}
				values[i] = c.value(n)
			}
			field, err := Pair(c.keys, c.other, nil)
			if err != nil {
				t.Fatal(err)
			}
			keys := kernel.FromValues(mem, c.keys, values)
			defer keys.Release()
			set := NewSet(field.Strict(), keys)
			if got := set.bloom == nil; got != c.dense {
				t.Errorf("by position: %v", got)
			}
			if size := int64(8 * (len(set.dense) + len(set.bloom))); size > SetBytes(rows) {
				t.Errorf("%d bytes, want at most %d", size, SetBytes(rows))
			}
			present := make(map[types.Value]bool)
			for _, v := range values {
				present[v] = true
			}
			delete(present, types.NullValue)
			probes := []types.Value{types.NullValue}
			for n := range int64(2 * domain) {
				probes = append(probes, c.value(n-domain/2))
			}
			probe := kernel.FromValues(mem, c.other, probes)
			defer probe.Release()
			find := set.Finder()
			find(keys, nil) // of another length
			found := find(probe, []int32{-1})
			if found[0] != -1 || !slices.IsSorted(found) {
				t.Error("the positions are not appended in their order")
			}
			wrong := 0
			for i, v := range probes {
				_, got := slices.BinarySearch(found, int32(i))
				switch {
				case v.Null && got:
					t.Error("NULL is found")
				case present[v] && !got:
					t.Fatalf("value %d is not found", i)
				case got && !present[v]:
					wrong++
				}
			}
			if most := len(probes) / 50; wrong > most || c.dense && wrong > 0 {
				t.Errorf("%d of %d values are found that are not in it", wrong, len(probes))
			}
		})
	}
}

func TestEmptySet(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	number := types.Of(types.Int64)
	for _, values := range [][]types.Value{nil, {types.NullValue}} {
		keys := kernel.FromValues(mem, number, values)
		probe := kernel.FromValues(mem, number, []types.Value{types.IntValue(0), types.NullValue, types.IntValue(1 << 40)})
		if got := NewSet(Of(number, nil).Strict(), keys).Finder()(probe, nil); len(got) != 0 {
			t.Errorf("of %d keys: %v", len(values), got)
		}
		keys.Release()
		probe.Release()
	}
}
