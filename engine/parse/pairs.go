package parse

import "iter"

// brackets are what begins a part of an expression, with what ends it.
var brackets = []struct{ open, shut string }{{"(", ")"}, {"{", "}"}, {"CASE", "END"}}

// pairs has for each bracket the token that is its other end, in both directions; 0 for what is none.
type pairs []int

// pairsOf pairs the brackets of a text by one pass over it. What stands alone has no other end.
func pairsOf(tokens []token) pairs {
	type bracket struct{ at, kind int }
	found := make(pairs, len(tokens))
	var open []bracket
	opened := make([]int, len(brackets)) // of each kind in open
	for i, t := range tokens {
		if t.kind != symbol && t.kind != word || i > 0 && tokens[i-1].isSymbol(".") {
			continue
		}
		for kind, b := range brackets {
			switch {
			case t.kind == symbol && t.value == b.open, t.is(b.open) && (i == 0 || !tokens[i-1].is(b.shut)):
				open = append(open, bracket{i, kind})
				opened[kind]++
			case t.kind == symbol && t.value == b.shut && opened[kind] > 0, t.is(b.shut) && len(open) > 0 && open[len(open)-1].kind == kind:
				for last := -1; last != kind; { // what is not closed within goes by
					at := open[len(open)-1]
					open, last = open[:len(open)-1], at.kind
					opened[last]--
					if last == kind {
						found[at.at], found[i] = i, at.at
					}
				}
			}
		}
	}
	return found
}

// match returns what closes the bracket at i, 0 if nothing does.
func (w *rewriter) match(i int) int {
	if end := w.otherEnd(i); end > i {
		return end
	}
	return 0
}

// otherEnd returns the other end of the bracket at i, 0 if there is none.
func (w *rewriter) otherEnd(i int) int {
	if w.pairs == nil {
		w.pairs = pairsOf(w.tokens)
	}
	if i < 0 || i >= len(w.pairs) {
		return 0
	}
	return w.pairs[i]
}

// inside goes through the tokens between the parenthesis at i and its other end that are in no brackets there. Of those it has the last.
func (w *rewriter) inside(i int) iter.Seq2[int, token] { return w.between(i+1, w.match(i)) }

// between goes through the tokens from first to before end that are in no brackets there. Of those it has the last.
func (w *rewriter) between(first, end int) iter.Seq2[int, token] {
	return func(yield func(int, token) bool) {
		for i := first; i < end; i++ {
			if shut := w.match(i); shut > 0 {
				i = shut
			}
			if !yield(i, w.tokens[i]) {
				return
			}
		}
	}
}
