package mysql

import (
	"errors"
	"fmt"

	"github.com/dolthub/vitess/go/sqltypes"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

// ownPrepared reads a statement that is not of GMS's grammar and can be prepared: it has rows, or starts or ends a transaction or is about
// accounts, as clients do that prepare all that they send. It returns nil for one of GMS's grammar.
func ownPrepared(query string, ansiQuotes bool) (parse.Stmt, error) {
	own, after, err := parse.Statement(query, parse.Mode{AnsiQuotes: ansiQuotes})
	withoutRows := false
	switch own.(type) {
	case *parse.StartTransaction, *parse.EndTransaction, *parse.Accounts:
		withoutRows = true
	}
	switch {
	case err != nil || own == nil:
		return nil, err
	case after != "":
		return nil, oneStatement
	case ownColumns(own) == nil && !withoutRows:
		return nil, notPreparable
	}
	return own, nil
}

var notPreparable = sqlerr.New(sqlerr.Errno(1295), "This command is not supported in the prepared statement protocol yet") // ER_UNSUPPORTED_PS

// ownColumns are the columns of such a statement; nil: it has no rows, or they are not known before it runs.
func ownColumns(own parse.Stmt) []wire.Column {
	switch own := own.(type) {
	case *parse.Analyze:
		return analyzeColumns()
	case *parse.Maintain:
		if own.Op == checksum {
			return checksumColumns()
		}
		return analyzeColumns()
	case *parse.ShowDiagnostics:
		return diagnosticsColumns()
	case *parse.Accounts:
		if makesPasswords(own) {
			return madeColumns()
		}
	}
	return nil
}

// The operations that are not the same for all tables.
const (
	checksum   = "checksum"
	check      = "check"
	optimizing = "optimize"
)

func checksumColumns() []wire.Column {
	columns := textColumns("Table", "Checksum")
	columns[1].Flags &^= wire.NotNull
	return columns
}

// maintain runs an OPTIMIZE, CHECK, REPAIR or CHECKSUM TABLE: the tables are looked up, and nothing is done with them, which MySQL says of
// the tables of engines that can't either.
func (s *statement) maintain(stmt *parse.Maintain) error {
	s.kind = manage
	s.ctx.ClearWarnings()
	tables, err := s.mayAnalyze(stmt.Tables)
	if err != nil {
		return err
	}
	if stmt.Op == checksum {
		return s.checksums(tables)
	}
	a := &analysis{s, nil, stmt.Op, nil}
	for _, t := range tables {
		if err := s.maintainable(t, stmt.Op); err != nil {
			if err := a.failed(t, err); err != nil {
				return err
			}
			a.say(shownName(t), saysStatus, "Operation failed")
			continue
		}
		_, scratch := s.session().scratch.Table(t.Database, t.Name)
		switch {
		case stmt.Op == check && (scratch || s.isView(t)):
			a.say(shownName(t), saysStatus, "OK")
		case stmt.Op == optimizing && scratch:
			a.say(shownName(t), saysNote, "Table does not support optimize, doing recreate + analyze instead")
			a.say(shownName(t), saysStatus, "OK")
		default:
			a.say(shownName(t), saysNote, "The storage engine for the table doesn't support "+stmt.Op)
		}
	}
	return s.texts(analyzeColumns(), a.said)
}

// checksums says that there are none.
func (s *statement) checksums(tables []parse.TableName) error {
	var table [][]sqltypes.Value
	for _, t := range tables {
		if err := s.maintainable(t, checksum); err != nil {
			s.ctx.Warn(int(sqlerr.CodeOf(err).Identity().Errno), "%s", err)
		}
		table = append(table, []sqltypes.Value{sqltypes.MakeTrusted(sqltypes.Text, []byte(shownName(t))), sqltypes.NULL})
	}
	return s.values(checksumColumns(), table)
}

// maintainable returns an error if there is no such table, or if it is a view that is not as it was or that the operation is not for.
func (s *statement) maintainable(t parse.TableName, op string) error {
	if _, scratch := s.session().scratch.Table(t.Database, t.Name); scratch {
		return nil
	}
	if s.isView(t) {
		if op != check {
			return notBaseTable(t)
		}
		text := "SELECT * FROM " + bind.QuotedName(t.Database) + "." + bind.QuotedName(t.Name)
		parsed, _, _, err := s.server.gms.Parser.Parse(s.ctx, text, false)
		if err != nil {
			return err
		}
		defer s.withinReach(parsed)()
		_, err = s.server.gms.BoundQueryPlan(s.ctx, text, parsed, nil)
		return bind.Translate(err)
	}
	if _, own := s.session().scratch.Database(t.Database); own {
		return sqlerr.New(sqlerr.UnknownTable, "Table '%s' doesn't exist", shownName(t))
	}
	_, _, err := s.server.cfg.Catalog.Resolve(s.ctx, s.ctx.Client().User, t.Database, t.Name)
	var coded *sqlerr.Error
	if errors.As(err, &coded) && coded.Code == sqlerr.UnknownTable {
		return sqlerr.New(sqlerr.UnknownTable, "Table '%s' doesn't exist", shownName(t))
	}
	if err != nil {
		return fmt.Errorf("table %s: %w", shownName(t), err)
	}
	return nil
}

func (s *statement) isView(t parse.TableName) bool {
	_, ok := s.server.views.kept.Get(t.Database, t.Name)
	return ok
}

func notBaseTable(t parse.TableName) error {
	return sqlerr.New(sqlerr.Errno(1347), "'%s' is not BASE TABLE", shownName(t)) // ER_WRONG_OBJECT
}
