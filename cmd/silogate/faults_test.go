//go:build integration

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/internal/config"
	"github.com/silogate/silogate/internal/testserver"
)

// instance is a gateway in this process whose test looks for what a failure leaves behind: after a statement its memory
// and its files, and when the gateway has closed also goroutines and descriptors.
type instance struct {
	*testing.T
	gateway *gateway
	db      *sql.DB
	dsn     string
	log     *output // everything that the gateway logs, debug messages included
	secrets []string
}

// host runs a gateway until the test ends. The servers it uses must have been started.
func host(t *testing.T, yaml string, tune ...func(*engine.Config)) *instance {
	t.Helper()
	left := leftovers(t)
	cfg, err := config.Parse([]byte("listen: 127.0.0.1:0\nweb: 127.0.0.1:0\ndata: " + t.TempDir() +
		"\nusers: [{name: root, password: \"\"}]\n" + yaml))
	if err != nil {
		t.Fatal(err)
	}
	i := &instance{T: t, log: new(output)}
	for _, s := range cfg.Sources {
		for _, key := range []string{"password", "secret_key"} {
			if v := s.Options[key]; v != "" {
				i.secrets = append(i.secrets, v)
			}
		}
	}
	log := slog.New(slog.NewTextHandler(i.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if i.gateway, err = open(t.Context(), cfg, log, tune...); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- i.gateway.serve(ctx, log) }()
	t.Cleanup(func() {
		i.settled()
		i.db.Close()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		i.keepsSecrets("the log", i.log.String())
		left()
	})
	i.dsn = "root@tcp(" + i.gateway.mysql.Addr().String() + ")/"
	if i.db, err = sql.Open("mysql", i.dsn); err != nil {
		t.Fatal(err)
	}
	i.eventually("an answer", func() error { return i.db.PingContext(t.Context()) })
	return i
}

// in is the same gateway for a subtest.
func (i *instance) in(t *testing.T) *instance {
	sub := *i
	sub.T = t
	return &sub
}

// leftovers notes the goroutines and descriptors there are; what it returns fails the test for those that have come.
func leftovers(t *testing.T) func() {
	t.Helper()
	goroutines, files := goleak.IgnoreCurrent(), descriptors(t)
	return func() {
		t.Helper()
		if err := goleak.Find(goroutines); err != nil {
			t.Error(err)
		}
		poll(t, "the end of open files", func() error {
			if now := descriptors(t); len(now) > len(files) {
				return fmt.Errorf("%d open files, %d before: %q", len(now), len(files), now)
			}
			return nil
		})
	}
}

// descriptors are this process's open files and sockets.
func descriptors(t *testing.T) []string {
	t.Helper()
	const folder = "/proc/self/fd"
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var open []string
	for _, e := range list {
		// What is gone by now is the descriptor that read the folder.
		if target, err := os.Readlink(filepath.Join(folder, e.Name())); err == nil {
			open = append(open, target)
		}
	}
	return open
}

// poll waits until done has no more to complain of.
func poll(t *testing.T, what string, done func() error) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		err := done()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waiting for %s: %v", what, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (i *instance) eventually(what string, done func() error) {
	i.Helper()
	poll(i.T, what, done)
}

// settled waits until the gateway holds nothing of any statement.
func (i *instance) settled() {
	i.Helper()
	i.eventually("memory and spill files to be released", func() error {
		if used := i.metric("silogate_query_memory_bytes"); used != "0" {
			return fmt.Errorf("queries hold %s bytes", used)
		}
		if used := i.gateway.spill.Used(); used != 0 {
			return fmt.Errorf("%d bytes are spilled", used)
		}
		for _, file := range descriptors(i.T) {
			if strings.HasSuffix(file, ".arrows (deleted)") {
				return fmt.Errorf("%s is open", file)
			}
		}
		return nil
	})
}

