package exec

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/exec/agg"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/exec/spill"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// repeated yields a list of batches again and again, until it has yielded a number of rows.
type repeated struct {
	list []arrow.RecordBatch
	left int64
	at   int
}

func (r *repeated) Next(context.Context) (arrow.RecordBatch, error) {
	if r.left <= 0 {
		return nil, io.EOF
	}
	b := r.list[r.at%len(r.list)]
	r.at++
	r.left -= b.NumRows()
	b.Retain()
	return b, nil
}

func (r *repeated) Close() error { return nil }

func benchRuntime() *Runtime {
	return &Runtime{Mem: memory.DefaultAllocator, Env: &expr.Env{Location: time.UTC}}
}

// benchBatches makes batches whose values come from make.
func benchBatches(cols plan.Schema, batches int, value func(k, i int) types.Value) []arrow.RecordBatch {
	out := make([]arrow.RecordBatch, batches)
	asm := newAssembler(cols)
	for b := range out {
		arrays := make([]arrow.Array, len(cols))
		for k, c := range cols {
			values := make([]types.Value, BatchRows)
			for i := range values {
				values[i] = value(k, b*BatchRows+i)
			}
			arrays[k] = kernel.FromValues(memory.DefaultAllocator, c.Type, values)
		}
		out[b] = asm.batch(arrays, BatchRows)
	}
	return out
}

// drainRows runs an operator to its end and returns its rows.
func drainRows(b *testing.B, op Operator) (rows int64) {
	if err := drain(context.Background(), op, func(r arrow.RecordBatch) error {
		rows += r.NumRows()
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	if err := op.Close(); err != nil {
		b.Fatal(err)
	}
	return rows
}

const benchRows = 8 << 20

func BenchmarkJoin(b *testing.B) {
	big := types.Of(types.Int64)
	text := types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)
	for _, c := range []struct {
		name  string
		build int
		step  int64 // between build keys
		kind  plan.JoinKind
		hit   int // one in so many probe rows matches
		typ   types.Type
	}{
		{"inner dense", 1 << 14, 1, plan.Inner, 1, big},
		{"inner hashed", 1 << 14, 1000003, plan.Inner, 1, big},
		{"inner hashed 1M", 1 << 20, 1000003, plan.Inner, 1, big},
		{"inner few match", 1 << 14, 1000003, plan.Inner, 20, big},
		{"semi hashed", 1 << 14, 1000003, plan.Semi, 2, big},
		{"left hashed", 1 << 14, 1000003, plan.Left, 2, big},
		{"inner text", 1 << 14, 1000003, plan.Inner, 1, text},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 2))
			l := plan.Schema{column(1, "k", c.typ), column(2, "v", big)}
			rs := plan.Schema{column(3, "k", c.typ), column(4, "w", big)}
			val := func(n int64) types.Value {
				if c.typ == text {
					return types.TextValue("key number " + time.Duration(n).String())
				}
				return types.IntValue(n)
			}
			build := benchBatches(rs, c.build/BatchRows, func(k, i int) types.Value {
				if k == 0 {
					return val(int64(i) * c.step)
				}
				return types.IntValue(int64(i))
			})
			probe := benchBatches(l, 16, func(k, i int) types.Value {
				n := r.Int64N(int64(c.build)) * c.step
				if c.hit > 1 && i%c.hit != 0 {
					n++
				}
				if k == 0 {
					return val(n)
				}
				return types.IntValue(int64(i))
			})
			field, err := rowkey.Pair(c.typ, c.typ, nil)
			if err != nil {
				b.Fatal(err)
			}
			spec := &Join{Kind: c.kind, Keys: []rowkey.Field{field.Strict()}, Build: rs, Probe: l,
				Output: []JoinColumn{{FromProbe, 1}, {FromBuild, 1}}, Out: plan.Schema{l[1], rs[1]}}
			if c.kind == plan.Semi {
				spec.Output, spec.Out = spec.Output[:1], spec.Out[:1]
			}
			rt := benchRuntime()
			for b.Loop() {
				var none *Account
				js := NewJoin(rt, Streams{&repeated{list: build, left: int64(c.build)}}, Streams{&repeated{list: probe, left: benchRows}},
					[]JoinTerms{{BuildKeys: terms(0), ProbeKeys: terms(0)}}, spec, none.NewReservation(nil), nil)
				drainRows(b, js[0])
			}
			b.ReportMetric(benchRows*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}

func BenchmarkAggregate(b *testing.B) {
	big := types.Of(types.Int64)
	money := types.NewDecimal(15, 2)
	flag := types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)
	for _, c := range []struct {
		name   string
		keys   []int
		groups int64
		aggs   int
	}{
		{"no group, 1 sum", nil, 1, 1},
		{"two flags, 1 sum", []int{2, 3}, 4, 1},
		{"two flags, 8 functions", []int{2, 3}, 4, 8},
		{"100 ints, 1 sum", []int{0}, 100, 1},
		{"1M ints, 1 sum", []int{0}, 1 << 20, 1},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 2))
			cols := plan.Schema{column(1, "id", big), column(2, "v", money), column(3, "f", flag), column(4, "s", flag)}
			in := benchBatches(cols, 128, func(k, i int) types.Value {
				switch k {
				case 0:
					return types.IntValue(r.Int64N(c.groups))
				case 1:
					v, _, _ := types.ParseDecimal("17.25")
					return v
				}
				return types.TextValue(string(rune('A' + r.IntN(2))))
			})
			spec := &Aggregation{}
			var at []int
			for _, k := range c.keys {
				spec.Keys, spec.Groups = append(spec.Keys, rowkey.Of(cols[k].Type, nil)), append(spec.Groups, cols[k])
				at = append(at, k)
			}
			for i := range c.aggs {
				s := agg.Spec{Func: plan.Sum, Args: []types.Type{money}, Result: types.NewDecimal(37, 2)}
				if i%2 == 1 {
					s.Func, s.Result = plan.Avg, types.NewDecimal(19, 6)
				}
				if i == 7 {
					s = agg.Spec{Func: plan.CountStar, Result: big}
				}
				spec.Specs, spec.Args = append(spec.Specs, s), append(spec.Args, []int{len(c.keys)}[:len(s.Args)])
				spec.Aggs = append(spec.Aggs, column(50+i, "a", s.Result))
			}
			at = append(at, 1)
			for _, k := range at {
				spec.Terms = append(spec.Terms, cols[k].Type)
			}
			rt := benchRuntime()
			for b.Loop() {
				var none *Account
				out, err := NewAggregate(rt, Streams{&repeated{list: in, left: benchRows}}, termsFor(1, at...), spec, 1, none.NewReservation(nil), nil)
				if err != nil {
					b.Fatal(err)
				}
				drainRows(b, out[0])
			}
			b.ReportMetric(benchRows*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}

