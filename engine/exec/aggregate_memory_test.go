package exec

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/exec/agg"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// liveHeap returns the live bytes of the Go heap, which holds the vectors of tests too.
func liveHeap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestAggregateMemoryIsAccounted compares what an aggregate reserves with what the heap really holds, while it gathers
// rows and while it yields groups, without a limit and spilling.
func TestAggregateMemoryIsAccounted(t *testing.T) {
	text := types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)
	cols := plan.Schema{
		column(1, "k", types.Of(types.Int64)), column(2, "s", text),
		column(3, "d", types.NewDecimal(65, 2)), column(4, "n", types.Of(types.Int64)),
	}
	const rows = 120_000
	row := func(groups, length int) func(i int) []types.Value {
		return func(i int) []types.Value {
			s := fmt.Sprintf("%08d", i*7919%rows)
			return []types.Value{
				types.IntValue(int64(i % groups)), types.TextValue(s + strings.Repeat("x", length)),
				{Dec: decimal256.FromI64(int64(i)).IncreaseScaleBy(40)}, types.IntValue(int64(i)),
			}
		}
	}
	count, sum, avg := types.Of(types.Int64), types.NewDecimal(65, 2), types.NewDecimal(65, 6)
	var many []aggCase
	for range 10 {
		many = append(many, aggCase{plan.Sum, 2, sum, false}, aggCase{plan.Avg, 3, types.NewDecimal(24, 4), false})
	}
	for _, c := range []struct {
		name   string
		keys   []int
		cases  []aggCase
		value  func(i int) []types.Value
		concat bool
	}{
		{"long keys", []int{1}, []aggCase{{plan.CountStar, -1, count, false}}, row(rows, 200), false},
		{"extremes of long text", []int{0}, []aggCase{{plan.Max, 1, text, false}, {plan.Min, 1, text, false}}, row(10_000, 500), false},
		{"distinct", []int{0}, []aggCase{{plan.Count, 1, count, true}, {plan.Count, 3, count, true}}, row(10, 20), false},
		{"wide decimals", []int{0}, []aggCase{{plan.Sum, 2, sum, false}, {plan.Avg, 2, avg, false}, {plan.Max, 2, sum, false}}, row(30_000, 0), false},
		{"many aggregates", []int{0}, many, row(30_000, 0), false},
		{"arrays of JSON", []int{0}, []aggCase{{plan.JSONArrayAgg, 1, text, false}}, row(1000, 20), false},
		{"an array of JSON", nil, []aggCase{{plan.JSONArrayAgg, 1, text, false}}, row(1, 20), false},
		{"group_concat", []int{0}, nil, row(1000, 20), true},
		{"group_concat without groups", nil, nil, row(1, 20), true},
	} {
		for _, limit := range []int64{0, 16 << 20} {
			name := fmt.Sprintf("%s, limit %d", c.name, limit)
			t.Run(name, func(t *testing.T) {
				h := newHarness(t, setting{streams: 1, batch: 2048, memory: limit}, 1)
				spec, at := aggregation(cols, c.keys, c.cases)
				terms := termsFor(1, at...)
				if c.concat {
					terms = concatOf(spec, terms)
				}
				base, worst, batches := liveHeap(), "", 0
				sample := func(when string) {
					if batches++; batches%8 != 0 {
						return
					}
					real, reserved := liveHeap()-base, h.account.Used()
					if real > reserved*3/2+(4<<20) {
						worst = fmt.Sprintf("%s: the heap holds %d bytes for %d reserved", when, real, reserved)
					}
				}
				n := rows
				if c.name != "long keys" { // that needs more than a partial table holds
					n /= 3
				}
				in := h.made(cols, n, c.value)[0].(*made)
				next := in.next
				in.next = func() arrow.RecordBatch { sample("gathering"); return next() }
				out, err := NewAggregate(h.rt, Streams{in}, terms, spec, 1, h.reservation(nil), nil)
				if err != nil {
					t.Fatal(err)
				}
				for {
					b, err := out[0].Next(context.Background())
					if err == io.EOF {
						break
					}
					if err != nil {
						t.Fatal(err)
					}
					b.Release()
					sample("yielding")
				}
				if err := out[0].Close(); err != nil {
					t.Fatal(err)
				}
				if worst != "" {
					t.Error(worst)
				}
			})
		}
	}
}

