package objectstore

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// described returns a table's columns, each as its name and type.
func columnsOf(t *testing.T, src connectors.Source, table string) ([]string, error) {
	t.Helper()
	d, err := src.Table(t.Context(), plan.TableName{Name: table}, connectors.AsOf{})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, c := range d.Columns {
		out = append(out, c.Name+" "+c.Type.String())
	}
	return out, nil
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Files of any format are tables by their names, and what files say of a name together.
func TestTextTables(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "single.csv", []byte("id,name\n1,a\n"))
	write(t, dir, "packed.jsonl.gz", gzipped(t, `{"id":1,"name":"a"}`))
	write(t, dir, "many/1.csv", []byte("id,price\n1,2.50\n"))
	write(t, dir, "many/2.csv.gz", gzipped(t, "price,ID,more\n3,2,x\n"))
	write(t, dir, "many/3.tsv", []byte("id\tmore\n9223372036854775808\t\n"))
	write(t, dir, "hive/year=2023/a.json", []byte(`{"v":1}`+"\n"))
	write(t, dir, "hive/year=2024/b.json", []byte(`{"v":2.5}`+"\n"+`{"v":3}`))
	src := open(t, connectors.Options{"url": dir})
	var names []string
	for l, err := range src.List(t.Context(), connectors.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, l.Name.Name)
	}
	if want := []string{"hive", "many", "packed", "single"}; !slices.Equal(names, want) {
		t.Errorf("tables %q, want %q", names, want)
	}
	for _, c := range []struct {
		table         string
		columns, rows []string
	}{
		{"single", []string{"id bigint", "name longtext"}, []string{"1 a"}},
		{"packed", []string{"id bigint", "name longtext"}, []string{"1 a"}},
		{"many", []string{"id decimal(38,0)", "price decimal(38,2)", "more longtext"},
			[]string{"1 2.5 (null)", "2 3 x", "9223372036854775808 (null) (null)"}},
		{"hive", []string{"v decimal(38,1)", "year bigint"}, []string{"1 2023", "2.5 2024", "3 2024"}},
	} {
		columns, err := columnsOf(t, src, c.table)
		if err != nil || !slices.Equal(columns, c.columns) {
			t.Errorf("%s: columns %q, error %v; want %q", c.table, columns, err, c.columns)
		}
		r, err := query{table: plan.TableName{Name: c.table}}.run(t, src)
		if err != nil || !slices.Equal(r.rows, c.rows) {
			t.Errorf("%s: rows %q, error %v; want %q", c.table, r.rows, err, c.rows)
		}
	}
	r, err := query{table: plan.TableName{Name: "single"}, where: func(col func(string) expr.Expr) []expr.Expr {
		return []expr.Expr{compared(expr.Eq, col("id"), intLiteral(2))}
	}}.run(t, src)
	if err != nil || r.exact || strings.Contains(r.remote.Fragment.String(), "prune") || len(r.rows) != 1 {
		t.Errorf("a filter of which files know nothing: %s, rows %q, error %v", r.remote.Fragment, r.rows, err)
	}
	r, err = query{table: plan.TableName{Name: "hive"}, where: func(col func(string) expr.Expr) []expr.Expr {
		return []expr.Expr{compared(expr.Eq, col("year"), intLiteral(2024))}
	}}.run(t, src)
	if err != nil || !r.exact || !slices.Equal(r.rows, []string{"2.5 2024", "3 2024"}) || r.usage.Requests != 1 {
		t.Errorf("a partition: rows %q, exact %v, %d requests, error %v", r.rows, r.exact, r.usage.Requests, err)
	}
}

