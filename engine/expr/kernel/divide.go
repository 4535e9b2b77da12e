package kernel

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

type bigInt = big.Int

func newBig() *bigInt { return new(bigInt) }

// divideRounded sets r to r/d, rounded half away from zero; d is positive.
func divideRounded(r, d *bigInt) {
	var rest bigInt
	r.QuoRem(r, d, &rest)
	sign := rest.Sign()
	rest.Lsh(&rest, 1)
	if rest.CmpAbs(d) >= 0 {
		r.Add(r, big.NewInt(int64(sign)))
	}
}

// byZero collects divisions by zero of one batch: NULL with one warning, or an error.
type byZero bool

func (z byZero) report(ctx *Context) error {
	if !z {
		return nil
	}
	errno := sqlerr.DivisionByZero.Identity().Errno
	if ctx.StrictDivision {
		return sqlerr.New(sqlerr.DivisionByZero, "Division by 0")
	}
	ctx.Warn(int(errno), "Division by 0")
	return nil
}

// Div returns the kernel of l / r: DOUBLEs, or decimals rounded half away from zero to the scale of t; cut off where those are all
// the digits that MySQL computes.
func Div(l, r, t types.Type, where fmt.Stringer) Func {
	if t.Kind == types.Float64 {
		return doubleDivision(divideDoubles, where)
	}
	sl, sr, st := int(l.Scale), int(r.Scale), int(t.Scale)
	// A dividend that is itself a quotient may have more digits than the result: then the divisor is scaled.
	shift, shiftR := max(st-sl+sr, 0), max(sl-sr-st, 0)
	round := st < types.QuotientScale(sl, sr)
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		a, b := decimalOperand(args[0]), decimalOperand(args[1])
		scaledL, okL := a.times10(shift)
		scaledR, okR := b.times10(shiftR)
		if okL && okR && scaledL.width == types.W64 && scaledR.width == types.W64 {
			return integerDivision(ctx, args, n, types.DecimalArrow(types.W64, st), func(out []int64, valid []byte) byZero {
				return divide64(out, valid, scaledL.v64, scaledR.v64, round)
			})
		}
		if a.width == types.W64 && b.width == types.W64 && shift <= types.Digits64 && shiftR == 0 {
			if buf, valid, zero, ok := divideWide(ctx, args, n, a.v64, b.v64, uint64(pow10Int[shift]), round); ok {
				return checkZero(ctx, makeArray(types.DecimalArrow(types.W64, st), n, valid, buf), nil, zero)
			}
		}
		x, y, factor, factorR := newBig(), newBig(), pow10Big(shift), pow10Big(shiftR)
		zero := byZero(false)
		res, err := rowwise(ctx.Mem, args, n, st, where, func(q *bigInt, i int) bool {
			if b.big(y, i).Sign() == 0 {
				zero = true
				return false
			}
			q.Mul(a.big(x, i), factor)
			y.Mul(y, factorR)
			if y.Sign() < 0 {
				q.Neg(q)
				y.Neg(y)
			}
			if round {
				divideRounded(q, y)
			} else {
				q.Quo(q, y)
			}
			return true
		})
		return checkZero(ctx, res, err, zero)
	}
}

// divideWide divides products of 128 bits, a*factor, by b; ok is false where a quotient does not fit 64 bits.
func divideWide(ctx *Context, args []Datum, n int, a, b operand[int64], factor uint64, round bool) (buf, valid *memory.Buffer, zero byZero, ok bool) {
	buf, out := newValues[int64](ctx.Mem, n)
	valid = validOrAll(ctx.Mem, args, n)
	for i := range out {
		x, negative := magnitude(a.at(i), false)
		y, yNegative := magnitude(b.at(i), false)
		out[i] = 0
		if y == 0 {
			zero = nullIfZero(valid.Bytes(), i) || zero
			continue
		}
		hi, lo := bits.Mul64(x, factor)
		q, rest := uint64(math.MaxUint64), uint64(0)
		if hi < y {
			q, rest = bits.Div64(hi, lo, y)
		}
		if q >= math.MaxInt64 {
			if !bitSet(valid.Bytes(), i) {
				continue
			}
			release(buf, valid)
			return nil, nil, false, false
		}
		if round && rest >= y-rest {
			q++
		}
		out[i] = int64(q)
		if negative != yNegative {
			out[i] = -out[i]
		}
	}
	return buf, valid, zero, true
}

