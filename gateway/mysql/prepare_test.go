package mysql

import (
	"bytes"
	"context"
	"crypto/tls"
	"database/sql"
	"net"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"

	driver "github.com/go-sql-driver/mysql"
)

// recorder is a connection that keeps what it has read.
type recorder struct {
	net.Conn
	mu  sync.Mutex
	all []byte
}

func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, p[:n]...)
	return n, err
}

// since returns what was read after the first n bytes.
func (r *recorder) since(n int) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Clone(r.all[n:])
}

// TestPrepareFromText prepares, executes and drops statements by SQL. Their answers are OK packets whose text follows its length:
// clients refuse the packet otherwise.
func TestPrepareFromText(t *testing.T) {
	g := start(t)
	var wire *recorder
	driver.RegisterDialContext("recorded", func(ctx context.Context, _ string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", g.Addr().String())
		wire = &recorder{Conn: conn}
		return wire, err
	})
	defer driver.DeregisterDialContext("recorded")
	db, err := sql.Open("mysql", "root:sesame@recorded(gateway)/fake")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()

	for _, statement := range []string{
		"PREPARE s FROM 'SELECT COUNT(*) FROM numbers WHERE id > ?'", "SET @low = 2000, @text = 'SELECT MAX(id) FROM numbers'",
		"PREPARE m FROM @text", "PREPARE q FROM 'SELECT COUNT(*) FROM numbers WHERE id >= ALL (SELECT id FROM numbers)'",
	} {
		before := len(wire.since(0))
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		packet, text := wire.since(before), ""
		if strings.HasPrefix(statement, "PREPARE") {
			text = "\x12Statement prepared"
		}
		if len(packet) != 4+7+len(text) || packet[4] != 0 || string(packet[11:]) != text {
			t.Errorf("%s: answered % x, want an OK packet that ends with %q", statement, packet, text)
		}
	}
	for query, want := range map[string]string{"EXECUTE s USING @low": "500", "EXECUTE m": "2500", "EXECUTE q": "1"} {
		var got string
		if err := conn.QueryRowContext(t.Context(), query).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", query, got, err, want)
		}
	}
	if _, err := conn.ExecContext(t.Context(), "DEALLOCATE PREPARE s"); err != nil {
		t.Error(err)
	}
	_, err = conn.ExecContext(t.Context(), "EXECUTE s USING @low")
	wantErrno(t, "a statement that was dropped", err, 1243, "HY000")
}

// TestVariablesAreListed compares SHOW VARIABLES with the variables of the session.
func TestVariablesAreListed(t *testing.T) {
	g := start(t)
	rows, err := texts(g.open(""), "SHOW VARIABLES LIKE 'silogate%'")
	want := [][]string{
		{"silogate_disabled_rules", ""}, {"silogate_dynamic_filters", "ON"}, {"silogate_engine", "local"},
		{"silogate_max_scan_bytes", "0"}, {"silogate_max_staleness", "-1"}, {"silogate_pushdown", "ON"}, {"silogate_run_id", ""},
		{"silogate_shadow_rate", "0"}, {"silogate_strict_pushdown", "OFF"},
	}
	if err != nil || !reflect.DeepEqual(rows, want) {
		t.Errorf("%q, %v; want %q", rows, err, want)
	}
}

// TestParameterPlaces orders by a parameter, which is a constant and no position, and refuses one in a statement that is not prepared.
func TestParameterPlaces(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	want, err := texts(c, "SELECT id FROM numbers WHERE id < 4 ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []any{1, 9, "id", nil} {
		rows, err := texts(c, "SELECT id FROM numbers WHERE id < 4 ORDER BY ?, id", key)
		if err != nil || !reflect.DeepEqual(rows, want) {
			t.Errorf("by %v: %v, error %v", key, rows, err)
		}
	}
	for _, statement := range []string{"PREPARE s FROM 'SELECT id FROM numbers WHERE id < 4 ORDER BY ?, id DESC'", "SET @key = 7"} {
		if _, err := c.ExecContext(background, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if rows, err := texts(c, "EXECUTE s USING @key"); err != nil || len(rows) != len(want) || rows[0][0] != want[len(want)-1][0] {
		t.Errorf("%v, error %v", rows, err)
	}
	for _, query := range []string{"SELECT ? + 1", "SELECT :a", "SELECT id FROM numbers WHERE id IN (?, 2)", "SET @a = ?"} {
		_, err := texts(c, query)
		wantErrno(t, query, err, 1064, "42000")
	}
}

// TestPrepareByTheWiderGrammar prepares what GMS's own grammar can't parse.
func TestPrepareByTheWiderGrammar(t *testing.T) {
	g := start(t)
	db := g.open("")
	for _, q := range []struct {
		query string
		args  []any
		want  string
	}{
		{"SELECT ? > ANY (SELECT 2)", []any{3}, "1"},
		{"SELECT COUNT(*) FROM (SELECT id FROM numbers WHERE id < ? GROUP BY id WITH ROLLUP) r", []any{5}, "5"},
		{"SELECT (? > 1) IS UNKNOWN", []any{nil}, "1"},
		{"SELECT INTERVAL(?, 1, 2), '?', `id` /* ? */ FROM numbers LIMIT 1 -- ?", []any{1}, "1"},
		{"SELECT ? + 1; ", []any{1}, "2"},
		{"SELECT 1", nil, "1"},
	} {
		stmt, err := db.Prepare(q.query)
		if err != nil {
			t.Errorf("%s: %v", q.query, err)
			continue
		}
		for range 2 {
			rows, err := stmt.Query(q.args...)
			if err != nil {
				t.Errorf("%s: %v", q.query, err)
				break
			}
			columns, _ := rows.Columns()
			cells := make([]any, len(columns))
			var first string
			cells[0] = &first
			for i := range cells[1:] {
				cells[i+1] = new(any)
			}
			if !rows.Next() || rows.Scan(cells...) != nil || first != q.want {
				t.Errorf("%s: %s, %v; want %s", q.query, first, rows.Err(), q.want)
			}
			rows.Close()
		}
		stmt.Close()
	}
	for query, errno := range map[string]uint16{
		"SELEC 1": 1064, "SELECT 1; SELECT 2": 1064, "": 1065, "-- nothing": 1065, "SELECT nope FROM numbers": 1054,
	} {
		_, err := db.Prepare(query)
		state := map[uint16]string{1064: "42000", 1065: "42000", 1054: "42S22"}[errno]
		wantErrno(t, "preparing "+query, err, errno, state)
	}
	_, err := db.Prepare("SELECT 1 IN (?" + string(bytes.Repeat([]byte(",?"), mostParameters)) + ")")
	wantErrno(t, "too many parameters", err, 1390, "HY000")
}

func TestPrepareOverTLS(t *testing.T) {
	certified := httptest.NewTLSServer(nil) // for its certificate
	certified.Close()
	g := start(t)
	g.stop()
	g.tls = &tls.Config{Certificates: certified.TLS.Certificates}
	g.start()
	var got string
	err := g.open("tls=skip-verify").QueryRow("SELECT ? > ANY (SELECT 2)", 3).Scan(&got)
	if err != nil || got != "1" {
		t.Errorf("%s, %v", got, err)
	}
}
