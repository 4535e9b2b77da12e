package mysql

import (
	"strconv"
	"testing"
	"time"
)

// TestStatus checks the status variables that the gateway counts, which are of one server.
func TestStatus(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	other, _ := g.conn(g.open(""))
	value := func(q querier, statement, name string) int64 {
		t.Helper()
		rows, err := texts(q, "SHOW "+statement+" LIKE '"+name+"'")
		if err != nil || len(rows) != 1 || rows[0][0] != name {
			t.Fatalf("%s: %v %v", name, rows, err)
		}
		n, err := strconv.ParseInt(rows[0][1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	g.started = g.started.Add(-time.Hour)
	if up := value(c, "STATUS", "Uptime"); up < 3600 || up > 3700 {
		t.Errorf("up for %d seconds", up)
	}
	if n := value(c, "GLOBAL STATUS", "Threads_connected"); n != 2 {
		t.Errorf("%d connected", n)
	}
	if n := value(c, "STATUS", "Connections"); n != 2 {
		t.Errorf("%d connections", n)
	}
	own, all := value(c, "STATUS", "Questions"), value(c, "GLOBAL STATUS", "Questions")
	for range 5 {
		exec(t, other, "DO 1")
	}
	if n := value(c, "SESSION STATUS", "Questions"); n != own+2 {
		t.Errorf("the session's questions: %d after %d", n, own)
	}
	if n := value(c, "GLOBAL STATUS", "Questions"); n != all+7 {
		t.Errorf("all questions: %d after %d", n, all)
	}
	if n := value(c, "LOCAL STATUS", "Queries"); n != all+8 {
		t.Errorf("all queries: %d after %d", n, all)
	}
	received, sent := value(c, "STATUS", "Bytes_received"), value(c, "STATUS", "Bytes_sent")
	exec(t, other, "SET @big = REPEAT('x', 100000)")
	wantTable(t, c, "SELECT LENGTH(REPEAT('x', 100000))", "100000")
	if n := value(c, "STATUS", "Bytes_received") - received; n < 100 || n > 1000 {
		t.Errorf("%d bytes were received", n)
	}
	if _, err := texts(c, "SELECT REPEAT('x', 100000)"); err != nil {
		t.Fatal(err)
	}
	if n := value(c, "STATUS", "Bytes_sent") - sent; n < 100_000 || n > 110_000 {
		t.Errorf("%d bytes were sent", n)
	}
	if n := value(other, "STATUS", "Bytes_sent"); n > 10_000 {
		t.Errorf("%d bytes were sent to the other", n)
	}
	rows, err := texts(c, "SHOW STATUS WHERE Variable_name = 'uptime' OR Variable_name LIKE 'threads_conn%'")
	if err != nil || len(rows) != 2 {
		t.Errorf("%v %v", rows, err)
	}
}

// TestNumbersBeyondVariables checks that a number is brought within a variable's bounds, with a warning.
func TestNumbersBeyondVariables(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "SET @large = 7000000")
	for _, e := range []struct{ set, variable, value, warned string }{
		{"SET group_concat_max_len = 1", "group_concat_max_len", "4", "1"},
		{"SET SESSION net_write_timeout = 0", "net_write_timeout", "1", "0"},
		{"SET wait_timeout = 99999999999", "wait_timeout", "31536000", "99999999999"},
		{"SET @@auto_increment_increment = 70000", "auto_increment_increment", "65535", "70000"},
		{"SET max_execution_time = -1", "max_execution_time", "0", "-1"},
		{"SET cte_max_recursion_depth = @large * 1000", "cte_max_recursion_depth", "4294967295", "7000000000"},
	} {
		exec(t, c, e.set)
		wantTable(t, c, "SHOW WARNINGS", "Warning|1292|Truncated incorrect "+e.variable+" value: '"+e.warned+"'")
		wantTable(t, c, "SELECT @@"+e.variable, e.value)
	}
	exec(t, c, "SET wait_timeout = 100, max_execution_time = 0, autocommit = TRUE", "SET net_write_timeout = 0, wait_timeout = 0")
	wantTable(t, c, "SHOW WARNINGS", "Warning|1292|Truncated incorrect net_write_timeout value: '0'", "Warning|1292|Truncated incorrect wait_timeout value: '0'")
	wantTable(t, c, "SELECT @@wait_timeout", "1")
	for query, errno := range map[string]uint16{"SET autocommit = 5": 1231, "SET net_read_timeout = 'abc'": 1232} {
		_, err := c.ExecContext(background, query)
		wantErrno(t, query, err, errno, "42000")
	}
	exec(t, c, "SET sql_mode = 'STRICT_ALL_TABLES'")
	_, err := c.ExecContext(background, "SET group_concat_max_len = 1")
	wantErrno(t, "STRICT_ALL_TABLES", err, 1231, "42000")
}

func TestNearest(t *testing.T) {
	for _, c := range []struct{ good, n, from, to, want int64 }{
		{50, 100, 1, 60, 60}, {50, -100, 1, 60, 1}, {50, 55, 1, 60, 55}, {-1, -1 << 63, -5, 3, -5}, {0, 1<<63 - 1, 0, 0, 0}, {3, 1<<63 - 1, 0, 1<<63 - 2, 1<<63 - 2},
	} {
		if got := nearest(c.good, c.n, func(n int64) bool { return c.from <= n && n <= c.to }); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
	if got := nearest(uint64(5), 1<<64-1, func(n uint64) bool { return n <= 1<<64-2 }); got != 1<<64-2 {
		t.Error(got)
	}
}

// TestRenameUser checks that accounts keep rights and passwords under other names.
func TestRenameUser(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	ann := g.account("ann", "GRANT SELECT ON fake.numbers TO ann")
	exec(t, root, "CREATE USER bob", "CREATE ROLE readers", "GRANT readers TO bob")
	_, err := ann.Exec("RENAME USER bob TO bert")
	wantErrno(t, "without the right to", err, 1227, "42000")
	for _, e := range []struct{ query, who string }{
		{"RENAME USER nobody TO carl", "'nobody'@'%'"},
		{"RENAME USER ann TO bob", "'ann'@'%'"},
		{"RENAME USER ann TO carl, nobody TO dora", "'nobody'@'%'"},
	} {
		_, err := root.ExecContext(background, e.query)
		wantErrno(t, e.query, err, 1396, "HY000")
	}
	wantTable(t, root, "SELECT user FROM mysql.user WHERE user IN ('ann', 'bob', 'carl') ORDER BY user", "ann", "bob")
	exec(t, root, "RENAME USER ann TO carl, bob TO ann", "RENAME USER carl TO 'ann'@'localhost', ann TO bert, 'ann'@'localhost' TO ann")
	wantTable(t, root, "SHOW GRANTS FOR ann", "GRANT USAGE ON *.* TO `ann`@`%`", "GRANT SELECT ON `fake`.`numbers` TO `ann`@`%`")
	wantTable(t, root, "SELECT from_user, to_user FROM mysql.role_edges", "readers|bert")
	again, _ := g.conn(ann)
	wantTable(t, again, "SELECT COUNT(*) FROM fake.numbers", "2500")
	g.stop()
	g.start()
	root, _ = g.conn(g.open(""))
	wantTable(t, root, "SELECT user FROM mysql.user WHERE user IN ('ann', 'bob', 'bert') ORDER BY user", "ann", "bert")
}

// TestGrantOnMissingTables checks on what rights are given.
func TestGrantOnMissingTables(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	exec(t, root, "CREATE USER ann", "CREATE DATABASE d", "CREATE TABLE d.own (id INT)", "CREATE VIEW d.v AS SELECT id FROM d.own",
		"GRANT SELECT ON d.own TO ann", "GRANT SELECT ON d.v TO ann", "GRANT SELECT ON numbers TO ann", "GRANT SELECT ON fake.kinds TO ann",
		"GRANT SELECT ON nowhere.* TO ann", "GRANT CREATE, INSERT ON d.later TO ann", "GRANT ALL ON d.later TO ann", "GRANT SELECT ON mysql.user TO ann")
	for _, query := range []string{"GRANT SELECT ON d.nope TO ann", "GRANT SELECT ON fake.nope TO ann", "GRANT SELECT ON nope TO ann", "GRANT INSERT, SELECT ON nowhere.t TO ann"} {
		_, err := root.ExecContext(background, query)
		wantErrno(t, query, err, 1146, "42S02")
	}
}

// TestEmptyStatements checks what is no statement.
func TestEmptyStatements(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open("multiStatements=true"))
	for _, query := range []string{";", " ; ", ";;", "PREPARE p FROM ';'"} {
		_, err := c.ExecContext(background, query)
		wantErrno(t, query, err, 1065, "42000")
	}
	_, err := c.PrepareContext(background, ";")
	wantErrno(t, "prepared", err, 1065, "42000")
}
