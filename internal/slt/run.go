package slt

import (
	"context"
	"crypto/md5"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// Run executes a record on a connection and returns nil or what differs.
func Run(ctx context.Context, conn *sql.Conn, r Record) error {
	rows, err := execute(ctx, conn, r)
	if r.Error {
		return checkError(r, err)
	}
	if err != nil {
		return err
	}
	if !r.Query {
		return nil
	}
	got := flatten(r, rows)
	if len(r.Expected) == 1 && strings.Contains(r.Expected[0], " values hashing to ") {
		if digest := hashed(got); digest != r.Expected[0] {
			return fmt.Errorf("got %s, want %s", digest, r.Expected[0])
		}
		return nil
	}
	want := expected(r)
	if !slices.Equal(got, want) {
		return fmt.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	return nil
}

func checkError(r Record, err error) error {
	if err == nil {
		return errors.New("succeeded, want an error")
	}
	if r.Errno == 0 {
		return nil
	}
	var e *mysql.MySQLError
	if !errors.As(err, &e) || e.Number != r.Errno {
		return fmt.Errorf("got %w, want errno %d", err, r.Errno)
	}
	return nil
}

// execute returns the rows as text; an invalid string is NULL.
func execute(ctx context.Context, conn *sql.Conn, r Record) (out [][]sql.NullString, err error) {
	if !r.Query {
		_, err := conn.ExecContext(ctx, r.SQL)
		return nil, err
	}
	rows, err := conn.QueryContext(ctx, r.SQL)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	if !r.Error && len(names) != len(r.Types) {
		return nil, fmt.Errorf("%d columns, want %d", len(names), len(r.Types))
	}
	for rows.Next() {
		row := make([]sql.NullString, len(names))
		targets := make([]any, len(row))
		for i := range row {
			targets[i] = &row[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

// flatten returns the values in comparison order, each as sqllogictest writes it.
func flatten(r Record, rows [][]sql.NullString) []string {
	if oneLine(r) {
		lines := make([]string, len(rows))
		for i, row := range rows {
			lines[i] = strings.Join(texts(r, row), "\t")
		}
		if r.Sort != NoSort {
			slices.Sort(lines)
		}
		return lines
	}
	formatted := make([][]string, len(rows))
	for i, row := range rows {
		formatted[i] = texts(r, row)
	}
	if r.Sort == RowSort {
		slices.SortFunc(formatted, slices.Compare[[]string])
	}
	values := slices.Concat(formatted...)
	if r.Sort == ValueSort {
		slices.Sort(values)
	}
	return values
}

// oneLine reports a record whose expected rows are written one a line.
func oneLine(r Record) bool {
	return len(r.Types) > 1 && strings.Trim(r.Types, "T") == "" &&
		slices.ContainsFunc(r.Expected, func(s string) bool { return strings.Contains(s, "\t") })
}

func expected(r Record) []string {
	want := slices.Clone(r.Expected)
	if oneLine(r) && r.Sort != NoSort {
		slices.Sort(want)
	}
	return want
}

func texts(r Record, row []sql.NullString) []string {
	out := make([]string, len(row))
	for i, v := range row {
		out[i] = format(r.Types[i], v)
	}
	return out
}

func format(kind byte, v sql.NullString) string {
	if !v.Valid {
		return "NULL"
	}
	number, err := strconv.ParseFloat(v.String, 64)
	switch {
	case kind == 'I' && err == nil:
		if n, err := strconv.ParseInt(v.String, 10, 64); err == nil {
			return strconv.FormatInt(n, 10)
		}
		return strconv.FormatInt(int64(number), 10)
	case kind == 'I':
		return "0"
	case kind == 'R' && err == nil:
		return strconv.FormatFloat(number, 'f', 3, 64)
	case v.String == "":
		return "(empty)"
	}
	return v.String
}

func hashed(values []string) string {
	digest := md5.New()
	for _, v := range values {
		_, _ = digest.Write([]byte(v + "\n")) // a hash never fails to write
	}
	return fmt.Sprintf("%d values hashing to %s", len(values), hex.EncodeToString(digest.Sum(nil)))
}
