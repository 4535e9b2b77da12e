package rowkey

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// someTexts covers both forms of a string key: up to seven bytes, and more.
func someTexts(mem memory.Allocator, n int) (arrow.Array, []types.Value) {
	r := rand.New(rand.NewPCG(1, 2))
	values := make([]types.Value, n)
	for i := range values {
		values[i] = types.TextValue(strings.Repeat("\x00", r.IntN(3)) + fmt.Sprint(r.IntN(50)) + strings.Repeat("é", r.IntN(6)))
		if r.IntN(9) == 0 {
			values[i] = types.NullValue
		}
	}
	return kernel.FromValues(mem, types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900), values), values
}

// encode returns texts dictionary-encoded; the entries are in the order in which they appear first, or last.
func encode(mem memory.Allocator, col arrow.Array, backwards bool) arrow.Array {
	typ := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: col.DataType()}
	b := array.NewDictionaryBuilder(mem, typ).(*array.BinaryDictionaryBuilder)
	defer b.Release()
	entries := array.NewStringBuilder(mem)
	defer entries.Release()
	texts := col.(*array.String)
	for i := range texts.Len() {
		if at := texts.Len() - 1 - i; backwards && texts.IsValid(at) {
			entries.Append(texts.Value(at))
		}
	}
	first := entries.NewStringArray()
	defer first.Release()
	if err := b.InsertStringDictValues(first); err != nil {
		panic(err)
	}
	for i := range texts.Len() {
		if texts.IsNull(i) {
			b.AppendNull()
		} else if err := b.AppendString(texts.Value(i)); err != nil {
			panic(err)
		}
	}
	return b.NewDictionaryArray()
}

func TestGroupsNumberDistinctKeys(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	col, values := someTexts(mem, 3000)
	defer col.Release()
	e, g := NewEncoder([]Field{Of(types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900), nil)}), NewGroups()
	out := make([]int32, len(values))
	// The same values again, and in two dictionaries that number them differently.
	for round, keys := range []arrow.Array{col, col, encode(mem, col, false), encode(mem, col, true)} {
		if round > 1 {
			defer keys.Release()
		}
		e.Encode([]arrow.Array{keys}, len(values))
		fresh := g.Find(e, out, nil)
		seen := make(map[types.Value]int32)
		for i, v := range values {
			if n, ok := seen[v]; ok && n != out[i] {
				t.Fatalf("row %d: group %d, want %d", i, out[i], n)
			}
			seen[v] = out[i]
		}
		if g.Len() != len(seen) || round == 0 && len(fresh) != len(seen) || round > 0 && len(fresh) != 0 {
			t.Fatalf("round %d: %d groups, %d fresh, want %d", round, g.Len(), len(fresh), len(seen))
		}
	}
	g.Reset()
	if g.Len() != 0 || len(g.Find(e, out, nil)) == 0 {
		t.Error("Reset keeps groups")
	}
}

// TestIndexFindsEveryRowOfAKey uses small pair buffers, so that chains are cut and resumed, for keys that are looked up
// by position, by one word, by two and as bytes.
func TestIndexFindsEveryRowOfAKey(t *testing.T) {
	big := types.Of(types.Int64)
	for _, c := range []struct {
		name   string
		step   int64
		fields int
	}{{"dense", 1, 1}, {"one word", 1 << 40, 1}, {"two words", 1 << 40, 2}, {"bytes", 1 << 40, 3}} {
		r := rand.New(rand.NewPCG(3, 4))
		column := func(n int) (arrow.Array, []types.Value) {
			values := make([]types.Value, n)
			for i := range values {
				values[i] = types.IntValue((r.Int64N(300) - 100) * c.step)
				if r.IntN(10) == 0 {
					values[i] = types.NullValue
				}
			}
			return kernel.FromValues(memory.DefaultAllocator, big, values), values
		}
		repeat := func(a arrow.Array) []arrow.Array { return slices.Repeat([]arrow.Array{a}, c.fields) }
		fields := slices.Repeat([]Field{Of(big, nil).Strict()}, c.fields)
		stored, sv := column(70000)
		probed, pv := column(200)
		x := newIndex(t, fields, repeat(stored), len(sv), 3)
		e := NewEncoder(fields)
		e.Encode(repeat(probed), len(pv))
		got := make(map[[2]int32]bool)
		for cursor := (Cursor{}); !cursor.Done(); {
			p, b := x.Probe(e, &cursor, make([]int32, 0, 7), make([]int32, 0, 7))
			for i := range p {
				got[[2]int32{p[i], b[i]}] = true
			}
		}
		first := make([]int32, len(pv))
		x.First(e, first)
		pairs := 0
		for i, v := range pv {
			found := false
			for j, w := range sv {
				if v == w && !v.Null {
					found = true
					if pairs++; !got[[2]int32{int32(i), int32(j)}] {
						t.Fatalf("%s: probe row %d misses row %d", c.name, i, j)
					}
				}
			}
			if found != (first[i] >= 0) || found && sv[first[i]] != v {
				t.Fatalf("%s: First of row %d is %d", c.name, i, first[i])
			}
		}
		if pairs != len(got) {
			t.Errorf("%s: %d pairs, want %d", c.name, len(got), pairs)
		}
	}
}

