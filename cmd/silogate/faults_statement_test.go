//go:build integration

package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// Every type of parameter that a client can send means the same as the literal.
func TestPreparedStatements(t *testing.T) {
	pg := shop(t)
	pg.Exec(t, `CREATE TABLE kinds (id int8, f float8, d numeric(20, 4), s text, b bytea, t timestamp, day date, ok bool)`,
		`INSERT INTO kinds VALUES (9223372036854775807, 2.5, 12345.6789, 'it''s "ü"', '\x00ff27', '2024-02-29 12:34:56.789', '2024-02-29', true),
		(-1, -0.5, -0.0001, '', '', '1970-01-01', '1970-01-01', false), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`)
	i := host(t, "sources:\n"+postgresSource("pg", pg))
	db, err := sql.Open("mysql", i.dsn+"pg?interpolateParams=false&parseTime=true")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	at := time.Date(2024, 2, 29, 12, 34, 56, 789_000_000, time.UTC)
	for _, c := range []struct {
		where string
		arg   any
		want  int
	}{
		{"id = ?", int64(9223372036854775807), 1},
		{"id < ?", int64(0), 1},
		{"id <= ?", uint64(9223372036854775807), 2},
		{"id < ?", uint64(18446744073709551615), 2},
		{"f = ?", 2.5, 1},
		{"f < ?", float32(0.25), 1},
		{"d = ?", "12345.6789", 1},
		{"d > ?", 0, 1},
		{"s = ?", `it's "ü"`, 1},
		{"s = ?", "", 1},
		{"s = ?", []byte(`it's "ü"`), 1},
		{"b = ?", []byte{0, 0xff, '\''}, 1},
		{"b = ?", []byte{}, 1},
		{"t = ?", at, 1},
		{"t < ?", at, 1},
		{"t = ?", "2024-02-29 12:34:56.789", 1},
		{"day = ?", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), 1},
		{"day = ?", "1970-01-01", 1},
		{"ok = ?", true, 1},
		{"ok = ?", false, 1},
		{"id = ?", nil, 0},
		{"id <=> ?", nil, 1},
		{"COALESCE(s, ?) = 'x'", "x", 1},
		{"s LIKE ?", "%ü%", 1},
		{"JSON_EXTRACT(?, '$.a') = 1", json.RawMessage(`{"a": 1}`), 3},
	} {
		for _, pushdown := range []string{"ON", "OFF"} {
			t.Run(fmt.Sprintf("%s/%v/%s", c.where, c.arg, pushdown), func(t *testing.T) {
				conn, err := db.Conn(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if _, err := conn.ExecContext(t.Context(), "SET silogate_pushdown = "+pushdown); err != nil {
					t.Fatal(err)
				}
				stmt, err := conn.PrepareContext(t.Context(), "SELECT COUNT(*) FROM kinds WHERE "+c.where)
				if err != nil {
					t.Fatal(err)
				}
				defer stmt.Close()
				for range 2 {
					var got int
					if err := stmt.QueryRowContext(t.Context(), c.arg).Scan(&got); err != nil || got != c.want {
						t.Errorf("%d rows, %v; want %d", got, err, c.want)
					}
				}
			})
		}
	}
	// The binary protocol's results, each type as a client reads it.
	var id sql.NullInt64
	var f float64
	var d, s string
	var b []byte
	var when, day time.Time
	var ok bool
	err = db.QueryRow("SELECT * FROM kinds WHERE id > ?", 0).Scan(&id, &f, &d, &s, &b, &when, &day, &ok)
	if got := fmt.Sprint(id.Int64, f, d, s, b, when, day.Format(time.DateOnly), ok); err != nil ||
		got != fmt.Sprint(int64(9223372036854775807), 2.5, "12345.6789", `it's "ü"`, []byte{0, 0xff, '\''}, at, "2024-02-29", true) {
		t.Errorf("row %s, %v", got, err)
	}
}

