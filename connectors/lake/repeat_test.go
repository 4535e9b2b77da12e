package lake

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/types"
)

// A column that a file lacks has one value in all of its rows, of any type that a format's metadata have.
func TestRepeat(t *testing.T) {
	for _, c := range []struct {
		typ   types.Type
		value types.Value
		want  string
	}{
		{types.Of(types.Bool), types.BoolValue(true), "true"},
		{types.Of(types.Int8), types.IntValue(-7), "-7"},
		{types.Of(types.Int16), types.IntValue(-700), "-700"},
		{types.Of(types.Int32), types.IntValue(-7), "-7"},
		{types.Of(types.Int64), types.IntValue(1 << 40), "1099511627776"},
		{types.Of(types.Float32), types.FloatValue(0.5), "0.5"},
		{types.Of(types.Float64), types.FloatValue(-2.25), "-2.25"},
		{types.NewDecimal(9, 2), types.Value{Dec: decimal256.FromI64(-110)}, "-1.1"},
		{types.NewDecimal(38, 2), types.Value{Dec: decimal256.FromI64(110)}, "1.1"},
		{types.NewDecimal(65, 2), types.Value{Dec: decimal256.FromI64(110)}, "1.1"},
		{types.Of(types.Date), types.IntValue(19782), "2024-02-29"},
		{types.NewTemporal(types.Time, 6), types.IntValue(1), "1us"},
		{types.NewTemporal(types.Datetime, 6), types.IntValue(0), "1970-01-01T00:00:00"},
		{types.NewTemporal(types.Timestamp, 6), types.IntValue(0), "1970-01-01T00:00:00Z"},
		{types.Of(types.Text), types.TextValue("x"), "x"},
		{types.Of(types.Blob), types.TextValue("x"), "eA=="},
		{types.Of(types.JSON), types.NullValue, "(null)"},
	} {
		a := repeat(memory.DefaultAllocator, c.value, c.typ, 3)
		if a.Len() != 3 || a.ValueStr(2) != c.want || !c.value.Null && !repeatable(c.typ) {
			t.Errorf("%s: %d times %s, want 3 times %s", c.typ, a.Len(), a.ValueStr(2), c.want)
		}
		a.Release()
	}
}
