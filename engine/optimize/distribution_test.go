package optimize

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// described makes the statistics of a column as PostgreSQL's ANALYZE does: the most common values, and of the others the
// bounds of a histogram.
func described(values []int64, nulls, common, buckets int) plan.ColumnStatistics {
	counts := make(map[int64]int)
	for _, v := range values {
		counts[v]++
	}
	rows := float64(len(values) + nulls)
	often := slices.SortedFunc(maps.Keys(counts), func(a, b int64) int { return cmp.Compare(counts[b], counts[a]) })[:min(common, len(counts))]
	s := plan.ColumnStatistics{
		Known: true, Distinct: float64(len(counts)), NullFrac: float64(nulls) / rows, HasRange: true,
		Min: types.IntValue(slices.Min(values)), Max: types.IntValue(slices.Max(values)),
	}
	for _, v := range often {
		s.Common = append(s.Common, plan.CommonValue{Value: types.IntValue(v), Share: float64(counts[v]) / rows})
	}
	rest := slices.DeleteFunc(slices.Sorted(slices.Values(values)), func(v int64) bool { return slices.Contains(often, v) })
	if len(rest) > 1 {
		for i := range buckets + 1 {
			s.Bounds = append(s.Bounds, types.IntValue(rest[i*(len(rest)-1)/buckets]))
		}
	}
	return s
}

// Estimates of conditions over values that are anything but evenly spread are near what there is.
func TestDistributions(t *testing.T) {
	const rows, nulls = 100_000, 20_000
	r := rand.New(rand.NewPCG(7, 7))
	typ := types.Of(types.Int64)
	ref := &expr.Column{ID: 1, Typ: typ}
	skews := map[string]func() int64{
		"power":    func() int64 { return int64(1000 / math.Pow(r.Float64()+0.001, 0.7)) },
		"normal":   func() int64 { return int64(r.NormFloat64()*50 + 500) },
		"few":      func() int64 { return int64(10 * math.Floor(math.Sqrt(r.Float64()*20))) },
		"two ends": func() int64 { return r.Int64N(100) + 1_000_000*r.Int64N(2) },
	}
	for name, draw := range skews {
		values := make([]int64, rows-nulls)
		for i := range values {
			values[i] = draw()
		}
		stats := described(values, nulls, 10, 32)
		whole := &relation{rows: rows, cols: map[expr.ColumnID]*column{1: columnOf(stats, typ, rows)}}
		count := func(in func(v int64) bool) (n float64) {
			for _, v := range values {
				if in(v) {
					n++
				}
			}
			return n
		}
		check := func(what string, got *relation, want float64) {
			t.Helper()
			if math.Abs(got.rows-want) > 0.03*rows && (got.rows > 1.5*want || got.rows < want/1.5) || got.rows > want+0.05*rows || got.rows < want-0.05*rows {
				t.Errorf("%s: %s: %.0f rows, want about %.0f", name, what, got.rows, want)
			}
			c := got.cols[1]
			if c.distinct < 1 || c.distinct > math.Max(got.rows, 1) || c.dist != nil && math.Abs(sumOf(c.dist)-1) > 1e-6 {
				t.Errorf("%s: %s: %g distinct values of %g rows, %+v", name, what, c.distinct, got.rows, c.dist)
			}
		}
		for range 50 {
			a, b := values[r.IntN(len(values))], values[r.IntN(len(values))]
			lit := func(v int64) expr.Expr { return &expr.Literal{Typ: typ, Value: types.IntValue(v)} }
			check(fmt.Sprint("= ", a), whole.restrict(predicate(expr.Eq, ref, lit(a))), count(func(v int64) bool { return v == a }))
			below := whole.restrict(predicate(expr.Le, ref, lit(a)))
			check(fmt.Sprint("<= ", a), below, count(func(v int64) bool { return v <= a }))
			check(fmt.Sprintf("<= %d and > %d", a, b), below.restrict(predicate(expr.Gt, ref, lit(b))),
				count(func(v int64) bool { return v <= a && v > b }))
			check(fmt.Sprintf("<= %d and = %d", a, b), below.restrict(predicate(expr.Eq, ref, lit(b))),
				count(func(v int64) bool { return v <= a && v == b }))
			if a == b {
				continue
			}
			in := &expr.In{Arg: ref, List: []types.Value{types.IntValue(a), types.IntValue(a + 1), types.IntValue(b)}}
			check(fmt.Sprintf("in %d, %d, %d", a, a+1, b), whole.restrict(in),
				count(func(v int64) bool { return v == a || v == a+1 || v == b }))
		}
	}
}

func sumOf(d *distribution) float64 {
	sum := d.others
	for _, c := range d.common {
		sum += c.share
	}
	return sum
}

// A text that is common is known by itself.
func TestCommonTexts(t *testing.T) {
	typ := types.NewText(types.Varchar, 10, types.Utf8mb4Bin0900)
	stats := plan.ColumnStatistics{Known: true, Distinct: 100, Common: []plan.CommonValue{
		{Value: types.TextValue("open"), Share: 0.9}, {Value: types.TextValue("late"), Share: 0.05},
	}}
	whole := &relation{rows: 1e6, cols: map[expr.ColumnID]*column{1: columnOf(stats, typ, 1e6)}}
	for text, want := range map[string]float64{"open": 900_000, "late": 50_000, "lost": 50_000.0 / 98} {
		lit := &expr.Literal{Typ: typ, Value: types.TextValue(text)}
		got := whole.restrict(predicate(expr.Eq, &expr.Column{ID: 1, Typ: typ}, lit)).rows
		if math.Abs(got-want) > 1 {
			t.Errorf("%s: %g rows, want %g", text, got, want)
		}
	}
}
