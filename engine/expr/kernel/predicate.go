package kernel

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/types"
)

// Predicate is a condition on one vector with everything else constant: the hot path of filters. It never fails. What it
// says of NULL rows is arbitrary: the caller masks them.
type Predicate interface {
	// Bits writes one bit for each row; the bits beyond the last are arbitrary.
	Bits(out []byte, a arrow.Array)
	// Filter keeps of the row numbers sel those where the condition holds, in place.
	Filter(sel []int32, a arrow.Array) []int32
}

// CompareConst is the predicate: vector of type t, operator, constant c of type ct. The types are of one class of Compare; c
// is not NULL.
func CompareConst(op Op, t types.Type, c types.Value, ct types.Type) Predicate {
	switch comparisonOf(t, ct) {
	case byInteger:
		return integerConst{op, c.Int, ct.IsUnsigned() && c.Int < 0}
	case byDouble:
		return doubleConst{op, c.Float}
	case byDecimal:
		return newDecimalConst(op, int(t.Scale), c.Dec, int(ct.Scale))
	case byCollation:
		return collatedConst(collated(t), op, c.Str)
	}
	return bytesConst{op, c.Str}
}

// always is the predicate that has the same answer for every row.
type always bool

func (p always) Bits(out []byte, _ arrow.Array) { setAll(out, bool(p)) }

func (p always) Filter(sel []int32, _ arrow.Array) []int32 {
	if p {
		return sel
	}
	return sel[:0]
}

// integerConst compares integers, dates and times with a constant; huge says that c is a uint64 above any int64.
type integerConst struct {
	op   Op
	c    int64
	huge bool
}

func (p integerConst) Bits(out []byte, a arrow.Array) {
	switch a.DataType().ID() {
	case arrow.INT8:
		integerConstBits[int8](p, out, a)
	case arrow.INT16:
		integerConstBits[int16](p, out, a)
	case arrow.INT32, arrow.DATE32:
		integerConstBits[int32](p, out, a)
	case arrow.UINT8:
		integerConstBits[uint8](p, out, a)
	case arrow.UINT16:
		integerConstBits[uint16](p, out, a)
	case arrow.UINT32:
		integerConstBits[uint32](p, out, a)
	case arrow.UINT64:
		integerConstBits[uint64](p, out, a)
	default:
		integerConstBits[int64](p, out, a)
	}
}

func (p integerConst) Filter(sel []int32, a arrow.Array) []int32 {
	switch a.DataType().ID() {
	case arrow.INT8:
		return integerConstFilter[int8](p, sel, a)
	case arrow.INT16:
		return integerConstFilter[int16](p, sel, a)
	case arrow.INT32, arrow.DATE32:
		return integerConstFilter[int32](p, sel, a)
	case arrow.UINT8:
		return integerConstFilter[uint8](p, sel, a)
	case arrow.UINT16:
		return integerConstFilter[uint16](p, sel, a)
	case arrow.UINT32:
		return integerConstFilter[uint32](p, sel, a)
	case arrow.UINT64:
		return integerConstFilter[uint64](p, sel, a)
	}
	return integerConstFilter[int64](p, sel, a)
}

func integerConstBits[T integers](p integerConst, out []byte, a arrow.Array) {
	c, side := constantAs[T](p)
	if side != 0 {
		outside(p.op, side).Bits(out, a)
		return
	}
	constBits(p.op, out, fixed[T](a), c)
}

func integerConstFilter[T integers](p integerConst, sel []int32, a arrow.Array) []int32 {
	c, side := constantAs[T](p)
	if side != 0 {
		return outside(p.op, side).Filter(sel, a)
	}
	return constFilter(p.op, sel, fixed[T](a), c)
}

// constantAs converts the constant to T; side is -1 or 1 where it lies below or above all of T.
func constantAs[T integers](p integerConst) (c T, side int) {
	c = T(p.c)
	switch unsigned := T(0)-1 > 0; {
	case p.huge && unsigned && uint64(c) == uint64(p.c):
		return c, 0
	case p.huge:
		return c, 1
	case unsigned && p.c < 0:
		return c, -1
	case int64(c) == p.c:
		return c, 0
	case p.c < 0:
		return c, -1
	}
	return c, 1
}

