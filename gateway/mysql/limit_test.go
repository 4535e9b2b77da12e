package mysql

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestMaxExecutionTime(t *testing.T) {
	g := start(t)
	db := g.open("")
	c, id := g.conn(db)
	if _, err := c.ExecContext(background, "SET max_execution_time = 50"); err != nil {
		t.Fatal(err)
	}
	go func() { <-g.fake.reading }()
	for _, query := range []string{"SELECT * FROM hangs", "SELECT COUNT(*) FROM endless", "SELECT * FROM endless"} {
		began := time.Now()
		_, err := texts(c, query)
		wantErrno(t, query, err, 3024, "HY000")
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%s took %s", query, took)
		}
		eventually(t, "the end of the execution", func() bool { return g.fake.open.Load() == 0 })
	}
	for query, want := range map[string]string{"SELECT SLEEP(600)": "1", "SELECT SLEEP(0)": "0", "SELECT SLEEP(600) FROM dual": "1"} {
		if rows, err := texts(c, query); err != nil || len(rows) != 1 || rows[0][0] != want {
			t.Errorf("%s: %v, %v; want %s", query, rows, err, want)
		}
	}
	_, err := texts(c, "SELECT BENCHMARK(100000000000, MD5('x'))")
	wantErrno(t, "a benchmark", err, 3024, "HY000")
	_, err = texts(c, "SELECT 1, SLEEP(600)")
	wantErrno(t, "a query that also sleeps", err, 3024, "HY000")
	if _, err := c.ExecContext(background, "SET max_execution_time = 0"); err != nil {
		t.Fatal(err)
	}
	hinted := "SELECT /*+ MAX_EXECUTION_TIME(50) */ COUNT(*) FROM endless"
	_, err = texts(c, hinted)
	wantErrno(t, hinted, err, 3024, "HY000")
	prepared, err := c.PrepareContext(background, "SELECT /*+ MAX_EXECUTION_TIME(50) */ * FROM endless WHERE 1 = ?")
	if err != nil {
		t.Fatal(err)
	}
	defer prepared.Close()
	for range 2 { // the second by the plan of the first
		rows, err := prepared.QueryContext(background, 1)
		for err == nil && rows.Next() {
		}
		if err == nil {
			err = rows.Err()
		}
		wantErrno(t, "prepared", err, 3024, "HY000")
	}
	var now int64
	if err := c.QueryRowContext(background, "SELECT CONNECTION_ID() FROM numbers LIMIT 1").Scan(&now); err != nil || now != id {
		t.Errorf("connection %d, %v; want %d", now, err, id)
	}
}

// TestMaxAllowedPacket makes texts and rows that are too long for clients.
func TestMaxAllowedPacket(t *testing.T) {
	g := start(t)
	c, id := g.conn(g.open(""))
	for _, text := range []string{
		"REPEAT('a', 1000000000)", "SPACE(1000000000)", "LPAD('a', 1000000000, 'b')", "RPAD('a', 1000000000, 'b')",
		"REPEAT(REPEAT('ab', 10000), 10000)", "REPLACE(REPEAT('a', 10000), 'a', REPEAT('b', 10000))", "REPEAT('a', 9223372036854775807)",
	} {
		for _, query := range []string{"SELECT " + text, "SELECT " + text + " FROM numbers LIMIT 1"} {
			if strings.HasPrefix(text, "REPLACE") && strings.Contains(query, "FROM") {
				continue // the engine's own
			}
			rows, err := texts(c, query)
			if err != nil || len(rows) != 1 || rows[0][0] != "NULL" {
				t.Errorf("%s: %d rows, %v; want NULL", query, len(rows), err)
			}
			warnings, err := texts(c, "SHOW WARNINGS")
			if err != nil || len(warnings) == 0 || warnings[0][1] != "1301" {
				t.Errorf("%s: warnings %q, %v", query, warnings, err)
			}
		}
	}
	rows, err := texts(c, "SELECT REPEAT('ab', 2), SPACE(1), LPAD('a', 3, 'x'), RPAD('a', 3, 'x'), REPLACE('abc', 'b', 'xx'), CONCAT('a', 1), REPEAT(NULL, 2), REPEAT('a', -1)")
	if want := "[[abab   xxa axx axxc a1 NULL ]]"; err != nil || fmt.Sprint(rows) != want {
		t.Errorf("%v, %v; want %s", rows, err, want)
	}
	if _, err := c.ExecContext(background, "SET max_allowed_packet = 1024"); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{"SELECT REPEAT('a', 600), REPEAT('b', 600)", "SELECT REPEAT(pad, 6), REPEAT(pad, 5) FROM numbers"} {
		_, err := texts(c, query)
		wantErrno(t, query, err, 1301, "HY000")
	}
	for _, query := range []string{"SELECT REPEAT('a', 600), id FROM numbers", "SELECT REPEAT('a', 1000)", "SELECT REPEAT('a', 1100)"} {
		if _, err := texts(c, query); err != nil {
			t.Errorf("%s: %v", query, err)
		}
	}
	var again int64
	if err := c.QueryRowContext(background, "SELECT CONNECTION_ID()").Scan(&again); err != nil || again != id {
		t.Errorf("connection %d, %v; want %d", again, err, id)
	}
}
