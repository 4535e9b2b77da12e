package types

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Declaration is a column's type as MySQL describes it: the columns of information_schema.COLUMNS, where -1 is none.
type Declaration struct {
	DataType, ColumnType string
	Characters, Octets   int64 // the longest string
	Precision, Scale     int64 // of numbers
	Fraction             int64 // DATETIME_PRECISION
	Collated             bool  // there are a character set and a collation
}

// The digits of the kinds of numbers (MySQL Reference Manual, 28.3.8).
var digits = map[Kind]int64{
	Bool: 3, Int8: 3, Uint8: 3, Int16: 5, Uint16: 5, Int32: 10, Uint32: 10,
	Int64: 19, Uint64: 20, Float32: 12, Float64: 22,
}

// charsetWidths are the most bytes of a character, where it is not the one of the 8-bit character sets.
var charsetWidths = map[string]int64{
	"utf8mb4": 4, "utf8mb3": 3, "utf16": 4, "utf16le": 4, "utf32": 4, "ucs2": 2, "gb18030": 4, "gbk": 2, "gb2312": 2,
	"big5": 2, "sjis": 2, "cp932": 2, "ujis": 3, "eucjpms": 3, "euckr": 2,
}

// The longest strings in bytes, but for LONGTEXT and LONGBLOB in characters too.
const (
	longestChar     = 255
	longestVarchar  = 65535
	longestTinyText = 255
	longestText     = 65535
	longestMedium   = 1<<24 - 1
	longest         = 1<<32 - 1
)

// DeclareNumber describes the type of a column that has a Number.
func DeclareNumber(t Type, n Number) Declaration {
	d := Declare(t)
	if n != (Number{}) {
		d.ColumnType = n.Of(t)
	}
	if n.Digits > 0 {
		d.Precision, d.Scale = int64(n.Digits), int64(n.Decimals)
	}
	return d
}

// Declare describes the type of a column. Of a text it is the kind that the longest value fits in.
func Declare(t Type) Declaration {
	d := Declaration{DataType: t.String(), ColumnType: t.String(), Characters: -1, Octets: -1, Precision: -1, Scale: -1, Fraction: -1}
	d.DataType, _, _ = strings.Cut(d.DataType, "(")
	d.DataType = strings.TrimSuffix(d.DataType, " unsigned")
	switch {
	case t.IsText() && t.Kind != JSON:
		d.Collated = true
		d.declareText(t)
	case t.IsBinary():
		d.declareBinary(t)
	case t.Kind == Null:
		d.DataType, d.ColumnType, d.Characters, d.Octets = "binary", "binary(0)", 0, 0
	case t.Kind == Bool:
		d.DataType, d.ColumnType = "tinyint", "tinyint(1)"
		d.Precision, d.Scale = digits[t.Kind], 0
	case t.Kind == Decimal:
		d.Precision, d.Scale = int64(t.Precision), int64(t.Scale)
	case t.Kind == Bit:
		d.Precision = int64(t.Length)
	case t.IsFloat():
		d.Precision = digits[t.Kind]
	case t.IsInteger() && t.Kind != Year:
		d.Precision, d.Scale = digits[t.Kind], 0
	case t.IsTemporal() && t.Kind != Date:
		d.Fraction = int64(t.Scale)
	}
	return d
}

// declareText finds the kind of text that the longest value fits in.
func (d *Declaration) declareText(t Type) {
	width := max(charsetWidths[t.Collation.Charset()], 1)
	bytes := int64(t.Length) * width
	named := func(kind string, most int64) {
		d.DataType, d.ColumnType, d.Characters, d.Octets = kind, kind, most, most
	}
	switch {
	case t.Kind == Enum || t.Kind == Set:
		for i, m := range t.MemberNames() {
			length := int64(utf8.RuneCountInString(m))
			switch {
			case t.Kind == Enum:
				d.Characters = max(d.Characters, length)
			case i == 0:
				d.Characters = length
			default:
				d.Characters += 1 + length // with a comma
			}
		}
		d.Octets = d.Characters * width
	case t.Kind == Char && t.Length <= longestChar:
		d.sized("char", defaulted(int64(t.Length), longestChar), width)
	case t.Kind == Varchar && bytes <= longestVarchar:
		d.sized("varchar", defaulted(int64(t.Length), longestVarchar/width), width)
	case t.Length == 0 || bytes > longestMedium:
		named("longtext", longest)
	case bytes <= longestTinyText:
		named("tinytext", longestTinyText)
	case bytes <= longestText:
		named("text", longestText)
	default:
		named("mediumtext", longestMedium)
	}
}

// declareBinary is the same for byte strings.
func (d *Declaration) declareBinary(t Type) {
	length := int64(t.Length)
	named := func(kind string, most int64) {
		d.DataType, d.ColumnType, d.Characters, d.Octets = kind, kind, most, most
	}
	switch {
	case t.Kind == Binary && length > 0 && length <= longestChar:
		d.sized("binary", length, 1)
	case t.Kind == Varbinary && length > 0 && length <= longestVarchar:
		d.sized("varbinary", length, 1)
	case length == 0 || length > longestMedium:
		named("longblob", longest)
	case length <= longestTinyText:
		named("tinyblob", longestTinyText)
	case length <= longestText:
		named("blob", longestText)
	default:
		named("mediumblob", longestMedium)
	}
}

func (d *Declaration) sized(kind string, length, width int64) {
	d.DataType, d.ColumnType = kind, fmt.Sprintf("%s(%d)", kind, length)
	d.Characters, d.Octets = length, length*width
}

func defaulted(length, otherwise int64) int64 {
	if length == 0 {
		return otherwise
	}
	return length
}
