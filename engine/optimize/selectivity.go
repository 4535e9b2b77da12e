package optimize

import (
	"math"
	"slices"

	"github.com/silogate/silogate/engine/expr"
)

// The textbook's selectivities of predicates nothing is known about (Selinger et al. 1979).
const (
	equalUnknown = 0.05
	rangeUnknown = 1.0 / 3
	likePrefix   = 0.05
	likeAny      = 0.10
	otherUnknown = 0.25
)

// filter applies conjuncts one after the other, so that the second of two range conditions sees what the first left.
func (r *relation) filter(conds []expr.Expr) *relation {
	for _, c := range conds {
		for _, part := range expr.Conjuncts(nil, c) {
			r = r.restrict(part)
		}
	}
	return r
}

// restrict applies one conjunct.
func (r *relation) restrict(cond expr.Expr) *relation {
	rows := r.rows * r.selectivity(cond)
	out := r.scaled(rows)
	if in, ok := cond.(*expr.In); ok && !in.Not {
		if col, ok := in.Arg.(*expr.Column); ok {
			c := *out.col(col)
			c.nulls, c.dist = 0, nil
			c.distinct = math.Max(1, math.Min(c.distinct, float64(len(in.List))))
			out.cols[col.ID] = &c
		}
		return out
	}
	col, op, value, ok := comparison(cond)
	if !ok {
		return out
	}
	c := *out.col(col)
	c.nulls = 0
	at, known := position(value.Value, value.Typ)
	if op == expr.Eq {
		c.distinct, c.dist = 1, nil
		if known && c.ranged {
			c.lo, c.hi = at, at
		}
		out.cols[col.ID] = &c
		return out
	}
	before := r.col(col)
	if known && c.ranged {
		c.lo, c.hi = clip(c.lo, c.hi, op, at)
		if before.hi > before.lo {
			c.distinct = before.distinct * (c.hi - c.lo) / (before.hi - before.lo)
		}
	}
	c.dist = nil
	if known && before.dist != nil {
		var part float64
		if c.dist, part = before.dist.restricted(op, at); c.dist != nil {
			c.distinct = float64(len(c.dist.common)) + part*(before.distinct-float64(len(before.dist.common)))
		}
	}
	c.distinct = math.Max(1, math.Min(c.distinct, math.Max(out.rows, 1)))
	out.cols[col.ID] = &c
	return out
}

func clip(lo, hi float64, op expr.Func, at float64) (float64, float64) {
	switch op {
	case expr.Lt, expr.Le:
		hi = math.Max(lo, math.Min(hi, at))
	case expr.Gt, expr.Ge:
		lo = math.Min(hi, math.Max(lo, at))
	}
	return lo, hi
}

// comparison recognizes a column compared with a literal by =, <, <=, > or >=, turned so that the column stands left.
func comparison(e expr.Expr) (*expr.Column, expr.Func, *expr.Literal, bool) {
	call, ok := e.(*expr.Call)
	if !ok || len(call.Args) != 2 {
		return nil, "", nil, false
	}
	op, ok := mirrored[call.Func]
	if !ok {
		return nil, "", nil, false
	}
	if col, ok := call.Args[0].(*expr.Column); ok {
		lit, ok := call.Args[1].(*expr.Literal)
		return col, call.Func, lit, ok
	}
	lit, ok := call.Args[0].(*expr.Literal)
	if !ok {
		return nil, "", nil, false
	}
	col, ok := call.Args[1].(*expr.Column)
	return col, op, lit, ok
}

// mirrored gives a comparison's operator with the sides exchanged.
var mirrored = map[expr.Func]expr.Func{
	expr.Eq: expr.Eq, expr.Lt: expr.Gt, expr.Le: expr.Ge, expr.Gt: expr.Lt, expr.Ge: expr.Le,
}

// selectivity guesses the share of rows for which a condition is true.
func (r *relation) selectivity(cond expr.Expr) float64 {
	switch e := cond.(type) {
	case *expr.Literal:
		if e.Value.Null || e.Value.Int == 0 {
			return 0
		}
		return 1
	case *expr.In:
		return r.inList(e)
	case *expr.Call:
		return r.call(e)
	}
	return otherUnknown
}

