package mysql

import (
	"database/sql"
	"fmt"
	"reflect"
	"testing"
)

// set runs a statement that has no result.
func set(t *testing.T, c *sql.Conn, statement string) {
	t.Helper()
	if _, err := c.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// wantRows checks the rows of a query.
func wantRows(t *testing.T, q querier, query string, want string, args ...any) {
	t.Helper()
	if got, err := texts(q, query, args...); err != nil || fmt.Sprint(got) != want {
		t.Errorf("%s: %v, %v; want %s", query, got, err, want)
	}
}

// TestNoBackslashEscapes checks that a text ends where a client that doubles quotes, and nothing else, means it to.
func TestNoBackslashEscapes(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open("interpolateParams=true&multiStatements=true"))
	const injection = `SELECT COUNT(*) FROM numbers WHERE pad = '\'' or 1=1 -- '`
	_, err := texts(c, injection+"'")
	if err != nil {
		t.Fatal(err)
	}
	set(t, c, "SET sql_mode = 'NO_BACKSLASH_ESCAPES'")
	wantRows(t, c, injection, "[[0]]")
	wantRows(t, c, `SELECT '\'' or 1=1 -- ', "\"""`, `[[\' or 1=1 --  \"]]`)
	wantRows(t, c, `SELECT '\n', 'a\_b', 'a\\b'`, `[[\n a\_b a\\b]]`)
	wantRows(t, c, "SELECT ?, ?", `[[\' or 1=1 --  "\]]`, `\' or 1=1 -- `, `"\`) // escaped by the driver, by what the server tells
	wantRows(t, c, `SELECT 'a\_b' LIKE 'a\_b', 'a_b' LIKE 'a\_b', 'a\xb' LIKE 'a\_b', 'a_b' LIKE 'a|_b' ESCAPE '|', 'a_b' NOT LIKE 'a\_b'`, "[[1 0 1 1 1]]")
	wantRows(t, c, `SELECT COUNT(*) FROM numbers WHERE pad LIKE '\_%'`, "[[0]]")

	stmt, err := c.PrepareContext(t.Context(), `SELECT '\', ? LIKE 'a\_b'`)
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	var text string
	var like bool
	if err := stmt.QueryRow(`a\xb`).Scan(&text, &like); err != nil || text != `\` || !like {
		t.Errorf("prepared: %s, %v, %v", text, like, err)
	}
	set(t, c, `PREPARE p FROM 'SELECT ''\'', ''a_b'' LIKE ''a\_b'''`)
	wantRows(t, c, "EXECUTE p", `[[\ 0]]`)
	set(t, c, `SET @p = 'SELECT ''\'''`)
	set(t, c, "PREPARE p FROM @p")
	wantRows(t, c, "EXECUTE p", `[[\]]`)

	// The mode is that of each statement, also where several come at once.
	set(t, c, `SET sql_mode = ''; SET @a = '\'; SELECT '; SET sql_mode = 'NO_BACKSLASH_ESCAPES'; SET @b = '\'; SET @c = ';'`)
	wantRows(t, c, "SELECT @a, @b, @c", `[['; SELECT  \ ;]]`)

	set(t, c, "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'")
	wantRows(t, c, `SELECT n."id" AS "a\", '\' FROM numbers n LIMIT 1`, `[[1 \]]`)
	_, err = texts(c, `SELECT '\''`)
	wantErrno(t, "a text without an end", err, 1064, "42000")
	_, err = c.ExecContext(t.Context(), `CREATE VIEW fake.v AS SELECT 1 LIKE '\_'`)
	wantErrno(t, "a view that would mean something else", err, 1235, "42000")

	set(t, c, "SET sql_mode = DEFAULT")
	wantRows(t, c, "SELECT ?, 'a\\_b' LIKE 'a\\_b', '\\''", `[[\' 0 ']]`, `\'`)
	wantRows(t, c, `SELECT 'a_b' LIKE 'a\_b'`, "[[1]]")
}

// TestComments checks what is a comment to MySQL and what is not.
func TestComments(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open("multiStatements=true"))
	wantRows(t, c, "SELECT /*!99999 2, */ 1 /*!80031 , 3 */ /*M! , 4 */ /*! , '*/' */, 5--1 -- 6", "[[1 3 */ 6]]")
	_, err := texts(c, "SELECT 1//2")
	wantErrno(t, "//", err, 1064, "42000")

	rows, err := c.QueryContext(t.Context(), "SELECT 1 /*!99999 ; */; SELECT ';' ; ")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var results []string
	for more := true; more; more = rows.NextResultSet() {
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				t.Fatal(err)
			}
			results = append(results, text)
		}
	}
	if want := []string{"1", ";"}; rows.Err() != nil || !reflect.DeepEqual(results, want) {
		t.Errorf("%q, %v; want %q", results, rows.Err(), want)
	}
}

// TestStandardModes checks that sessions begin with MySQL's modes, and what these make of writes.
func TestStandardModes(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	const standard = "[[ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION]]"
	wantRows(t, c, "SELECT @@sql_mode", standard)
	wantRows(t, c, "SELECT @@GLOBAL.sql_mode", standard)
	exec(t, c, "CREATE DATABASE d", "CREATE TABLE d.t (a INT, d DATE)", "INSERT INTO d.t VALUES (1, NULL)")
	for statement, errno := range map[string]uint16{
		"INSERT INTO d.t (a) VALUES (1 / 0)":               1365,
		"UPDATE d.t SET a = a % 0":                         1365,
		"INSERT INTO d.t (a) SELECT id DIV 0 FROM numbers": 1365,
		"INSERT INTO d.t (d) VALUES ('0000-00-00')":        1292,
		"INSERT INTO d.t (d) VALUES ('2020-00-01')":        1292,
	} {
		_, err := c.ExecContext(t.Context(), statement)
		wantErrno(t, statement, err, errno, map[uint16]string{1365: "22012", 1292: "22007"}[errno])
	}
	exec(t, c, "INSERT IGNORE INTO d.t (a) VALUES (1 / 0)")
	wantRows(t, c, "SHOW WARNINGS", "[[Warning 1365 Division by 0]]")
	wantRows(t, c, "SELECT id / 0 FROM numbers WHERE id = 1", "[[NULL]]")
	wantRows(t, c, "SHOW WARNINGS", "[[Warning 1365 Division by 0]]")
	set(t, c, "SET sql_mode = 'no_zero_date,strict_trans_tables,ansi_quotes'")
	wantRows(t, c, "SELECT @@sql_mode", "[[ANSI_QUOTES,STRICT_TRANS_TABLES,NO_ZERO_DATE]]")
	for _, silent := range []string{"INSERT INTO d.t (a) VALUES (1 / 0)", "DO 1 / 0"} {
		set(t, c, silent)
		wantRows(t, c, "SHOW WARNINGS", "[]")
	}
	wantRows(t, c, "SELECT id / 0 FROM numbers WHERE id = 1", "[[NULL]]")
	wantRows(t, c, "SHOW WARNINGS", "[]")
	set(t, c, "SET sql_mode = DEFAULT")
	wantRows(t, c, "SELECT @@sql_mode", standard)
}

// TestServerVariables checks that a variable of MySQL's has its effect or is refused.
func TestServerVariables(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	for _, v := range []struct {
		set   string
		errno uint16
		state string
	}{
		{"SET div_precision_increment = 4", 0, ""},
		{"SET div_precision_increment = 10", 1235, "42000"},
		{"SET lc_time_names = 'en_GB'", 0, ""},
		{"SET lc_time_names = DEFAULT", 0, ""},
		{"SET lc_time_names = 'de_DE'", 1235, "42000"},
		{"SET lc_time_names = 'xx_YY'", 1649, "HY000"},
		{"SET sql_mode = 'HIGH_NOT_PRECEDENCE'", 1235, "42000"},
		{"SET sql_mode = 'ANSI,NO_UNSIGNED_SUBTRACTION'", 1235, "42000"},
		{"SET sql_mode = 'TIME_TRUNCATE_FRACTIONAL'", 1235, "42000"},
		{"SET sql_mode = 'ALLOW_INVALID_DATES'", 1235, "42000"},
		{"SET GLOBAL sql_mode = 'PAD_CHAR_TO_FULL_LENGTH'", 1235, "42000"},
		{"SET sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES')", 0, ""},
		{"SET sql_mode = 'TRADITIONAL'", 0, ""},
		{"SET sql_mode = 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'", 0, ""},
	} {
		_, err := c.ExecContext(t.Context(), v.set)
		if v.errno != 0 {
			wantErrno(t, v.set, err, v.errno, v.state)
		} else if err != nil {
			t.Errorf("%s: %v", v.set, err)
		}
	}
	wantRows(t, c, "SELECT @@div_precision_increment, @@lc_time_names, @@version_comment", "[[4 en_US silogate]]")

	set(t, c, "SET sql_mode = 'ANSI', default_week_format = 1")
	wantRows(t, c, `SELECT 'a' || 'b', COUNT (*) AS "n", WEEK('2008-02-20'), WEEK('2008-02-20', 0), CAST(16777217 AS REAL) = 16777216 FROM numbers WHERE id < 3`, "[[ab 2 8 7 1]]")
	set(t, c, "SET sql_mode = DEFAULT, default_week_format = 0")
	wantRows(t, c, `SELECT 'a' || 'b', WEEK('2008-02-20'), CAST(16777217 AS REAL) = 16777216`, "[[0 7 0]]")

	for mode, want := range map[string]string{
		"'ANSI'":                              "REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,ONLY_FULL_GROUP_BY,ANSI",
		"'NO_AUTO_VALUE_ON_ZERO,Traditional'": "NO_AUTO_VALUE_ON_ZERO,STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,TRADITIONAL,NO_ENGINE_SUBSTITUTION",
		"1 << 18":                             "REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,ONLY_FULL_GROUP_BY,ANSI",
		"4":                                   "ANSI_QUOTES",
	} {
		set(t, c, "SET sql_mode = "+mode)
		wantRows(t, c, "SELECT @@sql_mode", "[["+want+"]]")
	}
	set(t, c, "CREATE DATABASE d")
	set(t, c, "SET sql_mode = 'REAL_AS_FLOAT'")
	set(t, c, "CREATE TABLE d.t (a REAL, b REAL(5,2))")
	set(t, c, "ALTER TABLE d.t ADD c REAL")
	set(t, c, "SET sql_mode = DEFAULT")
	set(t, c, "ALTER TABLE d.t ADD d REAL")
	wantRows(t, c, "SELECT GROUP_CONCAT(column_type ORDER BY ordinal_position) FROM information_schema.columns WHERE table_schema = 'd'", "[[float,float(5,2),float,double]]")

	set(t, c, "SET time_zone = '+00:00', timestamp = 1700000000.25")
	const now = "2023-11-14 22:13:20"
	wantRows(t, c, "SELECT NOW(), CURDATE(), UNIX_TIMESTAMP(NOW(2)) FROM numbers WHERE id = 1", "[["+now+" 2023-11-14 1700000000.25]]")
	wantRows(t, c, "SELECT NOW()", "[["+now+"]]")
	set(t, c, "SET timestamp = DEFAULT")
	wantRows(t, c, "SELECT NOW() > '2024-01-01'", "[[1]]")
}
