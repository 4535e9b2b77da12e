//go:build integration

package iceberg

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/internal/testserver"
)

// catalogTables are those of two catalogs, as older programs make them, without a column that tells views from tables.
const catalogTables = `
CREATE TABLE iceberg_tables (catalog_name VARCHAR(255), table_namespace VARCHAR(255), table_name VARCHAR(255), metadata_location VARCHAR(1000), previous_metadata_location VARCHAR(1000));
CREATE TABLE iceberg_namespace_properties (catalog_name VARCHAR(255), namespace VARCHAR(255), property_key VARCHAR(255), property_value VARCHAR(1000));
INSERT INTO iceberg_tables VALUES ('one', 'shop', 'orders', '/data/orders/v1.metadata.json', NULL), ('one', 'shop', 'made', NULL, NULL), ('two', 'eu.shop', 'visits', '/data/visits/v1.metadata.json', NULL);
INSERT INTO iceberg_namespace_properties VALUES ('one', 'empty', 'exists', 'true'), ('two', 'void', 'exists', 'true');
`

// tablesOf lists a source's tables, with those of none for a namespace; or it says why it does not.
func tablesOf(t *testing.T, src connectors.Source) (string, error) {
	var out []string
	for _, namespaces := range []bool{true, false} {
		for l, err := range src.List(t.Context(), connectors.ListOptions{Namespaces: namespaces}) {
			if err != nil {
				return "", err
			}
			out = append(out, l.Name.Namespace+"/"+l.Name.Name)
		}
	}
	slices.Sort(out)
	return strings.Join(out, " "), nil
}

// Of several catalogs in one database one must be named.
func TestSeveralCatalogs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "catalog.db")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), catalogTables); err != nil {
		t.Fatal(err)
	}
	pg := testserver.Postgres(t)
	pg.Exec(t, catalogTables)
	for name, options := range map[string]connectors.Options{
		"sqlite":   {"catalog": "sqlite", "catalog_file": file},
		"postgres": {"catalog": "postgres", "catalog_url": pg.URL()},
	} {
		options["warehouse"] = "/data"
		if got, err := tablesOf(t, open(t, options)); !sqlerr.Is(err, sqlerr.BadOption) || !strings.Contains(err.Error(), "must name one of those that are in it: one, two") {
			t.Errorf("%s, without a name: %s, %v", name, got, err)
		}
		for catalog, want := range map[string]string{"one": "empty/ shop/ shop/orders", "two": "eu.shop/ eu.shop/visits void/", "three": ""} {
			options["catalog_name"] = catalog
			if got, err := tablesOf(t, open(t, options)); err != nil || got != want {
				t.Errorf("%s, %s: %s, %v; want %s", name, catalog, got, err, want)
			}
		}
	}
}

// What a server refuses, and one that does not answer, are errors with a code of their own that do not show the password.
func TestPostgresCatalogFails(t *testing.T) {
	pg := testserver.Postgres(t)
	for _, c := range []struct {
		host, password string
		want           sqlerr.Code
	}{
		{pg.Host, pg.Password, sqlerr.SourceError}, // there are no tables of a catalog
		{pg.Host, "hunter2", sqlerr.SourceAuth},
		{"127.0.0.1:1", "hunter2", sqlerr.SourceDown},
	} {
		options := connectors.Options{
			"warehouse": "/data", "catalog": "postgres", "catalog_password": c.password,
			"catalog_url": fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable", pg.User, c.host, pg.Database),
		}
		_, err := tablesOf(t, open(t, options))
		if !sqlerr.Is(err, c.want) || !strings.Contains(err.Error(), "source lake: catalog "+c.host+"/"+pg.Database) || strings.Contains(fmt.Sprintf("%+v", err), c.password) {
			t.Errorf("%v, want code %v", err, c.want)
		}
	}
}
