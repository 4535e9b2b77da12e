package optimize

import (
	"context"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// pushFilters moves every condition as far down as it stays true to the rows: through projections, sorts, unions,
// group keys and CTEs, to the sides of joins, along equalities to the other side (infer), and as the disjunction it
// implies for one side (impliedBySide). An outer join whose NULLs a condition rejects becomes an inner one; a Mark that
// a condition requires becomes a Semi or Anti join.
//
// A condition stays above a Limit, which it would change, above a Single join's own columns, whose error it would hide,
// and where it is volatile.
func pushFilters(_ context.Context, _ *planner, root plan.Node) (plan.Node, error) {
	return newFilterPusher(root).push(root, nil), nil
}

type filterPusher struct {
	reads map[int]*cteReads
}

func newFilterPusher(root plan.Node) *filterPusher {
	f := &filterPusher{reads: make(map[int]*cteReads)}
	walk(root, func(n plan.Node) {
		if ref, ok := n.(*plan.CTERef); ok {
			f.cte(ref.ID).refs++
		}
	})
	return f
}

// push returns a plan equal to Filter(n, conds). The conditions are conjuncts and not volatile.
func (f *filterPusher) push(n plan.Node, conds []expr.Expr) plan.Node {
	switch n := n.(type) {
	case *plan.Filter:
		return f.filter(n, conds)
	case *plan.Project:
		return f.project(n, conds)
	case *plan.Join:
		return f.join(n, conds)
	case *plan.Apply:
		return f.apply(n, conds)
	case *plan.Aggregate:
		return f.aggregate(n, conds)
	case *plan.Repeat:
		return n.WithChildren([]plan.Node{f.push(n.Input, conds)})
	case *plan.Rollup:
		return f.rollup(n, conds)
	case *plan.Window:
		return f.window(n, conds)
	case *plan.JSONTable:
		down, stay := bySide(conds, n.Input.Schema().Set())
		return land(n.WithChildren([]plan.Node{f.push(n.Input, down)}), stay)
	case *plan.Sort:
		return n.WithChildren([]plan.Node{f.push(n.Input, conds)})
	case *plan.Union:
		return f.union(n, conds)
	case *plan.With:
		return f.with(n, conds)
	case *plan.CTERef:
		f.cte(n.ID).note(n, conds)
		return land(n, conds)
	}
	return land(mapChildren(n, func(c plan.Node) plan.Node { return f.push(c, nil) }), conds)
}

// land puts conditions right above n.
func land(n plan.Node, conds []expr.Expr) plan.Node {
	var distinct []expr.Expr
	seen := make(distinctExprs)
	for _, c := range conds {
		if seen.add(c) {
			distinct = append(distinct, c)
		}
	}
	if len(distinct) == 0 {
		return n
	}
	return &plan.Filter{Input: n, Conds: distinct}
}

// movable splits conjuncts into those that may run elsewhere and those that stay.
func movable(conds []expr.Expr) (free, fixed []expr.Expr) {
	for _, c := range conjuncts(conds) {
		if expr.Volatile(c) {
			fixed = append(fixed, c)
		} else {
			free = append(free, c)
		}
	}
	return free, fixed
}

func (f *filterPusher) filter(n *plan.Filter, conds []expr.Expr) plan.Node {
	own, fixed := movable(n.Conds)
	input := f.push(n.Input, append(own, conds...))
	if len(fixed) == 0 {
		return input
	}
	return &plan.Filter{Input: input, Conds: fixed}
}

// project pushes conditions over what the columns stand for, if computing that twice is safe and cheap. A list that assigns is computed for
// each row that comes to it.
func (f *filterPusher) project(n *plan.Project, conds []expr.Expr) plan.Node {
	if expr.Stateful(projected(n.Exprs)...) {
		return land(n.WithChildren([]plan.Node{f.push(n.Input, nil)}), conds)
	}
	stands := make(map[expr.ColumnID]expr.Expr, len(n.Exprs))
	dear := make(set)
	for _, p := range n.Exprs {
		stands[p.Col.ID] = p.Expr
		dear[p.Col.ID] = hasFallback(p.Expr)
	}
	var down, stay []expr.Expr
	for _, c := range conds {
		if readsAny(c, dear) {
			stay = append(stay, c)
		} else {
			down = append(down, expr.Substitute(c, stands))
		}
	}
	return land(n.WithChildren([]plan.Node{f.push(n.Input, conjuncts(down))}), stay)
}

// hasFallback reports an expression that is evaluated row by row, which includes every volatile one.
func hasFallback(e expr.Expr) bool {
	found := false
	expr.Walk(e, func(e expr.Expr) bool {
		_, ok := e.(*expr.Fallback)
		found = found || ok
		return !found
	})
	return found
}

// readsAny reports whether e reads a column that is true in the set.
func readsAny(e expr.Expr, cols set) bool {
	for id := range columnsOf(e) {
		if cols[id] {
			return true
		}
	}
	return false
}

func (f *filterPusher) apply(n *plan.Apply, conds []expr.Expr) plan.Node {
	outer, stay := bySide(conds, n.Outer.Schema().Set())
	out := n.WithChildren([]plan.Node{f.push(n.Outer, outer), f.push(n.Inner, nil)})
	return land(out, stay)
}

// bySide splits conditions into those that read columns of a side and none of the other inputs, and the rest. A
// condition without columns belongs to no side.
func bySide(conds []expr.Expr, side set) (of, rest []expr.Expr) {
	for _, c := range conds {
		if cols := columnsOf(c); len(cols) > 0 && within(cols, side) {
			of = append(of, c)
		} else {
			rest = append(rest, c)
		}
	}
	return of, rest
}

// aggregate pushes conditions on group keys: they keep or drop whole groups, unless a key stands for values that are equal
// under its collation but not for the condition. Without groups there is always one row, which a condition below would not
// drop.
func (f *filterPusher) aggregate(n *plan.Aggregate, conds []expr.Expr) plan.Node {
	groups, stands := make(set), make(map[expr.ColumnID]expr.Expr)
	for _, g := range n.Groups {
		if !hasFallback(g.Expr) {
			groups[g.Col.ID] = true
			stands[g.Col.ID] = g.Expr
		}
	}
	down, stay := bySide(conds, groups)
	down, mixed := divide(down, func(c expr.Expr) bool { return ofWholeGroups(c, n.Groups) })
	stay = append(stay, mixed...)
	return land(n.WithChildren([]plan.Node{f.push(n.Input, substitute(down, stands))}), stay)
}

// rollup pushes conditions on the input's columns, which every repetition of a row has, below. A condition on the keys
// stays: it drops single repetitions of a row, not all. One that is true for no row where a key it reads is NULL holds
// for the row itself where it holds for a repetition, and a row for which it does not is of no use to any.
func (f *filterPusher) rollup(n *plan.Rollup, conds []expr.Expr) plan.Node {
	down, stay := bySide(conds, n.Input.Schema().Set())
	stands := make(map[expr.ColumnID]expr.Expr)
	for _, k := range n.Keys {
		if !hasFallback(k.Expr) {
			stands[k.Col.ID] = k.Expr
		}
	}
	for _, c := range stay {
		if needsAll(c, stands) {
			down = append(down, conjuncts([]expr.Expr{expr.Substitute(c, stands)})...)
		}
	}
	return land(n.WithChildren([]plan.Node{f.push(n.Input, down)}), stay)
}

// needsAll reports whether a condition reads nothing but columns of a set, and is true only where none of them is NULL.
func needsAll(cond expr.Expr, of map[expr.ColumnID]expr.Expr) bool {
	cols := columnsOf(cond)
	for id := range cols {
		if of[id] == nil || !rejectsNulls(cond, set{id: true}) {
			return false
		}
	}
	return len(cols) > 0
}

// window pushes conditions on keys of the partitions: they keep or drop whole partitions, if values that are equal as keys
// are the same.
func (f *filterPusher) window(n *plan.Window, conds []expr.Expr) plan.Node {
	keys := make(set)
	for _, e := range n.PartitionBy {
		if c, ok := e.(*expr.Column); ok && identicalIfEqual(c.Typ) {
			keys[c.ID] = true
		}
	}
	down, stay := bySide(conds, keys)
	return land(n.WithChildren([]plan.Node{f.push(n.Input, down)}), stay)
}

// ofWholeGroups reports whether a condition on group keys says the same of all values that a key stands for.
func ofWholeGroups(cond expr.Expr, groups []plan.Projection) bool {
	read := columnsOf(cond)
	for _, g := range groups {
		if read[g.Col.ID] && !identicalIfEqual(g.Col.Type) {
			_, single := onlyColumn(cond)
			return single && carries(cond, g.Col.Type)
		}
	}
	return true
}

// divide separates the conditions of which test holds from the others.
func divide(conds []expr.Expr, test func(expr.Expr) bool) (yes, no []expr.Expr) {
	for _, c := range conds {
		if test(c) {
			yes = append(yes, c)
		} else {
			no = append(no, c)
		}
	}
	return yes, no
}

func (f *filterPusher) union(n *plan.Union, conds []expr.Expr) plan.Node {
	inputs := make([]plan.Node, len(n.Inputs))
	for i, in := range n.Inputs {
		inputs[i] = f.push(in, substitute(conds, refs(n.Cols, in.Schema())))
	}
	return n.WithChildren(inputs)
}

// with goes from the body up through the bindings, last first, so that a binding comes after all that read it. Where
// every read of a binding is filtered, the binding need only hold the rows one of them keeps.
func (f *filterPusher) with(n *plan.With, conds []expr.Expr) plan.Node {
	out := &plan.With{Bindings: make([]plan.CTE, len(n.Bindings)), Body: f.push(n.Body, conds)}
	for i := len(n.Bindings) - 1; i >= 0; i-- {
		b := n.Bindings[i]
		var wanted []expr.Expr
		if !volatile(b.Plan) {
			wanted = f.cte(b.ID).wanted(b.Plan.Schema())
		}
		b.Plan = f.push(b.Plan, wanted)
		out.Bindings[i] = b
	}
	return out
}

// cteReads is what the reads of one CTE keep of it.
type cteReads struct {
	refs  int // reads in the plan
	kept  []cteRead
	whole bool // one read keeps every row
}

type cteRead struct {
	ref   *plan.CTERef
	conds []expr.Expr
}

func (f *filterPusher) cte(id int) *cteReads {
	if f.reads[id] == nil {
		f.reads[id] = &cteReads{}
	}
	return f.reads[id]
}

func (r *cteReads) note(ref *plan.CTERef, conds []expr.Expr) {
	own, _ := bySide(conds, ref.Cols.Set())
	r.whole = r.whole || len(own) == 0
	r.kept = append(r.kept, cteRead{ref, own})
}

// wanted is the condition, over the binding's columns, that some read keeps a row.
func (r *cteReads) wanted(bound plan.Schema) []expr.Expr {
	if r.whole || len(r.kept) < r.refs || len(r.kept) == 0 {
		return nil
	}
	arms := make([]expr.Expr, len(r.kept))
	for i, k := range r.kept {
		arms[i] = all(substitute(k.conds, refs(k.ref.Cols, bound)))
	}
	return conjuncts([]expr.Expr{factorOr(either(arms))})
}
