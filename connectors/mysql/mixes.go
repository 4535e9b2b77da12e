package mysql

import (
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// mixes reports whether a step makes a text of several whose collations differ. Servers have rules of their own for what comes
// of that, up to an error.
func mixes(step plan.Node) bool {
	var list []expr.Expr
	keys := func(keys []plan.SortKey) {
		for _, k := range keys {
			list = append(list, k.Expr)
		}
	}
	switch n := step.(type) {
	case *plan.Filter:
		list = n.Conds
	case *plan.Join:
		list = n.On
	case *plan.Project:
		for _, p := range n.Exprs {
			list = append(list, p.Expr)
		}
	case *plan.Aggregate:
		for _, g := range n.Groups {
			list = append(list, g.Expr)
		}
		for _, a := range n.Aggs {
			list = append(list, a.Args...)
		}
	case *plan.Sort:
		keys(n.Keys)
	case *plan.Limit:
		keys(n.Keys)
	}
	return slices.ContainsFunc(list, mixesTexts)
}

func mixesTexts(e expr.Expr) bool {
	found := false
	expr.Walk(e, func(e expr.Expr) bool {
		switch e := e.(type) {
		case *expr.Case:
			found = found || severalCollations(e)
		case *expr.Call:
			found = found || severalCollations(e)
		}
		return !found
	})
	return found
}

// severalCollations reports an expression whose texts but for constants have different collations.
func severalCollations(e expr.Expr) bool {
	first := types.NoCollation
	for _, child := range e.Children() {
		t := child.Type()
		if !t.IsText() {
			continue
		}
		switch child.(type) {
		case *expr.Literal, *expr.Param:
			continue
		}
		if first == types.NoCollation {
			first = t.Collation
		}
		if t.Collation != first {
			return true
		}
	}
	return false
}
