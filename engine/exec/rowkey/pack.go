package rowkey

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/zeebo/xxh3"
)

// pack adds field k to the words.
func (e *Encoder) pack(k int, col arrow.Array) {
	f, at := e.fields[k], e.places[k]
	dst := e.words[at.word:]
	if f.class == classNull || col.DataType().ID() == arrow.NULL {
		for i := range e.rows {
			e.setAbsent(i, k)
		}
		return
	}
	switch a := col.(type) {
	case *array.Int8:
		packInts(dst, e.stride, at.shift, f, a.Int8Values())
	case *array.Int16:
		packInts(dst, e.stride, at.shift, f, a.Int16Values())
	case *array.Int32:
		packInts(dst, e.stride, at.shift, f, a.Int32Values())
	case *array.Int64:
		packInts(dst, e.stride, at.shift, f, a.Int64Values())
	case *array.Uint8:
		packInts(dst, e.stride, at.shift, f, a.Uint8Values())
	case *array.Uint16:
		packInts(dst, e.stride, at.shift, f, a.Uint16Values())
	case *array.Uint32:
		packInts(dst, e.stride, at.shift, f, a.Uint32Values())
	case *array.Uint64:
		packInts(dst, e.stride, at.shift, f, a.Uint64Values())
		if f.class == classMixed {
			e.flagUnsigned(k, a.Uint64Values())
		}
	case *array.Date32:
		packInts(dst, e.stride, at.shift, f, a.Date32Values())
	case *array.Timestamp:
		packInts(dst, e.stride, at.shift, f, a.TimestampValues())
	case *array.Duration:
		packInts(dst, e.stride, at.shift, f, a.DurationValues())
	case *array.Float64:
		for i, v := range a.Float64Values() {
			dst[i*e.stride] |= floatBits(v)
		}
	case *array.Float32:
		for i, v := range a.Float32Values() {
			dst[i*e.stride] |= floatBits(float64(v))
		}
	case *array.Boolean:
		for i := range a.Len() {
			if a.Value(i) {
				dst[i*e.stride] |= 1 << at.shift
			}
		}
	case *array.Decimal64, *array.Decimal128, *array.Decimal256:
		e.packDecimals(k, dst, col)
	case *array.String, *array.Binary:
		e.packTexts(k, dst, col)
	case *array.Dictionary:
		e.packEncoded(k, dst, a)
	}
	e.markNulls(k, dst, col)
}

type integer interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

