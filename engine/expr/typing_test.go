package expr

import (
	"errors"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Columns that the tables below name.
var columns = map[string]types.Type{
	"b": types.Of(types.Bool), "i8": types.Of(types.Int8), "i": types.Of(types.Int32), "l": types.Of(types.Int64), "u": types.Of(types.Uint64), "u32": types.Of(types.Uint32),
	"f": types.Of(types.Float32), "d": types.Of(types.Float64), "d52": types.NewDecimal(5, 2), "d152": types.NewDecimal(15, 2), "d6530": types.NewDecimal(65, 30),
	"s": types.NewText(types.Varchar, 10, types.Utf8mb4Bin0900), "c": types.NewText(types.Char, 4, types.Utf8mb4Bin0900), "txt": types.Of(types.Text),
	"latin": types.NewText(types.Varchar, 10, 8), "uni": types.NewText(types.Varchar, 10, types.Utf8mb4Unicode),
	"ci": types.NewText(types.Varchar, 10, types.Utf8mb4General), "ai": types.NewText(types.Varchar, 10, types.Utf8mb4AI0900),
	"bin": {Kind: types.Varbinary, Length: 8}, "j": types.Of(types.JSON), "e": {Kind: types.Enum, Members: "x\x00y", Collation: types.Utf8mb4Bin0900},
	"date": types.Of(types.Date), "dt": types.NewTemporal(types.Datetime, 0), "dt6": types.NewTemporal(types.Datetime, 6), "ts": types.NewTemporal(types.Timestamp, 0), "t": types.NewTemporal(types.Time, 0),
	"y": types.Of(types.Year),
}

// arg reads an argument of a test: a column by name, 'text', a number, NULL.
func arg(t *testing.T, s string) Expr {
	t.Helper()
	if typ, ok := columns[s]; ok {
		return &Column{Name: s, Typ: typ, Null: true}
	}
	switch {
	case s == "NULL":
		return &Literal{types.NullValue, types.Type{}}
	case strings.HasPrefix(s, "'"):
		return textLit(strings.Trim(s, "'"))
	case strings.Contains(s, "."):
		return decLit(s)
	}
	v, _, err := types.ParseDecimal(s)
	if err != nil {
		t.Fatalf("no such argument: %s", s)
	}
	return intLit(v.Dec.BigInt().Int64())
}

// call reads "function arg arg ..." and applies New.
func parseCall(t *testing.T, s string) (Expr, error) {
	t.Helper()
	words := strings.Split(s, "|")
	args := make([]Expr, 0, len(words))
	for _, w := range words[1:] {
		args = append(args, arg(t, w))
	}
	return New(Func(words[0]), args...)
}

// TestTypes checks result types and implicit casts against the Reference Manual (14.3, 14.4, 14.5, 14.24).
func TestTypes(t *testing.T) {
	for _, c := range []struct{ call, expr, typ string }{
		// Arithmetic (14.6.1): BIGINT, unsigned if one is, DECIMAL by 14.24, else DOUBLE.
		{"+|i|i", "(i#0 + i#0)", "bigint"},
		{"+|i|u32", "(i#0 + u32#0)", "bigint unsigned"},
		{"+|i|1.50", "(CAST(i#0 AS decimal(10,0)) + 1.50)", "decimal(13,2)"},
		{"+|d52|d152", "(d52#0 + d152#0)", "decimal(16,2)"},
		{"-|1|d152", "(1 - d152#0)", "decimal(16,2)"},
		{"*|d152|d152", "(d152#0 * d152#0)", "decimal(30,4)"},
		{"*|d6530|d152", "(d6530#0 * d152#0)", "decimal(65,30)"},
		{"*|d152|d", "(CAST(d152#0 AS double) * d#0)", "double"},
		{"+|f|1", "(CAST(f#0 AS double) + 1)", "double"},
		{"+|s|1", "(CAST(s#0 AS double) + 1)", "double"},
		{"+|b|1", "(CAST(b#0 AS bigint) + 1)", "bigint"},
		{"+|NULL|1", "(NULL + 1)", "double"},
		{"+|date|0", "(CAST(date#0 AS bigint) + 0)", "bigint"},
		{"+|dt6|0", "(CAST(dt6#0 AS decimal(20,6)) + 0)", "decimal(21,6)"},
		{"/|i|i", "(CAST(i#0 AS decimal(10,0)) / CAST(i#0 AS decimal(10,0)))", "decimal(14,4)"},
		{"/|1|3", "(1 / 3)", "decimal(5,4)"},
		{"/|d152|d52", "(d152#0 / d52#0)", "decimal(21,6)"},
		{"/|d|i", "(d#0 / CAST(i#0 AS double))", "double"},
		{"div|i|i", "(i#0 DIV i#0)", "bigint"},
		{"div|d|i", "(d#0 DIV i#0)", "bigint"},
		{"div|s|u", "(s#0 DIV u#0)", "bigint unsigned"},
		{"div|d152|i", "(d152#0 DIV CAST(i#0 AS decimal(10,0)))", "bigint"},
		{"%|l|i", "(l#0 % i#0)", "bigint"},
		{"%|u|i", "(u#0 % i#0)", "bigint unsigned"},
		{"%|d152|d52", "(d152#0 % d52#0)", "decimal(15,2)"},
		{"neg|u32", "-u32#0", "bigint"},
		{"neg|d52", "-d52#0", "decimal(5,2)"},
		{"&|i|l", "(i#0 & l#0)", "bigint unsigned"},
		{"&|bin|bin", "(bin#0 & bin#0)", "varbinary(8)"}, {"&|bin|i", "(CAST(bin#0 AS bigint) & i#0)", "bigint unsigned"},
		{"<<|bin|i", "(bin#0 << i#0)", "varbinary(8)"}, {"<<|i|bin", "(i#0 << CAST(bin#0 AS bigint))", "bigint unsigned"},

		// Comparison (14.3): one class for both sides.
		{"=|i|l", "(i#0 = l#0)", "boolean"},
		{"<|i|u", "(i#0 < u#0)", "boolean"},
		{"<|i|1.5", "(CAST(i#0 AS decimal(10,0)) < 1.5)", "boolean"},
		{"<|d152|24", "(d152#0 < 24)", "boolean"},
		{"<|d152|d", "(CAST(d152#0 AS double) < d#0)", "boolean"},
		{"=|i|'5'", "(i#0 = 5)", "boolean"},
		{"=|i|'5.5'", "(CAST(i#0 AS double) = 5.5)", "boolean"},
		{"=|i|'x'", "(CAST(i#0 AS double) = CAST('x' AS double))", "boolean"}, // warns when it runs
		{"=|s|5", "(CAST(s#0 AS double) = 5)", "boolean"},
		{"=|s|'x'", "(s#0 = 'x')", "boolean"},
		{"=|s|c", "(s#0 = c#0)", "boolean"},
		{"=|s|bin", "(CAST(s#0 AS varbinary(40)) = bin#0)", "boolean"},
		{"=|e|'x'", "(e#0 = 'x')", "boolean"},
		{"=|b|1", "(CAST(b#0 AS bigint) = 1)", "boolean"},
		{"=|f|1.5", "(CAST(f#0 AS double) = 1.5)", "boolean"},
		{"<|date|'1995-01-01'", "(date#0 < DATE '1995-01-01')", "boolean"},
		{"<|'1995-01-01'|date", "(DATE '1995-01-01' < date#0)", "boolean"},
		{"<|date|'1995-01-01 10:00:00'", "(CAST(date#0 AS datetime) < DATETIME '1995-01-01 10:00:00')", "boolean"},
		{"<|date|'19950101'", "(date#0 < DATE '1995-01-01')", "boolean"},
		{"<|dt|'1995-01-01'", "(dt#0 < DATETIME '1995-01-01 00:00:00')", "boolean"},
		{"<|ts|'1995-01-01'", "(ts#0 < CAST(DATETIME '1995-01-01 00:00:00' AS timestamp))", "boolean"},
		{"<|ts|dt6", "(CAST(ts#0 AS datetime(6)) < dt6#0)", "boolean"},
		{"<|date|dt", "(CAST(date#0 AS datetime) < dt#0)", "boolean"},
		{"<|date|s", "(CAST(date#0 AS datetime(6)) < CAST(s#0 AS datetime(6)))", "boolean"},
		{"=|t|'10:00'", "(t#0 = TIME '10:00:00.000000')", "boolean"},
		{"=|y|2000", "(y#0 = 2000)", "boolean"},
		{"=|i|NULL", "(i#0 = NULL)", "boolean"},
		{"like|i|'1%'", "(CAST(i#0 AS varchar(11)) LIKE '1%')", "boolean"},

		// Conditions.
		{"and|b|i", "(b#0 AND (i#0 <> 0))", "boolean"},
		{"not|s", "NOT (CAST(s#0 AS double) <> 0)", "boolean"},
		{"not|1", "NOT TRUE", "boolean"},
		{"is null|j", "(j#0 IS NULL)", "boolean"},

		// Choice: the common type.
		{"coalesce|i|l", "coalesce(CAST(i#0 AS bigint), l#0)", "bigint"},
		{"coalesce|l|u", "coalesce(CAST(l#0 AS decimal(20,0)), CAST(u#0 AS decimal(20,0)))", "decimal(20,0)"},
		{"coalesce|i|u32", "coalesce(CAST(i#0 AS bigint), CAST(u32#0 AS bigint))", "bigint"},
		{"coalesce|d152|0", "coalesce(d152#0, 0.00)", "decimal(15,2)"},
		{"coalesce|d52|l", "coalesce(CAST(d52#0 AS decimal(21,2)), CAST(l#0 AS decimal(21,2)))", "decimal(21,2)"},
		{"coalesce|d152|d", "coalesce(CAST(d152#0 AS double), d#0)", "double"},
		{"coalesce|s|i", "coalesce(CAST(s#0 AS varchar(11)), CAST(i#0 AS varchar(11)))", "varchar(11)"},
		{"coalesce|s|'0123456789ab'", "coalesce(CAST(s#0 AS varchar(12)), '0123456789ab')", "varchar(12)"},
		{"coalesce|c|s", "coalesce(CAST(c#0 AS varchar(10)), s#0)", "varchar(10)"},
		{"coalesce|date|dt", "coalesce(CAST(date#0 AS datetime), dt#0)", "datetime"},
		{"coalesce|NULL|i", "coalesce(NULL, i#0)", "int"},
		{"if|i|1|0", "if((i#0 <> 0), 1, 0)", "bigint"},
		{"nullif|i|0", "CASE WHEN (i#0 = 0) THEN NULL ELSE i#0 END", "int"},
		{"greatest|i|l", "greatest(CAST(i#0 AS bigint), l#0)", "bigint"},

		// Numbers.
		{"round|d152|1", "round(d152#0, 1)", "decimal(15,1)"},
		{"round|d152", "round(d152#0, 0)", "decimal(14,0)"},
		{"round|d152|4", "round(d152#0, 4)", "decimal(17,4)"},
		{"round|i|1", "round(i#0, 1)", "bigint"},
		{"round|d152|i", "round(d152#0, CAST(i#0 AS bigint))", "decimal(15,2)"},
		{"truncate|d152|1", "truncate(d152#0, 1)", "decimal(14,1)"},
		{"floor|d152", "floor(d152#0)", "bigint"},
		{"ceil|d6530", "ceil(d6530#0)", "decimal(36,0)"},
		{"sqrt|i", "sqrt(CAST(i#0 AS double))", "double"},
		{"abs|u32", "abs(u32#0)", "bigint unsigned"},

		// Texts.
		{"concat|s|c", "concat(s#0, c#0)", "varchar(14)"},
		{"concat|s|i", "concat(s#0, CAST(i#0 AS varchar(11)))", "varchar(21)"},
		{"concat|ai|'x'", "concat(ai#0, 'x')", "varchar(11)"},
		{"upper|ci", "upper(ci#0)", "varchar(10)"},
		{"upper|bin", "bin#0", "varbinary(8)"},
		{"substring|txt|1|2", "substring(txt#0, 1, 2)", "longtext"},
		{"lpad|s|5|'x'", "lpad(s#0, 5, 'x')", "varchar(5)"},
		{"length|d", "length(CAST(d#0 AS varchar(23)))", "bigint"},
		{"locate|'x'|s", "locate('x', s#0, 1)", "bigint"},

		// Dates.
		{"year|'1996-03-04'", "year(DATE '1996-03-04')", "bigint"},
		{"year|ts", "year(CAST(ts#0 AS datetime))", "bigint"},
		{"date_add|date|1|'DAY'", "date_add(date#0, 1, 'DAY')", "date"},
		{"date_add|date|1|'HOUR'", "date_add(CAST(date#0 AS datetime), 1, 'HOUR')", "datetime"},
		{"date_add|date|'3'|'MONTH'", "date_add(date#0, 3, 'MONTH')", "date"},
		{"date_sub|dt6|i|'SECOND'", "date_sub(dt6#0, CAST(i#0 AS bigint), 'SECOND')", "datetime(6)"},
		{"date_add|'1995-01-01'|1|'DAY'", "CAST(date_add(DATE '1995-01-01', 1, 'DAY') AS varchar(10))", "varchar(10)"},
		{"date|dt", "date(dt#0)", "date"},
		{"date|date", "date#0", "date"},
		{"datediff|date|dt", "datediff(date#0, dt#0)", "bigint"},
		{"unix_timestamp|dt", "unix_timestamp(CAST(dt#0 AS timestamp))", "bigint"},
		{"date_format|date|'%Y'", "date_format(date#0, '%Y')", "varchar"},
	} {
		e, err := parseCall(t, c.call)
		if err != nil {
			t.Errorf("%s: %v", c.call, err)
			continue
		}
		if e.String() != c.expr || e.Type().String() != c.typ {
			t.Errorf("%s:\ngot  %s [%s]\nwant %s [%s]", c.call, e, e.Type(), c.expr, c.typ)
		}
	}
}

// TestQuotientDigits checks that a quotient has more digits as an operand than it shows: in MySQL 1/3*3 is 1.0000.
func TestQuotientDigits(t *testing.T) {
	f := newFixture(t)
	a := f.column("a", columns["d152"], "1.00", "2.00", "0.01")
	b := f.column("b", columns["d152"], "3.00", "3.00", "300.00")
	quotient := call(Div, a, b)
	f.check(quotient, "0.333333,0.666667,0.000033")
	f.check(call(Mul, quotient, intLit(3)), "1.000000,2.000000,0.000100")
	f.check(call(Mul, call(Div, intLit(1), intLit(3)), intLit(3)), "1.0000,1.0000,1.0000")
	f.check(call(Lt, quotient, decLit("0.333333")), "0,0,1")
	f.check(call(Gt, quotient, decLit("0.333333")), "1,1,0")
	f.check(call(Floor, call(Sub, decLit("1.0"), call(Div, decLit("0.0000001"), intLit(3)))), "0,0,0")
	f.check(call(Neg, call(Add, quotient, quotient)), "-0.666667,-1.333333,-0.000067")
	third, three := call(Div, intLit(1), intLit(3)), intLit(3)
	yes := call(Gt, a, decLit("0"))
	for _, chosen := range []Expr{
		call(Coalesce, third, intLit(2)), call(IfNull, third, decLit("2.5")), call(NullIf, third, intLit(5)), call(Greatest, third, intLit(0)),
		call(If, yes, third, intLit(0)), must(NewCase([]When{{yes, third}}, intLit(0))), call(Abs, third), call(Least, intLit(7), call(Neg, call(Neg, third))),
	} {
		f.check(chosen, "0.3333,0.3333,0.3333")
		f.check(call(Mul, chosen, three), "1.0000,1.0000,1.0000")
	}
	f.check(must(NewCast(third, types.NewDecimal(20, 8))), "0.33333333,0.33333333,0.33333333")
	f.check(must(NewCast(third, types.Of(types.Float64))), "0.333333333,0.333333333,0.333333333")
	f.check(call(Coalesce, call(Div, a, b), decLit("0.12345678")), "0.33333333,0.66666667,0.00003333")
	f.check(call(Mod, call(Div, intLit(2), three), decLit("0.1")), "0.0667,0.0667,0.0667")
	// All digits that MySQL computes: the others are cut off.
	c := f.column("c", types.NewDecimal(15, 5), "2.00000", "-2.00000", "33333.33333")
	wide := f.column("wide", types.NewDecimal(15, 5), "9999999999.99999", "-9999999999.99999", "NULL")
	widest := f.column("widest", types.NewDecimal(40, 5), "12345678901234567890123456.00000", "-12345678901234567890123456.00000", "NULL")
	f.check(call(Div, c, three), "0.666666666,-0.666666666,11111.111110000")
	f.check(call(Div, c, intLit(7)), "0.285714285,-0.285714285,4761.904761428")
	f.check(call(Div, wide, intLit(7)), "1428571428.571427142,-1428571428.571427142,NULL")
	f.check(call(Div, widest, intLit(7)), "1763668414462081127160493.714285714,-1763668414462081127160493.714285714,NULL")
	f.check(call(Div, call(Div, intLit(10), intLit(-7)), decLit("0.01")), "-142.85714280,-142.85714280,-142.85714280")
}

func TestRefusals(t *testing.T) {
	for call, code := range map[string]sqlerr.Code{
		"=|ci|ai":                    sqlerr.CollationMix,
		"replace|ci|ai|'x'":          sqlerr.CollationMix3,
		"greatest|ci|ai|'x'|'y'":     sqlerr.CollationMixN,
		"=|date|'1995-02-30'":        sqlerr.BadDate,
		"=|date|'tomorrow'":          sqlerr.BadDate,
		"<|ts|''":                    sqlerr.BadDate,
		"round|i|1|2":                sqlerr.BadArgument,
		"lpad|s|1":                   sqlerr.BadArgument,
		"=|'1996-13-01 00:00:00'|dt": sqlerr.BadDate,
	} {
		if _, err := parseCall(t, call); !sqlerr.Is(err, code) {
			t.Errorf("%s: %v, want code %d", call, err, code)
		}
	}
	for _, call := range []string{
		"=|latin|'x'", "<|latin|'x'", "like|latin|'x%'", "locate|'x'|latin", "greatest|latin|'x'", // a collation without kernels
		"=|t|dt", "<|date|19950101", "date_add|t|1|'DAY'", "year|t",
		"no_such_function|i",
	} {
		if _, err := parseCall(t, call); !errors.Is(err, ErrNoKernel) {
			t.Errorf("%s: %v, want ErrNoKernel", call, err)
		}
	}
}

// TestCollation checks coercibility: a literal yields to a column, an explicit COLLATE to nothing.
func TestCollation(t *testing.T) {
	eq := call(Eq, arg(t, "s"), textLit("x")).(*Call)
	if c := eq.Args[1].Type().Collation; c != types.Utf8mb4Bin0900 {
		t.Errorf("the literal has %s", c)
	}
	// utf8mb4_bin wins over a _ci column without an error (12.8.4).
	bin := &Column{Name: "p", Typ: types.NewText(types.Varchar, 10, types.Utf8mb4Bin)}
	if c := call(Eq, arg(t, "ci"), bin).(*Call).Args[0].Type().Collation; c != types.Utf8mb4Bin {
		t.Errorf("a mix with a _bin collation: %s", c)
	}
	if joined := call(Concat, arg(t, "ci"), bin); joined.Type().Collation != types.Utf8mb4Bin {
		t.Errorf("CONCAT has %s", joined.Type().Collation)
	}
	under := must(NewCollate(arg(t, "ci"), types.Utf8mb4Bin0900))
	f := newFixture(t)
	col := f.column("ci", columns["ci"], "a", "A")
	got, err := f.eval(call(Eq, Substitute(under, map[ColumnID]Expr{0: col}), textLit("a")))
	if err != nil || strings.Join(got, ",") != "1,0" {
		t.Errorf("COLLATE utf8mb4_0900_bin = 'a': %v, %v", got, err)
	}
	if _, err := New(Eq, under, arg(t, "ai")); err != nil {
		t.Errorf("explicit against implicit: %v", err)
	}
}

func TestAggregateTypes(t *testing.T) {
	for _, c := range []struct{ name, arg, typ, cast string }{
		{"count", "s", "bigint", "s#0"},
		{"sum", "i", "decimal(32,0)", "i#0"},
		{"sum", "u", "decimal(42,0)", "u#0"},
		{"sum", "d152", "decimal(37,2)", "d152#0"},
		{"sum", "d6530", "decimal(65,30)", "d6530#0"},
		{"sum", "d", "double", "d#0"},
		{"sum", "f", "double", "CAST(f#0 AS double)"},
		{"sum", "s", "double", "CAST(s#0 AS double)"},
		{"sum", "b", "decimal(41,0)", "CAST(b#0 AS bigint)"},
		{"sum", "1", "decimal(23,0)", "1"},
		{"avg", "i", "decimal(14,4)", "i#0"},
		{"avg", "d152", "decimal(19,6)", "d152#0"},
		{"avg", "d", "double", "d#0"},
		{"min", "date", "date", "date#0"},
		{"max", "s", "varchar(10)", "s#0"},
		{"any_value", "e", "enum('x','y')", "e#0"},
		{"stddev_pop", "i", "double", "CAST(i#0 AS double)"},
		{"bit_or", "i", "bigint unsigned", "i#0"},
		{"group_concat", "i", "longtext", "CAST(i#0 AS varchar(11))"},
		{"json_arrayagg", "i", "json", "as_json(i#0)"},
		{"json_arrayagg", "e", "json", "as_json(CAST(e#0 AS varchar))"},
	} {
		args := []Expr{arg(t, c.arg)}
		typ, err := AggType(c.name, args)
		if err != nil || typ.String() != c.typ {
			t.Errorf("%s(%s): %s, %v, want %s", c.name, c.arg, typ, err, c.typ)
		}
		if cast, err := AggArgs(c.name, args, false); err != nil || cast[0].String() != c.cast {
			t.Errorf("%s(%s): argument %s, %v, want %s", c.name, c.arg, cast, err, c.cast)
		}
	}
	if _, err := AggType("first", []Expr{arg(t, "i")}); !errors.Is(err, ErrNoKernel) {
		t.Errorf("an unknown aggregate: %v", err)
	}
	object, err := AggArgs("json_objectagg", []Expr{arg(t, "i"), arg(t, "s")}, false)
	if err != nil || Strings(object, ", ") != "CAST(i#0 AS varchar(11)), as_json(s#0)" {
		t.Errorf("json_objectagg: %s, %v", Strings(object, ", "), err)
	}
	if again, err := AggArgs("json_objectagg", object, false); err != nil || Strings(again, ", ") != Strings(object, ", ") {
		t.Errorf("json_objectagg of its arguments: %s, %v", Strings(again, ", "), err)
	}
}

func TestNewIn(t *testing.T) {
	for _, c := range []struct {
		arg, list string
		not       bool
		want      string
	}{
		{"i", "1|2|1", false, "(i#0 IN (1, 2))"},
		{"i", "1|NULL", true, "(i#0 NOT IN (1, NULL))"},
		{"i8", "1|300", false, "(i8#0 IN (1))"},
		{"i", "1.0|1.5", false, "(i#0 IN (1))"},
		{"i", "'7'|8", false, "(i#0 IN (7, 8))"},
		{"i", "l|8", false, "((i#0 = l#0) OR (i#0 = 8))"},
		{"i", "l|8", true, "((i#0 <> l#0) AND (i#0 <> 8))"},
		{"d152", "1|2.5|2.505", false, "(d152#0 IN (1.00, 2.50))"},
		{"s", "'a'|'b'", false, "(s#0 IN ('a', 'b'))"},
		{"s", "1|2", false, "((CAST(s#0 AS double) = 1) OR (CAST(s#0 AS double) = 2))"},
		{"date", "'1995-01-01'|'1996-02-29'", false, "(date#0 IN (DATE '1995-01-01', DATE '1996-02-29'))"},
		{"i", "NULL", false, "(i#0 IN (NULL))"},
	} {
		var list []Expr
		for _, s := range strings.Split(c.list, "|") {
			list = append(list, arg(t, s))
		}
		e, err := NewIn(arg(t, c.arg), list, c.not)
		if err != nil || e.String() != c.want {
			t.Errorf("%s in (%s): %v, %v, want %s", c.arg, c.list, e, err, c.want)
		}
	}
	if _, err := NewIn(arg(t, "latin"), []Expr{textLit("x")}, false); !errors.Is(err, ErrNoKernel) {
		t.Errorf("IN under a collation without kernels: %v", err)
	}
}

func TestFold(t *testing.T) {
	for _, c := range []struct{ call, want string }{
		{"+|1|2", "3"},
		{"/|1|3", "0.3333"},
		{"/|1|0", "(1 / 0)"}, // warns when it runs
		{"+|9223372036854775807|1", "(9223372036854775807 + 1)"},
		{"date_add|'1995-01-31'|1|'MONTH'", "'1995-02-28'"},
		{"and|b|1", "b#0"},
		{"and|b|0", "FALSE"},
		{"and|b|NULL", "(b#0 AND NULL)"},
		{"or|b|0", "b#0"},
		{"or|b|1", "TRUE"},
		{"coalesce|NULL|i", "i#0"},
		{"coalesce|1|i", "1"},
		{"if|1|i|l", "CAST(i#0 AS bigint)"},
		{"nullif|1|1", "NULL"},
		{"is null|NULL", "TRUE"},
	} {
		e, err := parseCall(t, c.call)
		if err != nil {
			t.Fatalf("%s: %v", c.call, err)
		}
		if got := Fold(e); got.String() != c.want || got.Type() != e.Type() {
			t.Errorf("%s folds to %s [%s], want %s [%s]", c.call, got, got.Type(), c.want, e.Type())
		}
	}
	param := call(Add, &Param{Name: "p", Typ: types.Of(types.Int64)}, intLit(1))
	if Fold(param) != param {
		t.Error("a parameter was folded")
	}
	ts := call(Lt, arg(t, "ts"), textLit("1995-01-01"))
	if Fold(ts) != ts {
		t.Error("a conversion by the session's time zone was folded")
	}
}
