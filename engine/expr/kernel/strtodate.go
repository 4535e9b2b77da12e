package kernel

import (
	"strconv"
	"strings"
	"time"

	"github.com/silogate/silogate/engine/types"
)

// FormatParts says what a format of STR_TO_DATE reads: parts of a date, of a time, the fraction of a second.
func FormatParts(format string) (date, clock, fraction bool) {
	for i := 0; i+1 < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		i++
		switch format[i] {
		case 'f':
			clock, fraction = true, true
		case 'H', 'k', 'h', 'I', 'l', 'i', 'S', 's', 'p', 'r', 'T':
			clock = true
		case '%', '.', '@', '#':
		default:
			date = true
		}
	}
	return date, clock, fraction
}

// StrToDate returns the function of STR_TO_DATE(text, format) with a result of type t: a DATE, TIME or DATETIME. What does not match
// the format or is no date is NULL, with a warning.
func StrToDate(t types.Type) func(r *Row) (int64, bool) {
	return func(r *Row) (int64, bool) {
		p := reading{text: string(r.Text(0))}
		if p.read(string(r.Text(1))) {
			if us, ok := p.value(t); ok {
				if p.text != "" {
					r.Warn(warnTruncated, "Truncated incorrect "+kindOf(t)+" value: '"+string(r.Text(0))+"'")
				}
				return us, true
			}
		}
		r.Warn(warnWrongString, "Incorrect "+kindOf(t)+" value: '"+string(r.Text(0))+"' for function str_to_date")
		return 0, false
	}
}

// kindOf names a temporal type as warnings do.
func kindOf(t types.Type) string {
	switch t.Kind {
	case types.Date:
		return "date"
	case types.Time:
		return "time"
	}
	return "datetime"
}

// reading is what STR_TO_DATE has read.
type reading struct {
	text string // what is left

	year, month, day            int
	hour, minute, second, micro int
	twelve, afternoon           bool // %h, %p
	yearday, weekday            int  // from 1, Monday is 1; 0: none
	week, weekYear              int  // week -1: none
	weekMode                    int
	dated, weekOfYear           bool // some part of a date was read; a week with its own year
}

// read follows a format; it returns false where the text differs. A text that ends before the format is read as far as it goes.
func (p *reading) read(format string) bool {
	p.week = -1
	for i := 0; i < len(format); i++ {
		p.text = strings.TrimLeft(p.text, " \t\n\r\f\v")
		switch c := format[i]; {
		case p.text == "":
			return true
		case c == ' ' || c >= '\t' && c <= '\r':
		case c != '%' || i+1 == len(format):
			if p.text[0] != c {
				return false
			}
			p.text = p.text[1:]
		default:
			i++
			if !p.letter(format[i]) {
				return false
			}
		}
	}
	return true
}

// letter reads what a letter of the format stands for.
func (p *reading) letter(c byte) (ok bool) {
	p.dated = p.dated || !strings.ContainsRune("HkhIliSspTrf.@#%", rune(c))
	switch c {
	case 'Y':
		run := min(digitRun(p.text), 4)
		ok = p.number(&p.year, 4)
		if ok && run <= 2 {
			p.year = century(p.year)
		}
	case 'y':
		if ok = p.number(&p.year, 2); ok {
			p.year = century(p.year)
		}
	case 'm', 'c':
		ok = p.number(&p.month, 2)
	case 'M':
		ok = p.name(&p.month, 12, func(i int) string { return time.Month(i).String() })
	case 'b':
		ok = p.name(&p.month, 12, func(i int) string { return time.Month(i).String()[:3] })
	case 'd', 'e':
		ok = p.number(&p.day, 2)
	case 'D':
		if ok = p.number(&p.day, 2); ok {
			p.text = p.text[min(2, len(p.text)):]
		}
	case 'j':
		ok = p.number(&p.yearday, 3)
	case 'W':
		ok = p.name(&p.weekday, 7, func(i int) string { return time.Weekday(i % 7).String() })
	case 'a':
		ok = p.name(&p.weekday, 7, func(i int) string { return time.Weekday(i % 7).String()[:3] })
	case 'w':
		if ok = p.number(&p.weekday, 1); ok && p.weekday == 0 {
			p.weekday = 7
		}
	case 'U', 'u', 'V', 'v':
		p.weekMode, p.weekOfYear = weekMode(c), c == 'V' || c == 'v'
		ok = p.number(&p.week, 2) && p.week <= 53
	case 'X', 'x':
		ok = p.number(&p.weekYear, 4)
	default:
		return p.clockLetter(c)
	}
	return ok
}

