package exec

import (
	"math"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// reducing are the joins that ask only whether a row has a match.
var reducing = []joinCase{
	{kind: plan.Semi, keys: 1}, {kind: plan.Anti, keys: 1}, {kind: plan.Mark, keys: 1},
	{kind: plan.NullAnti, nullAware: true, keys: 1}, {kind: plan.Mark, nullAware: true, keys: 1},
}

// TestReducingJoinsHoldDistinctRows joins with many rows of few values, which have room where all rows would not.
func TestReducingJoinsHoldDistinctRows(t *testing.T) {
	big := types.Of(types.Int64)
	h := newHarness(t, setting{streams: 2, batch: 256, memory: 1 << 17}, 5)
	l := h.random(1, 200, 50, big)
	r := h.random(11, 40_000, 50, big)
	for _, c := range reducing {
		stats := new(NodeStats)
		streams, cols := c.build(h, l, r, stats)
		got, err := h.run(streams, cols)
		if err != nil {
			t.Fatalf("%v: %v", c, err)
		}
		h.want(c, cols, got, c.naive(l, relation{r.cols, distinct(r.rows)}))
		if stats.Totals().Spilled > 0 {
			t.Errorf("%v: spilled", c)
		}
	}
}

func distinct(rows [][]types.Value) (out [][]types.Value) {
	seen := map[types.Value]bool{}
	for _, r := range rows {
		if !seen[r[0]] {
			seen[r[0]] = true
			out = append(out, r)
		}
	}
	return out
}

// TestThinning counts what is left of rows that come again before and after more distinct ones than are remembered.
func TestThinning(t *testing.T) {
	big := types.Of(types.Int64)
	for name, c := range map[string]struct {
		value func(row int) int64
		rows  int
		left  int
		more  bool
	}{
		"few values":        {func(i int) int64 { return int64(i % 100) }, 1 << 18, 100, true},
		"many, in order":    {func(i int) int64 { return int64(i / 4) }, 1 << 20, 1 << 18, true},
		"all different":     {func(i int) int64 { return int64(i) }, partialGroups, partialGroups, false},
		"again, forgotten":  {func(i int) int64 { return int64(i / 2 % partialGroups) }, 4 * partialGroups, 2 * partialGroups, true},
		"again, remembered": {func(i int) int64 { return int64(i % (partialGroups - 1)) }, 4 * (partialGroups - 1), partialGroups - 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, setting{}, 1)
			run := &joinRun{rt: h.rt, spec: &Join{Kind: plan.Semi, Build: plan.Schema{column(1, "a", big)}}, res: h.reservation(nil)}
			thin := run.newThinner(JoinTerms{})
			left, more := 0, true
			for from := 0; from < c.rows && more; from += 1024 {
				b := array.NewInt64Builder(h.mem)
				for i := from; i < min(from+1024, c.rows); i++ {
					b.Append(c.value(i))
				}
				batch := newAssembler(run.spec.Build).batch([]arrow.Array{b.NewArray()}, min(1024, c.rows-from))
				b.Release()
				var out arrow.RecordBatch
				var err error
				if out, more, err = thin.thin(batch); err != nil {
					t.Fatal(err)
				}
				left += int(out.NumRows())
				out.Release()
				batch.Release()
			}
			thin.release()
			run.res.Free()
			if left != c.left || more != c.more {
				t.Errorf("%d rows left, more %t, want %d, %t", left, more, c.left, c.more)
			}
		})
	}
}

// negative is a residual over pairs: column 1 has its sign bit set.
type negative struct{ sel []int32 }

func (n *negative) Select(_ memory.Allocator, b arrow.RecordBatch) ([]int32, bool, error) {
	n.sel = n.sel[:0]
	for i, v := range b.Column(1).(*array.Float64).Float64Values() {
		if math.Signbit(v) {
			n.sel = append(n.sel, int32(i))
		}
	}
	return n.sel, false, nil
}

// TestThinningKeepsZeros has a match that is told from a row equal to it.
func TestThinningKeepsZeros(t *testing.T) {
	h := newHarness(t, settings[0], 1)
	float := types.Of(types.Float64)
	l := relation{plan.Schema{column(1, "a", float)}, [][]types.Value{{types.FloatValue(0)}}}
	r := relation{plan.Schema{column(2, "b", float)}, [][]types.Value{{types.FloatValue(0)}, {types.FloatValue(math.Copysign(0, -1))}}}
	c := joinCase{kind: plan.Semi, keys: 1}
	streams, cols := c.build(h, l, r, nil)
	run := streams[0].(*join).run
	run.terms[0].Residual, streams[0].(*join).prober.terms.Residual = &negative{}, &negative{}
	got, err := h.run(streams, cols)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 {
		t.Errorf("%d rows, want the one with a match", len(got))
	}
}
