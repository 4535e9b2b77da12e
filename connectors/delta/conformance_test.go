//go:build integration

package delta

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testengine"
	"github.com/silogate/silogate/internal/testserver"
)

func TestConformance(t *testing.T) {
	conntest.Run(t, conntest.Config{
		Source: "lake",
		Open: func(tb testing.TB, tables []conntest.Table) connectors.Connector {
			fixtures := tb.TempDir()
			for _, table := range tables {
				writeFixture(tb, filepath.Join(fixtures, table.Name+".parquet"), table)
			}
			return connect(tb, connectors.Options{"url": testserver.DeltaTables(tb, "testdata/load.py", fixtures)})
		},
		Reads: func(t types.Type) (types.Type, bool) {
			switch t.Kind {
			case types.Char, types.Varchar, types.Text:
				return types.Of(types.Text), true
			case types.Varbinary, types.Blob:
				return types.Of(types.Blob), true
			case types.Bool, types.Int8, types.Int16, types.Int32, types.Int64, types.Float32, types.Float64, types.Date:
				return t, true
			case types.Datetime, types.Timestamp:
				return types.NewTemporal(t.Kind, types.MaxFSP), true
			case types.Decimal:
				return t, t.Precision <= decimalDigits
			}
			return t, false
		},
		Evaluate: testengine.Evaluate,
		Exempt: map[string]string{
			"scan/no columns":              "the footers have the number of rows, and what was read before is kept: no request is left",
			"scan/no columns of many rows": "as above",
		},
		Broken: []conntest.Broken{{
			Name: "missing folder", Code: sqlerr.SourceDown,
			Open: func(tb testing.TB) connectors.Connector {
				return connect(tb, connectors.Options{"url": tb.TempDir() + "/none"})
			},
		}},
	})
}

// writeFixture writes a table of the suite as a Parquet file.
func writeFixture(tb testing.TB, path string, table conntest.Table) {
	tb.Helper()
	fields := make([]arrow.Field, len(table.Columns))
	for i, c := range table.Columns {
		fields[i] = arrow.Field{Name: c.Name, Type: c.Type.Arrow(), Nullable: c.Nullable}
		switch c.Type.Kind {
		case types.Decimal:
			fields[i].Type = &arrow.Decimal128Type{Precision: int32(c.Type.Precision), Scale: int32(c.Type.Scale)}
		}
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
	batch := b.NewRecordBatch()
	defer batch.Release()
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(schema, &out, parquet.NewWriterProperties(), pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	if err != nil {
		tb.Fatal(err)
	}
	if err := errors.Join(w.Write(batch), w.Close(), os.WriteFile(path, out.Bytes(), 0o600)); err != nil {
		tb.Fatal(err)
	}
}

func appendValue(b array.Builder, v types.Value, t types.Type) error {
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(v.Int != 0)
	case *array.Int8Builder:
		b.Append(int8(v.Int))
	case *array.Int16Builder:
		b.Append(int16(v.Int))
	case *array.Int32Builder:
		b.Append(int32(v.Int))
	case *array.Int64Builder:
		b.Append(v.Int)
	case *array.Float32Builder:
		b.Append(float32(v.Float))
	case *array.Float64Builder:
		b.Append(v.Float)
	case *array.Date32Builder:
		b.Append(arrow.Date32(v.Int))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v.Int))
	case *array.Decimal128Builder:
		n, err := decimal.Decimal128FromString(v.Dec.ToString(int32(t.Scale)), int32(t.Precision), int32(t.Scale))
		if err != nil {
			return err
		}
		b.Append(n)
	case *array.StringBuilder:
		b.Append(v.Str)
	case *array.BinaryBuilder:
		b.Append([]byte(v.Str))
	default:
		return fmt.Errorf("no fixture of type %s", t)
	}
	return nil
}
