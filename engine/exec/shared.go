package exec

import (
	"context"
	"sync"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

type queryKey struct{}

// WithQuery returns ctx as the context of a whole query: what several of its operators share runs under it, whichever of
// them comes first and however soon that one has enough.
func WithQuery(ctx context.Context) context.Context {
	query := new(context.Context)
	*query = context.WithValue(ctx, queryKey{}, query)
	return *query
}

// queryOf returns the context of the query that ctx belongs to; of none, ctx itself.
func queryOf(ctx context.Context) context.Context {
	if query, ok := ctx.Value(queryKey{}).(*context.Context); ok {
		return *query
	}
	return ctx
}

// shared is a piece of work whose result is read under several contexts, of which some may end while others still need it.
// It begins when the first reader comes and ends with the query or when it is stopped. The zero value is ready.
type shared struct {
	mu   sync.Mutex
	done chan struct{} // closed when the work has ended; nil until somebody came
	stop context.CancelCauseFunc
	err  error
}

// wait waits until work has ended and returns its error, or until ctx ends.
func (s *shared) wait(ctx context.Context, work func(context.Context) error) error {
	s.mu.Lock()
	if s.done == nil {
		own, stop := context.WithCancelCause(queryOf(ctx))
		s.done, s.stop = make(chan struct{}), stop
		go func() {
			defer close(s.done)
			s.err = sqlerr.Guarded(func() error { return work(own) })()
		}()
	}
	s.mu.Unlock()
	select {
	case <-s.done:
		return s.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// end ends the work, which nobody waits for any more.
func (s *shared) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done != nil {
		s.stop(connectors.ErrNotNeeded)
		<-s.done
	}
}
