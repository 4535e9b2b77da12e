package iceberg

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow/decimal256"
	format "github.com/apache/iceberg-go"
	"github.com/google/uuid"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/lake"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// longestBinary is that of MySQL's BINARY(n).
const longestBinary = 255

// columns maps a schema. Files without field ids have the columns under the names that the mapping gives.
func columns(schema *format.Schema, mapping format.NameMapping) ([]lake.DeclaredColumn, error) {
	var out []lake.DeclaredColumn
	for _, f := range schema.Fields() {
		t, warning, err := mysqlType(f.Type)
		if err != nil {
			return nil, sqlerr.Wrap(sqlerr.CodeOf(err), err, "column %s", f.Name)
		}
		c := lake.DeclaredColumn{ID: f.ID, Default: types.NullValue, TableColumn: plan.TableColumn{
			Name: f.Name, Type: t, Nullable: !f.Required || t.IsTemporal() || t.IsFloat(), Comment: f.Doc, Native: f.Type.String(), Warning: warning,
		}}
		if f.InitialDefault != nil {
			v, ok := defaultOf(f, t)
			if !ok {
				return nil, sqlerr.New(sqlerr.Unsupported, "column %s: its default %v is no %s", f.Name, f.InitialDefault, f.Type)
			}
			c.Default = v
		}
		named := mappedTo(mapping, f.ID)
		c.Names = named.Names
		shape, err := shapeOf(f.Type, named.Fields)
		if err != nil {
			return nil, sqlerr.Wrap(sqlerr.CodeOf(err), err, "column %s", f.Name)
		}
		if shape.Form != files.Scalar {
			c.Shape = &shape
		}
		out = append(out, c)
	}
	return out, nil
}

// mappedTo finds what a mapping of names says of a field.
func mappedTo(mapping []format.MappedField, id int) format.MappedField {
	for _, m := range mapping {
		if m.FieldID != nil && *m.FieldID == id {
			return m
		}
	}
	return format.MappedField{}
}

// shapeOf is how values of a type are written as JSON, whatever the names in a file were when it was written.
func shapeOf(t format.Type, mapping []format.MappedField) (out files.Shape, err error) {
	item := func(id int, of format.Type) {
		var s files.Shape
		if err == nil {
			s, err = shapeOf(of, mappedTo(mapping, id).Fields)
		}
		out.Items = append(out.Items, s)
	}
	switch t := t.(type) {
	case *format.StructType:
		out.Form = files.Struct
		for _, f := range t.FieldList {
			field, err := fieldOf(f, mappedTo(mapping, f.ID))
			if err != nil {
				return out, sqlerr.Wrap(sqlerr.CodeOf(err), err, "field %s", f.Name)
			}
			out.Fields = append(out.Fields, field)
		}
	case *format.ListType:
		out.Form = files.List
		item(t.ElementID, t.Element)
	case *format.MapType:
		out.Form = files.Map
		item(t.KeyID, t.KeyType)
		item(t.ValueID, t.ValueType)
	case format.Float64Type:
		out.As = files.AsDouble
	case format.TimestampType, format.TimestampTzType:
		out.As = files.AsMicros
	case format.TimestampNsType, format.TimestampTzNsType:
		out.As = files.AsNanos
	default:
		_, _, err = mysqlType(t)
	}
	return out, err
}

func fieldOf(f format.NestedField, named format.MappedField) (files.Field, error) {
	out := files.Field{Name: f.Name, ID: f.ID, Names: named.Names, Missing: "null"}
	var err error
	if out.Shape, err = shapeOf(f.Type, named.Fields); err != nil || f.InitialDefault == nil {
		return out, err
	}
	t, _, err := mysqlType(f.Type)
	if err != nil {
		return out, err
	}
	v, ok := defaultOf(f, t)
	if !ok {
		return out, sqlerr.New(sqlerr.Unsupported, "its default %v is no %s", f.InitialDefault, f.Type)
	}
	out.Missing = string(appendJSON(nil, v, t))
	return out, nil
}

