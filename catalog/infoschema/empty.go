package infoschema

// empty are the tables of information_schema about what sources don't have here, or don't tell.
func empty() []*table {
	return []*table{
		{name: "COLUMN_STATISTICS", compact: `
			SCHEMA_NAME varchar(64)
			TABLE_NAME varchar(64)
			COLUMN_NAME varchar(64)
			HISTOGRAM json
		`},
		{name: "EVENTS", compact: `
			EVENT_CATALOG varchar(64)?
			EVENT_SCHEMA varchar(64)?
			EVENT_NAME varchar(64)
			DEFINER varchar(288)
			TIME_ZONE varchar(64)
			EVENT_BODY varchar(3)
			EVENT_DEFINITION longtext
			EVENT_TYPE varchar(9)
			EXECUTE_AT datetime?
			INTERVAL_VALUE varchar(256)?
			INTERVAL_FIELD enum('YEAR','QUARTER','MONTH','DAY','HOUR','MINUTE','WEEK','SECOND','MICROSECOND','YEAR_MONTH','DAY_HOUR','DAY_MINUTE','DAY_SECOND','HOUR_MINUTE','HOUR_SECOND','MINUTE_SECOND','DAY_MICROSECOND','HOUR_MICROSECOND','MINUTE_MICROSECOND','SECOND_MICROSECOND')?
			SQL_MODE sql_mode
			STARTS datetime?
			ENDS datetime?
			STATUS enum('ENABLED','DISABLED','SLAVESIDE_DISABLED')
			ON_COMPLETION varchar(12)
			CREATED timestamp
			LAST_ALTERED timestamp
			LAST_EXECUTED datetime?
			EVENT_COMMENT varchar(2048)
			ORIGINATOR int unsigned
			CHARACTER_SET_CLIENT varchar(64)
			COLLATION_CONNECTION varchar(64)
			DATABASE_COLLATION varchar(64)
		`},
		{name: "FILES", compact: `
			FILE_ID bigint?
			FILE_NAME text?
			FILE_TYPE varchar(256)?
			TABLESPACE_NAME varchar(268)?
			TABLE_CATALOG binary(0)?
			TABLE_SCHEMA binary(0)?
			TABLE_NAME binary(0)?
			LOGFILE_GROUP_NAME varchar(256)?
			LOGFILE_GROUP_NUMBER bigint?
			ENGINE varchar(64)?
			FULLTEXT_KEYS binary(0)?
			DELETED_ROWS binary(0)?
			UPDATE_COUNT binary(0)?
			FREE_EXTENTS bigint?
			TOTAL_EXTENTS bigint?
			EXTENT_SIZE bigint?
			INITIAL_SIZE bigint?
			MAXIMUM_SIZE bigint?
			AUTOEXTEND_SIZE bigint?
			CREATION_TIME binary(0)?
			LAST_UPDATE_TIME binary(0)?
			LAST_ACCESS_TIME binary(0)?
			RECOVER_TIME binary(0)?
			TRANSACTION_COUNTER binary(0)?
			VERSION bigint?
			ROW_FORMAT varchar(256)?
			TABLE_ROWS binary(0)?
			AVG_ROW_LENGTH binary(0)?
			DATA_LENGTH binary(0)?
			MAX_DATA_LENGTH binary(0)?
			INDEX_LENGTH binary(0)?
			DATA_FREE bigint?
			CREATE_TIME binary(0)?
			UPDATE_TIME binary(0)?
			CHECK_TIME binary(0)?
			CHECKSUM binary(0)?
			STATUS varchar(256)?
			EXTRA varchar(256)?
		`},
		{name: "PARAMETERS", compact: `
			SPECIFIC_CATALOG varchar(64)?
			SPECIFIC_SCHEMA varchar(64)?
			SPECIFIC_NAME varchar(64)
			ORDINAL_POSITION bigint unsigned
			PARAMETER_MODE varchar(5)?
			PARAMETER_NAME varchar(64)?
			DATA_TYPE longtext?
			CHARACTER_MAXIMUM_LENGTH bigint?
			CHARACTER_OCTET_LENGTH bigint?
			NUMERIC_PRECISION int unsigned?
			NUMERIC_SCALE bigint?
			DATETIME_PRECISION int unsigned?
			CHARACTER_SET_NAME varchar(64)?
			COLLATION_NAME varchar(64)?
			DTD_IDENTIFIER mediumtext
			ROUTINE_TYPE enum('FUNCTION','PROCEDURE')
		`},
		{name: "ROUTINES", compact: `
			SPECIFIC_NAME varchar(64)
			ROUTINE_CATALOG varchar(64)?
			ROUTINE_SCHEMA varchar(64)?
			ROUTINE_NAME varchar(64)
			ROUTINE_TYPE enum('FUNCTION','PROCEDURE')
			DATA_TYPE longtext?
			CHARACTER_MAXIMUM_LENGTH bigint?
			CHARACTER_OCTET_LENGTH bigint?
			NUMERIC_PRECISION int unsigned?
			NUMERIC_SCALE int unsigned?
			DATETIME_PRECISION int unsigned?
			CHARACTER_SET_NAME varchar(64)?
			COLLATION_NAME varchar(64)?
			DTD_IDENTIFIER longtext?
			ROUTINE_BODY varchar(3)
			ROUTINE_DEFINITION longtext?
			EXTERNAL_NAME binary(0)?
			EXTERNAL_LANGUAGE varchar(64)
			PARAMETER_STYLE varchar(3)
			IS_DETERMINISTIC varchar(3)
			SQL_DATA_ACCESS enum('CONTAINS SQL','NO SQL','READS SQL DATA','MODIFIES SQL DATA')
			SQL_PATH binary(0)?
			SECURITY_TYPE enum('DEFAULT','INVOKER','DEFINER')
			CREATED timestamp
			LAST_ALTERED timestamp
			SQL_MODE sql_mode
			ROUTINE_COMMENT text
			DEFINER varchar(288)
			CHARACTER_SET_CLIENT varchar(64)
			COLLATION_CONNECTION varchar(64)
			DATABASE_COLLATION varchar(64)
		`},
		{name: "ST_GEOMETRY_COLUMNS", compact: `
			TABLE_CATALOG varchar(64)?
			TABLE_SCHEMA varchar(64)?
			TABLE_NAME varchar(64)?
			COLUMN_NAME varchar(64)?
			SRS_NAME varchar(80)?
			SRS_ID int unsigned?
			GEOMETRY_TYPE_NAME longtext?
		`},
		{name: "TABLESPACES", compact: `
			TABLESPACE_NAME varchar(64)
			ENGINE varchar(64)
			TABLESPACE_TYPE varchar(64)?
			LOGFILE_GROUP_NAME varchar(64)?
			EXTENT_SIZE bigint unsigned?
			AUTOEXTEND_SIZE bigint unsigned?
			MAXIMUM_SIZE bigint unsigned?
			NODEGROUP_ID bigint unsigned?
			TABLESPACE_COMMENT varchar(2048)?
		`},
		{name: "TABLESPACES_EXTENSIONS", compact: `
			TABLESPACE_NAME varchar(268)
			ENGINE_ATTRIBUTE json?
		`},
		{name: "TRIGGERS", compact: `
			TRIGGER_CATALOG varchar(64)?
			TRIGGER_SCHEMA varchar(64)?
			TRIGGER_NAME varchar(64)
			EVENT_MANIPULATION enum('INSERT','UPDATE','DELETE')
			EVENT_OBJECT_CATALOG varchar(64)?
			EVENT_OBJECT_SCHEMA varchar(64)?
			EVENT_OBJECT_TABLE varchar(64)?
			ACTION_ORDER int unsigned
			ACTION_CONDITION binary(0)?
			ACTION_STATEMENT longtext
			ACTION_ORIENTATION varchar(3)
			ACTION_TIMING enum('BEFORE','AFTER')
			ACTION_REFERENCE_OLD_TABLE binary(0)?
			ACTION_REFERENCE_NEW_TABLE binary(0)?
			ACTION_REFERENCE_OLD_ROW varchar(3)
			ACTION_REFERENCE_NEW_ROW varchar(3)
			CREATED timestamp
			SQL_MODE sql_mode
			DEFINER varchar(288)
			CHARACTER_SET_CLIENT varchar(64)
			COLLATION_CONNECTION varchar(64)
			DATABASE_COLLATION varchar(64)
		`},
		{name: "VIEW_ROUTINE_USAGE", compact: `
			TABLE_CATALOG varchar(64)?
			TABLE_SCHEMA varchar(64)?
			TABLE_NAME varchar(64)?
			SPECIFIC_CATALOG varchar(64)?
			SPECIFIC_SCHEMA varchar(64)?
			SPECIFIC_NAME varchar(64)
		`},
		{name: "VIEW_TABLE_USAGE", compact: `
			VIEW_CATALOG varchar(64)?
			VIEW_SCHEMA varchar(64)?
			VIEW_NAME varchar(64)?
			TABLE_CATALOG varchar(64)?
			TABLE_SCHEMA varchar(64)?
			TABLE_NAME varchar(64)?
		`},
	}
}
