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
	for s := (scanner{sql: sql, mode: mode}); b.Len() < longestDigest; {
		t, err := s.next()
		if err != nil {
			return b.String() + " ..."
		}
		if t.kind == end {
			return b.String()
		}
		literal := t.kind == text || t.isNumber()
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
