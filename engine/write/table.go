package write

import (
	"errors"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/store"
	"github.com/silogate/silogate/engine/types"
)

// Table is a table as a statement writes it. Rows have the values of all columns, each as the column holds it.
type Table interface {
	// Insert adds a row. The error of one with a key that another row has is a *Duplicate.
	Insert(row []types.Value) error
	// Row returns the row that is under a key now; false: there is none.
	Row(key string) ([]types.Value, bool, error)
	// Update replaces a row; false: there is no such row any more. Errors are those of Insert.
	Update(old Row, row []types.Value) (bool, error)
	// Delete removes a row; false: there is no such row any more.
	Delete(old Row) (bool, error)
	// TakeAutoIncrement returns the value of the AUTO_INCREMENT column that the next row gets, and no other.
	TakeAutoIncrement() uint64
}

// Row is a row that is there.
type Row struct {
	Key    string // under which the table has it; "": not known
	Values []types.Value
}

// Rows are the result of a query.
type Rows interface {
	// Next returns the next row, which is good until the next call; nil: there is none.
	Next() ([]types.Value, error)
	// Keep accounts for bytes that are kept of the rows as long as they are read; sqlerr.OutOfMemory: there are not so many.
	Keep(bytes int64) error
}

// Duplicate is the error of a row that has a key that another row has (errno 1062).
type Duplicate struct {
	Entry    string // the values of the key as a text
	Key      string // with the table's name
	Existing []types.Value
}

// Error implements error.
func (d *Duplicate) Error() string { return d.refusal().Error() }

// Unwrap has the error be a sqlerr.Error too.
func (d *Duplicate) Unwrap() error { return d.refusal() }

func (d *Duplicate) refusal() *sqlerr.Error {
	return sqlerr.New(sqlerr.DuplicateEntry, "Duplicate entry '%s' for key '%s'", d.Entry, d.Key)
}

// Outcome is what a statement did.
type Outcome struct {
	Rows     int64 // that an UPDATE found, or that came to an INSERT
	Affected int64
	Doubles  int64 // rows of an INSERT that were in the way of others, or that others were in the way of
	// Generated is the first AUTO_INCREMENT value that was generated, Given the last one that was not; 0: none.
	Generated, Given uint64
}

// violated is the error of a check that does not hold; NULL holds.
func violated(name string, v types.Value) error {
	if v.Null || v.Int != 0 {
		return nil
	}
	return sqlerr.New(sqlerr.CheckViolated, "Check constraint '%s' is violated.", name)
}

// ignorable are the errors of a row that IGNORE makes warnings of, the row being left out (13.2.6).
func ignorable(err error) bool {
	switch sqlerr.CodeOf(err) {
	case sqlerr.DuplicateEntry, sqlerr.NoParentRow, sqlerr.ChildRow, sqlerr.CheckViolated:
		return true
	}
	return false
}

// warn makes a warning of an error that IGNORE lets pass.
func warn(rules *store.Rules, err error) {
	if known, ok := errors.AsType[*sqlerr.Error](err); ok {
		rules.Warn(known.Code, known.Message)
	}
}
