package bind

import (
	"context"
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

// withoutEscapes has a statement of a session mean what it does under NO_BACKSLASH_ESCAPES, beyond what parse.Standard does for
// its text: no LIKE has an escape by default, and what PREPARE is given is a text of the session too.
func withoutEscapes(ctx *sql.Context, stmt sqlparser.Statement) error {
	mode := Mode(ctx)
	if !mode.NoBackslashEscapes {
		return nil
	}
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
		var err error
		n.Expr, err = parse.Standard(text, mode)
		return err
	case *sqlparser.DDL:
		if hasDefaultEscape(n) {
			return sqlerr.New(sqlerr.Unsupported, "a definition with LIKE without ESCAPE is not supported under NO_BACKSLASH_ESCAPES: "+
				"it is kept as text, which sessions without this mode read too")
		}
	}
	return likesOf(ctx, stmt)
}

// likesOf takes the default escape from the LIKEs of a session's statement under NO_BACKSLASH_ESCAPES. A definition is not the session's:
// it was written without the mode.
func likesOf(ctx context.Context, stmt sqlparser.Statement) error {
	session, ok := ctx.(*sql.Context)
	if _, definition := stmt.(*sqlparser.DDL); definition || stmt == nil || !ok || !Mode(session).NoBackslashEscapes {
		return nil
	}
	return walkStatement(func(n sqlparser.SQLNode) (bool, error) {
		if like, ok := n.(*sqlparser.ComparisonExpr); ok && defaultEscape(like) {
			like.Escape = sqlparser.NewStrVal(nil)
		}
		return true, nil
	}, stmt)
}

func defaultEscape(e *sqlparser.ComparisonExpr) bool {
	return (e.Operator == sqlparser.LikeStr || e.Operator == sqlparser.NotLikeStr) && e.Escape == nil
}

// hasDefaultEscape reports whether a LIKE of a definition has no ESCAPE.
func hasDefaultEscape(definition *sqlparser.DDL) bool {
	found := false
	_ = walkStatement(func(n sqlparser.SQLNode) (bool, error) { // nothing here fails
		like, ok := n.(*sqlparser.ComparisonExpr)
		found = found || ok && defaultEscape(like)
		return !found, nil
	}, definition)
	return found
}
