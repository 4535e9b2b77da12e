package optimize

import (
	"context"
	"fmt"
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// place offers each source its maximal part of the plan and puts the Remote leaves it answers with in its stead.
//
// A part is offered whole if one source has all its scans, it reads no column of an enclosing Apply, and it moves no more
// bytes than its parts (pays): a join whose output outgrows both tables is better done here. (Bytes stand in for the
// whole cost, which will add the source's own work, its splits and the link.) A Sort alone moves nothing less and would
// force a single split, so it is not offered unless something above it is, or its rows are so few that they come in one
// piece anyway.
func place(ctx context.Context, p *planner, root plan.Node) (plan.Node, error) {
	return newPlacer(p).place(ctx, root)
}

func newPlacer(p *planner) *placer {
	return &placer{planner: p, sites: make(map[plan.Node]siteSet), shared: make(map[int]siteSet), here: make(map[plan.Node]float64)}
}

type placer struct {
	*planner
	sites  map[plan.Node]siteSet
	shared map[int]siteSet       // of CTEs
	here   map[plan.Node]float64 // what pulled found out
}

// siteSet is the colour of a plan: the sites its scans lie at.
type siteSet struct {
	site  plan.Site
	any   bool  // site is set
	mixed bool  // more than one site, or a part that only runs here
	reads []int // CTEs that are bound around it
}

// atSource reports a plan that one source can run whole.
func (s siteSet) atSource() bool { return s.any && !s.mixed && len(s.reads) == 0 }

func (s siteSet) and(t siteSet) siteSet {
	switch {
	case s.mixed || t.mixed, s.any && t.any && s.site != t.site:
		return siteSet{mixed: true}
	case !s.any:
		s, t = t, s
	}
	s.reads = append(s.reads[:len(s.reads):len(s.reads)], t.reads...)
	return s
}

// colour returns the sites of n's scans, those of the CTEs that it reads included. Values and Keys go along with any. The
// CTEs that n reads are coloured before it.
func (pl *placer) colour(n plan.Node) siteSet {
	if s, ok := pl.sites[n]; ok {
		return s
	}
	var s siteSet
	switch n := n.(type) {
	case *plan.Scan:
		s = siteSet{site: n.Site, any: true}
	case *plan.CTERef:
		s = pl.shared[n.ID]
		s.reads = []int{n.ID}
	case *plan.With:
		return pl.colourWith(n)
	case *plan.Join:
		s.mixed = n.Apart
	case *plan.Apply, *plan.JSONTable, *plan.Recursive, *plan.Working, *plan.Remote:
		s.mixed = true
	}
	for _, c := range n.Children() {
		s = s.and(pl.colour(c))
	}
	if s.any && !s.mixed && pl.barred(s.site.Source, n) != "" {
		s.mixed = true
	}
	pl.sites[n] = s
	return s
}

func (pl *placer) colourWith(n *plan.With) siteSet {
	var s siteSet
	bound := make(map[int]bool, len(n.Bindings))
	for _, b := range n.Bindings {
		bound[b.ID] = true
		pl.shared[b.ID] = pl.colour(b.Plan)
		s = s.and(pl.shared[b.ID])
	}
	s = s.and(pl.colour(n.Body))
	if s.any && !s.mixed && pl.barred(s.site.Source, n) != "" {
		s.mixed = true
	}
	s.reads = slices.DeleteFunc(slices.Clone(s.reads), func(id int) bool { return bound[id] })
	pl.sites[n] = s
	return s
}

func (pl *placer) place(ctx context.Context, n plan.Node) (plan.Node, error) {
	if f, ok := n.(*plan.Filter); ok {
		if keys := required(f); len(keys) > 0 && pl.withheld(f) {
			return pl.byKeys(ctx, f, keys)
		}
		n = pl.split(f)
	}
	c := pl.colour(n)
	switch {
	case !c.any && !c.mixed:
		return n, nil
	case pl.offered(ctx, n, c):
		return pl.offer(ctx, c.site, n)
	}
	out, err := tryChildren(n, func(c plan.Node) (plan.Node, error) { return pl.place(ctx, c) })
	if err != nil {
		return nil, err
	}
	if pl.Pushdown {
		out = pl.explain(n, out)
	}
	return out, nil
}

// offered decides whether n goes to its source as a whole.
func (pl *placer) offered(ctx context.Context, n plan.Node, c siteSet) bool {
	if !c.atSource() {
		return false
	}
	switch n.(type) {
	case *plan.Scan:
		return true
	}
	if !pl.Pushdown || len(free(n)) > 0 {
		return false
	}
	way, sent := pl.wayTo(c.site), pl.pushed(ctx, n)
	return way.pays(sent, pl.pulled(ctx, n)) && (!orderedOnly(n) || sent <= way.small())
}

// orderedOnly reports a sort, perhaps under a projection.
func orderedOnly(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Sort:
		return true
	case *plan.Project:
		return orderedOnly(n.Input)
	}
	return false
}

