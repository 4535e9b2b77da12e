package sqlgen

import (
	"github.com/silogate/silogate/engine/expr"
)

// Loosen says that what the hook writes in place of a condition keeps every row that the condition keeps, and perhaps
// more, so that the filter stays above the fragment too; the reason is for people. Where more rows would not be a
// superset of the answer (under NOT, in a join, a projection or an aggregate) it refuses for that reason.
func (w *Writer) Loosen(format string, args ...any) {
	reason := Refuse(format, args...)
	if !w.rule.monotonic {
		w.fail(reason)
		return
	}
	if _, ok := w.loose[w.conjunct]; !ok {
		w.loose[w.conjunct] = reason.Error()
	}
}

// OnlyTruth reports whether it makes no difference if what the rule writes is false or NULL: in a conjunct of a filter or
// of a join's condition, and below ANDs and ORs there.
func (w *Writer) OnlyTruth() bool { return w.rule.truth }

// condition writes a conjunct of WHERE or HAVING, where hooks may loosen it.
func (w *Writer) condition(c expr.Expr) {
	conjunct, at := w.conjunct, w.at
	w.conjunct, w.at = c, position{monotonic: true, truth: true}
	w.Expr(c)
	w.conjunct, w.at = conjunct, at
}

// match writes a conjunct of a join's condition.
func (w *Writer) match(c expr.Expr) {
	at := w.at
	w.at = position{truth: true}
	w.Expr(c)
	w.at = at
}

// enter begins the rule of an expression whose parts stand at inside; the function it returns ends it.
func (w *Writer) enter(inside position) (leave func()) {
	at, rule := w.at, w.rule
	w.at, w.rule = inside, w.at
	return func() { w.at, w.rule = at, rule }
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
