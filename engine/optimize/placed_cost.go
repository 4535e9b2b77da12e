package optimize

import (
	"context"
	"math"

	"github.com/silogate/silogate/engine/plan"
)

// placedCosts tells what it costs to have the rows of plans here, with each part of them where place would put it.
type placedCosts struct {
	ctx context.Context
	*placer
}

// of is the cost of a plan in seconds.
func (c placedCosts) of(n plan.Node) float64 {
	pruned, err := narrow(c.ctx, c.planner, n)
	if err != nil {
		return math.Inf(1)
	}
	return c.here(pruned)
}

// here is the cost of a plan that runs here, but for the parts that its sources take.
func (c placedCosts) here(n plan.Node) float64 {
	out := c.est.Node(c.ctx, n)
	if c.atSource(n) {
		return c.wayTo(c.colour(n).site).transfer(out.Rows, out.Bytes) + c.there(n)
	}
	total := 0.0
	for _, in := range n.Children() {
		total += c.here(in)
	}
	switch n := n.(type) {
	case *plan.Join:
		left, right := c.est.Node(c.ctx, n.Left), c.est.Node(c.ctx, n.Right)
		hashed := hashable(n.On, c.est.of(c.ctx, n.Left), c.est.of(c.ctx, n.Right))
		total += localJoin(left.Rows, right.Rows, out.Rows, hashed)
		total += (out.Bytes + math.Min(left.Bytes, right.Bytes)) * costCopyByte
	case *plan.Aggregate:
		total += c.est.Node(c.ctx, n.Input).Rows*costAggregateRow + out.Bytes*costCopyByte
	}
	return total
}

// there is the work of joins and aggregates in a source.
func (c placedCosts) there(n plan.Node) float64 {
	total := 0.0
	for _, in := range n.Children() {
		total += c.there(in)
	}
	switch n := n.(type) {
	case *plan.Join:
		total += remoteJoin(c.est.Node(c.ctx, n.Left).Rows, c.est.Node(c.ctx, n.Right).Rows, c.est.Node(c.ctx, n).Rows)
	case *plan.Aggregate:
		total += c.est.Node(c.ctx, n.Input).Rows * costRemoteRow
	}
	return total
}

// atSource reports whether a source will run a plan, but for conditions and projections at its top.
func (c placedCosts) atSource(n plan.Node) bool {
	sites := c.colour(n)
	if !c.offered(c.ctx, n, sites) {
		return false
	}
	if _, bare := n.(*plan.Scan); bare {
		return true
	}
	out := c.answer(c.ctx, sites.site, n)
	for {
		switch m := out.(type) {
		case *plan.Filter:
			out = m.Input
		case *plan.Project:
			out = m.Input
		default:
			_, remote := out.(*plan.Remote)
			return remote
		}
	}
}
