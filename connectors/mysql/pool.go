package mysql

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/silogate/silogate/connectors"
)

// pool hands out connections for two purposes with a share of their own each, so that slow statements cannot starve the
// catalog. Waiting is first come, first served.
type pool struct {
	settings *settings
	breaker  *connectors.Breaker
	metadata *semaphore.Weighted
	turns    *connectors.Turns // of statements
	link     connectors.LinkMeter

	mu     sync.Mutex
	idle   []*conn // the last one given back is the first to be used again
	inUse  map[*conn]bool
	closed bool
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
		inUse:    make(map[*conn]bool),
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

// fresh makes a connection if the breaker lets it.
func (p *pool) fresh(ctx context.Context) (*conn, error) {
	attempt, err := p.breaker.Try()
	if err != nil {
		return nil, err
	}
	c, err := p.dial(ctx)
	if err != nil {
		reached := answered(err)
		if !said(err) {
			err = unconnected{err, p.settings.host}
		}
		if reached {
			attempt.Reached()
		} else {
			attempt.Failed(err)
		}
		return nil, err
	}
	attempt.Reached()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		c.close()
		return nil, errClosed
	}
	p.inUse[c] = true
	return c, nil
}

// release takes a connection back, and closes it unless it can be used again.
func (p *pool) release(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.inUse, c)
	if p.closed || c.unusable() {
		c.close()
		return
	}
	c.since = time.Now()
	c.expiry = time.AfterFunc(longestIdle, func() { p.drop(c) })
	p.idle = append(p.idle, c)
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
	for _, c := range p.idle {
		c.expiry.Stop()
		c.close()
	}
	p.idle = nil
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
		stop := watch(ctx, conn.kill)
		err = f(conn)
		stop()
		again := err != nil && conn.stale() && ctx.Err() == nil
		c.pool.release(conn)
		if !again {
			return c.translate(ctx, err, doing)
		}
	}
}
