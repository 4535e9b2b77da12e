package mysql

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/mysql_db"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	vitess "github.com/dolthub/vitess/go/mysql"

	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// named refuses statements about accounts that are not there, or has them pass these over where that was asked for. GMS takes 'user'@'host' for
// 'user'@'%' where it has no account of that host, and does the first of a list before it looks for the second.
func (s *statement) named(n sql.Node) error {
	switch n := n.(type) {
	case *gmsplan.Grant:
		if err := grantable(n.Privileges); err != nil {
			return err
		}
		if _, missing := s.missing(n.Users); missing {
			return sqlerr.New(sqlerr.Errno(1410), "You are not allowed to create a user with GRANT") // ER_CANT_CREATE_USER_WITH_GRANT
		}
	case *gmsplan.Revoke:
		if err := grantable(n.Privileges); err != nil {
			return err
		}
		if who, missing := s.missing(n.Users); missing && !n.IgnoreUnknownUser {
			return noSuchGrant(who)
		}
		n.Users = slices.DeleteFunc(n.Users, s.isMissing)
		if err := s.mayTouch(n.Users...); err != nil {
			return err
		}
		return s.granted(n)
	case *gmsplan.ShowGrants:
		if n.For == nil || n.CurrentUser {
			return nil
		}
		if who, missing := s.missing([]gmsplan.UserName{*n.For}); missing {
			return noSuchGrant(who)
		}
	case *gmsplan.GrantRole:
		if who, missing := s.missing(slices.Concat(n.Roles, n.TargetUsers)); missing {
			return unknownAuthorization(who)
		}
	case *gmsplan.RevokeRole:
		if who, missing := s.missing(slices.Concat(n.Roles, n.TargetUsers)); missing && !n.IfExists && !n.IgnoreUnknownUser {
			return unknownAuthorization(who)
		}
		n.Roles, n.TargetUsers = slices.DeleteFunc(n.Roles, s.isMissing), slices.DeleteFunc(n.TargetUsers, s.isMissing)
	case *gmsplan.DropUser:
		err := s.mayDrop("DROP USER", n.Users, n.IfExists)
		n.Users = slices.DeleteFunc(n.Users, s.isMissing)
		return err
	case *gmsplan.DropRole:
		err := s.mayDrop("DROP ROLE", n.Roles, n.IfExists)
		n.Roles = slices.DeleteFunc(n.Roles, s.isMissing)
		return err
	case *gmsplan.CreateUser:
		if n.AccountLimits != nil {
			return sqlerr.New(sqlerr.Unsupported, "CREATE USER ... WITH MAX_...: the gateway bounds no account, its configuration bounds all")
		}
		if n.Locked { // which GMS passes over
			return sqlerr.New(sqlerr.Unsupported, "CREATE USER ... ACCOUNT LOCK is not supported: ALTER USER ... ACCOUNT LOCK locks an account")
		}
		if !n.IfNotExists {
			return nil
		}
		for _, u := range n.Users {
			if u := u.UserName; !s.isMissing(u) {
				s.noteAccount(3163, "Authorization ID %s already exists.", u) // ER_USER_ALREADY_EXISTS
			}
		}
	case *gmsplan.AlterUser:
		return s.mayAlter(accountKey(n.User.UserName))
	case *gmsplan.GrantProxy:
		return sqlerr.New(sqlerr.Unsupported, "GRANT PROXY is not supported: nobody acts for another user")
	}
	return nil
}

// missing returns the first of some accounts that is not there.
func (s *statement) missing(names []gmsplan.UserName) (gmsplan.UserName, bool) {
	for _, name := range names {
		if s.isMissing(name) {
			return name, true
		}
	}
	return gmsplan.UserName{}, false
}

func (s *statement) isMissing(name gmsplan.UserName) bool {
	_, ok := s.findAccount(accountKey(name))
	return !ok
}

func noSuchGrant(who gmsplan.UserName) error {
	key := accountKey(who)
	return sqlerr.New(sqlerr.Errno(1141), "There is no such grant defined for user '%s' on host '%s'", key.User, key.Host) // ER_NONEXISTING_GRANT
}

func unknownAuthorization(who gmsplan.UserName) error {
	key := accountKey(who)
	return sqlerr.New(sqlerr.Errno(3523), "Unknown authorization ID `%s`@`%s`", key.User, key.Host) // ER_UNKNOWN_AUTHID
}

