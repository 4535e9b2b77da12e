package pushdown

import (
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

func (g *grower) join(n *plan.Join, need columns) (part, error) {
	need = reading(need, n.On)
	left, err := g.grow(n.Left, need)
	if err != nil {
		return part{}, err
	}
	right, err := g.grow(n.Right, need)
	if err != nil {
		return part{}, err
	}
	var why []plan.Kept
	switch {
	case left.taken() && right.taken():
		p, a := g.takeJoin(n, left, right)
		if a.Verdict == Whole {
			return p, nil
		}
		why = []plan.Kept{because("join", a)}
	case left.tree != nil && right.tree != nil:
		why = []plan.Kept{below("join")}
	case left.tree != nil || right.tree != nil:
		why = []plan.Kept{beside("join")}
	}
	left.kept, right.kept = append(left.kept, why...), append(right.kept, why...)
	l, err := g.close(left, need)
	if err != nil {
		return part{}, err
	}
	r, err := g.close(right, need)
	if err != nil {
		return part{}, err
	}
	return part{local: n.WithChildren([]plan.Node{l, r})}, nil
}

// takeJoin offers a join of two parts taken exactly.
func (g *grower) takeJoin(n *plan.Join, left, right part) (part, Answer) {
	inputs := []plan.Node{left.tree, right.tree}
	p := part{exact: append(left.exact, right.exact...), kept: append(left.kept, right.kept...)}
	if countKeys(left.tree)+countKeys(right.tree) > 1 {
		return p, No("only one relation can be sent along")
	}
	if n.Kind != plan.Inner {
		step := n.WithChildren(inputs)
		return p.with(step, "join"), g.take(step, n.On...)
	}
	if len(n.On) == 0 && !singleRow(left.tree) && !singleRow(right.tree) {
		return p, No("every pair of rows would be fetched")
	}
	on, rest, why := g.joinConditions(n, inputs)
	if len(on) == 0 && len(n.On) > 0 {
		return p, why
	}
	step := &plan.Join{Kind: n.Kind, Left: left.tree, Right: right.tree, On: on, BuildLeft: n.BuildLeft}
	if len(on) == 0 {
		if a := g.take(step); a.Verdict != Whole {
			return p, a
		}
	}
	p = p.with(step, "join")
	return g.conjuncts(p, rest, "join condition"), Exact()
}

// joinConditions splits an inner join's condition into what the source takes in the join and the rest, with the last
// refusal.
func (g *grower) joinConditions(n *plan.Join, inputs []plan.Node) (on, rest []expr.Expr, why Answer) {
	for _, c := range n.On {
		a := g.take(&plan.Join{Kind: n.Kind, Left: inputs[0], Right: inputs[1], On: []expr.Expr{c}}, c)
		if a.Verdict == Whole {
			on = append(on, c)
		} else {
			rest, why = append(rest, c), a
		}
	}
	return on, rest, why
}

func countKeys(n plan.Node) int {
	if _, ok := n.(*plan.Keys); ok {
		return 1
	}
	count := 0
	for _, c := range n.Children() {
		count += countKeys(c)
	}
	return count
}

// singleRow reports a tree that yields at most one row.
func singleRow(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Aggregate:
		return len(n.Groups) == 0
	case *plan.Limit:
		return n.Count >= 0 && n.Count <= 1 || singleRow(n.Input)
	case *plan.Values:
		return len(n.Rows) <= 1
	case *plan.Filter:
		return singleRow(n.Input)
	case *plan.Project:
		return singleRow(n.Input)
	case *plan.Sort:
		return singleRow(n.Input)
	}
	return false
}
