package kernel

import (
	"strconv"

	"github.com/silogate/silogate/engine/types"
)

// shortestDatetime is the length from which a text is tried as a date and time before it is read as a TIME.
const shortestDatetime = 12

// clock is a text read as a TIME.
type clock struct {
	us     int64 // of the time, or of the moment
	fsp    int   // digits of the fraction
	moment bool  // it is a date and time
	cut    bool  // something behind it was left out
	over   bool  // it was beyond the range, whose limit it is
}

// ParseTime reads a TIME literal: all of the text, of a date and time the time of day. It returns the digits of the fraction too.
func ParseTime(s string) (us int64, fsp int, ok bool) {
	c, ok := readClock(s)
	return c.time(), c.fsp, ok && !c.cut && !c.over
}

// time is the time of day of a moment, else the time.
func (c clock) time() int64 {
	if c.moment {
		_, rest := split(c.us)
		return rest
	}
	return c.us
}

// readClock reads a TIME: [-][D ]hh:mm:ss[.ffffff], hh:mm, or hhmmss; or a date and time. What exceeds the range is its limit, and
// what follows is left out. ok is false for what begins with no time.
func readClock(s string) (c clock, ok bool) {
	s = trimSpaces(s)
	if len(s) >= shortestDatetime {
		if us, fsp, ok := ParseDatetime(s); ok {
			return clock{us: us, fsp: fsp, moment: true}, true
		}
	}
	negative := s != "" && s[0] == '-'
	if negative {
		s = s[1:]
	}
	var part [4]int64 // days, hours, minutes, seconds
	first, s, ok := readDigits(s)
	if !ok {
		return clock{}, false
	}
	pointed := s != "" && s[0] == ':'
	if rest := trimSpaces(s); s != "" && s[0] == ' ' && digitRun(rest) > 0 {
		part[0] = first
		first, s, ok = readDigits(rest)
		if !ok {
			return clock{}, false
		}
		pointed = true
	}
	if pointed {
		part[1] = first
		for i := 2; i < 4 && s != "" && s[0] == ':'; i++ {
			part[i], s, ok = readDigits(s[1:])
			if !ok {
				return clock{}, false
			}
		}
	} else {
		part[1], part[2], part[3] = first/10000, first/100%100, first%100
	}
	if part[2] > 59 || part[3] > 59 {
		return clock{}, false
	}
	var micros int64
	if s != "" && s[0] == '.' {
		run := digitRun(s[1:])
		micros, c.fsp, _ = parseFraction(s[:1+run])
		s = s[1+run:]
	}
	c.cut = trimSpaces(s) != ""
	const manyDays = maxTime/day + 1
	if part[0] > manyDays || part[1] > manyDays*24 {
		c.us = maxTime + 1
	} else {
		c.us = part[0]*day + part[1]*hour + part[2]*minute + part[3]*second + micros
	}
	if c.us > maxTime {
		c.us, c.over = maxTime, true
	}
	if negative {
		c.us = -c.us
	}
	return c, true
}

// readDigits reads a number of at most ten digits.
func readDigits(s string) (v int64, rest string, ok bool) {
	run := digitRun(s)
	if run == 0 || run > 10 {
		return 0, s, false
	}
	v, err := strconv.ParseInt(s[:run], 10, 64)
	return v, s[run:], err == nil
}

// warnTime is a warning of a text that is no time, or not only one.
func (c *Context) warnTime(s string) {
	c.Warn(warnTruncated, "Truncated incorrect time value: '"+s+"'")
}

// clockOf reads a text as a time or moment, and warns of what is not read.
func (r *Row) clockOf(k int) (clock, bool) {
	s := string(r.Text(k))
	c, ok := readClock(s)
	if !ok || c.cut || c.over {
		r.warnTime(s)
	}
	return c, ok
}

// limitTime keeps a TIME in its range, with a warning.
func (c *Context) limitTime(us int64) int64 {
	if limited := min(max(us, -maxTime), maxTime); limited != us {
		c.warnTime(string(appendTime(nil, us, 0)))
		return limited
	}
	return us
}

// SecToTime returns the function of SEC_TO_TIME(seconds) of a DECIMAL of a scale of at most six digits, or of a BIGINT.
func SecToTime(t types.Type) func(r *Row) (int64, bool) {
	return func(r *Row) (int64, bool) {
		if t.Kind != types.Decimal {
			v := r.Int(0)
			const limit = 1 << 40
			return r.limitTime(min(max(v, -limit), limit) * second), true
		}
		v := r.Decimal(0).BigInt()
		if !v.IsInt64() || v.BitLen() > 50 {
			return r.limitTime(int64(v.Sign()) * 2 * maxTime), true
		}
		return r.limitTime(v.Int64() * pow10Int[types.MaxFSP-int(t.Scale)]), true
	}
}

