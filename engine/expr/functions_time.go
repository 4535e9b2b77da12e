package expr

import (
	"strings"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

func timeFunctionRows() []row {
	return []row{
		{name: "time", args: "time or moment", min: 1, max: 1, native: true, doc: "the time of day", rule: func(_ Func, args []Expr) (Expr, error) { return asTime(args[0]) }},
		{name: "timestamp", names: []string{"datetime"}, args: "moment[, time]", min: 1, max: 2, native: true, doc: "DATETIME, a time later", rule: timestampRule, kernel: integers(kernel.Strict, kernel.Moment)},
		{name: "addtime", args: "time or moment, time", min: 2, max: 2, native: true, doc: "a time later", rule: addTimeRule, kernel: addTimeKernel(false)},
		{name: "subtime", args: "time or moment, time", min: 2, max: 2, native: true, doc: "a time earlier", rule: addTimeRule, kernel: addTimeKernel(true)},
		{name: "timediff", args: "a, b", min: 2, max: 2, native: true, doc: "a - b, both times or both moments", rule: timeDiffRule,
			kernel: func(c *Call) kernel.Func {
				if c.arg(0).IsString() {
					return kernel.IntegerRows(c.Typ, kernel.Strict, kernel.TimeDiffTexts)
				}
				return kernel.IntegerRows(c.Typ, kernel.Strict, kernel.TimeDiff)
			}},
		{name: "maketime", args: "hour, minute, second", min: 3, max: 3, native: true, doc: "time of its parts", rule: makeTimeRule,
			kernel: func(c *Call) kernel.Func {
				return kernel.IntegerRows(c.Typ, kernel.Strict, kernel.MakeTime(c.arg(2)))
			}},
		{name: "sec_to_time", args: "seconds", min: 1, max: 1, native: true, doc: "time of a number of seconds", rule: secToTimeRule,
			kernel: func(c *Call) kernel.Func {
				return kernel.IntegerRows(c.Typ, kernel.Strict, kernel.SecToTime(c.arg(0)))
			}},
		{name: "time_format", args: "time, format", min: 2, max: 2, native: true, doc: "as a format says", rule: takes(shown(0), asTime, asText),
			kernel: func(c *Call) kernel.Func {
				return kernel.TextRows(c.Typ, "time_format", kernel.Strict, kernel.TimeFormat())
			}},
		{name: "str_to_date", args: "string, format", min: 2, max: 2, native: true, doc: "date or time that a format reads", rule: strToDateRule,
			kernel: func(c *Call) kernel.Func {
				return kernel.IntegerRows(c.Typ, kernel.Strict, kernel.StrToDate(c.Typ))
			}},
		{name: "to_seconds", args: "moment", min: 1, max: 1, native: true, doc: "seconds since year 0", rule: takes(bigint, asDatetime), kernel: integers(kernel.Strict, kernel.ToSeconds)},
		{name: "period_add", args: "period, months", min: 2, max: 2, native: true, doc: "a period YYYYMM later", rule: takes(bigint, asInteger), kernel: integers(kernel.Strict, kernel.PeriodAdd)},
		{name: "period_diff", args: "period, period", min: 2, max: 2, native: true, doc: "months between periods", rule: takes(bigint, asInteger), kernel: integers(kernel.Strict, kernel.PeriodDiff)},
		{name: "convert_tz", args: "moment, zone, zone", min: 3, max: 3, native: true, doc: "from one time zone to another", rule: convertTZRule,
			kernel: func(c *Call) kernel.Func { return kernel.IntegerRows(c.Typ, kernel.Strict, kernel.ConvertTZ()) }},
		{name: Extract, args: "unit, time or moment", min: 2, max: 2, doc: "the fields of a unit as one number", rule: extractRule,
			kernel: func(c *Call) kernel.Func {
				if f := c.constantText(1); c.arg(0).IsString() {
					return kernel.IntegerRows(c.Typ, kernel.Strict, kernel.ExtractCompositeText(f))
				}
				return kernel.IntegerRows(c.Typ, kernel.Strict, kernel.ExtractComposite(c.constantText(1), c.arg(0)))
			}},
	}
}

// asDatetime reads a DATETIME; a DATE is its midnight.
func asDatetime(e Expr) (Expr, error) {
	d, err := civil(e)
	if err != nil {
		return nil, err
	}
	return implicit(d, types.NewTemporal(types.Datetime, fraction(d.Type()))), nil
}

// timestampRule types TIMESTAMP(moment[, time]).
func timestampRule(f Func, args []Expr) (Expr, error) {
	d, err := asDatetime(args[0])
	if err != nil || len(args) == 1 {
		return d, err
	}
	t, err := asTime(args[1])
	if err != nil {
		return nil, err
	}
	c := typed(f, types.NewTemporal(types.Datetime, max(fraction(d.Type()), fraction(t.Type()))), d, t)
	c.Null = true
	return c, nil
}

// addTimeRule types ADDTIME and SUBTIME: of a TIME a TIME, of a DATETIME one, of anything else a text.
func addTimeRule(f Func, args []Expr) (Expr, error) {
	by, err := momentText(args[1])
	byFraction := 0
	switch t := args[1].Type(); {
	case t.IsTemporal() && t.Kind != types.Time:
		by = &Literal{types.NullValue, types.NewTemporal(types.Time, 0)} // a moment is no distance
	case t.IsString():
		byFraction = textFraction(by)
	default:
		by, err = asTime(args[1])
	}
	if err != nil {
		return nil, err
	}
	byFraction = max(byFraction, fraction(by.Type()))
	a := args[0]
	switch t := a.Type(); {
	case t.Kind == types.Time:
	case t.IsTemporal():
		a, err = asDatetime(a)
	case t.Kind == types.Null || t.IsString():
		a, err = momentText(a)
	default:
		a, err = asTime(a)
	}
	if err != nil {
		return nil, err
	}
	t := shown(len("2006-01-02 15:04:05.000000"))
	if !a.Type().IsString() {
		t = types.NewTemporal(a.Type().Kind, max(fraction(a.Type()), byFraction))
	}
	c := typed(f, t, a, by)
	c.Null = true
	return c, nil
}

func addTimeKernel(subtract bool) factory {
	return func(c *Call) kernel.Func {
		distance := kernel.DistanceOf(c.arg(1), subtract)
		if c.Typ.IsString() {
			return kernel.TextRows(c.Typ, string(c.Func), kernel.Strict, kernel.AddTimesText(distance))
		}
		return kernel.IntegerRows(c.Typ, kernel.Strict, kernel.AddTimes(c.Typ, distance))
	}
}

// timeDiffRule types TIMEDIFF: NULL for a time and a moment.
func timeDiffRule(f Func, args []Expr) (Expr, error) {
	list := make([]Expr, 2)
	texts := 0
	for i, a := range args {
		var err error
		switch t := a.Type(); {
		case t.IsString():
			texts++
			list[i], err = momentText(a)
		case t.IsTemporal() && t.Kind != types.Time:
			list[i], err = asDatetime(a)
		default:
			list[i], err = asTime(a)
		}
		if err != nil {
			return nil, err
		}
	}
	fsp := 0
	for i, e := range list {
		switch t := e.Type(); {
		case texts > 0 && !t.IsString(): // its text reads as it
			list[i] = implicit(e, shown(shownLength(t)))
			fsp = max(fsp, fraction(t))
		case t.IsString():
			fsp = max(fsp, textFraction(e))
		default:
			fsp = max(fsp, fraction(t))
		}
	}
	t := types.NewTemporal(types.Time, fsp)
	if texts == 0 && list[0].Type().Kind != list[1].Type().Kind {
		return &Literal{types.NullValue, t}, nil
	}
	c := typed(f, t, list...)
	c.Null = true
	return c, nil
}

// textFraction is the digits of a second's fraction in a text: those of a literal, else the most.
func textFraction(e Expr) int {
	if lit, ok := e.(*Literal); ok {
		_, fsp, _ := kernel.ParseTime(lit.Value.Str)
		return fsp
	}
	return types.MaxFSP
}

// secondsOf reads a number of seconds: a BIGINT, or a DECIMAL of at most six digits behind the point.
func secondsOf(e Expr) (Expr, int, error) {
	n, err := number(e)
	if err != nil {
		return nil, 0, err
	}
	switch t := n.Type(); {
	case t.IsUnsigned():
		return implicit(n, types.NewDecimal(integerDigits(t.Kind), 0)), 0, nil
	case t.IsInteger():
		return n, 0, nil
	case t.Kind == types.Decimal:
		fsp := min(int(t.Scale), types.MaxFSP)
		return implicit(n, types.NewDecimal(int(t.Precision), fsp)), fsp, nil
	}
	return implicit(n, types.NewDecimal(30, types.MaxFSP)), types.MaxFSP, nil
}

func secToTimeRule(f Func, args []Expr) (Expr, error) {
	n, fsp, err := secondsOf(args[0])
	if err != nil {
		return nil, err
	}
	return typed(f, types.NewTemporal(types.Time, fsp), n), nil
}

func makeTimeRule(f Func, args []Expr) (Expr, error) {
	list, err := readAll(args[:2], asInteger)
	if err != nil {
		return nil, err
	}
	n, fsp, err := secondsOf(args[2])
	if err != nil {
		return nil, err
	}
	if n.Type().Kind != types.Decimal {
		n = implicit(n, types.NewDecimal(integerDigits(types.Int64), 0))
	}
	c := typed(f, types.NewTemporal(types.Time, fsp), append(list, n)...)
	c.Null = true
	return c, nil
}

// strToDateRule types STR_TO_DATE: by a constant format a DATE, TIME or DATETIME, else a DATETIME(6).
func strToDateRule(f Func, args []Expr) (Expr, error) {
	list, err := readAll(args, asText)
	if err != nil {
		return nil, err
	}
	t := types.NewTemporal(types.Datetime, types.MaxFSP)
	if lit, ok := Fold(list[1]).(*Literal); ok && !lit.Value.Null {
		date, clock, fraction := kernel.FormatParts(lit.Value.Str)
		fsp := 0
		if fraction {
			fsp = types.MaxFSP
		}
		switch {
		case date && clock:
			t = types.NewTemporal(types.Datetime, fsp)
		case clock:
			t = types.NewTemporal(types.Time, fsp)
		default:
			t = types.Of(types.Date)
		}
	}
	c := typed(f, t, list...)
	c.Null = true
	return c, nil
}

// convertTZRule types CONVERT_TZ: moment, zone, zone.
func convertTZRule(f Func, args []Expr) (Expr, error) {
	list, err := readAll(args, asDatetime, asText)
	if err != nil {
		return nil, err
	}
	c := typed(f, list[0].Type(), list...)
	c.Null = true
	return c, nil
}

// extractedParts are the units of EXTRACT that have a function of their own.
var extractedParts = map[string]Func{
	"YEAR": Year, "QUARTER": Quarter, "MONTH": Month, "DAY": Day, "HOUR": Hour,
	"MINUTE": Minute, "SECOND": Second, "MICROSECOND": Microsecond, "WEEK": Week,
}

// extractRule types EXTRACT: unit, time or moment.
func extractRule(f Func, args []Expr) (Expr, error) {
	lit, ok := args[0].(*Literal)
	if !ok {
		return nil, ErrNoKernel
	}
	name := strings.ToUpper(lit.Value.Str)
	if part, ok := extractedParts[name]; ok {
		return New(part, args[1])
	}
	unit, ok := kernel.CompositeOf(name)
	if !ok {
		return nil, ErrNoKernel
	}
	d := args[1]
	var err error
	switch {
	case unit.Dated():
		d, err = civil(d)
	case d.Type().IsString():
		d, err = momentText(d)
	default:
		d, err = clockOrMoment(d)
	}
	if err != nil {
		return nil, err
	}
	c := typed(f, bigint, d, &Literal{types.TextValue(name), shown(len(name))})
	c.Null = true
	return c, nil
}

// weekKernel is that of WEEK or YEARWEEK; a constant mode has a loop of its own.
func weekKernel(withYear bool) factory {
	return func(c *Call) kernel.Func {
		if mode, ok := c.Args[1].(*Literal); ok && !mode.Value.Null {
			return kernel.Week(c.arg(0), mode.Value.Int&7, withYear)
		}
		return kernel.IntegerRows(c.Typ, kernel.Strict, kernel.WeekEach(c.arg(0), withYear))
	}
}

// dateFormatKernel is that of DATE_FORMAT; a constant format is read once.
func dateFormatKernel(c *Call) kernel.Func {
	if c.arg(0).IsString() {
		return kernel.TextRows(c.Typ, "date_format", kernel.Strict, kernel.DateFormatText())
	}
	if format, ok := c.Args[1].(*Literal); ok && format.Value.Str != "" {
		return kernel.DateFormat(c.arg(0), format.Value.Str)
	}
	return kernel.TextRows(c.Typ, "date_format", kernel.Strict, kernel.DateFormatEach(c.arg(0)))
}

func fromUnixTimeKernel(c *Call) kernel.Func {
	if c.arg(0).Kind == types.Decimal {
		return kernel.IntegerRows(c.Typ, kernel.Strict, kernel.FromUnixMicros(c.Typ))
	}
	return kernel.FromUnixTime
}
