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
	both := sql.GetMysqlScope(sql.SystemVariableScope_Both)
	return append(list,
		&sql.MysqlSystemVariable{Name: "profiling", Scope: both, Dynamic: true, Type: gmstypes.NewSystemBoolType("profiling"), Default: int8(0)},
		&sql.MysqlSystemVariable{Name: "profiling_history_size", Scope: both, Dynamic: true, Default: uint64(15),
			Type: gmstypes.NewSystemUintType("profiling_history_size", 0, math.MaxInt8)})
}
