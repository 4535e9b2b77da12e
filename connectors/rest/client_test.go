package rest

import (
	"compress/gzip"
	"context"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// TestRetries sends again what the server could not answer, as often as is allowed, and nothing that it refused.
func TestRetries(t *testing.T) {
	for _, c := range []struct {
		name     string
		fault    func(w http.ResponseWriter)
		failures int // in a row
		requests int
		code     sqlerr.Code // of the error; Internal: none
	}{
		{"busy", func(w http.ResponseWriter) { w.Header().Set("Retry-After", "0"); refuse(w, 429, "slow down") }, 2, 3, sqlerr.Internal},
		{"unavailable", func(w http.ResponseWriter) { w.Header().Set("Retry-After", "0"); refuse(w, 503, "starting") }, 2, 3, sqlerr.Internal},
		{"always unavailable", func(w http.ResponseWriter) { w.Header().Set("Retry-After", "0"); refuse(w, 503, "starting") }, 99, 3, sqlerr.SourceDown},
		{"always busy", func(w http.ResponseWriter) { w.Header().Set("Retry-After", "0"); refuse(w, 429, "slow down") }, 99, 3, sqlerr.SourceError},
		{"busy for an hour", func(w http.ResponseWriter) { w.Header().Set("Retry-After", "3600"); refuse(w, 429, "slow down") }, 99, 1, sqlerr.SourceError},
		{"broken", func(w http.ResponseWriter) { refuse(w, 500, "null pointer") }, 1, 1, sqlerr.SourceError},
		{"refused", func(w http.ResponseWriter) { refuse(w, 403, "no") }, 1, 1, sqlerr.SourceAuth},
		{"cut off", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(`{"total": 1, "items": [{"id": 7}]`))
		}, 1, 2, sqlerr.Internal},
		{"connection lost", func(w http.ResponseWriter) { panic(http.ErrAbortHandler) }, 2, 3, sqlerr.Internal},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := newAPI(t)
			server.put("things", numbers(3)...)
			left := atomic.Int64{}
			left.Store(int64(c.failures))
			server.faults(func(w http.ResponseWriter, _ *http.Request) bool {
				if left.Add(-1) < 0 {
					return false
				}
				c.fault(w)
				return true
			})
			source := server.open(connectors.Options{"retries": "2"}, things())
			usage := &connectors.Usage{}
			got, err := rows(t, pushed(t, source, scanOf(t, source, "things")), run{usage: usage})
			if (err != nil) != (c.code != sqlerr.Internal) || err != nil && sqlerr.CodeOf(err) != c.code {
				t.Errorf("code %d: %v", sqlerr.CodeOf(err), err)
			}
			if err == nil && !slices.Equal(got, []string{"0", "1", "2"}) {
				t.Errorf("%v", got)
			}
			if n := len(server.requests()); n < c.requests || int64(n) < usage.Totals().Requests {
				t.Errorf("%d requests, want %d; %d counted", n, c.requests, usage.Totals().Requests)
			}
			if n := usage.Totals().Requests; n != int64(c.requests) {
				t.Errorf("%d requests counted, want %d", n, c.requests)
			}
		})
	}
}

// roundTrips answers requests without a network, so that time is the test's.
type roundTrips func(*http.Request) (*http.Response, error)

func (f roundTrips) RoundTrip(r *http.Request) (*http.Response, error) {
	out, err := f(r)
	if out != nil {
		out.Request = r
	}
	return out, err
}

func recorded(status int, header http.Header, body string) *http.Response {
	w := httptest.NewRecorder()
	for k, v := range header {
		w.Header()[k] = v
	}
	w.WriteHeader(status)
	_, _ = w.WriteString(body)
	return w.Result()
}

func quietClient(t *testing.T, options connectors.Options, f roundTrips) *client {
	all := connectors.Options{"url": "http://api.test/"}
	for k, v := range options {
		all[k] = v
	}
	s, err := parse(connectors.Config{Name: sourceName, Options: all}, "rest")
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(s)
	c.http.Transport = f
	return c
}

var ask = &request{method: "GET", path: "x", shown: "x"}

// TestRetryAfter waits as long as the server wants, and everybody does.
func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var mu sync.Mutex
		var times []time.Duration
		c := quietClient(t, nil, func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			times = append(times, time.Since(began))
			if len(times) == 1 {
				return recorded(429, http.Header{"Retry-After": {"7"}}, ""), nil
			}
			return recorded(200, nil, "{}"), nil
		})
		defer c.close()
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := c.do(t.Context(), ask, budget{usage: &connectors.Usage{}}); err != nil {
				t.Error(err)
			}
		})
		time.Sleep(time.Second)
		all.Go(func() {
			if _, err := c.do(t.Context(), ask, budget{usage: &connectors.Usage{}}); err != nil {
				t.Error(err)
			}
		})
		all.Wait()
		if want := []time.Duration{0, 7 * time.Second, 7 * time.Second}; !slices.Equal(times, want) {
			t.Errorf("asked at %v", times)
		}
		// A deadline before that is no reason to wait.
		times = nil
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began = time.Now()
		if _, err := c.do(ctx, ask, budget{usage: &connectors.Usage{}}); sqlerr.CodeOf(err) != sqlerr.SourceError || time.Since(began) != 0 {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}

