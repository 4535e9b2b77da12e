package infoschema

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// subject is what the rows of a table are about.
type subject uint8

const (
	nothing subject = iota // but table.facts, if anything
	databases
	tables
	columns
	keys       // of tables
	keyColumns // columns of keys
)

// described reports rows for which tables have to be described.
func (s subject) described() bool { return s == columns || s == keys || s == keyColumns }

// table declares a table.
type table struct {
	name    string
	of      subject
	columns []column
	only    func(*item) bool                         // the tables that have rows; nil: all
	facts   func(s *Source, add func([]types.Value)) // rows that are about none of these, one value for each column
	compact string                                   // the columns of a table without a function for each: a name and a type a line
}

// column declares a column by its type in MySQL's words, with ? behind that if it may be NULL, and its value for an item.
type column struct {
	name  string
	typ   string
	value func(*item) types.Value
	names part // what it names, if that decides which items are read
}

// part is a part of a table's full name.
type part uint8

const (
	otherwise   part = iota
	catalogName      // always def
	databaseName
	tableName
)

// def is MySQL's only catalog.
const def = "def"

// Kinds of columns that most tables have.
func inCatalog(name, typ string) column {
	return column{name, typ, func(*item) types.Value { return types.TextValue(def) }, catalogName}
}

func inDatabase(name, typ string) column {
	return column{name, typ, func(i *item) types.Value { return types.TextValue(i.database) }, databaseName}
}

func ofTable(name, typ string) column {
	return column{name, typ, func(i *item) types.Value { return types.TextValue(i.entry.Name) }, tableName}
}

func value(name, typ string, value func(*item) types.Value) column {
	return column{name: name, typ: typ, value: value}
}

func constant(name, typ, text string) column {
	return value(name, typ, func(*item) types.Value { return types.TextValue(text) })
}

func unknown(name, typ string) column {
	return value(name, typ, func(*item) types.Value { return types.NullValue })
}

// definition is a table that was declared, as plans see it.
type definition struct {
	*table
	database string
	plan     *plan.Table
}

// define reads a declaration.
func define(database string, t *table) *definition {
	for line := range strings.Lines(t.compact) {
		if name, typ, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			t.columns = append(t.columns, column{name: name, typ: typ})
		}
	}
	d := &definition{table: t, database: database}
	d.plan = &plan.Table{
		Name: plan.TableName{Namespace: database, Name: t.name}, Kind: plan.SystemTable,
		Stats: plan.Statistics{Rows: plan.Unknown, Bytes: plan.Unknown}, Handle: d,
	}
	for _, c := range t.columns {
		typ, null := strings.CutSuffix(c.typ, "?")
		d.plan.Columns = append(d.plan.Columns, plan.TableColumn{Name: c.name, Type: parseType(typ), Nullable: null})
	}
	return d
}

// The characters of the TEXT kinds under utf8mb3.
const (
	textLength       = 65535 / 3
	mediumTextLength = (1<<24 - 1) / 3
)

var plainTypes = map[string]types.Type{
	"int": types.Of(types.Int32), "int unsigned": types.Of(types.Uint32), "tinyint unsigned": types.Of(types.Uint8), "double": types.Of(types.Float64),
	"bigint": types.Of(types.Int64), "bigint unsigned": types.Of(types.Uint64), "date": types.Of(types.Date),
	"text":       types.NewText(types.Text, textLength, types.Utf8mb3General),
	"mediumtext": types.NewText(types.Text, mediumTextLength, types.Utf8mb3General),
	"longtext":   types.NewText(types.Text, 0, types.Utf8mb3General),
	"json":       types.NewText(types.JSON, 0, types.Utf8mb4Bin), "blob": types.Of(types.Blob),
	"timestamp": types.NewTemporal(types.Timestamp, 0), "timestamp(6)": types.NewTemporal(types.Timestamp, types.MaxFSP),
	"datetime": types.NewTemporal(types.Datetime, 0),
	"sql_mode": {Kind: types.Set, Collation: types.Utf8mb3General, Members: strings.ReplaceAll(SQLModes, ",", "\x00")},
}

// SQLModes are the members of the SET that the columns SQL_MODE are of, and the variable sql_mode.
const SQLModes = "REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,NOT_USED,ONLY_FULL_GROUP_BY,NO_UNSIGNED_SUBTRACTION," +
	"NO_DIR_IN_CREATE,NOT_USED_9,NOT_USED_10,NOT_USED_11,NOT_USED_12,NOT_USED_13,NOT_USED_14,NOT_USED_15,NOT_USED_16,NOT_USED_17," +
	"NOT_USED_18,ANSI,NO_AUTO_VALUE_ON_ZERO,NO_BACKSLASH_ESCAPES,STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE," +
	"ALLOW_INVALID_DATES,ERROR_FOR_DIVISION_BY_ZERO,TRADITIONAL,NOT_USED_29,HIGH_NOT_PRECEDENCE,NO_ENGINE_SUBSTITUTION," +
	"PAD_CHAR_TO_FULL_LENGTH,TIME_TRUNCATE_FRACTIONAL"

// parseType reads a type as MySQL writes it. Declarations are constants, so that what is no type is a defect.
func parseType(text string) types.Type {
	if t, ok := plainTypes[text]; ok {
		return t
	}
	name, arguments, _ := strings.Cut(strings.TrimSuffix(text, ")"), "(")
	length, err := strconv.Atoi(arguments)
	switch name {
	case "enum", "set":
		kind := map[string]types.Kind{"enum": types.Enum, "set": types.Set}[name]
		members := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(arguments, "'"), "'"), "','", "\x00")
		return types.Type{Kind: kind, Collation: types.Utf8mb3General, Members: members}
	case "varchar":
		if err == nil {
			return types.NewText(types.Varchar, length, types.Utf8mb3General)
		}
	case "char":
		if err == nil {
			return types.NewText(types.Char, length, types.Utf8mb3General)
		}
	case "binary": // MySQL's BINARY(0), of what is always NULL, is BINARY(1): no vector has none
		return types.Type{Kind: types.Binary, Length: uint32(max(length, 1))}
	case "decimal":
		return types.NewDecimal(length, 0)
	}
	panic(fmt.Sprintf("infoschema: %q is no type", text))
}
