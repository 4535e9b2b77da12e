package optimize

import (
	"context"
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// lateColumns fetches the columns of a table that a top-N does nothing but show for the rows that are left, by a key of the
// table that they have:
//
//	Limit 20 by x                          Sort by x
//	  Aggregate by t.k, t.a: x           ->  Inner join on u.k = t.k
//	    Inner join                             Scan t as u: u.k, u.a
//	      Scan t: t.k, t.a                     Limit 20 by x
//	      ...                                    Aggregate by t.k: x
//	                                               Inner join
//	                                                 Scan t: t.k
//	                                                 ...
//
// The scan is the probing side of the join, so that its source is asked for the rows of those keys alone. The columns need not
// come over, nor through the joins and into the groups, for rows that are then cut off; a group by a key is the same without
// columns of its row.
//
// Guards: The table is one of which all reads of a statement see one state, and its rows are not on a side that an outer join
// pads. The key can't be NULL, and equal keys are the same. What a source runs as a whole is left to it. The keys
// narrow the read only while the statement runs: where that may not be, or reads are bounded by what is known before, nothing is
// fetched late. It has to save twice as much as it costs.
func lateColumns(ctx context.Context, p *planner, root plan.Node) (plan.Node, error) {
	limited := func(n plan.Node) bool {
		l, ok := n.(*plan.Limit)
		return ok && len(l.Keys) > 0
	}
	if !p.Pushdown || p.Strict || p.Bounded || !anyNode(root, limited) {
		return root, nil
	}
	p.est.Node(ctx, root) // what common table expressions have is known from here on
	f := lateFetcher{planner: p, costs: placedCosts{ctx, newPlacer(p)}}
	return transform(root, func(n plan.Node) plan.Node {
		if limited(n) {
			return f.fetch(n.(*plan.Limit))
		}
		return n
	}), nil
}

// mostLate is for how many rows columns are fetched: the keys of more are no condition any more.
const mostLate = 4096

type lateFetcher struct {
	*planner
	costs placedCosts
}

// shownOnly are columns of a table below a top-N, and what the top-N shows them as.
type shownOnly struct {
	read tableRead
	cols map[expr.ColumnID][]expr.ColumnID // by the table's
}

// fetch returns the top-N with the columns of the table that saves most fetched late, and as it is if none does.
func (f lateFetcher) fetch(l *plan.Limit) plan.Node {
	rows, ok := most(l)
	if !ok || rows > mostLate || anyVolatile(keyExprs(l.Keys)) {
		return l
	}
	shown := make(map[expr.ColumnID][]expr.ColumnID)
	read := columnsOf(keyExprs(l.Keys)...)
	for _, c := range l.Schema() {
		if !read[c.ID] {
			shown[c.ID] = []expr.ColumnID{c.ID}
		}
	}
	var best plan.Node
	most := 0.0
	for _, s := range shownBelow(l.Input, shown) {
		saved := f.saved(s, l.Input, float64(rows))
		if saved <= most {
			continue
		}
		if late, ok := f.late(l, s); ok {
			best, most = late, saved
		}
	}
	if best == nil || f.costs.atSource(l) {
		return l
	}
	return best
}

// shownBelow traces columns of n down to the tables of which they are, as long as nothing computes with them.
func shownBelow(n plan.Node, shown map[expr.ColumnID][]expr.ColumnID) []shownOnly {
	if len(shown) == 0 {
		return nil
	}
	switch n := n.(type) {
	case *plan.Project:
		return shownBelow(n.Input, shownThrough(n.Exprs, shown))
	case *plan.Aggregate:
		below := shownThrough(n.Groups, shown)
		for _, a := range n.Aggs {
			unshow(below, a.Args...)
			unshow(below, keyExprs(a.OrderBy)...)
		}
		return shownAt(n.Input, below)
	}
	return shownAt(n, shown)
}

// shownAt is shownBelow of filters and joins.
func shownAt(n plan.Node, shown map[expr.ColumnID][]expr.ColumnID) []shownOnly {
	if read, ok := readOf(n); ok {
		own := make(map[expr.ColumnID][]expr.ColumnID)
		for _, c := range read.scan.Cols {
			if as, ok := shown[c.ID]; ok {
				own[c.ID] = as
			}
		}
		return []shownOnly{{read, own}}
	}
	switch n := n.(type) {
	case *plan.Project:
		return shownAt(n.Input, shownThrough(n.Exprs, shown))
	case *plan.Filter:
		unshow(shown, n.Conds...)
		return shownAt(n.Input, shown)
	case *plan.Join:
		unshow(shown, n.On...)
		switch n.Kind {
		case plan.Full:
			return nil
		case plan.Inner:
			return append(shownAt(n.Left, shown), shownAt(n.Right, shown)...)
		}
		return shownAt(n.Left, shown)
	}
	return nil
}

// shownThrough is what a projection list shows of the columns below it.
func shownThrough(list []plan.Projection, shown map[expr.ColumnID][]expr.ColumnID) map[expr.ColumnID][]expr.ColumnID {
	below := make(map[expr.ColumnID][]expr.ColumnID)
	var read []expr.Expr
	for _, p := range list {
		if c, ok := p.Expr.(*expr.Column); ok && shown[p.Col.ID] != nil {
			below[c.ID] = append(below[c.ID], shown[p.Col.ID]...)
		} else {
			read = append(read, p.Expr)
		}
	}
	unshow(below, read...)
	return below
}

// unshow drops the columns that expressions read.
func unshow(shown map[expr.ColumnID][]expr.ColumnID, list ...expr.Expr) {
	for id := range columnsOf(list...) {
		delete(shown, id)
	}
}

// The seconds of one core that a statement costs a source, however little it does, and a row that it looks up by a key.
const (
	costStatement = 1e-3
	costLookup    = 20e-6
)

// saved is how many seconds it saves to fetch columns for so many rows instead of for all that come; none if it does not pay.
func (f lateFetcher) saved(s shownOnly, over plan.Node, rows float64) float64 {
	read := f.est.of(f.costs.ctx, s.read.scan)
	width := 0.0
	for id := range s.cols {
		width += read.width(plan.Schema{s.read.scan.Cols[s.read.scan.Cols.Index(id)]}) - rowOverhead
	}
	come := min(f.est.Node(f.costs.ctx, s.read.node).Rows, f.est.Node(f.costs.ctx, rowsBelow(over)).Rows)
	way := f.wayTo(s.read.scan.Site)
	price := costStatement + way.transfer(rows, rows*width) + rows*costLookup
	saved := come*width*(way.perByte+2*costCopyByte) - price // copied by a join and into the groups
	if saved < price {
		return 0
	}
	return saved
}

// rowsBelow is what a top-N or its aggregate reads.
func rowsBelow(n plan.Node) plan.Node {
	switch n := n.(type) {
	case *plan.Project:
		return rowsBelow(n.Input)
	case *plan.Aggregate:
		return n.Input
	}
	return n
}

// late is a top-N with columns of a table fetched late; false if the rows that it leaves have no key of the table.
func (f lateFetcher) late(l *plan.Limit, s shownOnly) (plan.Node, bool) {
	scan := s.read.scan
	if !scan.Table.Snapshot || f.Barred.why(scan.Site.Source, []string{DynamicFilters}) != "" {
		return nil, false
	}
	away := make(set)
	for _, as := range s.cols {
		for _, id := range as {
			away[id] = true
		}
	}
	for _, positions := range scan.Table.Keys {
		key, ok := fixedKey(scan, positions)
		if !ok {
			continue
		}
		input, key, ok := without(l.Input, away, key)
		if ok {
			top := l.WithChildren([]plan.Node{input})
			return f.join(l, top, key, positions, s), true
		}
	}
	return nil, false
}

// fixedKey returns the columns of a key if none can be NULL, nor be equal to another and not the same.
func fixedKey(scan *plan.Scan, positions []int) ([]expr.ColumnID, bool) {
	ids := make([]expr.ColumnID, len(positions))
	for i, at := range positions {
		j := slices.Index(scan.Pos, at)
		if j < 0 || scan.Cols[j].Nullable || !identicalIfEqual(scan.Cols[j].Type) {
			return nil, false
		}
		ids[i] = scan.Cols[j].ID
	}
	return ids, len(ids) > 0
}

// without drops columns from the projections and groups at the top of a plan, and returns what the key is called above them;
// false if it has no name there.
func without(n plan.Node, away set, key []expr.ColumnID) (plan.Node, []expr.ColumnID, bool) {
	switch n := n.(type) {
	case *plan.Project:
		below := awayThrough(n.Exprs, away)
		input, key, ok := without(n.Input, below, key)
		if !ok {
			return nil, nil, false
		}
		list := kept(n.Exprs, away)
		names := make([]expr.ColumnID, len(key))
		for i, id := range key {
			if names[i], ok = nameOf(list, id); !ok {
				c := input.Schema()[input.Schema().Index(id)]
				list, names[i] = append(list, plan.Projection{Col: c, Expr: c.Ref()}), id
			}
		}
		return &plan.Project{Input: input, Exprs: list}, names, true
	case *plan.Aggregate:
		list := kept(n.Groups, away)
		names := make([]expr.ColumnID, len(key))
		for i, id := range key {
			var ok bool
			if names[i], ok = nameOf(list, id); !ok {
				return nil, nil, false
			}
		}
		return &plan.Aggregate{Input: n.Input, Groups: list, Aggs: n.Aggs}, names, true
	}
	s := n.Schema().Set()
	return n, key, !slices.ContainsFunc(key, func(id expr.ColumnID) bool { return !s[id] })
}

// awayThrough is which columns below a projection list are those above.
func awayThrough(list []plan.Projection, away set) set {
	below := make(set)
	for _, p := range list {
		if c, ok := p.Expr.(*expr.Column); ok && away[p.Col.ID] {
			below[c.ID] = true
		}
	}
	return below
}

func kept(list []plan.Projection, away set) []plan.Projection {
	return slices.DeleteFunc(slices.Clone(list), func(p plan.Projection) bool { return away[p.Col.ID] })
}

// nameOf is what a projection list calls a column.
func nameOf(list []plan.Projection, id expr.ColumnID) (expr.ColumnID, bool) {
	for _, p := range list {
		if c, ok := p.Expr.(*expr.Column); ok && c.ID == id {
			return p.Col.ID, true
		}
	}
	return 0, false
}

// join fetches the columns for the rows of top, whose key it is, and puts them in the order of l again. The columns are those
// of l; below, where they had the same ids, others take their places.
func (f lateFetcher) join(l *plan.Limit, top plan.Node, key []expr.ColumnID, positions []int, s shownOnly) plan.Node {
	again, _ := readOf(f.ids.renamed(s.read.node))
	column := func(at int) plan.Column { return again.scan.Cols[slices.Index(again.scan.Pos, at)] }
	renamed := f.ids.renamed(top)
	below := func(id expr.ColumnID) plan.Column { return renamed.Schema()[top.Schema().Index(id)] }

	var on []expr.Expr
	var read []plan.Projection
	for i, at := range positions {
		c := column(at)
		read = append(read, plan.Projection{Col: c, Expr: c.Ref()})
		on = append(on, predicate(expr.Eq, c.Ref(), below(key[i]).Ref()))
	}
	late := make(map[expr.ColumnID]*expr.Column)
	for id, as := range s.cols {
		for _, shown := range as {
			late[shown] = column(s.read.scan.Pos[s.read.scan.Cols.Index(id)]).Ref()
		}
	}
	list := passAll(l.Schema())
	for i, p := range list {
		if c, ok := late[p.Col.ID]; ok {
			read = append(read, plan.Projection{Col: p.Col, Expr: c})
		} else {
			list[i].Expr = below(p.Col.ID).Ref()
		}
	}
	joined := &plan.Join{Kind: plan.Inner, Left: &plan.Project{Input: again.node, Exprs: read}, Right: renamed, On: on}
	return &plan.Sort{Input: &plan.Project{Input: joined, Exprs: list}, Keys: l.Keys}
}
