package mysql

import (
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
	date := func(name string) sqlgen.Rule { return sqlgen.Function(name).When(civilArguments) }
	clock := func(name string) sqlgen.Rule { return sqlgen.Function(name).When(clockArguments) }
	return map[expr.Func]sqlgen.Rule{
		expr.And:     sqlgen.Infix("AND"),
		expr.Or:      sqlgen.Infix("OR"),
		expr.Xor:     sqlgen.Infix("XOR"),
		expr.Not:     sqlgen.Prefix("NOT"),
		expr.IsTrue:  sqlgen.Postfix("IS TRUE").When(truthArgument),
		expr.IsFalse: sqlgen.Postfix("IS FALSE").When(truthArgument),
		expr.IsNull:  {Write: d.writeIsNull},

		expr.Eq:         d.comparison("="),
		expr.Ne:         d.comparison("<>"),
		expr.Lt:         d.comparison("<"),
		expr.Le:         d.comparison("<="),
		expr.Gt:         d.comparison(">"),
		expr.Ge:         d.comparison(">="),
		expr.NullSafeEq: d.nullSafe(),
		expr.Like:       {Guard: likeGuard, Write: d.writeLike},

		expr.Add:      sqlgen.Infix("+").When(exactResult),
		expr.Sub:      sqlgen.Infix("-").When(exactResult),
		expr.Mul:      sqlgen.Infix("*").When(exactResult),
		expr.Neg:      sqlgen.Prefix("-").When(exactResult),
		expr.Div:      {Guard: quotientGuard, Write: writeQuotient},
		expr.IntDiv:   sqlgen.Infix("DIV").When(integerDivision),
		expr.Mod:      sqlgen.Infix("%").When(remainderGuard),
		expr.Abs:      sqlgen.Function("ABS").When(exactResult),
		expr.Sign:     sqlgen.Function("SIGN").When(exactArgument),
		expr.Ceil:     sqlgen.Function("CEIL").When(decimalArgument),
		expr.Floor:    sqlgen.Function("FLOOR").When(decimalArgument),
		expr.Round:    sqlgen.Function("ROUND").When(roundGuard),
		expr.Truncate: sqlgen.Function("TRUNCATE").When(roundGuard),

		expr.If:       sqlgen.Function("IF").When(choice(1)),
		expr.IfNull:   sqlgen.Function("IFNULL").When(choice(0)),
		expr.Coalesce: sqlgen.Function("COALESCE").When(choice(0)),
		expr.Greatest: sqlgen.Function("GREATEST").When(sameNumbers),
		expr.Least:    sqlgen.Function("LEAST").When(sameNumbers),

		expr.Concat:     sqlgen.Function("CONCAT").When(textArguments),
		expr.ConcatWS:   sqlgen.Function("CONCAT_WS").When(textArguments),
		expr.CharLength: sqlgen.Function("CHAR_LENGTH").When(textArguments),
		expr.Length:     sqlgen.Function("LENGTH").When(stringArgument),
		expr.Substring:  sqlgen.Function("SUBSTRING").When(constantPlaces),
		expr.Left:       sqlgen.Function("LEFT").When(constantPlaces),
		expr.Right:      sqlgen.Function("RIGHT").When(constantPlaces),
		expr.Trim:       sqlgen.Function("TRIM").When(spaces),
		expr.LTrim:      sqlgen.Function("LTRIM").When(spaces),
		expr.RTrim:      sqlgen.Function("RTRIM").When(spaces),
		expr.Reverse:    sqlgen.Function("REVERSE").When(textArguments),
		expr.Upper:      {Guard: caseGuard, Write: d.writeCollated("UPPER")},
		expr.Lower:      {Guard: caseGuard, Write: d.writeCollated("LOWER")},
		expr.Replace:    {Guard: binaryArguments, Write: d.writeCollated("REPLACE")},
		expr.Locate:     {Guard: locateGuard, Write: d.writeCollated("LOCATE")},

		expr.Year:        date("YEAR"),
		expr.Quarter:     date("QUARTER"),
		expr.Month:       date("MONTH"),
		expr.Day:         date("DAYOFMONTH"),
		expr.DayOfWeek:   date("DAYOFWEEK"),
		expr.DayOfYear:   date("DAYOFYEAR"),
		expr.Weekday:     date("WEEKDAY"),
		expr.DateOf:      date("DATE"),
		expr.DateDiff:    date("DATEDIFF"),
		expr.LastDay:     date("LAST_DAY"),
		expr.ToDays:      date("TO_DAYS"),
		expr.Hour:        clock("HOUR"),
		expr.Minute:      clock("MINUTE"),
		expr.Second:      clock("SECOND"),
		expr.Microsecond: clock("MICROSECOND"),
	}
}

