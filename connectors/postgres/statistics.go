package postgres

import (
	"context"
	"math"

	"github.com/jackc/pgx/v5"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// columnStatistics selects what ANALYZE knows of a table's columns, of the table with its parts where that is known.
const columnStatistics = `SELECT DISTINCT ON (s.attname) s.attname, s.null_frac, s.avg_width, s.n_distinct,
	s.histogram_bounds::text::text[], s.most_common_vals::text::text[]
FROM pg_stats s WHERE s.schemaname = $1 AND s.tablename = $2 ORDER BY s.attname, s.inherited DESC`

// Statistics implements connectors.StatsSource.
func (s *source) Statistics(ctx context.Context, t *plan.Table) (plan.Statistics, []plan.ColumnStatistics, error) {
	columns := make([]plan.ColumnStatistics, len(t.Columns))
	position := make(map[string]int, len(t.Columns))
	for i := range t.Columns {
		position[t.Columns[i].Name] = i
	}
	err := s.inMetadata(ctx, "statistics of table "+t.Name.String(), func(conn *pgx.Conn) error {
		rows, err := ask(ctx, conn, columnStatistics, t.Name.Namespace, t.Name.Name)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			var nulls, distinct float32
			var width int32
			var bounds, common []string
			if err := rows.Scan(&name, &nulls, &width, &distinct, &bounds, &common); err != nil {
				return err
			}
			i, ok := position[name]
			if !ok {
				continue
			}
			columns[i] = plan.ColumnStatistics{
				Known: true, NullFrac: float64(nulls), Width: float64(width),
				Distinct: distinctValues(float64(distinct), t.Stats.Rows),
			}
			columns[i].Min, columns[i].Max, columns[i].HasRange = valueRange(t.Columns[i].Type, bounds, common)
		}
		return rows.Err()
	})
	if err != nil {
		return plan.Statistics{}, nil, err
	}
	return t.Stats, columns, nil
}

// distinctValues reads pg_stats.n_distinct: a number of values, or below zero a share of the rows; 0 is unknown.
func distinctValues(n, rows float64) float64 {
	switch {
	case n > 0:
		return n
	case n < 0:
		return math.Round(-n * rows)
	}
	return math.NaN()
}

// valueRange returns the least and greatest of a histogram's ends and the most common values.
func valueRange(t types.Type, bounds, common []string) (least, most types.Value, ok bool) {
	if len(bounds) > 2 {
		bounds = []string{bounds[0], bounds[len(bounds)-1]}
	}
	for _, list := range [][]string{bounds, common} {
		for _, text := range list {
			v, parsed := parseValue(text, t)
			if !parsed {
				continue
			}
			if !ok || lessValue(v, least, t) {
				least = v
			}
			if !ok || lessValue(most, v, t) {
				most = v
			}
			ok = true
		}
	}
	return least, most, ok
}
