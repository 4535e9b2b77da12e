package kernel

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/types"
)

// castToInteger converts to an integer of any width. Beyond BIGINT everything goes through it.
func castToInteger(from, to types.Type, where fmt.Stringer) Func {
	big := types.Of(types.Int64)
	if to.IsUnsigned() {
		big = types.Of(types.Uint64)
	}
	var f Func
	switch {
	case from.Kind == types.Bool:
		f = then(boolsToIntegers, integersToBig(big))
	case from.IsInteger():
		f = integersToBig(big)
	case from.IsFloat():
		f = doublesToBig(from, big)
	case from.Kind == types.Decimal:
		f = decimalsToBig(int(from.Scale), big)
	case from.IsString():
		f = textsToBig(big)
	case from.IsTemporal():
		f = then(temporalToBig(from), integersToBig(big))
	}
	if f == nil || to.Kind == big.Kind {
		return f
	}
	return then(f, narrowInteger(big, to, where))
}

func boolsToIntegers(ctx *Context, args []Datum, n int) (arrow.Array, error) {
	buf, out := newValues[int64](ctx.Mem, n)
	bits := boolBits(args[0].Array)
	for i := range out {
		out[i] = int64(bits[i>>3] >> (i & 7) & 1)
	}
	return makeArray(arrow.PrimitiveTypes.Int64, n, bothValid(ctx.Mem, args, n), buf), nil
}

// integersToBig widens; between BIGINT and BIGINT UNSIGNED the bits stay, as MySQL's CAST has it.
func integersToBig(big types.Type) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		a := args[0].Array
		switch a.DataType().ID() {
		case arrow.INT64, arrow.UINT64:
			return retyped(big.Arrow())(ctx, args, n)
		}
		return makeArray(big.Arrow(), n, bothValid(ctx.Mem, args, n), copyValues(ctx.Mem, wide(a))), nil
	}
}

// narrowInteger converts BIGINT to a narrower integer.
func narrowInteger(big, to types.Type, where fmt.Stringer) Func {
	switch to.Arrow().ID() {
	case arrow.INT8:
		return narrowTo[int8](big, to, where)
	case arrow.INT16:
		return narrowTo[int16](big, to, where)
	case arrow.INT32:
		return narrowTo[int32](big, to, where)
	case arrow.UINT8:
		return narrowTo[uint8](big, to, where)
	case arrow.UINT16:
		return narrowTo[uint16](big, to, where)
	case arrow.UINT32:
		return narrowTo[uint32](big, to, where)
	}
	return Identity // BIT
}

func narrowTo[T integers](big, to types.Type, where fmt.Stringer) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		buf, out := newValues[T](ctx.Mem, n)
		valid := bothValid(ctx.Mem, args, n)
		lost := false
		values := fixed[int64](args[0].Array)
		for i, v := range values {
			out[i] = T(v)
			lost = lost || int64(out[i]) != v
		}
		if lost {
			for i, v := range values {
				if int64(out[i]) != v && (valid == nil || bitSet(valid.Bytes(), i)) {
					release(valid, buf)
					return nil, outOfRange(strings.ToUpper(to.String()), where)
				}
			}
		}
		return makeArray(to.Arrow(), n, valid, buf), nil
	}
}

// convert fills a vector from the rows of another that are not NULL; value reports false to make a row NULL.
func convert[T arrow.FixedWidthType](ctx *Context, args []Datum, n int, dt arrow.DataType, value func(i int) (T, bool)) arrow.Array {
	buf, out := newValues[T](ctx.Mem, n)
	valid := validOrAll(ctx.Mem, args, n)
	bits := valid.Bytes()
	for i := range out {
		var v T
		if bitSet(bits, i) {
			var ok bool
			if v, ok = value(i); !ok {
				clearBit(bits, i)
			}
		}
		out[i] = v
	}
	return makeArray(dt, n, valid, buf)
}