// TestRate asks no more often than the options allow, and no more at a time.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var now, most atomic.Int64
		c := quietClient(t, connectors.Options{"rate": "2", "requests": "3"}, func(r *http.Request) (*http.Response, error) {
			n := now.Add(1)
			defer now.Add(-1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			time.Sleep(5 * time.Second)
			return recorded(200, nil, "{}"), nil
		})
		defer c.close()
		var all sync.WaitGroup
		for range 12 {
			all.Go(func() {
				if _, err := c.do(t.Context(), ask, budget{usage: &connectors.Usage{}}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if took := time.Since(began); most.Load() != 3 || took < 20*time.Second || took > 25*time.Second {
			t.Errorf("%d at a time, %s", most.Load(), took)
		}
		slow := quietClient(t, connectors.Options{"timeout": "3s", "retries": "1"}, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		defer slow.close()
		_, err := slow.do(t.Context(), ask, budget{usage: &connectors.Usage{}})
		if sqlerr.CodeOf(err) != sqlerr.SourceDown {
			t.Errorf("no answer: %v", err)
		}
		mention(t, err, "source api", "GET x", "no answer in time")
	})
}

// TestClosedSource ends the requests of a source that is altered.
func TestClosedSource(t *testing.T) {
	server := newAPI(t)
	asked := make(chan struct{})
	server.faults(func(_ http.ResponseWriter, r *http.Request) bool {
		close(asked)
		<-r.Context().Done()
		return true
	})
	c := server.open(nil, things())
	go func() {
		<-asked
		_ = c.Close()
	}()
	err := readErr(t, c, "things")
	if sqlerr.CodeOf(err) != sqlerr.SourceDown {
		t.Error(err)
	}
	mention(t, err, "source api", "table things", "altered or dropped")
}

// TestOpenAfterClose is an error, and waits for nothing.
func TestOpenAfterClose(t *testing.T) {
	server := newAPI(t)
	server.put("things", numbers(3)...)
	c := server.open(nil, things())
	x, err := pushed(t, c, scanOf(t, c, "things")).Start(t.Context(), connectors.Scan{Env: &expr.Env{}, Dynamic: connectors.NoFilter{}, Usage: &connectors.Usage{}})
	if err != nil {
		t.Fatal(err)
	}
	var splits []connectors.Split
	for s, err := range x.Splits(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		splits = append(splits, s)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Open(t.Context(), splits[0]); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestRefusedRedirects are those to other servers, and those that lose what the request asked for.
func TestRefusedRedirects(t *testing.T) {
	c := newAPI(t).open(nil, things()).client
	ask := func(method, url string) *http.Request { return httptest.NewRequest(method, url, nil) }
	own := c.base.String()
	for _, r := range []struct {
		from, to *http.Request
		refused  bool
	}{
		{ask("GET", own), ask("GET", own+"/"), false},
		{ask("POST", own), ask("POST", own+"/"), false},
		{ask("POST", own), ask("GET", own+"/"), true},
		{ask("GET", own), ask("GET", "http://elsewhere.test/"), true},
	} {
		if err := c.redirect(r.to, []*http.Request{r.from}); (err != nil) != r.refused {
			t.Errorf("%s %s to %s %s: %v", r.from.Method, r.from.URL, r.to.Method, r.to.URL, err)
		}
	}
}

// TestSecretsAreHiddenWhole where a message is cut within one.
func TestSecretsAreHiddenWhole(t *testing.T) {
	const secret = "s3cr3t-s3cr3t-s3cr3t"
	hide := func(text string) string { return strings.ReplaceAll(text, secret, "***") }
	body := strings.Repeat("x", longestMessage-10) + secret
	if text := messageOf([]byte(body), hide); strings.Contains(text, "s3cr3t") {
		t.Error(text)
	}
}

// TestUnreachable has the breaker refuse what nobody answers.
func TestUnreachable(t *testing.T) {
	server := newAPI(t)
	c := server.open(connectors.Options{"retries": "9"}, things())
	server.Close()
	err := readErr(t, c, "things")
	if sqlerr.CodeOf(err) != sqlerr.SourceDown || c.Unreachable() == nil {
		t.Errorf("%v, unreachable: %v", err, c.Unreachable())
	}
	mention(t, err, "source api", "table things")
	mention(t, readErr(t, c, "things"), "not reached since")
}

// TestLargeAnswers bounds what one answer may hold, compressed or not.
func TestLargeAnswers(t *testing.T) {
	for _, compressed := range []bool{false, true} {
		server := newAPI(t)
		server.faults(func(w http.ResponseWriter, r *http.Request) bool {
			body := `{"total": 1, "items": [{"id": 1, "filler": "` + strings.Repeat("x", 10_000) + `"}]}`
			if !compressed {
				_, _ = w.Write([]byte(body))
				return true
			}
			if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				t.Error("compression is not asked for")
			}
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write([]byte(body))
			_ = z.Close()
			return true
		})
		c := server.open(connectors.Options{"page_bytes": "5000"}, things())
		err := readErr(t, c, "things")
		if sqlerr.CodeOf(err) != sqlerr.ScanTooBig {
			t.Error(err)
		}
		mention(t, err, "source api", "table things", "page_bytes")
		usage := &connectors.Usage{}
		c = server.open(nil, things())
		if got := mustRows(t, pushed(t, c, scanOf(t, c, "things")), run{usage: usage}); len(got) != 1 {
			t.Errorf("%v", got)
		}
		if n := usage.Totals().Bytes; compressed != (n < 1000) {
			t.Errorf("%d bytes, compressed: %t", n, compressed)
		}
	}
}

// account is a statement's memory.
type account struct {
	most, used, peak int64
	mu               sync.Mutex
}

func (a *account) Reserve(n int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.used+n > a.most {
		return sqlerr.New(sqlerr.OutOfMemory, "out of memory")
	}
	a.used += n
	a.peak = max(a.peak, a.used)
	return nil
}

func (a *account) Release(n int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.used -= n
}

// TestMemory charges the pages that are held, and gives all of it back.
func TestMemory(t *testing.T) {
	server := newAPI(t)
	server.put("things", numbers(100)...)
	c := server.open(nil, things())
	f := pushed(t, c, scanOf(t, c, "things"))
	a := &account{most: 1 << 20}
	if _, err := rows(t, f, run{account: a, parallel: 3}); err != nil || a.used != 0 || a.peak == 0 {
		t.Errorf("%d bytes left of %d: %v", a.used, a.peak, err)
	}
	// The first page came with a split that nobody opens.
	x, err := f.Start(t.Context(), connectors.Scan{Parallel: 2, Env: &expr.Env{Account: a}, Dynamic: connectors.NoFilter{}, Usage: &connectors.Usage{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, err = range x.Splits(t.Context()) {
		break
	}
	if held := a.used; err != nil || held == 0 || x.Close() != nil || a.used != 0 {
		t.Errorf("%d bytes held, %d left: %v", held, a.used, err)
	}
	// A reader is closed in the middle of a page, with others asked for ahead.
	declared := things()
	declared.Filters = []Filter{{Column: "id", Name: "id", Most: 5}}
	c = server.open(nil, declared)
	scan := scanOf(t, c, "things")
	x, err = pushed(t, c, &plan.Filter{Input: scan, Conds: []expr.Expr{&expr.In{Arg: scan.Cols[0].Ref(), List: integers64(100)}}}).Start(t.Context(), connectors.Scan{
		Memory: memory.DefaultAllocator, BatchRows: 3, Parallel: 1, Env: &expr.Env{Account: a}, Dynamic: connectors.NoFilter{}, Usage: &connectors.Usage{}})
	if err != nil {
		t.Fatal(err)
	}
	for s, err := range x.Splits(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := x.Open(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		batch, err := r.Next(t.Context())
		if err != nil || batch.NumRows() != 3 {
			t.Fatal(err)
		}
		batch.Release()
		if err := r.Close(); err != nil || a.used != 0 {
			t.Errorf("%d bytes left: %v", a.used, err)
		}
	}
	if err := x.Close(); err != nil {
		t.Error(err)
	}
	a = &account{most: 10}
	_, err = rows(t, f, run{account: a})
	if sqlerr.CodeOf(err) != sqlerr.OutOfMemory || a.used != 0 {
		t.Errorf("%d bytes left: %v", a.used, err)
	}
	mention(t, err, "source api", "table things")
}

// TestOptions checks what a source is configured by.
func TestOptions(t *testing.T) {
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"total": 1, "items": [{"id": ` + strconv.Itoa(len(r.Header.Get("Authorization")+r.Header.Get("X-Key"))) + `}]}`))
	}))
	defer secure.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "ca.pem")
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	if err := os.WriteFile(file, ca, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		options connectors.Options
		roots   []string
		row     string // that is read, or
		says    string // why not
	}{
		{connectors.Options{"ca_file": file}, nil, "0", ""},
		{connectors.Options{"ca_pem": string(ca)}, []string{}, "0", ""},
		{connectors.Options{}, nil, "", "certificate"},
		{connectors.Options{"ca_file": file, "token": "t"}, []string{dir}, "8", ""},
		{connectors.Options{"ca_file": file, "user": "u", "password": "p"}, nil, "10", ""},
		{connectors.Options{"ca_file": file, "auth_header": "x-key", "auth_secret": "abc"}, nil, "3", ""},
		{connectors.Options{"ca_file": file}, []string{t.TempDir()}, "", "option ca_file is outside"},
		{connectors.Options{"ca_pem": "nonsense"}, nil, "", "option ca_pem holds no PEM certificate"},
		{connectors.Options{"token": "t", "user": "u"}, nil, "", "exclude each other"},
		{connectors.Options{"auth_header": "x-key"}, nil, "", "belong together"},
		{connectors.Options{"password": "p"}, nil, "", "needs the option user"},
		{connectors.Options{"url": "ftp://x"}, nil, "", "option url must be"},
		{connectors.Options{"url": "http://u:secret@x/"}, nil, "", "option url may not hold credentials"},
		{connectors.Options{"tokn": "t"}, nil, "", "option tokn is not known to rest sources"},
		{connectors.Options{"rate": "-1"}, nil, "", "option rate must be"},
		{connectors.Options{"requests": "0"}, nil, "", "option requests must be"},
		{connectors.Options{"timeout": "5"}, nil, "", "option timeout must be"},
	} {
		all := connectors.Options{"url": secure.URL, "retries": "0"}
		for k, v := range c.options {
			all[k] = v
		}
		opened, err := Open(connectors.Config{Name: sourceName, Options: all, LocalRoots: c.roots}, "rest", []Table{things()})
		var got []string
		if err == nil {
			source := opened.(*connector)
			got, err = rows(t, pushed(t, source, scanOf(t, source, "things")), run{})
			if err := opened.Close(); err != nil {
				t.Error(err)
			}
		}
		if c.says != "" {
			mention(t, err, "source api", c.says)
			unmentioned(t, err, "secret@")
		} else if err != nil || !slices.Equal(got, []string{c.row}) {
			t.Errorf("%v: %v, %v", c.options, got, err)
		}
	}
}

// TestDeclarations refuses tables whose declarations name what is not there.
func TestDeclarations(t *testing.T) {
	for says, spoil := range map[string]func(*Table){
		"no column nope":            func(d *Table) { d.Key = []string{"nope"} },
		"column \"id\" is declared": func(d *Table) { d.Columns = append(d.Columns, d.Columns[0]) },
		"required column id":        func(d *Table) { d.Required = [][]string{{"id"}} },
		"may be NULL":               func(d *Table) { d.Columns[0].NotNull = false; d.Orders = []Order{{Column: "id", Name: "o", Asc: "a"}} },
		"method DELETE":             func(d *Table) { d.Rows.Method = "DELETE" },
		"not asked for by each":     func(d *Table) { d.Columns[0].Asked = true },
		"can be listed is not gone": func(d *Table) { d.Rows.Gone = true },
		"is asked for loosely": func(d *Table) {
			d.Columns[0].Asked, d.Required, d.Filters = true, [][]string{{"id"}}, []Filter{{Column: "id", Name: "id", Loose: true}}
		},
		"the order of column id: it may be NULL": func(d *Table) {
			d.Columns[0].Type = types.Of(types.Float64)
			d.Orders = []Order{{Column: "id", Name: "o", Asc: "a"}}
		},
		"has no name": func(d *Table) { d.Filters = []Filter{{Column: "id"}} },
	} {
		d := things()
		spoil(&d)
		_, err := Open(connectors.Config{Name: sourceName, Options: connectors.Options{"url": "http://x/"}}, "rest", []Table{d})
		mention(t, err, "source api", "things", says)
	}
	_, err := Open(connectors.Config{Name: sourceName, Options: connectors.Options{"url": "http://x/"}}, "rest", []Table{things(), things()})
	mention(t, err, "declared twice")
}

var errTest = errors.New("test")

// TestLostErrors leaves out what a URL may hold.
func TestLostErrors(t *testing.T) {
	c := quietClient(t, connectors.Options{"retries": "0"}, func(*http.Request) (*http.Response, error) { return nil, errTest })
	defer c.close()
	_, err := c.do(t.Context(), &request{method: "GET", path: "x/value", shown: "x/{id}"}, budget{usage: &connectors.Usage{}})
	mention(t, err, "source api: GET x/{id}: test")
	unmentioned(t, err, "value")
}
