package mysql

import (
	"errors"
	"fmt"

	"github.com/dolthub/vitess/go/sqltypes"

	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// maintain runs an OPTIMIZE, CHECK, REPAIR or CHECKSUM TABLE: the tables are looked up, and nothing is done with them, which MySQL says of
// the tables of engines that can't either.
func (s *statement) maintain(stmt *parse.Maintain) error {
	s.kind = manage
	s.ctx.ClearWarnings()
	tables, err := s.mayAnalyze(stmt.Tables)
	if err != nil {
		return err
	}
	if stmt.Op == "checksum" {
		return s.checksums(tables)
	}
	a := &analysis{s, nil, stmt.Op, &sqltypes.Result{Fields: analyzeFields()}}
	for _, t := range tables {
		if err := s.exists(t); err != nil {
			if err := a.failed(t, err); err != nil {
				return err
			}
			a.say(shownName(t), saysStatus, "Operation failed")
			continue
		}
		a.say(shownName(t), saysNote, "The storage engine for the table doesn't support "+stmt.Op)
	}
	return s.emit(a.said)
}

// checksums says that there are none.
func (s *statement) checksums(tables []parse.TableName) error {
	result := &sqltypes.Result{Fields: textFields("Table", "Checksum?")}
	for _, t := range tables {
		if err := s.exists(t); err != nil {
			s.ctx.Warn(int(sqlerr.CodeOf(err).Identity().Errno), "%s", err)
		}
		result.Rows = append(result.Rows, []sqltypes.Value{sqltypes.MakeTrusted(sqltypes.Text, []byte(shownName(t))), sqltypes.NULL})
	}
	return s.emit(result)
}

// exists returns an error if there is no such table.
func (s *statement) exists(t parse.TableName) error {
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
