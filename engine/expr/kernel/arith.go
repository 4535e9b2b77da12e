package kernel

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/types"
)

// operator is +, - or * as loops. The ones for integers wrap around: they run where bits proves that nothing does.
type operator struct {
	vv     func(out, a, b []int64)
	vs     func(out, a []int64, c int64)
	sv     func(out []int64, c int64, b []int64)
	w128   func(out []decimal128.Num, a, b operand[decimal128.Num])
	w256   func(out []decimal256.Num, a, b operand[decimal256.Num])
	double func(out []float64, a, b operand[float64])
	bits   func(a, b int) int // bound of the result from the operands' bounds
	align  bool               // decimals must have one scale
}

// Add returns the kernel of l + r for a result of type t: BIGINT, signed or not, from integers of any width; DECIMAL from
// decimals of any scale; DOUBLE from DOUBLEs. Overflow is errno 1690, and where names the operation.
func Add(l, r, t types.Type, where fmt.Stringer) Func {
	return arith(operator{
		vv: addVV, vs: addVS, sv: func(out []int64, c int64, b []int64) { addVS(out, b, c) },
		w128: add128s, w256: add256s, double: addDoubles, bits: bitsOfSum, align: true,
	}, l, r, t, where)
}

// Sub is l - r, as Add.
func Sub(l, r, t types.Type, where fmt.Stringer) Func {
	return arith(operator{
		vv: subVV, vs: subVS, sv: subSV,
		w128: sub128s, w256: sub256s, double: subDoubles, bits: bitsOfSum, align: true,
	}, l, r, t, where)
}

// Mul is l * r, as Add. A decimal product's scale is the sum of scales, cut by rounding to that of t.
func Mul(l, r, t types.Type, where fmt.Stringer) Func {
	return arith(operator{
		vv: mulVV, vs: mulVS, sv: func(out []int64, c int64, b []int64) { mulVS(out, b, c) },
		w128: mul128s, w256: mul256s, double: mulDoubles, bits: func(a, b int) int { return a + b },
	}, l, r, t, where)
}

func bitsOfSum(a, b int) int { return max(a, b) + 1 }

func arith(op operator, l, r, t types.Type, where fmt.Stringer) Func {
	switch t.Kind {
	case types.Int64, types.Uint64:
		return op.integers(l, r, t, where)
	case types.Float64:
		return op.doubles(where)
	case types.Decimal:
		return op.decimals(int(l.Scale), int(r.Scale), int(t.Scale), where)
	}
	return nil
}

// run64 computes rows of which at least one side is a vector.
func (op operator) run64(out []int64, a, b operand[int64]) {
	switch {
	case a.mask == 0:
		op.sv(out, a.values[0], b.values)
	case b.mask == 0:
		op.vs(out, a.values, b.values[0])
	default:
		op.vv(out, a.values, b.values)
	}
}

// integers is the operator over integers with a BIGINT result.
func (op operator) integers(l, r, t types.Type, where fmt.Stringer) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		a, aBits := integerOperand(args[0], l)
		b, bBits := integerOperand(args[1], r)
		buf, out := newValues[int64](ctx.Mem, n)
		valid := bothValid(ctx.Mem, args, n)
		ok := op.bits(aBits, bBits) <= safe64
		if ok {
			op.run64(out, a, b)
			ok = !t.IsUnsigned() || !anyNegative(out)
		}
		if !ok {
			x, y := operand256(a, l.IsUnsigned()), operand256(b, r.IsUnsigned())
			if !op.integersChecked(out, x, y, valid, t.IsUnsigned()) {
				release(valid, buf)
				return nil, outOfRange(integerName(t), where)
			}
		}
		return makeArray(t.Arrow(), n, valid, buf), nil
	}
}

