package pushdown

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Grow returns a plan equal to root in which what src takes are Remote leaves. The site is that of root's first scan;
// scans of other sites stay as they are. An error is one of Source.Fragment, or names a table that src can't scan.
func Grow(root plan.Node, src Source) (plan.Node, error) {
	site, ok := siteOf(root)
	if !ok {
		return root, nil
	}
	g := &grower{site: site, src: src, most: math.MaxInt, shared: make(map[int]bool)}
	if narrow, ok := src.(Narrow); ok {
		g.most = narrow.MaxColumns()
	}
	p, err := g.grow(root, root.Schema().Set())
	if err != nil {
		return nil, err
	}
	out, err := g.close(p, nil)
	if err != nil {
		return nil, err
	}
	return reorder(out, root.Schema()), nil
}

func siteOf(n plan.Node) (plan.Site, bool) {
	if s, ok := n.(*plan.Scan); ok {
		return s.Site, true
	}
	for _, c := range n.Children() {
		if site, ok := siteOf(c); ok {
			return site, true
		}
	}
	return plan.Site{}, false
}

type grower struct {
	site plan.Site
	src  Source
	most int // columns of a result of the source

	shared map[int]bool // CTEs that the source has, if it takes the With that binds them
}

// part is the answer for a sub-plan: either tree, what the source takes, under a filter of rest, or local, a node that
// has its Remote leaves already.
type part struct {
	local plan.Node
	tree  plan.Node
	rest  []expr.Expr // conjuncts that stay above tree
	exact []string    // what of tree is not in rest
	kept  []plan.Kept
}

// with returns the part grown by a step that is taken.
func (p part) with(step plan.Node, what string) part {
	return part{tree: step, exact: append(p.exact, what), kept: p.kept}
}

// taken reports a part that the source runs exactly.
func (p part) taken() bool { return p.tree != nil && len(p.rest) == 0 }

// columns is a set of column ids that something above reads.
type columns = map[expr.ColumnID]bool

// grow answers for n, of whose columns need is read above.
func (g *grower) grow(n plan.Node, need columns) (part, error) {
	switch n := n.(type) {
	case *plan.Scan:
		return g.scan(n)
	case *plan.Keys:
		return g.leaf(n), nil
	case *plan.Values:
		return g.leaf(n), nil
	case *plan.Filter:
		return g.filter(n, need)
	case *plan.Project:
		return g.project(n)
	case *plan.Aggregate:
		return g.aggregate(n)
	case *plan.Sort:
		return g.ordered(n, n.Keys, need)
	case *plan.Limit:
		return g.limit(n, need)
	case *plan.Join:
		return g.join(n, need)
	case *plan.Union:
		return g.union(n)
	case *plan.With:
		return g.with(n, need)
	case *plan.CTERef:
		if g.shared[n.ID] {
			return g.leaf(n), nil
		}
	}
	return g.keepAll(n, plan.Kept{What: plan.KindName(n), Why: "sources are not asked for it"})
}

// scan offers a scan; one of another site stays.
func (g *grower) scan(n *plan.Scan) (part, error) {
	if n.Site != g.site {
		return part{local: n}, nil
	}
	if a := g.src.Take(n); a.Verdict != Whole {
		return part{}, sqlerr.New(sqlerr.Unsupported, "source %s, table %s: %s", n.Site.Source, n.Table.Name, a.Reason)
	}
	return part{tree: n}, nil
}

// leaf offers a relation that the statement brings along.
func (g *grower) leaf(n plan.Node) part {
	if g.src.Take(n).Verdict == Whole {
		return part{tree: n}
	}
	return part{local: n}
}

// take offers a step with the schema of its inputs known; it refuses for the source what reads columns from outside.
func (g *grower) take(step plan.Node, reads ...expr.Expr) Answer {
	if !defined(step.Children(), reads) {
		return No("it reads a row from outside the source's part")
	}
	if n := len(step.Schema()); n > g.most {
		return tooWide(n, g.most)
	}
	return g.src.Take(step)
}

func tooWide(columns, most int) Answer {
	return No("its result has %d columns, and the source's at most %d", columns, most)
}

func defined(inputs []plan.Node, reads []expr.Expr) bool {
	read := make(columns)
	for _, e := range reads {
		expr.Columns(e, read)
	}
	for _, in := range inputs {
		for _, c := range in.Schema() {
			delete(read, c.ID)
		}
	}
	return len(read) == 0
}

func (g *grower) filter(n *plan.Filter, need columns) (part, error) {
	p, err := g.grow(n.Input, reading(need, n.Conds))
	if err != nil {
		return p, err
	}
	if p.tree == nil {
		return part{local: n.WithChildren([]plan.Node{p.local})}, nil
	}
	return g.conjuncts(p, n.Conds, "filter"), nil
}

