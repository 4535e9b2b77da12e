package postgres

import (
	"slices"
	"strconv"
	"strings"

	"github.com/silogate/silogate/connectors/sqlgen"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// guardRule is what keeps a function from being pushed with arguments for which it is not proven.
type guardRule = func(*sqlgen.Writer, *expr.Call) error

// functions is the allow-list.
func (d *dialect) functions() map[expr.Func]sqlgen.Rule {
	return map[expr.Func]sqlgen.Rule{
		expr.And:     sqlgen.Infix("AND"),
		expr.Or:      sqlgen.Infix("OR"),
		expr.Xor:     sqlgen.Infix("<>").When(arguments(2)),
		expr.Not:     sqlgen.Prefix("NOT"),
		expr.IsTrue:  sqlgen.Postfix("IS TRUE"),
		expr.IsFalse: sqlgen.Postfix("IS FALSE"),
		expr.IsNull:  {Write: writeIsNull},

		expr.Eq:         d.comparison("="),
		expr.Ne:         d.comparison("<>"),
		expr.Lt:         d.comparison("<"),
		expr.Le:         d.comparison("<="),
		expr.Gt:         d.comparison(">"),
		expr.Ge:         d.comparison(">="),
		expr.NullSafeEq: d.comparison("IS NOT DISTINCT FROM"),
		expr.Like:       {Guard: d.likeGuard, Write: writeLike},

		expr.Add:      arithmetic("+"),
		expr.Sub:      arithmetic("-"),
		expr.Mul:      {Guard: exactResult, Write: product},
		expr.Neg:      {Guard: exactResult, Write: writeNegative},
		expr.Div:      {Guard: quotientGuard, Write: writeQuotient},
		expr.IntDiv:   integerDivision("/", "div"),
		expr.Mod:      integerDivision("%", "mod"),
		expr.Abs:      {Guard: exactResult, Write: writeWidened("abs")},
		expr.Sign:     {Guard: exactArgument, Write: writeAs("sign", "::int8")},
		expr.Ceil:     {Guard: decimalArgument, Write: writeIntegerPart("ceil")},
		expr.Floor:    {Guard: decimalArgument, Write: writeIntegerPart("floor")},
		expr.Round:    {Guard: roundGuard, Write: writeRound("round")},
		expr.Truncate: {Guard: roundGuard, Write: writeRound("trunc")},

		expr.If:       {Write: writeIf},
		expr.IfNull:   sqlgen.Function("coalesce"),
		expr.Coalesce: sqlgen.Function("coalesce"),

		expr.Concat:     {Guard: textArguments, Write: sqlgen.Infix("||").Write},
		expr.CharLength: {Guard: d.characters(textArguments), Write: writeAs("char_length", "::int8")},
		expr.Length:     {Guard: d.bytesGuard, Write: writeAs("octet_length", "::int8")},
		expr.Substring:  {Guard: d.characters(positive(1)), Write: writeSubstring},
		expr.Left:       {Guard: d.characters(positive(0)), Write: sqlgen.Function("left").Write},
		expr.Right:      {Guard: d.characters(positive(0)), Write: sqlgen.Function("right").Write},
		expr.Trim:       {Guard: spaces, Write: sqlgen.Function("btrim").Write},
		expr.LTrim:      {Guard: spaces, Write: sqlgen.Function("ltrim").Write},
		expr.RTrim:      {Guard: spaces, Write: sqlgen.Function("rtrim").Write},
		expr.Reverse:    {Guard: d.characters(textArguments), Write: sqlgen.Function("reverse").Write},
		expr.Replace:    {Guard: bytewiseArguments, Write: d.writeReplace},

		expr.Year:      datePart("year"),
		expr.Quarter:   datePart("quarter"),
		expr.Month:     datePart("month"),
		expr.Day:       datePart("day"),
		expr.Hour:      datePart("hour"),
		expr.Minute:    datePart("minute"),
		expr.Second:    datePart("second"),
		expr.DayOfYear: datePart("doy"),
		expr.DayOfWeek: shiftedDatePart("dow", "+ 1"),
		expr.Weekday:   shiftedDatePart("isodow", "- 1"),
		expr.DateOf:    {Guard: civilArguments, Write: writeAs("", "::date")},
		expr.DateDiff:  {Guard: civilArguments, Write: writeDateDiff},
		expr.LastDay:   {Guard: civilArguments, Write: writeLastDay},
	}
}

func refuseUnless(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return sqlgen.Refuse(format, args...)
}

func arguments(n int) guardRule {
	return func(_ *sqlgen.Writer, c *expr.Call) error {
		return refuseUnless(len(c.Args) == n, "%d arguments", len(c.Args))
	}
}

// writeIsNull asks a column without a guard as it is stored, whatever its type. IS NULL is also true of a composite all
// of whose fields are NULL, which is a value.
func writeIsNull(w *sqlgen.Writer, c *expr.Call) {
	if s, ok := storedSide(w, c.Args[0]); ok && s.column.guard == (guard{}) {
		test := " IS NULL)"
		if s.column.read == asJSON {
			test = " IS NOT DISTINCT FROM NULL)"
		}
		w.Text("(", s.ref, test)
		return
	}
	w.Text("(")
	w.Expr(c.Args[0])
	w.Text(" IS NULL)")
}

// likeGuard proves LIKE for constant patterns: a pattern that ends with its escape is an error there.
func (d *dialect) likeGuard(w *sqlgen.Writer, c *expr.Call) error {
	for _, a := range c.Args[:2] {
		if t := a.Type(); !readable(t) || !t.Collation.Bytewise() {
			return sqlgen.Refuse("LIKE on %s", t)
		}
	}
	pattern, ok := c.Args[1].(*expr.Literal)
	if !ok || pattern.Value.Null {
		return sqlgen.Refuse("a pattern that is no constant")
	}
	if strings.Contains(pattern.Value.Str, "_") {
		if err := d.charactersKnown(); err != nil {
			return err
		}
	}
	escape := `\`
	if len(c.Args) == 3 {
		escape = c.Args[2].(*expr.Literal).Value.Str
	}
	if escape == "" {
		return nil
	}
	tail := len(pattern.Value.Str) - len(strings.TrimRight(pattern.Value.Str, escape))
	return refuseUnless(tail%2 == 0, "a pattern that ends with its escape")
}

func writeLike(w *sqlgen.Writer, c *expr.Call) {
	w.Text("(")
	w.Equated(c.Args[0])
	w.Text(" LIKE ")
	w.Expr(c.Args[1])
	if len(c.Args) == 3 {
		w.Text(" ESCAPE ", quoteText(c.Args[2].(*expr.Literal).Value.Str))
	}
	w.Text(")")
}

// exactResult admits signed integers, and decimals whose type has room for every digit of the result, or to which a product is
// rounded.
func exactResult(_ *sqlgen.Writer, c *expr.Call) error {
	for _, a := range c.Args {
		if err := exactOperand(a); err != nil {
			return err
		}
	}
	t := c.Typ
	if t.Kind != types.Decimal {
		return refuseUnless(t.Kind == types.Int64, "arithmetic of %s", t)
	}
	whole, scale := 0, 0
	for _, a := range c.Args {
		at := a.Type()
		w, s := integerDigits(at.Kind), 0
		if at.Kind == types.Decimal {
			w, s = int(at.Precision)-int(at.Scale), int(at.Scale)
		}
		switch c.Func {
		case expr.Mul:
			whole, scale = whole+w, scale+s
		default:
			whole, scale = max(whole, w), max(scale, s)
		}
	}
	if c.Func == expr.Add || c.Func == expr.Sub {
		whole++
	}
	rounded := c.Func == expr.Mul || scale <= int(t.Scale)
	return refuseUnless(rounded && whole+scale <= types.MaxPrecision, "arithmetic that may not fit %s", t)
}

// product writes a product, rounded half away from zero where its type has fewer digits after the point than its factors have.
func product(w *sqlgen.Writer, c *expr.Call) {
	scale := 0
	for _, a := range c.Args {
		scale += int(a.Type().Scale)
	}
	cut := c.Typ.Kind == types.Decimal && scale > int(c.Typ.Scale)
	if cut {
		w.Text("round(")
	}
	operation(w, c, "*")
	if cut {
		w.Text(", ", strconv.Itoa(int(c.Typ.Scale)), ")")
	}
}

func exactOperand(e expr.Expr) error {
	t := e.Type()
	return refuseUnless(signed(t) || t.Kind == types.Decimal, "arithmetic of %s", t)
}

func exactArgument(_ *sqlgen.Writer, c *expr.Call) error { return exactOperand(c.Args[0]) }

func decimalArgument(_ *sqlgen.Writer, c *expr.Call) error {
	t := c.Args[0].Type()
	return refuseUnless(t.Kind == types.Decimal, "the integer part of %s", t)
}

// arithmetic is the rule of + - *: integers are computed as bigint, whose overflow is an error in both.
func arithmetic(op string) sqlgen.Rule {
	return sqlgen.Rule{Guard: exactResult, Write: func(w *sqlgen.Writer, c *expr.Call) {
		operation(w, c, op)
	}}
}

func operation(w *sqlgen.Writer, c *expr.Call, op string) {
	w.Text("(")
	widened(w, c.Args[0], c.Typ)
	w.Text(" ", op, " ")
	widened(w, c.Args[1], c.Typ)
	w.Text(")")
}

// widened writes an operand as what t is computed in: bigint or numeric.
func widened(w *sqlgen.Writer, e expr.Expr, t types.Type) {
	name := "numeric"
	if t.Kind == types.Int64 {
		name = "int8"
	}
	w.Text("(")
	w.Expr(e)
	w.Text(")::", name)
}

func writeNegative(w *sqlgen.Writer, c *expr.Call) {
	w.Text("(- ")
	widened(w, c.Args[0], c.Typ)
	w.Text(")")
}

func writeWidened(name string) func(*sqlgen.Writer, *expr.Call) {
	return func(w *sqlgen.Writer, c *expr.Call) {
		w.Text(name, "(")
		widened(w, c.Args[0], c.Typ)
		w.Text(")")
	}
}

// integerDivision is the rule of DIV and %: both truncate toward zero; NULL for a zero divisor.
func integerDivision(op, function string) sqlgen.Rule {
	guard := func(w *sqlgen.Writer, c *expr.Call) error {
		for _, a := range c.Args {
			if err := exactOperand(a); err != nil {
				return err
			}
			if c.Typ.Kind == types.Decimal && a.Type().Scale > c.Typ.Scale {
				return sqlgen.Refuse("a remainder with more digits than %s", c.Typ)
			}
		}
		return refuseUnless(c.Typ.Kind == types.Int64 || c.Typ.Kind == types.Decimal, "division of %s", c.Typ)
	}
	return sqlgen.Rule{Guard: guard, Write: func(w *sqlgen.Writer, c *expr.Call) {
		if signed(c.Args[0].Type()) && signed(c.Args[1].Type()) {
			w.Text("(")
			widened(w, c.Args[0], c.Typ)
			w.Text(" ", op, " nullif(")
			widened(w, c.Args[1], c.Typ)
			w.Text(", 0))")
			return
		}
		w.Text(function, "((")
		w.Expr(c.Args[0])
		w.Text(")::numeric, nullif((")
		w.Expr(c.Args[1])
		w.Text(")::numeric, 0))")
		if c.Typ.Kind == types.Int64 {
			w.Text("::int8")
		}
	}}
}

// writeAs writes function(argument) with a cast, in parentheses.
func writeAs(function, cast string) func(*sqlgen.Writer, *expr.Call) {
	return func(w *sqlgen.Writer, c *expr.Call) {
		w.Text(function, "(")
		w.Expr(c.Args[0])
		w.Text(")", cast)
	}
}

func writeIntegerPart(function string) func(*sqlgen.Writer, *expr.Call) {
	return func(w *sqlgen.Writer, c *expr.Call) {
		w.Text(function, "(")
		w.Expr(c.Args[0])
		w.Text(")")
		if c.Typ.Kind == types.Int64 {
			w.Text("::int8")
		}
	}
}

// roundGuard admits rounding a decimal to a constant number of digits that its type keeps.
func roundGuard(w *sqlgen.Writer, c *expr.Call) error {
	if err := decimalArgument(w, c); err != nil {
		return err
	}
	n, ok := digitsOf(c)
	return refuseUnless(ok && n >= 0 && n <= int64(c.Typ.Scale) && c.Typ.Precision < types.MaxPrecision, "rounding to %s", c.Typ)
}

func digitsOf(c *expr.Call) (int64, bool) {
	if len(c.Args) < 2 {
		return 0, true
	}
	lit, ok := c.Args[1].(*expr.Literal)
	if !ok || lit.Value.Null || !signed(lit.Typ) {
		return 0, false
	}
	return lit.Value.Int, true
}

func writeRound(function string) func(*sqlgen.Writer, *expr.Call) {
	return func(w *sqlgen.Writer, c *expr.Call) {
		n, _ := digitsOf(c) // the guard has seen it
		w.Text(function, "(")
		w.Expr(c.Args[0])
		w.Text(", ", strconv.FormatInt(n, 10), ")")
		if c.Typ.Kind == types.Int64 {
			w.Text("::int8")
		}
	}
}

func writeIf(w *sqlgen.Writer, c *expr.Call) {
	w.Text("CASE WHEN ")
	w.Expr(c.Args[0])
	w.Text(" THEN ")
	w.Expr(c.Args[1])
	w.Text(" ELSE ")
	w.Expr(c.Args[2])
	w.Text(" END")
}

func textArguments(_ *sqlgen.Writer, c *expr.Call) error {
	for _, a := range c.Args {
		if t := a.Type(); !readable(t) {
			return sqlgen.Refuse("%s of %s", strings.ToUpper(string(c.Func)), t)
		}
	}
	return nil
}

// bytewiseArguments admits texts that compare by their bytes.
func bytewiseArguments(w *sqlgen.Writer, c *expr.Call) error {
	for _, a := range c.Args {
		if !a.Type().Collation.Bytewise() {
			return sqlgen.Refuse("its collation is not PostgreSQL's")
		}
	}
	return textArguments(w, c)
}

// bytesGuard admits the length in bytes of what the server keeps as MySQL would.
func (d *dialect) bytesGuard(w *sqlgen.Writer, c *expr.Call) error {
	if c.Args[0].Type().IsBinary() {
		return nil
	}
	if d.encoding != utf8Encoding {
		return sqlgen.Refuse("the database's encoding is %s", d.encoding)
	}
	return textArguments(w, c)
}

// characters is guard for a function that counts characters.
func (d *dialect) characters(guard guardRule) guardRule {
	return func(w *sqlgen.Writer, c *expr.Call) error {
		if err := d.charactersKnown(); err != nil {
			return err
		}
		return guard(w, c)
	}
}

// charactersKnown refuses a server that takes each byte of a text for a character, since it does not know the encoding.
func (d *dialect) charactersKnown() error {
	return refuseUnless(d.encoding != unknownEncoding, "the database's encoding is %s", d.encoding)
}

// positive admits a text and integers that are constants: the first at least so much, the others at least 0.
func positive(least int64) guardRule {
	return func(_ *sqlgen.Writer, c *expr.Call) error {
		if !readable(c.Args[0].Type()) {
			return sqlgen.Refuse("%s of %s", strings.ToUpper(string(c.Func)), c.Args[0].Type())
		}
		bound := least
		for _, a := range c.Args[1:] {
			lit, ok := a.(*expr.Literal)
			if !ok || lit.Value.Null || !signed(lit.Typ) || lit.Value.Int < bound || lit.Value.Int > 1<<30 {
				return sqlgen.Refuse("a position or length that is no small constant")
			}
			bound = 0
		}
		return nil
	}
}

func writeSubstring(w *sqlgen.Writer, c *expr.Call) {
	w.Text("substr(")
	w.List(c.Args, ", ")
	w.Text(")")
}

// spaces admits TRIM of spaces from text.
func spaces(w *sqlgen.Writer, c *expr.Call) error {
	if len(c.Args) != 1 {
		return sqlgen.Refuse("trimming other than spaces")
	}
	return textArguments(w, c)
}

// writeReplace writes REPLACE, which searches under the collation of its arguments.
func (d *dialect) writeReplace(w *sqlgen.Writer, c *expr.Call) {
	w.Text("replace(")
	if mixed(w, c.Args...) {
		d.collated(w, c.Args[0])
	} else {
		w.Equated(c.Args[0])
	}
	w.Text(", ")
	w.List(c.Args[1:], ", ")
	w.Text(")")
}

// civilArguments admits dates and local times, which have their parts whatever the session's zone.
func civilArguments(_ *sqlgen.Writer, c *expr.Call) error {
	for _, a := range c.Args {
		if t := a.Type(); t.Kind != types.Date && t.Kind != types.Datetime {
			return sqlgen.Refuse("%s of %s", strings.ToUpper(string(c.Func)), t)
		}
	}
	return nil
}

func datePart(field string) sqlgen.Rule { return shiftedDatePart(field, "") }

// partsOfTime are those that a date does not have there. In MySQL they are 0.
var partsOfTime = []string{"hour", "minute", "second"}

// shiftedDatePart is the rule of a part of a date as a whole number.
func shiftedDatePart(field, shift string) sqlgen.Rule {
	return sqlgen.Rule{Guard: civilArguments, Write: func(w *sqlgen.Writer, c *expr.Call) {
		w.Text("(floor(extract(", field, " FROM ")
		if c.Args[0].Type().Kind == types.Date && slices.Contains(partsOfTime, field) {
			w.Text("(")
			w.Expr(c.Args[0])
			w.Text(")::timestamp")
		} else {
			w.Expr(c.Args[0])
		}
		w.Text("))::int8 ", shift, ")")
	}}
}

func writeDateDiff(w *sqlgen.Writer, c *expr.Call) {
	w.Text("((")
	w.Expr(c.Args[0])
	w.Text(")::date - (")
	w.Expr(c.Args[1])
	w.Text(")::date)::int8")
}

func writeLastDay(w *sqlgen.Writer, c *expr.Call) {
	w.Text("(date_trunc('month', (")
	w.Expr(c.Args[0])
	w.Text(")::timestamp) + interval '1 month' - interval '1 day')::date")
}

// aggregates is the allow-list of aggregate functions. Sums of floats depend on the order of addition.
func (d *dialect) aggregates() map[plan.AggFunc]sqlgen.AggRule {
	extremum := func(name string) sqlgen.AggRule { return sqlgen.Extremum(name).When(extremumGuard) }
	return map[plan.AggFunc]sqlgen.AggRule{
		plan.CountStar: sqlgen.CountRows(),
		plan.Count:     sqlgen.Aggregate("count").When(oneArgument),
		plan.Sum:       {Guard: exactSum, Write: writeSum},
		plan.Avg:       {Guard: averageGuard, Write: writeAverage},
		plan.Min:       extremum("min"),
		plan.Max:       extremum("max"),
		plan.AnyValue:  extremum("min"),
	}
}

func oneArgument(_ *sqlgen.Writer, a *plan.Agg) error {
	return refuseUnless(len(a.Args) == 1, "%s of several expressions", strings.ToUpper(string(a.Func)))
}

// extremumGuard leaves out the types that have no min and max there.
func extremumGuard(_ *sqlgen.Writer, a *plan.Agg) error {
	t := a.Args[0].Type()
	return refuseUnless(!t.IsBinary() && t.Kind != types.Bool && t.Kind != types.Null, "%s of %s",
		strings.ToUpper(string(a.Func)), t)
}

func exactSum(_ *sqlgen.Writer, a *plan.Agg) error {
	t := a.Args[0].Type()
	if t.IsFloat() {
		return sqlgen.Refuse("a sum of floats depends on their order")
	}
	return exactOperand(a.Args[0])
}

func writeSum(w *sqlgen.Writer, a *plan.Agg) {
	sqlgen.Aggregate("sum").Write(w, a)
	w.Text("::numeric")
}

// countType bounds the number of rows.
var countType = types.Of(types.Int64)

func averageGuard(w *sqlgen.Writer, a *plan.Agg) error {
	if err := exactSum(w, a); err != nil {
		return err
	}
	t := a.Args[0].Type()
	scale := 0
	if t.Kind == types.Decimal {
		scale = int(t.Scale)
	}
	return refuseUnless(a.Col.Type.Kind == types.Decimal && int(a.Col.Type.Scale) > scale, "an average as %s", a.Col.Type)
}

// writeAverage writes the sum divided by the count at MySQL's scale.
func writeAverage(w *sqlgen.Writer, a *plan.Agg) {
	scale := int(a.Col.Type.Scale)
	w.Text(rounding(scale, a.Args[0].Type(), countType), "(")
	sqlgen.Aggregate("sum").Write(w, a)
	w.Text("::", wideNumeric(divisionScale(scale, countType)), " / nullif(")
	sqlgen.Aggregate("count").Write(w, a)
	w.Text(", 0), ", strconv.Itoa(scale), ")")
}
