package kernel

import (
	"encoding/binary"
	"math/bits"
)

// SetRows appends the numbers of the set bits among the first n to dst.
func SetRows(dst []int32, b []byte, n int) []int32 { return appendRows(dst, b, n, 0) }

// ClearRows appends the numbers of the clear bits among the first n to dst.
func ClearRows(dst []int32, b []byte, n int) []int32 { return appendRows(dst, b, n, ^uint64(0)) }

func appendRows(dst []int32, b []byte, n int, invert uint64) []int32 {
	for i := 0; i < n; i += 64 {
		w := word(b, i/8) ^ invert
		if left := n - i; left < 64 {
			w &= 1<<left - 1
		}
		for w != 0 {
			dst = append(dst, int32(i+bits.TrailingZeros64(w)))
			w &= w - 1
		}
	}
	return dst
}

// word reads up to eight bytes of b from byte i on, the missing ones as 0.
func word(b []byte, i int) uint64 {
	b = b[i:]
	if len(b) >= 8 {
		return binary.LittleEndian.Uint64(b)
	}
	var w uint64
	for j, x := range b {
		w |= uint64(x) << (8 * j)
	}
	return w
}

// Partition splits rows into those whose bit is set and the others.
func Partition(rows []int32, b []byte) (set, others []int32) {
	for _, i := range rows {
		if bitSet(b, int(i)) {
			set = append(set, i)
		} else {
			others = append(others, i)
		}
	}
	return set, others
}

// SetAll sets every bit.
func SetAll(b []byte) {
	for i := range b {
		b[i] = 0xff
	}
}