// MakeTime returns the function of MAKETIME(hour, minute, second), the second a DECIMAL of a scale of at most six digits. NULL for a
// minute or second that is none.
func MakeTime(t types.Type) func(r *Row) (int64, bool) {
	return func(r *Row) (int64, bool) {
		h, m, s := r.Int(0), r.Int(1), r.Decimal(2).BigInt()
		if !s.IsInt64() || m < 0 || m > 59 {
			return 0, false
		}
		unit := pow10Int[types.MaxFSP-int(t.Scale)]
		sec := s.Int64()
		if sec < 0 || sec >= 60*second/unit {
			return 0, false
		}
		const limit = 1 << 20
		negative := h < 0
		h = min(max(h, -limit), limit)
		us := max(h, -h)*hour + m*minute + sec*unit
		if negative {
			us = -us
		}
		return r.limitTime(us), true
	}
}

// Distance reads argument 1 of ADDTIME, a TIME or a text; a text with a date is none.
type Distance func(r *Row) (us int64, ok bool)

// DistanceOf reads one of type t, back if subtract.
func DistanceOf(t types.Type, subtract bool) Distance {
	sign := int64(1)
	if subtract {
		sign = -1
	}
	if !t.IsString() {
		return func(r *Row) (int64, bool) { return sign * r.Int(1), true }
	}
	return func(r *Row) (int64, bool) {
		c, ok := r.clockOf(1)
		return sign * c.us, ok && !c.moment
	}
}

// AddTimes returns the function of ADDTIME(a, b): a of type t is a TIME or DATETIME and so is the result. A moment beyond the years is
// NULL with a warning.
func AddTimes(t types.Type, distance Distance) func(r *Row) (int64, bool) {
	return func(r *Row) (int64, bool) {
		by, ok := distance(r)
		if !ok {
			return 0, false
		}
		if t.Kind == types.Time {
			return r.limitTime(r.Int(0) + by), true
		}
		return r.inYears(r.Int(0) + by)
	}
}

// inYears makes a moment beyond the years NULL, with a warning.
func (r *Row) inYears(us int64) (int64, bool) {
	if us < firstDay*day || us >= (lastDay+1)*day {
		r.Warn(warnFieldOverflow, "Datetime function: datetime field overflow")
		return 0, false
	}
	return us, true
}

// AddTimesText is AddTimes where a is a text, and so is the result: a time, or a date and time if it has a date.
func AddTimesText(distance Distance) func(r *Row, dst []byte) ([]byte, bool) {
	return func(r *Row, dst []byte) ([]byte, bool) {
		c, ok := r.clockOf(0)
		by, okBy := distance(r)
		if !ok || !okBy {
			return dst, false
		}
		us := c.us + by
		if !c.moment {
			us = r.limitTime(us)
			return appendTime(dst, us, shownFraction(us)), true
		}
		if us, ok = r.inYears(us); !ok {
			return dst, false
		}
		return appendDatetime(dst, us, shownFraction(us)), true
	}
}

// shownFraction is how many digits a text made by date arithmetic has: none of a whole second.
func shownFraction(us int64) int {
	if us%second == 0 {
		return 0
	}
	return types.MaxFSP
}

// TimeDiff returns the function of TIMEDIFF(a, b), both TIME or both DATETIME.
func TimeDiff(r *Row) (int64, bool) { return r.limitTime(r.Int(0) - r.Int(1)), true }

// TimeDiffTexts is TimeDiff of texts: NULL if just one has a date.
func TimeDiffTexts(r *Row) (int64, bool) {
	a, okA := r.clockOf(0)
	b, okB := r.clockOf(1)
	if !okA || !okB || a.moment != b.moment {
		return 0, false
	}
	return r.limitTime(a.us - b.us), true
}

// ToSeconds computes TO_SECONDS of a DATETIME.
func ToSeconds(r *Row) (int64, bool) { return floorDiv(r.Int(0)-firstDay*day, second), true }

// PeriodAdd computes PERIOD_ADD(period, months).
func PeriodAdd(r *Row) (int64, bool) {
	months, ok := r.months(0, "period_add")
	if !ok {
		return 0, false
	}
	return periodOf(months + r.Int(1)), true
}

// PeriodDiff computes PERIOD_DIFF(period, period).
func PeriodDiff(r *Row) (int64, bool) {
	a, okA := r.months(0, "period_diff")
	b, okB := r.months(1, "period_diff")
	return a - b, okA && okB
}

// months is a period, YYMM or YYYYMM, in months; it fails for what is none.
func (r *Row) months(k int, function string) (int64, bool) {
	p := r.Int(k)
	if p <= 0 || p%100 < 1 || p%100 > 12 {
		r.Fail(badArguments(function))
		return 0, false
	}
	year := p / 100
	if year < 100 {
		year = int64(century(int(year)))
	}
	return year*12 + p%100 - 1, true
}

func periodOf(months int64) int64 { return months/12*100 + months%12 + 1 }

// Moment returns the function of TIMESTAMP(moment, time).
func Moment(r *Row) (int64, bool) { return r.inYears(r.Int(0) + r.Int(1)) }

// textsToTime reads texts as TIME(6).
var textsToTime = IntegerRows(types.NewTemporal(types.Time, types.MaxFSP), Strict, func(r *Row) (int64, bool) {
	c, ok := r.clockOf(0)
	return c.time(), ok
})
