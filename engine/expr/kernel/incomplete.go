package kernel

// A date in a text may be incomplete: 2001-11-00 has no day, 2005-00-00 no month either. No vector of dates holds one, but YEAR, MONTH
// and the like, and DATE_FORMAT, read it (Reference Manual 14.7).

// IsIncomplete reports a text that is an incomplete date.
func IsIncomplete(s string) bool {
	_, ok := parseIncomplete(s)
	return ok
}

// parseIncomplete reads an incomplete date, or date and time.
func parseIncomplete(s string) (m moment, ok bool) {
	part, micros, _, ok := datetimeParts(s)
	year, month, d := part[0], part[1], part[2]
	if !ok || month > 0 && d > 0 || month > 12 || d > 31 {
		return m, false
	}
	m.date = date{year, month, d}
	m.days = m.date.days()
	m.time = int64(part[3])*hour + int64(part[4])*minute + int64(part[5])*second + micros
	return m, true
}

// textMoment reads argument 0, a text, as a date that may be incomplete; what is none is NULL with a warning.
func (r *Row) textMoment(z *zone) (m moment, complete, ok bool) {
	text := string(r.Text(0))
	if us, ok := parseMoment(z, text); ok {
		m.days, m.time = split(us)
		m.date = dateOf(m.days)
		return m, true, true
	}
	if m, ok = parseIncomplete(text); ok {
		return m, false, true
	}
	if us, ok := parseMoment(z, leadingMoment(text)); ok {
		r.Warn(warnTruncated, "Truncated incorrect datetime value: '"+text+"'")
		m.days, m.time = split(us)
		m.date = dateOf(m.days)
		return m, true, true
	}
	r.Warn(warnTruncated, "Incorrect datetime value: '"+text+"'")
	return m, false, false
}

// PartOfText returns the function that reads year, quarter, month or day off a text. It has a memory: one for each evaluation.
func PartOfText(part Part) func(r *Row) (int64, bool) {
	var z *zone
	return func(r *Row) (int64, bool) {
		if z == nil {
			z = newZone(r.Location)
		}
		m, _, ok := r.textMoment(z)
		switch part {
		case YearPart:
			return int64(m.date.year), ok
		case QuarterPart:
			return int64(m.date.month+2) / 3, ok
		case MonthPart:
			return int64(m.date.month), ok
		}
		return int64(m.date.day), ok
	}
}

// DateFormatText returns the function of DATE_FORMAT of a text. It has a memory as DateFormatEach.
func DateFormatText() func(r *Row, dst []byte) ([]byte, bool) {
	var known formats
	var z *zone
	return func(r *Row, dst []byte) ([]byte, bool) {
		if len(r.Text(1)) == 0 {
			return dst, false
		}
		if z == nil {
			z = newZone(r.Location)
		}
		m, complete, ok := r.textMoment(z)
		if !ok {
			return dst, false
		}
		for _, v := range known.parse(r.Text(1)) {
			if !complete && m.date.month == 0 && v.needsMonth() {
				return dst, false
			}
			dst = v.append(dst, m)
		}
		return dst, true
	}
}

// needsMonth reports a piece of a format that a date without a month has not.
func (v verb) needsMonth() bool {
	switch v.letter {
	case 'M', 'b', 'j', 'W', 'a', 'w', 'U', 'u', 'V', 'v', 'X', 'x':
		return true
	}
	return false
}
