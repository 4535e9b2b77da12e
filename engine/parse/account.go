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

// SetRole is SET ROLE { NONE | DEFAULT | ALL | role [, ...] }, and SET DEFAULT ROLE { NONE | ALL | role [, ...] } TO account [, ...].
type SetRole struct {
	None  bool
	Roles []Account // none: all that are granted
	Of    []Account // SET DEFAULT ROLE; none: the session's own
}

func (*SetRole) sealed() {}

func (r *reader) account() Account {
	own := r.peek().is("CURRENT_USER") || r.peek().is("USER")
	a := Account{Host: "%"}
	if t := r.peek(); t.value == "" && (t.kind == text || t.kind == name) { // anybody
		r.next()
	} else {
		a.User = r.ident("a user's name")
	}
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
	s := r.defaultRoles()
	r.expect("TO")
	s.Of = r.accounts()
	return s
}

// defaultRoles reads those of accounts that are named elsewhere.
func (r *reader) defaultRoles() *SetRole {
	s := &SetRole{}
	switch {
	case r.accept("NONE"):
		s.None = true
	case r.accept("ALL"):
	default:
		s.Roles = r.accounts()
	}
	return s
}
