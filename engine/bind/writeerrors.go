package bind

import (
	"errors"
	"regexp"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer/analyzererrors"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	goerrors "gopkg.in/src-d/go-errors.v1"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

const ofSourceReadOnly = "The table is read-only: tables of sources, and views, can't be written"

// refusals say in MySQL's words what GMS says of rows and definitions that it refuses.
var refusals = []struct {
	kind *goerrors.Kind
	code sqlerr.Code
	says *regexp.Regexp // nil: MySQL says the same
	mean string
}{
	{sql.ErrInsertIntoNonNullableProvidedNull, sqlerr.NullColumn, regexp.MustCompile(`^column name '(.*)' is non-nullable.*$`), "Column '$1' cannot be null"},
	{sql.ErrInsertIntoNonNullableDefaultNullColumn, sqlerr.NoDefault, nil, ""},
	{sql.ErrCheckConstraintViolated, sqlerr.CheckViolated, regexp.MustCompile(`^Check constraint "(.*)" violated$`), "Check constraint '$1' is violated."},
	{sql.ErrForeignKeyChildViolation, sqlerr.NoParentRow, regexp.MustCompile("(?s)^.*? on fk: `(.*?)`, table: `.*$"), // where its name says all of it
		"Cannot add or update a child row: a foreign key constraint fails ($1)"},
	{sql.ErrForeignKeyParentViolation, sqlerr.ChildRow, regexp.MustCompile("(?s)^.*? on fk: `(.*?)`, table: `.*$"),
		"Cannot delete or update a parent row: a foreign key constraint fails ($1)"},
	{sql.ErrForeignKeyDropTable, sqlerr.ParentDropped, regexp.MustCompile("^cannot drop table `(.*?)` as it is referenced in foreign key ``.*?`[.]`(.*?)`, CONSTRAINT `(.*?)` FOREIGN KEY .*$"),
		"Cannot drop table '$1' referenced by a foreign key constraint '$3' on table '$2'."},
	{sql.ErrTruncateReferencedFromForeignKey, sqlerr.ParentTruncated, regexp.MustCompile("^cannot truncate table .* as it is referenced in foreign key (.*?, CONSTRAINT `.*?`) FOREIGN KEY .*$"),
		"Cannot truncate a table referenced in a foreign key constraint ($1)"},
	{sql.ErrForeignKeyMissingReferenceIndex, sqlerr.NoParentKey, regexp.MustCompile("^missing index for foreign key `(.*)` on the referenced table `(.*)`$"),
		"Failed to add the foreign key constraint. Missing index for constraint '$1' in the referenced table '$2'"},
	{sql.ErrForeignKeyDuplicateName, sqlerr.DuplicateForeignKey, regexp.MustCompile("^.*`(.*)`$"), "Duplicate foreign key constraint name '$1'"},
	{sql.ErrForeignKeyNotFound, sqlerr.NoSuchKey, regexp.MustCompile("^foreign key `(.*)` was not found.*$"), "Can't DROP '$1'; check that column/key exists"},
	{sql.ErrForeignKeyColumnTypeMismatch, sqlerr.ForeignKeyColumns, nil, ""},
	{sql.ErrCantDropFieldOrKey, sqlerr.NoSuchKey, regexp.MustCompile(`^error: can't drop '(.*)';.*$`), "Can't DROP '$1'; check that column/key exists"},
	{sql.ErrViewDoesNotExist, sqlerr.UnknownDropped, regexp.MustCompile(`^the view (.*) does not exist$`), "Unknown table '$1'"},
	{sql.ErrTableAlreadyExists, sqlerr.TableExists, regexp.MustCompile(`^table with name (.*) already exists$`), "Table '$1' already exists"},
	{sql.ErrExistingView, sqlerr.TableExists, regexp.MustCompile("^.*?`?([^`. ]*)`?(?: already exists.*)?$"), "Table '$1' already exists"},
	{sql.ErrDatabaseExists, sqlerr.DatabaseExists, regexp.MustCompile(`^can't create database (.*); database exists$`), "Can't create database '$1'; database exists"},
	{sql.ErrDuplicateKey, sqlerr.DuplicateKeyName, nil, ""},
	{sql.ErrDuplicateColumn, sqlerr.DuplicateColumn, regexp.MustCompile("^duplicate column name: `(.*)`$"), "Duplicate column name '$1'"},
	{sql.ErrColumnExists, sqlerr.DuplicateColumn, regexp.MustCompile("^.*?[`\"']?([^`\"' ]*)[`\"']? already exists.*$"), "Duplicate column name '$1'"},
	{sql.ErrMultiplePrimaryKeysDefined, sqlerr.TwoPrimaryKeys, regexp.MustCompile(`^.*$`), "Multiple primary key defined"},
	{sql.ErrKeyColumnDoesNotExist, sqlerr.KeyColumn, regexp.MustCompile(`^key column '(.*)' doesn't exist in table$`), "Key column '$1' doesn't exist in table"},
	{sql.ErrInvalidAutoIncCols, sqlerr.AutoIncrementKey, regexp.MustCompile(`^.*$`), "Incorrect table definition; there can be only one auto column and it must be defined as a key"},
	{sql.ErrColumnSpecifiedTwice, sqlerr.ColumnTwice, regexp.MustCompile(`^column '(.*)' specified twice$`), "Column '$1' specified twice"},
	{sql.ErrIncompatibleDefaultType, sqlerr.BadDefault, nil, ""},
	{sql.ErrReadOnlyTransaction, sqlerr.ReadOnlyTransaction, regexp.MustCompile(`^.*$`), "Cannot execute statement in a READ ONLY transaction."},
	{analyzererrors.ErrReadOnlyDatabase, sqlerr.ReadOnly, regexp.MustCompile(`^Database (.*) is read-only\.?$`), "Database $1 is read-only: it is one of a source, whose tables can't be written"},
	{gmstypes.ErrLengthBeyondLimit, sqlerr.DataTooLong, regexp.MustCompile(`(?s)^string '.*' is too large for column '(.*)'$`), "Data too long for column '$1'"},
	{sql.ErrValueOutOfRange, sqlerr.ColumnRange, regexp.MustCompile(`(?s)^.* out of range for (.*)$`), "Out of range value for a column of type $1"},
	{gmstypes.ErrConvertToDecimalLimit, sqlerr.ColumnRange, regexp.MustCompile(`^.*$`), "Out of range value for a column of type decimal"},
	{gmstypes.ErrConvertingToTime, sqlerr.IncorrectValue, nil, ""},
	{sql.ErrInvalidValue, sqlerr.BadValue, regexp.MustCompile(`(?s)^error: '(.*)' is not a valid value for '(.*)'$`), "Incorrect $2 value: '$1'"},
	{gmsplan.ErrInsertIntoNotSupported, sqlerr.ReadOnly, regexp.MustCompile(`^.*$`), ofSourceReadOnly},
	{gmsplan.ErrReplaceIntoNotSupported, sqlerr.ReadOnly, regexp.MustCompile(`^.*$`), ofSourceReadOnly},
	{gmsplan.ErrUpdateNotSupported, sqlerr.ReadOnly, regexp.MustCompile(`^.*$`), ofSourceReadOnly},
	{gmsplan.ErrDeleteFromNotSupported, sqlerr.ReadOnly, regexp.MustCompile(`^.*$`), ofSourceReadOnly},
	{sql.ErrGeneratedColumnValue, sqlerr.GeneratedValue, regexp.MustCompile(`^The value specified for generated column "(.*)" in table "(.*)" is not allowed\.$`),
		"The value specified for generated column '$1' in table '$2' is not allowed."},
}

// refused returns what MySQL says of a refusal, nil if err is none.
func refused(err error) error {
	var insert sql.WrappedInsertError
	if errors.As(err, &insert) {
		err = insert.Cause
	}
	if sql.ErrPrimaryKeyViolation.Is(err) || sql.ErrUniqueKeyViolation.Is(err) {
		var kind *goerrors.Error
		if errors.As(err, &kind) && kind.Cause() != nil {
			return &sqlerr.Error{Code: sqlerr.DuplicateEntry, Message: kind.Cause().Error()}
		}
	}
	for _, r := range refusals {
		if !r.kind.Is(err) {
			continue
		}
		message := err.Error()
		if r.says != nil {
			message = r.says.ReplaceAllString(message, r.mean)
		}
		return &sqlerr.Error{Code: r.code, Message: message}
	}
	return nil
}

// RefusedValue returns what MySQL says of a value that does not go into a column; nil if it does.
func RefusedValue(ctx *sql.Context, c *sql.Column, v any) error {
	if v == nil {
		return nil
	}
	var in sql.ConvertInRange
	var err error
	if rounding, ok := c.Type.(sql.RoundingNumberType); ok {
		_, in, err = rounding.ConvertRound(ctx, v)
	} else {
		_, in, err = c.Type.Convert(ctx, v)
	}
	t, known := FromGMS(c.Type)
	if err == nil && in == sql.InRange || known != nil {
		return nil
	}
	if bytes, ok := v.([]byte); ok {
		v = string(bytes)
	}
	switch {
	case t.Kind == types.JSON:
		return sqlerr.New(sqlerr.InvalidJSON, "Invalid JSON text in value for column '%s'.", c.Name)
	case err == nil, gmstypes.ErrConvertToDecimalLimit.Is(err), sql.ErrValueOutOfRange.Is(err):
		return sqlerr.New(sqlerr.ColumnRange, "Out of range value for column '%s'", c.Name)
	case gmstypes.ErrLengthBeyondLimit.Is(err):
		return sqlerr.New(sqlerr.DataTooLong, "Data too long for column '%s'", c.Name)
	case t.Kind == types.Enum, t.Kind == types.Set:
		return sqlerr.New(sqlerr.Truncated, "Data truncated for column '%s'", c.Name)
	case t.IsTemporal():
		return sqlerr.New(sqlerr.IncorrectValue, "Incorrect %s value: '%v' for column '%s'", t.Kind.Name(), v, c.Name)
	case t.IsNumeric():
		if text, ok := v.(string); ok && strings.IndexAny(strings.TrimLeft(text, " +-."), "0123456789") == 0 {
			return sqlerr.New(sqlerr.Truncated, "Data truncated for column '%s'", c.Name)
		}
		kind := "integer"
		if t.IsFloat() || t.Kind == types.Decimal {
			kind = t.Kind.Name()
		}
		return sqlerr.New(sqlerr.BadValue, "Incorrect %s value: '%v' for column '%s'", kind, v, c.Name)
	}
	return sqlerr.New(sqlerr.BadValue, "Incorrect string value: '%v' for column '%s'", v, c.Name)
}
