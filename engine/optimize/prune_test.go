package optimize

import (
	"runtime"
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestPruneStateful keeps what assigns though nothing reads it, by work that grows with the list and not with its square.
func TestPruneStateful(t *testing.T) {
	bigint := types.Of(types.Int64)
	lists := func(n int) plan.Node {
		values := &plan.Values{Rows: [][]expr.Expr{{&expr.Literal{Value: types.IntValue(1), Typ: bigint}}}, Cols: plan.Schema{{ID: 1, Name: "x", Type: bigint}}}
		list := &plan.Project{Input: values, Exprs: passAll(values.Cols)}
		for i := range n {
			assigns := &expr.Fallback{Typ: bigint, Text: "@n := @n + 1", Volatile: true, Ordered: true, Stateful: true}
			list.Exprs = append(list.Exprs, plan.Projection{Col: plan.Column{ID: expr.ColumnID(i + 2), Name: "n", Type: bigint}, Expr: assigns})
		}
		return &plan.Project{Input: list, Exprs: passAll(values.Cols)}
	}
	allocated := func(n int) uint64 {
		from := lists(n)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		pruned, err := prune(t.Context(), nil, from)
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(pruned.Children()[0].Schema()); got != n+1 {
			t.Fatalf("%d of %d columns are left", got, n+1)
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	if few, many := allocated(500), allocated(4_000); many > 16*few {
		t.Errorf("%d bytes for 500 items, %d for 4000", few, many)
	}
}
