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

// icebergCatalogs make a catalog for tables in a folder: what pyiceberg, in JSON, and the source's options say of it.
var icebergCatalogs = map[string]func(t *testing.T, dir string) (properties, options string){
	"sqlite": func(_ *testing.T, dir string) (string, string) {
		return `{"type": "sql", "uri": "sqlite:///` + dir + `/catalog.db"}`, "catalog: sqlite, catalog_file: " + dir + "/catalog.db"
	},
	"postgres": func(t *testing.T, _ string) (string, string) {
		db := testserver.Postgres(t)
		uri := strings.Replace(db.URL(), "postgres://", "postgresql+psycopg2://", 1)
		options := fmt.Sprintf(`catalog: postgres, catalog_url: "postgres://%s@%s/%s?sslmode=disable", catalog_password: "%s"`, db.User, db.Host, db.Database, db.Password)
		return `{"type": "sql", "uri": "` + uri + `"}`, options
	},
	"glue": func(t *testing.T, _ string) (string, string) {
		url := testserver.AWS(t)
		return `{"type": "glue", "glue.endpoint": "` + url + `", "glue.region": "us-east-1", "glue.access-key-id": "key", "glue.secret-access-key": "secret"}`,
			`catalog: glue, catalog_url: "` + url + `", region: us-east-1, access_key: key, secret_key: secret`
	},
	"rest": func(t *testing.T, dir string) (string, string) {
		url := testserver.IcebergREST(t, dir)
		return `{"type": "rest", "uri": "` + url + `"}`, `catalog: rest, catalog_url: "` + url + `"`
	},
}

// Tables that pyiceberg wrote answer through the wire, found by their catalog and by their folders.
func TestIceberg(t *testing.T) {
	for name, catalog := range icebergCatalogs {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			properties, options := catalog(t, dir)
			testserver.IcebergTables(t, dir, "../../connectors/iceberg/testdata/tables.py", properties)
			readsIceberg(t, dir, options, name != "glue")
		})
	}
}

// readsIceberg tries all statements; levels says that namespaces may lie within others.
func readsIceberg(t *testing.T, dir, options string, levels bool) {
	db := serving(t, fmt.Sprintf(`
sources:
  lake: {type: iceberg, warehouse: %[1]s/warehouse, %[2]s}
  folder: {type: iceberg, warehouse: %[1]s/warehouse}
`, dir, options))
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
			if !levels && filepath.Base(file.name) == "levels" {
				continue
			}
			for _, r := range file.records {
				r.SQL = written.Replace(r.SQL)
				if err := slt.Run(t.Context(), conn, r); err != nil {
					t.Errorf("%s.slt:%d, %s: %s\n%v", file.name, r.Line, setting, r.SQL, err)
				}
			}
		}
	}
	documented(t, newTester(t, db, dir), "iceberg", strings.NewReplacer("orders", "history", "3821550127947089987", word("first_snapshot"),
		"2024-05-01 10:00:00", word("after_first"), "INTERVAL 1 DAY", "INTERVAL 0 DAY"))
}

// documented tries the statements of the page on a source of tables that scripts wrote, with other tables, versions and moments.
func documented(t *testing.T, p *tester, source string, others *strings.Replacer) {
	if _, err := p.conn.ExecContext(t.Context(), "SET time_zone = '+00:00'"); err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, b := range blocks(t, filepath.Join(repository, "docs/sources", source+".md")) {
		if b.info == "sql on-"+source {
			b.text = others.Replace(b.text)
			p.statements(t, b)
			tried++
		}
	}
	if tried == 0 {
		t.Error("the page has no statements")
	}
}