// What cannot be one table is an error that names both files.
func TestTextsThatDoNotAgree(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "mixed/a.csv", []byte("id\n1\n"))
	write(t, dir, "mixed/b.jsonl", []byte(`{"id":1}`))
	write(t, dir, "twice.csv", []byte("id\n1\n"))
	write(t, dir, "twice.parquet", parquetOf(t, 10, ids, idRows(0, 1)))
	write(t, dir, "both.csv", []byte("id\n1\n"))
	write(t, dir, "both/a.csv", []byte("id\n1\n"))
	write(t, dir, "headers/a.csv", []byte("id,name\n1,a\n"))
	write(t, dir, "headers/b.csv", []byte("2,b\n"))
	write(t, dir, "torn.csv.gz", gzipped(t, strings.Repeat("id,name\n1,a\n", 1000))[:40])
	src := open(t, connectors.Options{"url": dir})
	for table, c := range map[string]struct {
		code  sqlerr.Code
		words []string
	}{
		"mixed":   {sqlerr.Corrupt, []string{"mixed/a.csv is CSV", "mixed/b.jsonl is JSON lines", "option format"}},
		"twice":   {sqlerr.SourceError, []string{"twice.csv", "twice.parquet"}},
		"both":    {sqlerr.SourceError, []string{"both.csv", "both/"}},
		"headers": {sqlerr.Corrupt, []string{"headers/a.csv seems to begin with a header", "headers/b.csv does not", "csv_header"}},
		"torn":    {sqlerr.Corrupt, []string{"torn.csv.gz"}},
	} {
		_, err := columnsOf(t, src, table)
		if !sqlerr.Is(err, c.code) {
			t.Errorf("%s: error %v, want code %d", table, err, c.code)
			continue
		}
		for _, word := range append(c.words, "source lake", "table "+table) {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: error %v does not say %q", table, err, word)
			}
		}
	}
	csvOnly := open(t, connectors.Options{"url": dir, "format": "csv", "csv_header": "false"})
	if columns, err := columnsOf(t, csvOnly, "mixed"); err != nil || !slices.Equal(columns, []string{"column0 longtext"}) {
		t.Errorf("files of option format: columns %q, error %v", columns, err)
	}
	if _, err := columnsOf(t, csvOnly, "headers"); err != nil {
		t.Errorf("headers by the option: %v", err)
	}
}

func TestFormatOfFilesWithoutExtension(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "export/000000_0", []byte("1|a\n2|\\N\n"))
	src := open(t, connectors.Options{"url": dir, "format": "csv", "csv_delimiter": "|", "csv_null": `\N`, "csv_quote": "", "csv_header": "false"})
	r, err := query{table: plan.TableName{Name: "export"}}.run(t, src)
	if err != nil || !slices.Equal(r.rows, []string{"1 a", "2 (null)"}) {
		t.Errorf("rows %q, error %v", r.rows, err)
	}
}

func TestFormatOptions(t *testing.T) {
	for _, o := range []connectors.Options{
		{"format": "xml"}, {"bad_rows": "maybe"}, {"types": "x"}, {"csv_header": "1"}, {"csv_delimiter": "ab"}, {"csv_delimiter": ""},
		{"csv_quote": "ü"}, {"csv_delimiter": `"`}, {"csv_delimiter": ";", "csv_escape": ";"}, {"csv_delimiter": "\n"},
	} {
		o["url"] = "/tmp"
		if _, err := Open(t.Context(), connectors.Config{Name: "lake", Options: o}); !sqlerr.Is(err, sqlerr.BadOption) {
			t.Errorf("%v: error %v", o, err)
		}
	}
}

// manyLines is a CSV file of so many rows that its blocks are read at the same time, every tenth of which has a quoted line break.
func manyLines(rows int) (content string, want []string) {
	var b strings.Builder
	b.WriteString("id,text\n")
	for i := range rows {
		text := strings.Repeat("-", 100+i%7)
		if i%10 == 0 {
			fmt.Fprintf(&b, "%d,\"\n%s\"\n", i, text)
			text = "\n" + text
		} else {
			fmt.Fprintf(&b, "%d,%s\n", i, text)
		}
		want = append(want, fmt.Sprintf("%d %s", i, text))
	}
	return b.String(), want
}

