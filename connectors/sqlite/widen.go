package sqlite

import (
	"math"
	"math/big"
	"strconv"
	"time"

	"github.com/silogate/silogate/connectors/sqlgen"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// flipped is the comparison with its sides exchanged.
var flipped = map[expr.Func]expr.Func{
	expr.Eq: expr.Eq, expr.Lt: expr.Gt, expr.Le: expr.Ge, expr.Gt: expr.Lt, expr.Ge: expr.Le,
}

// widened extends a comparison to columns that are stored in more than one form: against a constant it becomes a range of
// what is stored that certainly holds every match.
func widened(exact sqlgen.Rule) sqlgen.Rule {
	return sqlgen.Rule{Write: func(w *sqlgen.Writer, c *expr.Call) {
		column, constant, op := c.Args[0], c.Args[1], c.Func
		if _, ok := column.(*expr.Literal); ok {
			column, constant, op = constant, column, flipped[op]
		}
		lit, isLiteral := constant.(*expr.Literal)
		_, isColumn := w.Origin(column)
		if !isLiteral || !isColumn || lit.Value.Null {
			exact.Write(w, c)
			return
		}
		switch t := column.Type(); {
		case isExactDecimal(t) && lit.Typ.Kind == types.Decimal:
			low, high := around(lit, int(t.Scale))
			writeRange(w, column, op, func() { w.Bind(types.FloatValue(low), types.Of(types.Float64)) },
				func() { w.Bind(types.FloatValue(high), types.Of(types.Float64)) })
			w.Loosen("SQLite keeps %s as floating point", t)
		case t.Kind == types.Datetime && lit.Typ.Kind == types.Datetime:
			low, high, ok := daysAround(lit.Value.Int)
			if !ok {
				exact.Write(w, c)
				return
			}
			writeRange(w, column, op, func() { writeText(w, low) }, func() { writeText(w, high) })
			w.Loosen("SQLite keeps %s as text in more than one form", t)
		default:
			exact.Write(w, c)
		}
	}}
}

// writeRange writes the bounds that op needs.
func writeRange(w *sqlgen.Writer, column expr.Expr, op expr.Func, low, high func()) {
	w.Text("(")
	if op != expr.Lt && op != expr.Le {
		w.Expr(column)
		w.Text(" >= ")
		low()
	}
	if op == expr.Eq {
		w.Text(" AND ")
	}
	if op != expr.Gt && op != expr.Ge {
		w.Expr(column)
		w.Text(" <= ")
		high()
	}
	w.Text(")")
}

// around returns doubles that lie at least one unit of a column's scale below and above a decimal constant: reading
// rounds by half a unit at most.
func around(lit *expr.Literal, scale int) (low, high float64) {
	value := new(big.Rat).SetFrac(lit.Value.Dec.BigInt(), power10(int(lit.Typ.Scale)))
	unit := new(big.Rat).SetFrac(big.NewInt(1), power10(scale))
	low, _ = new(big.Rat).Sub(value, unit).Float64()
	high, _ = new(big.Rat).Add(value, unit).Float64()
	return math.Nextafter(low, math.Inf(-1)), math.Nextafter(high, math.Inf(1))
}

func power10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// daysAround returns texts that no stored form of a moment is below or above: a zone moves it by a day at most, and
// anything longer than a date sorts after it. ok is false near the ends of the calendar.
func daysAround(micros int64) (low, high string, ok bool) {
	t := time.UnixMicro(micros).UTC()
	if t.Year() < 2 || t.Year() > 9997 {
		return "", "", false
	}
	return t.AddDate(0, 0, -1).Format(time.DateOnly), t.AddDate(0, 0, 2).Format(time.DateOnly), true
}

// like writes LIKE with a literal pattern as operations on bytes: SQLite's own ignores the case of ASCII letters, and
// GLOB stops at a NUL character.
func like(w *sqlgen.Writer, c *expr.Call) {
	segments, ok := likeSegments(c)
	if !ok {
		w.Refuse("only patterns of one text and %% at its ends are proven there")
		return
	}
	value := c.Args[0]
	if t := value.Type(); !t.IsText() || t.Kind == types.JSON || !t.Collation.Bytewise() {
		w.Refuse("LIKE is proven for text only")
		return
	}
	prefix, suffix := segments[0], segments[len(segments)-1]
	w.Text("(")
	defer w.Text(")")
	switch {
	case len(segments) == 1:
		w.Equated(value)
		w.Text(" = ")
		writeText(w, prefix)
	case len(segments) == 3:
		w.Text("instr(")
		w.Expr(value)
		w.Text(", ")
		writeText(w, segments[1])
		w.Text(") > 0")
	case prefix == "" && suffix == "":
		w.Expr(value)
		w.Text(" IS NOT NULL OR NULL")
	case prefix == "":
		w.Text("substr(CAST(")
		w.Expr(value)
		w.Text(" AS BLOB), -", strconv.Itoa(len(suffix)), ") = CAST(")
		writeText(w, suffix)
		w.Text(" AS BLOB)")
	default:
		w.Ordered(value)
		w.Text(" >= ")
		writeText(w, prefix)
		w.Text(" AND ")
		w.Ordered(value)
		w.Text(" < ")
		w.Bind(types.TextValue(successor(prefix)), types.Of(types.Text))
	}
}

// successor returns the least string of bytes that is greater than every one with that prefix of UTF-8.
func successor(prefix string) string {
	// The last byte of UTF-8 is below 0xFF: adding one carries nowhere.
	last := len(prefix) - 1
	return prefix[:last] + string([]byte{prefix[last] + 1})
}

// likeSegments splits a literal pattern at its % into one text with none, one or both ends open: "abc" is {abc}, "abc%" is
// {abc, ""}, "%abc" is {"", abc}, "%" is {"", ""}, "%abc%" is {"", abc, ""}. ok is false for anything else.
func likeSegments(c *expr.Call) (segments []string, ok bool) {
	pattern, ok := c.Args[1].(*expr.Literal)
	if !ok || pattern.Value.Null {
		return nil, false
	}
	escape := byte('\\')
	if len(c.Args) == 3 {
		lit, ok := c.Args[2].(*expr.Literal)
		if !ok || lit.Value.Null || len(lit.Value.Str) > 1 {
			return nil, false
		}
		escape = 0
		if lit.Value.Str != "" {
			escape = lit.Value.Str[0]
		}
	}
	segments = []string{""}
	text := pattern.Value.Str
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case b == escape && escape != 0 && i+1 < len(text):
			i++
			segments[len(segments)-1] += text[i : i+1]
		case b == '_':
			return nil, false
		case b == '%' && (len(segments) == 1 || segments[len(segments)-1] != ""):
			segments = append(segments, "")
		case b == '%': // the second of two
		default:
			segments[len(segments)-1] += text[i : i+1]
		}
	}
	switch len(segments) {
	case 1:
		return segments, true
	case 2:
		return segments, segments[0] == "" || segments[1] == ""
	case 3:
		return segments, segments[0] == "" && segments[2] == ""
	}
	return nil, false
}
