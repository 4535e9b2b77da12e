package rowkey

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
)

// pack adds one field to the words and marks the rows it has no word for.
func (e *Encoder) pack(field, stride int, col arrow.Array) {
	f, at := e.fields[field], e.places[field]
	dst := e.words[at.word:]
	switch a := col.(type) {
	case *array.Int8:
		packInts(dst, stride, at.shift, f.bits, a.Int8Values())
	case *array.Int16:
		packInts(dst, stride, at.shift, f.bits, a.Int16Values())
	case *array.Int32:
		packInts(dst, stride, at.shift, f.bits, a.Int32Values())
	case *array.Int64:
		packInts(dst, stride, at.shift, f.bits, a.Int64Values())
	case *array.Uint8:
		packInts(dst, stride, at.shift, f.bits, a.Uint8Values())
	case *array.Uint16:
		packInts(dst, stride, at.shift, f.bits, a.Uint16Values())
	case *array.Uint32:
		packInts(dst, stride, at.shift, f.bits, a.Uint32Values())
	case *array.Uint64:
		packInts(dst, stride, at.shift, f.bits, a.Uint64Values())
	case *array.Date32:
		packInts(dst, stride, at.shift, f.bits, a.Date32Values())
	case *array.Timestamp:
		packInts(dst, stride, at.shift, f.bits, a.TimestampValues())
	case *array.Duration:
		packInts(dst, stride, at.shift, f.bits, a.DurationValues())
	case *array.Float64:
		for i, v := range a.Float64Values() {
			dst[i*stride] |= floatBits(v)
		}
	case *array.Float32:
		for i, v := range a.Float32Values() {
			dst[i*stride] |= floatBits(float64(v))
		}
	case *array.Boolean:
		for i := range a.Len() {
			if a.Value(i) {
				dst[i*stride] |= 1 << at.shift
			}
		}
	case *array.Decimal64:
		e.packDecimals64(f, dst, stride, a)
	case *array.Decimal128:
		for i, v := range a.Values() {
			e.packWide(f, dst, stride, i, decimal256.FromDecimal128(v), a.DataType())
		}
	case *array.Decimal256:
		for i, v := range a.Values() {
			e.packWide(f, dst, stride, i, v, a.DataType())
		}
	case *array.String:
		e.packTexts(f, at.shift, dst, stride, a.ValueOffsets(), a.ValueBytes())
	case *array.Binary:
		e.packTexts(f, at.shift, dst, stride, a.ValueOffsets(), a.ValueBytes())
	case *array.Dictionary:
		e.packEncoded(field, at.shift, dst, stride, a)
	}
	if f.class == classMixed {
		e.escapeNegative(dst, stride)
	}
	e.markNulls(f, col)
}

type integer interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

func packInts[T integer](dst []uint64, stride int, shift uint, width uint8, values []T) {
	if width == 64 && stride == 1 {
		dst = dst[:len(values)]
		for i, v := range values {
			dst[i] = uint64(v)
		}
		return
	}
	mask := ^uint64(0) >> (64 - width)
	for i, v := range values {
		dst[i*stride] |= (uint64(v) & mask) << shift
	}
}

// floatBits returns bits that are equal for equal floats.
func floatBits(v float64) uint64 {
	if v == 0 {
		return 0 // also the negative zero
	}
	return math.Float64bits(v)
}

// escapeNegative marks the rows whose 64 bits mean different numbers as signed and as unsigned.
func (e *Encoder) escapeNegative(dst []uint64, stride int) {
	for i := range e.rows {
		if int64(dst[i*stride]) < 0 {
			e.state[i], e.irregular = escaped, true
		}
	}
}

func (e *Encoder) packDecimals64(f Field, dst []uint64, stride int, a *array.Decimal64) {
	up := f.scale - a.DataType().(*arrow.Decimal64Type).Scale
	if up == 0 {
		for i, v := range a.Values() {
			dst[i*stride] |= uint64(v)
		}
		return
	}
	for i, v := range a.Values() {
		e.packWide(f, dst, stride, i, decimal256.FromI64(int64(v)), a.DataType())
	}
}

