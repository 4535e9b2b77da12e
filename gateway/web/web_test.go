package web

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestWeb(t *testing.T) {
	registry := prometheus.NewRegistry()
	rows := prometheus.NewCounter(prometheus.CounterOpts{Name: "silogate_rows_total", Help: "Rows."})
	registry.MustRegister(rows)
	rows.Add(7)
	var sick error
	handler := New(registry, func(context.Context) error { return sick }).Handler
	for _, c := range []struct {
		method, path string
		sick         error
		status       int
		body         string
	}{
		{"GET", "/metrics", nil, 200, "silogate_rows_total 7"},
		{"GET", "/healthz", nil, 200, "ok"},
		{"GET", "/healthz", errors.New("the catalog store is gone"), 503, "the catalog store is gone"},
		{"POST", "/healthz", nil, 405, ""},
		{"GET", "/", nil, 404, ""},
	} {
		sick = c.sick
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(c.method, c.path, nil))
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s %s: %d %s", c.method, c.path, w.Code, w.Body)
		}
	}
}
