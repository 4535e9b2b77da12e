package parse

import (
	"slices"
	"strings"
)

// CutIgnore takes the IGNORE out of a DELETE IGNORE, which the other grammar has no word for, and reports whether there was one. It leaves
// spaces, so that what follows stays where it was.
func CutIgnore(sql string, ansiQuotes bool) (rest string, ignores bool) {
	mode := Mode{AnsiQuotes: ansiQuotes}
	first := (&reader{scanner: scanner{sql: sql, mode: mode}}).peek() // most statements are another, and some are long
	if !slices.ContainsFunc([]string{"DELETE", "WITH", "EXPLAIN", "DESCRIBE", "DESC"}, first.is) {
		return sql, false
	}
	w, ok := newRewriter(sql, mode)
	if !ok {
		return sql, false
	}
	for i, t := range w.tokens[:w.statementEnd()] {
		if t.is("IGNORE") && i > 0 && w.tokens[i-1].is("DELETE") {
			return sql[:t.start] + strings.Repeat(" ", t.end-t.start) + sql[t.end:], true
		}
	}
	return sql, false
}
