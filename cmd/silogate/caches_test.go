//go:build integration

package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/silogate/silogate/internal/config"
	"github.com/silogate/silogate/internal/testserver"
)

// requests counts what reaches an S3 store through an address of its own.
type requests struct {
	mu     sync.Mutex
	counts map[string]int // lists, proofs (of one byte) and reads
}

// counted returns the store behind a proxy that counts.
func counted(t *testing.T, s testserver.S3Store) (testserver.S3Store, *requests) {
	t.Helper()
	target, err := url.Parse(s.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	r := &requests{counts: make(map[string]int)}
	transport := &http.Transport{DisableKeepAlives: true}
	proxy := &httputil.ReverseProxy{Transport: transport, Rewrite: func(p *httputil.ProxyRequest) {
		p.Out.URL.Scheme, p.Out.URL.Host = target.Scheme, target.Host // the host that is signed stays
		p.Out.Host = p.In.Host
		r.note(p.In)
	}}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	s.Endpoint = server.URL
	return s, r
}

func (r *requests) note(in *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kind := "reads"
	first, last, ok := strings.Cut(strings.TrimPrefix(in.Header.Get("Range"), "bytes="), "-")
	switch {
	case in.URL.Query().Has("list-type"):
		kind = "lists"
	case ok && first == last:
		kind = "proofs"
	}
	r.counts[kind]++
}

// take returns the counts since the last time.
func (r *requests) take() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := fmt.Sprintf("%d reads, %d proofs", r.counts["reads"], r.counts["proofs"])
	clear(r.counts)
	return text
}

func (r *requests) lists() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts["lists"]
}

// startOn runs a gateway on a data folder until stop is called.
func startOn(t testing.TB, data, yaml string) (c *sql.Conn, g *gateway, stop func()) {
	t.Helper()
	cfg, err := config.Parse([]byte("listen: 127.0.0.1:0\ndata: " + data + "\nusers: [{name: root, password: \"\"}]\n" + yaml))
	if err != nil {
		t.Fatal(err)
	}
	if g, err = open(t.Context(), cfg, quiet); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- g.serve(ctx, quiet) }()
	db := connect(t, "root@tcp("+g.mysql.Addr().String()+")/")
	if c, err = db.Conn(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		c.Close()
		db.Close()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return c, g, stop
}

func rowsOf(t *testing.T, c *sql.Conn, query string) string {
	t.Helper()
	rows, err := queryTexts(t.Context(), c, query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return fmt.Sprint(rows)
}

// cacheFigures are the metrics of a gateway's caches, by name and labels.
func cacheFigures(t *testing.T, g *gateway) map[string]float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(cacheMetrics{g.catalog, g.disk})
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s:%q", l.GetName(), l.GetValue()))
			}
			values[f.GetName()+" "+strings.Join(labels, " ")] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return values
}

