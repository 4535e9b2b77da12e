//go:build integration

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	rational "math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/silogate/silogate/internal/testdb"
	"github.com/silogate/silogate/internal/testserver"
)

const (
	moment = "2006-01-02 15:04:05.999999"
	day    = "2006-01-02"
)

// business is what dashboards are made of: orders, most of them of customers, at moments of three years.
func business() []testdb.Table {
	customers := testdb.Table{Name: "customers", Columns: []testdb.Column{
		{Name: "id", Kind: testdb.Integer}, {Name: "name", Kind: testdb.Text}, {Name: "region", Kind: testdb.Text},
		{Name: "joined", Kind: testdb.Date}, {Name: "rating", Kind: testdb.Double}}}
	for i := range 12 {
		var region any = []string{"north", "south", "Süd"}[i%3]
		if i == 11 {
			region = nil
		}
		customers.Rows = append(customers.Rows, []any{strconv.Itoa(i + 1), "Customer " + string(rune('A'+i)), region,
			time.Date(2021, time.January, 1+37*i, 0, 0, 0, 0, time.UTC).Format(day), strconv.FormatFloat(float64(i)/4, 'f', -1, 64)})
	}
	orders := testdb.Table{Name: "orders", Columns: []testdb.Column{
		{Name: "id", Kind: testdb.Integer}, {Name: "customer_id", Kind: testdb.Integer}, {Name: "amount", Kind: testdb.Decimal, Precision: 12, Scale: 2},
		{Name: "quantity", Kind: testdb.Integer}, {Name: "status", Kind: testdb.Text}, {Name: "placed", Kind: testdb.Datetime},
		{Name: "shipped", Kind: testdb.Date}}}
	moments := []string{"2021-12-31 23:59:59.999999", "2022-01-01 00:00:00", "2023-01-01 00:00:00.000001", "2024-02-29 12:30:00", "2024-12-29 23:59:59",
		"2024-12-30 00:00:00", "2024-12-31 18:45:30.25", "2025-01-05 00:00:00"}
	for i := range 200 {
		placed := time.Date(2022, time.January, 3, 5, 7, 11, 0, time.UTC).Add(time.Duration(i) * (131*time.Hour + 29*time.Minute + 31*time.Second + 250*time.Millisecond))
		at := placed.Format(moment)
		if i < len(moments) {
			at = moments[i]
		}
		var customer, amount, shipped any = strconv.Itoa(i%13 + 1), fmt.Sprintf("%d.%02d", i*i%997, i*7%100), placed.AddDate(0, 0, i%9).Format(day)
		if i%17 == 0 {
			customer = nil
		}
		if i%19 == 0 {
			amount = nil
		}
		if i%7 == 0 {
			shipped = nil
		}
		orders.Rows = append(orders.Rows, []any{strconv.Itoa(i + 1), customer, amount, strconv.Itoa(i%5 + 1),
			[]string{"new", "paid", "sent", "back"}[i*i%4+i%2*(i%3)%3], at, shipped})
	}
	return []testdb.Table{customers, orders}
}

// businessSilos puts the orders into Postgres, as the source shop, and the customers into Parquet, as lake, and returns the configuration.
func businessSilos(t *testing.T) string {
	t.Helper()
	tables := business()
	pg := testserver.Postgres(t)
	pg.Exec(t, testdb.Postgres(tables[1:])...)
	dir := t.TempDir()
	if err := testdb.WriteParquet(dir, tables[:1]); err != nil {
		t.Fatal(err)
	}
	return "sources:\n" + postgresSource("shop", pg) + "  lake: {type: objectstore, url: " + dir + "}\n"
}

// silo is the name of a database of businessSilos where it qualifies a table.
var silo = regexp.MustCompile("`?\\b(?:shop|lake)\\b`?\\.")

// toolStatement is a statement of testdata/clients/tools.
type toolStatement struct {
	line int
	text string
	here bool // MariaDB is no oracle for it
	rows int  // that it is to have then; -1: some
}

