package mysql

import (
	"math"
	"slices"
	"strconv"

	"github.com/dolthub/go-mysql-server/sql"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"

	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

// The variables that count what the statement before has said.
const (
	warningCount = "warning_count"
	errorCount   = "error_count"
	lastInsertID = "last_insert_id"
	identity     = "identity" // the same
)

// countVariables are these variables.
func countVariables() []sql.SystemVariable {
	var list []sql.SystemVariable
	for _, name := range []string{warningCount, errorCount} {
		list = append(list, &sql.MysqlSystemVariable{
			Name: name, Scope: sql.GetMysqlScope(sql.SystemVariableScope_Session), Dynamic: true,
			Type: gmstypes.NewSystemUintType(name, 0, math.MaxUint16), Default: uint64(0),
		})
	}
	return append(list, &sql.MysqlSystemVariable{
		Name: identity, Scope: sql.GetMysqlScope(sql.SystemVariableScope_Session), Dynamic: true,
		Type: gmstypes.NewSystemIntType(identity, math.MinInt64, math.MaxInt64, false), Default: int64(0),
	})
}

// saysFailure is the level of what ended a statement.
const saysFailure = "Error"

// countDiagnostics keeps how much the statement before has said, and which key was made last, for one that asks.
func (s *statement) countDiagnostics() error {
	all := s.ctx.Warnings()
	failures := 0
	for _, w := range all {
		if w.Level == saysFailure {
			failures++
		}
	}
	last := s.ctx.GetLastQueryInfo().LastInsertId.Load()
	for name, now := range map[string]any{warningCount: uint64(len(all)), errorCount: uint64(failures), lastInsertID: last, identity: last} {
		value, err := s.ctx.GetSessionVariable(s.ctx, name)
		if err != nil {
			return err
		}
		if value != now {
			if err := s.ctx.SetSessionVariable(s.ctx, name, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// keepFailure makes the error that ended a statement what SHOW ERRORS and SHOW WARNINGS show.
func (s *statement) keepFailure(failure *wire.Error) {
	s.ctx.ClearWarnings()
	s.ctx.Session.Warn(&sql.Warning{Level: saysFailure, Code: int(failure.Errno), Message: failure.Message})
}

// showDiagnostics runs a SHOW ERRORS or WARNINGS.
func (s *statement) showDiagnostics(stmt *parse.ShowDiagnostics) error {
	s.kind = manage
	s.ctx.ClearWarningCount() // the rows are no warnings of this statement
	var table [][]sqltypes.Value
	skip, left := stmt.Offset, stmt.Count
	for _, w := range s.conditions() {
		switch {
		case w.Level != saysFailure && !stmt.Warnings:
		case skip > 0:
			skip--
		case left > 0:
			left--
			table = append(table, []sqltypes.Value{
				sqltypes.MakeTrusted(sqltypes.Text, []byte(w.Level)), sqltypes.MakeTrusted(sqltypes.Uint32, strconv.AppendInt(nil, int64(w.Code), 10)), sqltypes.MakeTrusted(sqltypes.Text, []byte(w.Message)),
			})
		}
	}
	return s.values(diagnosticsColumns(), table)
}

// diagnosticsColumns are those of what SHOW ERRORS and WARNINGS show.
func diagnosticsColumns() []wire.Column {
	columns := textColumns("Level", "Code", "Message")
	code := newColumn(types.Of(types.Uint32))
	code.Name, code.OrgName, code.Flags = columns[1].Name, columns[1].OrgName, code.Flags|wire.NotNull
	columns[1] = code
	return columns
}

// conditions are what the statement before has said, the oldest first.
func (s *statement) conditions() []*sql.Warning {
	list := s.ctx.Warnings()
	slices.Reverse(list)
	return list
}

// keepWarnings makes some warnings, the newest first, all that there are.
func (s *statement) keepWarnings(warnings []*sql.Warning) {
	s.ctx.ClearWarnings()
	for _, w := range slices.Backward(warnings) {
		s.ctx.Session.Warn(w)
	}
}

// getDiagnostics runs a GET DIAGNOSTICS. A condition that there is not is said, and assigns nothing.
func (s *statement) getDiagnostics(stmt *parse.GetDiagnostics) error {
	s.kind = manage
	list := s.conditions()
	assign := func(variable string, value any) error {
		return s.ctx.SetUserVariable(s.ctx, variable, value, gmstypes.ApproximateTypeFromValue(value))
	}
	if stmt.Condition == nil {
		for _, item := range stmt.Items {
			value := int64(len(list))
			if item.Item == "ROW_COUNT" {
				value = s.ctx.GetLastQueryInfo().RowCount.Load()
			}
			if err := assign(item.Variable, value); err != nil {
				return err
			}
		}
		return nil
	}
	number, err := s.number(stmt.Condition)
	if err != nil {
		return err
	}
	if number < 1 || number > uint64(len(list)) {
		return sqlerr.New(sqlerr.Errno(1758), "Invalid condition number") // ER_DA_INVALID_CONDITION_NUMBER
	}
	condition := list[number-1]
	for _, item := range stmt.Items {
		if err := assign(item.Variable, conditionItem(condition, item.Item)); err != nil {
			return err
		}
	}
	return nil
}

// number is a number as it is written, or a variable's value.
func (s *statement) number(n *parse.Number) (uint64, error) {
	if n.Variable == "" {
		return n.Value, nil
	}
	_, value, err := s.ctx.GetUserVariable(s.ctx, n.Variable)
	if err != nil || value == nil {
		return 0, err
	}
	number, _, err := gmstypes.Uint64.Convert(s.ctx, value)
	if err != nil {
		return 0, err
	}
	return number.(uint64), nil
}

// conditionItem is what is known of a condition. Its names of tables and the like are in its message alone.
func conditionItem(w *sql.Warning, item string) any {
	state := sqlerr.State(uint16(w.Code))
	switch item {
	case "MYSQL_ERRNO":
		return int64(w.Code)
	case "MESSAGE_TEXT":
		return w.Message
	case "RETURNED_SQLSTATE":
		return state
	case "CLASS_ORIGIN", "SUBCLASS_ORIGIN":
		if class, err := strconv.ParseUint(state[:1], 36, 8); err == nil && (class < 5 || class >= 10 && class < 18) { // 0 to 4 and A to H
			return "ISO 9075"
		}
		return "MySQL"
	}
	return ""
}
