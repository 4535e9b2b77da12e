package shadow

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// result is what became of a statement of the share.
type result string

const (
	agreed   result = "agreed"  // the answer was right
	wrong    result = "wrong"   // it was not
	changed  result = "changed" // the tables changed in between
	exempted result = "exempt"  // its right answer is not determined
	skipped  result = "skipped" // too many waited, or not all of the answer was seen
	busy     result = "busy"    // a source or the memory was needed for others at each try
	limited  result = "limited" // it takes more than a check may
	failed   result = "failed"  // by another error

	unchecked   result = "unchecked"   // a table can't be read without keys, which the check has not
	unconfirmed result = "unconfirmed" // the answer was another one, but whether it was wrong was not found out
)

var results = []result{agreed, wrong, changed, exempted, skipped, busy, limited, failed, unchecked, unconfirmed}

// errGiveWay is why a check ends that was in the way of others.
var errGiveWay = errors.New("the check was in the way of a statement")

// resultOf is what an error makes of a check.
func resultOf(err error) result {
	switch code := sqlerr.CodeOf(err); {
	case errors.Is(err, errGiveWay), errors.Is(err, connectors.ErrBusy):
		return busy
	case code == sqlerr.RequiredKeys:
		return unchecked
	case code == sqlerr.SourceChanged:
		return changed
	case code == sqlerr.ScanTooBig, code == sqlerr.OutOfMemory, code == sqlerr.Timeout, errors.Is(err, context.DeadlineExceeded):
		return limited
	}
	return failed
}

type metrics struct {
	runs        *prometheus.CounterVec
	retries     prometheus.Counter
	quarantined *prometheus.GaugeVec
}

func newMetrics(registry prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "silogate_shadow_runs_total", Help: "Statements of the share that is checked, by what became of it."}, []string{"result"}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "silogate_shadow_retries_total", Help: "Checks that are tried again later, since they were in the way of a statement."}),
		quarantined: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "silogate_quarantined_rules", Help: "1 for each rule, or part of queries that a source is not asked for, under quarantine."},
			[]string{"source", "rule"}),
	}
	for _, r := range results {
		m.runs.WithLabelValues(string(r))
	}
	return m, errors.Join(registry.Register(m.runs), registry.Register(m.retries), registry.Register(m.quarantined))
}

func (m *metrics) count(r result) { m.runs.WithLabelValues(string(r)).Inc() }
