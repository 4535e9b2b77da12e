package exec

import (
	"slices"
	"testing"

	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestDividedSort checks that rows that agree in the first key come out of one stream, side by side and in order.
func TestDividedSort(t *testing.T) {
	for _, s := range settings {
		t.Run(s.name, func(t *testing.T) {
			h := newHarness(t, s.scaled(8), 5)
			for _, size := range []int{0, 1, 400} {
				if s.sliced {
					size = max(size, 1)
				}
				r := h.random(1, size, 40, types.Of(types.Int32), types.NewDecimal(65, 2), types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900))
				by := Division{Fields: []rowkey.Field{rowkey.Of(r.cols[0].Type, nil)}, Cols: []int{0}}
				streams := NewDividedSort(h.rt, h.streams(r), sortSpec(r.cols, []int{0, 1}), []int{0, 1}, by, 3, h.reservation(nil), nil)
				seen := make(map[types.Value]bool)
				var all [][]types.Value
				for _, out := range streams {
					rows := h.drained(out, r.cols)
					for i, row := range rows {
						if i > 0 && row[0] == rows[i-1][0] {
							if sortOrder(r.cols, []int{0, 1}, rows[i-1], row) > 0 {
								t.Fatalf("%s comes before %s", line(r.cols, rows[i-1]), line(r.cols, row))
							}
							continue
						}
						if seen[row[0]] {
							t.Fatalf("key %+v comes in two places", row[0])
						}
						seen[row[0]] = true
					}
					all = append(all, rows...)
				}
				h.want("divided", r.cols, all, r.rows)
				for _, out := range streams {
					if err := out.Close(); err != nil {
						t.Fatal(err)
					}
				}
				h.empty()
			}
		})
	}
}

// drained returns the rows of an operator that stays open.
func (h *harness) drained(op Operator, cols plan.Schema) [][]types.Value {
	rows, err := h.run(Streams{open{op}}, cols)
	if err != nil {
		h.t.Fatal(err)
	}
	return slices.Clip(rows)
}

// open is an operator that its reader does not close.
type open struct{ Operator }

func (open) Close() error { return nil }

// TestDividedSortClosedEarly closes streams that have yielded a batch, or none.
func TestDividedSortClosedEarly(t *testing.T) {
	h := newHarness(t, setting{streams: 2, batch: 16}, 5)
	r := h.random(1, 300, 40, types.Of(types.Int32), types.Of(types.Int64))
	by := Division{Fields: []rowkey.Field{rowkey.Of(r.cols[0].Type, nil)}, Cols: []int{0}}
	streams := NewDividedSort(h.rt, h.streams(r), sortSpec(r.cols, []int{0}), []int{0}, by, 3, h.reservation(nil), nil)
	b, err := streams[0].Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.Release()
	for range 2 {
		for _, s := range streams {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
