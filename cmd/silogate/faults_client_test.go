//go:build integration

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// soon is how long a statement's end may take to reach its source: a second, and what a busy machine adds.
const soon = 3 * time.Second

// countless is a statement that Postgres works on for long without a row.
const countless = "SELECT COUNT(*) FROM pg.endless WHERE id % 7 = 8"

// busy waits until Postgres works for the gateway.
func (s sessions) busy() {
	s.Helper()
	poll(s.T, "a remote statement", func() error {
		if s.count("state <> 'idle'") == 0 {
			return errors.New("there is none")
		}
		return nil
	})
}

func TestStatementsEndWithTheirClients(t *testing.T) {
	pg := shop(t)
	seen := watchSessions(t, pg)
	i := host(t, "sources:\n"+postgresSource("pg", pg))
	other := i.conn()
	kill := func(command string) func(*sql.Conn, int, context.CancelFunc) {
		return func(_ *sql.Conn, id int, _ context.CancelFunc) {
			if _, err := other.ExecContext(t.Context(), fmt.Sprintf("KILL %s %d", command, id)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name  string
		end   func(*sql.Conn, int, context.CancelFunc)
		lives bool // the connection
	}{
		{"kill query", kill("QUERY"), true},
		{"kill connection", kill("CONNECTION"), false},
		{"cancel", func(_ *sql.Conn, _ int, cancel context.CancelFunc) { cancel() }, false},
	} {
		for kind, query := range map[string]string{
			"streaming": "SELECT * FROM pg.endless", "counting": countless,
			"joining": "SELECT COUNT(*) FROM pg.endless AS e JOIN pg.endless AS f ON e.id = f.id + RAND()",
		} {
			t.Run(c.name+"/"+kind, func(t *testing.T) {
				i, seen := i.in(t), sessions{t, seen.conn, seen.database}
				conn := i.conn()
				id := i.identity(conn)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				failed := make(chan error, 1)
				go func() { failed <- drain(ctx, conn, query) }()
				seen.busy()
				c.end(conn, id, cancel)
				err := <-failed
				seen.atRest(soon)
				i.settled()
				if c.lives {
					i.failed(query, err, 1317, "interrupted")
					if now := i.identity(conn); now != id {
						t.Error("the connection is another")
					}
				} else if err == nil {
					t.Error("the statement ended well")
				}
				i.answers(other, "SELECT COUNT(*) FROM pg.orders", "100")
			})
		}
	}
}

func TestMaxExecutionTime(t *testing.T) {
	pg := shop(t)
	seen := watchSessions(t, pg)
	i := host(t, "sources:\n"+postgresSource("pg", pg))
	c := i.conn()
	if _, err := c.ExecContext(t.Context(), "SET max_execution_time = 300"); err != nil {
		t.Fatal(err)
	}
	i.fails(c, countless, 3024)
	seen.atRest(soon)
}

// A client that reads slowly holds its source back: what it has not asked for is not read.
func TestASlowClientHoldsItsSourceBack(t *testing.T) {
	pg := shop(t)
	seen := watchSessions(t, pg)
	i := host(t, "sources:\n"+postgresSource("pg", pg))
	c := i.conn()
	rows := i.begun(t.Context(), c, "SELECT * FROM pg.endless")
	for range 3 {
		i.eventually("Postgres to wait for the gateway", func() error {
			if n := seen.count("wait_event_type = 'Client' AND state <> 'idle'"); n == 0 {
				return errors.New("it works on")
			}
			return nil
		})
		if err := skip(rows, 10_000); err != nil {
			t.Fatal(err)
		}
	}
	other := i.conn()
	i.answers(other, "SELECT COUNT(*) FROM pg.orders", "100") // it holds back nobody else
	if _, err := other.ExecContext(t.Context(), fmt.Sprintf("KILL QUERY %s", strings.TrimSpace(processOf(i, other, "endless")))); err != nil {
		t.Fatal(err)
	}
	seen.atRest(soon)
	if err := skip(rows, -1); err == nil {
		t.Error("the killed statement's result ended well")
	}
}

// processOf finds the connection whose statement has a word in it.
func processOf(i *instance, c *sql.Conn, word string) string {
	i.Helper()
	list, err := queryTexts(i.Context(), c, "SHOW FULL PROCESSLIST")
	if err != nil {
		i.Fatal(err)
	}
	for _, p := range list {
		if strings.Contains(p[7], word) {
			return p[0]
		}
	}
	i.Fatalf("no statement has %q: %q", word, list)
	return ""
}

// A person at the mariadb client presses Ctrl-C: the statement ends, the client and its connection stay.
func TestCtrlC(t *testing.T) {
	client, err := exec.LookPath("mariadb")
	if err != nil {
		t.Skip("Debian package mariadb-client is not installed")
	}
	terminal, err := exec.LookPath("script")
	if err != nil {
		t.Skip("Debian package bsdutils is not installed")
	}
	pg := shop(t)
	seen := watchSessions(t, pg)
	i := host(t, "sources:\n"+postgresSource("pg", pg))
	where, port, _ := strings.Cut(i.gateway.mysql.Addr().String(), ":")
	// exec: else the shell between them gets the signal as well, and some shells then end with 130 whatever the client did.
	cmd := exec.CommandContext(t.Context(), terminal, "-qec",
		"exec "+client+" --no-defaults --protocol=tcp --skip-ssl --quick -h "+where+" -P "+port+" -u root", os.DevNull)
	cmd.Env = append(os.Environ(), "TERM=dumb", "HOME="+t.TempDir())
	var shown output
	cmd.Stdout, cmd.Stderr = &shown, &shown
	keys, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	types := func(text string) {
		if _, err := io.WriteString(keys, text); err != nil {
			t.Fatal(err)
		}
	}
	sees := func(text string) {
		poll(t, "the client", func() error {
			if !strings.Contains(shown.String(), text) {
				return fmt.Errorf("it does not show %q but\n%s", text, shown.String())
			}
			return nil
		})
	}
	sees("> ")
	types(countless + ";\n")
	seen.busy()
	types("\x03")
	sees("ERROR 1317 (70100)")
	seen.atRest(soon)
	types("SELECT CONCAT('count ', COUNT(*)) AS c FROM pg.orders;\n")
	sees("count 100")
	types("exit\n")
	keys.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, shown.String())
	}
	i.settled()
}

// A statement whose client vanishes ends, too: the process behind the connection is killed.
func TestAClientThatIsKilled(t *testing.T) {
	client, err := exec.LookPath("mariadb")
	if err != nil {
		t.Skip("Debian package mariadb-client is not installed")
	}
	pg := shop(t)
	seen := watchSessions(t, pg)
	i := host(t, "sources:\n"+postgresSource("pg", pg))
	where, port, _ := strings.Cut(i.gateway.mysql.Addr().String(), ":")
	for _, query := range []string{countless, "SELECT * FROM pg.endless"} {
		cmd := exec.Command(client, "--no-defaults", "--protocol=tcp", "--skip-ssl", "--quick", "-h", where, "-P", port, "-u", "root", "-e", query)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		seen.busy()
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait() //nolint:errcheck // it was killed
		seen.atRest(soon)
		i.settled()
	}
	i.answers(i.conn(), "SELECT COUNT(*) FROM pg.orders", "100")
}
