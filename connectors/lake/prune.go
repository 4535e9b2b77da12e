package lake

import (
	"slices"
	"strings"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// interval is what is known of an expression's values over a set of rows. Without a bound, a value may be anything.
type interval struct {
	typ            types.Type
	min, max       types.Value
	hasMin, hasMax bool
	null, value    bool // some row may be NULL; some row may not be
}

// point is the interval of a constant.
func point(v types.Value, t types.Type) interval {
	return interval{typ: t, min: v, max: v, hasMin: !v.Null, hasMax: !v.Null, null: v.Null, value: !v.Null}
}

// truth is the set of values that a predicate may have over a set of rows.
type truth struct {
	yes, no, null bool
}

var anything = truth{true, true, true}

// pruner evaluates conjuncts over intervals. It is safe for concurrent use.
type pruner struct {
	conds  []expr.Expr
	params []types.Value
	sorted map[*expr.In][]types.Value // ascending; absent for a list without an order
}

// newPruner prepares conjuncts; env may be nil, and parameters are unknown then.
func newPruner(conds []expr.Expr, env *expr.Env) *pruner {
	p := &pruner{conds: conds, sorted: make(map[*expr.In][]types.Value)}
	if env != nil {
		p.params = env.Params
	}
	for _, c := range conds {
		expr.Walk(c, func(x expr.Expr) bool {
			if in, ok := x.(*expr.In); ok {
				p.sort(in)
			}
			return true
		})
	}
	return p
}

// sort prepares a list for binary search.
func (p *pruner) sort(x *expr.In) {
	t, ordered := x.Arg.Type(), true
	list := slices.Clone(x.List)
	slices.SortFunc(list, func(a, b types.Value) int {
		order, ok := compare(a, t, b, t)
		ordered = ordered && ok
		return order
	})
	if ordered {
		p.sorted[x] = list
	}
}

// mayPass reports whether some row may fulfil all conjuncts. column gives the interval of a column; ok is false if
// nothing is known of it.
func (p *pruner) mayPass(column func(expr.ColumnID) (interval, bool)) bool {
	e := evaluation{p, column}
	for _, c := range p.conds {
		if !e.truth(c).yes {
			return false
		}
	}
	return true
}

// evaluation is one run of a pruner over one set of rows.
type evaluation struct {
	*pruner
	column func(expr.ColumnID) (interval, bool)
}

// truth returns a superset of the values that a predicate takes.
func (e evaluation) truth(x expr.Expr) truth {
	switch x := x.(type) {
	case *expr.Literal, *expr.Column, *expr.Param:
		return e.condition(x)
	case *expr.In:
		return e.in(x)
	case *expr.Call:
		return e.call(x)
	}
	return anything
}

// condition is a value taken as a truth value.
func (e evaluation) condition(x expr.Expr) truth {
	v, ok := e.interval(x)
	if !ok || !exact(v.typ) {
		return anything
	}
	zero := point(types.IntValue(0), types.Of(types.Int64))
	return not(compareIntervals(expr.Eq, v, zero))
}

func (e evaluation) call(x *expr.Call) truth {
	switch x.Func {
	case expr.And:
		out := truth{yes: true}
		for _, a := range x.Args {
			t := e.truth(a)
			// NULL needs a NULL, and nothing that is false.
			null := out.null && (t.yes || t.null) || t.null && (out.yes || out.null)
			out = truth{out.yes && t.yes, out.no || t.no, null}
		}
		return out
	case expr.Or:
		out := truth{no: true}
		for _, a := range x.Args {
			t := e.truth(a)
			null := out.null && (t.no || t.null) || t.null && (out.no || out.null)
			out = truth{out.yes || t.yes, out.no && t.no, null}
		}
		return out
	case expr.Not:
		return not(e.truth(x.Args[0]))
	case expr.IsTrue:
		t := e.truth(x.Args[0])
		return truth{yes: t.yes, no: t.no || t.null}
	case expr.IsFalse:
		t := e.truth(x.Args[0])
		return truth{yes: t.no, no: t.yes || t.null}
	case expr.IsNull:
		if v, ok := e.interval(x.Args[0]); ok {
			return truth{yes: v.null, no: v.value}
		}
	case expr.Eq, expr.Ne, expr.Lt, expr.Le, expr.Gt, expr.Ge, expr.NullSafeEq:
		a, okA := e.interval(x.Args[0])
		b, okB := e.interval(x.Args[1])
		if okA && okB {
			return compareIntervals(x.Func, a, b)
		}
	case expr.Like:
		return e.like(x)
	}
	return anything
}

func not(t truth) truth { return truth{yes: t.no, no: t.yes, null: t.null} }

// compareIntervals says what a comparison of values of two intervals may yield.
func compareIntervals(f expr.Func, a, b interval) truth {
	switch f {
	case expr.Ne:
		return not(compareIntervals(expr.Eq, a, b))
	case expr.Gt:
		return compareIntervals(expr.Lt, b, a)
	case expr.Ge:
		return compareIntervals(expr.Le, b, a)
	case expr.NullSafeEq:
		t := compareIntervals(expr.Eq, a, b)
		return truth{yes: t.yes || a.null && b.null, no: t.no || a.null && b.value || a.value && b.null}
	}
	out := truth{null: a.null || b.null}
	if !a.value || !b.value {
		return out
	}
	// Whether some a may lie below, at or above some b, from the nearest bounds.
	low, lowKnown := compareBounds(a.min, a.hasMin, a.typ, b.max, b.hasMax, b.typ)
	high, highKnown := compareBounds(a.max, a.hasMax, a.typ, b.min, b.hasMin, b.typ)
	below, above := !lowKnown || low < 0, !highKnown || high > 0
	meet := (!lowKnown || low <= 0) && (!highKnown || high >= 0)
	switch f {
	case expr.Lt:
		out.yes, out.no = below, above || meet
	case expr.Le:
		out.yes, out.no = below || meet, above
	default:
		out.yes, out.no = meet, below || above
	}
	return out
}

func compareBounds(a types.Value, okA bool, ta types.Type, b types.Value, okB bool, tb types.Type) (int, bool) {
	if !okA || !okB {
		return 0, false
	}
	return compare(a, ta, b, tb)
}

// in says what `arg IN (list)` may yield.
func (e evaluation) in(x *expr.In) truth {
	v, ok := e.interval(x.Arg)
	if !ok {
		return anything
	}
	// No match is unknown if the list has a NULL, and false for any argument if the list is empty.
	out := truth{null: v.null || x.HasNull, no: !x.HasNull && (v.value || len(x.List) == 0)}
	if v.value {
		out.yes = e.hits(x, v)
	}
	if out.yes && e.isMember(x, v) {
		out = truth{yes: true}
	}
	if x.Not {
		return not(out)
	}
	return out
}

// hits reports whether a member of the list lies within the interval.
func (e evaluation) hits(x *expr.In, v interval) bool {
	t := x.Arg.Type()
	if !v.hasMin && !v.hasMax {
		return len(x.List) > 0
	}
	list := e.sorted[x]
	if len(list) == 0 {
		return len(x.List) > 0
	}
	first := 0
	if v.hasMin {
		if _, ok := compare(list[0], t, v.min, v.typ); !ok {
			return true
		}
		first, _ = slices.BinarySearchFunc(list, v.min, func(a, b types.Value) int {
			order, _ := compare(a, t, b, v.typ)
			return order
		})
	}
	if first == len(list) {
		return false
	}
	if !v.hasMax {
		return true
	}
	order, ok := compare(list[first], t, v.max, v.typ)
	return !ok || order <= 0
}

// isMember reports an interval of one value that the list has.
func (e evaluation) isMember(x *expr.In, v interval) bool {
	if v.null || !v.hasMin || !v.hasMax {
		return false
	}
	if order, ok := compare(v.min, v.typ, v.max, v.typ); !ok || order != 0 {
		return false
	}
	t := x.Arg.Type()
	_, found := slices.BinarySearchFunc(e.sorted[x], v.min, func(a, b types.Value) int {
		order, ok := compare(a, t, b, v.typ)
		if !ok {
			return 1 // of types without a common order: nothing is found
		}
		return order
	})
	return found
}

// like prunes by the literal start of a pattern.
func (e evaluation) like(x *expr.Call) truth {
	v, ok := e.interval(x.Args[0])
	pattern, isLiteral := x.Args[1].(*expr.Literal)
	if !ok || !isLiteral || len(x.Args) > 2 || pattern.Value.Null || !pattern.Typ.IsText() || !v.typ.IsText() ||
		!v.typ.Collation.Bytewise() || !pattern.Typ.Collation.Bytewise() || v.typ.Kind == types.JSON {
		return anything
	}
	prefix := pattern.Value.Str
	if i := strings.IndexAny(prefix, `%_\`); i >= 0 {
		prefix = prefix[:i]
	}
	out := truth{null: v.null, no: v.value, yes: v.value}
	// A value that starts with prefix is not below it, and cut to its length equals it.
	if v.hasMax && v.max.Str < prefix {
		out.yes = false
	}
	if v.hasMin && v.min.Str[:min(len(v.min.Str), len(prefix))] > prefix {
		out.yes = false
	}
	return out
}

// interval returns what is known of a value; ok is false for nothing.
func (e evaluation) interval(x expr.Expr) (interval, bool) {
	switch x := x.(type) {
	case *expr.Column:
		return e.column(x.ID)
	case *expr.Literal:
		return point(x.Value, x.Typ), true
	case *expr.Param:
		if x.Ordinal < len(e.params) {
			return point(e.params[x.Ordinal], x.Typ), true
		}
	case *expr.Call:
		if x.Func == expr.Collate {
			return e.recollate(x)
		}
	case *expr.Cast:
		return e.cast(x)
	}
	return interval{}, false
}

// recollate keeps bytes, so bounds hold if both collations are those of bytes.
func (e evaluation) recollate(x *expr.Call) (interval, bool) {
	v, ok := e.interval(x.Args[0])
	if !ok || !v.typ.Collation.Bytewise() || !x.Typ.Collation.Bytewise() {
		return interval{}, false
	}
	v.typ = x.Typ
	return v, true
}

// cast converts bounds where the conversion keeps order and every value.
func (e evaluation) cast(x *expr.Cast) (interval, bool) {
	v, ok := e.interval(x.Arg)
	from, to := v.typ, x.To
	if !ok {
		return interval{}, false
	}
	switch {
	case exact(from) && exact(to):
		// The bounds stay in their own type: compare takes any two.
		return v, holds(to, from)
	case from.Kind == types.Date && to.Kind == types.Datetime:
		v.min.Int, v.max.Int = v.min.Int*dayMicros, v.max.Int*dayMicros
		v.typ = to
		return v, true
	case from.Kind == types.Datetime && to.Kind == types.Datetime:
		return v, to.Scale >= from.Scale
	case from.IsFloat() && to.Kind == types.Float64:
		return v, true
	case from.IsText() && to.IsText() && to.Length == 0:
		ok := from.Kind != types.JSON && to.Kind != types.JSON && to.Kind != types.Enum && to.Kind != types.Set
		return v, ok && from.Collation.Bytewise() && to.Collation.Bytewise()
	}
	return interval{}, false
}

// integerDigits is how many digits values have at most.
var integerDigits = map[types.Kind]int{
	types.Bool: 1, types.Int8: 3, types.Int16: 5, types.Int32: 10, types.Int64: 19, types.Year: 4,
	types.Uint8: 3, types.Uint16: 5, types.Uint32: 10, types.Uint64: 20, types.Bit: 20,
}

// holds reports whether every value of an exact type is one of another, so that a cast changes nothing.
func holds(to, from types.Type) bool {
	switch {
	case to == from:
		return true
	case to.Kind == types.Decimal && from.Kind == types.Decimal:
		return to.Scale >= from.Scale && to.Precision-to.Scale >= from.Precision-from.Scale
	case to.Kind == types.Decimal:
		return int(to.Precision-to.Scale) >= integerDigits[from.Kind]
	case from.Kind == types.Decimal:
		return false
	case to.IsUnsigned() == from.IsUnsigned():
		return integerDigits[to.Kind] >= integerDigits[from.Kind]
	}
	return from.IsUnsigned() && integerDigits[to.Kind] > integerDigits[from.Kind]
}