// outside is x op c where c lies below (-1) or above (1) every x.
func outside(op Op, side int) always { return op.holds()[1-side] != 0 }

// constBits writes v op c as a bitmap.
func constBits[T number](op Op, out []byte, v []T, c T) {
	switch op {
	case Eq:
		equalConstBits(out, v, c, 0)
	case Ne:
		equalConstBits(out, v, c, 0xff)
	case Lt:
		lessConstBits(out, v, c, 0)
	case Ge:
		lessConstBits(out, v, c, 0xff)
	case Le:
		lessEqualConstBits(out, v, c, 0)
	case Gt:
		lessEqualConstBits(out, v, c, 0xff)
	}
}

func equalConstBits[T number](out []byte, v []T, c T, invert byte) {
	n := len(v)
	for k := range n / 8 {
		p := v[k*8 : k*8+8 : k*8+8]
		out[k] = invert ^ (b2u(p[0] == c) | b2u(p[1] == c)<<1 | b2u(p[2] == c)<<2 | b2u(p[3] == c)<<3 |
			b2u(p[4] == c)<<4 | b2u(p[5] == c)<<5 | b2u(p[6] == c)<<6 | b2u(p[7] == c)<<7)
	}
	if n%8 != 0 {
		var last byte
		for i := n &^ 7; i < n; i++ {
			last |= b2u(v[i] == c) << (i & 7)
		}
		out[n/8] = invert ^ last
	}
}

func lessConstBits[T number](out []byte, v []T, c T, invert byte) {
	n := len(v)
	for k := range n / 8 {
		p := v[k*8 : k*8+8 : k*8+8]
		out[k] = invert ^ (b2u(p[0] < c) | b2u(p[1] < c)<<1 | b2u(p[2] < c)<<2 | b2u(p[3] < c)<<3 |
			b2u(p[4] < c)<<4 | b2u(p[5] < c)<<5 | b2u(p[6] < c)<<6 | b2u(p[7] < c)<<7)
	}
	if n%8 != 0 {
		var last byte
		for i := n &^ 7; i < n; i++ {
			last |= b2u(v[i] < c) << (i & 7)
		}
		out[n/8] = invert ^ last
	}
}

func lessEqualConstBits[T number](out []byte, v []T, c T, invert byte) {
	n := len(v)
	for k := range n / 8 {
		p := v[k*8 : k*8+8 : k*8+8]
		out[k] = invert ^ (b2u(p[0] <= c) | b2u(p[1] <= c)<<1 | b2u(p[2] <= c)<<2 | b2u(p[3] <= c)<<3 |
			b2u(p[4] <= c)<<4 | b2u(p[5] <= c)<<5 | b2u(p[6] <= c)<<6 | b2u(p[7] <= c)<<7)
	}
	if n%8 != 0 {
		var last byte
		for i := n &^ 7; i < n; i++ {
			last |= b2u(v[i] <= c) << (i & 7)
		}
		out[n/8] = invert ^ last
	}
}

// constFilter keeps the rows of sel where v op c.
func constFilter[T number](op Op, sel []int32, v []T, c T) []int32 {
	k := 0
	switch op {
	case Eq:
		for _, i := range sel {
			sel[k] = i
			k += int(b2u(v[i] == c))
		}
	case Ne:
		for _, i := range sel {
			sel[k] = i
			k += int(b2u(v[i] != c))
		}
	case Lt:
		for _, i := range sel {
			sel[k] = i
			k += int(b2u(v[i] < c))
		}
	case Le:
		for _, i := range sel {
			sel[k] = i
			k += int(b2u(v[i] <= c))
		}
	case Gt:
		for _, i := range sel {
			sel[k] = i
			k += int(b2u(v[i] > c))
		}
	case Ge:
		for _, i := range sel {
			sel[k] = i
			k += int(b2u(v[i] >= c))
		}
	}
	return sel[:k]
}

type doubleConst struct {
	op Op
	c  float64
}

func (p doubleConst) Bits(out []byte, a arrow.Array) { constBits(p.op, out, fixed[float64](a), p.c) }

func (p doubleConst) Filter(sel []int32, a arrow.Array) []int32 {
	return constFilter(p.op, sel, fixed[float64](a), p.c)
}

// decimalConst compares decimals with a constant of their own scale.
type decimalConst struct {
	op Op
	c  decimal256.Num
}

