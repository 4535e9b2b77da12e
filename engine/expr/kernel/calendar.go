package kernel

import (
	"strconv"
	"strings"
	"time"
)

// Microseconds.
const (
	microsecond = int64(1)
	second      = 1_000_000 * microsecond
	minute      = 60 * second
	hour        = 60 * minute
	day         = 24 * hour
)

// The days since 1970 of the first and last date of MySQL.
const (
	firstDay = -719528 // 0000-01-01
	lastDay  = 2932896 // 9999-12-31
)

// maxTime is the largest TIME, 838:59:59.
const maxTime = 838*hour + 59*minute + 59*second

// date is a day of the proleptic Gregorian calendar.
type date struct{ year, month, day int }

// dateOf converts days since 1970-01-01, by multiplications instead of divisions (Neri and Schneider, "Euclidean affine functions
// and their application to calendar algorithms", 2022). Days far outside MySQL's range give some date.
func dateOf(days int64) date {
	const eras = 1 // of 400 years, that make the days of year 0 positive
	n := uint32(days + 719468 + eras*146097)
	n1 := 4*n + 3
	century := n1 / 146097
	n2 := n1%146097 | 3
	p2 := uint64(2939745) * uint64(n2)
	yearOfCentury := uint32(p2 >> 32)
	dayOfYear := uint32(p2) / 2939745 / 4 // from March on
	n3 := 2141*dayOfYear + 197913
	d := date{int(100*century + yearOfCentury), int(n3 >> 16), int(n3&0xffff)/2141 + 1}
	if dayOfYear >= 306 {
		d.year++
		d.month -= 12
	}
	d.year -= 400 * eras
	return d
}

