package types

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal256"
)

// Value is one scalar of a Type that is known from elsewhere: which field counts follows from the type's kind. Values
// compare with ==.
type Value struct {
	Null  bool
	Int   int64          // Bool as 0 or 1; signed integers; unsigned ones and Bit as their bits; Date in days; Datetime, Timestamp, Time in microseconds
	Float float64        // Float32, Float64
	Dec   decimal256.Num // Decimal, unscaled, at the type's scale
	Str   string         // text and byte strings
}

// Compare orders two values of a type, of which none is NULL: numbers and moments by what they are, strings by their bytes.
func Compare(a, b Value, t Type) int {
	switch {
	case t.IsFloat():
		return cmp.Compare(a.Float, b.Float)
	case t.Kind == Decimal:
		return a.Dec.Cmp(b.Dec)
	case t.IsString():
		return cmp.Compare(a.Str, b.Str)
	case t.IsUnsigned():
		return cmp.Compare(uint64(a.Int), uint64(b.Int))
	}
	return cmp.Compare(a.Int, b.Int)
}

// NullValue is NULL of any type.
var NullValue = Value{Null: true}

// IntValue is a signed integer, Bool, Date, Datetime, Timestamp or Time.
func IntValue(v int64) Value { return Value{Int: v} }

// UintValue is an unsigned integer or Bit.
func UintValue(v uint64) Value { return Value{Int: int64(v)} }

// FloatValue is a FLOAT or DOUBLE.
func FloatValue(v float64) Value { return Value{Float: v} }

// TextValue is a text or byte string.
func TextValue(s string) Value { return Value{Str: s} }

// BoolValue is a truth value.
func BoolValue(b bool) Value {
	if b {
		return Value{Int: 1}
	}
	return Value{}
}

// ParseDecimal reads plain decimal notation ("-12.340", ".5") and returns the value and its exact type. Exponents are
// not decimal literals in MySQL and are refused.
func ParseDecimal(s string) (Value, Type, error) {
	digits := strings.TrimLeft(s, "+-")
	whole, frac, _ := strings.Cut(digits, ".")
	unscaled, ok := new(big.Int).SetString(whole+frac, 10)
	if !ok || len(s)-len(digits) > 1 || len(frac) > MaxScale {
		return Value{}, Type{}, fmt.Errorf("%q is not a decimal number", s)
	}
	if strings.HasPrefix(s, "-") {
		unscaled.Neg(unscaled)
	}
	significant := len(strings.TrimLeft(whole, "0")) + len(frac)
	if significant > MaxPrecision {
		return Value{}, Type{}, fmt.Errorf("%q has more than %d digits", s, MaxPrecision)
	}
	return Value{Dec: decimal256.FromBigInt(unscaled)}, NewDecimal(significant, len(frac)), nil
}

// Format returns the value of type t as MySQL prints it in the text protocol, Timestamp in loc. NULL is "NULL".
func (v Value) Format(t Type, loc *time.Location) string {
	if v.Null {
		return "NULL"
	}
	switch {
	case t.IsUnsigned():
		return strconv.FormatUint(uint64(v.Int), 10)
	case t.Kind == Year:
		return fmt.Sprintf("%04d", v.Int)
	case t.Kind == Bool || t.IsInteger():
		return strconv.FormatInt(v.Int, 10)
	case t.Kind == Float32:
		return FormatFloat(v.Float, 32)
	case t.Kind == Float64:
		return FormatFloat(v.Float, 64)
	case t.Kind == Decimal:
		return v.Dec.ToString(int32(t.Scale))
	case t.Kind == Date:
		return time.Unix(v.Int*86400, 0).UTC().Format("2006-01-02")
	case t.Kind == Datetime:
		return formatDatetime(time.UnixMicro(v.Int).UTC(), int(t.Scale))
	case t.Kind == Timestamp:
		return formatDatetime(time.UnixMicro(v.Int).In(loc), int(t.Scale))
	case t.Kind == Time:
		return formatTime(v.Int, int(t.Scale))
	}
	return v.Str
}

// FormatFloat prints a FLOAT (bits 32) or DOUBLE (bits 64) as MySQL does: the shortest digits that read back, plain
// notation between 1e-15 and 1e15, else an exponent without a plus sign or padding.
func FormatFloat(f float64, bits int) string {
	return string(AppendFloat(make([]byte, 0, 24), f, bits))
}

// AppendFloat appends what FormatFloat prints.
func AppendFloat(dst []byte, f float64, bits int) []byte {
	a := math.Abs(f)
	if a == 0 || (a >= 1e-15 && a < 1e15) {
		return strconv.AppendFloat(dst, f, 'f', -1, bits)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'e', -1, bits)
	sign := start + bytes.IndexByte(dst[start:], 'e') + 1
	n, _ := strconv.Atoi(string(dst[sign:]))
	return strconv.AppendInt(dst[:sign], int64(n), 10)
}

func formatDatetime(t time.Time, fsp int) string {
	s := t.Format("2006-01-02 15:04:05.000000")
	return trimFraction(s, fsp)
}

func formatTime(us int64, fsp int) string {
	sign := ""
	if us < 0 {
		sign, us = "-", -us
	}
	seconds := us / 1e6
	s := fmt.Sprintf("%s%02d:%02d:%02d.%06d", sign, seconds/3600, seconds/60%60, seconds%60, us%1e6)
	return trimFraction(s, fsp)
}

// trimFraction cuts a six-digit fraction to fsp digits.
func trimFraction(s string, fsp int) string {
	if fsp == 0 {
		return s[:len(s)-7]
	}
	return s[:len(s)-6+fsp]
}