func packInts[T integer](dst []uint64, stride int, shift uint, f Field, values []T) {
	if f.bits == 64 && stride == 1 {
		dst = dst[:len(values)]
		for i, v := range values {
			dst[i] = uint64(v)
		}
		return
	}
	mask := f.mask()
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

// flagUnsigned flags the numbers whose 64 bits mean another number as signed.
func (e *Encoder) flagUnsigned(k int, values []uint64) {
	for i, v := range values {
		if int64(v) < 0 {
			e.setFlag(i, e.rows, k, isBeyond)
		}
	}
}

func (e *Encoder) packDecimals(k int, dst []uint64, col arrow.Array) {
	wide := packWide{e: e, k: k, dst: dst, up: e.fields[k].scalesUp(col.DataType())}
	switch a := col.(type) {
	case *array.Decimal64:
		for i, v := range a.Values() {
			if wide.up > 0 {
				wide.add(i, decimal256.FromI64(int64(v)))
			} else {
				dst[i*e.stride] = uint64(v)
			}
		}
	case *array.Decimal128:
		for i, v := range a.Values() {
			if low := int64(v.LowBits()); wide.up == 0 && v.HighBits() == low>>63 {
				dst[i*e.stride] = uint64(low)
			} else {
				wide.add(i, decimal256.FromDecimal128(v))
			}
		}
	case *array.Decimal256:
		for i, v := range a.Values() {
			wide.add(i, v)
		}
	}
	wide.end()
}

// packWide packs decimals of which some may not fit an int64.
type packWide struct {
	e     *Encoder
	k     int
	dst   []uint64
	up    int32 // digits that the values' scale lacks
	begun bool
}

func (p *packWide) add(i int, v decimal256.Num) {
	e := p.e
	n, fits := rescale(v, p.up)
	if fits && fitsInt64(n) {
		p.dst[i*e.stride] = n.LowBits()
		return
	}
	t := &e.texts[p.k]
	if !p.begun {
		p.begun = true
		t.make()
	}
	var text [wideBytes]byte
	digits := text[:0]
	if fits {
		digits = appendNum(digits, n)
	} else { // longer than what fits, so that it equals only the like
		digits = appendBeyond(digits, v, p.up)
	}
	t.end(i, digits)
	p.dst[i*e.stride] = xxh3.Hash(digits) | 1
	e.setFlag(i, e.rows, p.k, isBeyond)
}

func (p *packWide) end() {
	if p.begun {
		t := &p.e.texts[p.k]
		if len(t.ends) < p.e.rows {
			t.end(p.e.rows-1, nil)
		}
		p.e.long = append(p.e.long, p.k)
	}
}

// packTexts adds texts to the words.
func (e *Encoder) packTexts(k int, dst []uint64, col arrow.Array) {
	e.dicts[k].of = nil
	if e.makeWords(k, col, dst, e.stride) {
		e.long = append(e.long, k)
	}
}

// dictionary has the words of the dictionary that the vectors of a field had last.
type dictionary struct {
	of    arrow.ArrayData // keeps another one from having its address; nil: there was none
	words []uint64
	long  bool // an entry is longer than its word
}

// packEncoded is packTexts of a vector with a dictionary: the words of its entries are made once.
func (e *Encoder) packEncoded(k int, dst []uint64, col *array.Dictionary) {
	d, of := &e.dicts[k], col.Data().Dictionary()
	if d.of != of {
		d.of = of
		d.words = grow(d.words, of.Len())
		clear(d.words)
		d.long = e.makeWords(k, col.Dictionary(), d.words, 1)
	}
	if len(d.words) == 0 { // every row is NULL
		return
	}
	codes := col.Indices().(*array.Int32).Int32Values()
	for i, c := range codes {
		dst[i*e.stride] |= d.words[c]
	}
	if d.long {
		e.texts[k].codes = codes
		e.long = append(e.long, k)
	}
}

// makeWords makes the texts of field k, as they are compared, and adds them to words. It reports whether one is longer than
// its word.
func (e *Encoder) makeWords(k int, col arrow.Array, dst []uint64, stride int) (long bool) {
	f, shift := e.fields[k], e.places[k].shift
	short, top := f.inline(), f.bits-8
	t := &e.texts[k]
	if values := textsOf(col); f.weigh == nil {
		*t = values
	} else {
		t.make()
		for i := range col.Len() {
			if col.IsValid(i) {
				t.data = f.weigh(t.data, values.at(i))
			}
			t.end(i, nil)
		}
	}
	for i := range col.Len() {
		text := t.at(i)
		if n := len(text); n <= short {
			dst[i*stride] |= (firstBytes(text) | uint64(n)<<top) << shift
			continue
		}
		long = true
		dst[i*stride] |= (xxh3.Hash(text)&(1<<top-1) | 0xff<<top) << shift
	}
	return long
}

// textsOf returns the texts of an array.
func textsOf(col arrow.Array) (t texts) {
	switch a := col.(type) {
	case *array.String:
		t.offsets = a.ValueOffsets()
	case *array.Binary:
		t.offsets = a.ValueOffsets()
	}
	if b := col.Data().Buffers()[2]; b != nil {
		t.data = b.Bytes()
	}
	return t
}

// firstBytes returns the bytes of a string of less than eight.
func firstBytes(text []byte) uint64 {
	if cap(text) >= 8 {
		return binary.LittleEndian.Uint64(text[:8]) & (1<<(8*uint(len(text))&63) - 1)
	}
	var w uint64
	for k, c := range text {
		w |= uint64(c) << (8 * k)
	}
	return w
}

// markNulls marks the rows where col is NULL, whatever lies there.
func (e *Encoder) markNulls(k int, dst []uint64, col arrow.Array) {
	if col.NullN() == 0 {
		return
	}
	mask := e.fields[k].mask() << e.places[k].shift
	valid, offset := col.NullBitmapBytes(), col.Data().Offset()
	for i := range e.rows {
		if bitutil.BitIsNotSet(valid, offset+i) {
			dst[i*e.stride] &^= mask
			e.setAbsent(i, k)
		}
	}
}

// setAbsent marks a NULL of field k in row i.
func (e *Encoder) setAbsent(i, k int) {
	if e.fields[k].strict {
		e.setNull(i)
	} else {
		e.setFlag(i, e.rows, k, isNull)
	}
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

func textOf(col arrow.Array, i int) []byte {
	if a, ok := col.(*array.Binary); ok {
		return a.Value(i)
	}
	text := col.(*array.String).Value(i)
	return unsafe.Slice(unsafe.StringData(text), len(text))
}
