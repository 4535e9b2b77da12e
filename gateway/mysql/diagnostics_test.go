package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
)

// TestDiagnostics asks for what statements have said.
func TestDiagnostics(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	fails := func(query string, errno uint16, state string) {
		t.Helper()
		_, err := texts(c, query)
		wantErrno(t, query, err, errno, state)
	}
	exec := func(statement string) {
		t.Helper()
		if _, err := c.ExecContext(background, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	fails("SELECT nothing FROM numbers", 1054, "42S22")
	wantRows(t, c, "SHOW COUNT(*) ERRORS", "[[1]]")
	fails("SELECT 1 FROM", 1064, "42000")
	wantRows(t, c, "SELECT @@warning_count, @@session.error_count", "[[1 1]]")
	fails("SELECT 1 FROM nothing", 1146, "42S02")
	exec("GET DIAGNOSTICS @n = NUMBER, @r = ROW_COUNT")
	exec("GET DIAGNOSTICS CONDITION @n @e = MYSQL_ERRNO, @s = RETURNED_SQLSTATE, @o = CLASS_ORIGIN, @t = TABLE_NAME")
	wantRows(t, c, "SELECT @n, @e, @s, @o, @t", "[[1 1146 42S02 ISO 9075 ]]")

	wantRows(t, c, "SELECT CAST('1x' AS SIGNED), CAST('2x' AS SIGNED)", "[[1 2]]")
	wantRows(t, c, "SHOW WARNINGS", "[[Warning 1292 Truncated incorrect INTEGER value: '1x'] [Warning 1292 Truncated incorrect INTEGER value: '2x']]")
	wantRows(t, c, "SHOW WARNINGS LIMIT 1, 1", "[[Warning 1292 Truncated incorrect INTEGER value: '2x']]")
	wantRows(t, c, "SHOW COUNT(*) WARNINGS", "[[2]]")
	wantRows(t, c, "SELECT CAST('1x' AS SIGNED)", "[[1]]")
	wantRows(t, c, "SHOW ERRORS", "[]")
	exec("GET DIAGNOSTICS CONDITION 1 @e = MYSQL_ERRNO, @m = MESSAGE_TEXT, @s = RETURNED_SQLSTATE")
	wantRows(t, c, "SELECT @e, @s, @m", "[[1292 22007 Truncated incorrect INTEGER value: '1x']]")
	wantRows(t, c, "SELECT @@warning_count, @@error_count", "[[0 0]]")

	fails("GET DIAGNOSTICS CONDITION 1 @e = MYSQL_ERRNO", 1758, "35000")
	wantRows(t, c, "SHOW ERRORS LIMIT 1", "[[Error 1758 Invalid condition number]]")
	wantRows(t, c, "SHOW ERRORS LIMIT 1, 5", "[]")
	fails("SET warning_count = 0", 1238, "HY000")
}

// TestSavepoints refuses names that are not there.
func TestSavepoints(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	for _, s := range []struct {
		statement string
		missing   bool
	}{
		{"SAVEPOINT a", false}, {"ROLLBACK TO a", true}, {"RELEASE SAVEPOINT a", true}, // the transaction ended with the statement
		{"BEGIN", false}, {"SAVEPOINT a", false}, {"SAVEPOINT `B`", false}, {"ROLLBACK TO SAVEPOINT b", false}, {"ROLLBACK WORK TO a", false}, {"ROLLBACK TO b", true},
		{"RELEASE SAVEPOINT A", false}, {"RELEASE SAVEPOINT a", true}, {"SAVEPOINT a", false}, {"COMMIT", false}, {"ROLLBACK TO a", true},
		{"START TRANSACTION READ ONLY", false}, {"SAVEPOINT a", false}, {"ROLLBACK", false}, {"RELEASE SAVEPOINT a", true},
		{"SET autocommit = 0", false}, {"SAVEPOINT a", false}, {"SAVEPOINT b", false}, {"RELEASE SAVEPOINT a", false}, {"ROLLBACK TO b", true},
	} {
		_, err := c.ExecContext(background, s.statement)
		if s.missing {
			wantErrno(t, s.statement, err, 1305, "42000")
		} else if err != nil {
			t.Errorf("%s: %v", s.statement, err)
		}
	}
}

// TestMaintain asks for what is done to tables elsewhere.
func TestMaintain(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	wantRows(t, c, "OPTIMIZE TABLE numbers, nothing", "[[fake.numbers optimize note The storage engine for the table doesn't support optimize] "+
		"[fake.nothing optimize Error Table 'fake.nothing' doesn't exist] [fake.nothing optimize status Operation failed]]")
	wantRows(t, c, "CHECK TABLE fake.numbers QUICK", "[[fake.numbers check note The storage engine for the table doesn't support check]]")
	wantRows(t, c, "CHECKSUM TABLE numbers, nothing", "[[fake.numbers NULL] [fake.nothing NULL]]")
	wantRows(t, c, "SHOW COUNT(*) WARNINGS", "[[1]]")
	for statement, errno := range map[string]uint16{
		"LOCK TABLES numbers READ, fake.kinds AS k READ LOCAL": 0, "UNLOCK TABLE": 0, "FLUSH LOCAL STATUS": 0, "FLUSH TABLES numbers WITH READ LOCK": 0,
		"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY": 0,
		"LOCK TABLES nothing READ":                              1146, "LOCK TABLES numbers WRITE": 1036, "XA START 'a'": 1235, "HANDLER numbers OPEN": 1235, "SHOW CREATE EVENT e": 1539,
	} {
		_, err := c.ExecContext(background, statement)
		if errno == 0 && err != nil {
			t.Errorf("%s: %v", statement, err)
		} else if errno != 0 {
			wantErrno(t, statement, err, errno, map[uint16]string{1146: "42S02", 1036: "HY000", 1235: "42000", 1539: "HY000"}[errno])
		}
		exec(t, c, "ROLLBACK")
	}
	wantRows(t, c, "SELECT 1", "[[1]]")
	for query, want := range map[string]string{
		"CHECK TABLE numbers":    "[[fake.numbers check note The storage engine for the table doesn't support check]]",
		"CHECKSUM TABLE numbers": "[[fake.numbers NULL]]",
		"SHOW ERRORS":            "[]",
	} {
		stmt, err := c.PrepareContext(background, query)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		if got, err := texts(preparedQuery{stmt}, query); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %v, %v; want %s", query, got, err, want)
		}
		if err := stmt.Close(); err != nil {
			t.Error(err)
		}
	}
	_, err := c.PrepareContext(background, "GET DIAGNOSTICS @n = NUMBER")
	wantErrno(t, "GET DIAGNOSTICS prepared", err, 1295, "HY000")
}

// preparedQuery runs a statement that is prepared instead of a query's text.
type preparedQuery struct{ stmt *sql.Stmt }

func (p preparedQuery) QueryContext(ctx context.Context, _ string, args ...any) (*sql.Rows, error) {
	return p.stmt.QueryContext(ctx, args...)
}
