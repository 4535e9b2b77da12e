package sqlerr

// Code names one kind of failure. From 1000 on it is the errno of a failure that nobody asks for by name.
type Code uint16

// Errno is the code of a failure that has no name but MySQL's number.
func Errno(errno uint16) Code { return Code(errno) }

const firstErrno = 1000

// The codes, each with the MySQL errno and SQLSTATE of the table below.
const (
	Internal           Code = iota // a defect of the gateway itself
	Syntax                         // the statement does not parse
	Unsupported                    // valid MySQL that the gateway does not do yet
	UnknownDatabase                // no such database
	UnknownTable                   // no such table, or it was dropped while the query ran
	UnknownColumn                  // no such column
	AmbiguousColumn                // a column name that two tables have
	UnknownFunction                // no such function
	UnknownServer                  // no such source
	DuplicateServer                // CREATE SERVER of a name that exists
	FileDenied                     // a file of the gateway's host, without the right to files
	FilesDisabled                  // the same with it: there is none to read or write
	AccessDenied                   // the gateway's own users and grants refuse
	BadOption                      // a source option or setting that is missing, unknown or malformed
	ReadOnly                       // a write to what cannot be written
	SourceAuth                     // the source refused the credentials or lacks the right
	SourceDown                     // the source cannot be reached, or the connection was lost in mid-query
	SourceError                    // the source answered with an error of its own
	SourceChanged                  // a file or table was replaced while the query read it
	Corrupt                        // the data is not what its format says
	OutOfRange                     // a numeric result does not fit its type
	DataTooLong                    // a text result does not fit its type
	BadValue                       // a value that cannot be converted
	BadDate                        // a temporal value that cannot be converted
	DivisionByZero                 // ERROR_FOR_DIVISION_BY_ZERO, where it is an error
	SubqueryRows                   // a scalar subquery gave more than one row
	SubqueryColumns                // a row operand has the wrong number of columns
	CollationMix                   // two collations of equal coercibility
	CollationMix3                  // the same of three texts
	CollationMixN                  // the same of more
	CollationCharset               // a collation of another character set
	UnknownCollation               // a collation that there is not
	UnknownCharset                 // a character set that there is not
	BadRegexp                      // a malformed regular expression
	BadJSON                        // text that is not JSON
	BadJSONPath                    // a malformed JSON path
	OutOfMemory                    // the query's or the server's memory limit
	OutOfSpill                     // the spill quota, and so the memory limit
	OutOfDisk                      // a full disk
	ScanTooBig                     // refused for what it would read
	PushdownRequired               // silogate_strict_pushdown: a full remote read was needed
	RequiredKeys                   // a source that needs keys got none
	Cancelled                      // KILL QUERY, or the client went away
	Shutdown                       // the gateway was told to stop
	Timeout                        // MAX_EXECUTION_TIME
	TooManyConnections             // an admission or connection limit
	BadArgument                    // a function called with a value it rejects
	NoDatabase                     // an unqualified name, and no database is selected
	DuplicateAlias                 // two tables of a FROM clause have one name
	BadView                        // a view whose definition names what is gone
	ViewExplain                    // EXPLAIN of a view by who may not know what is below it
	ViewVariable                   // a view's query that reads or assigns a variable
	ColumnList                     // a column list that does not fit its derived table or view
	ArgumentCount                  // a function called with the wrong number of arguments
	UnknownVariable                // no such system variable
	UnknownLocale                  // no such locale
	GlobalVariable                 // SET SESSION of a variable that only the server has
	SessionVariable                // SET GLOBAL of a variable that only sessions have
	ReadOnlyVariable               // SET of a variable that nobody can set
	NoTables                       // * without a FROM clause
	IllegalDouble                  // a literal beyond DOUBLE
	BadVariable                    // a system variable set to a value it can't have
	NotGrouped                     // ONLY_FULL_GROUP_BY
	MixedGroup                     // ONLY_FULL_GROUP_BY, without GROUP BY
	GroupFunction                  // an aggregate function where there is no group
	DistinctOrder                  // SELECT DISTINCT ordered by what it does not select
	DistinctAggregate              // the same, by an aggregate
	SelectColumns                  // the SELECTs of a UNION differ in the number of columns
	UnknownStatement               // EXECUTE or DEALLOCATE of what was not prepared
	DatabaseDenied                 // no right to a database
	TableDenied                    // no right to a table, or to do this with it
	AccountFailed                  // CREATE, DROP or RENAME of an account that is there, or is not
	NoGrant                        // the grants of an account that is not there
	UnknownTimeZone                // no such time zone
	UnresolvedLock                 // FOR UPDATE OF what the query does not read
	WrongGroup                     // a GROUP BY of an aggregate
	RowColumns                     // a row of VALUES that has another number of values
	NoGroupingKey                  // GROUPING of what is no key of the GROUP BY
	TooLong                        // a value or row over max_allowed_packet
	ColumnRange                    // a number that does not fit the column it is stored into
	RecursionUnion                 // a recursive CTE that is not a UNION
	RecursionSeed                  // a recursive CTE whose first query block is recursive
	RecursionAggregate             // aggregation or a window in a recursive query block
	RecursionOuterJoin             // a recursive reference on the inner side of an outer join
	RecursionReference             // a recursive reference in a subquery, or a second one
	RecursionDepth                 // cte_max_recursion_depth
	TooManyParameters              // more parameters than the protocol can count
	ExplainFormat                  // an EXPLAIN in a format that there is not
	IntoRows                       // SELECT ... INTO variables of more than one row
	DuplicateColumn                // two columns of one name in a table
	BadDefault                     // a default that is no value of its column
	JSONTableEmpty                 // ERROR ON EMPTY
	JSONTableScalar                // an array or object for a scalar column of JSON_TABLE
	JSONTableRange                 // a value that a column of JSON_TABLE can't hold
	JSONCast                       // a JSON value that is none of a type
	BadJSONType                    // what can't be JSON
	WindowUnknown                  // no window of this name
	WindowCircular                 // windows that inherit from each other
	WindowPartition                // a window that inherits partitions and has its own
	WindowInheritFrame             // a window with a frame, to inherit from
	WindowInheritOrder             // a window that inherits an order and has its own
	WindowFrameStart               // a frame that starts behind the last row
	WindowFrameEnd                 // a frame that ends before the first row
	WindowFrame                    // a frame's bound that is no number of rows, or an end before the start
	WindowRangeOrder               // a frame by value without one number or moment to order by
	WindowRangeMoment              // a number as the distance of moments
	WindowRangeNumber              // an INTERVAL as the distance of numbers
	WindowNotConstant              // a frame's bound that depends on the row
	WindowDuplicate                // two windows of one name
	WindowPosition                 // a position as a key of a window
	WindowPlace                    // a window function where there are no windows
	WindowAlias                    // the same, by an alias
	WindowNested                   // a window function in the keys of a window
	WindowRowsInterval             // an INTERVAL as a number of rows

	PrecisionTooBig     // a type of more digits than there are
	ScaleTooBig         // a type of more digits after the point than there are
	ScaleOverPrecision  // a type of more digits after the point than digits
	UnknownStar         // name.* of no table of the FROM clause
	WrongValue          // a text that a function cannot read
	JSONType            // what is no JSON by its type
	StackOverrun        // a statement that nests too deep
	JSONDepth           // a JSON document that nests too deep
	JSONWildcard        // a JSON path with wildcards where it must lead to one place
	JSONCell            // a JSON path that must lead to an item of an array and does not
	JSONRoot            // the JSON path of the whole document where it makes no sense
	JSONNullKey         // a NULL key of a JSON object
	JSONOneOrAll        // neither 'one' nor 'all'
	RegexpIllegal       // a regular expression that is empty, or has what there is none of
	RegexpIndex         // a place outside of the searched text, or a group that there is none of
	RegexpSyntax        // a malformed regular expression
	RegexpEscape        // an unknown escape in a regular expression
	RegexpParenthesis   // a regular expression with a parenthesis too many or too few
	RegexpInterval      // a malformed {n,m} in a regular expression
	RegexpMaxMin        // a {n,m} in a regular expression whose m is less than n
	RegexpBackReference // a reference to a group that a regular expression has not
	RegexpBracket       // a regular expression that lacks a ]
	RegexpRange         // a range in a regular expression that ends before it begins
	RegexpStack         // a text too long for a regular expression that goes back and forth
	RegexpTimeout       // a regular expression that took too long
	RegexpTooBig        // a regular expression that is too long or nests too deep
	RegexpGroupName     // a malformed name of a group in a regular expression
	DisplayWidth        // a CHAR or BINARY of more than there can be
	NoPartitions        // a partition of a table that has none
	NoFulltext          // MATCH of columns without a full-text index
	NoIndex             // a hint to an index that there is not
	BitLengths          // byte strings of unequal lengths under a bit operator or aggregate
	BitAggregateTooLong // a byte string that is too long for a bit aggregate

	TableFull           // a quota of scratch tables
	TableExists         // CREATE TABLE or VIEW of a name that exists
	DatabaseExists      // CREATE DATABASE of a name that exists
	DatabaseMissing     // DROP DATABASE of what there is not
	LockTimeout         // another transaction writes the table for too long
	Deadlock            // transactions that wait for each other
	UnknownSavepoint    // no such savepoint
	IncorrectValue      // a value that no column can hold
	UnknownCheck        // no such CHECK constraint
	KeyColumn           // a key of a column that there is not
	UnknownTrigger      // no such trigger
	NullColumn          // NULL for a column that is NOT NULL
	NoDefault           // a row without a column that has no default
	CheckViolated       // a row that a CHECK refuses
	NoParentRow         // a foreign key that points to nothing
	ChildRow            // a row that a foreign key points to
	ParentDropped       // DROP of a table that foreign keys point to
	ParentTruncated     // TRUNCATE of a table that foreign keys point to
	NoParentKey         // a foreign key to what is no key
	DuplicateForeignKey // two foreign keys of one name
	ForeignKeyColumns   // a foreign key to columns of other types
	NoSuchKey           // DROP of a column or key that there is not
	DuplicateKeyName    // two keys of one name
	TwoPrimaryKeys      // two primary keys
	AutoIncrementKey    // an AUTO_INCREMENT that is no key, or a second one
	ColumnTwice         // a column that a statement writes twice
	ReadOnlyTransaction // a write in a READ ONLY transaction
	GeneratedValue      // a value for a generated column
	DuplicateEntry      // a row with a key that another row has
	InvalidJSON         // a text for a JSON column that is not JSON
	Truncated           // a value of which a column would hold a part
	UnknownDropped      // DROP TABLE of what there is not
	UnknownDefiner      // a view of a definer that there is not
	ViewRecursion       // a view that reads itself
	ViewCheckOption     // WITH CHECK OPTION of a view that can't be written
)

