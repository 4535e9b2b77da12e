package optimize

import (
	"context"

	"github.com/silogate/silogate/engine/plan"
)

// rowOfTable is the bytes that a hash table takes for a row beside the row's own.
const rowOfTable = 32

// buildSide lets each hash join build its table from the input that makes the smaller one. It runs after place, when
// fragments say what they will send. A null-aware join always builds from its right side.
func buildSide(ctx context.Context, p *planner, root plan.Node) (plan.Node, error) {
	table := func(n plan.Node) float64 {
		e := p.est.Node(ctx, n)
		return e.Bytes + rowOfTable*e.Rows
	}
	return transform(root, func(n plan.Node) plan.Node {
		join, ok := n.(*plan.Join)
		if !ok || join.Kind == plan.NullAnti || join.NullAware {
			return n
		}
		left := table(join.Left) < table(join.Right)
		if left == join.BuildLeft {
			return n
		}
		m := *join
		m.BuildLeft = left
		return &m
	}), nil
}
