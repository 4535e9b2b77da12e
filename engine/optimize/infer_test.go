package optimize

import (
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestInferUnderCollations: values that are equal under a collation need not be identical, so that only comparisons
// carry over.
func TestInferUnderCollations(t *testing.T) {
	for _, c := range []struct {
		collation types.Collation
		carried   map[expr.Func]bool
	}{
		{types.Utf8mb4Bin0900, map[expr.Func]bool{expr.Eq: true, expr.Gt: true, expr.Like: true}},
		{types.Utf8mb4AI0900, map[expr.Func]bool{expr.Eq: true, expr.Gt: true, expr.Like: false}},
	} {
		text := types.NewText(types.Varchar, 10, c.collation)
		a := plan.Column{ID: 1, Name: "a", Type: text}.Ref()
		b := plan.Column{ID: 2, Name: "b", Type: text}.Ref()
		constant := &expr.Literal{Value: types.TextValue("x"), Typ: text}
		for f, carried := range c.carried {
			got := infer([]expr.Expr{predicate(expr.Eq, a, b), predicate(f, a, constant)})
			if (len(got) == 1) != carried {
				t.Errorf("collation %d: from a %s 'x' follows %v", c.collation, f, got)
			}
		}
	}
}

// TestInferAcrossWidths: a comparison follows an equality of integers of other widths, typed anew.
func TestInferAcrossWidths(t *testing.T) {
	a := plan.Column{ID: 1, Name: "a", Type: types.Of(types.Int32)}.Ref()
	b := plan.Column{ID: 2, Name: "b", Type: types.Of(types.Int64)}.Ref()
	five := &expr.Literal{Value: types.IntValue(5), Typ: types.Of(types.Int32)}
	got := infer([]expr.Expr{predicate(expr.Eq, a, b), predicate(expr.Lt, five, a)})
	if len(got) != 1 || got[0].String() != "(b#2 > 5)" {
		t.Errorf("from 5 < a follows %v", got)
	}
	if got := infer([]expr.Expr{predicate(expr.Eq, a, b), isNull(a)}); len(got) != 0 {
		t.Errorf("from a IS NULL follows %v", got)
	}
}

// TestGroupsUnderCollations: a group is of values that are equal to its key, so that only comparisons with constants say the
// same of all of them.
func TestGroupsUnderCollations(t *testing.T) {
	for _, c := range []struct {
		collation types.Collation
		pushed    map[expr.Func]bool
	}{
		{types.Utf8mb4Bin0900, map[expr.Func]bool{expr.Eq: true, expr.Gt: true, expr.Like: true}},
		{types.Utf8mb4AI0900, map[expr.Func]bool{expr.Eq: true, expr.Gt: true, expr.Like: false}},
	} {
		text := types.NewText(types.Varchar, 10, c.collation)
		key := plan.Column{ID: 1, Name: "a", Type: text}
		constant := &expr.Literal{Value: types.TextValue("x"), Typ: text}
		for f, pushed := range c.pushed {
			group := plan.Projection{Col: key, Expr: key.Ref()}
			if got := ofWholeGroups(predicate(f, key.Ref(), constant), []plan.Projection{group}); got != pushed {
				t.Errorf("%s: of a key %s 'x' is said of all: %v", c.collation, f, got)
			}
		}
	}
}
