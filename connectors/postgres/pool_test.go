//go:build integration

package postgres

import (
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
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

// A source whose server has gone silent closes, although somebody waits for that server, who is told.
func TestCloseWhileTheServerIsSilent(t *testing.T) {
	pg := testserver.Postgres(t)
	relay := newRelay(t, pg.Host)
	through := pg
	through.Host = relay.Addr().String()
	f := newFixture(t, pg, connectors.Options{"url": through.URL()}, "CREATE TABLE t AS SELECT 1 AS id")
	name := plan.TableName{Namespace: publicSchema, Name: "t"}
	if _, err := f.source.Table(t.Context(), name, connectors.AsOf{}); err != nil {
		t.Fatal(err)
	}
	relay.silence()
	done := make(chan error)
	go func() {
		_, err := f.source.Table(t.Context(), name, connectors.AsOf{})
		done <- err
	}()
	<-relay.unanswered
	if err := f.source.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !sqlerr.Is(err, sqlerr.SourceDown) || !strings.Contains(err.Error(), "source shop: describe table public.t: the source was altered or dropped") {
		t.Errorf("error %v", err)
	}
	if _, err := f.source.Table(t.Context(), name, connectors.AsOf{}); !sqlerr.Is(err, sqlerr.SourceDown) {
		t.Errorf("afterwards: error %v", err)
	}
}

// Connections that break while they are idle without a sign, as where a firewall has forgotten them, are replaced when
// they are used.
func TestConnectionsThatBreakUnseenAreReplaced(t *testing.T) {
	pg := testserver.Postgres(t)
	relay := newRelay(t, pg.Host)
	through := pg
	through.Host = relay.Addr().String()
	f := newFixture(t, pg, connectors.Options{"url": through.URL()}, "CREATE TABLE t AS SELECT 1 AS id", "CREATE VIEW v AS SELECT id FROM t")
	small, large := f.pushed(f.scan("t")), f.pushed(f.scan("v"))
	for name, use := range map[string]func(){
		"a cursor": func() {
			if got, want := f.rows(small, run{}), []string{"1"}; !slices.Equal(got, want) {
				t.Errorf("rows %q, want %q", got, want)
			}
		},
		"COPY": func() {
			if got, want := f.rows(large, run{}), []string{"1"}; !slices.Equal(got, want) {
				t.Errorf("rows %q, want %q", got, want)
			}
		},
		"metadata": func() {
			if _, err := f.source.Table(t.Context(), plan.TableName{Namespace: publicSchema, Name: "t"}, connectors.AsOf{}); err != nil {
				t.Error(err)
			}
		},
		"a plan": func() {
			if e, err := f.pushed(f.parse("aggregate | count(*) as n\n    scan t")).Estimate(t.Context()); err != nil || e.Rows != 1 {
				t.Errorf("estimate %+v, %v", e, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			use()
			f.eventually("idle", func() bool { return f.sessions("active", "idle in transaction") == 0 })
			if relay.forget() == 0 {
				t.Fatal("there is no connection to break")
			}
			use()
			if relay.broken() == 0 {
				t.Error("no connection was broken by its use")
			}
		})
	}
}

// A connection that breaks when something was read is not replaced: what was read may not be what would be read now. Nor
// is one that was made for the statement, which may be what breaks it.
func TestConnectionsThatBreakInUseAreNotReplaced(t *testing.T) {
	pg := testserver.Postgres(t)
	relay := newRelay(t, pg.Host)
	through := pg
	through.Host = relay.Addr().String()
	f := newFixture(t, pg, connectors.Options{"url": through.URL()}, "CREATE TABLE t AS SELECT g AS id FROM generate_series(1, 20000) AS g",
		"CREATE VIEW v AS SELECT g AS id, repeat('x', 100) AS pad FROM generate_series(1, 200000) AS g", "ANALYZE t")
	for _, table := range []string{"t", "v"} {
		fragment := f.pushed(f.scan(table))
		tx := &connectors.Tx{}
		execution, r, err := f.start(t.Context(), fragment, tx)
		if err != nil {
			t.Fatal(err)
		}
		batch, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		batch.Release()
		relay.hangUp()
		for err == nil {
			if batch, err = r.Next(t.Context()); err == nil {
				batch.Release() // what had come already
			}
		}
		if !sqlerr.Is(err, sqlerr.SourceDown) || !strings.Contains(err.Error(), "public."+table) {
			t.Errorf("%s: error %v", table, err)
		}
		if err := errors.Join(r.Close(), execution.Close(), tx.Close()); err != nil {
			t.Error(err)
		}
	}
	fragment := f.pushed(f.scan("t"))
	relay.hangUp()
	relay.refuse() // so that the query breaks each new connection
	before := relay.broken()
	if _, err := f.tryRows(t.Context(), fragment, run{}); !sqlerr.Is(err, sqlerr.SourceDown) {
		t.Errorf("on a new connection: %v", err)
	}
	if n := relay.broken() - before; n != 1 {
		t.Errorf("the query was sent on %d new connections", n)
	}
}

// relay forwards connections to a server until it is silenced, and breaks some.
type relay struct {
	net.Listener
	unanswered chan struct{} // closed when something was asked that gets no answer

	once      sync.Once // of unanswered
	mu        sync.Mutex
	silent    bool
	refuses   bool // a connection is broken by the first query
	breaks    int  // connections that were broken by what was sent
	clients   []net.Conn
	forgotten map[net.Conn]bool // broken by what is sent next
}

// forget makes whatever is sent over the connections that there are break them, and returns how many there are.
func (r *relay) forget() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forgotten = make(map[net.Conn]bool)
	for _, c := range r.clients {
		r.forgotten[c] = true
	}
	return len(r.clients)
}

// refuse makes the first query over each connection break it.
func (r *relay) refuse() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuses = true
}

