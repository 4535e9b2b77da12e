package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// exec runs statements, none of which may fail.
func exec(t *testing.T, c *sql.Conn, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := c.ExecContext(background, s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// wantRows runs a query, whose rows are written as cells with | between.
func wantTable(t *testing.T, q querier, query string, want ...string) {
	t.Helper()
	rows, err := texts(q, query)
	var got []string
	for _, r := range rows {
		got = append(got, strings.Join(r, "|"))
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %q, %v; want %q", query, got, err, want)
	}
}

// hangUp closes a connection, which its pool would keep.
func hangUp(c *sql.Conn) { _ = c.Raw(func(any) error { return driver.ErrBadConn }) }

func TestTablesFromSources(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE DATABASE made", "CREATE TABLE made.few AS SELECT id, pad FROM numbers WHERE id < 5", "CREATE TABLE made.n LIKE numbers",
		"INSERT INTO made.n SELECT * FROM numbers", "INSERT INTO made.few SELECT id + 100, (SELECT MAX(pad) FROM numbers) FROM made.n WHERE id = 7",
		"UPDATE made.few SET pad = 'x' WHERE id IN (SELECT id + 1 FROM numbers)", "DELETE FROM made.few WHERE id > (SELECT MAX(id) FROM numbers)")
	wantTable(t, c, "SELECT COUNT(*), SUM(n.id) FROM made.n JOIN numbers USING (id)", "2500|3126250")
	wantTable(t, c, "SELECT COUNT(*), SUM(pad = 'x') FROM made.few", "5|4")
	exec(t, c, "UPDATE made.few JOIN numbers USING (id) SET few.pad = CONCAT(numbers.id, 'y')", "DELETE f FROM made.few f JOIN numbers n ON n.id = f.id WHERE n.id = 2",
		"UPDATE made.few SET pad = (SELECT COUNT(*) FROM numbers n WHERE n.id < few.id) WHERE id = 4")
	wantTable(t, c, "SELECT id, pad FROM made.few WHERE id < 100", "1|1y", "3|3y", "4|3")
	for _, write := range []string{"INSERT INTO numbers SELECT * FROM made.n", "UPDATE numbers SET id = 1", "DELETE FROM numbers", "TRUNCATE numbers", "DROP TABLE numbers",
		"ALTER TABLE numbers ADD COLUMN x INT", "CREATE TABLE fake.t (a INT)", "CREATE INDEX i ON numbers (id)", "UPDATE made.n JOIN numbers USING (id) SET numbers.id = 1"} {
		_, err := c.ExecContext(background, write)
		wantErrno(t, write, err, 1036, "HY000")
	}
}

func TestTemporaryTablesInADatabaseOfASource(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	other, _ := g.conn(g.open(""))
	for range 3 { // after which its plan is kept
		wantTable(t, c, "SELECT COUNT(*) FROM numbers", "2500")
	}
	exec(t, c, "CREATE TEMPORARY TABLE numbers AS SELECT id FROM numbers WHERE id < 3", "CREATE TEMPORARY TABLE own (id INT PRIMARY KEY)", "INSERT INTO own VALUES (1)")
	wantTable(t, c, "SELECT COUNT(*) FROM numbers", "2")
	wantTable(t, other, "SELECT COUNT(*) FROM numbers", "2500")
	wantTable(t, c, "SELECT numbers.id, own.id FROM numbers JOIN own ON own.id = numbers.id", "1|1")
	if rows, err := texts(c, "SHOW TABLES LIKE 'own'"); len(rows) != 0 || err != nil {
		t.Errorf("SHOW TABLES has temporary tables: %q, %v", rows, err)
	}
	wantTable(t, c, "SHOW CREATE TABLE own", "own|CREATE TEMPORARY TABLE `own` (\n  `id` int NOT NULL,\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin")
	exec(t, c, "UPDATE own SET id = 2", "TRUNCATE own", "ALTER TABLE own RENAME TO mine", "DROP TABLE mine", "DROP TEMPORARY TABLE numbers")
	wantTable(t, c, "SELECT COUNT(*) FROM numbers", "2500")
	_, err := c.ExecContext(background, "DROP TEMPORARY TABLE numbers")
	wantErrno(t, "only temporary tables", err, 1051, "42S02")
	exec(t, c, "CREATE TEMPORARY TABLE left_over (id INT)")
	hangUp(c)
	_, err = texts(other, "SELECT * FROM left_over")
	wantErrno(t, "another session's table", err, 1146, "42S02")
}

func TestRightsToScratchDatabases(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	exec(t, root, "CREATE DATABASE theirs", "CREATE TABLE theirs.t (a INT)")
	ann, _ := g.conn(g.account("ann", "GRANT CREATE, SELECT, INSERT, DROP ON ann_db.* TO ann", "GRANT SELECT ON fake.* TO ann"))
	exec(t, ann, "CREATE DATABASE ann_db", "CREATE TABLE ann_db.t AS SELECT id FROM fake.numbers WHERE id < 3")
	wantTable(t, ann, "SELECT COUNT(*) FROM ann_db.t", "2")
	for _, denied := range []string{"CREATE DATABASE other", "SELECT * FROM theirs.t", "INSERT INTO theirs.t VALUES (1)", "UPDATE ann_db.t SET id = 1", "DROP DATABASE theirs",
		"CREATE TEMPORARY TABLE fake.x (a INT)", "INSERT INTO ann_db.t SELECT a FROM theirs.t"} {
		if _, err := ann.ExecContext(background, denied); err == nil {
			t.Errorf("%s succeeded", denied)
		}
	}
	wantTable(t, ann, "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE '%s'")
	exec(t, root, "GRANT CREATE TEMPORARY TABLES ON fake.* TO ann")
	exec(t, ann, "CREATE TEMPORARY TABLE fake.x (a INT)", "DROP DATABASE ann_db")
}

func TestNamesOfScratchDatabases(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE DATABASE Made", "CREATE DATABASE IF NOT EXISTS made")
	for statement, errno := range map[string]uint16{"CREATE DATABASE made": 1007, "CREATE DATABASE FAKE": 1007, "DROP DATABASE fake": 1044, "DROP DATABASE nope": 1008} {
		_, err := c.ExecContext(background, statement)
		wantErrno(t, statement, err, errno, map[uint16]string{1007: "HY000", 1044: "42000", 1008: "HY000"}[errno])
	}
	made, err := sql.Open("sqlite", filepath.Join(g.dir, "made.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := made.Exec("CREATE TABLE t (id INTEGER)"); err != nil {
		t.Fatal(err)
	}
	made.Close()
	server := "CREATE SERVER made FOREIGN DATA WRAPPER sqlite OPTIONS (path '" + filepath.Join(g.dir, "made.db") + "')"
	_, err = c.ExecContext(background, server)
	wantErrno(t, server, err, 1476, "HY000")
	exec(t, c, "DROP DATABASE made", server)
}

// waits returns once a session waits for a lock.
func (g *gateway) waits() { g.wait(1) }

// wait returns once so many sessions wait for locks.
func (g *gateway) wait(sessions int) {
	g.t.Helper()
	eventually(g.t.(*testing.T), "wait for a lock", func() bool { return g.scratch.Waiting() >= sessions })
}

func TestSessionsThatWriteOneTable(t *testing.T) {
	g := start(t)
	one, _ := g.conn(g.open(""))
	two, id := g.conn(g.open(""))
	exec(t, one, "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, n INT)", "CREATE TABLE d.u (id INT PRIMARY KEY)", "INSERT INTO d.t VALUES (1, 0)")
	exec(t, one, "START TRANSACTION", "UPDATE d.t SET n = n + 1")
	wantTable(t, two, "SELECT n FROM d.t", "0")
	ended := make(chan error)
	update := func() { _, err := two.ExecContext(background, "UPDATE d.t SET n = n + 10"); ended <- err }
	go update()
	g.waits()
	exec(t, one, "COMMIT")
	if err := <-ended; err != nil {
		t.Error(err)
	}
	wantTable(t, one, "SELECT n FROM d.t", "11")

	exec(t, one, "START TRANSACTION", "SELECT * FROM d.t FOR UPDATE")
	go update()
	g.waits()
	killer, _ := g.conn(g.open(""))
	exec(t, killer, fmt.Sprintf("KILL QUERY %d", id))
	wantErrno(t, "a statement that was killed while it waits", <-ended, 1317, "70100")

	exec(t, two, "SET innodb_lock_wait_timeout = 1")
	go update()
	wantErrno(t, "a statement that waited", <-ended, 1205, "HY000")

	exec(t, two, "SET innodb_lock_wait_timeout = 50", "START TRANSACTION", "INSERT INTO d.u VALUES (1)")
	go update()
	g.waits()
	_, err := one.ExecContext(background, "INSERT INTO d.u VALUES (2)")
	wantErrno(t, "two that wait for each other", err, 1213, "40001")
	if err := <-ended; err != nil { // the other was rolled back
		t.Error(err)
	}
	exec(t, two, "COMMIT")
	wantTable(t, one, "SELECT n, (SELECT COUNT(*) FROM d.u) FROM d.t", "21|1")

	// Who leaves gives back what it holds.
	exec(t, one, "START TRANSACTION", "DELETE FROM d.t")
	hangUp(one)
	exec(t, two, "UPDATE d.t SET n = 0")
	wantTable(t, two, "SELECT COUNT(*) FROM d.t", "1")
}

// TestDefinitionsThatChangeMeanwhile has statements wait for a table, one after the other, of which the first alters what the second was bound to.
func TestDefinitionsThatChangeMeanwhile(t *testing.T) {
	g := start(t)
	holder, _ := g.conn(g.open(""))
	for _, c := range []struct {
		first, second string
		errnos        [2]uint16
	}{
		{"ALTER TABLE t MODIFY a INT NOT NULL", "INSERT INTO t (id, a) VALUES (2, NULL)", [2]uint16{0, 1048}},
		{"ALTER TABLE t ADD CHECK (a < 10)", "UPDATE t SET a = 20", [2]uint16{0, 3819}},
		{"ALTER TABLE t DROP COLUMN a", "UPDATE t SET a = 20", [2]uint16{0, 1054}},
		{"ALTER TABLE t ADD b INT DEFAULT 4 FIRST", "INSERT INTO t VALUES (2, 3)", [2]uint16{0, 1136}},
		{"ALTER TABLE t ADD b INT DEFAULT 4", "INSERT INTO t (id) SELECT 2", [2]uint16{0, 0}},
		{"DROP TABLE t", "DELETE FROM t", [2]uint16{0, 1146}},
		{"ALTER TABLE t RENAME s", "DELETE FROM t", [2]uint16{0, 1146}},
		{"CREATE TABLE child (a INT, FOREIGN KEY (a) REFERENCES t (id))", "ALTER TABLE t DROP PRIMARY KEY", [2]uint16{0, 1553}},
		{"ALTER TABLE t DROP PRIMARY KEY", "CREATE TABLE child (a INT, FOREIGN KEY (a) REFERENCES t (id))", [2]uint16{0, 1822}},
		{"CREATE TABLE child (a INT, FOREIGN KEY (a) REFERENCES t (id) ON UPDATE CASCADE)", "UPDATE t SET id = 7", [2]uint16{0, 0}},
		{"CREATE TABLE child (a INT, FOREIGN KEY (a) REFERENCES t (id))", "DROP TABLE t", [2]uint16{0, 3730}},
		{"DROP TABLE t", "CREATE TABLE child (a INT, FOREIGN KEY (a) REFERENCES t (id))", [2]uint16{0, 1824}},
	} {
		exec(t, holder, "DROP DATABASE IF EXISTS d", "CREATE DATABASE d", "USE d", "CREATE TABLE t (id INT PRIMARY KEY, a INT)", "INSERT INTO t VALUES (1, 1)",
			"START TRANSACTION", "SELECT * FROM t FOR UPDATE")
		var ended [2]chan error
		for i, statement := range []string{c.first, c.second} {
			conn, _ := g.conn(g.open(""))
			exec(t, conn, "USE d")
			ended[i] = make(chan error, 1)
			go func() { _, err := conn.ExecContext(background, statement); ended[i] <- err }()
			g.wait(i + 1)
		}
		exec(t, holder, "COMMIT")
		for i, statement := range []string{c.first, c.second} {
			err := <-ended[i]
			var got *mysql.MySQLError
			switch {
			case errors.As(err, &got) && got.Number == c.errnos[i]:
			case err != nil || c.errnos[i] != 0:
				t.Errorf("%s, then %s: the latter has %v, want errno %d", c.first, statement, err, c.errnos[i])
			}
		}
	}
}

// TestSnapshotOfAnAlteredTable writes tables that others have changed since the transaction's snapshot: what it reads of them then has no rows of that.
func TestSnapshotOfAnAlteredTable(t *testing.T) {
	g := start(t)
	one, _ := g.conn(g.open(""))
	two, _ := g.conn(g.open(""))
	for _, c := range []struct {
		change, write string
		errno         uint16
	}{
		{"ALTER TABLE d.t ADD a INT FIRST", "INSERT INTO d.t (id) VALUES (3)", 1412},
		{"ALTER TABLE d.t COMMENT = 'x'", "UPDATE d.t SET id = id + 10", 0},
		{"ALTER TABLE d.t RENAME COLUMN id TO a", "UPDATE d.t SET a = a + 10", 0},
		{"TRUNCATE TABLE d.t", "INSERT INTO d.t VALUES (3)", 1412},
		{"DROP TABLE d.t; CREATE TABLE d.t (id INT PRIMARY KEY)", "INSERT INTO d.t VALUES (3)", 1412},
		{"CREATE TABLE d.made (id INT PRIMARY KEY); RENAME TABLE d.t TO d.away, d.made TO d.t", "INSERT INTO d.t VALUES (3)", 1412},
		{"DELETE FROM d.t", "INSERT INTO d.t VALUES (3)", 0},
	} {
		exec(t, one, "DROP DATABASE IF EXISTS d", "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)", "INSERT INTO d.t VALUES (1), (2)", "CREATE TABLE d.other (id INT)")
		exec(t, two, "START TRANSACTION WITH CONSISTENT SNAPSHOT")
		for statement := range strings.SplitSeq(c.change, ";") {
			exec(t, one, statement)
		}
		exec(t, two, c.write)
		_, err := texts(two, "SELECT * FROM d.t")
		if c.errno == 0 && err != nil {
			t.Errorf("%s: %v", c.change, err)
		} else if c.errno != 0 {
			wantErrno(t, c.change, err, c.errno, "HY000")
		}
		exec(t, two, "SELECT * FROM d.t FOR UPDATE", "DELETE FROM d.t", "COMMIT", "SELECT * FROM d.t") // these are of the table as it is
	}
}

// TestConsistentSnapshot reads what was committed when the transaction began, and without the clause what was when it first read.
func TestConsistentSnapshot(t *testing.T) {
	g := start(t)
	one, _ := g.conn(g.open(""))
	two, _ := g.conn(g.open(""))
	exec(t, one, "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)")
	for i, c := range []struct{ start, before, rows string }{
		{"START TRANSACTION WITH CONSISTENT SNAPSHOT", "REPEATABLE READ", "0"},
		{"start transaction read only, with consistent snapshot", "SERIALIZABLE", "2"}, // whose reads are those of FOR SHARE
		{"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ WRITE", "REPEATABLE READ", "2"},
		{"START TRANSACTION", "REPEATABLE READ", "4"},
		{"START TRANSACTION WITH CONSISTENT SNAPSHOT", "READ COMMITTED", "5"},
	} {
		exec(t, two, "SET SESSION TRANSACTION ISOLATION LEVEL "+c.before, c.start)
		if i == 4 {
			wantTable(t, two, "SHOW WARNINGS", "Warning|138|InnoDB: WITH CONSISTENT SNAPSHOT was ignored because this phrase can only be used with REPEATABLE READ isolation level.")
		}
		exec(t, one, fmt.Sprintf("INSERT INTO d.t VALUES (%d)", i))
		wantTable(t, two, "SELECT COUNT(*) FROM d.t", c.rows)
		if i == 1 {
			_, err := two.ExecContext(background, "INSERT INTO d.t VALUES (100)")
			wantErrno(t, "a write in a transaction that reads only", err, 1792, "25006")
		}
		exec(t, two, "COMMIT")
		wantTable(t, two, "SELECT COUNT(*) FROM d.t", fmt.Sprint(i+1))
	}
	prepared, err := two.PrepareContext(background, "START TRANSACTION WITH CONSISTENT SNAPSHOT")
	if err != nil {
		t.Fatal(err)
	}
	defer prepared.Close()
	exec(t, two, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
	if _, err := prepared.Exec(); err != nil {
		t.Fatal(err)
	}
	exec(t, one, "DELETE FROM d.t")
	wantTable(t, two, "SELECT COUNT(*) FROM d.t", "5")
	exec(t, two, "ROLLBACK")
	for _, wrong := range []string{"START TRANSACTION WITH SNAPSHOT", "START TRANSACTION READ", "START TRANSACTION READ ONLY, READ WRITE", "START TRANSACTION READ ONLY,", "START TRANSACTION NOW"} {
		_, err := two.ExecContext(background, wrong)
		wantErrno(t, wrong, err, 1064, "42000")
	}
}

// TestLastInsertID reads the key that an INSERT made by any of its names.
func TestLastInsertID(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE DATABASE d", "CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY, n INT)", "INSERT INTO d.t (id, n) VALUES (41, 0)")
	for range 2 { // the second time by the plan of the first
		exec(t, c, "INSERT INTO d.t (n) VALUES (1), (2)")
		wantTable(t, c, "SELECT @@identity = MAX(id) - 1, @@SESSION.last_insert_id = @@identity, LAST_INSERT_ID() = @@identity FROM d.t", "1|1|1")
	}
	wantTable(t, c, "SHOW VARIABLES LIKE 'identity'", "identity|44")
	exec(t, c, "SET identity = 7")
	wantTable(t, c, "SELECT LAST_INSERT_ID(), @@last_insert_id, @@identity", "7|7|7")
	exec(t, c, "SET last_insert_id = 8")
	wantTable(t, c, "SELECT LAST_INSERT_ID(), @@last_insert_id, @@identity", "8|8|8")
}

// TestNewestOfWrites writes in a transaction that has a snapshot: definitions and rows are those that are committed by then, also of what is read.
func TestNewestOfWrites(t *testing.T) {
	g := start(t)
	one, _ := g.conn(g.open(""))
	two, _ := g.conn(g.open(""))
	exec(t, one, "CREATE DATABASE d", "USE d", "CREATE TABLE seen (id INT)", "CREATE TABLE z (id INT PRIMARY KEY)", "CREATE TABLE copied (id INT PRIMARY KEY)", "INSERT INTO seen VALUES (1), (2)")
	exec(t, two, "USE d", "START TRANSACTION", "SELECT * FROM seen")
	exec(t, one, "ALTER TABLE z ADD q INT", "INSERT INTO z VALUES (1, 1)", "INSERT INTO seen VALUES (3)", "DELETE FROM seen WHERE id = 1")
	exec(t, two, "UPDATE z SET q = 5", "INSERT INTO z VALUES (2, 6)", "INSERT INTO copied SELECT id FROM seen")
	wantTable(t, two, "SELECT * FROM z ORDER BY id FOR UPDATE", "1|5", "2|6")
	_, err := texts(two, "SELECT * FROM z")
	wantErrno(t, "a table that was altered since the snapshot", err, 1412, "HY000")
	wantTable(t, two, "SELECT * FROM copied ORDER BY id", "2", "3")
	wantTable(t, two, "SELECT * FROM seen ORDER BY id", "1", "2")
	exec(t, two, "COMMIT")
	wantTable(t, two, "SELECT * FROM seen ORDER BY id", "2", "3")
}

// loginAs opens a connection of an account.
func (g *gateway) loginAs(user, password string) *sql.Conn {
	g.t.Helper()
	config, err := mysql.ParseDSN(g.dsn(""))
	if err != nil {
		g.t.Fatal(err)
	}
	config.User, config.Passwd, config.DBName = user, password, ""
	db, err := sql.Open("mysql", config.FormatDSN())
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { db.Close() })
	c, _ := g.conn(db)
	return c
}

// TestRightsOfWrites asks for what writes take beside the right to write: what they read, what they change instead, and what they replace.
func TestRightsOfWrites(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	exec(t, root, "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, a INT)", "CREATE TABLE d.other (id INT)", "INSERT INTO d.t VALUES (1, 1)", "CREATE VIEW d.v AS SELECT 1 AS x",
		"CREATE USER ins IDENTIFIED BY 'p'", "GRANT INSERT ON d.t TO ins", "CREATE USER upd IDENTIFIED BY 'p'", "GRANT UPDATE, DELETE ON d.t TO upd",
		"CREATE USER sel IDENTIFIED BY 'p'", "GRANT SELECT, CREATE VIEW ON d.* TO sel", "GRANT SELECT ON d.other TO upd",
		"CREATE USER joins IDENTIFIED BY 'p'", "GRANT SELECT, UPDATE ON d.t TO joins", "GRANT SELECT ON d.other TO joins")
	for _, c := range []struct {
		user  string
		sql   string
		errno uint16
	}{
		{"ins", "INSERT INTO d.t VALUES (2, 2)", 0},
		{"ins", "INSERT INTO d.t (id, a) VALUES (3, id + 1)", 1142},
		{"ins", "INSERT INTO d.t VALUES (1, 0) ON DUPLICATE KEY UPDATE a = 9", 1142},
		{"ins", "INSERT INTO d.t VALUES (7, 0) RETURNING *", 1142},
		{"upd", "UPDATE d.t SET a = 2", 0},
		{"upd", "UPDATE d.t SET a = a + 1", 1142},
		{"upd", "UPDATE d.t SET a = 2 WHERE a > 1", 1142},
		{"upd", "UPDATE d.t SET a = (SELECT COUNT(*) FROM d.other)", 0},
		{"upd", "UPDATE d.t JOIN d.other USING (id) SET a = 2", 1142},
		{"joins", "UPDATE d.t JOIN d.other ON t.id = other.id SET a = other.id", 0},
		{"joins", "UPDATE d.t, d.other SET t.a = other.id WHERE t.id = other.id", 0},
		{"joins", "EXPLAIN UPDATE d.t, d.other SET t.a = other.id WHERE t.id = other.id", 0},
		{"joins", "UPDATE d.t JOIN d.other ON t.id = other.id SET other.id = 2", 1142},
		{"joins", "UPDATE d.t JOIN d.other ON t.id = other.id SET a = 1, other.id = 2", 1142},
		{"joins", "EXPLAIN UPDATE d.t, d.other SET other.id = 1", 1142},
		{"upd", "DELETE FROM d.t WHERE a > 100", 1142},
		{"upd", "DELETE FROM d.t ORDER BY a LIMIT 1", 1142},
		{"sel", "CREATE OR REPLACE VIEW d.v AS SELECT 2 AS x", 1142},
		{"sel", "ALTER VIEW d.v AS SELECT 2 AS x", 1142},
		{"sel", "CREATE VIEW d.w AS SELECT 2 AS x", 0},
	} {
		_, err := g.loginAs(c.user, "p").ExecContext(background, c.sql)
		if c.errno == 0 && err != nil {
			t.Errorf("%s: %v", c.sql, err)
		} else if c.errno != 0 {
			wantErrno(t, c.sql, err, c.errno, "42000")
		}
	}
	reader := g.loginAs("sel", "p")
	exec(t, reader, "START TRANSACTION", "SELECT * FROM d.t")
	_, err := reader.ExecContext(background, "SELECT * FROM d.t FOR UPDATE")
	wantErrno(t, "FOR UPDATE with SELECT alone", err, 1142, "42000")
}

// TestSerializable has a transaction that reads wait for who writes, so that of two that decide by what both have read one fails.
func TestSerializable(t *testing.T) {
	g := start(t)
	one, _ := g.conn(g.open(""))
	two, _ := g.conn(g.open(""))
	exec(t, one, "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, n INT)", "INSERT INTO d.t VALUES (1, 1), (2, 1)", "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE")
	exec(t, two, "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE", "START TRANSACTION")
	exec(t, one, "START TRANSACTION", "SELECT SUM(n) FROM d.t")
	ended := make(chan error)
	go func() {
		_, err := two.ExecContext(background, "UPDATE d.t SET n = 0 WHERE id = 2 AND (SELECT SUM(n) FROM (SELECT n FROM d.t) AS x) > 1")
		ended <- err
	}()
	g.waits()
	exec(t, one, "UPDATE d.t SET n = 0 WHERE id = 1", "COMMIT")
	if err := <-ended; err != nil {
		t.Error(err)
	}
	exec(t, two, "COMMIT", "COMMIT AND NO CHAIN")
	wantTable(t, one, "SELECT SUM(n) FROM d.t", "1")
}

// TestForeignKeysOfOthers has foreign keys hold whoever writes, and asks who makes one for the right to refer to the parent.
func TestForeignKeysOfOthers(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	exec(t, root, "CREATE DATABASE theirs", "CREATE DATABASE own", "CREATE TABLE theirs.parent (id INT PRIMARY KEY)", "INSERT INTO theirs.parent VALUES (1), (2)",
		"CREATE USER child IDENTIFIED BY 'c'", "GRANT ALL ON own.* TO child", "CREATE USER parent IDENTIFIED BY 'p'", "GRANT ALL ON theirs.* TO parent")
	child, parent := g.loginAs("child", "c"), g.loginAs("parent", "p")
	const table = "CREATE TABLE own.child (p INT, FOREIGN KEY (p) REFERENCES theirs.parent (id) ON UPDATE CASCADE)"
	_, err := child.ExecContext(background, table)
	wantErrno(t, table, err, 1142, "42000")
	exec(t, child, "CREATE TABLE own.later (p INT)", "CREATE TABLE own.tree (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES tree (id))")
	const alter = "ALTER TABLE own.later ADD FOREIGN KEY (p) REFERENCES theirs.parent (id)"
	_, err = child.ExecContext(background, alter)
	wantErrno(t, alter, err, 1142, "42000")
	exec(t, root, "GRANT REFERENCES ON theirs.parent TO child")
	exec(t, child, table, "INSERT INTO own.child VALUES (1), (NULL)")
	_, err = child.ExecContext(background, "INSERT INTO own.child VALUES (9)")
	wantErrno(t, "a row without a parent", err, 1452, "23000")
	exec(t, parent, "UPDATE theirs.parent SET id = 10 WHERE id = 1", "DELETE FROM theirs.parent WHERE id = 2")
	_, err = parent.ExecContext(background, "DELETE FROM theirs.parent")
	wantErrno(t, "a parent with a child", err, 1451, "23000")
	wantTable(t, child, "SELECT p FROM own.child WHERE p > 0", "10")
}

func TestConcurrentIncrements(t *testing.T) {
	g := start(t)
	setup, _ := g.conn(g.open(""))
	exec(t, setup, "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, n INT)", "INSERT INTO d.t VALUES (1, 0)")
	const sessions, each = 4, 25
	failed := make(chan error, sessions)
	for s := range sessions {
		c, _ := g.conn(g.open(""))
		go func() {
			for i := range each {
				statements := []string{"UPDATE d.t SET n = n + 1"}
				if (s+i)%2 == 0 {
					statements = []string{"START TRANSACTION", "SELECT n FROM d.t FOR UPDATE", "UPDATE d.t SET n = n + 1", "COMMIT"}
				}
				for _, q := range statements {
					if _, err := c.ExecContext(background, q); err != nil {
						failed <- fmt.Errorf("%s: %w", q, err)
						return
					}
				}
			}
			failed <- nil
		}()
	}
	for range sessions {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	wantTable(t, setup, "SELECT n FROM d.t", fmt.Sprint(sessions*each))
}

func TestScratchQuotaAndPreparedStatements(t *testing.T) {
	g := start(t)
	db := g.open("")
	c, _ := g.conn(db)
	exec(t, c, "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY AUTO_INCREMENT, at DATETIME(6), b LONGBLOB, f DOUBLE)")
	insert, err := c.PrepareContext(background, "INSERT INTO d.t (at, b, f) VALUES (?, ?, ?)")
	if err != nil {
		t.Fatal(err)
	}
	defer insert.Close()
	var last int64
	for i := range 3 {
		result, err := insert.ExecContext(background, "2024-02-09 01:02:03.000004", []byte{0, 1, byte(i)}, float64(i)/4)
		if err != nil {
			t.Fatal(err)
		}
		last, _ = result.LastInsertId()
	}
	if last != 3 {
		t.Errorf("last insert id %d", last)
	}
	wantTable(t, c, "SELECT id, at, HEX(b), f FROM d.t WHERE id > 1", "2|2024-02-09 01:02:03.000004|000101|0.25", "3|2024-02-09 01:02:03.000004|000102|0.5")
	var failure error
	for range 100 {
		if _, failure = c.ExecContext(background, "INSERT INTO d.t (b) VALUES (REPEAT('x', 1000000))"); failure != nil {
			break
		}
	}
	wantErrno(t, "more than the quota", failure, 1114, "HY000")
	if !strings.Contains(fmt.Sprint(failure), "'root'") {
		t.Errorf("whose quota? %v", failure)
	}
	exec(t, c, "TRUNCATE d.t", "INSERT INTO d.t (b) VALUES (REPEAT('x', 1000000))")
}

func TestScratchDatabasesSurvive(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "SET time_zone = '+02:00'", "CREATE DATABASE d COLLATE utf8mb4_bin",
		"CREATE TABLE d.t (id INT PRIMARY KEY AUTO_INCREMENT, k VARCHAR(5), at TIMESTAMP NULL, tm TIME(2), e ENUM('b','a') DEFAULT 'a', j JSON, g INT AS (LENGTH(k) * 2), UNIQUE (k), CHECK (k <> 'z'))",
		"INSERT INTO d.t (k, at, tm, j) VALUES ('a', '2024-01-01 12:00:00', '10:00:00.456', '{\"x\": [1]}'), ('A', NULL, NULL, NULL)", "DELETE FROM d.t WHERE k = 'A'")
	exec(t, c, `CREATE TABLE d.escaped (e ENUM('a\\b', '\\', 'it\'s') DEFAULT 'a\\b', s SET('c\nd', '\\n'))`, `INSERT INTO d.escaped (s) VALUES ('\\n,c\nd')`)
	created, err := texts(c, "SHOW CREATE TABLE d.t")
	if err != nil {
		t.Fatal(err)
	}
	exec(t, c, "START TRANSACTION", "INSERT INTO d.t (k) VALUES ('lost')")
	g.stop()
	g.start()
	c, _ = g.conn(g.open(""))
	exec(t, c, "SET time_zone = '+00:00'")
	again, err := texts(c, "SHOW CREATE TABLE d.t")
	if err != nil || !reflect.DeepEqual(created, again) {
		t.Errorf("%q, %v; was %q", again, err, created)
	}
	wantTable(t, c, "SELECT * FROM d.t", `1|a|2024-01-01 10:00:00|10:00:00.46|a|{"x": [1]}|2`)
	wantTable(t, c, "SELECT e, e + 0, s, s + 0 FROM d.escaped", "a\\b|1|c\nd,\\n|3")
	_, err = c.ExecContext(context.Background(), "INSERT INTO d.t (k) VALUES ('a')")
	wantErrno(t, "a key of before", err, 1062, "23000")
	exec(t, c, "INSERT INTO d.t (k) VALUES ('A')")
	wantTable(t, c, "SELECT MAX(id) > 2 FROM d.t", "1")
}

func TestPreparedDefinitions(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE DATABASE made")
	const both = "PREPARE two FROM 'CREATE TABLE made.a (a INT); CREATE TABLE made.b (a INT)'"
	_, err := c.ExecContext(background, both)
	wantErrno(t, both, err, 1064, "42000")
	exec(t, c, "PREPARE one FROM 'CREATE TABLE made.one (a INT);'", "EXECUTE one")
	for _, p := range []struct {
		text string
		args []any
	}{
		{"CREATE TABLE made.p AS SELECT ? AS a, id FROM numbers WHERE id < ?", []any{"text", 3}},
		{"ALTER TABLE made.p ADD b INT FIRST, ADD d INT AFTER b", nil},
		{"RENAME TABLE made.p TO made.q", nil},
	} {
		stmt, err := c.PrepareContext(background, p.text)
		if err == nil {
			_, err = stmt.ExecContext(background, p.args...)
			stmt.Close()
		}
		if err != nil {
			t.Fatalf("%s: %v", p.text, err)
		}
	}
	wantTable(t, c, "SELECT * FROM made.q ORDER BY id", "NULL|NULL|text|1", "NULL|NULL|text|2")
	exec(t, c, "SET @a = 7.5, @b = NULL, @text = 'ALTER TABLE made.r ADD c INT FIRST, ADD e INT AFTER c'",
		"PREPARE p FROM 'CREATE TABLE made.r AS SELECT ? AS a, ? AS b'", "EXECUTE p USING @a, @b", "PREPARE q FROM @text", "EXECUTE q")
	wantTable(t, c, "SELECT * FROM made.r", "NULL|NULL|7.5|NULL")
	exec(t, c, "START TRANSACTION", "INSERT INTO made.r VALUES (1, 2, 3, NULL)", "PREPARE d FROM 'CREATE TABLE made.s (a INT)'", "EXECUTE d", "ROLLBACK")
	wantTable(t, c, "SELECT COUNT(*) FROM made.r", "2")
	_, err = c.ExecContext(background, "EXECUTE d")
	wantErrno(t, "a table that is there", err, 1050, "42S01")
}

// TestCharacterSetsOfDatabases gives new tables the character set of their database, which is told as it was set.
func TestCharacterSetsOfDatabases(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE DATABASE d CHARACTER SET latin1 COLLATE latin1_bin")
	wantTable(t, c, "SHOW WARNINGS")
	exec(t, c, "CREATE TABLE d.t (a TEXT)", "ALTER DATABASE d DEFAULT COLLATE = utf8mb4_bin")
	wantTable(t, c, "SHOW WARNINGS")
	exec(t, c, "CREATE TABLE d.u (a TEXT)")
	wantTable(t, c, "SELECT table_name, collation_name FROM information_schema.columns WHERE table_schema = 'd' ORDER BY 1", "t|latin1_bin", "u|utf8mb4_bin")
	g.stop()
	g.start()
	c, _ = g.conn(g.open(""))
	wantTable(t, c, "SHOW CREATE DATABASE d", "d|CREATE DATABASE `d` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */")
	wantTable(t, c, "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata WHERE schema_name = 'd'", "utf8mb4|utf8mb4_bin")
	for _, statement := range []string{"CREATE DATABASE e CHARACTER SET latin1 COLLATE utf8mb4_bin", "ALTER DATABASE d CHARACTER SET latin1 COLLATE utf8mb4_bin"} {
		_, err := c.ExecContext(background, statement)
		wantErrno(t, statement, err, 1253, "42000")
	}
}
