package optimize

import (
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// uniqueKeys returns sets of columns on which no two rows of a plan agree without a NULL among them.
func uniqueKeys(n plan.Node) []set {
	switch n := n.(type) {
	case *plan.Scan:
		return scanKeys(n)
	case *plan.Filter:
		return uniqueKeys(n.Input)
	case *plan.Sort:
		return uniqueKeys(n.Input)
	case *plan.Window:
		return uniqueKeys(n.Input)
	case *plan.Limit:
		return uniqueKeys(n.Input)
	case *plan.Project:
		return passedKeys(n)
	case *plan.Aggregate:
		if len(n.Groups) > 0 {
			return []set{n.Schema()[:len(n.Groups)].Set()}
		}
	case *plan.Join:
		return joinKeys(n)
	}
	return nil
}

func scanKeys(n *plan.Scan) []set {
	var keys []set
	for _, positions := range n.Table.Keys {
		if k, ok := scanKey(n, positions, 1); ok {
			s := make(set, len(k.cols))
			for _, id := range k.cols {
				s[id] = true
			}
			keys = append(keys, s)
		}
	}
	return keys
}

// passedKeys are the keys of the input that a Project hands on, under their own or a new id.
func passedKeys(n *plan.Project) []set {
	names := make(map[expr.ColumnID]expr.ColumnID)
	for _, p := range n.Exprs {
		if c, ok := p.Expr.(*expr.Column); ok {
			names[c.ID] = p.Col.ID
		}
	}
	var keys []set
	for _, k := range uniqueKeys(n.Input) {
		renamed := make(set, len(k))
		for id := range k {
			if to, ok := names[id]; ok {
				renamed[to] = true
			}
		}
		if len(renamed) == len(k) {
			keys = append(keys, renamed)
		}
	}
	return keys
}

// passedColumns returns the columns a projection list hands on as they are.
func passedColumns(list []plan.Projection) []expr.ColumnID {
	var out []expr.ColumnID
	for _, p := range list {
		if c, ok := p.Expr.(*expr.Column); ok {
			out = append(out, c.ID)
		}
	}
	return out
}

// joinKeys: a side keeps its keys if each of its rows matches at most one of the other.
func joinKeys(n *plan.Join) []set {
	switch n.Kind {
	case plan.Semi, plan.Anti, plan.NullAnti, plan.Mark, plan.Single:
		return uniqueKeys(n.Left)
	case plan.Inner, plan.Left:
		var keys []set
		if uniqueUnder(n.Right, n.On) {
			keys = append(keys, uniqueKeys(n.Left)...)
		}
		if n.Kind == plan.Inner && uniqueUnder(n.Left, n.On) {
			keys = append(keys, uniqueKeys(n.Right)...)
		}
		return keys
	}
	return nil
}

// uniqueUnder reports whether at most one row of n meets conditions that equate its columns with values from elsewhere.
func uniqueUnder(n plan.Node, conds []expr.Expr) bool {
	if atMostOneRow(n) {
		return true
	}
	own := n.Schema().Set()
	fixed := make(set)
	for _, c := range conds {
		eq, ok := call(c, expr.Eq)
		if !ok {
			continue
		}
		for i, side := range eq.Args {
			col, ok := side.(*expr.Column)
			if ok && own[col.ID] && !overlaps(columnsOf(eq.Args[1-i]), own) {
				fixed[col.ID] = true
			}
		}
	}
	for _, k := range uniqueKeys(n) {
		if within(k, fixed) {
			return true
		}
	}
	return false
}
