package optimize

import (
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

var boolean = types.Of(types.Bool)

func truth(b bool) *expr.Literal { return &expr.Literal{Value: types.BoolValue(b), Typ: boolean} }

// predicate calls a function that yields a truth value, NULL only if an argument is.
func predicate(f expr.Func, args ...expr.Expr) expr.Expr {
	c := &expr.Call{Func: f, Args: args, Typ: boolean}
	for _, a := range args {
		c.Null = c.Null || a.Nullable()
	}
	return c
}

func all(list []expr.Expr) expr.Expr    { return chain(expr.And, true, list) }
func either(list []expr.Expr) expr.Expr { return chain(expr.Or, false, list) }

// chain joins conditions by AND or OR; none is the operator's neutral value.
func chain(f expr.Func, neutral bool, list []expr.Expr) expr.Expr {
	switch len(list) {
	case 0:
		return truth(neutral)
	case 1:
		return list[0]
	}
	return predicate(f, list...)
}

func isNull(e expr.Expr) expr.Expr {
	return &expr.Call{Func: expr.IsNull, Args: []expr.Expr{e}, Typ: boolean}
}

// same is the equality under which rows are grouped: NULL equals NULL.
func same(a, b expr.Expr) expr.Expr {
	if !a.Nullable() && !b.Nullable() {
		return predicate(expr.Eq, a, b)
	}
	return &expr.Call{Func: expr.NullSafeEq, Args: []expr.Expr{a, b}, Typ: boolean}
}

// call recognizes a call of f.
func call(e expr.Expr, f expr.Func) (*expr.Call, bool) {
	c, ok := e.(*expr.Call)
	if !ok || c.Func != f {
		return nil, false
	}
	return c, true
}

// disjuncts splits e at its top-level ORs.
func disjuncts(dst []expr.Expr, e expr.Expr) []expr.Expr {
	if c, ok := call(e, expr.Or); ok {
		for _, a := range c.Args {
			dst = disjuncts(dst, a)
		}
		return dst
	}
	return append(dst, e)
}

// conjuncts splits conditions at their top-level ANDs.
func conjuncts(conds []expr.Expr) []expr.Expr {
	var out []expr.Expr
	for _, c := range conds {
		out = expr.Conjuncts(out, c)
	}
	return out
}

// refs maps each column of from to a reference to the column of to at its position.
func refs(from, to plan.Schema) map[expr.ColumnID]expr.Expr {
	m := make(map[expr.ColumnID]expr.Expr, len(from))
	for i, c := range from {
		m[c.ID] = to[i].Ref()
	}
	return m
}

// substitute replaces columns in every expression of a list.
func substitute(list []expr.Expr, with map[expr.ColumnID]expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		out[i] = expr.Substitute(e, with)
	}
	return out
}

// outcome is a set of values an expression can have.
type outcome uint8

const (
	isTrue outcome = 1 << iota
	isFalse
	isUnknown // NULL
	anything  = isTrue | isFalse | isUnknown
	notNull   = isTrue | isFalse // also any value that is no truth value
)

// rejectsNulls reports whether a condition is true for no row whose columns of a set are all NULL: it undoes an outer
// join that supplies them.
func rejectsNulls(cond expr.Expr, nulls set) bool { return outcomes(cond, nulls)&isTrue == 0 }

// outcomes finds what e can be where the columns of a set are all NULL.
func outcomes(e expr.Expr, nulls set) outcome {
	switch e := e.(type) {
	case *expr.Column:
		if nulls[e.ID] {
			return isUnknown
		}
	case *expr.Literal:
		return literalOutcome(e)
	case *expr.In:
		if outcomes(e.Arg, nulls) == isUnknown {
			return isUnknown
		}
	case *expr.Cast:
		if outcomes(e.Arg, nulls) == isUnknown {
			return isUnknown
		}
	case *expr.Call:
		return callOutcomes(e, nulls)
	}
	if !e.Nullable() {
		return notNull
	}
	return anything
}

func literalOutcome(e *expr.Literal) outcome {
	switch {
	case e.Value.Null:
		return isUnknown
	case e.Typ.Kind != types.Bool:
		return notNull
	case e.Value.Int != 0:
		return isTrue
	}
	return isFalse
}

func callOutcomes(e *expr.Call, nulls set) outcome {
	args := make([]outcome, len(e.Args))
	for i, a := range e.Args {
		args[i] = outcomes(a, nulls)
	}
	switch e.Func {
	case expr.And:
		return connect(args, isFalse, isTrue)
	case expr.Or:
		return connect(args, isTrue, isFalse)
	case expr.Not:
		return flip(args[0])
	case expr.IsNull:
		return test(args[0], isUnknown)
	case expr.IsTrue:
		return test(args[0], isTrue)
	case expr.IsFalse:
		return test(args[0], isFalse)
	}
	if strict[e.Func] {
		for _, a := range args {
			if a == isUnknown {
				return isUnknown
			}
		}
	}
	if !e.Null {
		return notNull
	}
	return anything
}

// connect is AND or OR: one argument of the winning value decides, all of the losing value are needed for that one.
func connect(args []outcome, wins, loses outcome) outcome {
	out := loses
	for _, a := range args {
		var next outcome
		if (out|a)&wins != 0 {
			next |= wins
		}
		if out&loses != 0 && a&loses != 0 {
			next |= loses
		}
		if out&isUnknown != 0 && a != wins || a&isUnknown != 0 && out != wins {
			next |= isUnknown
		}
		if out == wins || a == wins {
			next = wins
		}
		out = next
	}
	return out
}

func flip(o outcome) outcome {
	out := o & isUnknown
	if o&isTrue != 0 {
		out |= isFalse
	}
	if o&isFalse != 0 {
		out |= isTrue
	}
	return out
}

// test is a predicate that is true for one outcome and false for the others.
func test(o, wanted outcome) outcome {
	var out outcome
	if o&wanted != 0 {
		out |= isTrue
	}
	if o&^wanted != 0 {
		out |= isFalse
	}
	return out
}

// strict lists functions that are NULL whenever an argument is.
var strict = map[expr.Func]bool{
	expr.Eq: true, expr.Ne: true, expr.Lt: true, expr.Le: true, expr.Gt: true, expr.Ge: true, expr.Like: true,
	expr.Xor: true, expr.Add: true, expr.Sub: true, expr.Mul: true, expr.Div: true, expr.IntDiv: true, expr.Mod: true,
	expr.Neg: true, expr.Abs: true, expr.Sign: true, expr.Ceil: true, expr.Floor: true, expr.Round: true,
	expr.Truncate: true, expr.Concat: true, expr.Substring: true, expr.Left: true, expr.Right: true, expr.Length: true,
	expr.CharLength: true, expr.Upper: true, expr.Lower: true, expr.Trim: true, expr.LTrim: true, expr.RTrim: true,
	expr.Replace: true, expr.Locate: true, expr.Reverse: true, expr.Year: true, expr.Quarter: true, expr.Month: true,
	expr.Day: true, expr.Hour: true, expr.Minute: true, expr.Second: true, expr.DateOf: true, expr.DateDiff: true,
}
