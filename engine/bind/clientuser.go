package bind

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
)

// Client is implemented by sessions that know from where their client has connected, which is not what the account says of that.
type Client interface {
	// ClientHost is the client's host, as accounts name hosts.
	ClientHost() string
}

// clientUser is USER(): who the client said he is, and where (MySQL 8.0 Reference Manual, 12.15). CURRENT_USER() is the account that is for.
type clientUser struct{ function.User }

func newClientUser(ctx *sql.Context) sql.Expression {
	return clientUser{function.NewUser(ctx).(function.User)}
}

// Eval implements sql.Expression.
func (u clientUser) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	if client, ok := ctx.Session.(Client); ok {
		return ctx.Session.Client().User + "@" + client.ClientHost(), nil
	}
	return u.User.Eval(ctx, row)
}

// WithChildren implements sql.Expression.
func (u clientUser) WithChildren(ctx *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	return function.NoArgFuncWithChildren(u, children)
}
