package bind

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// functions maps GMS's names to functions that take the same arguments in the same order. What is not here, not in function
// below and no native of package expr is evaluated row by row.
var functions = map[string]expr.Func{
	"abs": expr.Abs, "sign": expr.Sign, "ceil": expr.Ceil, "floor": expr.Floor, "round": expr.Round,
	"truncate": expr.Truncate, "sqrt": expr.Sqrt, "power": expr.Pow, "exp": expr.Exp, "ln": expr.Ln, "log10": expr.Log10,
	"log2": expr.Log2, "log": expr.Log, "sin": expr.Sin, "cos": expr.Cos, "tan": expr.Tan, "cot": expr.Cot,
	"asin": expr.Asin, "acos": expr.Acos, "degrees": expr.Degrees, "radians": expr.Radians, "mod": expr.Mod,

	"if": expr.If, "ifnull": expr.IfNull, "nullif": expr.NullIf, "coalesce": expr.Coalesce, "greatest": expr.Greatest,
	"least": expr.Least, "isnull": expr.IsNull,

	"concat": expr.Concat, "concat_ws": expr.ConcatWS, "substring": expr.Substring, "left": expr.Left, "right": expr.Right,
	"length": expr.Length, "character_length": expr.CharLength, "upper": expr.Upper, "lower": expr.Lower,
	"ltrim": expr.LTrim, "rtrim": expr.RTrim, "replace": expr.Replace, "locate": expr.Locate, "lpad": expr.LPad,
	"rpad": expr.RPad, "reverse": expr.Reverse, "substring_index": expr.SubstrIndex, "repeat": expr.Repeat,
	"space": expr.Space, "ascii": expr.Ascii, "hex": expr.Hex,

	"year": expr.Year, "quarter": expr.Quarter, "month": expr.Month, "day": expr.Day, "hour": expr.Hour,
	"minute": expr.Minute, "second": expr.Second, "microsecond": expr.Microsecond, "dayofweek": expr.DayOfWeek,
	"dayofyear": expr.DayOfYear, "weekday": expr.Weekday, "date": expr.DateOf, "datediff": expr.DateDiff,
	"date_format": expr.DateFormat, "last_day": expr.LastDay, "week": expr.Week, "yearweek": expr.YearWeek,
	"dayname": expr.DayName, "monthname": expr.MonthName, "to_days": expr.ToDays, "from_days": expr.FromDays,
	"time_to_sec": expr.TimeToSec, "unix_timestamp": expr.UnixTimestamp, "timestampdiff": expr.TimestampDiff,
}

// operators are the functions that GMS makes of operators.
var operators = map[string]expr.Func{"json_extract": "json_extract", "json_unquote": "json_unquote", "regexp_like": "regexp_like"}

// function imports a function call. known is false for what has no kernel.
func (x *expressions) function(e sql.Expression) (out expr.Expr, known bool, err error) {
	f, ok := e.(sql.FunctionExpression)
	if !ok {
		return nil, false, nil
	}
	args := f.Children()
	switch e := e.(type) {
	case *function.DateAdd:
		out, err = x.moveArgs(e, expr.DateAdd, args)
	case *function.DateSub:
		out, err = x.moveArgs(e, expr.DateSub, args)
	case *function.Rand:
		if e.Child == nil {
			return nil, false, nil
		}
		out, err = x.randomSeeded(e)
	case *function.NullIf:
		out, err = x.nullIf(args)
	case *function.Extract:
		out, err = x.call(e, expr.Extract, args...)
	case *native:
		out, err = x.native(e)
	case *function.Char:
		return x.char(e)
	case *function.Trim:
		return x.trim(e)
	case *function.Greatest:
		out, err = x.extreme(e, expr.Greatest, args)
	case *function.Least:
		out, err = x.extreme(e, expr.Least, args)
	case *extreme:
		out, err = x.extreme(e, e.function, args)
	case function.Instr:
		out, err = x.call(e, expr.Locate, args[1], args[0])
	case *function.Atan:
		f := expr.Atan
		if len(args) == 2 {
			f = expr.Atan2
		}
		out, err = x.call(e, f, args...)
	case *function.WeekOfYear:
		const iso = 3 // the mode of WEEK
		out, err = x.call(e, expr.Week, args[0], expression.NewLiteral(int64(iso), gmstypes.Int64))
	case *function.Log:
		out, err = x.call(e, expr.Log, args...)
	default:
		name := strings.ToLower(f.FunctionName())
		fn, ok := functions[name]
		if !ok { // GMS makes calls of operators: -> and REGEXP
			fn, ok = operators[name]
		}
		switch {
		case !ok || hasNil(args):
			return nil, false, nil
		case fn == expr.If || fn == expr.IfNull || fn == expr.Coalesce:
			out, err = x.choice(e, fn, args)
		default:
			out, err = x.call(e, fn, args...)
		}
	}
	return out, true, err
}

