package exec

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/sqlerr"
)

// graceJoin is a join whose build side does not fit: both sides are divided on disk by the hash of the keys, and a
// stream joins one pair of partitions at a time.
type graceJoin struct {
	run   *joinRun
	build *partitioned
	probe *partitioned

	divided barrier // of the probe side
	mu      sync.Mutex
	queue   []partitionPair
}

type partitionPair struct {
	build, probe *partition
}

func (p partitionPair) release(res *Reservation) {
	p.build.release(res)
	p.probe.release(res)
}

// canDivide reports whether equal rows can be sent to the same partition.
func (r *joinRun) canDivide() bool { return len(r.spec.Keys) > 0 && r.rt.Spill != nil }

// startGrace begins dividing the build side, or returns what another stream began.
func (r *joinRun) startGrace() (*graceJoin, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if g := r.grace.Load(); g != nil {
		return g, nil
	}
	g := &graceJoin{
		run:   r,
		build: newPartitioned(r.rt, r.spec.Build, r.res, r.stats, 0, fanout),
		probe: newPartitioned(r.rt, r.spec.Probe, r.res, r.stats, 0, fanout),
	}
	if err := g.build.spillNow(); err != nil {
		return nil, err
	}
	if err := g.probe.spillNow(); err != nil {
		return nil, err
	}
	r.grace.Store(g)
	return g, nil
}

// joinSplitter divides the batches of one side for one goroutine.
type joinSplitter struct {
	splitter
	run   *joinRun
	terms []Term
	enc   *rowkey.Encoder
	nulls *atomic.Bool
}

func newJoinSplitter(run *joinRun, terms JoinTerms, side Side) *joinSplitter {
	s := &joinSplitter{run: run, enc: rowkey.NewEncoder(run.spec.Keys)}
	if side == FromBuild {
		s.asm, s.terms, s.nulls = newAssembler(run.spec.Build), terms.BuildKeys, &run.buildNulls
	} else {
		s.asm, s.terms, s.nulls = newAssembler(run.spec.Probe), terms.ProbeKeys, &run.probeNulls
	}
	return s
}

func (s *joinSplitter) add(to *partitioned, batch arrow.RecordBatch) error {
	return eachEvaluated(s.run.rt.Mem, s.terms, batch, func(part arrow.RecordBatch, keys []arrow.Array) error {
		s.enc.Encode(keys, int(part.NumRows()))
		if s.run.spec.NullAware && anyNull(keys) {
			s.nulls.Store(true)
		}
		return to.add(&s.splitter, part, s.enc.Hash())
	})
}

func (g *graceJoin) finishBuild() error {
	_, err := g.build.finish()
	return err
}

// divide drains the probe side into partitions and queues the pairs.
func (g *graceJoin) divide(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for i, in := range g.run.probe {
		group.Go(sqlerr.Guarded(func() error {
			s := newJoinSplitter(g.run, g.run.terms[i], FromProbe)
			return drain(ctx, in, func(b arrow.RecordBatch) error {
				g.run.probeRows.Add(b.NumRows())
				return s.add(g.probe, b)
			})
		}))
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := closeAll(g.run.probe); err != nil { // what the inputs hold is not needed any more
		return err
	}
	if _, err := g.probe.finish(); err != nil {
		return err
	}
	g.enqueue(g.build, g.probe)
	return nil
}

// enqueue adds the pairs of partitions that can have a result. They come before those that wait: if each level were divided
// whole before the next, the files open at once would grow with the data.
func (g *graceJoin) enqueue(build, probe *partitioned) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var pairs []partitionPair
	for i, b := range build.parts {
		p := probe.parts[i]
		if b.rows == 0 && (p.rows == 0 || g.run.spec.emptyWithoutBuild()) {
			partitionPair{b, p}.release(g.run.res)
			continue
		}
		pairs = append(pairs, partitionPair{b, p})
	}
	g.queue = append(pairs, g.queue...)
}

func (g *graceJoin) pop() (partitionPair, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.queue) == 0 {
		return partitionPair{}, false
	}
	pair := g.queue[0]
	g.queue = g.queue[1:]
	return pair, true
}

// next returns the join of the next pair of partitions, which the caller releases, or io.EOF.
func (g *graceJoin) next(ctx context.Context, terms JoinTerms, res *Reservation) (*pairJoin, error) {
	if err := g.divided.wait(ctx, g.divide); err != nil {
		return nil, err
	}
	for {
		pair, ok := g.pop()
		if !ok {
			return nil, io.EOF
		}
		j := &pairJoin{run: g.run, pair: pair, terms: terms, res: res}
		fits, err := j.reserve()
		if err == nil && fits {
			return j, nil
		}
		if err == nil {
			err = g.again(ctx, pair, terms)
		}
		if err != nil {
			pair.release(g.run.res)
			return nil, err
		}
	}
}

// again divides both sides of a pair more finely.
func (g *graceJoin) again(ctx context.Context, pair partitionPair, terms JoinTerms) (err error) {
	r, depth, rows := g.run, pair.build.depth+1, pair.build.rows
	build := newPartitioned(r.rt, r.spec.Build, r.res, r.stats, depth, fanout)
	probe := newPartitioned(r.rt, r.spec.Probe, r.res, r.stats, depth, fanout)
	defer func() {
		if err != nil {
			build.release()
			probe.release()
		}
	}()
	if err := g.move(ctx, pair.build, build, newJoinSplitter(r, terms, FromBuild)); err != nil {
		return err
	}
	if err := g.move(ctx, pair.probe, probe, newJoinSplitter(r, terms, FromProbe)); err != nil {
		return err
	}
	for _, p := range build.parts {
		if p.rows*fanout > rows*(fanout-1) {
			p.depth = maxDepth // nearly all rows have one key: to divide them again would not help
		}
	}
	g.enqueue(build, probe)
	return nil
}

func (g *graceJoin) move(ctx context.Context, from *partition, to *partitioned, s *joinSplitter) error {
	if err := to.spillNow(); err != nil {
		return err
	}
	reader := from.reader(g.run.rt)
	defer reader.Close()
	if err := drain(ctx, reader, func(b arrow.RecordBatch) error { return s.add(to, b) }); err != nil {
		return err
	}
	from.release(g.run.res)
	_, err := to.finish()
	return err
}

func (g *graceJoin) release() {
	for _, pair := range g.queue {
		pair.release(g.run.res)
	}
	g.build.release()
	g.probe.release()
}
