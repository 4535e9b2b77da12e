package scratchsql

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// What MySQL refuses of the definition of a column before it looks at anything else (MySQL 8.0 manual, 13.1.20 and the chapters of types).

const (
	longestName      = 64 // characters
	longestColumn    = 65535
	widestNumber     = 255
	mostEnumMembers  = 65535
	bytesOfCharacter = 4 // at most, in utf8mb4
)

// checkName refuses a name that MySQL has none of; wrong says so of one that is empty or ends in a space.
func checkName(name string, wrong sqlerr.Code, message string) error {
	if name == "" || strings.HasSuffix(name, " ") {
		return sqlerr.New(wrong, message, name)
	}
	return checkLength(name)
}

// checkLength is all that is asked of the names of constraints.
func checkLength(name string) error {
	if utf8.RuneCountInString(name) > longestName {
		return sqlerr.New(sqlerr.Errno(1059), "Identifier name '%s' is too long", name) // ER_TOO_LONG_IDENT
	}
	return nil
}

func checkDatabaseName(name string) error {
	return checkName(name, sqlerr.Errno(1102), "Incorrect database name '%s'") // ER_WRONG_DB_NAME
}

func checkTableName(name string) error {
	return checkName(name, sqlerr.Errno(1103), "Incorrect table name '%s'") // ER_WRONG_TABLE_NAME
}

// checkColumn refuses what MySQL does, and writes out what the definition says in few words.
func checkColumn(ctx *sql.Context, c *sqlparser.ColumnDefinition) error {
	name, t := c.Name.String(), &c.Type
	if err := checkName(name, sqlerr.Errno(1166), "Incorrect column name '%s'"); err != nil { // ER_WRONG_COLUMN_NAME
		return err
	}
	if sql.IsHiddenSystemColumn(name) {
		return sqlerr.New(sqlerr.Errno(1166), "Incorrect column name '%s'", name)
	}
	if strings.EqualFold(t.Type, "double precision") {
		t.Type = "double"
	}
	if t.ResolvedType == nil {
		if err := checkType(name, t); err != nil {
			return err
		}
	}
	if t.Zerofill { // MySQL 8.0 manual, 11.1.6: which is deprecated
		t.Unsigned = true
		ctx.Warn(1235, "ZEROFILL of column '%s' is not kept, it is UNSIGNED", name)
	}
	kind := strings.ToLower(t.Type)
	if t.BinaryCollate && t.Collate == "" {
		charset := sql.CharacterSet_utf8mb4
		if t.Charset != "" {
			var err error
			if charset, err = sql.ParseCharacterSet(t.Charset); err != nil {
				return err
			}
		}
		t.Collate, t.BinaryCollate = charset.BinaryCollation().Name(), false
	}
	if t.OnUpdate != nil && kind != "datetime" && kind != "timestamp" { // ER_INVALID_ON_UPDATE
		return sqlerr.New(sqlerr.Errno(1294), "Invalid ON UPDATE clause for '%s' column", name)
	}
	_, null := t.Default.(*sqlparser.NullVal)
	literal, _ := t.Default.(*sqlparser.SQLVal)
	switch {
	case literal != nil && literal.Type == sqlparser.IntVal && dates[kind] && strings.Trim(string(literal.Val), "0") == "": // there are no zero dates
		return invalidDefault(name)
	case bool(t.Autoincrement) && (!countable[kind] || t.GeneratedExpr != nil):
		return sqlerr.New(sqlerr.Errno(1063), "Incorrect column specifier for column '%s'", name) // ER_WRONG_FIELD_SPEC
	case bool(t.Autoincrement) && t.Default != nil, null && bool(t.NotNull):
		return invalidDefault(name)
	case bool(t.NotNull && t.Null):
		t.Null = false
	}
	if _, expression := t.Default.(*sqlparser.ParenExpr); t.Default != nil && !null && !expression && noLiterals[kind] { // ER_BLOB_CANT_HAVE_DEFAULT
		return sqlerr.New(sqlerr.Errno(1101), "BLOB, TEXT, GEOMETRY or JSON column '%s' can't have a default value", name)
	}
	return nil
}

func invalidDefault(column string) error {
	return sqlerr.New(sqlerr.BadDefault, "Invalid default value for '%s'", column)
}

var (
	// countable are the types that AUTO_INCREMENT takes.
	countable = set("tinyint smallint mediumint int integer bigint float double real")
	// noLiterals are those whose default is an expression in parentheses, if any.
	noLiterals = set("tinyblob blob mediumblob longblob tinytext text mediumtext longtext json")
	spatial    = set("geometry point linestring polygon multipoint multilinestring multipolygon geometrycollection geomcollection vector")
	exact      = set("decimal numeric dec fixed")
	floats     = set("float double real")
	fractions  = set("datetime timestamp time")
	dates      = set("date datetime timestamp")
	integers   = set("tinyint smallint mediumint int integer bigint")
)

func set(words string) map[string]bool {
	all := make(map[string]bool)
	for _, w := range strings.Fields(words) {
		all[w] = true
	}
	return all
}

// number is the value of a literal that is an integer.
func number(v *sqlparser.SQLVal) (int, error) {
	n, err := strconv.Atoi(string(v.Val))
	if err != nil || n < 0 {
		return 0, sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax: %s is no length", v.Val)
	}
	return n, nil
}

