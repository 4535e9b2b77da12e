package exec

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
)

// Gather runs each of the streams in a goroutine and yields their batches as one stream; the order within a stream is
// kept. It is also the root of a query: closing it ends everything below. The context of the first Next governs the
// goroutines.
func Gather(streams Streams) Operator {
	if len(streams) == 1 {
		return streams[0]
	}
	return &gather{inputs: streams}
}

// gatherDepth is how many batches may wait for each stream's consumer.
const gatherDepth = 2

type gather struct {
	inputs Streams
	feed   *feed
	closed bool
}

func (g *gather) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if g.feed == nil {
		producers := make([]producer, len(g.inputs))
		for i, in := range g.inputs {
			producers[i] = func(ctx context.Context, send func(arrow.RecordBatch) error) error {
				for {
					b, err := in.Next(ctx)
					if err == io.EOF {
						return nil
					}
					if err != nil {
						return err
					}
					if err := send(b); err != nil {
						return err
					}
				}
			}
		}
		g.feed = startFeed(ctx, 1, gatherDepth*len(g.inputs), producers)
	}
	return g.feed.next(ctx, 0)
}

func (g *gather) Close() error {
	if g.closed {
		return nil
	}
	g.closed = true
	if g.feed != nil {
		g.feed.stop()
	}
	return closeAll(g.inputs)
}

// Distribute deals the batches of one stream out to n streams, each batch to the stream that asks first.
func Distribute(input Operator, n int) Streams {
	if n == 1 {
		return Streams{input}
	}
	d := &distributor{input: input}
	d.open.Store(int32(n))
	out := make(Streams, n)
	for i := range out {
		out[i] = &dealt{from: d}
	}
	return out
}

type distributor struct {
	mu    sync.Mutex
	input Operator
	err   error // what ended the input
	open  atomic.Int32
}

type dealt struct {
	from   *distributor
	closed bool
}

func (d *dealt) Next(ctx context.Context) (arrow.RecordBatch, error) {
	f := d.from
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return nil, f.err
	}
	b, err := f.input.Next(ctx)
	f.err = err
	return b, err
}

func (d *dealt) Close() error {
	if d.closed {
		return nil
	}
	d.closed = true
	if d.from.open.Add(-1) == 0 {
		return d.from.input.Close()
	}
	return nil
}
