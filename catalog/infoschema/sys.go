package infoschema

import (
	"github.com/silogate/silogate/engine/types"
)

// sysVersion is the version of MySQL 8.0's sys schema.
const sysVersion = "2.1.2"

// sys are views of the sys schema that tools ask for (MySQL 8.0 Reference Manual, 30.4): its version, and of what is not measured
// no rows.
func sys() []*table {
	return []*table{
		{name: "version", compact: "sys_version varchar(8)\nmysql_version varchar(64)", facts: func(s *Source, add func([]types.Value)) {
			add([]types.Value{types.TextValue(sysVersion), types.TextValue(s.viewer.Version())})
		}},
		{name: "sys_config", compact: `
			variable varchar(128)
			value varchar(128)?
			set_time timestamp?
			set_by varchar(128)?
		`},
		{name: "statement_analysis", compact: `
			query longtext?
			db varchar(64)?
			full_scan varchar(1)
			exec_count bigint unsigned
			err_count bigint unsigned
			warn_count bigint unsigned
			total_latency varchar(11)?
			max_latency varchar(11)?
			avg_latency varchar(11)?
			lock_latency varchar(11)?
			cpu_latency varchar(11)?
			rows_sent bigint unsigned
			rows_sent_avg decimal(21)
			rows_examined bigint unsigned
			rows_examined_avg decimal(21)
			rows_affected bigint unsigned
			rows_affected_avg decimal(21)
			tmp_tables bigint unsigned
			tmp_disk_tables bigint unsigned
			rows_sorted bigint unsigned
			sort_merge_passes bigint unsigned
			max_controlled_memory varchar(11)?
			max_total_memory varchar(11)?
			digest varchar(64)?
			first_seen timestamp(6)
			last_seen timestamp(6)
		`},
		{name: "schema_table_statistics", compact: `
			table_schema varchar(64)?
			table_name varchar(64)?
			total_latency varchar(11)?
			rows_fetched bigint unsigned
			fetch_latency varchar(11)?
			rows_inserted bigint unsigned
			insert_latency varchar(11)?
			rows_updated bigint unsigned
			update_latency varchar(11)?
			rows_deleted bigint unsigned
			delete_latency varchar(11)?
			io_read_requests decimal(42)?
			io_read varchar(11)?
			io_read_latency varchar(11)?
			io_write_requests decimal(42)?
			io_write varchar(11)?
			io_write_latency varchar(11)?
			io_misc_requests decimal(42)?
			io_misc_latency varchar(11)?
		`},
		{name: "schema_index_statistics", compact: `
			table_schema varchar(64)?
			table_name varchar(64)?
			index_name varchar(64)?
			rows_selected bigint unsigned
			select_latency varchar(11)?
			rows_inserted bigint unsigned
			insert_latency varchar(11)?
			rows_updated bigint unsigned
			update_latency varchar(11)?
			rows_deleted bigint unsigned
			delete_latency varchar(11)?
		`},
		{name: "schema_unused_indexes", compact: "object_schema varchar(64)?\nobject_name varchar(64)?\nindex_name varchar(64)?"},
		{name: "schema_redundant_indexes", compact: `
			table_schema varchar(64)?
			table_name varchar(64)?
			redundant_index_name varchar(64)?
			redundant_index_columns text?
			redundant_index_non_unique int?
			dominant_index_name varchar(64)?
			dominant_index_columns text?
			dominant_index_non_unique int?
			subpart_exists int
			sql_drop_index varchar(223)?
		`},
		{name: "schema_auto_increment_columns", compact: `
			table_schema varchar(64)?
			table_name varchar(64)?
			column_name varchar(64)?
			data_type longtext?
			column_type mediumtext
			is_signed int
			is_unsigned int
			max_value bigint unsigned?
			auto_increment bigint unsigned?
			auto_increment_ratio decimal(25)?
		`},
		{name: "innodb_lock_waits", compact: `
			wait_started datetime?
			locked_table mediumtext?
			locked_table_schema varchar(64)?
			locked_table_name varchar(64)?
			waiting_pid bigint unsigned?
			waiting_query longtext?
			waiting_lock_mode varchar(32)?
			blocking_pid bigint unsigned?
			blocking_query longtext?
			blocking_lock_mode varchar(32)?
			sql_kill_blocking_query varchar(32)?
			sql_kill_blocking_connection varchar(26)?
		`},
		{name: "schema_table_lock_waits", compact: `
			object_schema varchar(64)?
			object_name varchar(64)?
			waiting_thread_id bigint unsigned
			waiting_pid bigint unsigned?
			waiting_account text?
			waiting_query longtext?
			blocking_thread_id bigint unsigned
			blocking_pid bigint unsigned?
			blocking_account text?
			sql_kill_blocking_query varchar(31)?
			sql_kill_blocking_connection varchar(25)?
		`},
		{name: "memory_global_total", compact: "total_allocated varchar(11)?"},
		{name: "host_summary", compact: `
			host varchar(255)?
			statements decimal(64)?
			statement_latency varchar(11)?
			statement_avg_latency varchar(11)?
			table_scans decimal(65)?
			file_ios decimal(64)?
			file_io_latency varchar(11)?
			current_connections decimal(41)?
			total_connections decimal(41)?
			unique_users bigint
			current_memory varchar(11)?
			total_memory_allocated varchar(11)?
		`},
		{name: "user_summary", compact: `
			user varchar(32)?
			statements decimal(64)?
			statement_latency varchar(11)?
			statement_avg_latency varchar(11)?
			table_scans decimal(65)?
			file_ios decimal(64)?
			file_io_latency varchar(11)?
			current_connections decimal(41)?
			total_connections decimal(41)?
			unique_hosts bigint
			current_memory varchar(11)?
			total_memory_allocated varchar(11)?
		`},
	}
}