// Identity is what the MySQL protocol says about an error.
type Identity struct {
	Errno uint16
	State string // SQLSTATE, five characters
}

// errnos are the numbers of the named codes. Their SQLSTATEs, as those of all others, are in states.
var errnos = [...]uint16{
	Internal:           1105, // ER_UNKNOWN_ERROR
	Syntax:             1064, // ER_PARSE_ERROR
	Unsupported:        1235, // ER_NOT_SUPPORTED_YET
	UnknownDatabase:    1049, // ER_BAD_DB_ERROR
	UnknownTable:       1146, // ER_NO_SUCH_TABLE
	UnknownColumn:      1054, // ER_BAD_FIELD_ERROR
	AmbiguousColumn:    1052, // ER_NON_UNIQ_ERROR
	UnknownFunction:    1305, // ER_SP_DOES_NOT_EXIST
	UnknownServer:      1477, // ER_FOREIGN_SERVER_DOESNT_EXIST
	DuplicateServer:    1476, // ER_FOREIGN_SERVER_EXISTS
	FileDenied:         1045, // ER_ACCESS_DENIED_ERROR
	FilesDisabled:      1290, // ER_OPTION_PREVENTS_STATEMENT
	AccessDenied:       1227, // ER_SPECIFIC_ACCESS_DENIED_ERROR
	BadOption:          1210, // ER_WRONG_ARGUMENTS
	ReadOnly:           1036, // ER_OPEN_AS_READONLY
	SourceAuth:         1429, // ER_CONNECT_TO_FOREIGN_DATA_SOURCE
	SourceDown:         1429, // ER_CONNECT_TO_FOREIGN_DATA_SOURCE
	SourceError:        1430, // ER_QUERY_ON_FOREIGN_DATA_SOURCE
	SourceChanged:      1412, // ER_TABLE_DEF_CHANGED
	Corrupt:            1712, // ER_INDEX_CORRUPT: "%s is corrupted"
	OutOfRange:         1690, // ER_DATA_OUT_OF_RANGE
	DataTooLong:        1406, // ER_DATA_TOO_LONG
	BadValue:           1366, // ER_TRUNCATED_WRONG_VALUE_FOR_FIELD
	BadDate:            1525, // ER_WRONG_VALUE
	DivisionByZero:     1365, // ER_DIVISION_BY_ZERO
	SubqueryRows:       1242, // ER_SUBQUERY_NO_1_ROW
	SubqueryColumns:    1241, // ER_OPERAND_COLUMNS
	CollationMix:       1267, // ER_CANT_AGGREGATE_2COLLATIONS
	CollationMix3:      1270, // ER_CANT_AGGREGATE_3COLLATIONS
	CollationMixN:      1271, // ER_CANT_AGGREGATE_NCOLLATIONS
	CollationCharset:   1253, // ER_COLLATION_CHARSET_MISMATCH
	UnknownCollation:   1273, // ER_UNKNOWN_COLLATION
	UnknownCharset:     1115, // ER_UNKNOWN_CHARACTER_SET
	BadRegexp:          3685, // ER_REGEXP_ILLEGAL_ARGUMENT
	BadJSON:            3141, // ER_INVALID_JSON_TEXT_IN_PARAM
	BadJSONPath:        3143, // ER_INVALID_JSON_PATH
	OutOfMemory:        3170, // ER_CAPACITY_EXCEEDED
	OutOfSpill:         3170, // ER_CAPACITY_EXCEEDED
	OutOfDisk:          1021, // ER_DISK_FULL
	ScanTooBig:         1104, // ER_TOO_BIG_SELECT
	PushdownRequired:   1235, // ER_NOT_SUPPORTED_YET
	RequiredKeys:       1235, // ER_NOT_SUPPORTED_YET
	Cancelled:          1317, // ER_QUERY_INTERRUPTED
	Shutdown:           1053, // ER_SERVER_SHUTDOWN
	Timeout:            3024, // ER_QUERY_TIMEOUT
	TooManyConnections: 1040, // ER_CON_COUNT_ERROR
	BadArgument:        1210, // ER_WRONG_ARGUMENTS
	NoDatabase:         1046, // ER_NO_DB_ERROR
	DuplicateAlias:     1066, // ER_NONUNIQ_TABLE
	BadView:            1356, // ER_VIEW_INVALID
	ViewExplain:        1345, // ER_VIEW_NO_EXPLAIN
	ViewVariable:       1351, // ER_VIEW_SELECT_VARIABLE
	ColumnList:         1353, // ER_VIEW_WRONG_LIST
	ArgumentCount:      1582, // ER_WRONG_PARAMCOUNT_TO_NATIVE_FCT
	UnknownVariable:    1193, // ER_UNKNOWN_SYSTEM_VARIABLE
	UnknownLocale:      1649, // ER_UNKNOWN_LOCALE
	GlobalVariable:     1229, // ER_GLOBAL_VARIABLE
	SessionVariable:    1228, // ER_LOCAL_VARIABLE
	ReadOnlyVariable:   1238, // ER_INCORRECT_GLOBAL_LOCAL_VAR
	NoTables:           1096, // ER_NO_TABLES_USED
	IllegalDouble:      1367, // ER_ILLEGAL_VALUE_FOR_TYPE
	BadVariable:        1231, // ER_WRONG_VALUE_FOR_VAR
	NotGrouped:         1055, // ER_WRONG_FIELD_WITH_GROUP
	MixedGroup:         1140, // ER_MIX_OF_GROUP_FUNC_AND_FIELDS
	GroupFunction:      1111, // ER_INVALID_GROUP_FUNC_USE
	DistinctOrder:      3065, // ER_FIELD_IN_ORDER_NOT_SELECT
	DistinctAggregate:  3066, // ER_AGGREGATE_IN_ORDER_NOT_SELECT
	SelectColumns:      1222, // ER_WRONG_NUMBER_OF_COLUMNS_IN_SELECT
	UnknownStatement:   1243, // ER_UNKNOWN_STMT_HANDLER
	DatabaseDenied:     1044, // ER_DBACCESS_DENIED_ERROR
	TableDenied:        1142, // ER_TABLEACCESS_DENIED_ERROR
	AccountFailed:      1396, // ER_CANNOT_USER
	NoGrant:            1141, // ER_NONEXISTING_GRANT
	UnknownTimeZone:    1298, // ER_UNKNOWN_TIME_ZONE
	UnresolvedLock:     3568, // ER_UNRESOLVED_TABLE_LOCK
	WrongGroup:         1056, // ER_WRONG_GROUP_FIELD
	RowColumns:         1136, // ER_WRONG_VALUE_COUNT_ON_ROW
	NoGroupingKey:      3602, // ER_FIELD_IN_GROUPING_NOT_GROUP_BY
	TooLong:            1301, // ER_WARN_ALLOWED_PACKET_OVERFLOWED
	ColumnRange:        1264, // ER_WARN_DATA_OUT_OF_RANGE
	RecursionUnion:     3573, // ER_CTE_RECURSIVE_REQUIRES_UNION
	RecursionSeed:      3574, // ER_CTE_RECURSIVE_REQUIRES_NONRECURSIVE_FIRST
	RecursionAggregate: 3575, // ER_CTE_RECURSIVE_FORBIDS_AGGREGATION
	RecursionOuterJoin: 3576, // ER_CTE_RECURSIVE_FORBIDDEN_JOIN_ORDER
	RecursionReference: 3577, // ER_CTE_RECURSIVE_REQUIRES_SINGLE_REFERENCE
	RecursionDepth:     3636, // ER_CTE_MAX_RECURSION_DEPTH
	TooManyParameters:  1390, // ER_PS_MANY_PARAM
	ExplainFormat:      1791, // ER_UNKNOWN_EXPLAIN_FORMAT
	IntoRows:           1172, // ER_TOO_MANY_ROWS
	DuplicateColumn:    1060, // ER_DUP_FIELDNAME
	BadDefault:         1067, // ER_INVALID_DEFAULT
	JSONTableEmpty:     3665, // ER_MISSING_JSON_TABLE_VALUE
	JSONTableScalar:    3666, // ER_WRONG_JSON_TABLE_VALUE
	JSONTableRange:     3669, // ER_JT_VALUE_OUT_OF_RANGE
	JSONCast:           3156, // ER_INVALID_JSON_VALUE_FOR_CAST
	BadJSONType:        3146, // ER_INVALID_TYPE_FOR_JSON
	WindowUnknown:      3579, // ER_WINDOW_NO_SUCH_WINDOW
	WindowCircular:     3580, // ER_WINDOW_CIRCULARITY_IN_WINDOW_GRAPH
	WindowPartition:    3581, // ER_WINDOW_NO_CHILD_PARTITIONING
	WindowInheritFrame: 3582, // ER_WINDOW_NO_INHERIT_FRAME
	WindowInheritOrder: 3583, // ER_WINDOW_NO_REDEFINE_ORDER_BY
	WindowFrameStart:   3584, // ER_WINDOW_FRAME_START_ILLEGAL
	WindowFrameEnd:     3585, // ER_WINDOW_FRAME_END_ILLEGAL
	WindowFrame:        3586, // ER_WINDOW_FRAME_ILLEGAL
	WindowRangeOrder:   3587, // ER_WINDOW_RANGE_FRAME_ORDER_TYPE
	WindowRangeMoment:  3588, // ER_WINDOW_RANGE_FRAME_TEMPORAL_TYPE
	WindowRangeNumber:  3589, // ER_WINDOW_RANGE_FRAME_NUMERIC_TYPE
	WindowNotConstant:  3590, // ER_WINDOW_RANGE_BOUND_NOT_CONSTANT
	WindowDuplicate:    3591, // ER_WINDOW_DUPLICATE_NAME
	WindowPosition:     3592, // ER_WINDOW_ILLEGAL_ORDER_BY
	WindowPlace:        3593, // ER_WINDOW_INVALID_WINDOW_FUNC_USE
	WindowAlias:        3594, // ER_WINDOW_INVALID_WINDOW_FUNC_ALIAS_USE
	WindowNested:       3595, // ER_WINDOW_NESTED_WINDOW_FUNC_USE_IN_WINDOW_SPEC
	WindowRowsInterval: 3596, // ER_WINDOW_ROWS_INTERVAL_USE

	PrecisionTooBig:     1426, // ER_TOO_BIG_PRECISION
	ScaleTooBig:         1425, // ER_TOO_BIG_SCALE
	ScaleOverPrecision:  1427, // ER_M_BIGGER_THAN_D
	UnknownStar:         1051, // ER_BAD_TABLE_ERROR
	WrongValue:          1411, // ER_WRONG_VALUE_FOR_TYPE
	JSONType:            3146, // ER_INVALID_TYPE_FOR_JSON
	StackOverrun:        1436, // ER_STACK_OVERRUN_NEED_MORE
	JSONDepth:           3157, // ER_JSON_DOCUMENT_TOO_DEEP
	JSONWildcard:        3149, // ER_INVALID_JSON_PATH_WILDCARD
	JSONCell:            3165, // ER_INVALID_JSON_PATH_ARRAY_CELL
	JSONRoot:            3153, // ER_JSON_VACUOUS_PATH
	JSONNullKey:         3158, // ER_JSON_DOCUMENT_NULL_KEY
	JSONOneOrAll:        3154, // ER_JSON_BAD_ONE_OR_ALL_ARG
	RegexpIllegal:       3685, // ER_REGEXP_ILLEGAL_ARGUMENT
	RegexpIndex:         3686, // ER_REGEXP_INDEX_OUTOFBOUNDS_ERROR
	RegexpSyntax:        3688, // ER_REGEXP_RULE_SYNTAX
	RegexpEscape:        3689, // ER_REGEXP_BAD_ESCAPE_SEQUENCE
	RegexpParenthesis:   3691, // ER_REGEXP_MISMATCHED_PAREN
	RegexpInterval:      3692, // ER_REGEXP_BAD_INTERVAL
	RegexpMaxMin:        3693, // ER_REGEXP_MAX_LT_MIN
	RegexpBackReference: 3694, // ER_REGEXP_INVALID_BACK_REF
	RegexpBracket:       3696, // ER_REGEXP_MISSING_CLOSE_BRACKET
	RegexpRange:         3697, // ER_REGEXP_INVALID_RANGE
	RegexpStack:         3698, // ER_REGEXP_STACK_OVERFLOW
	RegexpTimeout:       3699, // ER_REGEXP_TIME_OUT
	RegexpTooBig:        3700, // ER_REGEXP_PATTERN_TOO_BIG
	RegexpGroupName:     3887, // ER_REGEXP_INVALID_CAPTURE_GROUP_NAME
	DisplayWidth:        1439, // ER_TOO_BIG_DISPLAYWIDTH
	NoPartitions:        1747, // ER_PARTITION_CLAUSE_ON_NONPARTITIONED
	NoFulltext:          1191, // ER_FT_MATCHING_KEY_NOT_FOUND
	NoIndex:             1176, // ER_KEY_DOES_NOT_EXITS
	BitLengths:          3513, // ER_INVALID_BITWISE_OPERANDS_SIZE
	BitAggregateTooLong: 3514, // ER_INVALID_BITWISE_AGGREGATE_OPERANDS_SIZE

	TableFull:           1114, // ER_RECORD_FILE_FULL
	TableExists:         1050, // ER_TABLE_EXISTS_ERROR
	DatabaseExists:      1007, // ER_DB_CREATE_EXISTS
	DatabaseMissing:     1008, // ER_DB_DROP_EXISTS
	LockTimeout:         1205, // ER_LOCK_WAIT_TIMEOUT
	Deadlock:            1213, // ER_LOCK_DEADLOCK
	UnknownSavepoint:    1305, // ER_SP_DOES_NOT_EXIST
	IncorrectValue:      1292, // ER_TRUNCATED_WRONG_VALUE
	UnknownCheck:        3821, // ER_CHECK_CONSTRAINT_NOT_FOUND
	KeyColumn:           1072, // ER_KEY_COLUMN_DOES_NOT_EXITS
	UnknownTrigger:      1360, // ER_TRG_DOES_NOT_EXIST
	NullColumn:          1048, // ER_BAD_NULL_ERROR
	NoDefault:           1364, // ER_NO_DEFAULT_FOR_FIELD
	CheckViolated:       3819, // ER_CHECK_CONSTRAINT_VIOLATED
	NoParentRow:         1452, // ER_NO_REFERENCED_ROW_2
	ChildRow:            1451, // ER_ROW_IS_REFERENCED_2
	ParentDropped:       3730, // ER_FK_CANNOT_DROP_PARENT
	ParentTruncated:     1701, // ER_TRUNCATE_ILLEGAL_FK
	NoParentKey:         1822, // ER_FK_NO_INDEX_PARENT
	DuplicateForeignKey: 1826, // ER_FK_DUP_NAME
	ForeignKeyColumns:   3780, // ER_FK_INCOMPATIBLE_COLUMNS
	NoSuchKey:           1091, // ER_CANT_DROP_FIELD_OR_KEY
	DuplicateKeyName:    1061, // ER_DUP_KEYNAME
	TwoPrimaryKeys:      1068, // ER_MULTIPLE_PRI_KEY
	AutoIncrementKey:    1075, // ER_WRONG_AUTO_KEY
	ColumnTwice:         1110, // ER_FIELD_SPECIFIED_TWICE
	ReadOnlyTransaction: 1792, // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
	GeneratedValue:      3105, // ER_NON_DEFAULT_VALUE_FOR_GENERATED_COLUMN
	DuplicateEntry:      1062, // ER_DUP_ENTRY
	InvalidJSON:         3140, // ER_INVALID_JSON_TEXT
	Truncated:           1265, // WARN_DATA_TRUNCATED
	UnknownDropped:      1051, // ER_BAD_TABLE_ERROR
	UnknownDefiner:      1449, // ER_NO_SUCH_USER
	ViewRecursion:       1462, // ER_VIEW_RECURSIVE
	ViewCheckOption:     1368, // ER_VIEW_NONUPD_CHECK
}

// Identity returns the code's errno and SQLSTATE.
func (c Code) Identity() Identity {
	errno := errnos[Internal]
	switch {
	case c >= firstErrno:
		errno = uint16(c)
	case int(c) < len(errnos):
		errno = errnos[c]
	}
	return Identity{errno, State(errno)}
}
