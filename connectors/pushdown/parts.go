package pushdown

import (
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// partIDs are where the ids of the columns of parts begin. A source that takes a part of a statement cannot know which ids
// the rest of it has; those of an aggregate's columns are its own, and so are these with a number that no binder reaches.
const partIDs expr.ColumnID = 1 << 30

// partsOf returns the aggregate of a part of each group of n, and false if one of n's functions is no function of those of
// parts.
func partsOf(n *plan.Aggregate) (*plan.Aggregate, bool) {
	parts := &plan.Aggregate{Input: n.Input, Groups: n.Groups, Aggs: slices.Clone(n.Aggs)}
	for i, a := range n.Aggs {
		if a.Distinct && a.Func != plan.Min && a.Func != plan.Max || a.Col.ID >= partIDs || a.BitsOfBytes() {
			return nil, false
		}
		if a.Func == plan.Sum && a.Col.Type.IsFloat() { // it depends on the order of addition
			return nil, false
		}
		switch a.Func {
		case plan.CountStar, plan.Count, plan.SumCounts, plan.Sum, plan.Min, plan.Max, plan.AnyValue, plan.BitAnd, plan.BitOr, plan.BitXor:
		default:
			return nil, false
		}
		parts.Aggs[i].Col.ID += partIDs
	}
	return parts, true
}

// aggregateParts aggregates the parts that the source gives.
func (g *grower) aggregateParts(n, parts *plan.Aggregate, p part) (part, error) {
	p = p.with(parts.WithChildren([]plan.Node{p.tree}), "aggregate in parts")
	remote, err := g.close(p, nil)
	if err != nil {
		return part{}, err
	}
	whole := &plan.Aggregate{Input: remote}
	for _, k := range n.Groups {
		whole.Groups = append(whole.Groups, plan.Projection{Col: k.Col, Expr: k.Col.Ref()})
	}
	for i, a := range n.Aggs {
		a.Args = []expr.Expr{parts.Aggs[i].Col.Ref()}
		if a.Func == plan.Count || a.Func == plan.CountStar {
			a.Func = plan.SumCounts
		}
		a.Distinct = false
		whole.Aggs = append(whole.Aggs, a)
	}
	return part{local: whole}, nil
}
