package objectstore

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

func orders() plan.TableName { return plan.TableName{Name: "orders"} }

// names lists a source's tables.
func names(t *testing.T, src connectors.Source, o connectors.ListOptions) []string {
	t.Helper()
	var out []string
	for e, err := range src.List(t.Context(), o) {
		if err != nil {
			t.Fatal(err)
		}
		if o.Namespaces {
			out = append(out, e.Name.Namespace)
			continue
		}
		out = append(out, e.Name.String())
	}
	return out
}

func TestList(t *testing.T) {
	dir := t.TempDir()
	file := parquetOf(t, 10, ids, idRows(0, 1))
	for _, key := range []string{
		"orders.parquet", "orders-old/a.parquet", "orders-old/2024/b.parquet", "orders2/x.parquet", "Zebra.parquet",
		"_hidden/a.parquet", ".cache/a.parquet", "day=1/a.parquet", "notes.txt", "a b.parquet",
	} {
		write(t, dir, key, file)
	}
	write(t, dir, "empty.parquet", nil)
	src := open(t, connectors.Options{"url": "file://" + dir})
	want := []string{"Zebra", "a b", "orders", "orders-old", "orders2"}
	if got := names(t, src, connectors.ListOptions{}); !slices.Equal(got, want) {
		t.Errorf("tables %q, want %q", got, want)
	}
	if got := names(t, src, connectors.ListOptions{Namespaces: true}); !slices.Equal(got, []string{""}) {
		t.Errorf("namespaces %q", got)
	}
}

func TestListOfSchemas(t *testing.T) {
	dir := t.TempDir()
	file := parquetOf(t, 10, ids, idRows(0, 3))
	for _, key := range []string{"sales/orders/a.parquet", "sales/items.parquet", "hr/people/a.parquet", "top.parquet"} {
		write(t, dir, key, file)
	}
	src := open(t, connectors.Options{"url": dir, "layout": "schema/table"})
	if got, want := names(t, src, connectors.ListOptions{}), []string{"hr.people", "sales.items", "sales.orders"}; !slices.Equal(got, want) {
		t.Errorf("tables %q, want %q", got, want)
	}
	sales := "sales"
	if got, want := names(t, src, connectors.ListOptions{In: &sales}), []string{"sales.items", "sales.orders"}; !slices.Equal(got, want) {
		t.Errorf("tables of sales %q, want %q", got, want)
	}
	if got, want := names(t, src, connectors.ListOptions{Namespaces: true}), []string{"hr", "sales"}; !slices.Equal(got, want) {
		t.Errorf("namespaces %q, want %q", got, want)
	}
	r, err := query{table: plan.TableName{Namespace: "sales", Name: "orders"}}.run(t, src)
	if err != nil || len(r.rows) != 3 {
		t.Errorf("rows %q, error %v", r.rows, err)
	}
}

