package expr

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// check fails unless e evaluates to the rows, in text joined by commas, and the warnings.
func (f *fixture) check(e Expr, rows string, warnings ...int) {
	f.t.Helper()
	f.warned = nil
	got, err := f.eval(e)
	if err != nil {
		f.t.Errorf("%s: %v", e, err)
		return
	}
	if s := strings.Join(got, ","); s != rows {
		f.t.Errorf("%s: %s, want %s", e, s, rows)
	}
	if !slices.Equal(f.warned, warnings) {
		f.t.Errorf("%s: warnings %v, want %v", e, f.warned, warnings)
	}
}

// fails checks that e errs with a code and text.
func (f *fixture) fails(e Expr, code sqlerr.Code, text string) {
	f.t.Helper()
	if _, err := f.eval(e); !sqlerr.Is(err, code) || !strings.Contains(err.Error(), text) {
		f.t.Errorf("%s: %v, want %q", e, err, text)
	}
}

func TestDivisionByZero(t *testing.T) {
	f := newFixture(t)
	a := f.column("a", types.Of(types.Int64), "1", "2", "NULL", "7")
	b := f.column("b", types.Of(types.Int64), "0", "4", "0", "2")
	for fn, rows := range map[Func]string{Div: "NULL,0.5000,NULL,3.5000", IntDiv: "NULL,0,NULL,3", Mod: "NULL,2,NULL,1"} {
		f.check(call(fn, a, b), rows, 1365)
	}
	double := must(NewCast(a, types.Of(types.Float64)))
	f.check(call(Div, double, b), "NULL,0.5,NULL,3.5", 1365)
	// A condition that keeps the zero away keeps the warning away.
	f.check(must(NewCase([]When{{call(Ne, b, intLit(0)), call(Div, a, b)}}, nil)), "NULL,0.5000,NULL,3.5000")
	f.env.StrictDivision = true
	f.fails(call(Div, a, b), sqlerr.DivisionByZero, "Division by 0")
}

// TestQuotientOfQuotient divides what carries more digits than the result: chained quotients.
func TestQuotientOfQuotient(t *testing.T) {
	f := newFixture(t)
	a := f.column("a", types.Of(types.Int64), "91", "-46", "0", "NULL")
	b := f.column("b", types.Of(types.Int64), "36", "3", "7", "1")
	f.check(call(Div, call(Div, a, b), intLit(-23)), "-0.10990338,0.66666667,0.00000000,NULL")
	f.check(call(Abs, call(Div, a, b)), "2.5278,15.3333,0.0000,NULL")
}

func TestOverflow(t *testing.T) {
	f := newFixture(t)
	l := f.column("l", types.Of(types.Int64), "9223372036854775807", "1", "NULL")
	u := f.column("u", types.Of(types.Uint64), "5", "18446744073709551615", "0")
	d := f.column("d", types.NewDecimal(65, 0), strings.Repeat("9", 65), "1", "NULL")
	x := f.column("x", types.Of(types.Float64), "1e308", "1", "NULL")
	f.fails(call(Add, l, intLit(1)), sqlerr.OutOfRange, "BIGINT value is out of range in '(l + 1)'")
	f.fails(call(Mul, l, l), sqlerr.OutOfRange, "BIGINT value is out of range")
	f.fails(call(Sub, u, intLit(6)), sqlerr.OutOfRange, "BIGINT UNSIGNED value is out of range")
	f.fails(call(Add, u, u), sqlerr.OutOfRange, "BIGINT UNSIGNED value is out of range")
	f.fails(call(Add, d, d), sqlerr.OutOfRange, "DECIMAL value is out of range")
	f.fails(call(Mul, d, d), sqlerr.OutOfRange, "DECIMAL value is out of range")
	f.fails(call(Mul, x, decLit("10.0")), sqlerr.OutOfRange, "DOUBLE value is out of range")
	f.check(call(Sub, u, intLit(0)), "5,18446744073709551615,0")
	f.check(call(Sub, l, intLit(1)), "9223372036854775806,0,NULL")
	// Rows that a condition excludes may overflow.
	guard := must(NewCase([]When{{call(Lt, l, intLit(100)), call(Add, l, intLit(1))}}, intLit(-1)))
	f.check(guard, "-1,2,-1")
	f.check(call(And, call(Lt, l, intLit(100)), call(Gt, call(Add, l, intLit(1)), intLit(0))), "0,1,NULL")
	f.check(call(Coalesce, call(If, call(Gt, l, intLit(100)), intLit(5), &Literal{types.NullValue, types.Type{}}), call(Add, l, intLit(1))), "5,2,NULL")
}

