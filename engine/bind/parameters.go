package bind

import (
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/sqlerr"
)

// constantOrders makes a parameter in an ORDER BY the constant that it is, whose value is no position.
func constantOrders(stmt sqlparser.SQLNode) error {
	return walkStatement(func(n sqlparser.SQLNode) (bool, error) {
		if o, ok := n.(*sqlparser.Order); ok && isParameter(o.Expr) {
			o.Expr = numberedExpr(0, o.Expr)
		}
		return true, nil
	}, stmt)
}

func isParameter(n sqlparser.SQLNode) bool {
	switch n := n.(type) {
	case *sqlparser.SQLVal:
		return n != nil && n.Type == sqlparser.ValArg
	case sqlparser.ListArg:
		return true
	}
	return false
}

// RefuseParameters refuses parameters in a statement that is not prepared.
func RefuseParameters(stmt sqlparser.Statement) error {
	return walkStatement(func(n sqlparser.SQLNode) (bool, error) {
		if isParameter(n) {
			return false, sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax: %s is a parameter, and the statement is not prepared", sqlparser.String(n))
		}
		return true, nil
	}, stmt)
}
