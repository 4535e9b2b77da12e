package parquet

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/arrowjson"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// openFile opens a file of a folder.
func openFile(t testing.TB, path string) (blob.Store, *File, error) {
	t.Helper()
	store, err := blob.NewLocal(filepath.Dir(path), nil)
	if err != nil {
		t.Fatal(err)
	}
	o, err := store.Stat(t.Context(), filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	f, err := New(1<<20).open(t.Context(), store, o, &connectors.Usage{})
	return store, f, err
}

// position returns the position of a column, or -1.
func position(f *File, name string) int {
	return slices.IndexFunc(f.Columns, func(c Column) bool { return c.Name == name })
}

// readAll decodes all columns of a file and calls visit for each batch of each column.
func readAll(ctx context.Context, mem memory.Allocator, store blob.Store, f *File, budget int64, batch int, visit func(column int, a arrow.Array)) error {
	all := make([]int, len(f.Columns))
	for i := range all {
		all[i] = i
	}
	for g := range f.Parts() {
		if err := readGroup(ctx, mem, mem, store, f, g, all, budget, batch, visit); err != nil {
			return err
		}
	}
	return nil
}

// wholeGroup is a budget for pieces that cuts nothing.
const wholeGroup = 1 << 40

// readGroup reads columns of a row group, every other one dictionary-encoded where it may be, and visits their values.
func readGroup(ctx context.Context, mem, scratch memory.Allocator, store blob.Store, f *File, g int, columns []int, budget int64, batch int, visit func(int, arrow.Array)) error {
	return readPieces(ctx, mem, scratch, store, f, g, columns, f.Pieces(g, columns, budget, 1, nil), batch, visit)
}

// readPieces is readGroup for what the pieces have.
func readPieces(ctx context.Context, mem, scratch memory.Allocator, store blob.Store, f *File, g int, columns []int, pieces Pieces, batch int, visit func(int, arrow.Array)) error {
	var encoded []int
	for i := range columns {
		if i%2 == 1 {
			encoded = append(encoded, i)
		}
	}
	r, end, err := openPieces(ctx, store, f, g, columns, pieces, files.Options{Memory: mem, Scratch: scratch, BatchRows: batch, Encoded: encoded})
	if err != nil {
		return err
	}
	defer end()
	for {
		arrays, _, err := r.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for i, a := range arrays {
			values, err := kernel.Plain(mem, a)
			a.Release()
			if err != nil {
				return err
			}
			visit(i, values)
			values.Release()
		}
	}
}

// openPieces begins to read what the pieces have; end frees what that holds.
func openPieces(ctx context.Context, store blob.Store, f *File, g int, columns []int, pieces Pieces, o files.Options) (r *GroupReader, end func(), err error) {
	fetcher := blob.NewFetcher(store, o.Scratch, &connectors.Usage{})
	for _, ranges := range pieces.Ranges {
		fetcher.Add(blob.Segment{Object: f.Object, Ranges: ranges})
	}
	if r, err = f.ReadGroup(ctx, g, columns, pieces, fetcher.Get, o); err != nil {
		fetcher.Close()
		return nil, nil, err
	}
	return r, func() { r.Close(); fetcher.Close() }, nil
}

// shown returns value i of an array of a column's type as the MySQL text protocol has it; bytes in hexadecimal.
func shown(a arrow.Array, i int, t types.Type) string {
	if a.IsNull(i) {
		return "NULL"
	}
	var v types.Value
	switch a := a.(type) {
	case *array.Boolean:
		v = types.BoolValue(a.Value(i))
	case *array.Int8:
		v.Int = int64(a.Value(i))
	case *array.Int16:
		v.Int = int64(a.Value(i))
	case *array.Int32:
		v.Int = int64(a.Value(i))
	case *array.Int64:
		v.Int = a.Value(i)
	case *array.Uint8:
		v.Int = int64(a.Value(i))
	case *array.Uint16:
		v.Int = int64(a.Value(i))
	case *array.Uint32:
		v.Int = int64(a.Value(i))
	case *array.Uint64:
		v.Int = int64(a.Value(i))
	case *array.Float32:
		v.Float = float64(a.Value(i))
	case *array.Float64:
		v.Float = a.Value(i)
	case *array.Date32:
		v.Int = int64(a.Value(i))
	case *array.Timestamp:
		v.Int = int64(a.Value(i))
	case *array.Duration:
		v.Int = int64(a.Value(i))
	case *array.String:
		v.Str = a.Value(i)
	case *array.Binary:
		v.Str = hex.EncodeToString(a.Value(i))
	default:
		return arrowjson.DecimalText(a, i)
	}
	return v.Format(t, time.UTC)
}

func TestFilesOfOtherWriters(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.parquet")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, path := range paths {
		for _, c := range []struct {
			budget int64
			batch  int
		}{{wholeGroup, 7}, {wholeGroup, 8192}, {2000, 7}, {100, 8192}} {
			t.Run(fmt.Sprintf("%s/%d/%d", filepath.Base(path), c.budget, c.batch), func(t *testing.T) {
				mem := bufpooltest.New()
				defer mem.AssertSize(t, 0)
				store, f, err := openFile(t, path)
				if err != nil {
					t.Fatal(err)
				}
				for range 3 { // the last time of pages that are kept
					got := make([]strings.Builder, len(f.Columns))
					err = readAll(t.Context(), mem, store, f, c.budget, c.batch, func(c int, a arrow.Array) {
						if want := f.Columns[c].Type.Arrow(); a.DataType().ID() != want.ID() && f.Columns[c].Type.Kind != types.Decimal {
							t.Errorf("column %s: array of %s, want %s", f.Columns[c].Name, a.DataType(), want)
						}
						for i := range a.Len() {
							var quoted strings.Builder
							e := json.NewEncoder(&quoted)
							e.SetEscapeHTML(false)
							if err := e.Encode(shown(a, i, f.Columns[c].Type)); err != nil {
								t.Fatal(err)
							}
							got[c].WriteString(" " + strings.TrimSuffix(quoted.String(), "\n"))
						}
					})
					if err != nil {
						t.Fatal(err)
					}
					golden, err := os.ReadFile(strings.TrimSuffix(path, ".parquet") + ".txt")
					if err != nil {
						t.Fatal(err)
					}
					for i, want := range strings.Split(strings.TrimSpace(string(golden)), "\n") {
						if line := f.Columns[i].Name + ":" + got[i].String(); line != want {
							t.Errorf("%s (%s)\n got %s\nwant %s", f.Columns[i].Type, f.Columns[i].Native, line, want)
						}
					}
				}
			})
		}
	}
}

