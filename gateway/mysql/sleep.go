package mysql

import (
	"strings"

	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/sqlerr"
)

// onlySleeps reports SELECT SLEEP(n).
func onlySleeps(parsed sqlparser.Statement) bool {
	query, ok := parsed.(*sqlparser.Select)
	if !ok || len(query.SelectExprs) != 1 || query.Where != nil || query.Having != nil || query.With != nil || query.Into != nil {
		return false
	}
	for _, from := range query.From {
		t, ok := from.(*sqlparser.AliasedTableExpr)
		if !ok {
			return false
		}
		if name, ok := t.Expr.(sqlparser.TableName); !ok || !strings.EqualFold(name.Name.String(), "dual") {
			return false
		}
	}
	e, ok := query.SelectExprs[0].(*sqlparser.AliasedExpr)
	if !ok {
		return false
	}
	call, ok := e.Expr.(*sqlparser.FuncExpr)
	return ok && call.Name.EqualString("sleep")
}

// isInterruption reports that KILL QUERY or the limit on its time ended a statement.
func isInterruption(why error) bool {
	return sqlerr.Is(why, sqlerr.Timeout) || sqlerr.Is(why, sqlerr.Cancelled)
}
