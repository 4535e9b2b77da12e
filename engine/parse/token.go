package parse

import (
	"strconv"
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

// Mode is what a session's sql_mode says of texts. The zero value is MySQL's standard.
type Mode struct {
	AnsiQuotes         bool // ANSI_QUOTES: "x" is a name
	NoBackslashEscapes bool // a backslash is a character like any other
}

// scanner splits SQL into tokens.
type scanner struct {
	sql        string
	mode       Mode
	pos        int
	executable bool // within an executable comment
	parted     bool // what was passed before the token begins or ends an executable comment, or is one of another server
}

// next returns the next token; after the text's end it returns end for ever.
func (s *scanner) next() (token, error) {
	s.parted = false
	if err := s.skipSpace(); err != nil {
		return token{}, err
	}
	start := s.pos
	if start == len(s.sql) {
		if s.executable {
			return token{}, sqlerr.New(sqlerr.Syntax, "a comment does not end")
		}
		return token{kind: end, start: start, end: start}, nil
	}
	t := token{start: start}
	var err error
	switch c := s.sql[start]; {
	case c == '\'' || c == '"' && !s.mode.AnsiQuotes:
		t.kind = text
		t.value, err = s.quoted(c, !s.mode.NoBackslashEscapes)
	case c == '`' || c == '"':
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

// skipSpace passes white space and comments. Of an executable comment, /*! ... */ or /*!80000 ... */, it passes the beginning and
// the end, or all if it is for a later version.
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
		case s.executable && strings.HasPrefix(rest, "*/"):
			s.executable, s.parted = false, true
			s.pos += 2
		case strings.HasPrefix(rest, "/*!"):
			digits := versionDigits(rest[3:])
			s.parted = true
			if version, _ := strconv.Atoi(rest[3 : 3+digits]); version <= Version {
				s.executable = true
				s.pos += 3 + digits
			} else if err := s.skipComment(1); err != nil {
				return err
			}
		case strings.HasPrefix(rest, "/*"):
			s.parted = s.parted || strings.HasPrefix(rest, "/*M!")
			if err := s.skipComment(0); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

// Version is MySQL's version as executable comments have it: those for a later one are comments.
const Version = 80031

// versionDigits returns how many digits of a version an executable comment begins with: five or six, else none.
func versionDigits(s string) int {
	n := 0
	for n < len(s) && n < 6 && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n < 5 {
		return 0
	}
	return n
}

// skipComment passes a comment that may hold comments, nested so deep.
func (s *scanner) skipComment(nested int) error {
	for s.pos += 2; s.pos < len(s.sql); {
		switch rest := s.sql[s.pos:]; {
		case strings.HasPrefix(rest, "*/"):
			s.pos += 2
			return nil
		case nested > 0 && strings.HasPrefix(rest, "/*"):
			if err := s.skipComment(nested - 1); err != nil {
				return err
			}
		default:
			s.pos++
		}
	}
	return sqlerr.New(sqlerr.Syntax, "a comment does not end")
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
