package tpch

import "strings"

// Column is a column of a table: its name and its SQL type.
type Column struct{ Name, Type string }

// Columns returns a table's columns as the specification has them (section 1.4), in the order of its rows.
func Columns(table string) []Column {
	var all []Column
	for _, line := range strings.Split(schema[table], ", ") {
		name, typ, _ := strings.Cut(strings.TrimSpace(line), " ")
		all = append(all, Column{name, typ})
	}
	return all
}

// Type returns the type of a table's column, whose case does not matter.
func Type(table, column string) string {
	for _, c := range Columns(table) {
		if strings.EqualFold(c.Name, column) {
			return c.Type
		}
	}
	return ""
}

var schema = map[string]string{
	"region": `r_regionkey integer, r_name char(25), r_comment varchar(152)`,
	"nation": `n_nationkey integer, n_name char(25), n_regionkey integer, n_comment varchar(152)`,
	"supplier": `s_suppkey integer, s_name char(25), s_address varchar(40), s_nationkey integer, s_phone char(15), ` +
		`s_acctbal decimal(15,2), s_comment varchar(101)`,
	"customer": `c_custkey integer, c_name varchar(25), c_address varchar(40), c_nationkey integer, c_phone char(15), ` +
		`c_acctbal decimal(15,2), c_mktsegment char(10), c_comment varchar(117)`,
	"part": `p_partkey integer, p_name varchar(55), p_mfgr char(25), p_brand char(10), p_type varchar(25), p_size integer, ` +
		`p_container char(10), p_retailprice decimal(15,2), p_comment varchar(23)`,
	"partsupp": `ps_partkey integer, ps_suppkey integer, ps_availqty integer, ps_supplycost decimal(15,2), ` +
		`ps_comment varchar(199)`,
	"orders": `o_orderkey bigint, o_custkey integer, o_orderstatus char(1), o_totalprice decimal(15,2), o_orderdate date, ` +
		`o_orderpriority char(15), o_clerk char(15), o_shippriority integer, o_comment varchar(79)`,
	"lineitem": `l_orderkey bigint, l_partkey integer, l_suppkey integer, l_linenumber integer, l_quantity decimal(15,2), ` +
		`l_extendedprice decimal(15,2), l_discount decimal(15,2), l_tax decimal(15,2), l_returnflag char(1), ` +
		`l_linestatus char(1), l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct char(25), ` +
		`l_shipmode char(10), l_comment varchar(44)`,
}

var primaryKeys = map[string]string{
	"region": "r_regionkey", "nation": "n_nationkey", "supplier": "s_suppkey", "customer": "c_custkey",
	"part": "p_partkey", "partsupp": "ps_partkey, ps_suppkey", "orders": "o_orderkey", "lineitem": "l_orderkey, l_linenumber",
}

// firstKey is the first column of a table's primary key.
func firstKey(table string) string {
	key, _, _ := strings.Cut(primaryKeys[table], ",")
	return key
}
