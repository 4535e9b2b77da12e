package parse

import (
	"regexp"
	"strconv"
)

// What definitions of tables say that the other grammar has no words for, it is told in options and columns that nobody else has.
const (
	// NoColumns is the one column of a table whose columns are its query's.
	NoColumns = "silogate_none"
	// DuplicatesOption is the table option that says what becomes of rows of a query with the same key: IGNORE or REPLACE.
	DuplicatesOption = "connection"
	// ConvertComment is the comment before a CHARACTER SET that is CONVERT TO.
	ConvertComment = "silogate:convert"
)

// before is what may stand before a statement: clients send comments that say who they are.
const before = `^(?:\s|/\*.*?\*/|--[^\n]*\n|#[^\n]*\n)*`

// converts finds a statement that may have a CONVERT TO, which the other grammar takes for the default of a table.
var converts = regexp.MustCompile(`(?is)` + before + `alter\s.*\bconvert\s`)

// ConvertTo has an ALTER TABLE ... CONVERT TO CHARACTER SET say that it is one.
func ConvertTo(sql string, ansiQuotes bool) string {
	if !converts.MatchString(sql) {
		return sql
	}
	w, ok := newRewriter(sql, Mode{AnsiQuotes: ansiQuotes})
	if !ok {
		return sql
	}
	for i, t := range w.tokens {
		if t.is("CONVERT") && i+2 < len(w.tokens) && w.tokens[i+1].is("TO") {
			w.replace(token{start: t.start, end: w.tokens[i+1].end}, "COMMENT = '"+ConvertComment+"',")
			if w.tokens[i+2].is("CHARSET") {
				w.replace(w.tokens[i+2], "CHARACTER SET")
			}
		}
	}
	return w.out.String() + sql[w.copied:]
}

// definesTable finds the beginning of a statement that makes or changes a table.
var definesTable = regexp.MustCompile(`(?is)` + before + `(create\s+(temporary\s+)?table|alter\s+(ignore\s+)?table)\s`)

// tableWords returns the definition of a table in words that the other grammar knows:
//
//	CREATE TABLE t SELECT 1 UNION SELECT 2        CREATE TABLE t AS SELECT 1 UNION SELECT 2
//	CREATE TABLE t WITH ... SELECT ...            CREATE TABLE t AS SELECT * FROM (WITH ... SELECT ...) AS silogate_query
//	CREATE TABLE t ENGINE = x REPLACE SELECT ...  CREATE TABLE t (silogate_none INT) ENGINE = x CONNECTION 'REPLACE' AS SELECT ...
//	ALTER TABLE t ADD (a INT, b INT)              ALTER TABLE t ADD a INT, ADD b INT
//	a BLOB(10), b TEXT(300), c YEAR(4)            a TINYBLOB, b TEXT, c YEAR
//	KEY USING BTREE (a)                           KEY (a)
//	a INT REFERENCES t (b) ON DELETE CASCADE      a INT, for which it means nothing
//	ALTER TABLE t DEFAULT CHARSET = latin1        ALTER TABLE t CHARACTER SET = latin1
//	ALTER TABLE t ORDER BY a, b                   ALTER TABLE t FORCE: no rows have an order that a query could rely on
//	ALTER TABLE t                                 ALTER TABLE t FORCE
//	CHANGE name b INT AFTER date                  CHANGE `name` b INT AFTER `date`; ALTER name SET DEFAULT 1 likewise
func tableWords(sql string, mode Mode) string {
	if !definesTable.MatchString(sql) {
		return sql
	}
	w, ok := newRewriter(sql, mode)
	if !ok || len(w.tokens) == 0 {
		return sql
	}
	t := tableWriter{rewriter: &w, query: len(w.tokens), columns: make(map[int]bool)}
	if w.tokens[0].is("CREATE") {
		t.create()
	} else {
		t.alter()
	}
	for i := range t.query {
		t.definition(i)
	}
	if t.query == len(w.tokens) {
		return w.out.String() + sql[w.copied:]
	}
	last := len(w.tokens) - 1
	if w.tokens[last].isSymbol(";") {
		last--
	}
	w.replace(token{start: w.tokens[t.head].start, end: w.tokens[t.query].start}, t.as)
	if w.match(t.query) == last { // it is no operand of a UNION
		w.replace(w.tokens[t.query], "")
		w.replace(w.tokens[last], "")
	}
	return w.out.String() + sql[w.copied:w.tokens[last].end] + t.end
}

