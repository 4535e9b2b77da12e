package main

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine"
)

// writtenTable has rows of many types, some at the ends of their ranges.
var writtenTable = []string{
	"CREATE DATABASE written", "USE written",
	`CREATE TABLE t (id INT PRIMARY KEY, i BIGINT, u BIGINT UNSIGNED, ti TINYINT, d DECIMAL(8,2), f DOUBLE, s VARCHAR(60), g VARCHAR(60) COLLATE utf8mb4_general_ci,
		da DATE, dt DATETIME(3), t TIME, e ENUM('x','b','c'), j JSON, b VARBINARY(20))`,
	`INSERT INTO t VALUES (1, 9223372036854775807, 18446744073709551615, 127, 1.50, -2.5, 'Abc', 'abc', '2024-02-29', '2024-02-29 10:11:12.5', '10:11:12', 'x', '{"k": 1}', 'ab'),
		(2, -5, 0, -128, -2.55, 2.5, 'abc ', 'ABC ', '2024-01-01', '2024-01-01', '-10:00:00', 'b', '[1, 2]', 'AB'),
		(3, 0, 10, 0, 0, 0, '', '', '1999-12-31', '1999-12-31 23:59:59.999', '00:00:00', 'c', 'null', ''),
		(4, 10, 1, 1, 99.99, 1e10, '12', 'zz', '2024-12-30', '2024-12-30 12:00:00', '100:00:01', 'b', '"text"', x'00ff'),
		(5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
	"CREATE TABLE other (id INT PRIMARY KEY, n INT)", "INSERT INTO other VALUES (1, 1), (2, 3), (7, 7)",
}

// conditions choose rows by comparisons, casts and functions in which evaluators differ.
var conditions = []string{
	"i > ALL (SELECT 1)", "i < ANY (SELECT n FROM other)", "ROUND(f) = -3", "ROUND(f) = -2", "CAST(f AS SIGNED) = -3", "CAST(f AS SIGNED) = -2", "s REGEXP BINARY '^A'", "t = '10:11:12'", "t < 0", "t > 100000",
	"dt > 20240101", "da = 20240229", "CAST(da AS CHAR) = '2024-02-29'", "WEEK(da, 3) = 1", "i = 0xA", "e < 'b'", "e > 'b'", "TIME_TO_SEC(t) < 0", "HOUR(t) = 10", "g = 'ABC'", "s = 'abc'", "d = '1.5'",
	"d BETWEEN 1.495 AND 1.505", "b = 'ab'", "b LIKE 'A%'", "g LIKE 'A%'", "i & 255 = 255", "u > -1", "u - 0 >= 10", "i IN (10, '-5', 0.0)", "i IS NULL OR d <=> NULL", "NOT (i > 0)", "j->'$.k' = 1",
	"JSON_LENGTH(j) = 2", "EXISTS (SELECT 1 FROM other o WHERE o.id = t.id AND o.n > t.ti)", "id IN (SELECT id FROM other)", "(SELECT n FROM other o WHERE o.id = t.id) = 3", "id = 2", "id IN (1, 4, 9)", "id > 3",
	"dt = '2024-01-01'", "YEAR(dt) = 1999", "da < '2024-02-1'", "s", "f", "LENGTH(s) = 4", "t BETWEEN '00:00:00' AND '11:00:00'", "CASE WHEN i > 0 THEN d END > 1", "DATE_ADD(da, INTERVAL 1 DAY) = '2024-03-01'",
}

// expressions are computed of a row.
var expressions = []string{
	"da", "dt", "t", "d", "f", "i", "u", "e", "j", "DATE'2024-01-01' + 1", "da + INTERVAL 1 MONTH", "WEEK('2024-12-30', 3)", "i & 255", "u & 1", "1.50 * 3", "ROUND(d / 3, 4)", "7 DIV 2", "2.5e0", "NULL", "JSON_OBJECT('k', 1.50)",
	"CONCAT(s, '-', d)", "CAST(f AS DECIMAL(10,3))", "IF(i > 0, d, 'no')", "COALESCE(i, s)", "(SELECT MAX(n) FROM other)", "(SELECT n FROM other o WHERE o.id = t.id)", "UPPER(g)", "DATE_FORMAT(dt, '%H:%i:%s.%f')", "ADDTIME(t, '1:00:00')",
	"TIMESTAMPDIFF(DAY, da, '2024-03-01')", "HEX(b)", "GREATEST(i, 3)", "ROUND(d, 1)", "CAST(da AS SIGNED)", "ti * 1.5", "CONVERT(12 USING latin1)", "SUBSTRING(s, 2)", "t + 0", "dt + 0",
}

// TestWritesReadAsQueries has UPDATE and DELETE write the rows that SELECT finds, and store the values that it computes.
func TestWritesReadAsQueries(t *testing.T) {
	conn := session(t, serving(t, "", func(c *engine.Config) { c.Verify = true }), writtenTable...)
	ctx := t.Context()
	run := func(statement string) error {
		_, err := conn.ExecContext(ctx, statement)
		return err
	}
	read := func(query string) [][]string {
		rows, err := queryTexts(ctx, conn, query)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		return rows
	}
	must := func(statement string) {
		t.Helper()
		if err := run(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	must("SET sql_mode = 'NO_ZERO_DATE'") // whose warnings end no write
	for _, where := range conditions {
		want := read("SELECT id FROM t WHERE " + where + " ORDER BY id")
		must("BEGIN")
		must("UPDATE t SET b = 'hit' WHERE " + where)
		if got := read("SELECT id FROM t WHERE b = 'hit' ORDER BY id"); !reflect.DeepEqual(got, want) {
			t.Errorf("UPDATE WHERE %s: rows %v, SELECT finds %v", where, got, want)
		}
		must("ROLLBACK")
		must("BEGIN")
		must("CREATE TEMPORARY TABLE before_it AS SELECT id FROM t")
		must("DELETE FROM t WHERE " + where)
		if got := read("SELECT id FROM before_it WHERE id NOT IN (SELECT id FROM t) ORDER BY id"); !reflect.DeepEqual(got, want) {
			t.Errorf("DELETE WHERE %s: rows %v, SELECT finds %v", where, got, want)
		}
		must("ROLLBACK")
		must("DROP TEMPORARY TABLE before_it")
	}
	must("CREATE TABLE texts (id INT PRIMARY KEY, v VARCHAR(200))")
	for _, e := range expressions {
		want := read("SELECT id, CAST(" + e + " AS CHAR) FROM t ORDER BY id")
		must("BEGIN")
		must("INSERT INTO texts SELECT id, " + e + " FROM t")
		if got := read("SELECT id, v FROM texts ORDER BY id"); !reflect.DeepEqual(got, want) {
			t.Errorf("INSERT ... SELECT %s: %v, want %v", e, got, want)
		}
		must("UPDATE texts SET v = ''")
		must("UPDATE texts JOIN t USING (id) SET v = " + strings.ReplaceAll(e, "id = t.id", "id = texts.id"))
		if got := read("SELECT id, v FROM texts ORDER BY id"); !reflect.DeepEqual(got, want) {
			t.Errorf("UPDATE SET %s: %v, want %v", e, got, want)
		}
		must("ROLLBACK")
	}
	for _, e := range []string{"DATE'2024-01-01' + 1", "1.50 * 3", "7 DIV 2", "2.5e0", "(SELECT MAX(n) FROM other)", "JSON_OBJECT('k', 1.50)", "WEEK('2024-12-30', 3)", "9223372036854775807 & 255", "NOW(3) > 0", "CONCAT('a', 1)"} {
		want := read("SELECT CAST(" + e + " AS CHAR)")
		must(fmt.Sprintf("REPLACE INTO texts VALUES (1, %s), (2, %s)", e, e))
		if got := read("SELECT v FROM texts ORDER BY id"); got[0][0] != want[0][0] || got[1][0] != want[0][0] {
			t.Errorf("VALUES (%s): %v, want %v", e, got, want)
		}
	}
}

// TestWritesOfSeveralTablesAccountForWhatTheyKeep has memory for the rows, but none for the keys of those that were written.
func TestWritesOfSeveralTablesAccountForWhatTheyKeep(t *testing.T) {
	conn := session(t, serving(t, "memory: {server: 256MiB, query: 4MiB}\n", func(c *engine.Config) { c.Parallelism = 1 }), "CREATE DATABASE kept", "USE kept",
		"CREATE TABLE one (id INT PRIMARY KEY)", "CREATE TABLE many (id INT PRIMARY KEY, n INT)", "INSERT INTO one VALUES (1)",
		"SET cte_max_recursion_depth = 100000", "INSERT INTO many WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i, 1 FROM n")
	for _, statement := range []string{"UPDATE many, one SET many.n = 2", "DELETE many FROM many, one", "UPDATE many AS a JOIN many AS b ON a.id = b.id SET a.n = 2, b.n = 3"} {
		if _, err := conn.ExecContext(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "Error 3170") || !strings.Contains(err.Error(), "memory.query") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if _, err := conn.ExecContext(t.Context(), "UPDATE many SET n = n + 1"); err != nil { // keeps none
		t.Error(err)
	}
	if rows, err := queryTexts(t.Context(), conn, "SELECT COUNT(*) FROM many WHERE n = 2"); err != nil || rows[0][0] != "100000" {
		t.Errorf("%v, %v", rows, err)
	}
}
