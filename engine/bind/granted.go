package bind

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/mysql_db"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
)

// Granted are the rights of a session's user, those on databases that a GRANT names by a pattern among them: % stands for any text, _ for any
// character, and \% and \_ for themselves (MySQL 8.0 manual, 13.7.1.6). It is safe for concurrent use.
type Granted struct {
	sql.PrivilegeSet
	patterns [][]sql.PrivilegeSetDatabase // of the user and of each of his roles
}

// GrantedTo returns what the user of a session may do now.
func GrantedTo(ctx *sql.Context, accounts *mysql_db.MySQLDb) Granted {
	return Granted{accounts.UserActivePrivilegeSet(ctx).Copy(), grantedPatterns(ctx, accounts)}
}

// Database implements sql.PrivilegeSet. Patterns count where the database itself has no rights of its own.
func (g Granted) Database(name string) sql.PrivilegeSetDatabase {
	own := g.PrivilegeSet.Database(name)
	if matched := matching(g.patterns, name); own.Count() == 0 && len(matched) > 0 {
		return patternRights{own, matched}
	}
	return own
}

// Allows reports a right on a table.
func (g Granted) Allows(db, table string, right sql.PrivilegeType) bool {
	in := g.Database(db)
	return g.Has(right) || g.Has(sql.PrivilegeType_Super) || in.Has(right) || in.Table(table).Has(right)
}

// patternRights are rights on a database by patterns, and those on tables in it.
type patternRights struct {
	sql.PrivilegeSetDatabase
	matched []sql.PrivilegeType
}

// Has implements sql.PrivilegeSetDatabase.
func (p patternRights) Has(rights ...sql.PrivilegeType) bool {
	return !slices.ContainsFunc(rights, func(right sql.PrivilegeType) bool { return !slices.Contains(p.matched, right) })
}

// HasPrivileges implements sql.PrivilegeSetDatabase.
func (p patternRights) HasPrivileges() bool { return true }

// Count implements sql.PrivilegeSetDatabase.
func (p patternRights) Count() int { return len(p.matched) }

// ToSlice implements sql.PrivilegeSetDatabase.
func (p patternRights) ToSlice() []sql.PrivilegeType { return p.matched }

// MatchPatterns has the rights that GMS keeps of a session name a database that they name by patterns only: GMS looks for no others. The session
// runs nothing meanwhile.
func MatchPatterns(ctx *sql.Context, accounts *mysql_db.MySQLDb, db string) {
	matchAs(ctx, accounts, db, db)
}

func matchAs(ctx *sql.Context, accounts *mysql_db.MySQLDb, db, known string) {
	set := accounts.UserActivePrivilegeSet(ctx)
	if db == "" || set.Database(known).Count() > 0 {
		return
	}
	if matched := matching(grantedPatterns(ctx, accounts), db); len(matched) > 0 {
		set.AddDatabase(known, matched...)
	}
}

// matchGranted is MatchPatterns for what a GRANT names. A pattern of it is not matched by others, nor is what they were found to match before: it may
// stand for more than they do. The database of a table is none.
func matchGranted(ctx *sql.Context, accounts *mysql_db.MySQLDb, level gmsplan.PrivilegeLevel) {
	ctx.SetPrivilegeSet(mysql_db.NewPrivilegeSet(), 0) // which is outdated: the next one has no matches
	db := cmp.Or(level.Database, ctx.GetCurrentDatabase())
	if literal, ok := literalName(db); ok && level.TableRoutine == "*" {
		matchAs(ctx, accounts, literal, db)
	} else if level.TableRoutine != "*" {
		MatchPatterns(ctx, accounts, db)
	}
}

// literalName is the database that a pattern names, if it is one alone.
func literalName(pattern string) (string, bool) {
	var name strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] == '\\' && i+1 < len(pattern):
			i++
		case pattern[i] == '%' || pattern[i] == '_':
			return "", false
		}
		name.WriteByte(pattern[i])
	}
	return name.String(), true
}

// grantedPatterns are the databases that the account of a session and its roles were granted rights on, of which any may be a pattern.
func grantedPatterns(ctx *sql.Context, accounts *mysql_db.MySQLDb) (patterns [][]sql.PrivilegeSetDatabase) {
	reader := accounts.Reader()
	defer reader.Close()
	client := ctx.Session.Client()
	user := accounts.GetUser(reader, client.User, client.Address, false)
	if user == nil {
		return nil
	}
	patterns = append(patterns, databasePatterns(user.PrivilegeSet))
	for _, edge := range reader.GetToUserRoleEdges(mysql_db.RoleEdgesToKey{ToHost: user.Host, ToUser: user.User}) {
		if role, ok := reader.GetUser(mysql_db.UserPrimaryKey{User: edge.FromUser, Host: edge.FromHost}); ok {
			patterns = append(patterns, databasePatterns(role.PrivilegeSet))
		}
	}
	return patterns
}

// databasePatterns are the databases of some rights that are patterns, and have rights as such: of tables' databases none is a pattern.
func databasePatterns(set sql.PrivilegeSet) (patterns []sql.PrivilegeSetDatabase) {
	for _, db := range set.GetDatabases() {
		if db.Count() > 0 && strings.ContainsAny(db.Name(), `%_\`) {
			patterns = append(patterns, db)
		}
	}
	return patterns
}

// matching are the rights on a database by the patterns of accounts, of each by its most specific one.
func matching(accounts [][]sql.PrivilegeSetDatabase, db string) (rights []sql.PrivilegeType) {
	for _, patterns := range accounts {
		var best sql.PrivilegeSetDatabase
		for _, p := range patterns {
			if matchesPattern(p.Name(), db) && (best == nil || literalPrefix(p.Name()) > literalPrefix(best.Name())) {
				best = p
			}
		}
		if best != nil {
			rights = append(rights, best.ToSlice()...)
		}
	}
	return rights
}

// literalPrefix is how much of a pattern stands for itself: the longer, the more specific it is.
func literalPrefix(pattern string) int {
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '%', '_':
			return i
		}
	}
	return len(pattern)
}

// matchesPattern compares without regard to case, as names of databases are.
func matchesPattern(pattern, name string) bool {
	p, n := []rune(strings.ToLower(pattern)), []rune(strings.ToLower(name))
	i, j, star, tried := 0, 0, -1, 0 // star is behind the last %, which stands for what is before tried
	for j < len(n) {
		escaped := i+1 < len(p) && p[i] == '\\'
		switch {
		case escaped && p[i+1] == n[j]:
			i, j = i+2, j+1
		case i < len(p) && !escaped && p[i] == '%':
			i++
			star, tried = i, j
		case i < len(p) && !escaped && (p[i] == '_' || p[i] == n[j]):
			i, j = i+1, j+1
		case star >= 0:
			tried++
			i, j = star, tried
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '%' {
		i++
	}
	return i == len(p)
}