func TestColumnTypes(t *testing.T) {
	_, f, err := openFile(t, "testdata/pyarrow_v1.parquet")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"b": "boolean", "i8": "tinyint", "i16": "smallint", "i32": "int", "i64": "bigint",
		"u8": "tinyint unsigned", "u16": "smallint unsigned", "u32": "int unsigned", "u64": "bigint unsigned",
		"f32": "float", "f64": "double", "f16": "float", "d9": "decimal(9,2)", "d18": "decimal(18,4)",
		"d38": "decimal(38,10)", "d65": "decimal(65,30)", "date": "date", "dt_ms": "datetime(3)", "dt_us": "datetime(6)",
		"dt_ns": "datetime(6)", "ts_us": "timestamp(6)", "t_ms": "time(3)", "t_us": "time(6)", "s": "longtext",
		"bin": "longblob", "fix": "binary(5)", "dict": "longtext", "required": "int", "nothing": "bigint",
		"list": "json", "struct": "json", "map": "json",
	}
	for _, c := range f.Columns {
		if got := c.Type.String(); got != want[c.Name] {
			t.Errorf("%s: %s, want %s", c.Name, got, want[c.Name])
		}
		if c.Nullable != (c.Name != "required") {
			t.Errorf("%s: nullable = %v", c.Name, c.Nullable)
		}
		lossy := c.Type.Kind == types.JSON || c.Name == "dt_ns"
		if (c.Warning != "") != lossy {
			t.Errorf("%s: warning %q", c.Name, c.Warning)
		}
	}
}

func TestNoColumnsStillHaveRows(t *testing.T) {
	_, f, err := openFile(t, "testdata/pyarrow_v2.parquet")
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.ReadGroup(t.Context(), 0, nil, Pieces{}, nil, files.Options{Memory: memory.DefaultAllocator, BatchRows: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var rows []int
	for {
		_, n, err := r.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, n)
	}
	if fmt.Sprint(rows) != "[10 6]" {
		t.Errorf("batches of %v rows, want [10 6]", rows)
	}
}
