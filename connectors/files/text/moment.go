package text

import "github.com/silogate/silogate/engine/types"

const (
	dayMicros = 86400_000_000
	dayLength = len("2006-01-02")
)

// number reads a number of exactly n digits.
func number(v []byte, n int) (value int, ok bool) {
	if len(v) < n {
		return 0, false
	}
	for _, c := range v[:n] {
		if !isDigit(c) {
			return 0, false
		}
		value = value*10 + int(c-'0')
	}
	return value, true
}

var monthDays = [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// parseDay reads YYYY-MM-DD, in years 1 to 9999, as days since 1970.
func parseDay(v []byte) (days int64, ok bool) {
	if len(v) != dayLength || v[4] != '-' || v[7] != '-' {
		return 0, false
	}
	y, ok1 := number(v, 4)
	m, ok2 := number(v[5:], 2)
	d, ok3 := number(v[8:], 2)
	if !ok1 || !ok2 || !ok3 || y < 1 || m < 1 || m > 12 || d < 1 {
		return 0, false
	}
	last := monthDays[m-1]
	if m == 2 && y%4 == 0 && (y%100 != 0 || y%400 == 0) {
		last++
	}
	if d > last {
		return 0, false
	}
	return civilDays(int64(y), int64(m), int64(d)), true
}

// civilDays counts the days from 1970-01-01 to a date of the Gregorian calendar, in years that begin in March, so that the
// leap day is a year's last.
func civilDays(y, m, d int64) int64 {
	if m <= 2 {
		y--
		m += 12
	}
	return 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d - 1 - 719468
}

// clock is a time of day.
type clock struct {
	micros   int64
	fsp      int // digits of the second's fraction that count, at most 6
	cut      bool
	seconds  bool // they are given
	trailing []byte
}

// parseClock reads HH:MM[:SS[.fraction]], hours of at least two digits below most, and what follows.
func parseClock(v []byte, most int) (c clock, ok bool) {
	digits := 0
	for digits < len(v) && digits < 4 && isDigit(v[digits]) {
		digits++
	}
	h, _ := number(v, digits)
	v = v[digits:]
	if digits < 2 || h >= most || len(v) < 3 || v[0] != ':' {
		return c, false
	}
	m, ok := number(v[1:], 2)
	if !ok || m > 59 {
		return c, false
	}
	c.micros = (int64(h)*60 + int64(m)) * 60_000_000
	v = v[3:]
	if len(v) >= 3 && v[0] == ':' {
		s, ok := number(v[1:], 2)
		if !ok || s > 59 {
			return c, false
		}
		c.micros += int64(s) * 1_000_000
		c.seconds = true
		v = v[3:]
		if len(v) > 1 && v[0] == '.' && isDigit(v[1]) {
			v = v[1:]
			unit := int64(100_000)
			for len(v) > 0 && isDigit(v[0]) {
				if unit > 0 {
					c.micros += int64(v[0]-'0') * unit
					c.fsp++
				} else if v[0] != '0' {
					c.cut = true
				}
				unit /= 10
				v = v[1:]
			}
		}
	}
	c.trailing = v
	return c, true
}

// moment is a date with a time.
type moment struct {
	micros int64 // since 1970
	fsp    int
	cut    bool // digits past the microseconds are lost
	zoned  bool // it is an instant, and micros is of UTC
}

// parseMoment reads a date, a space or T, a time, and perhaps Z or an offset.
func parseMoment(v []byte) (m moment, ok bool) {
	if len(v) < dayLength {
		return m, false
	}
	days, ok := parseDay(v[:dayLength])
	if !ok {
		return m, false
	}
	m.micros = days * dayMicros
	v = v[dayLength:]
	if len(v) == 0 || v[0] != ' ' && v[0] != 'T' {
		return m, false
	}
	c, ok := parseClock(v[1:], 24)
	if !ok {
		return m, false
	}
	m.micros += c.micros
	m.fsp, m.cut = c.fsp, c.cut
	if len(c.trailing) == 0 {
		return m, true
	}
	offset, ok := parseOffset(c.trailing)
	m.micros -= offset
	m.zoned = true
	return m, ok && m.micros >= types.FirstMoment && m.micros <= types.LastMoment
}

// parseOffset reads Z, +HH, +HHMM or +HH:MM, perhaps after a space, as microseconds.
func parseOffset(v []byte) (micros int64, ok bool) {
	if v[0] == ' ' {
		v = v[1:]
	}
	if len(v) == 1 && (v[0] == 'Z' || v[0] == 'z') || string(v) == "UTC" {
		return 0, true
	}
	if len(v) < 3 || v[0] != '+' && v[0] != '-' {
		return 0, false
	}
	negative := v[0] == '-'
	h, ok1 := number(v[1:], 2)
	m, ok2, rest := 0, true, v[3:]
	if len(rest) > 0 {
		if rest[0] == ':' {
			rest = rest[1:]
		}
		m, ok2 = number(rest, 2)
		ok2 = ok2 && len(rest) == 2
	}
	if !ok1 || !ok2 || h > 15 || m > 59 {
		return 0, false
	}
	micros = (int64(h)*60 + int64(m)) * 60_000_000
	if negative {
		micros = -micros
	}
	return micros, true
}

// mostHours is past MySQL's longest TIME, 838:59:59.
const mostHours = 839

// parseTime reads a TIME, which may be negative and longer than a day.
func parseTime(v []byte) (c clock, ok bool) {
	negative := len(v) > 0 && v[0] == '-'
	if negative {
		v = v[1:]
	}
	c, ok = parseClock(v, mostHours)
	if negative {
		c.micros = -c.micros
	}
	return c, ok && c.seconds && len(c.trailing) == 0
}
