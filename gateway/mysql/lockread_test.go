package mysql

import (
	"strings"
	"testing"
)

// TestLockedReads has one transaction lock a table, and other sessions lock what they read.
func TestLockedReads(t *testing.T) {
	g := start(t)
	one, _ := g.conn(g.open(""))
	two, _ := g.conn(g.open(""))
	exec(t, one, "CREATE DATABASE d", "USE d", "CREATE TABLE a (id INT PRIMARY KEY)", "CREATE TABLE b (id INT PRIMARY KEY)", "INSERT INTO a VALUES (1), (2)", "INSERT INTO b VALUES (1), (3)",
		"CREATE VIEW v AS SELECT a.id FROM a")
	exec(t, two, "USE d")
	const missed, waits = 3572, 1 // waits: until it is killed
	for _, c := range []struct {
		holds, query string
		ends         uint16 // 0: it has rows
		rows         []string
	}{
		{"SELECT * FROM a FOR UPDATE", "SELECT id FROM a FOR UPDATE NOWAIT", missed, nil},
		{"SELECT * FROM a FOR UPDATE", "SELECT id FROM a FOR SHARE NOWAIT", missed, nil},
		{"SELECT * FROM a FOR UPDATE", "SELECT id FROM v FOR UPDATE NOWAIT", missed, nil},
		{"SELECT * FROM a FOR UPDATE", "(SELECT id FROM a) UNION (SELECT id FROM b FOR UPDATE NOWAIT) ORDER BY id", 0, []string{"1", "2", "3"}},
		{"SELECT * FROM a FOR UPDATE", "SELECT id FROM b UNION SELECT id FROM a FOR UPDATE NOWAIT", missed, nil},
		{"SELECT * FROM a FOR UPDATE", "SELECT id FROM a FOR UPDATE SKIP LOCKED", 0, nil},
		{"SELECT * FROM a FOR UPDATE", "SELECT id FROM a FOR SHARE SKIP LOCKED", 0, nil},
		{"SELECT * FROM a FOR UPDATE", "SELECT b.id FROM b LEFT JOIN (a AS x) ON x.id = b.id WHERE x.id IS NULL FOR UPDATE SKIP LOCKED", 0, []string{"1", "3"}},
		{"SELECT * FROM a FOR UPDATE", "SELECT id FROM a", 0, []string{"1", "2"}},
		{"SELECT * FROM a FOR UPDATE", "SELECT a.id FROM a JOIN b ON a.id = b.id FOR UPDATE OF b NOWAIT", 0, []string{"1"}},
		{"SELECT * FROM a FOR UPDATE", "SELECT a.id FROM b AS a JOIN a AS b ON a.id = b.id FOR UPDATE OF b NOWAIT", missed, nil},
		{"SELECT * FROM a FOR UPDATE", "SELECT a.id FROM a JOIN b ON a.id = b.id FOR SHARE OF a NOWAIT", missed, nil},
		{"SELECT * FROM a FOR UPDATE", "SELECT id FROM b WHERE id IN (SELECT id FROM a) FOR UPDATE NOWAIT", 0, []string{"1"}},
		{"SELECT * FROM a FOR UPDATE", "SELECT id FROM b WHERE id IN (SELECT id FROM a FOR SHARE NOWAIT)", missed, nil},
		{"SELECT * FROM a FOR UPDATE", "WITH a AS (SELECT id FROM b) SELECT id FROM a FOR UPDATE NOWAIT", 0, []string{"1", "3"}},
		{"SELECT * FROM a FOR UPDATE", "SELECT id FROM a LIMIT 1 FOR UPDATE", waits, nil},
		{"SELECT * FROM a FOR UPDATE", "SELECT COUNT(*) INTO @n FROM a FOR UPDATE", waits, nil},
		{"SELECT * FROM a LOCK IN SHARE MODE", "SELECT id FROM a FOR UPDATE NOWAIT", missed, nil},
		{"SELECT * FROM a LOCK IN SHARE MODE", "SELECT id FROM a FOR SHARE NOWAIT", 0, []string{"1", "2"}},
		{"SELECT * FROM v FOR SHARE", "DELETE FROM a", waits, nil},
		{"SELECT * FROM a FOR UPDATE", "SET @n = (SELECT COUNT(*) FROM a FOR UPDATE NOWAIT)", missed, nil},
		{"SELECT * FROM a FOR UPDATE", "INSERT INTO b SELECT id + 10 FROM a FOR UPDATE NOWAIT", missed, nil},
		{"SELECT * FROM a FOR UPDATE", "INSERT INTO b SELECT id + 10 FROM a FOR SHARE SKIP LOCKED", 0, nil},
		{"SELECT * FROM a FOR UPDATE", "REPLACE INTO b SELECT 1 FROM v FOR UPDATE", waits, nil},
		{"SELECT * FROM a FOR UPDATE", "UPDATE b SET id = 1 WHERE id IN (SELECT id FROM a FOR UPDATE NOWAIT) AND id = 1", missed, nil},
		{"SELECT * FROM a FOR UPDATE", "CREATE TABLE c SELECT id FROM a FOR UPDATE NOWAIT", missed, nil},
		{"SELECT * FROM a FOR UPDATE", "CREATE OR REPLACE VIEW w AS SELECT id FROM a FOR UPDATE", 0, nil},
	} {
		exec(t, one, "START TRANSACTION", c.holds)
		if !strings.HasPrefix(c.query, "SET") && !strings.HasPrefix(c.query, "CREATE") {
			exec(t, two, "EXPLAIN "+c.query) // which locks nothing
		}
		for _, begins := range []string{"DO 0", "START TRANSACTION"} { // a statement alone locks, too
			exec(t, two, begins)
			switch c.ends {
			case 0:
				wantTable(t, two, c.query, c.rows...)
			case missed:
				_, err := texts(two, c.query)
				wantErrno(t, c.query, err, missed, "HY000")
			case waits:
				g.killedWaiting(two, c.query)
			}
			exec(t, two, "ROLLBACK")
		}
		exec(t, one, "ROLLBACK")
	}

	// A transaction reads what it locks as it is now, whatever it has read before.
	exec(t, two, "START TRANSACTION", "SELECT * FROM a")
	exec(t, one, "INSERT INTO a VALUES (4)", "INSERT INTO b VALUES (4)")
	wantTable(t, two, "SELECT COUNT(*), (SELECT COUNT(*) FROM b) FROM a FOR SHARE", "3|2")
	wantTable(t, two, "SELECT COUNT(*), (SELECT COUNT(*) FROM b) FROM a", "2|2")
	exec(t, two, "COMMIT")
	wantTable(t, two, "SELECT COUNT(*), (SELECT COUNT(*) FROM b) FROM a", "3|3")
}

