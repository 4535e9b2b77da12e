package mysql

import (
	"cmp"
	"crypto/rand"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/mysql_db"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	vitess "github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

// changeAccounts makes or changes accounts, all of them or none, and shows the passwords that it made.
func (s *statement) changeAccounts(stmt *parse.Accounts) error {
	s.kind = manage
	s.ctx.ClearWarnings()
	if err := s.mayChange(stmt); err != nil {
		return err
	}
	if err := s.beginAlone(); err != nil {
		return err
	}
	made, err := s.storeAccounts(stmt)
	if err != nil || made == nil {
		return err
	}
	return s.texts(madeColumns(), made)
}

// madeColumns are those of what IDENTIFIED BY RANDOM PASSWORD shows.
func madeColumns() []wire.Column {
	return textColumns("user", "host", "generated password", "auth_factor")
}

// mayChange lets everyone give himself a password, and who may make accounts do the rest.
func (s *statement) mayChange(stmt *parse.Accounts) error {
	if !stmt.Create {
		for _, c := range stmt.Each {
			if err := s.mayAlter(s.keyOf(c.Account)); err != nil {
				return err
			}
		}
		if stmt.Lock == nil && stmt.Require == nil {
			return nil
		}
	}
	if !s.server.has(s.ctx, sql.PrivilegeType_CreateUser) {
		return errNeedsCreateUser
	}
	if len(stmt.Roles) == 0 {
		return nil
	}
	return s.mayGrantRoles(stmt.Roles)
}

// mayGrantRoles asks for what GRANT of roles takes: DEFAULT ROLE grants them.
func (s *statement) mayGrantRoles(roles []parse.Account) error {
	granted := &gmsplan.GrantRole{MySQLDb: s.server.gms.Analyzer.Catalog.MySQLDb}
	for _, role := range roles {
		granted.Roles = append(granted.Roles, gmsplan.UserName{Name: role.User, Host: role.Host})
	}
	return s.authorize(sqlparser.AuthInformation{AuthType: sqlparser.AuthType_GRANT_ROLE, TargetType: sqlparser.AuthTargetType_Ignore, Extra: granted})
}

func (s *statement) storeAccounts(stmt *parse.Accounts) (made [][]string, err error) {
	for _, role := range stmt.Roles {
		if role := (gmsplan.UserName{Name: role.User, Host: role.Host}); s.isMissing(role) {
			return nil, unknownAuthorization(role)
		}
	}
	db := s.server.gms.Analyzer.Catalog.MySQLDb
	editor := db.Editor()
	defer editor.Close()
	// What is in the editor is there at once: everything is checked before the first change.
	changed := make(map[mysql_db.UserPrimaryKey]*mysql_db.User)
	var failed []string
	for _, c := range stmt.Each {
		key := s.keyOf(c.Account)
		old, ok := editor.GetUser(key)
		if ok = ok && (stmt.Create || !old.IsRole); ok == stmt.Create || changed[key] != nil {
			if !stmt.Forgive {
				failed = append(failed, shownAccount(key))
			} else if name := (gmsplan.UserName{Name: key.User, Host: key.Host}); stmt.Create {
				s.noteAccount(3163, "Authorization ID %s already exists.", name) // ER_USER_ALREADY_EXISTS
			} else {
				s.noteAccount(3162, "Authorization ID %s does not exist.", name) // ER_USER_DOES_NOT_EXIST
			}
			continue
		}
		u := &mysql_db.User{User: key.User, Host: key.Host, PrivilegeSet: mysql_db.NewPrivilegeSet()}
		if !stmt.Create {
			copied := *old
			u = &copied
		}
		password, err := prove(u, c, stmt.Create)
		if err == nil {
			err = checkAccountName(key)
		}
		if err != nil {
			return nil, err
		}
		if c.Random {
			made = append(made, []string{key.User, key.Host, password, "1"})
		}
		if stmt.Lock != nil {
			u.Locked = *stmt.Lock
		}
		demand(u, stmt.Require)
		changed[key] = u
	}
	if len(failed) > 0 {
		verb := map[bool]string{true: "CREATE USER", false: "ALTER USER"}[stmt.Create]
		return nil, vitess.NewSQLError(1396, vitess.SSUnknownSQLState, "Operation %s failed for %s", verb, strings.Join(failed, ",")) // ER_CANNOT_USER
	}
	for key, u := range changed {
		editor.RemoveUser(key) // else there would be two
		editor.PutUser(u)
		for _, role := range stmt.Roles {
			editor.PutRoleEdge(&mysql_db.RoleEdge{FromHost: role.Host, FromUser: role.User, ToHost: key.Host, ToUser: key.User})
		}
	}
	return made, db.Persist(s.ctx, editor)
}

// checkAccountName refuses names that are too long.
func checkAccountName(key mysql_db.UserPrimaryKey) error {
	const longestUser, longestHost = 32, 255
	switch {
	case len([]rune(key.User)) > longestUser: // ER_WRONG_STRING_LENGTH
		return sqlerr.New(sqlerr.Errno(1470), "String '%s' is too long for user name (should be no longer than %d)", key.User, longestUser)
	case len([]rune(key.Host)) > longestHost: // the same
		return sqlerr.New(sqlerr.Errno(1470), "String '%s' is too long for host name (should be no longer than %d)", key.Host, longestHost)
	}
	return nil
}

// randomLength is MySQL's generated_random_password_length.
const randomLength = 20

// prove gives an account what its user is to prove, and returns a password that was made for it.
func prove(u *mysql_db.User, c parse.Credentials, isNew bool) (made string, err error) {
	plugin := cmp.Or(c.Plugin, known{u}.plugin())
	if plugin != wire.NativePlugin && plugin != wire.SHA2Plugin {
		return "", sqlerr.New(sqlerr.Errno(1524), "Plugin '%s' is not loaded", c.Plugin) // ER_PLUGIN_IS_NOT_LOADED
	}
	password := c.Password
	switch {
	case c.Random:
		made = rand.Text()[:randomLength]
		password = &made
	case c.Hash != nil || password != nil:
	case isNew:
		password = new(string)
	case c.Plugin == "" || c.Plugin == known{u}.plugin():
		return "", nil
	default:
		return "", sqlerr.New(sqlerr.Unsupported, "ALTER USER ... IDENTIFIED WITH %s is not supported without BY or AS: the account would have no password", plugin)
	}
	if c.Hash != nil {
		u.AuthString, err = *c.Hash, checkHash(plugin, *c.Hash)
	} else {
		proof := gmsplan.NewDefaultAuthentication(*password)
		if plugin == wire.SHA2Plugin {
			proof = gmsplan.NewCachingSha2PasswordAuthentication(*password)
		}
		u.AuthString, err = proof.AuthString()
	}
	u.Plugin, u.PasswordLastChanged = plugin, time.Now().UTC()
	return made, err
}

var nativeHash = regexp.MustCompile(`^\*[0-9A-F]{40}$`)

// checkHash refuses what no password has as its hash, so that nobody could log in.
func checkHash(plugin, hash string) error {
	ok := hash == "" || nativeHash.MatchString(hash)
	if plugin == wire.SHA2Plugin && hash != "" {
		_, _, _, _, err := vitess.DeserializeCachingSha2PasswordAuthString([]byte(hash))
		ok = err == nil
	}
	if !ok { // ER_PASSWORD_FORMAT
		return sqlerr.New(sqlerr.Errno(1827), "The password hash doesn't have the expected format.")
	}
	return nil
}

// demand has an account want what a REQUIRE clause says of connections, as mysql.user has it.
func demand(u *mysql_db.User, q *parse.Require) {
	if q == nil {
		return
	}
	u.SslType, u.SslCipher, u.X509Issuer, u.X509Subject = "", q.Cipher, q.Issuer, q.Subject
	switch {
	case q.X509:
		u.SslType = "X509"
	case q.SSL:
		u.SslType = "ANY"
	case q.Cipher != "" || q.Issuer != "" || q.Subject != "":
		u.SslType = "SPECIFIED"
	}
}

// showCreateAccount shows the CREATE USER that makes an account, but for its rights.
func (s *statement) showCreateAccount(stmt *parse.ShowCreateAccount) error {
	s.kind = manage
	s.ctx.ClearWarnings()
	key := s.keyOf(stmt.Account)
	name := gmsplan.UserName{Name: key.User, Host: key.Host}
	if err := s.mayShowGrants(&gmsplan.ShowGrants{For: &name, CurrentUser: stmt.Current}); err != nil {
		return err
	}
	u, ok := s.findAccount(key)
	if !ok {
		return vitess.NewSQLError(1396, vitess.SSUnknownSQLState, "Operation SHOW CREATE USER failed for %s", shownAccount(key)) // ER_CANNOT_USER
	}
	return s.texts(textColumns("CREATE USER for "+key.User+"@"+key.Host), [][]string{{createAccount(u)}})
}

func (s *statement) findAccount(key mysql_db.UserPrimaryKey) (*mysql_db.User, bool) {
	reader := s.server.gms.Analyzer.Catalog.MySQLDb.Reader()
	defer reader.Close()
	return reader.GetUser(key)
}

func createAccount(u *mysql_db.User) string {
	text := "CREATE USER " + bind.QuotedName(u.User) + "@" + bind.QuotedName(u.Host) + " IDENTIFIED WITH " + types.QuoteLiteral(known{u}.plugin())
	if u.AuthString != "" {
		text += " AS " + types.QuoteLiteral(u.AuthString)
	}
	text += " REQUIRE"
	switch u.SslType {
	case "":
		text += " NONE"
	case "ANY":
		text += " SSL"
	case "X509":
		text += " X509"
	}
	for _, demanded := range [][2]string{{" SUBJECT ", u.X509Subject}, {" ISSUER ", u.X509Issuer}, {" CIPHER ", u.SslCipher}} {
		if demanded[1] != "" {
			text += demanded[0] + types.QuoteLiteral(demanded[1])
		}
	}
	lock := "UNLOCK"
	if u.Locked {
		lock = "LOCK"
	}
	return text + " PASSWORD EXPIRE DEFAULT ACCOUNT " + lock + " PASSWORD HISTORY DEFAULT PASSWORD REUSE INTERVAL DEFAULT PASSWORD REQUIRE CURRENT DEFAULT"
}

// makesPasswords reports that a statement has rows: the passwords that it makes.
func makesPasswords(stmt *parse.Accounts) bool {
	return slices.ContainsFunc(stmt.Each, func(c parse.Credentials) bool { return c.Random })
}
