package plantext

import (
	"fmt"
	"strings"
)

// token is a word, number, quoted text or operator.
type token struct {
	kind tokenKind
	text string // words in lower case, texts without quotes
	raw  string
}

type tokenKind uint8

const (
	end tokenKind = iota
	word
	number
	quoted
	operator
)

// operators, longer ones first.
var operators = []string{"<=>", "<>", "!=", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "%", "(", ")", ",", ".", "|", ":"}

func lex(line string) ([]token, error) {
	var tokens []token
	for i := 0; i < len(line); {
		c := line[i]
		switch {
		case c == ' ':
			i++
		case c == '\'':
			text, n, err := quotedText(line[i:])
			if err != nil {
				return nil, err
			}
			tokens = append(tokens, token{quoted, text, line[i : i+n]})
			i += n
		case isDigit(c) || c == '.' && i+1 < len(line) && isDigit(line[i+1]):
			n := numberLength(line[i:])
			tokens = append(tokens, token{number, line[i : i+n], line[i : i+n]})
			i += n
		case isLetter(c):
			n := 1
			for i+n < len(line) && (isLetter(line[i+n]) || isDigit(line[i+n])) {
				n++
			}
			raw := line[i : i+n]
			tokens = append(tokens, token{word, strings.ToLower(raw), raw})
			i += n
		default:
			op, ok := operatorAt(line[i:])
			if !ok {
				return nil, fmt.Errorf("unexpected %q", line[i:])
			}
			tokens = append(tokens, token{operator, op, op})
			i += len(op)
		}
	}
	return append(tokens, token{kind: end}), nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

func operatorAt(s string) (string, bool) {
	for _, op := range operators {
		if strings.HasPrefix(s, op) {
			return op, true
		}
	}
	return "", false
}

// quotedText reads a text in quotes, which are doubled inside.
func quotedText(s string) (text string, length int, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1, nil
	}
	return "", 0, fmt.Errorf("a text does not end: %s", s)
}

func numberLength(s string) int {
	n := 0
	for n < len(s) && (isDigit(s[n]) || s[n] == '.') {
		n++
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		n++
		if n < len(s) && (s[n] == '-' || s[n] == '+') {
			n++
		}
		for n < len(s) && isDigit(s[n]) {
			n++
		}
	}
	return n
}
