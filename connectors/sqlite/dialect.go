package sqlite

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/silogate/silogate/connectors/sqlgen"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// quote quotes an identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// dialect is SQLite's SQL, as far as it computes what MySQL does. Text is ordered by its bytes in the database's
// encoding, which is the order of UTF-8 only there.
func dialect(utf16 bool) *sqlgen.Dialect {
	return &sqlgen.Dialect{
		Quote:       quote,
		Placeholder: func(int) string { return "?" },
		Column:      column,
		Literal:     literal,
		Funcs:       functions(utf16),
		Cast:        cast,
		Aggs:        aggregates(),
		Equality:    equality,
		Ordering:    ordering(utf16),
		Limit:       limit,
	}
}

// column reads what is stored in more than one class as one: see the package comment.
func column(w *sqlgen.Writer, scan *plan.Scan, pos int, ref string) {
	switch formIn(scan.Table, pos) {
	case anything:
		w.Text("CAST(", ref, " AS TEXT)")
	case bytesForm:
		w.Text("CAST(", ref, " AS BLOB)")
	case doubles:
		w.Text("iif(abs(", ref, ") < 9e999, ", ref, ", NULL)")
	default:
		w.Text(ref)
	}
}

func literal(w *sqlgen.Writer, v types.Value, t types.Type) {
	switch {
	case v.Null:
		w.Text("NULL")
	case t.Kind == types.Bool || t.IsInteger() && !t.IsUnsigned():
		w.Text(strconv.FormatInt(v.Int, 10))
	case t.IsUnsigned() && v.Int >= 0:
		w.Text(strconv.FormatInt(v.Int, 10))
	case t.IsFloat():
		w.Bind(v, t)
	case t.Kind == types.Date:
		writeText(w, v.Format(t, nil))
	case t.IsBinary():
		w.Text(fmt.Sprintf("x'%x'", v.Str))
	case t.IsText() && t.Kind != types.JSON:
		writeText(w, v.Str)
	default:
		w.Refuse("SQLite has no %s constant", t)
	}
}

// writeText writes a text literal: a quote is the only character that needs care, and NUL ends SQL.
func writeText(w *sqlgen.Writer, s string) {
	if strings.ContainsRune(s, 0) {
		w.Bind(types.TextValue(s), types.Of(types.Text))
		return
	}
	w.Text("'", strings.ReplaceAll(s, "'", "''"), "'")
}

// equality guards what is compared as equal: classes that are stored in one form.
func equality(w *sqlgen.Writer, e expr.Expr) (string, error) {
	switch t := e.Type(); {
	case t.Kind == types.Bool || t.IsInteger() || t.IsFloat() || t.Kind == types.Date || t.IsBinary() || t.Kind == types.Null:
		return "", nil
	case t.IsText() && t.Collation.Bytewise() && t.Kind != types.JSON:
		return binaryCollation(w, e), nil
	case t.IsText() && t.Kind != types.JSON:
		return "", sqlgen.Refuse("the collation %d is not SQLite's", t.Collation)
	default:
		return "", sqlgen.Refuse("SQLite stores %s in more than one form", t)
	}
}

// binaryCollation is the suffix for a text whose collating sequence is not, or not known to be, BINARY.
func binaryCollation(w *sqlgen.Writer, e expr.Expr) string {
	if _, ok := e.(*expr.Column); !ok {
		return "" // only columns carry a collating sequence
	}
	if o, ok := w.Origin(e); ok {
		if h, ok := o.Scan.Table.Handle.(*handle); ok && (h.text[o.Pos] == "BINARY" || h.forms[o.Pos] == anything) {
			return ""
		}
	}
	return " COLLATE BINARY"
}

func ordering(utf16 bool) func(*sqlgen.Writer, expr.Expr) (string, error) {
	return func(w *sqlgen.Writer, e expr.Expr) (string, error) {
		if utf16 && e.Type().IsString() {
			return "", sqlgen.Refuse("a UTF-16 database orders text otherwise")
		}
		return equality(w, e)
	}
}

func limit(w *sqlgen.Writer, offset, count int64) {
	w.Text(" LIMIT ", strconv.FormatInt(max(count, -1), 10))
	if offset > 0 {
		w.Text(" OFFSET ", strconv.FormatInt(offset, 10))
	}
}

// cast writes the conversions that lose nothing.
func cast(w *sqlgen.Writer, c *expr.Cast) {
	from, to := c.Arg.Type(), c.To
	switch {
	case from.Kind == types.Null:
		w.Text("NULL")
	case widens(from, to), sameText(from, to), from.IsBinary() && to.IsBinary() && to.Length == 0 && to.Kind != types.Binary:
		w.Expr(c.Arg)
	case (from.Kind == types.Bool || from.IsInteger()) && to.Kind == types.Float64:
		w.Text("CAST(")
		w.Expr(c.Arg)
		w.Text(" AS REAL)")
	default:
		w.Refuse("the conversion from %s to %s is not proven there", from, to)
	}
}

// widens reports a conversion between integers where every value fits; unsigned ones do not occur in SQLite.
func widens(from, to types.Type) bool {
	if from.Kind == types.Bool {
		return to.Kind >= types.Int8 && to.Kind <= types.Int64
	}
	signed := func(t types.Type) bool { return t.Kind >= types.Int8 && t.Kind <= types.Int64 }
	return signed(from) && signed(to) && from.Kind <= to.Kind
}

// sameText reports a conversion between text types that changes no character.
func sameText(from, to types.Type) bool {
	plain := func(t types.Type) bool { return t.Kind == types.Varchar || t.Kind == types.Text }
	return plain(from) && plain(to) && (to.Length == 0 || from.Length > 0 && from.Length <= to.Length)
}

func aggregates() map[plan.AggFunc]sqlgen.AggRule {
	inexact := sqlgen.AggRule{
		Guard: func(_ *sqlgen.Writer, a *plan.Agg) error {
			return sqlgen.Refuse("SQLite's %s is 64-bit or floating, not exact", strings.ToUpper(string(a.Func)))
		},
	}
	return map[plan.AggFunc]sqlgen.AggRule{
		plan.CountStar: sqlgen.CountRows(),
		plan.Count: sqlgen.Aggregate("count").When(func(_ *sqlgen.Writer, a *plan.Agg) error {
			if len(a.Args) != 1 {
				return sqlgen.Refuse("SQLite counts distinct values of one column only")
			}
			return nil
		}),
		plan.Min: extremum("min"),
		plan.Max: extremum("max"),
		plan.Sum: inexact,
		plan.Avg: inexact,
	}
}

// extremum is MIN or MAX. Reading a DECIMAL rounds, which keeps the order: the greatest stored value is read as the
// greatest.
func extremum(name string) sqlgen.AggRule {
	rule := sqlgen.Extremum(name)
	return sqlgen.AggRule{Write: func(w *sqlgen.Writer, a *plan.Agg) {
		if a.Args[0].Type().Kind != types.Decimal {
			rule.Write(w, a)
			return
		}
		w.Text(name, "(")
		w.Expr(a.Args[0])
		w.Text(")")
	}}
}
