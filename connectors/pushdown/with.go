package pushdown

import (
	"github.com/silogate/silogate/engine/plan"
)

// with offers a With of which the source takes every binding and the body, as one step. Any other stays here: what its
// bindings become is kept for those who read them.
func (g *grower) with(n *plan.With, need columns) (part, error) {
	taken, exact, err := g.wholeWith(n, need)
	if err != nil {
		return part{}, err
	}
	if taken == nil {
		return g.keepAll(n, beside("shared subquery"))
	}
	a := g.take(taken)
	if a.Verdict != Whole {
		return g.keepAll(n, because("shared subquery", a))
	}
	return part{tree: taken, exact: append(exact, "shared subquery")}, nil
}

// wholeWith returns a With of the trees that the source takes, and what is in them, or nil if it does not take all.
func (g *grower) wholeWith(n *plan.With, need columns) (whole plan.Node, exact []string, err error) {
	defer func() {
		for _, b := range n.Bindings {
			delete(g.shared, b.ID)
		}
	}()
	trees := make([]plan.Node, 0, len(n.Bindings)+1)
	for _, b := range n.Bindings {
		p, err := g.grow(b.Plan, b.Plan.Schema().Set())
		if err != nil || !p.taken() || !sameColumns(p.tree.Schema(), b.Plan.Schema()) {
			return nil, nil, err
		}
		trees, exact = append(trees, p.tree), append(exact, p.exact...)
		g.shared[b.ID] = true
	}
	body, err := g.grow(n.Body, need)
	if err != nil || !body.taken() {
		return nil, nil, err
	}
	return n.WithChildren(append(trees, body.tree)), append(exact, body.exact...), nil
}
