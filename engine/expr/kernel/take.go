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
)

// Take gathers rows: row i of the result is row idx[i] of arr, NULL where idx[i] is -1. It fails only if the texts of the
// result exceed 2 GiB.
func Take(mem memory.Allocator, arr arrow.Array, idx []int32) (arrow.Array, error) {
	dt := arr.DataType()
	n := len(idx)
	if dt.ID() == arrow.NULL {
		return array.NewNull(n), nil
	}
	if d, ok := arr.(*array.Dictionary); ok {
		return takeEncoded(mem, d, idx)
	}
	padded := hasMissing(idx)
	if arr.Len() == 0 { // every index is -1; there are no values to look at
		return allNull(mem, dt, n), nil
	}
	valid := takeValid(mem, arr, idx, padded)
	if dt.ID() == arrow.BOOL {
		buf, out := newBitmap(mem, n)
		takeBits(out, boolBits(arr), idx)
		return makeArray(dt, n, valid, buf), nil
	}
	var buf *memory.Buffer
	switch layout := dt.(type) {
	case arrow.BinaryDataType:
		offsets, data, err := takeBytes(mem, arr, idx)
		if err != nil {
			if valid != nil {
				valid.Release()
			}
			return nil, err
		}
		return makeArray(dt, n, valid, offsets, data), nil
	case arrow.FixedWidthDataType:
		switch layout.Bytes() {
		case 1:
			buf = takeFixed[uint8](mem, arr, idx, padded)
		case 2:
			buf = takeFixed[uint16](mem, arr, idx, padded)
		case 4:
			buf = takeFixed[uint32](mem, arr, idx, padded)
		case 8:
			buf = takeFixed[uint64](mem, arr, idx, padded)
		case 16:
			buf = takeFixed[decimal128.Num](mem, arr, idx, padded)
		case 32:
			buf = takeFixed[decimal256.Num](mem, arr, idx, padded)
		}
	}
	if buf == nil {
		if valid != nil {
			valid.Release()
		}
		return nil, fmt.Errorf("take: no rows can be taken of a vector of %s", dt)
	}
	return makeArray(dt, n, valid, buf), nil
}

// hasMissing reports whether any index is -1.
func hasMissing(idx []int32) bool {
	var or int32
	for _, j := range idx {
		or |= j
	}
	return or < 0
}

func takeFixed[T arrow.FixedWidthType](mem memory.Allocator, arr arrow.Array, idx []int32, padded bool) *memory.Buffer {
	buf, out := newValues[T](mem, len(idx))
	src := fixed[T](arr)
	if !padded {
		for i, j := range idx {
			out[i] = src[j]
		}
		return buf
	}
	for i, j := range idx {
		out[i] = src[max(j, 0)]
	}
	return buf
}

// takeValid returns the validity of the taken rows, nil if none is NULL.
func takeValid(mem memory.Allocator, arr arrow.Array, idx []int32, padded bool) *memory.Buffer {
	src := validBits(arr)
	if src == nil && !padded {
		return nil
	}
	buf, out := newBitmap(mem, len(idx))
	if src != nil {
		takeBits(out, src, idx)
	} else {
		fillBits(out, len(idx))
	}
	if padded {
		for i, j := range idx {
			out[i>>3] &^= byte(uint32(j)>>31) << (i & 7)
		}
	}
	return buf
}

// takeBits gathers bits; an index of -1 reads bit 0.
func takeBits(out, src []byte, idx []int32) {
	clear(out)
	for i, j := range idx {
		j = max(j, 0)
		out[i>>3] |= src[j>>3] >> (j & 7) & 1 << (i & 7)
	}
}

// takeBytes gathers texts; an index of -1 gives an empty one. Neighbours that stay neighbours are copied together.
func takeBytes(mem memory.Allocator, arr arrow.Array, idx []int32) (offsets, data *memory.Buffer, err error) {
	from, src := texts(arr)
	offsets, to := newValues[int32](mem, len(idx)+1)
	total := int64(0)
	to[0] = 0
	for i, j := range idx {
		if j >= 0 {
			total += int64(from[j+1] - from[j])
		}
		to[i+1] = int32(total)
	}
	if total > math.MaxInt32 {
		offsets.Release()
		return nil, nil, fmt.Errorf("take: the texts of %d rows exceed 2 GiB", len(idx))
	}
	data = bufpool.NewBuffer(mem, int(total))
	out := data.Bytes()
	for i := 0; i < len(idx); {
		first := i
		j := idx[i]
		i++
		if j < 0 {
			continue
		}
		last := j
		for i < len(idx) && idx[i] == last+1 {
			last++
			i++
		}
		copy(out[to[first]:to[i]], src[from[j]:from[last+1]])
	}
	return offsets, data, nil
}

// texts returns the offsets, one more than rows, and the bytes of a String or Binary array.
func texts(arr arrow.Array) ([]int32, []byte) {
	d := arr.Data()
	if d.Len() == 0 {
		return []int32{0}, nil
	}
	offsets := arrow.GetOffsets[int32](d, 1)
	if b := d.Buffers()[2]; b != nil {
		return offsets, b.Bytes()
	}
	return offsets, nil
}

// allNull returns n NULLs.
func allNull(mem memory.Allocator, dt arrow.DataType, n int) arrow.Array {
	return array.MakeArrayOfNull(mem, dt, n)
}
