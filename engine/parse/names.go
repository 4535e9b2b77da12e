package parse

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// nameEdit is white space before a name that quoteNames has quoted, by which Restore finds it.
const nameEdit = "\r\t\r"

var quotedEdit = regexp.MustCompile(nameEdit + "`([^`]*)`")

// quoteNames quotes plain names with characters beyond ASCII, which the other grammar knows in quotes alone (MySQL 8.0 Reference Manual, 9.2).
// Names of user variables stay: see rewriter.variable.
func quoteNames(sql string, mode Mode) string {
	if !strings.ContainsFunc(sql, beyondASCII) {
		return sql
	}
	w, ok := newRewriter(sql, mode)
	if !ok {
		return sql
	}
	variable := 0 // where the name of a variable goes on, if it does
	for _, t := range w.tokens {
		switch {
		case t.isSymbol("@"), t.start == variable && t.kind == word, t.start == variable && t.isSymbol("."):
			variable = t.end
		case t.kind == word && strings.ContainsFunc(t.value, beyondASCII):
			w.replace(t, nameEdit+"`"+t.value+"`")
		}
	}
	return w.out.String() + sql[w.copied:]
}

func beyondASCII(r rune) bool { return r >= utf8.RuneSelf }
