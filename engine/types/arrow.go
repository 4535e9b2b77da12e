package types

import (
	"github.com/apache/arrow-go/v18/arrow"
)

// The Arrow types of the temporal kinds.
var (
	ArrowDatetime  = &arrow.TimestampType{Unit: arrow.Microsecond}
	ArrowTimestamp = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	ArrowTime      = &arrow.DurationType{Unit: arrow.Microsecond}
)

// Arrow returns the Arrow type of vectors of t. For Decimal it is the narrowest that holds every value the declared
// precision allows; a vector may be narrower or wider (see the package comment).
func (t Type) Arrow() arrow.DataType {
	switch t.Kind {
	case Null:
		return arrow.Null
	case Bool:
		return arrow.FixedWidthTypes.Boolean
	case Int8:
		return arrow.PrimitiveTypes.Int8
	case Int16, Year:
		return arrow.PrimitiveTypes.Int16
	case Int32:
		return arrow.PrimitiveTypes.Int32
	case Int64:
		return arrow.PrimitiveTypes.Int64
	case Uint8:
		return arrow.PrimitiveTypes.Uint8
	case Uint16:
		return arrow.PrimitiveTypes.Uint16
	case Uint32:
		return arrow.PrimitiveTypes.Uint32
	case Uint64, Bit:
		return arrow.PrimitiveTypes.Uint64
	case Float32:
		return arrow.PrimitiveTypes.Float32
	case Float64:
		return arrow.PrimitiveTypes.Float64
	case Decimal:
		return DecimalArrow(WidthFor(int(t.Precision)), int(t.Scale))
	case Date:
		return arrow.FixedWidthTypes.Date32
	case Datetime:
		return ArrowDatetime
	case Timestamp:
		return ArrowTimestamp
	case Time:
		return ArrowTime
	case Binary, Varbinary, Blob:
		return arrow.BinaryTypes.Binary
	default:
		return arrow.BinaryTypes.String
	}
}

// Width is the physical width of a decimal vector in bits.
type Width uint16

// The widths a decimal vector can have.
const (
	W64  Width = 64
	W128 Width = 128
	W256 Width = 256
)

// The most decimal digits that every value of a width can have.
const (
	Digits64  = 18
	Digits128 = 38
	Digits256 = 76
)

// WidthFor returns the narrowest width that holds any number of that many digits.
func WidthFor(digits int) Width {
	switch {
	case digits <= Digits64:
		return W64
	case digits <= Digits128:
		return W128
	}
	return W256
}

// DecimalArrow returns the Arrow type of decimal vectors of a width and scale. Its precision is always the width's
// largest, so that vectors of one width and scale have one Arrow type.
func DecimalArrow(w Width, scale int) arrow.DataType {
	switch w {
	case W64:
		return &arrow.Decimal64Type{Precision: Digits64, Scale: int32(scale)}
	case W128:
		return &arrow.Decimal128Type{Precision: Digits128, Scale: int32(scale)}
	}
	return &arrow.Decimal256Type{Precision: Digits256, Scale: int32(scale)}
}