// tableWriter rewrites a statement about a table.
type tableWriter struct {
	*rewriter
	head, query int          // the query, from what is before it on; behind the last token: there is none
	as, end     string       // what is written around the query
	columns     map[int]bool // names of columns where the other grammar takes few words for one
}

func (t *tableWriter) at(i int) token {
	if i >= 0 && i < len(t.tokens) {
		return t.tokens[i]
	}
	return token{kind: end}
}

// create finds the query of a CREATE TABLE.
func (t *tableWriter) create() {
	i := 2
	if t.at(1).is("TEMPORARY") {
		i++
	}
	if t.at(i).is("IF") {
		i += 3
	}
	if i++; t.at(i).isSymbol(".") {
		i += 2
	}
	first, spec := i, false
	if t.at(i).isSymbol("(") && !t.begins(i+1) {
		i, spec = t.match(i)+1, true
	}
	if t.at(i).is("LIKE") || t.at(first).isSymbol("(") && t.at(first+1).is("LIKE") {
		return
	}
	duplicates := ""
	for t.head = i; i < len(t.tokens); i++ {
		switch {
		case t.at(i).is("IGNORE"), t.at(i).is("REPLACE"):
			duplicates = t.at(i).value
		case t.at(i).is("AS"):
		case t.begins(i):
			t.query = i
			t.wrap(duplicates, first, spec)
			return
		default:
			t.head = i + 1
			if shut := t.match(i); shut > 0 { // of an option
				i, t.head = shut, shut+1
			}
		}
	}
}

// alter rewrites the clauses of an ALTER TABLE.
func (t *tableWriter) alter() {
	first := 3
	if t.at(1).is("IGNORE") {
		first++
	}
	if t.at(first).isSymbol(".") {
		first += 2
	}
	if t.over(first) {
		t.force(first, first)
		return
	}
	for i := first; i <= len(t.tokens); i++ {
		if shut := t.match(i); i < len(t.tokens) && shut > 0 {
			i = shut
		}
		if !t.at(i).isSymbol(",") && !t.at(i).isSymbol(";") && t.at(i).kind != end {
			continue
		}
		if t.at(first).is("ORDER") && t.at(first+1).is("BY") { // it has all commas that follow
			t.force(first, len(t.tokens))
			return
		}
		t.clause(first, i)
		first = i + 1
	}
}

// over reports the end of the statement at i.
func (t *tableWriter) over(i int) bool { return t.at(i).kind == end || t.at(i).isSymbol(";") }

// force writes FORCE in place of the tokens from first on, up to behind or the statement's end.
func (t *tableWriter) force(first, behind int) {
	last := t.at(first - 1)
	for i := first; i < behind && !t.over(i); i++ {
		last = t.at(i)
	}
	begin := t.at(first - 1).end
	t.replace(token{start: begin, end: last.end}, " FORCE")
}

// clause finds the columns in the clause from first up to behind, behind CHANGE, ALTER and AFTER, and has one
// form for the character set of the table.
func (t *tableWriter) clause(first, behind int) {
	for i := first; i < behind && t.isCharset(first); i++ {
		switch at := t.at(i); {
		case at.is("DEFAULT"):
			t.replace(at, "")
		case at.is("CHARSET"):
			t.replace(at, "CHARACTER SET")
		}
	}
	column := first + 1
	if t.at(column).is("COLUMN") {
		column++
	}
	verb, next := t.at(first), t.at(column+1)
	t.columns[column] = verb.is("CHANGE") || verb.is("ALTER") && (next.is("SET") || next.is("DROP"))
	if behind-2 > column && t.at(behind-2).is("AFTER") {
		t.columns[behind-1] = true
	}
}

// isCharset reports that the default character set or collation of a table begins at i.
func (t *tableWriter) isCharset(i int) bool {
	if t.at(i).is("DEFAULT") {
		i++
	}
	return t.at(i).is("CHARSET") || t.at(i).is("CHARACTER") || t.at(i).is("COLLATE")
}

// begins reports whether a query begins at i.
func (t *tableWriter) begins(i int) bool {
	for t.at(i).isSymbol("(") {
		i++
	}
	return t.at(i).is("SELECT") || t.at(i).is("WITH") || t.at(i).is("VALUES") || t.at(i).is("TABLE")
}

