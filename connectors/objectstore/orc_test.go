package objectstore

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testengine"
)

func TestConformanceOfORC(t *testing.T) {
	conntest.Run(t, conntest.Config{
		Source: "lake",
		Open: func(tb testing.TB, tables []conntest.Table) connectors.Connector {
			dir := tb.TempDir()
			for _, table := range tables {
				write(tb, dir, table.Name+".orc", orcOf(tb, table, 20_000))
			}
			return connect(tb, dir)
		},
		Reads: func(t types.Type) (types.Type, bool) {
			_, ok := orcKinds[t.Kind]
			return t, ok && (t.Kind != types.Decimal || t.Precision <= types.Digits128) // ORC's have 38 digits
		},
		Evaluate: testengine.Evaluate,
		Exempt: map[string]string{
			"scan/no columns":              "the footer, read with the table's columns, has the number of rows: no request is left",
			"scan/no columns of many rows": "as above",
		},
	})
}

// Stripes and row groups that statistics rule out are not fetched, and several readers share the stripes of a file.
func TestORCPruning(t *testing.T) {
	dir := t.TempDir()
	for name, file := range map[string]string{"stripes": "java_rle1.orc", "indexed": "java_zlib.orc"} {
		content, err := os.ReadFile(filepath.Join("../files/orc/testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, name+".orc", content)
	}
	src := open(t, connectors.Options{"url": dir, "format": "orc"})
	// Row groups of the small file lie so near that they are read through; TestFetchedBytes of package orc counts theirs.
	for table, most := range map[string]struct{ rows, part int }{"stripes": {5000, 2}, "indexed": {2500, 0}} {
		name := plan.TableName{Name: table}
		whole, err := query{table: name}.run(t, src)
		if err != nil || len(whole.rows) != 12_000 {
			t.Fatalf("%s: %d rows, error %v", table, len(whole.rows), err)
		}
		in := func(col func(string) expr.Expr) []expr.Expr {
			return []expr.Expr{compared(expr.Ge, col("id"), intLiteral(2600)), compared(expr.Lt, col("id"), intLiteral(2603))}
		}
		for kind, q := range map[string]query{"filter": {where: in}, "dynamic filter": {dynamic: in}} {
			q.table = name
			r, err := q.run(t, src)
			if err != nil || len(r.rows) != most.rows || !slices.Contains(r.rows, whole.rows[2600]) {
				t.Errorf("%s, %s: %d rows, error %v; want %d", table, kind, len(r.rows), err, most.rows)
			}
			if r.usage.Bytes*int64(most.part) > whole.usage.Bytes {
				t.Errorf("%s, %s: %d bytes were read of %d", table, kind, r.usage.Bytes, whole.usage.Bytes)
			}
		}
		none, err := query{table: name, where: func(col func(string) expr.Expr) []expr.Expr {
			return []expr.Expr{compared(expr.Gt, col("id"), intLiteral(50_000))}
		}}.run(t, src)
		if err != nil || len(none.rows) != 0 || none.usage.Bytes != 0 {
			t.Errorf("%s: %d rows, %d bytes, error %v of what no stripe has", table, len(none.rows), none.usage.Bytes, err)
		}
		few, err := query{table: name, columns: []string{"same"}}.run(t, src)
		if err != nil || len(few.rows) != 12_000 || few.usage.Bytes*50 > whole.usage.Bytes {
			t.Errorf("%s: %d rows, %d bytes, error %v of one column", table, len(few.rows), few.usage.Bytes, err)
		}
		want := slices.Sorted(slices.Values(whole.rows))
		for _, readers := range []int{1, 3} {
			mem := bufpooltest.New()
			got, _ := query{table: name}.parallel(t, src, readers, mem, &connectors.Usage{}, 0)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s, %d readers: %d rows", table, readers, len(got))
			}
			mem.AssertSize(t, 0)
		}
	}
}

// Files whose texts have other lengths are one table, and a damaged one says which it is.
func TestORCTables(t *testing.T) {
	dir := t.TempDir()
	table := func(length int, text string) conntest.Table {
		return conntest.Table{
			Columns: []conntest.Column{{Name: "name", Type: types.NewText(types.Varchar, length, types.Utf8mb4Bin0900), Nullable: true}},
			Rows:    [][]types.Value{{types.TextValue(text)}, {types.NullValue}},
		}
	}
	write(t, dir, "names/a.orc", orcOf(t, table(10, "a"), 10))
	write(t, dir, "names/b.orc", orcOf(t, table(20, "b"), 1))
	damaged := orcOf(t, table(10, "a"), 10)
	damaged[len(damaged)-20] ^= 0xff
	write(t, dir, "damaged.orc", damaged[:len(damaged)-3])
	src := open(t, connectors.Options{"url": dir})
	columns, err := columnsOf(t, src, "names")
	if err != nil || !slices.Equal(columns, []string{"name varchar(20)"}) {
		t.Errorf("columns %q, error %v", columns, err)
	}
	r, err := query{table: plan.TableName{Name: "names"}}.run(t, src)
	if err != nil || !slices.Equal(r.rows, []string{"a", "(null)", "b", "(null)"}) {
		t.Errorf("rows %q, error %v", r.rows, err)
	}
	if _, err := columnsOf(t, src, "damaged"); !sqlerr.Is(err, sqlerr.Corrupt) || !strings.Contains(err.Error(), "damaged.orc") {
		t.Errorf("error %v", err)
	}
}