// What a table's files hold is read once of the store, and not at all after a restart. A replaced file is read anew.
func TestDiskCache(t *testing.T) {
	plain := testserver.S3(t)
	put(t, plain, "lake/events/a.parquet", events(t, 30_000, 40))
	put(t, plain, "lake/events/b.parquet", events(t, 20_000, 40))
	store, requests := counted(t, plain)
	data := t.TempDir()
	yaml := "sources:\n" + s3Source("lake", "lake", store)
	const query = "SELECT COUNT(*), MAX(id), MAX(pad) > '' FROM lake.events"
	exact := func(c *sql.Conn) {
		t.Helper()
		if _, err := c.ExecContext(t.Context(), "SET silogate_max_staleness = 0"); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(what, want string) {
		t.Helper()
		if lists := requests.lists(); lists == 0 {
			t.Errorf("%s: nothing was listed", what)
		}
		if got := requests.take(); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}

	c, _, stop := startOn(t, data, yaml)
	exact(c)
	if got := rowsOf(t, c, query); got != "[[50000 30000 1]]" {
		t.Fatal(got)
	}
	requests.take()
	rowsOf(t, c, query)
	expect("the second query", "0 reads, 0 proofs")
	stop()

	c, g, stop := startOn(t, data, yaml)
	exact(c)
	if got := rowsOf(t, c, query); got != "[[50000 30000 1]]" {
		t.Error(got)
	}
	expect("after a restart", "0 reads, 0 proofs")
	explained := rowsOf(t, c, "EXPLAIN ANALYZE "+query)
	if !strings.Contains(explained, " cached=") || strings.Contains(explained, " bytes=") {
		t.Errorf("EXPLAIN ANALYZE says %s", explained)
	}
	for metric, least := range map[string]float64{
		`silogate_cache_hits_total kind:"chunk" source:"lake" tier:"disk"`:       1,
		`silogate_cache_hits_total kind:"footer" source:"lake" tier:"disk"`:      2,
		`silogate_cache_hits_total kind:"chunk" source:"lake" tier:"memory"`:     1,
		`silogate_cache_hits_total kind:"footer" source:"lake" tier:"memory"`:    1,
		`silogate_cache_hits_total kind:"listing" source:"lake" tier:"memory"`:   1,
		`silogate_cache_hit_bytes_total kind:"chunk" source:"lake" tier:"disk"`:  1e6,
		`silogate_cache_bytes kind:"chunk" source:"lake"`:                        1e6,
		`silogate_disk_cache_bytes kind:"chunk"`:                                 1e6,
		`silogate_disk_cache_entries_total kind:"footer" outcome:"damaged"`:      0,
		`silogate_cache_misses_total kind:"footer" source:"lake" tier:"disk"`:    0,
		`silogate_cache_misses_total kind:"listing" source:"lake" tier:"memory"`: 1,
		`silogate_disk_cache_off `:                                               0,
	} {
		if got, ok := cacheFigures(t, g)[metric]; !ok || got < least || least == 0 && got > 0 {
			t.Errorf("%s is %g, %t", metric, got, ok)
		}
	}
	requests.take()

	put(t, plain, "lake/events/b.parquet", events(t, 40_000, 40))
	if got := rowsOf(t, c, query); got != "[[70000 40000 1]]" {
		t.Errorf("after b was replaced: %s", got)
	}
	stop()
	put(t, plain, "lake/events/a.parquet", events(t, 10, 40))
	c, _, stop = startOn(t, data, yaml)
	if got := rowsOf(t, c, query); got != "[[40010 40000 1]]" {
		t.Errorf("after a was replaced: %s", got)
	}
	put(t, plain, "lake/events/a.parquet", events(t, 20, 40)) // within the time that its listing is good for
	if got := rowsOf(t, c, query); got != "[[40020 40000 1]]" {
		t.Errorf("after a was replaced again: %s", got)
	}
	stop()
}

// Without a wish for more, one request for each file proves that it is the one that is cached, unless the statement has listed it.
func TestStaleListings(t *testing.T) {
	plain := testserver.S3(t)
	put(t, plain, "lake/events.parquet", events(t, 1000, 10))
	store, requests := counted(t, plain)
	c, _, _ := startOn(t, t.TempDir(), "sources:\n"+s3Source("lake", "lake", store))
	const query = "SELECT MAX(id) FROM lake.events WHERE pad > ''"
	rowsOf(t, c, query)
	requests.take()
	for _, step := range []struct {
		staleness string
		lists     bool
		requests  string
	}{
		{"-1", false, "0 reads, 1 proofs"},
		{"3600", false, "0 reads, 0 proofs"},
		{"0", true, "0 reads, 0 proofs"},
		{"DEFAULT", false, "0 reads, 1 proofs"},
	} {
		if _, err := c.ExecContext(t.Context(), "SET silogate_max_staleness = "+step.staleness); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			rowsOf(t, c, query)
			if lists := requests.lists() > 0; lists != step.lists {
				t.Errorf("staleness %s: listed %t, want %t", step.staleness, lists, step.lists)
			}
			if got := requests.take(); got != step.requests {
				t.Errorf("staleness %s: %s, want %s", step.staleness, got, step.requests)
			}
		}
	}
	if _, err := c.ExecContext(t.Context(), "SET silogate_max_staleness = 3600"); err != nil {
		t.Fatal(err)
	}
	put(t, plain, "lake/events.parquet", events(t, 1500, 10))
	if got := rowsOf(t, c, query); got != "[[1000]]" { // as was asked for
		t.Errorf("stale answer %s", got)
	}
	if _, err := c.ExecContext(t.Context(), "SET silogate_max_staleness = DEFAULT"); err != nil {
		t.Fatal(err)
	}
	if got := rowsOf(t, c, query); got != "[[1500]]" {
		t.Errorf("fresh answer %s", got)
	}
}

// A source with other credentials finds nothing of what another one fetched, also if only its credentials were altered.
func TestDiskCacheIsASources(t *testing.T) {
	plain := testserver.S3(t)
	put(t, plain, "lake/events.parquet", events(t, 20_000, 40))
	store, requests := counted(t, plain)
	data := t.TempDir()
	const query = "SELECT COUNT(*), MAX(pad) > '' FROM lake.events"
	c, _, stop := startOn(t, data, "sources:\n"+s3Source("lake", "lake", store))
	rowsOf(t, c, query)
	rowsOf(t, c, query)
	stop()
	wrong := store
	wrong.SecretKey = "hunter2hunter2"
	c, _, stop = startOn(t, data, "sources:\n"+s3Source("lake", "lake", wrong))
	if rows, err := queryTexts(t.Context(), c, query); err == nil {
		t.Errorf("with a wrong key: %v", rows)
	}
	stop()
	requests.take()
	c, _, _ = startOn(t, data, "sources:\n"+strings.Replace(s3Source("lake", "lake", store), "path_style: true", "path_style: true, admission: 3", 1))
	rowsOf(t, c, query)
	if got := requests.take(); strings.HasPrefix(got, "0 reads") {
		t.Errorf("another definition of the source: %s", got)
	}
}

// What is damaged on disk is fetched again.
func TestDamagedDiskCache(t *testing.T) {
	store := testserver.S3(t)
	put(t, store, "lake/events.parquet", events(t, 20_000, 40))
	data := t.TempDir()
	yaml := "sources:\n" + s3Source("lake", "lake", store)
	const query = "SELECT COUNT(*), SUM(id), MAX(pad) FROM lake.events"
	c, _, stop := startOn(t, data, yaml)
	want := rowsOf(t, c, query)
	rowsOf(t, c, query)
	stop()
	entries, err := filepath.Glob(filepath.Join(data, "cache", "?-*"))
	if err != nil || len(entries) < 2 {
		t.Fatalf("entries %v, %v", entries, err)
	}
	for _, path := range entries {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		content[len(content)/2] ^= 0x40
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, g, _ := startOn(t, data, yaml)
	if got := rowsOf(t, c, query); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if g.disk.Totals(0).Damaged+g.disk.Totals(1).Damaged == 0 || g.disk.Off() {
		t.Error("no damage was noticed")
	}
}