// days is the inverse of dateOf; the day may exceed its month.
func (d date) days() int64 {
	y, m := int64(d.year), int64(d.month)
	if m <= 2 {
		y--
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	mp := m - 3
	if m <= 2 {
		mp = m + 9
	}
	doy := (153*mp+2)/5 + int64(d.day) - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// split separates microseconds since 1970 into days and the time of day.
func split(us int64) (days, timeOfDay int64) {
	days = floorDiv(us, day)
	return days, us - days*day
}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func daysInMonth(year, month int) int {
	switch month {
	case 2:
		if leap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// dayOfYear counts from 1.
func (d date) dayOfYear() int { return int(d.days()-date{d.year, 1, 1}.days()) + 1 }

// weekday is 0 for Monday.
func weekday(days int64) int {
	w := (days + 3) % 7
	if w < 0 {
		w += 7
	}
	return int(w)
}

// addMonths moves a date by months; a day beyond the end of the month becomes its last. ok is false outside years 0 to 9999.
func addMonths(days, months int64) (int64, bool) {
	d := dateOf(days)
	const limit = 12 * 10000
	if months < -limit || months > limit {
		return 0, false
	}
	total := int64(d.year)*12 + int64(d.month) - 1 + months
	if total < 0 || total >= limit {
		return 0, false
	}
	d.year, d.month = int(total/12), int(total%12)+1
	d.day = min(d.day, daysInMonth(d.year, d.month))
	return d.days(), true
}

// week returns the week number of a date in a mode of WEEK() and the year it belongs to (Reference Manual 14.7).
func week(days int64, mode int) (year, number int) {
	if mode&1 == 0 {
		mode ^= 4 // with Sunday first, the modes that count by the first Sunday are the plain ones
	}
	d := dateOf(days)
	mondayFirst, weekYear, firstWeekday := mode&1 != 0, mode&2 != 0, mode&4 != 0
	start := date{d.year, 1, 1}.days()
	first := weekday(start)
	if !mondayFirst {
		first = (first + 1) % 7
	}
	year = d.year
	if d.month == 1 && d.day <= 7-first {
		if !weekYear && (firstWeekday && first != 0 || !firstWeekday && first >= 4) {
			return year, 0
		}
		weekYear = true
		year--
		length := int64(365)
		if leap(year) {
			length = 366
		}
		start -= length
		first = int((int64(first) + 53*7 - length) % 7)
	}
	var passed int64
	if firstWeekday && first != 0 || !firstWeekday && first >= 4 {
		passed = days - (start + int64(7-first))
	} else {
		passed = days - (start - int64(first))
	}
	if weekYear && passed >= 52*7 {
		length := 365
		if leap(year) {
			length = 366
		}
		first = (first + length) % 7
		if !firstWeekday && first < 4 || firstWeekday && first == 0 {
			return year + 1, 1
		}
	}
	return year, int(passed/7) + 1
}

// zone converts between instants and a time zone's civil time, both in microseconds. It remembers the last period without a
// change of offset, so a run of close values costs an addition each. Make one per batch.
type zone struct {
	loc        *time.Location
	start, end int64 // the period, in instants
	offset     int64
}

func newZone(loc *time.Location) *zone { return &zone{loc: loc, start: 1, end: 0} }

func (z *zone) civil(instant int64) int64 {
	if instant < z.start || instant >= z.end {
		z.load(time.UnixMicro(instant).In(z.loc))
	}
	return instant + z.offset
}

// load remembers the period around t.
func (z *zone) load(t time.Time) {
	const forever = 1 << 62
	_, offset := t.Zone()
	from, to := t.ZoneBounds()
	z.offset = int64(offset) * second
	z.start, z.end = -forever, forever
	if !from.IsZero() {
		z.start = from.UnixMicro()
	}
	if !to.IsZero() {
		z.end = to.UnixMicro()
	}
}

// instant is the inverse of civil. A civil time that occurs twice is the earlier one, one that is skipped the instant of the
// change, and its own fraction of a second.
func (z *zone) instant(civil int64) int64 {
	t := civil - z.offset
	if t-day >= z.start && t+day < z.end { // no change is near, whatever its size
		return t
	}
	z.load(time.UnixMicro(civil - day).In(z.loc))
	early := civil - z.offset
	if early < z.end {
		return early
	}
	change := z.end
	z.load(time.UnixMicro(change).In(z.loc))
	if t = civil - z.offset; t >= change {
		return t
	}
	return change + civil - floorDiv(civil, second)*second
}

// ParseDatetime reads a date or date and time as MySQL does: digits separated by punctuation, or run together, the fraction to
// six digits. It returns microseconds since 1970 and the number of digits of the fraction.
func ParseDatetime(s string) (us int64, fsp int, ok bool) {
	part, micros, fsp, ok := datetimeParts(s)
	if !ok || !validDate(part[0], part[1], part[2]) {
		return 0, 0, false
	}
	days := date{part[0], part[1], part[2]}.days()
	return days*day + int64(part[3])*hour + int64(part[4])*minute + int64(part[5])*second + micros, fsp, true
}

// datetimeParts reads year, month, day, hour, minute and second, whose date may be none there is.
func datetimeParts(s string) (part [6]int, micros int64, fsp int, ok bool) {
	s = trimSpaces(s)
	parts, compact := 0, false
	if run := digitRun(s); run == 6 || run == 8 || run == 12 || run == 14 {
		if parts, ok = splitCompact(s[:run], &part); !ok {
			return part, 0, 0, false
		}
		compact = true
		s = s[run:]
	} else {
		for parts < 6 {
			run := digitRun(s)
			if run == 0 || run > 4 || parts > 0 && run > 2 {
				return part, 0, 0, false
			}
			part[parts], _ = strconv.Atoi(s[:run])
			if parts == 0 && run <= 2 {
				part[0] = century(part[0])
			}
			parts++
			s = s[run:]
			if parts == 6 || s == "" || s[0] == '.' && parts > 3 {
				break
			}
			skip := delimiters(s, parts == 3)
			if skip == 0 {
				return part, 0, 0, false
			}
			s = s[skip:]
		}
	}
	if parts < 3 || compact && parts == 3 && s != "" {
		return part, 0, 0, false
	}
	micros, fsp, ok = parseFraction(s)
	return part, micros, fsp, ok && part[3] <= 23 && part[4] <= 59 && part[5] <= 59
}

// ParseInstant reads a date and time with an offset from UTC of -13:59 to +14:00 behind it (Reference Manual 11.2.2), as ParseDatetime does the
// rest: microseconds since 1970 in UTC.
func ParseInstant(s string) (us int64, fsp int, ok bool) {
	const layout = "+hh:mm"
	s = trimSpaces(s)
	at := len(s) - len(layout)
	if at < 0 || s[at] != '+' && s[at] != '-' || digitRun(s[at+1:]) != 2 || s[at+3] != ':' || digitRun(s[at+4:]) != 2 {
		return 0, 0, false
	}
	hours, _ := strconv.Atoi(s[at+1 : at+3])
	minutes, _ := strconv.Atoi(s[at+4:])
	offset, last := int64(hours)*hour+int64(minutes)*minute, 14*hour
	if s[at] == '-' {
		offset, last = -offset, 14*hour-minute
	}
	us, fsp, ok = ParseDatetime(s[:at])
	if !ok || !strings.Contains(s[:at], ":") || minutes > 59 || max(offset, -offset) > last || s[at] == '-' && offset == 0 {
		return 0, 0, false
	}
	return us - offset, fsp, true
}

func trimSpaces(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t' || s[0] == '\n') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t' || s[len(s)-1] == '\n') {
		s = s[:len(s)-1]
	}
	return s
}

func digitRun(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// splitCompact reads YYMMDD, YYYYMMDD and the same with hhmmss.
func splitCompact(s string, part *[6]int) (parts int, ok bool) {
	year := 4
	if len(s) == 6 || len(s) == 12 {
		year = 2
	}
	part[0], _ = strconv.Atoi(s[:year])
	if year == 2 {
		part[0] = century(part[0])
	}
	parts = 1
	for s = s[year:]; s != ""; s = s[2:] {
		part[parts], _ = strconv.Atoi(s[:2])
		parts++
	}
	return parts, true
}

// century completes a year of two digits.
func century(year int) int {
	if year < 70 {
		return 2000 + year
	}
	return 1900 + year
}

// delimiters counts the separators at the start of s; between date and time also blanks and a T.
func delimiters(s string, beforeTime bool) int {
	if beforeTime && (s[0] == 'T' || s[0] == ' ') {
		n := 1
		for n < len(s) && s[n] == ' ' {
			n++
		}
		return n
	}
	switch c := s[0]; {
	case c >= '!' && c <= '/', c >= ':' && c <= '@', c >= '[' && c <= '`', c >= '{' && c <= '~':
		return 1
	}
	return 0
}

// parseFraction reads an optional ".ddd", rounding beyond six digits.
func parseFraction(s string) (micros int64, fsp int, ok bool) {
	if s == "" {
		return 0, 0, true
	}
	digits := s[1:]
	if s[0] != '.' || digitRun(digits) != len(digits) {
		return 0, 0, false
	}
	fsp = min(len(digits), 6)
	for i := range 6 {
		micros *= 10
		if i < fsp {
			micros += int64(digits[i] - '0')
		}
	}
	if len(digits) > 6 && digits[6] >= '5' {
		micros++
	}
	return micros, fsp, true
}

func validDate(year, month, d int) bool {
	return year <= 9999 && month >= 1 && month <= 12 && d >= 1 && d <= daysInMonth(year, month)
}

// appendDate prints YYYY-MM-DD.
func appendDate(b []byte, d date) []byte {
	b = appendPadded(b, d.year, 4)
	b = append(b, '-')
	b = appendPadded(b, d.month, 2)
	b = append(b, '-')
	return appendPadded(b, d.day, 2)
}

// appendTime prints hh:mm:ss with fsp digits of the fraction.
func appendTime(b []byte, us int64, fsp int) []byte {
	if us < 0 {
		b = append(b, '-')
		us = -us
	}
	b = appendPadded(b, int(us/hour), 2)
	b = append(b, ':')
	b = appendPadded(b, int(us/minute%60), 2)
	b = append(b, ':')
	b = appendPadded(b, int(us/second%60), 2)
	if fsp > 0 {
		b = append(b, '.')
		b = appendPadded(b, int(us%second), 6)
		b = b[:len(b)-6+fsp]
	}
	return b
}

// appendDatetime prints a date and time.
func appendDatetime(b []byte, us int64, fsp int) []byte {
	days, rest := split(us)
	b = append(appendDate(b, dateOf(days)), ' ')
	return appendTime(b, rest, fsp)
}

// appendPadded prints a number that is not negative in at least width digits.
func appendPadded(b []byte, v, width int) []byte {
	start := len(b)
	b = strconv.AppendInt(b, int64(v), 10)
	for len(b)-start < width {
		b = append(b, 0)
		copy(b[start+1:], b[start:])
		b[start] = '0'
	}
	return b
}
