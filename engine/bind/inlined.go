package bind

import (
	"context"
	"maps"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/sqlerr"
)

// GMS's tree has the query of a CTE at each reference to it: one node in the memory, but many to whoever walks the tree. In
//
//	WITH c1 AS (SELECT a.x FROM c0 a JOIN c0 b), c2 AS (SELECT a.x FROM c1 a JOIN c1 b), ...
//
// each CTE doubles them. GMS walks all of it as it makes the tree, for each column that a block names, and again in each of its rules.
// That is bounded by the size of the statement's text with the CTEs in the places of the references (boundCTEs), and once more when the
// views are known (boundSize). The walks of this package pass a query that they have seen, and the import binds it once.

// maxNodes is how many relations a statement may have with its CTEs and views in the places of the references to them.
const maxNodes = 100_000

// maxLeft is the same for what is left to GMS, whose rules build the tree anew.
const maxLeft = 4_000

// boundCTEs refuses a statement that has too many by its text alone.
func boundCTEs(stmt sqlparser.SQLNode) error {
	if textSize(stmt, nil) > maxNodes {
		return tooComplex(maxNodes)
	}
	return nil
}

// textSize is the number of relations that references to CTEs add to n, up to about maxNodes. known are the sizes of the
// CTEs that n can refer to.
func textSize(n sqlparser.SQLNode, known map[string]int) int {
	size := 0
	if t, ok := n.(*sqlparser.AliasedTableExpr); ok {
		if name, ok := t.Expr.(sqlparser.TableName); ok && name.DbQualifier.IsEmpty() {
			size = known[strings.ToLower(name.Name.String())]
		}
	}
	children := childrenOf(n)
	for _, c := range children {
		with, ok := c.(*sqlparser.With)
		if !ok || with == nil {
			continue
		}
		if known = maps.Clone(known); known == nil {
			known = make(map[string]int)
		}
		for _, cte := range with.Ctes {
			known[strings.ToLower(cte.As.String())] = countNodes(cte.AliasedTableExpr) + textSize(cte.AliasedTableExpr, known)
		}
	}
	for _, c := range children {
		if _, ok := c.(*sqlparser.With); !ok {
			size = min(size+textSize(c, known), maxNodes+1)
		}
	}
	return size
}

// countNodes is the number of relations as they are written.
func countNodes(n sqlparser.SQLNode) int {
	count := 0
	_ = Walk(func(n sqlparser.SQLNode) (bool, error) { // nothing here fails
		switch n.(type) {
		case sqlparser.TableExpr, sqlparser.SelectStatement:
			count++
		}
		return true, nil
	}, n)
	return count
}

func tooComplex(most int) error {
	return sqlerr.New(sqlerr.StackOverrun, "the statement is too complex: it has more than %d relations once its common table expressions and views "+
		"are put in the place of each reference to them", most)
}

// seenQueries are the queries of derived tables that a walk has been through.
type seenQueries map[sql.Node]bool

// inspect is transform.InspectWithOpaque that visits the query of a derived table once, however often it is referred to.
func (s seenQueries) inspect(ctx *sql.Context, n sql.Node, visit func(*sql.Context, sql.Node) bool) {
	transform.InspectWithOpaque(ctx, n, func(ctx *sql.Context, n sql.Node) bool {
		return visit(ctx, n) && s.first(n)
	})
}

// walk visits the nodes of a query and their expressions at any depth, each derived table's query once. Where a visitor returns false it passes
// over what is below or within.
func (s seenQueries) walk(ctx *sql.Context, n sql.Node, node func(sql.Node) bool, visit func(sql.Expression) bool) {
	s.inspect(ctx, n, func(ctx *sql.Context, n sql.Node) bool {
		if !node(n) {
			return false
		}
		if in, ok := n.(sql.Expressioner); ok {
			for _, e := range in.Expressions() {
				s.within(ctx, e, node, visit)
			}
		}
		return true
	})
}

