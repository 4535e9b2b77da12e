package iceberg

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Options that are missing, malformed or of other catalogs and stores are refused by name, and no secret is in what is said.
func TestOptions(t *testing.T) {
	const postgres = "postgres://app:hunter2@127.0.0.1/catalog"
	for _, c := range []struct {
		options connectors.Options
		want    string // "": it opens
	}{
		{connectors.Options{"warehouse": "/data"}, ""},
		{connectors.Options{"warehouse": "gs://data/lake", "anonymous": "true"}, ""},
		{connectors.Options{"warehouse": "/data", "catalog": "postgres", "catalog_url": postgres + "?sslmode=disable"}, ""},
		{connectors.Options{"warehouse": "/data", "catalog": "rest", "catalog_url": "https://c.example.com", "credential": "id:hunter2"}, ""},
		{connectors.Options{"warehouse": "s3://data", "catalog": "glue", "region": "eu-central-1", "catalog_id": "123456789012", "access_key": "k", "secret_key": "hunter2"}, ""},
		{connectors.Options{"warehouse": "/data", "catalog": "glue", "access_key": "k", "secret_key": "hunter2"}, ""},
		{connectors.Options{"warehouse": "/data", "catalog": "glue", "secret_key": "hunter2"}, "access_key and secret_key belong together"},
		{connectors.Options{"warehouse": "gs://data", "catalog": "glue"}, "catalog: glue is not for warehouses in gs://"},
		{connectors.Options{"warehouse": "s3://data", "catalog": "glue", "catalog_url": "https://hunter2@x"}, "catalog_url must be http://host[:port]"},
		{connectors.Options{"warehouse": "/data", "catalog_url": "http://x"}, "option catalog_url is for catalog: glue, postgres, rest only"},
		{connectors.Options{}, "option warehouse is missing"},
		{connectors.Options{"warehouse": "https://example.com/lake"}, "warehouse must be s3://bucket/prefix"},
		{connectors.Options{"warehouse": "/data", "catalog": "hive2"}, "catalog must be one of folder, "},
		{connectors.Options{"warehouse": "/data", "token": "hunter2"}, "option token is for catalog: rest only"},
		{connectors.Options{"warehouse": "/data", "secret_key": "hunter2"}, "option secret_key is for s3://, gs:// only"},
		{connectors.Options{"warehouse": "/data", "warehose": "hunter2"}, "unknown option warehose (known: warehouse, catalog, admission)"},
		{connectors.Options{"warehouse": "s3://data", "access_key": "hunter2"}, "access_key and secret_key belong together"},
		{connectors.Options{"warehouse": "/data", "admission": "0"}, "admission must be a number of statements, at least 1"},
		{connectors.Options{"warehouse": "/data", "catalog": "sqlite"}, "option catalog_file is missing"},
		{connectors.Options{"warehouse": "/data", "catalog": "rest"}, "option catalog_url is missing"},
		{connectors.Options{"warehouse": "/data", "catalog": "rest", "catalog_url": "ftp://x"}, "catalog_url must be http://host[:port]/path"},
		{connectors.Options{"warehouse": "/data", "catalog": "rest", "catalog_url": "https://c.example.com", "credential": "id:hunter2", "token": "x"}, "token and credential exclude each other"},
		{connectors.Options{"warehouse": "/data", "catalog": "postgres"}, "catalog_url must be postgres://user@host:5432/database"},
		{connectors.Options{"warehouse": "/data", "catalog": "postgres", "catalog_url": postgres + "?passfile=/etc/passwd"}, "catalog_url must be postgres://"},
		{connectors.Options{"warehouse": "/data", "catalog": "postgres", "catalog_url": postgres + "?host=/run/postgresql"}, "catalog_url must be postgres://"},
		{connectors.Options{"warehouse": "/data", "catalog": "postgres", "catalog_url": postgres + "?sslmode=hunter2"}, "catalog_url must be postgres://"},
		{connectors.Options{"warehouse": "/data", "catalog": "postgres", "catalog_url": "postgres://127.0.0.1/catalog"}, "catalog_url must be postgres://"},
	} {
		opened, err := Open(context.Background(), connectors.Config{Name: "lake", Options: c.options, Log: slog.New(slog.DiscardHandler)})
		if err == nil {
			opened.Close()
		}
		if c.want == "" {
			if err != nil {
				t.Errorf("%v: %v", c.options, err)
			}
			continue
		}
		if !sqlerr.Is(err, sqlerr.BadOption) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "source lake") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v: %v, want %s", c.options, err, c.want)
		}
	}
}
