package exec

import (
	"fmt"
	"testing"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

func TestRepeat(t *testing.T) {
	for _, s := range settings {
		t.Run(s.name, func(t *testing.T) {
			h := newHarness(t, s, 3)
			for _, size := range []int{0, 1, 300} {
				if s.sliced {
					size = max(size, 1)
				}
				r := h.random(1, size, 9, append(aggColumns, types.Of(types.Int64))...)
				times := len(r.cols) - 1 // from -3 to 5, and NULL
				if size == 300 {
					r.rows[7][times] = types.IntValue(2000)
				}
				want := relation{cols: r.cols[:times]}
				for _, row := range r.rows {
					for n := int64(0); n < row[times].Int && !row[times].Null; n++ {
						want.rows = append(want.rows, row[:times])
					}
				}
				out := h.streams(r)
				for i, in := range out {
					out[i] = NewRepeat(h.rt, in, terms(times)[0], allColumns(times), want.cols)
				}
				got, err := h.run(out, want.cols)
				if err != nil {
					t.Fatal(err)
				}
				h.want(fmt.Sprint(size, " rows"), want.cols, got, want.rows)
				h.empty()
			}
		})
	}
}

// TestRepeatedTextIsBounded repeats a wide text more often than a batch may have bytes, and stops in the middle.
func TestRepeatedTextIsBounded(t *testing.T) {
	h, gauge := wideHarness(t, 0)
	const width = 1 << 20
	cols := plan.Schema{column(1, "s", wideText), column(2, "n", types.Of(types.Int64))}
	text := make([]byte, width)
	r := relation{cols: cols, rows: [][]types.Value{{types.TextValue(string(text)), types.IntValue(1000)}}}
	op := NewRepeat(h.rt, h.streams(r)[0], terms(1)[0], []int{0}, cols[:1])
	for range 3 {
		b, err := op.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if size := batchBytes(b); size > outputBytes {
			t.Errorf("a batch of %d bytes", size)
		}
		b.Release()
	}
	if err := op.Close(); err != nil {
		t.Fatal(err)
	}
	if gauge.Peak() > 2*outputBytes+2*width {
		t.Errorf("%d bytes at once", gauge.Peak())
	}
	h.empty()
}
