package orc

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/codec"
	"github.com/silogate/silogate/connectors/files/filestest"
)

// indexFor reads the index of columns of a stripe.
func indexFor(store filestest.Store, f *file, part int, columns []int) files.Index {
	var bounded []int
	for _, c := range columns {
		if f.Indexed(part, c) {
			bounded = append(bounded, c)
		}
	}
	return f.Index(part, columns, bounded, func(r blob.Range) []byte { return store.Content[r.Off:r.End()] })
}

// stored is how many bytes a section fetches.
func stored(s files.Section) (n int64) {
	for _, piece := range s.Ranges() {
		for _, r := range piece {
			n += r.Len
		}
	}
	return n
}

// Row groups that are chosen at random are read, and no others, whatever runs and chunks they share.
func TestChosenRowGroups(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for _, name := range many {
		store, f := golden(t, name+".orc")
		base := 0
		for part := range f.Parts() {
			rows, _ := f.Count(part)
			for round := range 5 {
				columns := all(f)
				if round%2 == 1 { // some, in any order
					random.Shuffle(len(columns), func(i, j int) { columns[i], columns[j] = columns[j], columns[i] })
					columns = columns[:1+random.IntN(5)]
				}
				x := indexFor(store, f, part, columns)
				spans := x.Spans(func(func(int) (files.Bounds, bool)) bool { return random.IntN(2) == 0 })
				if len(spans) == 0 {
					continue
				}
				b := budget
				if round%3 == 0 {
					b = files.Budget{Bytes: 1000, Least: 300}
				}
				section := x.Section(spans, 1, b)
				got, err := filestest.Section(t, store, f, section, columns, 999)
				if err != nil {
					t.Fatalf("%s, spans %v, columns %v: %v", name, spans, columns, err)
				}
				at := 0
				for _, s := range spans {
					for i := s.From; i < s.To; i++ {
						if want := chosen(manyRow(base+int(i)), columns); at >= len(got) || got[at] != want {
							t.Fatalf("%s, spans %v, columns %v: row %d of stripe %d is %q, want %q", name, spans, columns, i, part, got[min(at, len(got)-1)], want)
						}
						at++
					}
				}
				if at != len(got) {
					t.Fatalf("%s: %d rows more", name, len(got)-at)
				}
			}
			base += int(rows)
		}
	}
}

// chosen are columns of a row.
func chosen(row string, columns []int) string {
	parts := cells(row)
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = parts[c]
	}
	return strings.Join(out, " ")
}

// cells are the columns of a row of many: a moment has a space in it, and so has a text in quotes.
func cells(row string) (out []string) {
	quoted := false
	from := 0
	for i := 0; i <= len(row); i++ {
		if i < len(row) && row[i] == '"' {
			quoted = !quoted
		}
		if i == len(row) || row[i] == ' ' && !quoted {
			out = append(out, row[from:i])
			from = i + 1
		}
	}
	return slices.Concat(out[:11], []string{out[11] + " " + out[12]}, out[13:])
}

// What lies outside of chosen row groups is not fetched.
func TestFetchedBytes(t *testing.T) {
	for _, name := range []string{"many_zstd", "many_none", "many_rle1", "java_zlib"} {
		store, f := golden(t, name+".orc")
		wide := slices.IndexFunc(f.shown.Columns, func(c files.Column) bool { return c.Name == "wide" })
		x := indexFor(store, f, 0, []int{wide})
		last := (f.stripes[0].rows - 1) / f.stride * f.stride
		part := stored(x.Section([]files.Span{{From: last, To: f.stripes[0].rows}}, 1, budget))
		whole := stored(f.Section(0, []int{wide}, budget))
		most := 0.9 // chunks of 64 KiB have half of the column
		if name == "many_none" || name == "java_zlib" {
			most = 1.2 * float64(f.stripes[0].rows-last) / float64(f.stripes[0].rows)
		}
		if float64(part) > most*float64(whole) {
			t.Errorf("%s: %d bytes of %d for the last %d rows of %d", name, part, whole, f.stripes[0].rows-last, f.stripes[0].rows)
		}
	}
	store, f := golden(t, "java_zlib.orc")
	flat := all(f)[:16] // lists are read whole
	part := stored(indexFor(store, f, 0, flat).Section([]files.Span{{From: 2500, To: 5000}}, 1, budget))
	if whole := stored(f.Section(0, flat, budget)); part*5 > whole*2 { // and runs that reach into them
		t.Errorf("%d bytes of %d for 2500 rows of 12000", part, whole)
	}
}

