package kernel

import (
	"strconv"

	"github.com/silogate/silogate/engine/types"
)

// formats remembers parsed formats: a column of them has few.
type formats struct {
	text  string
	verbs []verb
}

func (f *formats) parse(text []byte) []verb {
	if f.verbs == nil || f.text != string(text) {
		f.text, f.verbs = string(text), parseFormat(string(text))
	}
	return f.verbs
}

// DateFormatEach returns the function of DATE_FORMAT of a DATE or DATETIME where the format varies; an empty one gives NULL. It has
// a memory: one for each evaluator.
func DateFormatEach(t types.Type) func(r *Row, dst []byte) ([]byte, bool) {
	var known formats
	return func(r *Row, dst []byte) ([]byte, bool) {
		if len(r.Text(1)) == 0 {
			return dst, false
		}
		m := moment{days: r.Int(0)}
		if t.Kind != types.Date {
			m.days, m.time = split(m.days)
		}
		m.date = dateOf(m.days)
		for _, v := range known.parse(r.Text(1)) {
			dst = v.append(dst, m)
		}
		return dst, true
	}
}

// TimeFormat returns the function of TIME_FORMAT(time, format): letters of a date are zeros, names of one make NULL. It has a memory
// as DateFormatEach.
func TimeFormat() func(r *Row, dst []byte) ([]byte, bool) {
	var known formats
	return func(r *Row, dst []byte) ([]byte, bool) {
		if len(r.Text(1)) == 0 {
			return dst, false
		}
		us := r.Int(0)
		if us < 0 {
			dst, us = append(dst, '-'), -us
		}
		for _, v := range known.parse(r.Text(1)) {
			var ok bool
			if dst, ok = v.appendOfTime(dst, us); !ok {
				return dst, false
			}
		}
		return dst, true
	}
}

// appendOfTime is append for a TIME.
func (v verb) appendOfTime(b []byte, us int64) ([]byte, bool) {
	m := moment{time: us}
	switch v.letter {
	case 0, 'i', 'S', 's', 'f':
		return v.append(b, m), true
	case 'H':
		return appendPadded(b, int(us/hour), 2), true
	case 'k':
		return strconv.AppendInt(b, us/hour, 10), true
	case 'T':
		return appendTime(b, us, 0), true
	case 'h', 'I', 'l', 'p', 'r':
		m.time = us % day
		return v.append(b, m), true
	case 'Y':
		return append(b, "0000"...), true
	case 'y', 'm', 'd':
		return append(b, "00"...), true
	case 'c', 'e':
		return append(b, '0'), true
	}
	return b, false
}
