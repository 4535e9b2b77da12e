package mysql

import "testing"

// TestMistakes checks that mistakes have MySQL's errno.
func TestMistakes(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	for _, q := range []struct {
		query string
		errno uint16
		state string
	}{
		{"SELECT 1e400", 1367, "22007"},
		{"SELECT id FROM numbers WHERE id < 1e999", 1367, "22007"},
		{"SELECT * FROM DUAL", 1096, "HY000"},
		{"SELECT *", 1096, "HY000"},
		{"SET sql_mode = 'nosuch'", 1231, "42000"},
		{"SET SESSION max_connections = 10", 1229, "HY000"},
		{"SET GLOBAL timestamp = 10", 1228, "HY000"},
		{"SET @@version = 'x'", 1238, "HY000"},
		{"SELECT DEFAULT(id) FROM numbers", 1235, "42000"},
		{"SELECT INTERVAL 1 DAY", 1064, "42000"},
		{"SELECT id FROM numbers WHERE id = INTERVAL 1 DAY", 1064, "42000"},
		{"SELECT x.id FROM numbers", 1054, "42S22"},
		{"SELECT id FROM numbers WHERE x.id = 1", 1054, "42S22"},
		{"SELECT id FROM nothing", 1146, "42S02"},
		{"SELECT LEFT('a')", 1064, "42000"},
		{"SELECT CAST(1 AS CHAR CHARACTER SET nope)", 1115, "42000"},
		{"SELECT``A", 1054, "42S22"},
		{"SELECT n.`` FROM numbers AS n", 1054, "42S22"},
		{"SELECT * FROM ``", 1103, "42000"},
		{"SELECT CAST('2020-01-01' AS DATETIME(7))", 1426, "42000"},
		{"SELECT ALL DISTINCT 1", 1221, "HY000"},
		{"SELECT 1 = ALL (SELECT 1, 2)", 1241, "21000"},
		{"SELECT NAME_CONST('a', RAND())", 1210, "HY000"},
		{"SET wait_timeout = 'x'", 1232, "42000"},
		{"SET a.b = 1", 1193, "HY000"},
		{"SELECT @@session.max_connections", 1238, "HY000"},
		{"SET block_encryption_mode = 'aes-256-cbc'", 1235, "42000"},
		{"PREPARE p FROM ''", 1065, "42000"},
		{"SIGNAL SQLSTATE 'x'", 1407, "42000"},
		{"SELECT 1 INTO nope", 1327, "42000"},
	} {
		_, err := texts(c, q.query)
		wantErrno(t, q.query, err, q.errno, q.state)
	}
	for statement, message := range map[string]string{
		"SELECT 1 FRM numbers x": "Error 1064 (42000): You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right " +
			"syntax to use near 'numbers x' at line 1",
		"SELECT id\nFROM numbers\nWHERE": "Error 1064 (42000): You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the " +
			"right syntax to use near '' at line 3",
		"SELECT id FROM numbers WHERE nope = 1":                   "Error 1054 (42S22): Unknown column 'nope' in 'where clause'",
		"SELECT n.id FROM numbers n ORDER BY n.nope":              "Error 1054 (42S22): Unknown column 'n.nope' in 'order clause'",
		"SELECT 1 FROM numbers a JOIN numbers b ON a.id = b.nope": "Error 1054 (42S22): Unknown column 'b.nope' in 'on clause'",
		"SELECT id FROM numbers a JOIN numbers b":                 "Error 1052 (23000): Column 'id' in field list is ambiguous",
		"SELECT NOPE(1)":                 "Error 1305 (42000): FUNCTION nope does not exist",
		"SELECT CONV(1)":                 "Error 1582 (42000): Incorrect parameter count in the call to native function 'CONV'",
		"SELECT @@nope":                  "Error 1193 (HY000): Unknown system variable 'nope'",
		"USE nope":                       "Error 1049 (42000): Unknown database 'nope'",
		"DROP TABLE nope":                "Error 1051 (42S02): Unknown table 'nope'",
		"SET NAMES sjis":                 "Error 1115 (42000): Unknown character set: 'sjis'",
		"SELECT CONVERT('a' USING sjis)": "Error 1115 (42000): Unknown character set: 'sjis'",
	} {
		if _, err := texts(c, statement); err == nil || err.Error() != message {
			t.Errorf("%s: %v, want %s", statement, err, message)
		}
	}
	wantRows(t, c, "SELECT COALESCE(table_type, 'z'), IF(1, table_type, ''), CASE WHEN 1 THEN table_type END, table_type = 'BASE TABLE' "+
		"FROM information_schema.tables WHERE table_schema = 'fake' AND table_name = 'numbers'", "[[BASE TABLE BASE TABLE BASE TABLE 1]]")
	wantRows(t, c, "SELECT CURRENT_ROLE(), @@have_ssl, @@profiling", "[[NONE YES 0]]")
	for _, set := range []string{"SET character_set_results = NULL", "SET profiling = 1"} {
		if _, err := c.ExecContext(background, set); err != nil {
			t.Errorf("%s: %v", set, err)
		}
	}
	wantRows(t, c, "SELECT 'ä', @@character_set_results, @@profiling", "[[ä utf8mb4 1]]")
	wantRows(t, c, "SELECT JSON_ARRAY(), JSON_OBJECT(), JSON_ARRAY(1), JSON_OBJECT('a', JSON_ARRAY()) FROM numbers WHERE id = 1", `[[[] {} [1] {"a": []}]]`)
	wantRows(t, c, "SELECT JSON_ARRAY(), JSON_OBJECT()", `[[[] {}]]`)
	wantRows(t, c, "SELECT DATE('2020-01-01') + INTERVAL 1 DAY, INTERVAL(2, 1, 3), 1e308", `[[2020-01-02 1 1e+308]]`)
}

// TestNoRoutines checks that a database without routines, triggers and events lists none.
func TestNoRoutines(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	for _, query := range []string{
		"SHOW PROCEDURE STATUS", "SHOW FUNCTION STATUS", "SHOW PROCEDURE STATUS WHERE Db = 'fake'", "SHOW TRIGGERS", "SHOW TRIGGERS FROM fake", "SHOW EVENTS",
		"SELECT routine_name FROM information_schema.routines WHERE routine_schema = 'fake'",
		"SELECT parameter_name FROM information_schema.parameters WHERE specific_schema = 'fake'",
		"SELECT trigger_name FROM information_schema.triggers", "SELECT event_name FROM information_schema.events",
	} {
		wantRows(t, c, query, "[]")
	}
	for statement, errno := range map[string]uint16{
		"CREATE TRIGGER t BEFORE INSERT ON numbers FOR EACH ROW SET @a = 1": 1036,
		"CREATE PROCEDURE p() SELECT 1":                                     1235,
		"CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1":                1235,
	} {
		_, err := c.ExecContext(t.Context(), statement)
		wantErrno(t, statement, err, errno, map[uint16]string{1036: "HY000", 1235: "42000"}[errno])
	}
}
