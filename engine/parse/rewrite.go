package parse

import (
	"regexp"
	"slices"
	"strings"
)

// The functions that Rewrite makes of quantified comparisons. Their one argument is the subquery.
const (
	AnyFunction = "silogate_any"
	AllFunction = "silogate_all"
)

// The functions that Rewrite makes of temporal literals. Their one argument is the text.
const (
	DateFunction      = "silogate_date"
	TimeFunction      = "silogate_time"
	TimestampFunction = "silogate_timestamp"
)

// soundsEdit is what Rewrite makes of SOUNDS LIKE: a LIKE whose right side is twice a byte string, which nobody writes.
const soundsEdit = "LIKE BINARY BINARY"

// RollupFunction is the key that Rewrite makes of WITH ROLLUP: the last of the GROUP BY.
const RollupFunction = "silogate_rollup"

// NamesCollation is the variable that Rewrite assigns the collation of a SET NAMES to, in letters that tell it from an assignment that was written.
const NamesCollation = "Collation_Connection"

// The variables that Rewrite assigns in the place of @@transaction_isolation and @@transaction_read_only, which are those of the next transaction
// (MySQL 8.0 manual, 15.3.7), in letters that tell them from those of the session: the other grammar forgets that there was no scope.
const (
	NextIsolation = "tRANSACTION_iSOLATION"
	NextReadOnly  = "tRANSACTION_rEAD_oNLY"
)

// ErrorResponse is the default that Rewrite makes of ERROR ON EMPTY and ERROR ON ERROR in JSON_TABLE. It is no JSON document.
const ErrorResponse = "silogate:error"

// The functions that Rewrite makes of INTERVAL(a, b, ...), and of the right side of MEMBER OF.
const (
	IntervalFunction = "silogate_interval"
	MemberFunction   = "silogate_member"
)

// compositeUnits are the units of an interval that are keywords of their own.
var compositeUnits = []string{"SECOND_MICROSECOND", "MINUTE_MICROSECOND", "HOUR_MICROSECOND", "DAY_MICROSECOND", "YEAR_MONTH", "DAY_HOUR",
	"DAY_MINUTE", "DAY_SECOND", "HOUR_MINUTE", "HOUR_SECOND", "MINUTE_SECOND"}

// literals are the keywords before the texts that become these functions, odbcLiterals these keywords by what ODBC writes inside braces. The
// functions keep the case in which a keyword is written, for the names of columns.
var (
	literals     = []string{"DATE", "TIME", "TIMESTAMP"}
	odbcLiterals = map[string]string{"D": "DATE", "T": "TIME", "TS": "TIMESTAMP"}
)

// rewritable finds texts that Rewrite may have to change.
var rewritable = regexp.MustCompile(`(?i)\\[%_]|\b(describe|desc|explain|any|some|all|unknown|rollup|error|values\s+row|collate|date|time|timestamp|preceding|following|ntile|respect|first|interval|member|sounds|high_priority|distinctrow|sql_(big|small|buffer)_result)\b|\{\s*(d|t|ts)\b|\b0b[01]|\bn'|\b(do|show|flush)\b|@[^@\w\s]|@\w+[.$]|@@\s*transaction_|set\s+local\b|[\x{80}-\x{10FFFF}]`)

// bits is a bit literal that looks like a name.
var bits = regexp.MustCompile(`^0b[01]+$`)