// integersChecked computes in 256 bits and reports whether every row that is not NULL fits.
func (op operator) integersChecked(out []int64, a, b operand[decimal256.Num], valid *memory.Buffer, unsigned bool) bool {
	wideOut := make([]decimal256.Num, len(out))
	op.w256(wideOut, a, b)
	for i, v := range wideOut {
		fits := widthOf(v) == types.W64
		if unsigned {
			w := v.Array()
			fits = w[1]|w[2]|w[3] == 0
		}
		if !fits && (valid == nil || bitSet(valid.Bytes(), i)) {
			return false
		}
		out[i] = int64(v.LowBits())
	}
	return true
}

func integerName(t types.Type) string {
	if t.IsUnsigned() {
		return "BIGINT UNSIGNED"
	}
	return "BIGINT"
}

// integerOperand reads an integer argument as BIGINT, an unsigned one as its bits, with a bound of its magnitudes.
func integerOperand(d Datum, t types.Type) (operand[int64], int) {
	var o operand[int64]
	if d.IsScalar() {
		o = scalarOperand(d.Value.Int)
	} else {
		o = vectorOperand(wide(d.Array))
	}
	if !t.IsUnsigned() {
		return o, bits64(o.values)
	}
	var m uint64
	for _, v := range o.values {
		m |= uint64(v)
	}
	return o, bits.Len64(m)
}

func operand256(o operand[int64], unsigned bool) operand[decimal256.Num] {
	out := operand[decimal256.Num]{make([]decimal256.Num, len(o.values)), o.mask}
	for i, v := range o.values {
		if unsigned {
			out.values[i] = decimal256.FromU64(uint64(v))
		} else {
			out.values[i] = decimal256.FromI64(v)
		}
	}
	return out
}

func anyNegative(values []int64) bool {
	var or int64
	for _, v := range values {
		or |= v
	}
	return or < 0
}

// release drops buffers; nil ones are ignored.
func release(buffers ...*memory.Buffer) {
	for _, b := range buffers {
		if b != nil {
			b.Release()
		}
	}
}

// doubles is the operator over DOUBLEs.
func (op operator) doubles(where fmt.Stringer) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		buf, out := newValues[float64](ctx.Mem, n)
		op.double(out, doubleOperand(args[0]), doubleOperand(args[1]))
		return finishDoubles(ctx, args, n, buf, out, where)
	}
}

func doubleOperand(d Datum) operand[float64] {
	if d.IsScalar() {
		return scalarOperand(d.Value.Float)
	}
	return vectorOperand(fixed[float64](d.Array))
}

// finishDoubles makes the result of a DOUBLE kernel. An infinity or NaN in a row that is not NULL is errno 1690; NULL rows
// become 0.
func finishDoubles(ctx *Context, args []Datum, n int, buf *memory.Buffer, out []float64, where fmt.Stringer) (arrow.Array, error) {
	valid := bothValid(ctx.Mem, args, n)
	if !allFinite(out) {
		for i, v := range out {
			if !math.IsInf(v, 0) && v == v {
				continue
			}
			if valid == nil || bitSet(valid.Bytes(), i) {
				release(valid, buf)
				return nil, outOfRange("DOUBLE", where)
			}
			out[i] = 0
		}
	}
	return makeArray(arrow.PrimitiveTypes.Float64, n, valid, buf), nil
}

func allFinite(values []float64) bool {
	const exponent = 0x7ff << 52
	bad := false
	for _, v := range values {
		bad = bad || math.Float64bits(v)&exponent == exponent
	}
	return !bad
}

