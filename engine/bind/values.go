package bind

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

const (
	secondsPerDay = 86400
)

// toGMS returns the value GMS uses for v, which is of type t; as is the GMS type it is meant for. GMS computes with wall
// clocks: an instant becomes the time that a clock in loc shows.
func toGMS(ctx *sql.Context, v types.Value, t types.Type, as sql.Type, loc *time.Location) (any, error) {
	if v.Null {
		return nil, nil
	}
	switch t.Kind {
	case types.Null:
		return nil, nil
	case types.Bool:
		if as == gmstypes.Boolean {
			return int8(v.Int), nil
		}
		return v.Int, nil
	case types.Int64:
		return v.Int, nil
	case types.Int8:
		return int8(v.Int), nil
	case types.Int16, types.Year:
		return int16(v.Int), nil
	case types.Int32:
		return int32(v.Int), nil
	case types.Uint8:
		return uint8(v.Int), nil
	case types.Uint16:
		return uint16(v.Int), nil
	case types.Uint32:
		return uint32(v.Int), nil
	case types.Uint64, types.Bit:
		return uint64(v.Int), nil
	case types.Float32:
		return float32(v.Float), nil
	case types.Float64:
		return v.Float, nil
	case types.Decimal:
		coefficient := new(apd.BigInt).SetMathBigInt(v.Dec.BigInt())
		return apd.NewWithBigInt(coefficient, -int32(t.Scale)), nil
	case types.Date:
		return time.Unix(v.Int*secondsPerDay, 0).UTC(), nil
	case types.Datetime:
		return time.UnixMicro(v.Int).UTC(), nil
	case types.Timestamp:
		return wallClock(time.UnixMicro(v.Int).In(loc)), nil
	case types.Time:
		return gmstypes.Timespan(v.Int), nil
	case types.Binary, types.Varbinary, types.Blob:
		return []byte(v.Str), nil
	case types.JSON, types.Enum, types.Set:
		if e, ok := as.(sql.EnumType); ok && v.Str == "" && e.IndexOf("") < 0 { // what is stored of no member
			return uint16(0), nil
		}
		x, _, err := as.Convert(ctx, v.Str)
		return x, err
	}
	return v.Str, nil
}

