package bind

import (
	"slices"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// A quotient has more digits than it shows, and keeps them where MySQL puts no rows into a temporary table: as the value of a scalar
// subquery, through a derived table that MySQL merges (MySQL 8.0 Reference Manual, 10.2.2.4), and up to the table that INSERT ...
// SELECT fills. What comes from DISTINCT, UNION, a window or a derived table of groups has the digits that are shown.

// kept are the SELECT lists whose quotients keep their digits.
type kept struct {
	lists map[*gmsplan.Project]bool
	items map[sql.ColumnId]bool // what is an item of one as it is
}

// keepDigits has the quotients of a query block, whose outermost node is n, keep their digits.
func (im *importer) keepDigits(n sql.Node) {
	var lists []*gmsplan.Project
	for ; overGroups(n); n = n.Children()[0] {
		switch n := n.(type) {
		case *gmsplan.Project:
			lists = append(lists, n)
		case *gmsplan.Distinct:
			return
		}
	}
	for _, list := range lists {
		im.kept.lists[list] = true
		for _, e := range list.Projections {
			if alias, ok := e.(*expression.Alias); ok {
				e = alias.Child
			}
			if f, ok := e.(*expression.GetField); ok {
				im.kept.items[f.Id()] = true
			}
		}
	}
}

// isMerged reports a derived table that MySQL merges into the query block around it.
func (im *importer) isMerged(n *gmsplan.SubqueryAlias) bool {
	for below := n.Child; ; below = below.Children()[0] {
		switch n := below.(type) {
		case *gmsplan.Project:
			if slices.ContainsFunc(n.Projections, im.keepsFromMerging) {
				return false
			}
		case *gmsplan.Sort:
		case *gmsplan.Filter, *gmsplan.JoinNode, *gmsplan.TableAlias, *gmsplan.SubqueryAlias:
			return true
		case *gmsplan.ResolvedTable:
			return !isDual(n)
		default:
			return false
		}
	}
}

// keepsFromMerging reports an item of a list that a merged derived table does not have.
func (im *importer) keepsFromMerging(e sql.Expression) bool {
	found := false
	sql.Inspect(im.ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		switch e.(type) {
		case *gmsplan.Subquery, *windowCall, *assignment:
			found = true
		}
		return !found
	})
	return found
}

// isDeep reports a quotient that keeps its digits.
func (c *column) isDeep() bool { return c.shown.Kind == types.Decimal }

// asShown is what is shown of the column.
func (c *column) asShown() expr.Expr {
	if c.isDeep() {
		return &expr.Cast{Arg: c.Ref(), To: c.shown, Implicit: true}
	}
	return c.Ref()
}