// alone is the comment above a statement that is not for MariaDB: it shows what is there, and has as many rows, or some.
var alone = regexp.MustCompile(`^-- alone: (?:(\d+) )?rows?$`)

// toolStatements reads a file: statements end with a semicolon at the end of a line. Comments other than alone speak to readers.
func toolStatements(t *testing.T, path string) (list []toolStatement) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var s toolStatement
	for n, line := range strings.Split(string(text), "\n") {
		if m := alone.FindStringSubmatch(line); m != nil {
			s.here, s.rows = true, -1
			if m[1] != "" {
				if s.rows, err = strconv.Atoi(m[1]); err != nil {
					t.Fatalf("%s:%d: %v", path, n+1, err)
				}
			}
			continue
		}
		if line == "" || strings.HasPrefix(line, "-- ") && s.text == "" {
			continue
		}
		if s.text == "" {
			s.line = n + 1
		}
		s.text += line + "\n"
		if strings.HasSuffix(line, ";") {
			s.text = strings.TrimSuffix(s.text, ";\n")
			list, s = append(list, s), toolStatement{}
		}
	}
	if s.text != "" {
		t.Fatalf("%s:%d: the statement does not end", path, s.line)
	}
	return list
}

// toolAnswer is a statement's result, or its errno.
type toolAnswer struct {
	columns []string // names and kinds
	rows    []string
	errno   uint16
}

// askTool runs a statement. Rows are sorted unless it sorts them itself. Doubles have the digits that MariaDB shows of them, and moments no
// fraction that is zero: how many digits it has is compared by TestColumnDefinitions.
func askTool(ctx context.Context, conn *sql.Conn, text string) (a toolAnswer, err error) {
	rows, err := conn.QueryContext(ctx, text)
	if failure, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return toolAnswer{errno: failure.Number}, nil
	}
	if err != nil {
		return a, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return a, err
	}
	for _, c := range types {
		a.columns = append(a.columns, c.Name()+" "+kindOf(c.DatabaseTypeName()))
	}
	for rows.Next() {
		cells, into := make([]sql.NullString, len(types)), make([]any, len(types))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			return a, err
		}
		row := make([]string, len(cells))
		for i, c := range cells {
			row[i] = c.String
			switch number, err := strconv.ParseFloat(c.String, 64); {
			case !c.Valid:
				row[i] = "NULL"
			case err == nil && types[i].DatabaseTypeName() == "DOUBLE":
				row[i] = strconv.FormatFloat(number, 'g', 9, 64)
			default:
				row[i] = strings.TrimSuffix(c.String, ".000000")
			}
		}
		a.rows = append(a.rows, strings.Join(row, "|"))
	}
	if !sorts(text) {
		slices.Sort(a.rows)
	}
	return a, rows.Err()
}

// sorts reports an ORDER BY outside of all parentheses.
func sorts(text string) bool {
	depth := 0
	for i, c := range text {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth == 0 && strings.HasPrefix(text[i:], "ORDER BY"):
			return true
		}
	}
	return false
}

// differsFrom says what is first that is not the same, or nothing.
func (a toolAnswer) differsFrom(b toolAnswer) string {
	if !slices.Equal(a.columns, b.columns) {
		return fmt.Sprintf("columns %q, there %q", a.columns, b.columns)
	}
	if len(a.rows) != len(b.rows) {
		return fmt.Sprintf("%d rows, there %d", len(a.rows), len(b.rows))
	}
	for i := range a.rows {
		if a.rows[i] != b.rows[i] {
			return fmt.Sprintf("row %d of %d: %s, there %s", i+1, len(a.rows), a.rows[i], b.rows[i])
		}
	}
	return ""
}

