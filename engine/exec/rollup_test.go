package exec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// rolledUp is a relation with its columns keys rolled up, by definition.
func rolledUp(r relation, keys ...int) relation {
	want := relation{cols: append(plan.Schema{}, r.cols...)}
	for i, k := range keys {
		want.cols = append(want.cols, column(50+i, "key", r.cols[k].Type))
	}
	want.cols = append(want.cols, column(60, "level", types.Of(types.Int64)))
	for _, row := range r.rows {
		for level := range len(keys) + 1 {
			repeated := append([]types.Value{}, row...)
			for i, k := range keys {
				v := row[k]
				if i >= len(keys)-level {
					v = types.NullValue
				}
				repeated = append(repeated, v)
			}
			want.rows = append(want.rows, append(repeated, types.IntValue(int64(level))))
		}
	}
	return want
}

// rollup is a Rollup that keeps all columns of a relation.
func (h *harness) rollup(r relation, keys ...int) Streams {
	out := h.streams(r)
	for i, in := range out {
		out[i] = NewRollup(h.rt, in, allColumns(len(r.cols)), terms(keys...), rolledUp(r, keys...).cols)
	}
	return out
}

func TestRollup(t *testing.T) {
	for _, s := range settings {
		t.Run(s.name, func(t *testing.T) {
			h := newHarness(t, s, 3)
			for _, keys := range [][]int{{0}, {1, 2}, {2, 2}, {5, 3, 1, 0}} {
				for _, size := range []int{0, 1, 300} {
					if s.sliced {
						size = max(size, 1)
					}
					r := h.random(1, size, 6, aggColumns...)
					want := rolledUp(r, keys...)
					got, err := h.run(h.rollup(r, keys...), want.cols)
					if err != nil {
						t.Fatal(err)
					}
					h.want(fmt.Sprint(keys, size), want.cols, got, want.rows)
					h.empty()
				}
			}
		})
	}
}

// TestRolledUpGroupsSpill groups what is repeated by keys and level, with more groups than memory holds.
func TestRolledUpGroupsSpill(t *testing.T) {
	h := newHarness(t, setting{streams: 2, batch: 256, memory: 1 << 18}, 9)
	stats := new(NodeStats)
	r := h.random(1, 4000, 3000, aggColumns...)
	rows := rolledUp(r, 0, 1)
	keys := []int{len(r.cols), len(r.cols) + 1, len(r.cols) + 2}
	h.compareAggregate("rolled up", rows, keys, mergeable[:5], stats)
	if stats.Totals().Spilled == 0 {
		t.Error("nothing was spilled")
	}
	h.compareAggregate("rolled up, distinct", rows, keys, distincts, stats)
}

// TestRollupClosesInTheMiddle leaves repetitions of a batch unread.
func TestRollupClosesInTheMiddle(t *testing.T) {
	h := newHarness(t, setting{streams: 1, batch: 64}, 3)
	out := h.rollup(h.random(1, 200, 6, aggColumns...), 1, 0)
	b, err := out[0].Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.Release()
	if err := out[0].Close(); err != nil {
		t.Fatal(err)
	}
	h.empty()
}

// TestRolledUpTextIsBounded has keys that make more text of a batch than is evaluated at once.
func TestRolledUpTextIsBounded(t *testing.T) {
	h, gauge := wideHarness(t, 0)
	key := call(t, expr.Repeat, textLit("ab"), call(t, expr.Mul, number(), intLit(4)))
	cols := plan.Schema{wideOut[0], column(3, "level", types.Of(types.Int64))}
	up := NewRollup(h.rt, h.streams(numbers(BatchRows))[0], nil, compiled(t, key), cols)
	got, err := h.run(Streams{up}, cols)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range got {
		if level := row[1].Int; level == 1 != row[0].Null {
			t.Fatalf("row %d: %v at level %d", i, row[0], level)
		}
	}
	longest := 0
	for _, row := range got {
		longest = max(longest, len(row[0].Str))
	}
	if len(got) != 2*BatchRows || longest != len(strings.Repeat("ab", 4*(BatchRows-1))) {
		t.Errorf("%d rows, the longest of %d bytes", len(got), longest)
	}
	if gauge.Peak() > 2*textBound {
		t.Errorf("%d bytes at once", gauge.Peak())
	}
}
