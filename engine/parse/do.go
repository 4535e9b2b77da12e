package parse

import "slices"

// DoneVariable is what Rewrite has the values of a DO assigned to: nothing.
const DoneVariable = ours + "done"

// beyondList are words that end the list of a SELECT. A DO has no more than the list.
var beyondList = []string{"FROM", "WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "INTO", "FOR", "LOCK", "UNION", "EXCEPT", "INTERSECT", "PROCEDURE"}

// do makes a SELECT of a statement that is a DO, and notes where what becomes of its values goes.
func (w *rewriter) do() {
	w.result = -1
	if len(w.tokens) < 2 || !w.tokens[0].is("DO") {
		return
	}
	end := len(w.tokens)
	for i, t := range w.between(1, len(w.tokens)) {
		if t.isSymbol(";") {
			end = i
			break
		}
		if slices.ContainsFunc(beyondList, t.is) && !w.tokens[i-1].isSymbol(".") {
			return
		}
	}
	if end == 1 {
		return
	}
	w.replace(w.tokens[0], "SELECT")
	w.result = end
}

// done writes what becomes of the values of a DO, if its list ends before the token at i.
func (w *rewriter) done(i int) {
	if i == w.result {
		at := w.tokens[i-1].end
		w.replace(token{start: at, end: at}, " INTO @"+DoneVariable)
	}
}
