package orc

import (
	"testing"

	"github.com/silogate/silogate/connectors/files/filestest"
)

// BenchmarkLineitem decodes columns of TPC-H lineitem, the file that SILOGATE_LINEITEM_ORC names.
func BenchmarkLineitem(b *testing.B) {
	filestest.Bench(b, New(), "SILOGATE_LINEITEM_ORC", map[string][]string{
		"numbers": {"l_quantity", "l_extendedprice", "l_discount", "l_shipdate"}, "keys": {"l_orderkey", "l_partkey", "l_suppkey", "l_linenumber"},
		"texts": {"l_comment", "l_shipmode", "l_returnflag"},
	})
}
