package delta

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// sparkTables unpacks what testdata/spark.py made.
func sparkTables(tb testing.TB) string {
	tb.Helper()
	f, err := os.Open("testdata/spark.tar.gz")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	dir := tb.TempDir()
	for archive := tar.NewReader(unzipped); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err != nil {
			tb.Fatal(err)
		}
		name := filepath.Join(dir, h.Name)
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(name, 0o700)
		} else {
			var content []byte
			content, err = io.ReadAll(archive)
			err = errors.Join(err, os.WriteFile(name, content, 0o600), os.Chtimes(name, h.ModTime, h.ModTime))
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// Tables of Delta's own writer have the rows that Spark reads: with deletion vectors, mapped columns, checkpoints of all kinds, INT96, wider types.
func TestSpark(t *testing.T) {
	dir := sparkTables(t)
	src := open(t, dir)
	if n := haveExpectedRows(t, src, dir); n != 15 {
		t.Errorf("%d versions of tables were compared", n)
	}
}

// haveExpectedRows compares tables with the files beside them, each of which has the rows that another program reads of a table, or with a number in its
// name of one of its versions. It returns how many it has compared.
func haveExpectedRows(t *testing.T, src connectors.Source, dir string) int {
	files, err := filepath.Glob(dir + "/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			name, version, _ := strings.Cut(name, ".")
			table, err := src.Table(t.Context(), plan.TableName{Name: name}, connectors.AsOf{Version: version})
			if err != nil {
				t.Fatal(err)
			}
			got, want := rowsOf(t, src, table), expected(t, file)
			if len(got) != len(want) {
				t.Fatalf("%d rows, want %d", len(got), len(want))
			}
			for i, row := range want {
				for c, column := range table.Columns {
					if !same(got[i][c], row[column.Name], column.Type) {
						t.Errorf("row %v, %s: %q, want %v", row["id"], column.Name, got[i][c], row[column.Name])
					}
				}
				if len(row) != len(table.Columns) {
					t.Errorf("%d columns, want %d", len(table.Columns), len(row))
				}
			}
		})
	}
	return len(files)
}

// expected reads the rows that Spark has read.
func expected(t *testing.T, file string) []map[string]any {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []map[string]any
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		d := json.NewDecoder(strings.NewReader(lines.Text()))
		d.UseNumber()
		var row map[string]any
		if err := d.Decode(&row); err != nil {
			t.Fatal(err)
		}
		out = append(out, row)
	}
	return out
}

// rowsOf reads a table, a column at a time, in the order of its column id.
func rowsOf(t *testing.T, src connectors.Source, table *plan.Table) [][]string {
	t.Helper()
	var out [][]string
	for _, c := range table.Columns {
		r, err := query{columns: []string{c.Name}}.scan(t, src, table)
		if err != nil {
			t.Fatal(err)
		}
		if out == nil {
			out = make([][]string, len(r.rows))
		}
		for i, value := range r.rows {
			out[i] = append(out[i], value)
		}
	}
	slices.SortFunc(out, func(a, b []string) int { return rational(a[0]).Cmp(rational(b[0])) })
	return out
}

func rational(text string) *big.Rat {
	r, _ := new(big.Rat).SetString(text)
	return r
}

// same compares a value as Arrow prints it with one of Spark's.
func same(got string, want any, t types.Type) bool {
	text := fmt.Sprint(want)
	switch {
	case want == nil:
		return got == "(null)"
	case t.Kind == types.Float32:
		g, w := float32Of(got), float32Of(text)
		return g == w
	case t.IsInteger(), t.IsFloat(), t.Kind == types.Decimal:
		g, w := rational(got), rational(text)
		return g != nil && w != nil && g.Cmp(w) == 0
	case t.IsTemporal():
		return plainMoment(got) == plainMoment(text)
	case t.IsBinary():
		data, err := base64.StdEncoding.DecodeString(got)
		return err == nil && hex.EncodeToString(data) == text
	case t.Kind == types.JSON:
		var g any
		d := json.NewDecoder(strings.NewReader(got))
		d.UseNumber()
		return d.Decode(&g) == nil && reflect.DeepEqual(plain(g), plain(want))
	}
	if t.Kind == types.Char { // which Spark fills up with spaces
		text = strings.TrimRight(text, " ")
	}
	return got == text
}

func float32Of(text string) float32 {
	f, _ := rational(text).Float32()
	return f
}

// plainMoment writes a moment without what only one of the two prints.
func plainMoment(text string) string {
	text = strings.TrimSuffix(strings.Replace(text, "T", " ", 1), "Z")
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// plain writes the numbers and moments in a nested value in one way.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		return rational(v.String()).RatString()
	case string:
		return plainMoment(v)
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = plain(v[key])
		}
	}
	return v
}

