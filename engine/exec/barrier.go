package exec

import (
	"context"
	"sync"

	"github.com/silogate/silogate/engine/sqlerr"
)

// barrier is a piece of work that the streams of a stage wait for and the first to come does. All of them run under one
// context, that of what reads the stage, so its end is theirs; work that is read from several places is shared. The zero
// value is ready.
type barrier struct {
	mu   sync.Mutex
	done chan struct{} // nil until somebody came
	err  error
}

// wait runs work if nobody has, or waits until it has ended, and returns its error. The work must have ended all its
// goroutines when it returns.
func (b *barrier) wait(ctx context.Context, work func(context.Context) error) error {
	b.mu.Lock()
	if b.done == nil {
		done := make(chan struct{})
		b.done = done
		b.mu.Unlock()
		b.err = sqlerr.Guarded(func() error { return work(ctx) })()
		close(done)
		return b.err
	}
	done := b.done
	b.mu.Unlock()
	select {
	case <-done:
		return b.err
	case <-ctx.Done():
		return ctx.Err()
	}
}
