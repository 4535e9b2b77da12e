package engine

import (
	"context"
	"errors"
	"io"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/build"
	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Result streams the rows of one run. It is used by one goroutine at a time, but for Close.
type Result struct {
	engine   *Engine
	plan     plan.Node
	root     exec.Operator
	tx       func(plan.Site) *connectors.Tx
	txs      *transactions // ended with the run; nil: they are another's, as is the memory
	memory   *exec.Account
	kept     atomic.Int64 // bytes of memory that the reader has; see Keep
	learn    func()       // once all rows have come
	admitted bool
	held     bool                      // see Hold
	first    arrow.RecordBatch         // of a held result, read already; nil: it was given
	waiting  atomic.Pointer[plan.Site] // for whose admission the run waits

	mu        sync.Mutex
	closed    bool
	interrupt context.CancelFunc // ends the wait for admission; nil: nobody waits
}

// Run starts a run. Nothing is read before the first Next.
func (p *Prepared) Run(env *expr.Env) (*Result, error) {
	return p.run(env, false, exec.NewStatsOf(maps.Keys(p.parts)))
}

// RunEncoded is Run for a reader of which any vector may be dictionary-encoded, as connectors.Scan has them.
func (p *Prepared) RunEncoded(env *expr.Env) (*Result, error) {
	return p.run(env, true, exec.NewStatsOf(maps.Keys(p.parts)))
}

func (p *Prepared) run(env *expr.Env, encoded bool, stats *exec.Stats) (*Result, error) {
	if p.refused != nil {
		return nil, p.refused
	}
	e, txs := p.engine, new(transactions)
	memory := exec.NewAccount(e.memory, e.cfg.QueryMemory, "memory.query")
	memory.RefuseIf(e.cfg.RefuseIf)
	r, err := p.start(build.Config{Env: env, Parallelism: e.cfg.Parallelism, Memory: memory, Spill: e.cfg.Spill, Tx: txs.get, Encoded: encoded, Stats: stats})
	if err != nil {
		memory.Close()
		return nil, errors.Join(err, txs.close())
	}
	r.txs, r.memory, r.learn = txs, memory, sync.OnceFunc(func() { p.learn(stats) })
	return r, nil
}

// start builds the plan for a run; of cfg the caller sets what differs from run to run.
func (p *Prepared) start(cfg build.Config) (*Result, error) {
	e := p.engine
	cfg.Allocator, cfg.BatchRows = e.cfg.Allocator, e.cfg.BatchRows
	cfg.Dynamic, cfg.Unnarrowed = p.dynamic, p.unnarrowed
	cfg.Estimate, cfg.Weights = p.trace.Estimate, e.cfg.Weights
	streams, err := build.Build(p.plan, cfg)
	if err != nil {
		return nil, err
	}
	return &Result{engine: e, plan: p.plan, root: exec.Gather(streams), tx: cfg.Tx, learn: func() {}}, nil
}

// learn remembers how many rows the parts of the plan had that were read to their end.
func (p *Prepared) learn(stats *exec.Stats) {
	for node, part := range p.parts {
		rows, whole := stats.Node(node).Whole()
		if whole && p.engine.feedback.Learn(part, rows, p.trace.Estimate(node).Rows) {
			p.outdated.Store(true)
		}
	}
}

// Waiting names the source whose admission the run waits for, if it does. It may be called from any goroutine.
func (r *Result) Waiting() (source string, waits bool) {
	if site := r.waiting.Load(); site != nil {
		return site.Source, true
	}
	return "", false
}

// Schema returns the columns of every batch, by position.
func (r *Result) Schema() plan.Schema { return r.plan.Schema() }

// Next returns the next batch, which the caller releases, or io.EOF. The first Next waits for the statement's turn at every
// source it reads. Cancelling the context of the first Next stops the whole run, remote statements included, within a
// second. A panic below is a sqlerr.Internal error, and logged.
func (r *Result) Next(ctx context.Context) (batch arrow.RecordBatch, err error) {
	defer func() {
		if p := recover(); p != nil {
			batch, err = nil, sqlerr.Recovered(p)
		}
		if p, ok := errors.AsType[*sqlerr.Panic](err); ok {
			r.engine.cfg.Log.Error("query failed by a defect", "panic", p.Value, "stack", string(p.Stack))
		}
	}()
	if r.first != nil {
		batch, r.first = r.first, nil
		return batch, nil
	}
	if err = r.admit(ctx); err == nil {
		batch, err = r.root.Next(exec.WithQuery(ctx))
	}
	if err == io.EOF {
		r.learn()
	}
	if err != nil && err != io.EOF && ctx.Err() != nil {
		// Whatever a source says of its own death, the reason is the statement's end.
		return nil, context.Cause(ctx)
	}
	return batch, err
}

// Keep accounts for bytes that the reader keeps of the rows until Close, as a part of what the query may have (sqlerr.OutOfMemory).
func (r *Result) Keep(bytes int64) error {
	err := r.memory.Reserve(bytes)
	if err == nil {
		r.kept.Add(bytes)
	}
	return err
}

// Hold reads what is left of the result to where memory and files keep it, and gives back the run's turns at the sources: for a
// reader that takes its time while others wait. The context has to be that of the first Next.
func (r *Result) Hold(ctx context.Context) (err error) {
	if r.held {
		return nil
	}
	r.held = true
	rt := &exec.Runtime{Mem: r.engine.cfg.Allocator, Account: r.memory, Spill: r.engine.cfg.Spill}
	cols := r.plan.Schema()
	buffer := exec.NewBuffer(rt, exec.Streams{exec.NewPlain(rt, r.root)}, cols, r.memory.NewReservation(nil), new(exec.NodeStats))
	r.root = buffer.Read(1, cols)[0]
	if err := buffer.Close(); err != nil { // the reader keeps it
		return err
	}
	if r.first, err = r.Next(ctx); err != nil && err != io.EOF {
		return err
	}
	if r.txs == nil {
		return nil
	}
	return r.txs.close()
}

// admit waits for the sources' admission until ctx ends or the result is closed.
func (r *Result) admit(ctx context.Context) error {
	if r.admitted {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.mu.Lock()
	if r.closed {
		cancel()
	}
	r.interrupt = cancel
	r.mu.Unlock()
	defer r.waiting.Store(nil)
	err := connectors.Admit(ctx, r.plan, r.tx, func(site plan.Site) { r.waiting.Store(&site) })
	r.admitted = err == nil
	return err
}

// Close ends the run and releases everything it holds, its turns at the sources last. It is idempotent.
func (r *Result) Close() error {
	r.mu.Lock()
	r.closed = true
	if r.interrupt != nil {
		r.interrupt()
	}
	r.mu.Unlock()
	if r.first != nil {
		r.first.Release()
		r.first = nil
	}
	if r.txs == nil {
		return r.root.Close()
	}
	defer r.memory.Close()
	r.memory.Release(r.kept.Swap(0))
	return errors.Join(r.root.Close(), r.txs.close())
}

// transactions makes one connectors.Tx per source.
type transactions struct {
	giveWay func() // see connectors.Tx

	mu      sync.Mutex
	sources map[string]*connectors.Tx
}

func (t *transactions) get(site plan.Site) *connectors.Tx {
	t.mu.Lock()
	defer t.mu.Unlock()
	tx, ok := t.sources[site.Source]
	if !ok {
		tx = &connectors.Tx{GiveWay: t.giveWay}
		if t.sources == nil {
			t.sources = make(map[string]*connectors.Tx)
		}
		t.sources[site.Source] = tx
	}
	return tx
}

func (t *transactions) close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var errs []error
	for _, tx := range t.sources {
		errs = append(errs, tx.Close())
	}
	t.sources = nil
	return errors.Join(errs...)
}
