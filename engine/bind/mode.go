package bind

import (
	"context"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Mode is how a session writes its statements. What it sends is to be made standard (parse.Standard) before anything reads it.
func Mode(ctx *sql.Context) parse.Mode {
	mode := sql.LoadSqlMode(ctx)
	return parse.Mode{AnsiQuotes: mode.AnsiQuotes(), NoBackslashEscapes: mode.ModeEnabled(sql.NoBackslashEscapes)}
}

// ofSession has a statement of a session mean what the session's variables say, beyond what parse.Standard does for its text. What
// PREPARE is given is a text of the session too.
func ofSession(ctx *sql.Context, stmt sqlparser.Statement) error {
	mode := sql.LoadSqlMode(ctx)
	switch n := stmt.(type) {
	case *sqlparser.Prepare:
		text := n.Expr
		if strings.HasPrefix(text, "@") {
			_, value, err := ctx.GetUserVariable(ctx, strings.ToLower(strings.Trim(text, "@")))
			if err != nil {
				return err
			}
			var ok bool
			if text, ok = value.(string); !ok {
				return nil // GMS has the words for it
			}
		}
		standard, err := parse.Standard(text, Mode(ctx))
		if err == nil && standard != text {
			n.Expr = standard
		}
		return err
	case *sqlparser.DDL:
		realColumns(n, mode)
		return sameElsewhere(n, mode)
	case *sqlparser.AlterTable:
		for _, clause := range n.Statements {
			realColumns(clause, mode)
		}
	}
	return underVariables(ctx, stmt)
}

// underVariables changes what means something else under variables of the session:
//
//	a LIKE b         a LIKE b ESCAPE '' under NO_BACKSLASH_ESCAPES, where there is no escape by default
//	CAST(a AS REAL)  CAST(a AS FLOAT) under REAL_AS_FLOAT
//	WEEK(a)          WEEK(a, default_week_format)
//
// A definition is not the session's: only the last goes for it too.
func underVariables(ctx context.Context, stmt sqlparser.Statement) error {
	session, ok := ctx.(*sql.Context)
	if !ok || stmt == nil {
		return nil
	}
	mode := sql.LoadSqlMode(session)
	_, definition := stmt.(*sqlparser.DDL)
	value, err := session.GetSessionVariable(session, defaultWeekFormat)
	if err != nil {
		return err
	}
	week, _ := value.(int64)
	noEscapes, floats := !definition && mode.ModeEnabled(sql.NoBackslashEscapes), !definition && realIsFloat(mode)
	if !noEscapes && !floats && week == 0 {
		return nil
	}
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		switch n := n.(type) {
		case *sqlparser.ComparisonExpr:
			if noEscapes && defaultEscape(n) {
				n.Escape = sqlparser.NewStrVal(nil)
			}
		case *sqlparser.ConvertExpr:
			if floats && castsToReal(n) {
				n.Type.Type = "float"
			}
		case *sqlparser.FuncExpr:
			if week != 0 && n.Qualifier.IsEmpty() && n.Name.Lowered() == "week" && len(n.Exprs) == 1 {
				format := sqlparser.NewIntVal(strconv.AppendInt(nil, week, 10))
				n.Exprs = append(n.Exprs, &sqlparser.AliasedExpr{Expr: format})
			}
		}
		return true, nil
	}, stmt)
}

// defaultWeekFormat is MySQL's variable for the mode of a WEEK that has none.
const defaultWeekFormat = "default_week_format"

// sameElsewhere refuses a definition that would mean something else to a session without a mode: definitions are kept as text.
func sameElsewhere(definition *sqlparser.DDL, mode *sql.SqlMode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		switch n := n.(type) {
		case *sqlparser.ComparisonExpr:
			if mode.ModeEnabled(sql.NoBackslashEscapes) && defaultEscape(n) {
				return false, otherElsewhere("LIKE without ESCAPE", sql.NoBackslashEscapes)
			}
		case *sqlparser.ConvertExpr:
			if realIsFloat(mode) && castsToReal(n) {
				return false, otherElsewhere("a cast to REAL", sql.RealAsFloat)
			}
		}
		return true, nil
	}, definition)
}

func otherElsewhere(what, mode string) error {
	return sqlerr.New(sqlerr.Unsupported, "a definition with %s is not supported under %s: it is kept as text, which sessions without this mode read too", what, mode)
}

func defaultEscape(e *sqlparser.ComparisonExpr) bool {
	return (e.Operator == sqlparser.LikeStr || e.Operator == sqlparser.NotLikeStr) && e.Escape == nil
}

func castsToReal(e *sqlparser.ConvertExpr) bool {
	return e.Type != nil && strings.EqualFold(e.Type.Type, "real")
}

// realColumns makes REAL columns of a definition FLOAT under REAL_AS_FLOAT.
func realColumns(definition *sqlparser.DDL, mode *sql.SqlMode) {
	if definition.TableSpec == nil || !realIsFloat(mode) {
		return
	}
	for _, c := range definition.TableSpec.Columns {
		if strings.EqualFold(c.Type.Type, "real") {
			c.Type.Type = "float"
		}
	}
}

func realIsFloat(mode *sql.SqlMode) bool {
	return mode.ModeEnabled(sql.RealAsFloat) || mode.ModeEnabled(sql.ANSI)
}
