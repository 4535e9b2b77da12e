package kernel

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/types"
)

func checked(t testing.TB) bufpooltest.Allocator {
	mem := bufpooltest.New()
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return mem
}

// everyType has one type for each way a vector is laid out.
var everyType = []types.Type{
	types.Of(types.Null), types.Of(types.Bool), types.Of(types.Int8), types.Of(types.Int16), types.Of(types.Int32), types.Of(types.Int64), types.Of(types.Uint64),
	types.Of(types.Float32), types.Of(types.Float64), types.NewDecimal(15, 2), types.NewDecimal(30, 2), types.NewDecimal(65, 2),
	types.Of(types.Date), types.NewTemporal(types.Datetime, 6), types.NewTemporal(types.Timestamp, 0), types.Of(types.Time), types.Of(types.Varchar), types.Of(types.Blob),
}

// sample is n random values of t, of which some are NULL.
func sample(rng *rand.Rand, t types.Type, n int) []types.Value {
	out := make([]types.Value, n)
	for i := range out {
		v := rng.Int64N(200) - 100
		switch {
		case rng.IntN(4) == 0 || t.Kind == types.Null:
			out[i] = types.NullValue
		case t.Kind == types.Bool:
			out[i] = types.BoolValue(v > 0)
		case t.IsFloat():
			out[i] = types.FloatValue(float64(v) / 4)
		case t.Kind == types.Decimal:
			d := decimal256.FromI64(v)
			for range int(t.Precision)/2 - 4 {
				d = mul256(d, decimal256.FromI64(10))
			}
			out[i] = types.Value{Dec: d}
		case t.IsString():
			out[i] = types.TextValue(strings.Repeat("äb", int(v+100)%7))
		case t.IsUnsigned():
			out[i] = types.UintValue(uint64(v))
		default:
			out[i] = types.IntValue(v)
		}
	}
	return out
}

// slice builds a vector of values as a slice at an offset.
func slice(mem memory.Allocator, t types.Type, values []types.Value, offset int) arrow.Array {
	whole := FromValues(mem, t, append(make([]types.Value, offset), values...))
	defer whole.Release()
	return array.NewSlice(whole, int64(offset), int64(whole.Len()))
}

func same(t *testing.T, what string, a arrow.Array, want []types.Value) {
	t.Helper()
	if a.Len() != len(want) {
		t.Fatalf("%s: %d rows, want %d", what, a.Len(), len(want))
	}
	nulls := 0
	for i, v := range want {
		if got := ValueAt(a, i); got != v {
			t.Fatalf("%s: row %d is %+v, want %+v", what, i, got, v)
		}
		nulls += int(b2u(v.Null))
	}
	if a.NullN() != nulls {
		t.Fatalf("%s: %d NULLs counted, want %d", what, a.NullN(), nulls)
	}
}

func TestTake(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, typ := range everyType {
		for offset := range 10 {
			mem := checked(t)
			values := sample(rng, typ, 67)
			src := slice(mem, typ, values, offset)
			idx := make([]int32, 100)
			want := make([]types.Value, len(idx))
			for i := range idx {
				idx[i] = rng.Int32N(67)
				if i > 0 && rng.IntN(2) == 0 {
					idx[i] = min(idx[i-1]+1, 66)
				}
				if offset%2 == 1 && rng.IntN(5) == 0 {
					idx[i] = -1
				}
				want[i] = types.NullValue
				if idx[i] >= 0 {
					want[i] = values[idx[i]]
				}
			}
			got, err := Take(mem, src, idx)
			if err != nil {
				t.Fatal(err)
			}
			same(t, fmt.Sprintf("take of %s", typ), got, want)
			if !arrow.TypeEqual(got.DataType(), src.DataType()) {
				t.Errorf("take of %s is %s", src.DataType(), got.DataType())
			}
			got.Release()
			src.Release()
		}
	}
}

// TestTakeOfNothing pads an empty vector: the inner side of an outer join without rows.
func TestTakeOfNothing(t *testing.T) {
	for _, typ := range everyType {
		mem := checked(t)
		src := FromValues(mem, typ, nil)
		for _, idx := range [][]int32{nil, {-1, -1, -1}} {
			got, err := Take(mem, src, idx)
			if err != nil {
				t.Fatal(err)
			}
			want := make([]types.Value, len(idx))
			for i := range want {
				want[i] = types.NullValue
			}
			same(t, "take of no "+typ.String(), got, want)
			got.Release()
		}
		src.Release()
	}
}

