//go:build integration

package objectstore

import (
	"fmt"
	"slices"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/sqlerr"
)

// readsALake lists and reads tables below the prefix lake/ of a store, and sees that a file is replaced while a query runs.
func readsALake(t *testing.T, options connectors.Options, put func(key string, content []byte)) {
	t.Helper()
	for i := range 3 {
		put(fmt.Sprintf("lake/orders/day=%d/a.parquet", i), parquetOf(t, 10, ids, idRows(i*20, i*20+20)))
	}
	put("lake/customer.csv", []byte("id\n1\n2\n"))
	put("elsewhere/x.parquet", []byte("PAR1"))
	src := open(t, options)
	if got, want := names(t, src, connectors.ListOptions{}), []string{"customer", "orders"}; !slices.Equal(got, want) {
		t.Errorf("tables %q, want %q", got, want)
	}
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	r, err := query{table: orders(), mem: mem}.run(t, src)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(r.rows)
	if len(r.rows) != 60 || r.rows[0] != "0 0" || r.usage.Rows != 60 || r.usage.Bytes == 0 || r.usage.Remote == 0 {
		t.Errorf("rows %q, usage %+v", r.rows, r.usage)
	}
	x, _ := start(t, src, orders())
	put("lake/orders/day=1/a.parquet", parquetOf(t, 10, ids, idRows(0, 30)))
	for split, err := range x.Splits(t.Context()) {
		if err == nil {
			_, err = readSplit(t.Context(), x, split)
		}
		if err != nil {
			if !sqlerr.Is(err, sqlerr.SourceChanged) {
				t.Errorf("a replaced file: %v", err)
			}
			return
		}
	}
	t.Error("a replaced file went unnoticed")
}
