package bind

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function/aggregation"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// The aggregates of a block that stand in its subqueries are found when its groups are imported, before the subqueries are. A block
// takes those in the subqueries of its list, HAVING and ORDER BY that read its columns and none of a block farther in, and those
// that are of a block farther out which can't have them, as its WHERE is where the subqueries stand, or that no block in the
// subqueries can have. As it is the outermost such block that takes them first, this is MySQL's rule (Item_sum::check_sum_func in 8.0).
//
// The subqueries read them as columns of the outer row. In the block they stand in, GMS has a group for them, which
// then is none.

// aboveGroups is a relation of GMS's, the groups of a block or what would be grouped, with what stands above it in the block.
type aboveGroups struct {
	sql.Node
	expressions []sql.Expression
	aggregates  []*innerAggregate      // in their subqueries, and in those of the arguments of the block's aggregates
	reads       []*expression.GetField // what their subqueries read of what is around them
}

// innerAggregate is an aggregate that stands in a subquery of a block.
type innerAggregate struct {
	sql.Aggregation
	outerOnly  bool            // it can't be of the block it stands in
	correlated sql.ColSet      // the columns outside of the subquery that are read in there
	within     *innerAggregate // the aggregate that has it in an argument, or nil
	own        bool            // it is of the block
}

// withAbove returns a query block with aboveGroups in the place of its groups, if there is anything to say.
func (im *importer) withAbove(n sql.Node) (sql.Node, error) {
	above := &aboveGroups{Node: n}
	for overGroups(above.Node) {
		if e, ok := above.Node.(sql.Expressioner); ok {
			above.expressions = append(above.expressions, e.Expressions()...)
		}
		above.Node = above.Node.Children()[0]
	}
	g := aggregateSearch{im.ctx, above, make(map[sql.ColumnId]bool), make(map[searched]bool)}
	for _, e := range above.expressions {
		g.expression(e, nil)
	}
	group, grouped := above.Node.(*gmsplan.GroupBy)
	if grouped {
		for _, e := range group.SelectDeps {
			if f, ok := e.(sql.Aggregation); ok {
				g.expression(e, &innerAggregate{Aggregation: f, own: true})
			}
		}
	}
	if len(above.aggregates) == 0 && (!grouped || len(above.reads) == 0) {
		return n, nil
	}
	return replaceBelow(im.ctx, n, above.Node, above)
}

// overGroups reports a node that stands above the groups of its block.
func overGroups(n sql.Node) bool {
	switch n.(type) {
	case *gmsplan.Project, *gmsplan.Having, *gmsplan.Sort, *gmsplan.Distinct, *gmsplan.Limit, *gmsplan.Offset:
		return true
	}
	return false
}

// replaceBelow returns n with another node below the first children.
func replaceBelow(ctx *sql.Context, n, old, by sql.Node) (sql.Node, error) {
	if n == old {
		return by, nil
	}
	child, err := replaceBelow(ctx, n.Children()[0], old, by)
	if err != nil {
		return nil, err
	}
	return n.WithChildren(ctx, child)
}

// aggregateSearch looks for aggregates in the subqueries of a block.
type aggregateSearch struct {
	ctx   *sql.Context
	above *aboveGroups
	known map[sql.ColumnId]bool // the aggregates found
	seen  map[searched]bool
}

// searched is a query that was looked in. GMS has each subquery of a select list in a projection below it, too.
type searched struct {
	query  sql.Node
	within *innerAggregate
}

// expression looks in an expression of the block, which is an aggregate of its or stands above the groups.
func (s aggregateSearch) expression(e sql.Expression, within *innerAggregate) {
	inspectSubqueries(s.ctx, e, func(sq *gmsplan.Subquery) {
		if within == nil {
			outerColumns(s.ctx, sq, func(f *expression.GetField) { s.above.reads = append(s.above.reads, f) })
		}
		s.query(sq.Query, sq.Correlated(), within)
	})
}

// query looks in the query of a subquery, but for its derived tables: what is in there can't be of a block around them.
func (s aggregateSearch) query(n sql.Node, correlated sql.ColSet, within *innerAggregate) {
	if s.seen[searched{n, within}] {
		return
	}
	s.seen[searched{n, within}] = true
	transform.InspectWithOpaque(s.ctx, n, func(_ *sql.Context, n sql.Node) bool {
		if isDerived(n) {
			return false
		}
		if in, ok := n.(sql.Expressioner); ok {
			for _, e := range in.Expressions() {
				s.inner(e, correlated, within)
			}
		}
		return true
	})
}

// inner looks in an expression of a subquery.
func (s aggregateSearch) inner(e sql.Expression, correlated sql.ColSet, within *innerAggregate) {
	found := &innerAggregate{correlated: correlated, within: within}
	switch e := e.(type) {
	case nil:
		return
	case *outerAggregate:
		found.Aggregation, found.outerOnly = e.aggregate, true
	case sql.Aggregation:
		found.Aggregation = e
	case *gmsplan.Subquery:
		s.query(e.Query, correlated, within)
		return
	}
	if found.Aggregation != nil {
		if s.known[found.Id()] {
			return
		}
		s.known[found.Id()] = true
		s.above.aggregates = append(s.above.aggregates, found)
		within = found
	}
	for _, c := range e.Children() {
		s.inner(c, correlated, within)
	}
}

