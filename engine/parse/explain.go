package parse

import "strings"

// ExplainConnection is EXPLAIN FOR CONNECTION number, in whatever format.
type ExplainConnection struct{ ID uint64 }

func (*ExplainConnection) sealed() {}

func (r *reader) explainConnection() Stmt {
	r.expect("CONNECTION")
	return &ExplainConnection{ID: r.count()}
}

// Explained is the statement that an EXPLAIN is of; of another it is sql.
func Explained(sql string) string {
	s := scanner{sql: sql}
	verb, err := s.next()
	for t := verb; err == nil && t.kind != end; {
		switch {
		case t.start == verb.start && !t.is("EXPLAIN") && !t.is("DESCRIBE") && !t.is("DESC"):
			return sql
		case t.is("FORMAT"):
			if t, err = s.next(); err == nil && t.isSymbol("=") {
				_, err = s.next()
			}
		case t.start != verb.start && !t.is("ANALYZE"):
			return sql[t.start:]
		}
		if err == nil {
			t, err = s.next()
		}
	}
	return sql
}

// CutFormat takes the clause FORMAT = name out of an EXPLAIN, as the other grammar has it neither with every name nor after
// ANALYZE. It leaves spaces, so that what follows stays where it was. Without the clause it returns sql and nil.
func CutFormat(sql string) (rest string, format *string) {
	s := scanner{sql: sql}
	next := func() token {
		t, err := s.next()
		if err != nil {
			return token{kind: end}
		}
		return t
	}
	if verb := next(); !verb.is("EXPLAIN") && !verb.is("DESCRIBE") && !verb.is("DESC") {
		return sql, nil
	}
	clause := next()
	if clause.is("ANALYZE") {
		clause = next()
	}
	if !clause.is("FORMAT") || !next().isSymbol("=") {
		return sql, nil
	}
	value := next()
	if value.kind != word && value.kind != name && value.kind != text || value.isNumber() {
		return sql, nil
	}
	if next().is("ANALYZE") {
		return sql, nil // the wrong order
	}
	return sql[:clause.start] + strings.Repeat(" ", value.end-clause.start) + sql[value.end:], &value.value
}
