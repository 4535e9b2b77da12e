package mysql

import (
	"io"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// TestLocalFiles loads a file of the client's into a table, which the server's administrator has to allow.
func TestLocalFiles(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE DATABASE loaded", "USE loaded", "CREATE TABLE t (a INT, b VARCHAR(10))")
	mysql.RegisterReaderHandler("rows", func() io.Reader { return strings.NewReader("1\tone\n2\t\\N\n") })
	defer mysql.DeregisterReaderHandler("rows")
	const load = "LOAD DATA LOCAL INFILE 'Reader::rows' INTO TABLE t"
	_, err := c.ExecContext(background, load)
	wantErrno(t, load, err, 3948, "42000")
	exec(t, c, "SET GLOBAL local_infile = ON")
	defer exec(t, c, "SET GLOBAL local_infile = OFF")
	result, err := c.ExecContext(background, load)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := result.RowsAffected(); n != 2 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	wantTable(t, c, "SELECT a, b, b IS NULL FROM t ORDER BY a", "1|one|0", "2|NULL|1")

	ann, _ := g.conn(g.account("ann", "GRANT SELECT ON loaded.t TO ann"))
	_, err = ann.ExecContext(background, strings.Replace(load, "TABLE t", "TABLE loaded.t", 1))
	wantErrno(t, "without INSERT", err, 1142, "42000")
	exec(t, c, "GRANT INSERT ON loaded.t TO ann")
	exec(t, ann, strings.Replace(load, "TABLE t", "TABLE loaded.t", 1))
	replacing := strings.Replace(load, "INTO TABLE t", "REPLACE INTO TABLE loaded.t", 1)
	_, err = ann.ExecContext(background, replacing)
	wantErrno(t, "REPLACE without DELETE", err, 1142, "42000")
	exec(t, c, "GRANT DELETE ON loaded.t TO ann")
	exec(t, ann, replacing)
}

// TestLoadedColumns loads files whose fields are columns, variables and what SET computes of both.
func TestLoadedColumns(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE DATABASE loaded", "USE loaded", "SET GLOBAL local_infile = ON")
	defer exec(t, c, "SET GLOBAL local_infile = OFF")
	defer mysql.DeregisterReaderHandler("rows")
	for _, load := range []struct {
		table, list, file string
		want              []string
	}{
		{"a INT, b INT NOT NULL", "(a) SET b = a + 1", "1\n2\n", []string{"1|2", "2|3"}},
		{"a INT, b INT NOT NULL", "(a, @x) SET b = @x + 1", "1\t5\n2\t6\n", []string{"1|6", "2|7"}},
		{"a INT, b DATETIME DEFAULT CURRENT_TIMESTAMP", "(a) SET b = '2020-01-01'", "1\n", []string{"1|2020-01-01 00:00:00"}},
		{"a INT, b INT", "(a, b) SET b = b * 2", "1\t5\n", []string{"1|10"}},
		{"a INT, b INT", "SET b = b * 2", "1\t5\n", []string{"1|10"}},
		{"a INT PRIMARY KEY, b INT", "(@a, @b) SET b = @b, a = @a", "1\t5\n2\t6\n", []string{"1|5", "2|6"}},
		{"a INT, b INT", "(b, @x, @y, a) SET b = @y", "1\t2\t3\t4\n", []string{"4|3"}},
		{"a INT, b INT DEFAULT 7", "(a) SET b = DEFAULT", "1\n", []string{"1|7"}},
		{"a INT DEFAULT 5, b INT DEFAULT 7", "(b) SET a = DEFAULT(b) + b", "1\n", []string{"8|1"}},
	} {
		mysql.RegisterReaderHandler("rows", func() io.Reader { return strings.NewReader(load.file) })
		for _, duplicates := range []string{"", "REPLACE ", "IGNORE "} {
			exec(t, c, "DROP TABLE IF EXISTS t", "CREATE TABLE t ("+load.table+")", "LOAD DATA LOCAL INFILE 'Reader::rows' "+duplicates+"INTO TABLE t "+load.list)
			wantTable(t, c, "SELECT * FROM t ORDER BY a", load.want...)
		}
	}
}

// TestShortLines warns of each column that a line has nothing for, and of no variable.
func TestShortLines(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE DATABASE loaded", "USE loaded", "SET GLOBAL local_infile = ON", "CREATE TABLE t (a INT, b INT, c INT)")
	defer exec(t, c, "SET GLOBAL local_infile = OFF")
	defer mysql.DeregisterReaderHandler("rows")
	mysql.RegisterReaderHandler("rows", func() io.Reader { return strings.NewReader("1\n2\t3\n4\t5\t6\n") })
	const one, two = "Warning|1261|Row 1 doesn't contain data for all columns", "Warning|1261|Row 2 doesn't contain data for all columns"
	for list, want := range map[string][]string{
		"(a, @b, @c) SET b = @b": nil, "(a, b, c)": {one, one, two}, "(a, @b, c)": {one, two}, "(a, c, @b)": {one},
	} {
		exec(t, c, "LOAD DATA LOCAL INFILE 'Reader::rows' INTO TABLE t "+list)
		wantTable(t, c, "SHOW WARNINGS", want...)
	}
	wantTable(t, c, "SELECT @b IS NULL, @c", "0|6")
}

// TestDeclaredTypes asks for what plans do not have of columns: MEDIUMINT, and that a variable's value is a text.
func TestDeclaredTypes(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE DATABASE declared", "CREATE TABLE declared.t (a MEDIUMINT, b MEDIUMINT UNSIGNED)", "INSERT INTO declared.t VALUES (-8388608, 16777215)")
	for query, want := range map[string]string{
		"SELECT a, b FROM declared.t":       "MEDIUMINT|UNSIGNED MEDIUMINT",
		"SELECT @@character_set_connection": "VARCHAR",
	} {
		rows, err := c.QueryContext(background, query)
		if err != nil {
			t.Fatal(err)
		}
		kinds, err := rows.ColumnTypes()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, k := range kinds {
			got = append(got, k.DatabaseTypeName())
		}
		if rows.Close(); strings.Join(got, "|") != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
	prepared, err := c.PrepareContext(background, "SELECT a, b FROM declared.t WHERE a < ?")
	if err != nil {
		t.Fatal(err)
	}
	defer prepared.Close()
	var a, b int
	if err := prepared.QueryRowContext(background, 0).Scan(&a, &b); err != nil || a != -8388608 || b != 16777215 {
		t.Errorf("%d, %d, %v", a, b, err)
	}
}
