package kernel

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool"
	"github.com/silogate/silogate/engine/types"
)

// Interleave gathers rows of several vectors of one type: row i of the result is row idx[i] of arrs[from[i]]. Only the
// rows asked for are copied. Decimals of one scale may differ in width; the result has the widest. It fails only if the
// texts of the result exceed 2 GiB.
func Interleave(mem memory.Allocator, arrs []arrow.Array, from, idx []int32) (arrow.Array, error) {
	if len(arrs) == 1 {
		return Take(mem, arrs[0], idx)
	}
	dt, n := arrs[0].DataType(), len(idx)
	if dt.ID() == arrow.NULL {
		return array.NewNull(n), nil
	}
	valid := interleaveValid(mem, arrs, from, idx)
	var buf *memory.Buffer
	switch layout := dt.(type) {
	case arrow.DecimalType:
		dt, buf = interleaveDecimals(mem, arrs, from, idx)
	case arrow.BinaryDataType:
		offsets, data, err := interleaveBytes(mem, arrs, from, idx)
		if err != nil {
			if valid != nil {
				valid.Release()
			}
			return nil, err
		}
		return makeArray(dt, n, valid, offsets, data), nil
	case arrow.FixedWidthDataType:
		switch {
		case dt.ID() == arrow.BOOL:
			buf = interleaveBits(mem, arrs, from, idx)
		case layout.Bytes() == 1:
			buf = interleaveFixed[uint8](mem, arrs, from, idx)
		case layout.Bytes() == 2:
			buf = interleaveFixed[uint16](mem, arrs, from, idx)
		case layout.Bytes() == 4:
			buf = interleaveFixed[uint32](mem, arrs, from, idx)
		case layout.Bytes() == 8:
			buf = interleaveFixed[uint64](mem, arrs, from, idx)
		}
	}
	if buf == nil {
		if valid != nil {
			valid.Release()
		}
		return nil, fmt.Errorf("interleave: no rows can be taken of a vector of %s", dt)
	}
	return makeArray(dt, n, valid, buf), nil
}

// eachOf applies get to every vector.
func eachOf[T any](arrs []arrow.Array, get func(arrow.Array) T) []T {
	out := make([]T, len(arrs))
	for i, a := range arrs {
		out[i] = get(a)
	}
	return out
}

func interleaveFixed[T arrow.FixedWidthType](mem memory.Allocator, arrs []arrow.Array, from, idx []int32) *memory.Buffer {
	src := eachOf(arrs, fixed[T])
	buf, out := newValues[T](mem, len(idx))
	from = from[:len(idx)]
	for i, j := range idx {
		out[i] = src[from[i]][j]
	}
	return buf
}

// interleaveBits gathers the values of Booleans.
func interleaveBits(mem memory.Allocator, arrs []arrow.Array, from, idx []int32) *memory.Buffer {
	src := eachOf(arrs, boolBits)
	buf, out := newBitmap(mem, len(idx))
	clear(out)
	for i, j := range idx {
		out[i>>3] |= src[from[i]][j>>3] >> (j & 7) & 1 << (i & 7)
	}
	return buf
}

// interleaveValid returns the validity of the gathered rows, nil if no vector has a NULL.
func interleaveValid(mem memory.Allocator, arrs []arrow.Array, from, idx []int32) *memory.Buffer {
	src := eachOf(arrs, validBits)
	none := true
	for _, bits := range src {
		none = none && bits == nil
	}
	if none {
		return nil
	}
	buf, out := newBitmap(mem, len(idx))
	clear(out)
	for i, j := range idx {
		bits := src[from[i]]
		if bits == nil || bitSet(bits, int(j)) {
			setBit(out, i)
		}
	}
	return buf
}

func interleaveBytes(mem memory.Allocator, arrs []arrow.Array, from, idx []int32) (offsets, data *memory.Buffer, err error) {
	ends, bytes := make([][]int32, len(arrs)), make([][]byte, len(arrs))
	for i, a := range arrs {
		ends[i], bytes[i] = texts(a)
	}
	offsets, to := newValues[int32](mem, len(idx)+1)
	total := int64(0)
	to[0] = 0
	for i, j := range idx {
		e := ends[from[i]]
		total += int64(e[j+1] - e[j])
		to[i+1] = int32(total)
	}
	if total > math.MaxInt32 {
		offsets.Release()
		return nil, nil, fmt.Errorf("interleave: the texts of %d rows exceed 2 GiB", len(idx))
	}
	data = bufpool.NewBuffer(mem, int(total))
	out := data.Bytes()
	for i, j := range idx {
		e := ends[from[i]]
		copy(out[to[i]:to[i+1]], bytes[from[i]][e[j]:e[j+1]])
	}
	return offsets, data, nil
}

// interleaveDecimals gathers decimals in the widest of their widths and returns its type.
func interleaveDecimals(mem memory.Allocator, arrs []arrow.Array, from, idx []int32) (arrow.DataType, *memory.Buffer) {
	widest, mixed := Width(arrs[0]), false
	for _, a := range arrs[1:] {
		w := Width(a)
		mixed = mixed || w != widest
		widest = max(widest, w)
	}
	dt := types.DecimalArrow(widest, int(arrs[0].DataType().(arrow.DecimalType).GetScale()))
	switch {
	case mixed:
		return dt, interleaveWidths(mem, arrs, from, idx, widest)
	case widest == types.W64:
		return dt, interleaveFixed[uint64](mem, arrs, from, idx)
	case widest == types.W128:
		return dt, interleaveFixed[decimal128.Num](mem, arrs, from, idx)
	}
	return dt, interleaveFixed[decimal256.Num](mem, arrs, from, idx)
}

// interleaveWidths widens value by value: to widen whole vectors for a few of their rows would cost more.
func interleaveWidths(mem memory.Allocator, arrs []arrow.Array, from, idx []int32, widest types.Width) *memory.Buffer {
	if widest == types.W128 {
		at := eachOf(arrs, func(a arrow.Array) func(int32) decimal128.Num {
			if Width(a) == types.W64 {
				v := fixed[int64](a)
				return func(j int32) decimal128.Num { return decimal128.FromI64(v[j]) }
			}
			v := fixed[decimal128.Num](a)
			return func(j int32) decimal128.Num { return v[j] }
		})
		buf, out := newValues[decimal128.Num](mem, len(idx))
		for i, j := range idx {
			out[i] = at[from[i]](j)
		}
		return buf
	}
	at := eachOf(arrs, func(a arrow.Array) func(int32) decimal256.Num {
		switch Width(a) {
		case types.W64:
			v := fixed[int64](a)
			return func(j int32) decimal256.Num { return decimal256.FromI64(v[j]) }
		case types.W128:
			v := fixed[decimal128.Num](a)
			return func(j int32) decimal256.Num { return decimal256.FromDecimal128(v[j]) }
		}
		v := fixed[decimal256.Num](a)
		return func(j int32) decimal256.Num { return v[j] }
	})
	buf, out := newValues[decimal256.Num](mem, len(idx))
	for i, j := range idx {
		out[i] = at[from[i]](j)
	}
	return buf
}
