package sqlite

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// decoder collects the values of one result column.
type decoder interface {
	// append reads column i of the current row; a misfit is a value that the type can't have.
	append(s *stmt, i int) error
	// take returns what was collected since the last take.
	take() arrow.Array
	release()
}

// newDecoder returns the decoder of a type that the dialect produces.
func newDecoder(mem memory.Allocator, t types.Type) decoder {
	switch {
	case t.Kind == types.Decimal:
		return &decimalDecoder{mem: mem, typ: t}
	case t.Kind == types.Float64 || t.Kind == types.Float32:
		return &builderDecoder{t, array.NewBuilder(mem, t.Arrow()), appendDouble}
	case t.Kind == types.Date:
		return &builderDecoder{t, array.NewBuilder(mem, t.Arrow()), appendDate}
	case t.Kind == types.Datetime:
		return &builderDecoder{t, array.NewBuilder(mem, t.Arrow()), appendDatetime}
	case t.Kind == types.Time:
		return &builderDecoder{t, array.NewBuilder(mem, t.Arrow()), appendTime}
	case t.Kind == types.JSON:
		return &builderDecoder{t, array.NewBuilder(mem, t.Arrow()), appendJSON}
	case t.IsBinary():
		return &builderDecoder{t, array.NewBuilder(mem, t.Arrow()), appendBytes}
	case t.IsText():
		return &builderDecoder{t, array.NewBuilder(mem, t.Arrow()), appendText}
	}
	return &builderDecoder{t, array.NewBuilder(mem, t.Arrow()), appendInteger}
}

// builderDecoder appends to an Arrow builder.
type builderDecoder struct {
	typ   types.Type
	into  array.Builder
	value func(into array.Builder, s *stmt, i int, class storage) error
}

func (d *builderDecoder) append(s *stmt, i int) error {
	class := s.storage(i)
	if class == null {
		d.into.AppendNull()
		return nil
	}
	return d.value(d.into, s, i, class)
}

func (d *builderDecoder) take() arrow.Array { return d.into.NewArray() }

func (d *builderDecoder) release() { d.into.Release() }

// unfit reports the current value of column i, shortened.
func unfit(code sqlerr.Code, s *stmt, i int, class storage) error {
	const longest = 40
	value := s.textOf(i)
	shown := strconv.Quote(string(value[:min(len(value), longest)]))
	if len(value) > longest {
		shown += "..."
	}
	return &misfit{code, "the " + class.String() + " " + shown}
}

func appendInteger(into array.Builder, s *stmt, i int, class storage) error {
	if class != integer {
		return unfit(sqlerr.BadValue, s, i, class)
	}
	v := s.int64(i)
	switch b := into.(type) {
	case *array.Int64Builder:
		b.Append(v)
		return nil
	case *array.Int8Builder:
		if int64(int8(v)) == v {
			b.Append(int8(v))
			return nil
		}
	case *array.Int16Builder:
		if int64(int16(v)) == v {
			b.Append(int16(v))
			return nil
		}
	case *array.Int32Builder:
		if int64(int32(v)) == v {
			b.Append(int32(v))
			return nil
		}
	case *array.Uint64Builder:
		if v >= 0 {
			b.Append(uint64(v))
			return nil
		}
	case *array.BooleanBuilder:
		b.Append(v != 0)
		return nil
	}
	return unfit(sqlerr.OutOfRange, s, i, class)
}

func appendDouble(into array.Builder, s *stmt, i int, class storage) error {
	if class != real && class != integer {
		return unfit(sqlerr.BadValue, s, i, class)
	}
	v := s.float64(i)
	if class == integer && int64(v) != s.int64(i) {
		return unfit(sqlerr.OutOfRange, s, i, class)
	}
	b, ok := into.(*array.Float64Builder)
	if !ok {
		return unfit(sqlerr.BadValue, s, i, class)
	}
	if math.IsInf(v, 0) {
		b.AppendNull()
	} else {
		b.Append(v)
	}
	return nil
}

func appendText(into array.Builder, s *stmt, i int, class storage) error {
	value := s.textOf(i)
	if class != text || !utf8.Valid(value) {
		return unfit(sqlerr.BadValue, s, i, class)
	}
	into.(*array.StringBuilder).BinaryBuilder.Append(value)
	return nil
}