// kindOf is what a tool makes of a column's type. MariaDB and MySQL differ in how wide a number or a text is.
func kindOf(databaseType string) string {
	switch {
	case strings.HasSuffix(databaseType, "INT"), databaseType == "YEAR", databaseType == "DECIMAL":
		return "exact"
	case strings.HasSuffix(databaseType, "TEXT"), strings.HasSuffix(databaseType, "CHAR"):
		return "text"
	}
	return databaseType
}

// tools are the programs whose statements testdata/clients/tools has.
var tools = []string{"dbeaver", "excel", "grafana", "handwritten", "looker", "metabase", "powerbi", "superset", "tableau"}

// TestToolStatements has the gateway and MariaDB answer what business tools send, over one table in Postgres and one in Parquet here.
func TestToolStatements(t *testing.T) {
	maria := testserver.MariaDB(t)
	maria.Exec(t, testdb.MariaDB(business())...)
	own, gateway := connect(t, maria.DSN()), serving(t, businessSilos(t))
	for _, tool := range tools {
		path := filepath.Join("../../testdata/clients/tools", tool+".sql")
		statements := toolStatements(t, path)
		for _, pushdown := range []string{"ON", "OFF"} {
			here := session(t, gateway, "SET silogate_pushdown = "+pushdown, "USE shop")
			there := session(t, own, "SET sql_mode = 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION,TIME_ROUND_FRACTIONAL'",
				"SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin")
			compared, asked := 0, 0
			for _, s := range statements {
				at := fmt.Sprintf("%s:%d, pushdown %s", path, s.line, pushdown)
				got, err := askTool(t.Context(), here, s.text)
				if err != nil || got.errno != 0 {
					t.Errorf("%s: errno %d, %v\n%s", at, got.errno, err, s.text)
					continue
				}
				if s.here {
					if asked++; s.rows < 0 && len(got.rows) == 0 || s.rows >= 0 && len(got.rows) != s.rows {
						t.Errorf("%s: %d rows, not %d\n%s", at, len(got.rows), s.rows, s.text)
					}
					continue
				}
				want, err := askTool(t.Context(), there, silo.ReplaceAllString(s.text, maria.Database+"."))
				if err != nil || want.errno != 0 {
					t.Errorf("%s: in MariaDB: errno %d, %v\n%s", at, want.errno, err, s.text)
					continue
				}
				if differs := got.differsFrom(want); differs != "" {
					t.Errorf("%s: %s\n%s", at, differs, s.text)
				}
				compared++
			}
			t.Logf("%s, pushdown %s: %d statements as MariaDB answers them, %d others", tool, pushdown, compared, asked)
		}
	}
}

// answers says of each statement how many rows it has and the sum of its exact numbers, as the programs of testdata/clients do; nothing of one
// whose rows are those of the moment.
func answers(ctx context.Context, conn *sql.Conn, statements []toolStatement) (list []string, err error) {
	for _, s := range statements {
		got, err := askTool(ctx, conn, s.text)
		if err != nil || got.errno != 0 {
			return nil, fmt.Errorf("%s: errno %d, %w", s.text, got.errno, err)
		}
		if s.here {
			list = append(list, "")
			continue
		}
		sum, scale := new(rational.Rat), 0
		for _, row := range got.rows {
			for c, cell := range strings.Split(row, "|") {
				if !strings.HasSuffix(got.columns[c], " exact") || cell == "NULL" {
					continue
				}
				number, ok := new(rational.Rat).SetString(cell)
				if !ok {
					return nil, fmt.Errorf("%s: a number %q", s.text, cell)
				}
				sum.Add(sum, number)
				if dot := strings.IndexByte(cell, '.'); dot >= 0 {
					scale = max(scale, len(cell)-dot-1)
				}
			}
		}
		text := sum.FloatString(scale)
		if scale > 0 {
			text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
		}
		list = append(list, fmt.Sprint(len(got.rows), " ", text))
	}
	return list, nil
}

// rowsAndSum is a line that the programs print for a statement; drivers print others.
var rowsAndSum = regexp.MustCompile(`(?m)^\d+ -?\d[.\d]*$`)

