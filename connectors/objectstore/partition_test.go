package objectstore

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// partitioned is a table of one row for each combination of partition values, in the order of the listing.
func partitioned(t *testing.T) connectors.Source {
	dir := t.TempDir()
	for i, folder := range []string{
		"n=-3/d=2024-02-29/s=a/mixed=1", "n=10/d=2024-03-01/s=a%20/mixed=x", "n=2/d=__HIVE_DEFAULT_PARTITION__/s=A/mixed=2024-01-01",
		"n=__HIVE_DEFAULT_PARTITION__/d=2023-12-31/s=__HIVE_DEFAULT_PARTITION__/mixed=__HIVE_DEFAULT_PARTITION__",
	} {
		write(t, dir, "orders/"+folder+"/a.parquet", parquetOf(t, 10, ids, idRows(i, i+1)))
	}
	return open(t, connectors.Options{"url": dir})
}

func condition(f expr.Func, args ...expr.Expr) expr.Expr {
	return &expr.Call{Func: f, Args: args, Typ: types.Of(types.Bool), Null: true}
}

func date(t *testing.T, text string) expr.Expr {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return &expr.Literal{Value: types.IntValue(day.Unix() / 86400), Typ: types.Of(types.Date)}
}

// Filters on partition columns leave the plan where the values of the partitions decide them as MySQL's comparison would.
func TestFiltersOnPartitions(t *testing.T) {
	src := partitioned(t)
	null := func(typ types.Type) expr.Expr { return &expr.Literal{Value: types.NullValue, Typ: typ} }
	double := &expr.Literal{Value: types.FloatValue(2), Typ: types.Of(types.Float64)}
	folded := &expr.Literal{Value: types.TextValue("a"), Typ: types.NewText(types.Text, 0, types.Utf8mb4AI0900)}
	decimal, decimalType, err := types.ParseDecimal("2.0")
	if err != nil {
		t.Fatal(err)
	}
	two := &expr.Literal{Value: decimal, Typ: decimalType}
	ints := types.Of(types.Int64)
	for _, c := range []struct {
		name  string
		where func(col func(string) expr.Expr) expr.Expr
		exact bool
		rows  string // ids: a superset of the filter's if it is not exact
	}{
		{"n = 2", func(col func(string) expr.Expr) expr.Expr { return condition(expr.Eq, col("n"), intLiteral(2)) }, true, "2"},
		{"n <> 2", func(col func(string) expr.Expr) expr.Expr { return condition(expr.Ne, col("n"), intLiteral(2)) }, true, "0 1"},
		{"n < 10", func(col func(string) expr.Expr) expr.Expr { return condition(expr.Lt, col("n"), intLiteral(10)) }, true, "0 2"},
		{"n >= 10", func(col func(string) expr.Expr) expr.Expr { return condition(expr.Ge, col("n"), intLiteral(10)) }, true, "1"},
		{"n = 2.0", func(col func(string) expr.Expr) expr.Expr { return condition(expr.Eq, col("n"), two) }, true, "2"},
		{"n = NULL", func(col func(string) expr.Expr) expr.Expr { return condition(expr.Eq, col("n"), null(ints)) }, true, ""},
		{"n <=> NULL", func(col func(string) expr.Expr) expr.Expr { return condition(expr.NullSafeEq, col("n"), null(ints)) }, true, "3"},
		{"n IS NULL", func(col func(string) expr.Expr) expr.Expr { return condition(expr.IsNull, col("n")) }, true, "3"},
		{"NOT n > 2", func(col func(string) expr.Expr) expr.Expr {
			return condition(expr.Not, condition(expr.Gt, col("n"), intLiteral(2)))
		}, true, "0 2"},
		{"n = 2 OR n IS NULL", func(col func(string) expr.Expr) expr.Expr {
			return condition(expr.Or, condition(expr.Eq, col("n"), intLiteral(2)), condition(expr.IsNull, col("n")))
		}, true, "2 3"},
		{"n > 2 OR d IS NULL", func(col func(string) expr.Expr) expr.Expr {
			return condition(expr.Or, condition(expr.Gt, col("n"), intLiteral(2)), condition(expr.IsNull, col("d")))
		}, true, "1 2"},
		{"NOT (n = 2 AND d IS NULL)", func(col func(string) expr.Expr) expr.Expr {
			return condition(expr.Not, condition(expr.And, condition(expr.Eq, col("n"), intLiteral(2)), condition(expr.IsNull, col("d"))))
		}, true, "0 1 3"},
		{"n IN (2, 10)", func(col func(string) expr.Expr) expr.Expr {
			return &expr.In{Arg: col("n"), List: []types.Value{types.IntValue(10), types.IntValue(2)}}
		}, true, "1 2"},
		{"n NOT IN (2, 3)", func(col func(string) expr.Expr) expr.Expr {
			return &expr.In{Arg: col("n"), List: []types.Value{types.IntValue(2), types.IntValue(3)}, Not: true}
		}, true, "0 1"},
		{"n NOT IN (2, NULL)", func(col func(string) expr.Expr) expr.Expr {
			return &expr.In{Arg: col("n"), List: []types.Value{types.IntValue(2)}, HasNull: true, Not: true}
		}, true, ""},
		{"d >= 2024-02-29", func(col func(string) expr.Expr) expr.Expr {
			return condition(expr.Ge, col("d"), date(t, "2024-02-29"))
		}, true, "0 1"},
		{"d IN (2024-03-01)", func(col func(string) expr.Expr) expr.Expr {
			return &expr.In{Arg: col("d"), List: []types.Value{date(t, "2024-03-01").(*expr.Literal).Value}}
		}, true, "1"},
		{"s = 'a'", func(col func(string) expr.Expr) expr.Expr { return condition(expr.Eq, col("s"), textLiteral("a")) }, true, "0"},
		{"s > 'A'", func(col func(string) expr.Expr) expr.Expr { return condition(expr.Gt, col("s"), textLiteral("A")) }, true, "0 1"},
		{"mixed = '1'", func(col func(string) expr.Expr) expr.Expr { return condition(expr.Eq, col("mixed"), textLiteral("1")) }, true, "0"},
		{"n = 2e0", func(col func(string) expr.Expr) expr.Expr { return condition(expr.Eq, col("n"), double) }, false, "0 1 2"},
		{"s = _ai 'a'", func(col func(string) expr.Expr) expr.Expr { return condition(expr.Eq, col("s"), folded) }, false, "0 1 2"},
		{"n = ?", func(col func(string) expr.Expr) expr.Expr {
			return condition(expr.Eq, col("n"), &expr.Param{Ordinal: 0, Typ: ints})
		}, false, "0 1 2 3"},
		{"s LIKE 'a%'", func(col func(string) expr.Expr) expr.Expr { return condition(expr.Like, col("s"), textLiteral("a%")) }, false, "0 1"},
		{"n > id", func(col func(string) expr.Expr) expr.Expr { return condition(expr.Gt, col("n"), col("id")) }, false, "1"},
		{"n = 2 OR id = 3", func(col func(string) expr.Expr) expr.Expr {
			return condition(expr.Or, condition(expr.Eq, col("n"), intLiteral(2)), condition(expr.Eq, col("id"), intLiteral(3)))
		}, false, "2 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			where := func(col func(string) expr.Expr) []expr.Expr { return []expr.Expr{c.where(col)} }
			r, err := query{table: orders(), columns: []string{"id"}, where: where}.run(t, src)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, row := range r.rows {
				got = append(got, strings.Fields(row)[0])
			}
			if rows := strings.Join(got, " "); rows != c.rows || r.exact != c.exact {
				t.Errorf("rows %q, exact %v; want %q, %v; kept %v", rows, r.exact, c.rows, c.exact, r.remote.Kept)
			}
		})
	}
}

