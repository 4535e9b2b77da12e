package optimize

import (
	"maps"
	"math"
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// joined guesses a join's output from its inputs'.
func joined(n *plan.Join, left, right *relation) *relation {
	m := matchOf(n.On, left, right)
	both := pair(left, right, m)
	switch n.Kind {
	case plan.Semi:
		return left.scaled(left.rows * m.semi(right.rows))
	case plan.Anti, plan.NullAnti:
		return left.scaled(left.rows * math.Max(1-m.semi(right.rows), antiLeast))
	case plan.Mark:
		out := left.clone()
		out.cols[n.Mark.ID] = guess(n.Mark.Type, left.rows)
		return out
	case plan.Left:
		both.rows = math.Max(both.rows, left.rows)
	case plan.Single:
		both.rows = left.rows
	case plan.Full:
		both.rows = math.Max(both.rows, left.rows+right.rows)
	}
	return both
}

// antiLeast is the least share of rows an anti join is thought to keep: nobody asks for what is never there.
const antiLeast = 0.05

// applied guesses a dependent join's output: its inner side is estimated as it would be for one outer row.
func applied(n *plan.Apply, outer, inner *relation) *relation {
	out := outer.clone()
	switch n.Kind {
	case plan.ApplyExists, plan.ApplyIn:
		out.cols[n.Mark.ID] = guess(n.Mark.Type, outer.rows)
		return out
	case plan.ApplyInner, plan.ApplyLeft:
		out.rows = math.Max(outer.rows*inner.rows, 1)
	}
	maps.Copy(out.cols, inner.cols)
	out.keys = nil
	return out
}

// match is how the conditions of a join relate its inputs.
type match struct {
	selectivity float64 // share of all pairs that match
	covers      float64 // share of left rows that have an equal row on the right, before other conditions
	residual    float64 // share of equal pairs that pass the other conditions
	leftKey     bool    // the equalities contain a key of the left side: a right row matches at most one
	rightKey    bool
}

// semi is the share of left rows with at least one match.
func (m match) semi(rightRows float64) float64 {
	if m.residual == 1 {
		return m.covers
	}
	per := rightRows * m.selectivity / math.Max(m.covers*m.residual, 1e-9) // equal rows per covered left row
	return m.covers * (1 - math.Pow(1-m.residual, math.Max(per, 1)))
}

func matchOf(on []expr.Expr, left, right *relation) match {
	m := match{selectivity: 1, covers: 1, residual: 1}
	var eqs []equiPair
	for _, c := range on {
		if eq, ok := equiPairOf(c, left, right); ok {
			eqs = append(eqs, eq)
			continue
		}
		m.residual *= pairSelectivity(c, left, right)
	}
	if len(eqs) > 0 {
		leftKey, leftDomain := keyDomain(left, eqs, func(p equiPair) expr.Expr { return p.left })
		rightKey, rightDomain := keyDomain(right, eqs, func(p equiPair) expr.Expr { return p.right })
		m.leftKey, m.rightKey = leftKey, rightKey
		m.selectivity = equiSelectivity(eqs, left, right, leftKey, rightKey, leftDomain, rightDomain)
		m.covers = coverage(eqs, left, right, rightKey, rightDomain)
	}
	m.selectivity *= m.residual
	return m
}

// equiPair is an equality between an expression of the left side and one of the right.
type equiPair struct {
	left, right expr.Expr
	l, r        *column
}

func equiPairOf(e expr.Expr, left, right *relation) (equiPair, bool) {
	call, ok := e.(*expr.Call)
	if !ok || call.Func != expr.Eq && call.Func != expr.NullSafeEq {
		return equiPair{}, false
	}
	a, b := call.Args[0], call.Args[1]
	switch {
	case left.reads(a) && right.reads(b):
		return equiPair{a, b, left.expression(a), right.expression(b)}, true
	case left.reads(b) && right.reads(a):
		return equiPair{b, a, left.expression(b), right.expression(a)}, true
	}
	return equiPair{}, false
}

// reads reports whether e reads columns, and only r's.
func (r *relation) reads(e expr.Expr) bool {
	cols := columnsOf(e)
	for id := range cols {
		if r.cols[id] == nil {
			return false
		}
	}
	return len(cols) > 0
}

// keyDomain finds a key of r among the sides of equalities, and how many values it had before filters.
func keyDomain(r *relation, eqs []equiPair, side func(equiPair) expr.Expr) (bool, float64) {
	cols := make(set)
	for _, p := range eqs {
		e := side(p)
		if cast, ok := e.(*expr.Cast); ok {
			e = cast.Arg
		}
		if c, ok := e.(*expr.Column); ok {
			cols[c.ID] = true
		}
	}
	for _, k := range r.keys {
		if !slices.ContainsFunc(k.cols, func(id expr.ColumnID) bool { return !cols[id] }) {
			return true, k.domain
		}
	}
	return false, 0
}

// equiSelectivity is 1 over the number of values the equal columns range over. A key's values are counted; else the
// larger side of one equality contains the smaller one. Of several equalities the columns with the most values range over
// these, each with as many combinations as on the side that has fewer of them: that side is thought to list all there are,
// as the table that a composite foreign key points to does, also where only some of its rows are left.
func equiSelectivity(eqs []equiPair, left, right *relation, leftKey, rightKey bool, leftDomain, rightDomain float64) float64 {
	notNull, single := 1.0, 1.0
	l, r := 1.0, 1.0
	var most equiPair
	for _, p := range eqs {
		notNull *= (1 - p.l.nulls) * (1 - p.r.nulls)
		if d := math.Max(p.l.distinct, p.r.distinct); most.l == nil || d > single {
			single, most = math.Max(d, 1), p
		}
		l, r = l*p.l.distinct, r*p.r.distinct
	}
	switch {
	case rightKey:
		return notNull / rightDomain
	case leftKey:
		return notNull / leftDomain
	}
	l = math.Min(l, math.Max(left.rows, 1)) / math.Max(most.l.distinct, 1)
	r = math.Min(r, math.Max(right.rows, 1)) / math.Max(most.r.distinct, 1)
	return notNull / (single * math.Max(math.Min(l, r), 1))
}

// coverage is the share of left rows whose key is on the right.
func coverage(eqs []equiPair, left, right *relation, rightKey bool, rightDomain float64) float64 {
	if rightKey {
		return clamp(right.rows / rightDomain)
	}
	share := 1.0
	for _, p := range eqs {
		share = math.Min(share, (1-p.l.nulls)*p.r.distinct/math.Max(p.l.distinct, 1))
	}
	return clamp(share)
}

// pairSelectivity guesses any other condition over both sides.
func pairSelectivity(e expr.Expr, left, right *relation) float64 {
	both := &relation{rows: left.rows * right.rows, cols: make(map[expr.ColumnID]*column)}
	for id := range columnsOf(e) {
		if c := left.cols[id]; c != nil {
			both.cols[id] = c
		} else if c := right.cols[id]; c != nil {
			both.cols[id] = c
		}
	}
	return both.selectivity(e)
}

// pair is the inner join of two relations.
func pair(left, right *relation, m match) *relation {
	rows := left.rows * right.rows * m.selectivity
	out := &relation{rows: rows, cols: make(map[expr.ColumnID]*column, len(left.cols)+len(right.cols))}
	maps.Copy(out.cols, left.cols)
	maps.Copy(out.cols, right.cols)
	if m.rightKey {
		out.keys = append(out.keys, left.keys...)
	}
	if m.leftKey {
		out.keys = append(out.keys, right.keys...)
	}
	return out.scaled(rows)
}
