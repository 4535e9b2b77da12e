//go:build integration

package main

import (
	"testing"

	"github.com/silogate/silogate/internal/testserver"
)

// TestDocumentationWithServers tries the blocks that TestDocumentation leaves: the sources pg and my are real servers.
func TestDocumentationWithServers(t *testing.T) {
	pg, maria := testserver.Postgres(t), testserver.MariaDB(t)
	dir, sources := demoSilos(t)
	db := serving(t, sources+postgresSource("pg", pg)+mysqlSource("my", maria))
	tried := 0
	for _, page := range pages(t) {
		p := newTester(t, db, dir)
		for _, b := range blocks(t, page) {
			switch b.info {
			case "sql on-postgres":
				pg.Exec(t, b.text)
			case "sql on-mariadb":
				maria.Exec(t, b.text)
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
		t.Error("no page has a block for a server")
	}
	t.Logf("%d blocks tried", tried)
}