// wallClock returns the UTC time that reads as t does in its own location.
func wallClock(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// fromGMS returns the value of type t that x, a value GMS computed for its type from, stands for. It is the inverse of
// toGMS. A value that t can't hold is an error.
func fromGMS(ctx *sql.Context, x any, from sql.Type, t types.Type, loc *time.Location) (types.Value, error) {
	x, err := sql.UnwrapAny(ctx, x)
	if err != nil {
		return types.Value{}, err
	}
	if x == nil || t.Kind == types.Null {
		return types.NullValue, nil
	}
	switch {
	case t.Kind == types.Bool:
		b, err := sql.ConvertToBool(ctx, x)
		return types.BoolValue(b), err
	case t.IsUnsigned():
		u, _, err := gmstypes.Uint64.Convert(ctx, x)
		return uintValue(u), err
	case t.Kind == types.Year:
		y, _, err := gmstypes.Year.Convert(ctx, x)
		if err != nil {
			return types.Value{}, err
		}
		return types.IntValue(int64(y.(int16))), nil
	case t.IsInteger():
		i, _, err := gmstypes.Int64.Convert(ctx, x)
		if err != nil {
			return types.Value{}, err
		}
		return types.IntValue(i.(int64)), nil
	case t.IsFloat():
		return floatFromGMS(ctx, x, t)
	case t.Kind == types.Decimal:
		return decimalFromGMS(ctx, x, t)
	case t.Kind == types.Time:
		span, _, err := gmstypes.Time.Convert(ctx, x)
		if err != nil {
			return types.Value{}, err
		}
		return types.IntValue(int64(span.(gmstypes.Timespan))), nil
	case t.IsTemporal():
		return temporalFromGMS(ctx, x, t, loc)
	}
	return textFromGMS(ctx, x, from)
}

func uintValue(u any) types.Value {
	if u, ok := u.(uint64); ok {
		return types.UintValue(u)
	}
	return types.NullValue
}

// floatFromGMS reads a double; NaN and infinities are NULL as everywhere in the engine.
func floatFromGMS(ctx *sql.Context, x any, t types.Type) (types.Value, error) {
	y, _, err := gmstypes.Float64.Convert(ctx, x)
	if err != nil {
		return types.Value{}, err
	}
	f := y.(float64)
	if t.Kind == types.Float32 {
		f = float64(float32(f))
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return types.NullValue, nil
	}
	return types.FloatValue(f), nil
}

// decimalFromGMS reads a decimal at t's scale, rounding half away from zero as MySQL does.
func decimalFromGMS(ctx *sql.Context, x any, t types.Type) (types.Value, error) {
	d, ok := x.(*apd.Decimal)
	if !ok {
		y, _, err := gmstypes.InternalDecimalType.Convert(ctx, x)
		if err != nil {
			return types.Value{}, err
		}
		d = y.(*apd.Decimal)
	}
	if d.Form != apd.Finite {
		return types.NullValue, nil
	}
	var scaled apd.Decimal
	rounding := apd.Context{Precision: 2 * types.MaxPrecision, MaxExponent: apd.MaxExponent, MinExponent: apd.MinExponent,
		Rounding: apd.RoundHalfUp}
	if _, err := rounding.Quantize(&scaled, d, -int32(t.Scale)); err != nil {
		return types.Value{}, err
	}
	if scaled.NumDigits() > types.MaxPrecision {
		return types.Value{}, sqlerr.New(sqlerr.OutOfRange, "the value %s is out of range for %s", d, t)
	}
	unscaled := scaled.Coeff.MathBigInt()
	if scaled.Negative {
		unscaled.Neg(unscaled)
	}
	return types.Value{Dec: decimal256.FromBigInt(unscaled)}, nil
}

func temporalFromGMS(ctx *sql.Context, x any, t types.Type, loc *time.Location) (types.Value, error) {
	y, _, err := gmstypes.DatetimeMaxPrecision.Convert(ctx, x)
	if err != nil {
		return types.Value{}, err
	}
	at, ok := y.(time.Time)
	if !ok || at.Equal(gmstypes.ZeroTime) {
		// A zero date is not in the calendar; the engine has no value for it.
		return types.NullValue, nil
	}
	at = wallClock(at)
	switch t.Kind {
	case types.Date:
		return types.IntValue(floorDiv(at.Unix(), secondsPerDay)), nil
	case types.Timestamp:
		at = time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), loc)
	}
	return types.IntValue(at.UnixMicro()), nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// textFromGMS reads a text, byte string, JSON document, enum or set.
func textFromGMS(ctx *sql.Context, x any, from sql.Type) (types.Value, error) {
	switch x := x.(type) {
	case string:
		return types.TextValue(x), nil
	case []byte:
		return types.TextValue(string(x)), nil
	case sql.JSONWrapper:
		s, err := gmstypes.JsonToMySqlString(ctx, x)
		return types.TextValue(s), err
	case uint16:
		if e, ok := from.(sql.EnumType); ok {
			s, ok := e.At(int(x))
			if !ok {
				return types.Value{}, sqlerr.New(sqlerr.BadValue, "%d is no member of %s", x, e)
			}
			return types.TextValue(s), nil
		}
	case uint64:
		if set, ok := from.(sql.SetType); ok {
			s, err := set.BitsToString(x)
			return types.TextValue(s), err
		}
	}
	y, _, err := gmstypes.LongText.Convert(ctx, x)
	if err != nil {
		return types.Value{}, err
	}
	s, ok := y.(string)
	if !ok {
		return types.Value{}, fmt.Errorf("a value of type %T is not text", y)
	}
	return types.TextValue(s), nil
}

