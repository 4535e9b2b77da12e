package bind

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/parse"
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
		return expression.NewSetField(variable, newAssignedText(field.RightChild, variable.Name)), transform.NewTree, nil
	})
}

// assignedText is a text that is assigned to a user variable.
type assignedText struct {
	expression.UnaryExpressionStub
	variable string
}

func newAssignedText(e sql.Expression, variable string) *assignedText {
	return &assignedText{expression.UnaryExpressionStub{Child: e}, variable}
}

// String implements sql.Expression.
func (a *assignedText) String() string { return a.Child.String() }

// Type implements sql.Expression.
func (a *assignedText) Type(ctx *sql.Context) sql.Type { return a.Child.Type(ctx) }

// WithChildren implements sql.Expression.
func (a *assignedText) WithChildren(_ *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(a, len(children), 1)
	}
	return newAssignedText(children[0], a.variable), nil
}

// Eval implements sql.Expression.
func (a *assignedText) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	if keeper, ok := ctx.Session.(CollationKeeper); ok {
		c, _ := sql.GetCoercibility(ctx, a.Child)
		keeper.KeepCollation(a.variable, c)
	}
	return a.Child.Eval(ctx, row)
}

// nameVariables has items of lists that are user variables be called as they may be written, where GMS shows how their names are spelt.
func nameVariables(stmt sqlparser.SQLNode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		query, ok := n.(*sqlparser.Select)
		if !ok {
			return true, nil
		}
		for _, item := range query.SelectExprs {
			e, ok := item.(*sqlparser.AliasedExpr)
			if !ok || !e.As.IsEmpty() {
				continue
			}
			if c, ok := e.Expr.(*sqlparser.ColName); ok && c.Qualifier.IsEmpty() && strings.HasPrefix(c.Name.String(), "@") {
				if name := parse.Restore(c.Name.String()); name != c.Name.String() {
					e.As = sqlparser.NewColIdent(name)
				}
			}
		}
		return true, nil
	}, stmt)
}
