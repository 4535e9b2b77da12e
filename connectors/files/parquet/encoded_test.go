package parquet

import (
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr/kernel"
)

// TestEncoded reads a chunk whose writer gave its dictionary up half-way: vectors are encoded as far as it goes, in one
// dictionary, where more than few rows of a window are left.
func TestEncoded(t *testing.T) {
	const rows, batch = 1500, 60
	text := func(id int) string {
		switch {
		case id%7 == 3:
			return array.NullValueStr
		case id < rows/2:
			return fmt.Sprint("value ", id%50)
		}
		return fmt.Sprint("unlike others ", id)
	}
	store, f, err := openFile(t, "testdata/pyarrow_half_dictionary.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		encoded []int
		of      int  // one row of so many is kept
		some    bool // vectors are encoded
	}{
		{"all rows", []int{1}, 1, true},
		{"every other row", []int{1}, 2, true},
		{"few rows", []int{1}, 25, false},
		{"not asked for", []int{0}, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			mem := bufpooltest.New()
			defer mem.AssertSize(t, 0)
			pool := blob.NewPool(mem)
			defer pool.Close()
			columns := []int{0, 1}
			keep := files.Condition{Columns: []int{0}, Select: func(cols []arrow.Array, rows int) (sel []int32, all bool) {
				for i, id := range cols[0].(*array.Int64).Int64Values() {
					if id%int64(c.of) == 0 {
						sel = append(sel, int32(i))
					}
				}
				return sel, c.of == 1
			}}
			r, end, err := openPieces(t.Context(), store, f, 0, columns, f.Pieces(0, columns, wholeGroup, 1, nil), files.Options{
				Memory: mem, Scratch: pool, BatchRows: batch, Encoded: c.encoded, Conditions: []files.Condition{keep},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer end()
			id, encoded, after := 0, 0, 0
			var dict arrow.ArrayData
			for {
				arrays, n, err := r.Next(t.Context())
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if d, ok := arrays[1].(*array.Dictionary); ok {
					if of := d.Data().Dictionary(); dict == nil {
						dict = of
					} else if dict != of {
						t.Error("a second dictionary")
					}
					encoded += n
				} else if encoded > 0 {
					after += n
				}
				values, err := kernel.Plain(mem, arrays[1])
				if err != nil {
					t.Fatal(err)
				}
				for i := range n {
					if got := values.ValueStr(i); got != text(id) {
						t.Fatalf("row %d is %q", id, got)
					}
					id += c.of
				}
				values.Release()
				release(arrays)
			}
			if id < rows {
				t.Errorf("the rows end at %d", id)
			}
			if (encoded > 0) != c.some || c.some && (encoded < rows/2/c.of || after == 0) {
				t.Errorf("%d rows are encoded, and %d after them are not", encoded, after)
			}
		})
	}
}

// TestEncodedKinds reads vectors of each kind of value that a dictionary repeats, of which those stay plain that are looked at one by one,
// and those of many entries for the rows.
func TestEncodedKinds(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	for path, want := range map[string][]string{
		"testdata/pyarrow_repeats.parquet": {"number", "big", "price", "wide", "day", "moment", "text"},
		"testdata/duckdb_v1.parquet":       {"s"},
		"testdata/pyarrow_none.parquet":    {"dict"},
	} {
		store, f, err := openFile(t, path)
		if err != nil {
			t.Fatal(err)
		}
		plain, _ := linesOf(t, mem, store, f, nil)
		all := make([]int, len(f.Columns))
		for i := range all {
			all[i] = i
		}
		got, encoded := linesOf(t, mem, store, f, all)
		if !slices.Equal(encoded, want) {
			t.Errorf("%s: %v are encoded, want %v", path, encoded, want)
		}
		if !slices.Equal(got, plain) {
			t.Errorf("%s: %v,\nwant %v", path, got, plain)
		}
	}
}

// linesOf returns all values of a file, with a line for each column of a vector, and the columns that have dictionaries.
func linesOf(t *testing.T, mem memory.Allocator, store blob.Store, f *File, may []int) (lines, encoded []string) {
	t.Helper()
	pool := blob.NewPool(mem)
	defer pool.Close()
	columns := make([]int, len(f.Columns))
	for i := range columns {
		columns[i] = i
	}
	for g := range f.meta.RowGroups {
		r, end, err := openPieces(t.Context(), store, f, g, columns, f.Pieces(g, columns, wholeGroup, 1, nil), files.Options{
			Memory: mem, Scratch: pool, BatchRows: 70, Encoded: may,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer end()
		for {
			arrays, _, err := r.Next(t.Context())
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for i, a := range arrays {
				if _, ok := a.(*array.Dictionary); ok && !slices.Contains(encoded, f.Columns[i].Name) {
					encoded = append(encoded, f.Columns[i].Name)
				}
				values, err := kernel.Plain(mem, a)
				if err != nil {
					t.Fatal(err)
				}
				lines = append(lines, fmt.Sprint(f.Columns[i].Name, values))
				values.Release()
			}
			release(arrays)
		}
	}
	return lines, encoded
}