// valueAt reads row i of a vector of type t.
func valueAt(a arrow.Array, i int, t types.Type) (types.Value, error) {
	if a.IsNull(i) {
		return types.NullValue, nil
	}
	switch a := a.(type) {
	case *array.Null:
		return types.NullValue, nil
	case *array.Boolean:
		return types.BoolValue(a.Value(i)), nil
	case *array.Int8:
		return types.IntValue(int64(a.Value(i))), nil
	case *array.Int16:
		return types.IntValue(int64(a.Value(i))), nil
	case *array.Int32:
		return types.IntValue(int64(a.Value(i))), nil
	case *array.Int64:
		return types.IntValue(a.Value(i)), nil
	case *array.Uint8:
		return types.UintValue(uint64(a.Value(i))), nil
	case *array.Uint16:
		return types.UintValue(uint64(a.Value(i))), nil
	case *array.Uint32:
		return types.UintValue(uint64(a.Value(i))), nil
	case *array.Uint64:
		return types.UintValue(a.Value(i)), nil
	case *array.Float32:
		return types.FloatValue(float64(a.Value(i))), nil
	case *array.Float64:
		return types.FloatValue(a.Value(i)), nil
	case *array.Decimal64:
		return types.Value{Dec: decimal256.FromI64(int64(a.Value(i)))}, nil
	case *array.Decimal128:
		return types.Value{Dec: decimal256.FromDecimal128(a.Value(i))}, nil
	case *array.Decimal256:
		return types.Value{Dec: a.Value(i)}, nil
	case *array.Date32:
		return types.IntValue(int64(a.Value(i))), nil
	case *array.Timestamp:
		return types.IntValue(int64(a.Value(i))), nil
	case *array.Duration:
		return types.IntValue(int64(a.Value(i))), nil
	case *array.String:
		return types.TextValue(strings.Clone(a.Value(i))), nil
	case *array.Binary:
		return types.TextValue(string(a.Value(i))), nil
	}
	return types.Value{}, fmt.Errorf("a vector of %s is not of type %s", a.DataType(), t)
}

// appendValue appends v, of type t, to the builder of t's Arrow type.
func appendValue(b array.Builder, v types.Value, t types.Type) error {
	if v.Null {
		b.AppendNull()
		return nil
	}
	switch b := b.(type) {
	case *array.NullBuilder:
		b.AppendNull()
	case *array.BooleanBuilder:
		b.Append(v.Int != 0)
	case *array.Int8Builder:
		b.Append(int8(v.Int))
	case *array.Int16Builder:
		b.Append(int16(v.Int))
	case *array.Int32Builder:
		b.Append(int32(v.Int))
	case *array.Int64Builder:
		b.Append(v.Int)
	case *array.Uint8Builder:
		b.Append(uint8(v.Int))
	case *array.Uint16Builder:
		b.Append(uint16(v.Int))
	case *array.Uint32Builder:
		b.Append(uint32(v.Int))
	case *array.Uint64Builder:
		b.Append(uint64(v.Int))
	case *array.Float32Builder:
		b.Append(float32(v.Float))
	case *array.Float64Builder:
		b.Append(v.Float)
	case *array.Decimal64Builder, *array.Decimal128Builder, *array.Decimal256Builder:
		return appendDecimal(b, v.Dec)
	case *array.Date32Builder:
		b.Append(arrow.Date32(v.Int))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v.Int))
	case *array.DurationBuilder:
		b.Append(arrow.Duration(v.Int))
	case *array.StringBuilder:
		b.Append(v.Str)
	case *array.BinaryBuilder:
		b.AppendString(v.Str)
	default:
		return fmt.Errorf("no vector of %s for values of type %s", b.Type(), t)
	}
	return nil
}

// appendDecimal appends an unscaled decimal to a builder of any width.
func appendDecimal(b array.Builder, d decimal256.Num) error {
	words := d.Array()
	low, high := words[0], int64(words[1])
	switch b := b.(type) {
	case *array.Decimal64Builder:
		if d != decimal256.FromI64(int64(low)) {
			break
		}
		b.Append(decimal.Decimal64(low))
		return nil
	case *array.Decimal128Builder:
		narrow := decimal128.New(high, low)
		if d != decimal256.FromDecimal128(narrow) {
			break
		}
		b.Append(narrow)
		return nil
	case *array.Decimal256Builder:
		b.Append(d)
		return nil
	}
	return sqlerr.New(sqlerr.OutOfRange, "a decimal of %d digits is out of range for %s", len(d.BigInt().String()), b.Type())
}

// sessionLocation returns the location of the session's @@time_zone.
func sessionLocation(ctx *sql.Context) *time.Location {
	zone, err := ctx.GetSessionVariable(ctx, "time_zone")
	if err != nil {
		return time.UTC
	}
	name, _ := zone.(string)
	if strings.EqualFold(name, "system") {
		return time.Local
	}
	if offset, err := gmstypes.Time.ConvertToTimeDuration(strings.TrimPrefix(name, "+")); err == nil && strings.Contains(name, ":") {
		return time.FixedZone(name, int(offset/time.Second))
	}
	if loc, err := time.LoadLocation(name); err == nil {
		return loc
	}
	return time.UTC
}
