package exec

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"
)

// The partial tables of an aggregate.
const (
	partialGroups = 1 << 16 // groups at which a partial table is handed over
	smallGroups   = 1 << 13 // groups up to which a table that was never handed over is merged without partitioning
	// A partial table that leaves more than reduceNum of reduceDen rows as groups is not worth its time.
	reduceNum, reduceDen = 3, 4
)

// NewAggregate groups the rows of several streams. Each stream gathers a partial table, which goes over in partitions
// by the hash of the keys; n result streams merge partitions, each whole. terms[i] are the terms of input stream i.
func NewAggregate(rt *Runtime, inputs Streams, terms [][]Term, spec *Aggregation, n int, res *Reservation, stats *NodeStats) (Streams, error) {
	raw, err := spec.raw()
	if err != nil {
		return nil, err
	}
	between, err := spec.between(raw)
	if err != nil {
		return nil, err
	}
	run := &aggRun{
		rt: rt, spec: spec, raw: raw, inputs: inputs, terms: terms, res: res, stats: stats,
		parts: newPartitioned(rt, between, res, stats, 0, fanout),
		small: newPartitioned(rt, between, res, stats, 0, 1),
	}
	run.open.Store(int32(n))
	out := make(Streams, n)
	for i := range out {
		out[i] = &aggregate{run: run, res: res.Sibling(), asm: newAssembler(spec.out())}
	}
	return out, nil
}

// aggRun is what the streams of an aggregate share.
type aggRun struct {
	rt     *Runtime
	spec   *Aggregation
	raw    bool
	inputs Streams
	terms  [][]Term
	res    *Reservation
	stats  *NodeStats
	open   atomic.Int32 // result streams not yet closed

	gathered barrier
	parts    *partitioned // by hash
	small    *partitioned // one partition, of tables too small to divide

	mu    sync.Mutex
	queue []*partition
}

// gather drains the inputs and queues the partitions.
func (r *aggRun) gather(ctx context.Context) error {
	group, gctx := errgroup.WithContext(ctx)
	for i, in := range r.inputs {
		group.Go(guarded(func() error {
			s := &aggSink{run: r, terms: r.terms[i], splitter: splitter{asm: newAssembler(r.parts.cols)}}
			return s.gather(gctx, in)
		}))
	}
	if err := group.Wait(); err != nil {
		return err
	}
	parts, err := r.parts.finish()
	if err != nil {
		return err
	}
	if len(parts) > 0 {
		if err := r.divideSmall(ctx); err != nil {
			return err
		}
		r.queue, err = r.parts.finish()
		return err
	}
	r.queue, err = r.small.finish()
	if len(r.queue) == 0 && len(r.spec.Keys) == 0 {
		r.queue = []*partition{{}}
	}
	return err
}

// divideSmall moves the undivided tables to where the divided ones are.
func (r *aggRun) divideSmall(ctx context.Context) error {
	parts, err := r.small.finish()
	if err != nil {
		return err
	}
	for _, p := range parts {
		if err := r.divide(ctx, p, r.parts); err != nil {
			return err
		}
	}
	return nil
}

// divide moves the rows of a partition to others.
func (r *aggRun) divide(ctx context.Context, from *partition, to *partitioned) error {
	t, err := newAggTable(r.rt, r.spec)
	if err != nil {
		return err
	}
	s := splitter{asm: newAssembler(to.cols)}
	reader := from.reader(r.rt)
	defer reader.Close()
	err = drain(ctx, reader, func(b arrow.RecordBatch) error {
		t.enc.Encode(b.Columns()[:len(r.spec.Keys)], int(b.NumRows()))
		return to.add(&s, b, t.enc.Hash())
	})
	if err == nil {
		from.release(r.res)
	}
	return err
}

func (r *aggRun) next() *partition {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) == 0 {
		return nil
	}
	p := r.queue[0]
	r.queue = r.queue[1:]
	return p
}

