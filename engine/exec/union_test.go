package exec

import (
	"context"
	"io"
	"testing"

	"github.com/silogate/silogate/engine/types"
)

// TestUnionClosesWhatHasEnded looks at the memory of sorts while the inputs behind them are read.
func TestUnionClosesWhatHasEnded(t *testing.T) {
	h := newHarness(t, setting{streams: 1, batch: 10}, 1)
	r := h.random(1, 100, 1000, types.Of(types.Int64))
	var inputs []Streams
	for range 3 {
		inputs = append(inputs, Streams{NewSort(h.rt, h.streams(r), termsFor(1, 0), sortSpec(r.cols, []int{0}), h.reservation(nil), nil)})
	}
	u := NewUnion(inputs, r.cols)[0]
	rows, one := 0, int64(0)
	for {
		b, err := u.Next(context.Background())
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if one == 0 {
			one = h.account.Used()
		}
		if used := h.account.Used(); used > one {
			t.Errorf("after %d rows %d bytes are reserved, for one input %d", rows, used, one)
		}
		rows += int(b.NumRows())
		b.Release()
	}
	if used := h.account.Used(); rows != 300 || used != 0 {
		t.Errorf("%d rows, and %d bytes are still reserved", rows, used)
	}
	if err := u.Close(); err != nil {
		t.Error(err)
	}
}
