package optimize

import (
	"slices"

	"github.com/silogate/silogate/engine/expr"
)

// factorOr takes what all arms of a disjunction have in common out of it: (a AND b) OR (a AND c) is a AND (b OR c),
// and a OR (a AND b) is a. Equal arms count once.
func factorOr(e expr.Expr) expr.Expr {
	arms := disjuncts(nil, e)
	if len(arms) < 2 || expr.Volatile(e) {
		return e
	}
	parts := make([][]expr.Expr, 0, len(arms))
	seen := make(distinctExprs)
	for _, a := range arms {
		p := expr.Conjuncts(nil, a)
		if seen.add(p...) {
			parts = append(parts, p)
		}
	}
	var common []expr.Expr
	for _, c := range parts[0] {
		if !contains(common, c) && everyHas(parts, c) {
			common = append(common, c)
		}
	}
	if len(common) == 0 {
		if len(parts) == len(arms) {
			return e
		}
		return either(allOf(parts))
	}
	for i, p := range parts {
		parts[i] = slices.DeleteFunc(slices.Clone(p), func(c expr.Expr) bool { return contains(common, c) })
		if len(parts[i]) == 0 {
			return all(common)
		}
	}
	return all(append(common, either(allOf(parts))))
}

func everyHas(parts [][]expr.Expr, c expr.Expr) bool {
	return !slices.ContainsFunc(parts, func(p []expr.Expr) bool { return !contains(p, c) })
}

func allOf(parts [][]expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(parts))
	for i, p := range parts {
		out[i] = all(p)
	}
	return out
}
