package optimize

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// Estimates of conditions over aggregates of groups that are made by chance are near what there is, and of what lies far
// off they say that it is rare.
func TestAggregatedEstimates(t *testing.T) {
	const rows, groups, nulls = 200_000, 20_000, 40_000
	r := rand.New(rand.NewPCG(3, 3))
	typ := types.Of(types.Int64)
	arg := &expr.Column{ID: 1, Typ: typ, Null: true}
	for name, draw := range map[string]func() int64{
		"even": func() int64 { return 1 + r.Int64N(50) },
		"few":  func() int64 { return 10 * r.Int64N(4) },
	} {
		values := make([]int64, rows-nulls)
		sum, count, all := make([]float64, groups), make([]float64, groups), make([]float64, groups)
		for i := range values {
			values[i] = draw()
			g := r.IntN(groups)
			sum[g] += float64(values[i])
			count[g]++
			all[g]++
		}
		for range nulls {
			all[r.IntN(groups)]++
		}
		mean := make([]float64, groups)
		for g := range mean {
			mean[g] = sum[g] / math.Max(count[g], 1)
		}
		known := described(values, nulls, 10, 32)
		ranged := known
		ranged.Common, ranged.Bounds = nil, nil
		for kind, stats := range map[string]plan.ColumnStatistics{"distribution": known, "range": ranged} {
			input := &relation{rows: rows, cols: map[expr.ColumnID]*column{1: columnOf(stats, typ, rows)}}
			for f, results := range map[plan.AggFunc][]float64{
				plan.CountStar: all, plan.Count: count, plan.Sum: sum, plan.Avg: mean,
			} {
				a := plan.Agg{Col: plan.Column{ID: 2, Type: typ}, Func: f, Args: []expr.Expr{arg}}
				out := &relation{rows: groups, cols: map[expr.ColumnID]*column{2: input.aggregated(a, rows/groups)}}
				slices.Sort(results)
				for _, part := range []float64{0.1, 0.5, 0.9, 1} {
					at := results[int(part*(groups-1))]
					limit := 0.15
					if part == 1 {
						at, limit = 1.2*at, 0.01
					}
					got := out.selectivity(&expr.Call{Func: expr.Gt, Typ: types.Of(types.Bool), Args: []expr.Expr{
						a.Col.Ref(), &expr.Literal{Typ: typ, Value: types.IntValue(int64(at))},
					}})
					if math.Abs(got-share(results, math.Floor(at))) > limit {
						t.Errorf("%s, %s: %.3f of %s are estimated above %.0f, %.3f are", name, kind, got, f, at, share(results, math.Floor(at)))
					}
				}
			}
		}
	}
}

// share is the share of values above one.
func share(sorted []float64, at float64) float64 {
	above := 0
	for _, v := range sorted {
		if v > at {
			above++
		}
	}
	return float64(above) / float64(len(sorted))
}

func TestAggregatesOfTheUnknown(t *testing.T) {
	typ := types.Of(types.Int64)
	arg := &expr.Column{ID: 1, Typ: typ}
	r := &relation{rows: 1000, cols: map[expr.ColumnID]*column{1: {distinct: 10, width: 8}}}
	for _, a := range []plan.Agg{
		{Func: plan.Sum, Args: []expr.Expr{arg}},
		{Func: plan.Avg, Args: []expr.Expr{arg}},
		{Func: plan.Count, Args: []expr.Expr{arg}, Distinct: true},
		{Func: plan.GroupConcat, Args: []expr.Expr{arg}},
	} {
		if c := r.aggregated(a, 10); c != nil {
			t.Errorf("%s has %+v", a.Func, c)
		}
	}
	if c := r.aggregated(plan.Agg{Func: plan.CountStar}, math.NaN()); c != nil {
		t.Errorf("the size of groups of which there is none is %+v", c)
	}
	ranged := &relation{rows: 1000, cols: map[expr.ColumnID]*column{1: {distinct: 10, width: 8, lo: 3, hi: 7, ranged: true}}}
	if c := ranged.aggregated(plan.Agg{Func: plan.Max, Args: []expr.Expr{arg}}, 10); c == nil || c.lo != 3 || c.hi != 7 || !c.ranged {
		t.Errorf("the greatest of 3 to 7 is %+v", c)
	}
}