// A large file is read by several readers at the same time, once, and what is not read is freed.
func TestBlocks(t *testing.T) {
	content, want := manyLines(60_000)
	dir := t.TempDir()
	write(t, dir, "plain.csv", []byte(content))
	write(t, dir, "packed.csv.gz", gzipped(t, strings.Repeat(content[:1<<20], 1)+"\n"))
	src := open(t, connectors.Options{"url": dir})
	q := query{table: plan.TableName{Name: "plain"}}
	for _, readers := range []int{1, 3} {
		mem := bufpooltest.New()
		usage := &connectors.Usage{}
		rows, splits := q.parallel(t, src, readers, mem, usage, 0)
		slices.Sort(rows)
		sorted := slices.Sorted(slices.Values(want))
		if !slices.Equal(rows, sorted) {
			t.Errorf("%d readers: %d rows, want %d", readers, len(rows), len(want))
		}
		if (splits > 3) != (readers > 1) {
			t.Errorf("%d readers: %d splits", readers, splits)
		}
		const sample = 256 << 10
		if used := usage.Totals(); used.Bytes > int64(len(content))+sample || used.Rows != int64(len(want)) {
			t.Errorf("%d readers: usage %+v of %d bytes", readers, used, len(content))
		}
		mem.AssertSize(t, 0)
	}
	mem := bufpooltest.New()
	q.parallel(t, src, 3, mem, &connectors.Usage{}, 2) // the rest of the splits is not opened
	mem.AssertSize(t, 0)
}

