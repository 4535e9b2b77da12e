//go:build integration

package main

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/silogate/silogate/internal/testserver"
)

// problem is what SHOW SERVERS says is wrong with a source.
func (i *instance) problem(c *sql.Conn, source string) string {
	i.Helper()
	rows, err := queryTexts(i.Context(), c, "SHOW SERVERS LIKE '"+source+"'")
	if err != nil || len(rows) != 1 {
		i.Fatalf("%q, %v", rows, err)
	}
	return rows[0][4]
}

// failures runs a query that fails as often as n and returns the last of its errors.
func (i *instance) failures(c *sql.Conn, query string, n int) (last string) {
	i.Helper()
	for range n {
		err := drain(i.Context(), c, query)
		i.failed(query, err, 1429)
		last = fmt.Sprint(err)
	}
	return last
}

// A server that does not answer at all is waited for by few, and nobody who does not read it learns of it.
func TestASilentSourceIsNotWaitedForEachTime(t *testing.T) {
	pg := shop(t)
	silent, asked := silentServer(t)
	i := host(t, "sources:\n"+postgresSource("pg", pg)+
		fmt.Sprintf("  silent: {type: postgres, url: \"postgres://app@%s/db?sslmode=disable\", password: sesame99, connect_timeout: 1100ms}\n", silent))
	c := i.conn()
	if p := i.problem(c, "silent"); p != "" {
		t.Errorf("before anybody has tried: %s", p)
	}
	last := i.failures(c, "SELECT * FROM silent.t", 30)
	// The pauses between attempts double: for a sixth this would have to take half a minute.
	if n := asked.Load(); n > 5 {
		t.Errorf("30 queries tried %d times", n)
	}
	for _, says := range []string{"source silent", "t: not reached since ", " UTC", "tried again at ", silent} {
		if !strings.Contains(last, says) {
			t.Errorf("the error does not say %q: %s", says, last)
		}
	}
	if p := i.problem(c, "silent"); !strings.HasPrefix(p, "not reached since ") {
		t.Errorf("SHOW SERVERS says %q", p)
	}
	i.answers(c, "SELECT COUNT(*) FROM pg.orders", "100")
	if p := i.problem(c, "pg"); p != "" {
		t.Errorf("of another source: %s", p)
	}
}

// A server that is back is found by the next query after its pause.
func TestASourceThatIsBackIsReached(t *testing.T) {
	server := testserver.OwnPostgres(t)
	server.Exec(t, "CREATE TABLE orders (id int PRIMARY KEY)", "INSERT INTO orders SELECT generate_series(1, 100)")
	i := host(t, "sources:\n"+postgresSource("pg", server.PG))
	c := i.conn()
	const query = "SELECT COUNT(*) FROM pg.orders"
	i.answers(c, query, "100")
	server.Stop(t)
	i.eventually("the breaker to open", func() error {
		if last := i.failures(c, query, 1); !strings.Contains(last, "source pg: read public.orders: not reached since ") &&
			!strings.Contains(last, "source pg: describe table public.orders: not reached since ") {
			return fmt.Errorf("the error is %s", last)
		}
		return nil
	})
	if p := i.problem(c, "pg"); !strings.Contains(p, "connection refused") {
		t.Errorf("SHOW SERVERS says %q", p)
	}
	server.Start(t)
	i.eventually("an answer", func() error { return drain(t.Context(), c, query) })
	i.answers(c, query, "100")
	if p := i.problem(c, "pg"); p != "" {
		t.Errorf("SHOW SERVERS says %q", p)
	}
	t.Cleanup(func() { server.Stop(t) }) // before what it started is taken for a leftover
}

// What a source answers does not make it unreachable.
func TestASourceThatRefusesIsReached(t *testing.T) {
	pg := shop(t)
	wrong := pg
	wrong.Password = "hunter2hunter2"
	i := host(t, "sources:\n"+postgresSource("pg", pg)+postgresSource("wrong", wrong)+
		"  bucket: {type: objectstore, url: \"s3://b/p\", endpoint: \"http://127.0.0.1:1\", region: us-east-1, access_key: k, secret_key: sesame99}\n")
	c := i.conn()
	if last := i.failures(c, "SELECT * FROM wrong.orders", 10); !strings.Contains(last, "password authentication failed") {
		t.Errorf("the error is %s", last)
	}
	for range 10 {
		if drain(t.Context(), c, "SELECT * FROM pg.nothing") == nil {
			t.Error("a table that there is not was read")
		}
	}
	for _, source := range []string{"wrong", "pg"} {
		if p := i.problem(c, source); p != "" {
			t.Errorf("%s: SHOW SERVERS says %q", source, p)
		}
	}
	// And a store that nobody listens for is not.
	last := i.failures(c, "SELECT * FROM bucket.t", 3)
	for _, says := range []string{"source bucket, table t: list s3://b/p/t", ": not reached since ", "connection refused"} {
		if !strings.Contains(last, says) {
			t.Errorf("the error does not say %q: %s", says, last)
		}
	}
	if p := i.problem(c, "bucket"); !strings.HasPrefix(p, "not reached since ") {
		t.Errorf("SHOW SERVERS says %q", p)
	}
}
