package mysql

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/mysql_db"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	vitess "github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// mayGrant refuses rights on a table that is not there, unless one of them is to make it. What can't be found out refuses nothing: a
// source may be down.
func (s *statement) mayGrant(n *gmsplan.Grant) error {
	level := n.PrivilegeLevel
	if level.TableRoutine == "" || level.TableRoutine == "*" || level.Database == "*" || n.ObjectType != gmsplan.ObjectType_Any && n.ObjectType != gmsplan.ObjectType_Table ||
		slices.ContainsFunc(n.Privileges, func(p gmsplan.Privilege) bool {
			return p.Type == gmsplan.PrivilegeType_Create || p.Type == gmsplan.PrivilegeType_All
		}) {
		return nil
	}
	db := level.Database
	if db == "" {
		db = s.ctx.GetCurrentDatabase()
	}
	if s.isView(parse.TableName{Database: db, Name: level.TableRoutine}) {
		return nil
	}
	_, _, err := s.server.gms.Analyzer.Catalog.Table(s.ctx, db, level.TableRoutine)
	if sql.ErrTableNotFound.Is(err) || sql.ErrDatabaseNotFound.Is(err) {
		return sqlerr.New(sqlerr.UnknownTable, "Table '%s.%s' doesn't exist", db, level.TableRoutine)
	}
	return nil
}

// grantable refuses rights on columns and the dynamic ones, which GMS keeps of no account.
func grantable(privileges []gmsplan.Privilege) error {
	for _, p := range privileges {
		switch {
		case len(p.Columns) > 0:
			return sqlerr.New(sqlerr.Unsupported, "privileges on columns are not supported: a view of these columns can be granted instead")
		case p.Type == gmsplan.PrivilegeType_Dynamic:
			return sqlerr.New(sqlerr.Unsupported, "the dynamic privilege %s is not supported: SUPER has all of them", strings.ToUpper(p.Dynamic))
		}
	}
	return nil
}

// revokesAll reports REVOKE ALL PRIVILEGES, GRANT OPTION FROM, of which GMS's tree is that of REVOKE ALL ON *.*.
func (s *statement) revokesAll() bool {
	revoke, ok := s.parsed.(*sqlparser.RevokePrivilege)
	return ok && revoke.Auth.AuthType == sqlparser.AuthType_REVOKE_ALL
}

// revokeAll takes every right from accounts, of every level (MySQL 8.0 Reference Manual, 13.7.1.8). They keep their roles.
func (s *statement) revokeAll(n *gmsplan.Revoke) error {
	db := s.server.gms.Analyzer.Catalog.MySQLDb
	editor := db.Editor()
	defer editor.Close()
	for _, name := range n.Users {
		key := accountKey(name)
		u, ok := editor.GetUser(key)
		if !ok {
			return noSuchGrant(name)
		}
		bare := *u
		bare.PrivilegeSet = mysql_db.NewPrivilegeSet()
		editor.RemoveUser(key) // else there would be two
		editor.PutUser(&bare)
	}
	return db.Persist(s.ctx, editor)
}

// granted refuses a REVOKE on a database or table that an account has no rights on, as such.
func (s *statement) granted(n *gmsplan.Revoke) error {
	level := n.PrivilegeLevel
	if level.Database == "*" || level.TableRoutine == "" || n.ObjectType != gmsplan.ObjectType_Any && n.ObjectType != gmsplan.ObjectType_Table {
		return nil
	}
	reader := s.server.gms.Analyzer.Catalog.MySQLDb.Reader()
	defer reader.Close()
	for _, user := range n.Users {
		key := accountKey(user)
		u, ok := reader.GetUser(key)
		if !ok {
			continue
		}
		in := u.PrivilegeSet.Database(cmp.Or(level.Database, s.ctx.GetCurrentDatabase()))
		switch {
		case level.TableRoutine == "*":
			if in.Count() == 0 {
				return noSuchGrant(user)
			}
		case in.Table(level.TableRoutine).Count() == 0:
			return sqlerr.New(sqlerr.Errno(1147), "There is no such grant defined for user '%s' on host '%s' on table '%s'", // ER_NONEXISTING_TABLE_GRANT
				key.User, key.Host, level.TableRoutine)
		}
	}
	return nil
}

