package sqlite

import (
	"context"
	"io"
	"sync"

	"github.com/silogate/silogate/engine/sqlerr"
)

type closer = io.Closer

// snapshot is the connection that the fragments of a statement share: one state of the file. They take turns on it.
type snapshot struct {
	mu sync.Mutex
	db *conn // nil: closed
}

// Close ends the read transaction and whatever still reads in it.
func (s *snapshot) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db != nil {
		s.db.close()
		s.db = nil
	}
	return nil
}

// use runs f alone on the connection until ctx ends.
func (s *snapshot) use(ctx context.Context, f func(*conn) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db == nil {
		return sqlerr.New(sqlerr.Internal, "the statement has ended")
	}
	return s.db.during(ctx, func() error { return f(s.db) })
}

// release closes a statement of the connection, if that is still there.
func (s *snapshot) release(st *stmt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db != nil {
		st.close()
	}
}
