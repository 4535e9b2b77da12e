package shape

import (
	"strings"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// integerLengths are those of functions that return integers shorter than a BIGINT's.
var integerLengths = map[expr.Func]uint64{
	expr.Length: 10, expr.CharLength: 10, "bit_length": 11, expr.Ascii: 3, "ord": 7, expr.Locate: 11, "field": 3, "find_in_set": 3, "strcmp": 2,
	"crc32": 10, expr.Sign: 2, "bit_count": 2, "interval": 2,
	expr.Year: 4, expr.Quarter: 1, expr.Month: 2, expr.Day: 2, expr.Hour: 2, expr.Minute: 2, expr.Second: 2, expr.Microsecond: 6,
	expr.DayOfWeek: 1, expr.Weekday: 1, expr.DayOfYear: 3, expr.Week: 2, expr.YearWeek: 6, expr.ToDays: 6, expr.DateDiff: 8,
	expr.UnixTimestamp: 17, expr.TimeToSec: 17, "json_length": 10, "json_depth": 10, "json_valid": 1, "json_contains": 1, "json_contains_path": 1,
	"json_overlaps": 1, "is_uuid": 1, "is_ipv4": 1, "is_ipv6": 1, "is_ipv4_compat": 1, "is_ipv4_mapped": 1,
}

// textLengths are those of functions whose results have one length.
var textLengths = map[expr.Func]uint64{
	"md5": 32, "sha1": 40, "conv": 65, "bin": 65, "oct": 65, expr.DayName: 9, expr.MonthName: 9, "inet_ntoa": 31, "inet6_ntoa": 39,
	"bin_to_uuid": 36,
}

// call is the shape of a function's result.
func (t *tracer) call(c *expr.Call) Shape {
	s := ofType(c.Typ)
	switch {
	case c.Typ.Kind == types.Bool:
	case c.Typ.IsInteger():
		s.Length = t.integer(c, s.Length)
		s.Unsigned = c.Func == "crc32" || c.Func == "inet_aton"
	case c.Typ.IsFloat():
		t.float(c, &s)
	case c.Typ.IsString() && c.Typ.Kind != types.JSON:
		s.Length = min(t.text(c, s.Length), Unbounded)
	}
	return s
}

// integer is the length of an integer result.
func (t *tracer) integer(c *expr.Call, otherwise uint64) uint64 {
	if n, ok := integerLengths[c.Func]; ok {
		return n
	}
	switch c.Func {
	case expr.Add, expr.Sub:
		return ofDigits(max(t.digits(c.Args[0]), t.digits(c.Args[1]))+1, c.Typ)
	case expr.Mul:
		return ofDigits(min(t.digits(c.Args[0])+t.digits(c.Args[1]), types.MaxPrecision), c.Typ)
	case expr.IntDiv:
		a, b := c.Args[0].Type(), c.Args[1].Type()
		digits := t.digits(c.Args[0])
		if a.Kind == types.Decimal {
			digits = uint64(a.Precision - a.Scale)
		}
		if b.Kind == types.Decimal {
			digits += uint64(b.Scale)
		}
		return ofDigits(min(digits, bigintLength), c.Typ)
	case expr.Mod:
		return max(t.length(c.Args[0]), t.length(c.Args[1]))
	case expr.Neg:
		length := t.length(c.Args[0])
		if c.Args[0].Type().IsUnsigned() || length == 1 {
			length++
		}
		return length
	case expr.Abs:
		return t.length(c.Args[0])
	case expr.Ceil, expr.Floor, expr.Round, expr.Truncate:
		arg := t.expression(c.Args[0])
		if d := uint64(c.Args[0].Type().Scale); d > 0 && c.Args[0].Type().Kind == types.Decimal {
			return arg.Length - d // the point goes, a digit may come
		}
		return min(arg.Length, bigintLength)
	case expr.If, expr.IfNull, expr.Coalesce, expr.Greatest, expr.Least:
		return t.merged(c.Typ, results(c)).Length
	case expr.Extract:
		return extractLength(c, otherwise)
	}
	return otherwise
}

// results are the arguments that a function decides among.
func results(c *expr.Call) []expr.Expr {
	if c.Func == expr.If {
		return c.Args[1:]
	}
	return c.Args
}

// extractLengths are those of EXTRACT by the units of several fields.
var extractLengths = map[string]uint64{
	"YEAR_MONTH": 6, "DAY_HOUR": 5, "DAY_MINUTE": 7, "DAY_SECOND": 9, "HOUR_MINUTE": 5, "HOUR_SECOND": 7, "MINUTE_SECOND": 5,
	"DAY_MICROSECOND": 20, "HOUR_MICROSECOND": 14, "MINUTE_MICROSECOND": 11, "SECOND_MICROSECOND": 9,
}

func extractLength(c *expr.Call, otherwise uint64) uint64 {
	if unit, ok := c.Args[1].(*expr.Literal); ok {
		if n, ok := extractLengths[strings.ToUpper(unit.Value.Str)]; ok {
			return n
		}
	}
	return otherwise
}

// float gives a DOUBLE that is rounded its digits.
func (t *tracer) float(c *expr.Call, s *Shape) {
	if c.Typ.Kind != types.Float64 {
		return
	}
	digits := int64(0)
	switch c.Func {
	case expr.Floor, expr.Ceil:
	case expr.Round, expr.Truncate:
		if len(c.Args) > 1 {
			n, ok := constant(c.Args[1])
			if !ok {
				return
			}
			digits = max(n, 0)
		}
	default:
		return
	}
	if digits < NotFixed {
		s.Decimals, s.Length = uint8(digits), doubleDigits+uint64(digits)
	}
}

// text is the length of a text or byte string.
func (t *tracer) text(c *expr.Call, otherwise uint64) uint64 {
	if n, ok := textLengths[c.Func]; ok {
		return n
	}
	switch c.Func {
	case expr.If, expr.IfNull, expr.Coalesce, expr.Greatest, expr.Least:
		return t.merged(c.Typ, results(c)).Length
	case expr.Concat:
		return t.sum(c.Args)
	case expr.ConcatWS:
		return t.sum(c.Args[1:]) + t.length(c.Args[0])*uint64(len(c.Args)-2)
	case "elt":
		return t.merged(c.Typ, c.Args[1:]).Length
	case "insert":
		return t.length(c.Args[0]) + t.length(c.Args[3])
	case "make_set":
		return t.sum(c.Args[1:]) + uint64(len(c.Args)-2)
	case expr.Upper, expr.Lower, expr.Trim, expr.LTrim, expr.RTrim, expr.Reverse, expr.SubstrIndex, expr.Collate:
		return t.length(c.Args[0])
	case expr.Left, expr.Right, expr.Substring:
		return t.part(c)
	case expr.LPad, expr.RPad:
		return times(1, c.Args[1], otherwise)
	case expr.Repeat:
		return times(t.length(c.Args[0]), c.Args[1], otherwise)
	case expr.Space:
		return times(1, c.Args[0], otherwise)
	case expr.Replace:
		return t.replaced(c)
	}
	return t.encoded(c, otherwise)
}

// encoded is the length of a text in another writing.
func (t *tracer) encoded(c *expr.Call, otherwise uint64) uint64 {
	arg := c.Args[0].Type()
	length := t.length(c.Args[0])
	bytes := length
	if arg.IsText() {
		bytes *= bytesPerChar
	}
	switch c.Func {
	case expr.Hex:
		if arg.IsNumeric() {
			return 16
		}
		return 2 * bytes
	case "unhex":
		return (bytes + 1) / 2
	case "quote":
		return 2*length + 2
	case "soundex":
		return max(length, 4)
	case "from_base64":
		return bytes / 4 * 3
	case "to_base64":
		const line = 76
		encoded := (bytes + 2) / 3 * 4
		return encoded + max(encoded, 1)/line
	case "sha2":
		if bits, ok := constant(c.Args[1]); ok && bits > 0 {
			return uint64(bits) / 4
		}
	case expr.DateFormat, "time_format":
		return formatted(c.Args[1], otherwise)
	case "format":
		if n, ok := constant(c.Args[1]); ok && n >= 0 && length < Unbounded/2 {
			return length + length/3 + uint64(min(n, 1)+min(n, types.MaxScale)) // with separators
		}
	case "char":
		return 4 * uint64(len(c.Args))
	}
	return otherwise
}

// sum is the length of texts one after the other.
func (t *tracer) sum(list []expr.Expr) uint64 {
	var all uint64
	for _, e := range list {
		all += t.length(e)
	}
	return all
}

// part is the length of LEFT, RIGHT and SUBSTRING.
func (t *tracer) part(c *expr.Call) uint64 {
	length := t.length(c.Args[0])
	count := c.Args[len(c.Args)-1]
	if c.Func == expr.Substring {
		if from, ok := constant(c.Args[1]); ok && from > 0 {
			length -= min(length, uint64(from)-1)
		} else if ok {
			length = min(length, uint64(-from))
		}
		if len(c.Args) < 3 {
			return length
		}
	}
	if n, ok := constant(count); ok {
		length = min(length, uint64(max(n, 0)))
	}
	return length
}

// times is n as often as a constant says.
func times(n uint64, count expr.Expr, otherwise uint64) uint64 {
	if c, ok := constant(count); ok {
		return min(n*uint64(min(max(c, 0), Unbounded)), Unbounded)
	}
	return otherwise
}

// replaced is the length where all of a text is what REPLACE makes longer.
func (t *tracer) replaced(c *expr.Call) uint64 {
	length, from, to := t.length(c.Args[0]), t.length(c.Args[1]), t.length(c.Args[2])
	if from == 0 || to <= from || length > Unbounded/4 {
		return length
	}
	return length + length/from*min(to-from, Unbounded)
}

// formatted is the length of what a constant format makes (Item_func_date_format::format_length).
func formatted(format expr.Expr, otherwise uint64) uint64 {
	lit, ok := inner(format).(*expr.Literal)
	if !ok {
		return otherwise
	}
	var length uint64
	text := []rune(lit.Value.Str)
	for i := 0; i < len(text); i++ {
		if text[i] != '%' || i+1 == len(text) {
			length++
			continue
		}
		i++
		switch text[i] {
		case 'M', 'W':
			length += 64
		case 'D', 'Y', 'x', 'X':
			length += 4
		case 'a', 'b':
			length += 32
		case 'j':
			length += 3
		case 'u', 'U', 'v', 'V', 'y', 'm', 'd', 'h', 'i', 'I', 'l', 'p', 'S', 's', 'c', 'e':
			length += 2
		case 'k', 'H':
			length += 7
		case 'r':
			length += 11
		case 'T':
			length += 8
		case 'f':
			length += 6
		default:
			length++
		}
	}
	return length
}

// inner is what a conversion that no user wrote converts.
func inner(e expr.Expr) expr.Expr {
	for {
		c, ok := e.(*expr.Cast)
		if !ok || !c.Implicit {
			return e
		}
		e = c.Arg
	}
}

// constant is the value of an integer literal.
func constant(e expr.Expr) (int64, bool) {
	l, ok := inner(e).(*expr.Literal)
	if !ok || l.Value.Null || !l.Typ.IsInteger() {
		return 0, false
	}
	return l.Value.Int, true
}
