//go:build integration

package mysql

import (
	"bytes"
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testserver"
)

// TestEncryption connects in all modes to servers with TLS and without.
func TestEncryption(t *testing.T) {
	own := testserver.OwnMariaDB(t)
	named := own.Maria
	named.Host = strings.Replace(named.Host, "127.0.0.1", "localhost", 1)
	stranger := testserver.NewAuthority(t).File(t)
	plain := testserver.MariaDB(t)
	const none, untrusted, misnamed = "server does not support TLS", "certificate signed by unknown authority", "cannot validate certificate for 127.0.0.1"
	for _, c := range []struct {
		server     testserver.Maria
		parameters string
		encrypted  bool
		fails      string
	}{
		{plain, "ssl-mode=DISABLED", false, ""},
		{plain, "", false, ""},
		{plain, "ssl-mode=PREFERRED", false, ""},
		{plain, "ssl-mode=REQUIRED", false, none},
		{plain, "ssl-mode=VERIFY_CA&ssl-ca=" + own.Authority, false, none},
		{plain, "ssl-mode=VERIFY_IDENTITY&ssl-ca=" + own.Authority, false, none},
		{own.Maria, "ssl-mode=DISABLED", false, ""},
		{own.Maria, "", true, ""},
		{own.Maria, "ssl-mode=PREFERRED", true, ""},
		{own.Maria, "ssl-mode=REQUIRED", true, ""},
		{own.Maria, "ssl-ca=" + own.Authority, true, ""},
		{own.Maria, "ssl-mode=VERIFY_CA&ssl-ca=" + own.Authority, true, ""},
		{own.Maria, "ssl-mode=VERIFY_CA&ssl-ca=" + stranger, false, untrusted},
		{own.Maria, "ssl-mode=VERIFY_CA", false, untrusted},
		{own.Maria, "ssl-mode=VERIFY_IDENTITY&ssl-ca=" + own.Authority, false, misnamed},
		{named, "ssl-mode=VERIFY_IDENTITY&ssl-ca=" + own.Authority, true, ""},
		{named, "ssl-mode=VERIFY_IDENTITY&ssl-ca=" + stranger, false, untrusted},
		{named, "ssl-mode=VERIFY_IDENTITY", false, untrusted},
	} {
		source := openSource(t, c.server, connectors.Options{"url": urlOf(c.server) + "?" + c.parameters}).(*connector)
		cipher := ""
		err := source.inMetadata(t.Context(), "ask", func(conn *conn) error {
			return conn.each("SHOW SESSION STATUS LIKE 'Ssl_cipher'", func(row []sqldriver.Value) error {
				cipher = textOf(row[1])
				return nil
			})
		})
		switch {
		case c.fails == "" && err != nil, c.fails != "" && (!sqlerr.Is(err, sqlerr.SourceDown) || !strings.Contains(err.Error(), c.fails)):
			t.Errorf("%s %s: %v", c.server.Host, c.parameters, err)
		case (cipher != "") != c.encrypted:
			t.Errorf("%s %s: cipher %q", c.server.Host, c.parameters, cipher)
		}
		if err := source.Unreachable(); err != nil {
			t.Errorf("%s %s: a server that answered is unreachable: %v", c.server.Host, c.parameters, err)
		}
		_ = source.Close()
	}
}

// TestFrozenServer takes connections and answers nothing any more. It is given up in a time that does not grow with how many
// connections there were, and serves again when it goes on.
func TestFrozenServer(t *testing.T) {
	own := testserver.OwnMariaDB(t)
	own.Exec(t, numbered("a", 100)...)
	own.Exec(t, "CREATE VIEW endless AS SELECT x.seq AS n FROM seq_1_to_1000000 AS x, seq_1_to_1000000 AS y WHERE x.seq + y.seq < 0")
	server := openSource(t, own.Maria, connectors.Options{"pool": "12", "admission": "10", "connect_timeout": "1100ms"}).(*connector)
	t.Cleanup(func() { _ = server.Close() })
	f := &fixture{TB: t, maria: own.Maria, source: server.Bind(connectors.Principal{}).(*source), nextID: 1}
	leaf, endless := f.pushed(f.scan("a", "id")), f.pushed(f.scan("endless"))
	fill := func() {
		t.Helper()
		var conns []*conn
		for range 10 {
			c, err := server.pool.connect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			conns = append(conns, c)
		}
		for _, c := range conns {
			server.pool.release(c)
		}
	}
	thaw := func() {
		t.Helper()
		own.Thaw(t)
		for server.Unreachable() != nil {
			_, _ = f.tryRows(t.Context(), leaf, run{})
		}
	}

	fill() // used just now
	own.Freeze(t)
	if _, err := f.tryRows(t.Context(), leaf, run{}); !sqlerr.Is(err, sqlerr.SourceDown) {
		t.Errorf("recently used: %v", err)
	}
	thaw()

	fill()
	server.pool.mu.Lock()
	for _, c := range server.pool.idle {
		c.since = time.Time{}
	}
	server.pool.mu.Unlock()
	own.Freeze(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*pingTimeout)
	defer cancel()
	if err := describeNone(ctx, server); !sqlerr.Is(err, sqlerr.SourceDown) {
		t.Errorf("idle: %v", err)
	}
	thaw()

	tx := &connectors.Tx{}
	defer tx.Close()
	r, e, err := f.open(t.Context(), endless, run{tx: tx})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	done := make(chan error)
	go func() {
		_, err := r.Next(t.Context())
		done <- err
	}()
	admin := adminOf(t, own.Maria)
	for n := 0; n == 0; {
		if err := admin.QueryRow("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '%endless%' AND TIME_MS > 3000 AND ID <> CONNECTION_ID()").Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case err := <-done:
		t.Fatalf("a long query of a server that answers others: %v", err)
	default:
	}
	own.Freeze(t)
	if err := <-done; !sqlerr.Is(err, sqlerr.SourceDown) || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("in a query: %v", err)
	}
	own.Thaw(t)
}

