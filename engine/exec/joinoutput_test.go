package exec

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestJoinBatchesAreBoundedInBytes multiplies wide rows of either side: a batch of as many rows as usual would be large.
func TestJoinBatchesAreBoundedInBytes(t *testing.T) {
	const text, build, probe = 20_000, 60, 50
	for name, c := range map[string]struct {
		kind     plan.JoinKind
		left     bool
		keyed    bool
		residual bool
		probe    int // rows
		rows     int // of the result
	}{
		"one key":                {kind: plan.Inner, keyed: true, probe: probe, rows: build * probe},
		"cross":                  {kind: plan.Inner, probe: probe, rows: build * probe},
		"cross, residual":        {kind: plan.Left, residual: true, probe: probe, rows: probe*(probe-1)/2 + (build-probe)*probe},
		"build rows without any": {kind: plan.Left, left: true, keyed: true, probe: 0, rows: 10 * build},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, setting{streams: 1, batch: 1024}, 1)
			g := &bufpooltest.Gauge{Allocator: h.mem}
			h.rt.Mem = g
			spec := &Join{
				Kind: c.kind, BuildLeft: c.left, Build: lazyCols, Probe: lazyCols,
				Output: []JoinColumn{{FromProbe, 0}, {FromProbe, 2}, {FromBuild, 2}},
				Out:    plan.Schema{lazyCols[0], lazyCols[2], lazyCols[2]},
				Pairs:  []JoinColumn{{FromProbe, 0}, {FromBuild, 0}, {FromProbe, 2}, {FromBuild, 2}},
			}
			spec.PairCols = plan.Schema{lazyCols[0], lazyCols[0], lazyCols[2], lazyCols[2]}
			ts := []JoinTerms{{}}
			if c.keyed {
				f, err := rowkey.Pair(types.Of(types.Int64), types.Of(types.Int64), nil)
				if err != nil {
					t.Fatal(err)
				}
				spec.Keys = []rowkey.Field{f.Strict()}
				ts = []JoinTerms{{BuildKeys: terms(1), ProbeKeys: terms(1)}}
			}
			if c.residual {
				ts[0].Residual = &lessThan{} // probe number < build number
			}
			rows := build
			if c.left {
				rows *= 10
			}
			join := Gather(NewJoin(h.rt, h.lazy(1, rows, 20, 1, text), h.lazy(1, c.probe, 20, 1, text), ts, spec, h.reservation(nil), nil))
			found := 0
			err := drain(t.Context(), join, func(b arrow.RecordBatch) error {
				found += int(b.NumRows())
				if size := batchBytes(b); size > outputBytes+2*text {
					t.Errorf("a batch of %d rows has %d bytes", b.NumRows(), size)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if found != c.rows {
				t.Errorf("%d rows, want %d", found, c.rows)
			}
			if err := join.Close(); err != nil {
				t.Error(err)
			}
			// The table, which is made while its batches are still there, a batch of pairs and one of the result.
			if most := int64(2*rows*text + 2*outputBytes + 2*20*text + 1<<20); g.Peak() > most {
				t.Errorf("%d bytes were in use at once, want at most %d", g.Peak(), most)
			}
		})
	}
}
