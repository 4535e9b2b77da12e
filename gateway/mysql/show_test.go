package mysql

import (
	"database/sql"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestShowColumns filters the columns of a federated table in the ways that tools do.
func TestShowColumns(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	for query, want := range map[string]string{
		"SHOW COLUMNS FROM numbers LIKE 'i%'":                "id",
		"SHOW COLUMNS FROM numbers LIKE 'ID'":                "id",
		"SHOW FULL COLUMNS FROM numbers WHERE Field = 'pad'": "pad",
		"SHOW FIELDS FROM numbers IN fake LIKE '%'":          "id pad",
		"SHOW COLUMNS FROM fake.numbers WHERE `Null` = 'NO'": "id pad",
		"SHOW COLUMNS FROM numbers WHERE Type LIKE 'var%'":   "pad",
		"SHOW COLUMNS FROM numbers LIKE 'nope'":              "",
		"DESCRIBE numbers":                                   "id pad",
		"DESCRIBE numbers id":                                "id",
		"desc fake.numbers `pad`":                            "pad",
		"EXPLAIN numbers 'p%'":                               "pad",
		"SHOW TABLES LIKE 'n%'":                              "numbers",
		"SHOW FULL TABLES WHERE Tables_in_fake LIKE 'h%'":    "hangs",
		"SHOW TABLE STATUS WHERE Name = 'kinds'":             "kinds",
		"SELECT column_name FROM information_schema.columns WHERE table_schema = 'fake' AND table_name = 'numbers'": "id pad",
	} {
		rows, err := texts(c, query)
		var got []string
		for _, row := range rows {
			got = append(got, row[0])
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %v, %v; want %s", query, got, err, want)
		}
	}
	for _, explain := range []string{"EXPLAIN SELECT id FROM numbers", "DESCRIBE SELECT 1 FROM numbers", "EXPLAIN SELECT id FROM numbers WHERE id = 1"} {
		if rows, err := texts(c, explain); err != nil || len(rows) == 0 || strings.Contains(rows[0][0], "id") && len(rows[0]) > 1 {
			t.Errorf("%s: %q, %v", explain, rows, err)
		}
	}
}

// TestErrnosOfStatements compares the errnos of statements that GMS runs or refuses with MySQL's.
func TestErrnosOfStatements(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	for _, prepare := range []string{"PREPARE two FROM 'SELECT ? + ?'", "SET @a = 1", "CREATE USER bob"} {
		if _, err := c.ExecContext(background, prepare); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range []struct {
		query string
		errno uint16
		state string
	}{
		{"SET unknown_var = 1", 1193, "HY000"},
		{"SET SESSION unknown_var = 1", 1193, "HY000"},
		{"CREATE USER bob", 1396, "HY000"},
		{"DROP USER nobody", 1396, "HY000"},
		{"SELECT 1 FROM numbers a, numbers a", 1066, "42000"},
		{"SELECT a.id FROM numbers a JOIN kinds a", 1066, "42000"},
		{"SELECT * FROM numbers, numbers", 1066, "42000"},
		{"SET time_zone = 'Mars/Phobos'", 1298, "HY000"},
		{"CREATE DATABASE fake", 1007, "HY000"},
		{"DROP DATABASE fake", 1044, "42000"},
		{"SELECT 1 FROM (SELECT 1)", 1248, "42000"},
		{"SELECT 1e", 1054, "42S22"},
		{"SELECT id FROM numbers LIMIT id", 1064, "42000"},
		{"SELECT 1 LIMIT x", 1064, "42000"},
		{"EXECUTE two", 1210, "HY000"},
		{"EXECUTE two USING @a", 1210, "HY000"},
		{"EXECUTE two USING @a, @a, @a", 1210, "HY000"},
		{"SELECT id FROM numbers FOR UPDATE OF nope", 3568, "HY000"},
		{"CALL nope()", 1305, "42000"},
		{"DESCRIBE nope id", 1146, "42S02"},
		{"SELECT JSON_EXTRACT('{', '$')", 3141, "22032"},
		{"SELECT JSON_EXTRACT(user, '$') FROM mysql.user", 3141, "22032"},
		{"SELECT (SELECT 1 UNION SELECT 2)", 1242, "21000"},
	} {
		_, err := texts(c, e.query)
		wantErrno(t, e.query, err, e.errno, e.state)
		if err != nil && (strings.Contains(err.Error(), "binding the statement") || strings.Contains(err.Error(), "*plan.")) {
			t.Errorf("%s: the message speaks of the program: %v", e.query, err)
		}
	}
	if rows, err := texts(c, "EXECUTE two USING @a, @a"); err != nil || !reflect.DeepEqual(rows, [][]string{{"2"}}) {
		t.Errorf("%q, %v", rows, err)
	}
}

// sqlite makes a source of a new database.
func (g *gateway) sqlite(name, schema string) {
	g.t.Helper()
	path := filepath.Join(g.dir, name+".db")
	made, err := sql.Open("sqlite", path)
	if err != nil {
		g.t.Fatal(err)
	}
	defer made.Close()
	if _, err := made.Exec(schema); err != nil {
		g.t.Fatal(err)
	}
	if _, err := g.open("").Exec("CREATE SERVER " + name + " FOREIGN DATA WRAPPER sqlite OPTIONS (path '" + path + "')"); err != nil {
		g.t.Fatal(err)
	}
}

// TestListingsWithADamagedTable lists tables one of which can't be described, which shows where that would be needed.
func TestListingsWithADamagedTable(t *testing.T) {
	g := start(t)
	g.fake.damaged.Store(true)
	root, _ := g.conn(g.open(""))
	g.sqlite("other", "CREATE TABLE t (id INTEGER)")
	ann, _ := g.conn(g.account("ann", "GRANT SELECT ON fake.numbers TO ann"))
	const damage = "table fake.damaged can't be described: source fake: table damaged is corrupted"
	for _, c := range []struct {
		query    string
		root     string // what root sees of the tables damaged and numbers
		ann      string
		warnings string // that root sees
	}{
		{"SELECT DISTINCT table_name FROM information_schema.columns WHERE table_name IN ('damaged', 'numbers') ORDER BY 1", "numbers", "numbers", damage},
		{"SELECT table_name FROM information_schema.tables WHERE table_name IN ('damaged', 'numbers') ORDER BY 1", "damaged numbers", "numbers", ""},
		{"SELECT table_name FROM information_schema.tables WHERE table_schema = 'fake' AND table_name <> 'kinds' AND table_name >= 'damaged' AND table_name < 'e'", "damaged", "", ""},
		{"SELECT table_name FROM information_schema.key_column_usage WHERE table_name = 'damaged'", "", "", damage},
		{"SELECT table_name FROM information_schema.statistics WHERE table_name = 'damaged'", "", "", damage},
		{"SELECT table_name FROM information_schema.table_constraints WHERE table_name = 'damaged'", "", "", damage},
		{"SHOW TABLE STATUS FROM fake WHERE Name IN ('damaged', 'numbers')", "damaged numbers", "numbers", ""},
		{"SELECT table_name FROM information_schema.tables WHERE table_schema = 'other'", "t", "", ""},
		{"SELECT column_name FROM information_schema.columns WHERE (table_schema IN ('other', 'nope')) AND 1 = 1", "id", "", ""},
		{"SELECT table_name FROM information_schema.tables c WHERE 'other' = c.table_schema", "t", "", ""},
	} {
		before := g.fake.descriptions.Load()
		for user, want := range map[string]string{"root": c.root, "ann": c.ann} {
			conn := root
			if user == "ann" {
				conn = ann
			}
			rows, err := texts(conn, c.query)
			var got []string
			for _, row := range rows {
				got = append(got, row[0])
			}
			if err != nil || strings.Join(got, " ") != want {
				t.Errorf("%s as %s: %v, %v; want %s", c.query, user, got, err, want)
			}
			warnings, err := texts(conn, "SHOW WARNINGS")
			var messages []string
			for _, w := range warnings {
				messages = append(messages, w[2])
			}
			if user == "ann" && len(warnings) > 0 || user == "root" && strings.Join(messages, "; ") != c.warnings || err != nil {
				t.Errorf("%s as %s: warnings %q, %v", c.query, user, warnings, err)
			}
		}
		if asked := g.fake.descriptions.Load() - before; (asked > 0) != (c.warnings != "") {
			t.Errorf("%s: the damaged table was asked for %d times", c.query, asked)
		}
	}
	_, err := texts(root, "SELECT * FROM damaged")
	wantErrno(t, "reading the damaged table", err, 1712, "HY000")
}

// TestBooleanColumns describes a BOOLEAN as MySQL does, and compares it as the number that it is.
func TestBooleanColumns(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	for query, want := range map[string]string{
		"SHOW COLUMNS FROM kinds LIKE 'c_boolean'":                                                                "c_boolean tinyint(1) YES  NULL ",
		"SELECT data_type, column_type FROM information_schema.columns WHERE column_name = 'c_boolean'":           "tinyint tinyint(1)",
		"SELECT SUM(c_boolean = 1), SUM(c_boolean = 300), SUM(c_boolean < 300), SUM(c_boolean = 'x') FROM kinds":  "1 0 1 0",
		"SELECT SUM(c_boolean < 1.5), SUM(c_boolean IN (1, 300)), SUM(c_boolean BETWEEN -200 AND 200) FROM kinds": "1 1 1",
		"SELECT COUNT(*) FROM kinds WHERE c_boolean":                                                              "1",
		"SELECT c_boolean + 127, COALESCE(c_boolean, 0), CONV(c_boolean, 10, 2) FROM kinds WHERE c_boolean":       "128 1 1",
	} {
		rows, err := texts(c, query)
		if err != nil || len(rows) != 1 || strings.Join(rows[0], " ") != want {
			t.Errorf("%s: %q, %v; want %s", query, rows, err, want)
		}
	}
	rows, err := texts(c, "SHOW CREATE TABLE kinds")
	if err != nil || !strings.Contains(rows[0][1], "`c_boolean` tinyint(1)") {
		t.Errorf("%q, %v", rows, err)
	}
	for _, args := range [][]any{nil, {1}} {
		query := "SELECT c_boolean FROM kinds WHERE c_boolean = 1"
		if args != nil {
			query = "SELECT c_boolean FROM kinds WHERE c_boolean = ?"
		}
		rows, err := c.QueryContext(background, query, args...)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.ColumnTypes()
		if err != nil || columns[0].DatabaseTypeName() != "TINYINT" {
			t.Errorf("%s: %v, %v", query, columns[0].DatabaseTypeName(), err)
		}
		for rows.Next() {
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestPrimaryKeys lists the primary key of a federated table wherever indexes are listed.
func TestPrimaryKeys(t *testing.T) {
	g := start(t)
	g.sqlite("silo", "CREATE TABLE t (a INTEGER NOT NULL, b INTEGER NOT NULL, c INTEGER, PRIMARY KEY (b, a))")
	c, _ := g.conn(g.open(""))
	for query, want := range map[string]string{
		"SHOW INDEX FROM silo.t":   "t 0 PRIMARY 1 b|t 0 PRIMARY 2 a",
		"SHOW KEYS FROM t IN silo": "t 0 PRIMARY 1 b|t 0 PRIMARY 2 a",
		"SELECT table_name, non_unique, index_name, seq_in_index, column_name FROM information_schema.statistics WHERE table_schema = 'silo'":    "t 0 PRIMARY 1 b|t 0 PRIMARY 2 a",
		"SELECT table_name, constraint_name, ordinal_position, column_name FROM information_schema.key_column_usage WHERE table_schema = 'silo'": "t PRIMARY 1 b|t PRIMARY 2 a",
		"SELECT constraint_type FROM information_schema.table_constraints WHERE table_schema = 'silo'":                                           "PRIMARY KEY",
		"SELECT column_name, column_key FROM information_schema.columns WHERE table_schema = 'silo' ORDER BY 1":                                  "a PRI|b PRI|c ",
		"SHOW INDEX FROM fake.numbers": "",
	} {
		rows, err := texts(c, query)
		var got []string
		for _, row := range rows {
			got = append(got, strings.Join(row[:min(len(row), 5)], " "))
		}
		if err != nil || strings.Join(got, "|") != want {
			t.Errorf("%s: %q, %v; want %s", query, got, err, want)
		}
	}
	rows, err := texts(c, "SHOW CREATE TABLE silo.t")
	if err != nil || strings.Count(rows[0][1], "KEY") != 1 || !strings.Contains(rows[0][1], "PRIMARY KEY (`b`,`a`)") {
		t.Errorf("%q, %v", rows, err)
	}
	if rows, err := texts(c, "SELECT COUNT(*) FROM silo.t WHERE a = 1 AND b = 2"); err != nil || rows[0][0] != "0" {
		t.Errorf("%q, %v", rows, err)
	}
}
