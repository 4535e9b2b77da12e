package mysql

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

// appender appends a row's cell to dst.
type appender = func(dst []byte, row int) []byte

// cell is a column of a batch as the protocol shows it.
type cell struct {
	nulls  []byte // the validity bitmap; nil: none is NULL
	offset int    // of the bitmap's first row
	all    bool   // every one is NULL

	// value appends the cell of a row. Of a short one it is the text alone, of fewer than 251 bytes: its length goes before it.
	value appender
	short bool
}

func (c *cell) null(row int) bool {
	return c.all || c.nulls != nil && !bitutil.BitIsSet(c.nulls, c.offset+row)
}

// append appends the value of a row, which is not NULL.
func (c *cell) append(dst []byte, row int) []byte {
	if !c.short {
		return c.value(dst, row)
	}
	at := len(dst)
	dst = c.value(append(dst, 0), row)
	dst[at] = byte(len(dst) - at - 1)
	return dst
}

// formatter turns batches of a schema into rows of the text or the binary protocol.
type formatter struct {
	schema plan.Schema
	binary bool
	clock  clock
	recode recode // of texts; nil: they stay UTF-8
	cells  []cell
}

// newFormatter returns a formatter that shows instants in loc.
func newFormatter(schema plan.Schema, loc *time.Location, binary bool, to recode) *formatter {
	return &formatter{schema: schema, binary: binary, clock: clock{loc: loc}, recode: to, cells: make([]cell, len(schema))}
}

// format returns the rows of a batch, which must not be released while they are read. They end with the next call.
func (f *formatter) format(batch arrow.RecordBatch) (page, error) {
	if int(batch.NumCols()) != len(f.schema) {
		return page{}, sqlerr.New(sqlerr.Internal, "a batch has %d columns, its schema %d", batch.NumCols(), len(f.schema))
	}
	for i, col := range f.schema {
		var err error
		if f.cells[i], err = f.cell(batch.Column(i), col.Type); err != nil {
			return page{}, fmt.Errorf("column %s: %w", col.Name, err)
		}
	}
	p := page{rows: int(batch.NumRows()), row: f.textRow, release: batch.Release}
	if f.binary {
		p.row = f.binaryRow
	}
	return p, nil
}

// textRow appends a row of the text protocol (Text Resultset Row).
func (f *formatter) textRow(dst []byte, row int) []byte {
	for i := range f.cells {
		c := &f.cells[i]
		if c.null(row) {
			dst = append(dst, wire.NullText)
			continue
		}
		dst = c.append(dst, row)
	}
	return dst
}

// binaryRow appends a row of the binary protocol (Binary Protocol Resultset Row).
func (f *formatter) binaryRow(dst []byte, row int) []byte {
	dst, nulls := beginBinaryRow(dst, len(f.cells))
	for i := range f.cells {
		c := &f.cells[i]
		if c.null(row) {
			setNull(dst[nulls:], i)
			continue
		}
		dst = c.append(dst, row)
	}
	return dst
}

// beginBinaryRow appends what is before a binary row's values, and returns where the bitmap of its NULLs starts.
func beginBinaryRow(dst []byte, columns int) ([]byte, int) {
	const header, unusedBits = 0x00, 2
	dst = append(dst, header)
	at := len(dst)
	for range (columns + unusedBits + 7) / 8 {
		dst = append(dst, 0)
	}
	return dst, at
}

func setNull(nulls []byte, column int) {
	const unusedBits = 2
	nulls[(column+unusedBits)/8] |= 1 << ((column + unusedBits) % 8)
}

// cell returns how a column's values are appended, dispatching once on what the vector is made of.
func (f *formatter) cell(arr arrow.Array, t types.Type) (c cell, err error) {
	if arr.NullN() > 0 {
		c.nulls, c.offset = arr.NullBitmapBytes(), arr.Data().Offset()
	}
	if _, ok := arr.(*array.Null); ok {
		c.all = true
		return c, nil
	}
	if f.binary {
		if c.value = f.binaryValue(arr, t); c.value != nil {
			return c, nil
		}
	}
	switch arr.(type) {
	case *array.String:
		c.value = f.texts(arr.Data())
	case *array.Binary:
		c.value = bytesOf(arr.Data())
	default:
		c.short = true
		if c.value = f.shortText(arr, t); c.value == nil {
			err = sqlerr.New(sqlerr.Internal, "a vector of %s can't be sent as %s", arr.DataType(), t)
		}
	}
	return c, err
}

