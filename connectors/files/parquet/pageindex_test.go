package parquet

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
)

// indexOf reads the whole page index of a row group.
func indexOf(t *testing.T, store blob.Store, f *File, group int) *PageIndex {
	t.Helper()
	var all []int
	for c := range f.Columns {
		all = append(all, c)
	}
	x, err := readIndex(t.Context(), store, f, group, all)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// readIndex reads the page index of columns of a row group.
func readIndex(ctx context.Context, store blob.Store, f *File, group int, columns []int) (*PageIndex, error) {
	fetch := blob.NewFetcher(store, memory.DefaultAllocator, &connectors.Usage{})
	defer fetch.Close()
	data, err := fetch.Get(ctx, fetch.Add(blob.Segment{Object: f.Object, Ranges: f.IndexRanges(group, columns, columns)}))
	if err != nil {
		return nil, err
	}
	defer data.Release()
	return f.PageIndex(group, columns, columns, data.Bytes), nil
}

// TestPageBounds compares the bounds of pages with the values in them.
func TestPageBounds(t *testing.T) {
	store, f, err := openFile(t, "testdata/pyarrow_pages.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for g := range f.Parts() {
		x := indexOf(t, store, f, g)
		for c, column := range f.Columns {
			of := x.columns[c]
			if !column.flat {
				if of != nil || f.Indexed(g, c) {
					t.Errorf("the nested column %s has an index", column.Name)
				}
				continue
			}
			if !f.Indexed(g, c) || of == nil || len(of.pages) < 3 || len(of.bounds) != len(of.pages) {
				t.Fatalf("row group %d, column %s: index %+v", g, column.Name, of)
			}
			rows, err := rowsOf(t.Context(), t, store, f, g, []int{c}, wholeGroup, 8192, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range of.pages {
				b, nulls, least, most := of.bounds[i], int64(0), "", ""
				for _, row := range rows[p.row:of.end(i, x.rows)] {
					switch v := row[0]; {
					case v == "NULL":
						nulls++
					case column.Name == "gaps" || column.Name == "coded": // texts sort as their bounds do
						if least == "" || v < least {
							least = v
						}
						most = max(most, v)
					}
				}
				if b.Rows != of.end(i, x.rows)-p.row || b.Nulls != nulls && b.Nulls != -1 {
					t.Errorf("column %s, page %d: %d rows, %d NULL; want %d", column.Name, i, b.Rows, b.Nulls, nulls)
				}
				if most != "" && (b.Min.Str != least || b.Max.Str != most) {
					t.Errorf("column %s, page %d: %q to %q, want %q to %q", column.Name, i, b.Min.Str, b.Max.Str, least, most)
				}
				if (nulls == b.Rows) == (b.HasMin || b.HasMax) {
					t.Errorf("column %s, page %d: %d of %d rows are NULL, bounds %+v", column.Name, i, nulls, b.Rows, b)
				}
			}
		}
	}
}

// TestSelections reads some rows of a row group: just these come, under conditions too, and pages of others are not fetched.
func TestSelections(t *testing.T) {
	store, f, err := openFile(t, "testdata/pyarrow_pages.parquet")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(5, 6))
	fewer := 0
	for round := range 300 {
		g := random.IntN(f.Parts())
		columns := random.Perm(len(f.Columns))[:1+random.IntN(len(f.Columns))]
		budget := []int64{wholeGroup, 500, 60}[random.IntN(3)]
		least := []int64{1, 100, 1 << 20}[random.IntN(3)]
		only := &Selection{Index: indexOf(t, store, f, g), Gap: least}
		for at := int64(0); at < f.Rows(g); {
			from := at + random.Int64N([]int64{3, 30, 300}[random.IntN(3)])
			to := min(from+1+random.Int64N([]int64{2, 20, 200}[random.IntN(3)]), f.Rows(g))
			if from < to {
				only.Spans = append(only.Spans, files.Span{From: from, To: to})
			}
			at = to + 1
		}
		if only.Spans == nil {
			continue
		}
		whole := f.Pieces(g, columns, budget, least, nil)
		pieces := f.Pieces(g, columns, budget, least, only)
		if least == 1 && length(pieces) < length(whole) {
			fewer++
		}
		all, err := rowsOf(t.Context(), t, store, f, g, columns, wholeGroup, 8192, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		var want [][]string
		for _, s := range only.Spans {
			want = append(want, all[s.From:s.To]...)
		}
		batch := []int{3, 50, 8192}[random.IntN(3)]
		got, err := rowsOfPieces(t.Context(), t, store, f, g, columns, pieces, batch, nil, nil)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("round %d: columns %v, spans %v: %d rows, want %d", round, columns, only.Spans, len(got), len(want))
		}
		some := chance{columns: []int{0}, of: 3, salt: random.Uint32()}
		kept := slices.DeleteFunc(slices.Clone(want), func(row []string) bool { return !some.holds(row[:1]) })
		got, err = rowsOfPieces(t.Context(), t, store, f, g, columns, pieces, batch, []files.Condition{some.condition(f, columns)}, columns)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if !slices.EqualFunc(got, kept, slices.Equal) {
			t.Fatalf("round %d: columns %v, spans %v under a condition: %d rows, want %d", round, columns, only.Spans, len(got), len(kept))
		}
	}
	if fewer < 30 {
		t.Errorf("%d selections were fetched in fewer bytes than the whole", fewer)
	}
}

func length(p Pieces) (n int64) {
	for _, ranges := range p.Ranges {
		for _, r := range ranges {
			n += r.Len
		}
	}
	return n
}

// TestSpans asks for the rows of pages whose bounds meet a value.
func TestSpans(t *testing.T) {
	x := &PageIndex{rows: 100, columns: map[int]*indexedColumn{
		0: {pages: []indexedPage{{row: 0}, {row: 30}, {row: 60}}, bounds: []files.Bounds{{Rows: 1}, {Rows: 2}, {Rows: 3}}},
		1: {pages: []indexedPage{{row: 0}, {row: 50}}, bounds: []files.Bounds{{Rows: 10}, {Rows: 20}}},
		2: {pages: []indexedPage{{row: 0}, {row: 7}}},
	}}
	for _, c := range []struct {
		column int
		of     []int64
		want   string
	}{
		{0, []int64{1, 2, 3}, "[{0 100}]"},
		{0, []int64{2}, "[{30 60}]"},
		{0, []int64{1, 3}, "[{0 30} {60 100}]"},
		{1, []int64{20}, "[{50 100}]"},
		{0, nil, "[]"},
		{2, nil, "[{0 100}]"}, // unknown
	} {
		got := x.Spans(func(bounds func(int) (files.Bounds, bool)) bool {
			b, ok := bounds(c.column)
			return !ok || slices.Contains(c.of, b.Rows)
		})
		if fmt.Sprint(got) != c.want {
			t.Errorf("column %d, pages %v: %v, want %s", c.column, c.of, got, c.want)
		}
	}
}
