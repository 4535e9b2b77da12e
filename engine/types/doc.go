// Package types is MySQL's type system as the engine sees it, and its mapping to Arrow.
//
// A Type is what MySQL would show for a column: kind, precision and scale, length, collation. It is a small
// comparable value. How values travel is fixed per kind:
//
//	Null                          arrow.Null
//	Bool                          arrow.Boolean (a predicate's result; shown as 0 and 1)
//	Int8..Int64, Uint8..Uint64    the Arrow integer of that width; Year is Int16, Bit is Uint64
//	Float32, Float64              the Arrow float of that width, never NaN or infinite
//	Decimal                       Decimal64, Decimal128 or Decimal256 of the type's scale: see below
//	Date                          Date32, days since 1970-01-01
//	Datetime                      Timestamp[us] without a zone
//	Timestamp                     Timestamp[us, UTC], an instant; shown in the session's zone
//	Time                          Duration[us], -838:59:59 to 838:59:59
//	Char, Varchar, Text, JSON, Enum, Set   String (UTF-8); CHAR carries no trailing spaces
//	Binary, Varbinary, Blob       Binary
//
// The physical width of a DECIMAL is a property of each vector, not of the type: a vector is Decimal64 where
// its values fit in an int64, and is promoted to Decimal128 or Decimal256 where they do not. Every vector of a
// column has the type's scale. DECIMAL(15,2) money thus runs on int64 loops although the type of its product,
// DECIMAL(30,4), would not fit. Code that consumes decimals dispatches on the array it is given; Widen brings
// vectors to one width.
//
// The package has no knowledge of expressions or plans.
package types
