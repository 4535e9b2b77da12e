package infoschema

import (
	"github.com/silogate/silogate/engine/types"
)

// variables declares a table of variables.
func variables(name string, list func(Viewer) []Variable) *table {
	return &table{name: name, columns: []column{
		{name: "VARIABLE_NAME", typ: "varchar(64)"},
		{name: "VARIABLE_VALUE", typ: "varchar(1024)?"},
	}, facts: func(s *Source, add func([]types.Value)) {
		for _, x := range list(s.viewer) {
			add([]types.Value{types.TextValue(x.Name), types.TextValue(x.Value)})
		}
	}}
}

// attributes declares a table of what the clients of some sessions say of themselves.
func attributes(name string, of func(Viewer, Process) bool) *table {
	return &table{name: name, compact: attributeColumns, facts: func(s *Source, add func([]types.Value)) {
		for _, p := range s.viewer.Processes() {
			if !of(s.viewer, p) {
				continue
			}
			for i, a := range p.Attributes {
				add([]types.Value{types.UintValue(p.ID), types.TextValue(a.Name), types.TextValue(a.Value), types.IntValue(int64(i))})
			}
		}
	}}
}

// orNull is NULL for an empty text.
func orNull(text string) types.Value {
	if text == "" {
		return types.NullValue
	}
	return types.TextValue(text)
}

// performance are the tables of performance_schema that tools ask for (MySQL 8.0 Reference Manual, 29.12): what the gateway
// knows of itself, and of what it does not measure none.
func performance() []*table {
	return append(unmeasured(),
		variables("global_variables", func(v Viewer) []Variable { return v.Variables(true) }),
		variables("session_variables", func(v Viewer) []Variable { return v.Variables(false) }),
		variables("global_status", func(v Viewer) []Variable { return v.Status(true) }),
		variables("session_status", func(v Viewer) []Variable { return v.Status(false) }),
		attributes("session_connect_attrs", func(Viewer, Process) bool { return true }),
		attributes("session_account_connect_attrs", func(v Viewer, p Process) bool { return p.User == v.User() }),
		&table{name: "processlist", compact: `
			ID bigint unsigned
			USER varchar(32)?
			HOST varchar(261)?
			DB varchar(64)?
			COMMAND varchar(16)?
			TIME bigint?
			STATE varchar(64)?
			INFO longtext?
			EXECUTION_ENGINE enum('PRIMARY','SECONDARY')?
		`, facts: func(s *Source, add func([]types.Value)) {
			for _, p := range s.viewer.Processes() {
				add([]types.Value{types.UintValue(p.ID), types.TextValue(p.User), types.TextValue(p.Host), orNull(p.Database),
					types.TextValue(p.Command), types.IntValue(p.Seconds), types.TextValue(p.State), orNull(p.Info), types.TextValue("PRIMARY")})
			}
		}},
		&table{name: "threads", compact: `
			THREAD_ID bigint unsigned
			NAME varchar(128)
			TYPE varchar(10)
			PROCESSLIST_ID bigint unsigned?
			PROCESSLIST_USER varchar(32)?
			PROCESSLIST_HOST varchar(255)?
			PROCESSLIST_DB varchar(64)?
			PROCESSLIST_COMMAND varchar(16)?
			PROCESSLIST_TIME bigint?
			PROCESSLIST_STATE varchar(64)?
			PROCESSLIST_INFO longtext?
			PARENT_THREAD_ID bigint unsigned?
			ROLE varchar(64)?
			INSTRUMENTED enum('YES','NO')
			HISTORY enum('YES','NO')
			CONNECTION_TYPE varchar(16)?
			THREAD_OS_ID bigint unsigned?
			RESOURCE_GROUP varchar(64)?
			EXECUTION_ENGINE enum('PRIMARY','SECONDARY')?
			CONTROLLED_MEMORY bigint unsigned
			MAX_CONTROLLED_MEMORY bigint unsigned
			TOTAL_MEMORY bigint unsigned
			MAX_TOTAL_MEMORY bigint unsigned
			TELEMETRY_ACTIVE enum('YES','NO')
		`, facts: func(s *Source, add func([]types.Value)) {
			none, no, zero := types.NullValue, types.TextValue("NO"), types.UintValue(0)
			for _, p := range s.viewer.Processes() {
				add([]types.Value{types.UintValue(p.ID), types.TextValue("thread/sql/one_connection"), types.TextValue("FOREGROUND"),
					types.UintValue(p.ID), types.TextValue(p.User), types.TextValue(p.Host), orNull(p.Database),
					types.TextValue(p.Command), types.IntValue(p.Seconds), orNull(p.State), orNull(p.Info),
					none, none, no, no, none, none, none, types.TextValue("PRIMARY"), zero, zero, zero, zero, no})
			}
		}},
	)
}

