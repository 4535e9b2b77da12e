package optimize

import (
	"maps"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// set is a set of columns.
type set = map[expr.ColumnID]bool

// columnsOf returns the columns that expressions read.
func columnsOf(list ...expr.Expr) set {
	s := make(set)
	for _, e := range list {
		expr.Columns(e, s)
	}
	return s
}

// within reports whether a is a subset of b.
func within(a, b set) bool {
	for id := range a {
		if !b[id] {
			return false
		}
	}
	return true
}

// overlaps reports whether a and b share a column.
func overlaps(a, b set) bool {
	for id := range a {
		if b[id] {
			return true
		}
	}
	return false
}

func projected(list []plan.Projection) []expr.Expr {
	out := make([]expr.Expr, len(list))
	for i, p := range list {
		out[i] = p.Expr
	}
	return out
}

func keyExprs(keys []plan.SortKey) []expr.Expr {
	out := make([]expr.Expr, len(keys))
	for i, k := range keys {
		out[i] = k.Expr
	}
	return out
}

// free returns the columns that a plan reads and does not define: those of the outer sides of enclosing applies.
func free(n plan.Node) set {
	read, defined := make(set), make(set)
	walk(n, func(n plan.Node) {
		maps.Copy(read, columnsOf(plan.Expressions(n)...))
		maps.Copy(defined, n.Schema().Set())
	})
	for id := range defined {
		delete(read, id)
	}
	return read
}

// volatile reports whether a plan holds a volatile expression.
func volatile(n plan.Node) bool {
	return anyNode(n, func(n plan.Node) bool { return anyVolatile(plan.Expressions(n)) })
}

func anyVolatile(list []expr.Expr) bool {
	for _, e := range list {
		if expr.Volatile(e) {
			return true
		}
	}
	return false
}
