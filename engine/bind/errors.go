package bind

import (
	"cmp"
	"errors"
	"regexp"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer/analyzererrors"
	"github.com/dolthub/go-mysql-server/sql/planbuilder"
	"github.com/dolthub/vitess/go/mysql"
	goerrors "gopkg.in/src-d/go-errors.v1"

	"github.com/silogate/silogate/engine/sqlerr"
)

// kinds says what GMS's errors mean to a client. The first that matches counts.
var kinds = []struct {
	kind *goerrors.Kind
	code sqlerr.Code
}{
	{sql.ErrSyntaxError, sqlerr.Syntax},
	{sql.ErrInvalidSyntax, sqlerr.Syntax},
	{sql.ErrUnsupportedSyntax, sqlerr.Unsupported},
	{sql.ErrUnsupportedFeature, sqlerr.Unsupported},
	{sql.ErrDatabaseNotFound, sqlerr.UnknownDatabase},
	{sql.ErrNoDatabaseSelected, sqlerr.NoDatabase},
	{sql.ErrTableNotFound, sqlerr.UnknownTable},
	{sql.ErrUnknownTable, sqlerr.UnknownTable},
	{sql.ErrColumnNotFound, sqlerr.UnknownColumn},
	{sql.ErrTableColumnNotFound, sqlerr.UnknownColumn},
	{sql.ErrUnknownColumn, sqlerr.UnknownColumn},
	{sql.ErrMisusedAlias, sqlerr.UnknownColumn},
	{sql.ErrAmbiguousColumnName, sqlerr.AmbiguousColumn},
	{sql.ErrAmbiguousColumnOrAliasName, sqlerr.AmbiguousColumn},
	{sql.ErrAmbiguousColumnInOrderBy, sqlerr.AmbiguousColumn},
	{sql.ErrDuplicateAliasOrTable, sqlerr.DuplicateAlias},
	{sql.ErrInvalidRefInView, sqlerr.BadView},
	{sql.ErrColumnCountMismatch, sqlerr.ColumnList},
	{sql.ErrFunctionNotFound, sqlerr.UnknownFunction},
	{sql.ErrTableFunctionNotFound, sqlerr.UnknownFunction},
	{sql.ErrStoredProcedureDoesNotExist, sqlerr.UnknownFunction},
	{sql.ErrInvalidArgumentNumber, sqlerr.ArgumentCount},
	{sql.ErrInvalidArgument, sqlerr.BadArgument},
	{sql.ErrInvalidArgumentType, sqlerr.BadArgument},
	{sql.ErrInvalidArgumentDetails, sqlerr.BadArgument},
	{sql.ErrUnknownSystemVariable, sqlerr.UnknownVariable},
	{sql.ErrInvalidSystemVariableValue, sqlerr.BadVariable},
	{sql.ErrSystemVariableGlobalOnly, sqlerr.GlobalVariable},
	{sql.ErrSystemVariableSessionOnly, sqlerr.SessionVariable},
	{sql.ErrSystemVariableReadOnly, sqlerr.ReadOnlyVariable},
	{sql.ErrNoTablesUsed, sqlerr.NoTables},
	{sql.ErrNonAggregatedColumnWithoutGroupBy, sqlerr.MixedGroup},
	{analyzererrors.ErrValidationGroupBy, sqlerr.NotGrouped},
	{analyzererrors.ErrValidationGroupByOrderBy, sqlerr.NotGrouped},
	{analyzererrors.ErrValidationOrderBy, sqlerr.GroupFunction},
	{analyzererrors.ErrUnionSchemasMatch, sqlerr.SelectColumns},
	{planbuilder.ErrSelectsDifferentLength, sqlerr.SelectColumns},
	{sql.ErrColumnNumberDoesNotMatch, sqlerr.SelectColumns},
	{sql.ErrColValCountMismatch, sqlerr.RowColumns},
	{sql.ErrUnknownPreparedStatement, sqlerr.UnknownStatement},
	{sql.ErrInvalidOperandColumns, sqlerr.SubqueryColumns},
	{analyzererrors.ErrSubqueryFieldIndex, sqlerr.SubqueryColumns},
	{sql.ErrExpectedSingleRow, sqlerr.SubqueryRows},
	{sql.ErrCollationIllegalMix, sqlerr.CollationMix},
	{sql.ErrCollationInvalidForCharSet, sqlerr.CollationCharset},
	{sql.ErrCollationUnknown, sqlerr.UnknownCollation},
	{sql.ErrCollationNotYetImplementedTemp, sqlerr.UnknownCollation},
	{sql.ErrCharSetUnknown, sqlerr.UnknownCharset},
	{sql.ErrCharSetNotYetImplementedTemp, sqlerr.UnknownCharset},
	{sql.ErrInvalidJSONText, sqlerr.BadJSON},
	{sql.ErrPrivilegeCheckFailed, sqlerr.AccessDenied},
	{sql.ErrTableAccessDeniedForUser, sqlerr.TableDenied},
	{sql.ErrDatabaseAccessDeniedForUser, sqlerr.DatabaseDenied},
	{sql.ErrUserCreationFailure, sqlerr.AccountFailed},
	{sql.ErrUserDeletionFailure, sqlerr.AccountFailed},
	{sql.ErrRoleCreationFailure, sqlerr.AccountFailed},
	{sql.ErrRoleDeletionFailure, sqlerr.AccountFailed},
	{sql.ErrShowGrantsUserDoesNotExist, sqlerr.NoGrant},
	{sql.ErrRevokeUserDoesNotExist, sqlerr.NoGrant},
	{sql.ErrInvalidTimeZone, sqlerr.UnknownTimeZone},
	{sql.ErrUnresolvedTableLock, sqlerr.UnresolvedLock},
	{sql.ErrSessionDoesNotSupportPersistence, sqlerr.Unsupported},
	{sql.ErrStoredProceduresNotSupported, sqlerr.Unsupported},
	{sql.ErrTriggersNotSupported, sqlerr.Unsupported},
	{sql.ErrEventsNotSupported, sqlerr.Unsupported},
	{sql.ErrViewsNotSupported, sqlerr.Unsupported},
	{sql.ErrAsOfNotSupported, sqlerr.Unsupported},
	{sql.ErrCreateTableNotSupported, sqlerr.Unsupported},
	{sql.ErrDropTableNotSupported, sqlerr.Unsupported},
	{sql.ErrRenameTableNotSupported, sqlerr.Unsupported},
	{sql.ErrInsertIntoMismatchValueCount, sqlerr.RowColumns},
	{sql.ErrReadOnly, sqlerr.ReadOnly},
	{sql.ErrMoreThanOneRow, sqlerr.IntoRows},
	{sql.ErrRecursiveCTEMissingUnion, sqlerr.Unsupported},
	{sql.ErrRecursiveCTENotUnion, sqlerr.Unsupported},
}