// Rewrite returns sql in words that the other grammar knows, which mean the same:
//
//	x > ANY (SELECT ...)   x > silogate_any((SELECT ...)); SOME and ALL likewise
//	x IS UNKNOWN           x IS NULL
//	'a\_b'                 'a\\_b': in a string \_ and \% are two characters each
//	DATE '2024-01-31'      silogate_date('2024-01-31'); TIME and TIMESTAMP likewise
//	{d '2024-01-31'}       the same; {t ...} and {ts ...} likewise
//	0b101                  b'101'
//	N'text'                'text'
//	INSERT LOW_PRIORITY INTO t
//	                       INSERT INTO t; DELAYED and QUICK likewise
//	SELECT DISTINCTROW HIGH_PRIORITY SQL_BIG_RESULT a
//	                       SELECT DISTINCT a
//	ERROR ON EMPTY         DEFAULT 'silogate:error' ON EMPTY; ERROR ON ERROR likewise
//	GROUP BY a WITH ROLLUP
//	                       GROUP BY a , silogate_rollup()
//	NTILE(?), n PRECEDING, RESPECT NULLS
//	                       see window
//	SET NAMES x COLLATE y  SET NAMES x, Collation_Connection = 'y', where the other grammar forgets y
//	SET @@transaction_isolation = x
//	                       SET tRANSACTION_iSOLATION = x; @@transaction_read_only likewise
//	VALUES ROW(1), ROW(2)  SELECT * FROM (VALUES ROW(1), ROW(2)) AS silogate_values, where it is not a derived table itself
//	INTERVAL(x, 1, 2)      silogate_interval(x, 1, 2)
//	INTERVAL '1:2' DAY_HOUR  INTERVAL '1:2' `DAY_HOUR`; every unit of several fields likewise
//	x SOUNDS LIKE y        x LIKE BINARY BINARY y, which becomes a comparison of SOUNDEX in the tree
//	x MEMBER OF (y)        x REGEXP silogate_member(y), which becomes a call in the tree
//	DESCRIBE t c           SHOW COLUMNS FROM t LIKE 'c'; DESC and EXPLAIN likewise, and of a pattern
//	größe                  `größe`
//	@'a b', @a.b           @silogate_name_612062, and the like
//	DO 1, 2                SELECT 1, 2 INTO @silogate_done
//	SHOW OPEN TABLES       a query with its columns; see shows, and synonyms for what is only called otherwise
//	FLUSH LOGS             FLUSH TABLES: nothing, like that
//
// Text in double quotes is a name if ansiQuotes. What can't be read is returned as it is, for the other grammar to refuse.
func Rewrite(sql string, ansiQuotes bool) string {
	if !rewritable.MatchString(sql) {
		return sql
	}
	sql = quoteNames(sql, Mode{AnsiQuotes: ansiQuotes})
	w, ok := newRewriter(sql, Mode{AnsiQuotes: ansiQuotes})
	if !ok {
		return sql
	}
	if text, ok := w.whole(); ok {
		return text
	}
	w.do()
	for i := max(w.describe(), w.beginning()); i < len(w.tokens); i++ {
		w.done(i)
		n := w.literal(i)
		if n == 0 {
			n = w.window(i)
		}
		if n == 0 {
			n = w.nextTransaction(i)
		}
		if n == 0 {
			n = w.variable(i)
		}
		if n > 0 {
			i += n - 1
		} else {
			w.token(i)
		}
	}
	w.done(len(w.tokens))
	return w.out.String() + sql[w.copied:]
}

// explained are the words after EXPLAIN and its synonyms that are no table.
var explained = []string{"SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "REPLACE", "TABLE", "VALUES", "ANALYZE", "FORMAT", "EXTENDED",
	"PARTITIONS", "PLAN", "FOR", "SHOW", "SET", "CREATE", "ALTER", "DROP", "CALL", "GRANT", "REVOKE", "USE", "LOAD", "KILL",
	"LOCK", "UNLOCK", "RENAME", "OPTIMIZE", "CHECK", "PURGE"}

// describe makes a SHOW COLUMNS of a text that describes one column, or those of a pattern, and returns how many tokens
// it has read.
func (w *rewriter) describe() int {
	first := func(i int) token {
		if i < len(w.tokens) {
			return w.tokens[i]
		}
		return token{kind: end}
	}
	verb := first(0)
	if !verb.is("DESCRIBE") && !verb.is("DESC") && !verb.is("EXPLAIN") || slices.ContainsFunc(explained, first(1).is) {
		return 0
	}
	at := 2 // the column
	if first(at).isSymbol(".") {
		at += 2
	}
	column := first(at)
	if table := first(at - 1); table.kind != word && table.kind != name || !(column.kind == word || column.kind == name || column.kind == text) ||
		first(at+1).kind != end && !first(at+1).isSymbol(";") {
		return 0
	}
	w.replace(verb, "SHOW COLUMNS FROM")
	if w.isText(at) {
		w.replace(token{start: column.start, end: column.start}, "LIKE ")
		w.token(at)
	} else {
		w.replace(column, "LIKE '"+strings.NewReplacer("\\", "\\\\", "'", "''").Replace(column.value)+"'")
	}
	return at + 1
}

