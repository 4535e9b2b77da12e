package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine"
)

// TestDictionaries reads a file whose columns are dictionaries, which the answer is written from, by each way that a result can go.
func TestDictionaries(t *testing.T) {
	const name = "../../connectors/files/parquet/testdata/pyarrow_repeats"
	dir := t.TempDir()
	content, err := os.ReadFile(name + ".parquet")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "repeats.parquet"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	golden, err := os.ReadFile(name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	var want []string // of each row, the cells
	for line := range strings.Lines(string(golden)) {
		_, cells, _ := strings.Cut(strings.TrimSpace(line), ": ")
		for i, cell := range strings.Split(cells[1:len(cells)-1], `" "`) {
			if i == len(want) {
				want = append(want, "")
			}
			if cell == "NULL" {
				cell = ""
			}
			want[i] += cell + "|"
		}
	}
	slices.Sort(want)
	dsn := servingAt(t, fmt.Sprintf("sources:\n  lake: {type: objectstore, url: %s}\n", dir), func(c *engine.Config) { c.Verify, c.Parallelism = true, 3 })
	for protocol, db := range map[string]string{"text": "root@tcp(" + dsn + ")/?interpolateParams=true", "binary": "root@tcp(" + dsn + ")/"} {
		conn := session(t, connect(t, db), "CREATE DATABASE made_"+protocol, "USE made_"+protocol,
			"CREATE TABLE copied SELECT * FROM lake.repeats", "CREATE TABLE filled LIKE copied", "INSERT INTO filled SELECT * FROM lake.repeats",
			"CREATE VIEW seen AS SELECT * FROM lake.repeats", "SET @n = 0")
		for _, query := range []string{
			"SELECT * FROM lake.repeats WHERE 1 = ?",
			"SELECT * FROM lake.repeats LIMIT ?, 600",
			"SELECT * FROM seen WHERE ? = 1",
			"SELECT * FROM copied WHERE 1 = ?",
			"SELECT * FROM filled WHERE 1 = ?",
			"SELECT * FROM lake.repeats WHERE number < 0 AND ? UNION ALL SELECT * FROM lake.repeats WHERE number >= 0 OR number IS NULL",
			"SELECT * FROM lake.repeats WHERE 1 = ? ORDER BY text, day",
			"WITH w AS (SELECT * FROM lake.repeats) SELECT * FROM w WHERE ? = 1",
			"SELECT number, big, price, wide, day, moment, share, text FROM lake.repeats WHERE (@n := @n + ?) > 0",
			"SELECT r.* FROM lake.repeats r LEFT JOIN (SELECT ? AS one FROM DUAL) d ON d.one = r.number",
		} {
			first := 1
			if strings.Contains(query, "LIMIT") {
				first = 0
			}
			rows, err := conn.QueryContext(t.Context(), query, first)
			if err != nil {
				t.Errorf("%s, %s: %v", protocol, query, err)
				continue
			}
			var got []string
			cells := make([]*string, 8)
			for rows.Next() {
				into := make([]any, len(cells))
				for i := range cells {
					into[i] = &cells[i]
				}
				if err := rows.Scan(into...); err != nil {
					t.Fatal(err)
				}
				row := ""
				for _, c := range cells {
					if c != nil {
						row += *c
					}
					row += "|"
				}
				got = append(got, row)
			}
			if err := rows.Err(); err != nil {
				t.Errorf("%s, %s: %v", protocol, query, err)
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s, %s: %d rows, want %d; the first is %v, want %s", protocol, query, len(got), len(want), got[:min(1, len(got))], want[0])
			}
		}
	}
}
