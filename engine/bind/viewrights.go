package bind

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/sqlerr"
)

// viewRights is what a part of a view's query is read by: the rights of the view's definer, or of who reads it.
type viewRights struct {
	view    string // for errors
	definer account
	invoker bool
}

// expandView has a view's query be read by the view's rights, its sources as the definer sees them, and names without a database mean
// the view's. Only views that are kept are read by ParseWithOptions with a database in their name.
func (r readers) expandView(stmt sqlparser.Statement) error {
	ddl, ok := stmt.(*sqlparser.DDL)
	if !ok || ddl.ViewSpec == nil || ddl.ViewSpec.ViewName.DbQualifier.IsEmpty() || ddl.ViewSpec.Definer == "" {
		return nil
	}
	db := ddl.ViewSpec.ViewName.DbQualifier.String()
	rights := &viewRights{view: db + "." + ddl.ViewSpec.ViewName.Name.String(), definer: splitAccount(ddl.ViewSpec.Definer),
		invoker: strings.EqualFold(ddl.ViewSpec.Security, "invoker")}
	ddl.SetAuthType(sqlparser.AuthType_IGNORE)
	if !rights.invoker {
		if err := r.asDefiner(ddl.ViewSpec.ViewExpr, db, rights.definer); err != nil {
			return err
		}
	}
	return walkStatement(func(n sqlparser.SQLNode) (bool, error) {
		node, ok := n.(sqlparser.AuthNode)
		if !ok {
			return true, nil
		}
		auth := node.GetAuthInformation()
		if auth.AuthType == "" || auth.AuthType == sqlparser.AuthType_IGNORE {
			return true, nil
		}
		names := append([]string(nil), auth.TargetNames...)
		if len(names) > 0 && names[0] == "" {
			names[0] = db
		}
		node.SetAuthTargetNames(names)
		node.SetExtra(rights)
		return true, nil
	}, ddl.ViewSpec.ViewExpr)
}

// splitAccount reads `user`@`host`.
func splitAccount(name string) account {
	user, host, _ := strings.Cut(name, "`@`")
	return account{strings.ReplaceAll(strings.TrimPrefix(user, "`"), "``", "`"), strings.ReplaceAll(strings.TrimSuffix(host, "`"), "``", "`")}
}

// rightsOfViews is GMS's check of rights, with views read by theirs.
type rightsOfViews struct{ sql.AuthorizationHandler }

// HandleAuth implements sql.AuthorizationHandler.
func (r rightsOfViews) HandleAuth(ctx *sql.Context, state sql.AuthorizationQueryState, auth sqlparser.AuthInformation) error {
	rights, ok := auth.Extra.(*viewRights)
	if !ok {
		return r.AuthorizationHandler.HandleAuth(ctx, state, auth)
	}
	if !rights.invoker {
		definer := sql.NewBaseSessionWithClientServer("", sql.Client{User: rights.definer.user, Address: rights.definer.host}, 0)
		definer.SetCurrentDatabase(ctx.GetCurrentDatabase())
		ctx = sql.NewContext(ctx.Context, sql.WithSession(definer))
		state = r.NewQueryState(ctx)
		if state.Error() != nil {
			return sqlerr.New(sqlerr.UnknownDefiner, "The user specified as a definer ('%s'@'%s') does not exist", rights.definer.user, rights.definer.host)
		}
	}
	if err := r.AuthorizationHandler.HandleAuth(ctx, state, auth); err != nil {
		return sqlerr.New(sqlerr.BadView, "View '%s' references invalid table(s) or column(s) or function(s) or definer/invoker of view lack rights to use them", rights.view)
	}
	return nil
}