// clockLetter reads a part of a time, or skips characters.
func (p *reading) clockLetter(c byte) bool {
	switch c {
	case 'H', 'k':
		return p.number(&p.hour, 2)
	case 'h', 'I', 'l':
		p.twelve = true
		return p.number(&p.hour, 2) && p.hour >= 1 && p.hour <= 12
	case 'i':
		return p.number(&p.minute, 2)
	case 'S', 's':
		return p.number(&p.second, 2)
	case 'f':
		run := min(digitRun(p.text), 6)
		if run == 0 {
			return false
		}
		p.micro, _ = strconv.Atoi(p.text[:run] + "000000"[run:])
		p.text = p.text[run:]
		return true
	case 'p':
		if len(p.text) < 2 || !p.twelve {
			return false
		}
		half := strings.ToUpper(p.text[:2])
		p.afternoon, p.text = half == "PM", p.text[2:]
		return half == "PM" || half == "AM"
	case 'r':
		return p.read2("%I:%i:%S %p")
	case 'T':
		return p.read2("%H:%i:%S")
	case '.':
		return p.skip(isPunctuation)
	case '@':
		return p.skip(func(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' })
	case '#':
		return p.skip(func(c byte) bool { return c >= '0' && c <= '9' })
	case '%':
		if p.text[0] != '%' {
			return false
		}
		p.text = p.text[1:]
		return true
	}
	return false
}

// read2 follows a format within one.
func (p *reading) read2(format string) bool {
	week := p.week
	ok := p.read(format)
	p.week = week
	return ok
}

func isPunctuation(c byte) bool {
	return c >= '!' && c <= '/' || c >= ':' && c <= '@' || c >= '[' && c <= '`' || c >= '{' && c <= '~'
}

func (p *reading) skip(is func(c byte) bool) bool {
	for p.text != "" && is(p.text[0]) {
		p.text = p.text[1:]
	}
	return true
}

// number reads a number of at most so many digits.
func (p *reading) number(v *int, digits int) bool {
	run := min(digitRun(p.text), digits)
	if run == 0 {
		return false
	}
	*v, _ = strconv.Atoi(p.text[:run])
	p.text = p.text[run:]
	return true
}

// name reads one of count names.
func (p *reading) name(v *int, count int, names func(i int) string) bool {
	for i := 1; i <= count; i++ {
		if n := names(i); len(p.text) >= len(n) && strings.EqualFold(p.text[:len(n)], n) {
			*v, p.text = i, p.text[len(n):]
			return true
		}
	}
	return false
}

// value is what was read as a type; ok is false for no date or time of the calendar.
func (p *reading) value(t types.Type) (v int64, ok bool) {
	h := p.hour
	if p.twelve {
		h %= 12
		if p.afternoon {
			h += 12
		}
	}
	if h > 23 || p.minute > 59 || p.second > 59 {
		return 0, false
	}
	rest := int64(h)*hour + int64(p.minute)*minute + int64(p.second)*second + int64(p.micro)
	if t.Kind == types.Time {
		return rest, !p.dated || p.month == 0 && p.day == 0
	}
	days, ok := p.days()
	if t.Kind == types.Date {
		return days, ok
	}
	return days*day + rest, ok
}

// days is the date that was read: by the day of the year, the week and weekday, or the month and day.
func (p *reading) days() (int64, bool) {
	switch {
	case p.yearday > 0:
		days := date{p.year, 1, 1}.days() + int64(p.yearday) - 1
		return days, days >= firstDay && days <= lastDay
	case p.week >= 0 && p.weekday > 0:
		year := p.year
		if p.weekOfYear {
			year = p.weekYear
		}
		return weekDays(year, p.week, p.weekday, p.weekMode), year > 0 || p.weekOfYear
	}
	if !validDate(p.year, p.month, p.day) {
		return 0, false
	}
	return date{p.year, p.month, p.day}.days(), true
}

// weekDays is the date of a weekday (Monday is 1) in a week of a year, which a mode of WEEK() counts.
func weekDays(year, week, dayOfWeek, mode int) int64 {
	first := date{year, 1, 1}.days()
	start := int64(weekday(first)) // since Monday
	if mode&1 == 0 {
		start = (start + 1) % 7 // since Sunday
		if start != 0 {
			first += 7
		}
		return first - start + int64(week-1)*7 + int64(dayOfWeek%7)
	}
	if start > 3 {
		first += 7
	}
	return first - start + int64(week-1)*7 + int64(dayOfWeek-1)
}
