//go:build integration

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/silogate/silogate/internal/testserver"
)

// narrow is a source that one statement reads at a time.
func narrow(name string, pg testserver.PG) string {
	return fmt.Sprintf("  %s: {type: postgres, url: \"postgres://%s@%s/%s?sslmode=disable\", password: %q, admission: 1, pool: 3}\n",
		name, pg.User, pg.Host, pg.Database, pg.Password)
}

// sided is a database with a long table and a short one. Joins build their short side first.
func sided(t *testing.T) testserver.PG {
	t.Helper()
	pg := testserver.Postgres(t)
	pg.Exec(t, "CREATE TABLE long AS SELECT g AS id, repeat('x', 100) AS pad FROM generate_series(1, 20000) AS g",
		"CREATE TABLE short AS SELECT g AS id FROM generate_series(1, 10) AS g", "ANALYZE long, short")
	return pg
}

// Statements that read the same sources in opposite orders take turns at them and never wait for each other.
func TestStatementsOverTheSameSourcesAllEnd(t *testing.T) {
	a, b := sided(t), sided(t)
	i := host(t, "sources:\n"+narrow("a", a)+narrow("b", b))
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errors.New("statements wait for each other"))
	defer cancel()
	queries := []string{
		"SELECT COUNT(*) FROM a.long AS l JOIN b.short AS s ON l.id = s.id",
		"SELECT COUNT(*) FROM b.long AS l JOIN a.short AS s ON l.id = s.id",
		"WITH w AS (SELECT id FROM b.short) SELECT COUNT(*) FROM a.long WHERE id IN (SELECT id FROM w) OR id IN (SELECT id + 0 FROM w)",
		"SELECT COUNT(*) FROM b.short AS s WHERE EXISTS (SELECT 1 FROM a.long AS l WHERE l.id > s.id + RAND() - 2 LIMIT 1)",
	}
	var group errgroup.Group
	const clients, each = 12, 6
	for client := range clients {
		group.Go(func() error {
			for n := range each {
				query, rows := queries[(client+n)%len(queries)], 0
				if err := i.db.QueryRowContext(ctx, query).Scan(&rows); err != nil || rows != 10 {
					return fmt.Errorf("%s: %d rows, %w, %w", query, rows, err, context.Cause(ctx))
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

// A statement that ends while it waits for its turn gives the turns back that it had.
func TestStatementsThatEndInAQueue(t *testing.T) {
	a, b := sided(t), sided(t)
	b.Exec(t, endless)
	i := host(t, "sources:\n"+narrow("a", a)+narrow("b", b))
	other, holder, waiter := i.conn(), i.conn(), i.conn()
	const both = "SELECT COUNT(*) FROM a.short JOIN b.short USING (id)"
	id := i.identity(waiter)
	i.answers(waiter, both, "10") // what follows finds the tables described
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	i.begun(ctx, holder, "SELECT * FROM b.endless")
	failed := make(chan error, 1)
	go func() { failed <- drain(t.Context(), waiter, both) }()
	i.eventually("a statement that waits for b", func() error { return i.inState(other, id, "waiting for source b") })
	if _, err := other.ExecContext(t.Context(), "SET max_execution_time = 100"); err != nil {
		t.Fatal(err)
	}
	if drain(t.Context(), other, "SELECT COUNT(*) FROM a.short") == nil {
		t.Error("a is free while a statement that reads it waits for b")
	}
	if _, err := other.ExecContext(t.Context(), "SET max_execution_time = 0"); err != nil {
		t.Fatal(err)
	}
	if _, err := other.ExecContext(t.Context(), fmt.Sprintf("KILL QUERY %d", id)); err != nil {
		t.Fatal(err)
	}
	i.failed(both, <-failed, 1317, "interrupted")
	i.answers(other, "SELECT COUNT(*) FROM a.short", "10")
	leave()
	i.answers(waiter, both, "10")
}

// inState says whether SHOW PROCESSLIST has a connection in a state.
func (i *instance) inState(c *sql.Conn, id int, state string) error {
	list, err := queryTexts(i.Context(), c, "SHOW PROCESSLIST")
	if err != nil {
		return err
	}
	for _, p := range list {
		if p[0] == strconv.Itoa(id) && p[6] == state {
			return nil
		}
	}
	return fmt.Errorf("no connection %d in state %q: %q", id, state, list)
}

// A source that is down or silent matters only to statements that read it: not to one whose plan has a part there that
// turns out not to be needed.
func TestATurnNeedsNoServer(t *testing.T) {
	server, shop := testserver.OwnPostgres(t), sided(t)
	server.Exec(t, "CREATE TABLE short AS SELECT 1 AS id")
	i := host(t, "sources:\n"+narrow("pg", shop)+narrow("down", server.PG))
	c := i.conn()
	const query = "SELECT COUNT(*) FROM pg.short AS s WHERE s.id > 100 AND s.id + RAND() IN (SELECT id FROM down.short WHERE id < s.id)"
	i.answers(c, query, "0")
	server.Stop(t)
	i.answers(c, query, "0")
}
