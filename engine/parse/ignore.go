package parse

import (
	"regexp"
	"slices"
	"strings"
)

// deletesIgnoring finds texts that may be DELETE IGNORE.
var deletesIgnoring = regexp.MustCompile(`(?is)\bdelete\b.*?\bignore\b`)

// CutIgnore takes the IGNORE out of a DELETE IGNORE, which the other grammar has no word for, and reports whether there was one. It leaves
// spaces, so that what follows stays where it was.
func CutIgnore(sql string, ansiQuotes bool) (rest string, ignores bool) {
	if !deletesIgnoring.MatchString(sql) {
		return sql, false
	}
	w, ok := newRewriter(sql, Mode{AnsiQuotes: ansiQuotes})
	if !ok {
		return sql, false
	}
	tokens := w.tokens[:w.statementEnd()]
	if len(tokens) == 0 || !slices.ContainsFunc([]string{"DELETE", "WITH", "EXPLAIN", "DESCRIBE", "DESC"}, tokens[0].is) {
		return sql, false
	}
	for i, t := range tokens {
		if t.is("IGNORE") && i > 0 && tokens[i-1].is("DELETE") {
			return sql[:t.start] + strings.Repeat(" ", t.end-t.start) + sql[t.end:], true
		}
	}
	return sql, false
}
