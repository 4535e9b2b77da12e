//go:build integration

package main

import (
	"fmt"
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
	for _, setting := range []string{"SET silogate_pushdown = ON", "SET silogate_pushdown = OFF"} {
		conn := session(t, db, setting)
		for _, file := range sltFiles(t, "iceberg/*.slt") {
			for _, r := range file.records {
				if err := slt.Run(t.Context(), conn, r); err != nil {
					t.Errorf("%s.slt:%d, %s: %s\n%v", file.name, r.Line, setting, r.SQL, err)
				}
			}
		}
	}
}
