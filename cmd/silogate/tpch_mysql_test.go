//go:build integration

package main

import (
	"fmt"
	"slices"
	"testing"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/internal/testserver"
	"github.com/silogate/silogate/internal/tpch"
)

// TestTPCHMySQL runs all 22 queries over tables that lie in MariaDB, all of them or as many as of TestTPCH's lie in Postgres, and compares
// with DuckDB.
func TestTPCHMySQL(t *testing.T) {
	data, err := tpch.Generate("0.1")
	if err != nil {
		t.Fatal(err)
	}
	maria, store := testserver.MariaDB(t), testserver.S3(t)
	if err := data.LoadMySQL(t.Context(), maria.DSN(), tpch.Tables...); err != nil {
		t.Fatal(err)
	}
	for _, table := range tpch.Tables {
		store.Put(t, "tpch/"+table+"/"+table+".parquet", data.Parquet(table))
	}
	db := serving(t, "sources:\n"+mysqlSource("my", maria)+s3Source("s3", "tpch", store), func(c *engine.Config) { c.Verify = true })
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for name, database := range map[string]func(string) string{
		"mariadb": func(string) string { return "my" },
		"federated": func(table string) string {
			if slices.Contains(inPostgres, table) {
				return "my"
			}
			return "s3"
		},
	} {
		for n := 1; n <= 22; n++ {
			t.Run(fmt.Sprintf("%s/q%d", name, n), func(t *testing.T) { checkQuery(t, conn, data, n, database) })
		}
	}
}