// An exact filter lets a LIMIT follow it into the scan.
func TestLimitOverAPartition(t *testing.T) {
	where := func(col func(string) expr.Expr) []expr.Expr {
		return []expr.Expr{condition(expr.Gt, col("n"), intLiteral(0))}
	}
	r, err := query{table: orders(), columns: []string{"id"}, where: where, limit: &plan.Limit{Count: 1}}.run(t, partitioned(t))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.rows, []string{"1"}) {
		t.Errorf("rows %q, want the first of the partition", r.rows)
	}
}

// What EXPLAIN says of a filter that stays is what the filter does below.
func TestReasonsOfFilters(t *testing.T) {
	src := partitioned(t)
	upper := func(e expr.Expr) expr.Expr { return &expr.Call{Func: expr.Upper, Args: []expr.Expr{e}, Typ: e.Type()} }
	for _, c := range []struct {
		where func(col func(string) expr.Expr) expr.Expr
		want  string
	}{
		{func(col func(string) expr.Expr) expr.Expr { return condition(expr.Eq, col("id"), intLiteral(1)) },
			"rechecked here: filter (id#1 = 1): it prunes row groups by statistics"},
		{func(col func(string) expr.Expr) expr.Expr { return condition(expr.Like, col("s"), textLiteral("a%")) },
			"rechecked here: filter (s#4 LIKE 'a%'): it prunes files by partition"},
		{func(col func(string) expr.Expr) expr.Expr { return condition(expr.Lt, col("id"), col("n")) },
			"rechecked here: filter (id#1 < n#2): it prunes files by partition and row groups by statistics"},
		{func(col func(string) expr.Expr) expr.Expr {
			return condition(expr.Eq, upper(col("s")), textLiteral("A"))
		},
			"not pushed: filter (upper(s#4) = 'A'): files are pruned by comparing columns with constants"},
	} {
		where := func(col func(string) expr.Expr) []expr.Expr { return []expr.Expr{c.where(col)} }
		r, err := query{table: orders(), where: where}.run(t, src)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.remote.Kept) != 1 || r.remote.Kept[0].String() != c.want {
			t.Errorf("kept %q, want %q", r.remote.Kept, c.want)
		}
	}
}

