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

// Tables that deltalake wrote answer through the wire.
func TestDelta(t *testing.T) {
	dir := testserver.DeltaTables(t, "../../connectors/delta/testdata/tables.py")
	db := serving(t, fmt.Sprintf(`
sources:
  lake: {type: delta, url: %[1]s}
  nested: {type: delta, url: %[1]s, layout: schema/table}
  single: {type: delta, url: %[1]s/orders}
`, dir))
	moment, err := os.ReadFile(filepath.Join(dir, "orders.moment"))
	if err != nil {
		t.Fatal(err)
	}
	written := strings.NewReplacer("<moment>", string(moment))
	for _, setting := range []string{"SET silogate_pushdown = ON", "SET silogate_pushdown = OFF"} {
		conn := session(t, db, setting)
		for _, file := range sltFiles(t, "delta/*.slt") {
			for _, r := range file.records {
				r.SQL = written.Replace(r.SQL)
				if err := slt.Run(t.Context(), conn, r); err != nil {
					t.Errorf("%s.slt:%d, %s: %s\n%v", file.name, r.Line, setting, r.SQL, err)
				}
			}
		}
	}
	documented(t, newTester(t, db, dir), "delta", strings.NewReplacer("2024-05-01 10:00:00", string(moment), "INTERVAL 1 DAY", "INTERVAL 0 DAY"))
}
