package optimize

import (
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// valueSet is the values of a column for which a condition is true: intervals, ascending, of which no two touch.
type valueSet []interval

// interval is the values between two edges; an edge that is nil leaves its side open to all.
type interval struct {
	lo, hi         *edge
	loOpen, hiOpen bool // the edge itself is not inside
}

// edge is a constant, brought to the scale of the column it is compared with.
type edge struct {
	value types.Value
	typ   types.Type
}

func (e *edge) literal() expr.Expr { return &expr.Literal{Value: e.value, Typ: e.typ} }

func (e *edge) compare(o *edge) int { return types.Compare(e.value, o.value, e.typ) }

// edgeOf makes a constant an edge for a column, if the optimizer compares the two exactly.
func edgeOf(v types.Value, typ, col types.Type) (*edge, bool) {
	switch {
	case v.Null || !ordered(typ) || !ordered(col):
		return nil, false
	case typ.IsInteger() && col.IsInteger(), typ.IsTemporal() && typ.Kind == col.Kind:
		return &edge{v, typ}, true
	case typ.Kind != types.Decimal || col.Kind != types.Decimal || typ.Scale > col.Scale:
		return nil, false
	}
	digits := int(typ.Precision) + int(col.Scale-typ.Scale)
	if digits > types.MaxPrecision {
		return nil, false
	}
	v.Dec = v.Dec.IncreaseScaleBy(int32(col.Scale - typ.Scale))
	return &edge{v, types.NewDecimal(digits, int(col.Scale))}, true
}

func (i interval) isPoint() bool { return i.lo != nil && i.hi != nil && i.lo.compare(i.hi) == 0 }

func (i interval) isEmpty() bool {
	if i.lo == nil || i.hi == nil {
		return false
	}
	c := i.lo.compare(i.hi)
	return c > 0 || c == 0 && (i.loOpen || i.hiOpen)
}

// isAll reports the set of all values.
func (s valueSet) isAll() bool { return len(s) == 1 && s[0].lo == nil && s[0].hi == nil }

// points returns the values of a set of values that consists of single ones.
func (s valueSet) points() ([]*edge, bool) {
	out := make([]*edge, len(s))
	for i, in := range s {
		if !in.isPoint() {
			return nil, false
		}
		out[i] = in.lo
	}
	return out, len(out) > 0
}

// union is the values of any of some intervals.
func union(list []interval) valueSet {
	list = slices.DeleteFunc(slices.Clone(list), interval.isEmpty)
	slices.SortStableFunc(list, compareStarts)
	var out valueSet
	for _, i := range list {
		if len(out) == 0 || !out[len(out)-1].touches(i) {
			out = append(out, i)
		} else if last := &out[len(out)-1]; last.endsBefore(i) {
			last.hi, last.hiOpen = i.hi, i.hiOpen
		}
	}
	return out
}

func compareStarts(a, b interval) int {
	switch {
	case a.lo == nil && b.lo == nil:
		return 0
	case a.lo == nil:
		return -1
	case b.lo == nil:
		return 1
	}
	c := a.lo.compare(b.lo)
	if c == 0 && a.loOpen != b.loOpen {
		if b.loOpen {
			return -1
		}
		return 1
	}
	return c
}

// touches reports whether no value lies between the end of i and the start of j, which starts no earlier than i. A range of
// integers touches what starts at the next one; single integers are left alone, as they make a list.
func (i interval) touches(j interval) bool {
	if i.hi == nil || j.lo == nil {
		return true
	}
	c := i.hi.compare(j.lo)
	if c < 0 && i.hi.typ.IsInteger() && !i.hiOpen && !j.loOpen && !(i.isPoint() && j.isPoint()) {
		return i.hi.value.Int+1 == j.lo.value.Int
	}
	return c > 0 || c == 0 && !(i.hiOpen && j.loOpen)
}

func (i interval) endsBefore(j interval) bool {
	if i.hi == nil || j.hi == nil {
		return i.hi != nil
	}
	c := i.hi.compare(j.hi)
	return c < 0 || c == 0 && i.hiOpen && !j.hiOpen
}

// complement is the values that are not in d.
func (s valueSet) complement() valueSet {
	var out valueSet
	gap := interval{}
	for _, i := range s {
		if i.lo != nil {
			gap.hi, gap.hiOpen = i.lo, !i.loOpen
			out = append(out, gap)
		}
		if i.hi == nil {
			return out
		}
		gap = interval{lo: i.hi, loOpen: !i.hiOpen}
	}
	return append(out, gap)
}

// intersection is the values in all of some sets. By way of what is in none of them it takes no longer for many conditions
// than for a long list.
func intersection(list []valueSet) valueSet {
	var outside []interval
	for _, d := range list {
		outside = append(outside, d.complement()...)
	}
	return union(outside).complement()
}

// anyOf is the values in any of some sets.
func anyOf(list []valueSet) valueSet {
	var inside []interval
	for _, d := range list {
		inside = append(inside, d...)
	}
	return union(inside)
}

// valuesOf finds the column that is all a condition reads, and the values for which it is true.
func valuesOf(e expr.Expr) (*expr.Column, valueSet, bool) {
	switch e := e.(type) {
	case *expr.In:
		return listedIn(e)
	case *expr.Call:
		switch e.Func {
		case expr.And, expr.Or:
			return valuesOfAll(e)
		case expr.Not:
			null, ok := call(e.Args[0], expr.IsNull)
			if !ok {
				return nil, nil, false
			}
			col, ok := null.Args[0].(*expr.Column)
			return col, valueSet{{}}, ok && ordered(col.Typ)
		case expr.Ne:
			col, d, ok := compared(predicate(expr.Eq, e.Args...))
			return col, d.complement(), ok
		}
		return compared(e)
	}
	return nil, nil, false
}

// compared is the set of a comparison.
func compared(e expr.Expr) (*expr.Column, valueSet, bool) {
	col, op, lit, ok := comparison(e)
	if !ok {
		return nil, nil, false
	}
	at, ok := edgeOf(lit.Value, lit.Typ, col.Typ)
	if !ok {
		return nil, nil, false
	}
	switch op {
	case expr.Eq:
		return col, valueSet{{lo: at, hi: at}}, true
	case expr.Lt, expr.Le:
		return col, valueSet{{hi: at, hiOpen: op == expr.Lt}}, true
	}
	return col, valueSet{{lo: at, loOpen: op == expr.Gt}}, true
}

// listedIn is the set of IN or NOT IN; the latter is true for nothing if the list has a NULL.
func listedIn(e *expr.In) (*expr.Column, valueSet, bool) {
	col, ok := e.Arg.(*expr.Column)
	if !ok {
		return nil, nil, false
	}
	list := make([]interval, len(e.List))
	for i, v := range e.List {
		at, ok := edgeOf(v, col.Typ, col.Typ)
		if !ok {
			return nil, nil, false
		}
		list[i] = interval{lo: at, hi: at}
	}
	switch d := union(list); {
	case !e.Not:
		return col, d, ordered(col.Typ)
	case e.HasNull:
		return col, nil, ordered(col.Typ)
	default:
		return col, d.complement(), ordered(col.Typ)
	}
}

// valuesOfAll is the set of AND or OR, if all its arguments read the same column.
func valuesOfAll(e *expr.Call) (*expr.Column, valueSet, bool) {
	var col *expr.Column
	var sets []valueSet
	for _, a := range e.Args {
		c, d, ok := valuesOf(a)
		if !ok || col != nil && c.ID != col.ID {
			return nil, nil, false
		}
		col, sets = c, append(sets, d)
	}
	if e.Func == expr.And {
		return col, intersection(sets), true
	}
	return col, anyOf(sets), true
}
