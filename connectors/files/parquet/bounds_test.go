package parquet

import (
	"bytes"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
)

func showBounds(b files.Bounds) string {
	low, high := "?", "?"
	if b.HasMin {
		low = b.Min.Format(b.Type, time.UTC)
	}
	if b.HasMax {
		high = b.Max.Format(b.Type, time.UTC)
	}
	return fmt.Sprintf("%s..%s nulls=%d rows=%d", low, high, b.Nulls, b.Rows)
}

func TestBoundsOfDuckDB(t *testing.T) {
	_, f, err := openFile(t, "testdata/duckdb_v1.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"i":     "0..299 nulls=0 rows=300",
		"big":   "0..89401 nulls=0 rows=300",
		"money": "0.00..2.99 nulls=0 rows=300",
		"wide":  "0.000000..299.000299 nulls=0 rows=300",
		"d":     "1992-01-01..1992-10-26 nulls=0 rows=300",
		"ts":    "2024-01-01 00:00:00.123456..2024-01-13 11:00:00.123456 nulls=0 rows=300",
		"s":     "v0..v6 nulls=100 rows=300",
		"u8":    "0..255 nulls=0 rows=300",
		"u32":   "0..29900000 nulls=0 rows=300",
	} {
		if got := showBounds(f.Bounds(0, position(f, name))); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestBoundsOfUntrustworthyStatistics(t *testing.T) {
	_, f, err := openFile(t, "testdata/duckdb_v1.parquet")
	if err != nil {
		t.Fatal(err)
	}
	text, integer, unsigned := position(f, "s"), position(f, "i"), position(f, "u32")
	legacy := func(column int) {
		s := f.meta.RowGroups[0].Columns[column].MetaData.Statistics
		s.Min, s.Max, s.MinValue, s.MaxValue = s.MinValue, s.MaxValue, nil, nil
	}
	for _, column := range []int{text, integer, unsigned} {
		legacy(column)
	}
	// The old fields are in signed order, which is wrong for texts and unsigned integers.
	for column, want := range map[int]string{
		text: "?..? nulls=100 rows=300", integer: "0..299 nulls=0 rows=300", unsigned: "?..? nulls=0 rows=300",
	} {
		if got := showBounds(f.Bounds(0, column)); got != want {
			t.Errorf("legacy %s: %s, want %s", f.Columns[column].Name, got, want)
		}
	}
	// The new fields mean nothing without an order, unless the type has but one.
	f.meta.ColumnOrders = nil
	date, money, wide := position(f, "d"), position(f, "money"), position(f, "wide")
	for column, ok := range map[int]bool{date: true, money: true, wide: false} {
		if b := f.Bounds(0, column); b.HasMin != ok || b.HasMax != ok {
			t.Errorf("no order, %s: %s", f.Columns[column].Name, showBounds(b))
		}
	}
	// A statistic of the wrong length is none.
	s := f.meta.RowGroups[0].Columns[date].MetaData.Statistics
	s.MinValue = s.MinValue[:3]
	if b := f.Bounds(0, date); b.HasMin || !b.HasMax {
		t.Errorf("cut statistic: %s", showBounds(b))
	}
	f.meta.RowGroups[0].Columns[date].MetaData.Statistics = nil
	if got, want := showBounds(f.Bounds(0, date)), "?..? nulls=-1 rows=300"; got != want {
		t.Errorf("no statistics: %s, want %s", got, want)
	}
}

// fileOf writes a batch to a file of one row group, as the writer likes.
func fileOf(t *testing.T, batch arrow.RecordBatch) *File {
	t.Helper()
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(batch.Schema(), &out, nil, pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(batch); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	o := blob.Object{Key: "x", Size: int64(out.Len()), ETag: "1"}
	f, err := New(0).open(t.Context(), memoryStore{content: out.Bytes()}, o, &connectors.Usage{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// NaN is NULL to the engine but not to the file: its count of NULLs and a bound of NaN prove nothing.
func TestBoundsOfFloats(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "f", Type: arrow.PrimitiveTypes.Float64}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	b.Field(0).(*array.Float64Builder).AppendValues([]float64{1, math.NaN(), 5}, nil)
	batch := b.NewRecordBatch()
	defer batch.Release()
	f := fileOf(t, batch)
	if !f.Columns[0].Nullable {
		t.Error("a column that may hold NaN is not nullable")
	}
	if got, want := showBounds(f.Bounds(0, 0)), "1..5 nulls=-1 rows=3"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	nan := []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x7f}
	f.meta.RowGroups[0].Columns[0].MetaData.Statistics.MinValue = nan
	if got, want := showBounds(f.Bounds(0, 0)), "?..? nulls=-1 rows=3"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// What a writer counted is believed; else the size of dictionary indices tells within a factor of two.
func TestDistinct(t *testing.T) {
	const rows, entries = 50_000, 100
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "text", Type: arrow.BinaryTypes.String}, {Name: "flag", Type: arrow.FixedWidthTypes.Boolean},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i := range rows {
		b.Field(0).(*array.StringBuilder).Append(fmt.Sprintf("text %d", i%entries))
		b.Field(1).(*array.BooleanBuilder).Append(i%2 == 0)
	}
	batch := b.NewRecordBatch()
	defer batch.Release()
	f := fileOf(t, batch)
	const text, flag = 0, 1
	chunk := f.meta.RowGroups[0].Columns[text].MetaData
	for _, c := range []struct {
		name     string
		column   int
		counted  int64
		min, max float64
	}{
		{"counted", text, entries + 1, entries + 1, entries + 1},
		{"more than there are values", text, rows + 1, rows, rows},
		{"by the indices", text, 0, entries / 2, entries * 2},
		{"without a dictionary", flag, 0, 0, 0},
	} {
		chunk.Statistics.DistinctCount = &c.counted
		if got := f.Distinct(0, c.column); got < c.min || got > c.max {
			t.Errorf("%s: %g, want %g to %g", c.name, got, c.min, c.max)
		}
	}
	chunk.Statistics = nil
	if got := f.Distinct(0, text); got < entries/2 || got > entries*2 {
		t.Errorf("without statistics: %g", got)
	}
}
