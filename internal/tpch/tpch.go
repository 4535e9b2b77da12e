// Package tpch gives tests and benchmarks the TPC-H data, its 22 queries in MySQL's dialect and DuckDB's answers.
//
// The data is made by scripts/tpch.py into the test cache, once per scale factor. TPC-H is a benchmark of the
// Transaction Processing Performance Council; the queries follow its specification, version 3, with the validation
// parameters, and the generator is the independent reimplementation tpchgen.
package tpch

import (
	"context"
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/silogate/silogate/internal/testserver"
)

// Tables are the names of the eight tables, small ones first.
var Tables = []string{"region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem"}

//go:embed queries
var queries embed.FS

// Query returns query n, 1 to 22.
func Query(n int) (string, error) {
	text, err := queries.ReadFile(fmt.Sprintf("queries/q%02d.sql", n))
	return strings.TrimSpace(string(text)), err
}

// inFrom finds a table's name in a FROM list: it follows FROM, JOIN or a comma.
var inFrom = regexp.MustCompile(`(?i)(\bfrom|\bjoin|,)(\s+)(` + strings.Join(Tables, "|") + `)\b`)

// Qualify writes database(table).table for each table of a query's FROM lists.
func Qualify(query string, database func(table string) string) string {
	return inFrom.ReplaceAllStringFunc(query, func(match string) string {
		at := strings.LastIndexAny(match, " \n") + 1
		return match[:at] + database(match[at:]) + "." + match[at:]
	})
}

// Data is the generated data of one scale factor.
type Data struct{ dir string }

// Generate returns the data of a scale factor such as "0.1", making it first where the cache lacks it.
func Generate(scale string) (Data, error) {
	cache, err := testserver.CacheDir()
	if err != nil {
		return Data{}, err
	}
	dir := filepath.Join(cache, "tpch-"+scale)
	if _, err := os.Stat(dir); err == nil {
		return Data{dir}, nil
	}
	root, err := moduleRoot()
	if err != nil {
		return Data{}, err
	}
	script := filepath.Join(root, "scripts", "tpch.py")
	python := filepath.Join(cache, "venv", "bin", "python")
	if out, err := exec.Command(python, script, scale, dir).CombinedOutput(); err != nil {
		return Data{}, fmt.Errorf("make TPC-H data (is it installed? make deps): %w\n%s", err, out)
	}
	return Data{dir}, nil
}

// moduleRoot finds the repository above the working directory, which for a test is its package.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("not inside the repository")
		}
		dir = parent
	}
}

// Parquet returns the path of a table's Parquet file.
func (d Data) Parquet(table string) string { return filepath.Join(d.dir, "parquet", table+".parquet") }

// Dir returns the folder of all Parquet files, TABLE.parquet each.
func (d Data) Dir() string { return filepath.Join(d.dir, "parquet") }

// Answer returns DuckDB's rows for query n, as text; NULL is the empty string.
func (d Data) Answer(n int) ([][]string, error) {
	f, err := os.Open(filepath.Join(d.dir, "answers", fmt.Sprintf("q%02d.csv", n)))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	return rows[1:], nil
}

// columns of each table: name and SQL type as the specification has them (section 1.4).
var columns = map[string]string{
	"region": `r_regionkey integer, r_name char(25), r_comment varchar(152)`,
	"nation": `n_nationkey integer, n_name char(25), n_regionkey integer, n_comment varchar(152)`,
	"supplier": `s_suppkey integer, s_name char(25), s_address varchar(40), s_nationkey integer, s_phone char(15),
		s_acctbal decimal(15,2), s_comment varchar(101)`,
	"customer": `c_custkey integer, c_name varchar(25), c_address varchar(40), c_nationkey integer, c_phone char(15),
		c_acctbal decimal(15,2), c_mktsegment char(10), c_comment varchar(117)`,
	"part": `p_partkey integer, p_name varchar(55), p_mfgr char(25), p_brand char(10), p_type varchar(25), p_size integer,
		p_container char(10), p_retailprice decimal(15,2), p_comment varchar(23)`,
	"partsupp": `ps_partkey integer, ps_suppkey integer, ps_availqty integer, ps_supplycost decimal(15,2),
		ps_comment varchar(199)`,
	"orders": `o_orderkey bigint, o_custkey integer, o_orderstatus char(1), o_totalprice decimal(15,2), o_orderdate date,
		o_orderpriority char(15), o_clerk char(15), o_shippriority integer, o_comment varchar(79)`,
	"lineitem": `l_orderkey bigint, l_partkey integer, l_suppkey integer, l_linenumber integer, l_quantity decimal(15,2),
		l_extendedprice decimal(15,2), l_discount decimal(15,2), l_tax decimal(15,2), l_returnflag char(1),
		l_linestatus char(1), l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct char(25),
		l_shipmode char(10), l_comment varchar(44)`,
}

var primaryKeys = map[string]string{
	"region": "r_regionkey", "nation": "n_nationkey", "supplier": "s_suppkey", "customer": "c_custkey",
	"part": "p_partkey", "partsupp": "ps_partkey, ps_suppkey", "orders": "o_orderkey", "lineitem": "l_orderkey, l_linenumber",
}

// LoadPostgres creates the tables in a schema (made if needed) with primary keys, an index on o_custkey and fresh
// statistics. With varchar every CHAR(n) column is a VARCHAR(n).
func (d Data) LoadPostgres(ctx context.Context, url, schema string, varchar bool, tables ...string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+schema); err != nil {
		return err
	}
	for _, table := range tables {
		if err := d.loadTable(ctx, conn, schema, table, varchar); err != nil {
			return fmt.Errorf("load %s.%s: %w", schema, table, err)
		}
	}
	return nil
}

func (d Data) loadTable(ctx context.Context, conn *pgx.Conn, schema, table string, varchar bool) error {
	f, err := os.Open(filepath.Join(d.dir, "csv", table+".csv"))
	if err != nil {
		return err
	}
	defer f.Close()
	definition := columns[table]
	if varchar {
		definition = strings.ReplaceAll(strings.ReplaceAll(definition, " varchar(", " char("), " char(", " varchar(")
	}
	name := schema + "." + table
	if _, err := conn.Exec(ctx, "CREATE TABLE "+name+" ("+definition+")"); err != nil {
		return err
	}
	if _, err := conn.PgConn().CopyFrom(ctx, f, "COPY "+name+" FROM STDIN (FORMAT csv)"); err != nil {
		return err
	}
	statements := []string{"ALTER TABLE " + name + " ADD PRIMARY KEY (" + primaryKeys[table] + ")"}
	if table == "orders" {
		statements = append(statements, "CREATE INDEX ON "+name+" (o_custkey)")
	}
	for _, s := range append(statements, "VACUUM ANALYZE "+name) {
		if _, err := conn.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