func BenchmarkSort(b *testing.B) {
	const rows = 1 << 20
	big := types.Of(types.Int64)
	text := types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)
	cols := plan.Schema{column(1, "a", big), column(2, "b", text), column(3, "c", big)}
	r := rand.New(rand.NewPCG(1, 2))
	in := benchBatches(cols, rows/BatchRows, func(k, i int) types.Value {
		if k == 1 {
			return types.TextValue(fmt.Sprintf("text %d", r.IntN(1<<20)))
		}
		return types.IntValue(r.Int64())
	})
	for _, c := range []struct {
		name    string
		key     int
		streams int
		memory  int64
	}{
		{"int", 0, 1, 0},
		{"text", 1, 1, 0},
		{"int, 2 streams", 0, 2, 0},
		{"int, merged from disk", 0, 1, 16 << 20},
		{"int, merged in passes", 0, 1, 2 << 20},
	} {
		b.Run(c.name, func(b *testing.B) {
			rt := benchRuntime()
			m, err := spill.Open(b.TempDir(), 0)
			if err != nil {
				b.Fatal(err)
			}
			defer m.Close()
			rt.Spill = m
			for b.Loop() {
				account := NewAccount(nil, c.memory, "memory.query")
				inputs := make(Streams, c.streams)
				for i := range inputs {
					inputs[i] = &repeated{list: in, left: rows / int64(c.streams)}
				}
				drainRows(b, NewSort(rt, inputs, termsFor(c.streams, c.key), sortSpec(cols, []int{c.key}), account.NewReservation(nil), nil))
			}
			b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}