func checkType(name string, t *sqlparser.ColumnType) error {
	kind := strings.ToLower(t.Type)
	length, scale := -1, -1
	var err error
	if t.Length != nil {
		if length, err = number(t.Length); err != nil {
			return err
		}
	}
	if t.Scale != nil {
		if scale, err = number(t.Scale); err != nil {
			return err
		}
	}
	tooLong := func(longest int) error { // ER_TOO_BIG_FIELDLENGTH
		return sqlerr.New(sqlerr.Errno(1074), "Column length too big for column '%s' (max = %d); use BLOB or TEXT instead", name, longest)
	}
	switch {
	case spatial[kind]:
		return sqlerr.New(sqlerr.Unsupported, "column '%s': scratch tables have no %s", name, strings.ToUpper(kind))
	case kind == "varchar", kind == "varbinary", kind == "nvarchar", kind == "character varying", kind == "char varying":
		longest := longestColumn
		if kind != "varbinary" {
			longest /= bytesOfCharacter
		}
		if length < 0 {
			return sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax: %s of column '%s' needs a length", strings.ToUpper(kind), name)
		}
		if length > longest {
			return tooLong(longest)
		}
	case kind == "char", kind == "character", kind == "nchar", kind == "binary":
		if length > widestNumber {
			return tooLong(widestNumber)
		}
	case exact[kind]:
		return checkDecimal(name, length, scale)
	case floats[kind] && scale >= 0:
		return checkFloat(name, length, scale)
	case kind == "float" && length > 53: // ER_WRONG_FIELD_SPEC
		return sqlerr.New(sqlerr.Errno(1063), "Incorrect column specifier for column '%s'", name)
	case fractions[kind] && length > types.MaxFSP:
		return sqlerr.New(sqlerr.PrecisionTooBig, "Too-big precision %d specified for '%s'. Maximum is %d.", length, name, types.MaxFSP)
	case kind == "bit" && length > 64:
		return sqlerr.New(sqlerr.DisplayWidth, "Display width out of range for column '%s' (max = 64)", name)
	case integers[kind] && length > widestNumber:
		return sqlerr.New(sqlerr.DisplayWidth, "Display width out of range for column '%s' (max = %d)", name, widestNumber)
	case kind == "year" && length >= 0: // whose 4 digits are all that it has
		if length != 4 {
			return sqlerr.New(sqlerr.Errno(1818), "Supports only YEAR or YEAR(4) column.") // ER_INVALID_YEAR_COLUMN_LENGTH
		}
		t.Length = nil
	case kind == "enum", kind == "set":
		return checkMembers(name, strings.ToUpper(kind), t.EnumValues)
	}
	return nil
}

func mBiggerThanD(name string) error {
	return sqlerr.New(sqlerr.ScaleOverPrecision, "For float(M,D), double(M,D) or decimal(M,D), M must be >= D (column '%s').", name)
}

func checkFloat(name string, digits, decimals int) error {
	switch {
	case digits > widestNumber:
		return sqlerr.New(sqlerr.DisplayWidth, "Display width out of range for column '%s' (max = %d)", name, widestNumber)
	case decimals > types.MaxScale:
		return sqlerr.New(sqlerr.ScaleTooBig, "Too big scale %d specified for column '%s'. Maximum is %d.", decimals, name, types.MaxScale)
	case digits < decimals:
		return mBiggerThanD(name)
	}
	return nil
}

// numberOf is what a type that checkColumn has looked at says of a number beyond its types.Type.
func numberOf(t *sqlparser.ColumnType) (n types.Number) {
	kind := strings.ToLower(t.Type)
	if !floats[kind] && !exact[kind] {
		return n
	}
	n.Unsigned = bool(t.Unsigned)
	if floats[kind] && t.Scale != nil {
		n.Digits, _ = number(t.Length) // both were read before
		n.Decimals, _ = number(t.Scale)
	}
	return n
}

func checkDecimal(name string, precision, scale int) error {
	switch {
	case precision > types.MaxPrecision:
		return sqlerr.New(sqlerr.PrecisionTooBig, "Too-big precision %d specified for '%s'. Maximum is %d.", precision, name, types.MaxPrecision)
	case scale > types.MaxScale:
		return sqlerr.New(sqlerr.ScaleTooBig, "Too big scale %d specified for column '%s'. Maximum is %d.", scale, name, types.MaxScale)
	case scale > precision && precision >= 0:
		return mBiggerThanD(name)
	}
	return nil
}

// checkMembers refuses two members that compare as equal, and those that can't be one.
func checkMembers(name, kind string, members []string) error {
	seen := make(map[string]bool)
	for _, m := range members {
		key := strings.ToLower(strings.TrimRight(m, " "))
		if seen[key] { // ER_DUPLICATED_VALUE_IN_TYPE
			return sqlerr.New(sqlerr.Errno(1291), "Column '%s' has duplicated value '%s' in %s", name, m, kind)
		}
		if strings.Contains(m, "\x00") { // which is between members (types.Type)
			return sqlerr.New(sqlerr.Unsupported, "column '%s': a member of %s has a NUL", name, kind)
		}
		if seen[key] = true; kind == "SET" && strings.Contains(m, ",") { // ER_ILLEGAL_VALUE_FOR_TYPE
			return sqlerr.New(sqlerr.Errno(1367), "Illegal %s '%s' value found during parsing", strings.ToLower(kind), m)
		}
	}
	if kind == "SET" && len(members) > 64 || len(members) > mostEnumMembers { // ER_TOO_BIG_SET, ER_TOO_BIG_ENUM
		return sqlerr.New(sqlerr.Errno(1097), "Too many strings for column %s and %s", name, kind)
	}
	return nil
}
