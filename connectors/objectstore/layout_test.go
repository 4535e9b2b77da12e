package objectstore

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// days is a table of so many partitions of a day each, with so many files each. All files are the same.
func days(partitions, files int, content []byte) map[string][]byte {
	out := make(map[string][]byte, partitions*files)
	for p := range partitions {
		day := time.Date(2022, 1, 1+p, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		out[fmt.Sprintf("orders/day=%s/_SUCCESS", day)] = nil
		for f := range files {
			out[fmt.Sprintf("orders/day=%s/part-%05d.parquet", day, f)] = content
		}
	}
	return out
}

// megabyte is a Parquet file of 1 MiB, about, of 1,000 rows.
func megabyte(t testing.TB) []byte {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{ids.Field(0), {Name: "note", Type: arrow.BinaryTypes.String}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for id := range 1000 {
		b.Field(0).(*array.Int64Builder).Append(int64(id))
		b.Field(1).(*array.StringBuilder).Append(strings.Repeat(fmt.Sprintf("%8d", id), 128))
	}
	batch := b.NewRecordBatch()
	defer batch.Release()
	return written(t, batch, parquet.WithDictionaryDefault(false))
}

func onDay(t *testing.T, f expr.Func, day string) func(func(string) expr.Expr) []expr.Expr {
	return func(col func(string) expr.Expr) []expr.Expr {
		return []expr.Expr{condition(f, col("day"), date(t, day))}
	}
}

// A query on one partition of a thousand with 100 files of 1 MB each lists that partition's prefix and reads its files.
func TestOneOfAThousandPartitions(t *testing.T) {
	src, b := newBucket(t, days(1000, 100, megabyte(t)))
	table, err := src.Table(t.Context(), orders(), connectors.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	// The file orders.*, the first page of the folder, the folders in it, and 17 partitions for the sample.
	if lists, pages, reads := b.asked(); len(lists) > 20 || pages > len(lists) || len(reads) > sampledFooters {
		t.Errorf("describing the table took %d listings with %d pages and %d reads", len(lists), pages, len(reads))
	}
	if c := table.Columns[2]; c.Name != "day" || c.Type.Kind != types.Date || c.Nullable || c.Stats.Distinct != 1000 {
		t.Errorf("column %+v", c)
	}
	if rows := table.Stats.Rows; rows < 99e6 || rows > 101e6 {
		t.Errorf("%v rows are expected of 100 million", rows)
	}

	const prefix = "orders/day=2023-05-06/"
	q := query{table: orders(), where: onDay(t, expr.Eq, "2023-05-06"), columns: []string{"id"}}
	r, err := q.over(t, src, table)
	if err != nil || len(r.rows) != 100_000 || !r.exact || r.estimate.Rows != 100_000 {
		t.Fatalf("%d rows, %v expected, exact %v, error %v", len(r.rows), r.estimate.Rows, r.exact, err)
	}
	if r.splits != 2 {
		t.Errorf("%d splits, want files together: 2", r.splits)
	}
	lists, pages, reads := b.asked()
	if len(lists) != 1 || lists[0].Prefix != prefix || pages != 1 {
		t.Errorf("the query took the listings %+v, %d pages, want one of %s", lists, pages, prefix)
	}
	read := make(map[string]bool)
	for _, key := range reads {
		if read[key] = true; !strings.HasPrefix(key, prefix) {
			t.Fatalf("%s was read", key)
		}
	}
	if len(read) != 100 {
		t.Errorf("%d files were read, want 100", len(read))
	}
}

// sampledFooters is how many footers are read to describe a large table.
const sampledFooters = 512

// BenchmarkPlanning describes a table of 100,000 files and estimates a query on all of it.
func BenchmarkPlanning(b *testing.B) {
	file := megabyte(b)
	folder := make(map[string][]byte)
	for i := range 100_000 {
		folder[fmt.Sprintf("orders/part-%05d.parquet", i)] = file
	}
	for name, content := range map[string]map[string][]byte{"partitions": days(1000, 100, file), "folder": folder} {
		b.Run(name, func(b *testing.B) {
			src, _ := newBucket(b, content)
			b.ReportAllocs()
			for b.Loop() {
				src.(*source).opened = files.NewCache(footerCache)
				table, err := src.Table(b.Context(), orders(), connectors.AsOf{})
				if err != nil {
					b.Fatal(err)
				}
				root, _, _ := query{}.plan(table)
				answer, err := src.Pushdown(b.Context(), root)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := findRemote(answer).Fragment.(connectors.Fragment).Estimate(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Predicates on a partition column list the prefixes that may hold: neighbours by one request, others at the same time.
func TestListingOfPartitions(t *testing.T) {
	content := days(600, 40, parquetOf(t, 10, ids, idRows(0, 1)))
	content["orders/day=__HIVE_DEFAULT_PARTITION__/a.parquet"] = parquetOf(t, 10, ids, idRows(7, 8))
	in := func(days ...string) func(func(string) expr.Expr) []expr.Expr {
		return func(col func(string) expr.Expr) []expr.Expr {
			in := &expr.In{Arg: col("day")}
			for _, d := range days {
				in.List = append(in.List, date(t, d).(*expr.Literal).Value)
			}
			return []expr.Expr{in}
		}
	}
	for _, c := range []struct {
		name  string
		where func(func(string) expr.Expr) []expr.Expr
		rows  int
		lists []blob.ListOptions
	}{
		{"=", onDay(t, expr.Eq, "2022-02-12"), 40, []blob.ListOptions{{Prefix: "orders/day=2022-02-12/"}}},
		{"a day that is not there", onDay(t, expr.Eq, "2030-01-01"), 0, nil},
		{"IN", in("2022-02-12", "2022-02-14"), 80, []blob.ListOptions{{Prefix: "orders/day=2022-02-12/"}, {Prefix: "orders/day=2022-02-14/"}}},
		{"neighbours", in("2022-02-13", "2022-02-14", "2022-02-12"), 120, []blob.ListOptions{{Prefix: "orders/day=2022-02-1", After: "orders/day=2022-02-12/"}}},
		{"those that the description listed", onDay(t, expr.Lt, "2022-01-20"), 19 * 40, nil},
		{">=", onDay(t, expr.Ge, "2023-08-19"), 5 * 40, []blob.ListOptions{{Prefix: "orders/day=2023-08-", After: "orders/day=2023-08-19/"}}},
		{"IS NULL", func(col func(string) expr.Expr) []expr.Expr { return []expr.Expr{condition(expr.IsNull, col("day"))} }, 1, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			src, b := newBucket(t, content)
			table, err := src.Table(t.Context(), orders(), connectors.AsOf{})
			if err != nil {
				t.Fatal(err)
			}
			b.asked()
			r, err := query{where: c.where}.over(t, src, table)
			if err != nil || len(r.rows) != c.rows || !r.exact || r.estimate.Rows != float64(c.rows) {
				t.Errorf("%d rows, %v expected, exact %v, error %v; want %d", len(r.rows), r.estimate.Rows, r.exact, err, c.rows)
			}
			lists, _, _ := b.asked()
			slices.SortFunc(lists, func(a, b blob.ListOptions) int { return strings.Compare(a.Prefix, b.Prefix) })
			if !slices.Equal(lists, c.lists) {
				t.Errorf("listed %+v, want %+v", lists, c.lists)
			}
			if table, err = src.Table(t.Context(), orders(), connectors.AsOf{}); err != nil {
				t.Fatal(err)
			}
			b.asked()
			if r, err = (query{dynamic: c.where}).over(t, src, table); err != nil || len(r.rows) != c.rows {
				t.Errorf("%d rows by a dynamic filter, error %v; want %d", len(r.rows), err, c.rows)
			}
			if lists, _, _ = b.asked(); len(lists) != len(c.lists) {
				t.Errorf("listed %+v for a dynamic filter, want %+v", lists, c.lists)
			}
		})
	}
}

// What listing all partitions takes is what listing the folder as a whole takes, but at the same time.
func TestListingOfAllPartitions(t *testing.T) {
	src, b := newBucket(t, days(100, 40, parquetOf(t, 10, ids, idRows(0, 1))))
	table, err := src.Table(t.Context(), orders(), connectors.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	b.asked()
	for _, want := range []int{1, 0} { // the second time they are known
		r, err := query{table: orders()}.over(t, src, table)
		if err != nil || len(r.rows) != 4_000 || !slices.IsSorted(r.rows) || r.rows[3_999] != "0 2022-04-10" {
			t.Fatalf("%d rows, error %v", len(r.rows), err)
		}
		if _, pages, _ := b.asked(); pages > want*16 || pages < want*4 {
			t.Errorf("listing 4,100 objects took %d pages", pages)
		}
	}
}

// What the first page of a folder does not show decides how it is listed, and is an error where it is none of the table's.
func TestLargeFolders(t *testing.T) {
	file := parquetOf(t, 10, ids, idRows(0, 1))
	for name, c := range map[string]struct {
		add  map[string][]byte // beside 30 partitions of 40 files each
		rows int
		err  string
	}{
		"no data": {add: map[string][]byte{
			"day=2022-01-30/_temporary/0/a.parquet": []byte("x"), "day=2022-01-30/.a.parquet.crc": []byte("x"), "_SUCCESS": nil, "_committed_1": []byte("x"),
			"day=2022-01-30/empty.parquet": nil, "day=2022-01-30/a.parquet._COPYING_": []byte("x"), "day=2022-01-30_$folder$": nil,
			"_temporary/0/day=x/a.parquet": []byte("x"), ".hive-staging/a.parquet": []byte("x"), "day=2022-01-30/notes.txt": []byte("x"),
		}, rows: 1200},
		"folders in a partition":   {add: map[string][]byte{"day=2022-01-30/a/b/c.parquet": file}, rows: 1201},
		"an extension in capitals": {add: map[string][]byte{"day=2022-01-30/A.PARQUET": file}, rows: 1201},
		"another format": {add: map[string][]byte{"day=2022-01-30/a.csv": []byte("id\n1\n")},
			err: "mem://bucket/orders/day=2022-01-01/part-00000.parquet is Parquet and mem://bucket/orders/day=2022-01-30/a.csv is CSV"},
		"a further key": {add: map[string][]byte{"day=2022-01-30/hour=1/a.parquet": file},
			err: "mem://bucket/orders/day=2022-01-01/part-00000.parquet and mem://bucket/orders/day=2022-01-30/hour=1/a.parquet are partitioned by different columns (day; day, hour)"},
		"a further key at once": {add: map[string][]byte{"day=2022-01-01/hour=1/a.parquet": file},
			err: "day=2022-01-01/hour=1/a.parquet and mem://bucket/orders/day=2022-01-01/part-00000.parquet are partitioned by different columns"},
		"another key": {add: map[string][]byte{"hour=1/a.parquet": file},
			err: "mem://bucket/orders/day=2022-01-01/part-00000.parquet and mem://bucket/orders/hour=1/a.parquet are partitioned by different columns (day; hour)"},
		"a file beside partitions": {add: map[string][]byte{"z.parquet": file},
			err: "mem://bucket/orders/day=2022-01-01/part-00000.parquet and mem://bucket/orders/z.parquet are partitioned by different columns (day; )"},
		"a folder of partitions":      {add: map[string][]byte{"more/day=2022-02-01/a.parquet": file}, rows: 1201},
		"Delta":                       {add: map[string][]byte{"_delta_log/0.json": []byte("{}")}, err: "mem://bucket/orders/ is a table of Delta; this source reads plain files, and one of type delta reads it"},
		"Hudi, beyond the first page": {add: map[string][]byte{"day=2022-01-29/.hoodie/x": []byte("{}")}, err: "mem://bucket/orders/day=2022-01-29 is a table of Hudi"},
		"Iceberg":                     {add: map[string][]byte{"metadata/v1.metadata.json": []byte("{}")}, err: "mem://bucket/orders/ is a table of Iceberg"},
	} {
		t.Run(name, func(t *testing.T) {
			content := days(30, 40, file)
			for key, data := range c.add {
				content["orders/"+key] = data
			}
			src, _ := newBucket(t, content)
			r, err := query{table: orders()}.run(t, src)
			if c.err == "" && (err != nil || len(r.rows) != c.rows) || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("%d rows, error %v; want %d, %q", len(r.rows), err, c.rows, c.err)
			}
		})
	}
}

// The folders of partitions are looked up level by level, unless listing the files takes as few requests.
func TestLevelsOfPartitions(t *testing.T) {
	levels := func(folders, files int) map[string][]byte {
		out := make(map[string][]byte)
		for i := range folders {
			file := parquetOf(t, 10, ids, idRows(i, i+1))
			for month := range 12 {
				for f := range files {
					out[fmt.Sprintf("orders/month=%02d/region=%%C3%%A4%%2F%d/%d.parquet", month+1, i, f)] = file
				}
			}
		}
		return out
	}
	where := func(col func(string) expr.Expr) []expr.Expr {
		return []expr.Expr{condition(expr.Eq, col("month"), intLiteral(11)), condition(expr.Eq, col("region"), textLiteral("ä/3"))}
	}
	for _, c := range []struct {
		folders, files    int
		described, listed int // pages
	}{
		{20, 50, 1 + 1 + 1 + 12 + 17, 1}, // orders.*, the first page, the months, their regions, the sample
		{200, 1, 1 + 3, 0},               // listed whole
	} {
		src, b := newBucket(t, levels(c.folders, c.files))
		table, err := src.Table(t.Context(), orders(), connectors.AsOf{})
		if err != nil {
			t.Fatal(err)
		}
		if _, pages, _ := b.asked(); pages > c.described || pages < c.described-4 { // the first page has some of the sample
			t.Errorf("describing %d folders of %d files took %d pages, want %d", c.folders, c.files, pages, c.described)
		}
		r, err := query{table: orders(), where: where}.over(t, src, table)
		if err != nil || len(r.rows) != c.files || r.rows[0] != "3 11 ä/3" {
			t.Errorf("rows %q, error %v", r.rows, err)
		}
		if _, pages, _ := b.asked(); pages != c.listed {
			t.Errorf("a query over %d folders of %d files took %d pages, want %d", c.folders, c.files, pages, c.listed)
		}
	}
}

// A listing that fails is an error of the query, and is tried again by the next one. A description keeps the files that it
// listed; the next one sees new files.
func TestListingsOfOneDescription(t *testing.T) {
	content := days(30, 40, parquetOf(t, 10, ids, idRows(0, 1)))
	src, b := newBucket(t, content)
	table, err := src.Table(t.Context(), orders(), connectors.AsOf{})
	if err != nil || table.Version != "" {
		t.Fatalf("version %q, error %v; want none, as not all files are known", table.Version, err)
	}
	q := query{table: orders(), where: onDay(t, expr.Eq, "2022-01-29")}
	b.fail = sqlerr.New(sqlerr.SourceDown, "no answer")
	if _, err := q.over(t, src, table); !sqlerr.Is(err, sqlerr.SourceDown) || !strings.Contains(err.Error(), "source lake, table orders") {
		t.Errorf("error %v, want one of the listing", err)
	}
	b.fail = nil
	for _, want := range []int{40, 41} {
		for range 2 {
			if r, err := q.over(t, src, table); err != nil || len(r.rows) != want {
				t.Errorf("%d rows, error %v; want %d", len(r.rows), err, want)
			}
			if want == 40 {
				b.add("orders/day=2022-01-29/new.parquet", content["orders/day=2022-01-29/part-00000.parquet"])
			}
		}
		if table, err = src.Table(t.Context(), orders(), connectors.AsOf{}); err != nil {
			t.Fatal(err)
		}
	}
}

// Of a small file that a query opens, its footer and its rows are one request.
func TestSmallFilesAreReadOnce(t *testing.T) {
	content := make(map[string][]byte)
	for i := range 700 {
		content[fmt.Sprintf("orders/%04d.parquet", i)] = parquetOf(t, 10, ids, idRows(i, i+1))
	}
	src, b := newBucket(t, content)
	src.(*source).bytes = blob.NewCache(byteCache)
	table, err := src.Table(t.Context(), orders(), connectors.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	b.asked()
	r, err := query{}.over(t, src, table)
	if err != nil || len(r.rows) != 700 || r.rows[699] != "699" {
		t.Fatalf("%d rows, error %v", len(r.rows), err)
	}
	if _, _, reads := b.asked(); len(reads) != 700 || r.usage.Requests != 700 {
		t.Errorf("%d requests, %d in usage, want 700: the footers of %d were known", len(reads), r.usage.Requests, sampledFooters)
	}
}
