package tpch

import (
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// WriteSQLite makes tables in a SQLite file, through the driver "sqlite", which the caller imports.
// With doubles, decimals are doubles.
func (d Data) WriteSQLite(ctx context.Context, file string, doubles bool, tables ...string) error {
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, table := range tables {
		if err := d.fillSQLite(ctx, db, table, doubles); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	return nil
}

func (d Data) fillSQLite(ctx context.Context, db *sql.DB, table string, doubles bool) error {
	f, err := d.csv(table)
	if err != nil {
		return err
	}
	defer f.Close()
	columns := Columns(table)
	definitions, marks := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		if doubles && strings.HasPrefix(c.Type, "decimal") {
			c.Type = "double"
		}
		definitions[i], marks[i] = c.Name+" "+c.Type, "?"
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	if _, err := tx.ExecContext(ctx, "CREATE TABLE "+table+" ("+strings.Join(definitions, ", ")+
		", PRIMARY KEY ("+primaryKeys[table]+"))"); err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO "+table+" VALUES ("+strings.Join(marks, ", ")+")")
	if err != nil {
		return err
	}
	defer insert.Close() //nolint:errcheck // it goes with the transaction
	values := make([]any, len(columns))
	for rows := csv.NewReader(f); ; {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return tx.Commit()
		}
		if err != nil {
			return err
		}
		for i, v := range row {
			values[i] = v
		}
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
}
