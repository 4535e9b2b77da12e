package bind

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
)

// CollationKeeper is a session that knows what a text that is about to be assigned to a user variable is compared under. GMS keeps
// values alone.
type CollationKeeper interface {
	// KeepCollation tells the collation of the text that SetUserVariable is called with next.
	KeepCollation(variable string, c sql.CollationID)
}

// keepCollations makes a SET of user variables tell the session the collations of texts.
func keepCollations(ctx *sql.Context, set *gmsplan.Set) (sql.Node, transform.TreeIdentity, error) {
	return transform.OneNodeExpressions(ctx, set, func(ctx *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
		field, ok := e.(*expression.SetField)
		if !ok {
			return e, transform.SameTree, nil
		}
		variable, ok := field.LeftChild.(*expression.UserVar)
		if !ok || !gmstypes.IsTextOnly(field.RightChild.Type(ctx)) {
			return e, transform.SameTree, nil
		}
		return expression.NewSetField(variable, &assignedText{field.RightChild, variable.Name}), transform.NewTree, nil
	})
}

// assignedText is a text that is assigned to a user variable.
type assignedText struct {
	sql.Expression
	variable string
}

// WithChildren implements sql.Expression.
func (a *assignedText) WithChildren(ctx *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	e, err := a.Expression.WithChildren(ctx, children...)
	return &assignedText{e, a.variable}, err
}

// Eval implements sql.Expression.
func (a *assignedText) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	if keeper, ok := ctx.Session.(CollationKeeper); ok {
		c, _ := sql.GetCoercibility(ctx, a.Expression)
		keeper.KeepCollation(a.variable, c)
	}
	return a.Expression.Eval(ctx, row)
}
