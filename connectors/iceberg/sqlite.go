package iceberg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/apache/iceberg-go/table"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/silogate/silogate/engine/sqlerr"
)

// sqliteCatalog reads the tables of a SQL catalog, as pyiceberg, Java's JdbcCatalog and iceberg-go write them. It only reads: the
// client of iceberg-go creates and migrates them when it connects.
type sqliteCatalog struct {
	*source
	file string
	name string // of the catalog; "": the only one
}

func newSQLiteCatalog(s *source, file, name string, roots []string) (catalog, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	if err := allowed(file, roots); err != nil {
		return nil, err
	}
	return &sqliteCatalog{s, file, name}, nil
}

// query calls row for each row of a statement.
func (c *sqliteCatalog) query(ctx context.Context, row func(scan func(...any) error) error, statement string, args ...any) error {
	if _, err := os.Stat(c.file); err != nil {
		return sqlerr.Wrap(sqlerr.SourceDown, errors.Unwrap(err), "catalog %s", filepath.Base(c.file))
	}
	address := url.URL{Scheme: "file", Path: c.file, RawQuery: url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)"}}.Encode()}
	db, err := sql.Open("sqlite", address.String())
	if err != nil {
		return c.fail(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, statement, args...)
	if err != nil {
		return c.fail(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return c.fail(err)
		}
	}
	return c.fail(rows.Err())
}

func (c *sqliteCatalog) fail(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return sqlerr.Wrap(sqlerr.SourceError, err, "catalog %s", filepath.Base(c.file))
}

// ours is the condition on the name of the catalog: a file may hold several, of which then one must be named.
const ours = `catalog_name = CASE WHEN ?1 = '' THEN (SELECT CASE count(DISTINCT catalog_name) WHEN 1 THEN max(catalog_name) END
	FROM iceberg_tables) ELSE ?1 END`

func (c *sqliteCatalog) namespaces(ctx context.Context) ([]string, error) {
	return c.texts(ctx, `SELECT table_namespace FROM iceberg_tables WHERE `+ours+`
		UNION SELECT namespace FROM iceberg_namespace_properties WHERE ?1 IN ('', catalog_name)`, c.name)
}

func (c *sqliteCatalog) tables(ctx context.Context, namespace string) ([]string, error) {
	return c.texts(ctx, `SELECT table_name FROM iceberg_tables WHERE `+ours+` AND table_namespace = ?2 AND metadata_location IS NOT NULL
		AND `+notView, c.name, namespace)
}

// notView leaves out views, which newer catalogs keep beside the tables. Older ones lack the column: the name is a text to SQLite then.
const notView = `"iceberg_type" IS NOT 'VIEW'`

func (c *sqliteCatalog) texts(ctx context.Context, statement string, args ...any) ([]string, error) {
	var out []string
	err := c.query(ctx, func(scan func(...any) error) error {
		var s string
		err := scan(&s)
		out = append(out, s)
		return err
	}, statement, args...)
	return out, err
}

func (c *sqliteCatalog) load(ctx context.Context, namespace, name string) (table.Metadata, string, error) {
	found, err := c.texts(ctx, `SELECT metadata_location FROM iceberg_tables WHERE `+ours+` AND table_namespace = ?2 AND table_name = ?3
		AND metadata_location IS NOT NULL AND `+notView, c.name, namespace, name)
	if err != nil || len(found) == 0 {
		return nil, "", err
	}
	m, err := c.parse(ctx, found[0])
	return m, found[0], err
}

// allowed refuses a file that lies outside the directories that sources may read, links followed; nil roots allow any.
func allowed(file string, roots []string) error {
	if roots == nil {
		return nil
	}
	real := resolved(file)
	for _, root := range roots {
		absolute, err := filepath.Abs(root)
		if err != nil {
			continue
		}
		if rel, err := filepath.Rel(resolved(absolute), real); err == nil && filepath.IsLocal(rel) {
			return nil
		}
	}
	return fmt.Errorf("catalog_file is outside the directories that sources may read")
}

// resolved follows the links of a path, of which the last elements may not exist yet.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	dir := filepath.Dir(path)
	if dir == path {
		return path
	}
	return filepath.Join(resolved(dir), filepath.Base(path))
}
