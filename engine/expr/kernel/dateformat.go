package kernel

import (
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/types"
)

// DateFormat returns the kernel of DATE_FORMAT of a DATE or DATETIME, with names in English.
func DateFormat(t types.Type, format string) Func {
	verbs := parseFormat(format)
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		var b textBuilder
		b.init(ctx, n, n*printedSize)
		values := wide(args[0].Array)
		for i, v := range values {
			m := moment{days: v}
			if t.Kind != types.Date {
				m.days, m.time = split(v)
			}
			m.date = dateOf(m.days)
			for _, verb := range verbs {
				b.data = verb.append(b.data, m)
			}
			b.end(i)
		}
		return b.array(arrow.BinaryTypes.String, n, bothValid(ctx.Mem, args, n))
	}
}

// DayName returns the kernel of DAYNAME.
func DayName(t types.Type) Func { return DateFormat(t, "%W") }

// MonthName returns the kernel of MONTHNAME.
func MonthName(t types.Type) Func { return DateFormat(t, "%M") }

// moment is a date and time taken apart.
type moment struct {
	days int64
	date date
	time int64 // of the day
}

// verb is a piece of a format: literal text where letter is 0.
type verb struct {
	letter byte
	text   string
}

func parseFormat(format string) []verb {
	var verbs []verb
	var run []byte
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			run = append(run, format[i])
			continue
		}
		i++
		switch format[i] {
		case 'a', 'b', 'c', 'D', 'd', 'e', 'f', 'H', 'h', 'I', 'i', 'j', 'k', 'l', 'M', 'm', 'p', 'r', 'S', 's', 'T',
			'U', 'u', 'V', 'v', 'W', 'w', 'X', 'x', 'Y', 'y':
			if len(run) > 0 {
				verbs = append(verbs, verb{text: string(run)})
				run = run[:0]
			}
			verbs = append(verbs, verb{letter: format[i]})
		default: // %% and %x for any other x
			run = append(run, format[i])
		}
	}
	if len(run) > 0 {
		verbs = append(verbs, verb{text: string(run)})
	}
	return verbs
}

func (v verb) append(b []byte, m moment) []byte {
	switch v.letter {
	case 0:
		return append(b, v.text...)
	case 'Y', 'y', 'm', 'c', 'd', 'e', 'M', 'b', 'D', 'j':
		return v.appendDate(b, m)
	case 'W', 'a', 'w', 'U', 'u', 'V', 'v', 'X', 'x':
		return v.appendWeek(b, m)
	}
	return v.appendTime(b, m)
}

func (v verb) appendDate(b []byte, m moment) []byte {
	switch d := m.date; v.letter {
	case 'Y':
		return appendPadded(b, d.year, 4)
	case 'y':
		return appendPadded(b, d.year%100, 2)
	case 'm':
		return appendPadded(b, d.month, 2)
	case 'c':
		return strconv.AppendInt(b, int64(d.month), 10)
	case 'd':
		return appendPadded(b, d.day, 2)
	case 'e':
		return strconv.AppendInt(b, int64(d.day), 10)
	case 'M':
		return append(b, time.Month(d.month).String()...)
	case 'b':
		return append(b, time.Month(d.month).String()[:3]...)
	case 'D':
		return append(strconv.AppendInt(b, int64(d.day), 10), ordinal(d.day)...)
	}
	return appendPadded(b, m.date.dayOfYear(), 3)
}

func ordinal(n int) string {
	if n/10 == 1 {
		return "th"
	}
	switch n % 10 {
	case 1:
		return "st"
	case 2:
		return "nd"
	case 3:
		return "rd"
	}
	return "th"
}

// weekMode is the mode of WEEK() behind a week letter.
func weekMode(letter byte) int {
	switch letter {
	case 'u':
		return 1
	case 'V', 'X':
		return 2
	case 'v', 'x':
		return 3
	}
	return 0
}

func (v verb) appendWeek(b []byte, m moment) []byte {
	sunday := time.Weekday((weekday(m.days) + 1) % 7)
	switch v.letter {
	case 'W':
		return append(b, sunday.String()...)
	case 'a':
		return append(b, sunday.String()[:3]...)
	case 'w':
		return strconv.AppendInt(b, int64(sunday), 10)
	}
	year, number := week(m.days, weekMode(v.letter))
	if v.letter == 'X' || v.letter == 'x' {
		return appendPadded(b, year, 4)
	}
	return appendPadded(b, number, 2)
}

func (v verb) appendTime(b []byte, m moment) []byte {
	h := int(m.time / hour)
	twelve := (h+11)%12 + 1
	switch v.letter {
	case 'H':
		return appendPadded(b, h, 2)
	case 'k':
		return strconv.AppendInt(b, int64(h), 10)
	case 'h', 'I':
		return appendPadded(b, twelve, 2)
	case 'l':
		return strconv.AppendInt(b, int64(twelve), 10)
	case 'i':
		return appendPadded(b, int(m.time/minute%60), 2)
	case 'S', 's':
		return appendPadded(b, int(m.time/second%60), 2)
	case 'f':
		return appendPadded(b, int(m.time%second), 6)
	case 'p':
		return append(b, meridiem(h)...)
	case 'r':
		b = appendTime(b, int64(twelve)*hour+m.time%hour, 0)
		return append(append(b, ' '), meridiem(h)...)
	}
	return appendTime(b, m.time, 0)
}

func meridiem(h int) string {
	if h < 12 {
		return "AM"
	}
	return "PM"
}
