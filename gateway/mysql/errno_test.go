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
	} {
		_, err := texts(c, q.query)
		wantErrno(t, q.query, err, q.errno, q.state)
	}
	for statement, message := range map[string]string{
		"SET NAMES sjis":                 "Error 1115 (42000): Unknown character set: 'sjis'",
		"SELECT CONVERT('a' USING sjis)": "Error 1115 (42000): Unknown character set: 'sjis'",
	} {
		if _, err := texts(c, statement); err == nil || err.Error() != message {
			t.Errorf("%s: %v, want %s", statement, err, message)
		}
	}
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
