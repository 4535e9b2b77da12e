package mysql

import (
	"math"
	"slices"

	"github.com/dolthub/go-mysql-server/sql"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

// notFixed is the number of decimals of a FLOAT or DOUBLE whose scale is free (NOT_FIXED_DEC).
const notFixed = 31

// bytesPerChar is the most bytes of a character in utf8mb4.
const bytesPerChar = 4

// wireSchema is what a query's columns are to the client: a predicate is BIGINT, a BOOLEAN column of a table TINYINT.
func wireSchema(leaf *bind.Leaf) plan.Schema {
	schema := slices.Clone(leaf.Plan.Schema())
	for i := range schema {
		if schema[i].Type.Kind == types.Bool && leaf.Columns[i].Type == gmstypes.Int64 {
			schema[i].Type = types.Of(types.Int64)
		}
	}
	return schema
}

// leafColumns describes the result of a query that the engine runs.
func leafColumns(leaf *bind.Leaf) []wire.Column {
	schema := wireSchema(leaf)
	columns := make([]wire.Column, len(schema))
	for i, col := range schema {
		named := leaf.Columns[i]
		c := newColumn(col.Type)
		c.Name, c.OrgName = named.Name, named.Name
		c.Table, c.OrgTable, c.Schema = named.Source, named.Source, named.DatabaseSource
		if !col.Nullable {
			c.Flags |= wire.NotNull
		}
		if named.PrimaryKey {
			c.Flags |= wire.PrimaryKey
		}
		columns[i] = c
	}
	return columns
}

// wireTypes are the protocol's types by kind.
var wireTypes = [...]wire.Type{
	types.Null: wire.TypeNull, types.Bool: wire.TypeTiny, types.Int8: wire.TypeTiny, types.Int16: wire.TypeShort,
	types.Int32: wire.TypeLong, types.Int64: wire.TypeLongLong, types.Uint8: wire.TypeTiny, types.Uint16: wire.TypeShort,
	types.Uint32: wire.TypeLong, types.Uint64: wire.TypeLongLong, types.Float32: wire.TypeFloat,
	types.Float64: wire.TypeDouble, types.Decimal: wire.TypeNewDecimal, types.Date: wire.TypeDate,
	types.Datetime: wire.TypeDatetime, types.Timestamp: wire.TypeTimestamp, types.Time: wire.TypeTime,
	types.Year: wire.TypeYear, types.Char: wire.TypeString, types.Varchar: wire.TypeVarString, types.Text: wire.TypeBlob,
	types.Binary: wire.TypeString, types.Varbinary: wire.TypeVarString, types.Blob: wire.TypeBlob,
	types.JSON: wire.TypeJSON, types.Enum: wire.TypeString, types.Set: wire.TypeString, types.Bit: wire.TypeBit,
}

// newColumn describes a column of type t, but for its name and what it may hold.
func newColumn(t types.Type) wire.Column {
	c := wire.Column{Type: wireTypes[t.Kind], Collation: wire.BinaryCollation, Length: displayLength(t)}
	switch {
	case t.Kind == types.Decimal, t.IsTemporal():
		c.Decimals = t.Scale
	case t.IsFloat():
		c.Decimals = notFixed
	}
	switch t.Kind {
	case types.Char, types.Varchar:
		c.Collation = wire.Utf8mb4Collation
	case types.Text:
		c.Collation, c.Flags = wire.Utf8mb4Collation, wire.Blob
	case types.Enum:
		c.Collation, c.Flags = wire.Utf8mb4Collation, wire.Enum
	case types.Set:
		c.Collation, c.Flags = wire.Utf8mb4Collation, wire.Set
	case types.Blob, types.JSON:
		c.Flags = wire.Blob | wire.Binary
	default:
		c.Flags = wire.Binary
	}
	if t.IsUnsigned() || t.Kind == types.Year {
		c.Flags |= wire.Unsigned
	}
	return c
}

// widths are the most characters that values of a kind without parameters have when shown.
var widths = map[types.Kind]uint32{
	types.Bool: 1, types.Int8: 4, types.Int16: 6, types.Int32: 11, types.Int64: 20,
	types.Uint8: 3, types.Uint16: 5, types.Uint32: 10, types.Uint64: 20, types.Year: 4,
	types.Float32: 12, types.Float64: 22, types.Date: 10, types.Datetime: 19, types.Timestamp: 19, types.Time: 10,
}

// displayLength is the length of a column definition: characters for what is shown, bytes for text.
func displayLength(t types.Type) uint32 {
	switch t.Kind {
	case types.Decimal:
		length := uint32(t.Precision) + 1 // the sign
		if t.Scale > 0 {
			length++
		}
		return length
	case types.Datetime, types.Timestamp, types.Time:
		if t.Scale > 0 {
			return widths[t.Kind] + 1 + uint32(t.Scale)
		}
	case types.Bit:
		return max(t.Length, 1)
	case types.Enum, types.Set:
		var longest, all int
		for _, m := range t.MemberNames() {
			longest = max(longest, len([]rune(m)))
			all += len([]rune(m)) + 1
		}
		if t.Kind == types.Set {
			longest = max(all-1, 0)
		}
		return uint32(longest) * bytesPerChar
	case types.Char, types.Varchar:
		if t.Length == 0 || t.Length > math.MaxUint16 {
			return math.MaxUint32
		}
		return t.Length * bytesPerChar
	case types.Binary, types.Varbinary:
		if t.Length == 0 {
			return math.MaxUint32
		}
		return t.Length
	case types.Text, types.Blob, types.JSON:
		return math.MaxUint32
	}
	return widths[t.Kind]
}

// localColumns describes the result of a statement that GMS runs.
func localColumns(ctx *sql.Context, schema sql.Schema) []wire.Column {
	columns := make([]wire.Column, len(schema))
	for i, col := range schema {
		typ, flags := sqltypes.TypeToMySQL(col.Type.Type())
		c := wire.Column{
			Name: col.Name, OrgName: col.Name,
			Table: col.Source, OrgTable: col.Source, Schema: col.DatabaseSource,
			Type:      wire.Type(typ),
			Flags:     wire.Flag(flags),
			Collation: wire.BinaryCollation,
			Length:    col.Type.MaxTextResponseByteLength(ctx),
		}
		switch t := col.Type.(type) {
		case sql.DecimalType:
			c.Decimals = t.Scale()
		case sql.DatetimeType:
			c.Decimals = uint8(t.Precision())
		default:
			if gmstypes.IsFloat(col.Type) {
				c.Decimals = notFixed
			}
		}
		if isText(col.Type) {
			c.Collation = wire.Utf8mb4Collation
		} else {
			c.Flags |= wire.Binary
		}
		if !col.Nullable {
			c.Flags |= wire.NotNull
		}
		if col.AutoIncrement {
			c.Flags |= wire.AutoIncrement
		}
		if col.PrimaryKey {
			c.Flags |= wire.PrimaryKey
		}
		if gmstypes.IsUnsigned(col.Type) {
			c.Flags |= wire.Unsigned
		}
		columns[i] = c
	}
	return columns
}

// isText reports a type of GMS with a character set of its own.
func isText(t sql.Type) bool {
	if gmstypes.IsBinaryType(t) {
		return false
	}
	_, collated := t.(sql.TypeWithCollation)
	return collated
}

// textColumns describes a result of texts that are not NULL.
func textColumns(names ...string) []wire.Column {
	columns := make([]wire.Column, len(names))
	for i, name := range names {
		columns[i] = newColumn(types.Of(types.Text))
		columns[i].Name, columns[i].OrgName = name, name
		columns[i].Flags |= wire.NotNull
	}
	return columns
}
