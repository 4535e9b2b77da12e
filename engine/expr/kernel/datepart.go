package kernel

import (
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/types"
)

// Part names a number that is read off a date or time.
type Part uint8

// The parts; the ones from HourPart on also of a TIME.
const (
	YearPart Part = iota
	QuarterPart
	MonthPart
	DayPart
	DayOfWeekPart // 1 is Sunday
	WeekdayPart   // 0 is Monday
	DayOfYearPart
	DaysPart // since year 0
	HourPart
	MinutePart
	SecondPart
	MicrosecondPart
	TimeSecondsPart // of the whole time of day
)

// daysOf returns the days since 1970 of row i of a DATE or DATETIME.
func daysOf(d Datum, t types.Type) func(i int) int64 {
	if d.IsScalar() {
		v := d.Value.Int
		if t.Kind != types.Date {
			v = floorDiv(v, day)
		}
		return func(int) int64 { return v }
	}
	if t.Kind == types.Date {
		values := fixed[int32](d.Array)
		return func(i int) int64 { return int64(values[i]) }
	}
	values := fixed[int64](d.Array)
	return func(i int) int64 { return floorDiv(values[i], day) }
}

// PartOf returns the kernel that reads a part off a DATE, DATETIME or TIME, or nil.
func PartOf(part Part, t types.Type) Func {
	switch {
	case part >= HourPart:
		return timePart(part, t)
	case t.Kind != types.Date && t.Kind != types.Datetime:
		return nil
	}
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		buf, out := newValues[int64](ctx.Mem, n)
		days := out // converted in place
		if t.Kind == types.Date {
			for i, v := range fixed[int32](args[0].Array) {
				days[i] = int64(v)
			}
		} else {
			for i, v := range fixed[int64](args[0].Array) {
				days[i] = floorDiv(v, day)
			}
		}
		readDateParts(part, out)
		return makeArray(arrow.PrimitiveTypes.Int64, n, bothValid(ctx.Mem, args, n), buf), nil
	}
}

// readDateParts replaces days by a part of their date.
func readDateParts(part Part, v []int64) {
	switch part {
	case YearPart:
		for i, d := range v {
			v[i] = int64(dateOf(d).year)
		}
	case QuarterPart:
		for i, d := range v {
			v[i] = int64(dateOf(d).month+2) / 3
		}
	case MonthPart:
		for i, d := range v {
			v[i] = int64(dateOf(d).month)
		}
	case DayPart:
		for i, d := range v {
			v[i] = int64(dateOf(d).day)
		}
	case DayOfWeekPart:
		for i, d := range v {
			v[i] = int64(weekday(d)+1)%7 + 1
		}
	case WeekdayPart:
		for i, d := range v {
			v[i] = int64(weekday(d))
		}
	case DayOfYearPart:
		for i, d := range v {
			v[i] = int64(dateOf(d).dayOfYear())
		}
	case DaysPart:
		for i, d := range v {
			v[i] = daysSinceZero(d)
		}
	}
}

// daysSinceZero is MySQL's number of a day, whose year 0 begins with day 1 and has no February 29.
func daysSinceZero(d int64) int64 {
	const february29 = firstDay + 31 + 28
	if d < february29 {
		d++
	}
	return d - firstDay
}

// timePart reads a part of the time of day, or of a TIME's magnitude.
func timePart(part Part, t types.Type) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		buf, out := newValues[int64](ctx.Mem, n)
		switch t.Kind {
		case types.Date:
			clear(out)
		case types.Time:
			for i, v := range fixed[int64](args[0].Array) {
				out[i] = readTimePart(part, max(v, -v))
				if v < 0 && part == TimeSecondsPart {
					out[i] = -out[i]
				}
			}
		default:
			for i, v := range fixed[int64](args[0].Array) {
				_, rest := split(v)
				out[i] = readTimePart(part, rest)
			}
		}
		return makeArray(arrow.PrimitiveTypes.Int64, n, bothValid(ctx.Mem, args, n), buf), nil
	}
}

func readTimePart(part Part, us int64) int64 {
	switch part {
	case HourPart:
		return us / hour
	case MinutePart:
		return us / minute % 60
	case SecondPart:
		return us / second % 60
	case MicrosecondPart:
		return us % second
	}
	return us / second
}

// Week returns the kernel of WEEK or, with the year in front, YEARWEEK, of a DATE or DATETIME.
func Week(t types.Type, mode int64, withYear bool) Func {
	if withYear {
		mode |= 2 // week 0 belongs to the year before
	}
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		days := daysOf(args[0], t)
		buf, out := newValues[int64](ctx.Mem, n)
		for i := range out {
			year, number := week(days(i), int(mode))
			out[i] = int64(number)
			if withYear {
				out[i] += int64(year) * 100
			}
		}
		return makeArray(arrow.PrimitiveTypes.Int64, n, bothValid(ctx.Mem, args, n), buf), nil
	}
}

// WeekEach is Week where the mode varies, as a function of rows.
func WeekEach(t types.Type, withYear bool) func(r *Row) (int64, bool) {
	return func(r *Row) (int64, bool) {
		days, mode := r.Int(0), int(r.Int(1)&7)
		if t.Kind != types.Date {
			days = floorDiv(days, day)
		}
		if withYear {
			year, number := week(days, mode|2)
			return int64(year)*100 + int64(number), true
		}
		_, number := week(days, mode)
		return int64(number), true
	}
}

