package exec

import (
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Order describes a sort. Its keys reach it as the values of terms, compiled for each stream.
type Order struct {
	Keys []rowkey.Key
	Cols plan.Schema
}

// NewSort merges several streams into one in the order of the keys; equal rows of one stream keep their order. terms[i]
// give the keys of input stream i. Rows that do not fit the memory go to disk in sorted runs, which are merged as many
// at a time as fit, in several passes if need be.
func NewSort(rt *Runtime, inputs Streams, terms [][]Term, spec *Order, res *Reservation, stats *NodeStats) Operator {
	return newSorter(rt, inputs, terms, spec, noLimit, res, stats)
}

// noLimit is the limit of a sort that yields all rows.
const noLimit = -1

func newSorter(rt *Runtime, inputs Streams, terms [][]Term, spec *Order, limit int64, res *Reservation, stats *NodeStats) *sorter {
	return &sorter{rt: rt, spec: spec, inputs: inputs, terms: terms, limit: limit, res: res, stats: stats}
}

type sorter struct {
	rt     *Runtime
	spec   *Order
	inputs Streams
	terms  [][]Term
	limit  int64 // rows of the result; noLimit: all
	res    *Reservation
	stats  *NodeStats

	piece  int64 // bytes of a batch that is gathered
	block  int64 // bytes of a batch of a run on disk
	runs   []*sortedRun
	parts  []*Reservation // of the sinks, beside res
	merge  *runMerge
	closed bool
}

// The sizes of batches. A batch is at least one row.
const (
	outputBytes = 4 << 20 // of the result, at most
	minBytes    = 1 << 10
	maxBlock    = 1 << 20
	// fanIn is how many runs can be merged at once in the memory that is guaranteed, if rows are not too wide.
	fanIn = 16
)

// size decides how large batches are, from the memory that each sink is sure of.
func (s *sorter) size() {
	own := s.res.guaranteed()
	s.piece = min(max(own/8, minBytes), outputBytes)
	s.block = min(max(own/(2*fanIn), minBytes), maxBlock)
}

// gather drains the inputs into runs.
func (s *sorter) gather(ctx context.Context) error {
	sinks := make([]*sortSink, len(s.inputs))
	for i := range sinks {
		res := s.res
		if i > 0 {
			res = s.res.Sibling()
			s.parts = append(s.parts, res)
		}
		sinks[i] = newSortSink(s, res, s.terms[i])
	}
	s.size()
	group, gctx := errgroup.WithContext(ctx)
	for i, in := range s.inputs {
		k := sinks[i]
		group.Go(sqlerr.Guarded(func() error {
			if err := drain(gctx, in, func(b arrow.RecordBatch) error { return k.take(gctx, b) }); err != nil {
				return err
			}
			return k.endInMemory(gctx)
		}))
	}
	err := group.Wait()
	for _, k := range sinks {
		releaseBatches(k.batches)
		s.runs = append(s.runs, k.runs...)
	}
	if err != nil {
		return err
	}
	// What the inputs hold is not needed any more; the merge may need the memory.
	if err := closeAll(s.inputs); err != nil {
		return err
	}
	return s.narrow(ctx)
}

func (s *sorter) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if s.limit == 0 {
		return nil, io.EOF
	}
	if s.merge == nil {
		if err := s.gather(ctx); err != nil {
			return nil, err
		}
		s.merge = newRunMerge(s, s.runs, s.terms[0], outputBytes)
	}
	return s.merge.Next(ctx)
}

func (s *sorter) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	if s.merge != nil {
		s.merge.close()
	}
	for _, r := range s.runs {
		r.release()
	}
	err := closeAll(s.inputs)
	for _, r := range s.parts {
		r.Free()
	}
	s.res.Free()
	return err
}
