package kernel

import (
	"math"
	"math/big"

	"github.com/silogate/silogate/engine/types"
)

// numberToTemporal reads the digits of a number: YYMMDD, YYYYMMDD, or either with hhmmss; of a TIME hhmmss. A DECIMAL has the
// fraction of a second behind its point, a DOUBLE none that counts. What is no date or time is NULL with a warning.
func numberToTemporal(from, to types.Type) Func {
	if from.Kind == types.Bool || from.Kind == types.Float32 {
		return nil
	}
	wide := types.NewTemporal(to.Kind, types.MaxFSP)
	read := IntegerRows(wide, Strict, func(r *Row) (int64, bool) {
		whole, micros := r.wholeOf(from)
		var v int64
		var ok bool
		if to.Kind == types.Time {
			v, ok = r.timeOfDigits(whole, micros)
		} else {
			v, ok = momentOfDigits(whole)
			v += micros
			if to.Kind == types.Timestamp && ok {
				v = newZone(r.Location).instant(v)
			}
		}
		if !ok {
			r.Warn(warnTruncated, "Incorrect "+kindOf(to)+" value: '"+r.shown(from)+"'")
		}
		if to.Kind == types.Date {
			v = floorDiv(v, day)
		}
		return v, ok
	})
	return then(read, roundFraction(wide, to))
}

// wholeOf is argument 0 as an integer, at most the largest, and what is behind the point in microseconds.
func (r *Row) wholeOf(t types.Type) (whole, micros int64) {
	switch {
	case t.Kind == types.Decimal:
		v, rest := new(big.Int).QuoRem(r.Decimal(0).BigInt(), pow10Big(int(t.Scale)), new(big.Int))
		rest.Mul(rest, big.NewInt(second))
		divideRounded(rest, pow10Big(int(t.Scale)))
		if !v.IsInt64() {
			return int64(v.Sign()) * math.MaxInt64, 0
		}
		return max(v.Int64(), -math.MaxInt64), rest.Int64()
	case t.IsFloat():
		v, rest := math.Modf(r.Double(0))
		if math.Abs(v) >= 1<<62 {
			return int64(math.Copysign(1, v)) * math.MaxInt64, 0
		}
		return int64(v), int64(math.Round(rest * float64(second)))
	}
	v := r.Int(0)
	if t.IsUnsigned() && v < 0 {
		return math.MaxInt64, 0
	}
	return max(v, -math.MaxInt64), 0
}

// shown is argument 0 as text.
func (r *Row) shown(t types.Type) string {
	v := types.Value{}
	switch {
	case t.Kind == types.Decimal:
		v.Dec = r.Decimal(0)
	case t.IsFloat():
		v.Float = r.Double(0)
	default:
		v.Int = r.Int(0)
	}
	return v.Format(t, nil)
}

// dayDigits is the least number that has a time of day.
const dayDigits = 100_000_000

// momentOfDigits reads a date, or date and time, in microseconds.
func momentOfDigits(n int64) (int64, bool) {
	ymd, clock := n, int64(0)
	if n >= dayDigits {
		ymd, clock = n/1_000_000, n%1_000_000
	}
	year, month, d := int(ymd/10_000), int(ymd/100%100), int(ymd%100)
	switch {
	case n <= 0 || ymd >= dayDigits || ymd > 991231 && ymd < 1_000_101:
		return 0, false
	case ymd <= 991231:
		year = century(year)
	}
	h, m, s := clock/10_000, clock/100%100, clock%100
	if !validDate(year, month, d) || h > 23 || m > 59 || s > 59 {
		return 0, false
	}
	return date{year, month, d}.days()*day + h*hour + m*minute + s*second, true
}

// timeOfDigits reads a TIME; a number of more digits is a date and time. What exceeds the range is its limit, with a warning.
func (r *Row) timeOfDigits(n, micros int64) (int64, bool) {
	const (
		limit   = 8_385_959
		moments = 10_000_000_000
	)
	sign := int64(1)
	if n < 0 || micros < 0 {
		sign, n, micros = -1, -n, -micros
	}
	switch {
	case n >= moments && sign > 0:
		us, ok := momentOfDigits(n)
		_, rest := split(us)
		return rest + micros, ok
	case n > limit || n/100%100 > 59 || n%100 > 59:
		return 0, false
	}
	return r.limitTime(sign * (n/10_000*hour + n/100%100*minute + n%100*second + micros)), true
}
