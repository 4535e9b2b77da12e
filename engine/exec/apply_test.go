package exec

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestApplyForgetsWhatDoesNotFit runs the inner side for many more bindings than can be remembered, each of which has
// two rows.
func TestApplyForgetsWhatDoesNotFit(t *testing.T) {
	const limit, rows = 1 << 18, 20_000
	h := newHarness(t, setting{streams: 1, batch: 256, memory: limit}, 1)
	g := &bufpooltest.Gauge{Allocator: h.mem}
	h.rt.Mem = g
	runs := 0
	spec := &Apply{
		Join: &Join{
			Kind: plan.Inner, Build: lazyCols[:1], Probe: lazyCols,
			Output: []JoinColumn{{FromProbe, 0}, {FromBuild, 0}}, Out: plan.Schema{lazyCols[0], lazyCols[0]},
		},
		Binding: []int{0},
		Inner: func(values []types.Value) (Streams, error) {
			runs++
			return Streams{&batches{list: []arrow.RecordBatch{h.batch(lazyCols[:1], [][]types.Value{values, values})}}}, nil
		},
	}
	op := NewApply(h.rt, h.lazy(1, rows, 256, 10, 10)[0], JoinTerms{}, spec, h.reservation(nil))
	next := int64(0)
	err := drain(t.Context(), op, func(b arrow.RecordBatch) error {
		outer, inner := b.Column(0).(*array.Int64).Int64Values(), b.Column(1).(*array.Int64).Int64Values()
		for i := range outer {
			if outer[i] != next/2 || inner[i] != outer[i] {
				t.Fatalf("row %d: outer %d, inner %d", next, outer[i], inner[i])
			}
			next++
		}
		return nil
	})
	if err != nil || next != 2*rows || runs != rows {
		t.Errorf("%d rows of %d runs, error %v", next, runs, err)
	}
	if used := int64(len(op.(*apply).tables)) * tableBytes; used > limit {
		t.Errorf("%d bindings are remembered", len(op.(*apply).tables))
	}
	if over := g.Peak() - h.account.Peak(); over > 64<<10 {
		t.Errorf("%d bytes were in use at once, %d reserved", g.Peak(), h.account.Peak())
	}
	if err := op.Close(); err != nil {
		t.Error(err)
	}
}
