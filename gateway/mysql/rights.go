package mysql

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	vitess "github.com/dolthub/vitess/go/mysql"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/gateway/session"
)

// The dynamic privileges that stand for a part of SUPER.
const (
	systemVariablesAdmin = "system_variables_admin"
	connectionAdmin      = "connection_admin"
)

// has reports whether the user has a global privilege.
func (v *Server) has(ctx *sql.Context, privilege sql.PrivilegeType) bool {
	return v.allows(ctx, sql.NewPrivilegedOperation(sql.PrivilegeCheckSubject{}, privilege))
}

func (v *Server) allows(ctx *sql.Context, op sql.PrivilegedOperation) bool {
	accounts := v.gms.Analyzer.Catalog.MySQLDb
	bind.MatchPatterns(ctx, accounts, op.Database)
	return accounts.UserHasPrivileges(ctx, op)
}

// superOr reports whether the user has SUPER or what stands for the part of it that is asked for.
func (s *statement) superOr(dynamic string) bool {
	return s.server.has(s.ctx, sql.PrivilegeType_Super) || s.server.allows(s.ctx, sql.NewDynamicPrivilegedOperation(dynamic))
}

// needSuper refuses users who may not manage servers: these hold credentials, and reach hosts in the gateway's name.
func (s *statement) needSuper() error {
	if s.server.has(s.ctx, sql.PrivilegeType_Super) {
		return nil
	}
	return sqlerr.New(sqlerr.AccessDenied, "Access denied; you need (at least one of) the SUPER privilege(s) for this operation")
}

// mayRun refuses statements of GMS's whose rights GMS leaves open: what they are about decides, as far as it is the user's own.
func (s *statement) mayRun(root sql.Node) (err error) {
	transform.InspectWithOpaque(s.ctx, root, func(_ *sql.Context, n sql.Node) bool {
		switch n := n.(type) {
		case *gmsplan.Set:
			err = s.maySet(n)
		case *gmsplan.Kill:
			err = s.mayKill(n.ConnID)
		case *gmsplan.ShowGrants:
			if err = s.mayShowGrants(n); err == nil {
				err = s.named(n)
			}
		case *gmsplan.Grant:
			if err = s.mayGrant(n); err == nil {
				err = s.named(n)
			}
		case *gmsplan.InsertInto:
			err = s.mayWriteGrants(n, "INSERT")
		case *gmsplan.Update:
			err = s.mayWriteGrants(n, "UPDATE")
		case *gmsplan.DeleteFrom:
			err = s.mayWriteGrants(n, "DELETE")
		case *gmsplan.Truncate:
			err = s.mayWriteGrants(n, "DROP") // the right that it takes
		default:
			err = s.named(n)
		}
		return err == nil
	})
	return err
}

// mayWriteGrants refuses statements that write the grant tables themselves, for everyone: what is written there counts at once, without FLUSH
// PRIVILEGES, and one wrong row would keep all users out.
func (s *statement) mayWriteGrants(write sql.Node, command string) (err error) {
	transform.InspectWithOpaque(s.ctx, write, func(_ *sql.Context, n sql.Node) bool {
		if t, ok := n.(*gmsplan.ResolvedTable); ok && t.Database() != nil && strings.EqualFold(t.Database().Name(), grantTables) {
			client := s.ctx.Client()
			err = sqlerr.New(sqlerr.TableDenied, "%s command denied to user '%s'@'%s' for table '%s': CREATE, ALTER and DROP USER, GRANT and REVOKE change accounts",
				command, client.User, client.Address, t.Name())
		}
		return err == nil
	})
	return err
}

