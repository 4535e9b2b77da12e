package expr

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// row is one function: how it is called, typed and computed.
type row struct {
	name     Func
	args     string // for people
	min, max int    // arguments; max -1: any number
	doc      string
	rule     rule
	kernel   factory // nil: the compiler knows it (AND, OR, IF, COALESCE and the like, which are lazy)
	lenient  bool    // takes NULL values as arguments; else a NULL argument makes the result NULL
	// native says that statements call the function by its name, and by names, and get this one: GMS has none, or another.
	native bool
	names  []string
}

// rule types a call; args are as many as the row allows.
type rule func(f Func, args []Expr) (Expr, error)

// factory makes the kernel of a typed call, nil where the types have none.
type factory func(c *Call) kernel.Func

// FuncInfo describes one function of the table.
type FuncInfo struct {
	Name Func
	Args string // as in "string, position[, length]"
	Doc  string
}

// Functions lists the function table by name.
func Functions() []FuncInfo {
	list := make([]FuncInfo, 0, len(table()))
	for _, r := range table() {
		list = append(list, FuncInfo{r.name, r.args, r.doc})
	}
	slices.SortFunc(list, func(a, b FuncInfo) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// Natives are the functions that statements call by name, by their names in lower case.
func Natives() map[string]Native {
	all := make(map[string]Native)
	for _, r := range table() {
		if r.native {
			for _, name := range append([]string{string(r.name)}, r.names...) {
				all[name] = Native{r.name, r.min, r.max}
			}
		}
	}
	return all
}

// Native is a function that statements call by name, with at least Min and at most Max arguments; -1: any number.
type Native struct {
	Func     Func
	Min, Max int
}

func lookup(f Func) (*row, bool) {
	r, ok := table()[f]
	return r, ok
}

// table indexes the rows. It is built on first use: rules call New, so a variable could not hold it.
func table() map[Func]*row {
	tableOnce.Do(func() {
		tableRows = map[Func]*row{}
		for _, group := range [][]row{operatorRows(), numberRows(), textRows(), temporalRows(), stringFunctionRows(), numberFunctionRows(), timeFunctionRows(), jsonFunctionRows(), regexpRows()} {
			for i := range group {
				tableRows[group[i].name] = &group[i]
			}
		}
	})
	return tableRows
}

var (
	tableOnce sync.Once
	tableRows map[Func]*row
)

func (e *Call) arg(i int) types.Type { return e.Args[i].Type() }

// constantText is argument i, a text literal by the function's rule.
func (e *Call) constantText(i int) string { return e.Args[i].(*Literal).Value.Str }

// always is the factory of a kernel that fits all types the rule lets through.
func always(f kernel.Func) factory { return func(*Call) kernel.Func { return f } }

func compareWith(op kernel.Op) factory {
	return func(c *Call) kernel.Func { return kernel.Compare(op, c.arg(0), c.arg(1)) }
}

func operatorRows() []row {
	return []row{
		{name: And, args: "condition, condition, ...", min: 2, max: -1, rule: logicRule, lenient: true, doc: "true if all are; false if one is"},
		{name: Or, args: "condition, condition, ...", min: 2, max: -1, rule: logicRule, lenient: true, doc: "true if one is; false if all are"},
		{name: Xor, args: "condition, condition", min: 2, max: 2, rule: logicRule, kernel: always(kernel.Xor), doc: "true if just one is"},
		{name: Not, args: "condition", min: 1, max: 1, rule: logicRule, kernel: always(kernel.Not), doc: "the opposite"},
		{name: Eq, args: "a, b", min: 2, max: 2, rule: compareRule, kernel: compareWith(kernel.Eq), doc: "equal"},
		{name: Ne, args: "a, b", min: 2, max: 2, rule: compareRule, kernel: compareWith(kernel.Ne), doc: "not equal"},
		{name: Lt, args: "a, b", min: 2, max: 2, rule: compareRule, kernel: compareWith(kernel.Lt), doc: "less"},
		{name: Le, args: "a, b", min: 2, max: 2, rule: compareRule, kernel: compareWith(kernel.Le), doc: "less or equal"},
		{name: Gt, args: "a, b", min: 2, max: 2, rule: compareRule, kernel: compareWith(kernel.Gt), doc: "greater"},
		{name: Ge, args: "a, b", min: 2, max: 2, rule: compareRule, kernel: compareWith(kernel.Ge), doc: "greater or equal"},
		{name: NullSafeEq, args: "a, b", min: 2, max: 2, rule: nullSafeRule, lenient: true, doc: "equal, or both NULL",
			kernel: func(c *Call) kernel.Func { return kernel.NullSafeEqual(c.arg(0), c.arg(1)) }},
		{name: IsNull, args: "value", min: 1, max: 1, rule: isNullRule, kernel: always(kernel.IsNull), lenient: true, doc: "whether it is NULL"},
		{name: IsTrue, args: "condition", min: 1, max: 1, rule: truthRule, kernel: always(kernel.IsTrue), lenient: true, doc: "true, not false or NULL"},
		{name: IsFalse, args: "condition", min: 1, max: 1, rule: truthRule, kernel: always(kernel.IsFalse), lenient: true, doc: "false, not true or NULL"},
		{name: Like, args: "string, pattern[, escape]", min: 2, max: 3, rule: likeRule, kernel: likeKernel, doc: "match of a pattern with % and _"},
		{name: Add, args: "a, b", min: 2, max: 2, rule: arithmeticRule, doc: "sum",
			kernel: func(c *Call) kernel.Func { return kernel.Add(c.arg(0), c.arg(1), c.Typ, c) }},
		{name: Sub, args: "a, b", min: 2, max: 2, rule: arithmeticRule, doc: "difference",
			kernel: func(c *Call) kernel.Func { return kernel.Sub(c.arg(0), c.arg(1), c.Typ, c) }},
		{name: Mul, args: "a, b", min: 2, max: 2, rule: arithmeticRule, doc: "product",
			kernel: func(c *Call) kernel.Func { return kernel.Mul(c.arg(0), c.arg(1), c.Typ, c) }},
		{name: Div, args: "a, b", min: 2, max: 2, rule: divideRule, doc: "quotient; NULL for a divisor of 0",
			kernel: func(c *Call) kernel.Func { return kernel.Div(c.arg(0), c.arg(1), c.Typ, c) }},
		{name: IntDiv, args: "a, b", min: 2, max: 2, rule: arithmeticRule, doc: "integer part of the quotient",
			kernel: func(c *Call) kernel.Func { return kernel.IntDiv(c.arg(0), c.arg(1), c.Typ, c) }},
		{name: Mod, args: "a, b", min: 2, max: 2, rule: arithmeticRule, doc: "remainder, with the sign of a",
			kernel: func(c *Call) kernel.Func { return kernel.Mod(c.arg(0), c.arg(1), c.Typ, c) }},
		{name: Neg, args: "a", min: 1, max: 1, rule: negateRule, doc: "-a",
			kernel: func(c *Call) kernel.Func { return kernel.Neg(c.arg(0), c.Typ, c) }},
		{name: BitAnd, args: "a, b", min: 2, max: 2, rule: bitRule, kernel: bitKernel(kernel.BitAnd), doc: "bits set in both"},
		{name: BitOr, args: "a, b", min: 2, max: 2, rule: bitRule, kernel: bitKernel(kernel.BitOr), doc: "bits set in one"},
		{name: BitXor, args: "a, b", min: 2, max: 2, rule: bitRule, kernel: bitKernel(kernel.BitXor), doc: "bits set in just one"},
		{name: BitNot, names: []string{"silogate_bit_not"}, native: true, args: "a", min: 1, max: 1, rule: bitRule, kernel: bitKernel(kernel.BitNot), doc: "bits inverted"},
		{name: ShiftLeft, args: "a, bits", min: 2, max: 2, rule: bitRule, kernel: bitKernel(kernel.ShiftLeft), doc: "bits moved up"},
		{name: ShiftRight, args: "a, bits", min: 2, max: 2, rule: bitRule, kernel: bitKernel(kernel.ShiftRight), doc: "bits moved down"},
		{name: Collate, args: "string, collation", kernel: always(kernel.Identity), doc: "the string under a collation (NewCollate)"},
		{name: If, args: "condition, a, b", min: 3, max: 3, rule: ifRule, lenient: true, doc: "a if the condition is true, else b"},
		{name: IfNull, args: "a, b", min: 2, max: 2, rule: coalesceRule, lenient: true, doc: "a, or b if a is NULL"},
		{name: NullIf, args: "a, b", min: 2, max: 2, rule: nullIfRule, doc: "NULL if a = b, else a"},
		{name: Coalesce, args: "a, ...", min: 1, max: -1, rule: coalesceRule, lenient: true, doc: "the first that is not NULL"},
		{name: Greatest, args: "a, b, ...", min: 2, max: -1, rule: extremeRule, doc: "the greatest; NULL if one is",
			kernel: func(c *Call) kernel.Func { return kernel.Extreme(c.Typ, true) }},
		{name: Least, args: "a, b, ...", min: 2, max: -1, rule: extremeRule, doc: "the least; NULL if one is",
			kernel: func(c *Call) kernel.Func { return kernel.Extreme(c.Typ, false) }},
	}
}

// likeKernel is used where the pattern varies by row; a constant one is a predicate.
func likeKernel(c *Call) kernel.Func {
	return kernel.LikeEach(likeEscape(c), c.arg(0))
}

// likeEscape is the escape of a LIKE.
func likeEscape(c *Call) rune {
	switch {
	case len(c.Args) < 3:
		return '\\'
	case c.constantText(2) == "":
		return kernel.NoEscape
	}
	escape, _ := utf8.DecodeRuneInString(c.constantText(2))
	return escape
}

func double(name Func, f func(float64) float64, doc string) row {
	return row{name: name, args: "number", min: 1, max: 1, doc: doc, rule: doubleRule,
		kernel: func(c *Call) kernel.Func { return kernel.Double(f, c) }}
}

func double2(name Func, args string, f func(a, b float64) float64, doc string) row {
	return row{name: name, args: args, min: 2, max: 2, doc: doc, rule: doubleRule,
		kernel: func(c *Call) kernel.Func { return kernel.Double2(f, c) }}
}

func numberRows() []row {
	return []row{
		{name: Abs, args: "number", min: 1, max: 1, rule: sameNumberRule, doc: "magnitude",
			kernel: func(c *Call) kernel.Func { return kernel.Abs(c.arg(0), c.Typ, c) }},
		{name: Sign, args: "number", min: 1, max: 1, rule: signRule, doc: "-1, 0 or 1",
			kernel: func(c *Call) kernel.Func { return kernel.Sign(c.arg(0)) }},
		{name: Ceil, args: "number", min: 1, max: 1, rule: integerPartRule, doc: "least integer not below",
			kernel: func(c *Call) kernel.Func { return kernel.Ceil(c.arg(0), c.Typ, c) }},
		{name: Floor, args: "number", min: 1, max: 1, rule: integerPartRule, doc: "greatest integer not above",
			kernel: func(c *Call) kernel.Func { return kernel.Floor(c.arg(0), c.Typ, c) }},
		{name: Round, args: "number[, digits]", min: 1, max: 2, rule: roundRule, doc: "rounded, exact halves away from zero",
			kernel: func(c *Call) kernel.Func { return kernel.Round(c.arg(0), c.Typ, c) }},
		{name: Truncate, args: "number, digits", min: 2, max: 2, rule: roundRule, doc: "digits cut off",
			kernel: func(c *Call) kernel.Func { return kernel.Truncate(c.arg(0), c.Typ, c) }},
		double(Sqrt, math.Sqrt, "square root; NULL below 0"),
		double2(Pow, "base, exponent", kernel.Power, "power"),
		double(Exp, math.Exp, "power of e"),
		double(Ln, kernel.Logarithm(math.Log), "natural logarithm; NULL up to 0"),
		double(Log10, kernel.Logarithm(math.Log10), "logarithm to base 10"),
		double(Log2, kernel.Logarithm(math.Log2), "logarithm to base 2"),
		double2(Log, "base, number", kernel.LogBase, "logarithm to a base"),
		double(Sin, math.Sin, "sine"),
		double(Cos, math.Cos, "cosine"),
		double(Tan, math.Tan, "tangent"),
		double(Cot, func(v float64) float64 { return 1 / math.Tan(v) }, "cotangent"),
		double(Asin, math.Asin, "arc sine; NULL beyond -1 to 1"),
		double(Acos, math.Acos, "arc cosine; NULL beyond -1 to 1"),
		double(Atan, math.Atan, "arc tangent"),
		double2(Atan2, "y, x", math.Atan2, "angle of a point"),
		double(Degrees, func(v float64) float64 { return v * (180 / math.Pi) }, "radians in degrees"),
		double(Radians, func(v float64) float64 { return v * (math.Pi / 180) }, "degrees in radians"),
	}
}

func textRows() []row {
	trim := func(side kernel.Side) factory {
		return func(c *Call) kernel.Func { return kernel.Trim(c.Typ, side) }
	}
	return []row{
		{name: Concat, args: "string, ...", min: 1, max: -1, rule: joinRule, doc: "joined", kernel: func(c *Call) kernel.Func { return kernel.ConcatTexts(c.Typ) }},
		{name: ConcatWS, args: "separator, string, ...", min: 2, max: -1, rule: joinRule, lenient: true, doc: "joined with a separator, without NULLs",
			kernel: func(c *Call) kernel.Func { return kernel.ConcatWS(c.Typ) }},
		{name: Substring, args: "string, position[, length]", min: 2, max: 3, rule: stringRule, doc: "part; a negative position counts from the end",
			kernel: func(c *Call) kernel.Func { return kernel.Substring(c.Typ) }},
		{name: Left, args: "string, length", min: 2, max: 2, rule: stringRule, doc: "first characters", kernel: func(c *Call) kernel.Func { return kernel.Left(c.Typ, kernel.LeftSide) }},
		{name: Right, args: "string, length", min: 2, max: 2, rule: stringRule, doc: "last characters", kernel: func(c *Call) kernel.Func { return kernel.Left(c.Typ, kernel.RightSide) }},
		{name: Length, args: "string", min: 1, max: 1, rule: lengthRule, doc: "bytes", kernel: always(kernel.Length)},
		{name: CharLength, args: "string", min: 1, max: 1, rule: lengthRule, doc: "characters", kernel: func(c *Call) kernel.Func { return kernel.CharLength(c.arg(0)) }},
		{name: Ascii, args: "string", min: 1, max: 1, rule: lengthRule, doc: "the first byte, 0 if empty", kernel: func(c *Call) kernel.Func { return kernel.Ascii() }},
		{name: Upper, args: "string", min: 1, max: 1, rule: caseRule, doc: "in upper case", kernel: func(c *Call) kernel.Func { return kernel.Upper(c.Typ) }},
		{name: Lower, args: "string", min: 1, max: 1, rule: caseRule, doc: "in lower case", kernel: func(c *Call) kernel.Func { return kernel.Lower(c.Typ) }},
		{name: Trim, args: "string[, what]", min: 1, max: 2, rule: stringsRule, doc: "without spaces, or what, at both ends", kernel: trim(kernel.BothSides)},
		{name: LTrim, args: "string[, what]", min: 1, max: 2, rule: stringsRule, doc: "without spaces, or what, in front", kernel: trim(kernel.LeftSide)},
		{name: RTrim, args: "string[, what]", min: 1, max: 2, rule: stringsRule, doc: "without spaces, or what, at the end", kernel: trim(kernel.RightSide)},
		{name: Replace, args: "string, from, to", min: 3, max: 3, rule: stringsRule, doc: "every from made to", kernel: func(c *Call) kernel.Func { return kernel.Replace(c.Typ) }},
		{name: Locate, args: "needle, string[, position]", min: 2, max: 3, rule: locateRule, doc: "position of the first needle, 0 if none",
			kernel: func(c *Call) kernel.Func { return kernel.Locate(c.arg(1)) }},
		{name: LPad, args: "string, length, padding", min: 3, max: 3, rule: padRule, doc: "padded in front, or cut, to a length",
			kernel: func(c *Call) kernel.Func { return kernel.Pad(c.Typ, kernel.LeftSide) }},
		{name: RPad, args: "string, length, padding", min: 3, max: 3, rule: padRule, doc: "padded at the end, or cut, to a length",
			kernel: func(c *Call) kernel.Func { return kernel.Pad(c.Typ, kernel.RightSide) }},
		{name: Reverse, args: "string", min: 1, max: 1, rule: stringRule, doc: "backwards", kernel: func(c *Call) kernel.Func { return kernel.Reverse(c.Typ) }},
		{name: SubstrIndex, args: "string, delimiter, count", min: 3, max: 3, rule: substringIndexRule, doc: "before the count-th delimiter, or after it from the end",
			kernel: func(c *Call) kernel.Func { return kernel.SubstringIndex(c.Typ) }},
		{name: Repeat, args: "string, count", min: 2, max: 2, rule: stringRule, doc: "repeated", kernel: func(c *Call) kernel.Func { return kernel.Repeat(c.Typ) }},
		{name: Space, args: "count", min: 1, max: 1, rule: spaceRule, doc: "spaces", kernel: func(c *Call) kernel.Func { return kernel.Space(c.Typ) }},
		{name: Hex, args: "string or integer", min: 1, max: 1, rule: hexRule, doc: "in hexadecimal digits", kernel: func(c *Call) kernel.Func { return kernel.Hex(c.arg(0), c.Typ) }},
	}
}

func datePart(name Func, part kernel.Part, doc string) row {
	r := row{name: name, args: "temporal", min: 1, max: 1, doc: doc, rule: datePartRule,
		kernel: func(c *Call) kernel.Func {
			if c.arg(0).IsString() {
				return kernel.IntegerRows(c.Typ, kernel.Strict, kernel.PartOfText(part))
			}
			return kernel.PartOf(part, c.arg(0))
		}}
	if part >= kernel.HourPart {
		r.rule = timePartRule
	}
	return r
}

func temporalRows() []row {
	return []row{
		datePart(Year, kernel.YearPart, "year"),
		datePart(Quarter, kernel.QuarterPart, "quarter, 1 to 4"),
		datePart(Month, kernel.MonthPart, "month, 1 to 12"),
		datePart(Day, kernel.DayPart, "day of the month"),
		datePart(DayOfWeek, kernel.DayOfWeekPart, "day of the week, Sunday is 1"),
		datePart(Weekday, kernel.WeekdayPart, "day of the week, Monday is 0"),
		datePart(DayOfYear, kernel.DayOfYearPart, "day of the year"),
		datePart(ToDays, kernel.DaysPart, "days since year 0"),
		datePart(Hour, kernel.HourPart, "hour"),
		datePart(Minute, kernel.MinutePart, "minute"),
		datePart(Second, kernel.SecondPart, "second"),
		datePart(Microsecond, kernel.MicrosecondPart, "microseconds of the second"),
		datePart(TimeToSec, kernel.TimeSecondsPart, "time of day in seconds"),
		{name: Week, args: "temporal[, mode]", min: 1, max: 2, rule: weekRule, doc: "week of the year",
			kernel: weekKernel(false)},
		{name: YearWeek, args: "temporal[, mode]", min: 1, max: 2, rule: weekRule, doc: "year and week",
			kernel: weekKernel(true)},
		{name: DayName, args: "temporal", min: 1, max: 1, rule: nameRule, doc: "name of the day", kernel: func(c *Call) kernel.Func { return kernel.DayName(c.arg(0)) }},
		{name: MonthName, args: "temporal", min: 1, max: 1, rule: nameRule, doc: "name of the month", kernel: func(c *Call) kernel.Func { return kernel.MonthName(c.arg(0)) }},
		{name: DateOf, args: "temporal", min: 1, max: 1, rule: dateRule, doc: "without the time of day", kernel: func(c *Call) kernel.Func { return kernel.DateOf(c.arg(0)) }},
		{name: LastDay, args: "temporal", min: 1, max: 1, rule: dateRule, doc: "last day of the month", kernel: func(c *Call) kernel.Func { return kernel.LastDay(c.arg(0)) }},
		{name: DateAdd, args: "temporal, amount, unit", min: 3, max: 3, rule: intervalRule, kernel: intervalKernel(false), doc: "moved forward; NULL beyond year 9999"},
		{name: DateSub, args: "temporal, amount, unit", min: 3, max: 3, rule: intervalRule, kernel: intervalKernel(true), doc: "moved back; NULL before year 0"},
		{name: DateDiff, args: "temporal, temporal", min: 2, max: 2, rule: dateDiffRule, doc: "days from the second to the first",
			kernel: func(c *Call) kernel.Func { return kernel.DateDiff(c.arg(0), c.arg(1)) }},
		{name: TimestampDiff, args: "unit, from, to", min: 3, max: 3, rule: timestampDiffRule, doc: "whole units between", kernel: timestampDiffKernel},
		{name: DateFormat, args: "temporal, format", min: 2, max: 2, rule: formatRule, doc: "as a format says",
			kernel: dateFormatKernel},
		{name: CastYear, args: "value", min: 1, max: 1, doc: "CAST AS YEAR: the year that a number is, or that of a moment", rule: castYearRule, kernel: integers(kernel.Strict, kernel.YearOf)},
		{name: FromDays, args: "days", min: 1, max: 1, rule: dateFromNumbersRule, kernel: always(kernel.FromDays), doc: "date of a number of days since year 0"},
		{name: MakeDate, args: "year, day", min: 2, max: 2, native: true, rule: dateFromNumbersRule, kernel: always(kernel.MakeDate), doc: "date of a day of a year"},
		{name: UnixTimestamp, args: "temporal", min: 1, max: 1, rule: unixTimestampRule, doc: "seconds since 1970 UTC", kernel: func(c *Call) kernel.Func { return kernel.UnixTimestamp(c.Typ) }},
		{name: FromUnixTime, args: "seconds[, format]", min: 1, max: 2, native: true, rule: fromUnixTimeRule, doc: "date and time in the session's zone", kernel: fromUnixTimeKernel},
	}
}

// timestampDiffKernel leaves out the unit, which is no value.
func timestampDiffKernel(c *Call) kernel.Func {
	unit, err := unitOf(c.Args[0])
	if err != nil {
		return nil
	}
	f := kernel.TimestampDiff(unit)
	return func(ctx *kernel.Context, args []kernel.Datum, n int) (arrow.Array, error) { return f(ctx, args[1:], n) }
}
