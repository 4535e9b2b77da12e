package kernel

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool"
)

// fixed returns the values of a fixed-width array, its rows only. T has the array's width; it may be another type.
func fixed[T arrow.FixedWidthType](a arrow.Array) []T {
	return arrow.GetValues[T](a.Data(), 1)
}

// operand reads an argument row by row whether it is a vector or one value: a value is a slice of one, and the mask
// turns every index into 0.
type operand[T any] struct {
	values []T
	mask   int
}

func (o operand[T]) at(i int) T { return o.values[i&o.mask] }

func vectorOperand[T any](values []T) operand[T] { return operand[T]{values, -1} }

func scalarOperand[T any](v T) operand[T] { return operand[T]{[]T{v}, 0} }

// newValues returns a buffer for n values of T and the values in it.
func newValues[T arrow.FixedWidthType](mem memory.Allocator, n int) (*memory.Buffer, []T) {
	var zero T
	b := bufpool.NewBuffer(mem, n*int(unsafe.Sizeof(zero)))
	return b, arrow.GetData[T](b.Bytes())[:n]
}

// newBitmap returns a buffer for n bits with undefined contents and its bytes.
func newBitmap(mem memory.Allocator, n int) (*memory.Buffer, []byte) {
	b := bufpool.NewBuffer(mem, bitmapBytes(n))
	return b, b.Bytes()
}

func bitmapBytes(n int) int { return (n + 7) / 8 }

// makeArray builds an array of n rows and takes over the buffers. A nil valid means no NULL.
func makeArray(dt arrow.DataType, n int, valid *memory.Buffer, buffers ...*memory.Buffer) arrow.Array {
	nulls := 0
	if valid != nil {
		nulls = n - countBits(valid.Bytes(), n)
	}
	all := append([]*memory.Buffer{valid}, buffers...)
	data := array.NewData(dt, n, all, nil, nulls, 0)
	for _, b := range all {
		if b != nil {
			b.Release()
		}
	}
	defer data.Release()
	return array.MakeFromData(data)
}

// countBits counts the set bits among the first n of a byte-aligned bitmap.
func countBits(b []byte, n int) int {
	return bitutil.CountSetBits(b, 0, n)
}

// aligned returns n bits that start at a bit offset as a bitmap that starts at a byte: a view, or a copy where the
// offset lies inside a byte.
func aligned(b []byte, offset, n int) []byte {
	if offset%8 == 0 {
		return b[offset/8 : offset/8+bitmapBytes(n)]
	}
	out := make([]byte, bitmapBytes(n))
	bitutil.CopyBitmap(b, offset, n, out, 0)
	return out
}

// validBits returns the validity of a's rows as a byte-aligned bitmap, or nil if no row is NULL. Bits beyond the last row
// are undefined.
func validBits(a arrow.Array) []byte {
	switch {
	case a.NullN() == 0:
		return nil
	case a.DataType().ID() == arrow.NULL:
		return make([]byte, bitmapBytes(a.Len()))
	}
	return aligned(a.NullBitmapBytes(), a.Data().Offset(), a.Len())
}

// boolBits returns the values of a Boolean array as a byte-aligned bitmap; bits beyond the last row are undefined.
func boolBits(a arrow.Array) []byte {
	if a.Len() == 0 {
		return nil
	}
	return aligned(a.Data().Buffers()[1].Bytes(), a.Data().Offset(), a.Len())
}

// trimBits clears the bits beyond the first n.
func trimBits(b []byte, n int) {
	if r := n % 8; r != 0 {
		b[len(b)-1] &= 1<<r - 1
	}
}

func bitSet(b []byte, i int) bool { return b[i>>3]>>(i&7)&1 != 0 }

func clearBit(b []byte, i int) { b[i>>3] &^= 1 << (i & 7) }

func setBit(b []byte, i int) { b[i>>3] |= 1 << (i & 7) }

// b2u is 1 for true; the compiler turns it into a flag move.
func b2u(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// bothValid returns a new bitmap of the rows that are valid in every argument, or nil if all are.
func bothValid(mem memory.Allocator, args []Datum, n int) *memory.Buffer {
	var out *memory.Buffer
	for _, d := range args {
		if d.Array == nil {
			continue
		}
		v := validBits(d.Array)
		switch {
		case v == nil:
		case out == nil:
			var b []byte
			out, b = newBitmap(mem, n)
			copy(b, v)
			trimBits(b, n)
		default:
			andBits(out.Bytes(), v)
		}
	}
	return out
}

// andBits clears in dst what is clear in src.
func andBits(dst, src []byte) {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] &= src[i]
	}
}

// allValid returns a bitmap of n set bits.
func allValid(mem memory.Allocator, n int) *memory.Buffer {
	buf, b := newBitmap(mem, n)
	fillBits(b, n)
	return buf
}

// fillBits sets the first n bits and clears the rest.
func fillBits(b []byte, n int) {
	for i := range b {
		b[i] = 0xff
	}
	trimBits(b, n)
}

// validOrAll is bothValid, but never nil: for kernels that add NULLs of their own.
func validOrAll(mem memory.Allocator, args []Datum, n int) *memory.Buffer {
	if v := bothValid(mem, args, n); v != nil {
		return v
	}
	return allValid(mem, n)
}
