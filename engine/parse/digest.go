package parse

import "strings"

// longestDigest is how many bytes of a statement its digest has.
const longestDigest = 1024

// Digest returns sql as one that differs in nothing but its literals and space is written, too: ? stands for literals, and for
// lists of them. What can't be read is not there, nor what is too long.
func Digest(sql string, mode Mode) string {
	var b strings.Builder
	list := false // the last words are "?" or "?, ..."
	comma := false
	last := token{}
	for s := (scanner{sql: sql, mode: mode}); b.Len() < longestDigest; {
		t, err := s.next()
		number := err == nil && s.number(&t, last)
		last = t
		if err != nil {
			return b.String() + " ..."
		}
		if t.kind == end {
			return b.String()
		}
		literal := t.kind == text || number
		if comma && !(literal && list) {
			b.WriteString(" ,")
		}
		comma = list && t.isSymbol(",")
		switch {
		case comma:
			continue
		case literal && list:
			continue
		case b.Len() > 0:
			b.WriteByte(' ')
		}
		if list = literal; literal {
			b.WriteByte('?')
		} else {
			b.WriteString(sql[t.start:t.end])
		}
	}
	return b.String() + " ..."
}

// number reports a token that is a number, or begins one, which it makes whole: 1.5e-3 and .5 are one literal. What a dot right
// behind a name begins is a name.
func (s *scanner) number(t *token, last token) bool {
	at := t.start
	switch {
	case t.isNumber():
		at = digits(s.sql, at)
	case !t.isSymbol(".") || last.end == t.start && (last.kind == word || last.kind == name) || digits(s.sql, t.end) == t.end:
		return false
	}
	if strings.HasPrefix(s.sql[at:], ".") {
		at = digits(s.sql, at+1)
	}
	if rest := s.sql[at:]; rest != "" && (rest[0] == 'e' || rest[0] == 'E') {
		sign := at + 1
		if sign < len(s.sql) && (s.sql[sign] == '+' || s.sql[sign] == '-') {
			sign++
		}
		if exponent := digits(s.sql, sign); exponent > sign {
			at = exponent
		}
	}
	if at < len(s.sql) && wordByte(s.sql[at]) { // 0x1F, or a name with a digit first
		at = t.end
	}
	s.pos, t.end = max(at, t.end), max(at, t.end)
	return true
}

// digits returns where the digits end that begin at a position.
func digits(sql string, at int) int {
	for at < len(sql) && sql[at] >= '0' && sql[at] <= '9' {
		at++
	}
	return at
}
