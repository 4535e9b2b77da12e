//go:build integration

package iceberg

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

func date(s string) expr.Expr {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return literal(types.IntValue(d.Unix()/86400), types.Of(types.Date))
}

func datetimeLiteral(s string) expr.Expr {
	d, err := time.Parse(time.DateTime, s)
	if err != nil {
		panic(err)
	}
	return literal(types.IntValue(d.UnixMicro()), types.NewTemporal(types.Datetime, types.MaxFSP))
}

// where makes a predicate of a comparison of a column with a constant.
func where(f expr.Func, column string, constant expr.Expr) func(func(string) expr.Expr) expr.Expr {
	return func(col func(string) expr.Expr) expr.Expr { return compared(f, col(column), constant) }
}

// A condition on a column leaves the files of the partitions, by any transform of it, and those of which the manifests' statistics say
// that they may have such values.
func TestFilesArePruned(t *testing.T) {
	src := tables(t)
	like := func(col func(string) expr.Expr) expr.Expr {
		return compared(expr.Like, col("word"), textLiteral("blue%"))
	}
	isNull := func(col func(string) expr.Expr) expr.Expr {
		return &expr.Call{Func: expr.IsNull, Args: []expr.Expr{col("region")}, Typ: types.Of(types.Bool)}
	}
	in := func(col func(string) expr.Expr) expr.Expr {
		return &expr.In{Arg: col("id"), List: []types.Value{types.IntValue(17), types.IntValue(18)}}
	}
	for _, c := range []struct {
		table string
		where func(func(string) expr.Expr) expr.Expr
		want  string // files kept and all
		rows  int    // that the files kept have
	}{
		{"by_identity", where(expr.Eq, "region", textLiteral("eu")), "1 of 4", 60},
		{"by_identity", where(expr.Eq, "region", textLiteral("a b/c")), "1 of 4", 60},
		{"by_identity", where(expr.Eq, "region", textLiteral("nowhere")), "0 of 4", 0},
		{"by_identity", isNull, "1 of 4", 60},
		{"by_bucket", where(expr.Eq, "id", intLiteral(17)), "1 of 8", 35},
		{"by_bucket", in, "2 of 8", 64},
		{"by_truncate", like, "1 of 4", 48},
		{"by_truncate", where(expr.Eq, "word", textLiteral("cherry4")), "1 of 4", 48},
		{"by_year", where(expr.Ge, "day", date("2022-06-01")), "2 of 4", 120},
		{"by_year", where(expr.Lt, "day", date("2020-01-01")), "0 of 4", 0},
		{"by_month", where(expr.Ge, "day", date("2022-05-01")), "5 of 12", 100},
		{"by_day", where(expr.Eq, "at", datetimeLiteral("2024-01-02 04:30:00")), "1 of 3", 80},
		{"by_hour", where(expr.Eq, "at", datetimeLiteral("2024-01-02 04:30:00")), "1 of 24", 10},
		{"by_hour", where(expr.Lt, "at", datetimeLiteral("2024-01-01 04:00:00")), "2 of 24", 20},
		{"respecified", where(expr.Eq, "region", textLiteral("eu")), "2 of 5", 150},
		{"ranges", where(expr.Eq, "id", intLiteral(7321)), "1 of 4", 5000},
	} {
		q := query{table: c.table, where: c.where, columns: []string{"id"}}
		r, err := q.run(t, src)
		if err != nil {
			t.Errorf("%s: %v", c.table, err)
			continue
		}
		if !strings.Contains(r.text, " files="+c.want+" ") || r.estimate.Rows != float64(c.rows) {
			t.Errorf("%s, estimate of %v rows, want files=%s with %d rows", r.text, r.estimate.Rows, c.want, c.rows)
		}
	}
}

// Of a file that is read only the row groups that may have a row are, and only the columns of the query.
func TestRowGroupsArePruned(t *testing.T) {
	src := tables(t)
	q := query{table: "ranges", columns: []string{"id", "text", "amount"}}
	all, err := q.run(t, src)
	if err != nil || len(all.rows) != 20_000 {
		t.Fatalf("%d rows, error %v", len(all.rows), err)
	}
	q = query{table: "ranges", columns: []string{"amount"}, where: where(expr.Ge, "id", intLiteral(19_990))}
	r, err := q.run(t, src)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.rows) != 10 || r.rows[9] != "19999 199.99" { // the filter of rows leaves these of a row group
		t.Errorf("rows %q", r.rows)
	}
	if r.usage.Bytes*4 > all.usage.Bytes {
		t.Errorf("%d bytes were read of %d", r.usage.Bytes, all.usage.Bytes)
	}
}

// What a join wants prunes files as conditions do.
func TestFilesArePrunedByJoins(t *testing.T) {
	src := tables(t)
	all, err := query{table: "ranges", columns: []string{"id"}}.run(t, src)
	if err != nil {
		t.Fatal(err)
	}
	q := query{table: "ranges", columns: []string{"id"}, dynamic: where(expr.Eq, "id", intLiteral(7321))}
	r, err := q.run(t, src)
	if err != nil || fmt.Sprint(r.rows) != "[7321]" || r.usage.Bytes*2 > all.usage.Bytes {
		t.Errorf("%d rows, %d bytes of %d, error %v", len(r.rows), r.usage.Bytes, all.usage.Bytes, err)
	}
}