func TestCastWarnings(t *testing.T) {
	f := newFixture(t)
	s := f.column("s", types.NewText(types.Varchar, 20, types.Utf8mb4Bin0900), "12", "12abc", "abc", "NULL", " 7 ")
	f.check(must(NewCast(s, types.Of(types.Float64))), "12,12,0,NULL,7", 1292, 1292)
	f.check(must(NewCast(s, types.Of(types.Int64))), "12,12,0,NULL,7", 1292, 1292)
	f.check(must(NewCast(s, types.NewDecimal(3, 1))), "12.0,12.0,0.0,NULL,7.0", 1292, 1292)
	f.check(must(NewCast(s, types.Of(types.Date))), "NULL,NULL,NULL,NULL,NULL", 1292, 1292, 1292, 1292)
	f.check(must(NewCast(s, types.NewText(types.Char, 2, types.Utf8mb4Bin0900))), "12,12,ab,NULL, 7", 1292, 1292, 1292)
	d := f.column("d", types.NewDecimal(10, 3), "1234.567", "9.995", "NULL", "-1234.567", "0")
	f.check(must(NewCast(d, types.NewDecimal(4, 2))), "99.99,10.00,NULL,-99.99,0.00", 1264, 1264)
	x := f.column("x", types.Of(types.Float64), "1e30", "2.5", "-1e30", "NULL", "3.5")
	f.check(must(NewCast(x, types.Of(types.Int64))), "9223372036854775807,2,-9223372036854775808,NULL,4", 1292, 1292)
	f.fails(must(NewCast(x, types.Of(types.Int8))), sqlerr.OutOfRange, "TINYINT value is out of range")
}

// TestTimeZones converts instants in a zone that changes its clocks.
func TestTimeZones(t *testing.T) {
	f := newFixture(t)
	f.env.Location = newYork
	// In UTC. There 2024-03-10 02:00 is skipped, and 2024-11-03 01:30 occurs twice.
	ts := f.column("ts", types.NewTemporal(types.Timestamp, 0), "2024-03-10 06:59:59", "2024-03-10 07:00:00", "2024-11-03 05:30:00", "2024-11-03 06:30:00", "NULL")
	civil := must(NewCast(ts, types.NewTemporal(types.Datetime, 0)))
	f.check(civil, "2024-03-10 01:59:59,2024-03-10 03:00:00,2024-11-03 01:30:00,2024-11-03 01:30:00,NULL")
	f.check(call(Hour, ts), "1,3,1,1,NULL")
	f.check(call(UnixTimestamp, civil), "1710053999,1710054000,1730611800,1730611800,NULL")
	f.check(call(Ge, ts, textLit("2024-03-10 03:00:00")), "0,1,1,1,NULL")
	f.check(call(UnixTimestamp, textLit("2024-03-10 02:30:00")), "1710054000,1710054000,1710054000,1710054000,1710054000")
	f.check(call(FromUnixTime, call(UnixTimestamp, ts)), "2024-03-10 01:59:59,2024-03-10 03:00:00,2024-11-03 01:30:00,2024-11-03 01:30:00,NULL")
}

