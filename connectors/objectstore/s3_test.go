//go:build integration

package objectstore

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

// s3Options are the options of a source over a test bucket.
func s3Options(s testserver.S3Store) connectors.Options {
	return connectors.Options{
		"url": "s3://" + s.Bucket + "/lake", "endpoint": s.Endpoint, "region": s.Region,
		"access_key": s.AccessKey, "secret_key": s.SecretKey, "path_style": "true",
	}
}

// put stores content under a key of the bucket.
func put(t testing.TB, s testserver.S3Store, key string, content []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "object")
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	s.Put(t, key, path)
}

func TestS3(t *testing.T) {
	s := testserver.S3(t)
	for i := range 3 {
		put(t, s, fmt.Sprintf("lake/orders/day=%d/a.parquet", i), parquetOf(t, 10, ids, idRows(i*20, i*20+20)))
	}
	put(t, s, "lake/customer.parquet", parquetOf(t, 10, ids, idRows(0, 5)))
	put(t, s, "elsewhere/x.parquet", []byte("PAR1"))
	src := open(t, s3Options(s))
	if got, want := names(t, src, connectors.ListOptions{}), []string{"customer", "orders"}; !slices.Equal(got, want) {
		t.Errorf("tables %q, want %q", got, want)
	}
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	r, err := query{table: orders(), mem: mem}.run(t, src)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.rows) != 60 || r.rows[59] != "59 2" {
		t.Errorf("rows %q", r.rows)
	}
	if r.usage.Rows != 60 || r.usage.Bytes == 0 || r.usage.Remote == 0 {
		t.Errorf("usage %+v", r.usage)
	}
	few := query{table: orders(), mem: mem, where: func(col func(string) expr.Expr) []expr.Expr {
		return []expr.Expr{compared(expr.Eq, col("day"), intLiteral(1)), compared(expr.Lt, col("id"), intLiteral(25))}
	}}
	r, err = few.run(t, src)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.rows) != 5 || r.usage.Requests != 1 || r.usage.Bytes != 1 {
		t.Errorf("%d rows, usage %+v, want 5 and the one byte that proves the object's version", len(r.rows), r.usage)
	}
	if r, err = few.run(t, open(t, s3Options(s))); err != nil {
		t.Fatal(err)
	}
	if len(r.rows) != 5 || r.usage.Requests != 1 || r.usage.Bytes == 1 {
		t.Errorf("%d rows, usage %+v, want 5 with one request for the row group", len(r.rows), r.usage)
	}
}

func TestS3Refusals(t *testing.T) {
	s := testserver.S3(t)
	put(t, s, "lake/orders.parquet", parquetOf(t, 10, ids, idRows(0, 5)))
	with := func(key, value string) connectors.Options {
		o := s3Options(s)
		o[key] = value
		return o
	}
	for name, c := range map[string]struct {
		options connectors.Options
		code    sqlerr.Code
	}{
		"no bucket":    {with("url", "s3://no-such-bucket/lake"), sqlerr.SourceError},
		"wrong secret": {with("secret_key", "hunter2"), sqlerr.SourceAuth},
		"wrong key":    {with("access_key", "nobody"), sqlerr.SourceAuth},
		"no server":    {with("endpoint", "http://127.0.0.1:1"), sqlerr.SourceDown},
	} {
		src := open(t, c.options)
		_, err := src.Table(t.Context(), orders(), connectors.AsOf{})
		if !sqlerr.Is(err, c.code) || !strings.Contains(err.Error(), "source lake") || !strings.Contains(err.Error(), "orders") {
			t.Errorf("%s: table: error %v (code %d), want code %d", name, err, sqlerr.CodeOf(err), c.code)
		}
		for _, err = range src.List(t.Context(), connectors.ListOptions{}) {
			break
		}
		if !sqlerr.Is(err, c.code) || !strings.Contains(err.Error(), "source lake") {
			t.Errorf("%s: list: error %v (code %d), want code %d", name, err, sqlerr.CodeOf(err), c.code)
		}
		for _, secret := range []string{"hunter2", s.SecretKey} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error shows the secret: %v", name, err)
			}
		}
	}
}

