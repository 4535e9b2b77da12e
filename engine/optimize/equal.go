package optimize

import (
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// sameExpr reports whether two expressions are the same tree over the same columns. Volatile ones never are.
func sameExpr(a, b expr.Expr) bool {
	if a == b {
		return !expr.Volatile(a)
	}
	if a == nil || b == nil || a.Type() != b.Type() || !sameHead(a, b) {
		return false
	}
	return slices.EqualFunc(a.Children(), b.Children(), sameExpr)
}

// sameHead compares two expressions but for their children and type.
func sameHead(a, b expr.Expr) bool {
	switch a := a.(type) {
	case *expr.Column:
		b, ok := b.(*expr.Column)
		return ok && a.ID == b.ID
	case *expr.Literal:
		b, ok := b.(*expr.Literal)
		return ok && a.Value == b.Value
	case *expr.Param:
		b, ok := b.(*expr.Param)
		return ok && a.Ordinal == b.Ordinal
	case *expr.Call:
		b, ok := b.(*expr.Call)
		return ok && a.Func == b.Func
	case *expr.Case:
		b, ok := b.(*expr.Case)
		return ok && len(a.Whens) == len(b.Whens) && (a.Else == nil) == (b.Else == nil)
	case *expr.In:
		b, ok := b.(*expr.In)
		return ok && a.Not == b.Not && a.HasNull == b.HasNull && slices.Equal(a.List, b.List)
	case *expr.Cast:
		_, ok := b.(*expr.Cast)
		return ok
	case *expr.Fallback:
		b, ok := b.(*expr.Fallback)
		return ok && a.Text == b.Text && !a.Volatile && !b.Volatile
	}
	return false
}

// contains reports whether list has an expression that is the same as e.
func contains(list []expr.Expr, e expr.Expr) bool {
	return slices.ContainsFunc(list, func(o expr.Expr) bool { return sameExpr(o, e) })
}

// samePlan reports whether two plans are the same tree, so that a rule that rebuilt what it was given has not changed
// it.
func samePlan(a, b plan.Node) bool {
	if a == b {
		return true
	}
	if !sameNode(a, b) || !slices.EqualFunc(expressions(a), expressions(b), sameExpr) {
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
		return ok && a.Kind == b.Kind && a.Mark == b.Mark && a.NullAware == b.NullAware && a.BuildLeft == b.BuildLeft
	case *plan.Apply:
		b, ok := b.(*plan.Apply)
		return ok && a.Kind == b.Kind && a.Mark == b.Mark
	case *plan.Aggregate:
		b, ok := b.(*plan.Aggregate)
		return ok && slices.Equal(a.Schema(), b.Schema()) && slices.EqualFunc(a.Aggs, b.Aggs, sameAgg)
	case *plan.Sort:
		b, ok := b.(*plan.Sort)
		return ok && slices.EqualFunc(a.Keys, b.Keys, sameKey)
	case *plan.Limit:
		b, ok := b.(*plan.Limit)
		return ok && a.Offset == b.Offset && a.Count == b.Count && slices.EqualFunc(a.Keys, b.Keys, sameKey)
	case *plan.Scan:
		b, ok := b.(*plan.Scan)
		return ok && a.Table == b.Table && slices.Equal(a.Cols, b.Cols)
	case *plan.Union:
		b, ok := b.(*plan.Union)
		return ok && slices.Equal(a.Cols, b.Cols)
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
	return a.Func == b.Func && a.Distinct == b.Distinct && a.Separator == b.Separator && len(a.Args) == len(b.Args) &&
		slices.EqualFunc(a.OrderBy, b.OrderBy, sameKey)
}

func sameKey(a, b plan.SortKey) bool { return a.Desc == b.Desc && sameExpr(a.Expr, b.Expr) }