// decimals is the operator over decimals of scales sl and sr with a result of scale st.
func (op operator) decimals(sl, sr, st int, where fmt.Stringer) Func {
	exact := sl + sr // the scale before rounding
	if op.align {
		exact = max(sl, sr)
	}
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		a, b := decimalOperand(args[0]), decimalOperand(args[1])
		if op.align {
			var ok bool
			if a, b, ok = align(a, b, sl, sr); !ok {
				return nil, outOfRange("DECIMAL", where)
			}
		}
		need := op.bits(a.bits, b.bits)
		width := max(widthForBits(need), a.width, b.width)
		valid := bothValid(ctx.Mem, args, n)
		var buf *memory.Buffer
		switch {
		case widthForBits(need) == 0:
			release(valid)
			return op.decimalsBig(ctx, args, n, a, b, exact, st, where)
		case width == types.W64:
			var out []int64
			buf, out = newValues[int64](ctx.Mem, n)
			op.run64(out, a.v64, b.v64)
		case width == types.W128:
			var out []decimal128.Num
			buf, out = newValues[decimal128.Num](ctx.Mem, n)
			op.w128(out, a.widen(width).v128, b.widen(width).v128)
		default:
			var out []decimal256.Num
			buf, out = newValues[decimal256.Num](ctx.Mem, n)
			op.w256(out, a.widen(width).v256, b.widen(width).v256)
			if need > digits65 && exact == st { // else once rounded
				if err := check65(out, valid, where); err != nil {
					release(valid, buf)
					return nil, err
				}
			}
		}
		res := makeArray(types.DecimalArrow(width, exact), n, valid, buf)
		if exact == st {
			return res, nil
		}
		defer res.Release()
		return rescale(ctx, res, exact, st, halfAway, where)
	}
}

// decimalsBig multiplies row by row; sums never come here, since aligning them has failed before.
func (op operator) decimalsBig(ctx *Context, args []Datum, n int, a, b decimals, exact, st int, where fmt.Stringer) (arrow.Array, error) {
	x, y := newBig(), newBig()
	unit := pow10Big(exact - st)
	return rowwise(ctx.Mem, args, n, st, where, func(r *bigInt, i int) bool {
		r.Mul(a.big(x, i), b.big(y, i))
		divideRounded(r, unit)
		return true
	})
}

func addVV(out, a, b []int64) {
	a, b = a[:len(out)], b[:len(out)]
	for i := range out {
		out[i] = a[i] + b[i]
	}
}

func addVS(out, a []int64, c int64) {
	a = a[:len(out)]
	for i := range out {
		out[i] = a[i] + c
	}
}

func subVV(out, a, b []int64) {
	a, b = a[:len(out)], b[:len(out)]
	for i := range out {
		out[i] = a[i] - b[i]
	}
}

func subVS(out, a []int64, c int64) {
	a = a[:len(out)]
	for i := range out {
		out[i] = a[i] - c
	}
}

func subSV(out []int64, c int64, b []int64) {
	b = b[:len(out)]
	for i := range out {
		out[i] = c - b[i]
	}
}

func mulVV(out, a, b []int64) {
	a, b = a[:len(out)], b[:len(out)]
	for i := range out {
		out[i] = a[i] * b[i]
	}
}

func mulVS(out, a []int64, c int64) {
	a = a[:len(out)]
	for i := range out {
		out[i] = a[i] * c
	}
}

func add128s(out []decimal128.Num, a, b operand[decimal128.Num]) {
	for i := range out {
		out[i] = add128(a.at(i), b.at(i))
	}
}

func sub128s(out []decimal128.Num, a, b operand[decimal128.Num]) {
	for i := range out {
		out[i] = sub128(a.at(i), b.at(i))
	}
}

func mul128s(out []decimal128.Num, a, b operand[decimal128.Num]) {
	for i := range out {
		out[i] = mul128(a.at(i), b.at(i))
	}
}

func add256s(out []decimal256.Num, a, b operand[decimal256.Num]) {
	for i := range out {
		out[i] = add256(a.at(i), b.at(i))
	}
}

func sub256s(out []decimal256.Num, a, b operand[decimal256.Num]) {
	for i := range out {
		out[i] = sub256(a.at(i), b.at(i))
	}
}

func mul256s(out []decimal256.Num, a, b operand[decimal256.Num]) {
	for i := range out {
		out[i] = mul256(a.at(i), b.at(i))
	}
}

func addDoubles(out []float64, a, b operand[float64]) {
	for i := range out {
		out[i] = a.at(i) + b.at(i)
	}
}

func subDoubles(out []float64, a, b operand[float64]) {
	for i := range out {
		out[i] = a.at(i) - b.at(i)
	}
}

func mulDoubles(out []float64, a, b operand[float64]) {
	for i := range out {
		out[i] = a.at(i) * b.at(i)
	}
}
