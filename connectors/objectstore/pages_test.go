package objectstore

import (
	"fmt"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
)

// Of a large row group only the pages are fetched that may have a row, where the file has an index of them.
func TestPagesArePruned(t *testing.T) {
	const rows = 100_000
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "note", Type: arrow.BinaryTypes.String},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	note := func(id int) string { return fmt.Sprintf("a note of some length, which is about %d", id) }
	for id := range rows {
		b.Field(0).(*array.Int64Builder).Append(int64(id))
		b.Field(1).(*array.StringBuilder).Append(note(id))
	}
	batch := b.NewRecordBatch()
	defer batch.Release()
	between := func(from, to int64) func(func(string) expr.Expr) []expr.Expr {
		return func(col func(string) expr.Expr) []expr.Expr {
			return []expr.Expr{compared(expr.Ge, col("id"), intLiteral(from)), compared(expr.Lt, col("id"), intLiteral(to))}
		}
	}
	for _, indexed := range []bool{true, false} {
		dir := t.TempDir()
		write(t, dir, "orders.parquet", written(t, batch, parquet.WithPageIndexEnabled(indexed), parquet.WithDictionaryDefault(false),
			parquet.WithDataPageSize(16<<10), parquet.WithBatchSize(500)))
		src := open(t, connectors.Options{"url": dir})
		whole, err := query{table: orders()}.run(t, src)
		if err != nil {
			t.Fatal(err)
		}
		if len(whole.rows) != rows {
			t.Fatalf("%d rows", len(whole.rows))
		}
		for name, q := range map[string]query{
			"filter":         {where: between(40_100, 40_103)},
			"dynamic filter": {dynamic: between(40_100, 40_103)},
		} {
			q.table = orders()
			r, err := q.run(t, src)
			if err != nil {
				t.Fatal(err)
			}
			if want := []string{"40100 " + note(40_100), "40101 " + note(40_101), "40102 " + note(40_102)}; !slices.Equal(r.rows, want) {
				t.Errorf("%s: rows %q", name, r.rows)
			}
			if few := r.usage.Bytes*5 < whole.usage.Bytes; few != indexed {
				t.Errorf("%s, index %v: %d bytes were read of %d", name, indexed, r.usage.Bytes, whole.usage.Bytes)
			}
		}
		none, err := query{table: orders(), where: func(col func(string) expr.Expr) []expr.Expr {
			return []expr.Expr{compared(expr.Eq, col("note"), textLiteral("a note of some length, which is about 5000x"))}
		}}.run(t, src)
		if err != nil || len(none.rows) != 0 {
			t.Errorf("rows %q, error %v", none.rows, err)
		}
	}
}
