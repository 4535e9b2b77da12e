package mysql

import (
	"math"

	"github.com/dolthub/go-mysql-server/sql"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
)

// askedVariables are variables of MySQL that tools ask for, or set, and that GMS lacks. Nothing here depends on them.
func askedVariables() []sql.SystemVariable {
	texts := map[string]string{
		"have_ssl": "YES", "have_openssl": "YES", "have_compress": "YES", "have_dynamic_loading": "NO", "have_geometry": "NO",
		"have_profiling": "NO", "have_query_cache": "NO", "have_rtree_keys": "NO", "have_symlink": "DISABLED",
		"innodb_version": "8.0.31", "authentication_policy": "*,,",
	}
	var list []sql.SystemVariable
	for name, value := range texts {
		list = append(list, &sql.MysqlSystemVariable{
			Name: name, Scope: sql.GetMysqlScope(sql.SystemVariableScope_Global), Type: gmstypes.NewSystemStringType(name), Default: value,
		})
	}
	for name, value := range map[string]uint64{
		"innodb_flush_log_at_trx_commit": 1, "innodb_page_size": 16384, "sync_binlog": 1, "thread_stack": 1 << 20,
		"query_alloc_block_size": 8192, "query_prealloc_size": 8192, "range_alloc_block_size": 4096, "transaction_alloc_block_size": 8192,
	} {
		list = append(list, &sql.MysqlSystemVariable{
			Name: name, Scope: sql.GetMysqlScope(sql.SystemVariableScope_Global), Type: gmstypes.NewSystemUintType(name, 0, math.MaxInt64), Default: value,
		})
	}
	for name, value := range map[string]int8{
		"innodb_file_per_table": 1, "innodb_read_only": 0, "innodb_stats_on_metadata": 0, "innodb_stats_persistent": 1,
		"innodb_adaptive_hash_index": 1, "locked_in_memory": 0,
	} {
		list = append(list, &sql.MysqlSystemVariable{
			Name: name, Scope: sql.GetMysqlScope(sql.SystemVariableScope_Global), Type: gmstypes.NewSystemBoolType(name), Default: value,
		})
	}
	both := sql.GetMysqlScope(sql.SystemVariableScope_Both)
	for _, name := range []string{"innodb_strict_mode", "innodb_table_locks"} {
		list = append(list, &sql.MysqlSystemVariable{Name: name, Scope: both, Dynamic: true, Type: gmstypes.NewSystemBoolType(name), Default: int8(1)})
	}
	return append(list,
		&sql.MysqlSystemVariable{Name: "optimizer_switch", Scope: both, Dynamic: true, SetVarHintApplies: true, Default: optimizerSwitch,
			Type: gmstypes.NewSystemStringType("optimizer_switch")},
		&sql.MysqlSystemVariable{Name: "profiling", Scope: both, Dynamic: true, Type: gmstypes.NewSystemBoolType("profiling"), Default: int8(0)},
		&sql.MysqlSystemVariable{Name: "profiling_history_size", Scope: both, Dynamic: true, Default: uint64(15),
			Type: gmstypes.NewSystemUintType("profiling_history_size", 0, math.MaxInt8)})
}

// optimizerSwitch is what MySQL 8.0.31 has by default. What the engine's own optimizer does is in silogate_disabled_rules.
const optimizerSwitch = "index_merge=on,index_merge_union=on,index_merge_sort_union=on,index_merge_intersection=on,engine_condition_pushdown=on," +
	"index_condition_pushdown=on,mrr=on,mrr_cost_based=on,block_nested_loop=on,batched_key_access=off,materialization=on,semijoin=on,loosescan=on," +
	"firstmatch=on,duplicateweedout=on,subquery_materialization_cost_based=on,use_index_extensions=on,condition_fanout_filter=on,derived_merge=on," +
	"use_invisible_indexes=off,skip_scan=on,hash_join=on,subquery_to_derived=off,prefer_ordering_index=on,hypergraph_optimizer=off," +
	"derived_condition_pushdown=on"
