package exec

import (
	"os"
	"sync/atomic"
	"testing"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestFewFilesAreOpenAtOnce divides partitions as often as they ever are, so that nearly every key has a file.
func TestFewFilesAreOpenAtOnce(t *testing.T) {
	big := types.Of(types.Int64)
	cols := plan.Schema{column(1, "k", big), column(2, "v", big)}
	const rows = 3000
	// Of each level those partitions wait that follow the one being divided, of both sides of a join.
	const most = 2*fanout*(maxDepth+1) + 64
	for _, c := range []struct {
		name  string
		build func(h *harness, r relation) (Streams, plan.Schema)
	}{
		{"join", func(h *harness, r relation) (Streams, plan.Schema) {
			other := relation{cols: plan.Schema{column(11, "k", big), column(12, "v", big)}, rows: r.rows}
			return joinCase{kind: plan.Inner, keys: 1}.build(h, r, other, new(NodeStats))
		}},
		{"aggregate", func(h *harness, r relation) (Streams, plan.Schema) {
			spec, at := aggregation(r.cols, []int{0}, []aggCase{{plan.Sum, 1, types.NewDecimal(41, 0), false}})
			out, err := NewAggregate(h.rt, h.streams(r), termsFor(1, at...), spec, 1, h.reservation(nil), new(NodeStats))
			if err != nil {
				t.Fatal(err)
			}
			return out, spec.out()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHarness(t, setting{streams: 1, batch: 1024}, 3)
			r := relation{cols: cols}
			for i := range rows {
				r.rows = append(r.rows, []types.Value{types.IntValue(int64(i)), types.IntValue(int64(i))})
			}
			var calls, open atomic.Int64
			h.account.RefuseIf(func() bool {
				if calls.Add(1)%64 == 0 {
					open.Store(max(open.Load(), openFiles(t)))
				}
				return true
			})
			streams, out := c.build(h, r)
			got, err := h.run(streams, out)
			if err != nil || len(got) != rows {
				t.Fatalf("%d rows, %v", len(got), err)
			}
			if n := open.Load(); n > most {
				t.Errorf("%d files were open at once, more than %d", n, most)
			}
		})
	}
}

// openFiles is how many descriptors the process has.
func openFiles(t *testing.T) int64 {
	list, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Skip(err) // such a system has none to count
	}
	return int64(len(list))
}