// broken is how many connections were broken by what was sent over them.
func (r *relay) broken() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.breaks
}

// hangUp breaks the connections that there are.
func (r *relay) hangUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.clients {
		c.Close()
	}
	r.clients = nil
}

// passes decides what happens to a message of a client.
func (r *relay) passes(client net.Conn, message []byte) (silent, broken bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.forgotten[client] || r.refuses && message[0] == 'Q' {
		r.breaks++
		return false, true
	}
	return r.silent, false
}

func newRelay(t *testing.T, server string) *relay {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{Listener: l, unanswered: make(chan struct{})}
	var all sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		r.mu.Lock()
		for _, c := range r.clients {
			c.Close()
		}
		r.mu.Unlock()
		all.Wait()
	})
	all.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				t.Error(err)
				client.Close()
				return
			}
			r.mu.Lock()
			r.clients = append(r.clients, client)
			r.mu.Unlock()
			all.Go(func() {
				io.Copy(client, upstream) //nolint:errcheck // until one of them hangs up
				client.Close()
			})
			all.Go(func() { r.ask(client, upstream) })
		}
	})
	return r
}

// ask forwards what a client says.
func (r *relay) ask(client, upstream net.Conn) {
	defer upstream.Close()
	defer client.Close()
	buf := make([]byte, 4096)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		silent, broken := r.passes(client, buf[:n])
		if broken {
			return
		}
		if silent {
			r.once.Do(func() { close(r.unanswered) })
		} else if _, err := upstream.Write(buf[:n]); err != nil {
			return
		}
	}
}

// silence ends the answers. The clients get the start of a notice, for which idle connections are looked at before use.
func (r *relay) silence() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.silent = true
	for _, c := range r.clients {
		c.Write([]byte{msgNotice}) //nolint:errcheck // one that is gone is not used
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
	if connectors.Spoken(client) {
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
		if connectors.Spoken(client) {
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
	f.eventually("spoken", func() bool { return connectors.Spoken(client) })
	if _, err := client.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	server.Close()
	f.eventually("closed", func() bool { return connectors.Spoken(client) })
}

// What a source's connections show of the way to it.
func TestLink(t *testing.T) {
	pg := testserver.Postgres(t)
	pg.Exec(t, `CREATE TABLE wide AS SELECT g AS id, repeat('x', 1000) AS pad FROM generate_series(1, 3000) g`, `ANALYZE wide`)
	slow := testserver.Slow()
	pg.Host = testserver.LinkTo(t, pg.Host, slow).Addr()
	f := newFixture(t, pg, nil)
	if l := f.source.Link(); l != (connectors.Link{}) {
		t.Errorf("%+v before any traffic", l)
	}
	rows := len(f.rows(f.pushed(f.scan("wide")), run{}))
	if l := f.source.Link(); rows != 3000 || l.RoundTrip < slow.RoundTrip || l.Bandwidth <= 0 {
		t.Errorf("%d rows over %+v", rows, l)
	}
}
