// Package filestest reads files for the tests of their formats.
package filestest

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// Store is a store of one object that is in memory.
type Store struct {
	blob.Store
	Content []byte
}

// Read implements blob.Store.
func (s Store) Read(_ context.Context, _ blob.Object, off int64, p []byte) error {
	copy(p, s.Content[off:off+int64(len(p))])
	return nil
}

// Location implements blob.Store.
func (Store) Location(key string) string { return "mem:" + key }

// Profile implements blob.Store.
func (Store) Profile() blob.Profile { return blob.Profile{Gap: 1, Request: 1 << 20, Parallel: 1} }

// Open opens a file that has a content.
func Open(t testing.TB, format files.Format, name string, content []byte) (Store, files.File, error) {
	store := Store{Content: content}
	f, err := format.Open(t.Context(), store, blob.Object{Key: name, Size: int64(len(content)), ETag: "1"}, &connectors.Usage{})
	return store, f, err
}

// Read reads a file three times: from its start, in blocks where it has them, and in small pieces and batches. All must be alike: columns, each
// as its name and type, and rows. Memory is checked.
func Read(t testing.TB, format files.Format, name string, content []byte) (columns, rows []string, err error) {
	t.Helper()
	store, f, err := Open(t, format, name, content)
	if err != nil {
		return nil, nil, err
	}
	all := make([]int, len(f.Describe().Columns))
	for i, c := range f.Describe().Columns {
		all[i] = i
		if c.Type.Kind == types.Null {
			c.Type = types.Of(types.Text)
		}
		columns = append(columns, c.Name+" "+c.Type.String())
	}
	rows, err = Rows(t, store, f, all, false, files.Budget{Bytes: 8 << 20, Least: 1 << 16}, 8192)
	for i, again := range []struct {
		blocks bool
		budget files.Budget
		batch  int
	}{{true, files.Budget{Bytes: 8 << 20, Least: 1 << 16}, 8192}, {false, files.Budget{Bytes: 1000, Least: 1000}, 7}} {
		if len(content) > 1<<20 && again.batch < 10 {
			continue
		}
		others, otherErr := Rows(t, store, f, all, again.blocks, again.budget, again.batch)
		if strings.Join(others, "\n") != strings.Join(rows, "\n") && err == nil || fmt.Sprint(err) != fmt.Sprint(otherErr) {
			t.Errorf("reading %d: %d rows, error %v; the first: %d rows, error %v", i, len(others), otherErr, len(rows), err)
		}
	}
	none, noneErr := Rows(t, store, f, nil, false, files.Budget{Bytes: 8 << 20, Least: 1 << 16}, 8192)
	if err == nil && (noneErr != nil || len(none) != len(rows)) {
		t.Errorf("without columns: %d rows, error %v; want %d", len(none), noneErr, len(rows))
	}
	least := int64(0)
	for part := range f.Parts() {
		n, _ := f.Count(part)
		least += n
	}
	if err == nil && int(least) > len(rows) {
		t.Errorf("at least %d rows are said to be there, and there are %d", least, len(rows))
	}
	return columns, rows, err
}

// Rows reads columns of a file.
func Rows(t testing.TB, store blob.Store, f files.File, columns []int, blocks bool, b files.Budget, batch int) (rows []string, err error) {
	t.Helper()
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	for part := range f.Parts() {
		if rows, err = rowsOf(t, mem, store, f, f.Section(part, columns, b), columns, blocks, batch, rows); err != nil {
			break
		}
	}
	return rows, err
}

// Section reads columns of a section of a file.
func Section(t testing.TB, store blob.Store, f files.File, section files.Section, columns []int, batch int) (rows []string, err error) {
	t.Helper()
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	return rowsOf(t, mem, store, f, section, columns, false, batch, nil)
}

func rowsOf(t testing.TB, mem memory.Allocator, store blob.Store, f files.File, section files.Section, columns []int, blocks bool, batch int, rows []string) ([]string, error) {
	fetcher := blob.NewFetcher(store, mem, &connectors.Usage{})
	defer fetcher.Close()
	for _, ranges := range section.Ranges() {
		fetcher.Add(blob.Segment{Object: f.Describe().Object, Ranges: ranges})
	}
	o := files.Options{Memory: mem, Scratch: mem, BatchRows: batch}
	divisible, ok := section.(files.Divisible)
	if !blocks || !ok {
		r, err := section.Open(t.Context(), fetcher.Get, o)
		if err != nil {
			return nil, err
		}
		return readAll(t.Context(), r, f, columns, rows)
	}
	for block, err := range divisible.Blocks(t.Context(), fetcher.Get, mem) {
		if err != nil {
			return rows, err
		}
		if rows, err = readAll(t.Context(), block.Open(o), f, columns, rows); err != nil {
			return rows, err
		}
	}
	return rows, nil
}

func readAll(ctx context.Context, r files.Reader, f files.File, columns []int, rows []string) ([]string, error) {
	defer r.Close()
	for {
		arrays, n, err := r.Next(ctx)
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		for row := range n {
			values := make([]string, len(arrays))
			for i, a := range arrays {
				values[i] = show(kernel.ValueAt(a, row), f.Describe().Columns[columns[i]].Type)
			}
			rows = append(rows, strings.Join(values, " "))
		}
		for _, a := range arrays {
			a.Release()
		}
	}
}

func show(v types.Value, t types.Type) string {
	switch {
	case v.Null:
		return "NULL"
	case t.IsString() || t.Kind == types.Null:
		return fmt.Sprintf("%q", v.Str)
	}
	return v.Format(t, time.UTC)
}
