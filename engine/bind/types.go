package bind

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"
	"github.com/dolthub/vitess/go/vt/proto/query"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// The longest CHAR in characters and VARCHAR in bytes.
const (
	longestChar    = 255
	longestVarchar = 65535
)

// The longest values of the TEXT and BLOB kinds but the last, in bytes.
const (
	tinyText   = 255
	plainText  = 65535
	mediumText = 1<<24 - 1
)

// ToGMS returns the GMS type of values of t. Bool, the type of a predicate, is BIGINT: drivers take GMS's BOOLEAN for a truth
// value, which MySQL's comparisons are not. Of a table's column it is BOOLEAN (columnType).
func ToGMS(t types.Type) sql.Type {
	switch t.Kind {
	case types.Null:
		return gmstypes.Null
	case types.Bool, types.Int64:
		return gmstypes.Int64
	case types.Int8:
		return gmstypes.Int8
	case types.Int16:
		return gmstypes.Int16
	case types.Int32:
		return gmstypes.Int32
	case types.Uint8:
		return gmstypes.Uint8
	case types.Uint16:
		return gmstypes.Uint16
	case types.Uint32:
		return gmstypes.Uint32
	case types.Uint64:
		return gmstypes.Uint64
	case types.Float32:
		return gmstypes.Float32
	case types.Float64:
		return gmstypes.Float64
	case types.Decimal:
		return gmstypes.MustCreateColumnDecimalType(t.Precision, t.Scale)
	case types.Date:
		return gmstypes.Date
	case types.Datetime:
		return gmstypes.MustCreateDatetimeType(sqltypes.Datetime, int(t.Scale))
	case types.Timestamp:
		return gmstypes.MustCreateDatetimeType(sqltypes.Timestamp, int(t.Scale))
	case types.Time:
		return gmstypes.Time
	case types.Year:
		return gmstypes.Year
	case types.Binary, types.Varbinary, types.Blob:
		return binaryToGMS(t)
	case types.JSON:
		return gmstypes.JSON
	case types.Bit:
		bits := t.Length
		if bits == 0 || bits > gmstypes.BitTypeMaxBits {
			bits = gmstypes.BitTypeMaxBits
		}
		return gmstypes.MustCreateBitType(uint8(bits))
	case types.Enum:
		if e, err := gmstypes.CreateEnumType(t.MemberNames(), collationToGMS(t.Collation)); err == nil {
			return e
		}
	case types.Set:
		if s, err := gmstypes.CreateSetType(t.MemberNames(), collationToGMS(t.Collation)); err == nil {
			return s
		}
	}
	return textToGMS(t)
}

// textToGMS returns the string type of t: CHAR and VARCHAR while the length fits, else the narrowest TEXT. An Enum or
// Set that MySQL would not take comes here too.
func textToGMS(t types.Type) sql.Type {
	collation := collationToGMS(t.Collation)
	width := collation.CharacterSet().MaxLength()
	bytes := int64(t.Length) * width
	switch {
	case t.Kind == types.Char && t.Length <= longestChar:
		length := int64(t.Length)
		if length == 0 {
			length = longestChar
		}
		return gmstypes.MustCreateString(sqltypes.Char, length, collation)
	case t.Kind == types.Varchar && bytes <= longestVarchar:
		length := int64(t.Length)
		if length == 0 {
			length = longestVarchar / width
		}
		return gmstypes.MustCreateString(sqltypes.VarChar, length, collation)
	case t.Length == 0 || bytes > mediumText:
		return gmstypes.CreateLongText(collation)
	case bytes <= tinyText:
		return gmstypes.CreateTinyText(collation)
	case bytes <= plainText:
		return gmstypes.CreateText(collation)
	}
	return gmstypes.CreateMediumText(collation)
}

func binaryToGMS(t types.Type) sql.Type {
	switch {
	case t.Kind == types.Binary && t.Length > 0 && t.Length <= longestChar:
		return gmstypes.MustCreateBinary(sqltypes.Binary, int64(t.Length))
	case t.Kind == types.Varbinary && t.Length > 0 && t.Length <= longestVarchar:
		return gmstypes.MustCreateBinary(sqltypes.VarBinary, int64(t.Length))
	case t.Length == 0 || t.Length > mediumText:
		return gmstypes.LongBlob
	case t.Length <= tinyText:
		return gmstypes.TinyBlob
	case t.Length <= plainText:
		return gmstypes.Blob
	}
	return gmstypes.MediumBlob
}

