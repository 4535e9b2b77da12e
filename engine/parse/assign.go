package parse

import (
	"slices"
	"strings"
)

// AssignFunction is the function that Widen makes of @name := value: its arguments are the variable and the value.
const AssignFunction = ours + "assign"

// assignment makes a call of the @name := value whose @ is at i. What a SET assigns to is left alone: that the other grammar knows.
func (w *widener) assignment(i int) {
	at := i + 2
	for w.at(at).isSymbol(".") && w.isName(at+1) {
		at += 2
	}
	if !w.isName(at-1) || !w.at(at).isSymbol(":") || !w.at(at+1).isSymbol("=") || w.at(at).end != w.at(at+1).start || w.isTarget(i) {
		return
	}
	value := at + 2
	end, known := w.ends[value]
	if !known {
		end = w.expression(value)
	}
	if end == value {
		return
	}
	w.with[at] = edit{toEdit, value}
	w.calls[i]++
	w.returns[end]++
}

func (w *widener) isName(i int) bool {
	k := w.at(i).kind
	return k == word || k == name
}

// isTarget reports whether the variable at i is what a SET assigns to: the first of its list, or after a comma there.
func (w *widener) isTarget(i int) bool {
	before := w.at(i - 1)
	return before.is("SET") || before.isSymbol(",") && w.lists[len(w.lists)-1]
}

// list keeps for each parenthesis around the token at i, and for the statement, whether it is within the list of a SET.
func (w *widener) list(i int) {
	last := len(w.lists) - 1
	switch t := w.tokens[i]; {
	case t.isSymbol("("):
		w.lists = append(w.lists, false)
	case t.isSymbol(")") && last > 0:
		w.lists = w.lists[:last]
	case t.is("SET"):
		w.lists[last] = true
	case t.is("SELECT") || t.isSymbol(";"):
		w.lists[last] = false
	}
}

// expression returns the token at which the expression that begins at i ends. It takes every operator for one of the weakest, which
// := is: the values that are assigned within it end there too.
func (w *widener) expression(i int) (end int) {
	values := []int{i}
	defer func() {
		for _, v := range values {
			w.ends[v] = end
		}
	}()
	operand := true // is to come
	unit := false   // of an INTERVAL, is to come
	for ; i < len(w.tokens); i++ {
		t := w.tokens[i]
		switch {
		case t.isSymbol("(") || t.isSymbol("{") || operand && t.is("CASE"):
			last := w.match(i)
			if last == 0 {
				return i
			}
			i, operand = last, false
		case t.isSymbol(",") || t.isSymbol(")") || t.isSymbol(";") || t.isSymbol("}"):
			return i
		case t.isSymbol("?"):
			operand = false
		case t.kind == symbol:
			operand = true
			if t.isSymbol("=") && w.at(i-1).isSymbol(":") {
				values = append(values, i+1)
			}
		case operand:
			unit = unit || t.is("INTERVAL")
			operand = t.is("INTERVAL") || t.is("BINARY") || w.isInfix(i)
		case t.kind == text && w.introduces(i-1):
		case w.isInfix(i):
			operand = true
		case unit && t.kind == word:
			unit = false
		default:
			return i
		}
	}
	return i
}

// isInfix reports a word at i between operands, or a part of one.
func (w *widener) isInfix(i int) bool {
	return slices.ContainsFunc([]string{"AND", "OR", "XOR", "NOT", "IS", "DIV", "MOD", "LIKE", "ESCAPE", "REGEXP", "RLIKE", "SOUNDS", "IN", "BETWEEN", "COLLATE",
		"MEMBER", "OVER"}, w.at(i).is)
}

// introduces reports whether a text after the token at i belongs to it: to another text, a character set, the kind of a literal.
func (w *widener) introduces(i int) bool {
	t := w.at(i)
	return t.kind == text || t.kind == word && (strings.HasPrefix(t.value, "_") || slices.ContainsFunc([]string{"DATE", "TIME", "TIMESTAMP", "N", "X", "B"}, t.is))
}
