package objectstore

import (
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/sqlerr"
)

// TestYears reads dates and moments that MySQL does not have, from files with and without statistics, dictionaries and NULLs: all are
// NULL, with one warning, and a condition asks for them as for any NULL.
func TestYears(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "d", Type: arrow.FixedWidthTypes.Date32},
		{Name: "us", Type: &arrow.TimestampType{Unit: arrow.Microsecond}},
		{Name: "ms", Type: &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}, Nullable: true},
	}, nil)
	days := []arrow.Date32{0, -719162, 2932896, -719163, 2932897, 100_000_000}
	micros := []arrow.Timestamp{1, -719162 * 86400e6, 2932897*86400e6 - 1, -719162*86400e6 - 1, 2932897 * 86400e6, 1<<63 - 1}
	millis := []arrow.Timestamp{1, -719162 * 86400e3, 2932897*86400e3 - 1, -719162*86400e3 - 1, 2932897 * 86400e3, 1<<63 - 1}
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i := range days {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		b.Field(1).(*array.Date32Builder).Append(days[i])
		b.Field(2).(*array.TimestampBuilder).Append(micros[i])
		b.Field(3).(*array.TimestampBuilder).Append(millis[i])
	}
	b.Field(0).(*array.Int64Builder).Append(6)
	b.Field(1).(*array.Date32Builder).Append(0)
	b.Field(2).(*array.TimestampBuilder).Append(0)
	b.Field(3).AppendNull()
	batch := b.NewRecordBatch()
	defer batch.Release()
	for name, options := range map[string][]parquet.WriterProperty{
		"plain":              {parquet.WithDictionaryDefault(false)},
		"dictionary":         {parquet.WithDictionaryDefault(true)},
		"without statistics": {parquet.WithStats(false)},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "orders.parquet", written(t, batch, options...))
			var warnings []string
			q := query{table: orders(), warn: func(_ int, message string) { warnings = append(warnings, message) }}
			r, err := q.run(t, open(t, connectors.Options{"url": dir}))
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range r.rows {
				if lost := strings.Count(row, "(null)"); i >= 3 && i <= 5 && lost != 3 || i < 3 && lost != 0 || i == 6 && lost != 1 {
					t.Errorf("row %d: %s", i, row)
				}
			}
			if len(r.rows) != 7 || len(warnings) != 3 || !strings.Contains(warnings[0], "year") {
				t.Errorf("rows %q, warnings %q", r.rows, warnings)
			}
			q.columns = []string{"id"}
			q.where = func(col func(string) expr.Expr) []expr.Expr {
				isNull, err := expr.New(expr.IsNull, col("d"))
				if err != nil {
					t.Fatal(err)
				}
				return []expr.Expr{isNull}
			}
			r, err = q.run(t, open(t, connectors.Options{"url": dir}))
			for _, id := range []string{"3", "4", "5"} {
				if err != nil || !slices.ContainsFunc(r.rows, func(row string) bool { return strings.HasPrefix(row, id) }) {
					t.Errorf("rows %q, error %v: no %s", r.rows, err, id)
				}
			}
			_, err = query{table: orders()}.run(t, open(t, connectors.Options{"url": dir, "nonfinite": "error"}))
			if !sqlerr.Is(err, sqlerr.BadValue) {
				t.Errorf("error %v, want BadValue", err)
			}
		})
	}
}
