package agg

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestMonotoneHoldsNothingButCandidates looks at the places of rows that left a frame or were beaten.
func TestMonotoneHoldsNothingButCandidates(t *testing.T) {
	for _, drops := range []bool{true, false} {
		r := rand.New(rand.NewPCG(1, 2))
		m := monotone[int]{beats: func(a, b int) bool { return a > b }, drops: drops}
		for step, rows := 0, 0; step < 20_000; step++ {
			switch k := r.IntN(100); {
			case k == 0:
				m.restart()
				rows = 0
			case k < 40 && drops && rows > 0:
				n := 1 + r.IntN(rows)/4
				m.drop(n)
				rows -= n
			default:
				m.push(1 + r.IntN(1000))
				rows++
			}
			for i, v := range m.values[:cap(m.values)] {
				if live := i >= m.head && i < len(m.values); live != (v != 0) {
					t.Fatalf("step %d: %d is at place %d, the candidates are [%d, %d)", step, v, i, m.head, len(m.values))
				}
			}
		}
	}
}

// TestMovingExtremeBytes compares what MAX says of itself with what the heap holds: after texts none of which beats those
// before, after one that beats all, and when that one has left.
func TestMovingExtremeBytes(t *testing.T) {
	const rows, size = 64, 1 << 20
	text := types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)
	m, err := NewMoving(Spec{Func: plan.Max, Args: []types.Type{text}, Result: text}, true)
	if err != nil {
		t.Fatal(err)
	}
	one := func(first byte) []arrow.Array {
		v := types.TextValue(string(first) + strings.Repeat("x", size))
		return []arrow.Array{kernel.FromValues(memory.DefaultAllocator, text, []types.Value{v})}
	}
	live := func() int64 {
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return int64(s.HeapAlloc)
	}
	before := live()
	check := func(candidates int64) {
		t.Helper()
		held, says := live()-before, m.Bytes()
		if d := held - says; d < -size/2 || d > size/2 || says < candidates*size {
			t.Errorf("of %d candidates the heap holds %d bytes, it says %d", candidates, held, says)
		}
	}
	for i := range rows {
		m.Add(one(byte(255-i)), 0, 1)
	}
	check(rows)
	m.Drop(nil, 0, rows/2)
	check(rows / 2)
	m.Add(one(255), 0, 1)
	check(1)
	m.Drop(nil, 0, rows/2+1)
	check(0)
	runtime.KeepAlive(m)
}
