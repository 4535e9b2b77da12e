package parse

import (
	"slices"
	"strings"
)

// queryAlias is the name of the derived table that Widen makes of a query in parentheses.
const queryAlias = "silogate_query"

// Widen returns a text that the other grammar refuses in words that it may know, which mean the same:
//
//	1 = 1 = 2                  (1 = 1) = 2; LIKE, IN, BETWEEN, REGEXP and IS beside a comparison likewise
//	ROW(1, 2)                  (1, 2)
//	SUBSTRING(x FROM 2 FOR 3)  SUBSTRING(x , 2 , 3); SUBSTR and MID likewise
//	TRIM(LEADING FROM x)       TRIM(LEADING ' ' FROM x); TRAILING and BOTH likewise
//	{fn NOW()}                 (NOW())
//	{oj a LEFT JOIN b ON c}    a LEFT JOIN b ON c
//	TIMESTAMPADD(SQL_TSI_DAY   TIMESTAMPADD(DAY; TIMESTAMPDIFF likewise
//	JSON_VALUE(d, '$.a' RETURNING SIGNED NULL ON ERROR)
//	                           the value of a JSON_TABLE of one row and column
//	FOR SHARE                  LOCK IN SHARE MODE
//	FOR SHARE OF t NOWAIT      FOR UPDATE OF silogate_share, t NOWAIT; without OF, or with SKIP LOCKED, likewise
//	(SELECT 1) LIMIT 1         SELECT 1 LIMIT 1; a derived table where the query has an order or limit of its own
//	USE KEY FOR JOIN (PRIMARY) USE INDEX (`PRIMARY`); of several lists of hints the first
//	LONG VARBINARY             MEDIUMBLOB; LONG BYTE likewise, LONG and LONG VARCHAR MEDIUMTEXT
//	DEFAULT(a) + 1             a call of DefaultFunction, in a query or write
//	CREATE TABLE t SELECT ...  see tableWords, also of ALTER TABLE
//	SET time_zone = SYSTEM     SET time_zone = 'SYSTEM'; BINARY, ROW and ALL likewise
//	@a := b                    a call of AssignFunction, but for what a SET assigns to
//
// What Widen changes within an expression Restore undoes. What can't be read is returned as it is.
func Widen(sql string, ansiQuotes bool) string {
	mode := Mode{AnsiQuotes: ansiQuotes}
	sql = tableWords(unparenthesized(sql, mode), mode)
	r, ok := newRewriter(sql, mode)
	if !ok {
		return sql
	}
	w := widener{rewriter: r, opens: make(map[int]int), closes: make(map[int]int), calls: make(map[int]int),
		returns: make(map[int]int), with: make(map[int]edit), kept: make(map[int]bool), ends: make(map[int]int), lists: []bool{false}}
	w.computes()
	w.words()
	w.comparisons()
	return w.text()
}

// Each edit of an expression begins with white space that no text has otherwise, by which Restore finds it.
const (
	openEdit      = "\r\t\r("
	closeEdit     = "\r\t\t\r)"
	rowEdit       = "\r\t\t\t\r"
	fromEdit      = "\r\t\t\t\t\r,"
	forEdit       = "\r\t\t\t\t\t\r,"
	blankEdit     = "\r\t\t\t\t\t\t\r' '"
	functionEdit  = "\r\t\t\t\t\t\t\t\r("
	functionClose = "\r\t\t\t\t\t\t\t\t\r)"
	assignEdit    = "\r\t\t\t\t\t\t\t\t\t\t\r" + AssignFunction + "("
	toEdit        = "\r\t\t\t\t\t\t\t\t\t\t\t\r,"
	assignClose   = "\r\t\t\t\t\t\t\t\t\t\t\t\t\r)"
	unitEdit      = "\r\t\t\t\t\t\t\t\t\t\t\t\t\t\t\r"
	defaultEdit   = "\r\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\r" + ours // with the word as it is written
)

// ShareTable is the first table of a FOR UPDATE OF that Widen makes of FOR SHARE.
const ShareTable = ours + "share"

// DefaultFunction is the function that Widen makes of DEFAULT(column).
const DefaultFunction = "silogate_default"

