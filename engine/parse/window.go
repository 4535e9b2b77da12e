package parse

import (
	"regexp"
	"strings"
)

// The other grammar takes only digits as the argument of NTILE and as a number before PRECEDING and FOLLOWING. Rewrite makes
// another call of the one and an interval of the other.
const (
	// NtileMarker is the first argument of the LEAD that stands for NTILE.
	NtileMarker = "silogate_ntile"
	// NumberUnit is the unit of an interval that stands for a number.
	NumberUnit = "DAY_MICROSECOND"
)

const ntileCall = "LEAD('" + NtileMarker + "', "

// window rewrites what begins at the i-th token of a window function or a frame, and returns its number of tokens, or 0:
//
//	NTILE(?)                     LEAD('silogate_ntile', ?)
//	1.5 PRECEDING, ? PRECEDING   INTERVAL 1.5 DAY_MICROSECOND PRECEDING; FOLLOWING likewise
//	FROM FIRST RESPECT NULLS OVER
//	                             OVER
func (w *rewriter) window(i int) int {
	at := func(k int) token {
		if k < len(w.tokens) {
			return w.tokens[k]
		}
		return token{kind: end}
	}
	t := at(i)
	switch {
	case t.is("NTILE") && at(i+1).isSymbol("(") && at(i+2).isSymbol("?"):
		w.replace(token{start: t.start, end: at(i + 1).end}, ntileCall)
		return 2
	case w.number(i) > 0:
		n := w.number(i)
		w.replace(token{start: t.start, end: at(i + n - 1).end}, "INTERVAL "+w.sql[t.start:at(i+n-1).end]+" "+NumberUnit)
		return n
	case i > 0 && at(i-1).isSymbol(")"):
		k := i
		if at(k).is("FROM") && at(k+1).is("FIRST") {
			k += 2
		}
		if at(k).is("RESPECT") && at(k+1).is("NULLS") {
			k += 2
		}
		if k > i && at(k).is("OVER") {
			w.replace(token{start: t.start, end: at(k - 1).end}, "")
			return k - i
		}
	}
	return 0
}

// number returns how many tokens of a parameter or a number that is not all digits stand at i before PRECEDING or FOLLOWING.
func (w *rewriter) number(i int) int {
	for n := 1; n <= 3 && i+n < len(w.tokens); n++ {
		if !w.tokens[i+n].is("PRECEDING") && !w.tokens[i+n].is("FOLLOWING") {
			continue
		}
		amount := w.sql[w.tokens[i].start:w.tokens[i+n-1].end]
		if i > 0 && w.tokens[i-1].is("INTERVAL") || amount != "?" && !fraction.MatchString(amount) {
			return 0
		}
		return n
	}
	return 0
}

// fraction is a number that is not all digits.
var fraction = regexp.MustCompile(`^(\d+\.\d*|\.\d+|\d+(\.\d*)?[eE]\d+)$`)

var numberBound = regexp.MustCompile(`INTERVAL (\S+) ` + NumberUnit)

// restoreWindow undoes what window did, but for the words that have no meaning.
func restoreWindow(sql string) string {
	return numberBound.ReplaceAllString(strings.ReplaceAll(sql, ntileCall, "NTILE("), "$1")
}
