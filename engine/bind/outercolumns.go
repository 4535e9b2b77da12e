package bind

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
)

// outerColumns visits the columns that e reads of what is around it.
func outerColumns(ctx *sql.Context, e sql.Expression, visit func(*expression.GetField)) {
	columnsOf{ctx, visit, false}.expression(e)
}

// ownColumns visits those of them that e reads outside of other aggregates.
func ownColumns(ctx *sql.Context, e sql.Expression, visit func(*expression.GetField)) {
	columnsOf{ctx, visit, true}.expression(e)
}

// columnsOf visits columns that an expression reads of what is around it.
type columnsOf struct {
	ctx        *sql.Context
	visit      func(*expression.GetField)
	aggregates bool // of other blocks are passed by
}

func (c columnsOf) expression(e sql.Expression) {
	switch e := e.(type) {
	case nil:
		return
	case *outerAggregate: // of another block than e
		return
	case *expression.GetField:
		c.visit(e)
	case *gmsplan.Subquery:
		if correlated := e.Correlated(); !correlated.Empty() {
			c.query(e.Query, correlated)
		}
	default:
		for _, child := range e.Children() {
			c.expression(child)
		}
	}
}

// query visits the columns in a subquery that are of what is around it.
func (c columnsOf) query(n sql.Node, correlated sql.ColSet) {
	in := c
	in.visit = func(f *expression.GetField) {
		if correlated.Contains(f.Id()) {
			c.visit(f)
		}
	}
	transform.InspectWithOpaque(c.ctx, n, func(_ *sql.Context, n sql.Node) bool {
		if table, ok := n.(*gmsplan.SubqueryAlias); ok && table.Correlated.Empty() {
			return false
		}
		e, ok := n.(sql.Expressioner)
		if !ok {
			return true
		}
		list := e.Expressions()
		if group, ok := n.(*gmsplan.GroupBy); ok && c.aggregates {
			list = group.GroupByExprs // the others are aggregates and what is read above them
		}
		for _, e := range list {
			in.expression(e)
		}
		return true
	})
}

// argumentList is a tuple of expressions.
func argumentList(list []sql.Expression) sql.Expression { return expression.NewTuple(list...) }

// isDerived reports a derived table that the user wrote.
func isDerived(n sql.Node) bool {
	table, ok := n.(*gmsplan.SubqueryAlias)
	return ok && !strings.HasPrefix(table.Name(), ownName(""))
}

// outerAggregates reports whether a query has an aggregate in a subquery that is one of a block around, at any depth: GMS would answer
// as if it were the subquery's.
func outerAggregates(ctx *sql.Context, n sql.Node) bool {
	found := false
	seenQueries{}.walk(ctx, n, anyNode, func(e sql.Expression) bool {
		switch e := e.(type) {
		case *outerAggregate:
			found = true
		case *gmsplan.Subquery:
			found = found || aggregatesOutside(ctx, e)
		}
		return !found
	})
	return found
}

// aggregatesOutside reports whether a subquery has an aggregate, outside of those inside it, that reads nothing but what is around.
func aggregatesOutside(ctx *sql.Context, sq *gmsplan.Subquery) bool {
	correlated := sq.Correlated()
	found := false
	transform.InspectWithOpaque(ctx, sq.Query, func(ctx *sql.Context, n sql.Node) bool {
		if found || correlated.Empty() || isDerived(n) {
			return false
		}
		group, ok := n.(*gmsplan.GroupBy)
		if !ok {
			return true
		}
		for _, e := range group.SelectDeps {
			if !isAggregation(e) {
				continue
			}
			columns, outside := 0, 0
			ownColumns(ctx, argumentList(e.Children()), func(f *expression.GetField) {
				columns++
				if correlated.Contains(f.Id()) {
					outside++
				}
			})
			found = found || columns > 0 && columns == outside
		}
		return !found
	})
	return found
}
