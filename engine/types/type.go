package types

import (
	"fmt"
	"strings"
)

// Kind is the family of a MySQL type.
type Kind uint8

// The kinds. Their Arrow form is in the package comment.
const (
	Null Kind = iota
	Bool
	Int8
	Int16
	Int32 // also MEDIUMINT
	Int64
	Uint8
	Uint16
	Uint32
	Uint64
	Float32
	Float64
	Decimal
	Date
	Datetime
	Timestamp
	Time
	Year
	Char
	Varchar
	Text
	Binary
	Varbinary
	Blob
	JSON
	Enum
	Set
	Bit
)

// Limits of DECIMAL (MySQL Reference Manual, 12.25.2) and of fractional seconds.
const (
	MaxPrecision = 65
	MaxScale     = 30
	MaxFSP       = 6
)

// Type is a MySQL type. The zero value is the type of a bare NULL. Types compare with ==.
type Type struct {
	Kind      Kind
	Precision uint8     // Decimal: digits in all, 1 to 65
	Scale     uint8     // Decimal: digits after the point, 0 to 30; temporal kinds: digits of the second's fraction, 0 to 6
	Length    uint32    // text in characters, binary in bytes, Bit in bits; 0: the kind's longest
	Collation Collation // text kinds only
	Members   string    // Enum, Set: the member names in order, separated by NUL
}

// Of returns the type of a kind that needs no parameters. Text kinds get Utf8mb4Bin0900, the collation of a source
// that has none of MySQL's.
func Of(k Kind) Type {
	t := Type{Kind: k}
	if t.IsText() {
		t.Collation = Utf8mb4Bin0900
	}
	return t
}

// NewDecimal returns DECIMAL(precision, scale), both clamped to MySQL's limits.
func NewDecimal(precision, scale int) Type {
	scale = min(max(scale, 0), MaxScale)
	precision = min(max(precision, scale, 1), MaxPrecision)
	return Type{Kind: Decimal, Precision: uint8(precision), Scale: uint8(scale)}
}

// DivisionDigits is MySQL's div_precision_increment: the digits that a quotient shows beyond those of the dividend.
const DivisionDigits = 4

// QuotientScale is the digits that MySQL computes of a quotient of decimals with a and b digits after the point, the others being cut
// off: its decimals are made of words of nine digits, and the operands' whole words are counted.
func QuotientScale(a, b int) int {
	const word = 9
	whole := func(digits int) int { return (digits + word - 1) / word * word }
	unused := whole(a) - a + whole(b) - b
	return whole(whole(a) + whole(b) + max(DivisionDigits-unused, 0))
}

// NewText returns a text type of a length in characters (0: the kind's longest).
func NewText(k Kind, length int, c Collation) Type {
	return Type{Kind: k, Length: uint32(max(length, 0)), Collation: c}
}

// NewTemporal returns a Datetime, Timestamp or Time with fsp fractional digits.
func NewTemporal(k Kind, fsp int) Type {
	return Type{Kind: k, Scale: uint8(min(max(fsp, 0), MaxFSP))}
}

// IsInteger reports a signed or unsigned integer, Year or Bit; Bool is not one.
func (t Type) IsInteger() bool {
	return t.Kind >= Int8 && t.Kind <= Uint64 || t.Kind == Year || t.Kind == Bit
}

// IsUnsigned reports an integer that has no sign.
func (t Type) IsUnsigned() bool {
	return t.Kind >= Uint8 && t.Kind <= Uint64 || t.Kind == Bit
}

// IsFloat reports FLOAT or DOUBLE.
func (t Type) IsFloat() bool { return t.Kind == Float32 || t.Kind == Float64 }

// IsNumeric reports any number, Bool included, as MySQL has it.
func (t Type) IsNumeric() bool {
	return t.Kind == Bool || t.IsInteger() || t.IsFloat() || t.Kind == Decimal
}

// IsTemporal reports a date or time kind; Year is an integer.
func (t Type) IsTemporal() bool { return t.Kind >= Date && t.Kind <= Time }

// IsText reports a kind with a character set and collation.
func (t Type) IsText() bool {
	return t.Kind == Char || t.Kind == Varchar || t.Kind == Text || t.Kind == JSON || t.Kind == Enum || t.Kind == Set
}

// IsBinary reports a byte-string kind.
func (t Type) IsBinary() bool { return t.Kind >= Binary && t.Kind <= Blob }

// IsString reports any text or byte string.
func (t Type) IsString() bool { return t.IsText() || t.IsBinary() }

// MemberNames returns the members of an Enum or Set.
func (t Type) MemberNames() []string {
	if t.Members == "" {
		return nil
	}
	return strings.Split(t.Members, "\x00")
}

var kindNames = [...]string{
	Null: "null", Bool: "boolean", Int8: "tinyint", Int16: "smallint", Int32: "int", Int64: "bigint",
	Uint8: "tinyint unsigned", Uint16: "smallint unsigned", Uint32: "int unsigned", Uint64: "bigint unsigned",
	Float32: "float", Float64: "double", Decimal: "decimal", Date: "date", Datetime: "datetime",
	Timestamp: "timestamp", Time: "time", Year: "year", Char: "char", Varchar: "varchar", Text: "longtext",
	Binary: "binary", Varbinary: "varbinary", Blob: "longblob", JSON: "json", Enum: "enum", Set: "set", Bit: "bit",
}

// Name returns the kind's name without what a type adds to it.
func (k Kind) Name() string { return kindNames[k] }

// String returns the type as MySQL's information_schema shows it (COLUMN_TYPE).
func (t Type) String() string {
	name := kindNames[t.Kind]
	switch {
	case t.Kind == Decimal:
		return fmt.Sprintf("decimal(%d,%d)", t.Precision, t.Scale)
	case (t.Kind == Datetime || t.Kind == Timestamp || t.Kind == Time) && t.Scale > 0:
		return fmt.Sprintf("%s(%d)", name, t.Scale)
	case t.Kind == Enum || t.Kind == Set:
		quoted := t.MemberNames()
		for i, m := range quoted {
			quoted[i] = QuoteLiteral(m)
		}
		return name + "(" + strings.Join(quoted, ",") + ")"
	case t.Length > 0 && t.Kind != Text && t.Kind != Blob && t.Kind != JSON:
		return fmt.Sprintf("%s(%d)", name, t.Length)
	}
	return name
}