// Bounds of stripes and row groups hold for their values, and are as close as statistics are.
func TestBounds(t *testing.T) {
	tight := map[string]bool{"id": true, "same": true, "steps": true, "down": true, "mixed": true, "spikes": true, "wide": true, "byte": true, "flag": true,
		"real": true, "money": true, "word": true, "note": true, "few": true, "few_words": true}
	for _, name := range many {
		store, f := golden(t, name+".orc")
		for part := range f.Parts() {
			for _, c := range all(f) {
				values, err := filestest.Section(t, store, f, f.Section(part, []int{c}, budget), []int{c}, 8192)
				if err != nil {
					t.Fatal(err)
				}
				checkBounds(t, fmt.Sprintf("%s, stripe %d", name, part), f, c, f.Bounds(part, c), values, tight)
				if !f.Indexed(part, c) {
					if f.columns[c].nested || f.stripes[part].rows <= f.stride {
						continue
					}
					t.Errorf("%s: column %s has no index", name, f.shown.Columns[c].Name)
				}
				at := int64(0)
				indexFor(store, f, part, []int{c}).Spans(func(bounds func(int) (files.Bounds, bool)) bool {
					b, ok := bounds(c)
					if !ok {
						t.Fatalf("no bounds of column %s", f.shown.Columns[c].Name)
					}
					checkBounds(t, fmt.Sprintf("%s, stripe %d, row %d", name, part, at), f, c, b, values[at:at+b.Rows], tight)
					at += b.Rows
					return true
				})
				if at != int64(len(values)) {
					t.Errorf("bounds of %d rows of %d", at, len(values))
				}
			}
		}
	}
}

// checkBounds compares bounds with values as they are shown.
func checkBounds(t *testing.T, where string, f *file, column int, b files.Bounds, values []string, tight map[string]bool) {
	t.Helper()
	c := f.shown.Columns[column]
	nulls := int64(0)
	var texts []string
	for _, v := range values {
		if v == "NULL" {
			nulls++
		} else {
			texts = append(texts, v)
		}
	}
	if b.Rows != int64(len(values)) || b.Nulls != nulls && b.Nulls != -1 || b.Nulls == -1 && tight[c.Name] && !c.Type.IsFloat() {
		t.Errorf("%s, column %s: %d rows, %d of them NULL, want %d and %d", where, c.Name, b.Rows, b.Nulls, len(values), nulls)
	}
	if len(texts) == 0 || f.columns[column].nested {
		return
	}
	compare := func(x, y string) int { return compareShown(c, x, y) }
	least, most := slices.MinFunc(texts, compare), slices.MaxFunc(texts, compare)
	low, high := showBound(c, b, true), showBound(c, b, false)
	if !b.HasMin || !b.HasMax || compare(low, least) > 0 || compare(high, most) < 0 {
		t.Errorf("%s, column %s: bounds %s to %s of %s to %s", where, c.Name, low, high, least, most)
	}
	if tight[c.Name] && (low != least || high != most) {
		t.Errorf("%s, column %s: bounds %s to %s, want %s to %s", where, c.Name, low, high, least, most)
	}
}

// What is needed for the rows before a row group ends where it begins, unless a chunk, a run or a byte has rows of both.
func TestEndOfRows(t *testing.T) {
	const block = 64 << 10
	packed := &file{chunks: chunks{codec: codec.Zstd, block: block}}
	plain := &file{chunks: chunks{codec: codec.None}}
	for _, c := range []struct {
		name       string
		of         *file
		at         []uint64 // the row group's position; the next ones begin in other chunks
		runs, bits bool
		want       int64
	}{
		{"a chunk", packed, []uint64{1000, 0, 0, 0}, true, true, 1000},
		{"within a chunk", packed, []uint64{1000, 5, 0}, true, false, 2000},
		{"within a run, which may go on in the next chunk", packed, []uint64{1000, 0, 7}, true, false, 3000},
		{"within a byte", packed, []uint64{1000, 0, 0, 3}, true, true, 3000},
		{"a byte, of values without runs", packed, []uint64{1000, 5, 99}, false, false, 2000},
		{"within a run of the last chunks", packed, []uint64{2000, 0, 7}, true, false, 2000 + 2*(block+headerSize)},
		{"beyond the stream", packed, []uint64{1 << 40, 0, 0}, true, false, 1 << 20},
		{"a byte, not compressed", plain, []uint64{1000, 0, 0}, true, true, 1000},
		{"within a run, not compressed", plain, []uint64{1000, 7}, true, false, 1000 + longestBytes},
		{"within a byte, not compressed", plain, []uint64{1000, 0, 3}, true, true, 1000 + longestBytes},
	} {
		entries := []indexEntry{{positions: []uint64{0, 0, 0, 0}}, {positions: c.at}, {positions: []uint64{2000, 9, 9, 9}}, {positions: []uint64{3000, 9, 9, 9}}}
		if c.at[0] == 2000 {
			entries = entries[:2]
		}
		if got := (&index{file: c.of}).end(entries, 0, 1, 1<<20, c.runs, c.bits); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