var restoreEdits = strings.NewReplacer(openEdit, "", closeEdit, "", rowEdit, "ROW", fromEdit, "FROM", forEdit, "FOR", blankEdit, "", functionEdit, "{fn",
	functionClose, "}", assignEdit, "", toEdit, ":=", assignClose, "", unitEdit, unitPrefix, defaultEdit, "")

// unitPrefix is what ODBC has before the units of time.
const unitPrefix = "SQL_TSI_"

// widener collects changes by the tokens that they are made at.
type widener struct {
	rewriter
	opens, closes  map[int]int  // parentheses before a token
	calls, returns map[int]int  // the same of assignments
	with           map[int]edit // what stands for tokens
	kept           map[int]bool // each ROW that is no row constructor
	ends           map[int]int  // of values that are assigned
	lists          []bool       // see list
	computing      bool         // it is a query, INSERT, REPLACE, UPDATE or DELETE
}

// edit is what stands for a token and those after it, up to another.
type edit struct {
	text string
	end  int // the token behind
}

// text returns the changed text.
func (w *widener) text() string {
	for i := 0; i <= len(w.tokens); i++ {
		at := len(w.sql)
		if i < len(w.tokens) {
			at = w.tokens[i].start
		} else if i > 0 {
			at = w.tokens[i-1].end
		}
		if n := w.closes[i]; n > 0 && i > 0 {
			w.insert(w.tokens[i-1].end, strings.Repeat(closeEdit, n))
		}
		if n := w.returns[i]; n > 0 && i > 0 {
			w.insert(w.tokens[i-1].end, strings.Repeat(assignClose, n))
		}
		if n := w.calls[i]; n > 0 {
			w.insert(at, strings.Repeat(assignEdit, n))
		}
		if n := w.opens[i]; n > 0 {
			w.insert(at, strings.Repeat(openEdit, n))
		}
		if e, ok := w.with[i]; ok {
			w.replace(token{start: at, end: w.tokens[e.end-1].end}, e.text)
			i = e.end - 1
		}
	}
	return w.out.String() + w.sql[w.copied:]
}

func (w *widener) insert(at int, text string) {
	if at >= w.copied {
		w.replace(token{start: at, end: at}, text)
	}
}

// at is the i-th token, or the end.
func (w *widener) at(i int) token {
	if i >= 0 && i < len(w.tokens) {
		return w.tokens[i]
	}
	return token{kind: end}
}

// words changes what begins with a word of its own.
func (w *widener) words() {
	for i, t := range w.tokens {
		w.list(i)
		switch {
		case t.isSymbol("{") && w.at(i+1).is("FN"):
			if last := w.match(i); last > 0 {
				w.with[i], w.with[last] = edit{functionEdit, i + 2}, edit{functionClose, last + 1}
			}
		case t.isSymbol("{") && w.at(i+1).is("OJ"):
			if last := w.match(i); last > 0 {
				w.with[i], w.with[last] = edit{"", i + 2}, edit{"", last + 1}
			}
		case t.isSymbol("@") && w.isName(i+1):
			w.assignment(i)
		case t.is("VALUES"):
			w.keepRows(i + 1)
		case t.is("ROW") && w.at(i+1).isSymbol("(") && !w.kept[i]:
			w.with[i] = edit{rowEdit, i + 1}
		case (t.is("SUBSTRING") || t.is("SUBSTR") || t.is("MID")) && w.at(i+1).isSymbol("("):
			w.substring(i + 1)
		case (t.is("LEADING") || t.is("TRAILING") || t.is("BOTH")) && w.at(i+1).is("FROM"):
			w.with[i] = edit{t.value + blankEdit, i + 1}
		case (t.is("TIMESTAMPADD") || t.is("TIMESTAMPDIFF")) && w.at(i+1).isSymbol("("):
			if unit, ok := strings.CutPrefix(strings.ToUpper(w.at(i+2).value), unitPrefix); ok && w.at(i+2).kind == word {
				w.with[i+2] = edit{unitEdit + unit, i + 3}
			}
		case t.is("JSON_VALUE") && w.at(i+1).isSymbol("("):
			w.jsonValue(i)
		case t.is("FOR") && w.at(i+1).is("SHARE"):
			w.lock(i)
		case t.is("USE") || t.is("FORCE") || t.is("IGNORE"):
			w.hints(i)
		case t.is("DEFAULT") && w.computing && w.isColumn(i+1):
			w.with[i] = edit{defaultEdit + t.value, i + 1}
		case w.isSetting(i):
			w.with[i] = edit{"'" + t.value + "'", i + 1}
		case t.is("LONG") && (w.at(0).is("CREATE") || w.at(0).is("ALTER")):
			w.long(i)
		}
	}
}

