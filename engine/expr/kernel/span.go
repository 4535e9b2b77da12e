package kernel

import (
	"strings"

	"github.com/silogate/silogate/engine/types"
)

// Composite is a unit of several fields, as HOUR_MINUTE.
type Composite struct {
	fields int  // how many
	last   Unit // the shortest
}

// composites are the units of several fields by name.
var composites = map[string]Composite{
	"YEAR_MONTH": {2, UnitMonth}, "DAY_HOUR": {2, UnitHour}, "DAY_MINUTE": {3, UnitMinute}, "DAY_SECOND": {4, UnitSecond},
	"DAY_MICROSECOND": {5, UnitMicrosecond}, "HOUR_MINUTE": {2, UnitMinute}, "HOUR_SECOND": {3, UnitSecond},
	"HOUR_MICROSECOND": {4, UnitMicrosecond}, "MINUTE_SECOND": {2, UnitSecond}, "MINUTE_MICROSECOND": {3, UnitMicrosecond},
	"SECOND_MICROSECOND": {2, UnitMicrosecond},
}

// CompositeOf returns the unit of a name in upper case.
func CompositeOf(name string) (Composite, bool) {
	c, ok := composites[name]
	return c, ok
}

// Dated reports a unit of whole days or more.
func (c Composite) Dated() bool { return c.last >= UnitDay }

// Fraction is the digits of a second's fraction that the unit has.
func (c Composite) Fraction() int {
	if c.last == UnitMicrosecond {
		return types.MaxFSP
	}
	return 0
}

// span is a distance in time.
type span struct{ months, micros int64 }

// maxSpan bounds a field of an interval, in microseconds or months: more is beyond every date, and five do not overflow.
const maxSpan = 1 << 60

// span reads the numbers of a text, of which the last belongs to the shortest field. Microseconds are a fraction's digits. ok is false
// for more numbers than fields.
func (c Composite) span(text string) (s span, ok bool) {
	text = trimSpaces(text)
	negative := strings.HasPrefix(text, "-")
	var numbers []int64
	digits := 0
	for len(numbers) < c.fields {
		at := strings.IndexAny(text, "0123456789")
		if at < 0 {
			break
		}
		text = text[at:]
		digits = digitRun(text)
		v := int64(0)
		for _, d := range text[:digits] {
			v = min(v*10+int64(d-'0'), maxSpan/16)
		}
		numbers = append(numbers, v)
		text = text[digits:]
	}
	if strings.ContainsAny(text, "0123456789") {
		return span{}, false
	}
	if c.last == UnitMicrosecond && len(numbers) > 0 {
		for ; digits < types.MaxFSP; digits++ {
			numbers[len(numbers)-1] *= 10
		}
	}
	if c.last == UnitMonth {
		for i := range numbers {
			s.months += numbers[len(numbers)-1-i] * [...]int64{1, 12}[i]
		}
	} else {
		for i, unit := 0, c.last; i < len(numbers); i, unit = i+1, unit+1 {
			s.micros += min(numbers[len(numbers)-1-i], maxSpan/unit.length()) * unit.length()
		}
	}
	if negative {
		s.months, s.micros = -s.months, -s.micros
	}
	return s, true
}

// Amount reads the amount of an interval in a row, argument 1: false for NULL, and what is too much for every date as too much.
type Amount func(r *Row) (span, bool)

// CompositeAmount reads a text.
func CompositeAmount(c Composite) Amount {
	return func(r *Row) (span, bool) { return c.span(string(r.Text(1))) }
}

// SecondAmount reads a DECIMAL of seconds of a scale of at most six digits.
func SecondAmount(t types.Type) Amount {
	unit := pow10Int[types.MaxFSP-int(t.Scale)]
	return func(r *Row) (span, bool) {
		v := r.Decimal(1).BigInt()
		if limit := maxSpan / unit; !v.IsInt64() || v.Int64() > limit || v.Int64() < -limit {
			return span{micros: int64(v.Sign()) * maxSpan}, true
		}
		return span{micros: v.Int64() * unit}, true
	}
}

// WholeAmount reads a BIGINT of a unit.
func WholeAmount(unit Unit) Amount {
	return func(r *Row) (span, bool) {
		v := r.Int(1)
		if unit >= UnitMonth {
			return span{months: min(max(v, -maxSpan/16), maxSpan/16) * unit.length()}, true
		}
		limit := maxSpan / unit.length()
		return span{micros: min(max(v, -limit), limit) * unit.length()}, true
	}
}

// move adds a span to a moment.
func (s span) move(us int64) (int64, bool) {
	days, rest := split(us)
	if s.months != 0 {
		var ok bool
		if days, ok = addMonths(days, s.months); !ok {
			return 0, false
		}
	}
	us = days*day + rest + s.micros
	return us, us >= firstDay*day && us < (lastDay+1)*day
}

