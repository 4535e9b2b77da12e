package bind

import (
	"slices"
	"strconv"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/sqlerr"
)

// groupKeys refuses the positions in GROUP BY that are none, and puts other constants in parentheses: GMS takes them for
// positions too.
func groupKeys(stmt sqlparser.SQLNode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		s, ok := n.(*sqlparser.Select)
		if !ok {
			return true, nil
		}
		for i, key := range s.GroupBy {
			constant, ok := key.(*sqlparser.SQLVal)
			if !ok {
				continue
			}
			position, err := strconv.Atoi(string(constant.Val))
			if constant.Type != sqlparser.IntVal || err == nil && position < 0 {
				s.GroupBy[i] = &sqlparser.ParenExpr{Expr: key}
				continue
			}
			switch starred := slices.ContainsFunc(s.SelectExprs, isStar); {
			case err != nil || position == 0 || position > len(s.SelectExprs) && !starred:
				return false, sqlerr.New(sqlerr.UnknownColumn, "Unknown column '%s' in 'group statement'", constant.Val)
			case position > len(s.SelectExprs): // GMS counts the star as one
				return false, sqlerr.New(sqlerr.Unsupported, "GROUP BY %d of a list with a star is not supported yet: a name does the same", position)
			}
		}
		return true, nil
	}, stmt)
}

// notOfAggregates refuses groups by what is computed of them.
func notOfAggregates(ctx *sql.Context, n *gmsplan.GroupBy) error {
	computed := make(map[sql.ColumnId]bool)
	for _, e := range n.SelectDeps {
		if f, ok := e.(sql.Aggregation); ok {
			computed[f.Id()] = true
		}
	}
	var err error
	for _, key := range n.GroupByExprs {
		sql.Inspect(ctx, key, func(ctx *sql.Context, e sql.Expression) bool {
			if f, ok := e.(*expression.GetField); ok && computed[f.Id()] && err == nil {
				err = sqlerr.New(sqlerr.WrongGroup, "Can't group on '%s'", unnumbered(nameOf(ctx, key)))
			}
			return err == nil
		})
	}
	return err
}