func (r *relation) inList(e *expr.In) float64 {
	share := math.Min(r.listed(e), 1)
	if e.Not {
		return 1 - share
	}
	return share
}

// listed is the share of rows whose value is in a list.
func (r *relation) listed(e *expr.In) float64 {
	arg := r.expression(e.Arg)
	if _, ok := e.Arg.(*expr.Column); !ok || arg.dist == nil {
		return float64(len(e.List)) / arg.distinct
	}
	share := 0.0
	for _, item := range e.List {
		one := (1 - arg.nulls) / arg.distinct
		if s, ok := arg.dist.equal(item, e.Arg.Type(), arg.distinct); ok {
			one = s
		}
		share += one
	}
	return share
}

func (r *relation) call(e *expr.Call) float64 {
	switch e.Func {
	case expr.And:
		s := 1.0
		for _, a := range e.Args {
			s *= r.selectivity(a)
		}
		return s
	case expr.Or:
		none := 1.0
		for _, a := range e.Args {
			none *= 1 - r.selectivity(a)
		}
		return 1 - none
	case expr.Not:
		return clamp(1 - r.selectivity(e.Args[0]))
	case expr.IsNull:
		if c, ok := e.Args[0].(*expr.Column); ok {
			return r.col(c).nulls
		}
		return equalUnknown
	case expr.Like:
		return likeShare(e)
	case expr.Eq, expr.NullSafeEq:
		return r.equality(e)
	case expr.Ne:
		return clamp(1 - r.equality(e))
	case expr.Lt, expr.Le, expr.Gt, expr.Ge:
		return r.inequality(e)
	}
	return otherUnknown
}

func likeShare(e *expr.Call) float64 {
	pattern, ok := e.Args[1].(*expr.Literal)
	if ok && pattern.Value.Str != "" && pattern.Value.Str[0] != '%' && pattern.Value.Str[0] != '_' {
		return likePrefix
	}
	return likeAny
}

func (r *relation) equality(e *expr.Call) float64 {
	if col, _, value, ok := comparison(e); ok {
		c := r.col(col)
		if at, known := position(value.Value, value.Typ); known && c.ranged && (at < c.lo || at > c.hi) {
			return 0.5 / math.Max(r.rows, 1)
		}
		if c.dist != nil {
			if share, ok := c.dist.equal(value.Value, value.Typ, c.distinct); ok {
				return math.Max(share, 0.5/math.Max(r.rows, 1))
			}
		}
		return (1 - c.nulls) / c.distinct
	}
	if slices.ContainsFunc(e.Args, isConstant) {
		for _, a := range e.Args {
			if !isConstant(a) {
				return 1 / math.Max(r.expression(a).distinct, 1)
			}
		}
		return equalUnknown
	}
	return 1 / math.Max(r.expression(e.Args[0]).distinct, r.expression(e.Args[1]).distinct)
}

// isConstant reports an expression that reads no column.
func isConstant(e expr.Expr) bool { return len(columnsOf(e)) == 0 }

func (r *relation) inequality(e *expr.Call) float64 {
	col, op, value, ok := comparison(e)
	if !ok {
		return rangeUnknown
	}
	c := r.col(col)
	at, known := position(value.Value, value.Typ)
	if known && c.dist != nil {
		if share, ok := c.dist.within(op, at); ok {
			return math.Max(share, 0.5/math.Max(r.rows, 1))
		}
	}
	if !known || !c.ranged {
		return rangeUnknown * (1 - c.nulls)
	}
	lo, hi := clip(c.lo, c.hi, op, at)
	share := 0.0
	switch {
	case c.hi > c.lo:
		share = (hi - lo) / (c.hi - c.lo)
	case (op == expr.Lt || op == expr.Le) && c.lo <= at, (op == expr.Gt || op == expr.Ge) && c.hi >= at:
		share = 1
	}
	return math.Max(share*(1-c.nulls), 0.5/math.Max(r.rows, 1))
}