func (r *aggRun) close() error {
	for _, p := range r.queue {
		p.release(r.res)
	}
	r.parts.release()
	r.small.release()
	err := closeAll(r.inputs)
	r.res.Free()
	return err
}

// aggSink gathers the rows of one input stream.
type aggSink struct {
	run      *aggRun
	terms    []Term
	table    *aggTable
	held     int64 // reserved for the table
	rows     int64 // since the table was last handed over
	flushed  bool
	bypass   bool // rows go over one by one
	splitter splitter
	each     []int32
}

func (s *aggSink) gather(ctx context.Context, input Operator) error {
	t, err := newAggTable(s.run.rt, s.run.spec)
	if err != nil {
		return err
	}
	s.table = t
	defer t.releaseKeys()
	defer func() { s.run.res.Shrink(s.held) }()
	err = drain(ctx, input, s.take)
	if err != nil || s.run.raw || s.rows == 0 {
		return err
	}
	return s.handOver(true)
}

func (s *aggSink) take(batch arrow.RecordBatch) error {
	rows := int(batch.NumRows())
	cols, err := evalTerms(s.run.rt.Mem, s.terms, batch)
	if err != nil {
		return err
	}
	defer releaseArrays(cols)
	switch {
	case s.run.raw:
		return s.pass(cols, rows)
	case s.bypass:
		return s.passStates(cols, rows)
	}
	if err := s.table.update(cols, rows); err != nil {
		return err
	}
	s.rows += int64(rows)
	if s.table.len() >= partialGroups || !s.reserve() {
		return s.handOver(false)
	}
	return nil
}

// reserve accounts for the table's growth; false: it should go.
func (s *aggSink) reserve() bool {
	if len(s.run.spec.Keys) == 0 {
		return true
	}
	if more := s.table.bytes() - s.held; more > 0 {
		if s.run.res.Grow(more) != nil {
			return false
		}
		s.held += more
	}
	return true
}

// handOver moves the groups of the table on and empties it.
func (s *aggSink) handOver(last bool) error {
	cols, err := s.table.states()
	if err != nil {
		return err
	}
	groups := s.table.len()
	batch := s.splitter.asm.batch(cols, groups)
	if last && !s.flushed && groups <= smallGroups {
		return s.run.small.put(0, batch)
	}
	defer batch.Release()
	if err := s.run.parts.add(&s.splitter, batch, s.table.groups.Hash()); err != nil {
		return err
	}
	s.flushed = true
	s.bypass = int64(groups)*reduceDen > s.rows*reduceNum
	s.rows = 0
	s.table.reset()
	return nil
}

// pass hands rows over as they are.
func (s *aggSink) pass(cols []arrow.Array, rows int) error {
	for _, c := range cols {
		c.Retain()
	}
	batch := s.splitter.asm.batch(append([]arrow.Array(nil), cols...), rows)
	if len(s.run.spec.Keys) == 0 {
		return s.run.small.put(0, batch)
	}
	defer batch.Release()
	s.table.enc.Encode(cols[:len(s.run.spec.Keys)], rows)
	return s.run.parts.add(&s.splitter, batch, s.table.enc.Hash())
}

// passStates hands rows over as one group each.
func (s *aggSink) passStates(cols []arrow.Array, rows int) error {
	t := s.table
	for len(s.each) < rows {
		s.each = append(s.each, int32(len(s.each)))
	}
	t.grow(rows)
	if err := t.updateGroups(s.each[:rows], cols, rows); err != nil {
		return err
	}
	states, err := t.statesFor(cols[:len(t.spec.Keys)])
	t.reset()
	if err != nil {
		return err
	}
	batch := s.splitter.asm.batch(states, rows)
	defer batch.Release()
	t.enc.Encode(cols[:len(t.spec.Keys)], rows)
	return s.run.parts.add(&s.splitter, batch, t.enc.Hash())
}

