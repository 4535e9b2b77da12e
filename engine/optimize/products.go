package optimize

import (
	"context"
	"slices"

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
			return mapChildren(n, func(c plan.Node) plan.Node {
				if c == n.Left {
					return r.counted(c)
				}
				return r.once(c, columnsOf(n.On...))
			})
		}
	case *plan.Aggregate:
		if list := plan.Expressions(n); takesDistinct(n) && !anyVolatile(list) {
			return r.belowOnce(n, columnsOf(list...))
		}
	}
	return mapChildren(n, r.counted)
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
			return r.belowOnce(n, columnsOf(list...))
		}
	case *plan.Filter:
		if !anyVolatile(n.Conds) {
			return r.belowOnce(n, with(needed, n.Conds...))
		}
	case *plan.Union:
		return mapChildren(n, func(in plan.Node) plan.Node { return r.once(in, in.Schema().Set()) })
	case *plan.Join:
		if anyVolatile(n.On) {
			break
		}
		below := r.belowOnce(n, with(needed, n.On...))
		switch {
		case n.Kind == plan.Inner:
			return r.product(below.(*plan.Join), needed)
		case n.Kind == plan.Left || asksForMatch(n.Kind):
			return below
		}
	}
	return r.counted(n)
}

// belowOnce is n with products reduced in all its inputs, of which the columns needed are read.
func (r *productReducer) belowOnce(n plan.Node, needed set) plan.Node {
	return mapChildren(n, func(c plan.Node) plan.Node { return r.once(c, needed) })
}

// product reduces the sides of an inner join that has no equality.
func (r *productReducer) product(n *plan.Join, needed set) plan.Node {
	if hashable(conjuncts(n.On), r.est.of(r.ctx, n.Left), r.est.of(r.ctx, n.Right)) {
		return n
	}
	if len(n.On) == 0 && !overlaps(needed, n.Right.Schema().Set()) {
		return &plan.Join{Kind: plan.Semi, Left: n.Left, Right: limited(n.Right, nil, 1)}
	}
	if len(n.On) == 0 && !overlaps(needed, n.Left.Schema().Set()) {
		return &plan.Join{Kind: plan.Semi, Left: n.Right, Right: limited(n.Left, nil, 1)}
	}
	needed = with(needed, n.On...)
	return mapChildren(n, func(c plan.Node) plan.Node {
		if c == n.Left {
			return r.distinct(c, n.Right, needed)
		}
		return r.distinct(c, n.Left, needed)
	})
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
