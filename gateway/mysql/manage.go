package mysql

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/catalog"
	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// own runs a statement of this gateway's grammar.
func (s *statement) own(stmt parse.Stmt) error {
	switch stmt := stmt.(type) {
	case *parse.Analyze:
		return s.analyze(stmt)
	case *parse.Maintain:
		return s.maintain(stmt)
	case *parse.ShowDiagnostics:
		return s.showDiagnostics(stmt)
	case *parse.GetDiagnostics:
		return s.getDiagnostics(stmt)
	case *parse.Help:
		return s.help(stmt.Topic)
	case *parse.Accounts:
		return s.changeAccounts(stmt)
	case *parse.ShowCreateAccount:
		return s.showCreateAccount(stmt)
	case *parse.SetRole:
		return s.setRole(stmt)
	case *parse.Kill:
		return s.kill(stmt)
	case *parse.StartTransaction:
		return s.startTransaction(stmt)
	case *parse.EndTransaction:
		return s.endTransaction(stmt)
	case *parse.LockTables:
		return s.lockTables(stmt)
	case *parse.UnlockTables:
		return s.unlockTables()
	case *parse.ExplainConnection:
		return s.explainConnection(stmt.ID)
	}
	return s.manage(stmt)
}

// manage runs a statement about servers, or about what is under quarantine.
func (s *statement) manage(stmt parse.Stmt) error {
	s.kind = manage
	if err := s.needSuper(); err != nil {
		return err
	}
	s.ctx.ClearWarnings()
	cat := s.server.cfg.Catalog
	var err error
	switch stmt := stmt.(type) {
	case *parse.CreateServer:
		err = cat.CreateServer(s.ctx, store.Server{Name: stmt.Name, Type: stmt.Type, Options: stmt.Options})
		if stmt.IfNotExists && sqlerr.Is(err, sqlerr.DuplicateServer) {
			err = s.note(err)
		}
	case *parse.AlterServer:
		err = cat.AlterServer(s.ctx, stmt.Name, stmt.Set, stmt.Drop)
	case *parse.DropServer:
		err = cat.DropServer(s.ctx, stmt.Name)
		if stmt.IfExists && sqlerr.Is(err, sqlerr.UnknownServer) {
			err = s.note(err)
		}
	case *parse.ShowServers:
		return s.showServers(cat.Servers(), stmt.Like)
	case *parse.ShowQuarantine:
		return s.showQuarantine(stmt.Like)
	case *parse.ReleaseQuarantine:
		err = s.server.cfg.Shadow.Release(s.ctx, stmt.ID)
	}
	return err
}

// note makes a warning of what IF [NOT] EXISTS forgives.
func (s *statement) note(err error) error {
	s.ctx.Session.Warn(&sql.Warning{Level: "Note", Code: int(sqlerr.CodeOf(err).Identity().Errno), Message: err.Error()})
	return nil
}

func (s *statement) showServers(servers []catalog.ServerInfo, like *string) error {
	matches := matcher(like)
	var table [][]string
	for _, info := range servers {
		if !matches(info.Name) {
			continue
		}
		table = append(table, []string{info.Name, info.Type, optionList(info.Options), string(info.Origin), info.Problem})
	}
	return s.texts(textColumns("Server", "Wrapper", "Options", "Origin", "Problem"), table)
}

// showQuarantine shows what plans do without. The pattern is of sources.
func (s *statement) showQuarantine(like *string) error {
	matches := matcher(like)
	var table [][]string
	for _, q := range s.server.cfg.Shadow.Quarantines() {
		if !matches(q.Source) {
			continue
		}
		table = append(table, []string{strconv.FormatInt(q.ID, 10), q.Source, q.What, q.Since.Format("2006-01-02 15:04:05 UTC"), q.Statement, q.Scope()})
	}
	return s.texts(textColumns("Id", "Source", "Rule", "Since", "Statement", "Scope"), table)
}

// matcher matches names with a pattern of LIKE; nil matches all.
func matcher(like *string) func(string) bool {
	if like == nil {
		return func(string) bool { return true }
	}
	return likePattern(*like).MatchString
}

// optionList shows options as CREATE SERVER takes them.
func optionList(options connectors.Options) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(options)) {
		parts = append(parts, fmt.Sprintf("%s '%s'", key, strings.ReplaceAll(options[key], "'", "''")))
	}
	return strings.Join(parts, ", ")
}

// likePattern is a LIKE pattern without regard to case, as SHOW statements match names.
func likePattern(pattern string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString("(?is)^")
	escaped := false
	for _, r := range pattern {
		switch {
		case !escaped && r == '\\':
			escaped = true
			continue
		case !escaped && r == '%':
			b.WriteString(".*")
		case !escaped && r == '_':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
		escaped = false
	}
	b.WriteString("$")
	return regexp.MustCompile(b.String())
}