func TestPartitions(t *testing.T) {
	dir := t.TempDir()
	for i, folder := range []string{
		"year=2023/region=north%20east/day=2023-01-31", "year=2024/region=s/day=2024-02-29",
		"year=__HIVE_DEFAULT_PARTITION__/region=s/day=2024-03-01",
	} {
		write(t, dir, "orders/"+folder+"/part-0.parquet", parquetOf(t, 10, ids, idRows(i*10, i*10+2)))
		write(t, dir, "orders/"+folder+"/_SUCCESS", nil)
	}
	src := open(t, connectors.Options{"url": dir})
	table, err := src.Table(t.Context(), orders(), connectors.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	var described []string
	for _, c := range table.Columns {
		described = append(described, fmt.Sprintf("%s %s %v", c.Name, c.Type, c.Nullable))
	}
	want := []string{"id bigint true", "year bigint true", "region longtext false", "day date false"}
	if !slices.Equal(described, want) {
		t.Errorf("columns %q, want %q", described, want)
	}
	if table.Stats.Rows != 6 {
		t.Errorf("%v rows, want 6", table.Stats.Rows)
	}

	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	year := func(f expr.Func, v int64) func(func(string) expr.Expr) []expr.Expr {
		return func(col func(string) expr.Expr) []expr.Expr {
			return []expr.Expr{compared(f, col("year"), intLiteral(v))}
		}
	}
	all := []string{
		"0 2023 north east 2023-01-31", "1 2023 north east 2023-01-31", "10 2024 s 2024-02-29", "11 2024 s 2024-02-29",
	}
	null := []string{"20 (null) s 2024-03-01", "21 (null) s 2024-03-01"}
	for _, c := range []struct {
		name string
		q    query
		want []string
	}{
		{"everything", query{}, slices.Concat(null, all)[2:]},
		{"a year", query{where: year(expr.Eq, 2024)}, all[2:]},
		{"an earlier year", query{where: year(expr.Lt, 2024)}, all[:2]},
		{"a date", query{where: func(col func(string) expr.Expr) []expr.Expr {
			day := &expr.Literal{Value: types.IntValue(19753), Typ: types.Of(types.Date)} // 2024-01-31
			return []expr.Expr{compared(expr.Lt, col("day"), day)}
		}}, all[:2]},
		{"a text", query{where: func(col func(string) expr.Expr) []expr.Expr {
			return []expr.Expr{compared(expr.Eq, col("region"), textLiteral("north east"))}
		}}, all[:2]},
		{"NULL", query{where: func(col func(string) expr.Expr) []expr.Expr {
			return []expr.Expr{&expr.Call{Func: expr.IsNull, Args: []expr.Expr{col("year")}, Typ: types.Of(types.Bool)}}
		}}, null},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.q.table, c.q.mem = orders(), mem
			r, err := c.q.run(t, src)
			if err != nil {
				t.Fatal(err)
			}
			if c.name == "everything" {
				c.want = slices.Concat(all, null)
			}
			if !slices.Equal(r.rows, c.want) {
				t.Errorf("rows %q, want %q", r.rows, c.want)
			}
			if r.estimate.Rows != float64(len(c.want)) {
				t.Errorf("estimate %v rows, want %d", r.estimate.Rows, len(c.want))
			}
		})
	}
}

func TestRowGroupsArePruned(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "orders.parquet", parquetOf(t, 10, ids, idRows(0, 100)))
	src := open(t, connectors.Options{"url": dir})
	whole, err := query{table: orders()}.run(t, src)
	if err != nil {
		t.Fatal(err)
	}
	between := func(col func(string) expr.Expr) []expr.Expr {
		return []expr.Expr{compared(expr.Ge, col("id"), intLiteral(35)), compared(expr.Lt, col("id"), intLiteral(50))}
	}
	for name, q := range map[string]query{
		"filter":         {where: between},
		"dynamic filter": {dynamic: between},
	} {
		q.table = orders()
		r, err := q.run(t, src)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.rows) != 15 || r.rows[0] != "35" {
			t.Errorf("%s: rows %q, want 35 to 49", name, r.rows)
		}
		if r.usage.Bytes == 0 || r.usage.Bytes*4 > whole.usage.Bytes {
			t.Errorf("%s: %d bytes were read of %d, want those of the row groups of 30 to 49", name, r.usage.Bytes, whole.usage.Bytes)
		}
	}
	r, err := query{table: orders(), where: between}.run(t, src)
	if err != nil {
		t.Fatal(err)
	}
	if r.estimate.Rows != 20 || r.estimate.Splits != 2 {
		t.Errorf("estimate %+v, want 20 rows", r.estimate)
	}
	if r.usage.Rows != 15 || r.usage.Bytes == 0 || r.usage.Requests != 2 && r.usage.Requests != 1 {
		t.Errorf("usage %+v", r.usage)
	}
}

