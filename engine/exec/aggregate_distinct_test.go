package exec

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// made is an operator over the batches that a function makes; nil ends them.
type made struct{ next func() arrow.RecordBatch }

func (m *made) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if b := m.next(); b != nil {
		return b, nil
	}
	return nil, io.EOF
}

func (m *made) Close() error { return nil }

// made deals rows out to streams; row i has the values of value(i).
func (h *harness) made(cols plan.Schema, rows int, value func(i int) []types.Value) Streams {
	out := make(Streams, h.setting.streams)
	for k := range out {
		at := k * h.setting.batch
		out[k] = &made{func() arrow.RecordBatch {
			if at >= rows {
				return nil
			}
			var list [][]types.Value
			for i := at; i < min(at+h.setting.batch, rows); i++ {
				list = append(list, value(i))
			}
			at += h.setting.batch * len(out)
			return h.batch(cols, list)
		}}
	}
	return out
}

// TestDistinctSetsSpill counts several sets of distinct values that are each many times what memory holds, over all rows
// and in a few groups.
func TestDistinctSetsSpill(t *testing.T) {
	rows, groups := 400_000, 3
	cols := plan.Schema{
		column(1, "g", types.Of(types.Int64)), column(2, "a", types.Of(types.Int64)),
		column(3, "b", types.Of(types.Int64)), column(4, "s", types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)),
	}
	// Within a group every a comes twice, every b three times, and no s again.
	value := func(i int) []types.Value {
		g, k := i%groups, i/groups
		return []types.Value{
			types.IntValue(int64(g)), types.IntValue(int64(k / 2)), types.IntValue(int64(k / 3)),
			types.TextValue(fmt.Sprintf("number %d of all", i)),
		}
	}
	count, sum := types.Of(types.Int64), types.NewDecimal(41, 0)
	cases := []aggCase{
		{plan.Count, 1, count, true}, {plan.Sum, 2, sum, true}, {plan.Count, 3, count, true}, {plan.Sum, 1, sum, true},
		{plan.CountStar, -1, count, false},
	}
	for _, keys := range [][]int{nil, {0}} {
		h := newHarness(t, setting{streams: 2, batch: 2048, memory: 8 << 20}, 1)
		stats := new(NodeStats)
		spec, at := aggregation(cols, keys, cases)
		streams := 2 - len(keys)
		out, err := NewAggregate(h.rt, h.made(cols, rows, value), termsFor(2, at...), spec, streams, h.reservation(stats), stats)
		if err != nil {
			t.Fatal(err)
		}
		got, err := h.run(out, spec.out())
		if err != nil {
			t.Fatal(err)
		}
		if stats.Totals().Spilled == 0 {
			t.Error("nothing was spilled")
		}
		var want [][]types.Value
		n := len(keys)*groups + 1 - len(keys)
		for g := range n {
			per := (rows - g + groups - 1) / groups // rows of a group; the first has all values
			in := per
			if len(keys) == 0 {
				in = rows
			}
			as, bs := (per+1)/2, (per+2)/3
			row := []types.Value{
				types.IntValue(int64(as)), sumBelow(bs), types.IntValue(int64(in)),
				sumBelow(as), types.IntValue(int64(in)),
			}
			if len(keys) > 0 {
				row = append([]types.Value{types.IntValue(int64(g))}, row...)
			}
			want = append(want, row)
		}
		h.want(fmt.Sprintf("keys %v", keys), spec.out(), got, want)
		h.empty()
	}
}

// sumBelow is the sum of the numbers below n.
func sumBelow(n int) types.Value {
	return types.Value{Dec: decimal256.FromI64(int64(n) * int64(n-1) / 2)}
}
