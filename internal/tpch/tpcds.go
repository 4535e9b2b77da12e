package tpch

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/silogate/silogate/internal/testserver"
)

// DS is the data of TPC-DS at one scale factor.
type DS struct {
	dir    string
	schema map[string][]Column
}

// GenerateDS returns the data of a scale factor such as "0.1", making it first where the cache lacks it.
func GenerateDS(scale string) (DS, error) {
	cache, err := testserver.CacheDir()
	if err != nil {
		return DS{}, err
	}
	version, err := scriptVersion("tpcds.py") // it also writes the queries
	if err != nil {
		return DS{}, err
	}
	d := DS{dir: filepath.Join(cache, "tpcds-"+scale+"-"+version)}
	if _, err := os.Stat(d.dir); err != nil {
		if err := script("tpcds.py", scale, d.dir); err != nil {
			return DS{}, err
		}
	}
	text, err := os.ReadFile(filepath.Join(d.dir, "schema.json"))
	if err != nil {
		return DS{}, err
	}
	return d, json.Unmarshal(text, &d.schema)
}

// Tables returns the names of the tables, in order.
func (d DS) Tables() []string {
	var names []string
	for name := range d.schema {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Queries returns the numbers of the queries.
func (d DS) Queries() ([]int, error) {
	files, err := filepath.Glob(filepath.Join(d.dir, "queries", "q*.sql"))
	numbers := make([]int, len(files))
	for i, f := range files {
		if _, err := fmt.Sscanf(filepath.Base(f), "q%d.sql", &numbers[i]); err != nil {
			return nil, err
		}
	}
	return numbers, err
}

var dsTable = regexp.MustCompile(`\{(\w+)\}`)

// Query returns a query whose tables are called name(table).
func (d DS) Query(n int, name func(table string) string) (string, error) {
	text, err := os.ReadFile(filepath.Join(d.dir, "queries", fmt.Sprintf("q%02d.sql", n)))
	return dsTable.ReplaceAllStringFunc(string(text), func(s string) string { return name(strings.Trim(s, "{}")) }), err
}

// Answer returns DuckDB's rows for a query without its LIMIT; NULL is the empty string.
func (d DS) Answer(n int) ([][]string, error) {
	f, err := os.Open(filepath.Join(d.dir, "answers", fmt.Sprintf("q%02d.csv", n)))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		for i, cell := range row {
			if cell == `\N` {
				row[i] = ""
			}
		}
	}
	return rows[1:], nil
}

// Parquet returns the path of a table's Parquet file.
func (d DS) Parquet(table string) string { return filepath.Join(d.dir, "parquet", table+".parquet") }

// LoadPostgres creates tables in the schema public.
func (d DS) LoadPostgres(ctx context.Context, url string, tables ...string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, table := range tables {
		if err := d.loadTable(ctx, conn, table); err != nil {
			return fmt.Errorf("load %s: %w", table, err)
		}
	}
	return nil
}

func (d DS) loadTable(ctx context.Context, conn *pgx.Conn, table string) error {
	f, err := os.Open(filepath.Join(d.dir, "csv", table+".csv"))
	if err != nil {
		return err
	}
	defer f.Close()
	t := PostgresTable{Columns: d.schema[table]}
	if _, err := conn.Exec(ctx, "CREATE TABLE "+table+" ("+t.definition()+")"); err != nil {
		return err
	}
	if _, err := conn.PgConn().CopyFrom(ctx, f, "COPY "+table+" FROM STDIN (FORMAT csv, NULL '\\N')"); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "ANALYZE "+table)
	return err
}
