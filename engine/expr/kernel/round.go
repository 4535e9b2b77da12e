package kernel

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/types"
)

// rounding is what happens to digits that are cut off.
type rounding uint8

const (
	halfAway rounding = iota // to the nearest, halves away from zero
	towardZero
	downward
	upward
)

// cut sets r to r/unit under a rounding; unit is positive.
func (m rounding) cut(r, unit *bigInt) {
	var rest bigInt
	switch m {
	case halfAway:
		divideRounded(r, unit)
	case towardZero:
		r.Quo(r, unit)
	case downward:
		r.DivMod(r, unit, &rest)
	case upward:
		r.Neg(r)
		r.DivMod(r, unit, &rest)
		r.Neg(r)
	}
}

// cut64 divides all values by unit, a power of ten, under a rounding.
func (m rounding) cut64(out, values []int64, unit int64) {
	switch m {
	case halfAway:
		half := unit / 2
		for i, v := range values {
			s := v >> 63
			out[i] = (v + (half ^ s - s)) / unit
		}
	case towardZero:
		for i, v := range values {
			out[i] = v / unit
		}
	case downward:
		for i, v := range values {
			q := v / unit
			out[i] = q - int64(b2u(v-q*unit < 0))
		}
	case upward:
		for i, v := range values {
			q := v / unit
			out[i] = q + int64(b2u(v-q*unit > 0))
		}
	}
}

// rescale brings a decimal vector from one scale to another; digits that are cut off follow the rounding.
func rescale(ctx *Context, a arrow.Array, from, to int, mode rounding, where fmt.Stringer) (arrow.Array, error) {
	args, n := []Datum{Vector(a)}, a.Len()
	d := decimalOperand(args[0])
	if to >= from {
		up, ok := d.times10(to - from)
		if !ok {
			return nil, outOfRange("DECIMAL", where)
		}
		return up.array(ctx, args, n, to, where)
	}
	if d.width == types.W64 && from-to <= types.Digits64 && d.bits <= safe64 {
		buf, out := newValues[int64](ctx.Mem, n)
		mode.cut64(out, d.v64.values, pow10Int[from-to])
		return makeArray(types.DecimalArrow(types.W64, to), n, bothValid(ctx.Mem, args, n), buf), nil
	}
	unit := pow10Big(from - to)
	return rowwise(ctx.Mem, args, n, to, where, func(r *bigInt, i int) bool {
		d.big(r, i)
		mode.cut(r, unit)
		return true
	})
}

// array makes a vector of d's values.
func (d decimals) array(ctx *Context, args []Datum, n, scale int, where fmt.Stringer) (arrow.Array, error) {
	valid := bothValid(ctx.Mem, args, n)
	dt := types.DecimalArrow(d.width, scale)
	switch d.width {
	case types.W64:
		return makeArray(dt, n, valid, copyValues(ctx.Mem, d.v64.values)), nil
	case types.W128:
		return makeArray(dt, n, valid, copyValues(ctx.Mem, d.v128.values)), nil
	}
	if d.bits > digits65 {
		if err := check65(d.v256.values, valid, where); err != nil {
			release(valid)
			return nil, err
		}
	}
	return makeArray(dt, n, valid, copyValues(ctx.Mem, d.v256.values)), nil
}

// Round returns the kernel of ROUND(value, digits): halves away from zero, of a DOUBLE to even.
func Round(v, t types.Type, where fmt.Stringer) Func { return rounded(v, t, halfAway, where) }

// Truncate returns the kernel of TRUNCATE(value, digits).
func Truncate(v, t types.Type, where fmt.Stringer) Func { return rounded(v, t, towardZero, where) }

func rounded(v, t types.Type, mode rounding, where fmt.Stringer) Func {
	switch {
	case v.IsInteger():
		return roundIntegers(v, t, mode, where)
	case v.Kind == types.Float64:
		return roundDoubles(mode, where)
	case v.Kind == types.Decimal:
		return roundDecimals(int(v.Scale), int(t.Scale), mode, where)
	}
	return nil
}

