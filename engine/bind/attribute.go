package bind

import (
	"fmt"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
)

// QueryAttributes are implemented by sessions whose clients send attributes with their statements.
type QueryAttributes interface {
	// QueryAttribute is the text of an attribute of the statement under way; false: it is NULL, or there is none.
	QueryAttribute(name string) (string, bool)
}

// queryAttribute is mysql_query_attribute_string(name) (MySQL 8.0 Reference Manual, 11.6).
type queryAttribute struct{ expression.UnaryExpressionStub }

const queryAttributeName = "mysql_query_attribute_string"

func newQueryAttribute(_ *sql.Context, name sql.Expression) sql.Expression {
	return &queryAttribute{expression.UnaryExpressionStub{Child: name}}
}

var _ sql.FunctionExpression = (*queryAttribute)(nil)

// FunctionName implements sql.FunctionExpression.
func (*queryAttribute) FunctionName() string { return queryAttributeName }

// Description implements sql.FunctionExpression.
func (*queryAttribute) Description() string {
	return "returns an attribute that the client sent with the statement"
}

// String implements sql.Expression.
func (q *queryAttribute) String() string { return fmt.Sprintf("%s(%s)", queryAttributeName, q.Child) }

// Type implements sql.Expression.
func (*queryAttribute) Type(*sql.Context) sql.Type { return gmstypes.LongText }

// IsNullable implements sql.Expression.
func (*queryAttribute) IsNullable(*sql.Context) bool { return true }

// WithChildren implements sql.Expression.
func (q *queryAttribute) WithChildren(ctx *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(q, len(children), 1)
	}
	return newQueryAttribute(ctx, children[0]), nil
}

// Eval implements sql.Expression.
func (q *queryAttribute) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	value, err := q.Child.Eval(ctx, row)
	if err != nil || value == nil {
		return nil, err
	}
	name, _, err := gmstypes.LongText.Convert(ctx, value)
	if err != nil {
		return nil, err
	}
	session, ok := ctx.Session.(QueryAttributes)
	if !ok {
		return nil, nil
	}
	if text, ok := session.QueryAttribute(fmt.Sprint(name)); ok {
		return text, nil
	}
	return nil, nil
}
