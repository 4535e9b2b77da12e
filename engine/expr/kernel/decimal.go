package kernel

import (
	"fmt"
	"math/big"
	"regexp"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// decimals is a decimal argument: its values in one width, and a bound: |v| <= 2^bits.
type decimals struct {
	width types.Width
	v64   operand[int64]
	v128  operand[decimal128.Num]
	v256  operand[decimal256.Num]
	bits  int
}

// A result of so many bits is safe in a width. One bit short of the sign: a bound counts its own limit in.
const (
	safe64  = 62
	safe128 = 126
	safe256 = 254
)

// digits65 is the most bits that surely stay within 65 digits.
const digits65 = 215

// widthForBits returns the narrowest width for results below 2^bits in magnitude, 0 if none is wide enough.
func widthForBits(bits int) types.Width {
	switch {
	case bits <= safe64:
		return types.W64
	case bits <= safe128:
		return types.W128
	case bits <= safe256:
		return types.W256
	}
	return 0
}

func decimalOperand(d Datum) decimals {
	if d.IsScalar() {
		return decimalScalar(d.Value.Dec)
	}
	out := decimals{width: Width(d.Array)}
	switch out.width {
	case types.W64:
		out.v64 = vectorOperand(fixed[int64](d.Array))
		out.bits = bits64(out.v64.values)
	case types.W128:
		out.v128 = vectorOperand(fixed[decimal128.Num](d.Array))
		out.bits = bits128(out.v128.values)
	default:
		out.v256 = vectorOperand(fixed[decimal256.Num](d.Array))
		out.bits = bits256(out.v256.values)
		if out.bits > digits65 { // a NULL row may hold anything
			out.bits = validBits256(d.Array)
		}
	}
	return out
}

// validBits256 is bits256 of the rows that are not NULL.
func validBits256(a arrow.Array) int {
	values, valid := fixed[decimal256.Num](a), validBits(a)
	if valid == nil {
		return bits256(values)
	}
	most := 0
	for i := range values {
		if bitSet(valid, i) {
			most = max(most, bits256(values[i:i+1]))
		}
	}
	return most
}

func decimalScalar(v decimal256.Num) decimals {
	out := decimals{width: widthOf(v), bits: bits256([]decimal256.Num{v})}
	switch out.width {
	case types.W64:
		out.v64 = scalarOperand(int64(v.LowBits()))
	case types.W128:
		out.v128 = scalarOperand(narrow128(v))
	default:
		out.v256 = scalarOperand(v)
	}
	return out
}

// widen converts to a width; to a narrower one only what fits.
func (d decimals) widen(to types.Width) decimals {
	if d.width >= to {
		return d
	}
	out := decimals{width: to, bits: d.bits}
	switch {
	case to == types.W128:
		out.v128 = operand[decimal128.Num]{make([]decimal128.Num, len(d.v64.values)), d.v64.mask}
		for i, v := range d.v64.values {
			out.v128.values[i] = decimal128.FromI64(v)
		}
	case d.width == types.W64:
		out.v256 = operand[decimal256.Num]{make([]decimal256.Num, len(d.v64.values)), d.v64.mask}
		for i, v := range d.v64.values {
			out.v256.values[i] = decimal256.FromI64(v)
		}
	default:
		out.v256 = operand[decimal256.Num]{make([]decimal256.Num, len(d.v128.values)), d.v128.mask}
		for i, v := range d.v128.values {
			out.v256.values[i] = decimal256.FromDecimal128(v)
		}
	}
	return out
}

// times10 multiplies by 10^k, in the narrowest width that is safe; ok is false if none is.
func (d decimals) times10(k int) (out decimals, ok bool) {
	if k == 0 {
		return d, true
	}
	bits := d.bits + bitsOfPow10(k)
	w := max(widthForBits(bits), d.width)
	if widthForBits(bits) == 0 {
		return d, false
	}
	out = d.widen(w)
	out.bits = bits
	switch w {
	case types.W64:
		p, src := pow10Int[k], out.v64.values
		out.v64.values = make([]int64, len(src))
		for i, v := range src {
			out.v64.values[i] = v * p
		}
	case types.W128:
		p, src := narrow128(pow10Wide[k]), out.v128.values
		out.v128.values = make([]decimal128.Num, len(src))
		for i, v := range src {
			out.v128.values[i] = mul128(v, p)
		}
	default:
		p, src := pow10Wide[k], out.v256.values
		out.v256.values = make([]decimal256.Num, len(src))
		for i, v := range src {
			out.v256.values[i] = mul256(v, p)
		}
	}
	return out, true
}

// align brings two operands of scales sa and sb to the larger scale and one width.
func align(a, b decimals, sa, sb int) (x, y decimals, ok bool) {
	scale := max(sa, sb)
	if a, ok = a.times10(scale - sa); !ok {
		return a, b, false
	}
	if b, ok = b.times10(scale - sb); !ok {
		return a, b, false
	}
	w := max(a.width, b.width)
	return a.widen(w), b.widen(w), true
}

// big writes row i to r.
func (d decimals) big(r *big.Int, i int) *big.Int {
	switch d.width {
	case types.W64:
		return r.SetInt64(d.v64.at(i))
	case types.W128:
		return r.Set(d.v128.at(i).BigInt())
	}
	return r.Set(d.v256.at(i).BigInt())
}

// compareDecimals compares vectors of scales sa and sb.
func compareDecimals(op Op, out []byte, x, y arrow.Array, sa, sb int) {
	a, b := decimalOperand(Vector(x)), decimalOperand(Vector(y))
	n := x.Len()
	p, q, ok := align(a, b, sa, sb)
	switch {
	case !ok:
		compareBig(op, out, a, b, sa, sb, n)
	case p.width == types.W64:
		compareBits(op, out, p.v64.values, q.v64.values)
	case p.width == types.W128:
		compare128(op, out, p.v128, q.v128, n)
	default:
		compare256(op, out, p.v256, q.v256, n)
	}
}

func compare128(op Op, out []byte, x, y operand[decimal128.Num], n int) {
	holds := op.holds()
	clear(out)
	for i := range n {
		out[i>>3] |= holds[cmp128(x.at(i), y.at(i))+1] << (i & 7)
	}
}

func compare256(op Op, out []byte, x, y operand[decimal256.Num], n int) {
	holds := op.holds()
	clear(out)
	for i := range n {
		out[i>>3] |= holds[cmp256(x.at(i), y.at(i))+1] << (i & 7)
	}
}

func compareBig(op Op, out []byte, a, b decimals, sa, sb, n int) {
	holds := op.holds()
	clear(out)
	fa, fb := pow10Big(max(sb-sa, 0)), pow10Big(max(sa-sb, 0))
	var x, y big.Int
	for i := range n {
		a.big(&x, i).Mul(&x, fa)
		b.big(&y, i).Mul(&y, fb)
		out[i>>3] |= holds[x.Cmp(&y)+1] << (i & 7)
	}
}

// floorRescale brings v from one scale to another, rounding towards minus infinity; exact says that nothing was cut off,
// side is -1 or 1 where the result lies below or above every decimal.
func floorRescale(v decimal256.Num, from, to int) (out decimal256.Num, exact bool, side int) {
	b := v.BigInt()
	exact = true
	if to >= from {
		b.Mul(b, pow10Big(to-from))
	} else {
		var rest big.Int
		b.DivMod(b, pow10Big(from-to), &rest) // Euclidean: the rest is never negative
		exact = rest.Sign() == 0
	}
	if b.BitLen() >= 255 {
		return out, exact, b.Sign()
	}
	return decimal256.FromBigInt(b), exact, 0
}

// outOfRange is errno 1690.
func outOfRange(what string, where fmt.Stringer) error {
	return sqlerr.New(sqlerr.OutOfRange, "%s value is out of range in '%s'", what, plainNames(where.String()))
}

// numbered are the numbers of columns in an expression's text, and the texts in it, which may look like such.
var numbered = regexp.MustCompile(`'(?:[^'\\]|\\.)*'|#\d+`)

// plainNames leaves out the numbers that tell columns of one name apart, of which clients know nothing.
func plainNames(text string) string {
	return numbered.ReplaceAllStringFunc(text, func(found string) string {
		if found[0] == '#' {
			return ""
		}
		return found
	})
}

// limit65 is the least magnitude with more than 65 digits.
var limit65 = pow10Big(types.MaxPrecision)

// rowwise computes a decimal vector row by row with arbitrary precision: the way out where no width is provably safe.
// compute sets r from the row, and reports false for NULL; a result of more than 65 digits is errno 1690.
func rowwise(mem memory.Allocator, args []Datum, n, scale int, where fmt.Stringer, compute func(r *big.Int, i int) bool) (arrow.Array, error) {
	valid := validOrAll(mem, args, n)
	bits := valid.Bytes()
	values := make([]decimal256.Num, n)
	var r big.Int
	for i := range n {
		if !bitSet(bits, i) {
			continue
		}
		if !compute(&r, i) {
			clearBit(bits, i)
			continue
		}
		if r.CmpAbs(limit65) >= 0 {
			valid.Release()
			return nil, outOfRange("DECIMAL", where)
		}
		values[i] = decimal256.FromBigInt(&r)
	}
	return decimalsOf(mem, scale, valid, n, func(i int) decimal256.Num { return values[i] }), nil
}

// check65 fails if a row that is not NULL has more than 65 digits.
func check65(values []decimal256.Num, valid *memory.Buffer, where fmt.Stringer) error {
	top := pow10Wide[types.MaxPrecision]
	bottom := top.Negate()
	for i, v := range values {
		if (cmp256(v, top) >= 0 || cmp256(v, bottom) <= 0) && (valid == nil || bitSet(valid.Bytes(), i)) {
			return outOfRange("DECIMAL", where)
		}
	}
	return nil
}
