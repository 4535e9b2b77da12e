package jsondoc

import (
	"fmt"
	"math"
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
func Parse(text string, exact bool) (Value, error) {
	p := parser{text: text, exact: exact}
	v, err := p.value(1)
	if err != nil {
		return Value{}, err
	}
	if p.space(); p.at < len(text) {
		return Value{}, p.fail("The document root must not be followed by other values.")
	}
	return v, nil
}

type parser struct {
	text  string
	at    int
	exact bool
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
	p.space()
	if p.at == len(p.text) {
		if p.at == 0 {
			return Value{}, p.fail("The document is empty.")
		}
		return Value{}, p.fail("Invalid value.")
	}
	switch c := p.text[p.at]; {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
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

func (p *parser) object(depth int) (Value, error) {
	p.at++
	var members []Member
	if p.space(); p.take('}') {
		return Value{Kind: Object}, nil
	}
	for {
		if p.space(); p.at == len(p.text) || p.text[p.at] != '"' {
			return Value{}, p.fail("Missing a name for object member.")
		}
		key, err := p.string()
		if err != nil {
			return Value{}, err
		}
		if p.space(); !p.take(':') {
			return Value{}, p.fail("Missing a colon after a name of object member.")
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return Value{}, err
		}
		members = append(members, Member{key, v})
		p.space()
		if p.take('}') {
			return OfMembers(members), nil
		}
		if !p.take(',') {
			return Value{}, p.fail("Missing a comma or } after an object member.")
		}
	}
}

func (p *parser) array(depth int) (Value, error) {
	p.at++
	if p.space(); p.take(']') {
		return Value{Kind: Array}, nil
	}
	var items []Value
	for {
		v, err := p.value(depth + 1)
		if err != nil {
			return Value{}, err
		}
		items = append(items, v)
		p.space()
		if p.take(']') {
			return OfItems(items), nil
		}
		if !p.take(',') {
			return Value{}, p.fail("Missing a comma or ] after an array element.")
		}
	}
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
		if v, err := strconv.ParseInt(text, 10, 64); err == nil {
			if v == 0 {
				text = "0" // of -0 too
			}
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
	return OfDouble(v), nil
}

func (p *parser) string() (string, error) {
	p.at++
	var b strings.Builder
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			if s := b.String(); valid(s) {
				return s, nil
			}
			return "", p.fail("Invalid encoding in string.")
		case c == '\\':
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
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