func doublesToBig(from, to types.Type) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		read := doubleReader(args[0].Array, from)
		return convert(ctx, args, n, to.Arrow(), func(i int) (int64, bool) {
			v := read(i)
			whole := math.RoundToEven(v)
			switch {
			case to.IsUnsigned() && whole >= math.MaxInt64 && whole < math.MaxUint64:
				return int64(uint64(whole)), true
			case whole >= -(1<<63) && whole < 1<<63:
				return int64(whole), true
			}
			ctx.Warn(warnTruncated, fmt.Sprintf("Truncated incorrect INTEGER value: '%s'", types.FormatFloat(v, 64)))
			return clampedInteger(v < 0, v > 0 && to.IsUnsigned()), true // below zero it is signed, and shown as its bits
		}), nil
	}
}

// clampedInteger is the limit that a value beyond BIGINT becomes.
func clampedInteger(negative, unsigned bool) int64 {
	switch {
	case negative && unsigned:
		return 0
	case negative:
		return math.MinInt64
	case unsigned:
		return -1 // all bits
	}
	return math.MaxInt64
}

func doubleReader(a arrow.Array, t types.Type) func(i int) float64 {
	if t.Kind == types.Float32 {
		values := fixed[float32](a)
		return func(i int) float64 { return float64(values[i]) }
	}
	values := fixed[float64](a)
	return func(i int) float64 { return values[i] }
}

// decimalsToBig rounds half away from zero.
func decimalsToBig(scale int, to types.Type) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		d := decimalOperand(args[0])
		if d.width == types.W64 && d.bits <= safe64 && scale <= types.Digits64 && !to.IsUnsigned() {
			buf, out := newValues[int64](ctx.Mem, n)
			if scale == 0 {
				copy(out, d.v64.values)
			} else {
				halfAway.cut64(out, d.v64.values, pow10Int[scale])
			}
			return makeArray(to.Arrow(), n, bothValid(ctx.Mem, args, n), buf), nil
		}
		r, unit := newBig(), pow10Big(scale)
		return convert(ctx, args, n, to.Arrow(), func(i int) (int64, bool) {
			divideRounded(d.big(r, i), unit)
			switch {
			case to.IsUnsigned() && r.IsUint64():
				return int64(r.Uint64()), true
			case !to.IsUnsigned() && r.IsInt64():
				return r.Int64(), true
			}
			ctx.Warn(warnTruncated, fmt.Sprintf("Truncated incorrect DECIMAL value: '%s'", ValueAt(args[0].Array, i).Dec.ToString(int32(scale))))
			return clampedInteger(r.Sign() < 0, to.IsUnsigned()), true
		}), nil
	}
}

// textsToBig reads the integer at the start of a text.
func textsToBig(to types.Type) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		offsets, data := texts(args[0].Array)
		return convert(ctx, args, n, to.Arrow(), func(i int) (int64, bool) {
			raw := string(data[offsets[i]:offsets[i+1]])
			s := strings.TrimLeft(raw, " \t\n\r\f\v")
			negative := strings.HasPrefix(s, "-")
			digits := strings.TrimLeft(s, "+-")
			run := digitRun(digits)
			v, err := strconv.ParseUint(digits[:run], 10, 64)
			bad := run == 0 || err != nil || strings.TrimRight(digits[run:], " ") != "" || len(s)-len(digits) > 1
			var out int64
			switch {
			case len(s)-len(digits) > 1 || run == 0:
			case negative && (v > 1<<63 || err != nil):
				out, bad = math.MinInt64, true
			case negative:
				out = -int64(v)
			default: // the bits of an unsigned one
				out = int64(v)
			}
			switch {
			case bad:
				ctx.Warn(warnTruncated, fmt.Sprintf("Truncated incorrect INTEGER value: '%s'", raw))
			case out < 0 && !negative && !to.IsUnsigned():
				ctx.Warn(warnUnknown, "Cast to signed converted positive out-of-range integer to its negative complement")
			case negative && to.IsUnsigned():
				ctx.Warn(warnUnknown, "Cast to unsigned converted negative integer to its positive complement")
			}
			return out, true
		}), nil
	}
}