// newIndex is NewIndex that cannot be cancelled.
func newIndex(t testing.TB, fields []Field, cols []arrow.Array, rows, workers int) *Index {
	t.Helper()
	x, err := NewIndex(t.Context(), fields, cols, rows, workers)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestIndexEndsWithTheContext cancels while the first key is made and while the last one is.
func TestIndexEndsWithTheContext(t *testing.T) {
	text := types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)
	const rows = 2*rangeRows + 1
	col := kernel.Broadcast(memory.DefaultAllocator, text, types.TextValue("x"), rows)
	for _, c := range []struct{ at, most int }{{1, rangeRows}, {rows, rows}} {
		ctx, cancel := context.WithCancel(t.Context())
		made := 0
		weigh := func(dst, value []byte) []byte {
			if made++; made == c.at {
				cancel()
			}
			return append(dst, value...)
		}
		_, err := NewIndex(ctx, []Field{Of(text, weigh)}, []arrow.Array{col}, rows, 1)
		if !errors.Is(err, context.Canceled) || made > c.most {
			t.Errorf("cancelled at key %d: error %v after %d", c.at, err, made)
		}
	}
}

// TestIndexPanics has a panic in a goroutine that builds an index, which is the error of who builds it.
func TestIndexPanics(t *testing.T) {
	text := types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)
	a := kernel.FromValues(memory.DefaultAllocator, text, slices.Repeat([]types.Value{types.TextValue("x")}, parallelRows))
	weigh := func([]byte, []byte) []byte { panic("boom") }
	_, err := NewIndex(t.Context(), []Field{Of(text, weigh)}, []arrow.Array{a}, a.Len(), 2)
	if !sqlerr.Is(err, sqlerr.Internal) {
		t.Fatalf("error %v", err)
	}
}

// TestIndexBytes compares what is estimated, what an index says of itself and what the heap holds.
func TestIndexBytes(t *testing.T) {
	const rows = 50_000
	r := rand.New(rand.NewPCG(5, 6))
	text := types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)
	column := func(typ types.Type, value func(i int) types.Value) arrow.Array {
		values := make([]types.Value, rows)
		for i := range values {
			values[i] = value(i)
		}
		return kernel.FromValues(memory.DefaultAllocator, typ, values)
	}
	number := func(int) types.Value { return types.IntValue(r.Int64()) }
	long := func(i int) types.Value { return types.TextValue(strings.Repeat("x", 40) + fmt.Sprint(i)) }
	double := func(dst, value []byte) []byte { return append(append(dst, value...), value...) }
	big := types.Of(types.Int64)
	for _, c := range []struct {
		name   string
		fields []Field
		cols   []arrow.Array
	}{
		{"dense", []Field{Of(big, nil)}, []arrow.Array{column(big, func(i int) types.Value { return types.IntValue(int64(i)) })}},
		{"one word", []Field{Of(big, nil)}, []arrow.Array{column(big, number)}},
		{"two words", []Field{Of(big, nil), Of(big, nil)}, []arrow.Array{column(big, number), column(big, number)}},
		{"text", []Field{Of(text, nil)}, []arrow.Array{column(text, long)}},
		{"weighed text", []Field{Of(text, double)}, []arrow.Array{column(text, long)}},
		{"text and number", []Field{Of(text, nil), Of(big, nil)}, []arrow.Array{column(text, long), column(big, number)}},
		{"three", []Field{Of(text, nil), Of(text, nil), Of(big, nil)}, []arrow.Array{column(text, long), column(text, long), column(big, number)}},
	} {
		for _, workers := range []int{1, 3} {
			sizes := make([]int64, len(c.cols))
			for i, a := range c.cols {
				if s, ok := a.(*array.String); ok {
					sizes[i] = int64(len(s.ValueBytes()))
				}
			}
			estimate := Estimate(c.fields, rows) + Text(c.fields, sizes, rows)
			before := liveHeap()
			x := newIndex(t, c.fields, c.cols, rows, workers)
			real := liveHeap() - before
			runtime.KeepAlive(c)
			if d := x.Bytes() - real; d < -real/20 || d > real/20 {
				t.Errorf("%s: says %d bytes, the heap holds %d", c.name, x.Bytes(), real)
			}
			most := 4 * real
			if c.name == "dense" {
				most = 8 * real // that keys lie close together is found out while they are encoded
			}
			if estimate < real || estimate > most {
				t.Errorf("%s: %d bytes were estimated, the heap holds %d", c.name, estimate, real)
			}
			runtime.KeepAlive(x)
		}
	}
}

