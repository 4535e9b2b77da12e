package iceberg

import (
	"encoding/hex"
	"math"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	format "github.com/apache/iceberg-go"

	"github.com/silogate/silogate/connectors/files/arrowjson"
	"github.com/silogate/silogate/engine/types"
)

// exactInteger is the size up to which iceberg-go, which reads the numbers of defaults as doubles, has integers exactly.
const exactInteger = 1 << 53

// defaultOf is the value of a column in files written before it was added, which metadata have as JSON: the specification writes moments,
// decimals and UUIDs as texts and bytes in hexadecimal; iceberg-go itself writes moments as numbers. False: it is no value of the type.
func defaultOf(f format.NestedField, t types.Type) (types.Value, bool) {
	switch v := f.InitialDefault.(type) {
	case format.Literal:
		return valueOf(v.Any(), t)
	case bool:
		return valueOf(v, t)
	case float64:
		switch {
		case t.IsFloat():
			return valueOf(v, t)
		case v != math.Trunc(v) || math.Abs(v) > exactInteger:
			return types.Value{}, false
		case t.Kind == types.Date:
			return valueOf(format.Date(v), t)
		}
		return valueOf(int64(v), t)
	case string:
		if t.IsBinary() {
			data, err := hex.DecodeString(v)
			return types.TextValue(string(data)), err == nil
		}
		l, err := format.StringLiteral(v).To(f.Type)
		if err != nil {
			return types.Value{}, false
		}
		return valueOf(l.Any(), t)
	}
	return types.Value{}, false
}

// appendJSON appends a default as the values of files are written in nested ones.
func appendJSON(dst []byte, v types.Value, t types.Type) []byte {
	switch {
	case v.Null:
		return append(dst, "null"...)
	case t.Kind == types.Bool:
		return strconv.AppendBool(dst, v.Int != 0)
	case t.IsInteger():
		return strconv.AppendInt(dst, v.Int, 10)
	case t.Kind == types.Float32:
		return arrowjson.AppendFloat(dst, v.Float, 32)
	case t.Kind == types.Float64:
		return arrowjson.AppendFloat(dst, v.Float, 64)
	case t.Kind == types.Decimal:
		return append(dst, v.Dec.ToString(int32(t.Scale))...)
	case t.Kind == types.Date:
		return arrowjson.AppendText(dst, arrow.Date32(v.Int).FormattedString())
	case t.Kind == types.Time:
		return arrowjson.AppendText(dst, arrow.Time64(v.Int).FormattedString(arrow.Microsecond))
	case t.IsTemporal():
		return arrowjson.AppendMoment(dst, arrow.Timestamp(v.Int), arrow.Microsecond, t.Kind == types.Timestamp)
	case t.IsBinary():
		return arrowjson.AppendBytes(dst, []byte(v.Str))
	}
	return arrowjson.AppendText(dst, v.Str)
}