// metric reads what the gateway measures, as its operators would.
func (i *instance) metric(name string) string {
	i.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get("http://" + i.gateway.webAt.Addr().String() + "/metrics")
	if err != nil {
		i.Fatal(err)
	}
	defer r.Body.Close()
	page, err := io.ReadAll(r.Body)
	if err != nil {
		i.Fatal(err)
	}
	for line := range strings.Lines(string(page)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	i.Fatalf("there is no metric %s", name)
	return ""
}

// keepsSecrets fails the test if a text shows a source's secret.
func (i *instance) keepsSecrets(what, text string) {
	i.Helper()
	for _, s := range i.secrets {
		if strings.Contains(text, s) {
			i.Errorf("%s shows a secret: %s", what, strings.ReplaceAll(text, s, "<<SECRET>>"))
		}
	}
}

// conn is a connection of its own, closed with the test.
func (i *instance) conn() *sql.Conn {
	i.Helper()
	c, err := i.db.Conn(i.Context())
	if err != nil {
		i.Fatal(err)
	}
	i.Cleanup(func() { c.Close() }) //nolint:errcheck // it may have been killed
	return c
}

// identity is the number by which the gateway knows a connection.
func (i *instance) identity(c *sql.Conn) int {
	i.Helper()
	var id int
	if err := c.QueryRowContext(i.Context(), "SELECT CONNECTION_ID()").Scan(&id); err != nil {
		i.Fatal(err)
	}
	return id
}

// fails runs a query that must end in one error of an errno that says certain things, leave nothing, and leave its
// connection able to answer the next query.
func (i *instance) fails(c *sql.Conn, query string, errno uint16, says ...string) {
	i.Helper()
	id := i.identity(c)
	i.failed(query, drain(i.Context(), c, query), errno, says...)
	i.settled()
	if now := i.identity(c); now != id {
		i.Errorf("after %s the connection was another", query)
	}
}

// failed checks the error that a query ended in.
func (i *instance) failed(query string, err error, errno uint16, says ...string) {
	i.Helper()
	var failure *mysql.MySQLError
	if !errors.As(err, &failure) {
		i.Errorf("%s: %v, want errno %d", query, err, errno)
		return
	}
	i.keepsSecrets("an error", failure.Message)
	if failure.Number != errno {
		i.Errorf("%s: errno %d, want %d: %s", query, failure.Number, errno, failure.Message)
	}
	for _, s := range says {
		if !strings.Contains(failure.Message, s) {
			i.Errorf("%s: the error does not say %q: %s", query, s, failure.Message)
		}
	}
	if strings.Count(failure.Message, "\n") > 0 {
		i.Errorf("%s: the error has several lines: %s", query, failure.Message)
	}
}

// answers runs a query that must give one row of one value.
func (i *instance) answers(c *sql.Conn, query, want string) {
	i.Helper()
	var got string
	if err := c.QueryRowContext(i.Context(), query).Scan(&got); err != nil || got != want {
		i.Errorf("%s: %q, %v; want %q", query, got, err, want)
	}
}

// drain reads a query's rows and returns the error that ends them.
func drain(ctx context.Context, c *sql.Conn, query string) error {
	rows, err := c.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	return errors.Join(skip(rows, -1), rows.Close())
}

// skip passes over n rows, negative: all.
func skip(rows *sql.Rows, n int) error {
	for ; n != 0 && rows.Next(); n-- {
	}
	return rows.Err()
}

// begun starts a query and reads its first rows.
func (i *instance) begun(ctx context.Context, c *sql.Conn, query string) *sql.Rows {
	i.Helper()
	rows, err := c.QueryContext(ctx, query)
	if err != nil {
		i.Fatal(err)
	}
	i.Cleanup(func() { rows.Close() }) //nolint:errcheck // it ends in an error
	if err := skip(rows, 10); err != nil {
		i.Fatal(err)
	}
	return rows
}

// sessions looks at a Postgres database's sessions from outside.
type sessions struct {
	*testing.T
	conn     *pgx.Conn
	database string
}

// watchSessions looks at the sessions of pg until the test ends. Call it before host: it holds a connection.
func watchSessions(t *testing.T, pg testserver.PG) sessions {
	t.Helper()
	s := sessions{t, nil, pg.Database}
	pg.Database = "postgres"
	var err error
	if s.conn, err = pgx.Connect(t.Context(), pg.URL()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.conn.Close(context.Background()) }) //nolint:errcheck // the test is over
	return s
}

// count returns how many sessions of the gateway meet a condition.
func (s sessions) count(condition string) (n int) {
	s.Helper()
	// What the condition calls must not be called for other sessions.
	err := s.conn.QueryRow(context.Background(), "WITH ours AS MATERIALIZED (SELECT * FROM pg_stat_activity"+
		" WHERE application_name = 'silogate' AND datname = $1) SELECT count(*) FROM ours WHERE "+condition, s.database).Scan(&n)
	if err != nil {
		s.Fatal(err)
	}
	return n
}

// atRest waits until no session of the gateway has a statement or a transaction.
func (s sessions) atRest(within time.Duration) {
	s.Helper()
	start := time.Now()
	poll(s.T, "the end of remote statements", func() error {
		if n := s.count("state <> 'idle'"); n > 0 {
			return fmt.Errorf("%d sessions are busy", n)
		}
		return nil
	})
	if took := time.Since(start); took > within {
		s.Errorf("remote statements ended after %s, want %s", took, within)
	}
}

// terminate kills the gateway's sessions.
func (s sessions) terminate() {
	s.Helper()
	if s.count("pg_terminate_backend(pid)") == 0 {
		s.Fatal("there was no session to kill")
	}
}

// endless is a view of 20 GB that Postgres makes row by row.
const endless = "CREATE VIEW endless AS SELECT id, repeat('x', 200) AS pad FROM (SELECT generate_series(1, 100000000) AS id) AS g"
