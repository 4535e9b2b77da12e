package rowkey

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// benchKeys are columns of keys with their fields.
type benchKeys struct {
	name   string
	fields []Field
	cols   []arrow.Array
}

const benchRows = 1 << 17

// allBenchKeys returns keys as queries group and join by: numbers, texts that fit a word and that do not, and both.
func allBenchKeys() []benchKeys {
	r := rand.New(rand.NewPCG(1, 2))
	big, text := types.Of(types.Int64), types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)
	column := func(t types.Type, value func(i int) types.Value) arrow.Array {
		values := make([]types.Value, benchRows)
		for i := range values {
			values[i] = value(i)
		}
		return kernel.FromValues(memory.DefaultAllocator, t, values)
	}
	number := func(n int64) arrow.Array {
		return column(big, func(int) types.Value { return types.IntValue(r.Int64N(n) * 1_000_003) })
	}
	label := func(format string, n int) arrow.Array {
		return column(text, func(int) types.Value { return types.TextValue(fmt.Sprintf(format, r.IntN(n))) })
	}
	brand, kind, size := label("Brand#%d", 25), label("PROMO ANODIZED TIN NUMBER %d", 150), number(8)
	word := label("w%d", 5000)
	phrase := label("a phrase of some length, number %d", 5000)
	sparse := column(big, func(i int) types.Value {
		if i%9 == 0 {
			return types.NullValue
		}
		return types.IntValue(r.Int64N(5000))
	})
	weigh := func(dst, value []byte) []byte {
		for _, c := range value {
			dst = append(dst, 0, c|0x20)
		}
		return dst
	}
	f := func(t types.Type) Field { return Of(t, nil) }
	return []benchKeys{
		{"int", []Field{f(big)}, []arrow.Array{number(5000)}},
		{"int in order", []Field{f(big)}, []arrow.Array{column(big, func(i int) types.Value { return types.IntValue(int64(i) / 4) })}},
		{"two ints", []Field{f(big), f(big)}, []arrow.Array{number(70), number(70)}},
		{"nullable int", []Field{f(big)}, []arrow.Array{sparse}},
		{"short text", []Field{f(text)}, []arrow.Array{word}},
		{"long text", []Field{f(text)}, []arrow.Array{phrase}},
		{"collated text", []Field{Of(text, weigh)}, []arrow.Array{phrase}},
		{"texts and int", []Field{f(text), f(text), f(big)}, []arrow.Array{brand, kind, size}},
		{"texts and ints, all different", []Field{f(text), f(text), f(big), f(big)}, []arrow.Array{brand, kind, size, number(1 << 40)}},
	}
}

// batches are the columns in pieces of as many rows as an operator's batches.
func (k benchKeys) batches() [][]arrow.Array {
	const rows = 8192
	out := make([][]arrow.Array, benchRows/rows)
	for i := range out {
		for _, c := range k.cols {
			out[i] = append(out[i], array.NewSlice(c, int64(i*rows), int64((i+1)*rows)))
		}
	}
	return out
}

func BenchmarkGroups(b *testing.B) {
	for _, k := range allBenchKeys() {
		b.Run(k.name, func(b *testing.B) {
			batches, e := k.batches(), NewEncoder(k.fields)
			var out, fresh []int32
			b.ReportAllocs()
			least := math.Inf(1)
			for b.Loop() {
				start, g := time.Now(), NewGroups()
				for _, cols := range batches {
					rows := cols[0].Len()
					out = grow(out, rows)
					e.Encode(cols, rows)
					fresh = g.Find(e, out, fresh[:0])
				}
				least = min(least, float64(time.Since(start).Nanoseconds()))
			}
			b.ReportMetric(least/benchRows, "ns/row") // other processes disturb it less than the mean
		})
	}
}

func BenchmarkIndex(b *testing.B) {
	for _, k := range allBenchKeys() {
		b.Run(k.name, func(b *testing.B) {
			batches, e := k.batches(), NewEncoder(k.fields)
			probe, build := make([]int32, 0, 8192), make([]int32, 0, 8192)
			first := batches[0]
			b.ReportAllocs()
			least := math.Inf(1)
			for b.Loop() {
				start, x := time.Now(), newIndex(b, k.fields, first, first[0].Len(), 1)
				for _, cols := range batches[1:] {
					e.Encode(cols, cols[0].Len())
					x.First(e, probe[:cols[0].Len()])
				}
				e.Encode(first, first[0].Len())
				for c := (Cursor{}); !c.Done(); {
					x.Probe(e, &c, probe, build)
				}
				least = min(least, float64(time.Since(start).Nanoseconds()))
			}
			b.ReportMetric(least/benchRows, "ns/row")
		})
	}
}

// BenchmarkSetFinder looks for a hundred keys that lie far apart, as those of a small input of a join do, among a page of values.
func BenchmarkSetFinder(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 4))
	big := types.Of(types.Int64)
	numbers := func(n int) arrow.Array {
		values := make([]types.Value, n)
		for i := range values {
			values[i] = types.IntValue(r.Int64N(6_000_000))
		}
		return kernel.FromValues(memory.DefaultAllocator, big, values)
	}
	find := NewSet(Of(big, nil).Strict(), numbers(100)).Finder()
	page := numbers(1 << 15)
	var sel []int32
	for b.Loop() {
		sel = find(page, sel[:0])
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*page.Len()), "ns/value")
}
