package collation

import "unicode/utf8"

// NoEscape is the escape of a LIKE with an empty ESCAPE: there is none.
const NoEscape rune = -1

// Pattern is a compiled LIKE pattern. It compares character by character, so that 'ß' is not LIKE 'ss' where it equals it, and
// trailing spaces count.
type Pattern struct {
	c      *Collation
	tokens []token
}

// token is a character of a pattern.
type token struct {
	kind tokenKind
	r    rune
}

type tokenKind uint8

const (
	literal tokenKind = iota
	anyOne            // _
	anyRun            // %
)

// NewPattern compiles a pattern. An escape at its end stands for itself.
func (c *Collation) NewPattern(pattern string, escape rune) *Pattern {
	p := &Pattern{c: c}
	for i := 0; i < len(pattern); {
		r, n := utf8.DecodeRuneInString(pattern[i:])
		i += n
		t := token{literal, r}
		switch {
		case r == escape && i < len(pattern):
			t.r, n = utf8.DecodeRuneInString(pattern[i:])
			i += n
		case r == '_':
			t.kind = anyOne
		case r == '%':
			t.kind = anyRun
		}
		p.tokens = append(p.tokens, t)
	}
	return p
}

// Match reports whether a text is LIKE the pattern.
func (p *Pattern) Match(text string) bool { return p.MatchWhile(text, func() bool { return true }) }

// between is how many bytes are read between the questions whether to go on.
const between = 64 << 10

// MatchWhile is Match as long as goesOn, which it calls now and then; it is false where that is. It goes back to the last % where a try
// fails.
func (p *Pattern) MatchWhile(text string, goesOn func() bool) bool {
	work := 0
	at, retryToken, retryAt := 0, -1, 0
	for i := 0; ; {
		if i == len(p.tokens) {
			if at == len(text) {
				return true
			}
		} else if t := p.tokens[i]; t.kind == anyRun {
			i++
			if i == len(p.tokens) {
				return true
			}
			retryToken, retryAt = i, at
			continue
		} else if at < len(text) {
			if n := p.matches(t, text[at:]); n > 0 {
				at += n
				i++
				continue
			}
		}
		if retryToken < 0 || retryAt == len(text) {
			return false
		}
		if work += at - retryAt + 1; work >= between {
			if !goesOn() {
				return false
			}
			work = 0
		}
		_, n := utf8.DecodeRuneInString(text[retryAt:])
		retryAt += n
		i, at = retryToken, retryAt
	}
}

// matches returns the length of the character at the start of text, or 0 if the token does not stand for it.
func (p *Pattern) matches(t token, text string) int {
	if b := text[0]; b < utf8.RuneSelf {
		if t.kind == anyOne || p.c.equalASCII(t.r, b) {
			return 1
		}
		return 0
	}
	r, n := utf8.DecodeRuneInString(text)
	if t.kind == anyOne || p.c.EqualRunes(t.r, r) {
		return n
	}
	return 0
}

func (c *Collation) equalASCII(r rune, b byte) bool {
	switch {
	case r == rune(b):
		return true
	case c.kind == byBytes:
		return false
	case r < utf8.RuneSelf:
		return c.fold[r] == c.fold[b]
	}
	return c.EqualRunes(r, rune(b))
}
