package bind

import (
	"strconv"

	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/sqlerr"
)

// orderByArguments puts arguments of GROUP_CONCAT where its order names them by their position: GMS would take that for
// the position of a column of FROM.
func orderByArguments(stmt sqlparser.SQLNode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		g, ok := n.(*sqlparser.GroupConcatExpr)
		if !ok {
			return true, nil
		}
		for _, o := range g.OrderBy {
			v, ok := o.Expr.(*sqlparser.SQLVal)
			if !ok || v.Type != sqlparser.IntVal {
				continue
			}
			at, err := strconv.Atoi(string(v.Val))
			if err != nil || at < 1 || at > len(g.Exprs) {
				return false, sqlerr.New(sqlerr.UnknownColumn, "Unknown column '%s' in 'order clause'", v.Val)
			}
			if arg, ok := g.Exprs[at-1].(*sqlparser.AliasedExpr); ok {
				o.Expr = sortKey(arg.Expr)
			}
		}
		return true, nil
	}, stmt)
}

// sortKey is an expression as a key of an order. A constant orders nothing, and a number would be a position again.
func sortKey(e sqlparser.Expr) sqlparser.Expr {
	switch e := e.(type) {
	case *sqlparser.ParenExpr:
		return sortKey(e.Expr)
	case *sqlparser.SQLVal:
		return &sqlparser.NullVal{}
	}
	return e
}
