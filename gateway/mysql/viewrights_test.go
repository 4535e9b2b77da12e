package mysql

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// TestExplainOfViews checks that a plan tells nobody what is below a view that he may only read.
func TestExplainOfViews(t *testing.T) {
	g := start(t)
	g.sqlite("lite", "CREATE TABLE t (id INTEGER, secret TEXT); INSERT INTO t VALUES (1, 'one'), (2, 'two')")
	root, _ := g.conn(g.open(""))
	exec(t, root, "CREATE DATABASE d", "CREATE TABLE d.mine (id INT)", "CREATE TABLE d.own (id INT)",
		"CREATE VIEW d.far AS SELECT id FROM lite.t WHERE secret <> 'x'", "CREATE VIEW d.near AS SELECT id FROM d.own",
		"CREATE VIEW d.nested AS WITH c AS (SELECT id FROM d.far) SELECT id FROM c UNION SELECT id FROM d.near")
	ann, _ := g.conn(g.account("ann", "GRANT SELECT, INSERT, UPDATE, DELETE ON d.mine TO ann", "GRANT SELECT ON d.far TO ann", "GRANT SELECT ON d.near TO ann",
		"GRANT SELECT ON d.nested TO ann"))
	statements := []string{
		"SELECT id FROM d.far", "SELECT id FROM d.near", "SELECT id FROM d.nested", "SELECT 1 FROM d.mine WHERE id IN (SELECT id FROM d.far)",
		"WITH c AS (SELECT id FROM d.far) SELECT id FROM c UNION SELECT 1", "SELECT far.id FROM d.far, (WITH far AS (SELECT 1 AS a) SELECT a FROM far) q", "SELECT 1 UNION SELECT id FROM (SELECT id FROM d.near) t", "INSERT INTO d.mine SELECT id FROM d.far",
		"UPDATE d.mine SET id = (SELECT MAX(id) FROM d.near)", "DELETE d.mine FROM d.mine JOIN d.far USING (id)", "SELECT 1 ORDER BY (SELECT MAX(id) FROM d.far)",
	}
	told := func(rights string, of string, may bool) {
		t.Helper()
		for _, form := range []string{"EXPLAIN ", "EXPLAIN FORMAT=JSON ", "DESCRIBE ", "EXPLAIN ANALYZE "} {
			if strings.HasPrefix(form, "EXPLAIN ANALYZE") && !strings.HasPrefix(of, "SELECT") {
				continue
			}
			_, err := texts(ann, form+of)
			if may && err != nil {
				t.Errorf("with %s: %s%s: %v", rights, form, of, err)
			}
			if !may {
				wantErrno(t, "with "+rights+": "+form+of, err, 1345, "HY000")
			}
		}
	}
	for _, of := range statements {
		told("SELECT on the view", of, false)
	}
	if _, err := texts(ann, "EXPLAIN SELECT id FROM d.mine"); err != nil {
		t.Error(err)
	}
	exec(t, root, "GRANT SHOW VIEW ON d.far TO ann", "GRANT SHOW VIEW ON d.near TO ann", "GRANT SHOW VIEW ON d.nested TO ann")
	told("SHOW VIEW", "SELECT id FROM d.far", false)
	exec(t, root, "GRANT SELECT ON lite.t TO ann", "GRANT SELECT ON d.own TO ann")
	for _, of := range statements {
		told("all that MySQL asks for", of, true)
	}
	exec(t, root, "REVOKE SHOW VIEW ON d.near FROM ann")
	told("SELECT on all", "SELECT id FROM d.near", false)
	told("SELECT on all", "SELECT id FROM d.nested", false)
	told("SELECT on all", "SELECT id FROM d.far", true)
}

// TestDefinitionsOfViews checks who is told a view's query: its definer, and who has SHOW VIEW.
func TestDefinitionsOfViews(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	exec(t, root, "CREATE DATABASE d")
	ann, _ := g.conn(g.account("ann", "GRANT SELECT, CREATE VIEW ON d.* TO ann", "GRANT SELECT ON fake.numbers TO ann"))
	exec(t, ann, "CREATE VIEW d.hers AS SELECT id FROM fake.numbers")
	bob, _ := g.conn(g.account("bob", "GRANT SELECT ON d.* TO bob"))
	const query = "SELECT table_name, view_definition FROM information_schema.views WHERE table_schema = 'd'"
	wantTable(t, ann, query, "hers|SELECT id FROM fake.numbers")
	wantTable(t, root, query, "hers|SELECT id FROM fake.numbers")
	wantTable(t, bob, query, "hers|")
	exec(t, root, "GRANT SHOW VIEW ON d.hers TO bob")
	wantTable(t, bob, query, "hers|SELECT id FROM fake.numbers")
}

