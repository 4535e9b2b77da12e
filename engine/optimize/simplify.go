package optimize

import (
	"context"
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// simplify folds constant expressions, factors disjunctions, drops conditions that are always true, and removes what
// can yield no row: a contradiction becomes an empty Values, which empties or shortens the nodes above it.
func simplify(_ context.Context, _ *planner, root plan.Node) (plan.Node, error) {
	return transform(root, simplifyNode), nil
}

func simplifyNode(n plan.Node) plan.Node {
	n = plan.MapExprs(n, expr.Fold)
	switch n := n.(type) {
	case *plan.Filter:
		return simplifyFilter(n)
	case *plan.Join:
		return simplifyJoin(n)
	case *plan.Limit:
		if n.Count == 0 {
			return empty(n.Schema())
		}
	case *plan.Union:
		return simplifyUnion(n)
	}
	if emptied(n) {
		return empty(n.Schema())
	}
	if r, ok := n.(*plan.Recursive); ok && isEmpty(r.Step) && !r.Distinct && r.Most < 0 && r.Rounds > 0 {
		return renamed(r.Seed, r.Cols)
	}
	return n
}

// empty is a relation of no rows.
func empty(s plan.Schema) plan.Node { return &plan.Values{Cols: s} }

func isEmpty(n plan.Node) bool {
	v, ok := n.(*plan.Values)
	return ok && len(v.Rows) == 0
}

// emptied reports nodes that yield nothing because their input does.
func emptied(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Project, *plan.Repeat, *plan.Rollup, *plan.Window, *plan.Sort, *plan.Limit, *plan.JSONTable:
		return isEmpty(n.Children()[0])
	case *plan.Aggregate:
		return len(n.Groups) > 0 && isEmpty(n.Input)
	case *plan.Apply:
		return isEmpty(n.Outer)
	case *plan.Recursive:
		return isEmpty(n.Seed)
	}
	return false
}

func simplifyFilter(n *plan.Filter) plan.Node {
	conds, possible := simplifyConds(n.Conds)
	input := n.Input
	switch {
	case !possible || isEmpty(input):
		return empty(n.Schema())
	case len(conds) == 0:
		return input
	}
	if below, ok := input.(*plan.Filter); ok {
		conds, input = append(slices.Clone(below.Conds), conds...), below.Input
		if contradiction(conds) {
			return empty(n.Schema())
		}
	}
	return &plan.Filter{Input: input, Conds: conds}
}

// simplifyConds splits and factors conjuncts and drops those that are true for every row, such as IS NOT NULL of what is
// never NULL; false if no row can pass.
func simplifyConds(conds []expr.Expr) ([]expr.Expr, bool) {
	var factored []expr.Expr
	for _, c := range conjuncts(conds) {
		factored = append(factored, factorOr(c))
	}
	var out []expr.Expr
	seen := make(distinctExprs)
	for _, c := range conjuncts(factored) {
		lit, ok := c.(*expr.Literal)
		can := outcomes(c, nil)
		switch {
		case ok && (lit.Value.Null || lit.Value.Int == 0), can&isTrue == 0:
			return nil, false
		case !ok && can != isTrue && seen.add(c):
			out = append(out, c)
		}
	}
	return out, !contradiction(out)
}

func simplifyJoin(n *plan.Join) plan.Node {
	m := *n
	possible := true
	if n.Kind != plan.NullAnti && !n.NullAware { // whose first conjunct is not like the others
		m.On, possible = simplifyConds(n.On)
	}
	leftEmpty, rightEmpty := isEmpty(n.Left), isEmpty(n.Right) || !possible
	switch n.Kind {
	case plan.Inner, plan.Semi:
		if leftEmpty || rightEmpty {
			return empty(n.Schema())
		}
	case plan.Anti, plan.NullAnti:
		if leftEmpty || rightEmpty {
			return n.Left
		}
	case plan.Left, plan.Single:
		switch {
		case leftEmpty:
			return empty(n.Schema())
		case rightEmpty:
			return &plan.Project{Input: n.Left, Exprs: append(passAll(n.Left.Schema()), nulls(n.Right.Schema())...)}
		}
	case plan.Mark:
		switch {
		case leftEmpty:
			return empty(n.Schema())
		case rightEmpty:
			mark := n.Mark
			mark.Nullable = false
			list := append(passAll(n.Left.Schema()), plan.Projection{Col: mark, Expr: truth(false)})
			return &plan.Project{Input: n.Left, Exprs: list}
		}
	case plan.Full:
		if leftEmpty && isEmpty(n.Right) {
			return empty(n.Schema())
		}
		if !possible {
			return n
		}
	}
	return &m
}

// nulls defines the columns of a schema as NULL.
func nulls(s plan.Schema) []plan.Projection {
	list := make([]plan.Projection, len(s))
	for i, c := range s {
		c.Nullable = true
		list[i] = plan.Projection{Col: c, Expr: &expr.Literal{Value: types.NullValue, Typ: c.Type}}
	}
	return list
}

func simplifyUnion(n *plan.Union) plan.Node {
	var inputs []plan.Node
	for _, in := range n.Inputs {
		if !isEmpty(in) {
			inputs = append(inputs, in)
		}
	}
	switch len(inputs) {
	case 0:
		return empty(n.Cols)
	case 1:
		return renamed(inputs[0], n.Cols)
	case len(n.Inputs):
		return n
	}
	return &plan.Union{Inputs: inputs, Cols: n.Cols}
}

// renamed gives the columns of a plan, by position, the ids of a schema.
func renamed(n plan.Node, s plan.Schema) plan.Node {
	have := n.Schema()
	list := make([]plan.Projection, len(s))
	for i, c := range s {
		list[i] = plan.Projection{Col: c, Expr: have[i].Ref()}
	}
	return &plan.Project{Input: n, Exprs: list}
}

// contradiction reports conjuncts that compare one column with constants no value can satisfy.
func contradiction(conds []expr.Expr) bool {
	sets := make(map[expr.ColumnID][]valueSet)
	for _, c := range conds {
		if col, values, ok := compared(c); ok {
			sets[col.ID] = append(sets[col.ID], values)
		}
	}
	for _, list := range sets {
		if len(list) > 1 && len(intersection(list)) == 0 {
			return true
		}
	}
	return false
}

// ordered reports types whose constants the optimizer compares exactly.
func ordered(t types.Type) bool {
	return t.IsInteger() && !t.IsUnsigned() || t.IsTemporal() || t.Kind == types.Decimal
}
