package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// typed is a value as a test writes it.
type typed struct {
	typ   types.Type
	value types.Value
}

func text(s string) typed {
	return typed{types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900), types.TextValue(s)}
}

func whole(v int64) typed { return typed{types.Of(types.Int64), types.IntValue(v)} }

func huge(v uint64) typed { return typed{types.Of(types.Uint64), types.UintValue(v)} }

func double(v float64) typed { return typed{types.Of(types.Float64), types.FloatValue(v)} }

func exact(s string) typed {
	v, t, err := types.ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return typed{t, v}
}

func moment(kind types.Kind, s string) typed {
	at, err := time.Parse("2006-01-02 15:04:05.999999", s)
	if err != nil {
		panic(err)
	}
	if kind == types.Date {
		return typed{types.Of(kind), types.IntValue(at.Unix() / 86400)}
	}
	return typed{types.NewTemporal(kind, 6), types.IntValue(at.UnixMicro())}
}

func clock(us int64) typed { return typed{types.NewTemporal(types.Time, 6), types.IntValue(us)} }

// TestStore stores values as MySQL does, most of them as MariaDB 10.11 was seen to.
func TestStore(t *testing.T) {
	column := func(k types.Kind) Column { return Column{Table: "t", Name: "c", Type: types.Of(k)} }
	sized := func(k types.Kind, length int) Column {
		return Column{Table: "t", Name: "c", Type: types.Type{Kind: k, Length: uint32(length), Collation: types.Collation(0)}}
	}
	textual := func(k types.Kind, length int) Column {
		return Column{Table: "t", Name: "c", Type: types.NewText(k, length, types.Utf8mb4Bin0900)}
	}
	members := func(k types.Kind) Column {
		return Column{Table: "t", Name: "c", Type: types.Type{Kind: k, Members: "a\x00b", Collation: types.Collation(45)}} // utf8mb4_general_ci
	}
	medium, tiny := column(types.Int32), column(types.Int8)
	medium.Bits = 24
	money := Column{Table: "t", Name: "c", Type: types.NewDecimal(4, 2)}
	positive := Column{Table: "t", Name: "c", Type: types.NewDecimal(4, 2), Number: types.Number{Unsigned: true}}
	digits := func(k types.Kind, n types.Number) Column {
		return Column{Table: "t", Name: "c", Type: types.Of(k), Number: n}
	}
	empty := func(k types.Kind) Column {
		c := textual(k, 0)
		c.Empty = true
		return c
	}
	short := textual(types.Text, 0)
	short.Bytes = 5
	latin := textual(types.Varchar, 5)
	latin.Encodes = func(r rune) bool { return r < 256 }
	fine := Column{Table: "t", Name: "c", Type: types.NewTemporal(types.Datetime, 3)}
	for _, c := range []struct {
		from   typed
		to     Column
		strict string // the value, or the errno
		loose  string // the same where the mode is not strict, with the errnos of what is said; "": as strict
	}{
		{text("abc"), column(types.Int32), "1366", "0 1366"}, {text("12abc"), column(types.Int32), "1265", "12 1265"}, {text(""), column(types.Int32), "1366", "0 1366"},
		{text("2.5"), column(types.Int32), "3", ""}, {text("-2.5"), column(types.Int32), "-3", ""}, {exact("2.5"), column(types.Int32), "3", ""}, {double(2.5), column(types.Int32), "2", ""},
		{text(" 12 "), column(types.Int32), "12", ""}, {text("1e3"), column(types.Int32), "1000", ""}, {text("1e99999999999"), column(types.Int32), "1264", "2147483647 1264"},
		{text("1e-99999999999"), column(types.Int32), "0", ""}, {whole(200), tiny, "1264", "127 1264"}, {whole(-129), tiny, "1264", "-128 1264"}, {whole(-1), column(types.Uint32), "1264", "0 1264"},
		{huge(1 << 63), column(types.Int64), "1264", "9223372036854775807 1264"}, {text("9223372036854775808"), column(types.Int64), "1264", "9223372036854775807 1264"},
		{text("18446744073709551615"), column(types.Uint64), "18446744073709551615", ""}, {double(1.8446744073709552e19), column(types.Uint64), "1264", "18446744073709551615 1264"},
		{double(9.2e18), column(types.Int64), "9200000000000000000", ""}, {exact("-1.5"), column(types.Uint64), "1264", "0 1264"}, {exact("-0.4"), column(types.Uint64), "0", ""},
		{whole(1 << 23), medium, "1264", "8388607 1264"}, {whole(-1 << 23), medium, "-8388608", ""}, {moment(types.Date, "2024-01-02 00:00:00"), column(types.Int32), "20240102", ""},
		{moment(types.Datetime, "2024-01-02 10:11:12.6"), column(types.Uint64), "20240102101113", ""}, {clock(-(10*3600 + 11*60 + 12) * second), column(types.Int32), "-101112", ""},

		{text("abc"), money, "1366", "0.00 1366"}, {text("1abc"), money, "1265", "1.00 1265"}, {text("1.005"), money, "1.01 1265", ""}, {exact("1.005"), money, "1.01 1265", ""},
		{double(1.005), money, "1.01 1265", ""}, {whole(100), money, "1264", "99.99 1264"}, {whole(-100), money, "1264", "-99.99 1264"}, {exact("99.995"), money, "1264", "99.99 1264"},

		{text("abc"), column(types.Float64), "1265", "0 1265"}, {text("1abc"), column(types.Float64), "1265", "1 1265"}, {text("1e400"), column(types.Float64), "1264", "1.7976931348623157e308 1264"},
		{double(1e39), column(types.Float32), "1264", "3.4028235e38 1264"}, {exact("0.1"), column(types.Float64), "0.1", ""},

		{whole(-1), positive, "1264", "0.00 1264"}, {exact("-0.001"), positive, "1264", "0.00 1264"}, {exact("1.25"), positive, "1.25", ""}, {text("-0"), positive, "0.00", ""},
		{double(-0.5), digits(types.Float64, types.Number{Unsigned: true}), "1264", "0 1264"}, {text("-1"), digits(types.Float32, types.Number{Unsigned: true}), "1264", "0 1264"},
		{double(1.126), digits(types.Float64, types.Number{Digits: 5, Decimals: 2}), "1.13", ""}, {double(-1.126), digits(types.Float32, types.Number{Digits: 5, Decimals: 2}), "-1.13", ""},
		{double(999.996), digits(types.Float64, types.Number{Digits: 5, Decimals: 2}), "1264", "999.99 1264"}, {whole(-100000), digits(types.Float32, types.Number{Digits: 7, Decimals: 2}), "1264", "-99999.99 1264"},
		{double(1e300), digits(types.Float32, types.Number{Digits: 255, Decimals: 30}), "1264", "3.4028235e38 1264"}, {double(7.5), digits(types.Float64, types.Number{Digits: 1}), "7", ""},

		{text("abcd"), textual(types.Varchar, 3), "1406", "abc 1265"}, {text("abc "), textual(types.Varchar, 3), "abc 1265", ""}, {text("abc "), textual(types.Char, 3), "abc", ""},
		{text("äöüß"), textual(types.Varchar, 3), "1406", "äöü 1265"}, {whole(12345), textual(types.Varchar, 3), "1406", "123 1265"}, {text("äöüß"), short, "1406", "äö 1265"},
		{moment(types.Date, "2024-01-02 00:00:00"), textual(types.Varchar, 10), "2024-01-02", ""}, {text("жж"), latin, "1366", "?? 1366"}, {text("é"), latin, "é", ""},
		{typed{types.Of(types.Blob), types.TextValue("a\xff")}, textual(types.Varchar, 5), "1366", "a? 1366"}, {text("abcd"), sized(types.Varbinary, 3), "1406", "abc 1265"},
		{text("a"), empty(types.Varchar), "1406", " 1265"}, {text(" "), empty(types.Char), "", ""}, {text("a"), empty(types.Varbinary), "1406", " 1265"}, {text(""), empty(types.Binary), "", ""},
		{text("a"), sized(types.Binary, 3), "a\x00\x00", ""},

		{text("abc"), column(types.Date), "1292", ""}, {text("2024-01-01x"), column(types.Date), "1292", "2024-01-01 1265"}, {text("2024-01-01 10:00:00"), column(types.Date), "2024-01-01 1265", ""},
		{text("2024-02-30"), column(types.Date), "1292", ""}, {whole(20240102), column(types.Date), "2024-01-02", ""}, {whole(12), column(types.Date), "1292", ""},
		{text("2024.01.02"), column(types.Date), "2024-01-02", ""}, {text("99-01-01"), column(types.Datetime), "1999-01-01 00:00:00", ""}, {text("0000-00-00"), column(types.Date), "1292", ""},
		{whole(20240101101010), column(types.Datetime), "2024-01-01 10:10:10", ""}, {text("2024-01-01 10:11:12.6"), column(types.Datetime), "2024-01-01 10:11:13", ""},
		{text("2024-01-01 10:11:12.6789"), fine, "2024-01-01 10:11:12.679", ""}, {text("9999-12-31 23:59:59.9"), column(types.Datetime), "1292", ""},
		{text("1960-01-01"), column(types.Timestamp), "1292", ""}, {text("2040-01-01"), column(types.Timestamp), "1292", ""}, {text("2024-01-01 10:00:00+02:00"), column(types.Timestamp), "2024-01-01 08:00:00", ""},
		{clock(3600 * second), column(types.Datetime), "2024-05-06 01:00:00", ""}, {text("1969-12-31 23:59:59.6"), column(types.Datetime), "1970-01-01 00:00:00", ""},

		{text("999:00:00"), column(types.Time), "1292", "838:59:59 1264"}, {text("-999:00:00"), column(types.Time), "1292", "-838:59:59 1264"}, {text("2024-01-01 10:00:00"), column(types.Time), "10:00:00 1265", ""},
		{text("-1 02:00"), column(types.Time), "-26:00:00", ""}, {text("abc"), column(types.Time), "1292", "00:00:00 1265"}, {text("10:11:12x"), column(types.Time), "1292", "10:11:12 1265"},
		{whole(101112), column(types.Time), "10:11:12", ""}, {whole(9990000), column(types.Time), "1292", "838:59:59 1264"}, {whole(106070), column(types.Time), "1292", "00:00:00 1265"},
		{text("838:59:59.6"), column(types.Time), "1292", "838:59:59 1264"},

		{whole(1800), column(types.Year), "1264", "0000 1264"}, {text("abc"), column(types.Year), "1366", "0000 1366"}, {text("69"), column(types.Year), "2069", ""}, {whole(70), column(types.Year), "1970", ""},
		{whole(0), column(types.Year), "0000", ""}, {text("0"), column(types.Year), "2000", ""}, {text("0000"), column(types.Year), "0000", ""}, {moment(types.Date, "2024-01-02 00:00:00"), column(types.Year), "2024", ""},

		{text("c"), members(types.Enum), "1265", " 1265"}, {whole(3), members(types.Enum), "1265", " 1265"}, {whole(1), members(types.Enum), "a", ""}, {text("2"), members(types.Enum), "b", ""},
		{typed{types.Type{Kind: types.Enum, Members: "x"}, types.TextValue("")}, members(types.Enum), "", ""}, {text(""), members(types.Enum), "1265", " 1265"},
		{text("B "), members(types.Enum), "b", ""}, {text("a,c"), members(types.Set), "1265", "a 1265"}, {text("b,a,b"), members(types.Set), "a,b", ""}, {whole(4), members(types.Set), "1265", " 1265"},
		{text("3"), members(types.Set), "a,b", ""}, {text(""), members(types.Set), "", ""},

		{whole(9), sized(types.Bit, 3), "1406", "7 1264"}, {text("a"), sized(types.Bit, 8), "97", ""}, {whole(-1), sized(types.Bit, 3), "1406", "7 1264"},

		{text(`{"b": 1,"a":[1.50]}`), column(types.JSON), `{"a": [1.5], "b": 1}`, ""}, {text("{"), column(types.JSON), "3140", ""}, {whole(1), column(types.JSON), "3140", ""},
	} {
		for _, strict := range []bool{true, false} {
			want := c.strict
			if !strict && c.loose != "" {
				want = c.loose
			}
			var said []string
			say := func(code sqlerr.Code, _ string) { said = append(said, fmt.Sprint(code.Identity().Errno)) }
			rules := Rules{Strict: strict, Location: time.UTC, Now: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC), Warn: say, Note: say, Row: 1}
			v, err := rules.Store(c.from.value, c.from.typ, &c.to)
			got := strings.Join(append([]string{v.Format(c.to.Type, time.UTC)}, said...), " ")
			if err != nil {
				got = fmt.Sprint(sqlerr.CodeOf(err).Identity().Errno)
			}
			if got != want {
				t.Errorf("%s of %s into %s, strict %t: %s, %v; want %s", c.from.value.Format(c.from.typ, time.UTC), c.from.typ, c.to.Type, strict, got, err, want)
			}
		}
	}
}
