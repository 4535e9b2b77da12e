package postgres

import (
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/types"
)

const (
	dateLayout     = "2006-01-02"
	datetimeLayout = "2006-01-02 15:04:05.999999"
)

// parseValue reads a value of pg_stats, as the server prints it with DateStyle ISO and time zone UTC. False if t is not
// a kind with a useful range or the value has no counterpart in it.
func parseValue(text string, t types.Type) (types.Value, bool) {
	switch {
	case t.Kind == types.Int16 || t.Kind == types.Int32 || t.Kind == types.Int64 || t.Kind == types.Uint32:
		n, err := strconv.ParseInt(text, 10, 64)
		return types.IntValue(n), err == nil
	case t.IsFloat():
		f, err := strconv.ParseFloat(text, 64)
		return types.FloatValue(f), err == nil && f-f == 0
	case t.Kind == types.Decimal:
		return parseDecimal(text, int(t.Scale))
	case t.Kind == types.Date:
		return parseTime(dateLayout, text, func(t time.Time) int64 { return t.Unix() / 86400 })
	case t.Kind == types.Datetime:
		return parseTime(datetimeLayout, text, time.Time.UnixMicro)
	case t.Kind == types.Timestamp:
		return parseTime(datetimeLayout+"-07", text, time.Time.UnixMicro)
	case t.Kind == types.Char:
		return types.TextValue(strings.TrimRight(text, " ")), true
	case t.Kind == types.Varchar || t.Kind == types.Text:
		return types.TextValue(text), true
	}
	return types.Value{}, false
}

func parseDecimal(text string, scale int) (types.Value, bool) {
	v, t, err := types.ParseDecimal(text)
	if err != nil || int(t.Scale) > scale {
		return types.Value{}, false
	}
	ten := decimal256.FromU64(10)
	for range scale - int(t.Scale) {
		v.Dec = v.Dec.Mul(ten)
	}
	return v, true
}

func parseTime(layout, text string, count func(time.Time) int64) (types.Value, bool) {
	t, err := time.Parse(layout, text)
	if err != nil || strings.HasSuffix(text, "BC") {
		return types.Value{}, false
	}
	return types.IntValue(count(t)), true
}
