package sqlgen

import (
	"github.com/silogate/silogate/engine/expr"
)

// Loosen says that what the hook writes in place of a condition keeps every row that the condition keeps, and perhaps
// more, so that the filter stays above the fragment too; the reason is for people. Where more rows would not be a
// superset of the answer (under NOT, in a join, a projection or an aggregate) it refuses for that reason.
func (w *Writer) Loosen(format string, args ...any) {
	reason := Refuse(format, args...)
	if !w.monotonic {
		w.fail(reason)
		return
	}
	if _, ok := w.loose[w.conjunct]; !ok {
		w.loose[w.conjunct] = reason.Error()
	}
}

// OnlyTruth reports whether it makes no difference if what a rule is about to write is false or NULL: in a conjunct of a
// filter or of a join's condition, and below ANDs and ORs there. A hook must ask before it writes.
func (w *Writer) OnlyTruth() bool { return w.onlyTruth }

// condition writes a conjunct of WHERE or HAVING, where hooks may loosen it.
func (w *Writer) condition(c expr.Expr) {
	conjunct, monotonic, truth := w.conjunct, w.monotonic, w.truth
	w.conjunct, w.monotonic, w.truth = c, true, true
	w.Expr(c)
	w.conjunct, w.monotonic, w.truth = conjunct, monotonic, truth
}

// match writes a conjunct of a join's condition.
func (w *Writer) match(c expr.Expr) {
	monotonic, truth := w.monotonic, w.truth
	w.monotonic, w.truth = false, true
	w.Expr(c)
	w.monotonic, w.truth = monotonic, truth
}

// opaque forbids loosening, and tells false from NULL, until the function it returns is called.
func (w *Writer) opaque() (restore func()) {
	monotonic, truth := w.monotonic, w.truth
	w.monotonic, w.truth = false, false
	return func() { w.monotonic, w.truth = monotonic, truth }
}

// conjunction writes an AND inside a filter. A part that is refused is left out, which loosens the filter, if another
// part remains: of (a AND f(b)) OR c the source runs a OR c.
func (w *Writer) conjunction(rule Rule, and *expr.Call) {
	var taken []expr.Expr
	var refused error
	for _, part := range and.Args {
		text, args := len(w.text), len(w.args)
		w.Expr(part)
		w.text, w.args = w.text[:text], w.args[:args]
		if w.err == nil {
			taken = append(taken, part)
		} else if refused == nil {
			refused = w.err
		}
		w.err = nil
	}
	switch {
	case refused != nil && len(taken) == 0:
		w.fail(refused)
		return
	case refused != nil:
		w.Loosen("%s", refused)
	}
	if len(taken) == 1 {
		w.Expr(taken[0])
		return
	}
	rule.Write(w, &expr.Call{Func: and.Func, Args: taken, Typ: and.Typ, Null: and.Null})
}
