package kernel

import (
	"bytes"
	"cmp"
	"math/big"

	"github.com/silogate/silogate/engine/types"
)

// FindInSet returns the function of FIND_IN_SET(text, list) of strings of type t: the number of the text among those that commas
// separate, 0 if it is none of them.
func FindInSet(t types.Type) func(r *Row) (int64, bool) {
	if c := collated(t); c != nil {
		return func(r *Row) (int64, bool) { return int64(c.FindInSet(borrowed(r.Text(0)), borrowed(r.Text(1)))), true }
	}
	return func(r *Row) (int64, bool) {
		what, list := r.Text(0), r.Text(1)
		if bytes.IndexByte(what, ',') >= 0 || len(list) == 0 {
			return 0, true
		}
		for n := int64(1); ; n++ {
			first, rest, more := bytes.Cut(list, []byte{','})
			if bytes.Equal(first, what) {
				return n, true
			}
			if !more {
				return 0, true
			}
			list = rest
		}
	}
}

// orderOf is how strings of type t compare.
func orderOf(t types.Type) func(a, b []byte) int {
	if c := collated(t); c != nil {
		return func(a, b []byte) int { return c.Compare(borrowed(a), borrowed(b)) }
	}
	return bytes.Compare
}

// MakeSet computes MAKE_SET(bits, text, ...): the texts whose bits are set, NULLs left out. It is lenient.
func MakeSet(r *Row, dst []byte) ([]byte, bool) {
	if r.Null(0) {
		return dst, false
	}
	bits, first := uint64(r.Int(0)), true
	for k := 1; k < min(r.Len(), 65); k++ {
		if bits>>(k-1)&1 == 0 || r.Null(k) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		dst, first = append(dst, r.Text(k)...), false
	}
	return dst, true
}

// ExportSet computes EXPORT_SET(bits, on, off[, separator[, number]]): a text for each bit, the lowest first.
func ExportSet(r *Row, dst []byte) ([]byte, bool) {
	separator, number := []byte{','}, int64(64)
	if r.Len() > 3 {
		separator = r.Text(3)
	}
	if r.Len() > 4 {
		if number = r.Int(4); number < 0 || number > 64 {
			number = 64
		}
	}
	for i := range number {
		if i > 0 {
			dst = append(dst, separator...)
		}
		k := 2
		if uint64(r.Int(0))>>i&1 == 1 {
			k = 1
		}
		dst = append(dst, r.Text(k)...)
	}
	return dst, true
}

// Insert returns the function of INSERT(text, position, length, other): other in place of so many characters, or bytes if binary. A
// position outside the text changes nothing.
func Insert(binary bool) func(r *Row, dst []byte) ([]byte, bool) {
	return func(r *Row, dst []byte) ([]byte, bool) {
		s, position, length := r.Text(0), r.Int(1), r.Int(2)
		from, ok := offsetOf(s, position-1, binary)
		if position < 1 || !ok || from == len(s) {
			return append(dst, s...), true
		}
		end := len(s)
		if length >= 0 {
			if n, ok := offsetOf(s[from:], length, binary); ok {
				end = from + n
			}
		}
		return append(append(append(dst, s[:from]...), r.Text(3)...), s[end:]...), true
	}
}

// offsetOf is where the character after the first n begins; ok is false if there are fewer.
func offsetOf(s []byte, n int64, binary bool) (at int, ok bool) {
	if binary {
		return int(min(n, int64(len(s)))), n <= int64(len(s))
	}
	for ; n > 0; n-- {
		if at == len(s) {
			return at, false
		}
		at += runeBytes(s[at:])
	}
	return at, true
}

// StrCmp returns the function of STRCMP(text, text) of strings of type t.
func StrCmp(t types.Type) func(r *Row) (int64, bool) {
	order := orderOf(t)
	return func(r *Row) (int64, bool) { return int64(cmp.Compare(order(r.Text(0), r.Text(1)), 0)), true }
}

// intervalOf is INTERVAL(value, bound, ...): how many bounds, which ascend, the value reaches; of NULL -1, and a NULL bound is
// below everything. read reads an argument, and compare two. It is lenient.
func intervalOf[T any](read func(r *Row, k int) T, compare func(a, b T) int) func(r *Row) (int64, bool) {
	return func(r *Row) (int64, bool) {
		if r.Null(0) {
			return -1, true
		}
		v, low, high := read(r, 0), 1, r.Len()
		for low < high {
			mid := (low + high) / 2
			if r.Null(mid) || compare(v, read(r, mid)) >= 0 {
				low = mid + 1
			} else {
				high = mid
			}
		}
		return int64(low - 1), true
	}
}

// IntervalDoubles is INTERVAL of DOUBLEs.
var IntervalDoubles = intervalOf((*Row).Double, func(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
})

// IntervalDecimals is INTERVAL of DECIMALs of one scale.
var IntervalDecimals = intervalOf(func(r *Row, k int) *big.Int { return r.Decimal(k).BigInt() }, (*big.Int).Cmp)

// MemberNumbers returns what gives the number of a value of type t: of an ENUM the place of the member, 0 of none, of a SET a bit for
// each.
func MemberNumbers(t types.Type) func(value []byte) uint64 {
	number := make(map[string]uint64)
	for i, name := range t.MemberNames() {
		if t.Kind == types.Enum {
			number[name] = uint64(i) + 1
		} else {
			number[name] = 1 << i
		}
	}
	if t.Kind == types.Enum {
		return func(value []byte) uint64 { return number[string(value)] }
	}
	return func(value []byte) uint64 {
		set := uint64(0)
		for name := range bytes.SplitSeq(value, []byte(",")) {
			set |= number[string(name)]
		}
		return set
	}
}

// MemberNumber is the function of those numbers, as doubles.
func MemberNumber(t types.Type) func(r *Row) (float64, bool) {
	number := MemberNumbers(t)
	return func(r *Row) (float64, bool) { return float64(number(r.Text(0))), true }
}
