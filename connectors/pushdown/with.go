package pushdown

import (
	"github.com/silogate/silogate/engine/plan"
)

// with offers a With of which the source takes every binding and the body, as one step. Any other stays here: what its
// bindings become is kept for those who read them.
func (g *grower) with(n *plan.With, need columns) (part, error) {
	taken, err := g.wholeWith(n, need)
	if err != nil {
		return part{}, err
	}
	if taken == nil {
		return g.keepAll(n)
	}
	a := g.take(taken)
	if a.Verdict != Whole {
		return g.keepAll(n, because("shared subquery", a))
	}
	return part{tree: taken}, nil
}

// wholeWith returns a With of the trees that the source takes, or nil if it does not take all.
func (g *grower) wholeWith(n *plan.With, need columns) (plan.Node, error) {
	defer func() {
		for _, b := range n.Bindings {
			delete(g.shared, b.ID)
		}
	}()
	trees := make([]plan.Node, 0, len(n.Bindings)+1)
	for _, b := range n.Bindings {
		p, err := g.grow(b.Plan, b.Plan.Schema().Set())
		if err != nil || !p.taken() || !sameColumns(p.tree.Schema(), b.Plan.Schema()) {
			return nil, err
		}
		trees = append(trees, p.tree)
		g.shared[b.ID] = true
	}
	body, err := g.grow(n.Body, need)
	if err != nil || !body.taken() {
		return nil, err
	}
	return n.WithChildren(append(trees, body.tree)), nil
}
