package mysql

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/shape"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

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
		shown := &leaf.Shown[i]
		c := newColumn(col.Type)
		c.Length, c.Decimals = byteLength(col.Type, shown.Length), shown.Decimals
		c.Name, c.Table, c.OrgName = leaf.Columns[i].Name, shown.Table, shown.Relation.Column
		if !col.Nullable || shown.NotNull {
			c.Flags |= wire.NotNull
		}
		if shown.Unsigned {
			c.Flags |= wire.Unsigned
		}
		switch {
		case shown.Origin != nil:
			ofTable(&c, col.Type, shown)
		case shown.Stored:
			c.OrgName = cmp.Or(c.OrgName, c.Name)
			stored(&c, col.Type)
		default:
			computed(&c, col.Type, shown)
		}
		columns[i] = c
	}
	return columns
}

// stored completes the description of what is a Field in MySQL: there BINARY is of strings and moments.
func stored(c *wire.Column, t types.Type) {
	if t.IsNumeric() {
		c.Flags &^= wire.Binary
	}
	if t.Kind == types.Year {
		c.Flags |= wire.Zerofill
	}
	if t.IsText() && strings.HasSuffix(t.Collation.String(), "_bin") {
		c.Flags |= wire.Binary
	}
}

// ofTable completes the description of a column of a table.
func ofTable(c *wire.Column, t types.Type, shown *bind.Shown) {
	from := shown.Origin
	c.Schema, c.OrgTable, c.OrgName = from.Database, from.Table, cmp.Or(c.OrgName, from.Column.Name)
	stored(c, t)
	switch {
	case from.Column.Type == gmstypes.Boolean:
		c.Length = 1
	case from.Column.Type.Type() == sqltypes.Int24:
		c.Type, c.Length = wire.TypeInt24, 9
	case from.Column.Type.Type() == sqltypes.Uint24:
		c.Type, c.Length = wire.TypeInt24, 8
	}
	if from.Number.Unsigned {
		c.Flags |= wire.Unsigned
	}
	if from.Number.Digits > 0 {
		c.Length, c.Decimals = uint32(from.Number.Digits), uint8(from.Number.Decimals)
	}
	c.Flags |= declaredFlags(from)
}

// declaredFlags are those of keys, and of what a row gets that does not name the column.
func declaredFlags(from *bind.Origin) (flags wire.Flag) {
	col := from.Column
	clocked := from.Written && gmstypes.IsTime(col.Type) && (col.OnUpdate != nil || col.Default != nil && !col.Default.IsLiteral())
	for _, f := range []struct {
		set  bool
		flag wire.Flag
	}{
		{from.Written && !col.Nullable && col.Default == nil && !col.AutoIncrement, wire.NoDefault},
		{clocked, wire.Timestamp}, {clocked && col.OnUpdate != nil, wire.UpdatedNow},
		{from.Key.Primary, wire.PrimaryKey}, {from.Key.Unique, wire.UniqueKey}, {from.Key.Multiple, wire.MultipleKey},
		{from.Key.Part, wire.PartKey}, {col.AutoIncrement, wire.AutoIncrement},
	} {
		if f.set {
			flags |= f.flag
		}
	}
	return flags
}

// computed completes the description of an Item.
func computed(c *wire.Column, t types.Type, shown *bind.Shown) {
	c.Flags &^= wire.Blob | wire.Enum | wire.Set
	if shown.Long {
		c.Type = wire.TypeBlob
	} else if t.IsString() && t.Kind != types.JSON && t.Kind != types.Char && t.Kind != types.Enum && t.Kind != types.Set {
		c.Type = stringType(c.Length)
	}
}

// stringType is the type of an expression's strings of at most so many bytes (Item::set_data_type_string).
func stringType(length uint32) wire.Type {
	switch {
	case length <= math.MaxUint16:
		return wire.TypeVarString
	case length < 1<<24:
		return wire.TypeMediumBlob
	}
	return wire.TypeLongBlob
}

// byteLength is a length in bytes.
func byteLength(t types.Type, length uint64) uint32 {
	if t.IsText() && t.Kind != types.JSON {
		length *= bytesPerChar
	}
	return uint32(min(length, math.MaxUint32))
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
	s := shape.OfColumn(t)
	c := wire.Column{Type: wireTypes[t.Kind], Collation: wire.BinaryCollation, Length: byteLength(t, s.Length), Decimals: s.Decimals}
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

// localColumns describes the result of a statement that GMS runs.
func localColumns(ctx *sql.Context, schema sql.Schema) []wire.Column {
	columns := make([]wire.Column, len(schema))
	for i, col := range schema {
		typ, flags := sqltypes.TypeToMySQL(col.Type.Type())
		c := wire.Column{
			Name:  col.Name,
			Table: col.Source, OrgTable: col.Source, Schema: col.DatabaseSource,
			Type:      wire.Type(typ),
			Flags:     wire.Flag(flags),
			Collation: wire.BinaryCollation,
			Length:    col.Type.MaxTextResponseByteLength(ctx),
		}
		if col.Source != "" {
			c.OrgName = col.Name
		}
		switch t := col.Type.(type) {
		case sql.DecimalType:
			c.Decimals = t.Scale()
		case sql.DatetimeType:
			c.Decimals = uint8(t.Precision())
		default:
			if gmstypes.IsFloat(col.Type) {
				c.Decimals = shape.NotFixed
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

// isText reports a type of GMS with a character set: that of a system variable does not name its own.
func isText(t sql.Type) bool {
	if gmstypes.IsBinaryType(t) {
		return false
	}
	_, collated := t.(sql.TypeWithCollation)
	return collated || sqltypes.IsText(t.Type())
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