// parallel runs a query with several readers, which leave splits unopened after some if most is not 0.
func (q query) parallel(t *testing.T, src connectors.Source, readers int, mem bufpooltest.Allocator, usage *connectors.Usage, most int) (rows []string, splits int) {
	t.Helper()
	table, err := src.Table(t.Context(), q.table, connectors.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	root, _, _ := q.plan(table)
	answer, err := src.Pushdown(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	x, err := findRemote(answer).Fragment.(connectors.Fragment).Start(t.Context(), connectors.Scan{
		Memory: mem, BatchRows: 8192, Parallel: readers, Env: &expr.Env{Warn: q.warn}, Dynamic: connectors.NoFilter{}, Usage: usage,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	queue := make(chan connectors.Split)
	var mu sync.Mutex
	var all sync.WaitGroup
	for range readers {
		all.Go(func() {
			for s := range queue {
				part, err := readSplit(t.Context(), x, s)
				mu.Lock()
				if rows = append(rows, part...); err != nil {
					t.Error(err)
				}
				mu.Unlock()
			}
		})
	}
	for s, err := range x.Splits(t.Context()) {
		if err != nil {
			t.Error(err)
			break
		}
		if splits++; most == 0 || splits <= most {
			queue <- s
		}
	}
	close(queue)
	all.Wait()
	return rows, splits
}

// A small LIMIT reads no more of a large file than it needs.
func TestLimitOfText(t *testing.T) {
	content, want := manyLines(200_000)
	dir := t.TempDir()
	write(t, dir, "orders.csv", []byte(content))
	src := open(t, connectors.Options{"url": dir})
	r, err := query{table: orders(), limit: &plan.Limit{Count: 3, Offset: 2}}.run(t, src)
	if err != nil || !slices.Equal(r.rows, want[2:5]) {
		t.Fatalf("rows %q, error %v", r.rows, err)
	}
	if r.splits != 1 || r.usage.Bytes > int64(len(content))/2 {
		t.Errorf("%d splits, %d of %d bytes", r.splits, r.usage.Bytes, len(content))
	}
	if got := r.estimate; got.Rows != 3 {
		t.Errorf("estimate %+v", got)
	}
	r, err = query{table: orders(), columns: []string{}}.run(t, src)
	if err != nil || len(r.rows) != len(want) || r.estimate.Rows < 190_000 || r.estimate.Rows > 210_000 {
		t.Errorf("%d rows, estimate %g, error %v", len(r.rows), r.estimate.Rows, err)
	}
}

// Rows that do not have their columns' types are an error, NULL or left out, which one warning counts.
func TestBadRowsOfTable(t *testing.T) {
	content, want := manyLines(60_000)
	bad := content + "x,y\n60001,z\n" + content[len("id,text\n"):] + "1,2,3\nx,y\n"
	dir := t.TempDir()
	write(t, dir, "orders.csv", []byte(bad))
	at := "file://" + filepath.Join(dir, "orders.csv") + ", line "
	lines := strings.Count(content, "\n") + 1
	src := open(t, connectors.Options{"url": dir})
	_, err := query{table: orders()}.run(t, src)
	if wanted := fmt.Sprintf("%s%d, column id: \"x\" is no bigint", at, lines); !sqlerr.Is(err, sqlerr.BadValue) || !strings.Contains(err.Error(), wanted) {
		t.Errorf("error %v, want %q", err, wanted)
	}
	for _, c := range []struct {
		policy string
		rows   int
		warn   []string
	}{
		{"null", 2*len(want) + 4, []string{"3 values that do not have their columns' types are NULL, such as in " + at}},
		{"skip", 2*len(want) + 1, []string{"3 bad rows are left out, such as in " + at}},
	} {
		src := open(t, connectors.Options{"url": dir, "bad_rows": c.policy})
		for _, columns := range [][]string{nil, {}} {
			for _, readers := range []int{1, 3} {
				var mu sync.Mutex
				var warned []string
				q := query{table: orders(), columns: columns, warn: func(_ int, text string) {
					mu.Lock()
					defer mu.Unlock()
					warned = append(warned, text)
				}}
				mem := bufpooltest.New()
				rows, _ := q.parallel(t, src, readers, mem, &connectors.Usage{}, 0)
				mem.AssertSize(t, 0)
				if len(rows) != c.rows {
					t.Errorf("%s, columns %q, %d readers: %d rows, want %d", c.policy, columns, readers, len(rows), c.rows)
				}
				if columns != nil && c.policy == "null" { // values that nobody reads are not looked at
					continue
				}
				if len(warned) != 1 || !strings.Contains(warned[0], c.warn[0]) {
					t.Errorf("%s, columns %q, %d readers: warnings %q, want %q", c.policy, columns, readers, warned, c.warn)
				}
			}
		}
	}
}

// A file that is replaced while it is read is an error, never a mixture.
func TestTextThatChanges(t *testing.T) {
	content, _ := manyLines(60_000)
	dir := t.TempDir()
	write(t, dir, "orders.csv", []byte(content))
	src := open(t, connectors.Options{"url": dir})
	table, err := src.Table(t.Context(), orders(), connectors.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	root, _, _ := query{table: orders()}.plan(table)
	answer, err := src.Pushdown(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	x, err := findRemote(answer).Fragment.(connectors.Fragment).Start(t.Context(), connectors.Scan{
		Memory: bufpooltest.New(), BatchRows: 100, Parallel: 1, Env: &expr.Env{}, Dynamic: connectors.NoFilter{}, Usage: &connectors.Usage{},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for s, err := range x.Splits(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := x.Open(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		b, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b.Release()
		if err := errors.Join(os.Remove(filepath.Join(dir, "orders.csv")), os.WriteFile(filepath.Join(dir, "orders.csv"), []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
		for err == nil {
			if b, err = r.Next(context.Background()); err == nil {
				b.Release()
			}
		}
		if !sqlerr.Is(err, sqlerr.SourceChanged) {
			t.Errorf("error %v", err)
		}
	}
}

// A key that no sampled object has is not shown, which a scan says.
func TestKeysOutsideTheSample(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "orders.jsonl", []byte(strings.Repeat(`{"id":1,"text":"`+strings.Repeat("-", 500)+`"}`+"\n", 1000)+`{"id":2,"new":3}`))
	var warned []string
	r, err := query{table: orders(), columns: []string{"id"}, warn: func(_ int, text string) { warned = append(warned, text) }}.run(t, open(t, connectors.Options{"url": dir}))
	if err != nil || len(r.rows) != 1001 || len(warned) != 1 || !strings.Contains(warned[0], "column new of ") {
		t.Errorf("%d rows, warnings %q, error %v", len(r.rows), warned, err)
	}
}
