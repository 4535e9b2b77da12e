package bind

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/analyzer/analyzererrors"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
	"github.com/dolthub/go-mysql-server/sql/expression/function/aggregation"
	"github.com/dolthub/go-mysql-server/sql/expression/function/json"
	"github.com/dolthub/go-mysql-server/sql/expression/function/spatial"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/planbuilder"
	"github.com/dolthub/go-mysql-server/sql/rowexec"
	"github.com/dolthub/go-mysql-server/sql/types"
	goerrors "gopkg.in/src-d/go-errors.v1"

	"github.com/silogate/silogate/engine/sqlerr"
)

// errorKind says what a kind of GMS's errors means to a client.
type errorKind struct {
	kind *goerrors.Kind
	code sqlerr.Code
}

// kinds are those that a client may see. The first that matches counts.
var kinds = []errorKind{
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
	{analyzererrors.ErrReadOnlyDatabase, sqlerr.ReadOnly},
	{plan.ErrInsertIntoNotSupported, sqlerr.ReadOnly},
	{sql.ErrMoreThanOneRow, sqlerr.IntoRows},
	{sql.ErrRecursiveCTEMissingUnion, sqlerr.Unsupported},
	{sql.ErrRecursiveCTENotUnion, sqlerr.Unsupported},
	// What GMS's own tables, and statements about accounts, refuse.
	{sql.ErrTableAlreadyExists, sqlerr.Errno(1050)},     // ER_TABLE_EXISTS_ERROR
	{sql.ErrExistingView, sqlerr.Errno(1050)},           // the same
	{sql.ErrViewDoesNotExist, sqlerr.UnknownStar},       // ER_BAD_TABLE_ERROR
	{sql.ErrExpectedTableFoundView, sqlerr.Errno(1347)}, // ER_WRONG_OBJECT
	{plan.ErrNotView, sqlerr.Errno(1347)},               // the same
	{sql.ErrDatabaseExists, sqlerr.Errno(1007)},         // ER_DB_CREATE_EXISTS
	{sql.ErrDatabaseSchemaNotFound, sqlerr.UnknownDatabase},
	{sql.ErrInvalidDatabaseName, sqlerr.Errno(1102)},                    // ER_WRONG_DB_NAME
	{sql.ErrWrongDBName, sqlerr.Errno(1102)},                            // the same
	{sql.ErrIdentifierIsTooLong, sqlerr.Errno(1059)},                    // ER_TOO_LONG_IDENT
	{sql.ErrPrimaryKeyViolation, sqlerr.Errno(1062)},                    // ER_DUP_ENTRY
	{sql.ErrUniqueKeyViolation, sqlerr.Errno(1062)},                     // the same
	{sql.ErrDuplicateEntry, sqlerr.Errno(1062)},                         // the same
	{sql.ErrDeleteRowNotFound, sqlerr.Errno(1032)},                      // ER_KEY_NOT_FOUND
	{sql.ErrInsertIntoNonNullableProvidedNull, sqlerr.Errno(1048)},      // ER_BAD_NULL_ERROR
	{sql.ErrInsertIntoNonNullableDefaultNullColumn, sqlerr.Errno(1364)}, // ER_NO_DEFAULT_FOR_FIELD
	{sql.ErrColumnSpecifiedTwice, sqlerr.Errno(1110)},                   // ER_FIELD_SPECIFIED_TWICE
	{sql.ErrCantDropFieldOrKey, sqlerr.Errno(1091)},                     // ER_CANT_DROP_FIELD_OR_KEY
	{plan.ErrIndexNotFound, sqlerr.Errno(1091)},                         // the same
	{sql.ErrUnknownIndexColumn, sqlerr.Errno(1072)},                     // ER_KEY_COLUMN_DOES_NOT_EXITS
	{sql.ErrKeyColumnDoesNotExist, sqlerr.Errno(1072)},                  // the same
	{sql.ErrInvalidIndexName, sqlerr.Errno(1280)},                       // ER_WRONG_NAME_FOR_INDEX
	{sql.ErrInvalidValue, sqlerr.BadValue},
	{sql.ErrInvalidValueType, sqlerr.BadValue},
	{sql.ErrValueOutOfRange, sqlerr.ColumnRange},
	{sql.ErrConvertingToSet, sqlerr.Errno(1265)},               // WARN_DATA_TRUNCATED
	{sql.ErrInvalidSetValue, sqlerr.Errno(1265)},               // the same
	{sql.ErrTooLargeForSet, sqlerr.Errno(1265)},                // the same
	{types.ErrConvertingToEnum, sqlerr.Errno(1265)},            // the same
	{types.ErrDataTruncatedForColumn, sqlerr.Errno(1265)},      // the same
	{types.ErrDataTruncatedForColumnAtRow, sqlerr.Errno(1265)}, // the same
	{types.ErrConvertingToTime, sqlerr.BadDate},
	{types.ErrConvertingToTimeOutOfRange, sqlerr.BadDate},
	{types.ErrConvertingToTimeType, sqlerr.BadDate},
	{types.ErrConvertingToYear, sqlerr.BadDate},
	{types.ErrConvertingToDecimal, sqlerr.BadValue},
	{types.ErrConvertToDecimalLimit, sqlerr.ColumnRange},
	{types.ErrLengthTooLarge, sqlerr.Errno(1074)}, // ER_TOO_BIG_FIELDLENGTH
	{types.ErrLengthBeyondLimit, sqlerr.DataTooLong},
	{types.ErrBadCharsetString, sqlerr.BadValue},
	{types.ErrCharacterSetOnInvalidType, sqlerr.Syntax},
	{plan.ErrReplaceIntoNotSupported, sqlerr.ReadOnly},
	{plan.ErrOnDuplicateKeyUpdateNotSupported, sqlerr.ReadOnly},
	{plan.ErrDeleteFromNotSupported, sqlerr.ReadOnly},
	{plan.ErrUpdateNotSupported, sqlerr.ReadOnly},
	{plan.ErrTruncateNotSupported, sqlerr.ReadOnly},
	{plan.ErrUpdateForTableNotSupported, sqlerr.Errno(1288)}, // ER_NON_UPDATABLE_TABLE
	{plan.ErrNotPrimaryKeyAlterable, sqlerr.ReadOnly},
	{plan.ErrNotIndexable, sqlerr.ReadOnly},
	{sql.ErrAlterTableNotSupported, sqlerr.ReadOnly},
	{sql.ErrDatabaseWriteLocked, sqlerr.ReadOnly},
	{sql.ErrReadOnlyTransaction, sqlerr.Errno(1792)},       // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
	{sql.ErrLockDeadlock, sqlerr.Errno(1213)},              // ER_LOCK_DEADLOCK
	{sql.ErrSavepointDoesNotExist, sqlerr.UnknownFunction}, // ER_SP_DOES_NOT_EXIST
	{sql.ErrTemporaryTableNotSupported, sqlerr.Unsupported},
	{sql.ErrDatabaseCollationsNotSupported, sqlerr.Unsupported},
	{sql.ErrDatabaseSchemasNotSupported, sqlerr.Unsupported},
	{plan.ErrNoReplicationController, sqlerr.Unsupported},
	{sql.ErrTriggerDoesNotExist, sqlerr.Errno(1360)},          // ER_TRG_DOES_NOT_EXIST
	{sql.ErrStoredProcedureAlreadyExists, sqlerr.Errno(1304)}, // ER_SP_ALREADY_EXISTS
	{sql.ErrCallIncorrectParameterCount, sqlerr.Errno(1318)},  // ER_SP_WRONG_NO_OF_ARGS
	{sql.ErrEventAlreadyExists, sqlerr.Errno(1537)},           // ER_EVENT_ALREADY_EXISTS
	{sql.ErrEventDoesNotExist, sqlerr.Errno(1539)},            // ER_EVENT_DOES_NOT_EXIST
	{sql.ErrUnknownEvent, sqlerr.Errno(1539)},                 // the same
	{sql.ErrUserAlterFailure, sqlerr.AccountFailed},
	{sql.ErrUserNameTooLong, sqlerr.Errno(1470)},                        // ER_WRONG_STRING_LENGTH
	{sql.ErrUserHostTooLong, sqlerr.Errno(1470)},                        // the same
	{sql.ErrGrantUserDoesNotExist, sqlerr.Errno(1410)},                  // ER_CANT_CREATE_USER_WITH_GRANT
	{sql.ErrGrantRevokeRoleDoesNotExist, sqlerr.Errno(3523)},            // ER_UNKNOWN_AUTHID
	{sql.ErrGrantRevokeIllegalPrivilege, sqlerr.Errno(1144)},            // ER_ILLEGAL_GRANT_FOR_TABLE
	{sql.ErrGrantRevokeIllegalPrivilegeWithMessage, sqlerr.Errno(1144)}, // the same
	{rowexec.ErrTableNotLockable, sqlerr.Errno(1031)},                   // ER_ILLEGAL_HA
	{sql.ErrDuplicateColumn, sqlerr.DuplicateColumn},
	{sql.ErrColumnExists, sqlerr.DuplicateColumn},
	{sql.ErrDuplicateKey, sqlerr.Errno(1061)},               // ER_DUP_KEYNAME
	{sql.ErrMultiplePrimaryKeysDefined, sqlerr.Errno(1068)}, // ER_MULTIPLE_PRI_KEY
	{sql.ErrWrongAutoKey, sqlerr.Errno(1075)},               // ER_WRONG_AUTO_KEY
	{sql.ErrInvalidAutoIncCols, sqlerr.Errno(1075)},         // the same
	{sql.ErrInvalidColumnSpecifier, sqlerr.Errno(1063)},     // ER_WRONG_FIELD_SPEC
	{sql.ErrInvalidColTypeDefinition, sqlerr.Errno(1063)},   // the same
	{sql.ErrInvalidColumnDefaultValue, sqlerr.BadDefault},
	{sql.ErrIncompatibleDefaultType, sqlerr.BadDefault},
	{sql.ErrTooManyKeyParts, sqlerr.Errno(1070)},               // ER_TOO_MANY_KEY_PARTS
	{sql.ErrKeyTooLong, sqlerr.Errno(1071)},                    // ER_TOO_LONG_KEY
	{sql.ErrInvalidIndexPrefix, sqlerr.Errno(1089)},            // ER_WRONG_SUB_KEY
	{sql.ErrInvalidBlobTextKey, sqlerr.Errno(1170)},            // ER_BLOB_KEY_WITHOUT_LENGTH
	{sql.ErrKeyZero, sqlerr.Errno(1391)},                       // ER_KEY_PART_0
	{planbuilder.ErrPrimaryKeyOnNullField, sqlerr.Errno(1171)}, // ER_PRIMARY_CANT_HAVE_NULL
	{sql.ErrDuplicateCheckName, sqlerr.Errno(3822)},            // ER_CHECK_CONSTRAINT_DUP_NAME
	{sql.ErrForeignKeyDuplicateName, sqlerr.Errno(1826)},       // ER_FK_DUP_NAME
	// What is wrong with variables and statements as they are written.
	{sql.ErrUndeclaredVariable, sqlerr.Errno(1327)}, // ER_SP_UNDECLARED_VAR
	{sql.ErrUnknownStatusVariable, sqlerr.UnknownVariable},
	{sql.ErrUnknownUserVariable, sqlerr.UnknownVariable},
	{sql.ErrUserVariableNoDefault, sqlerr.Syntax},
	{sql.ErrSystemVariableCodeFail, sqlerr.BadVariable},
	{sql.ErrUnboundPreparedStatementVariable, sqlerr.BadArgument},
	{sql.ErrUnsupportedPreparedStatement, sqlerr.Errno(1295)}, // ER_UNSUPPORTED_PS
	{sql.ErrTableFunctionNotInFrom, sqlerr.Syntax},
	{sql.ErrInvalidTypeForLimit, sqlerr.Syntax},
	{expression.ErrInvalidOffset, sqlerr.Syntax},
	{sql.ErrInvalidAsOfExpression, sqlerr.Syntax},
	{sql.ErrIncompatibleAsOf, sqlerr.Syntax},
	{sql.ErrStarUnsupported, sqlerr.Syntax},
	{sql.ErrCharSetIntroducer, sqlerr.Syntax},
	{analyzererrors.ErrIntervalInvalidUse, sqlerr.Syntax},
	{sql.ErrConflictingExternalQuery, sqlerr.Errno(1221)}, // ER_WRONG_USAGE
	{planbuilder.ErrQualifiedOrderBy, sqlerr.Errno(1250)}, // ER_TABLENAME_NOT_ALLOWED_HERE
	{planbuilder.ErrOrderByBinding, sqlerr.Unsupported},
	{analyzer.ErrOrderByColumnIndex, sqlerr.UnknownColumn},
	{sql.ErrDistinctOnMatchOrderBy, sqlerr.DistinctOrder},
	{sql.ErrAggregationUnsupported, sqlerr.GroupFunction},
	{sql.ErrWindowUnsupported, sqlerr.WindowPlace},
	{sql.ErrUnknownWindowName, sqlerr.WindowUnknown},
	{sql.ErrCircularWindowInheritance, sqlerr.WindowCircular},
	{sql.ErrInvalidWindowInheritance, sqlerr.WindowPartition},
	{sql.ErrCannotCopyWindowFrame, sqlerr.WindowInheritFrame},
	{sql.ErrCteRecursionLimitExceeded, sqlerr.RecursionDepth},
	{sql.ErrUnsupportedJoinFactorCount, sqlerr.Errno(1116)}, // ER_TOO_MANY_TABLES
	{sql.ErrPartitionNotFound, sqlerr.Errno(1735)},          // ER_UNKNOWN_PARTITION
	{sql.ErrSecureFilePriv, sqlerr.FilesDisabled},
	{sql.ErrFileExists, sqlerr.Errno(1086)},              // ER_FILE_EXISTS_ERROR
	{sql.ErrLoadDataCannotOpen, sqlerr.Errno(1085)},      // ER_TEXTFILE_NOT_READABLE
	{sql.ErrLoadDataCharacterLength, sqlerr.Errno(1083)}, // ER_WRONG_FIELD_TERMINATORS
	{sql.ErrUnexpectedSeparator, sqlerr.Errno(1083)},     // the same
	{aggregation.ErrRangeInvalidOrderBy, sqlerr.WindowRangeOrder},
	{sql.ErrInvalidColumnNumber, sqlerr.SubqueryColumns},
	{sql.ErrNoMemoryAvailable, sqlerr.OutOfMemory},
	// What functions refuse.
	{sql.ErrIncorrectValue, sqlerr.WrongValue},
	{sql.ErrInvalidBaseType, sqlerr.BadValue},
	{sql.ErrConvertToSQL, sqlerr.BadValue},
	{sql.ErrInvalidJSONArgument, sqlerr.BadJSONType},
	{sql.ErrInvalidJson, sqlerr.BadJSON},
	{sql.ErrJSONObjectAggNullKey, sqlerr.JSONNullKey},
	{json.ErrUnsupportedJSONFunction, sqlerr.Unsupported},
	{sql.ErrUuidUnableToParse, sqlerr.WrongValue},
	{sql.ErrTruncatedIncorrect, sqlerr.Errno(1292)},
	{sql.ErrCollationMalformedString, sqlerr.Errno(1300)}, // ER_INVALID_CHARACTER_STRING
	{sql.ErrCharSetInvalidString, sqlerr.Errno(1300)},     // the same
	{sql.ErrCharSetFailedToEncode, sqlerr.BadValue},
	{sql.ErrCollatedExprWrongType, sqlerr.CollationCharset},
	{sql.ErrBase64DecodeError, sqlerr.Errno(1575)}, // ER_BASE64_DECODE_ERROR
	{sql.ErrNoFullTextIndexFound, sqlerr.NoFulltext},
	{sql.ErrFullTextMatchAgainstNotColumns, sqlerr.BadArgument},
	{sql.ErrFullTextMatchAgainstSameTable, sqlerr.BadArgument},
	{expression.ErrIntDivDataOutOfRange, sqlerr.OutOfRange},
	{expression.ErrInvalidRegexp, sqlerr.RegexpIllegal},
	{expression.ErrUnsupportedInOperand, sqlerr.SubqueryColumns},
	{expression.ErrConvertExpression, sqlerr.BadDate},
	{function.ErrTooHighPrecision, sqlerr.PrecisionTooBig},
	{function.ErrInvalidArgumentForLogarithm, sqlerr.Errno(3020)}, // ER_INVALID_ARGUMENT_FOR_LOGARITHM
	{function.ErrIllegalLockNameArgType, sqlerr.Errno(3057)},      // ER_USER_LOCK_WRONG_NAME
	{function.ErrUintOverflow, sqlerr.OutOfRange},
	{function.ErrUnsupportedType, sqlerr.BadArgument},
	{sql.ErrInvalidGISData, sqlerr.Errno(3037)},          // ER_GIS_INVALID_DATA
	{sql.ErrIllegalGISValue, sqlerr.Errno(1367)},         // ER_ILLEGAL_VALUE_FOR_TYPE
	{sql.ErrDiffSRIDs, sqlerr.Errno(3033)},               // ER_GIS_DIFFERENT_SRIDS
	{sql.ErrNoSRID, sqlerr.Errno(3548)},                  // ER_SRS_NOT_FOUND
	{spatial.ErrNonGeographic, sqlerr.Errno(3707)},       // ER_SRS_NOT_GEOGRAPHIC
	{spatial.ErrLatitudeOutOfRange, sqlerr.Errno(3617)},  // ER_LATITUDE_OUT_OF_RANGE
	{spatial.ErrLongitudeOutOfRange, sqlerr.Errno(3616)}, // ER_LONGITUDE_OUT_OF_RANGE
	{sql.ErrSpatialTypeConversion, sqlerr.Errno(1416)},   // ER_CANT_CREATE_GEOMETRY_OBJECT
}
