package parquet

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/sqlerr"
)

// memoryStore holds one object.
type memoryStore struct {
	blob.Store
	content []byte
}

func (m memoryStore) Read(_ context.Context, _ blob.Object, off int64, p []byte) error {
	copy(p, m.content[off:off+int64(len(p))])
	return nil
}

func (memoryStore) Location(key string) string { return "mem:" + key }
func (memoryStore) Profile() blob.Profile      { return blob.Profile{Gap: 1, Request: 1 << 20, Parallel: 1} }

// largest records the largest allocation.
type largest struct {
	memory.Allocator
	size atomic.Int64
}

func (l *largest) Allocate(n int) []byte {
	l.size.Store(max(l.size.Load(), int64(n)))
	return l.Allocator.Allocate(n)
}

func (l *largest) Reallocate(n int, b []byte) []byte {
	l.size.Store(max(l.size.Load(), int64(n)))
	return l.Allocator.Reallocate(n, b)
}

// readHostile reads a file of any content: rows or sqlerr.Corrupt, and nothing that is out of proportion.
func readHostile(t *testing.T, content []byte) error {
	checked := bufpooltest.New()
	mem := &largest{Allocator: checked}
	store := memoryStore{content: content}
	o := blob.Object{Key: "x", Size: int64(len(content)), ETag: "1"}
	f, err := New(1<<20).open(t.Context(), store, o, &connectors.Usage{})
	if err == nil {
		for g := range f.Parts() {
			for c := range f.Columns {
				f.Bounds(g, c)
			}
		}
		rows := int64(0)
		for g := range f.Parts() {
			rows += f.Rows(g)
		}
		if rows > 1<<20 { // reading them may succeed, and would take long
			return nil
		}
		budget := int64(wholeGroup)
		if len(content)%2 == 0 { // every other file in pieces
			budget = 256
		}
		err = readAll(t.Context(), mem, store, f, budget, 1024, func(int, arrow.Array) {})
		if selected := readSelected(t, mem, store, f, budget); err == nil {
			err = selected
		}
	}
	if err != nil && !sqlerr.Is(err, sqlerr.Corrupt) && !sqlerr.Is(err, sqlerr.Unsupported) {
		t.Errorf("error %v is not Corrupt", err)
	}
	if size := mem.size.Load(); size > plainPage+1<<20 {
		t.Errorf("%d bytes were allocated at once for a file of %d", size, len(content))
	}
	checked.AssertSize(t, 0)
	return err
}

// readSelected reads what a page index says of every other group of rows.
func readSelected(t *testing.T, mem memory.Allocator, store blob.Store, f *File, budget int64) error {
	columns := make([]int, len(f.Columns))
	for i := range columns {
		columns[i] = i
	}
	pool := blob.NewPool(mem)
	defer pool.Close()
	for g := range f.Parts() {
		x, err := readIndex(t.Context(), store, f, g, columns)
		if err != nil {
			return err
		}
		wanted := false
		spans := x.Spans(func(func(int) (files.Bounds, bool)) bool {
			wanted = !wanted
			return wanted
		})
		if len(spans) == 0 {
			continue
		}
		pieces := f.Pieces(g, columns, budget, 1, &Selection{Index: x, Spans: spans, Gap: 1})
		if err := readPieces(t.Context(), mem, pool, store, f, g, columns, pieces, 1024, func(int, arrow.Array) {}); err != nil {
			return err
		}
	}
	return nil
}

func TestDamagedFiles(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.parquet")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files: %v", err)
	}
	random := rand.New(rand.NewPCG(3, 5))
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			if err := readHostile(t, content); err != nil {
				t.Fatalf("undamaged: %v", err)
			}
			for n := range 300 {
				damaged := append([]byte(nil), content...)
				for range 1 + random.IntN(4) {
					damaged[random.IntN(len(damaged))] = byte(random.Uint32())
				}
				if n%10 == 0 {
					damaged = damaged[:random.IntN(len(damaged))]
				}
				readHostile(t, damaged)
				if t.Failed() {
					t.Fatalf("damage %d", n)
				}
			}
		})
	}
}

func TestDamageNamesItsColumn(t *testing.T) {
	const path = "testdata/pyarrow_v1.parquet"
	_, f, err := openFile(t, path)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"i32", "s"} {
		damaged := slices.Clone(content)
		chunk := f.chunkRange(0, f.Columns[position(f, name)].leaves[0])
		for i := chunk.Off + chunk.Len/2; i < chunk.End(); i++ { // behind the header of the first page
			damaged[i] = 0xFF
		}
		err := readHostile(t, damaged)
		if want := "row group 0: column " + name + ": "; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
}

func FuzzFile(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.parquet")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) { readHostile(t, content) })
}
