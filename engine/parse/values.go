package parse

import "slices"

// The other grammar has VALUES only as a statement of its own and as a derived table, not where a query stands otherwise:
// in set operations, in common table expressions, in other subqueries. There it becomes a query of a derived table.

// valuesAlias is that table's name.
const valuesAlias = "silogate_values"

// fromVALUES are the tokens of SELECT * FROM (, that stand before it.
var fromVALUES = []string{"SELECT", "*", "FROM", "("}

// values makes a query of the VALUES at the i-th token, unless it is a derived table, or the rows of an INSERT.
func (w *rewriter) values(i int) {
	last := w.rowsEnd(i)
	if last == 0 || w.isDerived(i, last) || w.tokens[0].is("INSERT") || w.tokens[0].is("REPLACE") {
		return
	}
	w.lastRow[last] = true
	w.replace(token{start: w.tokens[i].start, end: w.tokens[i].start}, "SELECT * FROM (")
}

// isDerived reports whether the VALUES at i, whose rows end at last, is all of a derived table.
func (w *rewriter) isDerived(i, last int) bool {
	return i > 1 && w.tokens[i-1].isSymbol("(") && slices.ContainsFunc([]string{"FROM", "JOIN", "LATERAL"}, w.tokens[i-2].is) &&
		last+1 < len(w.tokens) && w.tokens[last+1].isSymbol(")")
}

// rowsEnd returns the parenthesis that ends the rows of the VALUES at i, ROW(...), ROW(...); 0 if there are none.
func (w *rewriter) rowsEnd(i int) int {
	last := 0
	for i++; i+1 < len(w.tokens) && w.tokens[i].is("ROW") && w.tokens[i+1].isSymbol("("); i++ {
		if last = w.match(i + 1); last == 0 {
			return 0
		}
		if i = last + 1; i >= len(w.tokens) || !w.tokens[i].isSymbol(",") {
			break
		}
	}
	return last
}

// restoreValues makes a VALUES of the query at the i-th token that values has made.
func (w *rewriter) restoreValues(i int) {
	for k, want := range fromVALUES {
		if i+k >= len(w.tokens) || !w.tokens[i+k].is(want) && !w.tokens[i+k].isSymbol(want) {
			return
		}
	}
	open := i + len(fromVALUES) - 1
	last := w.rowsEnd(open + 1)
	if last == 0 || last+3 >= len(w.tokens) || !w.tokens[last+3].is(valuesAlias) {
		return
	}
	w.replace(token{start: w.tokens[i].start, end: w.tokens[open].end}, "")
	w.lastRow[last+1] = true
}
