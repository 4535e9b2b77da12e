package kernel

import "time"

// What follows reads texts and numbers as dates and times for who is strict about them: a write, unlike a cast.

// ReadMoment reads a date, or date and time, at the start of a text, in microseconds; whole is false if anything but spaces follows.
func ReadMoment(s string) (us int64, whole, ok bool) {
	if us, _, ok = ParseDatetime(s); ok {
		return us, true, true
	}
	us, _, ok = ParseDatetime(leadingMoment(s))
	return us, false, ok
}

// InstantOf is when a clock at a place shows a moment: the earlier time of two, the change itself for one that is skipped.
func InstantOf(us int64, at *time.Location) int64 { return newZone(at).instant(us) }

// MomentOfDigits reads YYMMDD, YYYYMMDD, or either with hhmmss.
func MomentOfDigits(n int64) (us int64, ok bool) { return momentOfDigits(n) }

// TimeOfDigits reads hhmmss, which may be beyond the longest TIME, or a date and time of which it is the time of day; micros is the
// fraction. Any number that is too large is beyond.
func TimeOfDigits(n, micros int64) (us int64, ok bool) {
	const (
		longest = 10_000_000 // hhhmmss
		moments = 10_000_000_000
	)
	sign := int64(1)
	if n < 0 || micros < 0 {
		sign, n, micros = -1, -n, -micros
	}
	if n >= moments && sign > 0 {
		if us, ok := momentOfDigits(n); ok {
			_, rest := split(us)
			return rest + micros, true
		}
	}
	switch {
	case n >= longest:
		return sign * (maxTime + second), true
	case n/100%100 > 59 || n%100 > 59:
		return 0, false
	}
	return sign * (n/10_000*hour + n/100%100*minute + n%100*second + micros), true
}

// TimeText is a text that begins with a TIME.
type TimeText struct {
	Micros int64 // may be beyond the longest TIME
	Moment bool  // it is a date and time, of which this is the time of day
	Rest   bool  // something follows
}

// ReadTime reads a TIME, or a date and time, at the start of a text.
func ReadTime(s string) (t TimeText, ok bool) {
	c, ok := readClock(s)
	if !ok {
		return TimeText{}, false
	}
	t = TimeText{Micros: c.time(), Moment: c.moment, Rest: c.cut}
	switch {
	case c.over && t.Micros < 0:
		t.Micros -= second
	case c.over:
		t.Micros += second
	}
	return t, true
}
