package exec

import (
	"testing"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestHotKey joins build sides of which most rows have one key and do not fit the memory: no division makes them fit, so
// they are joined in pieces.
func TestHotKey(t *testing.T) {
	big := types.Of(types.Int64)
	const limit = 1 << 16
	for _, c := range joinCases() {
		if c.keys-boolInt(c.in) != 1 {
			continue
		}
		h := newHarness(t, setting{streams: 2, batch: 64, memory: limit}, 5)
		l := h.random(1, 60, 30, big, big, big)
		r := h.random(11, 60, 30, big, big, big)
		hot, key := &r, c.keys-1
		if c.buildLeft {
			hot = &l
		}
		for i := range 2400 {
			last := int64(50 + i) // a residual matches in one half, so in some of the pieces
			if i > 1200 {
				last = -last
			}
			hot.rows = append(hot.rows, []types.Value{types.IntValue(3), types.IntValue(3), types.IntValue(last)})
		}
		other := &l
		if c.buildLeft {
			other = &r
		}
		for i := range 10 {
			other.rows[i][0], other.rows[i][key] = types.IntValue(3), types.IntValue(3)
		}
		stats := new(NodeStats)
		streams, cols := c.build(h, l, r, stats)
		got, err := h.run(streams, cols)
		if err != nil {
			t.Fatalf("%v: %v", c, err)
		}
		h.want(c, cols, got, c.naive(l, r))
		h.empty()
		if table := int64(2400 * 3 * 8); stats.Totals().Spilled == 0 || h.account.Peak() > limit || table < limit/2 {
			t.Errorf("%v: spilled %d, reserved %d", c, stats.Totals().Spilled, h.account.Peak())
		}
	}
}

// TestHotKeyIsNotDividedAgainAndAgain counts what is written: each side once or twice, however large the hot key is.
func TestHotKeyIsNotDividedAgainAndAgain(t *testing.T) {
	big := types.Of(types.Int64)
	h := newHarness(t, setting{streams: 1, batch: 1024, memory: 1 << 18}, 5)
	l, r := h.random(1, 100, 30, big, big), h.random(11, 1, 30, big, big)
	for i := range 20_000 {
		r.rows = append(r.rows, []types.Value{types.IntValue(3), types.IntValue(h.rand.Int64() + int64(i))})
	}
	stats := new(NodeStats)
	streams, cols := joinCase{kind: plan.Semi, keys: 1}.build(h, l, r, stats)
	if _, err := h.run(streams, cols); err != nil {
		t.Fatal(err)
	}
	if written, data := stats.Totals().Spilled, int64(20_000*16); 2*written > 3*data {
		t.Errorf("%d bytes were written of %d", written, data)
	}
}
