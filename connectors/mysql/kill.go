package mysql

import (
	"context"
	"strconv"
	"sync"
	"time"
)

// kill asks the server, over another connection, to end the statement that runs. If nothing of its end is heard in time, the
// connection fails. It may be called while another goroutine reads.
func (c *conn) kill() {
	c.killed.Store(true)
	_ = c.socket.SetDeadline(time.Now().Add(patience)) // a socket that refuses is closed already
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if !c.pool.besides(ctx, func() bool {
		return c.killOver(ctx, c.pool.take) || c.killOver(ctx, func() (*conn, error) { return c.pool.dial(ctx) })
	}) {
		_ = c.socket.SetDeadline(time.Unix(1, 0))
	}
}

// killAfter calls kill when a time is over, unless the returned function is called before. That waits for a kill which has
// begun.
func (c *conn) killAfter(d time.Duration) (stop func()) {
	killed := make(chan struct{})
	timer := time.AfterFunc(d, func() {
		defer close(killed)
		c.kill()
	})
	return func() {
		if !timer.Stop() {
			<-killed
		}
	}
}

// killOver sends KILL QUERY over a connection that get returns, if it does, and reports whether the server took it.
func (c *conn) killOver(ctx context.Context, get func() (*conn, error)) bool {
	other, err := get()
	if err != nil || other == nil {
		return false
	}
	defer c.pool.release(other)
	_ = other.socket.SetDeadline(time.Now().Add(patience / 2))
	stop := context.AfterFunc(ctx, func() { _ = other.socket.SetDeadline(time.Unix(1, 0)) })
	err = other.exec("KILL QUERY " + strconv.FormatUint(c.id, 10))
	if !stop() {
		other.broken = true
	}
	_ = other.socket.SetDeadline(time.Time{})
	return err == nil
}

// silence is how long a server may say nothing before it is asked over another connection whether it still answers.
func (p *pool) silence() time.Duration { return p.settings.server.Timeout }

// attend has the connection fail, until the returned function is called, once the server has been silent for so long and answers
// nobody else either: not while it works on a long query.
func (c *conn) attend() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var attending sync.WaitGroup
	attending.Go(func() {
		ticker := time.NewTicker(c.pool.silence())
		defer ticker.Stop()
		for heard := c.received.Load(); ; {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			now := c.received.Load()
			if now == heard && !c.pool.answers(ctx) && ctx.Err() == nil {
				c.silent.Store(true)
				_ = c.socket.SetDeadline(time.Unix(1, 0))
				return
			}
			heard = now
		}
	})
	return func() {
		cancel()
		attending.Wait()
	}
}

// answers reports whether the server answers anybody.
func (p *pool) answers(ctx context.Context) bool {
	return p.besides(ctx, func() bool {
		c, err := p.take()
		if err == nil && c != nil {
			alive := c.ping(ctx)
			p.release(c)
			if alive || ctx.Err() != nil {
				return true
			}
			p.discard()
		}
		c, err = p.fresh(ctx)
		if err == nil {
			p.release(c)
		}
		return answered(err) && p.breaker.Err() == nil
	})
}

// besides calls f, which may use a connection more than the pool has: one at a time may.
func (p *pool) besides(ctx context.Context, f func() bool) bool {
	p.mu.Lock()
	p.extras++
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.extras--
		p.trim()
	}()
	if err := p.extra.Acquire(ctx, 1); err != nil {
		return false
	}
	defer p.extra.Release(1)
	return f()
}