// pushed is the bytes that come over if the source runs n.
func (pl *placer) pushed(ctx context.Context, n plan.Node) float64 {
	return pl.est.Node(ctx, n).Bytes
}

// pulled is the bytes that come over if n runs here, over inputs placed as well as can be.
func (pl *placer) pulled(ctx context.Context, n plan.Node) float64 {
	if _, ok := n.(*plan.Scan); ok {
		return pl.pushed(ctx, n)
	}
	if known, ok := pl.here[n]; ok {
		return known
	}
	total := 0.0
	for _, c := range n.Children() {
		total += min(pl.pushed(ctx, c), pl.pulled(ctx, c))
	}
	if _, ok := n.(*plan.Filter); ok { // more than its input only by what an earlier run had
		total = max(total, pl.pushed(ctx, n))
	}
	pl.here[n] = total
	return total
}

// split puts the conjuncts that read an enclosing Apply's columns, are volatile or barred above the others, which may then
// go to the source.
func (pl *placer) split(f *plan.Filter) plan.Node {
	outer, in := free(f), pl.colour(f.Input)
	var here, there []expr.Expr
	for _, c := range f.Conds {
		if overlaps(columnsOf(c), outer) || expr.Volatile(c) || in.atSource() && pl.barredCond(in.site.Source, c) != "" {
			here = append(here, c)
		} else {
			there = append(there, c)
		}
	}
	if len(here) == 0 || len(there) == 0 {
		return f
	}
	return &plan.Filter{Input: &plan.Filter{Input: f.Input, Conds: there}, Conds: here}
}

// answer returns what a source would make of n; nil: it fails, which place will say.
func (pl *placer) answer(ctx context.Context, site plan.Site, n plan.Node) plan.Node {
	src, err := pl.Sources.Source(site)
	if err != nil {
		return nil
	}
	out, err := src.Pushdown(ctx, n)
	if err != nil {
		return nil
	}
	return out
}

// offer asks the source to take n, and checks its answer.
func (pl *placer) offer(ctx context.Context, site plan.Site, n plan.Node) (plan.Node, error) {
	src, err := pl.Sources.Source(site)
	if err != nil {
		return nil, err
	}
	out, err := src.Pushdown(ctx, n)
	if err != nil {
		return nil, err
	}
	pl.offers = append(pl.offers, offer{site.Source, n})
	if err := pl.accept(site, n, out); err != nil {
		return nil, sqlerr.Wrap(sqlerr.Internal, err, "source %s: answer to a pushdown", site.Source)
	}
	pl.est.adopt(ctx, n, out)
	if _, bare := n.(*plan.Scan); !bare {
		out, err = tryScans(out, func(s *plan.Scan) (plan.Node, error) { return pl.offer(ctx, site, s) })
		if err != nil {
			return nil, err
		}
	}
	if part, ok := partOf(n); ok {
		pl.parts[out] = part
	}
	if pl.Strict {
		return out, pl.refuseFullRead(ctx, n, out)
	}
	return out, nil
}