// conjuncts adds conditions to what p keeps: exact ones below, the rest above, where what was kept already stays.
func (g *grower) conjuncts(p part, conds []expr.Expr, what string) part {
	var push []expr.Expr
	for _, c := range conds {
		a := g.take(&plan.Filter{Input: p.tree, Conds: []expr.Expr{c}}, c)
		switch {
		case a.Verdict == Whole:
			push = append(push, c)
			p.exact = append(p.exact, fmt.Sprintf("%s %s", what, c))
			continue
		case a.Verdict == Loose && a.Push != nil:
			push = append(push, a.Push)
		case a.Verdict == Loose:
			push = append(push, c)
		}
		p.rest = append(p.rest, c)
		p.kept = append(p.kept, plan.Kept{What: fmt.Sprintf("%s %s", what, c), Why: a.Reason, Rechecked: a.Verdict == Loose})
	}
	if len(push) > 0 {
		p.tree = &plan.Filter{Input: p.tree, Conds: push}
	}
	return p
}

func because(what string, a Answer) plan.Kept { return plan.Kept{What: what, Why: a.Reason} }

// beside is why a step of several inputs can't be offered where one of them is not taken.
func beside(what string) plan.Kept { return plan.Kept{What: what, Why: "another input runs here"} }

// below is why a step can't be offered over a part that is not taken.
func below(what string) plan.Kept { return plan.Kept{What: what, Why: "a filter below it runs here"} }

// reading returns need extended by the columns that list reads.
func reading(need columns, list []expr.Expr) columns {
	all := maps.Clone(need)
	if all == nil {
		all = make(columns)
	}
	for _, e := range list {
		expr.Columns(e, all)
	}
	return all
}

func (g *grower) project(n *plan.Project) (part, error) {
	exprs := make([]expr.Expr, len(n.Exprs))
	for i, p := range n.Exprs {
		exprs[i] = p.Expr
	}
	p, err := g.grow(n.Input, reading(nil, exprs))
	if err != nil {
		return p, err
	}
	if !p.taken() {
		return g.above(n, p, reading(nil, exprs))
	}
	var push, stay []plan.Projection // stay gives n's columns over what push leaves of the tree
	var reads []expr.Expr
	var computed []string
	for _, e := range n.Exprs {
		a := g.take(&plan.Project{Input: p.tree, Exprs: []plan.Projection{e}}, e.Expr)
		if a.Verdict == Whole {
			push = append(push, e)
			if _, passed := e.Expr.(*expr.Column); !passed {
				computed = append(computed, fmt.Sprintf("column %s", e.Expr))
			}
			stay = append(stay, plan.Projection{Col: e.Col, Expr: e.Col.Ref()})
			continue
		}
		p.kept = append(p.kept, because(fmt.Sprintf("column %s", e.Expr), a))
		stay = append(stay, e)
		reads = append(reads, e.Expr)
	}
	if len(push) > g.most {
		p.kept = append(p.kept, because("projection", tooWide(len(push), g.most)))
		return g.above(n, p, nil)
	}
	if len(reads) == 0 {
		return part{tree: &plan.Project{Input: p.tree, Exprs: push}, exact: append(p.exact, computed...), kept: p.kept}, nil
	}
	pushed := projectedSet(push)
	for _, c := range pick(p.tree.Schema(), reading(nil, reads)) {
		if !pushed[c.ID] {
			push = append(push, plan.Projection{Col: c, Expr: c.Ref()})
		}
	}
	if !g.passes(p.tree, push) {
		return g.above(n, p, nil)
	}
	p.tree, p.exact = &plan.Project{Input: p.tree, Exprs: push}, append(p.exact, computed...)
	remote, err := g.close(p, nil)
	if err != nil {
		return part{}, err
	}
	return part{local: &plan.Project{Input: remote, Exprs: stay}}, nil
}

// passes reports whether the source passes on those of the columns that it does not compute.
func (g *grower) passes(tree plan.Node, list []plan.Projection) bool {
	for i, p := range list {
		if p.PassThrough() && g.src.Take(&plan.Project{Input: tree, Exprs: list[i : i+1]}).Verdict != Whole {
			return false
		}
	}
	return true
}

func projectedSet(list []plan.Projection) columns {
	set := make(columns, len(list))
	for _, p := range list {
		set[p.Col.ID] = true
	}
	return set
}

