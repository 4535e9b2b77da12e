package orc

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/filestest"
)

var budget = files.Budget{Bytes: 8 << 20, Least: 1 << 16}

// golden opens a file of testdata.
func golden(t testing.TB, name string) (filestest.Store, *file) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	store, f, err := filestest.Open(t, New(), name, content)
	if err != nil {
		t.Fatal(err)
	}
	return store, f.(*file)
}

// The values of every type are those that were written.
func TestTypes(t *testing.T) {
	for name, values := range map[string]string{"types": "types.txt", "types_rle1": "types.txt", "java_types": "java_types.txt"} {
		text, err := os.ReadFile(filepath.Join("testdata", values))
		if err != nil {
			t.Fatal(err)
		}
		store, f := golden(t, name+".orc")
		if _, _, err := filestest.Read(t, New(), name, store.Content); err != nil { // all columns together
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		if len(lines) != len(f.shown.Columns) {
			t.Fatalf("%d columns, want %d", len(f.shown.Columns), len(lines))
		}
		for i, line := range lines {
			want := strings.Split(line, "|")
			c := f.shown.Columns[i]
			rows, err := filestest.Rows(t, store, f, []int{i}, false, budget, 8192)
			if got := c.Name + " " + c.Type.String(); err != nil || got != want[0] || !slices.Equal(rows, want[1:]) {
				t.Errorf("%s: %s: rows %q, error %v; want %s, %q", name, got, rows, err, want[0], want[1:])
			}
		}
	}
}

// A file of no rows has its columns.
func TestEmpty(t *testing.T) {
	_, f := golden(t, "empty.orc")
	_, types := golden(t, "types.orc")
	if f.Parts() != 0 || len(f.shown.Columns) != len(types.shown.Columns) || f.shown.Columns[22].Type != types.shown.Columns[22].Type {
		t.Errorf("%d parts, columns %v", f.Parts(), f.shown.Columns)
	}
}

// manyRow is what row i of the files of many rows is, as their formulas say.
func manyRow(i int) string {
	cond := func(c bool, a, b int) int {
		if c {
			return a
		}
		return b
	}
	sparse := func(every int, text string) string {
		if i%every == 0 {
			return text
		}
		return "NULL"
	}
	at := int64(i)*86_399_999_999 - 1e15
	list := strings.TrimSuffix(strings.Repeat(fmt.Sprintf("%d, ", i), i%4), ", ")
	cents := i*7919 - 1e8
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return fmt.Sprintf("%d 7 %d %d %d %d %d %d %d %s %s%d.%02d %s %q %q %s %s %q", i, i/100*3-1000, -(i * i), (i*7919)%1009-500,
		cond(i%97 == 0, 1<<40+i, i%13), int64(uint64(i)*0x9E3779B97F4A7C15-1<<63), cond(i%500 < 250, i/7%100, i*31%256-128),
		cond(i%3 == 0 || i%1000 > 900, 1, 0), strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", float64(i)*0.25), "0"), "."),
		sign, cents/100, cents%100, moment(at), fmt.Sprintf("word %d", i%50), fmt.Sprintf("note %d", i*i)+strings.Repeat("-", i%10),
		sparse(4001, fmt.Sprint(2*i)), sparse(3001, fmt.Sprintf("%q", fmt.Sprintf("few %d", i))), "["+list+"]")
}

// many are the files of many rows.
var many = []string{"many_zstd", "many_none", "many_rle1", "java_none", "java_zlib", "java_snappy", "java_lz4", "java_zstd", "java_rle1"}

func TestManyRows(t *testing.T) {
	for _, name := range many {
		store, f := golden(t, name+".orc")
		for _, how := range []struct {
			budget files.Budget
			batch  int
		}{{budget, 8192}, {files.Budget{Bytes: 1000, Least: 700}, 777}} {
			rows, err := filestest.Rows(t, store, f, all(f), false, how.budget, how.batch)
			if err != nil || int64(len(rows)) != f.rows {
				t.Fatalf("%s: %d rows, error %v; want %d", name, len(rows), err, f.rows)
			}
			for i, row := range rows {
				if want := manyRow(i); row != want {
					t.Fatalf("%s: row %d is\n%s, want\n%s", name, i, row, want)
				}
			}
		}
	}
}

// all are the columns of a file.
func all(f files.File) (out []int) {
	for i := range f.Describe().Columns {
		out = append(out, i)
	}
	return out
}

// moment shows microseconds since 1970.
func moment(micros int64) string {
	return time.UnixMicro(micros).UTC().Format("2006-01-02 15:04:05.000000")
}
