//go:build integration

package main

import (
	"database/sql"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/silogate/silogate/internal/testserver"
)

// displayWidth is what MariaDB shows behind integers, and MySQL 8 does not.
var displayWidth = regexp.MustCompile(`^((?:tiny|small|medium|big)?int)\(\d+\)|^(year)\(\d+\)`)

// TestMetadataAsMariaDB compares what information_schema and SHOW say of a MariaDB source's table with what the server itself says. The
// server tells more of a text: the shorter kinds of TEXT are LONGTEXT here, and what it converts is utf8mb4.
func TestMetadataAsMariaDB(t *testing.T) {
	maria := testserver.MariaDB(t)
	maria.Exec(t, `CREATE TABLE described (
		id BIGINT UNSIGNED PRIMARY KEY, tiny TINYINT, small SMALLINT UNSIGNED, i INT NOT NULL, big BIGINT, price DECIMAL(12, 3), f FLOAT, d DOUBLE, b BIT(5),
		c CHAR(10), v VARCHAR(200), bin VARCHAR(20) COLLATE utf8mb4_bin NOT NULL, lt LONGTEXT,
		vb VARBINARY(16), fixed BINARY(8), lb LONGBLOB, day DATE, at DATETIME, exact DATETIME(6), ts TIMESTAMP(3) NULL, hours TIME(2), y YEAR,
		e ENUM('x', 'long one'), s SET('a', 'bc'), UNIQUE KEY i (i), UNIQUE KEY bin_i (bin, i)) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`)
	i := host(t, "sources:\n"+mysqlSource("silo", maria))
	gateway, own := session(t, connect(t, i.dsn), "USE silo"), session(t, connect(t, maria.DSN()))
	for name, q := range map[string]struct {
		text   string
		change func([]string)
	}{
		"columns": {text: `SELECT column_name, ordinal_position, is_nullable, data_type, character_maximum_length, character_octet_length, numeric_precision,
			numeric_scale, datetime_precision, character_set_name, collation_name, column_type, column_comment FROM information_schema.columns
			WHERE table_name = 'described' AND table_schema = DATABASE() ORDER BY ordinal_position`,
			change: func(row []string) { row[11] = displayWidth.ReplaceAllString(row[11], "$1$2") }},
		"SHOW FULL COLUMNS": {text: "SHOW FULL COLUMNS FROM described",
			change: func(row []string) {
				row[1] = displayWidth.ReplaceAllString(row[1], "$1$2")
				row[5] = "" // defaults are not told
			}},
		"keys": {text: `SELECT constraint_name, column_name, ordinal_position FROM information_schema.key_column_usage
			WHERE table_name = 'described' AND constraint_schema = DATABASE() AND constraint_name <> 'bin_i' AND constraint_name <> 'bin' ORDER BY 1, 3`},
		"constraints": {text: `SELECT constraint_type, COUNT(*) FROM information_schema.table_constraints
			WHERE table_name = 'described' AND table_schema = DATABASE() AND constraint_type <> 'CHECK' GROUP BY 1 ORDER BY 1`},
		"tables": {text: `SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name LIKE 'descr%'`},
		"joined": {text: `SELECT t.table_name, c.column_name FROM information_schema.tables t JOIN information_schema.columns c
			ON c.table_schema = t.table_schema AND c.table_name = t.table_name LEFT JOIN information_schema.key_column_usage k
			ON k.table_schema = c.table_schema AND k.table_name = c.table_name AND k.column_name = c.column_name AND k.constraint_name = 'PRIMARY'
			WHERE t.table_schema = DATABASE() AND t.table_name = 'described' AND k.column_name IS NULL ORDER BY c.column_name LIMIT 5`},
	} {
		read := func(conn *sql.Conn) [][]string {
			t.Helper()
			rows, err := queryTexts(t.Context(), conn, q.text)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, row := range rows {
				if q.change != nil {
					q.change(row)
				}
			}
			return rows
		}
		here, there := read(gateway), read(own)
		if len(here) != len(there) || len(here) == 0 {
			t.Errorf("%s: %d rows here, %d there\n%q\n%q", name, len(here), len(there), here, there)
			continue
		}
		for r := range here {
			if !reflect.DeepEqual(here[r], there[r]) {
				t.Errorf("%s: %s\nthere %s", name, strings.Join(here[r], " "), strings.Join(there[r], " "))
			}
		}
	}
}
