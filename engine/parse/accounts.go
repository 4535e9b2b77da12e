package parse

import (
	"strconv"
	"strings"

	"github.com/silogate/silogate/engine/sqlerr"
)

// Accounts is CREATE USER and ALTER USER, and SET PASSWORD (MySQL 8.0 Reference Manual, 13.7.1).
type Accounts struct {
	Create  bool // else they are there
	Forgive bool // IF NOT EXISTS, or IF EXISTS
	Each    []Credentials
	Roles   []Account // DEFAULT ROLE of CREATE USER
	Require *Require  // nil: it stays
	Lock    *bool     // nil: it stays
}

// Credentials is an account with what its user is to prove; it stays where nothing is said.
type Credentials struct {
	Account
	Plugin   string  // "": the default one, or the account's
	Password *string // nil: none is given
	Hash     *string // of a password, as the plugin keeps it
	Random   bool    // the password is to be made
}

// Require is what an account demands of connections.
type Require struct {
	SSL, X509               bool
	Cipher, Issuer, Subject string
}

// ShowCreateAccount is SHOW CREATE USER [account].
type ShowCreateAccount struct{ Account }

func (*Accounts) sealed()          {}
func (*ShowCreateAccount) sealed() {}

func (r *reader) showCreateAccount() Stmt {
	r.expect("USER")
	if t := r.peek(); t.kind == end || t.isSymbol(";") {
		return &ShowCreateAccount{Account{Current: true}}
	}
	return &ShowCreateAccount{r.account()}
}

func (r *reader) createAccounts() Stmt {
	s := &Accounts{Create: true, Forgive: r.accept("IF", "NOT", "EXISTS")}
	r.credentials(s)
	if r.accept("DEFAULT", "ROLE") {
		s.Roles = r.accounts()
	}
	r.accountOptions(s)
	return s
}

func (r *reader) alterAccounts() Stmt {
	s := &Accounts{Forgive: r.accept("IF", "EXISTS")}
	r.credentials(s)
	if len(s.Each) == 1 && r.accept("DEFAULT", "ROLE") {
		roles := r.defaultRoles()
		roles.Of = []Account{s.Each[0].Account}
		return roles
	}
	r.accountOptions(s)
	return s
}

func (r *reader) setPassword() Stmt {
	c := Credentials{Account: Account{Current: true}}
	if r.accept("FOR") {
		c.Account = r.account()
	}
	if r.accept("TO", "RANDOM") {
		c.Random = true
	} else {
		r.symbol("=")
		c.Password = r.text("a password in quotes")
	}
	r.refuseClauses("SET PASSWORD")
	return &Accounts{Each: []Credentials{c}}
}

// credentials reads the accounts of a statement and how their users are known.
func (r *reader) credentials(s *Accounts) {
	for r.err == nil {
		c := Credentials{Account: r.account()}
		if r.accept("IDENTIFIED") {
			r.identified(&c)
		}
		s.Each = append(s.Each, c)
		r.refuseClauses(s.verb())
		if !r.comma() {
			break
		}
	}
}

func (r *reader) identified(c *Credentials) {
	if r.accept("WITH") {
		c.Plugin = strings.ToLower(r.ident("the name of a plugin"))
		if r.accept("AS") {
			c.Hash = r.text("a hash in quotes")
			return
		}
		if !r.peek().is("BY") {
			return
		}
	}
	r.expect("BY")
	if r.accept("RANDOM") {
		r.expect("PASSWORD")
		c.Random = true
		return
	}
	c.Password = r.text("a password in quotes")
}

func (r *reader) text(what string) *string {
	t := r.next()
	if t.kind != text {
		r.fail(t, what)
	}
	return &t.value
}

func (s *Accounts) verb() string {
	if s.Create {
		return "CREATE USER"
	}
	return "ALTER USER"
}

// refusedClauses are clauses of accounts that the gateway does not have.
var refusedClauses = []struct {
	words []string
	why   string
}{
	{[]string{"REPLACE"}, "the current password is not asked for"},
	{[]string{"RETAIN", "CURRENT"}, "an account has one password"},
	{[]string{"DISCARD", "OLD"}, "an account has one password"},
	{[]string{"AND", "IDENTIFIED"}, "an account has one password"},
	{[]string{"INITIAL", "AUTHENTICATION"}, "an account has one password"},
	{[]string{"COMMENT"}, "accounts have no attributes"},
	{[]string{"ATTRIBUTE"}, "accounts have no attributes"},
}

