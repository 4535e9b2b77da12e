package optimize

import (
	"context"
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// products makes inner joins without an equality smaller where it does not matter how often a row comes: on the right side
// of Semi, Anti and Mark joins and below DISTINCT. Of a side that nothing above reads, one row is enough; a side whose rows
// have few distinct values gives each of them once. It runs after joinOrder, which looks for joins right below joins.
func products(ctx context.Context, p *planner, root plan.Node) (plan.Node, error) {
	r := &productReducer{ctx: ctx, planner: p}
	return r.counted(root), nil
}

type productReducer struct {
	*planner
	ctx context.Context
}

// counted looks for products below a node of which every row counts.
func (r *productReducer) counted(n plan.Node) plan.Node {
	switch n := n.(type) {
	case *plan.Join:
		if asksForMatch(n.Kind) && !anyVolatile(n.On) {
			return r.join(n, r.counted(n.Left), r.once(n.Right, columnsOf(n.On...)))
		}
	case *plan.Aggregate:
		if list := plan.Expressions(n); takesDistinct(n) && !anyVolatile(list) {
			return r.join(n, r.once(n.Input, columnsOf(list...)))
		}
	}
	return mapChildren(n, r.counted)
}

// join is n over other inputs.
func (r *productReducer) join(n plan.Node, inputs ...plan.Node) plan.Node {
	if slices.Equal(inputs, n.Children()) {
		return n
	}
	return n.WithChildren(inputs)
}

// asksForMatch reports joins to which it does not matter how many right rows are equal.
func asksForMatch(k plan.JoinKind) bool {
	return k == plan.Semi || k == plan.Anti || k == plan.NullAnti || k == plan.Mark
}

// takesDistinct reports an aggregate to which it does not matter how many of its rows are equal.
func takesDistinct(n *plan.Aggregate) bool {
	return len(n.Groups)+len(n.Aggs) > 0 && !slices.ContainsFunc(n.Aggs, func(a plan.Agg) bool {
		return !a.Distinct && a.Func != plan.Min && a.Func != plan.Max
	})
}

// once looks for products in a plan of which it does not matter how many rows are equal. Needed are its columns that are
// read above it.
func (r *productReducer) once(n plan.Node, needed set) plan.Node {
	switch n := n.(type) {
	case *plan.Project:
		if list := projected(n.Exprs); !anyVolatile(list) {
			return r.join(n, r.once(n.Input, columnsOf(list...)))
		}
	case *plan.Filter:
		if !anyVolatile(n.Conds) {
			return r.join(n, r.once(n.Input, with(needed, n.Conds...)))
		}
	case *plan.Union:
		inputs := slices.Clone(n.Inputs)
		for i, in := range inputs {
			inputs[i] = r.once(in, in.Schema().Set())
		}
		return r.join(n, inputs...)
	case *plan.Join:
		if anyVolatile(n.On) {
			break
		}
		below := with(needed, n.On...)
		switch {
		case n.Kind == plan.Inner:
			return r.product(n, needed, r.once(n.Left, below), r.once(n.Right, below))
		case n.Kind == plan.Left || asksForMatch(n.Kind):
			return r.join(n, r.once(n.Left, below), r.once(n.Right, below))
		}
	}
	return r.counted(n)
}

// product reduces the sides of an inner join that has no equality.
func (r *productReducer) product(n *plan.Join, needed set, left, right plan.Node) plan.Node {
	if slices.ContainsFunc(conjuncts(n.On), isEquality) {
		return r.join(n, left, right)
	}
	if len(n.On) == 0 && !overlaps(needed, right.Schema().Set()) {
		return &plan.Join{Kind: plan.Semi, Left: left, Right: limited(right, nil, 1)}
	}
	if len(n.On) == 0 && !overlaps(needed, left.Schema().Set()) {
		return &plan.Join{Kind: plan.Semi, Left: right, Right: limited(left, nil, 1)}
	}
	needed = with(needed, n.On...)
	return r.join(n, r.distinct(left, right, needed), r.distinct(right, left, needed))
}

func isEquality(e expr.Expr) bool {
	c, ok := e.(*expr.Call)
	return ok && (c.Func == expr.Eq || c.Func == expr.NullSafeEq)
}

// distinct returns the distinct rows of a side of a product, if it takes less to find them than to combine all with those
// of the other side.
func (r *productReducer) distinct(side, other plan.Node, needed set) plan.Node {
	list := passAll(slices.DeleteFunc(slices.Clone(side.Schema()), func(c plan.Column) bool { return !needed[c.ID] }))
	if len(list) == 0 || slices.ContainsFunc(list, func(p plan.Projection) bool { return !identicalIfEqual(p.Col.Type) }) {
		return side
	}
	out := &plan.Aggregate{Input: side, Groups: list}
	all, few := r.est.Node(r.ctx, side).Rows, r.est.Node(r.ctx, out).Rows
	if r.est.Node(r.ctx, other).Rows*(all-few) < rowsOfGrouping*all {
		return side
	}
	return out
}

// rowsOfGrouping is how many pairs of a product take about as long as one row of an aggregate.
const rowsOfGrouping = 8