// mayDrop refuses to drop some of a list where others are not there; with IF EXISTS each of these is a note.
func (s *statement) mayDrop(statement string, names []gmsplan.UserName, ifExists bool) error {
	if err := s.mayTouch(names...); err != nil {
		return err
	}
	var missing []string
	for _, name := range names {
		if !s.isMissing(name) {
			continue
		}
		if ifExists {
			s.noteAccount(3162, "Authorization ID %s does not exist.", name) // ER_USER_DOES_NOT_EXIST
		}
		missing = append(missing, shownAccount(accountKey(name)))
	}
	if len(missing) > 0 && !ifExists {
		return vitess.NewSQLError(1396, vitess.SSUnknownSQLState, "Operation %s failed for %s", statement, strings.Join(missing, ",")) // ER_CANNOT_USER
	}
	return nil
}

func (s *statement) noteAccount(errno int, format string, name gmsplan.UserName) {
	s.ctx.Session.Warn(&sql.Warning{Level: "Note", Code: errno, Message: strings.Replace(format, "%s", shownAccount(accountKey(name)), 1)})
}

func shownAccount(key mysql_db.UserPrimaryKey) string {
	return "'" + key.User + "'@'" + key.Host + "'"
}

var errNeedsCreateUser = sqlerr.New(sqlerr.AccessDenied, "Access denied; you need (at least one of) the CREATE USER privilege(s) for this operation")

// mayAlter lets who may not make accounts change his own alone: GMS takes all of his name for it, of whatever host.
func (s *statement) mayAlter(key mysql_db.UserPrimaryKey) error {
	client := s.ctx.Client()
	if key.User == client.User && key.Host == client.Address {
		return nil
	}
	if s.server.has(s.ctx, sql.PrivilegeType_CreateUser) ||
		s.server.allows(s.ctx, sql.NewPrivilegedOperation(sql.PrivilegeCheckSubject{Database: grantTables}, sql.PrivilegeType_Update)) {
		return s.mayTouch(gmsplan.UserName{Name: key.User, Host: key.Host})
	}
	return errNeedsCreateUser
}

// mayTouch leaves accounts with SUPER to who has it, as MySQL does those with SYSTEM_USER: else who may make accounts would be one password away
// from every right.
func (s *statement) mayTouch(names ...gmsplan.UserName) error {
	if s.server.has(s.ctx, sql.PrivilegeType_Super) {
		return nil
	}
	reader := s.server.gms.Analyzer.Catalog.MySQLDb.Reader()
	defer reader.Close()
	super := func(key mysql_db.UserPrimaryKey) bool {
		u, ok := reader.GetUser(key)
		return ok && u.PrivilegeSet.Has(sql.PrivilegeType_Super)
	}
	for _, name := range names {
		key := accountKey(name)
		granted := reader.GetToUserRoleEdges(mysql_db.RoleEdgesToKey{ToHost: key.Host, ToUser: key.User})
		if super(key) || slices.ContainsFunc(granted, func(e *mysql_db.RoleEdge) bool {
			return super(mysql_db.UserPrimaryKey{User: e.FromUser, Host: e.FromHost})
		}) {
			return sqlerr.New(sqlerr.AccessDenied, "Access denied; you need (at least one of) the SUPER privilege(s) for this operation")
		}
	}
	return nil
}

func (s *statement) keyOf(a parse.Account) mysql_db.UserPrimaryKey {
	if a.Current {
		return mysql_db.UserPrimaryKey{User: s.ctx.Client().User, Host: s.ctx.Client().Address}
	}
	return mysql_db.UserPrimaryKey{User: a.User, Host: a.Host}
}

// setRole checks the roles that a session takes up, which are active already, as all are that the user was granted.
func (s *statement) setRole(stmt *parse.SetRole) error {
	s.kind = manage
	s.ctx.ClearWarnings()
	of := stmt.Of
	if of == nil {
		of = []parse.Account{{Current: true}}
	}
	for _, a := range of {
		if a.Current {
			continue
		}
		if err := s.mayAlter(s.keyOf(a)); err != nil {
			return err
		}
	}
	reader := s.server.gms.Analyzer.Catalog.MySQLDb.Reader()
	defer reader.Close()
	for _, a := range of {
		key := s.keyOf(a)
		if !a.Current {
			if _, ok := reader.GetUser(key); !ok {
				return unknownAuthorization(gmsplan.UserName{Name: key.User, Host: key.Host})
			}
		}
		granted := reader.GetToUserRoleEdges(mysql_db.RoleEdgesToKey{ToHost: key.Host, ToUser: key.User})
		if stmt.None && len(granted) > 0 {
			return sqlerr.New(sqlerr.Unsupported, "roles can't be put down: those that a user is granted are always active")
		}
		for _, role := range stmt.Roles {
			if !slices.ContainsFunc(granted, func(e *mysql_db.RoleEdge) bool { return e.FromUser == role.User && e.FromHost == role.Host }) {
				return sqlerr.New(sqlerr.Errno(3530), "`%s`@`%s` is not granted to `%s`@`%s`", role.User, role.Host, key.User, key.Host) // ER_ROLE_NOT_GRANTED
			}
		}
	}
	return nil
}
