package sqlgen

import (
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// longestChain is how many arguments Infix writes without parentheses between them.
const longestChain = 64

// Infix writes arguments joined by an operator, in parentheses. Each operator of a chain is a level of the expression to a
// server's parser, and SQLite takes 1,000: a long chain is written as a tree.
func Infix(op string) Rule {
	return Rule{Write: func(w *Writer, c *expr.Call) { w.chain(" "+op+" ", c.Args) }}
}

func (w *Writer) chain(op string, args []expr.Expr) {
	w.Text("(")
	if len(args) <= longestChain {
		w.List(args, op)
	} else {
		w.chain(op, args[:len(args)/2])
		w.Text(op)
		w.chain(op, args[len(args)/2:])
	}
	w.Text(")")
}

// Prefix writes an operator before its argument, in parentheses.
func Prefix(op string) Rule {
	return Rule{Write: func(w *Writer, c *expr.Call) {
		w.Text("(", op, " ")
		w.Expr(c.Args[0])
		w.Text(")")
	}}
}

// Postfix writes an operator after its argument, in parentheses.
func Postfix(op string) Rule {
	return Rule{Write: func(w *Writer, c *expr.Call) {
		w.Text("(")
		w.Expr(c.Args[0])
		w.Text(" ", op, ")")
	}}
}

// Function writes name(arguments).
func Function(name string) Rule {
	return Rule{Write: func(w *Writer, c *expr.Call) {
		w.Text(name, "(")
		w.List(c.Args, ", ")
		w.Text(")")
	}}
}

// EqualityOperator writes a comparison that asks only whether values are equal; the dialect's Equality guards both
// sides.
func EqualityOperator(op string) Rule {
	return Rule{Write: func(w *Writer, c *expr.Call) {
		w.Text("(")
		w.Equated(c.Args[0])
		w.Text(" ", op, " ")
		w.Equated(c.Args[1])
		w.Text(")")
	}}
}

// OrderOperator writes a comparison of order; the dialect's Ordering guards both sides and gives their suffix.
func OrderOperator(op string) Rule {
	return Rule{Write: func(w *Writer, c *expr.Call) {
		w.Text("(")
		w.Ordered(c.Args[0])
		w.Text(" ", op, " ")
		w.Ordered(c.Args[1])
		w.Text(")")
	}}
}

// When adds a guard to the rule, after those it has.
func (r Rule) When(guard func(w *Writer, c *expr.Call) error) Rule {
	before := r.Guard
	r.Guard = func(w *Writer, c *expr.Call) error {
		if before != nil {
			if err := before(w, c); err != nil {
				return err
			}
		}
		return guard(w, c)
	}
	return r
}

// Aggregate writes name([DISTINCT] arguments); the dialect's Equality guards DISTINCT arguments.
func Aggregate(name string) AggRule {
	return AggRule{Write: func(w *Writer, a *plan.Agg) {
		w.Text(name, "(")
		if a.Distinct {
			w.Text("DISTINCT ")
		}
		for i, arg := range a.Args {
			if i > 0 {
				w.Text(", ")
			}
			if a.Distinct {
				w.Equated(arg)
			} else {
				w.Expr(arg)
			}
		}
		w.Text(")")
	}}
}

// Extremum writes MIN or MAX; the dialect's Ordering guards the argument.
func Extremum(name string) AggRule {
	return AggRule{Write: func(w *Writer, a *plan.Agg) {
		w.Text(name, "(")
		w.Ordered(a.Args[0])
		w.Text(")")
	}}
}

// CountRows writes count(*).
func CountRows() AggRule {
	return AggRule{Write: func(w *Writer, _ *plan.Agg) { w.Text("count(*)") }}
}

// When adds a guard to the rule, after those it has.
func (r AggRule) When(guard func(w *Writer, a *plan.Agg) error) AggRule {
	before := r.Guard
	r.Guard = func(w *Writer, a *plan.Agg) error {
		if before != nil {
			if err := before(w, a); err != nil {
				return err
			}
		}
		return guard(w, a)
	}
	return r
}
