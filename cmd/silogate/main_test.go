package main

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql" // the client

	"github.com/silogate/silogate/gateway/mysql"
	"github.com/silogate/silogate/internal/demo"
	"github.com/silogate/silogate/internal/testserver"
)

var quiet = slog.New(slog.DiscardHandler)

func TestMain(m *testing.M) {
	mysql.RouteLibraryLogs(quiet)
	testserver.Main(m)
}

// output is what a command prints, which a test may read while it runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// running starts a command and returns what ends it: that cancels it and returns its error. A command that ends by itself
// fails the test.
func running(t *testing.T, out *output, args ...string) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, args, out, quiet)
		if ctx.Err() == nil {
			t.Errorf("silogate %s ended: %v", strings.Join(args, " "), err)
		}
		ended <- err
	}()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { _ = stop() }) // its error is for the test to see
	return stop
}

// connect waits until a server answers.
func connect(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	deadline := time.Now().Add(10 * time.Second)
	for err = db.Ping(); err != nil; err = db.Ping() {
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return db
}

func query(t *testing.T, db *sql.DB, text string) (columns []string, rows [][]string) {
	t.Helper()
	r, err := db.Query(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer r.Close()
	if columns, err = r.Columns(); err != nil {
		t.Fatal(err)
	}
	for r.Next() {
		row := make([]string, len(columns))
		into := make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := r.Scan(into...); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if err := r.Err(); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return columns, rows
}

func TestDemo(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var out output
	address := testserver.FreeAddress(t)
	stop := running(t, &out, "demo", "--listen", address)
	db := connect(t, "root@tcp("+address+")/")
	for _, s := range demo.Tour() {
		for _, pushdown := range []string{"on", "off"} {
			if _, err := db.Exec("SET GLOBAL silogate_pushdown = " + pushdown); err != nil {
				t.Fatal(err)
			}
			db.SetMaxIdleConns(0) // sessions begin with the global value
			columns, rows := query(t, db, s.Query)
			if s.Rows != nil && (!reflect.DeepEqual(columns, s.Columns) || !reflect.DeepEqual(rows, s.Rows)) {
				t.Errorf("%s\npushdown %s: %q %q, want %q %q", s.Query, pushdown, columns, rows, s.Columns, s.Rows)
			}
			if !strings.Contains(out.String(), indent(s.Query)+";") || !strings.Contains(out.String(), s.Expect) {
				t.Errorf("the welcome does not show %s", s.Query)
			}
		}
	}
	if _, err := db.Exec("SET GLOBAL silogate_pushdown = on"); err != nil {
		t.Fatal(err)
	}
	if _, rows := query(t, db, "SHOW DATABASES"); !reflect.DeepEqual(rows[0], []string{"information_schema"}) || len(rows) < 3 {
		t.Errorf("databases %q", rows)
	}
	host, port, _ := net.SplitHostPort(address)
	if want := "mysql -h " + host + " -P " + port + " -u root"; !strings.Contains(out.String(), want) {
		t.Errorf("the welcome does not say %s:\n%s", want, out.String())
	}
	db.Close()
	if err := stop(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestDemoIsForThisMachineAlone(t *testing.T) {
	for _, address := range []string{":3306", "0.0.0.0:3306", "[::]:3306", "192.0.2.1:3306", "nonsense"} {
		if err := run(context.Background(), []string{"demo", "--listen", address}, new(output), quiet); err == nil || !strings.Contains(err.Error(), "--listen") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// configure writes a configuration over the demo's silos and returns its path.
func configure(t *testing.T, extra string) (path, address, web string) {
	t.Helper()
	dir := t.TempDir()
	if _, err := demo.Write(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	address, web = testserver.FreeAddress(t), testserver.FreeAddress(t)
	t.Setenv("SILOGATE_TEST_PASSWORD", "sesame")
	text := "listen: " + address + "\nweb: " + web + "\ndata: " + filepath.Join(dir, "data") + `
memory: {server: 256MiB, query: 64MiB, spill: 1GiB}
users: [{name: root, password: "${env:SILOGATE_TEST_PASSWORD}"}]
sources:
  lake: {type: objectstore, url: ` + filepath.Join(dir, "lake") + `}
  shop: {type: sqlite, path: ` + filepath.Join(dir, "shop.db") + `}
` + extra
	path = filepath.Join(dir, "silogate.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, address, web
}

func TestServe(t *testing.T) {
	path, address, web := configure(t, "")
	var out output
	stop := running(t, &out, "serve", "--config", path)
	db := connect(t, "root:sesame@tcp("+address+")/shop")
	if _, rows := query(t, db, "SELECT COUNT(*) FROM orders"); rows[0][0] != "5000" {
		t.Errorf("orders: %q", rows)
	}
	if _, err := db.Exec("CREATE USER ann IDENTIFIED BY 'ann'"); err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for path, want := range map[string]string{"/healthz": "ok", "/metrics": `silogate_mysql_statements_total{kind="federated",outcome="ok"} 1`} {
		r, err := client.Get("http://" + web + path)
		if err != nil {
			t.Fatal(err)
		}
		var body bytes.Buffer
		if _, err := body.ReadFrom(r.Body); err != nil || r.StatusCode != http.StatusOK || !strings.Contains(body.String(), want) {
			t.Errorf("%s: %s, %v\n%s", path, r.Status, err, body.String())
		}
		r.Body.Close()
	}
	db.Close()
	if err := stop(); err != nil {
		t.Error(err)
	}

	stop = running(t, &out, "serve", "--config", path)
	again := connect(t, "ann:ann@tcp("+address+")/")
	if _, rows := query(t, again, "SELECT 1"); rows[0][0] != "1" {
		t.Error("ann did not survive the restart")
	}
	if _, err := connect(t, "root:sesame@tcp("+address+")/").Exec("DROP USER root"); err != nil {
		t.Fatal(err)
	}
	again.Close()
	if err := stop(); err != nil {
		t.Error(err)
	}

	stop = running(t, &out, "serve", "--config", path) // where nobody has every right any more
	root := connect(t, "root:sesame@tcp("+address+")/")
	if _, rows := query(t, root, "SELECT COUNT(*) FROM mysql.user WHERE user IN ('root', 'ann')"); rows[0][0] != "2" {
		t.Errorf("accounts: %q", rows)
	}
	root.Close()
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestCommandLine(t *testing.T) {
	for _, c := range []struct{ args, out, err string }{
		{"version", "silogate dev", ""},
		{"help", "silogate demo [--listen ADDR]", ""},
		{"", "silogate serve --config FILE", "help requested"},
		{"nope", "silogate check", "no command"},
		{"serve", "", "needs --config"},
		{"check --config /nope.yaml", "", "/nope.yaml"},
		{"serve --config x y", "", `"y" is not understood`},
		{"serve --nope", "flag provided but not defined", "nope"},
	} {
		var out output
		err := run(context.Background(), strings.Fields(c.args), &out, quiet)
		if !strings.Contains(out.String(), c.out) || (c.err == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("silogate %s: %v\n%s", c.args, err, out.String())
		}
	}
}
