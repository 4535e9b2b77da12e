package jsondoc

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how deep documents may nest.
const MaxDepth = 100

// TooDeepError is the error of a document that nests deeper than MaxDepth.
type TooDeepError struct{}

func (TooDeepError) Error() string { return "The JSON document exceeds the maximum depth." }

// SyntaxError says where a text is not JSON.
type SyntaxError struct {
	Message string
	Offset  int
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at position %d.", e.Message, e.Offset) }

// Parse reads a document. Numbers with a point or an exponent become doubles, as MySQL has it; with exact they keep their digits: for a
// text that a JSON function has printed.
func Parse(text string, exact bool) (Value, error) { return (*Work)(nil).Parse(text, exact) }

// Parse reads a document, which keeps the text.
func (w *Work) Parse(text string, exact bool) (v Value, err error) {
	p := parser{text: text, exact: exact, work: w}
	if !w.spend(len(text)) {
		return v, w.err
	}
	if v, err = p.value(1); err == nil {
		err = p.end()
	}
	p.dropStacks()
	return v, err
}

// parser reads a text. What is in arrays and objects gathers on stacks until its number is known.
type parser struct {
	text    string
	at      int
	exact   bool
	skip    bool // values are read for their form; only their kind is known
	work    *Work
	items   []Value
	members []Member
}

// end fails if anything comes next.
func (p *parser) end() error {
	if p.space(); p.at < len(p.text) {
		return p.fail("The document root must not be followed by other values.")
	}
	return nil
}

func (p *parser) dropStacks() {
	p.work.Drop(int64(cap(p.items)*valueBytes + cap(p.members)*memberBytes))
	p.items, p.members = nil, nil
}

func (p *parser) fail(message string) error { return &SyntaxError{message, p.at} }

func (p *parser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\n\r", p.text[p.at]) >= 0 {
		p.at++
	}
}

// take reads a byte if it comes next.
func (p *parser) take(c byte) bool {
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *parser) value(depth int) (Value, error) {
	if depth > MaxDepth {
		return Value{}, TooDeepError{}
	}
	if !p.work.step(1) {
		return Value{}, p.work.err
	}
	p.space()
	if p.at == len(p.text) {
		if p.at == 0 {
			return Value{}, p.fail("The document is empty.")
		}
		return Value{}, p.fail("Invalid value.")
	}
	switch c := p.text[p.at]; {
	case c == '{':
		return p.objectValue(depth)
	case c == '[':
		return p.arrayValue(depth)
	case c == '"':
		s, err := p.string()
		return OfText(s), err
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	switch {
	case p.word("true"):
		return OfBool(true), nil
	case p.word("false"):
		return OfBool(false), nil
	case p.word("null"):
		return Value{}, nil
	}
	return Value{}, p.fail("Invalid value.")
}

// object reads an object, calling member to read each value.
func (p *parser) object(member func(key string) error) error {
	p.at++
	if p.space(); p.take('}') {
		return nil
	}
	for {
		if p.space(); p.at == len(p.text) || p.text[p.at] != '"' {
			return p.fail("Missing a name for object member.")
		}
		key, err := p.string()
		if err != nil {
			return err
		}
		if p.space(); !p.take(':') {
			return p.fail("Missing a colon after a name of object member.")
		}
		if err := member(key); err != nil {
			return err
		}
		p.space()
		if p.take('}') {
			return nil
		}
		if !p.take(',') {
			return p.fail("Missing a comma or } after an object member.")
		}
	}
}

// array reads an array, calling item to read each value.
func (p *parser) array(item func() error) error {
	p.at++
	if p.space(); p.take(']') {
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		p.space()
		if p.take(']') {
			return nil
		}
		if !p.take(',') {
			return p.fail("Missing a comma or ] after an array element.")
		}
	}
}

func (p *parser) objectValue(depth int) (Value, error) {
	start := len(p.members)
	err := p.object(func(key string) error {
		v, err := p.value(depth + 1)
		if err != nil || p.skip {
			return err
		}
		return p.push(Member{key, v})
	})
	if err != nil || p.skip {
		return Value{Kind: Object}, err
	}
	return p.popMembers(start)
}

// push puts a member on the stack.
func (p *parser) push(m Member) error {
	before := cap(p.members)
	if p.members = append(p.members, m); cap(p.members) > before && !p.work.spend((cap(p.members)-before)*memberBytes) {
		return p.work.err
	}
	return nil
}

// popMembers makes an object of what lies on the stack above start.
func (p *parser) popMembers(start int) (Value, error) {
	top := p.members[start:]
	if !p.work.spend(len(top)*memberBytes + contentsBytes) {
		return Value{}, p.work.err
	}
	v := p.work.ofMembers(slices.Clone(top))
	clear(top)
	p.members = p.members[:start]
	return v, p.work.Err()
}

func (p *parser) arrayValue(depth int) (Value, error) {
	start := len(p.items)
	err := p.array(func() error {
		v, err := p.value(depth + 1)
		if err != nil || p.skip {
			return err
		}
		before := cap(p.items)
		if p.items = append(p.items, v); cap(p.items) > before && !p.work.spend((cap(p.items)-before)*valueBytes) {
			return p.work.err
		}
		return nil
	})
	if err != nil || p.skip {
		return Value{Kind: Array}, err
	}
	top := p.items[start:]
	if !p.work.spend(len(top)*valueBytes + contentsBytes) {
		return Value{}, p.work.err
	}
	v := OfItems(slices.Clone(top))
	clear(top)
	p.items = p.items[:start]
	return v, nil
}

// word reads a word if it comes next.
func (p *parser) word(w string) bool {
	if !strings.HasPrefix(p.text[p.at:], w) {
		return false
	}
	p.at += len(w)
	return true
}

// digits reads a run of digits and reports whether there was one.
func (p *parser) digits() bool {
	start := p.at
	for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		p.at++
	}
	return p.at > start
}