// computes notes whether the statement is one that may have DEFAULT(column) in it.
func (w *widener) computes() {
	t := w.at(0)
	if t.is("EXPLAIN") || t.is("DESCRIBE") || t.is("DESC") {
		t = w.at(1)
	}
	w.computing = t.isSymbol("(") || slices.ContainsFunc([]string{"SELECT", "WITH", "INSERT", "REPLACE", "UPDATE", "DELETE", "LOAD"}, t.is)
}

// isColumn reports a column's name between parentheses at i.
func (w *widener) isColumn(i int) bool {
	last := w.match(i)
	for at := i + 1; at < last; at += 2 {
		if !w.isName(at) || w.at(at).isNumber() || at+1 < last && !w.at(at+1).isSymbol(".") {
			return false
		}
	}
	return last > i+1
}

// long is a type's old name: LONG {VARBINARY | BYTE}, LONG [VARCHAR] (MySQL 8.0 Reference Manual, 11.9).
func (w *widener) long(i int) {
	switch next := w.at(i + 1); {
	case next.is("VARBINARY"), next.is("BYTE"):
		w.with[i] = edit{"MEDIUMBLOB", i + 2}
	case next.is("VARCHAR"):
		w.with[i] = edit{"MEDIUMTEXT", i + 2}
	default:
		w.with[i] = edit{"MEDIUMTEXT", i + 1}
	}
}

// isSetting reports a keyword at i that is all of a system variable's value (MySQL 8.0 Reference Manual, 13.7.6.1).
func (w *widener) isSetting(i int) bool {
	if !w.at(0).is("SET") || !w.at(i-1).isSymbol("=") || !slices.ContainsFunc([]string{"BINARY", "ROW", "SYSTEM", "ALL"}, w.at(i).is) {
		return false
	}
	if next := w.at(i + 1); next.kind != end && !next.isSymbol(",") && !next.isSymbol(";") {
		return false
	}
	variable := i - 2
	if w.at(variable).isSymbol(":") {
		variable--
	}
	return !w.at(variable-1).isSymbol("@") || w.at(variable-2).isSymbol("@")
}

// keepRows notes each ROW of the ROW(...), ROW(...) at i, which are the rows of VALUES.
func (w *widener) keepRows(i int) {
	for w.at(i).is("ROW") {
		w.kept[i] = true
		last := w.match(i + 1)
		if last == 0 || !w.at(last+1).isSymbol(",") {
			return
		}
		i = last + 2
	}
}

// substring makes arguments of the FROM and FOR within the parenthesis at i.
func (w *widener) substring(i int) {
	for at, t := range w.inside(i) {
		switch {
		case t.is("SELECT"):
			return
		case t.is("FROM"):
			w.with[at] = edit{fromEdit, at + 1}
		case t.is("FOR"):
			w.with[at] = edit{forEdit, at + 1}
		}
	}
}

// lock is FOR SHARE [OF table, ...] [NOWAIT | SKIP LOCKED].
func (w *widener) lock(i int) {
	switch next := w.at(i + 2); {
	case next.is("OF"):
		w.with[i] = edit{"FOR UPDATE OF " + ShareTable + ",", i + 3}
	case next.is("NOWAIT") || next.is("SKIP"):
		w.with[i] = edit{"FOR UPDATE OF " + ShareTable, i + 2}
	default:
		w.with[i] = edit{"LOCK IN SHARE MODE", i + 2}
	}
}

