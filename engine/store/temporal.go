package store

import (
	"math"
	"math/big"
	"strings"
	"time"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

const (
	second = int64(1e6)
	day    = 24 * 3600 * second
)

// The first and the last moment of TIMESTAMP, 1970-01-01 00:00:01 and 2038-01-19 03:14:07.499999 UTC (11.2.2): one that rounds beyond is
// none.
const (
	firstInstant = 1 * second
	lastInstant  = (1<<31-1)*second + second - 1
)

// civil is a moment on the calendar.
func civil(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// digits are those of a date and time as a number, and its fraction in microseconds, with its sign.
func (r *Rules) digits(v types.Value, from types.Type) (whole, micros int64) {
	micros = v.Int
	switch from.Kind {
	case types.Time:
		sign := int64(1)
		if micros < 0 {
			sign, micros = -1, -micros
		}
		s := micros / second
		return sign * (s/3600*10000 + s/60%60*100 + s%60), sign * (micros % second)
	case types.Date:
		t := civil(v.Int * day)
		return int64(t.Year()*10000 + int(t.Month())*100 + t.Day()), 0
	case types.Timestamp:
		micros = r.clock(v.Int)
	}
	t := civil(micros)
	return int64(t.Year()*10000+int(t.Month())*100+t.Day())*1_000_000 + int64(t.Hour()*10000+t.Minute()*100+t.Second()), int64(t.Nanosecond() / 1000)
}

// clock is an instant as the session's clock shows it.
func (r *Rules) clock(instant int64) int64 {
	t := time.UnixMicro(instant).In(r.Location)
	_, offset := t.Zone()
	return instant + int64(offset)*second
}

// kindOf is how errors call the values of a column.
func kindOf(to *Column) string {
	switch to.Type.Kind {
	case types.Date, types.Time:
		return to.Type.Kind.Name()
	}
	return "datetime"
}

// noMoment is the error of what is no date: there is nothing near that could be stored.
func (r *Rules) noMoment(to *Column, shown string) error {
	return sqlerr.New(sqlerr.IncorrectValue, "Incorrect %s value: '%s' for column '%s' at row %d", kindOf(to), shown, to.Name, r.Row)
}

// noZero is the error of a zero date.
func (r *Rules) noZero(to *Column, shown string) error { return r.noMoment(to, shown) }

// partOf complains of a text with more than a date or time.
func (r *Rules) partOf(to *Column, shown string) error {
	if r.Strict {
		return r.noMoment(to, shown)
	}
	return r.truncated(to)
}

// moment stores into DATE, DATETIME and TIMESTAMP (11.2.2, 11.2.7).
func (r *Rules) moment(v types.Value, from types.Type, to *Column) (types.Value, error) {
	if from.Kind == to.Type.Kind && (from.Kind == types.Date || from.Scale <= to.Type.Scale) {
		return v, nil
	}
	if to.Type.Kind == types.Timestamp {
		return r.instant(v, from, to)
	}
	micros, err := r.microsOf(v, from, to)
	if err != nil {
		return types.NullValue, err
	}
	scale := int(to.Type.Scale)
	if to.Type.Kind == types.Date {
		if micros%day != 0 {
			r.cut(to)
		}
		scale = 0
	}
	micros = rounded(micros, scale)
	if micros > types.LastMoment {
		return types.NullValue, r.noMoment(to, r.shown(v, from))
	}
	if to.Type.Kind == types.Date {
		days := micros / day
		if micros%day < 0 {
			days--
		}
		return types.IntValue(days), nil
	}
	return types.IntValue(micros), nil
}

// instant stores into TIMESTAMP.
func (r *Rules) instant(v types.Value, from types.Type, to *Column) (types.Value, error) {
	var instant int64
	if from.Kind == types.Timestamp {
		instant = v.Int
	} else if at, ok := r.offsetInstant(v, from); ok {
		instant = at
	} else {
		micros, err := r.microsOf(v, from, to)
		if err != nil {
			return types.NullValue, err
		}
		var exists bool
		if instant, exists = r.instantOf(micros); !exists { // a clock that is put forward skips it
			if err := r.partOf(to, r.shown(v, from)); err != nil {
				return types.NullValue, err
			}
		}
	}
	if instant = rounded(instant, int(to.Type.Scale)); instant < firstInstant || instant > lastInstant {
		return types.NullValue, r.noMoment(to, r.shown(v, from))
	}
	return types.IntValue(instant), nil
}

// offsetInstant reads a text with an offset from UTC.
func (r *Rules) offsetInstant(v types.Value, from types.Type) (int64, bool) {
	if !from.IsString() {
		return 0, false
	}
	at, _, ok := kernel.ParseInstant(v.Str)
	return at, ok
}

// instantOf is when the session's clock shows a moment, the earlier time of two; exists is false for one that it skips.
func (r *Rules) instantOf(micros int64) (instant int64, exists bool) {
	instant = kernel.InstantOf(micros, r.Location)
	return instant, r.clock(instant) == micros
}

// microsOf is a value as a moment on the session's clock, of all digits.
func (r *Rules) microsOf(v types.Value, from types.Type, to *Column) (int64, error) {
	switch {
	case from.Kind == types.Date:
		return v.Int * day, nil
	case from.Kind == types.Datetime:
		return v.Int, nil
	case from.Kind == types.Timestamp:
		return r.clock(v.Int), nil
	case from.Kind == types.Time: // of today
		today := r.clock(r.Now.UnixMicro())
		return today - today%day + v.Int, nil
	case from.IsNumeric():
		if micros, ok := r.numberMoment(v, from); ok {
			return micros, nil
		}
		return 0, r.noMoment(to, r.shown(v, from))
	}
	if at, ok := r.offsetInstant(v, from); ok {
		return r.clock(at), nil
	}
	micros, whole, ok := kernel.ReadMoment(v.Str)
	if !ok {
		return 0, r.noMoment(to, v.Str)
	}
	if !whole {
		return micros, r.partOf(to, v.Str)
	}
	return micros, nil
}

// numberMoment reads the digits of a number as a moment.
func (r *Rules) numberMoment(v types.Value, from types.Type) (int64, bool) {
	whole, micros, ok := r.parts(v, from)
	if !ok || whole < 0 {
		return 0, false
	}
	at, ok := kernel.MomentOfDigits(whole)
	return at + micros, ok
}

// parts are a number before its point, and in millionths behind it. Of one that is too large ok is false, and it is the largest.
func (r *Rules) parts(v types.Value, from types.Type) (whole, micros int64, ok bool) {
	n, err := r.numberOf(v, from, nil, "") // of a number, which does not fail
	if err != nil {
		return 0, 0, false
	}
	all, _ := n.rounded(types.MaxFSP)
	before, behind := all.QuoRem(all, big.NewInt(second), new(big.Int))
	if !before.IsInt64() {
		return int64(before.Sign()) * math.MaxInt64, 0, false
	}
	return before.Int64(), behind.Int64(), true
}

// rounded is a moment with fewer digits of the second.
func rounded(micros int64, scale int) int64 {
	unit := unitOf(scale)
	micros += unit / 2
	if rest := micros % unit; rest < 0 {
		return micros - rest - unit
	}
	return micros - micros%unit
}

func unitOf(scale int) int64 {
	unit := int64(1)
	for range types.MaxFSP - scale {
		unit *= 10
	}
	return unit
}

// time stores into TIME (11.2.3).
func (r *Rules) time(v types.Value, from types.Type, to *Column) (types.Value, error) {
	var micros int64
	switch {
	case from.Kind == types.Time:
		micros = v.Int
	case from.IsTemporal():
		at, err := r.microsOf(v, from, to)
		if err != nil {
			return types.NullValue, err
		}
		r.cut(to)
		micros = (at%day + day) % day
	case from.IsNumeric():
		whole, fraction, _ := r.parts(v, from)
		var ok bool
		if micros, ok = kernel.TimeOfDigits(whole, fraction); !ok {
			return types.Value{}, r.partOf(to, r.shown(v, from))
		}
	default:
		t, ok := kernel.ReadTime(v.Str)
		switch {
		case !ok:
			return types.Value{}, r.partOf(to, v.Str)
		case t.Rest:
			if err := r.partOf(to, v.Str); err != nil {
				return types.NullValue, err
			}
		case t.Moment:
			r.cut(to)
		}
		micros = t.Micros
	}
	sign := int64(1)
	if micros < 0 {
		sign, micros = -1, -micros
	}
	if micros = sign * rounded(micros, int(to.Type.Scale)); micros > types.LastTime || micros < -types.LastTime {
		if r.Strict {
			return types.NullValue, r.noMoment(to, strings.TrimSpace(r.shown(v, from)))
		}
		return types.IntValue(sign * types.LastTime), r.outOfRange(to)
	}
	return types.IntValue(micros), nil
}
