package parse

import (
	"strings"

	"github.com/silogate/silogate/engine/sqlerr"
)

// Account is a user or role as it is written.
type Account struct {
	User, Host string // Host is % where none is written
	Current    bool   // USER() or CURRENT_USER: the session's own
}

// AlterAccounts is ALTER USER [IF EXISTS] account [IDENTIFIED BY 'password'] [, ...] [ACCOUNT LOCK | ACCOUNT UNLOCK], and
// SET PASSWORD [FOR account] = 'password'.
type AlterAccounts struct {
	Accounts  []Account
	Passwords []*string // of each account; nil: it stays
	Lock      *bool     // nil: it stays
	IfExists  bool
}

// SetRole is SET ROLE { NONE | DEFAULT | ALL | role [, ...] }, and SET DEFAULT ROLE { NONE | ALL | role [, ...] } TO account [, ...].
type SetRole struct {
	None  bool
	Roles []Account // none: all that are granted
	Of    []Account // SET DEFAULT ROLE; none: the session's own
}

func (*AlterAccounts) sealed() {}
func (*SetRole) sealed()       {}

// altersAccounts reports an ALTER USER that the other grammar has no words for: about locks and expiry, or the session's own account.
func altersAccounts(sql string, mode Mode) bool {
	var last [2]token
	for s := (scanner{sql: sql, mode: mode}); ; {
		t, err := s.next()
		if err != nil || t.kind == end || t.isSymbol(";") {
			return false
		}
		switch {
		case last[1].is("ACCOUNT") && (t.is("LOCK") || t.is("UNLOCK")), last[1].is("PASSWORD") && t.kind == word, t.is("CURRENT_USER"),
			last[0].is("USER") && last[1].is("USER") && t.isSymbol("("):
			return true
		}
		last[0], last[1] = last[1], t
	}
}

func (r *reader) account() Account {
	own := r.peek().is("CURRENT_USER") || r.peek().is("USER")
	a := Account{User: r.ident("a user's name"), Host: "%"}
	switch {
	case own && r.peek().isSymbol("("):
		r.next()
		r.symbol(")")
		return Account{Current: true}
	case strings.EqualFold(a.User, "CURRENT_USER") && own:
		return Account{Current: true}
	case r.peek().isSymbol("@"):
		r.next()
		a.Host = r.ident("a host")
	}
	return a
}

func (r *reader) accounts() (all []Account) {
	for r.err == nil {
		all = append(all, r.account())
		if !r.comma() {
			break
		}
	}
	return all
}

func (r *reader) alterAccounts() Stmt {
	s := &AlterAccounts{IfExists: r.accept("IF", "EXISTS")}
	for r.err == nil {
		s.Accounts = append(s.Accounts, r.account())
		var password *string
		if r.accept("IDENTIFIED", "BY") {
			password = r.password()
		}
		s.Passwords = append(s.Passwords, password)
		if !r.comma() {
			break
		}
	}
	switch t := r.peek(); {
	case r.accept("ACCOUNT"):
		lock := r.peek().is("LOCK")
		if !lock {
			r.expect("UNLOCK")
		} else {
			r.next()
		}
		s.Lock = &lock
	case t.is("PASSWORD") && r.err == nil:
		r.err = sqlerr.New(sqlerr.Unsupported, "ALTER USER ... PASSWORD is not supported: passwords do not expire, and none before them are kept")
	}
	return s
}

func (r *reader) password() *string {
	t := r.next()
	if t.kind != text {
		r.fail(t, "a password in quotes")
	}
	return &t.value
}

func (r *reader) setPassword() Stmt {
	s := &AlterAccounts{Accounts: []Account{{Current: true}}}
	if r.accept("FOR") {
		s.Accounts[0] = r.account()
	}
	r.symbol("=")
	s.Passwords = []*string{r.password()}
	return s
}

func (r *reader) setRole() Stmt {
	s := &SetRole{}
	switch {
	case r.accept("NONE"):
		s.None = true
	case r.accept("DEFAULT"):
	case r.accept("ALL"):
		if t := r.peek(); t.is("EXCEPT") && r.err == nil {
			r.err = sqlerr.New(sqlerr.Unsupported, "SET ROLE ALL EXCEPT is not supported: "+rolesStay)
		}
	default:
		s.Roles = r.accounts()
	}
	return s
}

// rolesStay says why roles can't be put down.
const rolesStay = "the roles that a user is granted are always active"

func (r *reader) setDefaultRole() Stmt {
	r.expect("ROLE")
	s := &SetRole{}
	switch {
	case r.accept("NONE"):
		s.None = true
	case r.accept("ALL"):
	default:
		s.Roles = r.accounts()
	}
	r.expect("TO")
	s.Of = r.accounts()
	return s
}
