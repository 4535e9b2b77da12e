package kernel

import (
	"encoding/binary"
	"math/bits"
)

// Rows is a set of row numbers below N, as a bitmap.
type Rows struct {
	Bits  []byte // the bits beyond N are clear
	N     int
	Count int
}

// AllRows is the set of all rows below n.
func AllRows(n int) Rows {
	r := Rows{make([]byte, bitmapBytes(n)), n, n}
	fillBits(r.Bits, n)
	return r
}

// RowsOf is the set of some rows below n.
func RowsOf(list []int32, n int) Rows {
	r := Rows{make([]byte, bitmapBytes(n)), n, len(list)}
	for _, i := range list {
		setBit(r.Bits, int(i))
	}
	return r
}

// Split divides the set into the rows whose bit is set and the others.
func (r Rows) Split(b []byte) (set, others Rows) {
	both := make([]byte, 2*len(r.Bits))
	set, others = Rows{both[:len(r.Bits)], r.N, 0}, Rows{both[len(r.Bits):], r.N, 0}
	for i, m := range r.Bits {
		set.Bits[i], others.Bits[i] = m&b[i], m&^b[i]
	}
	set.Count = countBits(set.Bits, r.N)
	others.Count = r.Count - set.Count
	return set, others
}

// List returns the row numbers in ascending order.
func (r Rows) List() []int32 { return SetRows(make([]int32, 0, r.Count), r.Bits, r.N) }

// Mark sets choice to arm for the rows of the set.
func (r Rows) Mark(choice []uint16, arm uint16) {
	for i := 0; i < r.N; i += 64 {
		for w := word(r.Bits, i/8); w != 0; w &= w - 1 {
			choice[i+bits.TrailingZeros64(w)] = arm
		}
	}
}

// SetRows appends the numbers of the set bits among the first n to dst.
func SetRows(dst []int32, b []byte, n int) []int32 {
	for i := 0; i < n; i += 64 {
		w := word(b, i/8)
		if left := n - i; left < 64 {
			w &= 1<<left - 1
		}
		for ; w != 0; w &= w - 1 {
			dst = append(dst, int32(i+bits.TrailingZeros64(w)))
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
