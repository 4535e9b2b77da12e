package bind

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
)

// Client is implemented by sessions that know from where their client has connected, which is not what the account says of that.
type Client interface {
	// ClientHost is the client's host, as accounts name hosts.
	ClientHost() string
	// ActiveRoles are the roles whose rights the session has, as CURRENT_ROLE() lists them.
	ActiveRoles() string
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

// currentRole is CURRENT_ROLE().
type currentRole struct{ clientUser }

// currentRoleName is what statements call it by; GMS has a function of its own by the other name.
var currentRoleName = ownName("current_role")

func newCurrentRole(ctx *sql.Context) sql.Expression {
	return currentRole{newClientUser(ctx).(clientUser)}
}

// FunctionName implements sql.FunctionExpression.
func (currentRole) FunctionName() string { return currentRoleName }

// String implements sql.Expression.
func (currentRole) String() string { return "current_role()" }

// Type implements sql.Expression.
func (currentRole) Type(*sql.Context) sql.Type { return gmstypes.LongText }

// Eval implements sql.Expression.
func (currentRole) Eval(ctx *sql.Context, _ sql.Row) (any, error) {
	if client, ok := ctx.Session.(Client); ok {
		if roles := client.ActiveRoles(); roles != "" {
			return roles, nil
		}
	}
	return "NONE", nil
}

// WithChildren implements sql.Expression.
func (r currentRole) WithChildren(ctx *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	return function.NoArgFuncWithChildren(r, children)
}