// TestSnapshotsBehindLocks has a transaction that waits to lock what it reads first take its snapshot behind that, also of other tables: what is written
// under a lock is seen by who has it next.
func TestSnapshotsBehindLocks(t *testing.T) {
	g := start(t)
	one, _ := g.conn(g.open(""))
	two, _ := g.conn(g.open(""))
	exec(t, one, "CREATE DATABASE d", "USE d", "CREATE TABLE guard (id INT PRIMARY KEY)", "INSERT INTO guard VALUES (1)", "CREATE TABLE guarded (id INT PRIMARY KEY)")
	exec(t, two, "USE d")
	for _, c := range []struct{ begin, lock, want string }{
		{"START TRANSACTION", "SELECT * FROM guard FOR UPDATE", "1"},
		{"START TRANSACTION", "SELECT * FROM guard FOR SHARE", "1"},
		{"SET autocommit = 0", "SELECT id, (SELECT MAX(id) FROM guarded) FROM guard FOR UPDATE", "1"},
		{"START TRANSACTION WITH CONSISTENT SNAPSHOT", "SELECT * FROM guard FOR UPDATE", "0"},
	} {
		exec(t, one, "START TRANSACTION", "SELECT * FROM guard FOR UPDATE", "INSERT INTO guarded VALUES (1)")
		exec(t, two, c.begin)
		locked := make(chan error, 1)
		go func() { _, err := two.ExecContext(background, c.lock); locked <- err }()
		g.waits()
		exec(t, one, "COMMIT")
		if err := <-locked; err != nil {
			t.Errorf("%s, %s: %v", c.begin, c.lock, err)
		}
		wantTable(t, two, "SELECT COUNT(*) FROM guarded", c.want)
		exec(t, two, "ROLLBACK", "SET autocommit = 1")
		exec(t, one, "DELETE FROM guarded")
	}
}

