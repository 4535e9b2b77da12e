package optimize

import (
	"math"

	"github.com/silogate/silogate/engine/plan"
)

func (r *relation) aggregate(n *plan.Aggregate) *relation {
	if len(n.Groups) == 0 {
		return unknown(n.Schema(), 1)
	}
	keys := projected(n.Groups)
	out := unknown(n.Schema(), r.distinctOf(keys))
	group := key{domain: math.Max(out.rows, 1)}
	for _, g := range n.Groups {
		out.cols[g.Col.ID] = r.expression(g.Expr)
		group.cols = append(group.cols, g.Col.ID)
	}
	out = out.scaled(out.rows)
	out.keys = []key{group}
	for _, a := range n.Aggs {
		if c := r.aggregated(a, r.rows/math.Max(out.rows, 1)); c != nil {
			c.distinct, c.width = defaultDistinct(a.Col.Type, out.rows), defaultWidth(a.Col.Type)
			out.cols[a.Col.ID] = c
		}
	}
	return out
}

// aggregated guesses how an aggregate's results are distributed over groups of so many rows on average; nil if nothing is
// known. The rows are taken to fall into the groups by chance, so that the size of a group varies like a Poisson variable.
func (r *relation) aggregated(a plan.Agg, size float64) *column {
	if a.Distinct || !(size > 0) {
		return nil
	}
	if a.Func == plan.CountStar {
		return spread(size, size, 1)
	}
	if len(a.Args) != 1 {
		return nil
	}
	arg := r.expression(a.Args[0])
	size *= 1 - arg.nulls
	switch a.Func {
	case plan.Count:
		return spread(size, size, 0)
	case plan.Min, plan.Max, plan.AnyValue:
		return &column{nulls: arg.nulls, lo: arg.lo, hi: arg.hi, ranged: arg.ranged}
	}
	mean, square, ok := arg.moments()
	if !ok {
		return nil
	}
	least := math.Inf(-1)
	if arg.ranged && arg.lo >= 0 {
		least = arg.lo
	}
	switch a.Func {
	case plan.Sum:
		return spread(size*mean, size*square, least)
	case plan.Avg:
		return spread(mean, (square-mean*mean)/math.Max(size, 1), least)
	}
	return nil
}

// moments are the means of a column's values and of their squares.
func (c *column) moments() (mean, square float64, ok bool) {
	if c.dist == nil {
		return (c.lo + c.hi) / 2, (c.lo*c.lo + c.lo*c.hi + c.hi*c.hi) / 3, c.ranged
	}
	if len(c.dist.curve) == 0 && c.dist.others > rareShare {
		return 0, 0, false
	}
	total := 0.0
	add := func(share, m, s float64) { total, mean, square = total+share, mean+share*m, square+share*s }
	for _, v := range c.dist.common {
		add(v.share, v.at, v.at*v.at)
	}
	for i := 1; i < len(c.dist.curve); i++ {
		lo, hi := c.dist.curve[i-1], c.dist.curve[i]
		add(c.dist.others*(hi.below-lo.below), (lo.at+hi.at)/2, (lo.at*lo.at+lo.at*hi.at+hi.at*hi.at)/3)
	}
	return mean / total, square / total, total > 0
}

// tails are the parts of the values of which the distribution of an aggregate tells the positions, and their mirror images.
var tails = []float64{0.0005, 0.005, 0.02, 0.1, 0.25}

// spread is a column of values around a mean that are no less than least. They are spread as Laplace's distribution has it,
// whose tails are heavier than the normal one's: real groups differ more than those made by chance.
func spread(mean, variance, least float64) *column {
	scale := math.Sqrt(math.Max(variance, 0) / 2)
	var curve []point
	add := func(away, below float64) { curve = append(curve, point{math.Max(mean+scale*away, least), below}) }
	for _, t := range tails {
		add(math.Log(2*t), t)
	}
	add(0, 0.5)
	for i := len(tails) - 1; i >= 0; i-- {
		add(-math.Log(2*tails[i]), 1-tails[i])
	}
	return &column{dist: &distribution{others: 1, curve: curve}}
}
