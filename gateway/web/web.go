// Package web serves the gateway's HTTP port: /metrics for Prometheus and /healthz for whoever keeps it running.
//
// The port speaks plain HTTP and asks nobody who they are; it shows nothing about data. Everything is injected: the
// package has no state.
package web

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// healthTimeout is how long a health check may take before it counts as failed.
const healthTimeout = 2 * time.Second

// New returns the server of the port. healthy says what is wrong with the gateway, or nil; that a source is down is
// nothing wrong with the gateway.
func New(metrics prometheus.Gatherer, healthy func(context.Context) error) *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), healthTimeout)
		defer cancel()
		if err := healthy(ctx); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n") // a client that left needs no answer
	})
	return &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
	}
}
