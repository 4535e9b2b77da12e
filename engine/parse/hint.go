package parse

import (
	"regexp"
	"strconv"
	"strings"
)

var executionTime = regexp.MustCompile(`(?i)\bMAX_EXECUTION_TIME\s*\(\s*([0-9]+)\s*\)`)

// ExecutionTime returns the milliseconds of the first hint MAX_EXECUTION_TIME(n) of a query's first SELECT that is not within
// another, 0 without one (MySQL 8.0 Reference Manual, 10.9.3). Hints stand in a comment right after the word.
func ExecutionTime(sql string) int64 {
	if !strings.Contains(sql, "/*+") || !executionTime.MatchString(sql) { // as in nearly all statements
		return 0
	}
	tokens, ok := tokensIn(sql, Mode{})
	if !ok {
		return 0
	}
	first := 0
	for first < len(tokens) && tokens[first].isSymbol("(") {
		first++
	}
	depth := 0
	for i := first; i+1 < len(tokens); i++ {
		switch t := tokens[i]; {
		case t.isSymbol("("):
			depth++
		case t.isSymbol(")"):
			depth--
		case t.is("select") && depth == 0:
			return timeIn(sql[t.end:tokens[i+1].start])
		}
	}
	return 0
}

// timeIn reads the hint in what stands between two words.
func timeIn(between string) int64 {
	hints, ok := strings.CutPrefix(strings.TrimLeft(between, " \t\r\n\f\v"), "/*+")
	if !ok {
		return 0
	}
	hints, _, _ = strings.Cut(hints, "*/")
	found := executionTime.FindStringSubmatch(hints)
	if found == nil {
		return 0
	}
	n, err := strconv.ParseUint(found[1], 10, 32) // MySQL takes no more for a number
	if err != nil {
		return 0
	}
	return int64(n)
}