func appendBytes(into array.Builder, s *stmt, i int, class storage) error {
	if class != blob {
		return unfit(sqlerr.BadValue, s, i, class)
	}
	into.(*array.BinaryBuilder).Append(s.bytes(i))
	return nil
}

func appendJSON(into array.Builder, s *stmt, i int, class storage) error {
	value := s.textOf(i)
	if class == blob || !json.Valid(value) {
		return unfit(sqlerr.BadJSON, s, i, class)
	}
	into.(*array.StringBuilder).BinaryBuilder.Append(value)
	return nil
}

func appendDate(into array.Builder, s *stmt, i int, class storage) error {
	if class == text {
		if days, rest, ok := parseDay(s.textOf(i)); ok && len(rest) == 0 {
			into.(*array.Date32Builder).Append(arrow.Date32(days))
			return nil
		}
	}
	return unfit(sqlerr.BadDate, s, i, class)
}

func appendDatetime(into array.Builder, s *stmt, i int, class storage) error {
	if class == text {
		if us, ok := parseDatetime(s.textOf(i)); ok {
			into.(*array.TimestampBuilder).Append(arrow.Timestamp(us))
			return nil
		}
	}
	return unfit(sqlerr.BadDate, s, i, class)
}

func appendTime(into array.Builder, s *stmt, i int, class storage) error {
	if class == text {
		value := s.textOf(i)
		negative := len(value) > 0 && value[0] == '-'
		if negative {
			value = value[1:]
		}
		if us, rest, ok := parseClock(value, 838); ok && len(rest) == 0 {
			if negative {
				us = -us
			}
			into.(*array.DurationBuilder).Append(arrow.Duration(us))
			return nil
		}
	}
	return unfit(sqlerr.BadDate, s, i, class)
}

// digits reads n decimal digits.
func digits(s []byte, n int) (value int, ok bool) {
	if len(s) < n {
		return 0, false
	}
	for _, b := range s[:n] {
		if b < '0' || b > '9' {
			return 0, false
		}
		value = 10*value + int(b-'0')
	}
	return value, true
}

// parseDay reads YYYY-MM-DD as days since 1970-01-01 and returns what follows.
func parseDay(s []byte) (days int64, rest []byte, ok bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return 0, nil, false
	}
	year, okY := digits(s, 4)
	month, okM := digits(s[5:], 2)
	day, okD := digits(s[8:], 2)
	if !okY || !okM || !okD || month < 1 || month > 12 || day < 1 {
		return 0, nil, false
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if day > 28 && t.Day() != day {
		return 0, nil, false
	}
	return t.Unix() / 86400, s[10:], true
}

// parseClock reads HH:MM[:SS[.ffffff...]] as microseconds and returns what follows; hours may have three digits.
func parseClock(s []byte, maxHour int) (us int64, rest []byte, ok bool) {
	width := 2
	if len(s) > 3 && s[3] == ':' {
		width = 3
	}
	hour, okH := digits(s, width)
	if !okH || hour > maxHour || len(s) < width+3 || s[width] != ':' {
		return 0, nil, false
	}
	minute, okM := digits(s[width+1:], 2)
	if !okM || minute > 59 {
		return 0, nil, false
	}
	us = (int64(hour)*3600 + int64(minute)*60) * 1e6
	s = s[width+3:]
	if len(s) == 0 || s[0] != ':' {
		return us, s, true
	}
	second, okS := digits(s[1:], 2)
	if !okS || second > 59 {
		return 0, nil, false
	}
	us += int64(second) * 1e6
	s = s[3:]
	if len(s) < 2 || s[0] != '.' {
		return us, s, true
	}
	s = s[1:]
	unit := int64(100000)
	n := 0
	for ; n < len(s) && s[n] >= '0' && s[n] <= '9'; n++ {
		us += int64(s[n]-'0') * unit
		unit /= 10
	}
	return us, s[n:], n > 0
}

