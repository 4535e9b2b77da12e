package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// lockedDatabase makes tables and views to lock, and returns a session in their database, and another whose statements wait for a second.
func lockedDatabase(t *testing.T, g *gateway) (one, two *sql.Conn) {
	one, _ = g.conn(g.open(""))
	two, _ = g.conn(g.open(""))
	exec(t, one, "CREATE DATABASE d", "USE d", "CREATE TABLE a (id INT PRIMARY KEY)", "CREATE TABLE b (id INT PRIMARY KEY)", "INSERT INTO a VALUES (1)",
		"CREATE VIEW v AS SELECT id FROM a", "CREATE TEMPORARY TABLE own (id INT)")
	exec(t, two, "USE d", "SET lock_wait_timeout = 1")
	return one, two
}

// killedWaiting has a session run a statement that waits for another, and kills it.
func (g *gateway) killedWaiting(c *sql.Conn, statement string) {
	g.t.Helper()
	var id int64
	if err := c.QueryRowContext(background, "SELECT CONNECTION_ID()").Scan(&id); err != nil {
		g.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { _, err := c.ExecContext(background, statement); ended <- err }()
	g.waits()
	if _, err := g.open("").ExecContext(background, fmt.Sprintf("KILL QUERY %d", id)); err != nil {
		g.t.Error(err)
	}
	var e *mysql.MySQLError
	if err := <-ended; !errors.As(err, &e) || e.Number != 1317 {
		g.t.Errorf("%s: %v", statement, err)
	}
}

// TestWithinLockTables has a session use its tables as LOCK TABLES lets it (MySQL 8.0 manual, 15.3.6).
func TestWithinLockTables(t *testing.T) {
	g := start(t)
	c, _ := lockedDatabase(t, g)
	exec(t, c, "PREPARE read_b FROM 'SELECT * FROM b'", "PREPARE write_a FROM 'INSERT INTO a VALUES (?)'", "SET @n = 50")
	for _, step := range []struct {
		locks string
		want  map[string]uint16
	}{
		{"LOCK TABLES a READ", map[string]uint16{
			"SELECT * FROM a": 0, "SELECT * FROM d.a": 0, "SELECT * FROM b": 1100, "SELECT * FROM a AS x": 1100, "SELECT * FROM a, a AS y": 1100,
			"SELECT * FROM a WHERE id IN (SELECT id FROM b)": 1100, "SELECT * FROM a UNION SELECT * FROM a": 1100, "WITH b AS (SELECT id FROM a) SELECT * FROM b": 0,
			"INSERT INTO a VALUES (9)": 1099, "UPDATE a SET id = 3": 1099, "DELETE FROM a": 1099, "REPLACE INTO a VALUES (9)": 1099, "TRUNCATE TABLE a": 1099,
			"ALTER TABLE a ADD x INT": 1099, "DROP TABLE a": 1099, "CREATE INDEX i ON a (id)": 1099, "RENAME TABLE a TO z": 1099,
			"INSERT INTO b VALUES (1)": 1100, "DROP TABLE b": 1100, "CREATE TABLE z (id INT)": 1100, "CREATE VIEW w AS SELECT 1 AS x": 1100, "SELECT * FROM v": 1100,
			"EXECUTE read_b": 1100, "EXECUTE write_a USING @n": 1099, "EXPLAIN SELECT * FROM b": 1100, "CREATE TEMPORARY TABLE own4 LIKE b": 1100, "CREATE TEMPORARY TABLE own5 LIKE a": 0,
			"CREATE DATABASE z": 1192, "DROP DATABASE d": 1192,
			"SELECT COUNT(*) FROM information_schema.tables": 0, "SHOW CREATE TABLE b": 0, "SELECT COUNT(*) FROM fake.numbers": 0, "SELECT 1": 0,
			"INSERT INTO own VALUES (1)": 0, "CREATE TEMPORARY TABLE own2 (id INT)": 0, "DROP TEMPORARY TABLE IF EXISTS own3": 0,
		}},
		{"LOCK TABLES a AS x READ, a WRITE, v READ LOCAL, own READ", map[string]uint16{
			"SELECT * FROM a x JOIN a ON a.id = x.id": 0, "INSERT INTO a SELECT id + 100 FROM a AS x": 0, "INSERT INTO a SELECT id + 1000 FROM a": 1100,
			"UPDATE a AS x SET id = 5": 1099, "DELETE x FROM a AS x": 1099, "UPDATE a, a AS x SET a.id = a.id WHERE a.id = x.id": 0,
			"SELECT * FROM v": 0, "SELECT * FROM v AS y": 1100, "TRUNCATE TABLE own": 0, "EXECUTE write_a USING @n": 0, "ALTER TABLE a COMMENT = 'x'": 0,
		}},
		{"LOCK TABLES fake.numbers READ", map[string]uint16{"SELECT * FROM a": 1100, "SELECT COUNT(*) FROM fake.kinds": 0}},
		{"LOCK TABLE a LOW_PRIORITY WRITE", map[string]uint16{"DELETE FROM a": 0, "DROP TABLE b": 1100}},
	} {
		exec(t, c, step.locks)
		for query, errno := range step.want {
			_, err := texts(c, query)
			if errno == 0 && err != nil {
				t.Errorf("%s, then %s: %v", step.locks, query, err)
			} else if errno != 0 {
				wantErrno(t, step.locks+", then "+query, err, errno, "HY000")
			}
		}
	}
	exec(t, c, "UNLOCK TABLES", "SELECT * FROM b", "CREATE DATABASE z")
	for statement, want := range map[string]struct {
		errno uint16
		state string
	}{
		"LOCK TABLES a READ, b AS a WRITE":       {1066, "42000"},
		"LOCK TABLES a READ, nothing READ":       {1146, "42S02"},
		"LOCK TABLES a READ, fake.nothing READ":  {1146, "42S02"},
		"LOCK TABLES a READ, fake.numbers WRITE": {1036, "HY000"},
		"PREPARE p FROM 'LOCK TABLES a READ'":    {1295, "HY000"},
		"PREPARE p FROM 'UNLOCK TABLES'":         {1295, "HY000"},
	} {
		_, err := c.ExecContext(background, statement)
		wantErrno(t, statement, err, want.errno, want.state)
		exec(t, c, "SELECT * FROM b") // nothing is locked then
	}
}

// TestOthersWaitForLockTables has another session wait for what is locked, until it is not.
func TestOthersWaitForLockTables(t *testing.T) {
	g := start(t)
	one, two := lockedDatabase(t, g)
	exec(t, two, "SET innodb_lock_wait_timeout = 50")
	for _, c := range []struct {
		locks       string
		waits, goes []string
	}{
		{"LOCK TABLES a READ", []string{"INSERT INTO a VALUES (7)", "ALTER TABLE a ADD x INT", "SELECT * FROM a FOR UPDATE NOWAIT"},
			[]string{"SELECT * FROM a", "SELECT * FROM a FOR SHARE", "INSERT INTO b VALUES (7)", "LOCK TABLES a READ"}},
		{"LOCK TABLES v READ", []string{"DELETE FROM a", "LOCK TABLES a WRITE"}, []string{"SELECT * FROM v"}},
		{"LOCK TABLES a WRITE", []string{"SELECT * FROM a", "SELECT * FROM v", "SET @n = (SELECT COUNT(*) FROM a)", "DELETE FROM a", "LOCK TABLES a READ", "LOCK TABLES v READ", "DROP DATABASE d"},
			[]string{"SELECT * FROM b", "SHOW CREATE TABLE a"}},
	} {
		for _, statement := range c.goes {
			exec(t, one, c.locks)
			exec(t, two, statement, "UNLOCK TABLES")
			exec(t, one, "UNLOCK TABLES", "DELETE FROM b")
		}
		for _, statement := range c.waits {
			exec(t, one, c.locks)
			g.killedWaiting(two, statement)
		}
	}
	_, err := two.ExecContext(background, "SELECT * FROM a")
	wantErrno(t, "a read of what is locked to be written", err, 1205, "HY000")

	// What ends the locks has who waits go on.
	for _, end := range []string{"UNLOCK TABLES", "START TRANSACTION", "BEGIN", "LOCK TABLES v READ", "COMMIT AND CHAIN", "LOCK TABLES nothing READ"} {
		exec(t, one, "LOCK TABLES a WRITE", "DELETE FROM a", "COMMIT", "INSERT INTO a VALUES (1)", "ROLLBACK") // these do not
		exec(t, two, "SET lock_wait_timeout = 60")
		read := make(chan error)
		go func() {
			_, err := two.ExecContext(background, "INSERT INTO b SELECT id FROM a")
			read <- err
		}()
		g.waits()
		exec(t, one, "INSERT INTO a VALUES (2)")
		_, _ = one.ExecContext(background, end) // the last fails
		if err := <-read; err != nil {
			t.Errorf("%s: %v", end, err)
		}
		exec(t, one, "UNLOCK TABLES", "ROLLBACK")
		wantTable(t, two, "SELECT id FROM b", "1", "2")
		exec(t, two, "DELETE FROM b")
	}
	exec(t, one, "LOCK TABLES a WRITE")
	hangUp(one)
	wantTable(t, two, "SELECT COUNT(*) FROM a", "2")
}

// TestLockTablesAndTransactions has LOCK TABLES and UNLOCK TABLES commit, and COMMIT and ROLLBACK leave locks.
func TestLockTablesAndTransactions(t *testing.T) {
	g := start(t)
	one, two := lockedDatabase(t, g)
	exec(t, one, "START TRANSACTION", "INSERT INTO b VALUES (1)", "UNLOCK TABLES") // of none
	wantTable(t, two, "SELECT COUNT(*) FROM b", "0")
	exec(t, one, "LOCK TABLES b WRITE, a READ")
	exec(t, one, "SET autocommit = 0", "INSERT INTO b VALUES (2)", "COMMIT", "INSERT INTO b VALUES (3)", "ROLLBACK", "INSERT INTO b VALUES (4)")
	g.killedWaiting(two, "SELECT * FROM b")
	exec(t, one, "UNLOCK TABLES")
	wantTable(t, two, "SELECT id FROM b", "1", "2", "4")

	// A session that waits to read sees what was written meanwhile, in the snapshot that it takes then.
	exec(t, one, "SET autocommit = 1", "LOCK TABLES b WRITE")
	exec(t, two, "SET lock_wait_timeout = 60", "START TRANSACTION")
	ctx, cancel := context.WithTimeout(background, time.Minute)
	defer cancel()
	rows := make(chan string)
	go func() {
		var n string
		if err := two.QueryRowContext(ctx, "SELECT COUNT(*) FROM b").Scan(&n); err != nil {
			n = err.Error()
		}
		rows <- n
	}()
	g.waits()
	exec(t, one, "INSERT INTO b VALUES (5)", "UNLOCK TABLES", "INSERT INTO b VALUES (6)")
	if n := <-rows; n != "4" && n != "5" {
		t.Errorf("rows after waiting: %s", n)
	}
	exec(t, two, "ROLLBACK")

	// As mysqldump writes them.
	exec(t, one, "LOCK TABLES `b` WRITE", "/*!40000 ALTER TABLE `b` DISABLE KEYS */", "INSERT INTO `b` VALUES (7),(8)", "/*!40000 ALTER TABLE `b` ENABLE KEYS */", "UNLOCK TABLES")
	exec(t, one, "LOCK TABLES `a` READ /*!32311 LOCAL */,`b` READ /*!32311 LOCAL */,`v` READ", "SHOW CREATE TABLE `b`", "SELECT /*!40001 SQL_NO_CACHE */ * FROM `b`", "UNLOCK TABLES")

	exec(t, one, "CREATE USER reader IDENTIFIED BY 'r'", "GRANT SELECT ON d.* TO reader")
	reader := g.loginAs("reader", "r")
	_, err := reader.ExecContext(background, "LOCK TABLES d.a READ")
	wantErrno(t, "LOCK TABLES without the right", err, 1044, "42000")
	exec(t, one, "GRANT LOCK TABLES ON d.* TO reader")
	exec(t, reader, "LOCK TABLES d.a READ, d.v READ")
	_, err = texts(reader, "SELECT * FROM d.b")
	wantErrno(t, "a table that is not locked", err, 1100, "HY000")
}

// TestLockTablesAndForeignKeys has LOCK TABLES lock what a write of its tables locks by foreign keys, so that none waits for another (MySQL 8.0 manual, 15.3.6).
func TestLockTablesAndForeignKeys(t *testing.T) {
	g := start(t)
	one, two := lockedDatabase(t, g)
	exec(t, one, "CREATE TABLE child (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES a (id) ON DELETE CASCADE)", "CREATE TABLE grandchild (c INT, FOREIGN KEY (c) REFERENCES child (id) ON DELETE CASCADE)")
	for locks, writes := range map[string]string{"LOCK TABLES child WRITE": "INSERT INTO child VALUES (1, 1)", "LOCK TABLES a WRITE": "DELETE FROM a", "LOCK TABLES child WRITE, a READ": "DELETE FROM child"} {
		exec(t, one, locks)
		for _, waits := range []string{"LOCK TABLES a WRITE", "LOCK TABLES grandchild READ", "DELETE FROM grandchild"} {
			g.killedWaiting(two, waits)
		}
		exec(t, two, "SELECT * FROM grandchild", "LOCK TABLES b WRITE", "UNLOCK TABLES")
		_, err := texts(one, "SELECT * FROM grandchild")
		wantErrno(t, locks+" locks by foreign keys, not for use", err, 1100, "HY000")
		exec(t, one, writes, "UNLOCK TABLES", "INSERT IGNORE INTO a VALUES (1)")
	}
	exec(t, one, "LOCK TABLES child READ") // which writes nothing
	exec(t, two, "INSERT INTO b VALUES (8)", "LOCK TABLES a READ", "UNLOCK TABLES")
}

// TestDefinitionsUnderLockTables has what a session drops be locked no more, and others meet what is there when it gives way.
func TestDefinitionsUnderLockTables(t *testing.T) {
	g := start(t)
	one, two := lockedDatabase(t, g)
	exec(t, one, "LOCK TABLES a WRITE, b WRITE, v READ", "DROP TABLE b")
	for _, statement := range []string{"SELECT * FROM b", "CREATE TABLE b (id INT)", "INSERT INTO b VALUES (1)"} {
		_, err := texts(one, statement)
		wantErrno(t, statement+" after it was dropped", err, 1100, "HY000")
	}
	exec(t, one, "SELECT * FROM v", "ALTER TABLE a ADD x INT")
	exec(t, two, "SET lock_wait_timeout = 60")
	inserted := make(chan error, 1)
	go func() { _, err := two.ExecContext(background, "INSERT INTO a VALUES (7)"); inserted <- err }()
	g.waits()
	exec(t, one, "ALTER TABLE a DROP x", "UNLOCK TABLES")
	if err := <-inserted; err != nil {
		t.Error(err)
	}
	exec(t, one, "CREATE TABLE b (id INT)")
}
