package exec

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/expr/kernel"
)

// Tables of groups.
const (
	partialGroups = 1 << 16  // groups at which a partial table is handed over
	smallGroups   = 1 << 13  // groups up to which a table that was never handed over is merged without partitioning
	pieceBytes    = 16 << 20 // about the most that leaves a table as one batch, and by which a partial one grows
	// A partial table that leaves more than reduceNum of reduceDen rows as groups is not worth its time.
	reduceNum, reduceDen = 3, 4
)

// reduces reports whether so many groups are few enough for their rows to look for more.
func reduces(groups int, rows int64) bool { return int64(groups)*reduceDen <= rows*reduceNum }

// grouping makes groups of rows in two steps. Sinks, one for each goroutine with rows, gather partial tables, which go
// over as keys and states, in partitions by the hash of the keys; readers merge partitions, each whole. What is not in a
// table being filled or read is in partitions, which spill.
type grouping struct {
	rt    *Runtime
	spec  *Aggregation
	res   *Reservation
	stats *NodeStats

	divided atomic.Bool  // parts has rows
	parts   *partitioned // by hash
	small   *partitioned // one partition, of tables too small to divide

	mu    sync.Mutex
	queue []*partition
}

func newGrouping(rt *Runtime, spec *Aggregation, res *Reservation, stats *NodeStats) (*grouping, error) {
	between, err := spec.between()
	if err != nil {
		return nil, err
	}
	return &grouping{
		rt: rt, spec: spec, res: res, stats: stats,
		parts: newPartitioned(rt, between, res, stats, 0, fanout),
		small: newPartitioned(rt, between, res, stats, 0, 1),
	}, nil
}

// finish queues the partitions, when all sinks have ended.
func (g *grouping) finish(ctx context.Context) error {
	var err error
	if g.divided.Load() {
		if err := g.divideSmall(ctx); err != nil {
			return err
		}
		g.queue, err = g.parts.finish()
		return err
	}
	g.queue, err = g.small.finish()
	if len(g.queue) == 0 && len(g.spec.Keys) == 0 {
		g.queue = []*partition{{}}
	}
	return err
}

// divideSmall moves the undivided tables to where the divided ones are.
func (g *grouping) divideSmall(ctx context.Context) error {
	parts, err := g.small.finish()
	if err != nil {
		return err
	}
	for _, p := range parts {
		if err := g.divide(ctx, p, g.parts); err != nil {
			return err
		}
	}
	return nil
}

// divide moves the rows of a partition to others.
func (g *grouping) divide(ctx context.Context, from *partition, to *partitioned) error {
	enc := newKeyEncoder(g.spec)
	s := splitter{asm: newAssembler(to.cols)}
	reader := from.reader(g.rt)
	defer reader.Close()
	err := drain(ctx, reader, func(b arrow.RecordBatch) error {
		enc.Encode(b.Columns()[:len(g.spec.Keys)], int(b.NumRows()))
		return to.add(&s, b, enc.Hash())
	})
	if err == nil {
		from.release(g.res)
	}
	return err
}

// again divides a partition into smaller ones on disk and queues them before those that wait, so that few files are open at
// once.
func (g *grouping) again(ctx context.Context, part *partition) error {
	to := newPartitioned(g.rt, g.parts.cols, g.res, g.stats, part.depth+1, fanout)
	err := to.spillNow()
	if err == nil {
		err = g.divide(ctx, part, to)
	}
	var parts []*partition
	if err == nil {
		parts, err = to.finish()
	}
	if err != nil {
		to.release()
		return err
	}
	g.mu.Lock()
	g.queue = append(parts, g.queue...)
	g.mu.Unlock()
	return nil
}

// next takes a partition from the queue; nil: there is none.
func (g *grouping) next() *partition {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.queue) == 0 {
		return nil
	}
	p := g.queue[0]
	g.queue = g.queue[1:]
	return p
}

// release drops all partitions. It is idempotent.
func (g *grouping) release() {
	for _, p := range g.queue {
		p.release(g.res)
	}
	g.queue = nil
	g.parts.release()
	g.small.release()
}

func (g *grouping) close() {
	g.release()
	g.res.Free()
}

