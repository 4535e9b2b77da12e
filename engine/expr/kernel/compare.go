package kernel

import (
	"bytes"
	"cmp"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/types"
)

// Op is a comparison operator.
type Op uint8

// The comparison operators.
const (
	Eq Op = iota
	Ne
	Lt
	Le
	Gt
	Ge
)

// swapped is the operator with its operands exchanged.
func (o Op) swapped() Op { return [...]Op{Eq: Eq, Ne: Ne, Lt: Gt, Le: Ge, Gt: Lt, Ge: Le}[o] }

// holds is a table of whether the operator is true, indexed by 1 plus the sign of a three-way comparison.
func (o Op) holds() [3]byte {
	return [...][3]byte{Eq: {0, 1, 0}, Ne: {1, 0, 1}, Lt: {1, 0, 0}, Le: {1, 1, 0}, Gt: {0, 0, 1}, Ge: {0, 1, 1}}[o]
}

// integers are the value types of integer vectors, number adds DOUBLE.
type (
	integers interface {
		int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
	}
	number interface{ integers | float64 }
)

// comparison is the class of two operands.
type comparison uint8

const (
	noComparison comparison = iota
	byInteger               // integers of any width and sign; dates and times
	byDouble
	byDecimal // of any scale
	byBytes
	byCollation // texts of one collation that does not compare bytes
)

func comparisonOf(a, b types.Type) comparison {
	switch {
	case a.IsInteger() && b.IsInteger(), a.IsTemporal() && a.Kind == b.Kind:
		return byInteger
	case a.Kind == types.Float64 && b.Kind == types.Float64:
		return byDouble
	case a.Kind == types.Decimal && b.Kind == types.Decimal:
		return byDecimal
	case a.IsString() && b.IsString() && collated(a) != nil:
		return byCollation
	case a.IsString() && b.IsString():
		return byBytes
	}
	return noComparison
}

// Compare returns the kernel of an operator over operands of one class, or nil: integers of any width, decimals of any
// scale, DOUBLEs, texts of one collation, byte strings, temporals of one kind.
func Compare(op Op, a, b types.Type) Func {
	class := comparisonOf(a, b)
	if class == noComparison {
		return nil
	}
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		x, y, op, a, b := args[0], args[1], op, a, b
		if x.IsScalar() {
			x, y, op, a, b = y, x, op.swapped(), b, a
		}
		buf, out := newBitmap(ctx.Mem, n)
		if y.IsScalar() {
			CompareConst(op, a, y.Value, b).Bits(out, x.Array)
		} else {
			compareVectors(op, class, out, x.Array, y.Array, a, b)
		}
		trimBits(out, n)
		return makeArray(arrow.FixedWidthTypes.Boolean, n, bothValid(ctx.Mem, args, n), buf), nil
	}
}

// NullSafeEqual returns the kernel of <=>: Compare's Eq, but two NULLs are equal and one is not, or nil. It takes NULL values
// as arguments.
func NullSafeEqual(a, b types.Type) Func {
	class := comparisonOf(a, b)
	if class == noComparison {
		return nil
	}
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		buf, out := newBitmap(ctx.Mem, n)
		x, y, a, b := args[0], args[1], a, b
		if x.IsScalar() {
			x, y, a, b = y, x, b, a
		}
		switch {
		case !y.IsScalar():
			compareVectors(Eq, class, out, x.Array, y.Array, a, b)
		case y.Value.Null:
			clear(out)
		default:
			CompareConst(Eq, a, y.Value, b).Bits(out, x.Array)
		}
		xv := validBits(x.Array)
		var yv []byte
		if !y.IsScalar() {
			yv = validBits(y.Array)
		}
		none := y.IsScalar() && y.Value.Null
		for i := range out {
			vx, vy := byte(0xff), byte(0xff)
			if xv != nil {
				vx = xv[i]
			}
			if yv != nil {
				vy = yv[i]
			}
			if none {
				vy = 0
			}
			out[i] = out[i]&vx&vy | ^vx&^vy
		}
		trimBits(out, n)
		return makeArray(arrow.FixedWidthTypes.Boolean, n, nil, buf), nil
	}
}

func compareVectors(op Op, class comparison, out []byte, x, y arrow.Array, a, b types.Type) {
	switch class {
	case byInteger:
		compareIntegers(op, out, x, y)
	case byDouble:
		compareBits(op, out, fixed[float64](x), fixed[float64](y))
	case byDecimal:
		compareDecimals(op, out, x, y, int(a.Scale), int(b.Scale))
	case byCollation:
		compareCollated(collated(a), op, out, x, y)
	default:
		compareBytes(op, out, x, y)
	}
}

