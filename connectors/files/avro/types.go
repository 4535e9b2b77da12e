package avro

import (
	"fmt"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/types"
)

// longestBinary is the longest BINARY of MySQL, in bytes.
const longestBinary = 255

// columnsOf maps the fields of a file's rows. Rows that are no records have one column.
func columnsOf(s *schema) (columns []files.Column, fields []*schema) {
	if s.kind != kindRecord {
		return []files.Column{describe("value", s)}, []*schema{s}
	}
	for _, f := range s.fields {
		c := describe(f.name, f.typ)
		c.ID = f.id
		columns, fields = append(columns, c), append(fields, f.typ)
	}
	return columns, fields
}

// describe maps a field.
func describe(name string, s *schema) files.Column {
	c := files.Column{Name: name, Native: s.String()}
	of, nullable := flat(s)
	c.Type, c.Warning = mapType(of)
	c.Nullable = nullable || c.Type.IsFloat() || c.Type.IsTemporal() || c.Type.Kind == types.Null // NaN, infinities, and what MySQL does not have
	return c
}

// flat is the one type other than null of a union, and of numbers the widest, as Spark has it; else the type itself.
func flat(s *schema) (of *schema, nullable bool) {
	if s.kind != kindUnion {
		return s, s.kind == kindNull
	}
	for _, b := range s.branches {
		switch {
		case b.kind == kindNull:
			nullable = true
		case of == nil:
			of = b
		case plain(of, kindInt) && plain(b, kindLong), plain(of, kindFloat) && plain(b, kindDouble):
			of = b
		case plain(of, kindLong) && plain(b, kindInt), plain(of, kindDouble) && plain(b, kindFloat):
		default:
			return s, nullable || hasNull(s)
		}
	}
	if of == nil {
		of = s.branches[0]
	}
	return of, nullable
}

func plain(s *schema, k kind) bool { return s.kind == k && s.logical == none }

func hasNull(s *schema) bool {
	for _, b := range s.branches {
		if b.kind == kindNull {
			return true
		}
	}
	return false
}

var kinds = [...]types.Kind{
	kindNull: types.Null, kindBoolean: types.Bool, kindInt: types.Int32, kindLong: types.Int64, kindFloat: types.Float32,
	kindDouble: types.Float64, kindBytes: types.Blob, kindString: types.Text, kindRecord: types.JSON, kindEnum: types.Text,
	kindArray: types.JSON, kindMap: types.JSON, kindUnion: types.JSON, kindFixed: types.Blob,
}

const cut = "nanoseconds are cut to microseconds"

// mapType maps a type.
func mapType(s *schema) (out types.Type, warning string) {
	switch s.logical {
	case decimal:
		if s.digits > types.MaxPrecision || s.scale > types.MaxScale {
			return types.Of(types.Text), fmt.Sprintf("DECIMAL(%d,%d) exceeds MySQL's limits and is shown as text", s.digits, s.scale)
		}
		return types.NewDecimal(s.digits, s.scale), ""
	case uuid:
		return types.NewText(types.Char, 36, types.Utf8mb4Bin0900), ""
	case date:
		return types.Of(types.Date), ""
	case timeMillis:
		return types.NewTemporal(types.Time, 3), ""
	case timeMicros:
		return types.NewTemporal(types.Time, 6), ""
	case timestampMillis:
		return types.NewTemporal(types.Timestamp, 3), ""
	case timestampMicros:
		return types.NewTemporal(types.Timestamp, 6), ""
	case timestampNanos:
		return types.NewTemporal(types.Timestamp, 6), cut
	case localMillis:
		return types.NewTemporal(types.Datetime, 3), ""
	case localMicros:
		return types.NewTemporal(types.Datetime, 6), ""
	case localNanos:
		return types.NewTemporal(types.Datetime, 6), cut
	case duration:
		return types.Of(types.Text), "shown as text"
	}
	switch k := kinds[s.kind]; {
	case s.kind == kindFixed && s.size > 0 && s.size <= longestBinary:
		return types.Type{Kind: types.Binary, Length: uint32(s.size)}, ""
	case k == types.JSON:
		return types.Of(k), "shown as JSON"
	case k == types.Null:
		return types.Of(k), "holds nothing but NULL"
	default:
		return types.Of(k), ""
	}
}