// revokeOnDatabase takes rights on a database from accounts, all of them or none. They keep those on its tables, which GMS takes with the last one on
// the database.
func (s *statement) revokeOnDatabase(n *gmsplan.Revoke) error {
	name := cmp.Or(n.PrivilegeLevel.Database, s.ctx.GetCurrentDatabase())
	if name == "" {
		return sql.ErrNoDatabaseSelected.New()
	}
	db := s.server.gms.Analyzer.Catalog.MySQLDb
	editor := db.Editor()
	defer editor.Close()
	var changed []*mysql_db.User
	for _, user := range n.Users {
		u, ok := editor.GetUser(accountKey(user))
		if !ok {
			return noSuchGrant(user)
		}
		left := *u
		left.PrivilegeSet = u.PrivilegeSet.Copy()
		if err := n.HandleDatabasePrivileges(&left, name); err != nil {
			return err
		}
		for _, t := range u.PrivilegeSet.Database(name).GetTables() {
			left.PrivilegeSet.AddTable(name, t.Name(), t.ToSlice()...)
		}
		changed = append(changed, &left)
	}
	for _, u := range changed {
		editor.RemoveUser(mysql_db.UserPrimaryKey{User: u.User, Host: u.Host}) // else there would be two
		editor.PutUser(u)
	}
	return db.Persist(s.ctx, editor)
}

// renameUser gives accounts other names, all of them or none.
func (s *statement) renameUser(n *gmsplan.RenameUser) error {
	failed := func(name gmsplan.UserName) error {
		return vitess.NewSQLError(1396, vitess.SSUnknownSQLState, "Operation RENAME USER failed for %s", name.String("'")) // ER_CANNOT_USER
	}
	if err := s.mayTouch(n.OldName...); err != nil {
		return err
	}
	db := s.server.gms.Analyzer.Catalog.MySQLDb
	editor := db.Editor()
	defer editor.Close()
	// What is in the editor is there at once: everything is checked before the first change.
	names := make(map[mysql_db.UserPrimaryKey]*mysql_db.User)
	at := func(key mysql_db.UserPrimaryKey) *mysql_db.User {
		u, changed := names[key]
		if !changed {
			u, _ = editor.GetUser(key)
		}
		return u
	}
	for i, old := range n.OldName {
		from, to := accountKey(old), accountKey(n.NewName[i])
		u := at(from)
		if u == nil || u.IsEphemeral || at(to) != nil {
			return failed(old)
		}
		renamed := *u
		renamed.User, renamed.Host = to.User, to.Host
		names[from], names[to] = nil, &renamed
	}
	for i, old := range n.OldName {
		from, to := accountKey(old), accountKey(n.NewName[i])
		var edges []mysql_db.RoleEdge
		editor.VisitRoleEdges(func(e *mysql_db.RoleEdge) {
			if e.FromUser == from.User && e.FromHost == from.Host || e.ToUser == from.User && e.ToHost == from.Host {
				edges = append(edges, *e)
			}
		})
		for _, e := range edges {
			editor.RemoveRoleEdge(mysql_db.RoleEdgesPrimaryKey{FromHost: e.FromHost, FromUser: e.FromUser, ToHost: e.ToHost, ToUser: e.ToUser})
			if e.FromUser == from.User && e.FromHost == from.Host {
				e.FromUser, e.FromHost = to.User, to.Host
			} else {
				e.ToUser, e.ToHost = to.User, to.Host
			}
			editor.PutRoleEdge(&e)
		}
	}
	for key, u := range names {
		editor.RemoveUser(key)
		if u != nil {
			editor.PutUser(u)
		}
	}
	return db.Persist(s.ctx, editor)
}

func accountKey(name gmsplan.UserName) mysql_db.UserPrimaryKey {
	host := name.Host
	if name.AnyHost || host == "" {
		host = "%"
	}
	return mysql_db.UserPrimaryKey{User: name.Name, Host: host}
}
