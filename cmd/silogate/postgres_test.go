//go:build integration

package main

import (
	"testing"

	"github.com/silogate/silogate/internal/testserver"
)

// The server keeps a NULL in a column of a NOT NULL domain, and it is found wherever the query runs.
func TestNullsOfADomain(t *testing.T) {
	pg := testserver.Postgres(t)
	pg.Exec(t, "CREATE DOMAIN code AS int NOT NULL", "CREATE TABLE source (c code)", "CREATE TABLE kept (id int, c code)",
		"INSERT INTO kept VALUES (1, (SELECT c FROM source WHERE false)), (2, 2)")
	i := host(t, "sources:\n"+postgresSource("pg", pg))
	c := i.conn()
	for _, pushdown := range []string{"on", "off"} {
		if _, err := c.ExecContext(t.Context(), "SET silogate_pushdown = "+pushdown); err != nil {
			t.Fatal(err)
		}
		i.answers(c, "SELECT COUNT(*) FROM pg.kept WHERE c IS NULL", "1")
		i.answers(c, "SELECT COUNT(*) FROM pg.kept WHERE c IS NOT NULL", "1")
		i.answers(c, "SELECT COUNT(c) FROM pg.kept", "1")
		i.answers(c, "SELECT COUNT(*) FROM pg.kept WHERE 3 NOT IN (SELECT c FROM pg.kept)", "0")
	}
}
