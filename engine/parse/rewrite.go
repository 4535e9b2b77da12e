package parse

import (
	"regexp"
	"strings"
)

// The functions that Rewrite makes of quantified comparisons. Their one argument is the subquery.
const (
	AnyFunction = "silogate_any"
	AllFunction = "silogate_all"
)

// rewritable finds texts that Rewrite may have to change.
var rewritable = regexp.MustCompile(`(?i)\\[%_]|\b(any|some|all|unknown)\b`)

// Rewrite returns sql in words that the other grammar knows, which mean the same:
//
//	x > ANY (SELECT ...)   x > silogate_any((SELECT ...)); SOME and ALL likewise
//	x IS UNKNOWN           x IS NULL
//	'a\_b'                 'a\\_b': in a string \_ and \% are two characters each
//
// Text in double quotes is a name if ansiQuotes. What can't be read is returned as it is, for the other grammar to refuse.
func Rewrite(sql string, ansiQuotes bool) string {
	if !rewritable.MatchString(sql) {
		return sql
	}
	tokens, ok := tokensOf(sql)
	if !ok {
		return sql
	}
	w := rewriter{sql: sql, tokens: tokens, ansiQuotes: ansiQuotes, closing: make(map[int]bool)}
	for i := range tokens {
		w.token(i)
	}
	return w.out.String() + sql[w.done:]
}

// Restore undoes what Rewrite made of quantified comparisons, for the name of a column that is such an expression.
func Restore(sql string) string {
	if !strings.Contains(sql, AnyFunction) && !strings.Contains(sql, AllFunction) {
		return sql
	}
	tokens, ok := tokensOf(sql)
	if !ok {
		return sql
	}
	w := rewriter{sql: sql, tokens: tokens, closing: make(map[int]bool)}
	for i, t := range tokens {
		function := t.is(AnyFunction) || t.is(AllFunction)
		switch end := w.match(i + 1); {
		case function && end > 0:
			w.replace(t, strings.ToUpper(strings.TrimPrefix(t.value, "silogate_")))
			w.done = tokens[i+1].end
			w.closing[end] = true
		case w.closing[i]:
			w.replace(t, "")
		}
	}
	return w.out.String() + sql[w.done:]
}

// Unsupported names what a text that the other grammar refused has of MySQL's syntax, or "".
func Unsupported(sql string) string {
	tokens, _ := tokensOf(sql)
	for i := 1; i < len(tokens); i++ {
		if tokens[i].is("ROLLUP") && tokens[i-1].is("WITH") {
			return "GROUP BY ... WITH ROLLUP"
		}
	}
	return ""
}

func tokensOf(sql string) ([]token, bool) {
	var tokens []token
	for s := (scanner{sql: sql}); ; {
		t, err := s.next()
		switch {
		case err != nil:
			return tokens, false
		case t.kind == end:
			return tokens, true
		}
		tokens = append(tokens, t)
	}
}

// rewriter copies a text, changing some of its tokens.
type rewriter struct {
	sql        string
	tokens     []token
	ansiQuotes bool
	closing    map[int]bool // parentheses that end a subquery which has become an argument
	out        strings.Builder
	done       int // the text up to here is copied
}

// replace copies the text up to a token and writes something else for it.
func (w *rewriter) replace(t token, with string) {
	w.out.WriteString(w.sql[w.done:t.start] + with)
	w.done = t.end
}

func (w *rewriter) token(i int) {
	t := w.tokens[i]
	written := w.sql[t.start:t.end]
	switch {
	case t.kind == text && !(w.ansiQuotes && written[0] == '"'):
		if doubled := doubleEscapes(written); doubled != written {
			w.replace(t, doubled)
		}
	case t.is("UNKNOWN") && w.follows(i, "IS"):
		w.replace(t, "NULL")
	case t.is("ANY") || t.is("SOME"):
		w.quantifier(i, AnyFunction)
	case t.is("ALL"):
		w.quantifier(i, AllFunction)
	case w.closing[i]:
		w.replace(t, "))")
	}
}

// follows reports whether the i-th token comes after a keyword, or the keyword and NOT.
func (w *rewriter) follows(i int, keyword string) bool {
	if i > 0 && w.tokens[i-1].is("NOT") {
		i--
	}
	return i > 0 && w.tokens[i-1].is(keyword)
}

// quantifier makes a function of the i-th token if it stands between a comparison and a subquery.
func (w *rewriter) quantifier(i int, function string) {
	if i == 0 || i+2 >= len(w.tokens) || !w.tokens[i+1].isSymbol("(") {
		return
	}
	before := w.tokens[i-1]
	if !before.isSymbol("=") && !before.isSymbol("<") && !before.isSymbol(">") {
		return
	}
	query := i + 2
	for query < len(w.tokens)-1 && w.tokens[query].isSymbol("(") {
		query++
	}
	if first := w.tokens[query]; !first.is("SELECT") && !first.is("WITH") && !first.is("VALUES") && !first.is("TABLE") {
		return
	}
	if end := w.match(i + 1); end > 0 {
		w.closing[end] = true
		w.replace(w.tokens[i], function+"(")
	}
}

// match returns the parenthesis that closes the one at i, 0 if there is none.
func (w *rewriter) match(i int) int {
	depth := 0
	for ; i < len(w.tokens); i++ {
		switch t := w.tokens[i]; {
		case t.isSymbol("("):
			depth++
		case t.isSymbol(")"):
			depth--
		}
		if depth <= 0 {
			if t := w.tokens[i]; t.isSymbol(")") {
				return i
			}
			return 0
		}
	}
	return 0
}

// doubleEscapes doubles the backslashes of \% and \_.
func doubleEscapes(quoted string) string {
	var b strings.Builder
	for i := 0; i < len(quoted); i++ {
		b.WriteByte(quoted[i])
		if quoted[i] != '\\' || i+1 == len(quoted) {
			continue
		}
		i++
		if quoted[i] == '%' || quoted[i] == '_' {
			b.WriteByte('\\')
		}
		b.WriteByte(quoted[i])
	}
	return b.String()
}
