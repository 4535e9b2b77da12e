package exec

import (
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// feed carries batches from producer goroutines to consumers through bounded channels. The first error stops all
// producers and is what every consumer gets.
type feed struct {
	cancel context.CancelCauseFunc
	outs   []chan arrow.RecordBatch
	done   chan struct{} // closed when the producers have ended and err is set
	err    error
}

// producer sends batches until it has no more; send takes a batch over also when it fails.
type producer func(ctx context.Context, send func(arrow.RecordBatch) error) error

// startFeed runs the producers, number i sending to channel i modulo channels.
func startFeed(ctx context.Context, channels, depth int, producers []producer) *feed {
	ctx, cancel := context.WithCancelCause(ctx)
	f := &feed{cancel: cancel, done: make(chan struct{}), outs: make([]chan arrow.RecordBatch, channels)}
	for i := range f.outs {
		f.outs[i] = make(chan arrow.RecordBatch, depth)
	}
	group, ctx := errgroup.WithContext(ctx)
	for i, p := range producers {
		out := f.outs[i%channels]
		group.Go(sqlerr.Guarded(func() error {
			return p(ctx, func(b arrow.RecordBatch) error {
				select {
				case out <- b:
					return nil
				case <-ctx.Done():
					b.Release()
					return ctx.Err()
				}
			})
		}))
	}
	go func() {
		f.err = group.Wait()
		close(f.done)
		for _, out := range f.outs {
			close(out)
		}
	}()
	return f
}

// next returns the next batch of a channel, or io.EOF.
func (f *feed) next(ctx context.Context, channel int) (arrow.RecordBatch, error) {
	select {
	case b, ok := <-f.outs[channel]:
		if ok {
			return b, nil
		}
		if f.err != nil {
			return nil, f.err
		}
		return nil, io.EOF
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// stop ends the producers, waits for them and drops what nobody took.
func (f *feed) stop() {
	f.cancel(connectors.ErrNotNeeded)
	for _, out := range f.outs {
		for b := range out {
			b.Release()
		}
	}
	<-f.done
}

// drain calls take with each batch of a stream, which take borrows.
func drain(ctx context.Context, input Operator, take func(arrow.RecordBatch) error) error {
	return drainWhile(ctx, input, func() bool { return true }, take)
}

// drainWhile is drain that ends as soon as no more is wanted.
func drainWhile(ctx context.Context, input Operator, more func() bool, take func(arrow.RecordBatch) error) error {
	for more() {
		batch, err := input.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		err = take(batch)
		batch.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// closeAll closes streams and returns the first error.
func closeAll(streams Streams) error {
	var first error
	for _, s := range streams {
		if err := s.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
