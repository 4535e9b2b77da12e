package arrowjson

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal"
	"github.com/apache/arrow-go/v18/parquet/variant"
	"github.com/google/uuid"
)

// What a variant may be at most: bytes, as engines that write them have it, and levels of arrays and objects.
const (
	mostVariant    = 16 << 20
	deepestVariant = 1000
)

// lengthOfText is how many bytes come before a text that is not short: its type and its length.
const lengthOfText = 5

// variantWriter returns the writer of variants, which files have as a struct of two texts of bytes: the values, and the names in them.
func variantWriter(t arrow.DataType, fail func(error)) (Writer, error) {
	if e, ok := t.(arrow.ExtensionType); ok {
		t = e.StorageType()
	}
	s, ok := t.(*arrow.StructType)
	if !ok {
		return nil, fmt.Errorf("a variant is %s in the file", t)
	}
	names, okNames := binaryField(s, "metadata")
	values, okValues := binaryField(s, "value")
	if !okNames || !okValues || s.NumFields() != 2 {
		return nil, fmt.Errorf("a variant is %s in the file", t)
	}
	return func(dst []byte, a arrow.Array, i int) []byte {
		if e, ok := a.(array.ExtensionArray); ok {
			a = e.Storage()
		}
		of := a.(*array.Struct)
		before := len(dst)
		dst, err := appendVariant(dst, of.Field(names).(*array.Binary).Value(i), of.Field(values).(*array.Binary).Value(i))
		if err != nil {
			fail(err)
			return append(dst[:before], "null"...)
		}
		return dst
	}, nil
}

// binaryField finds a field of bytes.
func binaryField(s *arrow.StructType, name string) (int, bool) {
	at, ok := s.FieldIdx(name)
	return at, ok && s.Field(at).Type.ID() == arrow.BINARY
}

// appendVariant appends a variant by its two parts. Its library checks it whole before anything is read of it.
func appendVariant(dst, names, value []byte) ([]byte, error) {
	if len(value) > mostVariant {
		return dst, fmt.Errorf("a variant of %d bytes", len(value))
	}
	v, err := variant.New(names, value)
	if err != nil {
		return dst, err
	}
	return appendVariantValue(dst, v, 0)
}

func appendVariantValue(dst []byte, v variant.Value, depth int) ([]byte, error) {
	if depth > deepestVariant {
		return dst, errors.New("a variant is nested too deep")
	}
	if v.BasicType() == variant.BasicPrimitive && v.Type() == variant.String && len(v.Bytes()) == lengthOfText {
		return append(dst, `""`...), nil // the library reads beyond its end
	}
	switch x := v.Value().(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, x), nil
	case int8:
		return strconv.AppendInt(dst, int64(x), 10), nil
	case int16:
		return strconv.AppendInt(dst, int64(x), 10), nil
	case int32:
		return strconv.AppendInt(dst, int64(x), 10), nil
	case int64:
		return strconv.AppendInt(dst, x, 10), nil
	case float32:
		return AppendFloat(dst, float64(x), 32), nil
	case float64:
		return AppendFloat(dst, x, 64), nil
	case variant.DecimalValue[decimal.Decimal32]:
		return appendVariantDecimal(dst, x)
	case variant.DecimalValue[decimal.Decimal64]:
		return appendVariantDecimal(dst, x)
	case variant.DecimalValue[decimal.Decimal128]:
		return appendVariantDecimal(dst, x)
	case string:
		return AppendText(dst, x), nil
	case []byte:
		return AppendBytes(dst, x), nil
	case uuid.UUID:
		return AppendText(dst, x.String()), nil
	case arrow.Date32:
		return AppendText(dst, x.FormattedString()), nil
	case arrow.Time64:
		return AppendText(dst, x.FormattedString(arrow.Microsecond)), nil
	case arrow.Timestamp:
		return appendVariantMoment(dst, x, v.Type()), nil
	case variant.ArrayValue:
		return appendVariantArray(dst, x, depth)
	case variant.ObjectValue:
		return appendVariantObject(dst, x, depth)
	}
	return dst, fmt.Errorf("a variant of type %d", v.Type())
}

func appendVariantDecimal[T decimal.DecimalTypes](dst []byte, x variant.DecimalValue[T]) ([]byte, error) {
	if int(x.Scale) > decimal.MaxPrecision[decimal.Decimal128]() {
		return dst, fmt.Errorf("a decimal in a variant has %d digits after its point", x.Scale)
	}
	return append(dst, x.Value.ToString(int32(x.Scale))...), nil
}

func appendVariantMoment(dst []byte, x arrow.Timestamp, t variant.Type) []byte {
	unit := arrow.Microsecond
	if t == variant.TimestampNanos || t == variant.TimestampNanosNTZ {
		unit = arrow.Nanosecond
	}
	return AppendMoment(dst, x, unit, t == variant.TimestampMicros || t == variant.TimestampNanos)
}

func appendVariantArray(dst []byte, x variant.ArrayValue, depth int) (_ []byte, err error) {
	dst = append(dst, '[')
	for i := range x.Len() {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		element, err := x.Value(i)
		if err != nil {
			return dst, err
		}
		if dst, err = appendVariantValue(dst, element, depth+1); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

func appendVariantObject(dst []byte, x variant.ObjectValue, depth int) (_ []byte, err error) {
	dst = append(dst, '{')
	for i := range x.NumElements() {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		field, err := x.FieldAt(i)
		if err != nil {
			return dst, err
		}
		dst = append(AppendText(dst, field.Key), ": "...)
		if dst, err = appendVariantValue(dst, field.Value, depth+1); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}
