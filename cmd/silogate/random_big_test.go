//go:build integration

package main

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/internal/randsql"
	"github.com/silogate/silogate/internal/testdb"
)

// TestRandomQueriesBig compares random queries with MariaDB over tables of thousands of rows with so little memory that joins,
// groups and sorts spill. What takes MariaDB long is left out.
func TestRandomQueriesBig(t *testing.T) {
	first, count := seeds(t, 10, 1500)
	tables := grown(rand.New(rand.NewPCG(first, 3)), 2500)
	randomRun{
		config: "memory: {server: 1GiB, query: 4MiB, spill: 8GiB}\n" + silosOf(t, tables),
		tables: tables, homes: homes, query: withoutNullSafe,
		oracle: func(t *testing.T, tables []testdb.Table) *sql.Conn {
			return mariaDB(t, tables, "SET max_statement_time = 1", "SET join_cache_level = 8")
		},
	}.compare(t, first, count)
}

// withoutNullSafe makes queries without <=>, by which MariaDB's hashed joins find no NULL.
func withoutNullSafe(seed uint64) randsql.Query {
	q := randsql.New(seed)
	for i := uint64(1); strings.Contains(q.SQL, "<=>"); i++ {
		q = randsql.New(seed + i<<40)
	}
	return q
}

// grown returns the tables of testdb with rows enough: their own, and such as they have.
func grown(r *rand.Rand, rows int) []testdb.Table {
	tables := testdb.Tables()
	for i, table := range tables[:4] {
		if len(table.Rows) == 0 {
			continue
		}
		own := table.Rows
		for n := len(own); n < rows; n++ {
			row := make([]any, len(table.Columns))
			for j, c := range table.Columns {
				row[j] = own[r.IntN(len(own))][j]
				if c.Name == "id" {
					row[j] = fmt.Sprint(n + 1)
				} else if r.IntN(4) > 0 {
					row[j] = randomCell(r, c)
				}
			}
			tables[i].Rows = append(tables[i].Rows, row)
		}
	}
	return tables
}

// randomCell is one of some hundred values that a column may hold.
func randomCell(r *rand.Rand, c testdb.Column) any {
	n := r.IntN(700)
	switch c.Kind {
	case testdb.Integer:
		return fmt.Sprint(n - 100)
	case testdb.Decimal:
		return fmt.Sprintf("%d.%02d", n-100, n%100)
	case testdb.Double:
		return fmt.Sprint(float64(n-100) / 8) // sums are exact
	case testdb.Date:
		return time.Date(2020, 1, 1+3*n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	case testdb.Datetime:
		return time.Date(2020, 1, 1+n, n%24, 0, n%60, 0, time.UTC).Format(time.DateTime)
	}
	return fmt.Sprintf([]string{"w%d", "W%d", "w%d ", "é%d"}[n%4], n)
}