func (g *grower) aggregate(n *plan.Aggregate) (part, error) {
	reads := aggregateReads(n)
	need := reading(nil, reads)
	p, err := g.grow(n.Input, need)
	if err != nil {
		return p, err
	}
	if p.taken() {
		step := n.WithChildren([]plan.Node{p.tree})
		a := g.take(step, reads...)
		if a.Verdict == Whole {
			return p.with(step, "aggregate"), nil
		}
		if a.Verdict == Partial {
			if parts, ok := partsOf(n); ok {
				p.kept = append(p.kept, because("the rest of the aggregate", a))
				return g.aggregateParts(n, parts, p)
			}
			a = No("it is not made of parts, and %s", a.Reason)
		}
		p.kept = append(p.kept, because("aggregate", a))
	} else if p.tree != nil {
		p.kept = append(p.kept, below("aggregate"))
	}
	return g.above(n, p, need)
}

func aggregateReads(n *plan.Aggregate) []expr.Expr {
	var reads []expr.Expr
	for _, k := range n.Groups {
		reads = append(reads, k.Expr)
	}
	for _, a := range n.Aggs {
		reads = append(reads, a.Args...)
		reads = append(reads, sortReads(a.OrderBy)...)
	}
	return reads
}

func sortReads(keys []plan.SortKey) []expr.Expr {
	reads := make([]expr.Expr, len(keys))
	for i, k := range keys {
		reads[i] = k.Expr
	}
	return reads
}

// ordered answers for a Sort or Limit n with those keys.
func (g *grower) ordered(n plan.Node, keys []plan.SortKey, need columns) (part, error) {
	reads := sortReads(keys)
	need = reading(need, reads)
	p, err := g.grow(n.Children()[0], need)
	if err != nil {
		return p, err
	}
	what := "sort"
	if _, ok := n.(*plan.Limit); ok {
		what = "limit"
	}
	switch {
	case p.taken():
		step := n.WithChildren([]plan.Node{p.tree})
		a := g.take(step, reads...)
		if a.Verdict == Whole {
			return p.with(step, what), nil
		}
		p.kept = append(p.kept, because(what, a))
	case p.tree != nil:
		p.kept = append(p.kept, below(what))
	}
	return g.above(n, p, need)
}

// limit offers a LIMIT over a Sort as one top-N, and below a projection: what stays of that above computes fewer rows.
func (g *grower) limit(n *plan.Limit, need columns) (part, error) {
	switch in := n.Input.(type) {
	case *plan.Sort:
		if len(n.Keys) == 0 {
			n = &plan.Limit{Input: in.Input, Keys: in.Keys, Offset: n.Offset, Count: n.Count}
		}
	case *plan.Project:
		if defined([]plan.Node{in.Input}, sortReads(n.Keys)) {
			below := &plan.Limit{Input: in.Input, Keys: n.Keys, Offset: n.Offset, Count: n.Count}
			return g.project(&plan.Project{Input: below, Exprs: in.Exprs})
		}
	}
	return g.ordered(n, n.Keys, need)
}

func (g *grower) union(n *plan.Union) (part, error) {
	parts := make([]part, len(n.Inputs))
	trees := make([]plan.Node, len(n.Inputs))
	var taken part
	why, all := beside("union"), true
	for i, in := range n.Inputs {
		var err error
		if parts[i], err = g.grow(in, in.Schema().Set()); err != nil {
			return part{}, err
		}
		trees[i] = parts[i].tree
		taken.kept, taken.exact = append(taken.kept, parts[i].kept...), append(taken.exact, parts[i].exact...)
		all = all && parts[i].taken() && sameColumns(in.Schema(), parts[i].tree.Schema())
	}
	if all {
		step := n.WithChildren(trees)
		a := g.take(step)
		if a.Verdict == Whole {
			return taken.with(step, "union"), nil
		}
		why = because("union", a)
	}
	inputs := make([]plan.Node, len(parts))
	for i, p := range parts {
		if all || p.taken() {
			p.kept = append(p.kept, why)
		}
		in, err := g.close(p, nil)
		if err != nil {
			return part{}, err
		}
		inputs[i] = reorder(in, n.Inputs[i].Schema())
	}
	return part{local: n.WithChildren(inputs)}, nil
}

// keepAll leaves a node that has no place in a fragment, and why, if that is known, above what its inputs become, each
// complete.
func (g *grower) keepAll(n plan.Node, why ...plan.Kept) (part, error) {
	children := slices.Clone(n.Children())
	for i, c := range children {
		p, err := g.grow(c, c.Schema().Set())
		if err != nil {
			return part{}, err
		}
		p.kept = append(p.kept, why...)
		closed, err := g.close(p, nil)
		if err != nil {
			return part{}, err
		}
		children[i] = reorder(closed, c.Schema())
	}
	return part{local: n.WithChildren(children)}, nil
}

// above puts n, which reads the columns need, over p.
func (g *grower) above(n plan.Node, p part, need columns) (part, error) {
	in, err := g.close(p, need)
	if err != nil {
		return part{}, err
	}
	return part{local: n.WithChildren([]plan.Node{in})}, nil
}
