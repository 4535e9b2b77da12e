package orc

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/filestest"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
)

// Texts of 20 KB, of which 8192 do not fit a batch, come in shorter ones, in a dictionary, in lists or not.
func TestLargeTexts(t *testing.T) {
	for _, name := range []string{"large", "large_dictionary"} {
		store, f := golden(t, name+".orc")
		for _, columns := range [][]int{{0, 1}, {1, 0}, {0, 2}, {0, 1, 2}} {
			largest := 0
			rows := 0
			readBatches(t, store, f, columns, files.Options{}, func(arrays []arrow.Array) {
				bytes := 0
				for i := range arrays[0].Len() {
					at := rows + i
					for k, c := range columns {
						got, want := shownText(arrays[k], i), largeValue(c, at)
						if got != want {
							t.Fatalf("%s, columns %v: row %d is %.40s, want %.40s", name, columns, at, got, want)
						}
						bytes += len(got)
					}
				}
				largest = max(largest, bytes)
				rows += arrays[0].Len()
			})
			if rows != 1500 || largest > batchBytes+1<<20 {
				t.Errorf("%s, columns %v: %d rows, %d bytes in a batch", name, columns, rows, largest)
			}
		}
	}
}

func largeValue(column, row int) string {
	text := strings.Repeat(fmt.Sprint(row%5), 20_000)
	switch {
	case column == 0:
		return fmt.Sprint(row)
	case row%10 == 9:
		return array.NullValueStr
	case column == 2:
		return `["` + text + `", null]`
	}
	return text
}

func shownText(a arrow.Array, i int) string { return a.ValueStr(i) }

// readBatches reads columns of a file.
func readBatches(t *testing.T, store filestest.Store, f files.File, columns []int, o files.Options, batch func([]arrow.Array)) {
	t.Helper()
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	o.Memory, o.Scratch, o.BatchRows = mem, mem, 8192
	if err := readInto(t, store, f, columns, o, batch); err != nil {
		t.Fatal(err)
	}
}

func readInto(t *testing.T, store filestest.Store, f files.File, columns []int, o files.Options, batch func([]arrow.Array)) error {
	t.Helper()
	for part := range f.Parts() {
		section := f.Section(part, columns, budget)
		fetcher := blob.NewFetcher(store, o.Scratch, &connectors.Usage{})
		for _, ranges := range section.Ranges() {
			fetcher.Add(blob.Segment{Object: f.Describe().Object, Ranges: ranges})
		}
		r, err := section.Open(t.Context(), fetcher.Get, o)
		for err == nil {
			var arrays []arrow.Array
			if arrays, _, err = r.Next(t.Context()); err == nil {
				batch(arrays)
				for _, a := range arrays {
					a.Release()
				}
			}
		}
		if r != nil {
			r.Close()
		}
		fetcher.Close()
		if err != io.EOF {
			return err
		}
	}
	return nil
}

// Texts of few different values stay in their dictionary where that was asked for.
func TestEncoded(t *testing.T) {
	store, f := golden(t, "java_zlib.orc")
	word, note := 12, 13
	rows := 0
	readBatches(t, store, f, []int{word, note, 0}, files.Options{Encoded: []int{0, 1}}, func(arrays []arrow.Array) {
		words, ok := arrays[0].(*array.Dictionary)
		if _, plain := arrays[1].(*array.String); !ok || !plain {
			t.Fatalf("vectors of %s and %s", arrays[0].DataType(), arrays[1].DataType())
		}
		for i := range words.Len() {
			if got, want := words.Dictionary().(*array.String).Value(words.GetValueIndex(i)), fmt.Sprintf("word %d", (rows+i)%50); got != want {
				t.Fatalf("row %d is %q, want %q", rows+i, got, want)
			}
		}
		rows += words.Len()
	})
	if rows != 12_000 {
		t.Errorf("%d rows", rows)
	}
	of := files.Condition{Columns: []int{0}}
	readBatches(t, store, f, []int{word}, files.Options{Encoded: []int{0}, Conditions: []files.Condition{of}}, func(arrays []arrow.Array) {
		if _, plain := arrays[0].(*array.String); !plain {
			t.Fatalf("a vector of %s, which a condition reads", arrays[0].DataType())
		}
	})
	if d := f.Distinct(0, word); d != 50 {
		t.Errorf("%v different words", d)
	}
}

// limited is an account with a limit.
type limited struct{ held, most, peak int64 }

var errFull = errors.New("the query's memory is used up")

func (l *limited) Reserve(n int64) error {
	if l.held+n > l.most {
		return errFull
	}
	l.held += n
	l.peak = max(l.peak, l.held)
	return nil
}

func (l *limited) Release(n int64) { l.held -= n }

// A dictionary and chunks that are large are charged, and freed.
func TestAccount(t *testing.T) {
	store, f := golden(t, "large_dictionary.orc")
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	o := files.Options{Memory: mem, Scratch: mem, BatchRows: 100}
	for _, most := range []int64{0, 1 << 30} {
		a := &limited{most: most}
		o.Account = a
		d := &dictionary{account: a, entries: 1}
		if err := d.reserve(freeDictionary + 1); (err == nil) != (most > 0) {
			t.Errorf("a dictionary within %d bytes: %v", most, err)
		}
		d.close()
		s := &stream{chunks: chunks{block: 1 << 20}, src: &source{release: func() {}}, scratch: mem, account: a}
		err := s.grow()
		for err == nil && int64(len(s.room)) < s.block {
			err = s.grow()
		}
		if (err == nil) != (most > 0) {
			t.Errorf("a chunk of 1 MiB within %d bytes: %v", most, err)
		}
		s.close()
		if err := readInto(t, store, f, []int{1}, o, func([]arrow.Array) {}); err != nil {
			t.Error(err) // small ones are free
		}
		if a.held != 0 || most > 0 && a.peak < freeDictionary {
			t.Errorf("%d bytes are held, at most %d were", a.held, a.peak)
		}
	}
}