// checkZero reports divisions by zero of a computed result.
func checkZero(ctx *Context, res arrow.Array, err error, zero byZero) (arrow.Array, error) {
	if err != nil {
		return nil, err
	}
	if err := zero.report(ctx); err != nil {
		res.Release()
		return nil, err
	}
	return res, nil
}

// integerDivision runs a loop over 64-bit values that clears the validity of the rows it divides by zero.
func integerDivision(ctx *Context, args []Datum, n int, dt arrow.DataType, loop func(out []int64, valid []byte) byZero) (arrow.Array, error) {
	buf, out := newValues[int64](ctx.Mem, n)
	valid := validOrAll(ctx.Mem, args, n)
	if err := loop(out, valid.Bytes()).report(ctx); err != nil {
		release(valid, buf)
		return nil, err
	}
	return makeArray(dt, n, valid, buf), nil
}

// nullIfZero clears the validity of row i, whose divisor is zero, and reports whether it was valid.
func nullIfZero(valid []byte, i int) byZero {
	was := bitSet(valid, i)
	clearBit(valid, i)
	return byZero(was)
}

func divide64(out []int64, valid []byte, a, b operand[int64], round bool) (zero byZero) {
	for i := range out {
		x, y := a.at(i), b.at(i)
		if y == 0 {
			zero = nullIfZero(valid, i) || zero
			out[i] = 0
			continue
		}
		q := x / y
		rest, _ := magnitude(x-q*y, false)
		m, _ := magnitude(y, false)
		if round && rest >= m-rest {
			q += (x^y)>>63 | 1
		}
		out[i] = q
	}
	return zero
}

// IntDiv returns the kernel of l DIV r with a BIGINT result.
func IntDiv(l, r, t types.Type, where fmt.Stringer) Func {
	if inexact(l) || inexact(r) || t.IsUnsigned() && (l.Kind == types.Decimal || r.Kind == types.Decimal) {
		return exactIntDiv(l, r, t, where)
	}
	if l.Kind == types.Decimal {
		return decimalIntDiv(int(l.Scale), int(r.Scale), where)
	}
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		a, _ := integerOperand(args[0], l)
		b, _ := integerOperand(args[1], r)
		bad := false
		res, err := integerDivision(ctx, args, n, t.Arrow(), func(out []int64, valid []byte) (zero byZero) {
			for i := range out {
				x, y := a.at(i), b.at(i)
				if y == 0 {
					zero = nullIfZero(valid, i) || zero
					out[i] = 0
					continue
				}
				q, negative := divideMagnitudes(x, y, l.IsUnsigned(), r.IsUnsigned())
				fits := q <= math.MaxInt64 || t.IsUnsigned() || negative && q == 1<<63
				if negative && t.IsUnsigned() {
					fits = q == 0
				}
				bad = bad || !fits && bitSet(valid, i)
				out[i] = int64(q)
				if negative {
					out[i] = -out[i]
				}
			}
			return zero
		})
		if err == nil && bad {
			res.Release()
			return nil, outOfRange(integerName(t), where)
		}
		return res, err
	}
}

// magnitude returns |v| and whether v is negative.
func magnitude(v int64, unsigned bool) (uint64, bool) {
	if unsigned || v >= 0 {
		return uint64(v), false
	}
	return -uint64(v), true
}

func divideMagnitudes(x, y int64, xUnsigned, yUnsigned bool) (q uint64, negative bool) {
	a, an := magnitude(x, xUnsigned)
	b, bn := magnitude(y, yUnsigned)
	return a / b, an != bn
}

func decimalIntDiv(sl, sr int, where fmt.Stringer) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		a, b := decimalOperand(args[0]), decimalOperand(args[1])
		fa, fb := pow10Big(max(sr-sl, 0)), pow10Big(max(sl-sr, 0))
		x, y := newBig(), newBig()
		bad := false
		res, err := integerDivision(ctx, args, n, arrow.PrimitiveTypes.Int64, func(out []int64, valid []byte) (zero byZero) {
			for i := range out {
				out[i] = 0
				if !bitSet(valid, i) {
					continue
				}
				if b.big(y, i).Sign() == 0 {
					zero = nullIfZero(valid, i) || zero
					continue
				}
				a.big(x, i).Mul(x, fa)
				x.Quo(x, y.Mul(y, fb))
				bad = bad || !x.IsInt64()
				out[i] = x.Int64()
			}
			return zero
		})
		if err == nil && bad {
			res.Release()
			return nil, outOfRange("BIGINT", where)
		}
		return res, err
	}
}