func (e *Encoder) packWide(f Field, dst []uint64, stride, i int, v decimal256.Num, t arrow.DataType) {
	v = f.rescale(v, t)
	if !fitsInt64(v) {
		e.state[i], e.irregular = escaped, true
		return
	}
	dst[i*stride] |= v.LowBits()
}

// rescale brings a value of decimal type t to the field's scale.
func (f Field) rescale(v decimal256.Num, t arrow.DataType) decimal256.Num {
	if up := f.scale - t.(arrow.DecimalType).GetScale(); up > 0 {
		return v.IncreaseScaleBy(up)
	}
	return v
}

func fitsInt64(v decimal256.Num) bool {
	w := v.Array()
	sign := uint64(int64(w[0]) >> 63)
	return w[1] == sign && w[2] == sign && w[3] == sign
}

func (e *Encoder) packTexts(f Field, shift uint, dst []uint64, stride int, offsets []int32, data []byte) {
	if packTexts(f, shift, dst, stride, offsets, data, e.state) {
		e.irregular = true
	}
}

// packTexts adds texts to the words and marks in state those it has no word for, of which there are some if it returns true.
func packTexts(f Field, shift uint, dst []uint64, stride int, offsets []int32, data []byte, state []uint8) (some bool) {
	if len(offsets) == 0 {
		return false
	}
	rows := len(offsets) - 1
	if f.weigh != nil {
		for i := range rows {
			state[i] = max(state[i], escaped)
		}
		return rows > 0
	}
	longest := int32(f.bits/8) - 1
	base := offsets[0]
	for i := range rows {
		start, end := offsets[i]-base, offsets[i+1]-base
		n := end - start
		if n > longest {
			state[i], some = max(state[i], escaped), true
			continue
		}
		var w uint64
		if int(start)+8 <= len(data) {
			w = binary.LittleEndian.Uint64(data[start:]) & (1<<(8*uint(n)) - 1)
		} else {
			for k := n - 1; k >= 0; k-- {
				w = w<<8 | uint64(data[start+k])
			}
		}
		dst[i*stride] |= (w | uint64(n)<<(f.bits-8)) << shift
	}
	return some
}

// dictionary is the packed entries of the dictionary that a field's vectors had last.
type dictionary struct {
	of    arrow.ArrayData // keeps another one from having its address
	words []uint64
	state []uint8
	some  bool // entries have no word
}

// packEncoded is packTexts of a dictionary-encoded vector: each entry is packed once.
func (e *Encoder) packEncoded(field int, shift uint, dst []uint64, stride int, a *array.Dictionary) {
	if e.dicts == nil {
		e.dicts = make([]dictionary, len(e.fields))
	}
	d := &e.dicts[field]
	if of := a.Data().Dictionary(); d.of != of {
		d.of = of
		n := of.Len()
		d.words, d.state = grow(d.words, n), grow(d.state, n)
		clear(d.words)
		clear(d.state)
		switch t := a.Dictionary().(type) {
		case *array.String:
			d.some = packTexts(e.fields[field], 0, d.words, 1, t.ValueOffsets(), t.ValueBytes(), d.state)
		case *array.Binary:
			d.some = packTexts(e.fields[field], 0, d.words, 1, t.ValueOffsets(), t.ValueBytes(), d.state)
		}
	}
	if len(d.words) == 0 { // every row is NULL
		return
	}
	codes := a.Indices().(*array.Int32).Int32Values()
	for i, c := range codes {
		dst[i*stride] |= d.words[c] << shift
	}
	if !d.some {
		return
	}
	for i, c := range codes {
		if d.state[c] == escaped {
			e.state[i], e.irregular = max(e.state[i], escaped), true
		}
	}
}