// liveHeap returns the live bytes of the Go heap.
func liveHeap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestOrderComparesAsValues(t *testing.T) {
	dec := types.NewDecimal(65, 2)
	wide := func(n int64, zeros int32) types.Value {
		return types.Value{Dec: decimal256.FromI64(n).IncreaseScaleBy(zeros)}
	}
	for _, c := range []struct {
		t      types.Type
		sorted []types.Value
	}{
		{types.Of(types.Int64), []types.Value{types.NullValue, types.IntValue(-1 << 63), types.IntValue(-1), types.IntValue(0), types.IntValue(1<<63 - 1)}},
		{types.Of(types.Uint64), []types.Value{types.NullValue, types.UintValue(0), types.UintValue(1 << 62), types.UintValue(1 << 63)}},
		{types.Of(types.Float64), []types.Value{types.NullValue, types.FloatValue(-1e300), types.FloatValue(-1e-300), types.FloatValue(0), types.FloatValue(2)}},
		{dec, []types.Value{types.NullValue, wide(-2, 60), wide(-1, 60), wide(-3, 30), wide(-1, 0), wide(1, 0), wide(2, 15), wide(1, 30), wide(1, 60)}},
		{types.Of(types.Varchar), []types.Value{types.NullValue, types.TextValue(""), types.TextValue("\x00"), types.TextValue("a"), types.TextValue("a\x00"), types.TextValue("a\x00b"), types.TextValue("a\x01"), types.TextValue("ab")}},
	} {
		a := kernel.FromValues(memory.DefaultAllocator, c.t, c.sorted)
		for _, desc := range []bool{false, true} {
			text, ends := NewOrder([]Key{{Of(c.t, nil), desc}}).Append(nil, nil, []arrow.Array{a}, a.Len())
			for i := range ends {
				for j := range ends {
					x, y := text[start(ends, i):ends[i]], text[start(ends, j):ends[j]]
					want := cmp.Compare(i, j)
					if desc {
						want = -want
					}
					if bytes.Compare(x, y) != want || want < 0 && Prefix(x) > Prefix(y) {
						t.Errorf("%s desc %t: values %d and %d compare wrong", c.t, desc, i, j)
					}
				}
			}
		}
		a.Release()
	}
}

// TestOrderOfDecimalsAtAFinerScale has numbers that take more than 256 bits there.
func TestOrderOfDecimalsAtAFinerScale(t *testing.T) {
	whole := types.NewDecimal(65, 0)
	field, err := Pair(whole, types.NewDecimal(65, 30), nil)
	if err != nil {
		t.Fatal(err)
	}
	var sorted []types.Value
	for _, n := range []int64{-3, -2, 0, 2, 3} {
		for _, zeros := range []int32{0, 20, 40, 50, 75} {
			sorted = append(sorted, types.Value{Dec: decimal256.FromI64(n).IncreaseScaleBy(zeros)})
		}
	}
	slices.SortStableFunc(sorted, func(a, b types.Value) int { return a.Dec.BigInt().Cmp(b.Dec.BigInt()) })
	a := kernel.FromValues(memory.DefaultAllocator, whole, sorted)
	defer a.Release()
	text, ends := NewOrder([]Key{{field, false}}).Append(nil, nil, []arrow.Array{a}, a.Len())
	for i := 1; i < len(ends); i++ {
		x, y := text[start(ends, i-1):ends[i-1]], text[start(ends, i):ends[i]]
		if want := sorted[i-1].Dec.BigInt().Cmp(sorted[i].Dec.BigInt()); bytes.Compare(x, y) != want {
			t.Errorf("values %d and %d compare wrong", i-1, i)
		}
	}
}

func start(ends []int, i int) int {
	if i == 0 {
		return 0
	}
	return ends[i-1]
}
