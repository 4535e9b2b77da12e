package exec

import (
	"context"
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// numbers reads the first column of an operator, and closes it.
func (h *harness) numbers(from Operator) (list []int64) {
	h.t.Helper()
	err := drain(context.Background(), from, func(b arrow.RecordBatch) error {
		list = append(list, b.Column(0).(*array.Int64).Int64Values()...)
		return nil
	})
	if err == nil {
		err = from.Close()
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

// TestRecursionBeyondItsKeys makes distinct rows whose keys do not fit the memory. While their hashes do, all rows are looked through
// for those alone that may be there already.
func TestRecursionBeyondItsKeys(t *testing.T) {
	const last, again = 1000, 250 // every again rows one comes a second time
	for _, c := range []struct {
		name    string
		memory  int64
		refuse  bool // one request in ten
		looking [2]int
	}{
		{"keys", 64 << 20, false, [2]int{0, 0}},
		{"hashes", 1 << 18, false, [2]int{1, last/again + 1}},
		{"refused", 0, true, [2]int{1, last + 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHarness(t, setting{streams: 1, batch: 100, memory: c.memory}, 1)
			if c.refuse {
				h.account.RefuseIf(func() bool { return h.rand.IntN(10) == 0 })
			}
			cols := plan.Schema{column(1, "n", types.Of(types.Int64)), column(2, "s", wideText)}
			made := func(list ...int64) Operator {
				r := relation{cols: cols}
				for _, n := range list {
					r.rows = append(r.rows, []types.Value{types.IntValue(n), types.TextValue(fmt.Sprintf("%200d", n))})
				}
				return h.streams(r)[0]
			}
			looked := 0
			spec := &Recursion{
				Cols: cols, Rounds: last + 1, Most: -1, Keys: []rowkey.Field{rowkey.Of(cols[0].Type, nil), rowkey.Of(wideText, nil)},
				Step: func(rows Rows) (Operator, error) {
					var next []int64
					for _, n := range h.numbers(rows(cols)) {
						if n%again == 0 {
							next = append(next, n-1)
						}
						if n < last {
							next = append(next, n+1)
						}
					}
					return made(next...), nil
				},
				Fresh: func(rows, seen Rows) (Operator, error) {
					looked++
					known := make(map[int64]bool)
					for _, n := range h.numbers(seen(cols)) {
						known[n] = true
					}
					var list []int64
					for _, n := range h.numbers(rows(cols)) {
						if !known[n] {
							known[n] = true
							list = append(list, n)
						}
					}
					return made(list...), nil
				},
			}
			got, err := h.run(Streams{NewRecursion(h.rt, made(1), spec, h.reservation(nil), nil)}, cols)
			if err != nil {
				t.Fatal(err)
			}
			seen := make(map[int64]bool)
			for _, row := range got {
				seen[row[0].Int] = true
			}
			if len(got) != last || len(seen) != last {
				t.Errorf("%d rows, %d of them distinct", len(got), len(seen))
			}
			if looked < c.looking[0] || looked > c.looking[1] {
				t.Errorf("all rows were looked through %d times, want %v", looked, c.looking)
			}
			h.empty()
		})
	}
}