func TestConcat(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, typ := range everyType {
		mem := checked(t)
		var parts []arrow.Array
		var want []types.Value
		for offset := range 5 {
			values := sample(rng, typ, offset*9)
			parts = append(parts, slice(mem, typ, values, offset))
			want = append(want, values...)
		}
		got, err := Concat(mem, parts)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "concat of "+typ.String(), got, want)
		got.Release()
		for _, p := range parts {
			p.Release()
		}
	}
	if _, err := Concat(memory.DefaultAllocator, nil); err == nil {
		t.Error("concat of nothing gave a vector")
	}
}

// TestWidths concatenates decimals of all widths and checks that each value gets the width it needs.
func TestWidths(t *testing.T) {
	mem := checked(t)
	typ := types.NewDecimal(65, 1)
	texts := map[types.Width][]string{
		types.W64:  {"0.0", "-922337203685477580.8", "922337203685477580.7"},
		types.W128: {"922337203685477580.8", "-922337203685477580.9", "-17014118346046923173168730371588410572.8"},
		types.W256: {"17014118346046923173168730371588410572.8", "-" + strings.Repeat("9", 64) + ".9"},
	}
	var parts []arrow.Array
	var want []types.Value
	for _, w := range []types.Width{types.W64, types.W256, types.W128} {
		var values []types.Value
		for _, s := range texts[w] {
			v, _, err := types.ParseDecimal(s)
			if err != nil {
				t.Fatal(err)
			}
			one := FromValues(mem, typ, []types.Value{v})
			if Width(one) != w {
				t.Errorf("%s is stored in %d bits, want %d", s, Width(one), w)
			}
			one.Release()
			values = append(values, v, types.NullValue)
		}
		parts = append(parts, slice(mem, typ, values, 3))
		want = append(want, values...)
	}
	got, err := Concat(mem, parts)
	if err != nil {
		t.Fatal(err)
	}
	if Width(got) != types.W256 {
		t.Errorf("the concatenation has %d bits", Width(got))
	}
	same(t, "concat", got, want)
	got.Release()
	for _, to := range []types.Width{types.W64, types.W128, types.W256} {
		wide := Widen(mem, parts[0], to)
		if Width(wide) != to {
			t.Errorf("widened to %d bits, want %d", Width(wide), to)
		}
		same(t, "widen", wide, want[:6])
		wide.Release()
	}
	for _, p := range parts {
		p.Release()
	}
}

func TestChoose(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for _, typ := range everyType {
		for round := range 8 {
			mem := checked(t)
			const n = 50
			arms := make([]Datum, 3)
			rows := make([][]types.Value, 4)
			for k := range arms {
				t := typ
				if t.Kind == types.Decimal && k == 1 {
					t = types.NewDecimal(15, 2) // another width
				}
				rows[k] = sample(rng, t, n)
				if k == round%4 {
					v := rows[k][0]
					for i := range rows[k] {
						rows[k][i] = v
					}
					arms[k] = Scalar(v)
				} else {
					arms[k] = Vector(slice(mem, typ, rows[k], round))
				}
			}
			rows[3] = make([]types.Value, n)
			choice := make([]uint16, n)
			want := make([]types.Value, n)
			for i := range choice {
				rows[3][i] = types.NullValue
				choice[i] = uint16(rng.IntN(3 + round%2))
				want[i] = rows[choice[i]][i]
			}
			got, err := Choose(&Context{Mem: mem}, typ, arms, choice)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "choose of "+typ.String(), got, want)
			got.Release()
			for _, d := range arms {
				d.Release()
			}
		}
	}
}

func TestBroadcast(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for _, typ := range everyType {
		mem := checked(t)
		for _, v := range sample(rng, typ, 5) {
			a := Broadcast(mem, typ, v, 9)
			same(t, "broadcast of "+typ.String(), a, []types.Value{v, v, v, v, v, v, v, v, v})
			a.Release()
		}
	}
}

// TestIntegerSet covers the bitmap and the hash table.
func TestIntegerSet(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, span := range []int64{1, 100, denseSpan, 1 << 40, 1<<63 - 1} {
		members := map[int64]bool{}
		var list []int64
		for range 300 {
			v := rng.Int64N(span) - span/2
			list = append(list, v)
			members[v] = true
		}
		if span > denseSpan {
			list = append(list, -1<<63, 1<<63-1)
			members[-1<<63], members[1<<63-1] = true, true
		}
		set := newIntegerSet(list)
		probe := func(v int64) {
			if set.has(v) != members[v] {
				t.Fatalf("span %d: has(%d) is %v", span, v, set.has(v))
			}
		}
		for _, v := range list {
			probe(v)
			probe(v + 1)
			probe(-v)
		}
		probe(0)
		probe(-1 << 63)
		probe(1<<63 - 1)
	}
}
