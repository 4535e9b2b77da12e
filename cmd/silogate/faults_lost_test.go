//go:build integration

package main

import (
	"context"
	"fmt"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/silogate/silogate/internal/testserver"
)

// A gateway that is lost in the middle of a statement, here one that is stopped and so neither cancels nor hangs up, leaves
// nothing in the source for longer than the statement had left.
func TestALostGatewayLeavesNoWorkBehind(t *testing.T) {
	pg := shop(t)
	// The condition is evaluated for each row, by whoever reads it.
	pg.Exec(t, "CREATE VIEW slow AS SELECT id FROM orders WHERE pg_sleep(60) IS NOT NULL")
	seen := watchSessions(t, pg)
	locker, err := pgx.Connect(t.Context(), pg.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer locker.Close(context.Background()) //nolint:errcheck // the test is over
	program, address := program(t), testserver.FreeAddress(t)
	p := spawn(t, program, "serve", "--config", configured(t, fmt.Sprintf(
		"listen: %s\ndata: %s\nusers: [{name: root, password: \"\"}]\nsources:\n%s", address, t.TempDir(), postgresSource("pg", pg))))
	conn := session(t, connect(t, "root@tcp("+address+")/"), "SET max_execution_time = 3000")
	for name, query := range map[string]string{
		"on the statement's connection":    "SELECT COUNT(*) FROM pg.slow",
		"on a connection of its own":       "SELECT * FROM pg.slow",
		"while it waits for a lock":        "SELECT COUNT(*) FROM pg.orders",
		"that is not the statement's last": "SELECT COUNT(*) FROM pg.orders AS o JOIN pg.slow AS s ON o.id + RAND() > s.id",
	} {
		t.Run(name, func(t *testing.T) {
			if query == "SELECT COUNT(*) FROM pg.orders" {
				if _, err := queryTexts(t.Context(), conn, query); err != nil { // the table is described
					t.Fatal(err)
				}
				tx, err := locker.Begin(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer tx.Rollback(context.Background()) //nolint:errcheck // the connection is closed
				if _, err := tx.Exec(t.Context(), "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE"); err != nil {
					t.Fatal(err)
				}
			}
			ended := make(chan error, 1)
			go func() { ended <- drain(t.Context(), conn, query) }()
			const busy = "state = 'active' AND wait_event IN ('PgSleep', 'relation')"
			poll(t, "the remote statement", func() error {
				if seen.count(busy) == 0 {
					return fmt.Errorf("none of the sessions is busy")
				}
				return nil
			})
			p.signal(syscall.SIGSTOP)
			defer p.signal(syscall.SIGCONT) // also if the test fails
			if seen.count(busy) == 0 {
				t.Error("the gateway was stopped too late to show anything")
			}
			poll(t, "the end of the remote statement and its transaction", func() error {
				// What was aborted holds neither a snapshot nor locks.
				if n := seen.count("state IN ('active', 'idle in transaction') OR backend_xmin IS NOT NULL"); n > 0 {
					return fmt.Errorf("%d sessions are busy", n)
				}
				return nil
			})
			p.signal(syscall.SIGCONT)
			(&instance{T: t}).failed(query, <-ended, 3024, "maximum statement execution time exceeded")
		})
	}
}
