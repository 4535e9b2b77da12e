package optimize

import (
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// infer returns the conditions on one column that conditions of a conjunction imply for the columns equal to it, and
// that are not among them: from a = b and a > 5 follows b > 5.
func infer(conds []expr.Expr) []expr.Expr {
	equal := classes(conds)
	var out []expr.Expr
	for _, c := range conds {
		col, ok := onlyColumn(c)
		if !ok || !carries(c, col.Typ) {
			continue
		}
		for _, other := range equal.with(col) {
			d, ok := about(c, col, other)
			if ok && other.ID != col.ID && !contains(conds, d) && !contains(out, d) {
				out = append(out, d)
			}
		}
	}
	return out
}

// about says of another column what a condition says of one. Where an integer has another width, a comparison with a
// constant is typed anew.
func about(cond expr.Expr, col, other *expr.Column) (expr.Expr, bool) {
	if other.Typ == col.Typ {
		return expr.Substitute(cond, map[expr.ColumnID]expr.Expr{col.ID: other}), true
	}
	_, op, lit, ok := comparison(cond)
	if !ok {
		return nil, false
	}
	d, err := expr.New(op, other, lit)
	return d, err == nil
}

// onlyColumn returns the one column a condition reads.
func onlyColumn(e expr.Expr) (*expr.Column, bool) {
	var only *expr.Column
	single := !hasFallback(e)
	expr.Walk(e, func(e expr.Expr) bool {
		if c, ok := e.(*expr.Column); ok {
			single = single && (only == nil || only.ID == c.ID)
			only = c
		}
		return single
	})
	return only, single && only != nil
}

// carries reports whether a condition on a column holds for every equal value too. Where equal values are identical
// that is any condition; under a collation, and for floats with their two zeros, only comparisons with constants.
func carries(cond expr.Expr, t types.Type) bool {
	if identicalIfEqual(t) {
		return true
	}
	switch e := cond.(type) {
	case *expr.In:
		_, ok := e.Arg.(*expr.Column)
		return ok
	case *expr.Call:
		_, _, _, ok := comparison(e)
		return ok
	}
	return false
}

// identicalIfEqual reports a type whose equal values are the same in every respect.
func identicalIfEqual(t types.Type) bool {
	return !t.IsFloat() && t.Kind != types.JSON && (!t.IsText() || t.Collation.Bytewise())
}

// columnClasses are sets of columns that a conjunction makes equal and not NULL.
type columnClasses [][]*expr.Column

// classes finds the columns that equalities among the conditions connect.
func classes(conds []expr.Expr) columnClasses {
	var out columnClasses
	for _, c := range conds {
		eq, ok := call(c, expr.Eq)
		if !ok {
			continue
		}
		a, aok := eq.Args[0].(*expr.Column)
		b, bok := eq.Args[1].(*expr.Column)
		if aok && bok && equatable(a.Typ, b.Typ) {
			out = out.join(a, b)
		}
	}
	return out
}

// equatable reports types whose equality is transitive.
func equatable(a, b types.Type) bool {
	return a == b || a.IsInteger() && b.IsInteger()
}

func (s columnClasses) find(c *expr.Column) int {
	return slices.IndexFunc(s, func(class []*expr.Column) bool {
		return slices.ContainsFunc(class, func(m *expr.Column) bool { return m.ID == c.ID })
	})
}

func (s columnClasses) join(a, b *expr.Column) columnClasses {
	i, j := s.find(a), s.find(b)
	switch {
	case i < 0 && j < 0:
		return append(s, []*expr.Column{a, b})
	case i < 0:
		s[j] = append(s[j], a)
	case j < 0:
		s[i] = append(s[i], b)
	case i != j:
		s[i] = append(s[i], s[j]...)
		return slices.Delete(s, j, j+1)
	}
	return s
}

// with returns the class of a column, nil if it is in none.
func (s columnClasses) with(c *expr.Column) []*expr.Column {
	if i := s.find(c); i >= 0 {
		return s[i]
	}
	return nil
}

// impliedBySide returns what a condition over both sides of a join implies for the columns of one: a disjunction
// implies the disjunction of what its arms say of that side, if each says something.
func impliedBySide(cond expr.Expr, side set) []expr.Expr {
	arms := disjuncts(nil, cond)
	if len(arms) < 2 {
		return nil
	}
	said := make([]expr.Expr, len(arms))
	for i, arm := range arms {
		of, _ := bySide(expr.Conjuncts(nil, arm), side)
		if len(of) == 0 {
			return nil
		}
		said[i] = all(of)
	}
	return expr.Conjuncts(nil, factorOr(either(said)))
}
