package bind

import (
	"cmp"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/mysql_db"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/sqlerr"
)

// rights is GMS's check of rights, with databases that are named by patterns, views read by theirs, temporary tables left to who made them, and
// MySQL's errors.
type rights struct {
	sql.AuthorizationHandler
	accounts *mysql_db.MySQLDb
	scratch  Scratch
}

// TableRight is a right on a table, by the name that the parser has for it. Without a database it is the current one.
func TableRight(right, database, table string) sqlparser.AuthInformation {
	return sqlparser.AuthInformation{AuthType: right, TargetType: sqlparser.AuthTargetType_SingleTableIdentifier, TargetNames: []string{database, table}}
}

// HandleAuth implements sql.AuthorizationHandler.
func (r rights) HandleAuth(ctx *sql.Context, state sql.AuthorizationQueryState, auth sqlparser.AuthInformation) error {
	of, inView := auth.Extra.(*viewRights)
	if !inView {
		r.match(ctx, auth)
		return r.ofSession(ctx, state, auth)
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
	r.match(ctx, auth)
	if err := r.AuthorizationHandler.HandleAuth(ctx, state, auth); err != nil {
		return sqlerr.New(sqlerr.BadView, "View '%s' references invalid table(s) or column(s) or function(s) or definer/invoker of view lack rights to use them", of.view)
	}
	return nil
}

// CheckDatabase implements sql.AuthorizationHandler.
func (r rights) CheckDatabase(ctx *sql.Context, state sql.AuthorizationQueryState, db string) error {
	MatchPatterns(ctx, r.accounts, db)
	return r.AuthorizationHandler.CheckDatabase(ctx, state, db)
}

// CheckTable implements sql.AuthorizationHandler.
func (r rights) CheckTable(ctx *sql.Context, state sql.AuthorizationQueryState, db, schema, table string) error {
	MatchPatterns(ctx, r.accounts, cmp.Or(db, ctx.GetCurrentDatabase()))
	err := r.AuthorizationHandler.CheckTable(ctx, state, db, schema, table)
	if denied(err) {
		return tableDenied(ctx, "SHOW", table)
	}
	return err
}

// match finds the patterns that name the databases of some rights.
func (r rights) match(ctx *sql.Context, auth sqlparser.AuthInformation) {
	step := 2 // a database, a table
	switch auth.TargetType {
	case sqlparser.AuthTargetType_DatabaseIdentifiers:
		step = 1
	case sqlparser.AuthTargetType_TableColumn:
		step = 3
	}
	for i := 0; i < len(auth.TargetNames); i += step {
		MatchPatterns(ctx, r.accounts, cmp.Or(auth.TargetNames[i], ctx.GetCurrentDatabase()))
	}
	switch n := auth.Extra.(type) {
	case *gmsplan.Grant:
		matchGranted(ctx, r.accounts, n.PrivilegeLevel)
	case *gmsplan.Revoke:
		matchGranted(ctx, r.accounts, n.PrivilegeLevel)
	}
}

// denied reports that GMS refuses for a lack of rights.
func denied(err error) bool {
	return sql.ErrPrivilegeCheckFailed.Is(err) || sql.ErrTableAccessDeniedForUser.Is(err) || sql.ErrDatabaseAccessDeniedForUser.Is(err)
}

func tableDenied(ctx *sql.Context, command, table string) error {
	client := ctx.Session.Client()
	return sqlerr.New(sqlerr.TableDenied, "%s command denied to user '%s'@'%s' for table '%s'", command, client.User, client.Address, table)
}

func databaseDenied(ctx *sql.Context, db string) error {
	client := ctx.Session.Client()
	return sqlerr.New(sqlerr.DatabaseDenied, "Access denied for user '%s'@'%s' to database '%s'", client.User, client.Address, cmp.Or(db, ctx.GetCurrentDatabase()))
}

// ofSession checks rights that the session's user needs.
func (r rights) ofSession(ctx *sql.Context, state sql.AuthorizationQueryState, auth sqlparser.AuthInformation) error {
	switch auth.TargetType {
	case sqlparser.AuthTargetType_SingleTableIdentifier, sqlparser.AuthTargetType_MultipleTableIdentifiers:
		return r.onTables(ctx, state, auth)
	}
	switch auth.AuthType {
	case sqlparser.AuthType_RENAME:
		return r.toRename(ctx, state, auth.TargetNames)
	case sqlparser.AuthType_REVOKE_ALL: // GMS wants what REVOKE ALL ON *.* takes
		if r.accounts.UserHasPrivileges(ctx, sql.NewPrivilegedOperation(sql.PrivilegeCheckSubject{Database: "mysql"}, sql.PrivilegeType_Update)) {
			return nil
		}
		auth = sqlparser.AuthInformation{AuthType: sqlparser.AuthType_CREATE_USER, TargetType: sqlparser.AuthTargetType_Global}
	}
	err := r.AuthorizationHandler.HandleAuth(ctx, state, auth)
	if !denied(err) {
		return err
	}
	if auth.TargetType == sqlparser.AuthTargetType_DatabaseIdentifiers && len(auth.TargetNames) > 0 {
		return databaseDenied(ctx, auth.TargetNames[0])
	}
	switch n := auth.Extra.(type) {
	case *gmsplan.Grant:
		return grantDenied(ctx, n.PrivilegeLevel, err)
	case *gmsplan.Revoke:
		return grantDenied(ctx, n.PrivilegeLevel, err)
	}
	if needed := globalRights[auth.AuthType]; needed != "" {
		return sqlerr.New(sqlerr.AccessDenied, "Access denied; you need (at least one of) the %s privilege(s) for this operation", needed)
	}
	return err
}

// grantDenied says at which level somebody can't grant rights, or take them.
func grantDenied(ctx *sql.Context, level gmsplan.PrivilegeLevel, err error) error {
	switch {
	case level.Database == "*":
		client := ctx.Session.Client()
		return sqlerr.New(sqlerr.FileDenied, "Access denied for user '%s'@'%s'", client.User, client.Address)
	case level.TableRoutine == "*":
		return databaseDenied(ctx, level.Database)
	case level.TableRoutine != "":
		return tableDenied(ctx, "GRANT", level.TableRoutine)
	}
	return err
}

// globalRights are the rights that statements take that are about no database, as MySQL names them.
var globalRights = map[string]string{
	sqlparser.AuthType_ALTER_USER:         "CREATE USER",
	sqlparser.AuthType_CREATE_USER:        "CREATE USER",
	sqlparser.AuthType_CREATE_ROLE:        "CREATE USER, CREATE ROLE",
	sqlparser.AuthType_DROP_ROLE:          "CREATE USER, DROP ROLE",
	sqlparser.AuthType_GRANT_ROLE:         "WITH ADMIN, ROLE_ADMIN, SUPER",
	sqlparser.AuthType_REVOKE_ROLE:        "WITH ADMIN, ROLE_ADMIN, SUPER",
	sqlparser.AuthType_RELOAD:             "RELOAD",
	sqlparser.AuthType_PROCESS:            "PROCESS",
	sqlparser.AuthType_SUPER:              "SUPER",
	sqlparser.AuthType_FILE:               "FILE",
	sqlparser.AuthType_BINLOG:             "SUPER, BINLOG_ADMIN, REPLICATION_APPLIER",
	sqlparser.AuthType_REPLICATION:        "SUPER, REPLICATION_SLAVE_ADMIN",
	sqlparser.AuthType_REPLICATION_CLIENT: "SUPER, REPLICATION CLIENT",
}

// onTables checks rights on tables. Without them a table may be there or not: MySQL says the same of both.
func (r rights) onTables(ctx *sql.Context, state sql.AuthorizationQueryState, auth sqlparser.AuthInformation) error {
	all := auth.TargetNames
	auth.TargetType = sqlparser.AuthTargetType_SingleTableIdentifier
	for ; len(all) > 1; all = all[2:] {
		if ofOwner[auth.AuthType] && r.isTemporary(ctx, all[0], all[1]) {
			continue
		}
		if auth.AuthType == sqlparser.AuthType_LOCK { // a right on a database
			locks := sql.PrivilegeCheckSubject{Database: cmp.Or(all[0], ctx.GetCurrentDatabase())}
			if !r.accounts.UserHasPrivileges(ctx, sql.NewPrivilegedOperation(locks, sql.PrivilegeType_LockTables)) {
				return databaseDenied(ctx, all[0])
			}
		}
		auth.TargetNames = all[:2]
		err := r.AuthorizationHandler.HandleAuth(ctx, state, auth)
		switch {
		case denied(err):
			return tableDenied(ctx, commandOf(auth.AuthType), all[1])
		case err != nil:
			return err
		}
	}
	return nil
}

// toRename asks for the rights that giving tables new names takes (MySQL 8.0 manual, 13.1.36). The names are of the databases and tables, old and new.
func (r rights) toRename(ctx *sql.Context, state sql.AuthorizationQueryState, names []string) error {
	for ; len(names) > 3; names = names[4:] {
		for _, right := range []string{sqlparser.AuthType_ALTER, sqlparser.AuthType_DROP} {
			if err := r.onTables(ctx, state, TableRight(right, names[0], names[1])); err != nil {
				return err
			}
		}
		for _, right := range []string{sqlparser.AuthType_CREATE, sqlparser.AuthType_INSERT} {
			if err := r.onTables(ctx, state, TableRight(right, names[2], names[3])); err != nil {
				return err
			}
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
	case sqlparser.AuthType_LOCK: // LOCK TABLES is a right on a database
		return "SELECT"
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
