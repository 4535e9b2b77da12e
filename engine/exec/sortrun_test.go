package exec

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSortOfManyRows sorts more rows than are sorted at once, in several orders, and cancels sorts where they look at the
// context.
func TestSortOfManyRows(t *testing.T) {
	const rows = partRows + partRows/2
	r := rand.New(rand.NewPCG(1, 2))
	compare := func(a, b sortRow) int {
		return cmp.Or(cmp.Compare(a.prefix, b.prefix), cmp.Compare(a.row, b.row))
	}
	for name, prefix := range map[string]func(i int) uint64{
		"random": func(int) uint64 { return r.Uint64() },
		"one":    func(int) uint64 { return 7 },
		"few":    func(int) uint64 { return r.Uint64N(3) },
		"down":   func(i int) uint64 { return uint64(rows - i) },
		"hills":  func(i int) uint64 { return uint64(min(i%1000, 1000-i%1000)) },
	} {
		list := make([]sortRow, rows)
		for i := range list {
			list[i] = sortRow{prefix: prefix(i), row: int32(rows - i)}
		}
		at := divideRows(list, compare)
		if at < sampled/2 || at > rows-sampled/2 || compare(slices.MaxFunc(list[:at], compare), slices.MinFunc(list[at:], compare)) >= 0 {
			t.Errorf("%s: %d rows were divided at %d", name, rows, at)
		}
		ctx, cancel := context.WithCancel(context.Background())
		compared := 0
		err := sortParts(ctx, slices.Clone(list), func(a, b sortRow) int {
			compared++
			cancel()
			return compare(a, b)
		})
		if !errors.Is(err, context.Canceled) || compared > 2*rows {
			t.Errorf("%s: error %v after %d comparisons", name, err, compared)
		}
		if err := sortParts(context.Background(), list, compare); err != nil {
			t.Error(err)
		}
		if !slices.IsSortedFunc(list, compare) {
			t.Errorf("%s: not sorted", name)
		}
	}
}
