package exec

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Side is where a join's output column comes from.
type Side uint8

// The sides. The build side is held in memory, the probe side streams past it.
const (
	FromProbe Side = iota
	FromBuild
	FromMark
)

// JoinColumn is a column of a pair of rows.
type JoinColumn struct {
	Side Side
	At   int // position in the side's input
}

// Join describes a join of two inputs. Rows are candidates for each other if their keys are equal, without keys all
// are: a nested loop. A candidate matches if it passes the stream's JoinTerms.
type Join struct {
	Kind      plan.JoinKind
	BuildLeft bool // the build input is the plan's left one, which Left, Semi, Anti and Mark preserve
	// NullAware makes NullAnti and Mark follow NOT IN: Keys is then the IN comparison alone, strict, with no residual, or
	// the comparison is JoinTerms.In.
	NullAware    bool
	Keys         []rowkey.Field
	Build, Probe plan.Schema
	Pairs        []JoinColumn // the columns that JoinTerms' residual reads
	PairCols     plan.Schema
	Output       []JoinColumn
	Out          plan.Schema
	// OnBuilt, if set, is told the key columns of the build side when it is complete, before the probe side starts; nil
	// if they were spilled. It makes sets (rowkey.Set) of as many of them as Told says.
	OnBuilt func(keys []arrow.Array)
	Told    int
	Listed  int // the most keys that it lists, for all of them together
}

// JoinTerms are the expressions of a join, compiled for one stream.
type JoinTerms struct {
	BuildKeys, ProbeKeys []Term
	Residual             expr.Filter    // over pairs; nil: every candidate matches
	In                   expr.Evaluator // over pairs: the IN comparison, whose NULL makes the answer unknown; nil: none
}

// reduces reports a join that yields only left rows, with or without a mark.
func (j *Join) reduces() bool {
	return j.Kind == plan.Semi || j.Kind == plan.Anti || j.Kind == plan.NullAnti || j.Kind == plan.Mark
}

// keepsProbe reports that a probe row without a match is in the result.
func (j *Join) keepsProbe() bool {
	return j.Kind == plan.Full || !j.BuildLeft && (j.Kind == plan.Left || j.Kind == plan.Single)
}

// keepsStates reports that the result needs to know which probe rows matched.
func (j *Join) keepsStates() bool { return j.keepsProbe() || j.reduces() && !j.BuildLeft }

// marksBuild reports that the result needs to know which build rows matched.
func (j *Join) marksBuild() bool {
	return j.Kind == plan.Full || j.BuildLeft && j.Kind != plan.Inner
}

// emptyWithoutBuild reports that an empty build side means an empty result.
func (j *Join) emptyWithoutBuild() bool {
	return j.Kind == plan.Inner || j.BuildLeft && j.Kind != plan.Full || !j.BuildLeft && j.Kind == plan.Semi
}

// NewJoin joins several build streams with several probe streams; the result has as many streams as the probe side.
// terms are for as many streams as the larger side has.
func NewJoin(rt *Runtime, build, probe Streams, terms []JoinTerms, spec *Join, res *Reservation, stats *NodeStats) Streams {
	run := &joinRun{rt: rt, spec: spec, build: build, probe: probe, terms: terms, res: res, stats: stats}
	run.open.Store(int32(len(probe)))
	run.probing.Store(int32(len(probe)))
	out := make(Streams, len(probe))
	for i := range out {
		out[i] = &join{run: run, stream: i, prober: newProber(run, terms[i])}
	}
	return out
}

// joinRun is what the streams of a join share.
type joinRun struct {
	rt           *Runtime
	spec         *Join
	build, probe Streams
	terms        []JoinTerms
	res          *Reservation
	stats        *NodeStats
	open         atomic.Int32 // streams not yet closed

	built barrier
	table *joinTable // the build side, unless it was divided
	grace atomic.Pointer[graceJoin]

	// What NOT IN asks of a whole side.
	buildRows, probeRows   atomic.Int64
	buildNulls, probeNulls atomic.Bool

	probing atomic.Int32 // streams that have not ended probing
	mu      sync.Mutex
	marks   []uint8 // of the build rows, over all streams that ended
}

// gather drains the build side into a table, or into partitions when it does not fit.
func (r *joinRun) gather(ctx context.Context) error {
	sinks := make([]*buildSink, len(r.build))
	group, gctx := errgroup.WithContext(ctx)
	for i, in := range r.build {
		sinks[i] = &buildSink{run: r, terms: r.terms[i], thinner: r.newThinner(r.terms[i])}
		group.Go(sqlerr.Guarded(func() error {
			defer sinks[i].thinned()
			return drain(gctx, in, sinks[i].take)
		}))
	}
	err := group.Wait()
	if err == nil {
		err = closeAll(r.build) // what the inputs hold is not needed any more
	}
	if err == nil && r.grace.Load() == nil {
		var fits bool
		if fits, err = r.tabulate(ctx, sinks); err == nil && !fits {
			_, err = r.startGrace()
		}
	}
	if g := r.grace.Load(); g != nil && err == nil {
		err = r.divideBuilt(g, sinks)
	}
	for _, s := range sinks {
		releaseBatches(s.batches)
		r.res.Shrink(s.held)
	}
	return err
}

