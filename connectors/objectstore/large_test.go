//go:build integration

package objectstore

import (
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/internal/testserver"
)

// wide returns a file of one row group, larger than what a scan holds of one: ids from 0 up, and long texts.
func wide(t *testing.T, rows int) []byte {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "text", Type: arrow.BinaryTypes.Binary},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	random, text := rand.NewChaCha8([32]byte{}), make([]byte, 1000)
	for id := range rows {
		if _, err := random.Read(text); err != nil {
			t.Fatal(err)
		}
		b.Field(0).(*array.Int64Builder).Append(int64(id))
		b.Field(1).(*array.BinaryBuilder).Append(text)
	}
	batch := b.NewRecordBatch()
	defer batch.Release()
	return written(t, batch)
}

// A row group that is read in pieces: every row in order, no byte twice, and never two versions of the object.
func TestS3LargeRowGroup(t *testing.T) {
	const rows = 80_000
	s := testserver.S3(t)
	content := wide(t, rows)
	put(t, s, "lake/orders.parquet", content)
	src := open(t, s3Options(s))
	for _, replaced := range []bool{false, true} {
		x, usage := start(t, src, orders())
		for split, err := range x.Splits(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			read, err := readIDs(t, x, split, func() {
				if replaced {
					put(t, s, "lake/orders.parquet", wide(t, 3))
				}
			})
			switch {
			case replaced && (!sqlerr.Is(err, sqlerr.SourceChanged) || read == 0 || read == rows):
				t.Errorf("%d rows and error %v of an object that was replaced", read, err)
			case !replaced && (err != nil || read != rows):
				t.Errorf("%d rows, error %v; want %d", read, err, rows)
			}
		}
		if u := usage.Totals(); !replaced && (u.Bytes > int64(len(content)) || u.Requests < 4) {
			t.Errorf("%d bytes with %d requests of an object of %d", u.Bytes, u.Requests, len(content))
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}
}

// readIDs reads a split, whose first column counts from 0, and returns the number of rows; it calls begun after the first
// batch.
func readIDs(t *testing.T, x connectors.Execution, split connectors.Split, begun func()) (rows int, err error) {
	t.Helper()
	r, err := x.Open(t.Context(), split)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	for {
		batch, err := r.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		for _, id := range batch.Column(0).(*array.Int64).Int64Values() {
			if id != int64(rows) {
				t.Errorf("row %d has id %d", rows, id)
			}
			rows++
		}
		batch.Release()
		if begun != nil {
			begun()
			begun = nil
		}
	}
}
