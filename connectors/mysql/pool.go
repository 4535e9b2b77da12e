package mysql

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/silogate/silogate/connectors"
)

// pool hands out connections for two purposes with a share of their own each, so that slow statements cannot starve the
// catalog. Waiting is first come, first served. One connection more is there for a moment when a statement is killed or it is
// asked whether the server is alive (besides).
type pool struct {
	settings *settings
	breaker  *connectors.Breaker
	metadata *semaphore.Weighted
	turns    *connectors.Turns // of statements
	extra    *semaphore.Weighted
	link     connectors.LinkMeter

	mu       sync.Mutex
	idle     []*conn // the last one given back is the first to be used again
	inUse    map[*conn]bool
	dialings map[*dialing]bool
	orphans  []*dialing // that nobody waits for
	extras   int        // how many have or want the extra connection
	closed   bool
}

const (
	longestIdle = 5 * time.Minute // before a connection that nobody uses is closed
	trusted     = time.Second     // how long an idle connection is taken to be alive
	pingTimeout = 2 * time.Second // for it to answer after that, before it is replaced
	patience    = time.Second     // for a statement that was killed to end, and for a transaction's end
)

func newPool(s *settings) *pool {
	return &pool{
		settings: s,
		breaker:  connectors.NewBreaker(time.Now),
		metadata: semaphore.NewWeighted(s.pool - s.statement),
		turns:    connectors.NewTurns(int(s.statement)),
		extra:    semaphore.NewWeighted(1),
		inUse:    make(map[*conn]bool),
		dialings: make(map[*dialing]bool),
	}
}

// connect returns a connection that answers.
func (p *pool) connect(ctx context.Context) (*conn, error) {
	for {
		c, err := p.take()
		if err != nil {
			return nil, err
		}
		if c == nil {
			return p.fresh(ctx)
		}
		if time.Since(c.since) < trusted && !connectors.Spoken(c.socket) || c.ping(ctx) {
			return c, nil
		}
		p.release(c)
		if c.silent.Load() {
			p.discard() // one after the other they would be waited for
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// take returns an idle connection, or nil.
func (p *pool) take() (*conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errClosed
	}
	last := len(p.idle) - 1
	if last < 0 {
		return nil, nil
	}
	c := p.idle[last]
	p.idle = p.idle[:last]
	c.expiry.Stop()
	c.reused, c.heard = true, false
	p.inUse[c] = true
	return c, nil
}

// release takes a connection back.
func (p *pool) release(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.inUse, c)
	p.rest(c)
}

// rest makes a connection an idle one, or closes it if it cannot be used again. The caller holds the lock.
func (p *pool) rest(c *conn) {
	if p.closed || c.unusable() {
		c.close()
		return
	}
	c.since = time.Now()
	c.expiry = time.AfterFunc(longestIdle, func() { p.drop(c) })
	p.idle = append(p.idle, c)
	p.trim()
}

// trim closes idle connections that are too many, unless somebody has or wants the extra one. The caller holds the lock.
func (p *pool) trim() {
	for p.extras == 0 && len(p.idle) > 0 && int64(len(p.idle)+len(p.inUse)) > p.settings.pool {
		p.idle[0].expiry.Stop()
		p.idle[0].close()
		p.idle = p.idle[1:]
	}
}

// discard closes the idle connections.
func (p *pool) discard() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closeIdle()
}

// closeIdle closes the idle connections. The caller holds the lock.
func (p *pool) closeIdle() {
	for _, c := range p.idle {
		c.expiry.Stop()
		c.close()
	}
	p.idle = nil
}

// drop closes a connection if it is still idle.
func (p *pool) drop(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, other := range p.idle {
		if other == c {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			c.close()
			return
		}
	}
}

// close closes the connections. Those in use fail.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.closeIdle()
	for d := range p.dialings {
		d.cancel()
	}
	for c := range p.inUse {
		_ = c.socket.Close() // its user closes the rest
	}
}

// inMetadata runs f on a connection of those for metadata, and once more if that turned out to be broken.
func (c *connector) inMetadata(ctx context.Context, doing string, f func(*conn) error) error {
	if err := c.pool.metadata.Acquire(ctx, 1); err != nil {
		return c.translate(ctx, err, doing)
	}
	defer c.pool.metadata.Release(1)
	for {
		conn, err := c.pool.connect(ctx)
		if err != nil {
			return c.translate(ctx, err, doing)
		}
		stop, unattend := watch(ctx, conn.kill), conn.attend()
		err = f(conn)
		unattend()
		stop()
		again := err != nil && conn.stale() && ctx.Err() == nil
		c.pool.release(conn)
		if !again {
			return c.translate(ctx, err, doing)
		}
	}
}
