package iceberg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/apache/iceberg-go/table"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// sqlCatalog reads the tables of a SQL catalog, as pyiceberg, Java's JdbcCatalog and iceberg-go write them. It only reads: the
// client of iceberg-go creates and migrates them when it connects.
type sqlCatalog struct {
	*source
	database
	name string // of the catalog; "": the only one
}

// database is where a SQL catalog keeps its tables.
type database interface {
	// open returns what statements run in; whoever has run one calls done.
	open() (db *sql.DB, done func(), err error)
	// String names the database in messages.
	String() string
	// code is that of an error of the driver.
	code(error) sqlerr.Code
	close() error
}

// rows returns the rows of a statement as texts by their columns, whose names are in lower case; what is NULL is missing.
func (c *sqlCatalog) rows(ctx context.Context, statement string, args ...any) (out []map[string]string, err error) {
	db, done, err := c.open()
	if err != nil {
		return nil, err
	}
	defer done()
	rows, err := db.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, c.failed(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, c.failed(err)
	}
	values, targets := make([]sql.NullString, len(names)), make([]any, len(names))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return nil, c.failed(err)
		}
		row := make(map[string]string)
		for i, v := range values {
			if v.Valid {
				row[strings.ToLower(names[i])] = v.String
			}
		}
		out = append(out, row)
	}
	return out, c.failed(rows.Err())
}

func (c *sqlCatalog) failed(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return sqlerr.Wrap(c.code(err), err, "catalog %s", c.database)
}

// which returns the name of the catalog: a database may hold several, of which then one must be named.
func (c *sqlCatalog) which(ctx context.Context) (string, error) {
	if c.name != "" {
		return c.name, nil
	}
	rows, err := c.rows(ctx, `SELECT catalog_name FROM iceberg_tables UNION SELECT catalog_name FROM iceberg_namespace_properties`)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	if len(rows) > 1 {
		var names []string
		for _, r := range rows {
			names = append(names, r["catalog_name"])
		}
		return "", sqlerr.New(sqlerr.BadOption, "catalog %s: option catalog_name must name one of those that are in it: %s", c.database, strings.Join(sorted(names), ", "))
	}
	return rows[0]["catalog_name"], nil
}

func (c *sqlCatalog) namespaces(ctx context.Context) ([]string, error) {
	name, err := c.which(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := c.rows(ctx, `SELECT catalog_name, table_namespace FROM iceberg_tables UNION SELECT catalog_name, namespace FROM iceberg_namespace_properties`)
	var out []string
	for _, r := range rows {
		if r["catalog_name"] == name {
			out = append(out, r["table_namespace"])
		}
	}
	return out, err
}

// found are the rows of a statement on iceberg_tables that are of the catalog's tables. Newer catalogs keep views beside them, by a
// column that older ones do not have.
func (c *sqlCatalog) found(ctx context.Context, statement string, args ...any) ([]map[string]string, error) {
	name, err := c.which(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := c.rows(ctx, statement, args...)
	return slices.DeleteFunc(rows, func(r map[string]string) bool {
		return r["catalog_name"] != name || r["iceberg_type"] == "VIEW" || r["metadata_location"] == ""
	}), err
}

func (c *sqlCatalog) tables(ctx context.Context, namespace string) ([]string, error) {
	rows, err := c.found(ctx, `SELECT * FROM iceberg_tables WHERE table_namespace = $1`, namespace)
	var out []string
	for _, r := range rows {
		out = append(out, r["table_name"])
	}
	return out, err
}

func (c *sqlCatalog) load(ctx context.Context, namespace, name string) (table.Metadata, string, error) {
	rows, err := c.found(ctx, `SELECT * FROM iceberg_tables WHERE table_namespace = $1 AND table_name = $2`, namespace, name)
	if err != nil || len(rows) == 0 {
		return nil, "", err
	}
	location := rows[0]["metadata_location"]
	m, err := c.parse(ctx, location)
	return m, location, err
}

// sqliteFile is a database in a file, which is opened for each statement: it may be replaced.
type sqliteFile string

func newSQLiteFile(file string, roots []string) (database, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	return sqliteFile(file), allowed(file, roots)
}

func (f sqliteFile) String() string { return filepath.Base(string(f)) }

func (f sqliteFile) code(error) sqlerr.Code { return sqlerr.SourceError }

func (f sqliteFile) close() error { return nil }

func (f sqliteFile) open() (*sql.DB, func(), error) {
	if _, err := os.Stat(string(f)); err != nil {
		return nil, nil, sqlerr.Wrap(sqlerr.SourceDown, errors.Unwrap(err), "catalog %s", f)
	}
	address := url.URL{Scheme: "file", Path: string(f), RawQuery: url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)"}}.Encode()}
	db, err := sql.Open("sqlite", address.String())
	if err != nil {
		return nil, nil, sqlerr.Wrap(sqlerr.SourceError, err, "catalog %s", f)
	}
	return db, func() { db.Close() }, nil
}

// postgresDatabase is a database of a Postgres server.
type postgresDatabase struct {
	*sql.DB
	name string
}

const (
	connectTimeout     = 10 * time.Second
	catalogConnections = 4
	catalogIdle        = time.Minute
)

// newPostgres reads the address of a database, postgres://user@host:port/database?sslmode=..., and nothing else: what the
// driver would take from files and the environment is the gateway's.
func newPostgres(address string, password connectors.Secret) (database, error) {
	const form = "catalog_url must be postgres://user@host:5432/database, perhaps with ?sslmode=..."
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.User.Username() == "" || u.Hostname() == "" || strings.Trim(u.Path, "/") == "" {
		return nil, errors.New(form)
	}
	for key := range u.Query() {
		if key != "sslmode" {
			return nil, errors.New(form)
		}
	}
	known := pgx.ParseConfigOptions{ParseConfigOptions: pgconn.ParseConfigOptions{
		ConnStringAllowedKeys: []string{"host", "port", "user", "password", "database", "sslmode"},
	}}
	config, err := pgx.ParseConfigWithOptions(address, known)
	if err != nil {
		return nil, errors.New(form)
	}
	if config.Password, _ = u.User.Password(); password != "" {
		config.Password = password.Reveal()
	}
	config.ConnectTimeout = connectTimeout
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // poolers of connections keep no statements
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(catalogConnections)
	db.SetConnMaxIdleTime(catalogIdle)
	return &postgresDatabase{db, net.JoinHostPort(config.Host, fmt.Sprint(config.Port)) + "/" + config.Database}, nil
}

func (p *postgresDatabase) String() string { return p.name }

func (p *postgresDatabase) open() (*sql.DB, func(), error) { return p.DB, func() {}, nil }

func (p *postgresDatabase) close() error { return p.Close() }

func (p *postgresDatabase) code(err error) sqlerr.Code {
	said, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case !ok:
		return sqlerr.SourceDown
	case strings.HasPrefix(said.Code, "28") || said.Code == "42501": // invalid authorization, insufficient privilege
		return sqlerr.SourceAuth
	}
	return sqlerr.SourceError
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
