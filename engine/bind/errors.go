package bind

import (
	"errors"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer/analyzererrors"
	"github.com/dolthub/go-mysql-server/sql/plan"
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
	{sql.ErrInvalidArgumentNumber, sqlerr.ArgumentCount},
	{sql.ErrInvalidArgument, sqlerr.BadArgument},
	{sql.ErrInvalidArgumentType, sqlerr.BadArgument},
	{sql.ErrInvalidArgumentDetails, sqlerr.BadArgument},
	{sql.ErrUnknownSystemVariable, sqlerr.UnknownVariable},
	{sql.ErrInvalidSystemVariableValue, sqlerr.BadVariable},
	{sql.ErrNonAggregatedColumnWithoutGroupBy, sqlerr.MixedGroup},
	{analyzererrors.ErrValidationGroupBy, sqlerr.NotGrouped},
	{analyzererrors.ErrValidationGroupByOrderBy, sqlerr.NotGrouped},
	{analyzererrors.ErrValidationOrderBy, sqlerr.GroupFunction},
	{analyzererrors.ErrUnionSchemasMatch, sqlerr.SelectColumns},
	{planbuilder.ErrSelectsDifferentLength, sqlerr.SelectColumns},
	{sql.ErrColumnNumberDoesNotMatch, sqlerr.SelectColumns},
	{sql.ErrColValCountMismatch, sqlerr.SelectColumns},
	{sql.ErrUnknownPreparedStatement, sqlerr.UnknownStatement},
	{sql.ErrInvalidOperandColumns, sqlerr.SubqueryColumns},
	{analyzererrors.ErrSubqueryFieldIndex, sqlerr.SubqueryColumns},
	{sql.ErrExpectedSingleRow, sqlerr.SubqueryRows},
	{sql.ErrCollationIllegalMix, sqlerr.CollationMix},
	{sql.ErrInvalidJSONText, sqlerr.BadJSON},
	{sql.ErrPrivilegeCheckFailed, sqlerr.AccessDenied},
	{sql.ErrTableAccessDeniedForUser, sqlerr.AccessDenied},
	{sql.ErrDatabaseAccessDeniedForUser, sqlerr.AccessDenied},
	{sql.ErrReadOnly, sqlerr.ReadOnly},
	{analyzererrors.ErrReadOnlyDatabase, sqlerr.ReadOnly},
	{plan.ErrInsertIntoNotSupported, sqlerr.ReadOnly},
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

// errDistinctOrder refuses SELECT DISTINCT ... ORDER BY what is not in the list.
func errDistinctOrder(key int) error {
	return sqlerr.New(sqlerr.DistinctOrder, "Expression #%d of ORDER BY clause is not in SELECT list, which is incompatible with DISTINCT", key)
}

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
	for _, k := range kinds {
		if k.kind.Is(err) {
			return &sqlerr.Error{Code: k.code, Message: err.Error()}
		}
	}
	if code := sqlerr.CodeOf(err); code != sqlerr.Internal {
		return sqlerr.Wrap(code, err, "binding the statement")
	}
	if sql.CastSQLError(err).Number() != mysql.ERUnknownError {
		return err
	}
	return sqlerr.Wrap(sqlerr.Internal, err, "binding the statement")
}
