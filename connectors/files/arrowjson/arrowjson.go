// Package arrowjson writes values of Arrow arrays as JSON: what nested columns of files are shown as.
package arrowjson

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/engine/types"
)

// Append appends value i of an array as JSON text, spaced as MySQL prints JSON. Numbers and decimals keep every digit,
// NaN and infinities are null, bytes are base64, and an instant ends in Z.
func Append(dst []byte, values arrow.Array, i int) []byte {
	if values.IsNull(i) {
		return append(dst, "null"...)
	}
	switch a := values.(type) {
	case *array.Null:
		return append(dst, "null"...)
	case *array.Boolean:
		return strconv.AppendBool(dst, a.Value(i))
	case *array.Int8:
		return strconv.AppendInt(dst, int64(a.Value(i)), 10)
	case *array.Int16:
		return strconv.AppendInt(dst, int64(a.Value(i)), 10)
	case *array.Int32:
		return strconv.AppendInt(dst, int64(a.Value(i)), 10)
	case *array.Int64:
		return strconv.AppendInt(dst, a.Value(i), 10)
	case *array.Uint8:
		return strconv.AppendUint(dst, uint64(a.Value(i)), 10)
	case *array.Uint16:
		return strconv.AppendUint(dst, uint64(a.Value(i)), 10)
	case *array.Uint32:
		return strconv.AppendUint(dst, uint64(a.Value(i)), 10)
	case *array.Uint64:
		return strconv.AppendUint(dst, a.Value(i), 10)
	case *array.Float16:
		return AppendFloat(dst, float64(a.Value(i).Float32()), 32)
	case *array.Float32:
		return AppendFloat(dst, float64(a.Value(i)), 32)
	case *array.Float64:
		return AppendFloat(dst, a.Value(i), 64)
	case *array.Decimal32, *array.Decimal64, *array.Decimal128, *array.Decimal256:
		return append(dst, DecimalText(values, i)...)
	case *array.String:
		return AppendText(dst, a.Value(i))
	case *array.LargeString:
		return AppendText(dst, a.Value(i))
	case *array.Binary:
		return AppendBytes(dst, a.Value(i))
	case *array.LargeBinary:
		return AppendBytes(dst, a.Value(i))
	case *array.FixedSizeBinary:
		return AppendBytes(dst, a.Value(i))
	case *array.Date32:
		return AppendText(dst, a.Value(i).ToTime().Format(time.DateOnly))
	case *array.Timestamp:
		t := a.DataType().(*arrow.TimestampType)
		return AppendMoment(dst, a.Value(i), t.Unit, t.TimeZone != "")
	case *array.Time32:
		return AppendText(dst, a.Value(i).FormattedString(a.DataType().(*arrow.Time32Type).Unit))
	case *array.Time64:
		return AppendText(dst, a.Value(i).FormattedString(a.DataType().(*arrow.Time64Type).Unit))
	case *array.Duration: // MySQL's TIME
		return AppendText(dst, arrow.Time64(a.Value(i)).FormattedString(arrow.Microsecond))
	case *array.Struct:
		return appendStruct(dst, a, i)
	case *array.Map:
		return appendMap(dst, a, i, Append, Append)
	case array.ListLike:
		return appendList(dst, a, i, Append)
	case *array.Dictionary:
		return Append(dst, a.Dictionary(), a.GetValueIndex(i))
	}
	return AppendText(dst, values.ValueStr(i))
}

// DecimalText is the exact text of value i of an array of decimals.
func DecimalText(values arrow.Array, i int) string {
	scale := values.DataType().(arrow.DecimalType).GetScale()
	switch a := values.(type) {
	case *array.Decimal32:
		return a.Value(i).ToString(scale)
	case *array.Decimal64:
		return a.Value(i).ToString(scale)
	case *array.Decimal128:
		return a.Value(i).ToString(scale)
	case *array.Decimal256:
		return a.Value(i).ToString(scale)
	}
	return values.ValueStr(i)
}

// AppendFloat appends a float of 32 or 64 bits; NaN and infinities are null.
func AppendFloat(dst []byte, f float64, bits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	return append(dst, types.FormatFloat(f, bits)...)
}

// AppendMoment appends what so many units after 1970 began is as text, to the microsecond or nanosecond; an instant ends in Z.
func AppendMoment(dst []byte, v arrow.Timestamp, unit arrow.TimeUnit, instant bool) []byte {
	layout := "2006-01-02 15:04:05.000000"
	if unit == arrow.Nanosecond {
		layout = "2006-01-02 15:04:05.000000000"
	}
	if instant {
		layout += "Z"
	}
	return AppendText(dst, v.ToTime(unit).UTC().Format(layout))
}

func appendStruct(dst []byte, a *array.Struct, i int) []byte {
	dst = append(dst, '{')
	fields := a.DataType().(*arrow.StructType)
	for f := range a.NumField() {
		if f > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(AppendText(dst, fields.Field(f).Name), ": "...)
		dst = Append(dst, a.Field(f), i)
	}
	return append(dst, '}')
}

// appendMap writes a map as an object; a key that is no text is its JSON as text.
func appendMap(dst []byte, a *array.Map, i int, writeKey, writeItem Writer) []byte {
	dst = append(dst, '{')
	from, to := a.ValueOffsets(i)
	for e := from; e < to; e++ {
		if e > from {
			dst = append(dst, ", "...)
		}
		key := writeKey(nil, a.Keys(), int(e))
		if len(key) == 0 || key[0] != '"' {
			key = AppendText(nil, string(key))
		}
		dst = append(append(dst, key...), ": "...)
		dst = writeItem(dst, a.Items(), int(e))
	}
	return append(dst, '}')
}

func appendList(dst []byte, a array.ListLike, i int, write Writer) []byte {
	dst = append(dst, '[')
	from, to := a.ValueOffsets(i)
	for e := from; e < to; e++ {
		if e > from {
			dst = append(dst, ", "...)
		}
		dst = write(dst, a.ListValues(), int(e))
	}
	return append(dst, ']')
}

// AppendBytes appends bytes as base64.
func AppendBytes(dst, b []byte) []byte {
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, b)
	return append(dst, '"')
}

// AppendText quotes a string; bytes that are not UTF-8 become U+FFFD.
func AppendText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			switch {
			case c == '"' || c == '\\':
				dst = append(dst, '\\', c)
			case c == '\n':
				dst = append(dst, '\\', 'n')
			case c == '\r':
				dst = append(dst, '\\', 'r')
			case c == '\t':
				dst = append(dst, '\\', 't')
			case c < 0x20:
				dst = fmt.Appendf(dst, "\\u%04x", c)
			default:
				dst = append(dst, c)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return append(dst, '"')
}
