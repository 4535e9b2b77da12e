package kernel

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/types"
)

// Unit is a unit of date arithmetic, shortest first.
type Unit uint8

// The units.
const (
	UnitMicrosecond Unit = iota
	UnitSecond
	UnitMinute
	UnitHour
	UnitDay
	UnitWeek
	UnitMonth
	UnitQuarter
	UnitYear
)

// UnitOf returns the unit of a name in upper case. The composite ones (DAY_HOUR) are none.
func UnitOf(name string) (Unit, bool) {
	switch name {
	case "MICROSECOND":
		return UnitMicrosecond, true
	case "SECOND":
		return UnitSecond, true
	case "MINUTE":
		return UnitMinute, true
	case "HOUR":
		return UnitHour, true
	case "DAY":
		return UnitDay, true
	case "WEEK":
		return UnitWeek, true
	case "MONTH":
		return UnitMonth, true
	case "QUARTER":
		return UnitQuarter, true
	case "YEAR":
		return UnitYear, true
	}
	return 0, false
}

// length is a unit's microseconds up to a week, then months.
func (u Unit) length() int64 {
	return [...]int64{microsecond, second, minute, hour, day, 7 * day, 1, 3, 12}[u]
}

// warnFieldOverflow is ER_DATETIME_FUNCTION_OVERFLOW.
const warnFieldOverflow = 1441

// AddInterval returns the kernel that moves a DATE (by days and more) or DATETIME of type t by an integer amount of a unit, back
// if subtract. The day of a month that is too short becomes its last; a year outside 0 to 9999 gives NULL with a warning.
func AddInterval(t types.Type, unit Unit, subtract bool) Func {
	move := moveDatetime
	switch {
	case t.Kind == types.Date && unit >= UnitDay:
		move = moveDate
	case t.Kind != types.Datetime:
		return nil
	}
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		amounts, _ := integerOperand(args[1], types.Of(types.Int64))
		amount := func(i int) (int64, bool) {
			v := amounts.at(i)
			if subtract {
				v = -v
			}
			const limit = 1 << 40 // of any unit but the shortest beyond every date, and far from overflow
			return v, unit == UnitMicrosecond || v > -limit && v < limit
		}
		moved := func(i int, from int64) (int64, bool) {
			by, ok := amount(i)
			if ok {
				from, ok = move(from, by, unit)
			}
			if !ok {
				ctx.Warn(warnFieldOverflow, "Datetime function: date_add_interval field overflow")
			}
			return from, ok
		}
		if t.Kind == types.Date {
			days := daysOf(args[0], t)
			return convert(ctx, args, n, t.Arrow(), func(i int) (int32, bool) {
				v, ok := moved(i, days(i))
				return int32(v), ok
			}), nil
		}
		micros, _ := integerOperand(args[0], types.Of(types.Int64))
		return convert(ctx, args, n, t.Arrow(), func(i int) (int64, bool) { return moved(i, micros.at(i)) }), nil
	}
}

func moveDate(days, by int64, unit Unit) (int64, bool) {
	if unit >= UnitMonth {
		return addMonths(days, by*unit.length())
	}
	days += by * (unit.length() / day)
	return days, days >= firstDay && days <= lastDay
}

func moveDatetime(us, by int64, unit Unit) (int64, bool) {
	days, rest := split(us)
	switch {
	case unit >= UnitDay:
		days, ok := moveDate(days, by, unit)
		return days*day + rest, ok
	case unit == UnitMicrosecond:
		const span = (lastDay - firstDay + 1) * day
		if by <= -span || by >= span {
			return 0, false
		}
	default:
		dayBy, restBy := by/(day/unit.length()), by%(day/unit.length())
		days, by = days+dayBy, restBy
	}
	us = days*day + rest + by*unit.length()
	if days < firstDay-1 || days > lastDay+1 {
		return 0, false
	}
	return us, us >= firstDay*day && us < (lastDay+1)*day
}

// TimestampDiff returns the kernel of TIMESTAMPDIFF: from, to, both DATETIME; whole units, cut towards zero.
func TimestampDiff(unit Unit) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		from, _ := integerOperand(args[0], types.Of(types.Int64))
		to, _ := integerOperand(args[1], types.Of(types.Int64))
		buf, out := newValues[int64](ctx.Mem, n)
		for i := range out {
			if a, b := from.at(i), to.at(i); unit >= UnitMonth {
				out[i] = monthsBetween(a, b) / unit.length()
			} else {
				out[i] = (b - a) / unit.length()
			}
		}
		return makeArray(arrow.PrimitiveTypes.Int64, n, bothValid(ctx.Mem, args, n), buf), nil
	}
}

// monthsBetween counts whole months.
func monthsBetween(from, to int64) int64 {
	if to < from {
		return -monthsBetween(to, from)
	}
	fromDays, fromTime := split(from)
	toDays, toTime := split(to)
	a, b := dateOf(fromDays), dateOf(toDays)
	months := int64(b.year-a.year)*12 + int64(b.month-a.month)
	if b.day < a.day || b.day == a.day && toTime < fromTime {
		months--
	}
	return months
}