// concatOf adds GROUP_CONCAT(s ORDER BY n DESC) to an aggregation without aggregates.
func concatOf(spec *Aggregation, terms [][]Term) [][]Term {
	text, key := types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900), types.Of(types.Blob)
	n := len(spec.Terms)
	spec.Specs = []agg.Spec{{
		Func: plan.GroupConcat, Args: []types.Type{text, key}, Result: text, Separator: ",", Ordered: true, Longest: 1024,
	}}
	spec.Aggs = plan.Schema{column(200, "c", text)}
	spec.Args, spec.Terms = [][]int{{n, n + 1}}, append(spec.Terms, text, key)
	order := []rowkey.Key{{Field: rowkey.Of(types.Of(types.Int64), nil), Desc: true}}
	for i := range terms {
		terms[i] = append(terms[i], Term{Column: 1}, OrderTerm(order, []Term{{Column: 3}}))
	}
	return terms
}

// TestGroupsThatCannotBeDivided has keys and states that are large beside the memory: dividing a partition does not help
// where its rows are of one group, and ends where it helps no more.
func TestGroupsThatCannotBeDivided(t *testing.T) {
	text := types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)
	cols := plan.Schema{column(1, "k", text), column(2, "s", text)}
	count := types.Of(types.Int64)
	long := strings.Repeat("k", 50_000)
	for _, c := range []struct {
		name  string
		rows  int
		value func(i int) []types.Value
		cases []aggCase
		fails bool
	}{
		{"one long key", 200, func(i int) []types.Value {
			return []types.Value{types.TextValue(long), types.TextValue(fmt.Sprint(i))}
		}, []aggCase{{plan.CountStar, -1, count, false}, {plan.Count, 1, count, true}}, false},
		{"one group too large", 40, func(i int) []types.Value {
			return []types.Value{types.TextValue("k"), types.TextValue(strings.Repeat(string(rune('a'+i%26)), 2_000_000))}
		}, []aggCase{{plan.Max, 1, text, false}}, true},
		{"a few groups too large", 40, func(i int) []types.Value {
			return []types.Value{types.TextValue(fmt.Sprint(i % 4)), types.TextValue(strings.Repeat("y", 300_000+i))}
		}, []aggCase{{plan.Max, 1, text, false}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHarness(t, setting{streams: 2, batch: 2, memory: 1 << 20}, 1)
			stats := new(NodeStats)
			spec, at := aggregation(cols, []int{0}, c.cases)
			out, err := NewAggregate(h.rt, h.made(cols, c.rows, c.value), termsFor(2, at...), spec, 2, h.reservation(stats), stats)
			if err != nil {
				t.Fatal(err)
			}
			got, err := h.run(out, spec.out())
			if c.fails {
				if !sqlerr.Is(err, sqlerr.OutOfMemory) {
					t.Errorf("%d rows and error %v, want OutOfMemory", len(got), err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			byKey := make(map[string][][]types.Value)
			for i := range c.rows {
				row := c.value(i)
				byKey[row[0].Str] = append(byKey[row[0].Str], row)
			}
			var want [][]types.Value
			for _, rows := range byKey {
				row := []types.Value{rows[0][0]}
				for _, a := range c.cases {
					row = append(row, a.naive(cols, rows))
				}
				want = append(want, row)
			}
			h.want(c.name, spec.out(), got, want)
			if peak := h.account.Peak(); peak > 1<<20 {
				t.Errorf("%d bytes were reserved", peak)
			}
		})
	}
}
