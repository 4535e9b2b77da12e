package optimize

import (
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// A line of an order names a part and one of its four suppliers: however many of the parts are left, a line of one of them
// has one match.
func TestEstimateOfACompositeForeignKey(t *testing.T) {
	const lines, parts, suppliers, perPart = 6_000_000, 200_000, 10_000, 4
	ref := func(id expr.ColumnID) *expr.Column { return &expr.Column{ID: id, Typ: types.Of(types.Int64)} }
	relationOf := func(rows, distinct1, distinct2 float64, first expr.ColumnID) *relation {
		return &relation{rows: rows, cols: map[expr.ColumnID]*column{
			first: {distinct: distinct1}, first + 1: {distinct: distinct2},
		}}
	}
	on := []expr.Expr{
		predicate(expr.Eq, ref(1), ref(11)), predicate(expr.Eq, ref(2), ref(12)),
	}
	line := relationOf(lines, parts, suppliers, 11)
	for _, left := range []float64{1, 0.1, 0.001} {
		offers := relationOf(left*parts*perPart, left*parts, suppliers, 1)
		for _, got := range []float64{
			joined(&plan.Join{On: on}, offers, line).rows, joined(&plan.Join{On: on}, line, offers).rows,
		} {
			if want := left * lines; got < want*0.99 || got > want*1.01 {
				t.Errorf("%g of the parts: %g rows, want %g", left, got, want)
			}
		}
	}
}
