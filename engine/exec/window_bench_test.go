package exec

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/exec/agg"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// BenchmarkWindow computes functions over rows that are sorted already, in partitions of a thousand rows and of a few.
func BenchmarkWindow(b *testing.B) {
	big, money := types.Of(types.Int64), types.NewDecimal(15, 2)
	cols := plan.Schema{column(1, "p", big), column(2, "o", big), column(3, "d", money), column(4, "f", types.Of(types.Float64))}
	sum := types.NewDecimal(37, 2)
	rows := func(n int64) WindowBound { return WindowBound{Kind: plan.CurrentRow, Rows: n} }
	aggregate := func(f plan.AggFunc, arg int, result types.Type, frame WindowFrame) WindowFunc {
		return WindowFunc{Func: f, Args: []int{arg}, Frame: frame, Spec: agg.Spec{Func: f, Args: []types.Type{cols[arg].Type}, Result: result}}
	}
	running := WindowFrame{End: rows(0)}
	sliding := WindowFrame{Start: rows(-10), End: rows(0)}
	peers := WindowFrame{End: WindowBound{Kind: plan.Peers}}
	for _, c := range []struct {
		name string
		f    WindowFunc
		typ  types.Type
	}{
		{"row_number", WindowFunc{Func: plan.RowNumber}, types.Of(types.Uint64)},
		{"rank", WindowFunc{Func: plan.Rank}, types.Of(types.Uint64)},
		{"cume_dist", WindowFunc{Func: plan.CumeDist}, types.Of(types.Float64)},
		{"lag", WindowFunc{Func: plan.Lag, Args: []int{2}, Count: 1}, money},
		{"first_value", WindowFunc{Func: plan.FirstValue, Args: []int{2}, Frame: peers}, money},
		{"count running", aggregate(plan.Count, 2, big, running), big},
		{"sum partition", aggregate(plan.Sum, 2, sum, WindowFrame{}), sum},
		{"sum running", aggregate(plan.Sum, 2, sum, running), sum},
		{"sum peers", aggregate(plan.Sum, 2, sum, peers), sum},
		{"sum sliding", aggregate(plan.Sum, 2, sum, sliding), sum},
		{"avg sliding", aggregate(plan.Avg, 2, types.NewDecimal(19, 6), sliding), types.NewDecimal(19, 6)},
		{"max sliding", aggregate(plan.Max, 2, money, sliding), money},
		{"float sum sliding", aggregate(plan.Sum, 3, types.Of(types.Float64), sliding), types.Of(types.Float64)},
	} {
		for _, size := range []int{1000, 4} {
			b.Run(map[int]string{1000: "large ", 4: "small "}[size]+c.name, func(b *testing.B) {
				list := benchBatches(cols, 16, func(k, i int) types.Value {
					switch k {
					case 0:
						return types.IntValue(int64(i / size))
					case 1:
						return types.IntValue(int64(i % size))
					case 2:
						return types.Value{Dec: decimal256.FromI64(int64(i % 7919))}
					}
					return types.FloatValue(float64(i % 7919))
				})
				defer releaseBatches(list)
				key := func(t types.Type) []rowkey.Key { return []rowkey.Key{{Field: rowkey.Of(t, nil)}} }
				spec := &Window{
					Cols: cols, Partition: key(big), PartitionCols: []int{0}, Order: key(big), OrderCols: []int{1},
					Funcs: []WindowFunc{c.f}, Keep: []int{0, 1, 2}, Out: append(cols[:3:3], column(9, "r", c.typ)),
				}
				b.ReportAllocs()
				const n = 1 << 20
				for b.Loop() {
					var account *Account
					op, err := NewWindow(benchRuntime(), &repeated{list: list, left: n}, spec, account.NewReservation(nil), nil)
					if err != nil {
						b.Fatal(err)
					}
					drainRows(b, op)
				}
				b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
			})
		}
	}
}