func TestIntervals(t *testing.T) {
	f := newFixture(t)
	d := f.column("d", types.Of(types.Date), "2024-01-31", "2023-01-31", "9999-12-31", "0001-01-01", "NULL")
	dt := f.column("dt", types.NewTemporal(types.Datetime, 6), "2024-02-29 23:59:59.999999", "2024-12-31 00:00:00", "9999-12-31 23:00:00", "0001-01-01 00:00:00", "NULL")
	add := func(e Expr, n int64, unit string) Expr { return call(DateAdd, e, intLit(n), textLit(unit)) }
	f.check(add(d, 1, "MONTH"), "2024-02-29,2023-02-28,NULL,0001-02-01,NULL", 1441)
	f.check(add(d, -1, "QUARTER"), "2023-10-31,2022-10-31,9999-09-30,0000-10-01,NULL")
	f.check(add(d, -1, "YEAR"), "2023-01-31,2022-01-31,9998-12-31,0000-01-01,NULL")
	f.check(add(d, 1, "DAY"), "2024-02-01,2023-02-01,NULL,0001-01-02,NULL", 1441)
	f.check(add(d, 25, "HOUR"), "2024-02-01 01:00:00,2023-02-01 01:00:00,NULL,0001-01-02 01:00:00,NULL", 1441)
	f.check(add(dt, 1, "MICROSECOND"), "2024-03-01 00:00:00.000000,2024-12-31 00:00:00.000001,9999-12-31 23:00:00.000001,0001-01-01 00:00:00.000001,NULL")
	f.check(add(dt, 1, "YEAR"), "2025-02-28 23:59:59.999999,2025-12-31 00:00:00.000000,NULL,0002-01-01 00:00:00.000000,NULL", 1441)
	f.check(call(DateSub, dt, intLit(1), textLit("second")), "2024-02-29 23:59:58.999999,2024-12-30 23:59:59.000000,9999-12-31 22:59:59.000000,0000-12-31 23:59:59.000000,NULL")
	f.check(add(d, 1<<62, "DAY"), "NULL,NULL,NULL,NULL,NULL", 1441, 1441, 1441, 1441)
	f.check(call(TimestampDiff, textLit("MONTH"), d, dt), "0,23,0,0,NULL")
}

func TestDateFormat(t *testing.T) {
	f := newFixture(t)
	dt := f.column("dt", types.NewTemporal(types.Datetime, 6), "1999-01-01 00:05:09.000123", "2006-06-03 22:23:00", "1900-10-04 12:00:00", "NULL")
	for format, rows := range map[string]string{
		"%W %M %Y":             "Friday January 1999,Saturday June 2006,Thursday October 1900,NULL",
		"%H:%i:%s %f":          "00:05:09 000123,22:23:00 000000,12:00:00 000000,NULL",
		"%D %y %a %d %m %b %j": "1st 99 Fri 01 01 Jan 001,3rd 06 Sat 03 06 Jun 154,4th 00 Thu 04 10 Oct 277,NULL",
		"%k %I %r %T %S %w":    "0 12 12:05:09 AM 00:05:09 09 5,22 10 10:23:00 PM 22:23:00 00 6,12 12 12:00:00 PM 12:00:00 00 4,NULL",
		"%X %V %x %v %U %u":    "1998 52 1998 53 00 00,2006 22 2006 22 22 22,1900 39 1900 40 39 40,NULL",
		"%c/%e %l%p %%%z%":     "1/1 12AM %z%,6/3 10PM %z%,10/4 12PM %z%,NULL",
	} {
		f.check(call(DateFormat, dt, textLit(format)), rows)
	}
	f.check(call(DayName, dt), "Friday,Saturday,Thursday,NULL")
}

// rowCounter is a RowFunc that multiplies by a parameter and counts its calls.
type rowCounter struct{ calls *int }

func (r rowCounter) Clone() RowFunc { return r }

func (r rowCounter) Same(o RowFunc) bool { return r == o }

func (r rowCounter) Eval(env *Env, args []types.Value) (types.Value, error) {
	*r.calls++
	switch {
	case args[0].Null:
		return types.NullValue, nil
	case args[0].Int == 99:
		return types.Value{}, errors.New("no 99")
	}
	return types.IntValue(args[0].Int * args[1].Int * env.Params[0].Int), nil
}

