package arrowipc

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/types"
)

// longestBinary is the longest BINARY of MySQL, in bytes.
const longestBinary = 255

// describe maps a field.
func describe(f arrow.Field) files.Column {
	c := files.Column{Name: f.Name, Nullable: f.Nullable, Native: f.Type.String()}
	c.Type, c.Warning = mapType(f.Type)
	if c.Type.IsFloat() || c.Type.Kind == types.Null || c.Type.IsTemporal() {
		c.Nullable = true // NaN, infinities, and dates and times that MySQL does not have
	}
	return c
}

var kinds = map[arrow.Type]types.Kind{
	arrow.NULL: types.Null, arrow.BOOL: types.Bool,
	arrow.INT8: types.Int8, arrow.INT16: types.Int16, arrow.INT32: types.Int32, arrow.INT64: types.Int64,
	arrow.UINT8: types.Uint8, arrow.UINT16: types.Uint16, arrow.UINT32: types.Uint32, arrow.UINT64: types.Uint64,
	arrow.FLOAT16: types.Float32, arrow.FLOAT32: types.Float32, arrow.FLOAT64: types.Float64,
	arrow.DATE32: types.Date, arrow.DATE64: types.Date,
	arrow.STRING: types.Text, arrow.LARGE_STRING: types.Text, arrow.STRING_VIEW: types.Text,
	arrow.BINARY: types.Blob, arrow.LARGE_BINARY: types.Blob, arrow.BINARY_VIEW: types.Blob,
	arrow.LIST: types.JSON, arrow.LARGE_LIST: types.JSON, arrow.FIXED_SIZE_LIST: types.JSON, arrow.LIST_VIEW: types.JSON,
	arrow.LARGE_LIST_VIEW: types.JSON, arrow.STRUCT: types.JSON, arrow.MAP: types.JSON,
}

// mapType maps a type.
func mapType(t arrow.DataType) (out types.Type, warning string) {
	switch t := t.(type) {
	case *arrow.DictionaryType:
		return mapType(t.ValueType)
	case arrow.ExtensionType:
		if t.ExtensionName() == "arrow.json" {
			return types.Of(types.JSON), ""
		}
		return mapType(t.StorageType())
	case arrow.DecimalType:
		precision, scale := int(t.GetPrecision()), int(t.GetScale())
		if scale < 0 || scale > types.MaxScale || precision > types.MaxPrecision {
			return types.Of(types.Text), fmt.Sprintf("DECIMAL(%d,%d) exceeds MySQL's limits and is shown as text", precision, scale)
		}
		return types.NewDecimal(precision, scale), ""
	case *arrow.FixedSizeBinaryType:
		if t.ByteWidth > 0 && t.ByteWidth <= longestBinary {
			return types.Type{Kind: types.Binary, Length: uint32(t.ByteWidth)}, ""
		}
		return types.Of(types.Blob), ""
	case *arrow.TimestampType:
		if t.TimeZone != "" {
			return temporal(types.Timestamp, t.Unit)
		}
		return temporal(types.Datetime, t.Unit)
	case *arrow.Time32Type:
		return temporal(types.Time, t.Unit)
	case *arrow.Time64Type:
		return temporal(types.Time, t.Unit)
	}
	kind, ok := kinds[t.ID()]
	switch {
	case !ok:
		return types.Of(types.Text), fmt.Sprintf("%s is shown as text", t)
	case kind == types.JSON:
		return types.Of(kind), "shown as JSON"
	case kind == types.Null:
		return types.Of(kind), "holds nothing but NULL"
	}
	return types.Of(kind), ""
}

func temporal(k types.Kind, unit arrow.TimeUnit) (types.Type, string) {
	switch unit {
	case arrow.Second:
		return types.NewTemporal(k, 0), ""
	case arrow.Millisecond:
		return types.NewTemporal(k, 3), ""
	case arrow.Nanosecond:
		return types.NewTemporal(k, types.MaxFSP), "nanoseconds are cut to microseconds"
	}
	return types.NewTemporal(k, types.MaxFSP), ""
}