func (r *reader) refuseClauses(statement string) {
	for _, c := range refusedClauses {
		if r.peek().is(c.words[0]) {
			r.refuse(statement, strings.Join(c.words, " "), c.why)
		}
	}
}

func (r *reader) refuse(statement, clause, why string) {
	if r.err == nil {
		r.err = sqlerr.New(sqlerr.Unsupported, "%s ... %s is not supported: %s", statement, clause, why)
	}
}

// accountOptions reads what goes for all accounts of a statement. What a limit is without one, and what a policy is by default, is read.
func (r *reader) accountOptions(s *Accounts) {
	if r.accept("REQUIRE") {
		s.Require = r.require()
	}
	if r.accept("WITH") {
		r.limits(s.verb())
	}
	for r.err == nil {
		switch t := r.peek(); {
		case r.accept("ACCOUNT"):
			lock := r.peek().is("LOCK")
			if s.Lock = &lock; lock {
				r.next()
			} else {
				r.expect("UNLOCK")
			}
		case r.accept("PASSWORD"):
			r.passwordOption(s.verb())
		case t.is("FAILED_LOGIN_ATTEMPTS"), t.is("PASSWORD_LOCK_TIME"):
			r.next()
			if n := r.next(); n.value != "0" {
				r.refuse(s.verb(), strings.ToUpper(t.value), "failed logins are not counted")
			}
		default:
			r.refuseClauses(s.verb())
			return
		}
	}
}

// require reads tls_option [[AND] tls_option ...].
func (r *reader) require() *Require {
	q := &Require{}
	switch {
	case r.accept("NONE"):
		return q
	case r.accept("SSL"):
		q.SSL = true
		return q
	case r.accept("X509"):
		q.X509 = true
		return q
	}
	for some := false; r.err == nil; some = true {
		r.accept("AND")
		into := map[string]*string{"CIPHER": &q.Cipher, "ISSUER": &q.Issuer, "SUBJECT": &q.Subject}[strings.ToUpper(r.peek().value)]
		if into == nil {
			if !some {
				r.fail(r.next(), "NONE, SSL, X509, CIPHER, ISSUER or SUBJECT")
			}
			break
		}
		r.next()
		*into = *r.text("a text in quotes")
	}
	return q
}

// limits reads what an account may use. Zero is no limit; none of these is counted.
func (r *reader) limits(statement string) {
	for read := false; r.err == nil; read = true {
		t := r.peek()
		if name := strings.ToUpper(t.value); name != "MAX_QUERIES_PER_HOUR" && name != "MAX_UPDATES_PER_HOUR" && name != "MAX_CONNECTIONS_PER_HOUR" && name != "MAX_USER_CONNECTIONS" {
			if !read {
				r.fail(r.next(), "a limit")
			}
			return
		}
		r.next()
		n, err := strconv.ParseUint(r.peek().value, 10, 64)
		if err != nil {
			r.fail(r.next(), "a number")
		} else if r.next(); n > 0 {
			r.refuse(statement, "WITH "+strings.ToUpper(t.value), "the gateway bounds no account, its configuration bounds all")
		}
	}
}

// passwordOption reads what follows PASSWORD: passwords don't expire, and none before them are kept.
func (r *reader) passwordOption(statement string) {
	switch {
	case r.accept("EXPIRE"):
		if !r.accept("NEVER") && !r.accept("DEFAULT") {
			r.refuse(statement, "PASSWORD EXPIRE", "passwords do not expire")
		}
	case r.accept("HISTORY"):
		r.unlessDefault(statement, "PASSWORD HISTORY")
	case r.accept("REUSE", "INTERVAL"):
		if r.unlessDefault(statement, "PASSWORD REUSE INTERVAL") {
			r.expect("DAY")
		}
	case r.accept("REQUIRE", "CURRENT"):
		if !r.accept("DEFAULT") && !r.accept("OPTIONAL") {
			r.refuse(statement, "PASSWORD REQUIRE CURRENT", "the current password is not asked for")
		}
	default:
		r.fail(r.next(), "EXPIRE, HISTORY, REUSE or REQUIRE")
	}
}

// unlessDefault reads DEFAULT or 0, and reports the latter. Else there would have to be passwords that are no more.
func (r *reader) unlessDefault(statement, clause string) (zero bool) {
	if r.accept("DEFAULT") {
		return false
	}
	if t := r.next(); t.value != "0" {
		r.refuse(statement, clause, "no passwords before the current one are kept")
	}
	return true
}
