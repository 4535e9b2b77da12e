package mysql

import (
	"fmt"
	"strconv"
	"strings"

	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// definesTables reports a statement that tables may run: it is not bound before that.
func definesTables(parsed sqlparser.Statement) bool {
	switch n := parsed.(type) {
	case *sqlparser.AlterTable:
		return true
	case *sqlparser.DDL:
		return makesTable(n) || n.Action == sqlparser.RenameStr && len(n.FromTables) > 0 || n.Action == sqlparser.DropStr && len(n.FromViews) > 0
	}
	return false
}

// prepareTables keeps what a PREPARE says if it is a statement of tables, which GMS would bind; done is false if it is another.
func (s *statement) prepareTables(n *sqlparser.Prepare) (done bool, err error) {
	text := n.Expr
	if name, ok := strings.CutPrefix(text, "@"); ok {
		_, value, err := s.ctx.GetUserVariable(s.ctx, name)
		if err != nil {
			return true, err
		}
		if text, ok = value.(string); !ok {
			return false, nil
		}
	}
	own, _, err := parse.Statement(text, parse.Mode{AnsiQuotes: bind.Mode(s.ctx).AnsiQuotes})
	if err != nil {
		return true, err
	}
	switch own := own.(type) {
	case *parse.LockTables, *parse.UnlockTables:
		return true, notPreparable
	case *parse.EndTransaction:
		if own.Chain != nil || own.Release != nil { // which GMS's tree does not say
			return true, sqlerr.New(sqlerr.Unsupported, "CHAIN and RELEASE are not supported in PREPARE: completion_type decides there")
		}
	}
	inner, _, rest, err := s.server.gms.Parser.Parse(s.ctx, text, true)
	if err != nil || !definesTables(inner) {
		return false, nil // GMS says what is wrong
	}
	if rest = strings.TrimSpace(rest); rest != "" {
		return true, sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax: one statement is prepared, not also '%s'", rest)
	}
	s.keepWarnings(nil)
	s.ctx.Session.PrepareQuery(n.Name, inner)
	return true, nil
}

// executeTables runs what prepareTables has kept, as a statement of its own.
func (s *statement) executeTables(n *sqlparser.Execute) (done bool, err error) {
	inner, ok := s.ctx.Session.GetPreparedQuery(n.Name)
	if !ok || !definesTables(inner) {
		return false, nil
	}
	args := make(map[string]sqlparser.Expr, len(n.VarList))
	for i, name := range n.VarList {
		_, value, err := s.ctx.GetUserVariable(s.ctx, strings.TrimPrefix(name, "@"))
		if err != nil {
			return true, err
		}
		args["v"+strconv.Itoa(i+1)] = literalOf(value)
	}
	if err := s.begin(inner); err != nil {
		return true, err
	}
	return s.tables(inner, args)
}

// executed is what an EXECUTE executes; any other statement is itself.
func (s *statement) executed(parsed sqlparser.Statement) sqlparser.Statement {
	if n, ok := parsed.(*sqlparser.Execute); ok {
		if inner, ok := s.ctx.Session.GetPreparedQuery(n.Name); ok {
			return inner
		}
	}
	return parsed
}

// literalOf is a literal of a variable's value.
func literalOf(value any) sqlparser.Expr {
	switch v := value.(type) {
	case nil:
		return &sqlparser.NullVal{}
	case string:
		return sqlparser.NewStrVal([]byte(v))
	case []byte:
		return sqlparser.NewStrVal(v)
	}
	text := []byte(fmt.Sprint(value))
	t := gmstypes.ApproximateTypeFromValue(value)
	switch {
	case gmstypes.IsInteger(t):
		return sqlparser.NewIntVal(text)
	case gmstypes.IsNumber(t):
		return sqlparser.NewFloatVal(text)
	}
	return sqlparser.NewStrVal(text)
}

// bindUnder has do bind a part of the statement with its parameters, which GMS looks for by the text that it was prepared by.
func (s *statement) bindUnder(part sqlparser.Statement, args map[string]sqlparser.Expr, do func(text string) error) error {
	if len(args) == 0 {
		return do(s.text)
	}
	const key = "silogate: a part of a statement"
	s.ctx.Session.PrepareQuery(key, part)
	defer s.conn.session.UnprepareQuery(key)
	return do(key)
}