// mysqlType maps a type as the readers of files do: what a file has is one of the table's.
func mysqlType(t format.Type) (out types.Type, warning string, err error) {
	switch t := t.(type) {
	case format.BooleanType:
		return types.Of(types.Bool), "", nil
	case format.Int32Type:
		return types.Of(types.Int32), "", nil
	case format.Int64Type:
		return types.Of(types.Int64), "", nil
	case format.Float32Type:
		return types.Of(types.Float32), "", nil
	case format.Float64Type:
		return types.Of(types.Float64), "", nil
	case format.DecimalType:
		if t.Scale() > types.MaxScale {
			return types.Of(types.Text), fmt.Sprintf("%s exceeds MySQL's limits and is shown as text", t), nil
		}
		return types.NewDecimal(t.Precision(), t.Scale()), "", nil
	case format.DateType:
		return types.Of(types.Date), "", nil
	case format.TimeType:
		return types.NewTemporal(types.Time, types.MaxFSP), "", nil
	case format.TimestampType:
		return types.NewTemporal(types.Datetime, types.MaxFSP), "", nil
	case format.TimestampTzType:
		return types.NewTemporal(types.Timestamp, types.MaxFSP), "", nil
	case format.TimestampNsType:
		return types.NewTemporal(types.Datetime, types.MaxFSP), "nanoseconds are cut to microseconds", nil
	case format.TimestampTzNsType:
		return types.NewTemporal(types.Timestamp, types.MaxFSP), "nanoseconds are cut to microseconds", nil
	case format.StringType:
		return types.Of(types.Text), "", nil
	case format.UUIDType:
		return types.NewText(types.Char, len(uuid.Nil.String()), types.Utf8mb4Bin0900), "", nil
	case format.FixedType:
		if t.Len() <= longestBinary {
			return types.Type{Kind: types.Binary, Length: uint32(t.Len())}, "", nil
		}
		return types.Of(types.Blob), "", nil
	case format.BinaryType:
		return types.Of(types.Blob), "", nil
	case format.GeometryType, format.GeographyType:
		return types.Of(types.Blob), "shown as well-known binary", nil
	case format.UnknownType:
		return types.Of(types.Text), "holds nothing but NULL", nil
	case *format.StructType, *format.ListType, *format.MapType:
		return types.Of(types.JSON), "shown as JSON", nil
	}
	return types.Type{}, "", sqlerr.New(sqlerr.Unsupported, "type %s", t)
}

// valueOf converts a value as metadata have it; nil is NULL. False: it is none of the type.
func valueOf(v any, t types.Type) (types.Value, bool) {
	switch v := v.(type) {
	case nil:
		return types.NullValue, true
	case bool:
		return types.BoolValue(v), t.Kind == types.Bool
	case int:
		return types.IntValue(int64(v)), t.IsInteger()
	case int32:
		return types.IntValue(int64(v)), t.IsInteger() || t.Kind == types.Date
	case int64:
		return types.IntValue(v), t.IsInteger() || t.IsTemporal() && t.Kind != types.Date
	case float32:
		return floatValue(float64(v), t)
	case float64:
		return floatValue(v, t)
	case format.Date:
		return types.IntValue(int64(v)), t.Kind == types.Date
	case format.Time:
		return types.IntValue(int64(v)), t.Kind == types.Time
	case format.Timestamp:
		return types.IntValue(int64(v)), t.Kind == types.Datetime || t.Kind == types.Timestamp
	case format.Decimal:
		return types.Value{Dec: decimal256.FromDecimal128(v.Val)}, t.Kind == types.Decimal && int(t.Scale) == v.Scale
	case string:
		return types.TextValue(v), t.IsText() && t.Kind != types.JSON
	case uuid.UUID:
		return types.TextValue(v.String()), t.Kind == types.Char
	case []byte:
		return types.TextValue(string(v)), t.IsBinary()
	}
	return types.Value{}, false
}

// floatValue makes NULL of what MySQL does not have, as the readers of files do.
func floatValue(v float64, t types.Type) (types.Value, bool) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return types.NullValue, t.IsFloat()
	}
	return types.FloatValue(v), t.IsFloat()
}
