package rest

import (
	"encoding/base64"
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/tidwall/gjson"

	"github.com/silogate/silogate/engine/expr/kernel/jsondoc"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// decodable reports a type whose values are read from JSON.
func decodable(t types.Type) bool {
	switch t.Kind {
	case types.Null, types.Year, types.Char, types.Enum, types.Set, types.Bit, types.Binary:
		return false
	case types.Datetime, types.Timestamp, types.Time:
		return t.Scale == types.MaxFSP
	}
	return true
}

// errLost is a number that MySQL does not have.
var errLost = errors.New("NaN or an infinity")

// valueOf reads a JSON value: null, and nothing at all, is NULL; so is what errLost comes with. Numbers and truth values may
// be texts, as of APIs that spare 64-bit integers the doubles of JavaScript. A fault is without the value, which may be
// anybody's data.
func valueOf(v gjson.Result, c *Column) (types.Value, error) {
	t := c.Type
	if v.Type == gjson.Null {
		return types.NullValue, nil
	}
	bad := func(code sqlerr.Code) (types.Value, error) {
		return types.NullValue, sqlerr.New(code, "column %s: a JSON %s is not a value of %s", c.Name, kindOf(v), t)
	}
	text := v.Str
	if v.Type != gjson.String {
		text = v.Raw
	}
	switch {
	case t.Kind == types.JSON:
		doc, err := jsondoc.Parse(v.Raw, false)
		if err != nil {
			return bad(sqlerr.BadJSON)
		}
		return types.TextValue(string(doc.Append(nil))), nil
	case t.IsText():
		return types.TextValue(text), nil
	case t.IsBinary():
		data, err := base64.StdEncoding.DecodeString(v.Str)
		if err != nil || v.Type != gjson.String {
			return bad(sqlerr.BadValue)
		}
		return types.TextValue(string(data)), nil
	case v.IsObject() || v.IsArray():
		return bad(sqlerr.BadValue)
	case t.Kind == types.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return bad(sqlerr.BadValue)
		}
		return types.BoolValue(b), nil
	case t.IsInteger():
		return integerOf(text, t, bad)
	case t.IsFloat():
		return floatOf(text, t, bad)
	case t.Kind == types.Decimal:
		return decimalOf(text, t, bad)
	}
	return momentOf(v, text, c, bad)
}

func kindOf(v gjson.Result) string {
	switch {
	case v.IsObject():
		return "object"
	case v.IsArray():
		return "array"
	}
	return strings.ToLower(v.Type.String())
}

type badValue func(sqlerr.Code) (types.Value, error)

// integers are the ranges of integer types.
var integers = map[types.Kind][2]int64{
	types.Int8: {math.MinInt8, math.MaxInt8}, types.Int16: {math.MinInt16, math.MaxInt16},
	types.Int32: {math.MinInt32, math.MaxInt32}, types.Int64: {math.MinInt64, math.MaxInt64},
	types.Uint8: {0, math.MaxUint8}, types.Uint16: {0, math.MaxUint16}, types.Uint32: {0, math.MaxUint32},
}

func integerOf(text string, t types.Type, bad badValue) (types.Value, error) {
	if t.Kind == types.Uint64 {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return bad(sqlerr.OutOfRange)
		}
		return types.UintValue(n), nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil { // perhaps 5.0 or 1e3
		exact, ok := ratOf(text)
		if !ok {
			return bad(sqlerr.BadValue)
		}
		if !exact.IsInt() || !exact.Num().IsInt64() {
			return bad(sqlerr.OutOfRange)
		}
		n = exact.Num().Int64()
	}
	if r := integers[t.Kind]; n < r[0] || n > r[1] {
		return bad(sqlerr.OutOfRange)
	}
	return types.IntValue(n), nil
}

// mostExponent bounds the digits that a short text stands for, and mostDigits those of a long one: reading a number exactly
// takes time by the square of its digits.
const (
	mostExponent = 400
	mostDigits   = 1000
)