// collationToGMS maps a collation id, which both sides number as MySQL does. One that GMS lacks becomes the binary
// collation of utf8mb4: distinct values stay distinct.
func collationToGMS(c types.Collation) sql.CollationID {
	if !collations[sql.CollationID(c)] {
		return sql.Collation_utf8mb4_0900_bin
	}
	return sql.CollationID(c)
}

// collations are the ids that GMS has weights for.
var collations = func() map[sql.CollationID]bool {
	known := make(map[sql.CollationID]bool)
	for all := sql.NewCollationsIterator(); ; {
		c, ok := all.Next()
		if !ok {
			return known
		}
		known[c.ID] = c.Sorter != nil
	}
}()

var numberKinds = map[query.Type]types.Kind{
	sqltypes.Null: types.Null,
	sqltypes.Int8: types.Int8, sqltypes.Int16: types.Int16, sqltypes.Int24: types.Int32,
	sqltypes.Int32: types.Int32, sqltypes.Int64: types.Int64,
	sqltypes.Uint8: types.Uint8, sqltypes.Uint16: types.Uint16, sqltypes.Uint24: types.Uint32,
	sqltypes.Uint32: types.Uint32, sqltypes.Uint64: types.Uint64,
	sqltypes.Float32: types.Float32, sqltypes.Float64: types.Float64,
	sqltypes.Year: types.Year, sqltypes.Date: types.Date,
}

var stringKinds = map[query.Type]types.Kind{
	sqltypes.Char: types.Char, sqltypes.VarChar: types.Varchar, sqltypes.Text: types.Text,
	sqltypes.Binary: types.Binary, sqltypes.VarBinary: types.Varbinary, sqltypes.Blob: types.Blob,
}

// FromGMS returns the type of values of a GMS type. Spatial and vector types, which plans don't have, are
// sqlerr.Unsupported.
func FromGMS(t sql.Type) (types.Type, error) {
	if t == nil {
		return types.Type{}, nil
	}
	base := t.Type()
	if kind, ok := numberKinds[base]; ok {
		return types.Of(kind), nil
	}
	switch t := t.(type) {
	case sql.DecimalType:
		return types.NewDecimal(int(t.Precision()), int(t.Scale())), nil
	case sql.EnumType:
		return types.Type{Kind: types.Enum, Collation: types.Collation(t.Collation()), Members: strings.Join(t.Values(), "\x00")}, nil
	case sql.SetType:
		return types.Type{Kind: types.Set, Collation: types.Collation(t.Collation()), Members: strings.Join(t.Values(), "\x00")}, nil
	case sql.DatetimeType:
		kind := types.Datetime
		if base == sqltypes.Timestamp {
			kind = types.Timestamp
		}
		return types.NewTemporal(kind, t.Precision()), nil
	case columnTime:
		return types.NewTemporal(types.Time, t.digits), nil
	case gmstypes.TimeType:
		return types.NewTemporal(types.Time, types.MaxFSP), nil
	case gmstypes.BitType:
		return types.Type{Kind: types.Bit, Length: uint32(t.NumberOfBits())}, nil
	case gmstypes.JsonType:
		return types.NewText(types.JSON, 0, types.Utf8mb4Bin), nil
	case sql.StringType:
		return fromStringType(t, stringKinds[base]), nil
	}
	if system, ok := t.(sql.SystemVariableType); ok {
		return FromGMS(system.UnderlyingType())
	}
	return types.Type{}, sqlerr.New(sqlerr.Unsupported, "the type %s is not supported in a federated query", t)
}

func fromStringType(t sql.StringType, kind types.Kind) types.Type {
	if kind == types.Null {
		kind = types.Text
	}
	length := t.MaxCharacterLength()
	if kind == types.Text || kind == types.Blob {
		// The longest of each kind is the kind itself, for which Length is 0.
		if t.MaxByteLength() > mediumText {
			length = 0
		}
	}
	typ := types.Type{Kind: kind, Length: uint32(length)}
	if typ.IsText() {
		typ.Collation = types.Collation(t.Collation())
	}
	return typ
}
