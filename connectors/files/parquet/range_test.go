package parquet

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/silogate/silogate/connectors/files/filestest"
	"github.com/silogate/silogate/engine/types"
)

// TestBeyondMySQLsRange checks that dates, moments and times that MySQL does not have are NULL.
func TestBeyondMySQLsRange(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "d", Type: arrow.FixedWidthTypes.Date32}, {Name: "m", Type: &arrow.TimestampType{Unit: arrow.Microsecond}},
		{Name: "t", Type: arrow.FixedWidthTypes.Time64us}, {Name: "ms", Type: arrow.FixedWidthTypes.Time32ms}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	b.Field(0).(*array.Date32Builder).AppendValues([]arrow.Date32{types.FirstDay, types.FirstDay - 1, types.LastDay + 1}, nil)
	b.Field(1).(*array.TimestampBuilder).AppendValues([]arrow.Timestamp{types.LastMoment, types.LastMoment + 1, math.MinInt64}, nil)
	b.Field(2).(*array.Time64Builder).AppendValues([]arrow.Time64{-types.LastTime, types.LastTime + 1, math.MinInt64}, nil)
	b.Field(3).(*array.Time32Builder).AppendValues([]arrow.Time32{5, math.MaxInt32, math.MinInt32}, nil)
	batch := b.NewRecordBatch()
	defer batch.Release()
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(schema, &out, nil, pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(batch); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, rows, err := filestest.Read(t, New(0), "x.parquet", out.Bytes())
	const last = "0001-01-01 9999-12-31 23:59:59.999999 -838:59:59.000000 00:00:00.005"
	if err != nil || !slices.Equal(rows, []string{last, "NULL NULL NULL 596:31:23.647", "NULL NULL NULL -596:31:23.648"}) {
		t.Errorf("%q, error %v", rows, err)
	}
}
