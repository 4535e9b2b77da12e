//go:build integration

package main

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/internal/testserver"
	"github.com/silogate/silogate/internal/tpch"
)

// TestTPCHRemote checks that over one Postgres server every query of TPC-H is one statement there and nothing here, and
// that its rows are those that come with all pushdown off.
func TestTPCHRemote(t *testing.T) {
	data, err := tpch.Generate("0.01")
	if err != nil {
		t.Fatal(err)
	}
	pg := testserver.Postgres(t)
	if err := data.LoadPostgres(t.Context(), pg.URL(), "public", false, tpch.Tables...); err != nil {
		t.Fatal(err)
	}
	db := serving(t, "sources:\n"+postgresSource("pg", pg), func(c *engine.Config) { c.Verify = true })
	on, off := session(t, db), session(t, db, "SET silogate_pushdown = OFF")
	for n := 1; n <= 22; n++ {
		t.Run(fmt.Sprintf("q%d", n), func(t *testing.T) {
			text, err := tpch.Query(n)
			if err != nil {
				t.Fatal(err)
			}
			query := tpch.Qualify(text, func(string) string { return "pg" })
			if plan := linesOf(t, on, "EXPLAIN "+query); len(plan) != 2 || !strings.HasPrefix(plan[0], "-> Remote pg ") || !strings.HasPrefix(plan[1], "    exact: ") {
				t.Errorf("not one statement:\n%s", strings.Join(plan, "\n"))
			}
			// The order is compared by TestTPCH: ties have none.
			got, want := linesOf(t, on, query), linesOf(t, off, query)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// linesOf returns the rows of a query, each as a line.
func linesOf(t *testing.T, conn *sql.Conn, query string) []string {
	t.Helper()
	rows, err := queryTexts(t.Context(), conn, query)
	if err != nil {
		t.Fatal(err)
	}
	lines := make([]string, len(rows))
	for i, row := range rows {
		lines[i] = strings.Join(row, "\t")
	}
	return lines
}