// DateOf returns the kernel of DATE.
func DateOf(t types.Type) Func { return Cast(t, types.Of(types.Date), noWhere{}) }

// LastDay returns the kernel of LAST_DAY.
func LastDay(t types.Type) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		days := daysOf(args[0], t)
		buf, out := newValues[int32](ctx.Mem, n)
		for i := range out {
			d := dateOf(days(i))
			d.day = daysInMonth(d.year, d.month)
			out[i] = int32(d.days())
		}
		return makeArray(arrow.FixedWidthTypes.Date32, n, bothValid(ctx.Mem, args, n), buf), nil
	}
}

// DateDiff returns the kernel of DATEDIFF.
func DateDiff(a, b types.Type) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		x, y := daysOf(args[0], a), daysOf(args[1], b)
		buf, out := newValues[int64](ctx.Mem, n)
		for i := range out {
			out[i] = daysSinceZero(x(i)) - daysSinceZero(y(i))
		}
		return makeArray(arrow.PrimitiveTypes.Int64, n, bothValid(ctx.Mem, args, n), buf), nil
	}
}

// FromDays is the kernel of FROM_DAYS; days of year 0, for which MySQL has no date, or after 9999 are NULL.
func FromDays(ctx *Context, args []Datum, n int) (arrow.Array, error) {
	values, _ := integerOperand(args[0], types.Of(types.Int64))
	return convert(ctx, args, n, arrow.FixedWidthTypes.Date32, func(i int) (int32, bool) {
		v := values.at(i)
		return int32(v + firstDay), v > 365 && v <= lastDay-firstDay
	}), nil
}

// MakeDate is the kernel of MAKEDATE: year, day of the year; NULL for days before the first.
func MakeDate(ctx *Context, args []Datum, n int) (arrow.Array, error) {
	years, _ := integerOperand(args[0], types.Of(types.Int64))
	numbers, _ := integerOperand(args[1], types.Of(types.Int64))
	return convert(ctx, args, n, arrow.FixedWidthTypes.Date32, func(i int) (int32, bool) {
		year, number := years.at(i), numbers.at(i)
		if year < 0 || year > 9999 || number < 1 || number > lastDay-firstDay {
			return 0, false
		}
		if year < 100 {
			year = int64(century(int(year)))
		}
		days := date{int(year), 1, 1}.days() + number - 1
		return int32(days), days <= lastDay
	}), nil
}

// UnixTimestamp returns the kernel of UNIX_TIMESTAMP of a TIMESTAMP: BIGINT seconds, or DECIMAL with a fraction.
func UnixTimestamp(t types.Type) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		buf, out := newValues[int64](ctx.Mem, n)
		unit, dt := second, t.Arrow()
		if t.Kind == types.Decimal {
			unit, dt = pow10Int[types.MaxFSP-int(t.Scale)], types.DecimalArrow(types.W64, int(t.Scale))
		}
		for i, v := range fixed[int64](args[0].Array) {
			if v >= 0 && v < (lastUnix+1)*second { // else 0
				out[i] = v / unit
			} else {
				out[i] = 0
			}
		}
		return makeArray(dt, n, bothValid(ctx.Mem, args, n), buf), nil
	}
}

// lastUnix is the last second FROM_UNIXTIME and UNIX_TIMESTAMP take: 3001-01-18 23:59:59 UTC.
const lastUnix = 32536771199

// FromUnixTime is the kernel of FROM_UNIXTIME of whole seconds: DATETIME in the session's zone, NULL out of range.
func FromUnixTime(ctx *Context, args []Datum, n int) (arrow.Array, error) {
	z := newZone(ctx.Location)
	values := wide(args[0].Array)
	return convert(ctx, args, n, types.ArrowDatetime, func(i int) (int64, bool) {
		v := values[i]
		if v < 0 || v > lastUnix {
			return 0, false
		}
		return z.civil(v * second), true
	}), nil
}

// FromUnixMicros returns the function of FROM_UNIXTIME of a DECIMAL of six digits behind the point, as a DATETIME of type t.
func FromUnixMicros(t types.Type) func(r *Row) (int64, bool) {
	unit := pow10Int[types.MaxFSP-int(t.Scale)]
	return func(r *Row) (int64, bool) {
		v := r.Decimal(0).BigInt()
		if v.Sign() < 0 || !v.IsInt64() || v.Int64() >= (lastUnix+1)*second {
			return 0, false
		}
		return newZone(r.Location).civil(roundMicros(types.Datetime, v.Int64(), unit)), true
	}
}

// YearOf is the function of CAST AS YEAR: a number of two digits is of 1970 to 2069, what is no year then NULL with a warning.
func YearOf(r *Row) (int64, bool) {
	const first, last = 1901, 2155
	n := r.Int(0)
	switch {
	case n > 0 && n < 100:
		return int64(century(int(n))), true
	case n == 0 || n >= first && n <= last:
		return n, true
	}
	r.Warn(warnTruncated, "Truncated incorrect YEAR value: '"+strconv.FormatInt(n, 10)+"'")
	return 0, false
}