// TestSerializableLocks has all that a SERIALIZABLE transaction reads be locked, whatever statement reads it, but for what SKIP LOCKED leaves out.
func TestSerializableLocks(t *testing.T) {
	g := start(t)
	one, _ := g.conn(g.open(""))
	two, _ := g.conn(g.open(""))
	exec(t, one, "CREATE DATABASE d", "USE d", "CREATE TABLE a (id INT)", "CREATE TABLE b (id INT)", "INSERT INTO a VALUES (1)")
	exec(t, two, "USE d", "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE")
	exec(t, one, "START TRANSACTION", "INSERT INTO a VALUES (2)")
	for _, waits := range []string{"SELECT * FROM a", "INSERT INTO b SELECT COUNT(*) FROM a", "SET @n = (SELECT COUNT(*) FROM a)", "INSERT INTO b VALUES ((SELECT MAX(id) FROM a))", "UPDATE b SET id = 1 WHERE id > (SELECT MIN(id) FROM a)"} {
		exec(t, two, "START TRANSACTION", "SELECT * FROM b")
		g.killedWaiting(two, waits)
		exec(t, two, "ROLLBACK")
	}
	exec(t, two, "START TRANSACTION")
	wantTable(t, two, "SELECT id FROM a FOR SHARE SKIP LOCKED")
	exec(t, two, "COMMIT", "INSERT INTO b SELECT COUNT(*) FROM a") // one alone is consistent as it is
	exec(t, one, "ROLLBACK")

	// Who reads a table to write it does not have to share it first.
	exec(t, two, "START TRANSACTION", "UPDATE a SET id = id + 1")
	wantTable(t, two, "SELECT id FROM a", "2")
	exec(t, two, "COMMIT")
}

// TestLocksOfReaders refuses to lock for an update what can't be updated.
func TestLocksOfReaders(t *testing.T) {
	g := start(t)
	c, _ := lockedDatabase(t, g)
	exec(t, c, "LOCK TABLES a READ, v READ, a AS x WRITE")
	for _, query := range []string{"SELECT * FROM a FOR UPDATE", "SELECT * FROM v FOR UPDATE"} {
		_, err := texts(c, query)
		wantErrno(t, query+" of what is locked to be read", err, 1099, "HY000")
	}
	exec(t, c, "SELECT * FROM a FOR SHARE", "SELECT * FROM a AS x FOR UPDATE", "SELECT * FROM a, a AS x FOR UPDATE OF x", "UNLOCK TABLES")

	exec(t, c, "SET SESSION TRANSACTION READ ONLY")
	for _, statement := range []string{"SELECT * FROM a FOR UPDATE", "LOCK TABLES a WRITE"} {
		_, err := texts(c, statement)
		wantErrno(t, statement+" of who only reads", err, 1792, "25006")
	}
	exec(t, c, "SELECT * FROM a FOR SHARE", "SELECT * FROM own FOR UPDATE", "SELECT * FROM fake.numbers FOR UPDATE", "LOCK TABLES a READ, own WRITE", "UNLOCK TABLES")
}
