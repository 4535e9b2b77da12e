package mysql

import (
	"fmt"
	"strings"
	"sync"

	"github.com/silogate/silogate/engine/collation"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// relation is a table's Handle.
type relation struct {
	server  server
	shape   uint64   // what the statement that reads it must find again
	columns []column // as Table.Columns
	bytes   float64  // of its data
	indexed []index
}

// index is what an index tells of its first columns.
type index struct {
	columns     []int     // positions
	cardinality []float64 // distinct values of the first column, the first two, ...; NaN: unknown
	unique      bool
}

// column is how a column is read.
type column struct {
	read   reading
	guard  guard
	ascii  bool // text of a character set of which only ASCII is sure to be that of utf8mb4
	native bool // the server compares it by the collation of its type, as far as it is compared with ASCII or is not ascii
	uuid   bool // compared as a text, which is that of a UUID in lower case
	fixed  bool // a float that is printed with so many decimals
}

// reading is how SQL reads a column's MySQL value.
type reading uint8

const (
	plain   reading = iota // as it is
	asUTF8                 // converted to utf8mb4
	asText                 // through CAST
	asWKT                  // through ST_AsText
	numeric                // as a number: BIT and YEAR
	unread                 // only as a result column
)

// guard is how values are told from those that are no value of the column's type.
type guard uint8

const (
	unguarded guard = iota
	dateGuard       // 0000-00-00, 2024-02-00, 2024-02-31
	timestampGuard
)

// conditions returns the condition that a column has a proper value. It is not true of NULL.
func (g guard) conditions(ref string) string {
	switch g {
	case dateGuard:
		return ref + " >= DATE'0001-01-01' AND DAYOFMONTH(" + ref + ") BETWEEN 1 AND DAYOFMONTH(LAST_DAY(" + ref + "))"
	case timestampGuard:
		return ref + " >= TIMESTAMP'1970-01-01 00:00:00'"
	}
	return ""
}

// attribute is a column as information_schema describes it.
type attribute struct {
	name, dataType, columnType string
	length                     int // in characters or bytes
	precision, scale, fraction int
	charset, collation         string
	nullable, document         bool // document: a constraint has it hold JSON
	comment                    string
}

// Lengths in characters up to which MySQL has CHAR and VARCHAR of utf8mb4.
const (
	longestChar    = 255
	longestVarchar = 16383
)

// describe maps an attribute to a column.
func (a *attribute) describe(srv server, zero zeroDates) (plan.TableColumn, column) {
	t := plan.TableColumn{Name: a.name, Native: a.columnType, Nullable: a.nullable, Comment: a.comment}
	var c column
	unsigned := strings.Contains(a.columnType, "unsigned") || strings.Contains(a.columnType, "zerofill")
	switch a.dataType {
	case "tinyint":
		t.Type = integer(types.Int8, types.Uint8, unsigned)
	case "smallint":
		t.Type = integer(types.Int16, types.Uint16, unsigned)
	case "mediumint", "int", "integer":
		t.Type = integer(types.Int32, types.Uint32, unsigned)
	case "bigint":
		t.Type = integer(types.Int64, types.Uint64, unsigned)
	case "float", "double":
		t.Type = types.Of(map[string]types.Kind{"float": types.Float32, "double": types.Float64}[a.dataType])
		c.fixed = strings.Contains(a.columnType, ",")
	case "decimal":
		t.Type = types.NewDecimal(a.precision, a.scale)
		if a.scale > types.MaxScale {
			a.asTexts(&t, &c)
		}
	case "bit":
		t.Type, c.read = types.Type{Kind: types.Bit, Length: uint32(max(a.precision, 1))}, numeric
	case "year":
		t.Type, c.read = types.Of(types.Year), numeric
	case "date", "datetime", "timestamp":
		a.moment(&t, &c, zero)
	case "time":
		t.Type = types.NewTemporal(types.Time, a.fraction)
	case "binary", "varbinary":
		t.Type = types.Type{Kind: map[string]types.Kind{"binary": types.Binary, "varbinary": types.Varbinary}[a.dataType], Length: uint32(a.length)}
	case "tinyblob", "blob", "mediumblob", "longblob":
		t.Type = types.Of(types.Blob)
	case "json":
		t.Type, c.read = types.Of(types.JSON), unread
	case "enum", "set":
		a.members(&t, &c)
	default:
		a.text(&t, &c, srv)
	}
	return t, c
}

func integer(signed, unsigned types.Kind, is bool) types.Type {
	if is {
		return types.Of(unsigned)
	}
	return types.Of(signed)
}

// moment maps dates and times of dates.
func (a *attribute) moment(t *plan.TableColumn, c *column, zero zeroDates) {
	if zero == zeroRaw {
		t.Type, c.read = types.NewText(types.Varchar, len("0000-00-00 00:00:00.000000"), types.Utf8mb4Bin0900), asText
		t.Warning = a.columnType + " is shown as text (zero_dates=raw)"
		return
	}
	c.guard = dateGuard
	switch a.dataType {
	case "date":
		t.Type = types.Of(types.Date)
	case "datetime":
		t.Type = types.NewTemporal(types.Datetime, a.fraction)
	default:
		t.Type = types.NewTemporal(types.Timestamp, a.fraction)
		c.guard = timestampGuard
	}
	if zero == zeroNull {
		t.Nullable = true
	}
}

// text maps texts, and what MySQL has no type for.
func (a *attribute) text(t *plan.TableColumn, c *column, srv server) {
	switch a.dataType {
	case "char", "varchar", "tinytext", "text", "mediumtext", "longtext":
	case "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection":
		t.Type, c.read = types.Of(types.Text), asWKT
		t.Warning = a.columnType + " is shown as its well-known text"
		return
	case "uuid":
		t.Type, c.read, c.uuid = types.NewText(types.Char, 36, types.Utf8mb4Bin0900), asText, true
		return
	default:
		a.asTexts(t, c)
		return
	}
	if a.document {
		t.Type, c.read = types.Of(types.JSON), unread
		return
	}
	id, native, exact := collationOf(a.collation)
	switch {
	case a.dataType == "char" && a.length > 0 && a.length <= longestChar:
		t.Type = types.NewText(types.Char, a.length, id)
	case a.dataType == "varchar" && a.length > 0 && a.length <= longestVarchar:
		t.Type = types.NewText(types.Varchar, a.length, id)
	default:
		t.Type = types.NewText(types.Text, 0, id)
	}
	if !exact {
		t.Warning = fmt.Sprintf("texts of collation %s are compared as those of %s", a.collation, id)
	}
	c.ascii = a.charset != "utf8mb4"
	if c.ascii {
		c.read = asUTF8
	}
	c.native = native && srv.nameOf(id) != ""
}

// asTexts shows a type that there is none of as text.
func (a *attribute) asTexts(t *plan.TableColumn, c *column) {
	t.Type, c.read = types.Of(types.Text), asText
	t.Warning = a.columnType + " has no MySQL type: shown as text"
}

// members maps ENUM and SET, whose members stand quoted in the type.
func (a *attribute) members(t *plan.TableColumn, c *column) {
	id, _, exact := collationOf(a.collation)
	kind := types.Enum
	if a.dataType == "set" {
		kind = types.Set
	}
	list := strings.TrimSuffix(strings.TrimPrefix(a.columnType, a.dataType+"("), ")")
	var names []string
	for list != "" {
		name, rest := unquote(list)
		names = append(names, name)
		list = strings.TrimPrefix(rest, ",")
	}
	t.Type = types.Type{Kind: kind, Members: strings.Join(names, "\x00"), Collation: id}
	if !exact {
		t.Warning = fmt.Sprintf("texts of collation %s are compared as those of %s", a.collation, id)
	}
	c.read = asText
}

// unquote reads a text in quotes and returns what follows. Quotes are doubled in it, and backslashes and three control
// characters escaped, whatever the SQL mode.
func unquote(list string) (name, rest string) {
	var b strings.Builder
	for i := 1; i < len(list); i++ {
		next := byte(0)
		if i+1 < len(list) {
			next = list[i+1]
		}
		switch {
		case list[i] == '\'' && next != '\'':
			return b.String(), list[i+1:]
		case list[i] == '\'':
			b.WriteByte(next)
			i++
		case list[i] == '\\':
			b.WriteByte(unescaped(next))
			i++
		default:
			b.WriteByte(list[i])
		}
	}
	return b.String(), ""
}

// unescaped is what a backslash and a letter stand for.
func unescaped(letter byte) byte {
	switch letter {
	case '0':
		return 0
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	}
	return letter
}

// collationIDs are MySQL's collations by name.
var collationIDs = sync.OnceValue(func() map[string]types.Collation {
	const most = 400 // ids of MySQL's are below
	ids := make(map[string]types.Collation, most)
	for id := types.Collation(1); id < most; id++ {
		ids[id.String()] = id
	}
	return ids
})

// collationOf returns the collation under which texts of a server's collation are compared, whether that is the server's
// comparison, and whether its order and equality are those of the server's collation at least as far as one sees.
func collationOf(name string) (id types.Collation, native, exact bool) {
	name = strings.Replace(name, "utf8_", "utf8mb3_", 1)
	switch name {
	case "utf8mb4_nopad_bin", "utf8mb3_nopad_bin": // MariaDB's
		return types.Utf8mb4Bin0900, name == "utf8mb4_nopad_bin", true
	}
	if id, ok := collationIDs()[name]; ok && collation.Has(id) {
		return id, true, true
	}
	charset, _, _ := strings.Cut(name, "_")
	switch {
	case name == "ascii_general_ci":
		return types.Utf8mb4General, true, true
	case strings.HasSuffix(name, "_nopad_bin"):
		return types.Utf8mb4Bin0900, false, true
	case strings.HasSuffix(name, "_bin"):
		return types.Utf8mb4Bin, false, true
	case strings.HasSuffix(name, "_as_cs"):
		return types.Utf8mb4ASCS0900, false, false
	case strings.Contains(name, "_0900_"):
		return types.Utf8mb4AI0900, false, false
	case strings.Contains(name, "uca1400") || strings.Contains(name, "_520_"):
		return types.Utf8mb4Unicode520, false, false
	case charset == "utf8mb4" || charset == "utf8mb3" || charset == "ucs2" || charset == "utf16" || charset == "utf32":
		return types.Utf8mb4Unicode, false, false
	}
	return types.Utf8mb4General, false, false
}

// nameOf returns the name under which a server has a collation for texts of utf8mb4; empty: it has none.
func (s server) nameOf(id types.Collation) string {
	switch id {
	case types.Utf8mb4Bin, types.Utf8mb3Bin:
		return "utf8mb4_bin"
	case types.Utf8mb4General, types.Utf8mb3General:
		return "utf8mb4_general_ci"
	case types.Utf8mb4Unicode, types.Utf8mb3Unicode:
		return "utf8mb4_unicode_ci"
	case types.Utf8mb4Unicode520, types.Utf8mb3Unicode520:
		return "utf8mb4_unicode_520_ci"
	case types.Utf8mb4Bin0900:
		if s.maria && s.version >= 100200 {
			return "utf8mb4_nopad_bin"
		}
		if !s.maria && s.version >= 80017 {
			return "utf8mb4_0900_bin"
		}
	case types.Utf8mb4AI0900, types.Utf8mb4ASCI0900, types.Utf8mb4ASCS0900:
		if !s.maria && s.version >= 80001 {
			return id.String()
		}
	}
	return ""
}
