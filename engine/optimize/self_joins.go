package optimize

import (
	"context"
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// selfJoins reads a table once that is joined with itself by a unique key: the partner of each row is the row itself.
//
//	Inner join on (a.k = b.k)        Filter: the conditions on b, of a
//	  Scan t: a.k, a.x           ->    Project a.k, a.x, b.k = a.k, b.y
//	  Scan t: b.k, b.y                   Scan t: a.k, a.x, b.y
//
// Both reads are of one statement and so of one state of the table. The other read may lie below inner joins and on the left
// side of others, which keep, drop or repeat its rows as a whole. A key that may be NULL is unique but for NULL, of which the
// equality is not true either. A key whose values can be equal and not the same is none of the equality's: the source may tell
// them apart.
func selfJoins(_ context.Context, _ *planner, root plan.Node) (plan.Node, error) {
	return withoutSelfJoins(root), nil
}

// withoutSelfJoins puts the columns back in order above a tree of joins, not inside: joinOrder looks for joins right below
// joins.
func withoutSelfJoins(n plan.Node) plan.Node {
	if _, ok := n.(*plan.Join); ok {
		return restore(joinedOnce(n), n.Schema())
	}
	return mapChildren(n, withoutSelfJoins)
}

// joinedOnce is a tree of joins without such of a table with itself; its columns are in another order.
func joinedOnce(n plan.Node) plan.Node {
	join, ok := n.(*plan.Join)
	if !ok {
		return withoutSelfJoins(n)
	}
	join = mapChildren(join, joinedOnce).(*plan.Join)
	if join.Kind != plan.Inner || anyVolatile(join.On) {
		return join
	}
	for _, sides := range [][2]plan.Node{{join.Left, join.Right}, {join.Right, join.Left}} {
		again, ok := readOf(sides[1])
		if !ok {
			continue
		}
		for _, first := range readsBelow(sides[0]) {
			if first.Table == again.scan.Table && first.Site == again.scan.Site && matchesItself(join.On, first, again.scan) {
				return once(join.On, sides[0], first, again)
			}
		}
	}
	return join
}

// tableRead is a scan and the conditions right above it.
type tableRead struct {
	node  plan.Node // all of it
	scan  *plan.Scan
	conds []expr.Expr
}

// readOf recognizes a scan, perhaps below filters.
func readOf(n plan.Node) (tableRead, bool) {
	switch n := n.(type) {
	case *plan.Scan:
		return tableRead{node: n, scan: n}, true
	case *plan.Filter:
		r, ok := readOf(n.Input)
		r.node = n
		r.conds = append(slices.Clone(r.conds), n.Conds...)
		return r, ok && !anyVolatile(n.Conds)
	}
	return tableRead{}, false
}

// readsBelow returns the reads of a plan whose columns are all among its own.
func readsBelow(n plan.Node) []*plan.Scan {
	switch n := n.(type) {
	case *plan.Scan:
		return []*plan.Scan{n}
	case *plan.Filter:
		return readsBelow(n.Input)
	case *plan.Join:
		switch n.Kind {
		case plan.Full:
			return nil
		case plan.Inner:
			return append(readsBelow(n.Left), readsBelow(n.Right)...)
		}
		return readsBelow(n.Left)
	}
	return nil
}

// matchesItself reports conditions that equate all columns of a key of one read of a table with the same of another.
func matchesItself(on []expr.Expr, a, b *plan.Scan) bool {
	equal := make(map[int]bool)
	for _, c := range on {
		eq, ok := call(c, expr.Eq)
		if !ok {
			continue
		}
		x, xok := eq.Args[0].(*expr.Column)
		y, yok := eq.Args[1].(*expr.Column)
		if !xok || !yok || !identicalIfEqual(x.Typ) {
			continue
		}
		i, j := a.Cols.Index(x.ID), b.Cols.Index(y.ID)
		if i < 0 {
			i, j = a.Cols.Index(y.ID), b.Cols.Index(x.ID)
		}
		if i >= 0 && j >= 0 && a.Pos[i] == b.Pos[j] {
			equal[a.Pos[i]] = true
		}
	}
	return slices.ContainsFunc(a.Table.Keys, func(key []int) bool {
		return len(key) > 0 && !slices.ContainsFunc(key, func(p int) bool { return !equal[p] })
	})
}

// once is the rows of n with the columns of another read of the table that a scan in it reads, under the conditions of the
// join and of that read.
func once(on []expr.Expr, n plan.Node, first *plan.Scan, again tableRead) plan.Node {
	wider := *first
	wider.Cols, wider.Pos = slices.Clone(first.Cols), slices.Clone(first.Pos)
	stands := make(map[expr.ColumnID]expr.Expr)
	list := passAll(first.Cols)
	for i, c := range again.scan.Cols {
		at := slices.Index(first.Pos, again.scan.Pos[i])
		if at < 0 {
			wider.Cols, wider.Pos = append(wider.Cols, c), append(wider.Pos, again.scan.Pos[i])
			list = append(list, plan.Projection{Col: c, Expr: c.Ref()})
			continue
		}
		stands[c.ID] = first.Cols[at].Ref()
		list = append(list, plan.Projection{Col: c, Expr: first.Cols[at].Ref()})
	}
	input := transform(n, func(n plan.Node) plan.Node {
		if n == plan.Node(first) {
			return &plan.Project{Input: &wider, Exprs: list}
		}
		return n
	})
	var conds []expr.Expr
	for _, c := range substitute(append(slices.Clone(again.conds), conjuncts(on)...), stands) {
		if col, ok := ownEqual(c); !ok {
			conds = append(conds, c)
		} else if col.Null {
			conds = append(conds, predicate(expr.Not, isNull(col)))
		}
	}
	return land(input, conds)
}

// ownEqual recognizes the equality of a column with itself: it is true but for NULL.
func ownEqual(e expr.Expr) (*expr.Column, bool) {
	eq, ok := call(e, expr.Eq)
	if !ok {
		return nil, false
	}
	a, aok := eq.Args[0].(*expr.Column)
	b, bok := eq.Args[1].(*expr.Column)
	return a, aok && bok && a.ID == b.ID
}
