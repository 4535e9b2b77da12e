package objectstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal"
	"github.com/apache/arrow-go/v18/arrow/extensions"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testengine"
)

// connect opens a folder as a source named lake.
func connect(tb testing.TB, dir string) connectors.Connector {
	tb.Helper()
	c, err := Open(context.Background(), connectors.Config{
		Name: "lake", Options: connectors.Options{"url": dir}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func TestConformance(t *testing.T) {
	conformTyped(t, ".parquet", fixture, map[string]string{
		"scan/no columns":              "the footer, read with the table's columns, has the number of rows: no request is left",
		"scan/no columns of many rows": "as above",
	})
}

func TestConformanceOfArrow(t *testing.T) { conformTyped(t, ".arrow", arrowFixture, nil) }

// conformTyped runs the suite over a format that has types.
func conformTyped(t *testing.T, extension string, encode func(testing.TB, conntest.Table) []byte, exempt map[string]string) {
	conntest.Run(t, conntest.Config{
		Source: "lake",
		Open: func(tb testing.TB, tables []conntest.Table) connectors.Connector {
			dir := tb.TempDir()
			for _, table := range tables {
				write(tb, dir, table.Name+extension, encode(tb, table))
			}
			return connect(tb, dir)
		},
		Reads: func(t types.Type) (types.Type, bool) {
			switch t.Kind {
			case types.Char, types.Varchar:
				return types.Of(types.Text), true
			}
			return t, true
		},
		Evaluate: testengine.Evaluate,
		Exempt:   exempt,
		Broken: []conntest.Broken{{
			Name: "missing folder", Code: sqlerr.SourceDown,
			Open: func(tb testing.TB) connectors.Connector { return connect(tb, filepath.Join(tb.TempDir(), "none")) },
		}},
	})
}

// fixture returns a table of the suite as a Parquet file of several row groups.
func fixture(tb testing.TB, table conntest.Table) []byte {
	tb.Helper()
	batch := batchOf(tb, table)
	defer batch.Release()
	var out bytes.Buffer
	props := parquet.NewWriterProperties(parquet.WithMaxRowGroupLength(20_000), parquet.WithVersion(parquet.V2_LATEST))
	w, err := pqarrow.NewFileWriter(batch.Schema(), &out, props, pqarrow.DefaultWriterProps())
	if err != nil {
		tb.Fatal(err)
	}
	if err := errors.Join(w.Write(batch), w.Close()); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// arrowFixture returns a table of the suite as an Arrow file of several record batches.
func arrowFixture(tb testing.TB, table conntest.Table) []byte {
	tb.Helper()
	batch := batchOf(tb, table)
	defer batch.Release()
	var out bytes.Buffer
	w, err := ipc.NewFileWriter(&out, ipc.WithSchema(batch.Schema()), ipc.WithLZ4())
	if err != nil {
		tb.Fatal(err)
	}
	const most = 20_000
	for from := int64(0); from < batch.NumRows(); from += most {
		part := batch.NewSlice(from, min(from+most, batch.NumRows()))
		if err := w.Write(part); err != nil {
			tb.Fatal(err)
		}
		part.Release()
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// batchOf returns a table of the suite as Arrow.
func batchOf(tb testing.TB, table conntest.Table) arrow.RecordBatch {
	tb.Helper()
	fields := make([]arrow.Field, len(table.Columns))
	for i, c := range table.Columns {
		fields[i] = arrow.Field{Name: c.Name, Type: fileType(c.Type), Nullable: c.Nullable}
	}
	schema := arrow.NewSchema(fields, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for _, row := range table.Rows {
		for i, v := range row {
			if v.Null {
				b.Field(i).AppendNull()
			} else if err := appendValue(b.Field(i), v, table.Columns[i].Type); err != nil {
				tb.Fatal(err)
			}
		}
	}
	return b.NewRecordBatch()
}

// fileType is the Arrow type that a type is written as.
func fileType(t types.Type) arrow.DataType {
	switch {
	case t.Kind == types.Decimal && t.Precision <= 38:
		return &arrow.Decimal128Type{Precision: int32(t.Precision), Scale: int32(t.Scale)}
	case t.Kind == types.Decimal:
		return &arrow.Decimal256Type{Precision: int32(t.Precision), Scale: int32(t.Scale)}
	case t.Kind == types.Time:
		return arrow.FixedWidthTypes.Time64us
	case t.Kind == types.JSON:
		json, err := extensions.NewJSONType(arrow.BinaryTypes.String)
		if err != nil {
			panic(err)
		}
		return json
	}
	return t.Arrow()
}

func appendValue(b array.Builder, v types.Value, t types.Type) error {
	switch b := b.(type) {
	case *array.Int8Builder:
		b.Append(int8(v.Int))
	case *array.Int16Builder:
		b.Append(int16(v.Int))
	case *array.Int32Builder:
		b.Append(int32(v.Int))
	case *array.Int64Builder:
		b.Append(v.Int)
	case *array.Uint8Builder:
		b.Append(uint8(v.Int))
	case *array.Uint16Builder:
		b.Append(uint16(v.Int))
	case *array.Uint32Builder:
		b.Append(uint32(v.Int))
	case *array.Uint64Builder:
		b.Append(uint64(v.Int))
	case *array.Float32Builder:
		b.Append(float32(v.Float))
	case *array.Float64Builder:
		b.Append(v.Float)
	case *array.Date32Builder:
		b.Append(arrow.Date32(v.Int))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v.Int))
	case *array.Time64Builder:
		b.Append(arrow.Time64(v.Int))
	case *array.Decimal128Builder:
		n, err := decimal.Decimal128FromString(v.Dec.ToString(int32(t.Scale)), int32(t.Precision), int32(t.Scale))
		if err != nil {
			return err
		}
		b.Append(n)
	case *array.Decimal256Builder:
		b.Append(v.Dec)
	case *array.StringBuilder:
		b.Append(v.Str)
	case *array.BinaryBuilder:
		b.Append([]byte(v.Str))
	case *array.ExtensionBuilder:
		return appendValue(b.Builder, v, t)
	default:
		return fmt.Errorf("no fixture of type %s", t)
	}
	return nil
}
