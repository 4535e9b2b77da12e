package text

import (
	"fmt"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr/kernel/jsondoc"
	"github.com/silogate/silogate/engine/types"
)

// column converts the cells of one column of a file.
type column struct {
	name    string
	typ     types.Type
	place   int // in a row of the grid
	syntax  Syntax
	width   types.Width // of decimals: as narrow as the values so far allow
	scratch []byte
	lost    bool // the batch had a value that MySQL does not have
}

// verdict is what becomes of a cell.
type verdict uint8

const (
	good verdict = iota
	null
	bad     // it is no value of the column's type
	tooWide // it needs wider decimals
)

// batch is the cells that are converted together.
type batch struct {
	mem      memory.Allocator
	data     []byte
	grid     *Grid
	rejected []rejected
}

// rejected is a cell that is no value of its column's type and became NULL.
type rejected struct {
	column *column
	row    int
}

// array converts the column of a batch.
func (c *column) array(b *batch) arrow.Array {
	before := len(b.rejected)
	for {
		b.rejected = b.rejected[:before]
		builder := array.NewBuilder(b.mem, c.arrow())
		wide := c.fill(b, builder)
		if !wide {
			out := builder.NewArray()
			builder.Release()
			return out
		}
		builder.Release()
		c.width = map[types.Width]types.Width{types.W64: types.W128, types.W128: types.W256}[c.width]
	}
}

func (c *column) arrow() arrow.DataType {
	if c.typ.Kind == types.Decimal {
		return types.DecimalArrow(c.width, int(c.typ.Scale))
	}
	return c.typ.Arrow()
}

// fill appends the cells to a builder of the column's type; wide: decimals do not fit its width.
func (c *column) fill(b *batch, builder array.Builder) (wide bool) {
	builder.Reserve(b.grid.rows)
	switch builder := builder.(type) {
	case *array.BooleanBuilder:
		return each(c, b, builder, c.boolean)
	case *array.Int64Builder:
		return each(c, b, builder, c.integer)
	case *array.Float64Builder:
		return each(c, b, builder, c.float)
	case *array.Date32Builder:
		return each(c, b, builder, c.date)
	case *array.TimestampBuilder:
		return each(c, b, builder, c.timestamp)
	case *array.DurationBuilder:
		return each(c, b, builder, c.time)
	case *array.Decimal64Builder:
		return each(c, b, builder, c.decimal64)
	case *array.Decimal128Builder:
		return each(c, b, builder, c.decimal128)
	case *array.Decimal256Builder:
		return each(c, b, builder, c.decimal256)
	case *array.StringBuilder:
		size := 0
		for at := c.place; at < b.grid.rows*b.grid.Width; at += b.grid.Width {
			size += int(b.grid.cells[at].To - b.grid.cells[at].From)
		}
		builder.ReserveData(size)
		convert := c.text
		if c.typ.Kind == types.JSON {
			convert = c.document
		}
		return each(c, b, texts{builder.BinaryBuilder}, convert)
	}
	panic(fmt.Sprintf("text: no reader for %s", c.typ))
}

// texts appends texts without a copy of each.
type texts struct{ *array.BinaryBuilder }

// UnsafeAppend appends a text.
func (t texts) UnsafeAppend(v []byte) { t.Append(v) }

// UnsafeAppendBoolToBitmap appends a NULL.
func (t texts) UnsafeAppendBoolToBitmap(bool) { t.AppendNull() }

// appender is a builder with room for what is appended.
type appender[T any] interface {
	UnsafeAppend(T)
	UnsafeAppendBoolToBitmap(bool)
}

// each converts the cells one after the other.
func each[T any, A appender[T]](c *column, b *batch, builder A, convert func(data []byte, cell Cell) (T, verdict)) (wide bool) {
	g := b.grid
	for row, at := 0, c.place; row < g.rows; row, at = row+1, at+g.Width {
		v, is := convert(b.data, g.cells[at])
		switch is {
		case good:
			builder.UnsafeAppend(v)
			continue
		case tooWide:
			return true
		case bad:
			b.rejected = append(b.rejected, rejected{c, row})
		}
		builder.UnsafeAppendBoolToBitmap(false)
	}
	return false
}

// value returns the bytes of a cell that may be a value of a type other than text: without escapes, quotes and spaces around.
func (c *column) value(data []byte, cell Cell) []byte {
	v := data[cell.From:cell.To]
	if cell.Kind == Escaped || cell.Kind == EscapedString {
		c.scratch = c.syntax.Unescape(c.scratch[:0], v)
		v = c.scratch
	}
	return trim(v)
}

// empty is what an empty cell is: NULL, unless it is a text of a format with types.
func empty(cell Cell) verdict {
	if cell.Kind == Null || cell.Kind == Plain || cell.Kind == Escaped {
		return null
	}
	return bad
}

// numeric reports a cell that may hold a value of any type, or a number of a format with types.
func numeric(cell Cell) bool {
	return cell.Kind == Plain || cell.Kind == Escaped || cell.Kind == Number
}

