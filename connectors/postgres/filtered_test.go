package postgres

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// keySet tells apart the sets of a test.
type keySet struct{ name string }

func (*keySet) Finder() func(arrow.Array, []int32) []int32 { return nil }

// A list that was written for one column is not that of another with the same set: it lacks what the first can't have.
func TestListsOfColumns(t *testing.T) {
	d, lists := newDialect(utf8Encoding, false), &keyLists{}
	set := &keySet{}
	for column, want := range []string{"{1}", "{1,3000000000}"} {
		values := []types.Value{types.IntValue(1), types.IntValue(3_000_000_000)}[:column+1]
		keys := connectors.ColumnKeys{Column: expr.ColumnID(column + 1), Set: set,
			Values: kernel.FromValues(memory.DefaultAllocator, types.Of(types.Int64), values)}
		if got := lists.of(d, keys, types.Of(types.Int64)); got != want {
			t.Errorf("%s instead of %s", got, want)
		}
	}
}

// Before version 14 an array is searched from its start for every row.
func TestMostKeys(t *testing.T) {
	for version, want := range map[int]int{120000: 0, 139999: 0, 140000: mostKeys} {
		f := &fragment{tables: []*plan.Table{describedTable("a", server{version: version}, false, "id:int8!")}}
		if got := f.MostKeys(); got != want {
			t.Errorf("version %d: %d keys", version, got)
		}
	}
}
