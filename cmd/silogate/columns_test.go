//go:build integration

package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/engine/shape"
	"github.com/silogate/silogate/gateway/mysql/wire"
	"github.com/silogate/silogate/internal/mysqlraw"
	"github.com/silogate/silogate/internal/testserver"
)

// definedTable has columns of every type.
const definedTable = "CREATE TABLE t (idn INT NOT NULL AUTO_INCREMENT PRIMARY KEY, tiny TINYINT, tinyu TINYINT UNSIGNED, small SMALLINT, " +
	"smallu SMALLINT UNSIGNED, med MEDIUMINT, medu MEDIUMINT UNSIGNED, i INT, iu INT UNSIGNED, big BIGINT, bigu BIGINT UNSIGNED, " +
	"flt FLOAT, dbl DOUBLE, d10 DECIMAL(10), d10_5 DECIMAL(10,5), d65 DECIMAL(65,30), bit1 BIT, bit9 BIT(9), dat DATE, tim TIME, " +
	"tim3 TIME(3), dt DATETIME, dt6 DATETIME(6), ts TIMESTAMP NULL, " +
	"ts3 TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), yr YEAR, c1 CHAR, c10 CHAR(10), " +
	"v10 VARCHAR(10), v255 VARCHAR(255) NOT NULL, v10000 VARCHAR(10000), vbin VARCHAR(10) COLLATE utf8mb4_bin, b10 BINARY(10), " +
	"vb10 VARBINARY(10), tt TINYTEXT, tx TEXT, mt MEDIUMTEXT, lt LONGTEXT, tb TINYBLOB, bl BLOB, mb MEDIUMBLOB, lb LONGBLOB, " +
	"en ENUM('a','bcd'), st SET('x','yz'), js JSON, bo BOOLEAN, uq INT UNIQUE, mul INT NOT NULL, withdef INT NOT NULL DEFAULT 5, KEY (mul, i))"

// definition is what a server says of a column. Texts have the collation 0: which of its own a server names for a character set
// is not the client's choice.
func definition(c wire.Column) string {
	collation := c.Collation
	if collation != wire.BinaryCollation {
		collation = 0
	}
	return fmt.Sprintf("%d %d %d %d %d", c.Type, c.Length, c.Decimals, collation, c.Flags)
}

// names are those of a definition but for the column's own.
func names(c wire.Column) string {
	return fmt.Sprintf("%s.%s.%s.%s", c.Schema, c.Table, c.OrgTable, c.OrgName)
}

// asMySQL is a definition of MariaDB's as MySQL 8 has it, where the two differ everywhere. What functions make of integers is a
// BIGINT there; what is one of several values of a type has that, which ours tells.
func asMySQL(c, ours wire.Column) wire.Column {
	const mariaNotFixed = 39
	if c.Decimals == mariaNotFixed {
		c.Decimals = shape.NotFixed
	}
	if c.OrgName == "" && c.Type >= wire.TypeMediumBlob && c.Type <= wire.TypeVarString {
		c.Decimals = shape.NotFixed // MariaDB forgets it of some functions
	}
	if c.OrgName == "" && c.Type == wire.TypeLong && ours.Type == wire.TypeLongLong {
		c.Type = ours.Type
	}
	return c
}

// TestColumnDefinitions compares what the gateway and MariaDB say of columns.
func TestColumnDefinitions(t *testing.T) {
	maria := testserver.MariaDB(t)
	theirs := rawClient(t, maria.Host, maria.User, maria.Password, maria.Database)
	ours := rawClient(t, servingAt(t, ""), "root", "", "")
	run := func(c *mysqlraw.Client, statements ...string) {
		for _, s := range statements {
			if _, _, err := c.Query(s); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
		}
	}
	run(ours, "CREATE DATABASE m", "USE m")
	for _, c := range []*mysqlraw.Client{ours, theirs} {
		run(c, definedTable, "CREATE VIEW v AS SELECT i, i + 1 AS more FROM t")
	}
	for _, c := range definedColumns(t) {
		column := onlyColumn(t, ours, c.query)
		got, want := definition(column), c.want
		if c.whole {
			got += " " + names(column)
		}
		if want == "" {
			theirs := asMySQL(onlyColumn(t, theirs, c.query), column)
			theirs.Schema = strings.ReplaceAll(theirs.Schema, maria.Database, "m")
			got, want = definition(column)+" "+names(column), definition(theirs)+" "+names(theirs)
		}
		if got != want {
			t.Errorf("columns.txt:%d: %s\n got %s\nwant %s", c.line, c.query, got, want)
		}
		prepared, err := ours.Prepare(c.query)
		if err != nil {
			t.Fatalf("%s: %v", c.query, err)
		}
		executed, _, err := ours.Execute(prepared)
		if err != nil {
			t.Fatalf("%s: %v", c.query, err)
		}
		if executed[0] != column || prepared.Columns[0] != column {
			t.Errorf("%s\n      is %+v\nprepared %+v\nexecuted %+v", c.query, column, prepared.Columns[0], executed[0])
		}
	}
	given, err := ours.Prepare("SELECT v10, i + ? FROM t WHERE i = ? LIMIT ?")
	if err != nil {
		t.Fatal(err)
	}
	if len(given.Params) != 3 || given.Columns[0] != onlyColumn(t, ours, "SELECT v10 FROM t") || given.Columns[1].Type != wire.TypeLongLong {
		t.Errorf("with parameters: %+v", given)
	}
	listed, err := ours.FieldList("t")
	if err != nil {
		t.Fatal(err)
	}
	all, _, err := ours.Query("SELECT * FROM t")
	if err != nil || !slices.Equal(listed, all) {
		t.Errorf("COM_FIELD_LIST says\n%+v, SELECT\n%+v: %v", listed, all, err)
	}
}

// rawClient connects until the test ends.
func rawClient(t *testing.T, address, user, password, database string) *mysqlraw.Client {
	t.Helper()
	c, err := mysqlraw.Dial(t.Context(), address, user, password, database, 2*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// onlyColumn is what a server says of the one column of a query.
func onlyColumn(t *testing.T, c *mysqlraw.Client, query string) wire.Column {
	t.Helper()
	columns, _, err := c.Query(query)
	if err != nil || len(columns) != 1 {
		t.Fatalf("%s: %d columns: %v", query, len(columns), err)
	}
	return columns[0]
}

// definedColumn is a line of testdata/columns.txt.
type definedColumn struct {
	line  int
	query string
	want  string // of MySQL 8; "": what MariaDB says
	whole bool   // with names
}

func definedColumns(t *testing.T) []definedColumn {
	t.Helper()
	text, err := os.ReadFile("testdata/columns.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []definedColumn
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		item, expected, _ := strings.Cut(line, " => ")
		want, _, _ := strings.Cut(expected, ":")
		c := definedColumn{line: i + 1, query: "SELECT " + item + " FROM t", want: want}
		if strings.HasPrefix(item, "SELECT ") || strings.HasPrefix(item, "WITH ") {
			c.query, c.whole = item, true
		}
		all = append(all, c)
	}
	return all
}
