package parquet

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"

	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr/kernel"
)

// rowsOf reads columns of a row group under conditions as one text for each row. Those at positions encoded may come
// dictionary-encoded.
func rowsOf(ctx context.Context, t *testing.T, store blob.Store, f *File, g int, columns []int, budget int64, batch int, conditions []files.Condition, encoded []int) (rows [][]string, err error) {
	t.Helper()
	return rowsOfPieces(ctx, t, store, f, g, columns, f.Pieces(g, columns, budget, 1, nil), batch, conditions, encoded)
}

// rowsOfPieces is rowsOf for what the pieces have.
func rowsOfPieces(ctx context.Context, t *testing.T, store blob.Store, f *File, g int, columns []int, pieces Pieces, batch int, conditions []files.Condition, encoded []int) (rows [][]string, err error) {
	t.Helper()
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	pool := blob.NewPool(mem)
	defer pool.Close()
	r, end, err := openPieces(ctx, store, f, g, columns, pieces, files.Options{
		Memory: mem, Scratch: pool, BatchRows: batch, Conditions: conditions, Encoded: encoded,
	})
	if err != nil {
		return nil, err
	}
	defer end()
	for {
		arrays, n, err := r.Next(ctx)
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		if n == 0 || n > batch {
			t.Errorf("a batch of %d rows", n)
		}
		arrays = plain(t, mem, arrays, encoded)
		for i := range n {
			row := make([]string, len(columns))
			for c, a := range arrays {
				row[c] = strings.Clone(shown(a, i, f.Columns[columns[c]].Type))
			}
			rows = append(rows, row)
		}
		for _, a := range arrays {
			if a.Len() != n {
				t.Errorf("an array of %d values in a batch of %d rows", a.Len(), n)
			}
			a.Release()
		}
	}
}

// plain returns the values of arrays, which it takes over.
func plain(t *testing.T, mem memory.Allocator, arrays []arrow.Array, encoded []int) []arrow.Array {
	for i, a := range arrays {
		if _, is := a.(*array.Dictionary); is && !slices.Contains(encoded, i) {
			t.Errorf("column %d is dictionary-encoded", i)
		}
		p, err := kernel.Plain(mem, a)
		if err != nil {
			t.Fatal(err)
		}
		a.Release()
		arrays[i] = p
	}
	return arrays
}

// chance is a condition on the values of some columns that about one of so many rows fulfils.
type chance struct {
	columns []int
	of      uint32
	salt    uint32
}

func (c chance) holds(values []string) bool {
	h := fnv.New32a()
	fmt.Fprint(h, c.salt, values)
	return h.Sum32()>>8%c.of == 0
}

func (c chance) condition(f *File, columns []int) files.Condition {
	return files.Condition{Columns: c.columns, Select: func(arrays []arrow.Array, rows int) (sel []int32, all bool) {
		values := make([]string, len(arrays))
		for i := range rows {
			for k, a := range arrays {
				values[k] = shown(a, i, f.Columns[columns[c.columns[k]]].Type)
			}
			if c.holds(values) {
				sel = append(sel, int32(i))
			}
		}
		return sel, len(sel) == rows
	}}
}

// checkConditions reads a row group under random conditions: every row that fulfils them is there, and rows are whole and
// in order. Others may be there only where values are too long for one batch, which exact rules out.
func checkConditions(t *testing.T, store blob.Store, f *File, g int, random *rand.Rand, budget int64, batch int, exact bool) {
	t.Helper()
	columns := random.Perm(len(f.Columns))[:1+random.IntN(min(len(f.Columns), 8))]
	all, err := rowsOf(t.Context(), t, store, f, g, columns, budget, batch, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var chances []chance
	var conditions []files.Condition
	for range 1 + random.IntN(3) {
		c := chance{
			columns: random.Perm(len(columns))[:1+random.IntN(min(len(columns), 2))],
			of:      []uint32{1, 2, 3, 50, 1 << 20}[random.IntN(5)], salt: random.Uint32(),
		}
		chances, conditions = append(chances, c), append(conditions, c.condition(f, columns))
	}
	passes := func(row []string) bool {
		return !slices.ContainsFunc(chances, func(c chance) bool {
			values := make([]string, len(c.columns))
			for i, at := range c.columns {
				values[i] = row[at]
			}
			return !c.holds(values)
		})
	}
	got, err := rowsOf(t.Context(), t, store, f, g, columns, budget, batch, conditions, random.Perm(len(columns))[:random.IntN(len(columns)+1)])
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, row := range all {
		switch {
		case at < len(got) && slices.Equal(got[at], row) && (passes(row) || !exact):
			at++
		case passes(row):
			t.Fatalf("columns %v, conditions %v: row %.200q is missing after %d rows of %d, where %.200q is", columns, chances, row, at, len(got), append(got, nil)[at])
		}
	}
	if at < len(got) {
		t.Fatalf("columns %v, conditions %v: row %.200q is none of the file's that is next", columns, chances, got[at])
	}
}

func TestConditionsOnFilesOfOtherWriters(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.parquet")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			store, f, err := openFile(t, path)
			if err != nil {
				t.Fatal(err)
			}
			random := rand.New(rand.NewPCG(1, 1))
			for range 40 {
				budget := []int64{wholeGroup, 2000, 100}[random.IntN(3)]
				batch := []int{1, 3, 7, 8192}[random.IntN(4)]
				for g := range f.Parts() {
					checkConditions(t, store, f, g, random, budget, batch, true)
				}
			}
		})
	}
}

// Values too long for one batch cut a window where they are, before or after conditions narrowed it.
func TestConditionsOnLongValues(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	for _, encoding := range []parquet.WriterProperty{asPlain, asDictionary, asDelta} {
		const width = 20_000
		text := func(id int) string { return strings.Repeat(string(rune('a'+id%5)), width+id%5) }
		store, f := numbered(t, 1000, encoding, text)
		for range 6 {
			checkConditions(t, store, f, 0, random, wholeGroup, 8192, false)
		}
	}
}
