package bind

import (
	"context"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/sqlerr"
)

// constantOrders makes a parameter in an ORDER BY the constant that it is, whose value is no position, and has variables there, in
// GROUP BY and HAVING be no names of columns to GMS.
func constantOrders(stmt sqlparser.SQLNode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		switch n := n.(type) {
		case *sqlparser.Order:
			if isParameter(n.Expr) {
				n.Expr = numberedExpr(0, n.Expr)
			} else {
				n.Expr = variablesApart(n.Expr)
			}
		case *sqlparser.Select:
			for i, e := range n.GroupBy {
				n.GroupBy[i] = variablesApart(e)
			}
			if n.Having != nil {
				n.Having.Expr = variablesApart(n.Having.Expr)
			}
		}
		return true, nil
	}, stmt)
}

// variableUse stands for a user variable.
type variableUse struct{ name string }

// String is the variable as written.
func (v variableUse) String() string { return v.name }

// WithResolvedChildren implements sqlparser.Injectable.
func (v variableUse) WithResolvedChildren(ctx context.Context, _ []any) (any, error) {
	session, ok := ctx.(*sql.Context)
	if !ok {
		return nil, sqlerr.New(sqlerr.Internal, "%s is bound without a session", v.name)
	}
	name := strings.ToLower(strings.Trim(strings.TrimPrefix(v.name, "@"), "`"))
	t, _, err := session.GetUserVariable(session, name)
	if t == nil {
		t = types.Null
	}
	return expression.NewUserVarWithType(name, t), err
}

// variablesApart returns e with the user variables in it, but for those of subqueries, bound apart.
func variablesApart(e sqlparser.Expr) sqlparser.Expr {
	var found []sqlparser.Expr
	walkBlock(func(n sqlparser.SQLNode) bool {
		c, ok := n.(*sqlparser.ColName)
		if ok && c.Qualifier.IsEmpty() && strings.HasPrefix(c.Name.String(), "@") && !strings.HasPrefix(c.Name.String(), "@@") {
			found = append(found, c)
		}
		return !ok
	}, e)
	for _, c := range found {
		e = sqlparser.ReplaceExpr(e, c, injected(variableUse{c.(*sqlparser.ColName).Name.String()}))
	}
	return e
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
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		if isParameter(n) {
			return false, sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax: %s is a parameter, and the statement is not prepared", sqlparser.String(n))
		}
		return true, nil
	}, stmt)
}
