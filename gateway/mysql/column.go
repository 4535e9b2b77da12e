package mysql

import (
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/dolthub/vitess/go/sqltypes"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// chunk is a batch as rows of the text protocol. Its texts share one buffer.
type chunk struct {
	rows  [][]sqltypes.Value
	cells []sqltypes.Value // of all rows; a cell that is not set is NULL
	width int              // columns
	buf   []byte
}

// formatter turns batches of a schema into chunks.
type formatter struct {
	schema plan.Schema
	clock  clock
	kept   *chunk // reused, unless the receiver keeps chunks
}

// newFormatter returns a formatter that shows instants in loc. With reuse a chunk is valid until the next one is made.
func newFormatter(schema plan.Schema, loc *time.Location, reuse bool) *formatter {
	f := &formatter{schema: schema, clock: clock{loc: loc}}
	if reuse {
		f.kept = &chunk{}
	}
	return f
}

// format returns the rows of a batch. They do not refer to its memory.
func (f *formatter) format(batch arrow.RecordBatch) (*chunk, error) {
	if int(batch.NumCols()) != len(f.schema) {
		return nil, sqlerr.New(sqlerr.Internal, "a batch has %d columns, its schema %d", batch.NumCols(), len(f.schema))
	}
	c := f.kept
	if c == nil {
		c = &chunk{}
	}
	c.reset(int(batch.NumRows()), len(f.schema))
	for i, col := range f.schema {
		if err := f.column(c, i, batch.Column(i), col.Type); err != nil {
			return nil, fmt.Errorf("column %s: %w", col.Name, err)
		}
	}
	return c, nil
}

func (c *chunk) reset(rows, width int) {
	c.width = width
	c.buf = c.buf[:0]
	if cap(c.cells) < rows*width {
		c.cells = make([]sqltypes.Value, rows*width)
	}
	c.cells = c.cells[:rows*width]
	clear(c.cells)
	c.rows = c.rows[:0]
	for i := range rows {
		c.rows = append(c.rows, c.cells[i*width:(i+1)*width:(i+1)*width])
	}
}

// fill sets the cells of column at for all rows that are not NULL; text appends the text of one.
//
// A cell stays valid when a later append moves the buffer: the old one keeps its bytes.
func (c *chunk) fill(at int, arr arrow.Array, typ querypb.Type, text func(dst []byte, row int) []byte) {
	nulls := arr.NullN() > 0
	for row := range arr.Len() {
		if nulls && arr.IsNull(row) {
			continue
		}
		start := len(c.buf)
		c.buf = text(c.buf, row)
		c.cells[row*c.width+at] = sqltypes.MakeTrusted(typ, c.buf[start:len(c.buf):len(c.buf)])
	}
}

// column formats one column, dispatching once on what the vector is made of.
func (f *formatter) column(c *chunk, at int, arr arrow.Array, t types.Type) error {
	typ := wireType(t)
	var text func([]byte, int) []byte
	switch a := arr.(type) {
	case *array.Null:
		return nil
	case *array.Boolean:
		text = func(dst []byte, i int) []byte { return appendBool(dst, a.Value(i)) }
	case *array.Int8:
		text = appendInts(a.Int8Values())
	case *array.Int16:
		if t.Kind == types.Year {
			v := a.Int16Values()
			text = func(dst []byte, i int) []byte { return appendPadded(dst, int(v[i]), 4) }
		} else {
			text = appendInts(a.Int16Values())
		}
	case *array.Int32:
		text = appendInts(a.Int32Values())
	case *array.Int64:
		text = appendInts(a.Int64Values())
	case *array.Uint8:
		text = appendUints(a.Uint8Values())
	case *array.Uint16:
		text = appendUints(a.Uint16Values())
	case *array.Uint32:
		text = appendUints(a.Uint32Values())
	case *array.Uint64:
		if t.Kind == types.Bit {
			v, size := a.Uint64Values(), bitBytes(t)
			text = func(dst []byte, i int) []byte { return appendBit(dst, v[i], size) }
		} else {
			text = appendUints(a.Uint64Values())
		}
	case *array.Float32:
		v := a.Float32Values()
		text = func(dst []byte, i int) []byte { return types.AppendFloat(dst, float64(v[i]), 32) }
	case *array.Float64:
		v := a.Float64Values()
		text = func(dst []byte, i int) []byte { return types.AppendFloat(dst, v[i], 64) }
	case *array.Decimal64:
		scale := int(a.DataType().(arrow.DecimalType).GetScale())
		text = func(dst []byte, i int) []byte { return appendDecimal(dst, int64(a.Value(i)), scale) }
	case *array.Decimal128:
		scale := int(a.DataType().(arrow.DecimalType).GetScale())
		text = func(dst []byte, i int) []byte { return appendDecimal128(dst, a.Value(i), scale) }
	case *array.Decimal256:
		scale := a.DataType().(arrow.DecimalType).GetScale()
		text = func(dst []byte, i int) []byte { return append(dst, a.Value(i).ToString(scale)...) }
	case *array.Date32:
		text = func(dst []byte, i int) []byte { return appendDate(dst, int64(a.Value(i))) }
	case *array.Timestamp:
		text = f.timestamps(a, t)
	case *array.Duration:
		text = func(dst []byte, i int) []byte { return appendTime(dst, int64(a.Value(i)), int(t.Scale)) }
	case *array.String:
		text = func(dst []byte, i int) []byte { return append(dst, a.Value(i)...) }
	case *array.Binary:
		text = func(dst []byte, i int) []byte { return append(dst, a.Value(i)...) }
	default:
		return sqlerr.New(sqlerr.Internal, "a vector of %s can't be sent as %s", arr.DataType(), t)
	}
	c.fill(at, arr, typ, text)
	return nil
}

func (f *formatter) timestamps(a *array.Timestamp, t types.Type) func([]byte, int) []byte {
	fsp := int(t.Scale)
	if t.Kind == types.Timestamp {
		return func(dst []byte, i int) []byte {
			return appendDatetime(dst, f.clock.local(int64(a.Value(i))), fsp)
		}
	}
	return func(dst []byte, i int) []byte { return appendDatetime(dst, int64(a.Value(i)), fsp) }
}

// wireTypes are the protocol's types by kind.
var wireTypes = [...]querypb.Type{
	types.Null: sqltypes.Null, types.Bool: sqltypes.Int8, types.Int8: sqltypes.Int8, types.Int16: sqltypes.Int16,
	types.Int32: sqltypes.Int32, types.Int64: sqltypes.Int64, types.Uint8: sqltypes.Uint8, types.Uint16: sqltypes.Uint16,
	types.Uint32: sqltypes.Uint32, types.Uint64: sqltypes.Uint64, types.Float32: sqltypes.Float32,
	types.Float64: sqltypes.Float64, types.Decimal: sqltypes.Decimal, types.Date: sqltypes.Date,
	types.Datetime: sqltypes.Datetime, types.Timestamp: sqltypes.Timestamp, types.Time: sqltypes.Time,
	types.Year: sqltypes.Year, types.Char: sqltypes.Char, types.Varchar: sqltypes.VarChar, types.Text: sqltypes.Text,
	types.Binary: sqltypes.Binary, types.Varbinary: sqltypes.VarBinary, types.Blob: sqltypes.Blob,
	types.JSON: sqltypes.TypeJSON, types.Enum: sqltypes.Enum, types.Set: sqltypes.Set, types.Bit: sqltypes.Bit,
}

func wireType(t types.Type) querypb.Type { return wireTypes[t.Kind] }
