package rest

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/silogate/silogate/connectors"
)

// TestPauses makes the endpoints wait that a server limits together, and no others: not even for a slot.
func TestPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var mu sync.Mutex
		times := make(map[string][]time.Duration)
		c := quietClient(t, connectors.Options{"requests": "1"}, func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			name := r.URL.Path
			times[name] = append(times[name], time.Since(began))
			if name == "/slow" && len(times[name]) == 1 {
				return recorded(429, http.Header{"Retry-After": {"7"}}, ""), nil
			}
			return recorded(200, nil, "{}"), nil
		})
		defer c.close()
		var all sync.WaitGroup
		for _, r := range []*request{{path: "slow", class: "search"}, {path: "same", class: "search"}, {path: "other", class: "registry"}} {
			r.method = "GET"
			all.Go(func() {
				if _, err := c.do(t.Context(), r, budget{usage: &connectors.Usage{}}); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
			time.Sleep(time.Second)
		}
		all.Wait()
		for name, want := range map[string][]time.Duration{"/slow": {0, 7 * time.Second}, "/same": {7 * time.Second}, "/other": {2 * time.Second}} {
			if !slices.Equal(times[name], want) {
				t.Errorf("%s was asked at %v", name, times[name])
			}
		}
	})
}

// TestClasses names what is limited together: an endpoint, or those that are declared to be.
func TestClasses(t *testing.T) {
	for _, q := range []struct {
		endpoint Endpoint
		want     string
	}{
		{Endpoint{Path: "v1/things/{id}"}, "GET v1/things/{id}"},
		{Endpoint{Path: "v1/things", Method: http.MethodPost}, "POST v1/things"},
		{Endpoint{Path: "v1/things", Class: "search"}, "search"},
	} {
		r, err := (&call{table: &table{}, endpoint: &q.endpoint, most: -1}).request(nil)
		if err != nil || r.class != q.want {
			t.Errorf("%q: %v", r.class, err)
		}
	}
}

// TestSettledFailures are not tried again: a certificate that is not trusted, no HTTPS, a redirect to somebody else.
func TestSettledFailures(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://elsewhere.test/", http.StatusFound)
	})
	secure := httptest.NewUnstartedServer(handler)
	secure.Config.ErrorLog = nil
	secure.StartTLS()
	defer secure.Close()
	plain := httptest.NewServer(handler)
	defer plain.Close()
	for url, says := range map[string]string{
		secure.URL: "certificate", "https://" + plain.Listener.Addr().String(): "HTTPS", plain.URL: "redirects to elsewhere.test",
	} {
		c, err := Open(connectors.Config{Name: sourceName, Options: connectors.Options{"url": url}}, "rest", []Table{things()})
		if err != nil {
			t.Fatal(err)
		}
		source := c.(*connector)
		usage := &connectors.Usage{}
		_, err = rows(t, pushed(t, source, scanOf(t, source, "things")), run{usage: usage})
		mention(t, err, "source api", "table things", says)
		if n := usage.Totals().Requests; n != 1 {
			t.Errorf("%s: %d requests", url, n)
		}
		_ = c.Close()
	}
}
