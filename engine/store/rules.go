package store

import (
	"fmt"
	"time"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Column is where values go.
type Column struct {
	Table  string
	Name   string
	Type   types.Type
	Number types.Number // of a DECIMAL, FLOAT or DOUBLE
	// NotNull says that NULL is no value of it.
	NotNull bool
	Bits    int   // of an integer, where they are fewer than its type's: MEDIUMINT has 24; 0: as many
	Bytes   int64 // the most of a TEXT or BLOB; 0: no bound
	Empty   bool  // a CHAR(0), VARCHAR(0), BINARY(0) or VARBINARY(0)
	// Encodes reports a character that the column's character set has; nil: it has all.
	Encodes func(rune) bool
}

// Rules are how a statement stores. They belong to one goroutine.
type Rules struct {
	Strict   bool           // STRICT_TRANS_TABLES or STRICT_ALL_TABLES, and no IGNORE
	Location *time.Location // of the session; never nil
	Now      time.Time      // the statement's start, whose day a TIME gets that becomes a moment
	Warn     func(code sqlerr.Code, message string)
	Note     func(code sqlerr.Code, message string)

	Row int64 // the row of the statement that errors name, from 1
	// RefuseNull makes NULL for a NOT NULL column an error in any mode: that of an INSERT of one row.
	RefuseNull bool
}

// Assign is Store of what a statement gives a column. NULL for one that is NOT NULL is sqlerr.NullColumn (1048), or where the mode lets it the
// column's implicit default with a warning.
func (r *Rules) Assign(v types.Value, from types.Type, to *Column) (types.Value, error) {
	v, err := r.Store(v, from, to)
	if err != nil || !v.Null || !to.NotNull {
		return v, err
	}
	if r.RefuseNull {
		return v, sqlerr.New(sqlerr.NullColumn, "Column '%s' cannot be null", to.Name)
	}
	if err := r.complain(sqlerr.NullColumn, "Column '%s' cannot be null", to.Name); err != nil {
		return v, err
	}
	return r.Missing(to)
}

// Omitted is what a NOT NULL column without a default holds that a row says nothing of: sqlerr.NoDefault (1364), or where the mode lets it
// its implicit default with a warning.
func (r *Rules) Omitted(to *Column) (types.Value, error) {
	if to.Type.Kind == types.Enum { // the first member is the default of each
		return r.Missing(to)
	}
	if err := r.complain(sqlerr.NoDefault, "Field '%s' doesn't have a default value", to.Name); err != nil {
		return types.NullValue, err
	}
	return r.Missing(to)
}

// Store returns v, which is of type from, as the column holds it. NULL stays NULL.
//
// The errors are sqlerr.ColumnRange (1264), Truncated (1265), IncorrectValue (1292), BadValue (1366), DataTooLong (1406) and InvalidJSON
// (3140).
func (r *Rules) Store(v types.Value, from types.Type, to *Column) (types.Value, error) {
	if v.Null || from.Kind == types.Null {
		return types.NullValue, nil
	}
	switch t := to.Type; {
	case t.Kind == types.Year:
		return r.year(v, from, to)
	case t.Kind == types.Bit:
		return r.bit(v, from, to)
	case t.Kind == types.Bool || t.IsInteger():
		return r.integer(v, from, to)
	case t.Kind == types.Decimal:
		return r.decimal(v, from, to)
	case t.IsFloat():
		return r.float(v, from, to)
	case t.Kind == types.Time:
		return r.time(v, from, to)
	case t.IsTemporal():
		return r.moment(v, from, to)
	case t.Kind == types.JSON:
		return r.json(v, from, to)
	case t.Kind == types.Enum:
		return r.enum(v, from, to)
	case t.Kind == types.Set:
		return r.set(v, from, to)
	case t.IsBinary():
		return r.bytes(v, from, to)
	}
	return r.text(v, from, to)
}

// complain is an error in strict mode, else a warning.
func (r *Rules) complain(code sqlerr.Code, format string, args ...any) error {
	if r.Strict {
		return sqlerr.New(code, format, args...)
	}
	r.Warn(code, fmt.Sprintf(format, args...))
	return nil
}

// outOfRange complains of a value for which the nearest is stored.
func (r *Rules) outOfRange(to *Column) error {
	return r.complain(sqlerr.ColumnRange, "Out of range value for column '%s' at row %d", to.Name, r.Row)
}

// truncated complains of a value of which a part is stored.
func (r *Rules) truncated(to *Column) error {
	return r.complain(sqlerr.Truncated, "Data truncated for column '%s' at row %d", to.Name, r.Row)
}

// cut notes that a value lost what does not count: digits, spaces, a time of day.
func (r *Rules) cut(to *Column) {
	r.Note(sqlerr.Truncated, fmt.Sprintf("Data truncated for column '%s' at row %d", to.Name, r.Row))
}

// incorrect complains of a text of which nothing can be stored.
func (r *Rules) incorrect(kind, shown string, to *Column) error {
	return r.complain(sqlerr.BadValue, "Incorrect %s value: '%s' for column '%s' at row %d", kind, shown, to.Name, r.Row)
}

// Missing is what a NOT NULL column holds that was given NULL where the mode lets it: MySQL's implicit default (11.6).
func (r *Rules) Missing(to *Column) (types.Value, error) {
	switch t := to.Type; {
	case t.Kind == types.Enum:
		return types.TextValue(t.MemberNames()[0]), nil
	case t.Kind == types.JSON:
		return types.TextValue("null"), nil
	case t.Kind == types.Binary:
		return r.bytes(types.TextValue(""), types.Of(types.Blob), to)
	case t.IsTemporal() && t.Kind != types.Time:
		return types.NullValue, r.noZero(to, "0000-00-00")
	}
	return types.Value{}, nil
}
