package mysql

import (
	"context"
	"math"
	"slices"

	"github.com/silogate/silogate/engine/plan"
)

// Statistics implements connectors.StatsSource: what the indexes tell, which came with the table.
func (s *source) Statistics(_ context.Context, t *plan.Table, _ bool) (plan.Statistics, []plan.ColumnStatistics, error) {
	r := t.Handle.(*relation)
	columns := make([]plan.ColumnStatistics, len(t.Columns))
	for _, x := range r.indexed {
		c := &columns[x.columns[0]]
		distinct := x.cardinality[0]
		if x.unique && len(x.columns) == 1 {
			distinct = t.Stats.Rows
		}
		if math.IsNaN(distinct) || c.Known && c.Distinct >= distinct {
			continue
		}
		*c = plan.ColumnStatistics{Known: true, Distinct: distinct, Width: math.NaN()}
	}
	return t.Stats, slices.Clip(columns), nil
}