func TestDynamicFilterKnownAfterSplits(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "orders.parquet", parquetOf(t, 10, ids, idRows(0, 30)))
	src := open(t, connectors.Options{"url": dir})
	table, err := src.Table(t.Context(), orders(), connectors.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	root, col, _ := query{}.plan(table)
	answer, err := src.Pushdown(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	var late lateFilter
	usage := &connectors.Usage{}
	x, err := findRemote(answer).Fragment.(connectors.Fragment).Start(t.Context(), connectors.Scan{
		Memory: memory.DefaultAllocator, BatchRows: 8192, Dynamic: &late, Usage: usage,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	var rows []string
	for split, err := range x.Splits(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		late.conds = []expr.Expr{&expr.In{Arg: col("id"), List: []types.Value{types.IntValue(25), types.IntValue(3)}}}
		got, err := readSplit(t.Context(), x, split)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, got...)
	}
	if !slices.Equal(rows, []string{"3", "25"}) {
		t.Errorf("rows %q, want those of the filter", rows)
	}
	if n := usage.Totals().Requests; n != 2 {
		t.Errorf("%d requests, want one for each of the first and the last row group", n)
	}
}

// The rows whose values are not among a join's keys are dropped while they are decoded, in the order of the rows.
func TestKeysOfAJoin(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "orders.parquet", parquetOf(t, 10, ids, idRows(0, 30)))
	src := open(t, connectors.Options{"url": dir})
	table, err := src.Table(t.Context(), orders(), connectors.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	root, col, _ := query{}.plan(table)
	id := col("id").(*expr.Column).ID
	all := []expr.Expr{compared(expr.Ge, col("id"), intLiteral(-1))}
	none := []expr.Expr{compared(expr.Lt, col("id"), intLiteral(0))}
	for _, c := range []struct {
		name   string
		filter lateFilter
		limit  bool
		want   []string
	}{
		{"keys", lateFilter{keys: []connectors.ColumnKeys{{Column: id, Set: &keySet{25, 3, 4, 99}}}}, false, []string{"3", "4", "25"}},
		{"keys of two joins", lateFilter{keys: []connectors.ColumnKeys{{Column: id, Set: &keySet{25, 3}}, {Column: id, Set: &keySet{3, 4}}}}, false, []string{"3"}},
		{"and conditions", lateFilter{conds: all, keys: []connectors.ColumnKeys{{Column: id, Set: &keySet{25}}}}, false, []string{"25"}},
		{"row groups", lateFilter{conds: none, keys: []connectors.ColumnKeys{{Column: id, Set: &keySet{25}}}}, false, nil},
		{"no keys", lateFilter{keys: []connectors.ColumnKeys{{Column: id, Set: &keySet{}}}}, false, nil},
		{"another relation's", lateFilter{keys: []connectors.ColumnKeys{{Column: id + 1000, Set: &keySet{}}}, conds: []expr.Expr{compared(expr.Eq, col("id"), intLiteral(7))}}, false, []string{"7"}},
		{"under a limit", lateFilter{keys: []connectors.ColumnKeys{{Column: id, Set: &keySet{25}}}}, true, []string{"0", "1"}},
	} {
		offered := root
		if c.limit {
			offered = &plan.Limit{Input: root, Count: 2}
		}
		answer, err := src.Pushdown(t.Context(), offered)
		if err != nil {
			t.Fatal(err)
		}
		mem := bufpooltest.New()
		x, err := findRemote(answer).Fragment.(connectors.Fragment).Start(t.Context(), connectors.Scan{
			Memory: mem, BatchRows: 8192, Dynamic: &c.filter, Usage: &connectors.Usage{},
		})
		if err != nil {
			t.Fatal(err)
		}
		var rows []string
		for split, err := range x.Splits(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			got, err := readSplit(t.Context(), x, split)
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, got...)
		}
		if !slices.Equal(rows, c.want) {
			t.Errorf("%s: rows %q, want %q", c.name, rows, c.want)
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
		mem.AssertSize(t, 0)
	}
}

// keySet is a set of numbers.
type keySet []int64

func (s *keySet) Finder() func(arrow.Array, []int32) []int32 {
	return func(values arrow.Array, sel []int32) []int32 {
		for i := range values.Len() {
			if v := kernel.ValueAt(values, i); !v.Null && slices.Contains(*s, v.Int) {
				sel = append(sel, int32(i))
			}
		}
		return sel
	}
}

type lateFilter struct {
	conds []expr.Expr
	keys  []connectors.ColumnKeys
}

func (*lateFilter) Ready() <-chan struct{}          { return nil }
func (l *lateFilter) Conds() []expr.Expr            { return l.conds }
func (l *lateFilter) Keys() []connectors.ColumnKeys { return l.keys }

func TestLimitReadsNoMoreThanItNeeds(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "orders.parquet", parquetOf(t, 10, ids, idRows(0, 100)))
	src := open(t, connectors.Options{"url": dir})
	r, err := query{table: orders(), limit: &plan.Limit{Offset: 8, Count: 5}}.run(t, src)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"8", "9", "10", "11", "12"}; !slices.Equal(r.rows, want) || r.splits != 1 {
		t.Errorf("rows %q in %d splits, want %q in one", r.rows, r.splits, want)
	}
	if r.usage.Rows != 20 {
		t.Errorf("%d rows were decoded, want two row groups", r.usage.Rows)
	}
	whole, err := query{table: orders()}.run(t, src)
	if err != nil {
		t.Fatal(err)
	}
	if part := whole.estimate.Bytes / 5; r.estimate.Bytes < part/2 || r.estimate.Bytes > part*2 {
		t.Errorf("%.0f bytes estimated, want about two row groups of ten of %.0f", r.estimate.Bytes, whole.estimate.Bytes)
	}
}