// Columns that many tables of performance_schema begin or end with.
const (
	timerColumns = `
			COUNT_STAR bigint unsigned
			SUM_TIMER_WAIT bigint unsigned
			MIN_TIMER_WAIT bigint unsigned
			AVG_TIMER_WAIT bigint unsigned
			MAX_TIMER_WAIT bigint unsigned`
	statementColumns = `
			THREAD_ID bigint unsigned
			EVENT_ID bigint unsigned
			END_EVENT_ID bigint unsigned?
			EVENT_NAME varchar(128)
			SOURCE varchar(64)?
			TIMER_START bigint unsigned?
			TIMER_END bigint unsigned?
			TIMER_WAIT bigint unsigned?
			LOCK_TIME bigint unsigned
			SQL_TEXT longtext?
			DIGEST varchar(64)?
			DIGEST_TEXT longtext?
			CURRENT_SCHEMA varchar(64)?
			OBJECT_TYPE varchar(64)?
			OBJECT_SCHEMA varchar(64)?
			OBJECT_NAME varchar(64)?
			OBJECT_INSTANCE_BEGIN bigint unsigned?
			MYSQL_ERRNO int?
			RETURNED_SQLSTATE varchar(5)?
			MESSAGE_TEXT varchar(128)?
			ERRORS bigint unsigned
			WARNINGS bigint unsigned
			ROWS_AFFECTED bigint unsigned
			ROWS_SENT bigint unsigned
			ROWS_EXAMINED bigint unsigned
			CREATED_TMP_DISK_TABLES bigint unsigned
			CREATED_TMP_TABLES bigint unsigned
			SELECT_FULL_JOIN bigint unsigned
			SELECT_FULL_RANGE_JOIN bigint unsigned
			SELECT_RANGE bigint unsigned
			SELECT_RANGE_CHECK bigint unsigned
			SELECT_SCAN bigint unsigned
			SORT_MERGE_PASSES bigint unsigned
			SORT_RANGE bigint unsigned
			SORT_ROWS bigint unsigned
			SORT_SCAN bigint unsigned
			NO_INDEX_USED bigint unsigned
			NO_GOOD_INDEX_USED bigint unsigned
			NESTING_EVENT_ID bigint unsigned?
			NESTING_EVENT_TYPE enum('TRANSACTION','STATEMENT','STAGE','WAIT')?
			NESTING_EVENT_LEVEL int?
			STATEMENT_ID bigint unsigned?
			CPU_TIME bigint unsigned
			MAX_CONTROLLED_MEMORY bigint unsigned
			MAX_TOTAL_MEMORY bigint unsigned
			EXECUTION_ENGINE enum('PRIMARY','SECONDARY')?`
	attributeColumns = `
			PROCESSLIST_ID bigint unsigned
			ATTR_NAME varchar(32)
			ATTR_VALUE varchar(1024)?
			ORDINAL_POSITION int?`
	connectionColumns = `
			CURRENT_CONNECTIONS bigint
			TOTAL_CONNECTIONS bigint
			MAX_SESSION_CONTROLLED_MEMORY bigint unsigned
			MAX_SESSION_TOTAL_MEMORY bigint unsigned`
)

