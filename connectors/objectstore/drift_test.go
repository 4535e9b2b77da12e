package objectstore

import (
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// A column that files have in several types is shown in one that has the values of all, whichever file comes first.
func TestWidenedColumns(t *testing.T) {
	ints, float, double := arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64
	decimal := func(precision, scale int32) arrow.DataType {
		return &arrow.Decimal128Type{Precision: precision, Scale: scale}
	}
	moment := &arrow.TimestampType{Unit: arrow.Microsecond}
	for _, c := range []struct {
		a, b   arrow.DataType
		va, vb string // JSON
		want   string // the type; "": none has the values of both
		rows   []string
	}{
		{ints, arrow.PrimitiveTypes.Int64, `-7`, `9000000000`, "bigint", []string{"-7", "9000000000"}},
		{arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, `-7`, `300`, "smallint", []string{"-7", "300"}},
		{arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint32, `7`, `4000000000`, "int unsigned", []string{"7", "4000000000"}},
		{arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Int8, `4000000000`, `-1`, "bigint", []string{"4000000000", "-1"}},
		{arrow.PrimitiveTypes.Uint64, arrow.PrimitiveTypes.Int64, `18446744073709551615`, `-1`, "decimal(20,0)", []string{"18446744073709551615", "-1"}},
		{float, double, `0.5`, `1e300`, "double", []string{"0.5", "1e+300"}},
		{ints, double, `7`, `0.25`, "double", []string{"7", "0.25"}},
		{ints, float, `16777217`, `0.25`, "double", []string{"1.6777217e+07", "0.25"}},
		{decimal(5, 2), decimal(10, 2), `"1.25"`, `"12345678.25"`, "decimal(10,2)", []string{"1.25", "12345678.25"}},
		{decimal(5, 2), decimal(20, 4), `"1.25"`, `"1.0001"`, "decimal(20,4)", []string{"1.25", "1.0001"}},
		{decimal(20, 1), decimal(20, 10), `"-1.5"`, `"0.0000000001"`, "decimal(29,10)", []string{"-1.5", "1e-10"}},
		{ints, decimal(5, 2), `-2147483648`, `"1.25"`, "decimal(12,2)", []string{"-2147483648", "1.25"}},
		{arrow.FixedWidthTypes.Date32, moment, `"2024-02-29"`, `"2024-02-29 12:30:00"`, "datetime(6)", []string{"2024-02-29T00:00:00", "2024-02-29T12:30:00"}},
		{arrow.PrimitiveTypes.Int64, double, `1`, `1`, "", nil},
		{decimal(5, 2), double, `"1.25"`, `1`, "", nil},
		{decimal(38, 0), decimal(38, 30), `"1"`, `"1"`, "", nil},
		{arrow.FixedWidthTypes.Boolean, ints, `true`, `1`, "", nil},
		{arrow.BinaryTypes.String, ints, `"1"`, `1`, "", nil},
		{arrow.BinaryTypes.String, arrow.BinaryTypes.Binary, `"1"`, `"MQ=="`, "", nil},
		{arrow.FixedWidthTypes.Date32, &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, `"2024-02-29"`, `"2024-02-29T12:30:00Z"`, "", nil},
	} {
		t.Run(c.a.String()+" and "+c.b.String(), func(t *testing.T) {
			first := parquetOf(t, 10, field("v", c.a, true), `[{"v": `+c.va+`}]`)
			second := parquetOf(t, 10, field("v", c.b, true), `[{"v": `+c.vb+`}, {"v": null}]`)
			for _, reversed := range []bool{false, true} {
				dir, want := t.TempDir(), append(slices.Clone(c.rows), "(null)")
				if reversed {
					write(t, dir, "orders/1.parquet", second)
					write(t, dir, "orders/2.parquet", first)
				} else {
					write(t, dir, "orders/1.parquet", first)
					write(t, dir, "orders/2.parquet", second)
				}
				src := open(t, connectors.Options{"url": dir})
				table, err := src.Table(t.Context(), orders(), connectors.AsOf{})
				if c.want == "" {
					if !sqlerr.Is(err, sqlerr.Corrupt) || !strings.Contains(err.Error(), "column v is ") ||
						!strings.Contains(err.Error(), "orders/1.parquet but ") || !strings.Contains(err.Error(), "orders/2.parquet") {
						t.Errorf("error %v, want one that names the column and both files", err)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if got := table.Columns[0].Type.String(); got != c.want {
					t.Errorf("the column is %s, want %s", got, c.want)
				}
				mem := bufpooltest.New()
				r, err := query{table: orders(), mem: mem}.over(t, src, table)
				slices.Sort(want)
				slices.Sort(r.rows)
				if err != nil || !slices.Equal(r.rows, want) {
					t.Errorf("rows %q, error %v; want %q", r.rows, err, want)
				}
				mem.AssertSize(t, 0)
			}
		})
	}
}

// Filters on a column that is widened prune by the statistics of each file, and drop no row that passes.
func TestFiltersOnWidenedColumns(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "orders/1.parquet", parquetOf(t, 10, field("id", arrow.PrimitiveTypes.Int32, true), idRows(0, 30)))
	write(t, dir, "orders/2.parquet", parquetOf(t, 10, field("id", arrow.PrimitiveTypes.Int64, true), idRows(20, 60)))
	write(t, dir, "orders/3.parquet", parquetOf(t, 10, field("id", &arrow.Decimal128Type{Precision: 6, Scale: 2}, true), `[{"id": "25.50"}, {"id": "70.00"}]`))
	src := open(t, connectors.Options{"url": dir})
	table, err := src.Table(t.Context(), orders(), connectors.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	wide := table.Columns[0].Type
	number := func(text string) expr.Expr {
		v, typ, err := types.ParseDecimal(text)
		if err != nil {
			t.Fatal(err)
		}
		return &expr.Literal{Value: v, Typ: typ}
	}
	where := func(col func(string) expr.Expr) []expr.Expr {
		return []expr.Expr{compared(expr.Ge, col("id"), number("25.25")), compared(expr.Lt, col("id"), number("30.00"))}
	}
	for name, q := range map[string]query{"filter": {where: where}, "dynamic filter": {dynamic: where}} {
		q.table = orders()
		r, err := q.over(t, src, table)
		if err != nil || wide != types.NewDecimal(21, 2) {
			t.Fatalf("column %s, error %v", wide, err)
		}
		for _, id := range []string{"25.5", "26", "29"} {
			if !slices.Contains(r.rows, id) {
				t.Errorf("%s: %s is missing in %q", name, id, r.rows)
			}
		}
		for _, id := range []string{"0", "19", "30", "59", "70"} { // of row groups that the filter rules out
			if slices.Contains(r.rows, id) {
				t.Errorf("%s: %s was read", name, id)
			}
		}
	}
}

// Columns are added, missing and in another order from file to file.
func TestColumnsThatComeAndGo(t *testing.T) {
	schema := func(names ...string) *arrow.Schema {
		var fields []arrow.Field
		for _, n := range names {
			fields = append(fields, arrow.Field{Name: n, Type: arrow.PrimitiveTypes.Int64, Nullable: true})
		}
		return arrow.NewSchema(fields, nil)
	}
	dir := t.TempDir()
	write(t, dir, "orders/day=1/a.parquet", parquetOf(t, 10, schema("a", "b"), `[{"a": 1, "b": 2}]`))
	write(t, dir, "orders/day=2/a.parquet", parquetOf(t, 10, schema("c", "b", "a"), `[{"a": 3, "b": 4, "c": 5}]`))
	write(t, dir, "orders/day=3/a.parquet", parquetOf(t, 10, schema("C"), `[{"C": 6}]`))
	r, err := query{table: orders()}.run(t, open(t, connectors.Options{"url": dir}))
	if want := []string{"1 2 (null) 1", "3 4 5 2", "(null) (null) 6 3"}; err != nil || !slices.Equal(r.rows, want) {
		t.Errorf("rows %q, error %v; want %q", r.rows, err, want)
	}
}