// Move returns the function that moves argument 0, a DATE, DATETIME or TIME of type t, by an amount, back if subtract.
func Move(t types.Type, by Amount, subtract bool) func(r *Row) (int64, bool) {
	scale := int64(1)
	if t.Kind == types.Date {
		scale = day
	}
	return func(r *Row) (int64, bool) {
		s, ok := by(r)
		if !ok {
			return 0, false
		}
		if subtract {
			s.months, s.micros = -s.months, -s.micros
		}
		us := r.Int(0)*scale + s.micros
		if t.Kind == types.Time {
			ok = us >= -maxTime && us <= maxTime
		} else {
			us, ok = s.move(r.Int(0) * scale)
		}
		if !ok {
			r.Warn(warnFieldOverflow, "Datetime function: date_add_interval field overflow")
			return 0, false
		}
		return us / scale, true
	}
}

// MoveWritten is Move where argument 0 is a text or number of type t, and the result a text: a date, or a date and time if the argument has
// a time or timed asks for one.
func MoveWritten(t types.Type, by Amount, timed, subtract bool) func(r *Row, dst []byte) ([]byte, bool) {
	return func(r *Row, dst []byte) ([]byte, bool) {
		us, hasTime, ok := r.writtenMoment(t)
		if !ok {
			return dst, false
		}
		s, ok := by(r)
		if !ok {
			return dst, false
		}
		if subtract {
			s.months, s.micros = -s.months, -s.micros
		}
		us, ok = s.move(us)
		switch {
		case !ok:
			r.Warn(warnFieldOverflow, "Datetime function: date_add_interval field overflow")
			return dst, false
		case timed || hasTime:
			return appendDatetime(dst, us, shownFraction(us)), true
		}
		days, _ := split(us)
		return appendDate(dst, dateOf(days)), true
	}
}

// writtenMoment reads argument 0, a text or number of type t, as a date or date and time; what is neither is NULL with a warning.
func (r *Row) writtenMoment(t types.Type) (us int64, timed, ok bool) {
	var text string
	if t.IsNumeric() {
		whole, micros := r.wholeOf(t)
		if us, ok = momentOfDigits(whole); ok {
			return us + micros, whole >= dayDigits, true
		}
		text = r.shown(t)
	} else {
		text = string(r.Text(0))
		if us, _, ok = ParseDatetime(text); ok {
			return us, hasTime(text), true
		}
	}
	r.Warn(warnTruncated, "Incorrect datetime value: '"+text+"'")
	return 0, false, false
}

// hasTime reports whether a text that reads as a date has a time of day.
func hasTime(text string) bool {
	text = trimSpaces(text)
	if run := digitRun(text); run >= 12 {
		return true
	} else if run >= 6 {
		return len(text) > run
	}
	parts := 0
	for i := range len(text) {
		if digitRun(text[i:]) > 0 && (i == 0 || digitRun(text[i-1:]) == 0) {
			parts++
		}
	}
	return parts > 3
}

// ExtractComposite returns the function of EXTRACT of a unit of several fields of a DATE, DATETIME or TIME of type t.
func ExtractComposite(name string, t types.Type) func(r *Row) (int64, bool) {
	return func(r *Row) (int64, bool) {
		us := r.Int(0)
		if t.Kind == types.Date {
			us *= day
		}
		return composite(name, us, t.Kind != types.Time), true
	}
}

// ExtractCompositeText is ExtractComposite of a text, read as a TIME or a date and time.
func ExtractCompositeText(name string) func(r *Row) (int64, bool) {
	return func(r *Row) (int64, bool) {
		c, ok := r.clockOf(0)
		return composite(name, c.us, c.moment), ok
	}
}

// composite writes the fields of a unit as one number.
func composite(name string, us int64, moment bool) int64 {
	sign, d := int64(1), date{}
	if moment {
		var days int64
		days, us = split(us)
		d = dateOf(days)
	} else if us < 0 {
		sign, us = -1, -us
	}
	if name == "YEAR_MONTH" {
		return int64(d.year*100 + d.month)
	}
	first, last, _ := strings.Cut(name, "_")
	var v int64
	if first == "DAY" {
		v = int64(d.day)
	}
	fields := []struct {
		name  string
		value int64
		size  int64
	}{{"HOUR", us / hour, 100}, {"MINUTE", us / minute % 60, 100}, {"SECOND", us / second % 60, 100}, {"MICROSECOND", us % second, second}}
	started := first == "DAY"
	for _, f := range fields {
		started = started || f.name == first
		if started {
			v = v*f.size + f.value
		}
		if f.name == last {
			break
		}
	}
	return sign * v
}