// Two hundred clients share the eight sessions that a source may have and its four turns: nobody takes more, nobody is
// passed over, and statements that wait for a source that never answers are in nobody's way.
func TestManyClientsShareASmallPool(t *testing.T) {
	pg := shop(t)
	pg.Exec(t, "CREATE TABLE big AS SELECT g AS id, repeat('x', 300) AS pad FROM generate_series(1, 40000) AS g", "ANALYZE big")
	seen := watchSessions(t, pg)
	silent, _ := silentServer(t)
	i := host(t, "sources:\n"+strings.Replace(postgresSource("pg", pg), "{type", "{pool: 8, admission: 4, type", 1)+
		fmt.Sprintf("  silent: {type: postgres, url: \"postgres://app@%s/db?sslmode=disable\", connect_timeout: 1h}\n", silent))
	leave := i.stuck("SELECT COUNT(*) FROM silent.t", 10)
	const clients, each = 200, 3
	failed := make([]error, clients)
	ends := make(chan int, clients*each) // whose statement ended, in order
	var ready, wg sync.WaitGroup
	ready.Add(clients)
	for k := range clients {
		wg.Go(func() {
			conn, err := i.db.Conn(t.Context())
			ready.Done()
			if err != nil {
				failed[k] = err
				return
			}
			defer conn.Close()
			ready.Wait() // all at once
			for n := range each {
				query, want := "SELECT COUNT(*) FROM pg.orders WHERE id <= ?", int64(min(k+1, 100))
				switch (k + n) % 3 {
				case 1:
					query, want = "SELECT SUM(LENGTH(b.pad)) FROM pg.big AS b WHERE b.id > ?", int64(39999-k)*300
				case 2:
					query, want = "SELECT COUNT(*) FROM pg.big AS a LEFT JOIN pg.orders AS o ON a.id = o.id WHERE a.id > ?", int64(39999-k)
				}
				var got int64
				if err := conn.QueryRowContext(t.Context(), query, k+1).Scan(&got); err != nil {
					failed[k] = fmt.Errorf("%s: %w", query, err)
					return
				}
				if got != want {
					failed[k] = fmt.Errorf("%s: %d, want %d", query, got, want)
				}
				ends <- k
			}
		})
	}
	over := make(chan struct{})
	go func() { wg.Wait(); close(over) }()
	most := 0
	for running := true; running; {
		most = max(most, seen.count("TRUE"))
		if most > 8 {
			t.Fatalf("%d sessions in Postgres", most)
		}
		select {
		case <-over:
			running = false
		case <-time.After(10 * time.Millisecond):
		}
	}
	for k, err := range failed {
		if err != nil {
			t.Errorf("client %d: %v", k, err)
		}
	}
	close(ends)
	served := served(ends, each)
	t.Logf("at most %d sessions; when the first client was through, %d of %d had been served", most, served, clients)
	if served < clients/2 {
		t.Errorf("a client was through when %d of %d had been served", served, clients)
	}
	leave() // they have waited all the while
	seen.atRest(time.Second)
}

// served is how many clients have had a statement run when the first has had all of its own.
func served(ends <-chan int, each int) int {
	had := make(map[int]int)
	for k := range ends {
		if had[k]++; had[k] == each {
			break
		}
	}
	return len(had)
}

// stuck runs a query that does not end on connections of its own, until what it returns is called.
func (i *instance) stuck(query string, connections int) (leave func()) {
	ctx, cancel := context.WithCancel(i.Context())
	ended := make(chan error, connections)
	for range connections {
		c := i.conn()
		go func() { ended <- drain(ctx, c, query) }()
	}
	return func() {
		i.Helper()
		if len(ended) > 0 {
			i.Errorf("%s has ended: %v", query, <-ended)
		}
		cancel()
		for range connections {
			<-ended
		}
	}
}

// What people and machines see of a source never has its secret in it: host and failed look into log and errors, too.
func TestSecretsAreNotShown(t *testing.T) {
	pg := shop(t)
	i := host(t, "sources:\n"+postgresSource("pg", pg)+
		"  away: {type: postgres, url: \"postgres://app:sesame42@127.0.0.1:1/db\"}\n"+
		"  bucket: {type: objectstore, url: \"s3://b/p\", endpoint: \"http://127.0.0.1:1\", region: us-east-1, access_key: k, secret_key: sesame43}\n")
	i.secrets = append(i.secrets, "sesame42", "sesame43", "sesame44", "sesame45", "sesame46")
	c := i.conn()
	for _, s := range []string{
		"CREATE SERVER made FOREIGN DATA WRAPPER postgres OPTIONS (URL 'postgres://app@127.0.0.1:1/db', PASSWORD 'sesame44')",
		"ALTER SERVER made OPTIONS (SET PASSWORD 'sesame45')",
		"CREATE SERVER wrong FOREIGN DATA WRAPPER postgres OPTIONS (URL 'postgres://app:sesame46@127.0.0.1:port/db', PASSWORD 'sesame44')",
		"CREATE SERVER wrong FOREIGN DATA WRAPPER postgres OPTIONS (PASSWORD 'sesame44', NOPE 'sesame45')",
		"CREATE SERVER wrong FOREIGN DATA WRAPPER postgres OPTIONS (PASSWORD 'sesame44' URL)",
		"SHOW SERVERS", "SHOW DATABASES", "SHOW WARNINGS", "SHOW TABLES FROM away", "SHOW WARNINGS", "SHOW TABLES FROM made", "SHOW WARNINGS",
		"EXPLAIN SELECT * FROM pg.orders WHERE id = 1", "EXPLAIN ANALYZE SELECT * FROM pg.orders WHERE id = 1",
		"SELECT * FROM away.t", "SELECT * FROM made.t", "SELECT * FROM bucket.t", "SHOW FULL PROCESSLIST",
		"SELECT * FROM information_schema.tables", "SHOW VARIABLES", "SHOW STATUS", "SHOW CREATE TABLE pg.orders",
	} {
		rows, err := queryTexts(t.Context(), c, s)
		i.keepsSecrets(s, fmt.Sprint(rows, err))
		if len(rows) == 0 && err == nil && strings.HasPrefix(s, "SHOW SERVERS") {
			t.Error("there are no servers")
		}
	}
	if _, err := c.ExecContext(t.Context(), "DROP SERVER made"); err != nil {
		t.Error(err)
	}
}