// hints keeps of {USE | FORCE | IGNORE} {INDEX | KEY} [FOR {JOIN | ORDER BY | GROUP BY}] (name, ...) ... what the other grammar knows.
func (w *widener) hints(i int) {
	from, names := i, []string(nil)
	for ; w.at(i).is("USE") || w.at(i).is("FORCE") || w.at(i).is("IGNORE"); i++ {
		if i++; !w.at(i).is("INDEX") && !w.at(i).is("KEY") {
			break
		}
		if i++; w.at(i).is("FOR") {
			if i++; w.at(i).is("ORDER") || w.at(i).is("GROUP") {
				i++
			}
			i++
		}
		last := w.match(i)
		if last == 0 {
			break
		}
		for ; i < last; i++ {
			if t := w.tokens[i]; t.kind == word || t.kind == name {
				names = append(names, "`"+strings.ReplaceAll(t.value, "`", "``")+"`")
			}
		}
		from = min(from, i)
		w.with[from] = edit{"", last + 1}
	}
	if e, ok := w.with[from]; ok && len(names) > 0 {
		e.text = "USE INDEX (" + strings.Join(names, ", ") + ")"
		w.with[from] = e
	}
}

// operand is where the comparisons of one expression have come to.
type operand struct {
	start  int  // the first token of the expression
	right  int  // the first token after the last comparison, 0 if there is none
	whole  bool // what has been read is a comparison, or a predicate
	opened bool // a parenthesis has been opened at right
	assign bool // the next = assigns
	after  bool // the AND of a BETWEEN is to come
}

// comparisons puts parentheses around comparisons that are operands of others: they are read from the left, LIKE, IN, BETWEEN and
// REGEXP before them.
func (w *widener) comparisons() {
	from := 0
	if w.at(0).is("CREATE") { // the = of its options compare nothing
		from = slices.IndexFunc(w.tokens, func(t token) bool { return t.is("SELECT") || t.is("WITH") })
	}
	first := w.at(from)
	if !slices.ContainsFunc([]string{"SELECT", "WITH", "EXPLAIN", "DESCRIBE", "DESC", "INSERT", "REPLACE", "UPDATE", "DELETE", "SET", "DO", "VALUES"}, first.is) &&
		!first.isSymbol("(") {
		return
	}
	var stack []operand
	now := operand{start: from}
	for i := from; i < len(w.tokens); i++ {
		t := w.tokens[i]
		switch n := w.comparison(i); {
		case n > 0 && t.isSymbol("=") && now.assign && !now.whole:
			now = operand{start: i + 1}
		case n > 0:
			w.shut(&now, i)
			w.wrap(&now, i)
			now.whole, now.right = true, i+n
			i += n - 1
		case t.is("IS") && i > now.start:
			w.shut(&now, i)
			if i++; w.at(i).is("NOT") {
				i++
			}
			now.whole, now.right = true, 0
		case w.predicate(i) && i > now.start:
			if now.right > 0 && !now.opened {
				w.opens[now.right]++
				now.opened = true
			}
			now.whole, now.after = true, t.is("BETWEEN")
		case t.is("AND") && now.after:
			now.after = false
		case t.isSymbol("(") || t.is("CASE"):
			stack = append(stack, now)
			now = operand{start: i + 1}
		case (t.isSymbol(")") || t.is("END")) && len(stack) > 0:
			w.shut(&now, i)
			now, stack = stack[len(stack)-1], stack[:len(stack)-1]
		case w.parts(i, now):
			w.shut(&now, i)
			assign := now.assign && t.isSymbol(",") || t.is("SET") || t.is("UPDATE") && w.at(i-1).is("KEY")
			now = operand{start: i + 1, assign: assign}
		}
	}
	w.shut(&now, len(w.tokens))
}

// wrap puts what comes before the comparison at i in parentheses if it is one.
func (w *widener) wrap(now *operand, i int) {
	if now.whole {
		w.opens[now.start]++
		w.closes[i]++
	}
}

// shut closes the parenthesis around the right side of a comparison, before i.
func (w *widener) shut(now *operand, i int) {
	if now.opened {
		w.closes[i]++
	}
	now.opened = false
}