// temporal reports a cell that may hold a date or time.
func temporal(cell Cell) bool {
	return cell.Kind == Plain || cell.Kind == Escaped || cell.Kind == String || cell.Kind == EscapedString
}

func (c *column) boolean(data []byte, cell Cell) (bool, verdict) {
	if cell.Kind == True || cell.Kind == False {
		return cell.Kind == True, good
	}
	v := c.value(data, cell)
	if len(v) == 0 {
		return false, empty(cell)
	}
	b, ok := parseBool(v)
	return b, judge(ok && (cell.Kind == Plain || cell.Kind == Escaped))
}

func judge(ok bool) verdict {
	if ok {
		return good
	}
	return bad
}

func (c *column) integer(data []byte, cell Cell) (int64, verdict) {
	v := c.value(data, cell)
	if len(v) == 0 {
		return 0, empty(cell)
	}
	n, ok := parseInt(v)
	return n, judge(ok && numeric(cell))
}

func (c *column) float(data []byte, cell Cell) (float64, verdict) {
	v := c.value(data, cell)
	if len(v) == 0 {
		return 0, empty(cell)
	}
	f, ok, lost := parseFloat(v)
	if !ok || !numeric(cell) {
		return 0, bad
	}
	if lost {
		c.lost = true
		return 0, null
	}
	return f, good
}

func (c *column) decimal64(data []byte, cell Cell) (n decimal.Decimal64, is verdict) {
	v := c.value(data, cell)
	if len(v) == 0 {
		return 0, empty(cell)
	}
	k, ok, fits := parseDecimal64(v, int(c.typ.Scale))
	if !ok || !numeric(cell) {
		return 0, bad
	}
	if !fits {
		return 0, c.beyond(v)
	}
	return decimal.Decimal64(k), good
}

// beyond is what a number is that does not fit the width of now.
func (c *column) beyond(v []byte) verdict {
	if _, ok := parseDecimal256(v, int(c.typ.Precision), int(c.typ.Scale)); !ok {
		return bad
	}
	return tooWide
}

func (c *column) decimal128(data []byte, cell Cell) (n decimal128.Num, is verdict) {
	wide, is := c.decimal256(data, cell)
	if is != good {
		return n, is
	}
	if !wide.FitsInPrecision(types.Digits128) {
		return n, tooWide
	}
	words := wide.Array()
	return decimal128.New(int64(words[1]), words[0]), good
}

func (c *column) decimal256(data []byte, cell Cell) (n decimal256.Num, is verdict) {
	v := c.value(data, cell)
	if len(v) == 0 {
		return n, empty(cell)
	}
	n, ok := parseDecimal256(v, int(c.typ.Precision), int(c.typ.Scale))
	return n, judge(ok && numeric(cell))
}

func (c *column) date(data []byte, cell Cell) (arrow.Date32, verdict) {
	v := c.value(data, cell)
	if len(v) == 0 {
		return 0, empty(cell)
	}
	days, ok := parseDay(v)
	return arrow.Date32(days), judge(ok && temporal(cell))
}

// units are the microseconds of the last digit of a fraction, by the number of digits.
var units = [types.MaxFSP + 1]int64{1_000_000, 100_000, 10_000, 1000, 100, 10, 1}

func (c *column) timestamp(data []byte, cell Cell) (arrow.Timestamp, verdict) {
	v := c.value(data, cell)
	if len(v) == 0 {
		return 0, empty(cell)
	}
	if days, ok := parseDay(v); ok && c.typ.Kind == types.Datetime && temporal(cell) {
		return arrow.Timestamp(days * dayMicros), good
	}
	m, ok := parseMoment(v)
	ok = ok && m.zoned == (c.typ.Kind == types.Timestamp) && m.micros%units[c.typ.Scale] == 0
	return arrow.Timestamp(m.micros), judge(ok && temporal(cell))
}

func (c *column) time(data []byte, cell Cell) (arrow.Duration, verdict) {
	v := c.value(data, cell)
	if len(v) == 0 {
		return 0, empty(cell)
	}
	t, ok := parseTime(v)
	return arrow.Duration(t.micros), judge(ok && temporal(cell) && t.micros%units[c.typ.Scale] == 0)
}

func (c *column) text(data []byte, cell Cell) ([]byte, verdict) {
	switch cell.Kind {
	case Null:
		return nil, null
	case Escaped, EscapedString:
		c.scratch = c.syntax.Unescape(c.scratch[:0], data[cell.From:cell.To])
		return c.scratch, good
	}
	return data[cell.From:cell.To], good
}

// document is a value as MySQL prints it as JSON.
func (c *column) document(data []byte, cell Cell) ([]byte, verdict) {
	if cell.Kind == Null {
		return nil, null
	}
	from, to := cell.From, cell.To
	if cell.Kind == String || cell.Kind == EscapedString { // with its quotes
		from, to = from-1, to+1
	}
	raw := data[from:to]
	doc, err := jsondoc.Parse(unsafe.String(unsafe.SliceData(raw), len(raw)), false)
	if err != nil {
		return nil, bad
	}
	c.scratch = doc.Append(c.scratch[:0])
	return c.scratch, good
}