// ours begins the names of the functions that Rewrite makes.
const ours = "silogate_"

// Restore undoes what Rewrite made functions of, for the name of a column that is such an expression.
func Restore(sql string) string {
	sql = strings.ReplaceAll(sql, soundsEdit, "SOUNDS LIKE")
	sql = restoreEdits.Replace(restoreVariables(restoreJSONValue(restoreWindow(sql))))
	sql = quotedEdit.ReplaceAllString(sql, "$1")
	if !strings.Contains(sql, ours) && !strings.Contains(sql, "_") {
		return sql
	}
	w, ok := newRewriter(sql, Mode{})
	if !ok {
		return sql
	}
	tokens := w.tokens
	for i, t := range tokens {
		function := slices.ContainsFunc(functions, t.is)
		switch end := w.match(i + 1); {
		case function && end > 0:
			w.replace(t, strings.TrimPrefix(t.value, ours))
			w.copied = tokens[i+1].end
			w.closing[end] = true
		case t.is(RollupFunction) && end > 0 && i > 0:
			w.replace(token{start: tokens[i-1].start, end: tokens[end].end}, "WITH ROLLUP") // with the comma before it
		case w.closing[i]:
			w.replace(t, "")
		case w.lastRow[i]: // with the alias behind it
			w.replace(token{start: t.start, end: tokens[i+2].end}, "")
		case t.is(IntervalFunction):
			w.replace(t, strings.TrimPrefix(t.value, ours))
		case t.is(MemberFunction) && i > 0:
			w.out.WriteString(w.sql[w.copied:tokens[i-1].start])
			w.out.WriteString("MEMBER OF")
			w.copied = t.end
		case t.kind == name && slices.ContainsFunc(compositeUnits, func(u string) bool { return strings.EqualFold(u, t.value) }) &&
			i > 0 && !tokens[i-1].isSymbol("."):
			w.replace(t, t.value)
		default:
			w.restoreValues(i)
		}
	}
	return w.out.String() + sql[w.copied:]
}

var functions = []string{AnyFunction, AllFunction, DateFunction, TimeFunction, TimestampFunction}