// rewriting is a server behind which texts of clients are replaced by others of the same length.
func rewriting(t *testing.T, server, old, text string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(all.Wait)
	t.Cleanup(func() { l.Close() })
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
				continue
			}
			all.Go(func() {
				_, _ = io.Copy(client, upstream) // until either is closed
				client.Close()
			})
			all.Go(func() {
				defer upstream.Close()
				buf := make([]byte, 1<<16)
				for {
					n, err := client.Read(buf)
					if err != nil {
						return
					}
					if _, err := upstream.Write(bytes.ReplaceAll(buf[:n], []byte(old), []byte(text))); err != nil {
						return
					}
				}
			})
		}
	})
	return l.Addr().String()
}

// TestUnknownSetting reads a server that does not have in_predicate_conversion_threshold, as MariaDB 10.3.3, to which no list is
// sent that it would make a join of.
func TestUnknownSetting(t *testing.T) {
	f := newFixture(t, nil, numbered("a", 2000)...)
	m := f.maria
	m.Host = rewriting(t, m.Host, "in_predicate_conversion_threshold", "in_predicate_xonversion_threshold")
	c := openSource(t, m, nil)
	t.Cleanup(func() { _ = c.Close() })
	old := &fixture{TB: t, maria: m, source: c.Bind(connectors.Principal{}).(*source), nextID: 1}
	for _, f := range []*fixture{f, old} {
		for _, n := range []int{longList - 1, longList} {
			scan := f.scan("a", "id")
			in := &expr.In{Arg: scan.Cols[0].Ref(), List: make([]types.Value, n)}
			for i := range in.List {
				in.List[i] = types.IntValue(int64(i))
			}
			out, err := f.source.Pushdown(t.Context(), &plan.Filter{Input: scan, Conds: []expr.Expr{in}})
			if err != nil {
				t.Fatal(err)
			}
			remote, whole := out.(*plan.Remote)
			if want := f != old || n < longList; whole != want {
				t.Errorf("%d values: pushed %v", n, whole)
			} else if whole {
				if rows := f.rows(remote.Fragment.(connectors.Fragment), run{}); len(rows) != n-1 {
					t.Errorf("%d rows of %d", len(rows), n-1)
				}
			}
		}
	}
}

// TestShortTimeout does not become no limit at all.
func TestShortTimeout(t *testing.T) {
	for _, timeout := range []string{"1us", "1500us"} {
		f := newFixture(t, connectors.Options{"statement_timeout": timeout}, numbered("a", 3000)...)
		if _, err := f.tryRows(t.Context(), slow(f), run{}); sqlerr.CodeOf(err) != sqlerr.Timeout {
			t.Errorf("%s: %v", timeout, err)
		}
	}
	st := &statement{connector: &connector{settings: &settings{timeout: 1500 * time.Microsecond}}, conn: &conn{server: server{version: 80036}}}
	if got := st.limits(t.Context()); !strings.Contains(got, ", 2), 2)") {
		t.Error(got)
	}
}

// TestKills ends all statements of a full pool at once, over no more than one connection more.
func TestKills(t *testing.T) {
	const statements = 7
	m := testserver.MariaDB(t)
	m.Exec(t, numbered("a", 3000)...)
	link := testserver.LinkTo(t, m.Host, testserver.LinkConfig{})
	through := m
	through.Host = link.Addr()
	c := openSource(t, through, connectors.Options{"pool": "8", "admission": "7"})
	t.Cleanup(func() { _ = c.Close() })
	f := &fixture{TB: t, maria: m, source: c.Bind(connectors.Principal{}).(*source), nextID: 1}
	leaf := slow(f)
	admin := adminOf(t, m)
	running := func() (n int) {
		if err := admin.QueryRow("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE ? AND ID <> CONNECTION_ID()", "%"+m.Database+"%").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	for range statements {
		go func() {
			_, err := f.tryRows(ctx, leaf, run{})
			done <- err
		}()
	}
	for running() < statements {
	}
	stop()
	for range statements {
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	if n := running(); n > 0 {
		t.Errorf("%d statements still run", n)
	}
	if n := link.Counts().Connections; n > f.source.settings.pool+1 {
		t.Errorf("%d connections", n)
	}
	if n := int64(len(f.source.pool.idle)); n > f.source.settings.pool {
		t.Errorf("%d idle connections", n)
	}
}
