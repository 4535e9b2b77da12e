package parse

import (
	"strings"
	"unicode/utf8"

	"github.com/silogate/silogate/engine/sqlerr"
)

type kind uint8

const (
	end    kind = iota // of the text
	word               // a keyword or plain identifier
	name               // a quoted identifier
	text               // a string
	symbol             // one character
)

// token is one lexical element. Its value is without quotes and escapes.
type token struct {
	kind       kind
	value      string
	start, end int // the bytes it was read from
}

func (t token) is(keyword string) bool {
	return t.kind == word && strings.EqualFold(t.value, keyword)
}

func (t token) isSymbol(s string) bool { return t.kind == symbol && t.value == s }

// isNumber reports a word that begins with a digit.
func (t token) isNumber() bool {
	return t.kind == word && t.value[0] >= '0' && t.value[0] <= '9'
}

// scanner splits SQL into tokens.
type scanner struct {
	sql string
	pos int
}

// next returns the next token; after the text's end it returns end for ever.
func (s *scanner) next() (token, error) {
	if err := s.skipSpace(); err != nil {
		return token{}, err
	}
	start := s.pos
	if start == len(s.sql) {
		return token{kind: end, start: start, end: start}, nil
	}
	t := token{start: start}
	var err error
	switch c := s.sql[start]; {
	case c == '\'' || c == '"':
		t.kind = text
		t.value, err = s.quoted(c, true)
	case c == '`':
		t.kind = name
		t.value, err = s.quoted(c, false)
	case wordByte(c):
		for s.pos < len(s.sql) && wordByte(s.sql[s.pos]) {
			s.pos++
		}
		t.kind, t.value = word, s.sql[start:s.pos]
	default:
		_, size := utf8.DecodeRuneInString(s.sql[start:])
		s.pos += size
		t.kind, t.value = symbol, s.sql[start:s.pos]
	}
	t.end = s.pos
	return t, err
}

// wordByte reports a byte of a plain identifier; any character beyond ASCII is one.
func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c >= utf8.RuneSelf
}

// skipSpace passes white space and comments. An executable comment, /*! ... */, is not mere white space: it stays.
func (s *scanner) skipSpace() error {
	for s.pos < len(s.sql) {
		rest := s.sql[s.pos:]
		switch {
		case strings.ContainsRune(" \t\r\n\f\v", rune(rest[0])):
			s.pos++
		case rest[0] == '#', rest == "--", strings.HasPrefix(rest, "--") && rest[2] <= ' ':
			if i := strings.IndexByte(rest, '\n'); i >= 0 {
				s.pos += i + 1
			} else {
				s.pos = len(s.sql)
			}
		case strings.HasPrefix(rest, "/*") && !strings.HasPrefix(rest, "/*!"):
			i := strings.Index(rest[2:], "*/")
			if i < 0 {
				return sqlerr.New(sqlerr.Syntax, "a comment does not end")
			}
			s.pos += 2 + i + 2
		default:
			return nil
		}
	}
	return nil
}

// escapes are the characters that a backslash changes; any other stands for itself.
var escapes = map[byte]byte{'0': 0, 'b': '\b', 'n': '\n', 'r': '\r', 't': '\t', 'Z': 26}

// quoted reads up to the closing quote. A doubled quote is one.
func (s *scanner) quoted(quote byte, escaped bool) (string, error) {
	var b strings.Builder
	for s.pos++; s.pos < len(s.sql); s.pos++ {
		c := s.sql[s.pos]
		switch {
		case c == quote && s.pos+1 < len(s.sql) && s.sql[s.pos+1] == quote:
			s.pos++
		case c == quote:
			s.pos++
			return b.String(), nil
		case c == '\\' && escaped && s.pos+1 < len(s.sql):
			s.pos++
			c = s.sql[s.pos]
			if e, ok := escapes[c]; ok {
				c = e
			}
		}
		b.WriteByte(c)
	}
	return "", sqlerr.New(sqlerr.Syntax, "a quote %c does not end", quote)
}
