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

// Division is how NewDividedSort tells rows apart that need not be in one stream.
type Division struct {
	Fields []rowkey.Field
	Cols   []int // of the rows
}

// NewDividedSort divides the rows of several streams by the hash of some columns and sorts each part by the columns keys:
// rows that agree in the division's columns come out of the same of n streams, and the rows of a part in the order of the
// keys. The sorts run beside one another, and are small.
func NewDividedSort(rt *Runtime, inputs Streams, spec *Order, keys []int, by Division, n int, res *Reservation, stats *NodeStats) Streams {
	run := &dividedSort{rt: rt, inputs: inputs, spec: spec, keys: columnTerms(keys), by: by, res: res, stats: stats}
	run.rows = newPartitioned(rt, spec.Cols, res, stats, 0, fanout)
	run.open.Store(int32(n))
	out := make(Streams, n)
	for i := range out {
		out[i] = &dividedStream{run: run}
	}
	return out
}

func columnTerms(at []int) []Term {
	out := make([]Term, len(at))
	for i, c := range at {
		out[i].Column = c
	}
	return out
}

type dividedSort struct {
	rt     *Runtime
	inputs Streams
	spec   *Order
	keys   []Term
	by     Division
	res    *Reservation
	stats  *NodeStats

	rows    *partitioned
	divided barrier
	mu      sync.Mutex
	queue   []*partition
	open    atomic.Int32
}

// divide drains the inputs into parts.
func (d *dividedSort) divide(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, in := range d.inputs {
		group.Go(sqlerr.Guarded(func() error {
			s := &splitter{asm: newAssembler(d.spec.Cols)}
			enc := rowkey.NewEncoder(d.by.Fields)
			return drain(ctx, in, func(b arrow.RecordBatch) error {
				enc.Encode(pick(b.Columns(), d.by.Cols), int(b.NumRows()))
				return d.rows.add(s, b, enc.Hash())
			})
		}))
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := closeAll(d.inputs); err != nil { // what the inputs hold is not needed any more
		return err
	}
	parts, err := d.rows.finish()
	d.queue = parts
	return err
}

// next takes a part; nil at the end.
func (d *dividedSort) next() *partition {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.queue) == 0 {
		return nil
	}
	p := d.queue[0]
	d.queue = d.queue[1:]
	return p
}

func (d *dividedSort) close() error {
	d.rows.release()
	err := closeAll(d.inputs)
	d.res.Free()
	return err
}

// dividedStream sorts one part after the other.
type dividedStream struct {
	run    *dividedSort
	part   *partition
	sorted Operator
	closed bool
}

func (s *dividedStream) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if err := s.run.divided.wait(ctx, s.run.divide); err != nil {
		return nil, err
	}
	for {
		if s.sorted == nil {
			if s.part = s.run.next(); s.part == nil {
				return nil, io.EOF
			}
			d := s.run
			in := &takenPart{reader: partitionReader{part: s.part, rt: d.rt}, res: d.res}
			s.sorted = NewSort(d.rt, Streams{in}, [][]Term{d.keys}, d.spec, d.res.Sibling(), d.stats)
		}
		batch, err := s.sorted.Next(ctx)
		if err != io.EOF {
			return batch, err
		}
		if err := s.drop(); err != nil {
			return nil, err
		}
	}
}

// drop ends the part at hand.
func (s *dividedStream) drop() error {
	if s.sorted == nil {
		return nil
	}
	err := s.sorted.Close()
	s.sorted = nil
	s.part.release(s.run.res)
	return err
}

func (s *dividedStream) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	err := s.drop()
	if s.run.open.Add(-1) == 0 {
		if cerr := s.run.close(); err == nil {
			err = cerr
		}
	}
	return err
}

// takenPart reads a partition and gives up what is read.
type takenPart struct {
	reader partitionReader
	res    *Reservation
}

func (t *takenPart) Next(ctx context.Context) (arrow.RecordBatch, error) {
	p := t.reader.part
	if len(p.batches) == 0 {
		return t.reader.Next(ctx)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b := p.batches[0]
	p.batches = p.batches[1:]
	held := min(heldBytes(b), p.held)
	p.held -= held
	t.res.Shrink(held)
	return b, nil
}

func (t *takenPart) Close() error { return t.reader.Close() }
