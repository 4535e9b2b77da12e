package optimize

import (
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// Bar is something that a plan does without, since it was caught making a wrong answer.
type Bar struct {
	Source string // that is not asked for it; "": What is a rule
	What   string // a rule, a kind of node, a function with the kind of its first argument, or DynamicFilters
}

// Bars says why of each.
type Bars map[Bar]string

// DynamicFilters are barred by the engine: no plan has them.
const DynamicFilters = "dynamic filters"

// why says why a source is not asked for one of some things; "": it is.
func (b Bars) why(source string, asked []string) string {
	for _, what := range asked {
		if why, ok := b[Bar{source, what}]; ok {
			return what + " is quarantined: " + why
		}
	}
	return ""
}

// Suspects are what may have been done wrong in a placed plan, by the rules that changed it and by the sources. What is less to do
// without comes later, so that who lets one after the other off ends with that: functions after the nodes that evaluate them, but
// joins, orders and the like after the functions.
func (t *Trace) Suspects() []Bar {
	var list []Bar
	add := func(b Bar) {
		if !slices.Contains(list, b) {
			list = append(list, b)
		}
	}
	for _, step := range t.Steps {
		if step.Changed && !step.required {
			add(Bar{What: step.Rule})
		}
	}
	ask := func(of func(plan.Node) []string) {
		for _, o := range t.offers {
			walk(o.part, func(n plan.Node) {
				for _, what := range of(n) {
					add(Bar{o.source, what})
				}
			})
		}
	}
	ask(func(n plan.Node) []string {
		if evaluates(n) {
			return kindAsked(n)
		}
		return nil
	})
	for _, o := range t.offers {
		add(Bar{o.source, DynamicFilters})
	}
	ask(functionsAsked)
	ask(kindAsked)
	return list
}

// evaluates reports a node that does little but evaluate functions.
func evaluates(n plan.Node) bool {
	switch n.(type) {
	case *plan.Filter, *plan.Project, *plan.Aggregate:
		return true
	}
	return false
}

// offer is a part of the plan that a source was asked to run.
type offer struct {
	source string
	part   plan.Node
}

// kindAsked names what a node asks of a source by its kind.
func kindAsked(n plan.Node) []string {
	switch n := n.(type) {
	case *plan.Scan, *plan.Values, *plan.Keys, *plan.CTERef:
		return nil
	case *plan.Project:
		if !slices.ContainsFunc(n.Exprs, computed) {
			return nil
		}
	}
	return []string{plan.KindName(n)}
}

// functionsAsked names the functions that a node asks a source for.
func functionsAsked(n plan.Node) []string {
	var list []string
	if a, ok := n.(*plan.Aggregate); ok {
		for _, agg := range a.Aggs {
			list = append(list, of(string(agg.Func), agg.Args))
		}
	}
	for _, e := range plan.Expressions(n) {
		list = append(list, calls(e)...)
	}
	return list
}

func computed(p plan.Projection) bool {
	_, passed := p.Expr.(*expr.Column)
	return !passed
}

// calls names the functions of an expression.
func calls(e expr.Expr) []string {
	var list []string
	expr.Walk(e, func(e expr.Expr) bool {
		switch e := e.(type) {
		case *expr.Call:
			list = append(list, of(string(e.Func), e.Args))
		case *expr.In:
			list = append(list, of("in", []expr.Expr{e.Arg}))
		case *expr.Cast:
			list = append(list, of("cast", []expr.Expr{e.Arg})+" to "+family(e.To))
		case *expr.Case:
			list = append(list, "case")
		}
		return true
	})
	return list
}

// of names a function of arguments.
func of(function string, args []expr.Expr) string {
	if len(args) == 0 {
		return function
	}
	return function + " of " + family(args[0].Type())
}

// family is what the values of a type have in common as far as systems differ in how they treat them.
func family(t types.Type) string {
	switch {
	case t.Kind == types.JSON:
		return "json"
	case t.IsText():
		return "text"
	case t.IsBinary():
		return "bytes"
	case t.IsTemporal():
		return "time"
	case t.IsFloat():
		return "float"
	case t.Kind == types.Decimal:
		return "decimal"
	case t.Kind == types.Null:
		return "null"
	}
	return "integer"
}

// barred says why a source is not asked to run a node whose inputs it may run; "": it is.
func (pl *placer) barred(source string, n plan.Node) string {
	if len(pl.Barred) == 0 {
		return ""
	}
	return pl.Barred.why(source, append(kindAsked(n), functionsAsked(n)...))
}

// barredCond says so of a condition.
func (pl *placer) barredCond(source string, cond expr.Expr) string {
	if len(pl.Barred) == 0 {
		return ""
	}
	return pl.Barred.why(source, append(calls(cond), "filter"))
}
