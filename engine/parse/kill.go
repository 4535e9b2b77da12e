package parse

// Kill is KILL [CONNECTION | QUERY] expression, where the expression is more than a number.
type Kill struct {
	Query bool // what runs is ended, not the connection
	ID    string
}

func (*Kill) sealed() {}

// killsComputed reports a KILL of a connection that is computed, which the other grammar has no words for.
func killsComputed(sql string, mode Mode) bool {
	w, ok := newRewriter(sql, mode)
	if !ok || len(w.tokens) < 2 || !w.tokens[0].is("KILL") {
		return false
	}
	operand := w.tokens[1:w.statementEnd()]
	if len(operand) > 0 && (operand[0].is("CONNECTION") || operand[0].is("QUERY")) {
		operand = operand[1:]
	}
	return len(operand) > 1 || len(operand) == 1 && !operand[0].isNumber()
}

// kill reads what follows the first word. What the expression is its reader says, who puts it between parentheses: it may not end these.
func (r *reader) kill() Stmt {
	s := &Kill{Query: r.peek().is("QUERY")}
	if s.Query || r.peek().is("CONNECTION") {
		r.next()
	}
	first := r.peek()
	if first.is("SELECT") || first.is("WITH") || first.is("VALUES") || first.is("TABLE") {
		r.fail(first, "a value")
	}
	last, depth := first, 0
	for t := first; r.err == nil && t.kind != end && !t.isSymbol(";"); t = r.peek() {
		switch {
		case t.isSymbol("("):
			depth++
		case t.isSymbol(")"):
			depth--
		}
		if depth < 0 || depth == 0 && t.isSymbol(",") {
			r.fail(t, "the end of the statement")
		}
		last = r.next()
	}
	if depth > 0 {
		r.fail(r.peek(), ")")
	}
	s.ID = r.sql[first.start:last.end]
	return s
}
