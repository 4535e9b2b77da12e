package exec

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/silogate/silogate/engine/sqlerr"
)

// NewAggregate groups the rows of several streams; n result streams yield the groups. terms[i] are the terms of input
// stream i.
//
// Rows reach a grouping at once unless an aggregate is DISTINCT. For each set of arguments that is to be distinct there
// is a grouping of its own by the keys and these arguments, filled at the same time, whose groups are the rows of the
// aggregates over that set. All of them spill, so that no set of distinct values has to fit in memory.
func NewAggregate(rt *Runtime, inputs Streams, terms [][]Term, spec *Aggregation, n int, res *Reservation, stats *NodeStats) (Streams, error) {
	main, err := newGrouping(rt, spec, res, stats)
	if err != nil {
		return nil, err
	}
	run := &aggRun{main: main, inputs: inputs, terms: terms}
	if run.sets, err = distinctSets(rt, spec, res, stats); err != nil {
		return nil, err
	}
	run.shares = make([]*Reservation, n)
	if len(run.sets) > 0 {
		run.shares = make([]*Reservation, max(n, len(inputs)))
	}
	for i := range run.shares {
		run.shares[i] = res.Sibling()
	}
	run.open.Store(int32(n))
	out := make(Streams, n)
	for i := range out {
		out[i] = &aggregate{run: run, reader: main.reader(run.shares[i])}
	}
	return out, nil
}

// aggRun is what the streams of an aggregate share.
type aggRun struct {
	main   *grouping
	sets   []*distinctSet
	inputs Streams
	terms  [][]Term
	shares []*Reservation // of the readers of a set's groups, then of the result's
	open   atomic.Int32   // result streams not yet closed

	gathered barrier
}

// gather drains the inputs and makes the groups ready.
func (r *aggRun) gather(ctx context.Context) error {
	group, gctx := errgroup.WithContext(ctx)
	for i, in := range r.inputs {
		group.Go(sqlerr.Guarded(func() error { return r.gatherStream(gctx, in, r.terms[i]) }))
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, s := range r.sets {
		if err := r.gatherSet(ctx, s); err != nil {
			return err
		}
	}
	return r.main.finish(ctx)
}

// gatherStream gives the rows of an input stream to the groupings that take rows.
func (r *aggRun) gatherStream(ctx context.Context, input Operator, terms []Term) error {
	var sinks []*groupSink
	var cols [][]int // terms of each sink
	defer func() {
		for _, s := range sinks {
			s.release()
		}
	}()
	start := func(g *grouping, args []aggArgs, terms []int) error {
		s, err := g.sink(args)
		if err == nil {
			sinks, cols = append(sinks, s), append(cols, terms)
		}
		return err
	}
	if args := r.main.spec.plain(); len(args) > 0 || len(r.sets) == 0 {
		if err := start(r.main, args, allColumns(len(terms))); err != nil {
			return err
		}
	}
	for _, set := range r.sets {
		if err := start(set.rows, set.rows.spec.plain(), set.terms); err != nil {
			return err
		}
	}
	mem := r.main.rt.Mem
	err := drain(ctx, input, func(b arrow.RecordBatch) error {
		return eachEvaluated(mem, terms, b, func(part arrow.RecordBatch, values []arrow.Array) error {
			for i, s := range sinks {
				if err := s.add(pick(values, cols[i]), int(part.NumRows())); err != nil {
					return err
				}
			}
			return nil
		})
	})
	for i := 0; err == nil && i < len(sinks); i++ {
		err = sinks[i].end()
	}
	return err
}

// gatherSet gives the distinct rows of a set to the main grouping.
func (r *aggRun) gatherSet(ctx context.Context, set *distinctSet) error {
	if err := set.rows.finish(ctx); err != nil {
		return err
	}
	group, gctx := errgroup.WithContext(ctx)
	for _, share := range r.shares {
		group.Go(sqlerr.Guarded(func() error {
			sink, err := r.main.sink(set.args)
			if err != nil {
				return err
			}
			defer sink.release()
			reader := set.rows.reader(share)
			err = drain(gctx, reader, func(b arrow.RecordBatch) error {
				return sink.add(b.Columns(), int(b.NumRows()))
			})
			if err := errors.Join(err, reader.Close()); err != nil {
				return err
			}
			return sink.end()
		}))
	}
	err := group.Wait()
	set.rows.release()
	return err
}

// pick returns the elements of values at places.
func pick(values []arrow.Array, at []int) []arrow.Array {
	out := make([]arrow.Array, len(at))
	for i, k := range at {
		out[i] = values[k]
	}
	return out
}

func (r *aggRun) close() error {
	for _, s := range r.sets {
		s.rows.close()
	}
	r.main.close()
	for _, share := range r.shares {
		share.Free()
	}
	return closeAll(r.inputs)
}

// aggregate is one result stream.
type aggregate struct {
	run    *aggRun
	reader *groupReader
	closed bool
}

func (a *aggregate) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if err := a.run.gathered.wait(ctx, a.run.gather); err != nil {
		return nil, err
	}
	return a.reader.Next(ctx)
}

func (a *aggregate) Close() error {
	if a.closed {
		return nil
	}
	a.closed = true
	a.reader.drop()
	if a.run.open.Add(-1) == 0 {
		return a.run.close()
	}
	return nil
}
