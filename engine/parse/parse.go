package parse

import (
	"strings"

	"github.com/silogate/silogate/engine/sqlerr"
)

// Stmt is one of CreateServer, AlterServer, DropServer, ShowServers, ShowQuarantine, ReleaseQuarantine, Analyze, Maintain, ShowDiagnostics,
// GetDiagnostics, ExplainConnection, Help, Accounts, ShowCreateAccount, SetRole, StartTransaction, EndTransaction, LockTables, UnlockTables, Kill.
type Stmt interface{ sealed() }

// CreateServer is CREATE SERVER [IF NOT EXISTS] name FOREIGN DATA WRAPPER type OPTIONS (key 'value', ...).
type CreateServer struct {
	Name        string
	Type        string // lower case
	IfNotExists bool
	Options     map[string]string // by lower-case key
}

// AlterServer is ALTER SERVER name OPTIONS ([ADD | SET] key 'value' | DROP key, ...).
type AlterServer struct {
	Name string
	Set  map[string]string // by lower-case key
	Drop []string          // lower case
}

// DropServer is DROP SERVER [IF EXISTS] name.
type DropServer struct {
	Name     string
	IfExists bool
}

// ShowServers is SHOW SERVERS [LIKE 'pattern'].
type ShowServers struct {
	Like *string
}

// ShowQuarantine is SHOW QUARANTINE [LIKE 'pattern'].
type ShowQuarantine struct {
	Like *string
}

// ReleaseQuarantine is RELEASE QUARANTINE number.
type ReleaseQuarantine struct {
	ID int64
}

func (*CreateServer) sealed()      {}
func (*AlterServer) sealed()       {}
func (*DropServer) sealed()        {}
func (*ShowServers) sealed()       {}
func (*ShowQuarantine) sealed()    {}
func (*ReleaseQuarantine) sealed() {}

// grammar says which words begin a statement of this package and what reads the rest of it.
var grammar = []struct {
	words [2]string
	read  func(*reader) Stmt
}{
	{[2]string{"CREATE", "SERVER"}, (*reader).createServer},
	{[2]string{"ALTER", "SERVER"}, (*reader).alterServer},
	{[2]string{"DROP", "SERVER"}, (*reader).dropServer},
	{[2]string{"SHOW", "SERVERS"}, (*reader).showServers},
	{[2]string{"SHOW", "QUARANTINE"}, (*reader).showQuarantine},
	{[2]string{"RELEASE", "QUARANTINE"}, (*reader).releaseQuarantine},
	{[2]string{"ANALYZE", "TABLE"}, (*reader).analyzeTable},
	{[2]string{"ANALYZE", "TABLES"}, (*reader).analyzeTable},
	{[2]string{"ANALYZE", "LOCAL"}, (*reader).analyzeLocal},
	{[2]string{"ANALYZE", "NO_WRITE_TO_BINLOG"}, (*reader).analyzeLocal},
	{[2]string{"OPTIMIZE", "TABLE"}, maintain("optimize", false)},
	{[2]string{"OPTIMIZE", "TABLES"}, maintain("optimize", false)},
	{[2]string{"OPTIMIZE", "LOCAL"}, maintain("optimize", true)},
	{[2]string{"OPTIMIZE", "NO_WRITE_TO_BINLOG"}, maintain("optimize", true)},
	{[2]string{"REPAIR", "TABLE"}, maintain("repair", false)},
	{[2]string{"REPAIR", "TABLES"}, maintain("repair", false)},
	{[2]string{"REPAIR", "LOCAL"}, maintain("repair", true)},
	{[2]string{"REPAIR", "NO_WRITE_TO_BINLOG"}, maintain("repair", true)},
	{[2]string{"CHECK", "TABLE"}, maintain("check", false)},
	{[2]string{"CHECK", "TABLES"}, maintain("check", false)},
	{[2]string{"CHECKSUM", "TABLE"}, maintain("checksum", false)},
	{[2]string{"CHECKSUM", "TABLES"}, maintain("checksum", false)},
	{[2]string{"SHOW", "ERRORS"}, (*reader).showErrors},
	{[2]string{"SHOW", "WARNINGS"}, (*reader).showWarnings},
	{[2]string{"GET", "DIAGNOSTICS"}, (*reader).getDiagnostics},
	{[2]string{"GET", "CURRENT"}, (*reader).getCurrentDiagnostics},
	{[2]string{"EXPLAIN", "FOR"}, (*reader).explainConnection},
	{[2]string{"DESCRIBE", "FOR"}, (*reader).explainConnection},
	{[2]string{"DESC", "FOR"}, (*reader).explainConnection},
	{[2]string{"START", "TRANSACTION"}, (*reader).startTransaction},
	{[2]string{"CREATE", "USER"}, (*reader).createAccounts},
	{[2]string{"ALTER", "USER"}, (*reader).alterAccounts},
	{[2]string{"LOCK", "TABLE"}, (*reader).lockTables},
	{[2]string{"LOCK", "TABLES"}, (*reader).lockTables},
	{[2]string{"UNLOCK", "TABLE"}, (*reader).unlockTables},
	{[2]string{"UNLOCK", "TABLES"}, (*reader).unlockTables},
	{[2]string{"SET", "PASSWORD"}, (*reader).setPassword},
	{[2]string{"SET", "ROLE"}, (*reader).setRole},
	{[2]string{"SET", "DEFAULT"}, (*reader).setDefaultRole},
}

