package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"testing"
)

// describe returns the names and types of a query's columns.
func describe(ctx context.Context, db interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}, query string, args ...any) (columns []string, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	list, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		columns = append(columns, c.Name()+" "+c.DatabaseTypeName())
	}
	for rows.Next() {
		values := make([]sql.NullString, len(list))
		targets := make([]any, len(list))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		columns = append(columns, fmt.Sprint(values))
	}
	return columns, rows.Err()
}

// TestQueriesWithoutTables asks what clients ask as they connect, and for constants of every kind.
func TestQueriesWithoutTables(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	for _, q := range []struct {
		query string
		want  []string
	}{
		{"SELECT 1", []string{"1 BIGINT", "[{1 true}]"}},
		{"SELECT 1 = 1, TRUE", []string{"1 = 1 BIGINT", "TRUE BIGINT", "[{1 true} {1 true}]"}},
		{"SELECT 'abc' AS x, NULL", []string{"x VARCHAR", "NULL NULL", "[{abc true} { false}]"}},
		{"SELECT 1.50, 7 / 2, 18446744073709551615", []string{"1.50 DECIMAL", "7 / 2 DECIMAL", "18446744073709551615 UNSIGNED BIGINT", "[{1.50 true} {3.5000 true} {18446744073709551615 true}]"}},
		{"SELECT DATABASE(), VERSION()", []string{"DATABASE() VARCHAR", "VERSION() VARCHAR", "[{fake true} {" + version() + " true}]"}},
		{"SELECT USER()", []string{"USER() VARCHAR", "[{root@localhost true}]"}},
		{"SELECT @@autocommit AS a, @@session.transaction_isolation LIMIT 1", []string{"a TINYINT", "@@session.transaction_isolation VARCHAR", "[{1 true} {REPEATABLE-READ true}]"}},
	} {
		got, err := describe(t.Context(), c, q.query)
		if err != nil || !reflect.DeepEqual(got, q.want) {
			t.Errorf("%s: %q, %v; want %q", q.query, got, err, q.want)
		}
	}
	got, err := describe(t.Context(), c, "SELECT 2 > ? AS a, id < ? AS b FROM numbers LIMIT 1", 1, 1)
	if want := []string{"a BIGINT", "b BIGINT", "[{1 true} {0 true}]"}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("predicates of the binary protocol: %q, %v; want %q", got, err, want)
	}
	_, err = describe(t.Context(), c, "SELECT 9223372036854775807 + 1")
	wantErrno(t, "an overflow", err, 1690, "22003")
}

func TestParametersWithoutTables(t *testing.T) {
	g := start(t)
	db := g.open("")
	stmt, err := db.Prepare("SELECT ?, ? + 1, CONCAT('a', ?)")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close() //nolint:errcheck // the rows are in
	for i := range 2 {
		var text, joined string
		var sum int64
		if err := stmt.QueryRow("x", i, "b").Scan(&text, &sum, &joined); err != nil || text != "x" || sum != int64(i+1) || joined != "ab" {
			t.Errorf("%q, %d, %q, %v", text, sum, joined, err)
		}
	}
	var nothing, sum sql.NullString
	if err := stmt.QueryRow(nil, nil, nil).Scan(&nothing, &sum, &sql.NullString{}); err != nil || nothing.Valid || sum.Valid {
		t.Errorf("NULLs: %v, %v, %v", nothing, sum, err)
	}
	err = stmt.QueryRow("x", int64(9223372036854775807), "b").Scan(&nothing, &sum, &nothing)
	wantErrno(t, "an overflow of a parameter", err, 1690, "22003")
}

// TestFoundRows asks for the number of rows that a query gave, which GMS keeps for queries of its own.
func TestFoundRows(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	for _, query := range []string{"SELECT id FROM numbers LIMIT 3", "SELECT 1 UNION SELECT 2 UNION SELECT 3"} {
		if rows, err := texts(c, query); err != nil || len(rows) != 3 {
			t.Fatal(query, rows, err)
		}
		if rows, err := texts(c, "SELECT FOUND_ROWS(), ROW_COUNT()"); err != nil || rows[0][0] != "3" || rows[0][1] != "-1" {
			t.Errorf("after %s: %q, %v", query, rows, err)
		}
	}
}