// maySet refuses to change what other sessions see without the right to.
func (s *statement) maySet(n *gmsplan.Set) error {
	first := true
	for _, e := range n.Exprs {
		set, ok := e.(*expression.SetField)
		if !ok {
			continue
		}
		v, ok := set.LeftChild.(*expression.SystemVar)
		if !ok {
			continue
		}
		if err := offsetInRange(v, set.RightChild); err != nil {
			return err
		}
		clamp(set, v, &first)
		if !global(v.Scope) && !restricted(v.Name) {
			continue
		}
		if !s.superOr(systemVariablesAdmin) {
			return sqlerr.New(sqlerr.AccessDenied,
				"Access denied; you need (at least one of) the SUPER or SYSTEM_VARIABLES_ADMIN privilege(s) for this operation")
		}
		if !global(v.Scope) || v.Scope.IsGlobalOnly() {
			continue
		}
		return sqlerr.New(sqlerr.Unsupported, "SET PERSIST %s: the gateway keeps no variables, use SET GLOBAL or its configuration", v.Name)
	}
	return nil
}

// offset is a time zone that is a distance from UTC.
var offset = regexp.MustCompile(`^([+-])(\d{1,2}):(\d\d)$`)

// offsetInRange refuses a time zone farther from UTC than MySQL has them, from -13:59 to +14:00; GMS takes any.
func offsetInRange(v *expression.SystemVar, value sql.Expression) error {
	literal, ok := value.(*expression.Literal)
	if !ok || !strings.EqualFold(v.Name, "time_zone") {
		return nil
	}
	zone, _ := literal.Value().(string)
	parts := offset.FindStringSubmatch(zone)
	if parts == nil {
		return nil // a name, which GMS looks up
	}
	hours, _ := strconv.Atoi(parts[2]) // digits
	minutes, _ := strconv.Atoi(parts[3])
	farthest := 14 * 60
	if parts[1] == "-" {
		farthest = 13*60 + 59
	}
	if minutes > 59 || hours*60+minutes > farthest {
		return sqlerr.New(sqlerr.UnknownTimeZone, "Unknown or incorrect time zone: '%s'", zone)
	}
	return nil
}

// global reports whether a variable of this scope is not of the session alone.
func global(scope sql.SystemVariableScope) bool { return !scope.IsSessionOnly() }

// restricted reports a variable that costs others, of whatever session it is: each statement that is checked runs twice.
func restricted(variable string) bool { return strings.EqualFold(variable, session.ShadowRate) }

// mayKill refuses to kill a connection that is not there, or another user's without the right to.
func (s *statement) mayKill(connection uint32) error {
	for _, p := range s.server.gms.ProcessList.Processes() {
		if p.Connection != connection {
			continue
		}
		if p.User == s.ctx.Client().User || s.superOr(connectionAdmin) {
			return nil
		}
		return vitess.NewSQLError(vitess.ERKillDenied, vitess.SSUnknownSQLState, "You are not owner of thread %d", connection)
	}
	return vitess.NewSQLError(vitess.ERNoSuchThread, vitess.SSUnknownSQLState, "Unknown thread id: %d", connection)
}

// mayShowGrants refuses to show the grants of others to who may not read the grant tables.
func (s *statement) mayShowGrants(n *gmsplan.ShowGrants) error {
	client := s.ctx.Client()
	if n.For == nil || n.CurrentUser || n.For.Name == client.User && (n.For.AnyHost || strings.EqualFold(n.For.Host, client.Address)) {
		return nil
	}
	mysqlDB := sql.PrivilegeCheckSubject{Database: grantTables}
	if s.server.allows(s.ctx, sql.NewPrivilegedOperation(mysqlDB, sql.PrivilegeType_Select)) {
		return nil
	}
	return sqlerr.New(sqlerr.DatabaseDenied, "Access denied for user '%s'@'%s' to database 'mysql'", client.User, client.Address)
}

// ownProcesses is the process list as a user sees it: whole with PROCESS, else the user's own connections.
type ownProcesses struct {
	sql.ProcessList
	server *Server
	ctx    *sql.Context
}

// Processes implements sql.ProcessList.
func (o *ownProcesses) Processes() []sql.Process {
	all := o.ProcessList.Processes()
	for i, p := range all { // GMS has the hosts of their accounts
		if c, ok := o.server.connections.Load(p.Connection); ok {
			all[i].Host = c.(*connection).place()
		}
	}
	if o.server.has(o.ctx, sql.PrivilegeType_Process) {
		return all
	}
	var own []sql.Process
	for _, p := range all {
		if p.User == o.ctx.Client().User {
			own = append(own, p)
		}
	}
	return own
}