// unmeasured are tables without rows.
func unmeasured() []*table {
	return []*table{
		{name: "accounts", compact: "USER char(32)?\nHOST char(255)?" + connectionColumns},
		{name: "users", compact: "USER char(32)?" + connectionColumns},
		{name: "hosts", compact: "HOST char(255)?" + connectionColumns},
		{name: "persisted_variables", compact: "VARIABLE_NAME varchar(64)\nVARIABLE_VALUE varchar(1024)?"},
		{name: "variables_info", compact: `
			VARIABLE_NAME varchar(64)
			VARIABLE_SOURCE enum('COMPILED','GLOBAL','SERVER','EXPLICIT','EXTRA','USER','LOGIN','COMMAND_LINE','PERSISTED','DYNAMIC')?
			VARIABLE_PATH varchar(1024)?
			MIN_VALUE varchar(64)?
			MAX_VALUE varchar(64)?
			SET_TIME timestamp(6)?
			SET_USER char(32)?
			SET_HOST char(255)?
		`},
		{name: "user_variables_by_thread", compact: `
			THREAD_ID bigint unsigned
			VARIABLE_NAME varchar(64)
			VARIABLE_VALUE blob?
		`},
		{name: "events_statements_current", compact: statementColumns},
		{name: "events_statements_history", compact: statementColumns},
		{name: "events_statements_history_long", compact: statementColumns},
		{name: "events_statements_summary_by_digest", compact: `
			SCHEMA_NAME varchar(64)?
			DIGEST varchar(64)?
			DIGEST_TEXT longtext?` + timerColumns + `
			SUM_LOCK_TIME bigint unsigned
			SUM_ERRORS bigint unsigned
			SUM_WARNINGS bigint unsigned
			SUM_ROWS_AFFECTED bigint unsigned
			SUM_ROWS_SENT bigint unsigned
			SUM_ROWS_EXAMINED bigint unsigned
			SUM_CREATED_TMP_DISK_TABLES bigint unsigned
			SUM_CREATED_TMP_TABLES bigint unsigned
			SUM_SELECT_FULL_JOIN bigint unsigned
			SUM_SELECT_FULL_RANGE_JOIN bigint unsigned
			SUM_SELECT_RANGE bigint unsigned
			SUM_SELECT_RANGE_CHECK bigint unsigned
			SUM_SELECT_SCAN bigint unsigned
			SUM_SORT_MERGE_PASSES bigint unsigned
			SUM_SORT_RANGE bigint unsigned
			SUM_SORT_ROWS bigint unsigned
			SUM_SORT_SCAN bigint unsigned
			SUM_NO_INDEX_USED bigint unsigned
			SUM_NO_GOOD_INDEX_USED bigint unsigned
			SUM_CPU_TIME bigint unsigned
			MAX_CONTROLLED_MEMORY bigint unsigned
			MAX_TOTAL_MEMORY bigint unsigned
			COUNT_SECONDARY bigint unsigned
			FIRST_SEEN timestamp(6)
			LAST_SEEN timestamp(6)
			QUANTILE_95 bigint unsigned
			QUANTILE_99 bigint unsigned
			QUANTILE_999 bigint unsigned
			QUERY_SAMPLE_TEXT longtext?
			QUERY_SAMPLE_SEEN timestamp(6)
			QUERY_SAMPLE_TIMER_WAIT bigint unsigned
		`},
		{name: "events_waits_summary_global_by_event_name", compact: "EVENT_NAME varchar(128)" + timerColumns},
		{name: "events_stages_summary_global_by_event_name", compact: "EVENT_NAME varchar(128)" + timerColumns},
		{name: "metadata_locks", compact: `
			OBJECT_TYPE varchar(64)
			OBJECT_SCHEMA varchar(64)?
			OBJECT_NAME varchar(64)?
			COLUMN_NAME varchar(64)?
			OBJECT_INSTANCE_BEGIN bigint unsigned
			LOCK_TYPE varchar(32)
			LOCK_DURATION varchar(32)
			LOCK_STATUS varchar(32)
			SOURCE varchar(64)?
			OWNER_THREAD_ID bigint unsigned?
			OWNER_EVENT_ID bigint unsigned?
		`},
		{name: "data_locks", compact: `
			ENGINE varchar(32)
			ENGINE_LOCK_ID varchar(128)
			ENGINE_TRANSACTION_ID bigint unsigned?
			THREAD_ID bigint unsigned?
			EVENT_ID bigint unsigned?
			OBJECT_SCHEMA varchar(64)?
			OBJECT_NAME varchar(64)?
			PARTITION_NAME varchar(64)?
			SUBPARTITION_NAME varchar(64)?
			INDEX_NAME varchar(64)?
			OBJECT_INSTANCE_BEGIN bigint unsigned
			LOCK_TYPE varchar(32)
			LOCK_MODE varchar(32)
			LOCK_STATUS varchar(32)
			LOCK_DATA varchar(8192)?
		`},
		{name: "data_lock_waits", compact: `
			ENGINE varchar(32)
			REQUESTING_ENGINE_LOCK_ID varchar(128)
			REQUESTING_ENGINE_TRANSACTION_ID bigint unsigned?
			REQUESTING_THREAD_ID bigint unsigned?
			REQUESTING_EVENT_ID bigint unsigned?
			REQUESTING_OBJECT_INSTANCE_BEGIN bigint unsigned
			BLOCKING_ENGINE_LOCK_ID varchar(128)
			BLOCKING_ENGINE_TRANSACTION_ID bigint unsigned?
			BLOCKING_THREAD_ID bigint unsigned?
			BLOCKING_EVENT_ID bigint unsigned?
			BLOCKING_OBJECT_INSTANCE_BEGIN bigint unsigned
		`},
		{name: "replication_group_members", compact: `
			CHANNEL_NAME char(64)
			MEMBER_ID char(36)
			MEMBER_HOST char(255)
			MEMBER_PORT int?
			MEMBER_STATE char(64)
			MEMBER_ROLE char(64)
			MEMBER_VERSION char(64)
			MEMBER_COMMUNICATION_STACK char(64)
		`},
		{name: "replication_connection_status", compact: `
			CHANNEL_NAME char(64)
			GROUP_NAME char(36)
			SOURCE_UUID char(36)
			THREAD_ID bigint unsigned?
			SERVICE_STATE enum('ON','OFF','CONNECTING')
			COUNT_RECEIVED_HEARTBEATS bigint unsigned
			LAST_HEARTBEAT_TIMESTAMP timestamp(6)
			RECEIVED_TRANSACTION_SET longtext
			LAST_ERROR_NUMBER int
			LAST_ERROR_MESSAGE varchar(1024)
			LAST_ERROR_TIMESTAMP timestamp(6)
		`},
		{name: "setup_actors", compact: `
			HOST char(255)
			USER char(32)
			ROLE char(32)
			ENABLED enum('YES','NO')
			HISTORY enum('YES','NO')
		`},
		{name: "setup_consumers", compact: "NAME varchar(64)\nENABLED enum('YES','NO')"},
		{name: "setup_instruments", compact: `
			NAME varchar(128)
			ENABLED enum('YES','NO')
			TIMED enum('YES','NO')?
			PROPERTIES set('singleton','progress','user','global_statistics','mutable','controlled_by_default')
			FLAGS set('controlled')?
			VOLATILITY int
			DOCUMENTATION longtext?
		`},
		{name: "setup_objects", compact: `
			OBJECT_TYPE enum('EVENT','FUNCTION','PROCEDURE','TABLE','TRIGGER')
			OBJECT_SCHEMA varchar(64)?
			OBJECT_NAME varchar(64)
			ENABLED enum('YES','NO')
			TIMED enum('YES','NO')
		`},
		{name: "error_log", compact: `
			LOGGED timestamp(6)
			THREAD_ID bigint unsigned?
			PRIO enum('System','Error','Warning','Note')
			ERROR_CODE varchar(10)?
			SUBSYSTEM varchar(7)?
			DATA text
		`},
		{name: "keyring_keys", compact: "KEY_ID varchar(255)\nKEY_OWNER varchar(255)?\nBACKEND_KEY_ID varchar(255)?"},
	}
}
