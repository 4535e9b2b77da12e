package kernel

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/types"
)

// Double returns the kernel of a function of one DOUBLE; NaN, a value outside its domain, is NULL, an infinity errno 1690.
func Double(f func(float64) float64, where fmt.Stringer) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		values := fixed[float64](args[0].Array)
		return doubleResult(ctx, args, n, where, func(i int) float64 { return f(values[i]) })
	}
}

// Double2 returns the kernel of a function of two DOUBLEs, as Double.
func Double2(f func(a, b float64) float64, where fmt.Stringer) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		a, b := doubleOperand(args[0]), doubleOperand(args[1])
		return doubleResult(ctx, args, n, where, func(i int) float64 { return f(a.at(i), b.at(i)) })
	}
}

func doubleResult(ctx *Context, args []Datum, n int, where fmt.Stringer, value func(i int) float64) (arrow.Array, error) {
	buf, out := newValues[float64](ctx.Mem, n)
	valid := validOrAll(ctx.Mem, args, n)
	bits := valid.Bytes()
	for i := range out {
		out[i] = 0
		if !bitSet(bits, i) {
			continue
		}
		v := value(i)
		switch {
		case v != v:
			clearBit(bits, i)
		case math.IsInf(v, 0):
			release(valid, buf)
			return nil, outOfRange("DOUBLE", where)
		default:
			out[i] = v
		}
	}
	return makeArray(arrow.PrimitiveTypes.Float64, n, dropFull(valid, n), buf), nil
}

// Logarithm makes a logarithm NULL outside its domain, where math gives an infinity for 0.
func Logarithm(f func(float64) float64) func(float64) float64 {
	return func(v float64) float64 {
		if v <= 0 {
			return math.NaN()
		}
		return f(v)
	}
}

// Power is a^b, an infinity, which is an error, where that is no real number.
func Power(a, b float64) float64 {
	v := math.Pow(a, b)
	if v != v {
		return math.Inf(1)
	}
	return v
}

// LogBase is LOG(base, v), NaN outside its domain.
func LogBase(base, v float64) float64 {
	if base <= 0 || base == 1 || v <= 0 {
		return math.NaN()
	}
	return math.Log(v) / math.Log(base)
}

// Neg returns the kernel of -v with a result of type t.
func Neg(v, t types.Type, where fmt.Stringer) Func {
	switch {
	case v.IsInteger():
		subtract := Sub(types.Of(types.Int64), v, t, where)
		return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
			return subtract(ctx, []Datum{Scalar(types.IntValue(0)), args[0]}, n)
		}
	case v.Kind == types.Float64:
		return Double(func(v float64) float64 { return -v }, where)
	case v.Kind == types.Decimal:
		subtract := Sub(types.NewDecimal(1, 0), v, t, where)
		return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
			return subtract(ctx, []Datum{Scalar(types.Value{}), args[0]}, n)
		}
	}
	return nil
}

// Abs returns the kernel of ABS.
func Abs(v, t types.Type, where fmt.Stringer) Func {
	switch {
	case v.IsUnsigned():
		return Cast(v, t, where)
	case v.IsInteger():
		return absIntegers(where)
	case v.Kind == types.Float64:
		return Double(math.Abs, where)
	case v.Kind == types.Decimal && v.Scale != t.Scale: // a quotient has more digits as an operand
		magnitude, rounded := absDecimals(v, where), Cast(v, t, where)
		return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
			m, err := magnitude(ctx, args, n)
			if err != nil {
				return nil, err
			}
			defer m.Release()
			return rounded(ctx, []Datum{Vector(m)}, n)
		}
	case v.Kind == types.Decimal:
		return absDecimals(t, where)
	}
	return nil
}

func absIntegers(where fmt.Stringer) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		buf, out := newValues[int64](ctx.Mem, n)
		valid := bothValid(ctx.Mem, args, n)
		for i, v := range wide(args[0].Array) {
			out[i] = max(v, -v)
			if v == math.MinInt64 && (valid == nil || bitSet(valid.Bytes(), i)) {
				release(valid, buf)
				return nil, outOfRange("BIGINT", where)
			}
		}
		return makeArray(arrow.PrimitiveTypes.Int64, n, valid, buf), nil
	}
}

func absDecimals(t types.Type, where fmt.Stringer) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		d := decimalOperand(args[0])
		d = d.widen(max(d.width, widthForBits(d.bits))) // -2^63 has no magnitude in 64 bits
		switch d.width {
		case types.W64:
			src := d.v64.values
			d.v64.values = make([]int64, n)
			for i, v := range src {
				d.v64.values[i] = max(v, -v)
			}
		case types.W128:
			src := d.v128.values
			d.v128.values = make([]decimal128.Num, n)
			for i, v := range src {
				d.v128.values[i] = v.Abs()
			}
		default:
			src := d.v256.values
			d.v256.values = make([]decimal256.Num, n)
			for i, v := range src {
				d.v256.values[i] = v.Abs()
			}
		}
		return d.array(ctx, args, n, int(t.Scale), where)
	}
}

// Sign returns the kernel of SIGN.
func Sign(v types.Type) Func {
	var sign func(a arrow.Array, out []int64)
	switch {
	case v.IsUnsigned():
		sign = func(a arrow.Array, out []int64) {
			for i, v := range wide(a) {
				out[i] = int64(b2u(v != 0))
			}
		}
	case v.IsInteger():
		sign = func(a arrow.Array, out []int64) {
			for i, v := range wide(a) {
				out[i] = int64(b2u(v > 0)) - int64(b2u(v < 0))
			}
		}
	case v.Kind == types.Float64:
		sign = func(a arrow.Array, out []int64) {
			for i, v := range fixed[float64](a) {
				out[i] = int64(b2u(v > 0)) - int64(b2u(v < 0))
			}
		}
	case v.Kind == types.Decimal:
		sign = func(a arrow.Array, out []int64) {
			d := decimalOperand(Vector(a)).widen(types.W256)
			for i, v := range d.v256.values {
				out[i] = int64(v.Sign())
			}
		}
	default:
		return nil
	}
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		buf, out := newValues[int64](ctx.Mem, n)
		sign(args[0].Array, out)
		return makeArray(arrow.PrimitiveTypes.Int64, n, bothValid(ctx.Mem, args, n), buf), nil
	}
}
