//go:build integration

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/silogate/silogate/internal/testserver"
)

// A query sees a Postgres table as it is, whatever the gateway has just learned of it, over a cursor and over COPY.
func TestTablesThatJustChanged(t *testing.T) {
	for name, rows := range map[string]string{"small": "10", "big": "60000"} {
		t.Run(name, func(t *testing.T) {
			pg := testserver.Postgres(t)
			pg.Exec(t, "CREATE TABLE t AS SELECT g AS id, g AS a, g::int8 AS b, 1.25::numeric(10,2) AS n, 'v'::char(3) AS c, repeat('x', 500) AS pad "+
				"FROM generate_series(1, "+rows+") g", "ANALYZE t")
			i := host(t, "sources:\n"+postgresSource("pg", pg))
			c := i.conn()
			for _, pushdown := range []string{"on", "off"} {
				if _, err := c.ExecContext(t.Context(), "SET silogate_pushdown = "+pushdown); err != nil {
					t.Fatal(err)
				}
				for _, step := range []struct{ change, query, want string }{
					{"", "SELECT a FROM pg.t WHERE id = 7", "7"},
					{"ALTER TABLE t ALTER a TYPE real USING a + 0.5, ALTER b TYPE float8 USING b + 0.25",
						"SELECT CONCAT(a, ' ', b) FROM pg.t WHERE id = 7", "7.5 7.25"},
					{"ALTER TABLE t ALTER a TYPE text", "SELECT MAX(CONCAT(a, ' ', b)) FROM pg.t WHERE id = 7", "7.5 7.25"},
					{"ALTER TABLE t ALTER n TYPE numeric(12,4) USING n + 0.0001", "SELECT CONCAT(MIN(n), MAX(n)) FROM pg.t", "1.25011.2501"},
					{"ALTER TABLE t ALTER c TYPE char(9) USING c || '-longer'", "SELECT MAX(c) FROM pg.t", "v-longer"},
					{"ALTER TABLE t ALTER b TYPE timestamp USING '2020-01-01'", "SELECT MAX(b) FROM pg.t", "2020-01-01 00:00:00.000000"},
					{"ALTER TABLE t RENAME a TO z; ALTER TABLE t RENAME b TO a; ALTER TABLE t RENAME z TO b",
						"SELECT CONCAT(MAX(a), ' ', COUNT(b)) FROM pg.t", "2020-01-01 00:00:00.000000 " + rows},
					{"CREATE TABLE n AS SELECT id, id AS a, id::int8 AS b, 1.25::numeric(10,2) AS n, 'v'::char(3) AS c, pad FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t",
						"SELECT CONCAT(COUNT(*), ' ', SUM(a), ' ', MAX(n), MAX(c)) FROM pg.t WHERE id <= 5", "5 15 1.25v"},
				} {
					if step.change != "" {
						pg.Exec(t, step.change)
					}
					i.answers(c, step.query, step.want)
				}
				i.answers(c, "SELECT COUNT(b) FROM pg.t", rows)
				pg.Exec(t, "ALTER TABLE t DROP b")
				i.fails(c, "SELECT COUNT(b) FROM pg.t", 1054, "b")
				pg.Exec(t, "ALTER TABLE t ADD b int8", "UPDATE t SET b = id")
				i.answers(c, "SELECT MAX(id) FROM pg.t", rows) // which finds out
				i.answers(c, "SELECT MAX(b) FROM pg.t", rows)
			}
		})
	}
}

// A prepared statement and one of a cursor's are bound anew as well.
func TestPreparedStatementsOverATableThatJustChanged(t *testing.T) {
	pg := testserver.Postgres(t)
	pg.Exec(t, "CREATE TABLE t AS SELECT 7 AS a")
	i := host(t, "sources:\n"+postgresSource("pg", pg))
	stmt, err := i.conn().PrepareContext(t.Context(), "SELECT a FROM pg.t WHERE a > ?")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	for _, step := range []struct {
		change string
		want   string
	}{{"", "7"}, {"ALTER TABLE t ALTER a TYPE float8 USING a + 0.5", "7.5"}, {"ALTER TABLE t ALTER a TYPE numeric(9,3)", "7.500"}} {
		if step.change != "" {
			pg.Exec(t, step.change)
		}
		var got string
		if err := stmt.QueryRowContext(t.Context(), 1).Scan(&got); err != nil || got != step.want {
			t.Errorf("%s: %q, %v; want %q", step.change, got, err, step.want)
		}
	}
}

// A file that was replaced before the query is read as it is.
func TestFilesThatJustChanged(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "events.parquet")
	write := func(rows int) {
		t.Helper()
		next := filepath.Join(t.TempDir(), "next")
		if err := os.WriteFile(next, events(t, rows, 10), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(next, file); err != nil {
			t.Fatal(err)
		}
	}
	write(100)
	i := host(t, "sources:\n  lake: {type: objectstore, url: "+dir+"}\n")
	c := i.conn()
	const query = "SELECT MAX(id) FROM lake.events WHERE pad > ''"
	i.answers(c, query, "100")
	write(250)
	i.answers(c, query, "250")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	i.fails(c, query, 1146, "events")
}
