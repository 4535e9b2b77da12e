package kernel

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/types"
)

// castToTemporal converts to a date or time.
func castToTemporal(from, to types.Type) Func {
	switch {
	case from.IsString():
		return textToTemporal(to)
	case from.IsNumeric():
		return numberToTemporal(from, to)
	case !from.IsTemporal():
		return nil
	case from.Kind == to.Kind:
		return roundFraction(from, to)
	case to.Kind == types.Time && from.Kind == types.Date:
		return temporalMap(to, func(*zone, int64) int64 { return 0 })
	case from.Kind == types.Time:
		return nil // gets the current date
	case from.Kind == types.Timestamp:
		civil := temporalMap(types.NewTemporal(types.Datetime, int(from.Scale)), (*zone).civil)
		return then(civil, castToTemporal(types.NewTemporal(types.Datetime, int(from.Scale)), to))
	case to.Kind == types.Timestamp:
		civil := types.NewTemporal(types.Datetime, int(to.Scale))
		return then(castToTemporal(from, civil), temporalMap(to, (*zone).instant))
	case from.Kind == types.Date: // to Datetime
		return datesToDatetime(to)
	case to.Kind == types.Date:
		return datetimesToDate
	case to.Kind == types.Time:
		return then(temporalMap(types.NewTemporal(types.Time, int(from.Scale)), timeOfDay), roundFraction(from, to))
	}
	return roundFraction(from, to)
}

func timeOfDay(_ *zone, us int64) int64 {
	_, rest := split(us)
	return rest
}

// temporalMap converts microseconds to microseconds in the session's zone.
func temporalMap(to types.Type, f func(z *zone, us int64) int64) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		z := newZone(ctx.Location)
		buf, out := newValues[int64](ctx.Mem, n)
		for i, v := range wide(args[0].Array) {
			out[i] = f(z, v)
		}
		return makeArray(to.Arrow(), n, bothValid(ctx.Mem, args, n), buf), nil
	}
}

func datesToDatetime(to types.Type) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		buf, out := newValues[int64](ctx.Mem, n)
		for i, v := range fixed[int32](args[0].Array) {
			out[i] = int64(v) * day
		}
		return makeArray(to.Arrow(), n, bothValid(ctx.Mem, args, n), buf), nil
	}
}

func datetimesToDate(ctx *Context, args []Datum, n int) (arrow.Array, error) {
	buf, out := newValues[int32](ctx.Mem, n)
	for i, v := range fixed[int64](args[0].Array) {
		out[i] = int32(floorDiv(v, day))
	}
	return makeArray(arrow.FixedWidthTypes.Date32, n, bothValid(ctx.Mem, args, n), buf), nil
}

// roundFraction rounds the second's fraction to fewer digits.
func roundFraction(from, to types.Type) Func {
	if to.Scale >= from.Scale || to.Kind == types.Date {
		return Identity
	}
	unit := pow10Int[types.MaxFSP-int(to.Scale)]
	return temporalMap(to, func(_ *zone, us int64) int64 { return roundMicros(to.Kind, us, unit) })
}

// roundMicros rounds to a multiple of unit: a moment's halves to the later one, a TIME's away from zero.
func roundMicros(kind types.Kind, us, unit int64) int64 {
	if us < 0 && kind == types.Time {
		return -floorDiv(-us+unit/2, unit) * unit
	}
	return floorDiv(us+unit/2, unit) * unit
}

// textToTemporal parses; what is no date or time is NULL with a warning.
func textToTemporal(to types.Type) Func {
	moment := types.NewTemporal(types.Datetime, types.MaxFSP)
	switch to.Kind {
	case types.Date:
		return then(parseTexts(moment, "date", parseMoment), datetimesToDate)
	case types.Time:
		return then(textsToTime, roundFraction(types.NewTemporal(types.Time, types.MaxFSP), to))
	case types.Timestamp:
		instant := types.NewTemporal(types.Timestamp, types.MaxFSP)
		return then(parseTexts(instant, "datetime", parseInstant), roundFraction(instant, to))
	}
	return then(parseTexts(moment, "datetime", parseMoment), roundFraction(moment, to))
}