// ratOf reads a number exactly.
func ratOf(text string) (*big.Rat, bool) {
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		if e, err := strconv.Atoi(text[at+1:]); err != nil || e > mostExponent || e < -mostExponent {
			return nil, false
		}
	}
	if len(text) > mostDigits || strings.ContainsAny(text, "/xXpP_") {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// floatOf reads a number, which may be one of JavaScript's.
func floatOf(text string, t types.Type, bad badValue) (types.Value, error) {
	bits := 64
	if t.Kind == types.Float32 {
		bits = 32
	}
	f, err := strconv.ParseFloat(text, bits)
	switch {
	case err != nil:
		return bad(sqlerr.BadValue)
	case math.IsNaN(f) || math.IsInf(f, 0):
		return types.NullValue, errLost
	}
	return types.FloatValue(f), nil
}

// decimalOf reads a number that has no more digits than the type.
func decimalOf(text string, t types.Type, bad badValue) (types.Value, error) {
	exact, ok := ratOf(text)
	if !ok {
		if _, err := floatOf(text, t, bad); err != nil { // perhaps one of JavaScript's
			return types.NullValue, err
		}
		return bad(sqlerr.BadValue)
	}
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(t.Scale)), nil)
	most := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(t.Precision)), nil)
	exact.Mul(exact, new(big.Rat).SetInt(unit))
	if !exact.IsInt() || exact.Num().CmpAbs(most) >= 0 {
		return bad(sqlerr.OutOfRange)
	}
	return types.Value{Dec: decimal256.FromBigInt(exact.Num())}, nil
}

// layouts are the forms of moments in text; those without a zone are UTC.
var layouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", time.DateOnly}

func momentOf(v gjson.Result, text string, c *Column, bad badValue) (types.Value, error) {
	t := c.Type
	if t.Kind == types.Time {
		return clockOf(text, bad)
	}
	if c.Epoch != Text {
		exact, ok := ratOf(text)
		if !ok {
			return bad(sqlerr.BadDate)
		}
		exact.Mul(exact, new(big.Rat).SetInt64(int64(c.Epoch)))
		micros := new(big.Int).Quo(exact.Num(), exact.Denom())
		if !micros.IsInt64() || !inCalendar(time.UnixMicro(micros.Int64())) {
			return bad(sqlerr.BadDate)
		}
		return dayOrMoment(micros.Int64(), t, bad)
	}
	if v.Type != gjson.String {
		return bad(sqlerr.BadDate)
	}
	for _, layout := range layouts {
		if at, err := time.Parse(layout, text); err == nil && inCalendar(at) {
			return dayOrMoment(at.UTC().UnixMicro(), t, bad)
		}
	}
	return bad(sqlerr.BadDate)
}

// inCalendar reports a moment that MySQL has.
func inCalendar(at time.Time) bool {
	year := at.UTC().Year()
	return year >= 1 && year <= 9999
}

const day = 86_400_000_000 // microseconds

func dayOrMoment(micros int64, t types.Type, bad badValue) (types.Value, error) {
	if t.Kind != types.Date {
		return types.IntValue(micros), nil
	}
	if micros%day != 0 {
		return bad(sqlerr.BadDate)
	}
	return types.IntValue(micros / day), nil
}

// clockOf reads [-]HH:MM:SS[.ffffff].
func clockOf(text string, bad badValue) (types.Value, error) {
	digits, negative := strings.CutPrefix(text, "-")
	parts := strings.Split(digits, ":")
	if len(parts) != 3 {
		return bad(sqlerr.BadDate)
	}
	hours, err1 := strconv.ParseUint(parts[0], 10, 16)
	minutes, err2 := strconv.ParseUint(parts[1], 10, 8)
	seconds, ok := ratOf(parts[2])
	if err1 != nil || err2 != nil || !ok || hours > 838 || minutes > 59 || seconds.Sign() < 0 || seconds.Cmp(big.NewRat(60, 1)) >= 0 {
		return bad(sqlerr.BadDate)
	}
	seconds.Mul(seconds, big.NewRat(1_000_000, 1))
	micros := int64(hours*60+minutes)*60_000_000 + new(big.Int).Quo(seconds.Num(), seconds.Denom()).Int64()
	if negative {
		micros = -micros
	}
	return types.IntValue(micros), nil
}

// textOf writes a value as an API takes it in a parameter.
func textOf(v types.Value, c *Column) string {
	t := c.Type
	switch {
	case c.Epoch != Text && t.Kind == types.Date:
		return strconv.FormatInt(v.Int*(day/int64(c.Epoch)), 10)
	case c.Epoch != Text:
		return strconv.FormatInt(v.Int/int64(c.Epoch), 10)
	case t.Kind == types.Bool:
		return strconv.FormatBool(v.Int != 0)
	case t.Kind == types.Datetime || t.Kind == types.Timestamp:
		return time.UnixMicro(v.Int).UTC().Format("2006-01-02T15:04:05.999999Z07:00")
	case t.IsBinary():
		return base64.StdEncoding.EncodeToString([]byte(v.Str))
	}
	return v.Format(t, time.UTC)
}

// sendable reports a value that an API can be asked for: one that the text of a parameter says exactly.
func sendable(v types.Value, c *Column) bool {
	if c.Epoch != Text && c.Type.Kind != types.Date {
		return v.Int%int64(c.Epoch) == 0
	}
	return true
}