// groupSink gathers rows of one goroutine in a partial table.
type groupSink struct {
	g        *grouping
	args     []aggArgs
	table    *aggTable
	memory   tally
	empty    int64 // bytes of the table when it was last empty
	rows     int64 // since the table was last handed over
	flushed  bool
	bypass   bool // rows go over one by one
	splitter splitter
	each     []int32
}

// sink returns a sink for rows of the keys and then what args refers to. Aggregates that args lacks gain nothing from
// these rows.
func (g *grouping) sink(args []aggArgs) (*groupSink, error) {
	t, err := newAggTable(g.rt, g.spec)
	if err != nil {
		return nil, err
	}
	return &groupSink{
		g: g, args: args, table: t, empty: t.bytes(), memory: tally{res: g.res},
		splitter: splitter{asm: newAssembler(g.parts.cols)},
	}, nil
}

// add takes rows, which it borrows.
func (s *groupSink) add(cols []arrow.Array, rows int) error {
	if !s.bypass && s.memory.grow(s.table.bytesWith(rows)) != nil {
		if err := s.makeRoom(rows); err != nil {
			return err
		}
	}
	if s.bypass {
		return s.pass(cols, rows)
	}
	if err := s.table.update(cols, rows, s.args); err != nil {
		return err
	}
	s.rows += int64(rows)
	bytes := s.table.bytes()
	if s.table.len() >= partialGroups || bytes > s.empty+pieceBytes || s.memory.set(bytes) != nil {
		return s.makeRoom(0)
	}
	return nil
}

// makeRoom hands the table over and gets the memory for an empty one to which rows are added.
func (s *groupSink) makeRoom(rows int) error {
	if s.rows > 0 {
		if err := s.handOver(false); err != nil {
			return err
		}
	}
	if s.memory.set(s.table.bytesWith(rows)) == nil {
		return nil
	}
	// Others need the memory that an empty table keeps for its next groups.
	t, err := newAggTable(s.g.rt, s.g.spec)
	if err != nil {
		return err
	}
	s.table, s.empty = t, t.bytes()
	s.memory.free()
	return s.memory.must(t.bytesWith(rows))
}

// end hands over what is left.
func (s *groupSink) end() error {
	if s.rows == 0 {
		return nil
	}
	return s.handOver(true)
}

// handOver moves the groups of the table on and empties it.
func (s *groupSink) handOver(last bool) error {
	groups := s.table.len()
	undivided := len(s.g.spec.Keys) == 0 || last && !s.flushed && groups <= smallGroups
	for from := 0; from < groups; {
		to := s.table.piece(from)
		cols, err := s.table.states(from, to)
		if err != nil {
			return err
		}
		batch := s.splitter.asm.batch(cols, to-from)
		if undivided {
			err = s.g.small.put(0, batch)
		} else {
			err = s.divide(batch, s.table.groups.Hash()[from:to])
		}
		if err != nil {
			return err
		}
		from = to
	}
	s.flushed = true
	s.bypass = !undivided && !reduces(groups, s.rows)
	s.rows = 0
	s.table.reset()
	s.empty = s.table.bytes()
	return nil
}

// divide gives a batch of states, which it takes over, to the partitions.
func (s *groupSink) divide(batch arrow.RecordBatch, hash []uint64) error {
	defer batch.Release()
	s.g.divided.Store(true)
	return s.g.parts.add(&s.splitter, batch, hash)
}

// pass hands rows over as one group each.
func (s *groupSink) pass(cols []arrow.Array, rows int) error {
	for len(s.each) < rows {
		s.each = append(s.each, int32(len(s.each)))
	}
	keys := make([]arrow.Array, len(s.g.spec.Keys))
	defer func() { releaseArrays(keys) }()
	for i := range keys {
		var err error
		if keys[i], err = kernel.Plain(s.g.rt.Mem, cols[i]); err != nil {
			return err
		}
	}
	batch, err := s.table.statesOf(s.splitter.asm, s.each[:rows], keys, cols, s.args)
	if err != nil {
		return err
	}
	s.table.enc.Encode(keys, rows)
	return s.divide(batch, s.table.enc.Hash())
}

func (s *groupSink) release() {
	s.table.releaseKeys()
	s.memory.free()
}
