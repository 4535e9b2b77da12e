package bind

import (
	"testing"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/internal/tpch"
)

func TestTPCHBinds(t *testing.T) {
	b, ctx, c := newBinder(t)
	for n := 1; n <= 22; n++ {
		query, err := tpch.Query(n)
		if err != nil {
			t.Fatal(err)
		}
		node, err := b.Bind(ctx, query)
		if err != nil {
			t.Errorf("query %d: %v", n, err)
			continue
		}
		leaf, ok := LeafOf(node)
		if !ok {
			t.Errorf("query %d is not federated", n)
			continue
		}
		if err := plan.Verify(leaf.Plan); err != nil {
			t.Errorf("query %d: %v\n%s", n, err, plan.Format(leaf.Plan, plan.FormatOptions{}))
		}
		if got, want := len(leaf.Columns), len(leaf.Plan.Schema()); got != want {
			t.Errorf("query %d: %d names for %d columns", n, got, want)
		}
	}
	if c.lists != 0 {
		t.Errorf("binding listed %d times", c.lists)
	}
}