// Mod returns the kernel of l % r, which has the sign of l: integers, decimals or DOUBLEs.
func Mod(l, r, t types.Type, where fmt.Stringer) Func {
	switch t.Kind {
	case types.Float64:
		return doubleDivision(modDoubles, where)
	case types.Decimal:
		scale := int(max(l.Scale, r.Scale))
		f := decimalMod(int(l.Scale), int(r.Scale), where)
		if scale == int(t.Scale) {
			return f
		}
		return then(f, Cast(types.NewDecimal(types.MaxPrecision, scale), t, where)) // a quotient has more digits as an operand
	}
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		a, _ := integerOperand(args[0], l)
		b, _ := integerOperand(args[1], r)
		return integerDivision(ctx, args, n, t.Arrow(), func(out []int64, valid []byte) (zero byZero) {
			for i := range out {
				x, negative := magnitude(a.at(i), l.IsUnsigned())
				y, _ := magnitude(b.at(i), r.IsUnsigned())
				if y == 0 {
					zero = nullIfZero(valid, i) || zero
					out[i] = 0
					continue
				}
				out[i] = int64(x % y)
				if negative {
					out[i] = -out[i]
				}
			}
			return zero
		})
	}
}

func decimalMod(sl, sr int, where fmt.Stringer) Func {
	scale := max(sl, sr)
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		a, b := decimalOperand(args[0]), decimalOperand(args[1])
		if p, q, ok := align(a, b, sl, sr); ok && p.width == types.W64 {
			return integerDivision(ctx, args, n, types.DecimalArrow(types.W64, scale), func(out []int64, valid []byte) (zero byZero) {
				for i := range out {
					y := q.v64.at(i)
					if y == 0 {
						zero = nullIfZero(valid, i) || zero
						out[i] = 0
						continue
					}
					out[i] = p.v64.at(i) % y
				}
				return zero
			})
		}
		fa, fb := pow10Big(scale-sl), pow10Big(scale-sr)
		y, zero := newBig(), byZero(false)
		res, err := rowwise(ctx.Mem, args, n, scale, where, func(r *bigInt, i int) bool {
			if b.big(y, i).Sign() == 0 {
				zero = true
				return false
			}
			a.big(r, i).Mul(r, fa)
			r.Rem(r, y.Mul(y, fb))
			return true
		})
		return checkZero(ctx, res, err, zero)
	}
}

// doubleDivision runs a loop that clears the validity of the rows it divides by zero.
func doubleDivision(loop func(out []float64, valid []byte, a, b operand[float64]) byZero, where fmt.Stringer) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		buf, out := newValues[float64](ctx.Mem, n)
		valid := validOrAll(ctx.Mem, args, n)
		err := loop(out, valid.Bytes(), doubleOperand(args[0]), doubleOperand(args[1])).report(ctx)
		if err == nil && !allFinite(out) {
			for i, v := range out {
				if math.IsInf(v, 0) && bitSet(valid.Bytes(), i) {
					err = outOfRange("DOUBLE", where)
				}
			}
		}
		if err != nil {
			release(valid, buf)
			return nil, err
		}
		return makeArray(arrow.PrimitiveTypes.Float64, n, valid, buf), nil
	}
}

func divideDoubles(out []float64, valid []byte, a, b operand[float64]) (zero byZero) {
	for i := range out {
		y := b.at(i)
		if y == 0 {
			zero = nullIfZero(valid, i) || zero
			out[i] = 0
			continue
		}
		out[i] = a.at(i) / y
	}
	return zero
}

func modDoubles(out []float64, valid []byte, a, b operand[float64]) (zero byZero) {
	for i := range out {
		y := b.at(i)
		if y == 0 {
			zero = nullIfZero(valid, i) || zero
			out[i] = 0
			continue
		}
		out[i] = math.Mod(a.at(i), y)
	}
	return zero
}