// within is walk of what is in an expression, itself included.
func (s seenQueries) within(ctx *sql.Context, e sql.Expression, node func(sql.Node) bool, visit func(sql.Expression) bool) {
	sql.Inspect(ctx, e, func(ctx *sql.Context, e sql.Expression) bool {
		if e == nil || !visit(e) {
			return false
		}
		if sq, ok := e.(*gmsplan.Subquery); ok && s.firstQuery(sq) {
			s.walk(ctx, sq.Query, node, visit)
		}
		return true
	})
}

// anyNode goes through every node.
func anyNode(sql.Node) bool { return true }

// first reports whether n is no derived table of a query that was seen before.
func (s seenQueries) first(n sql.Node) bool {
	alias, ok := n.(*gmsplan.SubqueryAlias)
	if !ok {
		return true
	}
	if s[alias.Child] {
		return false
	}
	s[alias.Child] = true
	return true
}

// firstQuery reports whether the query of a subquery was not seen before: GMS has each that stands in a select list in a projection below it, too.
func (s seenQueries) firstQuery(sq *gmsplan.Subquery) bool {
	if s[sq.Query] {
		return false
	}
	s[sq.Query] = true
	return true
}

// once returns n with an empty relation in the place of each query that was seen before.
func (s seenQueries) once(ctx *sql.Context, n sql.Node) (sql.Node, error) {
	if alias, ok := n.(*gmsplan.SubqueryAlias); ok {
		if !s.first(n) {
			return alias.WithChild(gmsplan.NewEmptyTableWithSchema(alias.Child.Schema(ctx))), nil
		}
		child, err := s.once(ctx, alias.Child)
		if err != nil || child == alias.Child {
			return n, err
		}
		return alias.WithChild(child), nil
	}
	children := n.Children()
	changed := false
	list := make([]sql.Node, len(children))
	for i, c := range children {
		child, err := s.once(ctx, c)
		if err != nil {
			return nil, err
		}
		list[i] = child
		changed = changed || child != c
	}
	if !changed {
		return n, nil
	}
	return n.WithChildren(ctx, list...)
}

// sizes are the numbers of relations that queries have with all that is in them, up to about maxNodes.
type sizes map[sql.Node]int

// of is the size of n, which counts the query of a derived table at each reference to it but is found by one walk.
func (s sizes) of(ctx *sql.Context, n sql.Node) int {
	size := 0
	transform.InspectWithOpaque(ctx, n, func(ctx *sql.Context, n sql.Node) bool {
		size = min(size+1, maxNodes+1)
		switch n := n.(type) {
		case *gmsplan.SubqueryAlias:
			known, ok := s[n.Child]
			if !ok {
				known = s.of(ctx, n.Child)
				s[n.Child] = known
			}
			size = min(size+known, maxNodes+1)
			return false
		case *gmsplan.InsertInto: // its source is no child of it
			size = min(size+s.of(ctx, n.Source), maxNodes+1)
		case *gmsplan.DescribeQuery:
			size = min(size+s.of(ctx, n.Query()), maxNodes+1)
		}
		if e, ok := n.(sql.Expressioner); ok {
			for _, e := range e.Expressions() {
				inspectSubqueries(ctx, e, func(sq *gmsplan.Subquery) {
					known, ok := s[sq.Query]
					if !ok {
						known = s.of(ctx, sq.Query)
						s[sq.Query] = known
					}
					size = min(size+known, maxNodes+1)
				})
			}
		}
		return true
	})
	return size
}

// boundSize refuses what GMS's rules would walk for too long.
func boundSize(ctx *sql.Context, n sql.Node) error {
	if (sizes{}).of(ctx, n) > maxLeft {
		return tooComplex(maxLeft)
	}
	return nil
}

// interruptible is a rule that does not begin once its statement has ended.
func interruptible(r analyzer.Rule) analyzer.Rule {
	apply := r.Apply
	r.Apply = func(ctx *sql.Context, a *analyzer.Analyzer, n sql.Node, scope *gmsplan.Scope, sel analyzer.RuleSelector, flags *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
		if ctx.Err() != nil {
			return n, transform.SameTree, context.Cause(ctx)
		}
		return apply(ctx, a, n, scope, sel, flags)
	}
	return r
}