// take returns the aggregates that are the block's, whose input x has, and refuses those that stand in an argument of another
// of its aggregates.
func (x *expressions) take(above *aboveGroups) (taken []*innerAggregate, err error) {
	if above == nil {
		return nil, nil
	}
	for _, a := range above.aggregates {
		if a.own = x.isOwn(a); !a.own {
			continue
		}
		for around := a.within; around != nil; around = around.within {
			if around.own {
				return nil, errGroupFunction()
			}
		}
		taken = append(taken, a)
	}
	return taken, nil
}

// isOwn reports whether an aggregate in a subquery is one of the block: of no block farther out, and no column that it reads is of one
// farther in. What the list computes is not known to an aggregate.
func (x *expressions) isOwn(a *innerAggregate) bool {
	if x.outer.aggregate(a.Id()) != nil {
		return false
	}
	in := &scope{rel: &x.rel, outer: x.outer}
	columns, fartherIn := 0, false
	ownColumns(x.ctx, argumentList(a.Children()), func(f *expression.GetField) {
		columns++
		_, known := in.find(f.Id(), f.Name(), -1)
		fartherIn = fartherIn || !known || !a.correlated.Contains(f.Id())
	})
	return !fartherIn && (columns > 0 || a.outerOnly)
}

// aggregate is what a block around has for an aggregate in a subquery; nil if it is of no such block.
func (s *scope) aggregate(id sql.ColumnId) expr.Expr {
	for in := s; in != nil; in = in.outer {
		for i := range in.rel.inSubqueries {
			if c := &in.rel.inSubqueries[i]; c.id == id {
				return c.read()
			}
		}
	}
	return nil
}

// outerAggregate imports an aggregate that can only be one of a block around.
func (x *expressions) outerAggregate(e *outerAggregate) (expr.Expr, error) {
	in := &scope{rel: &x.rel, outer: x.outer}
	if value := in.aggregate(e.aggregate.Id()); value != nil {
		return value, nil
	}
	return nil, errGroupFunction()
}

// aboveGroups imports the groups of a block, or makes its rows one group if it has aggregates, but in its subqueries alone.
func (im *importer) aboveGroups(n *aboveGroups, outer *scope) (relation, error) {
	if group, ok := n.Node.(*gmsplan.GroupBy); ok {
		return im.groupBy(group, n, outer)
	}
	child, err := im.node(n.Node, outer)
	if err != nil {
		return relation{}, err
	}
	for _, e := range n.expressions { // as it is no group to GMS, nothing says what the rest of the block reads
		outerColumns(im.ctx, e, func(f *expression.GetField) { n.reads = append(n.reads, f) })
	}
	return im.groups(gmsplan.NewGroupBy(nil, nil, n.Node), child, n, outer)
}

// inSubqueries adds to the groups of a block its aggregates that stand in subqueries, and the columns that the subqueries read.
func (x *expressions) inSubqueries(agg *grouping, out *relation, taken []*innerAggregate, above *aboveGroups) error {
	if above == nil {
		return nil
	}
	for _, a := range taken {
		c, err := x.aggregate(agg, a.Aggregation, a.outerOnly || x.isOperand(a.Id(), nil))
		if err != nil {
			return err
		}
		out.inSubqueries = append(out.inSubqueries, c)
		if _, ok := a.Aggregation.(*aggregation.GroupConcat); ok {
			c.id = 0 // some of GMS's references to it have only its name
			out.inSubqueries = append(out.inSubqueries, c)
		}
	}
	known := make(map[sql.ColumnId]bool)
	for _, c := range out.cols {
		known[c.id] = true
	}
	in := &scope{rel: &x.rel, outer: x.outer}
	var deps []sql.Expression
	for _, f := range above.reads {
		_, found := in.find(f.Id(), f.Name(), -1) // or the list computes it
		if found && !known[f.Id()] {
			deps = append(deps, f)
		}
		known[f.Id()] = true
	}
	return x.dependencies(agg, out, deps)
}

// passed returns the block's aggregates in subqueries as columns that a projection of the relation passes on.
func (r *relation) passed() (list []plan.Column) {
	read := make(map[expr.ColumnID]bool)
	for i := range r.inSubqueries {
		expr.Columns(r.inSubqueries[i].read(), read)
	}
	for _, c := range r.node.Schema() {
		if read[c.ID] {
			list = append(list, c)
		}
	}
	return list
}

// groupsOuter refuses groups by an aggregate of a block around.
func (x *expressions) groupsOuter(keys []sql.Expression) error {
	for _, key := range keys {
		var err error
		sql.Inspect(x.ctx, key, func(ctx *sql.Context, e sql.Expression) bool {
			if o, ok := e.(*outerAggregate); ok && err == nil {
				if _, err = x.outerAggregate(o); err == nil {
					err = sqlerr.New(sqlerr.WrongGroup, "Can't group on '%s'", unnumbered(nameOf(ctx, key)))
				}
			}
			return err == nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
