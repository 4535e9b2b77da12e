package optimize

import (
	"context"
	"math"
	"math/bits"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// joinOrder finds the cheapest order of inner joins and of the Left, Semi, Anti and Mark joins among them. Up to
// exhaustive relations it tries every connected split of every set of relations (dynamic programming over subsets);
// beyond that it joins the pair with the smallest result first.
//
// Where a set of relations runs is part of the enumeration: for relations of one source that can join, a set has a
// second price, that of a join inside the source whose result alone comes over. So tables of one source end up next to
// each other where that pays, and place finds them as one sub-plan.
func joinOrder(ctx context.Context, p *planner, root plan.Node) (plan.Node, error) {
	o := &orderer{planner: p, placer: newPlacer(p), joins: make(map[plan.Site]bool), ordered: make(map[plan.Node]plan.Node)}
	return o.order(ctx, root), nil
}

// exhaustive is the most relations whose orders are all tried.
const exhaustive = 12

type orderer struct {
	*planner
	placer *placer
	joins  map[plan.Site]bool // sources that were asked whether they join
	// ordered has what was made of each node: one that was taken for a relation is met again where its joins have no order.
	ordered map[plan.Node]plan.Node
}

func (o *orderer) order(ctx context.Context, n plan.Node) plan.Node {
	if r, ok := n.(*plan.Recursive); ok {
		o.est.Node(ctx, r) // what its rounds read is known from here on
	}
	below := func(c plan.Node) plan.Node {
		out, ok := o.ordered[c]
		if !ok {
			out = o.order(ctx, c)
			o.ordered[c] = out
		}
		return out
	}
	join, ok := n.(*plan.Join)
	if !ok {
		return mapChildren(n, below)
	}
	g, ok := graphOf(join, below)
	if !ok || len(g.rels) < 3 {
		return mapChildren(n, below)
	}
	e := o.enumerate(ctx, g)
	if len(g.rels) <= exhaustive {
		e.tryAll()
	} else {
		e.tryGreedy()
	}
	best := e.parts[relSet(1)<<len(g.rels)-1]
	if best == nil {
		return mapChildren(n, below)
	}
	return restore(e.build(best, false), join.Schema())
}

// part is the best way found to join a set of relations.
type part struct {
	rels   relSet
	stats  *relation
	bytes  float64 // of all its rows
	local  price   // with its rows here
	remote price   // with its rows at the source; infinite if it can't be
	site   siteSet
}

// price is a cost and how it is come by.
type price struct {
	cost        float64
	left, right relSet // of a join; both 0 for a relation
	pushed      bool   // local: the source joins, and the result comes over
}

type enumeration struct {
	*orderer
	ctx   context.Context
	graph *joinGraph
	next  []relSet
	parts map[relSet]*part
}

// enumerate makes the parts of one relation.
func (o *orderer) enumerate(ctx context.Context, g *joinGraph) *enumeration {
	e := &enumeration{orderer: o, ctx: ctx, graph: g, next: g.neighbours(), parts: make(map[relSet]*part)}
	used := g.columnsUsed()
	for i := range g.rels {
		r := &g.rels[i]
		if r.join == nil {
			r.node = land(r.node, g.own(i))
		}
		full := o.est.of(ctx, r.node)
		p := &part{rels: 1 << i, stats: full.only(used), bytes: o.est.Node(ctx, r.node).Bytes}
		p.remote.cost = math.Inf(1)
		if c := o.placer.colour(r.node); o.Pushdown && c.atSource() && len(free(r.node)) == 0 {
			p.site, p.remote.cost = c, 0
			p.local.cost = o.wayTo(c.site).transfer(full.rows, p.bytes)
			p.local.pushed = true
		}
		e.parts[p.rels] = p
	}
	return e
}

// only is r with the statistics of some columns.
func (r *relation) only(cols set) *relation {
	out := &relation{rows: r.rows, keys: r.keys, cols: make(map[expr.ColumnID]*column)}
	for id, c := range r.cols {
		if cols[id] {
			out.cols[id] = c
		}
	}
	return out
}

// tryAll builds the parts of ever more relations: a number's subsets are smaller numbers.
func (e *enumeration) tryAll() {
	every := relSet(1)<<len(e.graph.rels) - 1
	for s := relSet(3); s <= every; s++ {
		if s.size() < 2 {
			continue
		}
		for l := (s - 1) & s; l != 0; l = (l - 1) & s {
			e.try(l, s&^l)
		}
	}
}

// tryGreedy joins the two parts with the smallest result until one is left.
func (e *enumeration) tryGreedy() {
	var open []relSet
	for i := range e.graph.rels {
		open = append(open, 1<<i)
	}
	for len(open) > 1 {
		best, bi, bj := math.Inf(1), -1, -1
		for i, l := range open {
			for j, r := range open {
				if i == j || !e.try(l, r) {
					continue
				}
				if rows := e.parts[l|r].stats.rows; rows < best {
					best, bi, bj = rows, i, j
				}
			}
		}
		if bi < 0 {
			return
		}
		rest := []relSet{open[bi] | open[bj]}
		for k, s := range open {
			if k != bi && k != bj {
				rest = append(rest, s)
			}
		}
		open = rest
	}
}

// connected reports whether a condition relates two sets.
func (e *enumeration) connected(l, r relSet) bool {
	for i, n := range e.next {
		if l.has(1<<i) && n&r != 0 {
			return true
		}
	}
	return false
}

// try prices the join of two parts; false if they can't be joined.
func (e *enumeration) try(l, r relSet) bool {
	left, right := e.parts[l], e.parts[r]
	if left == nil || right == nil || !e.graph.valid(l, r) || !e.connected(l, r) {
		return false
	}
	join := e.graph.joined(nil, nil, l, r).(*plan.Join)
	p := e.parts[l|r]
	if p == nil {
		p = e.newPart(join, left, right)
		e.parts[l|r] = p
	}
	hashed := hashable(join.On, left.stats, right.stats)
	work := localJoin(left.stats.rows, right.stats.rows, p.stats.rows, hashed)
	if join.Kind != plan.Inner {
		work = dependentJoin(left.stats.rows, right.stats.rows, p.stats.rows, hashed)
	}
	work += (p.bytes + math.Min(left.bytes, right.bytes)) * costCopyByte
	if cost := left.local.cost + right.local.cost + work; cost < p.local.cost {
		p.local = price{cost: cost, left: l, right: r}
	}
	if p.site.mixed || math.IsInf(left.remote.cost+right.remote.cost, 1) {
		return true
	}
	cost := left.remote.cost + right.remote.cost + remoteJoin(left.stats.rows, right.stats.rows, p.stats.rows)
	way := e.wayTo(p.site.site)
	if cost < p.remote.cost && way.pays(p.bytes, left.bytes+right.bytes) && e.sourceJoins(p.site.site, join, l, r) {
		p.remote = price{cost: cost, left: l, right: r}
		if over := cost + way.transfer(p.stats.rows, p.bytes); over < p.local.cost {
			p.local = price{cost: over, left: l, right: r, pushed: true}
		}
	}
	return true
}

// newPart estimates a join; it is the same whichever sides it is split into.
func (e *enumeration) newPart(join *plan.Join, left, right *part) *part {
	p := &part{rels: left.rels | right.rels, stats: joined(join, left.stats, right.stats), site: left.site.and(right.site)}
	p.local.cost, p.remote.cost = math.Inf(1), math.Inf(1)
	width := left.bytes / math.Max(left.stats.rows, 1)
	if join.Kind == plan.Inner || join.Kind == plan.Left {
		width += right.bytes / math.Max(right.stats.rows, 1)
	}
	p.bytes = p.stats.rows * width
	return p
}

// sourceJoins asks a source, once, whether it takes a join like this one.
func (e *enumeration) sourceJoins(site plan.Site, join *plan.Join, l, r relSet) bool {
	if takes, ok := e.joins[site]; ok {
		return takes
	}
	e.joins[site] = false
	if l.size()+r.size() > 2 || join.Kind != plan.Inner {
		delete(e.joins, site)
		return false
	}
	src, err := e.Sources.Source(site)
	if err != nil {
		return false // place will say so
	}
	m := *join
	m.Left = e.graph.rels[bits.TrailingZeros64(uint64(l))].node
	m.Right = e.graph.rels[bits.TrailingZeros64(uint64(r))].node
	out, err := src.Pushdown(e.ctx, &m)
	if err != nil {
		return false
	}
	leaves := 0
	walk(out, func(n plan.Node) {
		if len(n.Children()) == 0 {
			leaves++
		}
	})
	e.joins[site] = leaves == 1
	return leaves == 1
}

// build makes the plan of a part, at its source or here.
func (e *enumeration) build(p *part, remote bool) plan.Node {
	way := p.local
	if remote {
		way = p.remote
	}
	if way.left == 0 {
		return e.graph.rels[bits.TrailingZeros64(uint64(p.rels))].node
	}
	remote = remote || way.pushed
	if way.pushed {
		way = p.remote
	}
	left, right := e.build(e.parts[way.left], remote), e.build(e.parts[way.right], remote)
	return e.graph.joined(left, right, way.left, way.right)
}