// wrap has the query be the operand of AS.
func (t *tableWriter) wrap(duplicates string, first int, spec bool) {
	t.as = "AS "
	if duplicates != "" {
		t.as = DuplicatesOption + " '" + duplicates + "' AS "
	}
	if !spec && (duplicates != "" || t.head > first) {
		none := "(" + NoColumns + " INT) "
		if t.head > first {
			t.replace(token{start: t.at(first).start, end: t.at(first).start}, none)
		} else {
			t.as = none + t.as
		}
	}
	if t.at(t.query).is("WITH") {
		t.as, t.end = t.as+"SELECT * FROM (", ") AS "+queryAlias
	}
}

// definition rewrites what begins at a token.
func (t *tableWriter) definition(i int) {
	this := t.at(i)
	if this.start < t.copied || this.kind != word || i == 0 {
		return
	}
	sized := t.at(i+1).isSymbol("(") && t.match(i+1) == i+3
	switch {
	case t.columns[i]:
		t.replace(this, nameEdit+"`"+this.value+"`")
	case sized && this.is("YEAR") && t.at(i+2).value == "4":
		t.replace(token{start: this.start, end: t.at(i + 3).end}, "YEAR")
	case sized && (this.is("BLOB") || this.is("TEXT")):
		if n, err := strconv.ParseUint(t.at(i+2).value, 10, 32); err == nil {
			t.replace(token{start: this.start, end: t.at(i + 3).end}, sizeOf(n, this.is("TEXT"))+this.value)
		}
	case this.is("USING") && (t.at(i-1).is("KEY") || t.at(i-1).is("INDEX") || t.at(i-2).is("KEY") || t.at(i-2).is("INDEX")) && t.at(i+2).isSymbol("("):
		t.replace(token{start: this.start, end: t.at(i + 1).end}, "")
	case this.is("REFERENCES") && i+1 < len(t.tokens) && !t.endsForeignKey(i-1):
		t.replace(token{start: this.start, end: t.at(min(t.reference(i), len(t.tokens)) - 1).end}, "")
	case this.is("ADD"):
		t.addAll(i)
	}
}

// endsForeignKey reports the parenthesis behind the columns of a FOREIGN KEY.
func (t *tableWriter) endsForeignKey(i int) bool {
	open := t.otherEnd(i)
	named := open - 1
	if !t.at(named).is("KEY") {
		named--
	}
	return open > 2 && t.at(named).is("KEY") && t.at(named-1).is("FOREIGN")
}

// reference returns where the REFERENCES at i is over.
func (t *tableWriter) reference(i int) int {
	if i += 2; t.at(i).isSymbol(".") {
		i += 2
	}
	if shut := t.match(i); shut > 0 {
		i = shut + 1
	}
	for {
		switch {
		case t.at(i).is("MATCH"):
			i += 2
		case t.at(i).is("ON") && (t.at(i+2).is("SET") || t.at(i+2).is("NO")):
			i += 4
		case t.at(i).is("ON") && (t.at(i+1).is("DELETE") || t.at(i+1).is("UPDATE")) && (t.at(i+2).is("RESTRICT") || t.at(i+2).is("CASCADE")):
			i += 3
		default:
			return i
		}
	}
}

// sizeOf is the prefix of the smallest BLOB or TEXT of n bytes or characters.
func sizeOf(n uint64, characters bool) string {
	if characters {
		n *= 4
	}
	switch {
	case n < 1<<8:
		return "TINY"
	case n < 1<<16:
		return ""
	case n < 1<<24:
		return "MEDIUM"
	}
	return "LONG"
}

// addAll makes an ADD of each definition of an ADD (...).
func (t *tableWriter) addAll(i int) {
	open := i + 1
	if t.at(open).is("COLUMN") {
		open++
	}
	shut := t.match(open)
	if !t.at(open).isSymbol("(") || shut == 0 {
		return
	}
	t.replace(token{start: t.at(i).end, end: t.at(open).end}, " ")
	for at := open + 1; at < shut; at++ {
		if inner := t.match(at); inner > 0 {
			at = inner
		} else if t.at(at).isSymbol(",") {
			t.replace(t.at(at), ", ADD")
		}
	}
	t.replace(t.at(shut), "")
}