// start begins to scan all of a table.
func start(t *testing.T, src connectors.Source, name plan.TableName) (connectors.Execution, *connectors.Usage) {
	t.Helper()
	table, err := src.Table(t.Context(), name, connectors.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	root, _, _ := query{}.plan(table)
	answer, err := src.Pushdown(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	mem, usage := bufpooltest.New(), &connectors.Usage{}
	x, err := findRemote(answer).Fragment.(connectors.Fragment).Start(t.Context(), connectors.Scan{
		Memory: mem, BatchRows: 8192, Dynamic: connectors.NoFilter{}, Usage: usage,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		x.Close()
		mem.AssertSize(t, 0)
	})
	return x, usage
}

func TestS3ObjectReplacedDuringTheQuery(t *testing.T) {
	s := testserver.S3(t)
	put(t, s, "lake/orders/a.parquet", parquetOf(t, 10, ids, idRows(0, 30)))
	x, _ := start(t, open(t, s3Options(s)), orders())
	put(t, s, "lake/orders/a.parquet", parquetOf(t, 10, ids, idRows(100, 130)))
	for split, err := range x.Splits(t.Context()) {
		if err == nil {
			_, err = readSplit(t.Context(), x, split)
		}
		if !sqlerr.Is(err, sqlerr.SourceChanged) || !strings.Contains(err.Error(), "a.parquet") {
			t.Fatalf("error %v, want SourceChanged naming the file", err)
		}
		return
	}
}

// proxy forwards to a store and counts requests; hold, if set, is called before each.
func proxy(t *testing.T, endpoint string, hold func(*http.Request)) (string, *atomic.Int64) {
	t.Helper()
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	var count atomic.Int64
	forward := &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		Transport:    &http.Transport{DisableCompression: true, DisableKeepAlives: true},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count.Add(1)
		if hold != nil {
			hold(r)
		}
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, &count
}

func TestS3Requests(t *testing.T) {
	s := testserver.S3(t)
	put(t, s, "lake/orders.parquet", parquetOf(t, 10, ids, idRows(0, 40)))
	for i := range 20 {
		put(t, s, fmt.Sprintf("lake/many/part-%02d.parquet", i), parquetOf(t, 10, ids, idRows(i, i+1)))
	}
	endpoint, count := proxy(t, s.Endpoint, nil)
	o := s3Options(s)
	o["endpoint"] = endpoint
	src := open(t, o)
	spent := func() int64 { return count.Swap(0) }

	names(t, src, connectors.ListOptions{})
	if n := spent(); n != 1 {
		t.Errorf("listing tables took %d requests, want 1", n)
	}
	if _, err := src.Table(t.Context(), orders(), connectors.AsOf{}); err != nil {
		t.Fatal(err)
	}
	if n := spent(); n != 3 {
		t.Errorf("describing a table took %d requests, want 3: its two forms and the footer", n)
	}
	if _, err := src.Table(t.Context(), orders(), connectors.AsOf{}); err != nil {
		t.Fatal(err)
	}
	if n := spent(); n != 2 {
		t.Errorf("describing it again took %d requests, want 2", n)
	}
	x, usage := start(t, src, orders())
	spent()
	for split, err := range x.Splits(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := readSplit(t.Context(), x, split); err != nil {
			t.Fatal(err)
		}
	}
	if n := spent(); n != usage.Totals().Requests || n != 4 {
		t.Errorf("reading four row groups took %d requests, usage says %d", n, usage.Totals().Requests)
	}
}

// Runs of partitions are listed from a key on.
func TestS3PartitionsOfALargeTable(t *testing.T) {
	s := testserver.S3(t)
	path := filepath.Join(t.TempDir(), "object")
	if err := os.WriteFile(path, parquetOf(t, 10, ids, idRows(0, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	for day := range 54 {
		for file := range 20 {
			s.Put(t, fmt.Sprintf("lake/orders/day=%d/%d.parquet", 10+day, file), path)
		}
	}
	endpoint, count := proxy(t, s.Endpoint, nil)
	o := s3Options(s)
	o["endpoint"] = endpoint
	src := open(t, o)
	table, err := src.Table(t.Context(), orders(), connectors.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	days := func(from, to int64) func(col func(string) expr.Expr) []expr.Expr {
		return func(col func(string) expr.Expr) []expr.Expr {
			return []expr.Expr{compared(expr.Ge, col("day"), intLiteral(from)), compared(expr.Le, col("day"), intLiteral(to))}
		}
	}
	count.Store(0)
	r, err := query{table: orders(), where: days(61, 62)}.over(t, src, table)
	if err != nil || len(r.rows) != 40 || r.rows[0] != "0 61" || r.rows[39] != "0 62" {
		t.Errorf("rows %q, error %v", r.rows, err)
	}
	if n := count.Load(); n != 1+40+40 {
		t.Errorf("%d requests, want one for the listing, and one for each footer and row", n)
	}
	if r, err = (query{table: orders()}).over(t, src, table); err != nil || len(r.rows) != 54*20 {
		t.Errorf("%d rows, error %v, want %d", len(r.rows), err, 54*20)
	}
}

func TestS3CancelEndsRequests(t *testing.T) {
	s := testserver.S3(t)
	put(t, s, "lake/orders.parquet", parquetOf(t, 10, ids, idRows(0, 40)))
	var holding atomic.Bool
	entered, left := make(chan struct{}, 64), make(chan struct{}, 64)
	endpoint, _ := proxy(t, s.Endpoint, func(r *http.Request) {
		if holding.Load() {
			entered <- struct{}{}
			<-r.Context().Done()
			left <- struct{}{}
		}
	})
	o := s3Options(s)
	o["endpoint"] = endpoint
	x, _ := start(t, open(t, o), orders())
	for split, err := range x.Splits(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		holding.Store(true)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() {
			<-entered
			cancel()
		}()
		begin := time.Now()
		_, err := readSplit(ctx, x, split)
		if !sqlerr.Is(err, sqlerr.Cancelled) || time.Since(begin) > time.Second {
			t.Errorf("error %v after %v, want Cancelled within a second", err, time.Since(begin))
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
		select {
		case <-left:
		case <-time.After(time.Second):
			t.Error("the request still runs a second after the cancel")
		}
		return
	}
}
