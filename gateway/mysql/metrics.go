package mysql

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/silogate/silogate/engine/sqlerr"
)

// metrics count what the port does.
type metrics struct {
	connections prometheus.Gauge
	statements  *prometheus.CounterVec
	seconds     *prometheus.HistogramVec
	rows        prometheus.Counter
	plans       *prometheus.CounterVec
}

func newMetrics(registry prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		connections: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "silogate_mysql_connections", Help: "Open connections of the MySQL port."}),
		statements: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "silogate_mysql_statements_total", Help: "Statements by who ran them and how they ended."}, []string{"kind", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "silogate_mysql_statement_seconds", Help: "Time of statements until their last row was sent.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 10)}, []string{"kind"}),
		rows: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "silogate_mysql_rows_total", Help: "Rows sent."}),
		plans: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "silogate_mysql_plans_total", Help: "Plans of federated queries by where they came from."}, []string{"origin"}),
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.connections, m.statements, m.seconds, m.rows, m.plans} {
		errs = append(errs, registry.Register(c))
	}
	return m, errors.Join(errs...)
}

func (m *metrics) observe(k kind, err error, d time.Duration) {
	outcome := "ok"
	switch {
	case sqlerr.Is(err, sqlerr.Cancelled):
		outcome = "cancelled"
	case err != nil:
		outcome = "error"
	}
	m.statements.WithLabelValues(string(k), outcome).Inc()
	m.seconds.WithLabelValues(string(k)).Observe(d.Seconds())
}