// comparison returns how many tokens of a comparison operator begin at i.
func (w *widener) comparison(i int) int {
	t := w.at(i)
	if !t.isSymbol("=") && !t.isSymbol("<") && !t.isSymbol(">") && !t.isSymbol("!") {
		return 0
	}
	n := 1
	for last := t; n < 3 && w.at(i+n).kind == symbol && w.at(i+n).start == last.end; n++ {
		last = w.at(i + n)
		if !slices.Contains([]string{"<=", ">=", "<>", "!=", "<=>"}, w.sql[t.start:last.end]) {
			break
		}
	}
	written := w.sql[t.start:w.at(i+n-1).end]
	next := w.at(i + n)
	if written == "!" || n == 1 && next.start == t.end && (written == "<" && next.isSymbol("<") || written == ">" && next.isSymbol(">")) {
		return 0
	}
	if before := w.at(i - 1); n == 1 && i > 0 && before.end == t.start && (before.isSymbol(written) || before.isSymbol(":") || before.isSymbol("-")) {
		return 0 // the second of << or >>, of := or ->
	}
	if before := w.at(i - 1); n == 1 && written == ">" && before.isSymbol(">") && before.end == t.start {
		return 0 // ->>
	}
	return n
}

// predicate reports a word at i that makes a predicate of its operands.
func (w *widener) predicate(i int) bool {
	return slices.ContainsFunc([]string{"LIKE", "IN", "BETWEEN", "REGEXP", "RLIKE"}, w.at(i).is)
}

// parting are words that expressions end at.
var parting = []string{"AND", "OR", "XOR", "SELECT", "DISTINCT", "ALL", "FROM", "WHERE", "ON", "HAVING", "BY", "WHEN", "THEN", "ELSE", "AS", "SET", "VALUES",
	"UPDATE", "LIMIT", "ORDER", "GROUP", "UNION", "EXCEPT", "INTERSECT", "JOIN", "WINDOW", "DO", "USING", "ASC", "DESC", "DEFAULT", "RETURN", "SEPARATOR"}

// parts reports whether an expression ends at i. NOT is a part of a predicate unless it begins one.
func (w *widener) parts(i int, now operand) bool {
	t := w.at(i)
	switch {
	case t.isSymbol(",") || t.isSymbol(";") || t.isSymbol("&") && w.at(i+1).isSymbol("&") || t.isSymbol("&") && w.at(i-1).isSymbol("&"):
		return true
	case t.isSymbol("|") && w.at(i+1).isSymbol("|") || t.isSymbol("|") && w.at(i-1).isSymbol("|"):
		return true
	case t.isSymbol("=") && w.at(i-1).isSymbol(":"):
		return true
	case t.is("NOT"):
		return i == now.start
	}
	return slices.ContainsFunc(parting, t.is)
}

// unparenthesized takes the parentheses off a statement's query.
func unparenthesized(sql string, mode Mode) string {
	w, ok := newRewriter(sql, mode)
	if !ok {
		return sql
	}
	first, end := 0, len(w.tokens) // of the query in the parentheses
	var around []int               // each of them, from the outside
	for first < end {
		shut := w.match(first)
		if !w.tokens[first].isSymbol("(") || shut < first+2 {
			break
		}
		if next := shut + 1; next < end && !w.tokens[next].isSymbol(";") && !w.isBound(next) {
			break
		}
		around = append(around, first)
		first, end = first+1, shut
	}
	if len(around) == 0 {
		return sql
	}
	text := sql[w.tokens[first-1].end:w.tokens[end].start]
	bounded := false
	for i := range w.between(first, end) {
		bounded = bounded || w.isBound(i)
	}
	derived := 0
	var rest strings.Builder
	for i, open := range slices.Backward(around) {
		shut, until := w.match(open), len(sql)
		if i > 0 {
			until = w.tokens[w.match(around[i-1])].start
		}
		if bounds := w.isBound(shut + 1); bounds {
			if bounded {
				derived++
				rest.WriteString(") AS " + queryAlias)
			}
			bounded = true
		}
		rest.WriteString(sql[w.tokens[shut].end:until])
	}
	return strings.Repeat("SELECT * FROM (", derived) + text + rest.String()
}

// isBound reports whether an order or limit begins at i.
func (w *rewriter) isBound(i int) bool {
	return i < len(w.tokens) && (w.tokens[i].is("ORDER") || w.tokens[i].is("LIMIT"))
}
