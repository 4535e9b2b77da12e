package lake

import (
	"math"
	"testing"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

func TestDistinctValues(t *testing.T) {
	type group struct {
		distinct, rows float64
		apart          bool
	}
	for _, c := range []struct {
		name   string
		groups []group
		want   float64 // 0: unknown
	}{
		{"one row group", []group{{50, 100, false}}, 50},
		{"the same values again", []group{{3, 100, false}, {5, 100, false}, {4, 20, false}}, 5},
		{"a sample of more", []group{{50, 100, false}, {60, 100, false}}, 0},
		{"a last one too small to tell", []group{{5, 100, false}, {4, 7, false}}, 0},
		{"a sorted column", []group{{5, 100, false}, {5, 100, true}}, 0},
		{"not all are known", []group{{5, 100, false}, {0, 100, false}}, 0},
		{"nothing is known", []group{{0, 100, false}}, 0},
		{"no rows", nil, 0},
	} {
		var d distinctValues
		for _, g := range c.groups {
			d.add(g.distinct, g.rows, g.apart)
		}
		if got := d.count(); got != c.want && !(math.IsNaN(got) && c.want == 0) {
			t.Errorf("%s: %g, want %g", c.name, got, c.want)
		}
	}
}

func TestApart(t *testing.T) {
	number := types.Of(types.Int64)
	before := plan.ColumnStatistics{Min: types.IntValue(10), Max: types.IntValue(20), HasRange: true}
	for _, c := range []struct {
		min, max int64
		want     bool
	}{{21, 30, true}, {1, 9, true}, {20, 30, false}, {1, 10, false}, {12, 14, false}, {1, 30, false}} {
		b := files.Bounds{
			Type: number, Min: types.IntValue(c.min), Max: types.IntValue(c.max), HasMin: true, HasMax: true,
		}
		if got := apart(b, before); got != c.want {
			t.Errorf("%d to %d: %v", c.min, c.max, got)
		}
	}
}
