package parquet

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
)

// Encodings of the texts of numbered.
var (
	asPlain      = parquet.WithDictionaryFor("text", false)
	asDictionary = parquet.WithDictionaryFor("text", true)
	asDelta      = parquet.WithEncodingFor("text", parquet.Encodings.DeltaByteArray)
)

// numbered writes a file of one row group whose rows are id, text(id) and a list of id.
func numbered(t *testing.T, rows int, encoding parquet.WriterProperty, text func(id int) string) (blob.Store, *File) {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "text", Type: arrow.BinaryTypes.String},
		{Name: "list", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64)},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for id := range rows {
		b.Field(0).(*array.Int64Builder).Append(int64(id))
		b.Field(1).(*array.StringBuilder).Append(text(id))
		list := b.Field(2).(*array.ListBuilder)
		list.Append(true)
		list.ValueBuilder().(*array.Int64Builder).Append(int64(id))
	}
	batch := b.NewRecordBatch()
	defer batch.Release()
	var out bytes.Buffer
	props := parquet.NewWriterProperties(
		parquet.WithDictionaryDefault(false), encoding, parquet.WithBatchSize(64))
	w, err := pqarrow.NewFileWriter(schema, &out, props, pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(batch); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	store := memoryStore{content: out.Bytes()}
	f, err := New(0).open(t.Context(), store, blob.Object{Key: "x", Size: int64(out.Len()), ETag: "1"}, &connectors.Usage{})
	if err != nil {
		t.Fatal(err)
	}
	return store, f
}

// readNumbered reads what numbered wrote and checks every row; it returns the most rows of a batch.
func readNumbered(t *testing.T, mem memory.Allocator, store blob.Store, f *File, budget int64, text func(id int) string) int {
	t.Helper()
	pool := blob.NewPool(mem)
	defer pool.Close()
	rows, most := make([]int, 3), 0
	err := readGroup(t.Context(), mem, pool, store, f, 0, []int{0, 1, 2}, budget, 8192, func(column int, a arrow.Array) {
		for i := range a.Len() {
			id := rows[column] + i
			want := []string{fmt.Sprint(id), "", fmt.Sprintf("[%d]", id)}[column]
			if column == 1 {
				want = text(id)
			}
			if got := a.ValueStr(i); got != want {
				t.Fatalf("row %d, column %d: %.40q, want %.40q", id, column, got, want)
			}
		}
		rows[column] += a.Len()
		most = max(most, a.Len())
	})
	if want := int(f.Rows(0)); err != nil || rows[0] != want || rows[1] != want || rows[2] != want {
		t.Fatalf("%v rows, error %v; want %d", rows, err, want)
	}
	return most
}

// A row group of any size is read in memory of about the budget and a batch.
func TestLargeRowGroup(t *testing.T) {
	const rows, width, budget = 60_000, 1000, 4 << 20
	letters := make([]byte, rows*2+width)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range letters {
		letters[i] = byte('a' + random.IntN(26))
	}
	text := func(id int) string { return string(letters[2*id : 2*id+width]) }
	store, f := numbered(t, rows, asPlain, text)
	if size := f.Object.Size; size < rows*width {
		t.Fatalf("the file has %d bytes", size)
	}
	checked := bufpooltest.New()
	defer checked.AssertSize(t, 0)
	mem := &bufpooltest.Gauge{Allocator: checked}
	readNumbered(t, mem, store, f, budget, text)
	if limit := 2*budget + 2*batchBytes; mem.Peak() > int64(limit) {
		t.Errorf("%d bytes were held at once of a row group of %d, want at most %d", mem.Peak(), f.Object.Size, limit)
	}
}

// Long values of a dictionary make short batches, though their column takes few bytes in the file.
func TestLongDictionaryEntries(t *testing.T) {
	const rows, width = 3000, 20_000
	text := func(id int) string { return strings.Repeat(string(rune('a'+id%3)), width) }
	store, f := numbered(t, rows, asDictionary, text)
	if size := f.Object.Size; size > rows*width/100 {
		t.Fatalf("the file has %d bytes: no dictionary", size)
	}
	checked := bufpooltest.New()
	defer checked.AssertSize(t, 0)
	if most := readNumbered(t, checked, store, f, wholeGroup, text); most*width > batchBytes {
		t.Errorf("a batch of %d rows of %d bytes, want at most %d bytes", most, width, batchBytes)
	}
}

// Long values that share most of their bytes make short batches, though they take few bytes in the file; one that is longer
// than a batch is a batch.
func TestLongSharedPrefixes(t *testing.T) {
	for _, c := range []struct{ rows, width, most int }{{600, 100_000, batchBytes / 100_000}, {20, batchBytes + 1000, 1}} {
		whole := strings.Repeat("a long prefix ", c.width/14+1)[:c.width]
		text := func(id int) string { return whole + fmt.Sprintf("%03d", id) }
		store, f := numbered(t, c.rows, asDelta, text)
		if size := f.Object.Size; size > int64(c.rows*c.width/10) {
			t.Fatalf("the file has %d bytes: no prefixes are shared", size)
		}
		checked := bufpooltest.New()
		defer checked.AssertSize(t, 0)
		if most := readNumbered(t, checked, store, f, wholeGroup, text); most > c.most {
			t.Errorf("a batch of %d rows of %d bytes, want at most %d", most, c.width, c.most)
		}
	}
}
