package mysql

import (
	"context"
	sqldriver "database/sql/driver"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal256"
	driver "github.com/go-sql-driver/mysql"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// Statistics implements connectors.StatsSource: what the indexes tell, which came with the table, and what ANALYZE TABLE knows of
// columns, if the user may see it.
func (s *source) Statistics(ctx context.Context, t *plan.Table, _ bool) (plan.Statistics, []plan.ColumnStatistics, error) {
	r := t.Handle.(*relation)
	columns := make([]plan.ColumnStatistics, len(t.Columns))
	if t.Kind != plan.BaseTable || !r.server.knowsColumns() {
		r.byIndexes(t, columns)
		return t.Stats, columns, nil
	}
	position := make(map[string]int, len(t.Columns))
	for i := range t.Columns {
		position[t.Columns[i].Name] = i
	}
	err := s.inMetadata(ctx, "statistics of table "+t.Name.String(), func(c *conn) error {
		err := c.each(columnStatistics(c.server, t.Name), func(row []sqldriver.Value) error {
			if i, ok := position[textOf(row[0])]; ok {
				if c.server.maria {
					columns[i] = fromMariaDB(row, t.Columns[i].Type, t.Stats.Rows)
				} else {
					columns[i] = fromMySQL(textOf(row[1]), t.Columns[i].Type)
				}
			}
			return nil
		})
		if _, refused := errors.AsType[*driver.MySQLError](err); refused {
			return nil
		}
		return err
	})
	r.byIndexes(t, columns)
	return t.Stats, columns, err
}

// byIndexes adds how many values a column has by an index that begins with it.
func (r *relation) byIndexes(t *plan.Table, columns []plan.ColumnStatistics) {
	for _, x := range r.indexed {
		c := &columns[x.columns[0]]
		distinct := x.cardinality[0]
		if x.unique && len(x.columns) == 1 {
			distinct = t.Stats.Rows
		}
		switch {
		case math.IsNaN(distinct) || c.Known && c.Distinct >= distinct:
		case c.Known:
			c.Distinct = distinct
		default:
			*c = plan.ColumnStatistics{Known: true, Distinct: distinct, Width: math.NaN()}
		}
	}
}

// knowsColumns reports a server that keeps statistics of columns.
func (s server) knowsColumns() bool { return s.maria || s.version >= 80002 }

// columnStatistics is the query for what a server knows of a table's columns.
func columnStatistics(srv server, name plan.TableName) string {
	if srv.maria {
		return "SELECT column_name, min_value, max_value, nulls_ratio, avg_length, avg_frequency, IF(hist_type = 'JSON_HB', histogram, NULL)" +
			" FROM mysql.column_stats WHERE db_name = " + quoteText(name.Namespace) + " AND table_name = " + quoteText(name.Name)
	}
	return "SELECT COLUMN_NAME, HISTOGRAM FROM information_schema.COLUMN_STATISTICS WHERE SCHEMA_NAME = " + quoteText(name.Namespace) +
		" AND TABLE_NAME = " + quoteText(name.Name)
}

// fromMariaDB reads a row of mysql.column_stats.
func fromMariaDB(row []sqldriver.Value, t types.Type, rows float64) plan.ColumnStatistics {
	nulls := numberOf(row[3])
	if math.IsNaN(nulls) {
		return plan.ColumnStatistics{}
	}
	c := plan.ColumnStatistics{Known: true, Distinct: math.NaN(), NullFrac: nulls, Width: numberOf(row[4])}
	if often := numberOf(row[5]); often > 0 {
		c.Distinct = math.Round(rows * (1 - nulls) / often)
	}
	least, okLeast := statisticsValue(textOf(row[1]), t)
	most, okMost := statisticsValue(textOf(row[2]), t)
	if row[1] != nil && okLeast && okMost {
		c.Min, c.Max, c.HasRange = least, most, true
	}
	var histogram struct {
		Buckets []struct {
			Start string  `json:"start"`
			End   *string `json:"end"`
			Size  float64 `json:"size"`
			NDV   float64 `json:"ndv"`
		} `json:"histogram_hb"`
	}
	if row[6] == nil || json.Unmarshal([]byte(textOf(row[6])), &histogram) != nil {
		return c
	}
	var buckets []bucket
	for i, b := range histogram.Buckets {
		last := b.Start
		if b.End != nil {
			last = *b.End
		} else if i+1 < len(histogram.Buckets) {
			last = histogram.Buckets[i+1].Start
		}
		buckets = append(buckets, bucket{b.Start, last, b.Size * (1 - nulls), b.NDV})
	}
	spread(&c, buckets, t)
	return c
}

// fromMySQL reads a histogram of MySQL 8 (Reference Manual, 10.9.6).
func fromMySQL(text string, t types.Type) plan.ColumnStatistics {
	var histogram struct {
		Type    string  `json:"histogram-type"`
		Nulls   float64 `json:"null-values"`
		Buckets [][]any `json:"buckets"`
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if d.Decode(&histogram) != nil {
		return plan.ColumnStatistics{}
	}
	c := plan.ColumnStatistics{Known: true, NullFrac: histogram.Nulls, Width: math.NaN()}
	var buckets []bucket
	before := 0.0
	for _, b := range histogram.Buckets {
		next := bucket{distinct: 1}
		numbers := b[1:]
		next.first = histogramText(b[0])
		next.last = next.first
		if histogram.Type == "equi-height" && len(b) == 4 {
			next.last, numbers = histogramText(b[1]), b[2:]
			next.distinct = jsonNumber(numbers[1])
		}
		upTo := jsonNumber(numbers[0]) // cumulative, NULLs aside
		next.share, before = upTo-before, upTo
		c.Distinct += next.distinct
		buckets = append(buckets, next)
	}
	if len(buckets) > 0 {
		least, okLeast := statisticsValue(buckets[0].first, t)
		most, okMost := statisticsValue(buckets[len(buckets)-1].last, t)
		if okLeast && okMost {
			c.Min, c.Max, c.HasRange = least, most, true
		}
	}
	spread(&c, buckets, t)
	return c
}

// histogramText is a value of a histogram as text; strings are base64:type254:....
func histogramText(v any) string {
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case string:
		if encoded, ok := strings.CutPrefix(v, "base64:"); ok {
			_, encoded, _ = strings.Cut(encoded, ":")
			text, err := base64.StdEncoding.DecodeString(encoded)
			if err == nil {
				return string(text)
			}
		}
		return v
	}
	return ""
}

func jsonNumber(v any) float64 {
	n, _ := v.(json.Number)
	f, err := n.Float64()
	if err != nil {
		return 0
	}
	return f
}

// bucket is a part of a histogram.
type bucket struct {
	first, last     string
	share, distinct float64 // of all rows; values
}

// Most common values and bounds that are kept of a column: estimates gain little from more.
const mostCommon, mostBounds = 64, 33

// spread adds how often values occur: those with a bucket of their own, and where buckets are about as high their bounds.
func spread(c *plan.ColumnStatistics, buckets []bucket, t types.Type) {
	var wide []bucket
	for _, b := range buckets {
		if b.distinct > 1 {
			wide = append(wide, b)
			continue
		}
		if v, ok := statisticsValue(b.first, t); ok && len(c.Common) < mostCommon {
			c.Common = append(c.Common, plan.CommonValue{Value: v, Share: b.share})
		}
	}
	if len(wide) < 2 || t.IsString() { // which stand in the order of their collation
		return
	}
	least, most := wide[0].share, wide[0].share
	for _, b := range wide[:len(wide)-1] { // the last one may be a rest
		least, most = min(least, b.share), max(most, b.share)
	}
	if most > 2*least {
		return
	}
	n := min(len(wide)+1, mostBounds)
	bounds := make([]types.Value, n)
	for i := range n {
		text := wide[len(wide)-1].last
		if at := i * len(wide) / (n - 1); at < len(wide) {
			text = wide[at].first
		}
		v, ok := statisticsValue(text, t)
		if !ok {
			return
		}
		bounds[i] = v
	}
	c.Bounds = bounds
}

// statisticsValue reads a value of a type as servers print it. False if t is not a kind with a useful range or the value is none of it.
func statisticsValue(text string, t types.Type) (types.Value, bool) {
	switch {
	case t.IsInteger() && !t.IsUnsigned() || t.IsUnsigned() && t.Kind != types.Uint64 && t.Kind != types.Bit:
		n, err := strconv.ParseInt(text, 10, 64)
		return types.IntValue(n), err == nil
	case t.Kind == types.Uint64:
		n, err := strconv.ParseUint(text, 10, 64)
		return types.UintValue(n), err == nil
	case t.IsFloat():
		f, err := strconv.ParseFloat(text, 64)
		return types.FloatValue(f), err == nil && f-f == 0
	case t.Kind == types.Decimal:
		return decimalOf(text, int(t.Scale))
	case t.Kind == types.Date:
		days, _, ok := parseDay([]byte(text))
		return types.IntValue(days), ok
	case t.Kind == types.Datetime:
		days, rest, ok := parseDay([]byte(text))
		if !ok || len(rest) == 0 {
			return types.IntValue(days * microsPerDay), ok
		}
		micros, ok := parseClock(rest[1:])
		return types.IntValue(days*microsPerDay + micros), ok
	case readable(t):
		return types.TextValue(text), true
	}
	return types.Value{}, false
}

func decimalOf(text string, scale int) (types.Value, bool) {
	v, t, err := types.ParseDecimal(text)
	if err != nil || int(t.Scale) > scale {
		return types.Value{}, false
	}
	ten := decimal256.FromU64(10)
	for range scale - int(t.Scale) {
		v.Dec = v.Dec.Mul(ten)
	}
	return v, true
}
