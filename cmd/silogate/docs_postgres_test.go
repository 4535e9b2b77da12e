//go:build integration

package main

import (
	"testing"

	"github.com/silogate/silogate/internal/testserver"
)

// TestDocumentationWithPostgres tries the blocks that TestDocumentation leaves: the source pg is a real server.
func TestDocumentationWithPostgres(t *testing.T) {
	pg := testserver.Postgres(t)
	dir, sources := demoSilos(t)
	db := serving(t, sources+postgresSource("pg", pg))
	tried := 0
	for _, page := range pages(t) {
		p := newTester(t, db, dir)
		for _, b := range blocks(t, page) {
			switch b.info {
			case "sql on-postgres":
				pg.Exec(t, b.text)
			case "sql integration":
				p.statements(t, b)
			default:
				continue
			}
			tried++
		}
		p.rewrite(t, page)
	}
	if tried == 0 {
		t.Error("no page has a block for Postgres")
	}
	t.Logf("%d blocks tried", tried)
}