// castToDouble converts to DOUBLE, or on to FLOAT.
func castToDouble(from, to types.Type, where fmt.Stringer) Func {
	var f Func
	switch {
	case from.Kind == types.Bool:
		f = then(boolsToIntegers, integersToDouble(types.Of(types.Int64)))
	case from.IsInteger():
		f = integersToDouble(from)
	case from.Kind == types.Float32:
		f = floatsToDouble
	case from.Kind == types.Float64:
		f = Identity
	case from.Kind == types.Decimal:
		f = decimalsToDouble(int(from.Scale))
	case from.IsString():
		f = textsToDouble
	case from.IsTemporal() && from.Scale == 0:
		f = then(temporalToBig(from), integersToDouble(types.Of(types.Int64)))
	case from.IsTemporal():
		f = then(castToDecimal(from, types.NewDecimal(20, int(from.Scale)), where), decimalsToDouble(int(from.Scale)))
	}
	if to.Kind == types.Float32 {
		return then(f, doublesToFloat(where))
	}
	return f
}

func integersToDouble(from types.Type) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		buf, out := newValues[float64](ctx.Mem, n)
		values := wide(args[0].Array)
		if from.IsUnsigned() {
			for i, v := range values {
				out[i] = float64(uint64(v))
			}
		} else {
			for i, v := range values {
				out[i] = float64(v)
			}
		}
		return makeArray(arrow.PrimitiveTypes.Float64, n, bothValid(ctx.Mem, args, n), buf), nil
	}
}

func floatsToDouble(ctx *Context, args []Datum, n int) (arrow.Array, error) {
	buf, out := newValues[float64](ctx.Mem, n)
	for i, v := range fixed[float32](args[0].Array) {
		out[i] = float64(v)
	}
	return makeArray(arrow.PrimitiveTypes.Float64, n, bothValid(ctx.Mem, args, n), buf), nil
}

func doublesToFloat(where fmt.Stringer) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		buf, out := newValues[float32](ctx.Mem, n)
		valid := bothValid(ctx.Mem, args, n)
		for i, v := range fixed[float64](args[0].Array) {
			out[i] = float32(v)
			if math.IsInf(float64(out[i]), 0) {
				if valid == nil || bitSet(valid.Bytes(), i) {
					release(valid, buf)
					return nil, outOfRange("FLOAT", where)
				}
			}
		}
		return makeArray(arrow.PrimitiveTypes.Float32, n, valid, buf), nil
	}
}

// decimalsToDouble is correctly rounded: up to 53 bits over an exact power of ten one division is, else the printed number is
// read back.
func decimalsToDouble(scale int) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		d := decimalOperand(args[0])
		if d.width == types.W64 && d.bits <= 53 && scale <= 22 {
			buf, out := newValues[float64](ctx.Mem, n)
			unit := math.Pow10(scale)
			for i, v := range d.v64.values {
				out[i] = float64(v) / unit
			}
			return makeArray(arrow.PrimitiveTypes.Float64, n, bothValid(ctx.Mem, args, n), buf), nil
		}
		return convert(ctx, args, n, arrow.PrimitiveTypes.Float64, func(i int) (float64, bool) {
			v, _ := strconv.ParseFloat(ValueAt(args[0].Array, i).Dec.ToString(int32(scale)), 64)
			return v, true
		}), nil
	}
}

func textsToDouble(ctx *Context, args []Datum, n int) (arrow.Array, error) {
	offsets, data := texts(args[0].Array)
	return convert(ctx, args, n, arrow.PrimitiveTypes.Float64, func(i int) (float64, bool) {
		raw := string(data[offsets[i]:offsets[i+1]])
		s := strings.TrimLeft(raw, " \t\n\r\f\v")
		number := s[:numberRun(s)]
		v, err := strconv.ParseFloat(number, 64)
		if err != nil && math.IsInf(v, 0) {
			v = math.Copysign(math.MaxFloat64, v)
		}
		if err != nil || strings.TrimRight(s[len(number):], " ") != "" {
			ctx.Warn(warnTruncated, fmt.Sprintf("Truncated incorrect DOUBLE value: '%s'", raw))
		}
		return v, true
	}), nil
}