// parseDatetime reads a date, with or without a time and a zone, as microseconds of UTC.
func parseDatetime(s []byte) (us int64, ok bool) {
	days, rest, ok := parseDay(s)
	if !ok {
		return 0, false
	}
	us = days * 86400 * 1e6
	if len(rest) == 0 {
		return us, true
	}
	if rest[0] != ' ' && rest[0] != 'T' {
		return 0, false
	}
	clock, rest, ok := parseClock(rest[1:], 23)
	if !ok {
		return 0, false
	}
	offset, ok := parseZone(rest)
	return us + clock - offset, ok
}

// parseZone reads nothing, Z or [ ]+HH:MM as microseconds.
func parseZone(s []byte) (us int64, ok bool) {
	if len(s) == 0 || string(s) == "Z" {
		return 0, true
	}
	if s[0] == ' ' {
		s = s[1:]
	}
	if len(s) != 6 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	us, _, ok = parseClock(s[1:], 14)
	if s[0] == '-' {
		us = -us
	}
	return us, ok
}

// decimalDecoder reads DECIMAL columns, at the narrowest width that holds a batch's values.
type decimalDecoder struct {
	mem    memory.Allocator
	typ    types.Type
	values []types.Value
}

func (d *decimalDecoder) append(s *stmt, i int) error {
	class := s.storage(i)
	var value types.Value
	ok := true
	switch class {
	case null:
		value = types.NullValue
	case integer:
		value, ok = d.fromInt(s.int64(i))
	case real:
		value, ok = d.fromFloat(s.float64(i))
	default:
		return unfit(sqlerr.BadValue, s, i, class)
	}
	if !ok {
		return unfit(sqlerr.OutOfRange, s, i, class)
	}
	d.values = append(d.values, value)
	return nil
}

// exactInts is the range of integers that a double holds with their neighbours.
const exactInts = 1e15

func (d *decimalDecoder) fromInt(v int64) (types.Value, bool) {
	if unit, ok := d.smallUnit(); ok && v > -exactInts/unit && v < exactInts/unit {
		return d.fitInt(v * unit)
	}
	return d.fit(new(big.Int).Mul(big.NewInt(v), power10(int(d.typ.Scale))))
}

// fromFloat rounds the shortest decimal digits that mean f to the scale, half away from zero, as MySQL does.
func (d *decimalDecoder) fromFloat(f float64) (types.Value, bool) {
	if math.IsInf(f, 0) {
		return types.Value{}, false
	}
	if unit, ok := d.smallUnit(); ok {
		// Where n units divided out give f again, they are its shortest digits: at most 15 digits are unique.
		n := math.Round(f * float64(unit))
		if math.Abs(n) < exactInts && n/float64(unit) == f {
			return d.fitInt(int64(n))
		}
	}
	exact, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'e', -1, 64))
	if !ok {
		return types.Value{}, false
	}
	exact.Mul(exact, new(big.Rat).SetInt(power10(int(d.typ.Scale))))
	half := big.NewRat(1, 2)
	if exact.Sign() < 0 {
		half.Neg(half)
	}
	exact.Add(exact, half)
	return d.fit(new(big.Int).Quo(exact.Num(), exact.Denom()))
}

// smallUnit returns 10 to the scale where that is small enough for quick arithmetic.
func (d *decimalDecoder) smallUnit() (int64, bool) {
	if d.typ.Scale > 9 {
		return 0, false
	}
	unit := int64(1)
	for range d.typ.Scale {
		unit *= 10
	}
	return unit, true
}

func (d *decimalDecoder) fitInt(unscaled int64) (types.Value, bool) {
	if d.typ.Precision < types.Digits64 {
		limit := int64(1)
		for range d.typ.Precision {
			limit *= 10
		}
		if unscaled >= limit || unscaled <= -limit {
			return types.Value{}, false
		}
	}
	return types.Value{Dec: decimal256.FromI64(unscaled)}, true
}

// fit checks the precision.
func (d *decimalDecoder) fit(unscaled *big.Int) (types.Value, bool) {
	if unscaled.CmpAbs(power10(int(d.typ.Precision))) >= 0 {
		return types.Value{}, false
	}
	return types.Value{Dec: decimal256.FromBigInt(unscaled)}, true
}

func (d *decimalDecoder) take() arrow.Array {
	a := kernel.FromValues(d.mem, d.typ, d.values)
	d.values = d.values[:0]
	return a
}

func (d *decimalDecoder) release() { d.values = nil }
