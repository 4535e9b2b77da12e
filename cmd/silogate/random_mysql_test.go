//go:build integration

package main

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/collation"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testdb"
	"github.com/silogate/silogate/internal/testserver"
)

// mariaServers are MariaDB databases that hold the tables of testdb otherwise than silos does.
var mariaServers = map[string]struct {
	types func(create string) string        // changes a CREATE TABLE
	after func(table testdb.Table) []string // changes a table
}{
	"views": {after: func(table testdb.Table) []string {
		return []string{"ALTER TABLE " + table.Name + " RENAME TO base_" + table.Name,
			"CREATE VIEW " + table.Name + " AS SELECT * FROM base_" + table.Name}
	}},
	"keys": {after: func(table testdb.Table) []string {
		statements := []string{}
		for _, c := range table.Columns {
			statements = append(statements, fmt.Sprintf("ALTER TABLE %s ADD INDEX (%s)", table.Name, c.Name))
		}
		if table.Columns[0].Name == "id" {
			statements = append(statements, "ALTER TABLE "+table.Name+" ADD PRIMARY KEY (id)")
		}
		return append(statements, "ANALYZE TABLE "+table.Name+" PERSISTENT FOR ALL")
	}},
	"zero dates": {after: func(table testdb.Table) []string {
		statements := []string{"SET sql_mode = 'ALLOW_INVALID_DATES'"}
		for _, c := range table.Columns {
			switch c.Kind {
			case testdb.Date:
				statements = append(statements, fmt.Sprintf("UPDATE %[1]s SET %[2]s = '0000-00-00' WHERE %[2]s IS NULL", table.Name, c.Name))
			case testdb.Datetime:
				statements = append(statements, fmt.Sprintf("UPDATE %[1]s SET %[2]s = '2024-02-31 10:00:00' WHERE %[2]s IS NULL", table.Name, c.Name))
			}
		}
		return statements
	}},
	"utf16":      {types: inMaria("utf8mb4", "utf16")},
	"long texts": {types: inMaria("VARCHAR(80)", "LONGTEXT")},
	"myisam":     {types: inMaria(" CHARACTER SET", " ENGINE=MyISAM CHARACTER SET")},
	"partitioned": {types: func(create string) string {
		return create + " PARTITION BY KEY (" + firstColumn(create) + ") PARTITIONS 3"
	}},
}

func inMaria(old, new string) func(string) string {
	return func(create string) string { return strings.ReplaceAll(create, old, new) }
}

func firstColumn(create string) string {
	_, columns, _ := strings.Cut(create, "(")
	name, _, _ := strings.Cut(columns, " ")
	return name
}

// TestRandomQueriesMySQL compares random queries with MariaDB, over MariaDB databases of many kinds.
func TestRandomQueriesMySQL(t *testing.T) {
	first, count := seeds(t, 60, 10_000)
	sources, homes := "sources:\n", make(map[string]map[string]string)
	for name, server := range mariaServers {
		maria := testserver.MariaDB(t)
		for _, statement := range testdb.MariaDB(testdb.Tables()) {
			if server.types != nil && strings.HasPrefix(statement, "CREATE TABLE") {
				statement = server.types(statement)
			}
			maria.Exec(t, statement)
		}
		for _, table := range testdb.Tables() {
			if server.after != nil {
				maria.Exec(t, strings.Join(server.after(table), ";\n"))
			}
		}
		source := "my_" + strings.ReplaceAll(name, " ", "_")
		sources += mysqlSource(source, maria)
		homes[name] = allIn(source)
	}
	randomRun{config: sources, tables: testdb.Tables(), homes: homes}.compare(t, first, count)
}

// TestRandomQueriesCollated does so under other collations, of texts that are equal any being as good as another.
func TestRandomQueriesCollated(t *testing.T) {
	first, count := seeds(t, 60, 10_000)
	for name, id := range map[string]types.Collation{
		"utf8mb4_bin": types.Utf8mb4Bin, "utf8mb4_general_ci": types.Utf8mb4General, "utf8mb4_unicode_520_ci": types.Utf8mb4Unicode520,
	} {
		t.Run(name, func(t *testing.T) {
			statements := testdb.MariaDB(testdb.Tables())
			for i, s := range statements {
				statements[i] = strings.ReplaceAll(s, "utf8mb4_nopad_bin", name)
			}
			maria := testserver.MariaDB(t)
			maria.Exec(t, statements...)
			own, _ := collation.Of(id)
			randomRun{
				config: "sources:\n" + mysqlSource("my", maria), tables: testdb.Tables(), homes: map[string]map[string]string{"my": allIn("my")},
				names: "SET NAMES utf8mb4 COLLATE " + name,
				oracle: func(t *testing.T, _ []testdb.Table) *sql.Conn {
					db, err := sql.Open("mysql", maria.DSN())
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { db.Close() })
					return session(t, db, "SET NAMES utf8mb4 COLLATE "+name, "SET sql_mode = 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'")
				},
				fold: func(text string) string { return string(own.AppendKey(nil, text)) },
			}.compare(t, first, count)
		})
	}
}