// markNulls escapes the rows where col is NULL, or takes them out of matching.
func (e *Encoder) markNulls(f Field, col arrow.Array) {
	if f.class != classNull && col.NullN() == 0 {
		return
	}
	mark := escaped
	if f.strict {
		mark = noMatch
	}
	e.irregular = e.irregular || e.rows > 0
	if f.class == classNull || col.DataType().ID() == arrow.NULL {
		for i := range e.rows {
			e.state[i] = max(e.state[i], mark)
		}
		return
	}
	valid, offset := col.NullBitmapBytes(), col.Data().Offset()
	for i := range e.rows {
		if !bitutil.BitIsSet(valid, offset+i) {
			e.state[i] = max(e.state[i], mark)
		}
	}
}

// strictNulls takes the rows with a NULL in a strict field out of matching.
func (e *Encoder) strictNulls(cols []arrow.Array) {
	for i, f := range e.fields {
		if f.strict {
			e.markNulls(f, cols[i])
		}
	}
}

// appendCell appends the self-delimiting bytes of one cell: equal for equal values.
func (f Field) appendCell(dst []byte, col arrow.Array, i int) []byte {
	if f.class == classNull || col.IsNull(i) {
		return append(dst, 0)
	}
	switch f.class {
	case classFloat:
		return binary.LittleEndian.AppendUint64(append(dst, 1), floatBits(floatOf(col, i)))
	case classDecimal:
		v := f.rescale(wideOf(col, i), col.DataType())
		if fitsInt64(v) {
			return binary.LittleEndian.AppendUint64(append(dst, 1), v.LowBits())
		}
		dst = append(dst, 2)
		for _, w := range v.Array() {
			dst = binary.LittleEndian.AppendUint64(dst, w)
		}
		return dst
	case classBytes:
		text := textOf(col, i)
		dst = append(dst, 1, 0, 0, 0, 0)
		start := len(dst)
		if f.weigh != nil {
			dst = f.weigh(dst, []byte(text))
		} else {
			dst = append(dst, text...)
		}
		binary.LittleEndian.PutUint32(dst[start-4:], uint32(len(dst)-start))
		return dst
	}
	v, unsigned := intOf(col, i)
	tag := byte(1)
	if int64(v) < 0 && unsigned {
		tag = 2 // a number beyond int64
	}
	return binary.LittleEndian.AppendUint64(append(dst, tag), v)
}

func intOf(col arrow.Array, i int) (v uint64, unsigned bool) {
	switch a := col.(type) {
	case *array.Int8:
		return uint64(a.Value(i)), false
	case *array.Int16:
		return uint64(a.Value(i)), false
	case *array.Int32:
		return uint64(a.Value(i)), false
	case *array.Int64:
		return uint64(a.Value(i)), false
	case *array.Uint8:
		return uint64(a.Value(i)), true
	case *array.Uint16:
		return uint64(a.Value(i)), true
	case *array.Uint32:
		return uint64(a.Value(i)), true
	case *array.Uint64:
		return a.Value(i), true
	case *array.Date32:
		return uint64(a.Value(i)), false
	case *array.Timestamp:
		return uint64(a.Value(i)), false
	case *array.Duration:
		return uint64(a.Value(i)), false
	case *array.Boolean:
		if a.Value(i) {
			return 1, false
		}
	}
	return 0, false
}

func floatOf(col arrow.Array, i int) float64 {
	if a, ok := col.(*array.Float32); ok {
		return float64(a.Value(i))
	}
	return col.(*array.Float64).Value(i)
}

func wideOf(col arrow.Array, i int) decimal256.Num {
	switch a := col.(type) {
	case *array.Decimal64:
		return decimal256.FromI64(int64(a.Value(i)))
	case *array.Decimal128:
		return decimal256.FromDecimal128(a.Value(i))
	}
	return col.(*array.Decimal256).Value(i)
}

func textOf(col arrow.Array, i int) string {
	switch a := col.(type) {
	case *array.Binary:
		return view(a.Value(i))
	case *array.Dictionary:
		return textOf(a.Dictionary(), a.GetValueIndex(i))
	}
	return col.(*array.String).Value(i)
}
