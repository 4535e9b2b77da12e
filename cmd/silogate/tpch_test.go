//go:build integration

package main

import (
	"database/sql"
	"fmt"
	"slices"
	"testing"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/build"
	"github.com/silogate/silogate/internal/testserver"
	"github.com/silogate/silogate/internal/tpch"
)

// postgresSource and s3Source are the sections of a configuration for a test server.
func postgresSource(name string, pg testserver.PG) string {
	return fmt.Sprintf("  %s: {type: postgres, url: \"postgres://%s@%s/%s?sslmode=disable\", password: %q}\n",
		name, pg.User, pg.Host, pg.Database, pg.Password)
}

func s3Source(name, prefix string, s testserver.S3Store) string {
	return fmt.Sprintf("  %s: {type: objectstore, url: \"s3://%s/%s\", endpoint: %q, region: %s, access_key: %q, secret_key: %q, path_style: true}\n",
		name, s.Bucket, prefix, s.Endpoint, s.Region, s.AccessKey, s.SecretKey)
}

// inPostgres are the tables of TPC-H that the federated placement keeps in Postgres; the others lie in S3.
var inPostgres = []string{"orders", "customer", "nation", "region"}

// placements say in which database a table is read.
var placements = map[string]func(table string) string{
	"federated": func(table string) string {
		if slices.Contains(inPostgres, table) {
			return "pg"
		}
		return "s3"
	},
	"federated-varchar": func(table string) string {
		if slices.Contains(inPostgres, table) {
			return "pg_v"
		}
		return "s3"
	},
	"s3":       func(string) string { return "s3" },
	"postgres": func(string) string { return "pg" },
}

// TestTPCH runs all 22 queries over every placement of the tables, through the wire, under each setting that must not
// change an answer, and compares with DuckDB.
func TestTPCH(t *testing.T) {
	data, err := tpch.Generate("0.1")
	if err != nil {
		t.Fatal(err)
	}
	pg, store := testserver.Postgres(t), testserver.S3(t)
	for schema, varchar := range map[string]bool{"public": false, "v": true} {
		if err := data.LoadPostgres(t.Context(), pg.URL(), schema, varchar, tpch.Tables...); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range tpch.Tables {
		store.Put(t, "tpch/"+table+"/"+table+".parquet", data.Parquet(table))
	}
	sources := "sources:\n" + postgresSource("pg", pg) + s3Source("s3", "tpch", store)

	for _, mode := range []struct {
		name       string
		config     string
		tune       func(*engine.Config)
		statements []string
	}{
		{name: "default"},
		{name: "pushdown off", statements: []string{"SET silogate_pushdown = OFF"}},
		{name: "one split", tune: func(c *engine.Config) { c.Parallelism = 1 }},
		{name: "many splits", tune: func(c *engine.Config) { c.Parallelism = 5 }},
		{name: "little memory, late filters", config: "memory: {server: 1GiB, query: 64MiB, spill: 4GiB}\n",
			tune: func(c *engine.Config) { c.Dynamic = build.DynamicLate }},
	} {
		t.Run(mode.name, func(t *testing.T) {
			tune := []func(*engine.Config){func(c *engine.Config) { c.Verify = true }}
			if mode.tune != nil {
				tune = append(tune, mode.tune)
			}
			db := serving(t, mode.config+sources, tune...)
			conn, err := db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			for _, s := range mode.statements {
				if _, err := conn.ExecContext(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			for placement, database := range placements {
				for n := 1; n <= 22; n++ {
					t.Run(fmt.Sprintf("%s/q%d", placement, n), func(t *testing.T) { checkQuery(t, conn, data, n, database) })
				}
			}
		})
	}
}

func checkQuery(t *testing.T, conn *sql.Conn, data tpch.Data, n int, database func(string) string) {
	text, err := tpch.Query(n)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := data.Answer(n)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := queryTexts(t.Context(), conn, tpch.Qualify(text, database))
	if err != nil {
		t.Fatal(err)
	}
	if err := tpch.Compare(rows, answer); err != nil {
		t.Error(err)
	}
}
