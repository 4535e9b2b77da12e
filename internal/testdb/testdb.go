// Package testdb holds small tables of awkward values and creates them, equal, in MariaDB, Postgres, SQLite and Parquet.
//
// Equal means: the gateway shows the same columns and rows whichever silo it reads. Text is compared bytewise and
// without padding everywhere, which is what the gateway promises for sources without MySQL's collations. Values stay
// inside what every silo stores exactly: decimals of at most 15 digits (SQLite keeps them as doubles), doubles that are
// sums of a few powers of two, so that no order of adding them shows.
package testdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// Kind is the type of a column.
type Kind uint8

// The kinds.
const (
	Integer  Kind = iota // BIGINT
	Decimal              // DECIMAL(Precision, Scale)
	Double               // DOUBLE
	Text                 // VARCHAR, TEXT
	Date                 // DATE
	Datetime             // DATETIME(6)
)

// Column describes a column; all may hold NULL.
type Column struct {
	Name             string
	Kind             Kind
	Precision, Scale int32 // of a Decimal
}

// Table is a table with its rows: values as text, NULL as nil.
type Table struct {
	Name    string
	Columns []Column
	Rows    [][]any
}

// dialect is what differs between the silos that take SQL.
type dialect struct {
	types     [6]string
	suffix    string // of CREATE TABLE
	backslash bool   // escapes in literals
}

var (
	mariadb = dialect{types: [6]string{"BIGINT", "DECIMAL", "DOUBLE", "VARCHAR(80)", "DATE", "DATETIME(6)"},
		suffix: " CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin", backslash: true}
	postgres = dialect{types: [6]string{"BIGINT", "DECIMAL", "DOUBLE PRECISION", "TEXT", "DATE", "TIMESTAMP(6)"}}
	sqlite   = dialect{types: [6]string{"BIGINT", "DECIMAL", "DOUBLE", "TEXT", "DATE", "DATETIME"}}
)

// MariaDB returns the statements that create and fill the tables in MariaDB.
func MariaDB(tables []Table) []string { return mariadb.statements(tables) }

// Postgres returns the statements that create and fill the tables in Postgres.
func Postgres(tables []Table) []string { return postgres.statements(tables) }

func (d dialect) statements(tables []Table) []string {
	var out []string
	for _, t := range tables {
		columns := make([]string, len(t.Columns))
		for i, c := range t.Columns {
			columns[i] = c.Name + " " + d.types[c.Kind]
			if c.Kind == Decimal {
				columns[i] += fmt.Sprintf("(%d,%d)", c.Precision, c.Scale)
			}
		}
		out = append(out, "CREATE TABLE "+t.Name+" ("+strings.Join(columns, ", ")+")"+d.suffix)
		if len(t.Rows) == 0 {
			continue
		}
		rows := make([]string, len(t.Rows))
		for i, row := range t.Rows {
			cells := make([]string, len(row))
			for j, v := range row {
				cells[j] = d.literal(v)
			}
			rows[i] = "(" + strings.Join(cells, ", ") + ")"
		}
		out = append(out, "INSERT INTO "+t.Name+" VALUES "+strings.Join(rows, ", "))
	}
	return out
}

func (d dialect) literal(v any) string {
	if v == nil {
		return "NULL"
	}
	s := strings.ReplaceAll(fmt.Sprint(v), "'", "''")
	if d.backslash {
		s = strings.ReplaceAll(s, `\`, `\\`)
	}
	return "'" + s + "'"
}

// WriteSQLite makes a database file with the tables. The caller links the driver "sqlite".
func WriteSQLite(ctx context.Context, path string, tables []Table) (err error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, s := range sqlite.statements(tables) {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// WriteParquet makes a file dir/NAME.parquet for each table, with several row groups.
func WriteParquet(dir string, tables []Table) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, t := range tables {
		if err := t.writeParquet(filepath.Join(dir, t.Name+".parquet")); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	return nil
}

// rowGroup is small, so that a small table still has several row groups to prune.
const rowGroup = 5

func (t Table) writeParquet(path string) (err error) {
	fields := make([]arrow.Field, len(t.Columns))
	for i, c := range t.Columns {
		fields[i] = arrow.Field{Name: c.Name, Type: c.arrow(), Nullable: true}
	}
	builder := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer builder.Release()
	for _, row := range t.Rows {
		for i, v := range row {
			if err := t.Columns[i].append(builder.Field(i), v); err != nil {
				return err
			}
		}
	}
	record := builder.NewRecordBatch()
	defer record.Release()
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	writer, err := pqarrow.NewFileWriter(record.Schema(), file, parquet.NewWriterProperties(
		parquet.WithMaxRowGroupLength(rowGroup), parquet.WithStats(true)), pqarrow.DefaultWriterProps())
	if err != nil {
		return errors.Join(err, file.Close())
	}
	for at := int64(0); at < record.NumRows() || at == 0; at += rowGroup {
		part := record.NewSlice(at, min(at+rowGroup, record.NumRows()))
		err := writer.Write(part)
		part.Release()
		if err != nil {
			return errors.Join(err, writer.Close())
		}
	}
	return writer.Close()
}

func (c Column) arrow() arrow.DataType {
	switch c.Kind {
	case Integer:
		return arrow.PrimitiveTypes.Int64
	case Decimal:
		return &arrow.Decimal128Type{Precision: c.Precision, Scale: c.Scale}
	case Double:
		return arrow.PrimitiveTypes.Float64
	case Date:
		return arrow.FixedWidthTypes.Date32
	case Datetime:
		return &arrow.TimestampType{Unit: arrow.Microsecond}
	default:
		return arrow.BinaryTypes.String
	}
}

func (c Column) append(b array.Builder, v any) error {
	if v == nil {
		b.AppendNull()
		return nil
	}
	if c.Kind == Decimal {
		n, err := decimal128.FromString(v.(string), c.Precision, c.Scale)
		if err != nil {
			return err
		}
		b.(*array.Decimal128Builder).Append(n)
		return nil
	}
	return b.AppendValueFromString(v.(string))
}
