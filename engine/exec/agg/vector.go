package agg

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool"
	"github.com/silogate/silogate/engine/types"
)

// validity is the NULLs of a vector; the zero value has none.
type validity struct {
	bits   []byte
	offset int
}

// nullsOf returns the validity of a and whether it has a NULL.
func nullsOf(a arrow.Array) (validity, bool) {
	if a.NullN() == 0 {
		return validity{}, false
	}
	return validity{bits: a.NullBitmapBytes(), offset: a.Data().Offset()}, true
}

func (v validity) ok(i int) bool { return bitutil.BitIsSet(v.bits, v.offset+i) }

// isNull reports whether row i of a is NULL. A bare NULL has no validity bits: its IsNull says no.
func isNull(a arrow.Array, i int) bool { return a.DataType().ID() == arrow.NULL || a.IsNull(i) }

// group returns the group of row i.
func group(groups []int32, i int) int32 {
	if groups == nil {
		return 0
	}
	return groups[i]
}

// fixed returns the values of a fixed-width array.
func fixed[T arrow.FixedWidthType](a arrow.Array) []T {
	d := a.Data()
	if d.Len() == 0 {
		return nil
	}
	return arrow.GetData[T](d.Buffers()[1].Bytes())[d.Offset() : d.Offset()+d.Len()]
}

// textVector is the values of an array of text or bytes.
type textVector struct {
	bytes   []byte
	offsets []int32 // where each value starts, and where the last one ends
}

func textsOf(a arrow.Array) textVector {
	d := a.Data()
	if d.Len() == 0 {
		return textVector{}
	}
	v := textVector{offsets: arrow.GetData[int32](d.Buffers()[1].Bytes())[d.Offset() : d.Offset()+d.Len()+1]}
	if b := d.Buffers()[2]; b != nil {
		v.bytes = b.Bytes()
	}
	return v
}

func (v textVector) at(i int) []byte { return v.bytes[v.offsets[i]:v.offsets[i+1]] }

// builder makes a fixed-width array of n values with a validity bitmap.
type builder struct {
	valid, data *memory.Buffer
	nulls       int
}

func newBuilder(mem memory.Allocator, n, width int) *builder {
	b := &builder{valid: bufpool.NewBuffer(mem, int(bitutil.BytesForBits(int64(n)))), data: bufpool.NewBuffer(mem, n*width)}
	bits := b.valid.Bytes()
	for i := range bits {
		bits[i] = 0xff
	}
	bitutil.SetBitsTo(bits, int64(n), int64(8*len(bits)-n), false)
	clear(b.data.Bytes())
	return b
}

func (b *builder) null(i int) {
	bitutil.ClearBit(b.valid.Bytes(), i)
	b.nulls++
}

// array makes the array of the first n values, which the bytes of texts stand behind.
func (b *builder) array(t arrow.DataType, n int, texts ...*memory.Buffer) arrow.Array {
	data := array.NewData(t, n, append([]*memory.Buffer{b.valid, b.data}, texts...), nil, b.nulls, 0)
	defer data.Release()
	b.valid.Release()
	b.data.Release()
	return array.MakeFromData(data)
}

// values makes an array of t from vals, NULL where set is false; set nil: no NULL.
func values[T arrow.FixedWidthType](mem memory.Allocator, t arrow.DataType, vals []T, set []bool) arrow.Array {
	var width T
	b := newBuilder(mem, len(vals), sizeOf(width))
	copy(arrow.GetData[T](b.data.Bytes()), vals)
	for i, ok := range set {
		if !ok {
			b.null(i)
		}
	}
	return b.array(t, len(vals))
}

func sizeOf[T arrow.FixedWidthType](v T) int { return len(arrow.GetBytes([]T{v})) }

// decimals makes a decimal array of the narrowest width that holds vals.
func decimals(mem memory.Allocator, scale int, vals []decimal256.Num, set []bool) arrow.Array {
	width := types.W64
	for i, v := range vals {
		if set == nil || set[i] {
			width = max(width, widthOf(v))
		}
	}
	t := types.DecimalArrow(width, scale)
	b := newBuilder(mem, len(vals), int(width)/8)
	for i, v := range vals {
		w := v.Array()
		switch {
		case set != nil && !set[i]:
			b.null(i)
		case width == types.W64:
			arrow.GetData[int64](b.data.Bytes())[i] = int64(w[0])
		case width == types.W128:
			arrow.GetData[decimal128.Num](b.data.Bytes())[i] = decimal128.New(int64(w[1]), w[0])
		default:
			arrow.GetData[decimal256.Num](b.data.Bytes())[i] = v
		}
	}
	return b.array(t, len(vals))
}

func widthOf(v decimal256.Num) types.Width {
	w := v.Array()
	switch sign := uint64(int64(w[3]) >> 63); {
	case w[3] != sign || w[2] != sign || int64(w[1])>>63 != int64(sign):
		return types.W256
	case w[1] != sign || int64(w[0])>>63 != int64(sign):
		return types.W128
	}
	return types.W64
}

// wide returns row i of a decimal array.
func wide(a arrow.Array, i int) decimal256.Num {
	switch d := a.(type) {
	case *array.Decimal64:
		return decimal256.FromI64(int64(d.Value(i)))
	case *array.Decimal128:
		return decimal256.FromDecimal128(d.Value(i))
	}
	return a.(*array.Decimal256).Value(i)
}

// floats returns the rows of a numeric array as floats, in buf where they are not floats already.
func floats(buf []float64, a arrow.Array) []float64 {
	switch v := a.(type) {
	case *array.Float64:
		return v.Float64Values()
	case *array.Float32:
		return converted(buf, v.Float32Values())
	case *array.Int8:
		return converted(buf, v.Int8Values())
	case *array.Int16:
		return converted(buf, v.Int16Values())
	case *array.Int32:
		return converted(buf, v.Int32Values())
	case *array.Int64:
		return converted(buf, v.Int64Values())
	case *array.Uint8:
		return converted(buf, v.Uint8Values())
	case *array.Uint16:
		return converted(buf, v.Uint16Values())
	case *array.Uint32:
		return converted(buf, v.Uint32Values())
	case *array.Uint64:
		return converted(buf, v.Uint64Values())
	case *array.Decimal64:
		buf = converted(buf, fixed[int64](a))
		unit := math.Pow10(int(a.DataType().(arrow.DecimalType).GetScale()))
		for i := range buf {
			buf[i] /= unit
		}
		return buf
	case *array.Boolean:
		buf = extend(buf[:0], a.Len())
		for i := range buf {
			if v.Value(i) {
				buf[i] = 1
			}
		}
		return buf
	case *array.Null:
		return extend(buf[:0], a.Len())
	}
	buf = extend(buf[:0], a.Len())
	scale := a.DataType().(arrow.DecimalType).GetScale()
	for i := range buf {
		buf[i] = wide(a, i).ToFloat64(scale)
	}
	return buf
}

func converted[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32](buf []float64, vals []T) []float64 {
	buf = extend(buf[:0], len(vals))
	for i, v := range vals {
		buf[i] = float64(v)
	}
	return buf
}