func refuseUnless(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return sqlgen.Refuse(format, args...)
}

func nameOf(f expr.Func) string { return strings.ToUpper(string(f)) }

// truthArgument admits what is true or false: texts and dates are converted by other rules.
func truthArgument(_ *sqlgen.Writer, c *expr.Call) error {
	t := c.Args[0].Type()
	return refuseUnless(t.Kind == types.Bool || exact(t), "%s of %s", nameOf(c.Func), t)
}

// writeIsNull asks a column as it is stored where every value of it is one, whatever its type. A zero date that is shown as
// text is a value, but IS NULL is true of it where the column is NOT NULL (MySQL manual, 14.4.2).
func (d *dialect) writeIsNull(w *sqlgen.Writer, c *expr.Call) {
	w.Text("(")
	if s, ok := storedSide(w, c.Args[0]); ok && s.column.guard == unguarded && s.column.read != asText {
		w.Text(s.ref)
	} else {
		w.Expr(c.Args[0])
	}
	w.Text(" IS NULL)")
}

// likeGuard proves LIKE for constant patterns.
func likeGuard(_ *sqlgen.Writer, c *expr.Call) error {
	for _, a := range c.Args[:2] {
		if t := a.Type(); !readable(t) {
			return sqlgen.Refuse("LIKE on %s", t)
		}
	}
	pattern, ok := c.Args[1].(*expr.Literal)
	return refuseUnless(ok && !pattern.Value.Null && isASCII(pattern.Value.Str), "a pattern that is no constant of ASCII")
}

func (d *dialect) writeLike(w *sqlgen.Writer, c *expr.Call) {
	w.Text("(")
	d.writeSearched(w, c.Args[0])
	w.Text(" LIKE ")
	w.Expr(c.Args[1])
	if len(c.Args) == 3 {
		w.Text(" ESCAPE ", quoteText(c.Args[2].(*expr.Literal).Value.Str))
	}
	w.Text(")")
}

// writeSearched writes a text that is compared with constants.
func (d *dialect) writeSearched(w *sqlgen.Writer, e expr.Expr) {
	if s, ok := d.own(w, e); ok {
		w.Text(s.ref)
		return
	}
	suffix, err := d.collate(e.Type().Collation)
	if err != nil {
		w.Refuse("%s", err)
		return
	}
	w.Expr(e)
	w.Text(suffix)
}

// writeCollated writes a function whose arguments have one collation, under which it is computed.
func (d *dialect) writeCollated(name string) func(*sqlgen.Writer, *expr.Call) {
	return func(w *sqlgen.Writer, c *expr.Call) {
		w.Text(name, "(")
		for i, a := range c.Args {
			if i > 0 {
				w.Text(", ")
			}
			w.Expr(a)
			if a.Type().IsText() {
				suffix, err := d.collate(a.Type().Collation)
				if err != nil {
					w.Refuse("%s", err)
				}
				w.Text(suffix)
			}
		}
		w.Text(")")
	}
}

// exactResult admits signed integers, and decimals whose type has room for every digit of the result.
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
		if c.Func == expr.Mul {
			whole, scale = whole+digitsBefore(at), scale+int(at.Scale)
		} else {
			whole, scale = max(whole, digitsBefore(at)), max(scale, int(at.Scale))
		}
	}
	if c.Func == expr.Add || c.Func == expr.Sub {
		whole++
	}
	return refuseUnless(scale <= int(t.Scale) && whole+scale <= types.MaxPrecision, "arithmetic that may not fit %s", t)
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

// integerDivision admits DIV of signed integers.
func integerDivision(_ *sqlgen.Writer, c *expr.Call) error {
	return refuseUnless(c.Typ.Kind == types.Int64 && signed(c.Args[0].Type()) && signed(c.Args[1].Type()), "DIV of %s", c.Args[0].Type())
}

