package mysql

import (
	"encoding/binary"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal"

	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

// cells are those of a column of a batch as a protocol has them. Rows are given as places in a window, which starts at row first of the batch:
// in ascending order, without those that are NULL.
type cells interface {
	// measure adds the bytes of each row's cell to the size of the row. It returns how many rows it has taken, which is one at least.
	measure(first int, rows, sizes []int) int
	// write writes cells that were measured to where at says that the row's next cell goes, and moves that on.
	write(dst []byte, first int, rows, at []int)
}

// cells returns those of a vector, dispatching once on what it is made of; nil: it can't be sent. ready is for what they find when they are measured.
func (f *formatter) cells(arr arrow.Array, t types.Type, ready *arena) cells {
	if f.binary {
		if c := f.binaryCells(arr, t, ready); c != nil {
			return c
		}
	}
	return f.textCells(arr, t, ready)
}

// textCells are those of the text protocol, after their length.
func (f *formatter) textCells(arr arrow.Array, t types.Type, ready *arena) cells {
	switch a := arr.(type) {
	case *array.String:
		c := bytesOf(arr.Data())
		if f.recode == nil {
			return c
		}
		return made{ready, func(dst []byte, i int) []byte { return wire.AppendText(dst, f.recode(string(c.at(i)))) }}
	case *array.Binary:
		return bytesOf(arr.Data())
	case *array.Int8:
		return integers[int8]{a.Int8Values(), ready}
	case *array.Int16:
		if t.Kind == types.Year {
			const digits = 4
			v := a.Int16Values()
			return fixedText(digits, func(dst []byte, i int) []byte { return appendPadded(dst, uint64(v[i]), digits) })
		}
		return integers[int16]{a.Int16Values(), ready}
	case *array.Int32:
		return integers[int32]{a.Int32Values(), ready}
	case *array.Int64:
		return integers[int64]{a.Int64Values(), ready}
	case *array.Uint8:
		return integers[uint8]{a.Uint8Values(), ready}
	case *array.Uint16:
		return integers[uint16]{a.Uint16Values(), ready}
	case *array.Uint32:
		return integers[uint32]{a.Uint32Values(), ready}
	case *array.Uint64:
		if t.Kind == types.Bit {
			v, size := a.Uint64Values(), bitBytes(t)
			return fixedText(size, func(dst []byte, i int) []byte { return appendBit(dst, v[i], size) })
		}
		return integers[uint64]{a.Uint64Values(), ready}
	case *array.Boolean:
		return fixedText(1, func(dst []byte, i int) []byte { return append(dst, '0'+boolByte(a.Value(i))) })
	case *array.Float32:
		v := a.Float32Values()
		return shortText(ready, func(dst []byte, i int) []byte { return types.AppendFloat(dst, float64(v[i]), 32) })
	case *array.Float64:
		v := a.Float64Values()
		return shortText(ready, func(dst []byte, i int) []byte { return types.AppendFloat(dst, v[i], 64) })
	case *array.Decimal64:
		return decimals{a.Values(), int(a.DataType().(arrow.DecimalType).GetScale()), ready}
	case *array.Decimal128:
		scale := int(a.DataType().(arrow.DecimalType).GetScale())
		return shortText(ready, func(dst []byte, i int) []byte { return appendDecimal128(dst, a.Value(i), scale) })
	case *array.Decimal256:
		scale := a.DataType().(arrow.DecimalType).GetScale()
		return shortText(ready, func(dst []byte, i int) []byte { return append(dst, a.Value(i).ToString(scale)...) })
	case *array.Date32:
		return dates(a.Date32Values())
	case *array.Timestamp:
		v, fsp, clock := a.TimestampValues(), int(t.Scale), f.clockOf(t)
		return fixedText(datetimeWidth(fsp), func(dst []byte, i int) []byte { return appendDatetime(dst, clock(int64(v[i])), fsp) })
	case *array.Duration:
		v, fsp := a.DurationValues(), int(t.Scale)
		return shortText(ready, func(dst []byte, i int) []byte { return appendTime(dst, int64(v[i]), fsp) })
	}
	return nil
}

// binaryCells are those that the binary protocol has in another form (Binary Protocol Value); nil: they are texts there, too.
func (f *formatter) binaryCells(arr arrow.Array, t types.Type, ready *arena) cells {
	switch a := arr.(type) {
	case *array.Boolean:
		width := 1
		if t.Kind == types.Int64 { // a predicate
			width = 8
		}
		return fixed{width, func(dst []byte, i int) []byte {
			return append(append(dst, boolByte(a.Value(i))), make([]byte, width-1)...)
		}}
	case *array.Int8:
		return words[int8](a.Int8Values())
	case *array.Int16:
		return words[int16](a.Int16Values())
	case *array.Int32:
		return words[int32](a.Int32Values())
	case *array.Int64:
		return words[int64](a.Int64Values())
	case *array.Uint8:
		return words[uint8](a.Uint8Values())
	case *array.Uint16:
		return words[uint16](a.Uint16Values())
	case *array.Uint32:
		return words[uint32](a.Uint32Values())
	case *array.Uint64:
		if t.Kind == types.Bit {
			return nil
		}
		return words[uint64](a.Uint64Values())
	case *array.Float32:
		return words[uint32](arrow.Uint32Traits.CastFromBytes(arrow.Float32Traits.CastToBytes(a.Float32Values())))
	case *array.Float64:
		return words[uint64](arrow.Uint64Traits.CastFromBytes(arrow.Float64Traits.CastToBytes(a.Float64Values())))
	case *array.Date32:
		v := a.Date32Values()
		return fixed{binaryDateSize, func(dst []byte, i int) []byte { return binaryDate(dst, int64(v[i])) }}
	case *array.Timestamp:
		v, clock := a.TimestampValues(), f.clockOf(t)
		return made{ready, func(dst []byte, i int) []byte { return binaryDatetime(dst, clock(int64(v[i]))) }}
	case *array.Duration:
		v := a.DurationValues()
		return made{ready, func(dst []byte, i int) []byte { return binaryTime(dst, int64(v[i])) }}
	}
	return nil
}

// clockOf returns what turns a value of a type into the wall time that is shown.
func (f *formatter) clockOf(t types.Type) func(us int64) int64 {
	if t.Kind == types.Timestamp {
		return f.clock.local
	}
	return func(us int64) int64 { return us }
}

func boolByte(v bool) byte {
	if v {
		return 1
	}
	return 0
}

type integer interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

// integers are texts of integers.
type integers[T integer] struct {
	values []T
	ready  *arena
}

// signed returns an integer's magnitude, and how many bytes its sign has.
func signed[T integer](v T) (magnitude uint64, sign int) {
	if v < 0 {
		return -uint64(v), 1
	}
	return uint64(v), 0
}

// measure implements cells.
func (c integers[T]) measure(first int, rows, sizes []int) int {
	values, lengths := c.values[first:], c.ready.lengthsOf(sizes)
	for _, r := range rows {
		magnitude, sign := signed(values[r])
		length := sign + digits(magnitude)
		lengths[r] = byte(length)
		sizes[r] += 1 + length
	}
	return len(rows)
}

// write implements cells.
func (c integers[T]) write(dst []byte, first int, rows, at []int) {
	values, lengths := c.values[first:], c.ready.lengths
	for _, r := range rows {
		magnitude, sign := signed(values[r])
		cell := dst[at[r]:][:1+int(lengths[r])]
		at[r] += len(cell)
		cell[0], cell[1] = lengths[r], '-' // which a digit replaces
		if magnitude < eightDigits {
			putEight(cell[1+sign:], eight(magnitude))
		} else {
			putDigits(cell[1+sign:], magnitude)
		}
	}
}

// decimals are texts of value * 10^-scale in plain notation, with all digits of the scale.
type decimals struct {
	values []decimal.Decimal64
	scale  int
	ready  *arena
}

// measure implements cells.
func (c decimals) measure(first int, rows, sizes []int) int {
	values, lengths := c.values[first:], c.ready.lengthsOf(sizes)
	point := min(c.scale, 1)
	for _, r := range rows {
		magnitude, sign := signed(int64(values[r]))
		length := sign + max(digits(magnitude), c.scale+1) + point
		lengths[r] = byte(length)
		sizes[r] += 1 + length
	}
	return len(rows)
}

// write implements cells.
func (c decimals) write(dst []byte, first int, rows, at []int) {
	values, lengths := c.values[first:], c.ready.lengths
	for _, r := range rows {
		magnitude, sign := signed(int64(values[r]))
		cell := dst[at[r]:][:1+int(lengths[r])]
		at[r] += len(cell)
		cell[0], cell[1] = lengths[r], '-' // which a digit replaces
		whole := cell[1+sign:]
		if c.scale > 0 {
			point := len(whole) - c.scale - 1
			magnitude = putDigits(whole[point+1:], magnitude)
			whole[point] = '.'
			whole = whole[:point]
		}
		if magnitude < eightDigits {
			putEight(whole, eight(magnitude))
		} else {
			putDigits(whole, magnitude)
		}
	}
}

// dates are texts of dates.
type dates []arrow.Date32

// measure implements cells.
func (c dates) measure(_ int, rows, sizes []int) int {
	for _, r := range rows {
		sizes[r] += 1 + dateWidth
	}
	return len(rows)
}

// write implements cells.
func (c dates) write(dst []byte, first int, rows, at []int) {
	values := c[first:]
	for _, r := range rows {
		cell := dst[at[r]:][:1+dateWidth]
		at[r] += len(cell)
		cell[0] = dateWidth
		putDate(cell[1:], int64(values[r]))
	}
}

// contents are texts or bytes as they are, after their length.
type contents struct {
	offsets []int32
	content []byte
}

// bytesOf returns what a vector of texts or bytes is made of.
func bytesOf(data arrow.ArrayData) contents {
	buffers := data.Buffers()
	if data.Len() == 0 {
		return contents{}
	}
	c := contents{offsets: arrow.Int32Traits.CastFromBytes(buffers[1].Bytes())[data.Offset():]}
	if buffers[2] != nil {
		c.content = buffers[2].Bytes()
	}
	return c
}

func (c contents) at(i int) []byte { return c.content[c.offsets[i]:c.offsets[i+1]] }

// measure implements cells.
func (c contents) measure(first int, rows, sizes []int) int {
	offsets := c.offsets[first:]
	for _, r := range rows {
		length := int(offsets[r+1] - offsets[r])
		sizes[r] += wire.LenencSize(uint64(length)) + length
	}
	return len(rows)
}

// write implements cells.
func (c contents) write(dst []byte, first int, rows, at []int) {
	offsets := c.offsets[first:]
	for _, r := range rows {
		content := c.content[offsets[r]:offsets[r+1]]
		p := at[r]
		if len(content) < wire.NullText {
			dst[p] = byte(len(content))
			p++
		} else {
			p = len(wire.AppendLenenc(dst[:p], uint64(len(content))))
		}
		at[r] = p + len(content)
		put(dst[p:], content)
	}
}

// words are integers as the binary protocol has them.
type words[T integer] []T

// measure implements cells.
func (c words[T]) measure(_ int, rows, sizes []int) int {
	width := binary.Size(T(0))
	for _, r := range rows {
		sizes[r] += width
	}
	return len(rows)
}

// write implements cells.
func (c words[T]) write(dst []byte, first int, rows, at []int) {
	values := c[first:]
	switch any(T(0)).(type) {
	case int8, uint8:
		for _, r := range rows {
			dst[at[r]] = byte(values[r])
			at[r]++
		}
	case int16, uint16:
		for _, r := range rows {
			binary.LittleEndian.PutUint16(dst[at[r]:], uint16(values[r]))
			at[r] += 2
		}
	case int32, uint32:
		for _, r := range rows {
			binary.LittleEndian.PutUint32(dst[at[r]:], uint32(values[r]))
			at[r] += 4
		}
	default:
		for _, r := range rows {
			binary.LittleEndian.PutUint64(dst[at[r]:], uint64(values[r]))
			at[r] += 8
		}
	}
}

// appender appends a row's cell to dst.
type appender = func(dst []byte, row int) []byte

// short appends texts of fewer than 251 bytes, after their length.
func short(text appender) appender {
	return func(dst []byte, row int) []byte {
		at := len(dst)
		dst = text(append(dst, 0), row)
		dst[at] = byte(len(dst) - at - 1)
		return dst
	}
}

// fixed are cells that all have the same size.
type fixed struct {
	size int
	cell appender
}

// fixedText is a text of fewer than 251 bytes.
func fixedText(length int, text appender) fixed { return fixed{1 + length, short(text)} }

// measure implements cells.
func (c fixed) measure(_ int, rows, sizes []int) int {
	for _, r := range rows {
		sizes[r] += c.size
	}
	return len(rows)
}

// write implements cells.
func (c fixed) write(dst []byte, first int, rows, at []int) {
	for _, r := range rows {
		at[r] = len(c.cell(dst[:at[r]:at[r]+c.size], first+r))
	}
}

// made are cells whose size is known when they are made, which is when they are measured.
type made struct {
	ready *arena
	cell  appender
}

// shortText is a text of fewer than 251 bytes.
func shortText(ready *arena, text appender) made { return made{ready, short(text)} }

// arena holds what a column has found of a window when it measured it, by row.
type arena struct {
	lengths []byte // of texts of fewer than 251 bytes
	content []byte
	cells   []span // of content
}

func (a *arena) lengthsOf(sizes []int) []byte {
	a.lengths = slices.Grow(a.lengths[:0], len(sizes))[:len(sizes)]
	return a.lengths
}

type span struct{ from, to int } // bytes

// arenaSize is how many bytes of cells are enough for a window.
const arenaSize = 1 << 20

// measure implements cells.
func (c made) measure(first int, rows, sizes []int) int {
	a := c.ready
	a.content = a.content[:0]
	a.cells = slices.Grow(a.cells[:0], len(sizes))[:len(sizes)]
	for i, r := range rows {
		from := len(a.content)
		if from > arenaSize {
			return i
		}
		a.content = c.cell(a.content, first+r)
		a.cells[r] = span{from, len(a.content)}
		sizes[r] += len(a.content) - from
	}
	return len(rows)
}

// write implements cells.
func (c made) write(dst []byte, _ int, rows, at []int) {
	for _, r := range rows {
		cell := c.ready.cells[r]
		at[r] += copy(dst[at[r]:], c.ready.content[cell.from:cell.to])
	}
}