// texts appends texts in the client's character set.
func (f *formatter) texts(data arrow.ArrayData) appender {
	if f.recode == nil {
		return bytesOf(data)
	}
	offsets, content := variableWidth(data)
	return func(dst []byte, i int) []byte {
		return wire.AppendText(dst, f.recode(string(content[offsets[i]:offsets[i+1]])))
	}
}

// bytesOf appends texts or bytes as they are.
func bytesOf(data arrow.ArrayData) appender {
	offsets, content := variableWidth(data)
	return func(dst []byte, i int) []byte { return wire.AppendText(dst, content[offsets[i]:offsets[i+1]]) }
}

// variableWidth returns what a vector of texts or bytes is made of.
func variableWidth(data arrow.ArrayData) (offsets []int32, content []byte) {
	buffers := data.Buffers()
	if data.Len() == 0 {
		return nil, nil
	}
	offsets = arrow.Int32Traits.CastFromBytes(buffers[1].Bytes())[data.Offset():]
	if buffers[2] != nil {
		content = buffers[2].Bytes()
	}
	return offsets, content
}

// shortText is the text of what is never long; nil: the vector has none.
func (f *formatter) shortText(arr arrow.Array, t types.Type) appender {
	switch a := arr.(type) {
	case *array.Boolean:
		return func(dst []byte, i int) []byte { return appendBool(dst, a.Value(i)) }
	case *array.Int8:
		return appendInts(a.Int8Values())
	case *array.Int16:
		if t.Kind == types.Year {
			v := a.Int16Values()
			return func(dst []byte, i int) []byte { return appendPadded(dst, uint64(v[i]), 4) }
		}
		return appendInts(a.Int16Values())
	case *array.Int32:
		return appendInts(a.Int32Values())
	case *array.Int64:
		return appendInts(a.Int64Values())
	case *array.Uint8:
		return appendUints(a.Uint8Values())
	case *array.Uint16:
		return appendUints(a.Uint16Values())
	case *array.Uint32:
		return appendUints(a.Uint32Values())
	case *array.Uint64:
		if t.Kind == types.Bit {
			v, size := a.Uint64Values(), bitBytes(t)
			return func(dst []byte, i int) []byte { return appendBit(dst, v[i], size) }
		}
		return appendUints(a.Uint64Values())
	case *array.Float32:
		v := a.Float32Values()
		return func(dst []byte, i int) []byte { return types.AppendFloat(dst, float64(v[i]), 32) }
	case *array.Float64:
		v := a.Float64Values()
		return func(dst []byte, i int) []byte { return types.AppendFloat(dst, v[i], 64) }
	case *array.Decimal64:
		v, scale := a.Values(), int(a.DataType().(arrow.DecimalType).GetScale())
		return func(dst []byte, i int) []byte { return appendDecimal(dst, int64(v[i]), scale) }
	case *array.Decimal128:
		scale := int(a.DataType().(arrow.DecimalType).GetScale())
		return func(dst []byte, i int) []byte { return appendDecimal128(dst, a.Value(i), scale) }
	case *array.Decimal256:
		scale := a.DataType().(arrow.DecimalType).GetScale()
		return func(dst []byte, i int) []byte { return append(dst, a.Value(i).ToString(scale)...) }
	case *array.Date32:
		v := a.Date32Values()
		return func(dst []byte, i int) []byte { return appendDate(dst, int64(v[i])) }
	case *array.Timestamp:
		v, fsp := a.TimestampValues(), int(t.Scale)
		if t.Kind == types.Timestamp {
			return func(dst []byte, i int) []byte { return appendDatetime(dst, f.clock.local(int64(v[i])), fsp) }
		}
		return func(dst []byte, i int) []byte { return appendDatetime(dst, int64(v[i]), fsp) }
	case *array.Duration:
		v, fsp := a.DurationValues(), int(t.Scale)
		return func(dst []byte, i int) []byte { return appendTime(dst, int64(v[i]), fsp) }
	}
	return nil
}

