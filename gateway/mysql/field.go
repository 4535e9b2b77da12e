package mysql

import (
	"math"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// Character sets in column definitions, by the id of a collation.
const (
	binaryCharset = 63
	textCharset   = 255 // utf8mb4_0900_ai_ci: results are always utf8mb4
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

// leafFields describes the result of a query that the engine runs.
func leafFields(leaf *bind.Leaf) []*querypb.Field {
	schema := wireSchema(leaf)
	fields := make([]*querypb.Field, len(schema))
	for i, col := range schema {
		named := leaf.Columns[i]
		f := newField(col.Type)
		f.Name, f.OrgName = named.Name, named.Name
		f.Table, f.OrgTable, f.Database = named.Source, named.Source, named.DatabaseSource
		if !col.Nullable {
			f.Flags |= uint32(querypb.MySqlFlag_NOT_NULL_FLAG)
		}
		if named.PrimaryKey {
			f.Flags |= uint32(querypb.MySqlFlag_PRI_KEY_FLAG)
		}
		fields[i] = f
	}
	return fields
}

// newField describes a column of type t, but for its name and what it may hold.
func newField(t types.Type) *querypb.Field {
	f := &querypb.Field{Type: wireType(t), Charset: binaryCharset, ColumnLength: displayLength(t)}
	switch {
	case t.Kind == types.Decimal, t.IsTemporal():
		f.Decimals = uint32(t.Scale)
	case t.IsFloat():
		f.Decimals = notFixed
	}
	var flags querypb.MySqlFlag
	switch t.Kind {
	case types.Char, types.Varchar:
		f.Charset = textCharset
	case types.Text:
		f.Charset = textCharset
		flags = querypb.MySqlFlag_BLOB_FLAG
	case types.Enum:
		f.Charset = textCharset
		flags = querypb.MySqlFlag_ENUM_FLAG
	case types.Set:
		f.Charset = textCharset
		flags = querypb.MySqlFlag_SET_FLAG
	case types.Blob, types.JSON:
		flags = querypb.MySqlFlag_BLOB_FLAG | querypb.MySqlFlag_BINARY_FLAG
	default:
		flags = querypb.MySqlFlag_BINARY_FLAG
	}
	if t.IsUnsigned() || t.Kind == types.Year {
		flags |= querypb.MySqlFlag_UNSIGNED_FLAG
	}
	f.Flags = uint32(flags)
	return f
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

// localFields describes the result of a statement that GMS runs.
func localFields(ctx *sql.Context, schema sql.Schema) []*querypb.Field {
	fields := make([]*querypb.Field, len(schema))
	for i, col := range schema {
		f := &querypb.Field{
			Name: col.Name, OrgName: col.Name,
			Table: col.Source, OrgTable: col.Source, Database: col.DatabaseSource,
			Type:         col.Type.Type(),
			Charset:      binaryCharset,
			ColumnLength: col.Type.MaxTextResponseByteLength(ctx),
		}
		var flags querypb.MySqlFlag
		switch t := col.Type.(type) {
		case sql.DecimalType:
			f.Decimals = uint32(t.Scale())
		case sql.DatetimeType:
			f.Decimals = uint32(t.Precision())
		default:
			if gmstypes.IsFloat(col.Type) {
				f.Decimals = notFixed
			}
		}
		if isText(col.Type) {
			f.Charset = textCharset
		} else {
			flags |= querypb.MySqlFlag_BINARY_FLAG
		}
		if !col.Nullable {
			flags |= querypb.MySqlFlag_NOT_NULL_FLAG
		}
		if col.AutoIncrement {
			flags |= querypb.MySqlFlag_AUTO_INCREMENT_FLAG
		}
		if col.PrimaryKey {
			flags |= querypb.MySqlFlag_PRI_KEY_FLAG
		}
		if gmstypes.IsUnsigned(col.Type) {
			flags |= querypb.MySqlFlag_UNSIGNED_FLAG
		}
		f.Flags = uint32(flags)
		fields[i] = f
	}
	return fields
}

// isText reports a type of GMS with a character set of its own.
func isText(t sql.Type) bool {
	if gmstypes.IsBinaryType(t) {
		return false
	}
	_, collated := t.(sql.TypeWithCollation)
	return collated
}

// textFields describes a result of texts, with names ending in "?" that may be NULL.
func textFields(names ...string) []*querypb.Field {
	fields := make([]*querypb.Field, len(names))
	for i, name := range names {
		f := newField(types.Of(types.Text))
		f.Name = strings.TrimSuffix(name, "?")
		f.OrgName = f.Name
		if f.Name == name {
			f.Flags |= uint32(querypb.MySqlFlag_NOT_NULL_FLAG)
		}
		fields[i] = f
	}
	return fields
}