// TestTemporaryTablesHideNothingFromViews checks that a client can't put a table of his own below another's view.
func TestTemporaryTablesHideNothingFromViews(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	exec(t, root, "CREATE DATABASE d", "CREATE TABLE d.rates (rate INT)", "INSERT INTO d.rates VALUES (7)", "CREATE VIEW d.rate AS SELECT rate FROM d.rates",
		"CREATE VIEW d.first AS SELECT MIN(id) AS id FROM fake.numbers")
	ann, _ := g.conn(g.account("ann", "GRANT SELECT, CREATE TEMPORARY TABLES ON d.* TO ann", "GRANT SELECT, CREATE TEMPORARY TABLES ON fake.* TO ann"))
	first := func(query string) string {
		t.Helper()
		rows, err := texts(ann, query)
		if err != nil || len(rows) != 1 {
			t.Fatalf("%s: %v, %v", query, rows, err)
		}
		return rows[0][0]
	}
	before := first("SELECT id FROM d.first")
	exec(t, ann, "CREATE TEMPORARY TABLE d.rates (rate INT)", "INSERT INTO d.rates VALUES (1)", "CREATE TEMPORARY TABLE fake.numbers (id INT)", "INSERT INTO fake.numbers VALUES (-99)")
	for query, want := range map[string]string{
		"SELECT rate FROM d.rates": "1", "SELECT rate FROM d.rate": "7", "SELECT id FROM fake.numbers": "-99", "SELECT id FROM d.first": before,
		"SELECT v.rate - t.rate FROM d.rate v JOIN d.rates t": "6",
	} {
		if got := first(query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

// TestBrokenViews checks that a view's errors are told as the view's, and name nothing of what is in it.
func TestBrokenViews(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	exec(t, root, "CREATE DATABASE d", "CREATE DATABASE gone", "CREATE TABLE d.a (id INT, x INT)", "CREATE TABLE d.b (id INT, x INT)", "CREATE TABLE gone.t (id INT)",
		"CREATE VIEW d.picks AS SELECT x FROM d.a", "CREATE VIEW d.joins AS SELECT a.id FROM d.a JOIN d.b USING (x)", "CREATE VIEW d.far AS SELECT id FROM gone.t",
		"ALTER TABLE d.a DROP COLUMN x", "DROP DATABASE gone")
	for _, view := range []string{"picks", "joins", "far"} {
		for _, query := range []string{"SELECT * FROM d." + view, "EXPLAIN SELECT * FROM d." + view, "EXPLAIN FORMAT=JSON SELECT 1 FROM d." + view, "SELECT 1 FROM d.b WHERE EXISTS (SELECT 1 FROM d." + view + ")"} {
			_, err := texts(root, query)
			wantErrno(t, query, err, 1356, "HY000")
		}
	}
	for query, errno := range map[string]uint16{
		"SELECT nope FROM d.picks":                     1356, // as in MySQL, where the view is opened first
		"SELECT b.id FROM d.b JOIN d.a USING (nope)":   1054,
		"EXPLAIN SELECT nope FROM d.b":                 1054,
		"SELECT y FROM d.b JOIN d.a USING (id)":        1054,
		"EXPLAIN SELECT 1 FROM gone.t JOIN d.b":        1049,
		"SELECT 1 FROM d.b WHERE EXISTS (SELECT nope)": 1054,
	} {
		_, err := texts(root, query)
		want := map[uint16]string{1356: "HY000", 1054: "42S22", 1049: "42000"}[errno]
		wantErrno(t, query, err, errno, want)
	}
}

// TestViewsWithoutACurrentDatabase has statements about views that say where these are, in a session that has no database.
func TestViewsWithoutACurrentDatabase(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	exec(t, root, "CREATE DATABASE d", "CREATE TABLE d.t (a INT, b INT)", "CREATE VIEW d.v AS SELECT a FROM d.t")
	c, _ := g.conn(g.account("ann", "GRANT ALL ON *.* TO ann"))
	for _, query := range []string{"SHOW COLUMNS FROM d.v", "DESCRIBE d.v", "SHOW COLUMNS FROM v FROM d", "DESC d.v a"} {
		wantTable(t, c, query, "a|int|YES||NULL|")
	}
	wantTable(t, c, "SHOW INDEX FROM d.v")
	exec(t, c, "RENAME TABLE d.t TO d.u, d.u TO d.t")
	for query, want := range map[string]string{
		"INSERT INTO d.v VALUES (1)":   "1036 HY000 The table is read-only",
		"SHOW COLUMNS FROM v":          "1046 3D000 No database selected",
		"CREATE VIEW w AS SELECT 1":    "1046 3D000 No database selected",
		"SHOW CREATE VIEW d.t":         "1347 HY000 'd.t' is not VIEW",
		"SHOW CREATE VIEW d.x":         "1146 42S02 Table 'd.x' doesn't exist",
		"SHOW INDEX FROM d.x":          "1146 42S02 Table 'd.x' doesn't exist",
		"SELECT * FROM d.x":            "1146 42S02 Table 'd.x' doesn't exist",
		"INSERT INTO d.x VALUES (1)":   "1146 42S02 Table 'd.x' doesn't exist",
		"ALTER TABLE d.x ADD c INT":    "1146 42S02 Table 'd.x' doesn't exist",
		"DESCRIBE d.x":                 "1146 42S02 Table 'd.x' doesn't exist",
		"UPDATE d.x SET a = 1":         "1146 42S02 Table 'd.x' doesn't exist",
		"TRUNCATE TABLE d.x":           "1146 42S02 Table 'd.x' doesn't exist",
		"CREATE INDEX i ON d.x (a)":    "1146 42S02 Table 'd.x' doesn't exist",
		"RENAME TABLE d.x TO d.y":      "1146 42S02 Table 'd.x' doesn't exist",
		"SHOW CREATE TABLE d.x":        "1146 42S02 Table 'd.x' doesn't exist",
		"CREATE TABLE d.y LIKE d.x":    "1146 42S02 Table 'd.x' doesn't exist",
		"SELECT 1 FROM d.t JOIN D.X":   "1146 42S02 Table 'D.X' doesn't exist",
		"CREATE VIEW d.w AS TABLE d.x": "1146 42S02 Table 'd.x' doesn't exist",
		"LOCK TABLES d.x READ":         "1146 42S02 Table 'd.x' doesn't exist",
	} {
		_, err := texts(c, query)
		errno, rest, _ := strings.Cut(want, " ")
		state, message, _ := strings.Cut(rest, " ")
		number, _ := strconv.ParseUint(errno, 10, 16)
		wantErrno(t, query, err, uint16(number), state)
		if !strings.Contains(fmt.Sprint(err), message) || strings.Contains(fmt.Sprint(err), "maybe") {
			t.Errorf("%s: %v, want %s", query, err, message)
		}
	}
}

// TestSafeUpdates bounds writes where a client asks for that.
func TestSafeUpdates(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, a INT)", "INSERT INTO d.t VALUES (1, 1), (2, 2), (3, 3)", "SET sql_safe_updates = 1")
	for _, query := range []string{"UPDATE d.t SET a = 5", "UPDATE d.t SET a = 5 WHERE a = 1", "DELETE FROM d.t", "DELETE FROM d.t WHERE a > 0"} {
		_, err := c.ExecContext(background, query)
		wantErrno(t, query, err, 1175, "HY000")
	}
	exec(t, c, "EXPLAIN DELETE FROM d.t", "UPDATE d.t SET a = 5 WHERE id = 1", "UPDATE d.t SET a = 6 ORDER BY id DESC LIMIT 1", "DELETE FROM d.t WHERE id = 2", "INSERT INTO d.t VALUES (4, 4)")
	wantTable(t, c, "SELECT * FROM d.t ORDER BY id", "1|5", "3|6", "4|4")
	exec(t, c, "TRUNCATE d.t", "SET sql_safe_updates = 0", "DELETE FROM d.t")
}

// TestViewsThatReadThemselves checks that a WITH in a part of a view's query hides nothing of the rest of it.
func TestViewsThatReadThemselves(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE DATABASE d", "USE d", "CREATE VIEW v AS SELECT 1 AS a", "CREATE VIEW w AS SELECT a FROM v")
	for _, query := range []string{
		"SELECT a FROM v WHERE a IN (WITH v AS (SELECT 1 AS a) SELECT a FROM v)", "SELECT a FROM w, (WITH w AS (SELECT 1 AS b) SELECT b FROM w) q", "SELECT a FROM d.v",
	} {
		_, err := c.ExecContext(background, "CREATE OR REPLACE VIEW v AS "+query)
		wantErrno(t, query, err, 1462, "HY000")
	}
	ann, _ := g.conn(g.account("ann", "GRANT SELECT ON d.* TO ann"))
	exec(t, ann, "USE d")
	_, err := texts(ann, "EXPLAIN SELECT * FROM v, (WITH v AS (SELECT 1 AS b) SELECT b FROM v) q")
	wantErrno(t, "a view that a WITH elsewhere hides", err, 1345, "HY000")
}