// sureDigits is as many digits as any integer of 64 bits may have.
const sureDigits = 18

func (p *parser) number() (Value, error) {
	start, whole := p.at, true
	p.take('-')
	if !p.take('0') && !p.digits() {
		return Value{}, p.fail("Invalid value.")
	}
	if p.take('.') {
		if whole = false; !p.digits() {
			return Value{}, p.fail("Miss fraction part in number.")
		}
	}
	if p.take('e') || p.take('E') {
		whole = false
		if !p.take('+') {
			p.take('-')
		}
		if !p.digits() {
			return Value{}, p.fail("Miss exponent in number.")
		}
	}
	text := p.text[start:p.at]
	if whole {
		if text == "-0" {
			text = "0"
		}
		if len(text) <= sureDigits {
			return Value{Kind: Integer, Text: text}, nil
		}
		if _, err := strconv.ParseInt(text, 10, 64); err == nil {
			return Value{Kind: Integer, Text: text}, nil
		}
		if _, err := strconv.ParseUint(text, 10, 64); err == nil {
			return Value{Kind: Unsigned, Text: text}, nil
		}
	} else if p.exact {
		return Value{Kind: Double, Text: text}, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil && math.IsInf(v, 0) {
		return Value{}, p.fail("Number too big to be stored in double.")
	}
	if p.skip {
		return Value{Kind: Double}, nil
	}
	const digits = 24
	if !p.work.spend(digits) {
		return Value{}, p.work.err
	}
	return OfDouble(v), nil
}

// string reads a string, which is a part of the text unless it has escapes.
func (p *parser) string() (string, error) {
	p.at++
	for start := p.at; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			if s := p.text[start : p.at-1]; valid(s) {
				return s, nil
			}
			return "", p.fail("Invalid encoding in string.")
		case c == '\\':
			return p.escaped(start)
		case c < ' ':
			return "", p.fail("Invalid encoding in string.")
		}
	}
	return "", p.fail("Missing a closing quotation mark in string.")
}

// escaped reads the rest of a string that began at start and has an escape next.
func (p *parser) escaped(start int) (string, error) {
	var b strings.Builder
	b.WriteString(p.text[start:p.at])
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			if s := b.String(); valid(s) {
				if !p.work.spend(b.Cap()) {
					return "", p.work.err
				}
				return s, nil
			}
			return "", p.fail("Invalid encoding in string.")
		case c == '\\':
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
			if !p.work.step(1) {
				return "", p.work.err
			}
		case c < ' ':
			return "", p.fail("Invalid encoding in string.")
		default:
			b.WriteByte(c)
			p.at++
		}
	}
	return "", p.fail("Missing a closing quotation mark in string.")
}

func (p *parser) escape() (rune, error) {
	p.at++
	if p.at == len(p.text) {
		return 0, p.fail("Invalid escape character in string.")
	}
	c := p.text[p.at]
	p.at++
	if at := strings.IndexByte(`"\/bfnrt`, c); at >= 0 {
		return rune("\"\\/\b\f\n\r\t"[at]), nil
	}
	if c != 'u' {
		return 0, p.fail("Invalid escape character in string.")
	}
	r, err := p.hex()
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	if !strings.HasPrefix(p.text[p.at:], `\u`) {
		return 0, p.fail("The surrogate pair in string is invalid.")
	}
	p.at += 2
	low, err := p.hex()
	if err != nil {
		return 0, err
	}
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		return 0, p.fail("The surrogate pair in string is invalid.")
	}
	return r, nil
}

func (p *parser) hex() (rune, error) {
	if p.at+4 > len(p.text) {
		return 0, p.fail("Incorrect hex digit after \\u escape in string.")
	}
	v, err := strconv.ParseUint(p.text[p.at:p.at+4], 16, 32)
	if err != nil {
		return 0, p.fail("Incorrect hex digit after \\u escape in string.")
	}
	p.at += 4
	return rune(v), nil
}
