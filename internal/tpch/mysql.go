package tpch

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// LoadMySQL creates the tables in a MySQL or MariaDB database, with primary keys, an index on o_custkey and fresh statistics.
func (d Data) LoadMySQL(ctx context.Context, dsn string, tables ...string) error {
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, table := range tables {
		if err := d.loadMySQL(ctx, db, table); err != nil {
			return fmt.Errorf("load %s: %w", table, err)
		}
	}
	return nil
}

func (d Data) loadMySQL(ctx context.Context, db *sql.DB, table string) error {
	f, err := d.csv(table)
	if err != nil {
		return err
	}
	defer f.Close()
	var definitions []string
	for _, c := range Columns(table) {
		definitions = append(definitions, c.Name+" "+c.Type)
	}
	definitions = append(definitions, "PRIMARY KEY ("+primaryKeys[table]+")")
	if table == "orders" {
		definitions = append(definitions, "KEY (o_custkey)")
	}
	handler := "tpch." + table
	mysql.RegisterReaderHandler(handler, func() io.Reader { return f })
	defer mysql.DeregisterReaderHandler(handler)
	for _, statement := range []string{
		"CREATE TABLE " + table + " (" + strings.Join(definitions, ", ") + ") CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
		"LOAD DATA LOCAL INFILE 'Reader::" + handler + "' INTO TABLE " + table + " CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' ESCAPED BY ''",
		"ANALYZE TABLE " + table,
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
