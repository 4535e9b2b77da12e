//go:build integration

package postgres

import (
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/internal/testserver"
)

// Connections that the server closes while they are idle are replaced before anybody uses them.
func TestIdleConnectionsThatDieAreReplaced(t *testing.T) {
	f := newFixture(t, testserver.Postgres(t), nil, "CREATE TABLE t AS SELECT 1 AS id")
	fragment := f.pushed(f.scan("t"))
	for range 3 {
		if got, want := f.rows(fragment, run{}), []string{"1"}; !slices.Equal(got, want) {
			t.Fatalf("rows %q, want %q", got, want)
		}
		f.eventually("idle", func() bool { return f.sessions("idle") > 0 })
		admin[int](f, `WITH ours AS MATERIALIZED (SELECT pid FROM pg_stat_activity
			WHERE application_name = 'silogate' AND datname = current_database())
			SELECT count(*) FROM ours WHERE pg_terminate_backend(pid, 1000)`)
	}
}

// A server is tried with TLS and without, but its failure is said once and in one line.
func TestFailureToConnectIsOneLine(t *testing.T) {
	pg := testserver.PG{Host: "127.0.0.1:1", User: "app", Password: "sesame", Database: "shop"}
	c, err := Open(t.Context(), connectors.Config{Name: "shop", Options: connectors.Options{"url": strings.TrimSuffix(pg.URL(), "?sslmode=disable")}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_, err = c.Bind(connectors.Principal{}).Table(t.Context(), plan.TableName{Namespace: publicSchema, Name: "orders"}, connectors.AsOf{})
	if !sqlerr.Is(err, sqlerr.SourceDown) || strings.Contains(err.Error(), "\n") || strings.Count(err.Error(), "connection refused") != 1 {
		t.Errorf("error %v", err)
	}
}

// Looking at a connection never waits, not even for somebody who reads from it.
func TestSpoken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if spoken(client) {
		t.Error("a silent connection has spoken")
	}
	read := make(chan error)
	started := make(chan struct{})
	go func() {
		close(started)
		_, err := client.Read(make([]byte, 1))
		read <- err
	}()
	<-started
	for range 1000 {
		if spoken(client) {
			t.Fatal("a silent connection has spoken")
		}
	}
	if _, err := server.Write([]byte("ab")); err != nil {
		t.Fatal(err)
	}
	if err := <-read; err != nil {
		t.Fatal(err)
	}
	f := &fixture{TB: t}
	f.eventually("spoken", func() bool { return spoken(client) })
	if _, err := client.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	server.Close()
	f.eventually("closed", func() bool { return spoken(client) })
}
