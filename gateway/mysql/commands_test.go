package mysql

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net/http/httptest"
	"testing"
	"testing/iotest"

	vitess "github.com/dolthub/vitess/go/mysql"
)

func packet(sequence byte, payload string) []byte {
	n := len(payload)
	return append([]byte{byte(n), byte(n >> 8), byte(n >> 16), sequence}, payload...)
}

// stuttering gives a byte at a time, and after each fails once as a read does that a deadline ends.
type stuttering struct {
	io.Reader
	fail bool
}

var errDeadline = errors.New("deadline")

func (r *stuttering) Read(p []byte) (int, error) {
	if r.fail = !r.fail; r.fail {
		return 0, errDeadline
	}
	return r.Reader.Read(p)
}

// TestCommands reads packets in pieces of every kind.
func TestCommands(t *testing.T) {
	prepare := func(text string) string { return string([]byte{vitess.ComPrepare}) + text }
	query := string([]byte{vitess.ComQuery}) + "SELECT 2"
	long := string(bytes.Repeat([]byte("x"), 1<<17))
	sent := bytes.Join([][]byte{
		packet(0, query), packet(0, prepare("EXPLAIN FORMAT=JSON SELECT ?")), packet(0, ""), packet(3, prepare("no command")),
		packet(0, prepare(long)), packet(0, long), packet(0, prepare("")),
	}, nil)
	want := bytes.Join([][]byte{
		packet(0, query), placeholder, packet(0, ""), packet(3, prepare("no command")), placeholder, packet(0, long), placeholder,
	}, nil)
	for name, from := range map[string]io.Reader{
		"whole": bytes.NewReader(sent), "bytes": iotest.OneByteReader(bytes.NewReader(sent)),
		"interrupted": &stuttering{Reader: iotest.OneByteReader(bytes.NewReader(sent))},
	} {
		r := &commands{from: bufio.NewReaderSize(from, 16)}
		var got []byte
		var texts []string
		for p := make([]byte, 1000); ; {
			n, err := r.Read(p)
			got = append(got, p[:n]...)
			if r.text != nil {
				texts = append(texts, r.prepared(""))
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil && !errors.Is(err, errDeadline) {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: got %d bytes, want %d", name, len(got), len(want))
		}
		if len(texts) != 3 || texts[0] != "EXPLAIN FORMAT=JSON SELECT ?" || texts[1] != long || texts[2] != "" {
			t.Errorf("%s: %d texts", name, len(texts))
		}
	}
	r := &commands{from: bufio.NewReader(bytes.NewReader(sent))}
	r.run()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, sent) || r.text != nil {
		t.Errorf("while a statement runs: %d bytes of %d, %v", len(got), len(sent), err)
	}
}

// TestPrepareByTheWiderGrammar prepares what Vitess's connection could not parse.
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
		"SELEC 1": 1064, "SELECT 1; SELECT 2": 1064, "": 1064, "-- nothing": 1064, "SELECT nope FROM numbers": 1054,
	} {
		_, err := db.Prepare(query)
		state := map[uint16]string{1064: "42000", 1054: "42S22"}[errno]
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