// remainderGuard admits remainders of signed integers, and of decimals.
func remainderGuard(_ *sqlgen.Writer, c *expr.Call) error {
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

// quotientGuard admits / of exact numbers whose digits are all kept.
func quotientGuard(_ *sqlgen.Writer, c *expr.Call) error {
	for _, a := range c.Args {
		if err := exactOperand(a); err != nil {
			return err
		}
	}
	t := c.Typ
	whole := digitsBefore(c.Args[0].Type()) + int(c.Args[1].Type().Scale) // a divisor that is not 0 is at least 1 in its last digit
	return refuseUnless(t.Kind == types.Decimal && t.Scale < types.MaxScale && whole <= int(t.Precision)-int(t.Scale), "a quotient that may not fit %s", t)
}

// writeQuotient writes a quotient with as many digits as its type has. Left to itself MariaDB cuts it down to what it takes for
// the greatest where it puts it aside.
func writeQuotient(w *sqlgen.Writer, c *expr.Call) {
	w.Text("CAST((")
	w.Expr(c.Args[0])
	w.Text(" / ")
	w.Expr(c.Args[1])
	w.Text(") AS ", decimalType(c.Typ), ")")
}

// roundGuard admits rounding a decimal to a constant number of digits that its type keeps.
func roundGuard(w *sqlgen.Writer, c *expr.Call) error {
	if err := decimalArgument(w, c); err != nil {
		return err
	}
	n := int64(0)
	if len(c.Args) == 2 {
		lit, ok := c.Args[1].(*expr.Literal)
		if !ok || lit.Value.Null || !signed(lit.Typ) {
			return sqlgen.Refuse("rounding to digits that are no constant")
		}
		n = lit.Value.Int
	}
	return refuseUnless(n >= 0 && n <= int64(c.Typ.Scale) && c.Typ.Precision < types.MaxPrecision, "rounding to %s", c.Typ)
}

// choice admits functions whose arguments from the first one on have the result's type.
func choice(first int) guardRule {
	return func(_ *sqlgen.Writer, c *expr.Call) error {
		for _, a := range c.Args[first:] {
			if err := alike(a.Type(), c.Typ); err != nil {
				return err
			}
		}
		return nil
	}
}

// alike admits a value as one of those of which one is chosen: the server gives the choice the type that they have.
func alike(a, t types.Type) error {
	switch {
	case a.Kind == types.Null:
		return nil
	case t.Kind == types.Float32 || t.Kind == types.JSON || isMember(t) || t.Kind == types.Bit || t.Kind == types.Year:
		return sqlgen.Refuse("a choice of %s", t)
	case a.Kind == t.Kind && a.Scale == t.Scale, signed(a) && signed(t), readable(a) && readable(t):
		return nil
	}
	return sqlgen.Refuse("a choice of %s and %s", a, t)
}

// sameNumbers admits exact numbers of one kind.
func sameNumbers(_ *sqlgen.Writer, c *expr.Call) error {
	for _, a := range c.Args {
		if t := a.Type(); !(signed(t) && signed(c.Typ)) && (t.Kind != types.Decimal || t.Scale != c.Typ.Scale) {
			return sqlgen.Refuse("%s of %s", nameOf(c.Func), t)
		}
	}
	return nil
}

func textArguments(_ *sqlgen.Writer, c *expr.Call) error {
	for _, a := range c.Args {
		if t := a.Type(); !readable(t) {
			return sqlgen.Refuse("%s of %s", nameOf(c.Func), t)
		}
	}
	return nil
}

func stringArgument(w *sqlgen.Writer, c *expr.Call) error {
	if c.Args[0].Type().IsBinary() {
		return nil
	}
	return textArguments(w, c)
}

// constantPlaces admits a text and integers that are constants.
func constantPlaces(_ *sqlgen.Writer, c *expr.Call) error {
	if t := c.Args[0].Type(); !readable(t) {
		return sqlgen.Refuse("%s of %s", nameOf(c.Func), t)
	}
	for _, a := range c.Args[1:] {
		lit, ok := a.(*expr.Literal)
		if !ok || lit.Value.Null || !signed(lit.Typ) || lit.Value.Int < -1<<30 || lit.Value.Int > 1<<30 {
			return sqlgen.Refuse("a position or length that is no small constant")
		}
	}
	return nil
}

// spaces admits TRIM of spaces from text.
func spaces(w *sqlgen.Writer, c *expr.Call) error {
	if len(c.Args) != 1 {
		return sqlgen.Refuse("trimming other than spaces")
	}
	return textArguments(w, c)
}

// caseGuard admits texts whose collation has the same case there.
func caseGuard(w *sqlgen.Writer, c *expr.Call) error {
	switch c.Args[0].Type().Collation {
	case types.Utf8mb4Bin, types.Utf8mb3Bin, types.Utf8mb4General, types.Utf8mb3General, types.Utf8mb4Unicode, types.Utf8mb3Unicode,
		types.Utf8mb4Unicode520, types.Utf8mb3Unicode520:
		return textArguments(w, c)
	}
	return sqlgen.Refuse("its collation may have another case there")
}

// binaryArguments admits texts that differ if their characters do.
func binaryArguments(w *sqlgen.Writer, c *expr.Call) error {
	for _, a := range c.Args {
		if !a.Type().Collation.Binary() {
			return sqlgen.Refuse("its collation takes different texts for one")
		}
	}
	return textArguments(w, c)
}

// locateGuard admits LOCATE from a constant position.
func locateGuard(w *sqlgen.Writer, c *expr.Call) error {
	if len(c.Args) == 3 {
		lit, ok := c.Args[2].(*expr.Literal)
		if !ok || lit.Value.Null || !signed(lit.Typ) || lit.Value.Int < 1 || lit.Value.Int > 1<<30 {
			return sqlgen.Refuse("LOCATE from a position that is no constant")
		}
	}
	return textArguments(w, &expr.Call{Func: c.Func, Args: c.Args[:2]})
}

// civilArguments admits dates and local times, which have their parts whatever the session's zone.
func civilArguments(_ *sqlgen.Writer, c *expr.Call) error {
	for _, a := range c.Args {
		if t := a.Type(); t.Kind != types.Date && t.Kind != types.Datetime {
			return sqlgen.Refuse("%s of %s", nameOf(c.Func), t)
		}
	}
	return nil
}

// clockArguments admits times too.
func clockArguments(w *sqlgen.Writer, c *expr.Call) error {
	if c.Args[0].Type().Kind == types.Time {
		return nil
	}
	return civilArguments(w, c)
}

// aggregates is the allow-list of aggregate functions. Sums of floats depend on the order of addition.
func (d *dialect) aggregates() map[plan.AggFunc]sqlgen.AggRule {
	return map[plan.AggFunc]sqlgen.AggRule{
		plan.CountStar: sqlgen.CountRows(),
		plan.Count:     sqlgen.Aggregate("COUNT").When(distinctOrOne),
		plan.Sum:       sqlgen.Aggregate("SUM").When(exactSum),
		plan.Avg:       {Guard: averageGuard, Write: writeAverage},
		plan.Min:       {Guard: extremumGuard, Write: d.writeExtremum("MIN")},
		plan.Max:       {Guard: extremumGuard, Write: d.writeExtremum("MAX")},
		plan.AnyValue:  {Guard: extremumGuard, Write: d.writeExtremum("MIN")},
	}
}

// distinctOrOne admits what COUNT counts without comparing it, or compares as MySQL does.
func distinctOrOne(_ *sqlgen.Writer, a *plan.Agg) error {
	return refuseUnless(a.Distinct || len(a.Args) == 1, "%s of several expressions", strings.ToUpper(string(a.Func)))
}

// extremumGuard leaves out the types that are ordered otherwise there.
func extremumGuard(_ *sqlgen.Writer, a *plan.Agg) error {
	t := a.Args[0].Type()
	return refuseUnless(numeral(t) || t.IsFloat() || t.IsTemporal() || readable(t), "%s of %s", strings.ToUpper(string(a.Func)), t)
}

func (d *dialect) writeExtremum(name string) func(*sqlgen.Writer, *plan.Agg) {
	return func(w *sqlgen.Writer, a *plan.Agg) {
		suffix, err := d.textSuffix(w, a.Args[0])
		if err != nil {
			w.Refuse("%s", err)
			return
		}
		w.Text(name, "(")
		w.Expr(a.Args[0])
		w.Text(suffix, ")")
	}
}

func exactSum(_ *sqlgen.Writer, a *plan.Agg) error {
	if a.Args[0].Type().IsFloat() {
		return sqlgen.Refuse("a sum of floats depends on their order")
	}
	return refuseUnless(exact(a.Args[0].Type()), "a sum of %s", a.Args[0].Type())
}

func averageGuard(w *sqlgen.Writer, a *plan.Agg) error {
	if err := exactSum(w, a); err != nil {
		return err
	}
	t := a.Args[0].Type()
	return refuseUnless(a.Col.Type.Kind == types.Decimal && a.Col.Type.Scale > t.Scale && a.Col.Type.Scale < types.MaxScale, "an average as %s", a.Col.Type)
}

// writeAverage writes an average with the digits of its type.
func writeAverage(w *sqlgen.Writer, a *plan.Agg) {
	w.Text("CAST(")
	sqlgen.Aggregate("AVG").Write(w, a)
	w.Text(" AS ", decimalType(a.Col.Type), ")")
}
