package shadow

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/optimize"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Config is what a Shadow is made with.
type Config struct {
	Engine   *engine.Engine        // required
	Store    Store                 // required
	Registry prometheus.Registerer // required
	Log      *slog.Logger          // required
	Weights  exec.Weights          // as the engine's
	Limits   Limits
}

// Store remembers what is under quarantine: a store.Store.
type Store interface {
	Quarantines(context.Context) ([]store.Quarantine, error)
	AddQuarantine(context.Context, store.Quarantine) (store.Quarantine, error)
	DeleteQuarantine(ctx context.Context, id int64) error
}

// Limits bound a check. The zero value is what a server has.
type Limits struct {
	Rows, Bytes int64         // that one run reads out of its sources
	Memory      int64         // that one run holds
	Time        time.Duration // of a transaction at a source; finding a cause may take searchTimes as long
	Pause       time.Duration // before a check is tried again that was in the way
}

const (
	standardRows   = 2_000_000
	standardBytes  = 512 << 20
	standardMemory = 256 << 20
	standardTime   = 5 * time.Second
	standardPause  = 10 * time.Second
	searchTimes    = 40
)

// mostWaiting is how many checks wait while one runs, and how many wait to be tried again.
const mostWaiting = 8

// mostTries is how often a check is tried that is in the way: a source that is always busy is not checked.
const mostTries = 5

// Shadow checks statements. It is safe for concurrent use.
type Shadow struct {
	cfg     Config
	metrics *metrics
	queue   chan *Watch
	end     context.CancelCauseFunc
	ended   chan struct{}

	mu         sync.Mutex
	quarantine []store.Quarantine                       // by ascending id
	unkept     int64                                    // the last number of one that the store did not take: those of the store are above 0
	statements atomic.Pointer[map[string]optimize.Bars] // what single statements do without, by folded text
}

// New makes a Shadow, and has the engine do without what is under quarantine. Close ends it.
func New(ctx context.Context, cfg Config) (*Shadow, error) {
	if cfg.Limits == (Limits{}) {
		cfg.Limits = Limits{standardRows, standardBytes, standardMemory, standardTime, standardPause}
	}
	s := &Shadow{cfg: cfg, queue: make(chan *Watch, mostWaiting), ended: make(chan struct{})}
	var err error
	if s.metrics, err = newMetrics(cfg.Registry); err != nil {
		return nil, err
	}
	if s.quarantine, err = cfg.Store.Quarantines(ctx); err != nil {
		return nil, err
	}
	s.apply()
	ctx, s.end = context.WithCancelCause(context.WithoutCancel(ctx))
	go s.work(ctx)
	return s, nil
}

// Waiting is how many statements wait for their check.
func (s *Shadow) Waiting() int { return len(s.queue) }

// errClosed is why a check ends that runs when the Shadow is closed.
var errClosed = errors.New("the gateway stops")

// Close ends the check that runs, and waits for its end. Watches that are done later are not checked.
func (s *Shadow) Close() {
	s.end(errClosed)
	<-s.ended
}

func (s *Shadow) work(ctx context.Context) {
	defer close(s.ended)
	var later []*Watch // those that are tried again, the next one first
	for {
		var w *Watch
		var due <-chan time.Time
		if len(later) > 0 {
			due = time.After(time.Until(later[0].due))
		}
		select {
		case <-ctx.Done():
			return
		case w = <-s.queue:
		case <-due:
			w, later = later[0], later[1:]
		}
		again := s.try(ctx, w, len(later) < mostWaiting)
		if ctx.Err() != nil {
			return
		}
		if again {
			w.due = time.Now().Add(s.cfg.Limits.Pause)
			later = append(later, w)
		}
	}
}

// try checks a statement and counts what becomes of it, unless it was in the way and is to be tried again.
func (s *Shadow) try(ctx context.Context, w *Watch, mayWait bool) (again bool) {
	var r result
	err := sqlerr.Guarded(func() (err error) {
		r, err = s.check(ctx, w)
		return err
	})()
	if ctx.Err() != nil {
		return false
	}
	if p, ok := errors.AsType[*sqlerr.Panic](err); ok {
		s.cfg.Log.Error("a check failed by a defect", "panic", p.Value, "stack", string(p.Stack))
	}
	if err != nil {
		r = resultOf(err)
	}
	if w.tries++; r == busy && w.tries < mostTries && mayWait {
		s.metrics.retries.Inc()
		return true
	}
	switch {
	case err == nil:
	case w.doubt == isWrong && r != changed:
		s.cfg.Log.Error("a statement was answered wrongly, and the search for its cause ended", "statement", w.statement, "error", err)
		r = wrong
	case w.doubt == differs && r != changed:
		s.cfg.Log.Warn("a statement may have been answered wrongly, and the check of it ended", "statement", w.statement, "error", err)
		r = unconfirmed
	default:
		s.cfg.Log.Debug("a statement was not checked", "result", string(r), "error", err)
	}
	s.metrics.count(r)
	return false
}

// Watch is a statement that is going to be checked. It is used by one goroutine. On nil the methods do nothing.
type Watch struct {
	shadow    *Shadow
	prepared  *engine.Prepared
	env       *expr.Env
	statement string
	answer    *digester
	lost      bool // a part of the answer, so that it is not checked

	tries int
	due   time.Time // of the next
	doubt doubt     // what the tries found out
}

// doubt is what is known against an answer.
type doubt uint8

const (
	none    doubt = iota
	differs       // from one without pushdown
	isWrong       // it does so again and again
)

// Watch returns a watch of a statement that is about to run, with a probability of rate: nil if it is none of the share, nothing
// of it is pushed, or its answer is exempt. The statement's text has no literals.
func (s *Shadow) Watch(p *engine.Prepared, env *expr.Env, rate float64, statement func() string) *Watch {
	if s == nil || rate <= 0 || rand.Float64() >= rate || !p.Pushed() {
		return nil
	}
	comparison, exempt := p.Comparison()
	if exempt != "" {
		s.metrics.count(exempted)
		return nil
	}
	answer, err := newDigester(p.Schema(), comparison, nil, s.cfg.Weights)
	if err != nil {
		s.metrics.count(exempted)
		return nil
	}
	return &Watch{shadow: s, prepared: p, env: env, statement: statement(), answer: answer}
}

// Add digests a batch of the answer, which is borrowed and may have dictionaries.
func (w *Watch) Add(batch arrow.RecordBatch) {
	if w == nil || w.lost {
		return
	}
	plain, err := exec.Plain(memory.DefaultAllocator, batch)
	if err != nil {
		w.lost = true
		return
	}
	defer plain.Release()
	w.answer.add(plain)
}

// Done says that the whole answer was sent and the run is closed. The check may begin.
func (w *Watch) Done() {
	if w == nil {
		return
	}
	if w.lost {
		w.shadow.metrics.count(skipped)
		return
	}
	select {
	case w.shadow.queue <- w:
	default:
		w.shadow.metrics.count(skipped)
	}
}