// choice imports a call whose result is one of its arguments.
func (x *expressions) choice(e sql.Expression, f expr.Func, args []sql.Expression) (expr.Expr, error) {
	list, err := x.list(args...)
	if err != nil {
		return nil, err
	}
	values := list
	if f == expr.If {
		values = list[1:]
	}
	if err := x.dateTimes(values); err != nil {
		return nil, err
	}
	return x.callOf(e, f, args, list)
}

// dateTimes makes moments of today of the times among values that may be moments.
func (x *expressions) dateTimes(values []expr.Expr) error {
	if !slices.ContainsFunc(values, func(e expr.Expr) bool { return isMoment(e.Type()) }) {
		return nil
	}
	if slices.ContainsFunc(values, func(e expr.Expr) bool { return !e.Type().IsTemporal() && e.Type().Kind != types.Null }) {
		return nil // they are texts
	}
	for i, e := range values {
		if e.Type().Kind == types.Time {
			var err error
			if values[i], err = x.today(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// nullIf imports NULLIF, whose arguments may be compared row by row.
func (x *expressions) nullIf(args []sql.Expression) (expr.Expr, error) {
	list, err := x.list(args...)
	if err != nil {
		return nil, err
	}
	out, err := expr.New(expr.NullIf, list...)
	if !isNoKernel(err) {
		return out, err
	}
	equal, err := x.compare(expr.Eq, list[0], list[1])
	if err != nil {
		return nil, err
	}
	null := &expr.Literal{Value: types.NullValue, Typ: list[0].Type()}
	return expr.NewCase([]expr.When{{Cond: equal, Then: null}}, list[0])
}

func hasNil(args []sql.Expression) bool {
	for _, a := range args {
		if a == nil {
			return true
		}
	}
	return false
}

// trim imports TRIM([side what FROM] text).
func (x *expressions) trim(e *function.Trim) (expr.Expr, bool, error) {
	text, what := e.Children()[0], e.Children()[1]
	blank := what.String() == "' '"
	switch sides := trimSides(e); {
	case sides == sqlparser.Both && blank:
		out, err := x.call(e, expr.Trim, text)
		return out, true, err
	case sides == sqlparser.Both:
		out, err := x.call(e, expr.Trim, text, what)
		return out, true, err
	case sides == sqlparser.Leading && blank:
		out, err := x.call(e, expr.LTrim, text)
		return out, true, err
	case sides == sqlparser.Trailing && blank:
		out, err := x.call(e, expr.RTrim, text)
		return out, true, err
	}
	return nil, false, nil
}

// char imports CHAR(n, ... [USING charset]).
func (x *expressions) char(e *function.Char) (expr.Expr, bool, error) {
	list, err := x.list(e.Children()...)
	if err != nil {
		return nil, true, err
	}
	bytes, err := applied("char", e.Children(), list)
	switch set := e.Collation.CharacterSet(); {
	case isNoKernel(err):
		return nil, false, nil
	case err != nil || set == sql.CharacterSet_binary:
		return bytes, true, err
	default:
		out, err := x.intoSet(bytes, set)
		return out, true, err
	}
}

func (x *expressions) moveArgs(e sql.Expression, f expr.Func, args []sql.Expression) (expr.Expr, error) {
	interval, ok := args[1].(*expression.Interval)
	if !ok {
		return x.fallback(e)
	}
	return x.move(e, f, args[0], interval)
}

// move imports a date or time plus (DateAdd) or minus (DateSub) an interval.
func (x *expressions) move(e sql.Expression, f expr.Func, date sql.Expression, interval *expression.Interval) (expr.Expr, error) {
	args, err := x.list(date, interval.Child)
	if err != nil {
		return nil, err
	}
	unit := &expr.Literal{Value: types.TextValue(interval.Unit), Typ: types.NewText(types.Varchar, len(interval.Unit), types.Utf8mb4Bin0900)}
	out, err := expr.New(f, args[0], asNumber(interval.Child, args[1]), unit)
	if isNoKernel(err) {
		return x.fallback(e)
	}
	return out, err
}
