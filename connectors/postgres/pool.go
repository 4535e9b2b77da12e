package postgres

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/semaphore"

	"github.com/silogate/silogate/connectors"
)

// pool hands out connections for three purposes with a share of their own each, so that slow statements can starve
// neither the catalog nor the statements that wait for their turn. The shares add up to the pool's size: a connection
// with a slot is always to be had. Waiting is first come, first served.
type pool struct {
	pg       *pgxpool.Pool
	breaker  *connectors.Breaker
	metadata *semaphore.Weighted
	turns    *connectors.Turns // of statements
	extra    *semaphore.Weighted
	link     connectors.LinkMeter

	mu     sync.Mutex
	inUse  map[*slot]func() // what makes the use of each fail
	closed bool
}

// errClosed is what remains to be had of a source that was altered or dropped.
var errClosed = errors.New("the source was altered or dropped")

// openPool connects to nothing yet.
func openPool(ctx context.Context, s *settings) (*pool, error) {
	s.pool.ShouldPing = func(_ context.Context, p pgxpool.ShouldPingParams) bool {
		return p.IdleDuration > trusted || connectors.Spoken(p.Conn.PgConn().Conn())
	}
	p := &pool{
		breaker:  connectors.NewBreaker(time.Now),
		metadata: semaphore.NewWeighted(1),
		turns:    connectors.NewTurns(int(s.statement)),
		extra:    semaphore.NewWeighted(s.extra),
		inUse:    make(map[*slot]func()),
	}
	s.admitDials(p.breaker)
	dial := s.pool.ConnConfig.DialFunc
	s.pool.ConnConfig.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return p.link.Conn(connectors.Gathering(conn)), nil
	}
	var err error
	p.pg, err = pgxpool.NewWithConfig(ctx, s.pool)
	return p, err
}

// trusted is how long an idle connection is taken to be alive if nothing came from the server.
const trusted = time.Second

// slot is a connection of the pool with its share.
type slot struct {
	*pgxpool.Conn
	pool   *pool
	share  *semaphore.Weighted // nil: not the slot's to give back, but a statement's turn
	reused bool                // the connection was used before
}

// forMetadata waits for the connection that is kept for metadata.
func (p *pool) forMetadata(ctx context.Context) (*slot, error) {
	if err := p.metadata.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	return p.connect(ctx, p.metadata)
}

// spare returns a connection for a big scan, or nil if there is none free or one cannot be had now.
func (p *pool) spare(ctx context.Context) *slot {
	if !p.extra.TryAcquire(1) {
		return nil
	}
	s, err := p.connect(ctx, p.extra)
	if err != nil {
		return nil
	}
	return s
}

// connect returns a connection for one that is taken of a share, which the slot gives back with it.
func (p *pool) connect(ctx context.Context, share *semaphore.Weighted) (*slot, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &slot{pool: p, share: share}
	err := p.use(s, cancel)
	if err == nil {
		if s.Conn, err = p.pg.Acquire(ctx); err == nil {
			s.reused = reused(s.Conn.Conn().PgConn())
			err = p.use(s, func() { _ = connectors.Socket(s.Conn.Conn().PgConn().Conn()).Close() })
		} else if p.isClosed() {
			err = errClosed
		}
	}
	if err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

// use notes how to make a slot's use fail.
func (p *pool) use(s *slot, end func()) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return errClosed
	}
	p.inUse[s] = end
	return nil
}

func (p *pool) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// release returns the connection, which is closed if it is not in a state to be used again.
func (s *slot) release() {
	s.pool.mu.Lock()
	delete(s.pool.inUse, s)
	s.pool.mu.Unlock()
	if s.Conn != nil {
		s.Release()
	}
	if s.share != nil {
		s.share.Release(1)
	}
}

// close closes the connections. Those in use or on the way fail, and are closed when they are given back. A server that
// does not answer a farewell is not waited for.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	for _, end := range p.inUse {
		end()
	}
	p.mu.Unlock()
	gone := make(chan struct{})
	go func() {
		p.pg.Close() // which waits for all of them
		close(gone)
	}()
	select {
	case <-gone:
	case <-time.After(patience):
	}
}
