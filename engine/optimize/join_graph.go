package optimize

import (
	"maps"
	"math/bits"
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// relSet is a set of relations of a join graph, by their index.
type relSet uint64

func (s relSet) has(t relSet) bool { return s&t == t }
func (s relSet) size() int         { return bits.OnesCount64(uint64(s)) }

// mostRelations is how many relations a graph can have; more inner joins than that keep the order they were written in.
const mostRelations = 64

// joinGraph is a tree of inner joins as a set: relations, and the conditions between them. The Left, Semi, Anti and Mark
// joins at its top and inside are relations too, dependent ones: each joins alone, as the right side, and only with a
// side that has what its condition reads. An inner join keeps, drops or repeats left rows as a whole, so the two commute.
type joinGraph struct {
	rels  []joinRel
	conds []joinCond
	equal columnClasses // columns that inner conditions make equal: one equality of two sides implies the others
	owner map[expr.ColumnID]int
}

type joinRel struct {
	node  plan.Node
	join  *plan.Join // of a dependent relation, or nil
	needs relSet     // what must be on its left side
}

// joinCond is a condition of the inner joins. Equalities of columns are in joinGraph.equal instead.
type joinCond struct {
	expr expr.Expr
	rels relSet
}

// graphOf takes a tree of joins apart. Leaves are optimized by f first.
func graphOf(n plan.Node, f func(plan.Node) plan.Node) (*joinGraph, bool) {
	for opaque := map[*plan.Join]bool{}; ; {
		g := &joinGraph{}
		var conds []expr.Expr
		g.collect(n, &conds, opaque)
		bad := g.referenced(conds)
		if bad == nil {
			if len(g.rels) > mostRelations || len(g.rels) < 2 || anyVolatile(conds) {
				return nil, false
			}
			for i := range g.rels {
				g.rels[i].node = f(g.rels[i].node)
			}
			g.connect(conds)
			return g, true
		}
		opaque[bad] = true
	}
}

// collect flattens joins whose order is free.
func (g *joinGraph) collect(n plan.Node, conds *[]expr.Expr, opaque map[*plan.Join]bool) {
	join, ok := n.(*plan.Join)
	if !ok || opaque[join] || anyVolatile(join.On) {
		g.rels = append(g.rels, joinRel{node: n})
		return
	}
	switch join.Kind {
	case plan.Inner:
		g.collect(join.Left, conds, opaque)
		g.collect(join.Right, conds, opaque)
		*conds = append(*conds, conjuncts(join.On)...)
	case plan.Left, plan.Semi, plan.Anti, plan.NullAnti, plan.Mark:
		g.collect(join.Left, conds, opaque)
		g.rels = append(g.rels, joinRel{node: join.Right, join: join})
	default:
		g.rels = append(g.rels, joinRel{node: n})
	}
}

// referenced returns a dependent join whose columns an inner condition reads: it must stay below that condition.
func (g *joinGraph) referenced(conds []expr.Expr) *plan.Join {
	read := columnsOf(conds...)
	for _, r := range g.rels {
		if r.join == nil {
			continue
		}
		if overlaps(read, r.node.Schema().Set()) || r.join.Kind == plan.Mark && read[r.join.Mark.ID] {
			return r.join
		}
	}
	return nil
}

// relsOf returns the relations whose columns a set of columns lies in.
func (g *joinGraph) relsOf(cols set) relSet {
	var s relSet
	for id := range cols {
		if i, ok := g.owner[id]; ok {
			s |= 1 << i
		}
	}
	return s
}

func (g *joinGraph) connect(conds []expr.Expr) {
	g.owner = make(map[expr.ColumnID]int)
	for i, r := range g.rels {
		for _, c := range r.node.Schema() {
			g.owner[c.ID] = i
		}
		if r.join != nil && r.join.Kind == plan.Mark {
			g.owner[r.join.Mark.ID] = i
		}
	}
	g.equal = classes(slices.DeleteFunc(slices.Clone(conds), g.readsOuter))
	for _, c := range conds {
		if eq, ok := call(c, expr.Eq); ok && g.isClassed(eq) {
			continue
		}
		g.conds = append(g.conds, joinCond{c, g.relsOf(columnsOf(c))})
	}
	for i := range g.rels {
		if r := &g.rels[i]; r.join != nil {
			r.needs = g.relsOf(columnsOf(r.join.On...)) &^ (1 << i)
			if r.needs == 0 {
				r.needs = 1 // reads no left column: any left side will do, and the first relation is on one
			}
		}
	}
}

// readsOuter reports a condition that reads a column of no relation, but of an enclosing Apply's outer side.
func (g *joinGraph) readsOuter(cond expr.Expr) bool {
	for id := range columnsOf(cond) {
		if _, ok := g.owner[id]; !ok {
			return true
		}
	}
	return false
}

func (g *joinGraph) isClassed(eq *expr.Call) bool {
	a, aok := eq.Args[0].(*expr.Column)
	b, bok := eq.Args[1].(*expr.Column)
	return aok && bok && g.equal.find(a) >= 0 && g.equal.find(a) == g.equal.find(b)
}

// between returns the conditions that become decidable where two disjoint sets are joined.
func (g *joinGraph) between(left, right relSet) []expr.Expr {
	var on []expr.Expr
	for _, class := range g.equal {
		l, r := g.member(class, left), g.member(class, right)
		if l != nil && r != nil {
			on = append(on, predicate(expr.Eq, l, r))
		}
	}
	for _, c := range g.conds {
		if (left | right).has(c.rels) && !left.has(c.rels) && !right.has(c.rels) && c.rels.size() > 1 {
			on = append(on, c.expr)
		}
	}
	return on
}

// member returns a column of a class that lies in a set of relations.
func (g *joinGraph) member(class []*expr.Column, in relSet) *expr.Column {
	for _, c := range class {
		if in.has(1 << g.owner[c.ID]) {
			return c
		}
	}
	return nil
}

// own returns the conditions on one relation: those the classes imply among its own columns, and any that read no or
// only its columns.
func (g *joinGraph) own(i int) []expr.Expr {
	var conds []expr.Expr
	for _, class := range g.equal {
		var inside []*expr.Column
		for _, c := range class {
			if g.rels[i].node.Schema().Index(c.ID) >= 0 {
				inside = append(inside, c)
			}
		}
		for k := 1; k < len(inside); k++ {
			conds = append(conds, predicate(expr.Eq, inside[0], inside[k]))
		}
	}
	for _, c := range g.conds {
		if c.rels == 1<<i || c.rels == 0 && i == 0 {
			conds = append(conds, c.expr)
		}
	}
	return conds
}

// neighbours returns, for each relation, the relations a condition connects it with. What is not connected at all is
// joined with everything, as a relation of one row is.
func (g *joinGraph) neighbours() []relSet {
	next := make([]relSet, len(g.rels))
	link := func(s relSet) {
		for i := range g.rels {
			if s.has(1 << i) {
				next[i] |= s &^ (1 << i)
			}
		}
	}
	for _, class := range g.equal {
		ids := make(set)
		for _, c := range class {
			ids[c.ID] = true
		}
		link(g.relsOf(ids))
	}
	for _, c := range g.conds {
		link(c.rels)
	}
	every := relSet(1)<<len(g.rels) - 1
	for i, r := range g.rels {
		switch {
		case r.join != nil:
			link(r.needs | 1<<i)
		case atMostOneRow(r.node):
			link(every)
		}
	}
	if reached := reach(next, 1); reached != every {
		for i := range g.rels {
			link(every)
			next[i] = every &^ (1 << i)
		}
	}
	return next
}

// reach returns what is connected with a set.
func reach(next []relSet, from relSet) relSet {
	for {
		to := from
		for i, n := range next {
			if from.has(1 << i) {
				to |= n
			}
		}
		if to == from {
			return from
		}
		from = to
	}
}

// joined builds the join of two parts of the graph.
func (g *joinGraph) joined(left, right plan.Node, l, r relSet) plan.Node {
	if dep := g.dependent(r); dep != nil {
		m := *dep.join
		m.Left, m.Right = left, right
		return &m
	}
	return &plan.Join{Kind: plan.Inner, Left: left, Right: right, On: g.between(l, r)}
}

// valid reports whether two parts can be the sides of a join: a lone dependent relation only as the right one, of a side
// that has what it needs.
func (g *joinGraph) valid(l, r relSet) bool {
	if g.dependent(l) != nil {
		return false
	}
	dep := g.dependent(r)
	return dep == nil || l.has(dep.needs)
}

// dependent returns the relation of a set that is one dependent relation, or nil.
func (g *joinGraph) dependent(s relSet) *joinRel {
	if s.size() != 1 {
		return nil
	}
	if r := &g.rels[bits.TrailingZeros64(uint64(s))]; r.join != nil {
		return r
	}
	return nil
}

// columnsUsed returns the columns that conditions of the graph read.
func (g *joinGraph) columnsUsed() set {
	used := make(set)
	for _, c := range g.conds {
		maps.Copy(used, columnsOf(c.expr))
	}
	for _, class := range g.equal {
		for _, c := range class {
			used[c.ID] = true
		}
	}
	for _, r := range g.rels {
		if r.join != nil {
			maps.Copy(used, columnsOf(r.join.On...))
		}
	}
	return used
}