func TestCountNeedsNoData(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "orders.parquet", parquetOf(t, 10, ids, idRows(0, 100)))
	src := open(t, connectors.Options{"url": dir})
	r, err := query{table: orders(), columns: []string{}}.run(t, src)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.rows) != 100 || r.usage.Requests != 0 || r.usage.Bytes != 0 {
		t.Errorf("%d rows with %+v", len(r.rows), r.usage)
	}
}

func TestFilesOfOneTableMayDiffer(t *testing.T) {
	dir := t.TempDir()
	wide := arrow.NewSchema([]arrow.Field{
		{Name: "note", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "ID", Type: arrow.PrimitiveTypes.Int64},
	}, nil)
	write(t, dir, "orders/1.parquet", parquetOf(t, 10, ids, idRows(1, 2)))
	write(t, dir, "orders/2.parquet", parquetOf(t, 10, wide, `[{"note": "x", "ID": 2}]`))
	src := open(t, connectors.Options{"url": dir})
	r, err := query{table: orders()}.run(t, src)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"1 (null)", "2 x"}; !slices.Equal(r.rows, want) {
		t.Errorf("rows %q, want %q", r.rows, want)
	}
	r, err = query{table: orders(), where: func(col func(string) expr.Expr) []expr.Expr {
		return []expr.Expr{compared(expr.Eq, col("note"), textLiteral("x"))}
	}}.run(t, src)
	if err != nil || !slices.Equal(r.rows, []string{"2 x"}) {
		t.Errorf("rows %q, error %v: the file without the column holds only NULL", r.rows, err)
	}

	clash := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.BinaryTypes.String}}, nil)
	write(t, dir, "orders/3.parquet", parquetOf(t, 10, clash, `[{"id": "three"}]`))
	_, err = src.Table(t.Context(), orders(), connectors.AsOf{})
	if !sqlerr.Is(err, sqlerr.Corrupt) || !strings.Contains(err.Error(), "1.parquet") || !strings.Contains(err.Error(), "3.parquet") {
		t.Errorf("error %v, want one that names both files", err)
	}
}

func TestNonFinite(t *testing.T) {
	dir := t.TempDir()
	schema := arrow.NewSchema([]arrow.Field{{Name: "f", Type: arrow.PrimitiveTypes.Float64}}, nil)
	values := []float64{1.5, math.NaN(), math.Inf(-1)}
	write(t, dir, "orders.parquet", floats(t, schema, values))
	var warnings []string
	r, err := query{table: orders(), warn: func(_ int, msg string) { warnings = append(warnings, msg) }}.run(t, open(t, connectors.Options{"url": dir}))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"1.5", "(null)", "(null)"}; !slices.Equal(r.rows, want) {
		t.Errorf("rows %q, want %q", r.rows, want)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "table orders") {
		t.Errorf("warnings %q", warnings)
	}
	_, err = query{table: orders()}.run(t, open(t, connectors.Options{"url": dir, "nonfinite": "error"}))
	if !sqlerr.Is(err, sqlerr.BadValue) {
		t.Errorf("error %v, want BadValue", err)
	}
}