// binaryValue appends a value as the binary protocol has it (Binary Protocol Value); nil: it is a text there, too.
func (f *formatter) binaryValue(arr arrow.Array, t types.Type) appender {
	switch a := arr.(type) {
	case *array.Boolean:
		if t.Kind == types.Int64 { // a predicate
			return func(dst []byte, i int) []byte {
				return append(dst, boolByte(a.Value(i)), 0, 0, 0, 0, 0, 0, 0)
			}
		}
		return func(dst []byte, i int) []byte { return append(dst, boolByte(a.Value(i))) }
	case *array.Int8:
		return binaryInts(a.Int8Values())
	case *array.Int16:
		return binaryInts(a.Int16Values())
	case *array.Int32:
		return binaryInts(a.Int32Values())
	case *array.Int64:
		return binaryInts(a.Int64Values())
	case *array.Uint8:
		return binaryInts(a.Uint8Values())
	case *array.Uint16:
		return binaryInts(a.Uint16Values())
	case *array.Uint32:
		return binaryInts(a.Uint32Values())
	case *array.Uint64:
		if t.Kind == types.Bit {
			return nil
		}
		return binaryInts(a.Uint64Values())
	case *array.Float32:
		v := a.Float32Values()
		return func(dst []byte, i int) []byte { return binary.LittleEndian.AppendUint32(dst, math.Float32bits(v[i])) }
	case *array.Float64:
		v := a.Float64Values()
		return func(dst []byte, i int) []byte { return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v[i])) }
	case *array.Date32:
		v := a.Date32Values()
		return func(dst []byte, i int) []byte { return binaryDate(dst, int64(v[i])) }
	case *array.Timestamp:
		v := a.TimestampValues()
		if t.Kind == types.Timestamp {
			return func(dst []byte, i int) []byte { return binaryDatetime(dst, f.clock.local(int64(v[i]))) }
		}
		return func(dst []byte, i int) []byte { return binaryDatetime(dst, int64(v[i])) }
	case *array.Duration:
		v := a.DurationValues()
		return func(dst []byte, i int) []byte { return binaryTime(dst, int64(v[i])) }
	}
	return nil
}

func boolByte(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// binaryInts appends integers of the size that their column has.
func binaryInts[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64](v []T) appender {
	switch any(T(0)).(type) {
	case int8, uint8:
		return func(dst []byte, i int) []byte { return append(dst, byte(v[i])) }
	case int16, uint16:
		return func(dst []byte, i int) []byte { return binary.LittleEndian.AppendUint16(dst, uint16(v[i])) }
	case int32, uint32:
		return func(dst []byte, i int) []byte { return binary.LittleEndian.AppendUint32(dst, uint32(v[i])) }
	}
	return func(dst []byte, i int) []byte { return binary.LittleEndian.AppendUint64(dst, uint64(v[i])) }
}

// binaryDate appends a day counted from 1970-01-01.
func binaryDate(dst []byte, day int64) []byte {
	const size = 4
	year, month, dom := civil(day)
	return append(dst, size, byte(year), byte(year>>8), byte(month), byte(dom))
}

// binaryDatetime appends microseconds from 1970-01-01 00:00:00, without the parts at their end that are zero.
func binaryDatetime(dst []byte, us int64) []byte {
	day := us / dayMicros
	us -= day * dayMicros
	if us < 0 {
		day, us = day-1, us+dayMicros
	}
	at := len(dst)
	dst = binaryDate(dst, day)
	if us == 0 {
		return dst
	}
	dst = binaryClock(dst, us)
	dst[at] = byte(len(dst) - at - 1)
	return dst
}

// binaryTime appends a TIME of microseconds.
func binaryTime(dst []byte, us int64) []byte {
	if us == 0 {
		return append(dst, 0)
	}
	at := len(dst)
	dst = append(dst, 0, 0)
	if us < 0 {
		dst[at+1], us = 1, -us
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(us/dayMicros))
	dst = binaryClock(dst, us%dayMicros)
	dst[at] = byte(len(dst) - at - 1)
	return dst
}

// binaryClock appends a time of day.
func binaryClock(dst []byte, us int64) []byte {
	seconds := us / secondMicros
	dst = append(dst, byte(seconds/3600), byte(seconds/60%60), byte(seconds%60))
	if us %= secondMicros; us != 0 {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(us))
	}
	return dst
}
