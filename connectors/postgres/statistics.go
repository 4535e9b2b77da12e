package postgres

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// columnStatistics selects what ANALYZE knows of a table's columns, of the table with its parts where that is known.
const columnStatistics = `SELECT DISTINCT ON (s.attname) s.attname, s.null_frac, s.avg_width, s.n_distinct,
	s.histogram_bounds::text::text[], s.most_common_vals::text::text[], s.most_common_freqs
FROM pg_stats s WHERE s.schemaname = $1 AND s.tablename = $2 ORDER BY s.attname, s.inherited DESC`

// Statistics implements connectors.StatsSource.
func (s *source) Statistics(ctx context.Context, t *plan.Table, anew bool) (plan.Statistics, []plan.ColumnStatistics, error) {
	r := t.Handle.(*relation)
	// ANALYZE changes the rows or pages, almost always.
	key := fmt.Sprint(r.oid, r.shape, r.pages, t.Stats)
	if columns, ok := s.analyzed.get(key); ok && !anew {
		return t.Stats, slices.Clone(columns), nil
	}
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
			var shares []float32
			if err := rows.Scan(&name, &nulls, &width, &distinct, &bounds, &common, &shares); err != nil {
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
			typ := t.Columns[i].Type
			columns[i].Min, columns[i].Max, columns[i].HasRange = valueRange(typ, bounds, common)
			columns[i].Common = commonValues(typ, common, shares)
			columns[i].Bounds = histogram(typ, bounds)
		}
		return rows.Err()
	})
	if err != nil {
		return plan.Statistics{}, nil, err
	}
	s.analyzed.put(key, slices.Clone(columns))
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

// Most common values and bounds that are kept of a column: estimates gain little from more.
const mostCommon, mostBounds = 64, 33

// commonValues reads the most common values; the server lists them by descending share.
func commonValues(t types.Type, texts []string, shares []float32) []plan.CommonValue {
	var common []plan.CommonValue
	for i := range min(len(texts), len(shares), mostCommon) {
		if v, ok := parseValue(texts[i], t); ok {
			common = append(common, plan.CommonValue{Value: v, Share: float64(shares[i])})
		}
	}
	return common
}

// histogram reads the bounds of a histogram, every so many of them. Those of text stand in the order of its collation, which
// is of no use.
func histogram(t types.Type, texts []string) []types.Value {
	if t.IsString() || len(texts) < 2 {
		return nil
	}
	n := min(len(texts), mostBounds)
	bounds := make([]types.Value, n)
	for i := range n {
		v, ok := parseValue(texts[i*(len(texts)-1)/(n-1)], t)
		if !ok {
			return nil
		}
		bounds[i] = v
	}
	return bounds
}