func tokensIn(sql string, mode Mode) ([]token, bool) {
	var tokens []token
	for s := (scanner{sql: sql, mode: mode}); ; {
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
	sql     string
	tokens  []token
	pairs   pairs        // nil before it is asked for
	closing map[int]bool // parentheses that end a subquery which has become an argument
	lastRow map[int]bool // parentheses that end a derived table which is a VALUES statement, or its rows
	result  int          // see do
	out     strings.Builder
	copied  int // the text up to here is copied
}

// newRewriter begins to copy a text; ok is false if it can't be read to its end.
func newRewriter(sql string, mode Mode) (w rewriter, ok bool) {
	tokens, ok := tokensIn(sql, mode)
	return rewriter{sql: sql, tokens: tokens, closing: make(map[int]bool), lastRow: make(map[int]bool)}, ok
}

// replace copies the text up to a token and writes something else for it.
func (w *rewriter) replace(t token, with string) {
	w.out.WriteString(w.sql[w.copied:t.start] + with)
	w.copied = t.end
}

func (w *rewriter) token(i int) {
	t := w.tokens[i]
	switch {
	case w.isText(i):
		written := w.sql[t.start:t.end]
		if doubled := doubleEscapes(written); doubled != written {
			w.replace(t, doubled)
		}
	case t.is("N") && (i == 0 || !w.tokens[i-1].isSymbol(".")) && w.isText(i+1) && w.tokens[i+1].start == t.end && w.sql[t.end] == '\'':
		w.replace(t, "")
	case w.isModifier(i):
		w.modifier(t)
	case w.isPriority(i):
		w.replace(t, "")
	case t.is("IN") && w.showsIn(i):
		w.replace(t, "FROM")
	case t.is("UNKNOWN") && w.follows(i, "IS"):
		w.replace(t, "NULL")
	case t.is("INTERVAL") && w.isList(i+1):
		w.replace(t, ours+t.value)
	case w.isUnit(t) && w.endsInterval(i):
		w.replace(t, "`"+t.value+"`")
	case t.is("SOUNDS") && i+1 < len(w.tokens) && w.tokens[i+1].is("LIKE"):
		w.replace(token{start: t.start, end: w.tokens[i+1].end}, soundsEdit)
	case t.is("MEMBER") && i+2 < len(w.tokens) && w.tokens[i+1].is("OF") && w.tokens[i+2].isSymbol("("):
		w.replace(token{start: t.start, end: w.tokens[i+1].end}, "REGEXP "+MemberFunction)
	case t.is("ANY") || t.is("ALL"):
		w.quantifier(i, ours+t.value)
	case t.is("SOME"):
		w.quantifier(i, ours+"ANY")
	case t.is("WITH") && w.isRollup(i+1):
		w.replace(token{start: t.start, end: w.tokens[i+1].end}, ", "+RollupFunction+"()")
	case t.is("COLLATE") && w.isConnection(i):
		w.replace(token{start: t.start, end: w.tokens[i+1].end}, ", "+NamesCollation+" = '"+w.tokens[i+1].value+"'")
	case t.is("VALUES"):
		w.values(i)
	case w.lastRow[i]:
		w.replace(token{start: t.end, end: t.end}, ") AS "+valuesAlias)
	case t.is("ERROR") && w.isResponse(i):
		w.replace(t, "DEFAULT '"+ErrorResponse+"'")
	case w.closing[i]:
		w.replace(t, "))")
	}
}

// modifiers are the words between SELECT and its list; of ours the other grammar knows none.
var modifiers, ourModifiers = []string{"ALL", "DISTINCT", "DISTINCTROW", "HIGH_PRIORITY", "STRAIGHT_JOIN", "SQL_SMALL_RESULT", "SQL_BIG_RESULT",
	"SQL_BUFFER_RESULT", "SQL_NO_CACHE", "SQL_CACHE", "SQL_CALC_FOUND_ROWS"}, []string{"DISTINCTROW", "HIGH_PRIORITY", "SQL_SMALL_RESULT", "SQL_BIG_RESULT", "SQL_BUFFER_RESULT"}

// afterNames are symbols that follow a column's name.
var afterNames = []string{",", ";", ".", ")", "=", "<", ">"}

// isModifier reports one of ours at i: not a column of that name, which is all of an expression.
func (w *rewriter) isModifier(i int) bool {
	if !slices.ContainsFunc(ourModifiers, w.tokens[i].is) || i+1 == len(w.tokens) {
		return false
	}
	if next := w.tokens[i+1]; next.is("FROM") || next.is("AS") || next.kind == symbol && slices.Contains(afterNames, next.value) {
		return false
	}
	i--
	for n := len(modifiers); n > 0 && i >= 0 && slices.ContainsFunc(modifiers, w.tokens[i].is); n-- { // none may be given twice
		i--
	}
	return i >= 0 && w.tokens[i].is("SELECT")
}

// modifier changes one of ours: they say how to run a query, which is nobody's business.
func (w *rewriter) modifier(t token) {
	if t.is("DISTINCTROW") {
		w.replace(t, "DISTINCT")
	} else {
		w.replace(t, "")
	}
}

// priorities are the words behind the first of a write that say when it is done, which is at once (MySQL 8.0 Reference Manual, 13.2).
var priorities = []string{"LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "QUICK", "CONCURRENT"}

// isPriority reports one of them at i.
func (w *rewriter) isPriority(i int) bool {
	is := func(i int, words ...string) bool { return i >= 0 && slices.ContainsFunc(words, w.tokens[i].is) }
	if !is(i, priorities...) {
		return false
	}
	for i--; is(i, priorities...); i-- {
	}
	if is(i, "DATA") && is(i-1, "LOAD") {
		return i == 1
	}
	return is(i, "INSERT", "REPLACE", "UPDATE", "DELETE") && (i == 0 || i == 1 && is(0, "EXPLAIN", "DESCRIBE", "DESC"))
}

// isConnection reports whether the i-th token is the COLLATE of SET NAMES.
func (w *rewriter) isConnection(i int) bool {
	if i < 3 || i+1 >= len(w.tokens) || !w.tokens[i-2].is("NAMES") || !w.tokens[i-3].is("SET") && !w.tokens[i-3].isSymbol(",") {
		return false
	}
	return w.tokens[0].is("SET") && !strings.ContainsAny(w.tokens[i+1].value, `'\`)
}

// isResponse reports whether the i-th token begins ERROR ON EMPTY or ERROR ON ERROR, after the path of a column or the other
// response.
func (w *rewriter) isResponse(i int) bool {
	if i == 0 || i+2 >= len(w.tokens) || !w.tokens[i+1].is("ON") || !w.tokens[i+2].is("EMPTY") && !w.tokens[i+2].is("ERROR") {
		return false
	}
	return w.isText(i-1) || w.tokens[i-1].is("EMPTY") || w.tokens[i-1].is("ERROR")
}

// isRollup reports whether the i-th token ends the WITH ROLLUP of a GROUP BY.
func (w *rewriter) isRollup(i int) bool {
	if i >= len(w.tokens) || !w.tokens[i].is("ROLLUP") {
		return false
	}
	for i -= 2; i > 0; i-- { // back over the keys
		switch t := w.tokens[i]; {
		case t.isSymbol(")"):
			i = w.otherEnd(i)
		case t.isSymbol("("):
			return false
		case t.is("BY"):
			return w.tokens[i-1].is("GROUP")
		case slices.ContainsFunc(clauses, t.is):
			return false
		}
	}
	return false
}

// isUnit reports a unit of several fields.
func (w *rewriter) isUnit(t token) bool { return slices.ContainsFunc(compositeUnits, t.is) }

// endsInterval reports whether the i-th token, a unit, ends an interval that is an operand: not what EXTRACT takes, nor the bound of a
// frame, where the other grammar has units.
func (w *rewriter) endsInterval(i int) bool {
	return i > 0 && !w.tokens[i-1].isSymbol("(") && !w.tokens[i-1].isSymbol(".") &&
		(i+1 == len(w.tokens) || !w.tokens[i+1].is("PRECEDING") && !w.tokens[i+1].is("FOLLOWING"))
}

// isList reports whether the i-th token opens parentheses around more than one expression.
func (w *rewriter) isList(i int) bool {
	if i >= len(w.tokens) || !w.tokens[i].isSymbol("(") {
		return false
	}
	for _, t := range w.inside(i) {
		if t.isSymbol(",") {
			return true
		}
	}
	return false
}

// clauses are words that begin or part the clauses of a query.
var clauses = []string{"SELECT", "FROM", "WHERE", "HAVING", "WINDOW", "LIMIT", "UNION", "INTERSECT", "EXCEPT", "WITH", "FOR", "LOCK", RollupFunction}

// isText reports whether the i-th token is a string.
func (w *rewriter) isText(i int) bool {
	return i < len(w.tokens) && w.tokens[i].kind == text
}

// literal makes a function of a temporal literal that begins at the i-th token and returns its number of tokens, or 0.
func (w *rewriter) literal(i int) int {
	t := w.tokens[i]
	switch {
	case t.kind == word && w.isText(i+1) && (i == 0 || !w.tokens[i-1].isSymbol(".")):
		if slices.Contains(literals, strings.ToUpper(t.value)) {
			w.replace(t, ours+t.value+"(")
			w.token(i + 1)
			w.replace(token{start: w.tokens[i+1].end, end: w.tokens[i+1].end}, ")")
			return 2
		}
	case t.kind == word && bits.MatchString(t.value) && (i == 0 || !w.tokens[i-1].isSymbol(".")):
		w.replace(t, "b'"+t.value[len("0b"):]+"'")
		return 1
	case t.isSymbol("{") && w.isText(i+2) && i+3 < len(w.tokens) && w.tokens[i+3].isSymbol("}"):
		if literal := odbcLiterals[strings.ToUpper(w.tokens[i+1].value)]; literal != "" {
			w.replace(token{start: t.start, end: w.tokens[i+1].end}, ours+literal+"(")
			w.token(i + 2)
			w.replace(w.tokens[i+3], ")")
			return 4
		}
	}
	return 0
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

// Trimmed is an expression without what comes after its last token, which may be a comment.
func Trimmed(sql string) string {
	tokens, ok := tokensIn(sql, Mode{})
	if !ok || len(tokens) == 0 {
		return sql
	}
	return sql[:tokens[len(tokens)-1].end]
}