// accept checks a source's answer: a sound plan with the offered columns, over no leaves but Remotes of that source and
// what it was offered. A Scan it was offered alone it must take.
func (pl *placer) accept(site plan.Site, offered, out plan.Node) error {
	if out == nil {
		return fmt.Errorf("no plan")
	}
	if err := plan.Verify(out); err != nil {
		return err
	}
	if err := sameColumns(offered.Schema(), out.Schema()); err != nil {
		return err
	}
	var given []plan.Node
	walk(offered, func(n plan.Node) {
		if len(n.Children()) == 0 {
			given = append(given, n)
		}
	})
	_, bare := offered.(*plan.Scan)
	var err error
	walk(out, func(n plan.Node) {
		if err != nil || len(n.Children()) > 0 {
			return
		}
		remote, ok := n.(*plan.Remote)
		switch {
		case ok && remote.Site != site:
			err = fmt.Errorf("a leaf of source %s", remote.Site.Source)
		case !ok && !slices.Contains(given, n):
			err = fmt.Errorf("a leaf that was not offered: %s", plan.Format(n, plan.FormatOptions{}))
		case !ok && bare:
			err = fmt.Errorf("table %s cannot be scanned", n.(*plan.Scan).Table.Name)
		}
	})
	return err
}

// tryScans replaces every Scan.
func tryScans(n plan.Node, f func(*plan.Scan) (plan.Node, error)) (plan.Node, error) {
	if s, ok := n.(*plan.Scan); ok {
		return f(s)
	}
	return tryChildren(n, func(c plan.Node) (plan.Node, error) { return tryScans(c, f) })
}

// explain notes at the Remotes right below n why n runs here; out is n over its inputs as they are placed. A node above one
// that runs here does so for that reason.
func (pl *placer) explain(n, out plan.Node) plan.Node {
	return mapChildren(out, func(c plan.Node) plan.Node {
		r, ok := c.(*plan.Remote)
		if !ok || passesOn(n) {
			return c
		}
		noted := *r
		noted.Kept = append(slices.Clone(r.Kept), plan.Kept{What: plan.KindName(n), Why: pl.whyHere(n, r.Site)})
		pl.est.memo[&noted] = pl.est.memo[r]
		if guess, ok := pl.est.learnt[r]; ok {
			pl.est.learnt[&noted] = guess
		}
		if part, ok := pl.parts[r]; ok {
			pl.parts[&noted] = part
			delete(pl.parts, r)
		}
		return &noted
	})
}

// passesOn reports a node that computes nothing.
func passesOn(n plan.Node) bool {
	p, ok := n.(*plan.Project)
	return ok && !slices.ContainsFunc(p.Exprs, computed)
}

// whyHere says why n, of which a source could run an input, is not offered.
func (pl *placer) whyHere(n plan.Node, site plan.Site) string {
	if why := pl.barred(site.Source, n); why != "" {
		return why
	}
	if f, ok := n.(*plan.Filter); ok && slices.ContainsFunc(f.Conds, expr.Volatile) {
		return "it has another value each time that it is evaluated"
	}
	if j, ok := n.(*plan.Join); ok && j.Apart {
		return "the source would look very many rows up one by one: the keys of one side go along with the other"
	}
	switch n.(type) {
	case *plan.Apply, *plan.JSONTable, *plan.Recursive, *plan.Rollup, *plan.Window, *plan.Repeat:
		return "sources are not asked for it"
	}
	switch c := pl.colour(n); {
	case len(free(n)) > 0:
		return "it reads the columns of an outer query"
	case len(c.reads) > 0:
		return "it reads a shared subquery that runs here"
	case c.mixed:
		return "another input is not of this source"
	case orderedOnly(n):
		return "an order alone spares no rows"
	}
	return "its output is larger than its inputs"
}