// tabulate makes the table of what the sinks collected. It returns false, and leaves them as they are, if the table does
// not fit and can be divided.
func (r *joinRun) tabulate(ctx context.Context, sinks []*buildSink) (fits bool, err error) {
	var batches []arrow.RecordBatch
	var held int64
	for _, s := range sinks {
		batches, held = append(batches, s.batches...), held+s.held
	}
	extra, divide := r.extraBytes(batches)
	if r.canDivide() && (divide || r.res.Grow(extra) != nil) {
		return false, nil
	}
	if !r.canDivide() {
		if err := r.res.Must(extra); err != nil {
			return false, err
		}
	}
	for _, s := range sinks {
		s.batches, s.held = nil, 0
	}
	t, err := r.newTable(ctx, r.terms[0].BuildKeys, batches, held+extra, r.res, len(r.probe))
	if err != nil {
		return false, err
	}
	r.table = t
	if r.spec.OnBuilt != nil {
		r.spec.OnBuilt(t.keys)
	}
	if r.spec.marksBuild() {
		r.marks = make([]uint8, t.rows)
	}
	return true, nil
}

// divideBuilt moves what the sinks still hold to partitions and ends the build side.
func (r *joinRun) divideBuilt(g *graceJoin, sinks []*buildSink) error {
	for _, s := range sinks {
		if err := s.moveTo(g); err != nil {
			return err
		}
	}
	if err := g.finishBuild(); err != nil {
		return err
	}
	if r.spec.OnBuilt != nil {
		r.spec.OnBuilt(nil)
	}
	return nil
}

// buildSink collects the batches of one build stream.
type buildSink struct {
	run      *joinRun
	terms    JoinTerms
	batches  []arrow.RecordBatch
	held     int64
	splitter *joinSplitter // after the build side was divided
	thinner  *thinner      // nil: none, or not any more
}

// take takes rows, which it borrows, or those of them that can matter.
func (s *buildSink) take(batch arrow.RecordBatch) error {
	s.run.buildRows.Add(batch.NumRows())
	if s.thinner == nil {
		return s.hold(batch)
	}
	thin, more, err := s.thinner.thin(batch)
	if err != nil {
		return err
	}
	defer thin.Release()
	if !more {
		s.thinned()
	}
	if thin.NumRows() == 0 {
		return nil
	}
	return s.hold(thin)
}

// thinned ends leaving out rows.
func (s *buildSink) thinned() {
	if s.thinner != nil {
		s.thinner.release()
		s.thinner = nil
	}
}

// hold collects rows, which it borrows.
func (s *buildSink) hold(batch arrow.RecordBatch) error {
	r := s.run
	g := r.grace.Load()
	if g == nil {
		own, size, err := keep(r.rt.Mem, batch)
		if err != nil {
			return err
		}
		size += r.indexBytes(s.terms.BuildKeys, own)
		if err = r.res.Grow(size); err != nil && !r.canDivide() {
			err = r.res.Must(size)
		}
		if err == nil {
			s.batches, s.held = append(s.batches, own), s.held+size
			return nil
		}
		own.Release()
		if !r.canDivide() {
			return err
		}
		if g, err = r.startGrace(); err != nil {
			return err
		}
	}
	if err := s.moveTo(g); err != nil {
		return err
	}
	return s.splitter.add(g.build, batch)
}

// moveTo divides what was collected before.
func (s *buildSink) moveTo(g *graceJoin) error {
	if s.splitter == nil {
		s.splitter = newJoinSplitter(s.run, s.terms, FromBuild)
	}
	for i, b := range s.batches {
		if err := s.splitter.add(g.build, b); err != nil {
			s.batches = s.batches[i:]
			return err
		}
		b.Release()
	}
	s.batches = nil
	s.run.res.Shrink(s.held)
	s.held = 0
	return nil
}

// end merges a stream's marks when it has probed everything and reports whether it was the last to do so.
func (r *joinRun) end(marks []uint8) (last bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, m := range marks {
		if m == matched && r.marks[i] == matched && r.spec.Kind == plan.Single {
			return false, errManyRows()
		}
		r.marks[i] = max(r.marks[i], m)
	}
	return r.probing.Add(-1) == 0, nil
}

func (r *joinRun) close() error {
	if r.table != nil {
		r.table.release()
	}
	if g := r.grace.Load(); g != nil {
		g.release()
	}
	err := closeAll(r.build)
	if perr := closeAll(r.probe); err == nil {
		err = perr
	}
	r.res.Free()
	return err
}
