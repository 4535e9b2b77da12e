package kernel

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool"
	"github.com/silogate/silogate/engine/types"
)

// ValueAt returns row i of a vector. Texts are copied.
func ValueAt(a arrow.Array, i int) types.Value {
	if a.DataType().ID() == arrow.NULL || a.IsNull(i) {
		return types.NullValue
	}
	switch a.DataType().ID() {
	case arrow.BOOL:
		return types.BoolValue(a.(*array.Boolean).Value(i))
	case arrow.INT8:
		return types.IntValue(int64(fixed[int8](a)[i]))
	case arrow.INT16:
		return types.IntValue(int64(fixed[int16](a)[i]))
	case arrow.INT32, arrow.DATE32:
		return types.IntValue(int64(fixed[int32](a)[i]))
	case arrow.INT64, arrow.UINT64, arrow.TIMESTAMP, arrow.DURATION:
		return types.IntValue(fixed[int64](a)[i])
	case arrow.UINT8:
		return types.IntValue(int64(fixed[uint8](a)[i]))
	case arrow.UINT16:
		return types.IntValue(int64(fixed[uint16](a)[i]))
	case arrow.UINT32:
		return types.IntValue(int64(fixed[uint32](a)[i]))
	case arrow.FLOAT32:
		return types.FloatValue(float64(fixed[float32](a)[i]))
	case arrow.FLOAT64:
		return types.FloatValue(fixed[float64](a)[i])
	case arrow.DECIMAL64:
		return types.Value{Dec: decimal256.FromI64(fixed[int64](a)[i])}
	case arrow.DECIMAL128:
		return types.Value{Dec: decimal256.FromDecimal128(fixed[decimal128.Num](a)[i])}
	case arrow.DECIMAL256:
		return types.Value{Dec: fixed[decimal256.Num](a)[i]}
	}
	offsets, data := texts(a)
	return types.TextValue(string(data[offsets[i]:offsets[i+1]]))
}

// FromValues builds a vector of type t from fewer values than 2 GiB of text hold. A decimal vector gets the narrowest width that holds its values.
func FromValues(mem memory.Allocator, t types.Type, values []types.Value) arrow.Array {
	dt, n := t.Arrow(), len(values)
	if t.Kind == types.Null {
		return array.NewNull(n)
	}
	valid := valuesValid(mem, values)
	integer := func(i int) int64 { return values[i].Int }
	switch dt.ID() {
	case arrow.BOOL:
		buf, out := newBitmap(mem, n)
		clear(out)
		for i := range values {
			out[i>>3] |= b2u(values[i].Int != 0) << (i & 7)
		}
		return makeArray(dt, n, valid, buf)
	case arrow.INT8, arrow.UINT8:
		return makeArray(dt, n, valid, fill(mem, n, func(i int) int8 { return int8(integer(i)) }))
	case arrow.INT16, arrow.UINT16:
		return makeArray(dt, n, valid, fill(mem, n, func(i int) int16 { return int16(integer(i)) }))
	case arrow.INT32, arrow.UINT32, arrow.DATE32:
		return makeArray(dt, n, valid, fill(mem, n, func(i int) int32 { return int32(integer(i)) }))
	case arrow.INT64, arrow.UINT64, arrow.TIMESTAMP, arrow.DURATION:
		return makeArray(dt, n, valid, fill(mem, n, integer))
	case arrow.FLOAT32:
		return makeArray(dt, n, valid, fill(mem, n, func(i int) float32 { return float32(values[i].Float) }))
	case arrow.FLOAT64:
		return makeArray(dt, n, valid, fill(mem, n, func(i int) float64 { return values[i].Float }))
	case arrow.DECIMAL64, arrow.DECIMAL128, arrow.DECIMAL256:
		return decimalsOf(mem, int(t.Scale), valid, n, func(i int) decimal256.Num { return values[i].Dec })
	}
	offsets, ends := newValues[int32](mem, n+1)
	total := 0
	ends[0] = 0
	for i := range values {
		total += len(values[i].Str)
		ends[i+1] = int32(total)
	}
	data := bufpool.NewBuffer(mem, total)
	for i := range values {
		copy(data.Bytes()[ends[i]:], values[i].Str)
	}
	return makeArray(dt, n, valid, offsets, data)
}

// Broadcast returns n rows of one value of type t.
func Broadcast(mem memory.Allocator, t types.Type, v types.Value, n int) arrow.Array {
	if t.Kind == types.Null {
		return array.NewNull(n)
	}
	if v.Null {
		return allNull(mem, t.Arrow(), n)
	}
	values := make([]types.Value, n)
	for i := range values {
		values[i] = v
	}
	return FromValues(mem, t, values)
}

func fill[T arrow.FixedWidthType](mem memory.Allocator, n int, value func(int) T) *memory.Buffer {
	buf, out := newValues[T](mem, n)
	for i := range out {
		out[i] = value(i)
	}
	return buf
}

func valuesValid(mem memory.Allocator, values []types.Value) *memory.Buffer {
	var valid *memory.Buffer
	for i := range values {
		if values[i].Null {
			if valid == nil {
				valid = allValid(mem, len(values))
			}
			clearBit(valid.Bytes(), i)
		}
	}
	return valid
}

// decimalsOf builds a decimal vector of the narrowest width that holds every value.
func decimalsOf(mem memory.Allocator, scale int, valid *memory.Buffer, n int, value func(int) decimal256.Num) arrow.Array {
	width := types.W64
	for i := range n {
		width = max(width, widthOf(value(i)))
	}
	var buf *memory.Buffer
	switch width {
	case types.W64:
		buf = fill(mem, n, func(i int) int64 { return int64(value(i).LowBits()) })
	case types.W128:
		buf = fill(mem, n, func(i int) decimal128.Num { return narrow128(value(i)) })
	default:
		buf = fill(mem, n, value)
	}
	return makeArray(types.DecimalArrow(width, scale), n, valid, buf)
}

// widthOf returns the narrowest width that holds v.
func widthOf(v decimal256.Num) types.Width {
	a := v.Array()
	switch sign := uint64(int64(a[3]) >> 63); {
	case a[3] != sign || a[2] != sign || int64(a[1]^sign) < 0:
		return types.W256
	case a[1] != sign || int64(a[0]^sign) < 0:
		return types.W128
	}
	return types.W64
}

// narrow128 returns the low half of v.
func narrow128(v decimal256.Num) decimal128.Num {
	a := v.Array()
	return decimal128.New(int64(a[1]), a[0])
}