func TestWhatIsData(t *testing.T) {
	dir := t.TempDir()
	for i, key := range []string{"_k=1/a.parquet", "_k=1/b.PARQUET", "_k=2/000000_0", "_k=2/c.pq"} {
		write(t, dir, "orders/"+key, parquetOf(t, 10, ids, idRows(i, i+1)))
	}
	for _, key := range []string{
		"_SUCCESS", "_k=1/_SUCCESS", "_k=1/.a.parquet.crc", "_k=1/_metadata", "_temporary/0/a.parquet", ".staging=1/a.parquet",
		"_k=1/_a=1.parquet", "_k=1/notes.txt",
	} {
		write(t, dir, "orders/"+key, []byte("this is no data"))
	}
	write(t, dir, "orders/_k=1/empty.parquet", nil)
	r, err := query{table: orders()}.run(t, open(t, connectors.Options{"url": dir}))
	if want := []string{"0 1", "1 1", "2 2", "3 2"}; err != nil || !slices.Equal(r.rows, want) {
		t.Errorf("rows %q, error %v; want %q", r.rows, err, want)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	good := parquetOf(t, 10, ids, idRows(0, 30))
	write(t, dir, "both.parquet", good)
	write(t, dir, "both/a.parquet", good)
	write(t, dir, "delta/_delta_log/0.json", []byte("{}"))
	write(t, dir, "delta/a.parquet", good)
	write(t, dir, "ice/metadata/v1.metadata.json", []byte("{}"))
	write(t, dir, "notes/a.txt", []byte("a,b"))
	write(t, dir, "short.parquet", good[:len(good)-20])
	write(t, dir, "text.parquet", []byte("this is no Parquet file at all"))
	write(t, dir, "mixed/a=1/x.parquet", good)
	write(t, dir, "mixed/b=1/x.parquet", good)
	write(t, dir, "twice/a=1/A=2/x.parquet", good)
	flipped := slices.Clone(good)
	copy(flipped[4:], "\xff\xff\xff\xff\xff\xff\xff\xff")
	write(t, dir, "pages.parquet", flipped)
	src := open(t, connectors.Options{"url": dir})
	for name, want := range map[string]struct {
		code sqlerr.Code
		text string
	}{
		"both":   {sqlerr.SourceError, "both.parquet"},
		"delta":  {sqlerr.Unsupported, "Delta"},
		"ice":    {sqlerr.Unsupported, "Iceberg"},
		"notes":  {sqlerr.UnknownTable, "notes"},
		"none":   {sqlerr.UnknownTable, "none"},
		"a/b":    {sqlerr.UnknownTable, "a/b"},
		"_x":     {sqlerr.UnknownTable, "_x"},
		"..":     {sqlerr.UnknownTable, ".."},
		"short":  {sqlerr.Corrupt, "short.parquet"},
		"text":   {sqlerr.Corrupt, "text.parquet"},
		"mixed":  {sqlerr.Corrupt, "partitioned by different columns"},
		"twice":  {sqlerr.Corrupt, "partitioned by A twice"},
		"pages":  {sqlerr.Corrupt, "pages.parquet"},
		"footer": {sqlerr.UnknownTable, "footer"},
	} {
		_, err := query{table: plan.TableName{Name: name}}.run(t, src)
		if !sqlerr.Is(err, want.code) || !strings.Contains(fmt.Sprint(err), want.text) || !strings.Contains(fmt.Sprint(err), "source lake") {
			t.Errorf("table %s: error %v, want code %d naming %q", name, err, want.code, want.text)
		}
	}
}

func TestFilesThatChangeDuringTheQuery(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"replaced": func(path string) error { return os.WriteFile(path, []byte("PAR1 something else PAR1"), 0o644) },
		"deleted":  os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "orders/a.parquet", parquetOf(t, 10, ids, idRows(0, 30)))
			src := open(t, connectors.Options{"url": dir})
			table, err := src.Table(t.Context(), orders(), connectors.AsOf{})
			if err != nil {
				t.Fatal(err)
			}
			root, _, _ := query{}.plan(table)
			answer, err := src.Pushdown(t.Context(), root)
			if err != nil {
				t.Fatal(err)
			}
			if err := change(filepath.Join(dir, "orders", "a.parquet")); err != nil {
				t.Fatal(err)
			}
			x, err := findRemote(answer).Fragment.(connectors.Fragment).Start(t.Context(), connectors.Scan{
				Memory: memory.DefaultAllocator, BatchRows: 8192, Dynamic: connectors.NoFilter{}, Usage: &connectors.Usage{},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer x.Close()
			for split, err := range x.Splits(t.Context()) {
				if err == nil {
					_, err = readSplit(t.Context(), x, split)
				}
				if !sqlerr.Is(err, sqlerr.SourceChanged) || !strings.Contains(err.Error(), "a.parquet") {
					t.Fatalf("error %v, want SourceChanged naming the file", err)
				}
				return
			}
		})
	}
}