// roundDecimals rounds to digits by row and gives the result the scale st.
func roundDecimals(from, st int, mode rounding, where fmt.Stringer) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		if args[1].IsScalar() && !args[0].IsScalar() && int(args[1].Value.Int) == st {
			return rescale(ctx, args[0].Array, from, st, mode, where)
		}
		d := decimalOperand(args[0])
		digits, _ := integerOperand(args[1], types.Of(types.Int64))
		return rowwise(ctx.Mem, args, n, st, where, func(r *bigInt, i int) bool {
			d.big(r, i)
			keep := int(min(max(digits.at(i), -types.MaxPrecision), int64(from)))
			unit := pow10Big(from - keep)
			mode.cut(r, unit)
			r.Mul(r, unit)
			if st >= from {
				r.Mul(r, pow10Big(st-from))
			} else {
				r.Quo(r, pow10Big(from-st))
			}
			return true
		})
	}
}

// roundIntegers rounds at negative digits.
func roundIntegers(v, t types.Type, mode rounding, where fmt.Stringer) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		values, _ := integerOperand(args[0], v)
		digits, _ := integerOperand(args[1], types.Of(types.Int64))
		buf, out := newValues[int64](ctx.Mem, n)
		valid := bothValid(ctx.Mem, args, n)
		for i := range out {
			x, ok := roundInteger(values.at(i), digits.at(i), v.IsUnsigned(), mode)
			if !ok && (valid == nil || bitSet(valid.Bytes(), i)) {
				release(valid, buf)
				return nil, outOfRange(integerName(t), where)
			}
			out[i] = x
		}
		return makeArray(t.Arrow(), n, valid, buf), nil
	}
}

func roundInteger(v, digits int64, unsigned bool, mode rounding) (int64, bool) {
	if digits >= 0 {
		return v, true
	}
	if digits < -20 {
		return 0, true
	}
	m, negative := magnitude(v, unsigned)
	b := newBig().SetUint64(m)
	unit := pow10Big(int(-digits))
	mode.cut(b, unit)
	b.Mul(b, unit)
	if negative {
		b.Neg(b)
	}
	if unsigned {
		return int64(b.Uint64()), b.IsUint64()
	}
	return b.Int64(), b.IsInt64()
}

func roundDoubles(mode rounding, where fmt.Stringer) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		values := doubleOperand(args[0])
		digits, _ := integerOperand(args[1], types.Of(types.Int64))
		buf, out := newValues[float64](ctx.Mem, n)
		for i := range out {
			out[i] = roundDouble(values.at(i), digits.at(i), mode)
		}
		return finishDoubles(ctx, args, n, buf, out, where)
	}
}

// roundDouble scales by a power of ten, as MySQL does; a value that overflows there has no digits to round.
func roundDouble(v float64, digits int64, mode rounding) float64 {
	p := math.Pow(10, math.Abs(float64(digits)))
	scaled := v * p
	if digits < 0 {
		scaled = v / p
	}
	switch {
	case math.IsInf(p, 0) && digits < 0:
		return 0
	case math.IsInf(scaled, 0) || math.IsInf(p, 0):
		return v
	}
	if mode == halfAway {
		scaled = math.RoundToEven(scaled)
	} else {
		scaled = math.Trunc(scaled)
	}
	if digits < 0 {
		return scaled * p
	}
	return scaled / p
}

// Floor returns the kernel of FLOOR with a result of type t.
func Floor(v, t types.Type, where fmt.Stringer) Func {
	return integerPart(v, t, downward, floorDoubles, where)
}

// Ceil returns the kernel of CEIL with a result of type t.
func Ceil(v, t types.Type, where fmt.Stringer) Func {
	return integerPart(v, t, upward, ceilDoubles, where)
}

func integerPart(v, t types.Type, mode rounding, doubles func(out []float64, v operand[float64]), where fmt.Stringer) Func {
	switch {
	case v.IsInteger():
		return Cast(v, t, where)
	case v.Kind == types.Float64:
		return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
			buf, out := newValues[float64](ctx.Mem, n)
			doubles(out, doubleOperand(args[0]))
			return finishDoubles(ctx, args, n, buf, out, where)
		}
	case v.Kind != types.Decimal:
		return nil
	}
	toInteger := Cast(types.NewDecimal(types.MaxPrecision, 0), t, where)
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		whole, err := rescale(ctx, args[0].Array, int(v.Scale), 0, mode, where)
		if err != nil || t.Kind == types.Decimal {
			return whole, err
		}
		defer whole.Release()
		return toInteger(ctx, []Datum{Vector(whole)}, n)
	}
}

func floorDoubles(out []float64, v operand[float64]) {
	for i := range out {
		out[i] = math.Floor(v.at(i))
	}
}

func ceilDoubles(out []float64, v operand[float64]) {
	for i := range out {
		out[i] = math.Ceil(v.at(i))
	}
}