// TestToolDrivers runs the statements of tools through the drivers that they have, in the way that they use them.
func TestToolDrivers(t *testing.T) {
	if !nightly {
		t.Skip("the clients of other projects are a part of make nightly")
	}
	c := newClients(t, servingAt(t, businessSilos(t)))
	conn := session(t, connect(t, "root@tcp("+c.address+")/shop"), "ALTER USER root IDENTIFIED WITH mysql_native_password BY 'sesame'")
	host, port, err := net.SplitHostPort(c.address)
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"SILOGATE_HOST=" + host, "SILOGATE_PORT=" + port}
	java := func(tool, jars, url string) []string {
		return []string{"java", "-cp", filepath.Join(c.dir, jars, "*"), "Tools.java", tool, "jdbc:" + strings.Replace(url, "HOST", c.address, 1)}
	}
	t.Run("grafana on go-sql-driver", func(t *testing.T) {
		statements := toolStatements(t, filepath.Join(c.scripts, "tools/grafana.sql"))
		want, err := answers(t.Context(), conn, statements)
		if err != nil {
			t.Fatal(err)
		}
		its := session(t, connect(t, "root:sesame@tcp("+c.address+")/shop?collation=utf8mb4_unicode_ci&parseTime=true&loc=UTC&allowNativePasswords=true"))
		if got, err := answers(t.Context(), its, statements); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q, want %q: %v", got, want, err)
		}
		t.Logf("%d statements", len(want))
	})
	const metabase = "mysql://HOST/shop?permitMysqlScheme&zeroDateTimeBehavior=convertToNull&useUnicode=true&characterEncoding=UTF8&" +
		"characterSetResults=UTF8&useCompression=true&"
	python := []string{filepath.Join(c.dir, "venv/bin/python"), "tools.py"}
	for _, run := range []struct {
		tool, driver string
		command      []string
	}{
		{"dbeaver", "Connector/J", java("dbeaver", "jars", "mysql://HOST/shop")},
		{"looker", "Connector/J", java("looker", "jars", "mysql://HOST/shop?sslMode=REQUIRED&zeroDateTimeBehavior=CONVERT_TO_NULL&tinyInt1isBit=false")},
		{"looker", "MariaDB Connector/J", java("looker", "jars", "mariadb://HOST/shop?sslMode=trust&tinyInt1isBit=false")},
		{"metabase", "MariaDB Connector/J 2.7", java("metabase", "metabase", metabase+"useSSL=false")},
		{"metabase", "MariaDB Connector/J 2.7 over TLS", java("metabase", "metabase", metabase+"useSSL=true&trustServerCertificate=true")},
		{"tableau", "ODBC", python},
		{"excel", "ODBC", python},
		{"powerbi", "ODBC", python},
	} {
		t.Run(run.tool+" on "+run.driver, func(t *testing.T) {
			c.T = t
			statements := toolStatements(t, filepath.Join(c.scripts, "tools", run.tool+".sql"))
			var texts strings.Builder
			for _, s := range statements {
				texts.WriteString(s.text + ";\n")
			}
			path := filepath.Join(t.TempDir(), run.tool+".sql")
			if err := os.WriteFile(path, []byte(texts.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			want, err := answers(t.Context(), conn, statements)
			if err != nil {
				t.Fatal(err)
			}
			out, err := c.run(c.scripts, env, run.command[0], append(run.command[1:], path)...)
			got := rowsAndSum.FindAllString(out, -1)
			if err != nil || len(got) != len(want) {
				t.Fatalf("%d of %d statements: %v\n%s", len(got), len(want), err, out)
			}
			for i, s := range statements {
				if want[i] != "" && got[i] != want[i] {
					t.Errorf("%s: rows and sum %s, want %s", s.text, got[i], want[i])
				}
			}
			t.Logf("%d statements", len(got))
		})
	}
}