// numberRun is the length of the number at the start of s: [sign] digits [. digits] [e [sign] digits].
func numberRun(s string) int {
	i := 0
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	whole := digitRun(s[i:])
	i += whole
	frac := 0
	if i < len(s) && s[i] == '.' {
		frac = digitRun(s[i+1:])
		i += 1 + frac
	}
	if whole+frac == 0 {
		return 0
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		if run := digitRun(s[j:]); run > 0 {
			i = j + run
		}
	}
	return i
}

// castToDecimal converts to DECIMAL, rounding half away from zero.
func castToDecimal(from, to types.Type, where fmt.Stringer) Func {
	scale := int(to.Scale)
	switch {
	case from.Kind == types.Bool:
		return then(boolsToIntegers, castToDecimal(types.Of(types.Int64), to, where))
	case from.IsInteger():
		return clamped(integersToDecimal(from, scale, where), types.NewDecimal(integerWidth(from.Kind)+scale, scale), to)
	case from.Kind == types.Decimal:
		return decimalsToDecimal(from, to, where)
	case from.IsFloat():
		return clamped(doublesToDecimal(from, scale), types.NewDecimal(types.MaxPrecision, scale), to)
	case from.IsString():
		return clamped(textsToDecimal(scale), types.NewDecimal(types.MaxPrecision, scale), to)
	case from.Kind == types.Date:
		return then(temporalToBig(from), castToDecimal(types.Of(types.Int64), to, where))
	case from.IsTemporal():
		return clamped(temporalToDecimal(from, scale), types.NewDecimal(temporalNumber+scale, scale), to)
	}
	return nil
}

// decimalsToDecimal changes the scale and clamps to the precision.
func decimalsToDecimal(from, to types.Type, where fmt.Stringer) Func {
	digits := int(from.Precision) - int(from.Scale) + int(to.Scale)
	var f Func
	switch {
	case from.Scale == to.Scale:
		f = Identity
	case from.Scale < to.Scale:
		f = scaleUp(int(to.Scale)-int(from.Scale), int(to.Scale), where)
	default:
		digits++ // 9.9 rounds to 10
		f = func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
			return rescale(ctx, args[0].Array, int(from.Scale), int(to.Scale), halfAway, where)
		}
	}
	return clamped(f, types.NewDecimal(digits, int(to.Scale)), to)
}

// scaleUp multiplies by 10^k; beyond 65 digits the result is any number that has more.
func scaleUp(k, scale int, where fmt.Stringer) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		d := decimalOperand(args[0])
		if up, ok := d.times10(k); ok && up.bits <= digits65 {
			return up.array(ctx, args, n, scale, where)
		}
		factor := pow10Big(k)
		return decimalsFrom(ctx, args, n, scale, func(r *big.Int, i int) {
			capDigits(d.big(r, i).Mul(r, factor))
		}), nil
	}
}

// capDigits brings a number of more than 65 digits down to the least one.
func capDigits(r *big.Int) {
	if r.CmpAbs(limit65) >= 0 {
		sign := r.Sign()
		r.Set(limit65)
		if sign < 0 {
			r.Neg(r)
		}
	}
}

// integerWidth is the most digits of an integer kind.
func integerWidth(k types.Kind) int {
	switch k {
	case types.Int8, types.Uint8:
		return 3
	case types.Int16, types.Uint16, types.Year:
		return 5
	case types.Int32, types.Uint32:
		return 10
	case types.Int64:
		return 19
	}
	return 20
}

func integersToDecimal(from types.Type, scale int, where fmt.Stringer) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		o, bits := integerOperand(args[0], from)
		d := decimals{width: types.W64, v64: o, bits: bits}
		if bits == 64 { // BIGINT UNSIGNED beyond BIGINT
			d = decimals{width: types.W128, v128: operand[decimal128.Num]{make([]decimal128.Num, n), -1}, bits: bits}
			for i, v := range o.values {
				d.v128.values[i] = decimal128.FromU64(uint64(v))
			}
		}
		d, ok := d.times10(scale)
		if !ok {
			return nil, outOfRange("DECIMAL", where)
		}
		return d.array(ctx, args, n, scale, where)
	}
}