// newDecimalConst brings the constant to the vector's scale. Digits that do not fit are cut off towards minus infinity: no
// value equals the constant then, and x < 1.005 is x <= 1.00 where x has two digits.
func newDecimalConst(op Op, scale int, c decimal256.Num, cScale int) Predicate {
	n, exact, side := floorRescale(c, cScale, scale)
	switch {
	case side != 0:
		return outside(op, side)
	case exact:
	case op == Eq, op == Ne:
		return always(op == Ne)
	case op == Lt:
		op = Le
	case op == Ge:
		op = Gt
	}
	return decimalConst{op, n}
}

func (p decimalConst) Bits(out []byte, a arrow.Array) {
	switch Width(a) {
	case types.W64:
		if side := p.side(types.W64); side != 0 {
			outside(p.op, side).Bits(out, a)
			return
		}
		constBits(p.op, out, fixed[int64](a), int64(p.c.LowBits()))
	case types.W128:
		if side := p.side(types.W128); side != 0 {
			outside(p.op, side).Bits(out, a)
			return
		}
		compare128(p.op, out, vectorOperand(fixed[decimal128.Num](a)), scalarOperand(narrow128(p.c)), a.Len())
	default:
		compare256(p.op, out, vectorOperand(fixed[decimal256.Num](a)), scalarOperand(p.c), a.Len())
	}
}

func (p decimalConst) Filter(sel []int32, a arrow.Array) []int32 {
	if Width(a) == types.W64 {
		if side := p.side(types.W64); side != 0 {
			return outside(p.op, side).Filter(sel, a)
		}
		return constFilter(p.op, sel, fixed[int64](a), int64(p.c.LowBits()))
	}
	return filterByBits(p, sel, a)
}

// side says whether the constant lies below or above all values of a width.
func (p decimalConst) side(w types.Width) int {
	if widthOf(p.c) <= w {
		return 0
	}
	return sign256(p.c)
}

// filterByBits is Filter for predicates that are better computed for all rows.
func filterByBits(p Predicate, sel []int32, a arrow.Array) []int32 {
	bits := make([]byte, bitmapBytes(a.Len()))
	p.Bits(bits, a)
	return FilterBits(sel, bits)
}

// FilterBits keeps the rows of sel whose bit is set, in place.
func FilterBits(sel []int32, bits []byte) []int32 {
	k := 0
	for _, i := range sel {
		sel[k] = i
		k += int(bits[i>>3] >> (i & 7) & 1)
	}
	return sel[:k]
}

// bytesConst compares texts and byte strings with a constant.
type bytesConst struct {
	op Op
	c  string
}

func (p bytesConst) Bits(out []byte, a arrow.Array) {
	offsets, data := texts(a)
	clear(out)
	n := a.Len()
	switch p.op {
	case Eq, Ne:
		length, want := int32(len(p.c)), p.op == Eq
		for i := range n {
			same := offsets[i+1]-offsets[i] == length && string(data[offsets[i]:offsets[i+1]]) == p.c
			out[i>>3] |= b2u(same == want) << (i & 7)
		}
	default:
		holds, c := p.op.holds(), []byte(p.c)
		for i := range n {
			out[i>>3] |= holds[bytes.Compare(data[offsets[i]:offsets[i+1]], c)+1] << (i & 7)
		}
	}
}

func (p bytesConst) Filter(sel []int32, a arrow.Array) []int32 {
	offsets, data := texts(a)
	holds, c := p.op.holds(), []byte(p.c)
	k := 0
	for _, i := range sel {
		sel[k] = i
		k += int(holds[bytes.Compare(data[offsets[i]:offsets[i+1]], c)+1])
	}
	return sel[:k]
}

// SelectBits appends to dst the numbers of the rows of a that are set in bits and not NULL. It changes bits.
func SelectBits(dst []int32, bits []byte, a arrow.Array) []int32 {
	if v := validBits(a); v != nil {
		andBits(bits, v)
	}
	return SetRows(dst, bits, a.Len())
}

// FilterValid keeps the rows of sel that are not NULL in a, in place.
func FilterValid(sel []int32, a arrow.Array) []int32 {
	if v := validBits(a); v != nil {
		return FilterBits(sel, v)
	}
	return sel
}