// compareIntegers compares vectors of any integer widths; only BIGINT UNSIGNED has values that BIGINT lacks.
func compareIntegers(op Op, out []byte, x, y arrow.Array) {
	xu, yu := x.DataType().ID() == arrow.UINT64, y.DataType().ID() == arrow.UINT64
	switch {
	case xu && yu:
		compareBits(op, out, fixed[uint64](x), fixed[uint64](y))
	case xu:
		compareMixed(op.swapped(), out, wide(y), fixed[uint64](x))
	case yu:
		compareMixed(op, out, wide(x), fixed[uint64](y))
	case x.DataType().ID() == arrow.INT32 && y.DataType().ID() == arrow.INT32,
		x.DataType().ID() == arrow.DATE32:
		compareBits(op, out, fixed[int32](x), fixed[int32](y))
	default:
		compareBits(op, out, wide(x), wide(y))
	}
}

// wide returns an integer vector's values as BIGINT: a view where they are, else a copy. BIGINT UNSIGNED is viewed as its bits.
func wide(a arrow.Array) []int64 {
	switch a.DataType().ID() {
	case arrow.INT8:
		return widenInto(fixed[int8](a))
	case arrow.INT16:
		return widenInto(fixed[int16](a))
	case arrow.INT32, arrow.DATE32:
		return widenInto(fixed[int32](a))
	case arrow.UINT8:
		return widenInto(fixed[uint8](a))
	case arrow.UINT16:
		return widenInto(fixed[uint16](a))
	case arrow.UINT32:
		return widenInto(fixed[uint32](a))
	}
	return fixed[int64](a)
}

func widenInto[T integers](v []T) []int64 {
	out := make([]int64, len(v))
	for i, x := range v {
		out[i] = int64(x)
	}
	return out
}

func compareMixed(op Op, out []byte, x []int64, y []uint64) {
	holds := op.holds()
	clear(out)
	for i, s := range x {
		c := cmp.Compare(uint64(s), y[i])
		if s < 0 {
			c = -1
		}
		out[i>>3] |= holds[c+1] << (i & 7)
	}
}

// compareBits writes x op y as a bitmap.
func compareBits[T number](op Op, out []byte, x, y []T) {
	switch op {
	case Eq:
		equalBits(out, x, y, 0)
	case Ne:
		equalBits(out, x, y, 0xff)
	case Lt:
		lessBits(out, x, y, 0)
	case Ge:
		lessBits(out, x, y, 0xff)
	case Gt:
		lessBits(out, y, x, 0)
	case Le:
		lessBits(out, y, x, 0xff)
	}
}

// equalBits writes x = y, inverted where invert is 0xff, eight rows a byte.
func equalBits[T number](out []byte, x, y []T, invert byte) {
	n := len(x)
	for k := range n / 8 {
		p, q := x[k*8:k*8+8:k*8+8], y[k*8:k*8+8:k*8+8]
		out[k] = invert ^ (b2u(p[0] == q[0]) | b2u(p[1] == q[1])<<1 | b2u(p[2] == q[2])<<2 | b2u(p[3] == q[3])<<3 |
			b2u(p[4] == q[4])<<4 | b2u(p[5] == q[5])<<5 | b2u(p[6] == q[6])<<6 | b2u(p[7] == q[7])<<7)
	}
	if n%8 != 0 {
		var last byte
		for i := n &^ 7; i < n; i++ {
			last |= b2u(x[i] == y[i]) << (i & 7)
		}
		out[n/8] = invert ^ last
	}
}

// lessBits writes x < y, inverted where invert is 0xff.
func lessBits[T number](out []byte, x, y []T, invert byte) {
	n := len(x)
	for k := range n / 8 {
		p, q := x[k*8:k*8+8:k*8+8], y[k*8:k*8+8:k*8+8]
		out[k] = invert ^ (b2u(p[0] < q[0]) | b2u(p[1] < q[1])<<1 | b2u(p[2] < q[2])<<2 | b2u(p[3] < q[3])<<3 |
			b2u(p[4] < q[4])<<4 | b2u(p[5] < q[5])<<5 | b2u(p[6] < q[6])<<6 | b2u(p[7] < q[7])<<7)
	}
	if n%8 != 0 {
		var last byte
		for i := n &^ 7; i < n; i++ {
			last |= b2u(x[i] < y[i]) << (i & 7)
		}
		out[n/8] = invert ^ last
	}
}

// compareBytes compares texts and byte strings.
func compareBytes(op Op, out []byte, x, y arrow.Array) {
	xo, xd := texts(x)
	yo, yd := texts(y)
	n := x.Len()
	clear(out)
	if op == Eq || op == Ne {
		want := op == Eq
		for i := range n {
			same := xo[i+1]-xo[i] == yo[i+1]-yo[i] && string(xd[xo[i]:xo[i+1]]) == string(yd[yo[i]:yo[i+1]])
			out[i>>3] |= b2u(same == want) << (i & 7)
		}
		return
	}
	holds := op.holds()
	for i := range n {
		c := bytes.Compare(xd[xo[i]:xo[i+1]], yd[yo[i]:yo[i+1]])
		out[i>>3] |= holds[c+1] << (i & 7)
	}
}