// Tables that pyarrow and DuckDB partitioned are read as they were written. testdata/generate.py wrote them.
func TestPartitionsOfOtherWriters(t *testing.T) {
	dir, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	src := open(t, connectors.Options{"url": dir})
	for _, writer := range []string{"pyarrow", "duckdb", "duckdb_csv"} {
		name := plan.TableName{Name: writer}
		table, err := src.Table(t.Context(), name, connectors.AsOf{})
		if err != nil {
			t.Fatal(err)
		}
		described := make([]string, len(table.Columns))
		for i, c := range table.Columns {
			described[i] = fmt.Sprintf("%s %s %v", c.Name, c.Type, c.Nullable)
		}
		slices.Sort(described)
		if want := []string{"day date true", "id bigint true", "place longtext false", "year bigint true"}; !slices.Equal(described, want) {
			t.Errorf("%s: columns %q, want %q", writer, described, want)
		}
		r, err := query{table: name, columns: []string{"id", "year", "day", "place"}}.over(t, src, table)
		want := []string{`1 2023 2023-12-31 a/b=c d`, `2 2024 2024-02-29 Zürich%20`, `3 2024 (null) 100% "x"`, `4 (null) 2024-03-01 plain`}
		if slices.Sort(r.rows); err != nil || !slices.Equal(r.rows, want) {
			t.Errorf("%s: rows %q, error %v; want %q", writer, r.rows, err, want)
		}
		where := func(col func(string) expr.Expr) []expr.Expr {
			return []expr.Expr{condition(expr.Eq, col("place"), textLiteral("Zürich%20")), condition(expr.Gt, col("day"), date(t, "2024-01-01"))}
		}
		if r, err = (query{table: name, columns: []string{"id"}, where: where}).over(t, src, table); err != nil || !slices.Equal(r.rows, []string{"2"}) || !r.exact {
			t.Errorf("%s: rows %q, error %v, want 2", writer, r.rows, err)
		}
	}
}
