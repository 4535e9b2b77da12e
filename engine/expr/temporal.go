package expr

import (
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
	case t.IsString() && t.Kind != types.JSON:
		if lit, ok := temporalText(e); ok {
			return lit, nil
		}
		return implicit(e, types.NewTemporal(types.Datetime, types.MaxFSP)), nil
	}
	return nil, ErrNoKernel
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
	d, err := civil(args[0])
	if err != nil {
		return nil, err
	}
	return typed(f, types.Of(types.Int64), d), nil
}

// timePartRule types HOUR, MINUTE, SECOND, MICROSECOND and TIME_TO_SEC, which take a TIME too.
func timePartRule(f Func, args []Expr) (Expr, error) {
	t := args[0].Type()
	if t.IsString() {
		return nil, ErrNoKernel // a date or a time, by how it reads
	}
	d := args[0]
	if t.Kind != types.Time {
		var err error
		if d, err = civil(d); err != nil {
			return nil, err
		}
	}
	return typed(f, types.Of(types.Int64), d), nil
}

// weekRule types WEEK and YEARWEEK: temporal[, mode].
func weekRule(f Func, args []Expr) (Expr, error) {
	d, err := civil(args[0])
	if err != nil {
		return nil, err
	}
	mode := &Literal{types.IntValue(0), types.Of(types.Int64)}
	if len(args) == 2 {
		lit, ok := args[1].(*Literal)
		if !ok || lit.Value.Null || !lit.Typ.IsInteger() {
			return nil, ErrNoKernel
		}
		mode = lit
	}
	return typed(f, types.Of(types.Int64), d, mode), nil
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

// fromUnixTimeRule types FROM_UNIXTIME of whole seconds.
func fromUnixTimeRule(f Func, args []Expr) (Expr, error) {
	n, err := number(args[0])
	if err != nil {
		return nil, err
	}
	if !n.Type().IsInteger() {
		return nil, ErrNoKernel
	}
	c := typed(f, types.NewTemporal(types.Datetime, 0), n)
	c.Null = true
	return c, nil
}

// formatRule types DATE_FORMAT with a constant format.
func formatRule(f Func, args []Expr) (Expr, error) {
	d, err := civil(args[0])
	if err != nil {
		return nil, err
	}
	format, ok := args[1].(*Literal)
	if !ok || format.Value.Null || !format.Typ.IsString() {
		return nil, ErrNoKernel
	}
	return typed(f, types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900), d, format), nil
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

// intervalRule types DATE_ADD and DATE_SUB: temporal, amount, unit. A DATE stays one unless the unit is shorter than a day.
// Text gives text: a date and time where it has one or the unit asks for one, else a date.
func intervalRule(f Func, args []Expr) (Expr, error) {
	unit, err := unitOf(args[2])
	if err != nil {
		return nil, err
	}
	d := args[0]
	if d.Type().Kind == types.Time {
		return nil, ErrNoKernel
	}
	if d, err = civil(d); err != nil {
		return nil, err
	}
	fromText := args[0].Type().IsString()
	if _, literal := d.(*Literal); fromText && !literal {
		return nil, ErrNoKernel // date or date and time, row by row
	}
	amount, err := intervalAmount(args[1], unit)
	if err != nil {
		return nil, err
	}
	t := d.Type()
	if unit < kernel.UnitDay {
		fsp := fraction(t)
		if unit == kernel.UnitMicrosecond {
			fsp = types.MaxFSP
		}
		t = types.NewTemporal(types.Datetime, fsp)
		d = implicit(d, t)
	}
	c := typed(f, t, d, amount, args[2])
	c.Null = true // a year beyond 9999
	if fromText {
		return implicit(c, types.NewText(types.Varchar, shownLength(t), types.Utf8mb4Bin0900)), nil
	}
	return c, nil
}

// intervalAmount casts the amount of an interval to BIGINT. Fractions of a second have no kernel.
func intervalAmount(e Expr, unit kernel.Unit) (Expr, error) {
	if lit, ok := e.(*Literal); ok && e.Type().IsString() && !lit.Value.Null {
		n, ok := integerText(e, types.Of(types.Int64))
		if !ok {
			return nil, ErrNoKernel
		}
		return n, nil
	}
	if unit == kernel.UnitSecond && !e.Type().IsInteger() && e.Type().Kind != types.Null {
		return nil, ErrNoKernel
	}
	return integer(e)
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

// badDate is errno 1525 for a literal.
func badDate(kind types.Type, text string) error {
	return sqlerr.New(sqlerr.BadDate, "Incorrect %s value: '%s'", strings.ToUpper(kindWord(kind)), text)
}
