package optimize

import (
	"context"
	"maps"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// limits turns a Limit over a Sort into a top-N, and lets inputs that keep the order yield no more rows than the limit
// passes on: through a projection the Limit moves, into the inputs of a Union and the preserved side of a Left, Mark or
// Single join goes a copy. Of what a join only asks for existence, without a condition, one row is enough.
func limits(_ context.Context, _ *planner, root plan.Node) (plan.Node, error) {
	return limit(root), nil
}

func limit(n plan.Node) plan.Node {
	switch in := n.(type) {
	case *plan.Limit:
		n = pushLimit(in)
	case *plan.Join:
		n = limitExistence(in)
	case *plan.Filter:
		n = limitNumbered(in)
	}
	return mapChildren(n, limit)
}

// limitNumbered limits the rows that are numbered where only the first are kept. It takes that the number of a row depends on
// those before it alone.
func limitNumbered(f *plan.Filter) plan.Node {
	w, ok := f.Input.(*plan.Window)
	if !ok || len(w.PartitionBy) > 0 || anyVolatile(keyExprs(w.OrderBy)) {
		return f
	}
	numbers := make(set)
	for _, fn := range w.Funcs {
		switch fn.Func {
		case plan.RowNumber:
			numbers[fn.Col.ID] = true
		case plan.Rank, plan.DenseRank:
		default:
			return f
		}
	}
	for _, c := range conjuncts(f.Conds) {
		if n, ok := mostNumber(c, numbers); ok {
			input := limited(w.Input, w.OrderBy, n)
			return f.WithChildren([]plan.Node{w.WithChildren([]plan.Node{input})})
		}
	}
	return f
}

// mostNumber is the largest number that meets a condition on it.
func mostNumber(cond expr.Expr, numbers set) (int64, bool) {
	c, ok := cond.(*expr.Call)
	if !ok || len(c.Args) != 2 {
		return 0, false
	}
	col, ok := c.Args[0].(*expr.Column)
	lit, isLiteral := c.Args[1].(*expr.Literal)
	if !ok || !isLiteral || !numbers[col.ID] || !lit.Typ.IsInteger() || lit.Value.Null || lit.Value.Int < 0 {
		return 0, false
	}
	switch c.Func {
	case expr.Lt:
		return max(lit.Value.Int-1, 0), true
	case expr.Le, expr.Eq:
		return lit.Value.Int, true
	}
	return 0, false
}

// limitExistence limits the right side of an uncorrelated EXISTS.
func limitExistence(j *plan.Join) plan.Node {
	asks := j.Kind == plan.Semi || j.Kind == plan.Anti || j.Kind == plan.Mark && !j.NullAware
	if !asks || len(j.On) > 0 {
		return j
	}
	return j.WithChildren([]plan.Node{j.Left, limited(j.Right, nil, 1)})
}

func pushLimit(l *plan.Limit) plan.Node {
	switch in := l.Input.(type) {
	case *plan.Sort:
		if len(l.Keys) == 0 && l.Count >= 0 && !anyVolatile(keyExprs(in.Keys)) {
			m := *l
			m.Input, m.Keys = in.Input, in.Keys
			return pushLimit(&m)
		}
	case *plan.Project:
		return limitProject(l, in)
	case *plan.Union:
		return limitUnion(l, in)
	case *plan.Join:
		if in.Kind == plan.Left || in.Kind == plan.Mark || in.Kind == plan.Single {
			return limitJoin(l, in)
		}
	}
	return l
}

// limitProject moves a Limit below a projection, unless its keys would be computed twice. A volatile column is then
// computed for the rows that remain, as MySQL does; one that assigns is where it is to be already.
func limitProject(l *plan.Limit, p *plan.Project) plan.Node {
	if expr.Stateful(projected(p.Exprs)...) {
		return l
	}
	stands := make(map[expr.ColumnID]expr.Expr, len(p.Exprs))
	dear := make(set)
	for _, e := range p.Exprs {
		stands[e.Col.ID] = e.Expr
		dear[e.Col.ID] = hasFallback(e.Expr)
	}
	m := *l
	m.Input = p.Input
	m.Keys = nil
	for _, k := range l.Keys {
		if readsAny(k.Expr, dear) {
			return l
		}
		m.Keys = append(m.Keys, plan.SortKey{Expr: expr.Substitute(k.Expr, stands), Desc: k.Desc})
	}
	if _, bare := p.Input.(*plan.Sort); len(l.Keys) > 0 && bare {
		return l
	}
	return p.WithChildren([]plan.Node{pushLimit(&m)})
}

// most is how many rows of an input can matter to a Limit, or false if all can.
func most(l *plan.Limit) (int64, bool) {
	if l.Count < 0 || l.Offset > 1<<40 || l.Count > 1<<40 {
		return 0, false
	}
	return l.Count + l.Offset, true
}

// limited puts a copy of a Limit over an input, if that input can yield more.
func limited(n plan.Node, keys []plan.SortKey, rows int64) plan.Node {
	if l, ok := n.(*plan.Limit); ok && l.Count >= 0 && l.Count <= rows || oneRow(n) {
		return n
	}
	return &plan.Limit{Input: n, Keys: keys, Count: rows}
}

func limitUnion(l *plan.Limit, u *plan.Union) plan.Node {
	rows, ok := most(l)
	if !ok || anyVolatile(keyExprs(l.Keys)) {
		return l
	}
	inputs := make([]plan.Node, len(u.Inputs))
	for i, in := range u.Inputs {
		to := refs(u.Cols, in.Schema())
		var keys []plan.SortKey
		for _, k := range l.Keys {
			keys = append(keys, plan.SortKey{Expr: expr.Substitute(k.Expr, to), Desc: k.Desc})
		}
		inputs[i] = limited(in, keys, rows)
	}
	return l.WithChildren([]plan.Node{u.WithChildren(inputs)})
}

// limitJoin limits the left side of a join that yields at least one row for each left row, if the order is that side's.
func limitJoin(l *plan.Limit, j *plan.Join) plan.Node {
	rows, ok := most(l)
	left := j.Left.Schema().Set()
	read := columnsOf(keyExprs(l.Keys)...)
	maps.DeleteFunc(read, func(id expr.ColumnID, _ bool) bool { return left[id] })
	if !ok || len(read) > 0 || anyVolatile(keyExprs(l.Keys)) {
		return l
	}
	return l.WithChildren([]plan.Node{j.WithChildren([]plan.Node{limited(j.Left, l.Keys, rows), j.Right})})
}
