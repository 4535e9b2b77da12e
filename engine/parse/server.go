package parse

import (
	"strconv"
	"strings"

	"github.com/silogate/silogate/engine/sqlerr"
)

func (r *reader) createServer() Stmt {
	s := &CreateServer{IfNotExists: r.accept("IF", "NOT", "EXISTS")}
	s.Name = r.ident("a server's name")
	r.expect("FOREIGN", "DATA", "WRAPPER")
	s.Type = strings.ToLower(r.ident("a source's type"))
	s.Options = make(map[string]string)
	if r.peek().is("OPTIONS") {
		r.options(func(key string) { r.set(s.Options, key) })
	}
	return s
}

func (r *reader) alterServer() Stmt {
	s := &AlterServer{Name: r.ident("a server's name"), Set: make(map[string]string)}
	r.options(func(key string) {
		changes := r.peek().kind == word // a verb, unless a value follows: SET SET 'x'
		switch {
		case changes && key == "drop":
			s.Drop = append(s.Drop, r.key())
		case changes && (key == "add" || key == "set"):
			r.set(s.Set, r.key())
		default:
			r.set(s.Set, key)
		}
	})
	return s
}

func (r *reader) dropServer() Stmt {
	s := &DropServer{IfExists: r.accept("IF", "EXISTS")}
	s.Name = r.ident("a server's name")
	return s
}

func (r *reader) showServers() Stmt {
	return &ShowServers{Like: r.like()}
}

// like reads [LIKE 'pattern'].
func (r *reader) like() *string {
	if !r.accept("LIKE") {
		return nil
	}
	t := r.next()
	if t.kind != text {
		r.fail(t, "a pattern in quotes")
	}
	return &t.value
}

func (r *reader) showQuarantine() Stmt { return &ShowQuarantine{Like: r.like()} }

func (r *reader) releaseQuarantine() Stmt {
	sign := ""
	if r.peek().isSymbol("-") {
		sign = r.next().value
	}
	t := r.next()
	id, err := strconv.ParseInt(sign+t.value, 10, 64)
	if t.kind != word || err != nil {
		r.fail(t, "a number of SHOW QUARANTINE")
	}
	return &ReleaseQuarantine{ID: id}
}

// options reads OPTIONS (...), calling member after the first word of each.
func (r *reader) options(member func(key string)) {
	r.expect("OPTIONS")
	r.symbol("(")
	for r.err == nil {
		member(r.key())
		if !r.peek().isSymbol(",") {
			break
		}
		r.symbol(",")
	}
	r.symbol(")")
}

func (r *reader) key() string { return strings.ToLower(r.ident("an option's name")) }

// set reads the value of key; an equals sign before it does no harm.
func (r *reader) set(options map[string]string, key string) {
	if r.peek().isSymbol("=") {
		r.symbol("=")
	}
	if _, twice := options[key]; twice && r.err == nil {
		r.err = sqlerr.New(sqlerr.BadOption, "option %s is given twice", key)
	}
	options[key] = r.value()
}
