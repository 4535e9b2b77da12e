package expr

import (
	"slices"
	"strings"
	"time"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// civil turns an argument of a date function into a DATE or DATETIME: an instant as the session's zone shows it, text as
// it reads.
func civil(e Expr) (Expr, error) {
	t := e.Type()
	switch {
	case t.Kind == types.Date || t.Kind == types.Datetime:
		return e, nil
	case t.Kind == types.Null:
		return implicit(e, types.NewTemporal(types.Datetime, 0)), nil
	case t.Kind == types.Timestamp:
		return implicit(e, types.NewTemporal(types.Datetime, int(t.Scale))), nil
	case t.Kind == types.JSON:
		return implicit(e, types.NewTemporal(types.Datetime, types.MaxFSP)), nil
	case t.IsString():
		if lit, ok := temporalText(e); ok {
			return lit, nil
		}
		return implicit(e, types.NewTemporal(types.Datetime, types.MaxFSP)), nil
	case t.IsNumeric():
		e = plain(e)
		fsp := 0
		if t = e.Type(); t.Kind == types.Decimal {
			fsp = int(t.Scale)
		}
		return implicit(e, types.NewTemporal(types.Datetime, fsp)), nil
	}
	return nil, ErrNoKernel // of a TIME: with the current date
}

// temporalText reads a text literal as a DATE where it has no time of day, else as a DATETIME.
func temporalText(e Expr) (*Literal, bool) {
	lit, ok := e.(*Literal)
	if !ok || lit.Value.Null {
		return nil, false
	}
	us, fsp, ok := kernel.ParseDatetime(lit.Value.Str)
	if !ok {
		return nil, false
	}
	if len(lit.Value.Str) <= len("2006-01-02") {
		return &Literal{types.IntValue(us / int64(24*time.Hour/time.Microsecond)), types.Of(types.Date)}, true
	}
	return &Literal{types.IntValue(us), types.NewTemporal(types.Datetime, fsp)}, true
}

// datePartRule types YEAR, MONTH, DAYOFWEEK and the like.
func datePartRule(f Func, args []Expr) (Expr, error) {
	if s, ok := maybeIncomplete(args[0]); ok && slices.Contains([]Func{Year, Quarter, Month, Day}, f) {
		c := typed(f, bigint, s)
		c.Null = true
		return c, nil
	}
	d, err := civil(args[0])
	if err != nil {
		return nil, err
	}
	return typed(f, types.Of(types.Int64), d), nil
}

// castYearRule types CAST AS YEAR, of which a moment gives its own.
func castYearRule(f Func, args []Expr) (Expr, error) {
	e := args[0]
	if e.Type().IsTemporal() {
		d, err := civil(e)
		if err != nil {
			return nil, err
		}
		e = typed(Year, bigint, d)
	}
	c := typed(f, types.Of(types.Year), implicit(e, bigint))
	c.Null = true
	return c, nil
}

// maybeIncomplete is a text that may be a date without a day or month; ok is false for what is none.
func maybeIncomplete(e Expr) (text Expr, ok bool) {
	if t := e.Type(); !t.IsString() || t.Kind == types.JSON {
		return nil, false
	}
	if lit, ok := e.(*Literal); ok {
		return e, !lit.Value.Null && kernel.IsIncomplete(lit.Value.Str)
	}
	return plainText(e), true
}

// timePartRule types HOUR, MINUTE, SECOND, MICROSECOND and TIME_TO_SEC, of a TIME or a moment: a text or number is a TIME.
func timePartRule(f Func, args []Expr) (Expr, error) {
	d, err := clockOrMoment(args[0])
	if err != nil {
		return nil, err
	}
	c := typed(f, bigint, d)
	c.Null = c.Null || d.Type() != args[0].Type()
	return c, nil
}

// clockOrMoment reads a TIME; a DATE, DATETIME or TIMESTAMP stays a moment.
func clockOrMoment(e Expr) (Expr, error) {
	if t := e.Type(); t.IsTemporal() && t.Kind != types.Time {
		return civil(e)
	}
	return asTime(e)
}

// weekRule types WEEK and YEARWEEK: temporal[, mode].
func weekRule(f Func, args []Expr) (Expr, error) {
	d, err := civil(args[0])
	if err != nil {
		return nil, err
	}
	mode := Expr(&Literal{types.IntValue(0), bigint})
	if len(args) == 2 {
		if mode, err = integer(args[1]); err == nil && mode.Nullable() { // NULL is the usual mode
			mode, err = New(Coalesce, mode, &Literal{types.IntValue(0), bigint})
		}
		if err != nil {
			return nil, err
		}
		mode = Fold(mode)
	}
	return typed(f, bigint, d, mode), nil
}

// nameRule types DAYNAME and MONTHNAME.
func nameRule(f Func, args []Expr) (Expr, error) {
	d, err := civil(args[0])
	if err != nil {
		return nil, err
	}
	return typed(f, types.NewText(types.Varchar, 9, types.Utf8mb4Bin0900), d), nil
}

// dateRule types DATE and LAST_DAY.
func dateRule(f Func, args []Expr) (Expr, error) {
	d, err := civil(args[0])
	if err != nil {
		return nil, err
	}
	c := typed(f, types.Of(types.Date), d)
	if f == DateOf && d.Type().Kind == types.Date {
		return d, nil
	}
	return c, nil
}

// dateDiffRule types DATEDIFF.
func dateDiffRule(f Func, args []Expr) (Expr, error) {
	a, err := civil(args[0])
	if err != nil {
		return nil, err
	}
	b, err := civil(args[1])
	if err != nil {
		return nil, err
	}
	return typed(f, types.Of(types.Int64), a, b), nil
}

// dateFromNumbersRule types FROM_DAYS and MAKEDATE.
func dateFromNumbersRule(f Func, args []Expr) (Expr, error) {
	out := make([]Expr, len(args))
	for i, a := range args {
		n, err := integer(a)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	c := typed(f, types.Of(types.Date), out...)
	c.Null = true
	return c, nil
}

// unixTimestampRule types UNIX_TIMESTAMP of a temporal: seconds since 1970, with the argument's fraction.
func unixTimestampRule(f Func, args []Expr) (Expr, error) {
	e := args[0]
	if e.Type().Kind != types.Timestamp {
		d, err := civil(e)
		if err != nil {
			return nil, err
		}
		e = implicit(d, types.NewTemporal(types.Timestamp, fraction(d.Type())))
	}
	if fsp := fraction(e.Type()); fsp > 0 {
		return typed(f, types.NewDecimal(12+fsp, fsp), e), nil
	}
	return typed(f, types.Of(types.Int64), e), nil
}

// fromUnixTimeRule types FROM_UNIXTIME(seconds[, format]): a DATETIME with the fraction that the seconds have, or its text.
func fromUnixTimeRule(f Func, args []Expr) (Expr, error) {
	n, err := number(args[0])
	if err != nil {
		return nil, err
	}
	fsp := 0
	switch t := n.Type(); {
	case t.Kind == types.Decimal:
		fsp = min(int(t.Scale), types.MaxFSP)
		n = implicit(n, types.NewDecimal(types.MaxPrecision, types.MaxFSP))
	case !t.IsInteger():
		fsp = types.MaxFSP
		n = implicit(n, types.NewDecimal(types.MaxPrecision, types.MaxFSP))
	}
	c := typed(f, types.NewTemporal(types.Datetime, fsp), n)
	c.Null = true
	if len(args) == 2 {
		return New(DateFormat, c, args[1])
	}
	return c, nil
}

// formatRule types DATE_FORMAT.
func formatRule(f Func, args []Expr) (Expr, error) {
	d, ok := maybeIncomplete(args[0])
	if !ok {
		var err error
		if d, err = civil(args[0]); err != nil {
			return nil, err
		}
	}
	format, err := asText(args[1])
	if err != nil {
		return nil, err
	}
	c := typed(f, shown(0), d, format)
	c.Null = true
	return c, nil
}

// unitOf reads the unit argument of date arithmetic.
func unitOf(e Expr) (kernel.Unit, error) {
	lit, ok := e.(*Literal)
	if !ok {
		return 0, ErrNoKernel
	}
	unit, ok := kernel.UnitOf(strings.ToUpper(lit.Value.Str))
	if !ok {
		return 0, ErrNoKernel
	}
	return unit, nil
}

// intervalRule types DATE_ADD and DATE_SUB: moment or time, amount, unit. A DATE stays one unless the unit is shorter than a day, a
// TIME stays one if it is. Text and numbers give text: a date and time where they have one or the unit asks for one, else a date.
func intervalRule(f Func, args []Expr) (Expr, error) {
	u, err := unitNamed(args[2])
	if err != nil {
		return nil, err
	}
	amount, err := u.amount(args[1])
	if err != nil {
		return nil, err
	}
	d, fromText := args[0], args[0].Type().IsString()
	if fromText {
		if d, err = momentText(d); err != nil {
			return nil, err
		}
	}
	switch {
	case d.Type().IsNumeric():
		d = plain(d)
	case d.Type().Kind == types.Time && u.dated:
		return nil, ErrNoKernel // with the current date
	case d.Type().Kind != types.Time:
		moment, err := civil(d)
		if err != nil {
			return nil, err
		}
		if _, literal := moment.(*Literal); !fromText || literal {
			d = moment
		}
	}
	t := d.Type()
	switch {
	case t.IsString() || t.IsNumeric():
		t = shown(len("2006-01-02 15:04:05.000000"))
	case !u.dated && t.Kind == types.Time:
		t = types.NewTemporal(types.Time, max(fraction(t), u.fraction(amount)))
	case !u.dated:
		t = types.NewTemporal(types.Datetime, max(fraction(t), u.fraction(amount)))
		d = implicit(d, t)
	}
	c := typed(f, t, d, amount, args[2])
	c.Null = true // a year beyond 9999
	if fromText && !t.IsString() {
		return implicit(c, shown(shownLength(t))), nil
	}
	return c, nil
}

// intervalUnit is the unit of an interval.
type intervalUnit struct {
	unit      kernel.Unit
	composite kernel.Composite
	fields    bool // it is the composite one
	dated     bool // of a day or more
}

// unitNamed reads the unit argument of date arithmetic.
func unitNamed(e Expr) (u intervalUnit, err error) {
	lit, ok := e.(*Literal)
	if !ok {
		return u, ErrNoKernel
	}
	if u.composite, u.fields = kernel.CompositeOf(strings.ToUpper(lit.Value.Str)); u.fields {
		u.dated = u.composite.Dated()
		return u, nil
	}
	u.unit, err = unitOf(e)
	u.dated = u.unit >= kernel.UnitDay
	return u, err
}

// amount reads how many: of a composite unit a text, of seconds a number with a fraction of at most six digits, else a BIGINT.
func (u intervalUnit) amount(e Expr) (Expr, error) {
	if u.fields {
		return asText(e)
	}
	if k := e.Type().Kind; k == types.Enum || k == types.Set { // counts as a number, not by its name
		list, err := memberNumbers([]Expr{e})
		if err != nil {
			return nil, err
		}
		e = list[0]
	}
	if e.Type().IsString() {
		if n, ok := integerText(e, bigint); ok {
			return n, nil
		}
		e = plainText(e)
		if u.unit != kernel.UnitSecond {
			return implicit(e, bigint), nil // as far as it is an integer
		}
		return implicit(e, types.NewDecimal(30, types.MaxFSP)), nil
	}
	n, err := number(e)
	if err != nil {
		return nil, err
	}
	switch t := n.Type(); {
	case u.unit != kernel.UnitSecond || t.IsInteger():
	case t.Kind == types.Decimal:
		return implicit(n, types.NewDecimal(30, min(int(t.Scale), types.MaxFSP))), nil
	default:
		return implicit(n, types.NewDecimal(30, types.MaxFSP)), nil
	}
	return integer(n)
}

// fraction is the digits of a second's fraction that an amount brings.
func (u intervalUnit) fraction(amount Expr) int {
	switch {
	case u.fields:
		return u.composite.Fraction()
	case u.unit == kernel.UnitMicrosecond:
		return types.MaxFSP
	case amount.Type().Kind == types.Decimal:
		return int(amount.Type().Scale)
	}
	return 0
}

// intervalKernel chooses the loop of DATE_ADD or DATE_SUB.
func intervalKernel(subtract bool) factory {
	return func(c *Call) kernel.Func {
		u, err := unitNamed(c.Args[2])
		if err != nil {
			return nil
		}
		var amount kernel.Amount
		switch t := c.arg(1); {
		case u.fields:
			amount = kernel.CompositeAmount(u.composite)
		case t.Kind == types.Decimal:
			amount = kernel.SecondAmount(t)
		case c.Typ.IsString() || c.Typ.Kind == types.Time:
			amount = kernel.WholeAmount(u.unit)
		default:
			return kernel.AddInterval(c.Typ, u.unit, subtract)
		}
		if c.Typ.IsString() {
			return kernel.TextRows(c.Typ, string(c.Func), kernel.Strict, kernel.MoveWritten(c.arg(0), amount, !u.dated, subtract))
		}
		return kernel.IntegerRows(c.Typ, kernel.Strict, kernel.Move(c.Typ, amount, subtract))
	}
}

// timestampDiffRule types TIMESTAMPDIFF: unit, from, to.
func timestampDiffRule(f Func, args []Expr) (Expr, error) {
	if _, err := unitOf(args[0]); err != nil {
		return nil, err
	}
	d, err := dateDiffRule(f, args[1:])
	if err != nil {
		return nil, err
	}
	pair := d.(*Call).Args
	t := types.NewTemporal(types.Datetime, types.MaxFSP)
	return typed(f, types.Of(types.Int64), args[0], implicit(pair[0], t), implicit(pair[1], t)), nil
}

// TemporalLiteral is the literal DATE, TIME or TIMESTAMP 'text', by its kind: Date, Time or Datetime (Reference Manual 11.1.3). An
// error is sqlerr.BadDate.
func TemporalLiteral(kind types.Kind, text string) (*Literal, error) {
	fsp := 0
	if _, fraction, ok := strings.Cut(text, "."); ok && kind != types.Date {
		fsp = min(len(fraction), types.MaxFSP)
	}
	t := types.NewTemporal(kind, fsp)
	written := &Literal{types.TextValue(text), types.NewText(types.Varchar, max(1, len(text)), types.Utf8mb4Bin0900)}
	l, err := castLiteral(written, t)
	if err != nil || l.Value.Null {
		return nil, badDate(t, text)
	}
	return l, nil
}

// InstantLiteral is TemporalLiteral of a TIMESTAMP with an offset, as the clock of loc shows it. ok is false for any other text.
func InstantLiteral(text string, loc *time.Location) (lit *Literal, ok bool) {
	us, fsp, ok := kernel.ParseInstant(text)
	if !ok {
		return nil, false
	}
	_, offset := time.UnixMicro(us).In(loc).Zone()
	civil := us + int64(offset)*int64(time.Second/time.Microsecond)
	return &Literal{types.IntValue(civil), types.NewTemporal(types.Datetime, fsp)}, true
}

// badDate is errno 1525 for a literal.
func badDate(kind types.Type, text string) error {
	return sqlerr.New(sqlerr.BadDate, "Incorrect %s value: '%s'", strings.ToUpper(kindWord(kind)), text)
}
