package bind

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/sqlerr"
)

// rights is GMS's check of rights, with views read by theirs, temporary tables left to who made them, and MySQL's errors for tables.
type rights struct {
	sql.AuthorizationHandler
	scratch Scratch
}

// TableRight is a right on a table, by the name that the parser has for it. Without a database it is the current one.
func TableRight(right, database, table string) sqlparser.AuthInformation {
	return sqlparser.AuthInformation{AuthType: right, TargetType: sqlparser.AuthTargetType_SingleTableIdentifier, TargetNames: []string{database, table}}
}

// HandleAuth implements sql.AuthorizationHandler.
func (r rights) HandleAuth(ctx *sql.Context, state sql.AuthorizationQueryState, auth sqlparser.AuthInformation) error {
	of, inView := auth.Extra.(*viewRights)
	if !inView {
		return r.onTables(ctx, state, auth)
	}
	if !of.invoker {
		definer := sql.NewBaseSessionWithClientServer("", sql.Client{User: of.definer.user, Address: of.definer.host}, 0)
		definer.SetCurrentDatabase(ctx.GetCurrentDatabase())
		ctx = sql.NewContext(ctx.Context, sql.WithSession(definer))
		state = r.NewQueryState(ctx)
		if state.Error() != nil {
			return sqlerr.New(sqlerr.UnknownDefiner, "The user specified as a definer ('%s'@'%s') does not exist", of.definer.user, of.definer.host)
		}
	}
	if err := r.AuthorizationHandler.HandleAuth(ctx, state, auth); err != nil {
		return sqlerr.New(sqlerr.BadView, "View '%s' references invalid table(s) or column(s) or function(s) or definer/invoker of view lack rights to use them", of.view)
	}
	return nil
}

// onTables checks rights that the session's user needs. Without them a table may be there or not: MySQL says the same of both.
func (r rights) onTables(ctx *sql.Context, state sql.AuthorizationQueryState, auth sqlparser.AuthInformation) error {
	switch auth.TargetType {
	case sqlparser.AuthTargetType_SingleTableIdentifier, sqlparser.AuthTargetType_MultipleTableIdentifiers:
	default:
		return r.AuthorizationHandler.HandleAuth(ctx, state, auth)
	}
	all := auth.TargetNames
	auth.TargetType = sqlparser.AuthTargetType_SingleTableIdentifier
	for ; len(all) > 1; all = all[2:] {
		if ofOwner[auth.AuthType] && r.isTemporary(ctx, all[0], all[1]) {
			continue
		}
		auth.TargetNames = all[:2]
		err := r.AuthorizationHandler.HandleAuth(ctx, state, auth)
		switch {
		case sql.ErrPrivilegeCheckFailed.Is(err), sql.ErrTableAccessDeniedForUser.Is(err), sql.ErrDatabaseAccessDeniedForUser.Is(err):
			client := ctx.Session.Client()
			return sqlerr.New(sqlerr.TableDenied, "%s command denied to user '%s'@'%s' for table '%s'", commandOf(auth.AuthType), client.User, client.Address, all[1])
		case err != nil:
			return err
		}
	}
	return nil
}

func (r rights) isTemporary(ctx *sql.Context, db, table string) bool {
	if db == "" {
		db = ctx.GetCurrentDatabase()
	}
	_, ok := r.scratch.TemporaryTable(ctx, db, table)
	return ok
}

// ofOwner are the rights that nobody needs on a temporary table that he made (MySQL 8.0 manual, 13.1.20.2).
var ofOwner = map[string]bool{
	sqlparser.AuthType_SELECT: true, sqlparser.AuthType_INSERT: true, sqlparser.AuthType_REPLACE: true, sqlparser.AuthType_UPDATE: true,
	sqlparser.AuthType_DELETE: true, sqlparser.AuthType_ALTER: true, sqlparser.AuthType_DROP: true, sqlparser.AuthType_INDEX: true,
}

// commandOf names a right as MySQL's errors do.
func commandOf(authType string) string {
	switch authType {
	case sqlparser.AuthType_REPLACE:
		return "INSERT, DELETE"
	case sqlparser.AuthType_LOCK:
		return "SELECT, LOCK TABLES"
	case sqlparser.AuthType_FOREIGN_KEY:
		return "REFERENCES"
	}
	return strings.ReplaceAll(authType, "_", " ")
}

// readBeside asks for SELECT alone on the tables that a DELETE of several reads and does not delete from: GMS wants DELETE on all.
func readBeside(n sqlparser.SQLNode) error {
	if explain, ok := n.(*sqlparser.Explain); ok {
		return readBeside(explain.Statement)
	}
	del, ok := n.(*sqlparser.Delete)
	if !ok || len(del.Targets) == 0 {
		return nil
	}
	deleted := func(from *sqlparser.AliasedTableExpr) bool {
		name, _ := from.Expr.(sqlparser.TableName)
		for _, target := range del.Targets {
			if !from.As.IsEmpty() {
				if strings.EqualFold(from.As.String(), target.Name.String()) {
					return true
				}
				continue
			}
			sameDB := target.DbQualifier.IsEmpty() || name.DbQualifier.IsEmpty() || strings.EqualFold(target.DbQualifier.String(), name.DbQualifier.String())
			if sameDB && strings.EqualFold(name.Name.String(), target.Name.String()) {
				return true
			}
		}
		return false
	}
	for _, e := range del.TableExprs {
		_ = Walk(func(n sqlparser.SQLNode) (bool, error) {
			from, ok := n.(*sqlparser.AliasedTableExpr)
			if ok && from.Auth.AuthType == sqlparser.AuthType_DELETE && !deleted(from) {
				from.Auth.AuthType = sqlparser.AuthType_SELECT
			}
			return true, nil
		}, e)
	}
	return nil
}
