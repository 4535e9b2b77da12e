package files

import (
	"fmt"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// BadRows is what becomes of rows with values that do not have their columns' types.
type BadRows uint8

// The ways to treat bad rows.
const (
	BadRowsFail BadRows = iota // the query ends with an error
	BadRowsNull                // the value is NULL
	BadRowsSkip                // the row is left out
)

// Rejection is a value, or a row, that is not what its column says.
type Rejection struct {
	Location string
	Line     int64 // in the file, from 1
	Column   string
	Type     types.Type
	Value    string // what is there instead; cut where it is long
	Why      string // set where it is the row that is malformed; Column, Type and Value are unset then
	Dropped  bool   // the row is left out; false: the value is NULL
}

// String says where it is and what is wrong, for a person.
func (r Rejection) String() string {
	at := fmt.Sprintf("%s, line %d", r.Location, r.Line)
	if r.Why != "" {
		return at + ": " + r.Why
	}
	return fmt.Sprintf("%s, column %s: %q is no %s", at, r.Column, r.Value, r.Type)
}

// Err is the error of a query that a rejection ends.
func (r Rejection) Err() error {
	if r.Why != "" {
		return sqlerr.New(sqlerr.Corrupt, "%s", r)
	}
	return sqlerr.New(sqlerr.BadValue, "%s", r)
}

// shownValue is how many bytes of a bad value are shown.
const shownValue = 60

// Shown cuts a value for a message.
func Shown(v []byte) string {
	if len(v) > shownValue {
		return string(v[:shownValue]) + "..."
	}
	return string(v)
}
