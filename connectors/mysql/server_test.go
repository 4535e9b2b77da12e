//go:build integration

package mysql

import (
	"bytes"
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest/plantext"
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

// explained is the first value that a query yields.
func explained(f *fixture, query string) (text string) {
	f.Helper()
	err := f.source.inMetadata(f.Context(), "explain", func(c *conn) error {
		return c.each(query, func(row []sqldriver.Value) error {
			text = textOf(row[0])
			return nil
		})
	})
	if err != nil {
		f.Fatal(err)
	}
	return text
}

// TestHashJoin has MariaDB make a hash table where there is no index, but not of texts.
func TestHashJoin(t *testing.T) {
	f := newFixture(t, nil, "CREATE TABLE h AS SELECT seq AS id, seq * 7 % 5003 AS k, CONCAT('k', seq) AS v FROM seq_1_to_5000", "ANALYZE TABLE h")
	table := f.table("h")
	parser := plantext.Parser{Table: func(string) (*plan.Table, error) { return table, nil }}
	for _, c := range []struct {
		join, rows string
		hashes     bool
	}{{"inner a.id = b.k", "4998|4998", true}, {"left a.id = b.k", "5000|4998", true}, {"inner a.v = b.v and a.id = b.id", "5000|5000", false}} {
		tree, err := parser.Parse("aggregate | count(*) as n, count(b.k) as m\n    join " + c.join + "\n        scan h a: id, v\n        scan h b: id, k, v")
		if err != nil {
			t.Fatal(err)
		}
		leaf := f.pushed(tree)
		sql, err := (&execution{fragment: leaf.(*fragment), scan: f.request(run{})}).render()
		if err != nil {
			t.Fatal(err)
		}
		if hint, _, found := strings.Cut(sql, "SELECT"); found && (hint != "") != c.hashes {
			t.Errorf("%s: %s", c.join, sql)
		}
		text := explained(f, strings.Replace(sql, "SELECT", "EXPLAIN FORMAT=JSON SELECT", 1))
		if strings.Contains(text, "BNLH") != c.hashes {
			t.Errorf("%s: %s", c.join, text)
		}
		if rows := f.rows(leaf, run{}); len(rows) != 1 || rows[0] != c.rows {
			t.Errorf("%s: %q", c.join, rows)
		}
	}
}

// TestUUIDs are compared as the texts they are shown as, by their index where that is the same.
func TestUUIDs(t *testing.T) {
	f := newFixture(t, nil, "CREATE TABLE u (u UUID PRIMARY KEY, n INT)",
		"INSERT INTO u SELECT CONCAT('a0eebc99-9c0b-4ef8-bb6d-', LPAD(seq, 12, '0')), seq FROM seq_1_to_1000", "ANALYZE TABLE u")
	scan := f.scan("u")
	text := func(s string) expr.Expr {
		return &expr.Literal{Value: types.TextValue(s), Typ: types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)}
	}
	call := func(op expr.Func, value string) expr.Expr {
		e, err := expr.New(op, scan.Cols[0].Ref(), text(value))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	const seven, eight = "a0eebc99-9c0b-4ef8-bb6d-000000000007", "a0eebc99-9c0b-4ef8-bb6d-000000000008"
	for _, c := range []struct {
		cond   expr.Expr
		rows   int
		lookup bool
	}{
		{call(expr.Eq, seven), 1, true},
		{call(expr.Eq, strings.ToUpper(seven)), 0, false},
		{call(expr.Eq, strings.ReplaceAll(seven, "-", "")), 0, false},
		{call(expr.Eq, "no uuid"), 0, false},
		{call(expr.Ne, seven), 999, false},
		{call(expr.Lt, seven), 6, false},
		{&expr.In{Arg: scan.Cols[0].Ref(), List: []types.Value{types.TextValue(seven), types.TextValue(eight)}}, 2, true},
		{&expr.In{Arg: scan.Cols[0].Ref(), List: []types.Value{types.TextValue(seven), types.TextValue(strings.ToUpper(eight))}}, 1, false},
	} {
		leaf := f.pushed(&plan.Filter{Input: scan, Conds: []expr.Expr{c.cond}})
		if rows := f.rows(leaf, run{}); len(rows) != c.rows {
			t.Errorf("%s: %d rows", leaf, len(rows))
		}
		plan := explained(f, "EXPLAIN FORMAT=JSON "+leaf.String())
		if lookup := strings.Contains(plan, `"key": "PRIMARY"`) || strings.Contains(plan, "const"); lookup != c.lookup && c.lookup {
			t.Errorf("%s: %s", leaf, plan)
		}
	}
}

// TestDatabasesByCase finds the databases of the options whatever the case of their letters, and one that is named so before
// others.
func TestDatabasesByCase(t *testing.T) {
	m := testserver.MariaDB(t)
	m.Exec(t, "CREATE TABLE a (id INT)")
	name, upper := m.Database, strings.ToUpper(m.Database)
	m.Database = upper
	check := func(database string, other string) {
		t.Helper()
		for _, opts := range []connectors.Options{{"databases": upper}, {"databases": upper + ",mysql"}} {
			c := openSource(t, m, opts)
			defer c.Close()
			source := c.Bind(connectors.Principal{}).(*source)
			if got, err := source.DefaultNamespace(t.Context()); got != database || err != nil {
				t.Errorf("default %q, %v; want %q", got, err, database)
			}
			if err := source.Check(t.Context()); err != nil {
				t.Error(err)
			}
			for _, namespaces := range []bool{true, false} {
				found := false
				for l, err := range source.List(t.Context(), connectors.ListOptions{Namespaces: namespaces}) {
					if err != nil {
						t.Fatal(err)
					}
					found = found || l.Name.Namespace == database
					if l.Name.Namespace == other {
						t.Errorf("%s is listed", other)
					}
				}
				if !found {
					t.Errorf("%s is not listed", database)
				}
			}
			if _, err := source.Table(t.Context(), plan.TableName{Namespace: database, Name: "a"}, connectors.AsOf{}); err != nil {
				t.Error(err)
			}
			if _, err := source.Table(t.Context(), plan.TableName{Namespace: other, Name: "a"}, connectors.AsOf{}); !sqlerr.Is(err, sqlerr.UnknownTable) {
				t.Errorf("%s: %v", other, err)
			}
			n := 0
			for _, err := range source.Tables(t.Context(), database) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			for range source.Tables(t.Context(), other) {
				n++
			}
			if n != 1 {
				t.Errorf("%d tables", n)
			}
		}
	}
	check(name, upper)
	admin := m
	admin.Database = name
	admin.Exec(t, "CREATE DATABASE "+upper, "CREATE TABLE "+upper+".a (id INT)")
	t.Cleanup(func() { admin.Exec(t, "DROP DATABASE "+upper) })
	check(upper, name)
}

// TestLongSortKeys sorts by what differs at the end of texts with the most weights, in the smallest of the buffers that servers
// have by default.
func TestLongSortKeys(t *testing.T) {
	f := newFixture(t, nil, "CREATE TABLE s (v VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci)",
		"INSERT INTO s SELECT CONCAT(REPEAT(CONVERT(x'EFB7BA' USING utf8mb4), 249), 100000 + seq * 7919 % 2003) FROM seq_1_to_2002")
	scan := f.scan("s")
	leaf := f.pushed(&plan.Limit{Input: scan, Keys: []plan.SortKey{{Expr: scan.Cols[0].Ref()}}, Count: 2002})
	var got []string
	err := f.source.inMetadata(t.Context(), "sort", func(c *conn) error {
		got = nil
		defer func() { c.broken = true }() // its settings are not the pool's
		if err := c.exec("SET sort_buffer_size = 262144"); err != nil {
			return err
		}
		return c.each(leaf.String(), func(row []sqldriver.Value) error {
			got = append(got, strings.TrimLeft(textOf(row[0]), "\ufdfa"))
			return nil
		})
	})
	if err != nil || len(got) != 2002 || !slices.IsSorted(got) {
		t.Errorf("%d rows, sorted: %v; %v", len(got), slices.IsSorted(got), err)
	}
}

// TestSnapshots are of engines that keep the versions of rows.
func TestSnapshots(t *testing.T) {
	f := newFixture(t, nil, "CREATE TABLE kept (id int PRIMARY KEY) ENGINE=InnoDB", "CREATE TABLE changing (id int PRIMARY KEY) ENGINE=MyISAM",
		"CREATE VIEW shown AS SELECT id FROM changing")
	for name, want := range map[string]bool{"kept": true, "changing": false, "shown": false} {
		if got := f.table(name).Snapshot; got != want {
			t.Errorf("%s: all reads of a statement see one state: %v", name, got)
		}
	}
}
