package sqlite

import (
	"github.com/silogate/silogate/connectors/sqlgen"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// functions is the allow-list. Each entry is proven by a conformance case.
func functions(utf16 bool) map[expr.Func]sqlgen.Rule {
	list := map[expr.Func]sqlgen.Rule{
		expr.And:        sqlgen.Infix("AND"),
		expr.Or:         sqlgen.Infix("OR"),
		expr.Xor:        sqlgen.Infix("<>"), // of 0, 1 and NULL
		expr.Not:        sqlgen.Prefix("NOT"),
		expr.IsNull:     sqlgen.Postfix("IS NULL"),
		expr.IsTrue:     sqlgen.Postfix("IS TRUE"),
		expr.IsFalse:    sqlgen.Postfix("IS FALSE"),
		expr.NullSafeEq: sqlgen.EqualityOperator("IS"),
		expr.Eq:         widened(sqlgen.EqualityOperator("=")),
		expr.Ne:         sqlgen.EqualityOperator("<>"),
		expr.Lt:         widened(sqlgen.OrderOperator("<")),
		expr.Le:         widened(sqlgen.OrderOperator("<=")),
		expr.Gt:         widened(sqlgen.OrderOperator(">")),
		expr.Ge:         widened(sqlgen.OrderOperator(">=")),
		expr.If:         sqlgen.Function("iif"),
		expr.IfNull:     sqlgen.Function("ifnull"),
		expr.Coalesce:   {Write: coalesce},
		expr.Mod:        sqlgen.Infix("%").When(signedIntegers),
		expr.Year:       datePart("1, 4"),
		expr.Month:      datePart("6, 2"),
		expr.Day:        datePart("9, 2"),
	}
	if !utf16 {
		list[expr.Like] = sqlgen.Rule{Write: like}
		list[expr.Concat] = sqlgen.Infix("||").When(onlyText)
		list[expr.Length] = sqlgen.Function("octet_length").When(onlyText)
	}
	return list
}

// coalesce takes one argument too, which SQLite's function does not.
func coalesce(w *sqlgen.Writer, c *expr.Call) {
	if len(c.Args) == 1 {
		w.Expr(c.Args[0])
		return
	}
	sqlgen.Function("coalesce").Write(w, c)
}

// signedIntegers guards the remainder, which is the dividend's in sign and NULL for a divisor of 0, as in MySQL.
func signedIntegers(_ *sqlgen.Writer, c *expr.Call) error {
	for _, a := range c.Args {
		if t := a.Type(); !t.IsInteger() || t.IsUnsigned() {
			return sqlgen.Refuse("SQLite's %s is proven for integers only", c.Func)
		}
	}
	return nil
}

func onlyText(_ *sqlgen.Writer, c *expr.Call) error {
	for _, a := range c.Args {
		if t := a.Type(); !t.IsText() || t.Kind == types.JSON {
			return sqlgen.Refuse("SQLite's %s is proven for text only", c.Func)
		}
	}
	return nil
}

// datePart takes a part of a date, which is always written YYYY-MM-DD.
func datePart(span string) sqlgen.Rule {
	return sqlgen.Rule{Write: func(w *sqlgen.Writer, c *expr.Call) {
		if c.Args[0].Type().Kind != types.Date {
			w.Refuse("SQLite stores %s in more than one form", c.Args[0].Type())
			return
		}
		w.Text("CAST(substr(")
		w.Expr(c.Args[0])
		w.Text(", ", span, ") AS INTEGER)")
	}}
}