func TestFallback(t *testing.T) {
	f := newFixture(t)
	f.env.Params = []types.Value{types.IntValue(10)}
	i := f.column("i", types.Of(types.Int32), "1", "2", "NULL", "99", "5")
	calls := 0
	row := &Fallback{Row: rowCounter{&calls}, Args: []Expr{i, intLit(3)}, Typ: types.Of(types.Int64), Text: "f(i, 3)"}
	if _, err := f.eval(row); err == nil || calls != 4 {
		t.Errorf("%v after %d rows", err, calls)
	}
	// Only the rows that a condition lets through are evaluated.
	calls = 0
	f.check(must(NewCase([]When{{call(Lt, i, intLit(5)), call(Add, row, intLit(1))}}, intLit(0))), "31,61,0,0,0")
	if calls != 2 {
		t.Errorf("%d calls, want 2", calls)
	}
	calls = 0
	got, err := f.filter([]Expr{call(Lt, i, intLit(50)), call(Gt, row, intLit(30))})
	if err != nil || !slices.Equal(got, []int32{1, 4}) || calls != 3 {
		t.Errorf("filter: %v, %v after %d calls", got, err, calls)
	}
}

func TestParams(t *testing.T) {
	f := newFixture(t)
	f.env.Params = []types.Value{types.IntValue(2), types.NullValue}
	i := f.column("i", types.Of(types.Int64), "1", "2", "NULL")
	p := &Param{Ordinal: 0, Name: "p", Typ: types.Of(types.Int64)}
	f.check(call(Eq, i, p), "0,1,NULL")
	f.check(call(Add, p, p), "4,4,4")
	f.check(call(Eq, i, &Param{Ordinal: 1, Name: "q", Typ: types.Of(types.Int64)}), "NULL,NULL,NULL")
	if _, err := Compile(&Param{Ordinal: 2, Name: "r"}, nil, f.env); err == nil {
		t.Error("a parameter that has no value compiled")
	}
	if _, err := Compile(i, Layout{}, f.env); err == nil {
		t.Error("a column that is not there compiled")
	}
}

// TestEmptyBatch evaluates nothing for no row, not even constants.
func TestEmptyBatch(t *testing.T) {
	f := newFixture(t)
	i := f.column("i", types.Of(types.Int64))
	f.check(call(Add, i, intLit(1)), "")
	f.check(call(Add, intLit(1<<62), call(Add, intLit(1<<62), intLit(1<<62))), "")
	sel, all, err := mustFilter(t, f, call(Gt, i, intLit(0)))
	if err != nil || !all || sel != nil {
		t.Errorf("filter of no rows: %v %v %v", sel, all, err)
	}
}

func mustFilter(t *testing.T, f *fixture, conds ...Expr) ([]int32, bool, error) {
	t.Helper()
	flt, err := CompileFilter(conds, f.layout(), f.env)
	if err != nil {
		t.Fatal(err)
	}
	b := f.batch()
	defer b.Release()
	return flt.Select(f.mem, b)
}

func TestFilterAll(t *testing.T) {
	f := newFixture(t)
	i := f.column("i", types.Of(types.Int64), "1", "2", "3")
	for _, conds := range [][]Expr{nil, {call(Gt, i, intLit(0))}, {call(Gt, i, intLit(0)), call(Lt, call(Add, i, i), intLit(100))}} {
		sel, all, err := mustFilter(t, f, conds...)
		if err != nil || !all || sel != nil {
			t.Errorf("%s: %v %v %v", Strings(conds, " AND "), sel, all, err)
		}
	}
}

// TestFunctions checks that the listing is complete enough to print.
func TestFunctions(t *testing.T) {
	list := Functions()
	for i, f := range list {
		if f.Args == "" || f.Doc == "" {
			t.Errorf("%s is not described", f.Name)
		}
		if i > 0 && list[i-1].Name >= f.Name {
			t.Errorf("%s is listed behind %s", f.Name, list[i-1].Name)
		}
	}
}
