package objectstore

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

func field(name string, t arrow.DataType, nullable bool) *arrow.Schema {
	return arrow.NewSchema([]arrow.Field{{Name: name, Type: t, Nullable: nullable}}, nil)
}

// manyFiles is a table of so many files that only some footers are read to describe it: odd is one that is not. The
// others hold one row each, a column id without NULL.
func manyFiles(t *testing.T, odd []byte) connectors.Source {
	const files, unsampled = 700, 405
	dir := t.TempDir()
	usual := parquetOf(t, 10, field("id", arrow.PrimitiveTypes.Int64, false), idRows(1, 2))
	for i := range files {
		content := usual
		if i == unsampled {
			content = odd
		}
		write(t, dir, fmt.Sprintf("orders/%04d.parquet", i), content)
	}
	return open(t, connectors.Options{"url": dir})
}

// One file of many that no sample met has a NULL, lacks the column, or has another or a further one.
func TestFilesOutsideTheSample(t *testing.T) {
	ofNull := func(col func(string) expr.Expr) []expr.Expr {
		return []expr.Expr{&expr.Call{Func: expr.IsNull, Args: []expr.Expr{col("id")}, Typ: types.Of(types.Bool)}}
	}
	isTwo := func(col func(string) expr.Expr) []expr.Expr {
		return []expr.Expr{compared(expr.Eq, col("id"), intLiteral(2))}
	}
	for _, c := range []struct {
		name string
		odd  []byte
		q    query
		rows []string
		err  string // with the two files
		warn string
	}{
		{name: "NULL", odd: parquetOf(t, 10, ids, `[{"id": null}]`), q: query{where: ofNull}, rows: []string{"(null)"}},
		{name: "missing", odd: parquetOf(t, 10, field("other", arrow.PrimitiveTypes.Int64, true), `[{"other": 5}]`),
			q: query{where: ofNull}, rows: []string{"(null)"},
			warn: "column other of file://%s/orders/0405.parquet is not shown"},
		{name: "other type", odd: parquetOf(t, 10, field("id", arrow.BinaryTypes.String, true), `[{"id": "x"}]`),
			err: "column id is INT64 Int(bitWidth=64, isSigned=true) in file://%s/orders/0000.parquet but BYTE_ARRAY String in file://%s/orders/0405.parquet"},
		{name: "narrower type", odd: parquetOf(t, 10, field("id", arrow.PrimitiveTypes.Int32, true), `[{"id": 2}]`), q: query{where: isTwo}, rows: []string{"2"}},
		{name: "wider type", odd: parquetOf(t, 10, field("id", &arrow.Decimal128Type{Precision: 20, Scale: 1}, true), `[{"id": "1.0"}]`),
			err: "file://%s/orders/0000.parquet but FIXED_LEN_BYTE_ARRAY Decimal(precision=20, scale=1) in file://%s/orders/0405.parquet"},
		{name: "nothing but NULL", odd: parquetOf(t, 10, field("id", arrow.Null, true), `[{"id": null}]`),
			q: query{where: ofNull}, rows: []string{"(null)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := manyFiles(t, c.odd)
			table, err := src.Table(t.Context(), orders(), connectors.AsOf{})
			if err != nil {
				t.Fatal(err)
			}
			if len(table.Columns) != 1 || !table.Columns[0].Nullable {
				t.Errorf("columns %+v, want id, which may be NULL", table.Columns)
			}
			dir := strings.TrimPrefix(strings.TrimSuffix(table.Location, "/orders"), "file://")
			var warned string
			c.q.table, c.q.warn = orders(), func(_ int, text string) { warned += text }
			r, err := c.q.run(t, src)
			if c.err != "" {
				want := strings.ReplaceAll(c.err, "%s", dir)
				if !sqlerr.Is(err, sqlerr.Corrupt) || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want %q", err, want)
				}
				return
			}
			if err != nil || !slices.Equal(r.rows, c.rows) {
				t.Errorf("rows %q, error %v; want %q", r.rows, err, c.rows)
			}
			if !strings.Contains(warned, strings.ReplaceAll(c.warn, "%s", dir)) || c.warn == "" && warned != "" {
				t.Errorf("warning %q, want %q", warned, c.warn)
			}
		})
	}
}

// Names that differ by letters' case only go each to a column of their own, in every file.
func TestNamesThatDifferByCase(t *testing.T) {
	both := arrow.NewSchema([]arrow.Field{
		{Name: "A", Type: arrow.PrimitiveTypes.Int64}, {Name: "a", Type: arrow.PrimitiveTypes.Int64},
		{Name: "a_2", Type: arrow.PrimitiveTypes.Int64}, {Name: "a", Type: arrow.PrimitiveTypes.Int64},
	}, nil)
	dir := t.TempDir()
	write(t, dir, "orders/1.parquet", integers(t, both, 1, 2, 3, 4))
	write(t, dir, "orders/2.parquet", parquetOf(t, 10, field("a", arrow.PrimitiveTypes.Int64, false), `[{"a": 5}]`))
	write(t, dir, "orders/3.parquet", parquetOf(t, 10, field("A_2", arrow.PrimitiveTypes.Int64, false), `[{"A_2": 6}]`))
	src := open(t, connectors.Options{"url": dir})
	table, err := src.Table(t.Context(), orders(), connectors.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		names[i] = c.Name
	}
	if want := []string{"A", "a_2", "a_2_2", "a_3"}; !slices.Equal(names, want) {
		t.Errorf("columns %q, want %q", names, want)
	}
	r, err := query{table: plan.TableName{Name: "orders"}}.run(t, src)
	want := []string{"1 2 3 4", "(null) 5 (null) (null)", "(null) (null) 6 (null)"}
	if err != nil || !slices.Equal(r.rows, want) {
		t.Errorf("rows %q, error %v; want %q", r.rows, err, want)
	}
}

// integers returns a Parquet file of one row of integers, whose columns may have one name.
func integers(t *testing.T, schema *arrow.Schema, values ...int64) []byte {
	t.Helper()
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i, v := range values {
		b.Field(i).(*array.Int64Builder).Append(v)
	}
	batch := b.NewRecordBatch()
	defer batch.Release()
	return written(t, batch)
}
