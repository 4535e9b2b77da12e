package jsondoc

import "strconv"

// Append prints the value as MySQL does.
func (v *Value) Append(dst []byte) []byte { return (*Work)(nil).Append(dst, v) }

// Append prints a value as MySQL does.
func (w *Work) Append(dst []byte, v *Value) []byte {
	p := printer{w, dst, w.mostPrinted(len(dst))}
	p.value(v)
	return p.dst
}

// AppendArray prints an array of items.
func (w *Work) AppendArray(dst []byte, items []*Value) []byte {
	p := printer{w, append(dst, '['), w.mostPrinted(len(dst))}
	for i := 0; i < len(items) && !p.full(); i++ {
		if i > 0 {
			p.dst = append(p.dst, ", "...)
		}
		p.value(items[i])
	}
	return append(p.dst, ']')
}

// AppendPretty prints a value over several lines.
func (w *Work) AppendPretty(dst []byte, v *Value) []byte {
	p := printer{w, dst, w.mostPrinted(len(dst))}
	p.pretty(v, 0)
	return p.dst
}

// Unquoted prints the text of a string, of anything else what it prints as.
func (w *Work) Unquoted(dst []byte, v *Value) []byte {
	if v.Kind == String {
		return append(dst, v.Text...)
	}
	return w.Append(dst, v)
}

// mostPrinted is the length behind which nothing need be printed.
func (w *Work) mostPrinted(length int) int {
	if w == nil || w.Longest == 0 {
		return 0
	}
	return length + w.Longest
}

// printer prints values until they are longer than anything may be.
type printer struct {
	work *Work
	dst  []byte
	most int // bytes; 0: any number
}

func (p *printer) full() bool { return !p.work.step(1) || p.most > 0 && len(p.dst) > p.most }

func (p *printer) value(v *Value) {
	switch v.Kind {
	case Null:
		p.dst = append(p.dst, "null"...)
	case Bool:
		p.dst = strconv.AppendBool(p.dst, v.Bool)
	case String:
		p.dst = AppendQuoted(p.dst, v.Text)
	case Array:
		p.dst = append(p.dst, '[')
		for i, items := 0, v.Items(); i < len(items) && !p.full(); i++ {
			if i > 0 {
				p.dst = append(p.dst, ", "...)
			}
			p.value(&items[i])
		}
		p.dst = append(p.dst, ']')
	case Object:
		p.dst = append(p.dst, '{')
		for i, members := 0, v.Members(); i < len(members) && !p.full(); i++ {
			if i > 0 {
				p.dst = append(p.dst, ", "...)
			}
			p.dst = append(AppendQuoted(p.dst, members[i].Key), ": "...)
			p.value(&members[i].Value)
		}
		p.dst = append(p.dst, '}')
	default:
		p.dst = append(p.dst, v.Text...)
	}
}

func (p *printer) line(indent int) {
	p.dst = append(p.dst, '\n')
	for range indent {
		p.dst = append(p.dst, ' ')
	}
}

// item begins the next one of an array or object.
func (p *printer) item(i, indent int) {
	if i > 0 {
		p.dst = append(p.dst, ',')
	}
	p.line(indent)
}

func (p *printer) pretty(v *Value, indent int) {
	if v.in == nil {
		p.value(v)
		return
	}
	const deeper = 2
	if v.Kind == Array {
		p.dst = append(p.dst, '[')
		for i, items := 0, v.Items(); i < len(items) && !p.full(); i++ {
			p.item(i, indent+deeper)
			p.pretty(&items[i], indent+deeper)
		}
		p.line(indent)
		p.dst = append(p.dst, ']')
		return
	}
	p.dst = append(p.dst, '{')
	for i, members := 0, v.Members(); i < len(members) && !p.full(); i++ {
		p.item(i, indent+deeper)
		p.dst = append(AppendQuoted(p.dst, members[i].Key), ": "...)
		p.pretty(&members[i].Value, indent+deeper)
	}
	p.line(indent)
	p.dst = append(p.dst, '}')
}

// AppendQuoted prints a string as JSON.
func AppendQuoted(dst []byte, s string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			if c < ' ' {
				dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
			} else {
				dst = append(dst, c)
			}
		}
	}
	return append(dst, '"')
}