// Statement reads the first statement of sql and returns what follows its semicolon, which is empty after the last one.
// For a statement of another grammar it returns nil and the whole of sql, or an error if that is one that MySQL has and the gateway has not.
func Statement(sql string, mode Mode) (stmt Stmt, rest string, err error) {
	unformatted, _ := CutFormat(sql) // of whose EXPLAIN no form depends on it
	r := &reader{scanner: scanner{sql: unformatted, mode: mode}}
	read := r.begin()
	if read == nil {
		return nil, sql, refused(unformatted, mode)
	}
	stmt = read(r)
	r.end()
	if r.err != nil {
		return nil, "", r.err
	}
	return stmt, strings.TrimSpace(sql[r.pos:]), nil
}

// Redact returns sql as people may see it: a statement of this package without its texts and numbers, any other as it
// is. Text that can't be read to its end is cut where reading stopped.
func Redact(sql string, mode Mode) string {
	if (&reader{scanner: scanner{sql: sql, mode: mode}}).begin() == nil {
		return sql
	}
	var b strings.Builder
	done, good := 0, 0 // copied; read
	for s := (scanner{sql: sql, mode: mode}); ; {
		t, err := s.next()
		switch {
		case err != nil:
			return b.String() + sql[done:good] + " ..."
		case t.kind == end:
			return b.String() + sql[done:]
		case t.kind == text || t.isNumber():
			b.WriteString(sql[done:t.start] + "'***'")
			done = t.end
		}
		good = t.end
	}
}

// reader is a recursive-descent parser of one statement. After the first error it reads nothing but the end.
type reader struct {
	scanner
	ahead *token
	err   error
}

// begin returns what reads the rest of the statement, or nil if its first words are none of the grammar's.
func (r *reader) begin() func(*reader) Stmt {
	first, second := r.next(), r.next()
	if r.err != nil {
		return nil
	}
	if first.is("HELP") {
		r.ahead = &second
		return (*reader).help
	}
	if first.is("SHOW") && second.is("CREATE") {
		if third := r.peek(); !third.is("USER") {
			return nil
		}
		return (*reader).showCreateAccount
	}
	if first.is("KILL") && killsComputed(r.sql, r.mode) {
		r.ahead = &second
		return (*reader).kill
	}
	if (first.is("COMMIT") || first.is("ROLLBACK")) && endsTransaction(r.sql, r.mode) {
		r.ahead = &second
		return endTransaction(first.is("ROLLBACK"))
	}
	for _, g := range grammar {
		if first.is(g.words[0]) && second.is(g.words[1]) {
			return g.read
		}
	}
	return nil
}

func (r *reader) next() token {
	if r.ahead != nil {
		t := *r.ahead
		r.ahead = nil
		return t
	}
	if r.err != nil {
		return token{kind: end}
	}
	t, err := r.scanner.next()
	if err != nil {
		r.err = err
		return token{kind: end}
	}
	return t
}

func (r *reader) peek() token {
	t := r.next()
	r.ahead = &t
	return t
}

// fail records what was wanted in place of t.
func (r *reader) fail(t token, wanted string) {
	if r.err != nil {
		return
	}
	near := r.sql[t.start:t.end]
	switch t.kind {
	case end:
		near = "the end"
	case text:
		near = "a text" // it may be a secret
	}
	r.err = sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax near %s: expected %s", near, wanted)
}

// accept passes the keywords if they come next.
func (r *reader) accept(keywords ...string) bool {
	if !r.peek().is(keywords[0]) {
		return false
	}
	r.expect(keywords...)
	return true
}

func (r *reader) expect(keywords ...string) {
	for _, k := range keywords {
		if t := r.next(); !t.is(k) {
			r.fail(t, k)
		}
	}
}

func (r *reader) symbol(s string) {
	if t := r.next(); !t.isSymbol(s) {
		r.fail(t, s)
	}
}

// ident reads a name, quoted or not.
func (r *reader) ident(what string) string {
	t := r.next()
	if t.kind != word && t.kind != name && t.kind != text || t.value == "" {
		r.fail(t, what)
	}
	return t.value
}

// value reads an option's value: a text, a number, or a truth value.
func (r *reader) value() string {
	t := r.next()
	if t.kind != text && !t.isNumber() && !t.is("true") && !t.is("false") && !t.is("on") && !t.is("off") {
		r.fail(t, "a value in quotes")
	}
	return t.value
}

// end reads the statement's end.
func (r *reader) end() {
	if t := r.next(); t.kind != end && !t.isSymbol(";") {
		r.fail(t, "the end of the statement")
	}
}