// parseMoment reads a date and time, which an offset behind it brings to the session's zone.
func parseMoment(z *zone, s string) (int64, bool) {
	us, _, ok := ParseDatetime(s)
	if !ok {
		us, _, ok = ParseInstant(s)
		us = z.civil(us)
	}
	return us, ok
}

// parseInstant is parseMoment for an instant: an offset tells the two hours apart that a clock shows twice.
func parseInstant(z *zone, s string) (int64, bool) {
	us, _, ok := ParseDatetime(s)
	if ok {
		return z.instant(us), true
	}
	us, _, ok = ParseInstant(s)
	return us, ok
}

// leadingMoment is the part of a text before what is no part of a date and time. Before an offset from UTC, which is wrong then, there is
// none.
func leadingMoment(s string) string {
	s = trimSpaces(s)
	end := 0
	for at := 0; at < len(s); at++ {
		switch c := s[at]; {
		case c >= '0' && c <= '9':
			end = at + 1
		case c == 'T' || c == ' ' || c < utf8.RuneSelf && unicode.IsPunct(rune(c)):
		case c == '+':
			return ""
		default:
			return s[:end]
		}
	}
	return s[:end]
}

// parseTexts reads texts as moments. What follows one is left out, with a warning.
func parseTexts(to types.Type, what string, parse func(z *zone, s string) (int64, bool)) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		z := newZone(ctx.Location)
		offsets, data := texts(args[0].Array)
		return convert(ctx, args, n, to.Arrow(), func(i int) (int64, bool) {
			s := string(data[offsets[i]:offsets[i+1]])
			us, ok := parse(z, s)
			if ok {
				return us, true
			}
			if us, ok = parse(z, leadingMoment(s)); ok {
				ctx.Warn(warnTruncated, fmt.Sprintf("Truncated incorrect %s value: '%s'", what, s))
			} else {
				ctx.Warn(warnTruncated, fmt.Sprintf("Incorrect %s value: '%s'", what, s))
			}
			return us, ok
		}), nil
	}
}

// temporalToBig gives the number whose digits are those of the date and time, without its fraction.
func temporalToBig(from types.Type) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		z := newZone(ctx.Location)
		buf, out := newValues[int64](ctx.Mem, n)
		for i, v := range wide(args[0].Array) {
			if from.Scale > 0 {
				v = roundMicros(from.Kind, v, second)
			}
			out[i] = temporalDigits(z, from.Kind, v)
		}
		return makeArray(arrow.PrimitiveTypes.Int64, n, bothValid(ctx.Mem, args, n), buf), nil
	}
}

func temporalDigits(z *zone, kind types.Kind, v int64) int64 {
	switch kind {
	case types.Date:
		return dateDigits(v)
	case types.Time:
		if v < 0 {
			return -timeDigits(-v)
		}
		return timeDigits(v)
	case types.Timestamp:
		v = z.civil(v)
	}
	days, rest := split(v)
	return dateDigits(days)*1_000_000 + timeDigits(rest)
}

func dateDigits(days int64) int64 {
	d := dateOf(days)
	return int64(d.year*10000 + d.month*100 + d.day)
}

func timeDigits(us int64) int64 { return us/hour*10000 + us/minute%60*100 + us/second%60 }

// temporalNumber is the most digits of a date and time as a number.
const temporalNumber = 14

// temporalToDecimal is temporalToBig with the fraction.
func temporalToDecimal(from types.Type, scale int) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		z := newZone(ctx.Location)
		values := fixed[int64](args[0].Array)
		six := decimalsOf(ctx.Mem, types.MaxFSP, bothValid(ctx.Mem, args, n), n, func(i int) decimal256.Num {
			digits := decimal256.FromI64(temporalDigits(z, from.Kind, values[i]))
			micros := values[i] % second
			if micros < 0 && from.Kind != types.Time {
				micros += second
			}
			return add256(mul256(digits, decimal256.FromI64(second)), decimal256.FromI64(micros))
		})
		defer six.Release()
		return rescale(ctx, six, types.MaxFSP, scale, halfAway, noWhere{})
	}
}

// noWhere names nothing: the operation it stands for cannot fail.
type noWhere struct{}

func (noWhere) String() string { return "" }
