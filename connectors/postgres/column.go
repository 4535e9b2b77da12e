package postgres

import (
	"fmt"
	"strings"
	"time"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// relation is a table's Handle.
type relation struct {
	oid        uint32
	kind       string // pg_class.relkind
	lockable   bool   // LOCK TABLE takes it
	shape      int64  // what the statement that reads it must find again
	pages      int64  // of the heap and those of all parts, about
	longest    int64  // pages of the longest of them
	unmeasured bool   // pages are a guess from the number of rows
	ranges     bool   // can be split by ctid, and pages are known
	server     server
	columns    []column // as Table.Columns
}

// partitioned is the kind of a table whose rows lie in others.
const partitioned = "p"

// withRanges is the server's first version that reads a range of ctid without reading the rest.
const withRanges = 140000

// server is what reading and writing SQL depends on.
type server struct {
	version  int    // 150004
	encoding string // UTF8, LATIN1, ...

	statementTimeout time.Duration // its own; 0: none
}

// column is how a column is read.
type column struct {
	read      reading // how an expression gets the column's MySQL value
	stored    form    // in which a result has the column
	direct    bool    // as it is stored; else by way of read
	guard     guard
	bytes     bool   // the collation's = compares bytes
	collation uint32 // its OID; 0: none, or the database's, which gives way to any other
	exactly   bool   // at most one stored value becomes NULL: what is unique stays so
}

// reading is how SQL reads a column's MySQL value.
type reading uint8

const (
	plain     reading = iota // as it is, but for its guard
	asText                   // through ::text
	asNumeric                // through ::numeric
	asJSON                   // through to_json
	unread                   // only as a result column
)

// guard is the range outside of which a column's values have no counterpart in MySQL, as literals of a type.
type guard struct {
	typ         string // empty: there are no such values
	lower       string // empty: no bound
	upper       string
	exclusively bool // the bounds themselves lie outside
}

var (
	doubleGuard    = guard{"float8", "-Infinity", "Infinity", true}
	realGuard      = guard{"float4", "-Infinity", "Infinity", true}
	numericGuard   = guard{"numeric", "", "NaN", true}
	unlimitedGuard = guard{"numeric", "-Infinity", "Infinity", true} // PostgreSQL 14 and later
	dateGuard      = guard{"date", "0001-01-01", "9999-12-31", false}
	timestampGuard = guard{"timestamp", "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", false}
	instantGuard   = guard{"timestamptz", "0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00", false}
)

// attribute is a row of the catalog query: a column as PostgreSQL describes it, its domain resolved.
type attribute struct {
	name          string
	declared      string // format_type, for people
	typ           string // pg_type.typname of the base type; empty where it is not in pg_catalog
	kind          byte   // pg_type.typtype: b, c, d, e, m, p, r
	category      byte   // pg_type.typcategory: A is an array
	modifier      int32  // typmod, -1: none
	notNull       bool
	labels        []string // of an enum, in order
	deterministic bool     // the collation's = compares bytes
	collation     uint32   // pg_collation.oid; 0: the database's, or none
	comment       string
}

const modifierHeader = 4 // what length and precision modifiers count for the value's header

// Lengths in characters up to which MySQL has CHAR and VARCHAR.
const (
	longestChar    = 255
	longestVarchar = 16383
	longestName    = 63 // of type name
)

// describe maps an attribute to a column of MySQL's.
func (a *attribute) describe(strict bool, s server) (plan.TableColumn, column) {
	t := plan.TableColumn{Name: a.name, Native: a.declared, Nullable: !a.notNull, Comment: a.comment}
	c := column{direct: true, bytes: a.deterministic, collation: a.collation, exactly: true}
	if a.kind == 'e' || a.category == 'A' || a.kind == 'c' {
		a.mapGeneric(&t, &c)
	} else {
		a.mapBuiltin(&t, &c)
	}
	if c.guard == numericGuard && a.modifier < modifierHeader && s.version >= 140000 {
		c.guard = unlimitedGuard
	}
	if c.guard != (guard{}) && !strict {
		t.Nullable = true
		c.exactly = c.guard == numericGuard // NaN alone
	}
	return t, c
}

// mapGeneric maps the types that users make, and arrays.
func (a *attribute) mapGeneric(t *plan.TableColumn, c *column) {
	if a.kind == 'e' {
		t.Type = types.Type{Kind: types.Enum, Members: strings.Join(a.labels, "\x00"), Collation: types.Utf8mb4Bin0900}
		c.stored, c.read = formText, asText
		return
	}
	t.Type = types.Of(types.JSON)
	t.Warning = fmt.Sprintf("%s has no MySQL type: shown as JSON", a.declared)
	c.stored, c.read, c.direct = formText, asJSON, false
}

// mapBuiltin maps PostgreSQL's own types and those of extensions.
func (a *attribute) mapBuiltin(t *plan.TableColumn, c *column) {
	set := func(typ types.Type, f form, r reading) { t.Type, c.stored, c.read = typ, f, r }
	length := int(a.modifier) - modifierHeader
	switch a.typ {
	case "bool":
		set(types.Of(types.Bool), formBool, plain)
	case "int2":
		set(types.Of(types.Int16), formInt2, plain)
	case "int4":
		set(types.Of(types.Int32), formInt4, plain)
	case "int8":
		set(types.Of(types.Int64), formInt8, plain)
	case "oid":
		set(types.Of(types.Uint32), formOID, unread)
	case "float4":
		set(types.Of(types.Float32), formFloat4, plain)
		c.guard = realGuard
	case "float8":
		set(types.Of(types.Float64), formFloat8, plain)
		c.guard = doubleGuard
	case "numeric":
		set(numericType(a.modifier), formNumeric, plain)
		c.guard = numericGuard
	case "money":
		set(types.NewDecimal(19, 2), formNumeric, asNumeric)
		c.direct = false
	case "bpchar":
		set(charType(length), formPaddedText, asText)
	case "varchar":
		set(varcharType(length), formText, plain)
	case "text":
		set(types.Of(types.Text), formText, plain)
	case "citext":
		set(types.Of(types.Text), formText, asText)
	case "name":
		set(varcharType(longestName), formText, asText)
	case "date":
		set(types.Of(types.Date), formDate, plain)
		c.guard = dateGuard
	case "timestamp":
		set(types.NewTemporal(types.Datetime, fraction(a.modifier)), formTimestamp, plain)
		c.guard = timestampGuard
	case "timestamptz":
		set(types.NewTemporal(types.Timestamp, fraction(a.modifier)), formTimestamp, plain)
		c.guard = instantGuard
	case "time":
		set(types.NewTemporal(types.Time, fraction(a.modifier)), formTime, plain)
	case "uuid":
		set(types.NewText(types.Char, 36, types.Utf8mb4Bin0900), formUUID, asText)
	case "bytea":
		set(types.Of(types.Blob), formBytes, plain)
	case "json":
		set(types.Of(types.JSON), formText, asText)
	case "jsonb":
		set(types.Of(types.JSON), formVersionText, asText)
	default:
		a.mapRest(t, c)
	}
}

// mapRest maps what MySQL has no type for: short bit strings to BIT, all else to text.
func (a *attribute) mapRest(t *plan.TableColumn, c *column) {
	if a.typ == "bit" && a.modifier >= 1 && a.modifier <= 64 {
		t.Type = types.Type{Kind: types.Bit, Length: uint32(a.modifier)}
		c.stored, c.read = formBits, unread
		return
	}
	t.Type = types.Of(types.Text)
	c.stored, c.read, c.direct = formText, asText, false
	if a.typ != "xml" && a.typ != "char" {
		t.Warning = fmt.Sprintf("%s has no MySQL type: shown as text", a.declared)
	}
}

// charType maps character(n); n < 0 is bpchar without a length.
func charType(n int) types.Type {
	if n > 0 && n <= longestChar {
		return types.NewText(types.Char, n, types.Utf8mb4Bin0900)
	}
	return varcharType(n)
}

// varcharType maps character varying(n); n < 0 is one without a length.
func varcharType(n int) types.Type {
	if n <= 0 || n > longestVarchar {
		return types.Of(types.Text)
	}
	return types.NewText(types.Varchar, n, types.Utf8mb4Bin0900)
}

// numericType maps a numeric's modifier: precision in the upper 16 bits, scale in the lower 11, signed.
func numericType(modifier int32) types.Type {
	if modifier < modifierHeader {
		return types.NewDecimal(types.MaxPrecision, types.MaxScale)
	}
	modifier -= modifierHeader
	precision, scale := int(modifier>>16&0xffff), int(modifier&0x7ff)
	if scale >= 0x400 {
		scale -= 0x800
	}
	switch {
	case scale < 0:
		precision, scale = precision-scale, 0
	case scale > precision:
		precision = scale
	}
	if precision > types.MaxPrecision || scale > types.MaxScale {
		return types.NewDecimal(types.MaxPrecision, types.MaxScale)
	}
	return types.NewDecimal(precision, scale)
}

// fraction is the digits of a second that a modifier allows.
func fraction(modifier int32) int {
	if modifier < 0 {
		return types.MaxFSP
	}
	return int(modifier)
}
