//go:build integration

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/silogate/silogate/internal/testdb"
	"github.com/silogate/silogate/internal/testserver"
)

// servers are Postgres databases that hold the tables of testdb, which need UTF-8, otherwise than silos does.
var servers = map[string]struct {
	options []testserver.DatabaseOption
	before  []string                          // statements that make types
	types   func(create string) string        // changes a CREATE TABLE
	after   func(table testdb.Table) []string // changes a table
}{
	"turkish":   {options: []testserver.DatabaseOption{testserver.Locale("tr_TR.UTF-8")}},
	"icu":       {options: []testserver.DatabaseOption{testserver.ICULocale("und")}},
	"sql_ascii": {options: []testserver.DatabaseOption{testserver.Locale("C"), testserver.Encoding("SQL_ASCII")}},
	"caseless": {
		before: []string{"CREATE COLLATION caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"},
		types:  func(create string) string { return strings.ReplaceAll(create, " TEXT", " TEXT COLLATE caseless") },
	},
	"accentless": {
		before: []string{"CREATE COLLATION accentless (provider = icu, locale = 'und-u-ks-level1', deterministic = false)"},
		types: func(create string) string {
			return strings.ReplaceAll(create, " TEXT", " VARCHAR(80) COLLATE accentless")
		},
	},
	"domains": {
		before: []string{"CREATE DOMAIN label AS varchar(80)", "CREATE DOMAIN day AS date"},
		types: func(create string) string {
			return strings.ReplaceAll(strings.ReplaceAll(create, " TEXT", " label"), " DATE", " day")
		},
	},
	"views": {after: func(table testdb.Table) []string {
		return []string{"ALTER TABLE " + table.Name + " RENAME TO base_" + table.Name,
			"CREATE VIEW " + table.Name + " AS SELECT * FROM base_" + table.Name}
	}},
	"children": {after: func(table testdb.Table) []string {
		column := table.Columns[0].Name
		return []string{"CREATE TABLE child_" + table.Name + " () INHERITS (" + table.Name + ")",
			fmt.Sprintf("WITH moved AS (DELETE FROM ONLY %s WHERE %s %% 2 = 0 RETURNING *) INSERT INTO child_%s SELECT * FROM moved",
				table.Name, column, table.Name)}
	}},
	"keys": {after: func(table testdb.Table) []string {
		if table.Columns[0].Name != "id" {
			return nil
		}
		return []string{"ALTER TABLE " + table.Name + " ADD PRIMARY KEY (id)", "ANALYZE " + table.Name}
	}},
	"wrong statistics": {after: func(table testdb.Table) []string {
		return []string{"ANALYZE " + table.Name,
			"UPDATE pg_class SET reltuples = 1e9, relpages = 1e7 WHERE oid = '" + table.Name + "'::regclass"}
	}},
}

// TestRandomQueriesPostgres compares random queries with MariaDB, over Postgres databases of many kinds.
func TestRandomQueriesPostgres(t *testing.T) {
	first, count := seeds(t, 60, 10_000)
	sources, homes := "sources:\n", make(map[string]map[string]string)
	for name, server := range servers {
		pg := testserver.Postgres(t, server.options...)
		pg.Exec(t, server.before...)
		for _, statement := range testdb.Postgres(testdb.Tables()) {
			if server.types != nil && strings.HasPrefix(statement, "CREATE TABLE") {
				statement = server.types(statement)
			}
			pg.Exec(t, statement)
		}
		for _, table := range testdb.Tables() {
			if server.after != nil {
				pg.Exec(t, server.after(table)...)
			}
		}
		source := "pg_" + strings.ReplaceAll(name, " ", "_")
		sources += postgresSource(source, pg)
		homes[name] = allIn(source)
	}
	randomRun{config: sources, tables: testdb.Tables(), homes: homes}.compare(t, first, count)
}