// An instant within a nested value is one, in whatever form files have it.
func TestNestedInstants(t *testing.T) {
	src := open(t, sparkTables(t))
	for _, table := range []string{"types_int96", "types_timestamp_micros"} {
		r, err := query{table: table, columns: []string{"nested"}}.run(t, src)
		slices.Sort(r.rows)
		if want := `{"a": [1, null], "m": {"k": "2024-02-29 17:30:15.123456Z"}}`; err != nil || len(r.rows) != 3 || r.rows[1] != want && r.rows[2] != want {
			t.Errorf("%s: %q, want %s; %v", table, r.rows, want, err)
		}
	}
}

// Statistics of the log leave files unopened: those in JSON, those that are columns of a checkpoint, and the values of partitions.
func TestFilesArePruned(t *testing.T) {
	src := open(t, sparkTables(t))
	text := func(s string) expr.Expr { return literal(types.TextValue(s), types.Of(types.Text)) }
	for _, c := range []struct {
		table, column string
		op            expr.Func
		value         expr.Expr
		files         string
		rows          int
	}{
		{"vectors", "part", expr.Eq, text("even"), "files=2 of 3", 118},
		{"vectors", "id", expr.Gt, intLiteral(298), "files=1 of 3", 121},
		{"vectors", "id", expr.Gt, intLiteral(1000), "files=0 of 3", 0},
		{"parts", "id", expr.Ge, intLiteral(3), "files=4 of 4", 2}, // its checkpoint has no statistics: row groups are left out
		{"types_int96", "c", expr.Eq, text("ab"), "files=2 of 3", 2},
		{"v2_json", "day", expr.Gt, literal(types.IntValue(19724), types.Of(types.Date)), "files=2 of 5", 2},
		{"by_name", "id", expr.Eq, intLiteral(4), "files=1 of 4", 1},
		{"by_id", "new", expr.Eq, text("y"), "files=1 of 4", 1},
		{"types_int96", "at", expr.Lt, literal(types.IntValue(1_000_000_000_000_000), types.NewTemporal(types.Timestamp, 6)), "files=1 of 3", 1},
	} {
		q := query{table: c.table, columns: []string{"id"}, where: func(col func(string) expr.Expr) expr.Expr { return compared(c.op, col(c.column), c.value) }}
		r, err := q.run(t, src)
		if err != nil || !strings.Contains(r.text, c.files) || len(r.rows) != c.rows {
			t.Errorf("%s: %s of %d rows, want %s, %d; %v", c.table, r.text, len(r.rows), c.files, c.rows, err)
		}
	}
}

// What AS OF reads by moments is what the versions say of themselves, as far as they do.
func TestTravel(t *testing.T) {
	src := open(t, sparkTables(t))
	history, err := query{table: "moments$history"}.run(t, src)
	if err != nil || len(history.rows) != 5 {
		t.Fatalf("%q, %v", history.rows, err)
	}
	for i, want := range []string{"3", "2", "1", "1", "0"} {
		text := strings.Fields(history.rows[i])[1]
		at := (&logMaker{T: t}).moment(text).UnixMicro()
		r, err := query{table: "moments", at: connectors.AsOf{UnixMicro: at}}.run(t, src)
		if err != nil || fmt.Sprint(len(r.rows)) != want {
			t.Errorf("as of %s: %q, want %s; %v", text, r.rows, want, err)
		}
	}
}

// A query reads the version that it began with. What VACUUM removed meanwhile is an error that names the file.
func TestOneVersion(t *testing.T) {
	dir := sparkTables(t)
	src := open(t, dir)
	table, err := src.Table(t.Context(), plan.TableName{Name: "parts"}, connectors.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	remove := `{"remove":{"path":"` + src.snapshots.get("parts/").files[0].path + `","dataChange":true}}`
	if err := os.WriteFile(dir+"/parts/_delta_log/"+versionPrefix(7)+"json", []byte(remove), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		of   *plan.Table
		rows int
	}{{table, 4}, {nil, 3}} {
		q := query{table: "parts", columns: []string{"id"}}
		r, err := q.run(t, src)
		if c.of != nil {
			r, err = q.scan(t, src, c.of)
		}
		if err != nil || len(r.rows) != c.rows {
			t.Errorf("%q, want %d rows; %v", r.rows, c.rows, err)
		}
	}
	gone := src.snapshots.get("parts/").files[0].path
	if err := os.Remove(filepath.Join(dir, "parts", gone)); err != nil {
		t.Fatal(err)
	}
	_, err = query{table: "parts", columns: []string{"id"}}.run(t, open(t, dir))
	if !sqlerr.Is(err, sqlerr.SourceChanged) || !strings.Contains(err.Error(), gone) {
		t.Errorf("%v, want that %s is gone", err, gone)
	}
}
