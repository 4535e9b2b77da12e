//go:build integration

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/silogate/silogate/internal/slt"
	"github.com/silogate/silogate/internal/testserver"
)

// Tables that pyiceberg wrote answer through the wire, found by their catalog and by their folders.
func TestIceberg(t *testing.T) {
	dir := testserver.IcebergTables(t, "../../connectors/iceberg/testdata/tables.py")
	db := serving(t, fmt.Sprintf(`
sources:
  lake: {type: iceberg, warehouse: %[1]s/warehouse, catalog: sqlite, catalog_file: %[1]s/catalog.db}
  folder: {type: iceberg, warehouse: %[1]s/warehouse}
`, dir))
	word := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	written := strings.NewReplacer("<snapshot>", word("first_snapshot"), "<moment>", word("after_first"))
	for _, setting := range []string{"SET silogate_pushdown = ON", "SET silogate_pushdown = OFF"} {
		conn := session(t, db, setting)
		for _, file := range sltFiles(t, "iceberg/*.slt") {
			for _, r := range file.records {
				r.SQL = written.Replace(r.SQL)
				if err := slt.Run(t.Context(), conn, r); err != nil {
					t.Errorf("%s.slt:%d, %s: %s\n%v", file.name, r.Line, setting, r.SQL, err)
				}
			}
		}
	}
	documented(t, newTester(t, db, dir), strings.NewReplacer("orders", "history", "3821550127947089987", word("first_snapshot"),
		"2024-05-01 10:00:00", word("after_first"), "INTERVAL 1 DAY", "INTERVAL 0 DAY"))
}

// documented tries the statements of the page on Iceberg, of other tables, snapshots and moments.
func documented(t *testing.T, p *tester, others *strings.Replacer) {
	if _, err := p.conn.ExecContext(t.Context(), "SET time_zone = '+00:00'"); err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, b := range blocks(t, filepath.Join(repository, "docs/sources/iceberg.md")) {
		if b.info == "sql on-iceberg" {
			b.text = others.Replace(b.text)
			p.statements(t, b)
			tried++
		}
	}
	if tried == 0 {
		t.Error("the page has no statements")
	}
}