// Unparsed is what an error of the parser means: mostly a syntax error, but the parser also refuses what it can tell is
// wrong in a well-formed text.
func Unparsed(err error) error {
	var known *sqlerr.Error
	if errors.As(err, &known) {
		return err
	}
	return sql.ErrSyntaxError.New(err.Error())
}

// texts says what errors of GMS mean that have a text alone. The first that matches counts; GMS's words mostly speak of
// itself, and stay where there is no message.
var texts = []struct {
	begins  string
	code    sqlerr.Code
	message string
}{
	{"expected insert destination to be resolved", sqlerr.ReadOnly, ofSourceReadOnly},
	{"bind variable not provided", sqlerr.BadArgument, "Incorrect arguments to EXECUTE: too few values for its parameters"},
	{"invalid arguments. expected", sqlerr.BadArgument, "Incorrect arguments to EXECUTE: too many values for its parameters"},
	{"invalid use of an interval", sqlerr.Syntax, "You have an error in your SQL syntax: an INTERVAL is added to a date, or subtracted from one"},
	{"Too-big precision", sqlerr.PrecisionTooBig, ""},
	{"no matching Full-Text index", sqlerr.NoFulltext, "Can't find FULLTEXT index matching the column list"},
	{"internal error: shouldn't be able to resolve", sqlerr.NoFulltext, "Can't find FULLTEXT index matching the column list"},
	{"BIGINT value is out of range", sqlerr.OutOfRange, ""},
	{"limit expression expected", sqlerr.Syntax, "You have an error in your SQL syntax: LIMIT and OFFSET take numbers and parameters"},
}

// missingInGMS finds what GMS says of character sets and collations that it knows by name alone.
var missingInGMS = regexp.MustCompile("^The (character set|collation) `(.*)` has not yet been implemented.*")

// goType finds the name of a type of the program in a message, which says nothing to a user.
var goType = regexp.MustCompile(`\*\w+\.[A-Z]\w*`)

// Translate gives an error of GMS the code a client can act on. An error that already is, or wraps, a sqlerr.Error is
// returned as it is; so is a kind of GMS's own statements that has an errno of MySQL's but no code here (a duplicate
// key in a scratch table), which sql.CastSQLError knows. Anything else is sqlerr.Internal.
func Translate(err error) error {
	if err == nil {
		return nil
	}
	var known *sqlerr.Error
	if errors.As(err, &known) {
		return err
	}
	if r := refused(err); r != nil {
		return r
	}
	for _, k := range kinds {
		if k.kind.Is(err) {
			return &sqlerr.Error{Code: k.code, Message: missingInGMS.ReplaceAllString(err.Error(), "Unknown $1: '$2'")}
		}
	}
	for _, t := range texts {
		if strings.HasPrefix(err.Error(), t.begins) {
			return &sqlerr.Error{Code: t.code, Message: cmp.Or(t.message, err.Error())}
		}
	}
	if code := sqlerr.CodeOf(err); code != sqlerr.Internal {
		return sqlerr.Wrap(code, err, "the statement ended early")
	}
	if sql.CastSQLError(err).Number() != mysql.ERUnknownError {
		return err
	}
	return &sqlerr.Error{Code: sqlerr.Internal, Message: goType.ReplaceAllString(err.Error(), "what stands there")}
}
