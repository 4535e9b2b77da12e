package parse

import (
	"encoding/hex"
	"regexp"
	"strings"
)

// The other grammar knows names of user variables that are letters, digits and underscores. Rewrite spells any other name so; names are
// the same in either case.

// variablePrefix begins a name that is spelt, the hexadecimal digits of its bytes behind it.
const variablePrefix = ours + "name_"

// quoteEdits are white space behind a variable, by which Restore finds how its name was quoted.
var quoteEdits = []struct{ edit, quote string }{
	{"\r\n\t\n", "'"}, {"\r\n\t\t\n", `"`}, {"\r\n\t\t\t\n", "`"}, {"\r\n\t\t\t\t\n", ""},
}

var (
	plainVariable    = regexp.MustCompile(`^\w+$`)
	unquotedVariable = regexp.MustCompile(`^[\w.$\x{80}-\x{10FFFF}]+$`)
	writtenVariable  = regexp.MustCompile(`@(\w+)(\r\n\t+\n)?`)
)

// variable rewrites the user variable whose @ is at i, if it has to be, and returns how many tokens it has, else 0. It leaves alone the
// host of an account, which stands right behind a name.
func (w *rewriter) variable(i int) int {
	t := w.tokens[i]
	if !t.isSymbol("@") || i+1 >= len(w.tokens) || w.tokens[i+1].start != t.end {
		return 0
	}
	if i > 0 {
		if before := w.tokens[i-1]; before.kind == text || before.kind == name || before.end == t.start && (before.kind == word || before.isSymbol("@")) {
			return 0
		}
	}
	n, quote, value := 2, "", w.tokens[i+1].value
	if first := w.tokens[i+1]; first.kind == text || first.kind == name {
		quote = w.sql[first.start : first.start+1]
	} else {
		for n = 1; i+n < len(w.tokens) && w.tokens[i+n].start == w.tokens[i+n-1].end && (w.tokens[i+n].kind == word || w.tokens[i+n].isSymbol(".")); {
			n++
		}
		value = w.sql[t.end:w.tokens[i+n-1].end]
	}
	plain := plainVariable.MatchString(value)
	if value == "" || plain && quote == "" {
		return 0
	}
	if !plain {
		value = spelt(value)
	}
	for _, q := range quoteEdits {
		if q.quote == quote {
			w.replace(token{start: t.start, end: w.tokens[i+n-1].end}, "@"+value+q.edit)
		}
	}
	return n
}

// nextTransaction rewrites the assignment at i if it is of a characteristic of the next transaction, and returns how many tokens its variable has, else 0.
func (w *rewriter) nextTransaction(i int) int {
	if !w.tokens[0].is("SET") || i == 0 || i+3 >= len(w.tokens) || !w.tokens[i].isSymbol("@") || !w.tokens[i+1].isSymbol("@") ||
		i > 1 && !w.tokens[i-1].isSymbol(",") || !w.tokens[i+3].isSymbol("=") && !w.tokens[i+3].isSymbol(":") {
		return 0
	}
	for _, name := range []string{NextIsolation, NextReadOnly} {
		if strings.EqualFold(w.tokens[i+2].value, name) && w.tokens[i+2].kind != text {
			w.replace(token{start: w.tokens[i].start, end: w.tokens[i+2].end}, name)
			return 3
		}
	}
	return 0
}

// spelt is a name in letters and digits.
func spelt(name string) string {
	return variablePrefix + hex.EncodeToString([]byte(strings.ToLower(name)))
}

// restoreVariables undoes what variable did, but for the case of letters.
func restoreVariables(sql string) string {
	if !strings.Contains(sql, variablePrefix) && !strings.Contains(sql, "\r\n\t") {
		return sql
	}
	return writtenVariable.ReplaceAllStringFunc(sql, func(found string) string {
		at := strings.IndexByte(found+"\r", '\r')
		variable := VariableName(found[1:at])
		quote := ""
		if !unquotedVariable.MatchString(variable) {
			quote = "`" // whatever it was, if that is lost
		}
		for _, q := range quoteEdits {
			if q.edit == found[at:] {
				quote = q.quote
			}
		}
		return "@" + quote + strings.ReplaceAll(variable, quote, quote+quote) + quote
	})
}

// VariableName is the name of a user variable that Rewrite may have spelt.
func VariableName(variable string) string {
	if digits, spelt := strings.CutPrefix(variable, variablePrefix); spelt {
		if bytes, err := hex.DecodeString(digits); err == nil {
			return string(bytes)
		}
	}
	return variable
}
