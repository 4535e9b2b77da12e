//go:build integration

package main

import (
	"cmp"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/build"
	"github.com/silogate/silogate/internal/testserver"
	"github.com/silogate/silogate/internal/tpch"
)

// TestTPCDS compares the queries of TPC-DS with DuckDB, over random placements of its 24 tables.
// SILOGATE_SCALE is another scale factor.
func TestTPCDS(t *testing.T) {
	if !nightly {
		t.Skip("one of the long suites")
	}
	data, err := tpch.GenerateDS(cmp.Or(os.Getenv("SILOGATE_SCALE"), "0.1"))
	if err != nil {
		t.Fatal(err)
	}
	first, count := seeds(t, 1, 3)
	for seed := first; seed < first+count; seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { runTPCDS(t, data, seed) })
	}
}

func runTPCDS(t *testing.T, data tpch.DS, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 11))
	pg, store, folder := testserver.Postgres(t), testserver.S3(t), t.TempDir()
	homes, inPostgres := make(map[string]string), []string(nil)
	for _, table := range data.Tables() {
		homes[table] = []string{"pg", "s3", "folder"}[r.IntN(3)]
		switch homes[table] {
		case "pg":
			inPostgres = append(inPostgres, table)
		case "s3":
			store.Put(t, "tpcds/"+table+".parquet", data.Parquet(table))
		default:
			content, err := os.ReadFile(data.Parquet(table))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, table+".parquet"), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := data.LoadPostgres(t.Context(), pg.URL(), inPostgres...); err != nil {
		t.Fatal(err)
	}
	gateway := serving(t, "memory: {server: 1GiB, query: 64MiB, spill: 8GiB}\nsources:\n"+postgresSource("pg", pg)+
		s3Source("s3", "tpcds", store)+"  folder: {type: objectstore, url: "+folder+"}\n",
		func(c *engine.Config) { c.Verify, c.Parallelism, c.Dynamic = true, 1+r.IntN(5), build.DynamicLate })
	numbers, err := data.Queries()
	if err != nil {
		t.Fatal(err)
	}
	for _, pushdown := range []string{"ON", "OFF"} {
		conn := session(t, gateway, "SET silogate_pushdown = "+pushdown)
		for _, n := range numbers {
			t.Run(fmt.Sprintf("pushdown %s/q%d", pushdown, n), func(t *testing.T) { checkTPCDS(t, conn, data, n, homes) })
		}
	}
	if t.Failed() {
		t.Log(homes)
	}
}

var limit = regexp.MustCompile(`(?i)\blimit\s+(\d+)\s*$`)

// checkTPCDS compares all rows with DuckDB's. With its LIMIT, a query returns some of them, since its order is not total.
func checkTPCDS(t *testing.T, conn *sql.Conn, data tpch.DS, n int, homes map[string]string) {
	query, err := data.Query(n, func(table string) string { return homes[table] + "." + table })
	if err != nil {
		t.Fatal(err)
	}
	want, err := data.Answer(n)
	if err != nil {
		t.Fatal(err)
	}
	all, err := queryTexts(t.Context(), conn, limit.ReplaceAllString(query, ""))
	if err != nil {
		t.Fatal(err)
	}
	if err := tpch.CompareDoubles(all, want); err != nil {
		t.Fatal(err)
	}
	found := limit.FindStringSubmatch(query)
	if found == nil {
		return
	}
	count := make(map[string]int)
	for _, row := range all {
		count[fmt.Sprintf("%q", row)]++
	}
	some, err := queryTexts(t.Context(), conn, query)
	if err != nil {
		t.Fatal(err)
	}
	if most, _ := strconv.Atoi(found[1]); len(some) != min(most, len(all)) {
		t.Errorf("%d rows of %d under %s", len(some), len(all), found[0])
	}
	for _, row := range some {
		text := fmt.Sprintf("%q", row)
		if count[text]--; count[text] < 0 {
			t.Errorf("a row that is there without LIMIT less often: %s", text)
		}
	}
}
