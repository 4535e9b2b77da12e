package parse

// openTables is what SHOW OPEN TABLES stands for: tables are not kept open.
const openTables = "SELECT * FROM (SELECT TABLE_SCHEMA AS `Database`, TABLE_NAME AS `Table`, 0 AS `In_use`, 0 AS `Name_locked` " +
	"FROM information_schema.TABLES WHERE FALSE) silogate_open"

// show makes what the other grammar knows of a SHOW SCHEMAS or SHOW OPEN TABLES, and returns how many tokens it has read.
func (w *rewriter) show() int {
	at := func(i int) token {
		if i < len(w.tokens) {
			return w.tokens[i]
		}
		return token{kind: end}
	}
	switch {
	case !at(0).is("SHOW"):
		return 0
	case at(1).is("SCHEMAS"):
		w.replace(at(1), "DATABASES")
		return 2
	case !at(1).is("OPEN") || !at(2).is("TABLES"):
		return 0
	}
	last := 2
	if from := at(last + 1); from.is("FROM") || from.is("IN") {
		if db := at(last + 2); db.kind != word && db.kind != name {
			return 0
		}
		last += 2
	}
	if at(last + 1).is("LIKE") {
		if !w.isText(last + 2) {
			return 0
		}
		last += 2
	}
	if after := at(last + 1); after.kind != end && !after.isSymbol(";") && !after.is("WHERE") {
		return 0
	}
	w.replace(token{start: at(0).start, end: at(last).end}, openTables)
	return last + 1
}