func TestNewFilesAreSeen(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "orders/a.parquet", parquetOf(t, 10, ids, idRows(0, 1)))
	src := open(t, connectors.Options{"url": dir})
	first, err := src.Table(t.Context(), orders(), connectors.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	again, err := src.Table(t.Context(), orders(), connectors.AsOf{})
	if err != nil || again != first {
		t.Errorf("an unchanged table was described again (%v)", err)
	}
	write(t, dir, "orders/b.parquet", parquetOf(t, 10, ids, idRows(1, 3)))
	r, err := query{table: orders()}.run(t, src)
	if err != nil || len(r.rows) != 3 {
		t.Errorf("rows %q, error %v", r.rows, err)
	}
	if again, err = src.Table(t.Context(), orders(), connectors.AsOf{}); err != nil || again.Version == first.Version {
		t.Errorf("version %q did not change (%v)", again.Version, err)
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []connectors.Options{
		{},
		{"url": "http://x/y.txt"},
		{"url": "https://x/folder/"},
		{"url": "https://x/folder/", "files": "../up.csv"},
		{"url": "https://x/folder/", "files": "a.csv, b.doc"},
		{"url": "https://x/a.csv", "region": "eu-west-1"},
		{"url": "https://me:hunter2@x/a.csv"},
		{"url": "/x", "files": "a.csv"},
		{"url": "s3://b", "bearer_token": "t"},
		{"url": "s3://"},
		{"url": "s3://key:secret@bucket"},
		{"url": "relative/path"},
		{"url": "/x", "region": "eu-west-1"},
		{"url": "/x", "regoin": "eu-west-1"},
		{"url": "s3://b", "layout": "tree"},
		{"url": "s3://b", "access_key": "k"},
		{"url": "s3://b", "path_style": "perhaps"},
		{"url": "s3://b", "endpoint": "127.0.0.1:9000"},
		{"url": "s3://b", "anonymous": "true", "access_key": "k", "secret_key": "hunter2"},
		{"url": "s3://b", "anonymous": "true", "role_arn": "arn:aws:iam::1:role/r"},
		{"url": "s3://b", "session_token": "t"},
		{"url": "s3://b", "access_key": "k", "secret_key": "hunter2", "profile": "p"},
		{"url": "s3://b", "role_arn": "reader"},
		{"url": "s3://b", "sts_endpoint": "http://sts"},
		{"url": "s3://b", "role_arn": "arn:aws:iam::1:role/r", "sts_endpoint": "sts"},
		{"url": "s3://b", "requester_pays": "me"},
		{"url": "/x", "ca": "c"},
		{"url": "s3://b", "nonfinite": "zero"},
		{"url": "/x", "admission": "0"},
		{"url": "/x", "admission": "many"},
	} {
		_, err := Open(context.Background(), connectors.Config{Name: "lake", Options: o, Log: slog.New(slog.DiscardHandler)})
		if !sqlerr.Is(err, sqlerr.BadOption) || !strings.Contains(err.Error(), "source lake") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v: error %v, want BadOption", o, err)
		}
	}
}

func TestLocalRoots(t *testing.T) {
	allowed, other := t.TempDir(), t.TempDir()
	link := filepath.Join(allowed, "link")
	if err := os.Symlink(other, link); err != nil {
		t.Fatal(err)
	}
	for dir, ok := range map[string]bool{
		allowed: true, filepath.Join(allowed, "below"): true, other: false, link: false, filepath.Join(allowed, "..", filepath.Base(other)): false,
	} {
		_, err := Open(context.Background(), connectors.Config{
			Name: "lake", Options: connectors.Options{"url": dir}, Log: slog.New(slog.DiscardHandler), LocalRoots: []string{allowed},
		})
		if (err == nil) != ok {
			t.Errorf("%s: error %v", dir, err)
		}
	}
}
