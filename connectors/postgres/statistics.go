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

// columnStatistics selects what ANALYZE knows of the columns of tables, of a table with its parts where that is known.
const columnStatistics = `SELECT DISTINCT ON (s.schemaname, s.tablename, s.attname) s.schemaname, s.tablename, s.attname,
	s.null_frac, s.avg_width, s.n_distinct, s.histogram_bounds::text::text[], s.most_common_vals::text::text[], s.most_common_freqs
FROM pg_stats s WHERE s.schemaname = ANY ($1) AND s.tablename = ANY ($2)
ORDER BY s.schemaname, s.tablename, s.attname, s.inherited DESC`

// analyzed is what ANALYZE knows of one column, as the server writes it.
type analyzed struct {
	name            string
	nulls, distinct float32
	width           int32
	bounds, common  []string
	shares          []float32
}

// askStatistics is the question for the statistics of tables, which are added to found.
func askStatistics(schemas, names []string, found map[plan.TableName][]analyzed) question {
	return question{columnStatistics, []any{schemas, names}, func(rows pgx.Rows) error {
		for rows.Next() {
			var table plan.TableName
			var a analyzed
			if err := rows.Scan(&table.Namespace, &table.Name, &a.name, &a.nulls, &a.width, &a.distinct, &a.bounds, &a.common, &a.shares); err != nil {
				return err
			}
			found[table] = append(found[table], a)
		}
		return nil
	}}
}

// Statistics implements connectors.StatsSource.
func (s *source) Statistics(ctx context.Context, t *plan.Table, anew bool) (plan.Statistics, []plan.ColumnStatistics, error) {
	if anew {
		s.estimates.forget() // they follow from the statistics
	} else if columns, ok := s.statistics.get(statisticsKey(t)); ok {
		return t.Stats, slices.Clone(columns), nil
	}
	found := make(map[plan.TableName][]analyzed)
	err := s.inMetadata(ctx, "statistics of table "+t.Name.String(), func(conn *pgx.Conn) error {
		return ask(ctx, conn, askStatistics([]string{t.Name.Namespace}, []string{t.Name.Name}, found))
	})
	if err != nil {
		return plan.Statistics{}, nil, err
	}
	return t.Stats, slices.Clone(s.keepStatistics(t, found[t.Name])), nil
}

// statisticsKey changes with a table's statistics: ANALYZE changes the rows or pages, almost always.
func statisticsKey(t *plan.Table) string {
	r := t.Handle.(*relation)
	return fmt.Sprint(r.oid, r.shape, r.pages, t.Stats)
}

// keepStatistics remembers what was found of a table, and returns it in its terms.
func (s *source) keepStatistics(t *plan.Table, found []analyzed) []plan.ColumnStatistics {
	columns := make([]plan.ColumnStatistics, len(t.Columns))
	position := make(map[string]int, len(t.Columns))
	for i := range t.Columns {
		position[t.Columns[i].Name] = i
	}
	for _, a := range found {
		i, ok := position[a.name]
		if !ok {
			continue
		}
		columns[i] = plan.ColumnStatistics{
			Known: true, NullFrac: float64(a.nulls), Width: float64(a.width),
			Distinct: distinctValues(float64(a.distinct), t.Stats.Rows),
		}
		typ := t.Columns[i].Type
		columns[i].Min, columns[i].Max, columns[i].HasRange = valueRange(typ, a.bounds, a.common)
		columns[i].Common = commonValues(typ, a.common, a.shares)
		columns[i].Bounds = histogram(typ, a.bounds)
	}
	s.statistics.put(statisticsKey(t), columns)
	s.counted.put(t.Name.String(), true)
	return columns
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
			if !ok || types.Compare(v, least, t) < 0 {
				least = v
			}
			if !ok || types.Compare(most, v, t) < 0 {
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
