package rest

import (
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// TestValues reads JSON as columns of each type.
func TestValues(t *testing.T) {
	datetime, date, clock := types.NewTemporal(types.Datetime, 6), types.Of(types.Date), types.NewTemporal(types.Time, 6)
	for _, c := range []struct {
		typ  types.Type
		unit Epoch
		json string
		want string      // as MySQL prints it, or
		code sqlerr.Code // of the error
	}{
		{bigint, 0, `null`, "NULL", 0},
		{bigint, 0, `"9223372036854775807"`, "9223372036854775807", 0},
		{bigint, 0, `-3.0`, "-3", 0},
		{bigint, 0, `1e3`, "1000", 0},
		{bigint, 0, `1.5`, "", sqlerr.OutOfRange},
		{bigint, 0, `9223372036854775808`, "", sqlerr.OutOfRange},
		{bigint, 0, `1e400`, "", sqlerr.OutOfRange},
		{bigint, 0, `1e999999999`, "", sqlerr.BadValue},
		{bigint, 0, `"1/2"`, "", sqlerr.BadValue},
		{bigint, 0, `{"a": 1}`, "", sqlerr.BadValue},
		{bigint, 0, `""`, "", sqlerr.BadValue},
		{types.Of(types.Int8), 0, `128`, "", sqlerr.OutOfRange},
		{types.Of(types.Uint64), 0, `18446744073709551615`, "18446744073709551615", 0},
		{types.Of(types.Uint64), 0, `-1`, "", sqlerr.OutOfRange},
		{types.Of(types.Float64), 0, `"NaN"`, "lost", 0},
		{types.Of(types.Float64), 0, `"-Infinity"`, "lost", 0},
		{types.Of(types.Float64), 0, `1e400`, "", sqlerr.BadValue},
		{types.NewDecimal(5, 2), 0, `"inf"`, "lost", 0},
		{types.NewDecimal(5, 2), 0, `"much"`, "", sqlerr.BadValue},
		{types.Of(types.Float64), 0, `0.1`, "0.1", 0},
		{types.Of(types.Float64), 0, `"much"`, "", sqlerr.BadValue},
		{types.NewDecimal(5, 2), 0, `1.5`, "1.50", 0},
		{types.NewDecimal(5, 2), 0, `"999.99"`, "999.99", 0},
		{types.NewDecimal(5, 2), 0, `1000`, "", sqlerr.OutOfRange},
		{types.NewDecimal(5, 2), 0, `0.001`, "", sqlerr.OutOfRange},
		{types.Of(types.Bool), 0, `true`, "1", 0},
		{types.Of(types.Bool), 0, `"false"`, "0", 0},
		{types.Of(types.Bool), 0, `"maybe"`, "", sqlerr.BadValue},
		{text, 0, `"Zürich"`, "Zürich", 0},
		{text, 0, `12.50`, "12.50", 0},
		{text, 0, `{"a":[1]}`, `{"a":[1]}`, 0},
		{types.Of(types.JSON), 0, `{"b":1, "a":[1,2]}`, `{"a": [1, 2], "b": 1}`, 0},
		{types.Of(types.JSON), 0, `"text"`, `"text"`, 0},
		{types.Of(types.JSON), 0, `null`, "NULL", 0},
		{types.Of(types.Blob), 0, `"AAH/"`, "\x00\x01\xff", 0},
		{types.Of(types.Blob), 0, `"?"`, "", sqlerr.BadValue},
		{datetime, 0, `"2024-02-29T12:30:00.5+02:00"`, "2024-02-29 10:30:00.500000", 0},
		{datetime, 0, `"2024-02-29"`, "2024-02-29 00:00:00.000000", 0},
		{datetime, 0, `"2024-02-30T00:00:00Z"`, "", sqlerr.BadDate},
		{datetime, 0, `1709202600000`, "", sqlerr.BadDate},
		{datetime, Milliseconds, `1709202600123`, "2024-02-29 10:30:00.123000", 0},
		{datetime, Milliseconds, `"1709202600123"`, "2024-02-29 10:30:00.123000", 0},
		{datetime, Seconds, `1709202600.25`, "2024-02-29 10:30:00.250000", 0},
		{datetime, Seconds, `1e15`, "", sqlerr.BadDate},
		{date, 0, `"2024-02-29"`, "2024-02-29", 0},
		{date, 0, `"2024-02-29T10:00:00Z"`, "", sqlerr.BadDate},
		{date, Seconds, `86400`, "1970-01-02", 0},
		{clock, 0, `"-12:34:56.5"`, "-12:34:56.500000", 0},
		{clock, 0, `"12:60:00"`, "", sqlerr.BadDate},
	} {
		v, err := valueOf(gjson.Parse(c.json), &Column{Name: "c", Type: c.typ, Epoch: c.unit})
		switch {
		case c.want == "lost":
			if err != errLost || v != types.NullValue {
				t.Errorf("%s as %s: %v, %v", c.json, c.typ, v, err)
			}
		case c.code != 0:
			if sqlerr.CodeOf(err) != c.code {
				t.Errorf("%s as %s: %v, %v", c.json, c.typ, v, err)
			}
			mention(t, err, "column c", c.typ.String())
		case err != nil || v.Format(c.typ, time.UTC) != c.want:
			t.Errorf("%s as %s: %q, %v", c.json, c.typ, v.Format(c.typ, time.UTC), err)
		}
	}
}

// TestLongNumbers refuses what would take long to read.
func TestLongNumbers(t *testing.T) {
	if _, ok := ratOf(strings.Repeat("9", mostDigits)); !ok {
		t.Error("a number is refused")
	}
	if _, ok := ratOf(strings.Repeat("9", mostDigits+1)); ok {
		t.Error("a number of too many digits is read")
	}
}

// TestParameters writes values so that they are read as themselves.
func TestParameters(t *testing.T) {
	moment := types.IntValue(time.Date(2024, 2, 29, 10, 30, 0, 500_000_000, time.UTC).UnixMicro())
	for _, c := range []struct {
		column Column
		value  types.Value
		want   string
	}{
		{Column{Type: bigint}, types.IntValue(-5), "-5"},
		{Column{Type: text}, types.TextValue("a b"), "a b"},
		{Column{Type: types.Of(types.Bool)}, types.BoolValue(true), "true"},
		{Column{Type: types.NewTemporal(types.Datetime, 6)}, moment, "2024-02-29T10:30:00.5Z"},
		{Column{Type: types.NewTemporal(types.Datetime, 6), Epoch: Milliseconds}, moment, "1709202600500"},
		{Column{Type: types.Of(types.Date)}, types.IntValue(1), "1970-01-02"},
		{Column{Type: types.Of(types.Date), Epoch: Seconds}, types.IntValue(1), "86400"},
		{Column{Type: types.Of(types.Blob)}, types.TextValue("\x00\x01\xff"), "AAH/"},
	} {
		if got := textOf(c.value, &c.column); got != c.want {
			t.Errorf("%s: %q, want %q", c.column.Type, got, c.want)
		}
	}
	if seconds := (&Column{Type: types.NewTemporal(types.Datetime, 6), Epoch: Seconds}); sendable(moment, seconds) {
		t.Error("half a second can be asked for in seconds")
	}
}

// TestPaths finds members by their names, however those are written.
func TestPaths(t *testing.T) {
	doc := gjson.Parse(`{"a": {"b-c": 1, "0": 2, "*": 3}, "#": 4, "@this": 5, "list": [{"x": 6}]}`)
	for path, want := range map[string]string{"a.b-c": "1", "a.0": "2", "a.*": "3", "#": "4", "@this": "5", "list.x": "", "list.0": "", "a.?": "", "nope.b": ""} {
		if got := find(doc, path).Raw; got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