// aggregate is one result stream: it merges partitions and yields their groups.
type aggregate struct {
	run    *aggRun
	res    *Reservation
	asm    *assembler
	table  *aggTable
	keys   []arrow.Array
	at     int
	held   int64
	closed bool
}

func (a *aggregate) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if err := a.run.gathered.wait(ctx, a.run.gather); err != nil {
		return nil, err
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if a.table != nil && a.at < a.table.len() {
			return a.emit()
		}
		a.drop()
		part := a.run.next()
		if part == nil {
			return nil, io.EOF
		}
		if err := a.load(ctx, part); err != nil {
			part.release(a.run.res)
			return nil, err
		}
	}
}

// load merges a partition, or divides it and queues its parts if it does not fit.
func (a *aggregate) load(ctx context.Context, part *partition) error {
	t, err := newAggTable(a.run.rt, a.run.spec)
	if err != nil {
		return err
	}
	a.table, a.at = t, 0
	reader := part.reader(a.run.rt)
	defer reader.Close()
	full := false
	for {
		batch, err := reader.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if a.run.raw {
			err = t.update(batch.Columns(), int(batch.NumRows()))
		} else {
			err = t.merge(batch.Columns(), int(batch.NumRows()))
		}
		batch.Release()
		if err != nil {
			return err
		}
		if full, err = a.reserve(part); err != nil {
			return err
		}
		if full {
			break
		}
	}
	if full {
		a.drop()
		return a.again(ctx, part)
	}
	part.release(a.run.res)
	a.keys, err = t.keyColumns()
	t.releaseKeys()
	return err
}

// reserve accounts for the table's growth; full: the partition should be divided.
func (a *aggregate) reserve(part *partition) (full bool, err error) {
	more := a.table.bytes() - a.held
	if more <= 0 {
		return false, nil
	}
	if err := a.res.Grow(more); err != nil {
		if part.depth < maxDepth && a.run.rt.Spill != nil && len(a.run.spec.Keys) > 0 && a.table.len() > 1 {
			return true, nil
		}
		if err := a.res.Must(more); err != nil {
			return false, err
		}
	}
	a.held += more
	return false, nil
}

// again divides a partition into smaller ones on disk and queues them.
func (a *aggregate) again(ctx context.Context, part *partition) error {
	r := a.run
	to := newPartitioned(r.rt, r.parts.cols, r.res, r.stats, part.depth+1, fanout)
	err := to.spillNow()
	if err == nil {
		err = r.divide(ctx, part, to)
	}
	var parts []*partition
	if err == nil {
		parts, err = to.finish()
	}
	if err != nil {
		to.release()
		return err
	}
	r.mu.Lock()
	r.queue = append(r.queue, parts...)
	r.mu.Unlock()
	return nil
}

// emit yields the next groups of the merged table.
func (a *aggregate) emit() (arrow.RecordBatch, error) {
	from, to := a.at, min(a.at+a.run.rt.batchRows(), a.table.len())
	a.at = to
	cols := make([]arrow.Array, 0, len(a.keys)+len(a.table.accs))
	for _, k := range a.keys {
		cols = append(cols, sliceArray(k, from, to))
	}
	for _, acc := range a.table.accs {
		c, err := acc.Result(a.run.rt.Mem, from, to)
		if err != nil {
			releaseArrays(cols)
			return nil, err
		}
		cols = append(cols, c)
	}
	return a.asm.batch(cols, to-from), nil
}

// drop releases the table that was emitted.
func (a *aggregate) drop() {
	if a.table != nil {
		a.table.releaseKeys()
		a.table = nil
	}
	releaseArrays(a.keys)
	a.keys = nil
	a.res.Shrink(a.held)
	a.held = 0
}

func (a *aggregate) Close() error {
	if a.closed {
		return nil
	}
	a.closed = true
	a.drop()
	a.res.Free()
	if a.run.open.Add(-1) == 0 {
		return a.run.close()
	}
	return nil
}
