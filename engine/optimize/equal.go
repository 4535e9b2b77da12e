package optimize

import (
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// contains reports whether list has an expression that is the same as e.
func contains(list []expr.Expr, e expr.Expr) bool {
	return slices.ContainsFunc(list, func(o expr.Expr) bool { return expr.Equal(o, e) })
}

// distinctExprs gathers lists of expressions without those that it has, in time linear in their number: WHERE may have
// thousands of terms.
type distinctExprs map[uint64][][]expr.Expr

// add reports whether the list is new.
func (d distinctExprs) add(list ...expr.Expr) bool {
	h := expr.Fingerprint(list...)
	if slices.ContainsFunc(d[h], func(o []expr.Expr) bool { return slices.EqualFunc(o, list, expr.Equal) }) {
		return false
	}
	d[h] = append(d[h], list)
	return true
}

// samePlan reports whether two plans are the same tree, so that a rule that rebuilt what it was given has not changed
// it.
func samePlan(a, b plan.Node) bool {
	if a == b {
		return true
	}
	if !sameNode(a, b) || !slices.EqualFunc(plan.Expressions(a), plan.Expressions(b), expr.Equal) {
		return false
	}
	return slices.EqualFunc(a.Children(), b.Children(), samePlan)
}

// sameNode compares two nodes but for their expressions and inputs.
func sameNode(a, b plan.Node) bool {
	switch a := a.(type) {
	case *plan.Filter:
		_, ok := b.(*plan.Filter)
		return ok
	case *plan.Project:
		b, ok := b.(*plan.Project)
		return ok && slices.Equal(a.Schema(), b.Schema())
	case *plan.Join:
		b, ok := b.(*plan.Join)
		return ok && a.Kind == b.Kind && a.Mark == b.Mark && a.NullAware == b.NullAware && a.BuildLeft == b.BuildLeft && a.Apart == b.Apart
	case *plan.Apply:
		b, ok := b.(*plan.Apply)
		return ok && a.Kind == b.Kind && a.Mark == b.Mark
	case *plan.Aggregate:
		b, ok := b.(*plan.Aggregate)
		return ok && slices.Equal(a.Schema(), b.Schema()) && slices.EqualFunc(a.Aggs, b.Aggs, sameAgg)
	case *plan.Repeat:
		_, ok := b.(*plan.Repeat)
		return ok
	case *plan.Rollup:
		b, ok := b.(*plan.Rollup)
		return ok && a.Level == b.Level && slices.EqualFunc(a.Keys, b.Keys, func(x, y plan.Projection) bool { return x.Col == y.Col })
	case *plan.Window:
		b, ok := b.(*plan.Window)
		return ok && len(a.PartitionBy) == len(b.PartitionBy) && slices.EqualFunc(a.OrderBy, b.OrderBy, sameKey) &&
			slices.EqualFunc(a.Funcs, b.Funcs, sameWindowFunc)
	case *plan.Sort:
		b, ok := b.(*plan.Sort)
		return ok && slices.EqualFunc(a.Keys, b.Keys, sameKey)
	case *plan.Limit:
		b, ok := b.(*plan.Limit)
		return ok && a.Offset == b.Offset && a.Count == b.Count && slices.EqualFunc(a.Keys, b.Keys, sameKey)
	case *plan.JSONTable:
		b, ok := b.(*plan.JSONTable)
		return ok && a.Table == b.Table && a.Outer == b.Outer && slices.Equal(a.Cols, b.Cols)
	case *plan.Scan:
		b, ok := b.(*plan.Scan)
		return ok && a.Table == b.Table && slices.Equal(a.Cols, b.Cols)
	case *plan.Union:
		b, ok := b.(*plan.Union)
		return ok && slices.Equal(a.Cols, b.Cols)
	case *plan.Recursive:
		b, ok := b.(*plan.Recursive)
		return ok && a.ID == b.ID && a.Distinct == b.Distinct && a.Rounds == b.Rounds && a.Most == b.Most && slices.Equal(a.Cols, b.Cols)
	case *plan.Working:
		b, ok := b.(*plan.Working)
		return ok && a.ID == b.ID && slices.Equal(a.Cols, b.Cols)
	case *plan.CTERef:
		b, ok := b.(*plan.CTERef)
		return ok && a.ID == b.ID && slices.Equal(a.Cols, b.Cols)
	case *plan.With:
		b, ok := b.(*plan.With)
		return ok && slices.EqualFunc(a.Bindings, b.Bindings, func(x, y plan.CTE) bool { return x.ID == y.ID })
	}
	return false
}

func sameAgg(a, b plan.Agg) bool {
	return a.Func == b.Func && a.Distinct == b.Distinct && a.Separator == b.Separator && a.Longest == b.Longest &&
		len(a.Args) == len(b.Args) &&
		slices.EqualFunc(a.OrderBy, b.OrderBy, sameKey)
}

func sameWindowFunc(a, b plan.WindowFunc) bool {
	bound := func(a, b plan.Bound) bool { return a.Kind == b.Kind && a.Rows == b.Rows && a.Following == b.Following }
	return a.Col == b.Col && a.Func == b.Func && len(a.Args) == len(b.Args) &&
		bound(a.Frame.Start, b.Frame.Start) && bound(a.Frame.End, b.Frame.End)
}

func sameKey(a, b plan.SortKey) bool { return a.Desc == b.Desc && expr.Equal(a.Expr, b.Expr) }