func doublesToDecimal(from types.Type, scale int) Func {
	bits := 64
	if from.Kind == types.Float32 {
		bits = 32
	}
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		read := doubleReader(args[0].Array, from)
		var digits []byte
		return decimalsFrom(ctx, args, n, scale, func(r *big.Int, i int) {
			digits = strconv.AppendFloat(digits[:0], read(i), 'e', -1, bits)
			readDecimal(r, string(digits), scale)
		}), nil
	}
}

func textsToDecimal(scale int) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		offsets, data := texts(args[0].Array)
		return decimalsFrom(ctx, args, n, scale, func(r *big.Int, i int) {
			raw := string(data[offsets[i]:offsets[i+1]])
			s := strings.TrimLeft(raw, " \t\n\r\f\v")
			run := numberRun(s)
			if run == 0 || strings.TrimRight(s[run:], " ") != "" {
				ctx.Warn(warnTruncated, fmt.Sprintf("Truncated incorrect DECIMAL value: '%s'", raw))
			}
			readDecimal(r, s[:run], scale)
		}), nil
	}
}

// readDecimal reads a number as numberRun delimits it, rounded half away from zero to a scale. What exceeds 65 digits by far
// is cut to a value that still does.
func readDecimal(r *big.Int, s string, scale int) {
	mantissa, exponent := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa = s[:i]
		exponent, _ = strconv.Atoi(s[i+1:])
	}
	exponent = min(max(exponent, -1000), 1000)
	whole, frac, _ := strings.Cut(mantissa, ".")
	if _, ok := r.SetString(whole+frac, 10); !ok {
		r.SetInt64(0)
		return
	}
	switch shift := exponent + scale - len(frac); {
	case shift >= 0:
		r.Mul(r, pow10Big(shift))
	default:
		divideRounded(r, pow10Big(-shift))
	}
	capDigits(r)
}

// decimalsFrom builds a decimal vector from the rows that are not NULL.
func decimalsFrom(ctx *Context, args []Datum, n, scale int, value func(r *big.Int, i int)) arrow.Array {
	values := make([]decimal256.Num, n)
	var r big.Int
	for i := range n {
		if !args[0].Array.IsNull(i) {
			value(&r, i)
			values[i] = decimal256.FromBigInt(&r)
		}
	}
	return decimalsOf(ctx.Mem, scale, bothValid(ctx.Mem, args, n), n, func(i int) decimal256.Num { return values[i] })
}

// clamped cuts what f gives, of type has, to the range of a declared precision, with a warning.
func clamped(f Func, has, to types.Type) Func {
	if has.Precision <= to.Precision && int(has.Precision) < types.MaxPrecision {
		return f
	}
	top := sub256(pow10Wide[to.Precision], decimal256.FromI64(1))
	bottom := top.Negate()
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		a, err := f(ctx, args, n)
		if err != nil {
			return nil, err
		}
		d := decimalOperand(Vector(a))
		if d.bits <= bits256([]decimal256.Num{top})-1 {
			return a, nil
		}
		defer a.Release()
		values := d.widen(types.W256).v256.values
		out := make([]decimal256.Num, n)
		for i, v := range values {
			out[i] = v
			if cmp256(v, top) > 0 {
				out[i] = top
			} else if cmp256(v, bottom) < 0 {
				out[i] = bottom
			}
			if out[i] != v && !a.IsNull(i) {
				ctx.Warn(warnOutOfRange, "Out of range value for a column of type "+to.String())
			}
		}
		valid := bothValid(ctx.Mem, []Datum{Vector(a)}, n)
		return decimalsOf(ctx.Mem, int(to.Scale), valid, n, func(i int) decimal256.Num { return out[i] }), nil
	}
}
