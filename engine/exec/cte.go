package exec

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Buffer evaluates streams once, when first read, and lets any number of readers have the rows, also after the first one
// was cancelled. What does not fit the memory lies in files.
type Buffer struct {
	rt     *Runtime
	inputs Streams
	parts  []*partitioned // one partition for each input
	res    *Reservation

	filled shared
	refs   atomic.Int32
}

// NewBuffer returns a buffer of streams with the columns cols. It lives until it and all its readers are closed.
func NewBuffer(rt *Runtime, inputs Streams, cols plan.Schema, res *Reservation, stats *NodeStats) *Buffer {
	b := &Buffer{rt: rt, inputs: inputs, res: res}
	b.refs.Store(1)
	for range inputs {
		b.parts = append(b.parts, newPartitioned(rt, cols, res, stats, 0, 1))
	}
	return b
}

func (b *Buffer) fill(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for i, in := range b.inputs {
		group.Go(sqlerr.Guarded(func() error {
			err := drain(ctx, in, func(batch arrow.RecordBatch) error {
				own, _, err := keep(b.rt.Mem, batch)
				if err != nil {
					return err
				}
				settle(own.Columns())
				return b.parts[i].put(0, own)
			})
			if err != nil {
				return err
			}
			_, err = b.parts[i].finish()
			return err
		}))
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return closeAll(b.inputs) // what they hold is not needed any more
}

// Read returns n streams that share the rows of the buffer, renamed to out.
func (b *Buffer) Read(n int, out plan.Schema) Streams {
	b.refs.Add(int32(n))
	shared := &bufferScan{buffer: b}
	shared.open.Store(int32(n))
	streams := make(Streams, n)
	for i := range streams {
		streams[i] = &bufferReader{scan: shared, asm: newAssembler(out)}
	}
	return streams
}

// Close gives up the buffer's own reference; its readers may go on.
func (b *Buffer) Close() error { return b.unref() }

func (b *Buffer) unref() error {
	if b.refs.Add(-1) > 0 {
		return nil
	}
	b.filled.end()
	for _, p := range b.parts {
		p.release()
	}
	err := closeAll(b.inputs)
	b.res.Free()
	return err
}

// bufferScan is one scan of a buffer, shared by its streams.
type bufferScan struct {
	buffer *Buffer
	open   atomic.Int32 // streams not yet closed
	mu     sync.Mutex
	part   int
	reader Operator
}

func (s *bufferScan) next(ctx context.Context) (arrow.RecordBatch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.part < len(s.buffer.parts) {
		if s.reader == nil {
			s.reader = s.buffer.parts[s.part].parts[0].reader(s.buffer.rt)
		}
		batch, err := s.reader.Next(ctx)
		if err != io.EOF {
			return batch, err
		}
		s.close()
		s.part++
	}
	return nil, io.EOF
}

// close ends the reader of the current part; its Close cannot fail.
func (s *bufferScan) close() {
	if s.reader != nil {
		_ = s.reader.Close()
		s.reader = nil
	}
}

type bufferReader struct {
	scan   *bufferScan
	asm    *assembler
	closed bool
}

func (r *bufferReader) Next(ctx context.Context) (arrow.RecordBatch, error) {
	b := r.scan.buffer
	if err := b.filled.wait(ctx, b.fill); err != nil {
		return nil, err
	}
	batch, err := r.scan.next(ctx)
	if err != nil {
		return nil, err
	}
	defer batch.Release()
	cols := append([]arrow.Array(nil), batch.Columns()...)
	for _, c := range cols {
		c.Retain()
	}
	return r.asm.batch(cols, int(batch.NumRows())), nil
}

func (r *bufferReader) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	if r.scan.open.Add(-1) == 0 {
		r.scan.close()
	}
	return r.scan.buffer.unref()
}

// Filling returns streams that fill the buffers, one after the other, before they begin.
func Filling(streams Streams, buffers []*Buffer) Streams {
	if len(buffers) == 0 {
		return streams
	}
	filled := new(barrier)
	out := make(Streams, len(streams))
	for i, s := range streams {
		out[i] = &filling{Operator: s, buffers: buffers, filled: filled}
	}
	return out
}

type filling struct {
	Operator
	buffers []*Buffer
	filled  *barrier
	begun   bool
}

func (f *filling) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if !f.begun {
		err := f.filled.wait(ctx, func(ctx context.Context) error {
			for _, b := range f.buffers {
				if err := b.filled.wait(ctx, b.fill); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		f.begun = true
	}
	return f.Operator.Next(ctx)
}

// Closing returns streams that give up buffers when all of them are closed.
func Closing(streams Streams, buffers []*Buffer) Streams {
	if len(buffers) == 0 {
		return streams
	}
	shared := &closer{buffers: buffers}
	shared.open.Store(int32(len(streams)))
	out := make(Streams, len(streams))
	for i, s := range streams {
		out[i] = &closing{Operator: s, shared: shared}
	}
	return out
}

type closer struct {
	open    atomic.Int32 // streams not yet closed
	buffers []*Buffer
}

type closing struct {
	Operator
	shared *closer
	closed bool
}

func (c *closing) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	err := c.Operator.Close()
	if c.shared.open.Add(-1) > 0 {
		return err
	}
	for _, b := range c.shared.buffers {
		if berr := b.Close(); err == nil {
			err = berr
		}
	}
	return err
}
