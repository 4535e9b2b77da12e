package optimize

import (
	"context"
	"math"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// sendKeys has the sides of a join read apart, though one source could run it, where the source would look very many rows up one
// by one and it is less work to read one side and have the rows of the other that match its keys:
//
//	Inner join on c.k = o.k        ->    Inner join (apart) on c.k = o.k
//	  Scan c                               Scan c
//	  Scan o                               Scan o
//
// The smaller side makes the table, and its keys go along when the other is read.
//
// Guards: The source itself says that it would look rows up, and what each of its plans costs; what it costs to send rows and keys
// comes on top. The join is all that the source would run: an aggregate above it leaves less to send. The keys can be sent, and
// they narrow what is read only while the statement runs: not where reads are bounded by what is known before.
func sendKeys(ctx context.Context, p *planner, root plan.Node) (plan.Node, error) {
	if !p.Pushdown || p.Strict || p.Bounded {
		return root, nil
	}
	pl := newPlacer(p)
	pl.colour(root) // what common table expressions read is known from here on
	return keySender{pl, ctx}.visit(root), nil
}

type keySender struct {
	*placer
	ctx context.Context
}

// visit goes down to what would be offered to a source whole.
func (k keySender) visit(n plan.Node) plan.Node {
	if k.offered(k.ctx, n, k.colour(n)) {
		switch m := n.(type) {
		case *plan.Join:
			if k.pays(m) {
				apart := *m
				apart.Apart = true
				return mapChildren(&apart, k.visit)
			}
		case *plan.Project:
			if passesOn(m) {
				return mapChildren(n, k.visit)
			}
		}
		return n
	}
	return mapChildren(n, k.visit)
}

// worthLookups is how many rows a source has to look up for its plan to be doubted; worthApart is which part of the work may be left,
// for estimates are rough.
const (
	worthLookups = 10_000
	worthApart   = 0.85
)

// What it takes to send a key and to look it up there, and to hand a row on there until it is sent, which is part of what a plan of
// the source costs.
const (
	costKey     = 200e-9
	costSentRow = 400e-9
)

// pays reports whether it is clearly less work to read the sides of a join apart.
func (k keySender) pays(j *plan.Join) bool {
	if j.Kind != plan.Inner || anyVolatile(j.On) {
		return false
	}
	site := k.colour(j).site
	if k.Barred.why(site.Source, []string{DynamicFilters}) != "" {
		return false
	}
	whole, _, ok := k.ask(site, j)
	if !ok || !(whole.Lookups >= worthLookups) {
		return false
	}
	left, leftFragment, ok := k.ask(site, j.Left)
	if !ok {
		return false
	}
	right, rightFragment, ok := k.ask(site, j.Right)
	if !ok {
		return false
	}
	way := k.wayTo(site)
	together := whole.Cost + way.transfer(whole.Rows, whole.Bytes)
	apart := func(build, probe connectors.Estimate) float64 {
		matching := math.Min(probe.Rows, whole.Rows)
		return build.Cost + way.transfer(build.Rows, build.Bytes) + build.Rows*(costKey+8*way.perByte) + costStatement +
			probe.Cost - (probe.Rows-matching)*costSentRow + way.transfer(matching, matching*probe.Bytes/math.Max(probe.Rows, 1)) +
			localJoin(build.Rows, matching, whole.Rows, true)
	}
	sides := []struct {
		build, probe  connectors.Estimate
		from, to      plan.Node
		probeFragment connectors.Fragment
	}{{left, right, j.Left, j.Right, rightFragment}, {right, left, j.Right, j.Left, leftFragment}}
	for _, s := range sides {
		if s.build.Rows <= s.probe.Rows && k.takesKeys(s.probeFragment, s.build.Rows) && k.keyed(j.On, s.from, s.to) && apart(s.build, s.probe) < worthApart*together {
			return true
		}
	}
	return false
}

// ask returns what a source says of a plan that it takes whole.
func (k keySender) ask(site plan.Site, n plan.Node) (connectors.Estimate, connectors.Fragment, bool) {
	remote, ok := k.answer(k.ctx, site, n).(*plan.Remote)
	if !ok {
		return connectors.Estimate{}, nil, false
	}
	f, ok := remote.Fragment.(connectors.Fragment)
	if !ok {
		return connectors.Estimate{}, nil, false
	}
	est, err := f.Estimate(k.ctx)
	return est, f, err == nil && est.Cost >= 0 && est.Rows >= 0 && est.Bytes >= 0
}

// takesKeys reports whether so many keys can go along with what a fragment sends.
func (k keySender) takesKeys(f connectors.Fragment, keys float64) bool {
	most := mostLate
	if lister, ok := f.(connectors.KeyLister); ok {
		most = max(most, lister.MostKeys())
	}
	return keys <= float64(most)
}

// keyed reports whether a condition equates a column of one side with one of the other, so that its values are keys.
func (k keySender) keyed(on []expr.Expr, from, to plan.Node) bool {
	build, probe := k.est.of(k.ctx, from), k.est.of(k.ctx, to)
	for _, c := range conjuncts(on) {
		pair, ok := equiPairOf(c, build, probe)
		if !ok {
			continue
		}
		_, key := pair.left.(*expr.Column)
		column, probed := pair.right.(*expr.Column)
		if key && probed && identicalIfEqual(column.Typ) {
			return true
		}
	}
	return false
}
