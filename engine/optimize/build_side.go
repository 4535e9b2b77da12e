package optimize

import (
	"context"

	"github.com/silogate/silogate/engine/plan"
)

// buildSide lets each hash join build its table from the input with fewer estimated bytes. It runs after place, when
// fragments say what they will send. A null-aware join always builds from its right side.
func buildSide(ctx context.Context, p *planner, root plan.Node) (plan.Node, error) {
	return transform(root, func(n plan.Node) plan.Node {
		join, ok := n.(*plan.Join)
		if !ok || join.Kind == plan.NullAnti || join.NullAware {
			return n
		}
		left := p.est.Node(ctx, join.Left).Bytes < p.est.Node(ctx, join.Right).Bytes
		if left == join.BuildLeft {
			return n
		}
		m := *join
		m.BuildLeft = left
		return &m
	}), nil
}
