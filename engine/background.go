package engine

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/build"
	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/optimize"
	"github.com/silogate/silogate/engine/plan"
)

// Background runs plans that nobody waits for, one after the other, as if they were one statement: where a source gives a
// statement a snapshot, all of them see that one. They run in one stream, have a memory account of their own, never spill, and make way for
// the statements of users: a source that has no turn free is not waited for (connectors.ErrBusy), and whoever waits for one that
// they have, or needs the memory, ends them.
type Background struct {
	engine *Engine
	txs    *transactions
	memory *exec.Account
	limits Limits
}

// Limits are what runs in the background may take.
type Limits struct {
	Rows, Bytes int64 // that one run reads out of its sources
	Memory      int64
}

// Background begins a series of such runs. giveWay is called, perhaps more than once and by any goroutine, when they are to
// end; it must not wait.
func (e *Engine) Background(limits Limits, giveWay func()) *Background {
	return &Background{
		engine: e, limits: limits, txs: &transactions{giveWay: giveWay},
		memory: e.memory.Background(limits.Memory, "the background's share", giveWay),
	}
}

// Run runs a plan and calls each with every batch of its rows, which is borrowed.
func (b *Background) Run(ctx context.Context, p *Prepared, env *expr.Env, each func(arrow.RecordBatch)) error {
	own := *env
	own.Interrupted, own.Done, own.Warn = ctx.Err, ctx.Done, nil
	r, err := p.start(build.Config{
		Env: &own, Parallelism: 1, Memory: b.memory, Tx: b.txs.get, Reads: exec.NewReadLimit(b.limits.Rows, b.limits.Bytes),
	})
	if err != nil {
		return err
	}
	for err == nil {
		batch, nextErr := r.Next(ctx)
		if err = nextErr; err == nil {
			each(batch)
			batch.Release()
		}
	}
	if err == io.EOF {
		err = nil
	}
	return errors.Join(err, r.Close())
}

// Close ends what the runs shared. None may run any more.
func (b *Background) Close() error {
	defer b.memory.Close()
	return b.txs.close()
}

// Comparison says how two answers of the statement are compared, or why they are not.
func (p *Prepared) Comparison() (c optimize.Comparison, exempt string) {
	if len(p.settings.Local) > 0 {
		return c, "it reads tables of the gateway's own"
	}
	return p.comparison()
}

// Pushed reports whether a source does more for the statement than reading its tables.
func (p *Prepared) Pushed() bool {
	return slices.ContainsFunc(remotes(nil, p.plan), func(r *plan.Remote) bool {
		return len(r.Exact) > 0 || slices.ContainsFunc(r.Kept, func(k plan.Kept) bool { return k.Rechecked })
	}) || len(p.choices().Narrowed) > 0
}

// Without prepares the statement anew as it was, but without some things.
func (p *Prepared) Without(ctx context.Context, bars optimize.Bars) (*Prepared, error) {
	s := p.settings
	s.Barred, s.Strict, s.MaxScanBytes = maps.Clone(bars), false, 0
	if s.Barred == nil {
		s.Barred = make(optimize.Bars)
	}
	maps.Copy(s.Barred, p.settings.Barred)
	return p.engine.Prepare(ctx, p.bound, s)
}

// Reference prepares the statement anew with nothing but scans left to the sources, and without the optional rules unless
// they are wanted. Behind its columns are the magnitudes of those that are near: at has their positions, or -1 (optimize.Magnified).
func (p *Prepared) Reference(ctx context.Context, rules bool) (r *Prepared, at []int, err error) {
	s := Settings{Disabled: p.settings.Disabled, Barred: p.settings.Barred}
	if !rules {
		s.Disabled = make(map[string]bool)
		for _, name := range optimize.RuleNames() {
			s.Disabled[name] = true
		}
	}
	root, at := optimize.Magnified(p.bound)
	r, err = p.engine.Prepare(ctx, root, s)
	return r, at, err
}

// Suspects are what may be wrong where an answer is.
func (p *Prepared) Suspects() []optimize.Bar {
	return slices.DeleteFunc(p.trace.Suspects(), func(b optimize.Bar) bool {
		_, barred := p.barred[b]
		return barred
	})
}

// Same reports whether two plans of a statement run alike.
func (p *Prepared) Same(o *Prepared) bool { return p.shape() == o.shape() }

// shape is all that a run does.
func (p *Prepared) shape() string {
	narrowed := p.choices().Narrowed
	return plan.Format(p.plan, plan.FormatOptions{Dynamic: func(n *plan.Remote) []plan.Column { return narrowed[n] }})
}

// MostRows is the most rows that a part of the plan is expected to have; what is not known counts as nothing.
func (p *Prepared) MostRows() float64 {
	most := 0.0
	for _, e := range p.trace.Estimates {
		if e.Rows > most { // false for NaN
			most = e.Rows
		}
	}
	return most
}
