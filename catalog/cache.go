package catalog

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/silogate/silogate/engine/sqlerr"
)

// cache keeps the answers of one kind of metadata request, not its failures. Concurrent callers of a key share one
// request, which is cancelled when the last of them has gone.
type cache[K comparable, V any] struct {
	ttl time.Duration

	mu      sync.Mutex
	entries map[K]*cached[V]
	sweep   int // entries at which expired ones are next removed
}

type cached[V any] struct {
	done    chan struct{} // closed when value and err are set
	value   V
	err     error
	expires time.Time
	waiters int
	cancel  context.CancelFunc
}

// minSweep is the number of entries below which expired ones are left alone.
const minSweep = 1024

// memoryAlone is a key of a context in which nothing is requested.
type memoryAlone struct{}

// errForgotten says that something would have to be requested.
var errForgotten = errors.New("not remembered")

// get returns the answer for key, by load if there is none.
func (c *cache[K, V]) get(ctx context.Context, key K, load func(context.Context) (V, error)) (V, error) {
	alone := ctx.Value(memoryAlone{}) != nil
	c.mu.Lock()
	e, ok := c.entries[key]
	if alone && (!ok || !e.answered() || e.expired()) {
		c.mu.Unlock()
		var none V
		return none, errForgotten
	}
	if !ok || e.expired() {
		e = c.start(ctx, key, load)
	}
	e.waiters++
	c.mu.Unlock()

	select {
	case <-e.done:
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e.waiters--
	select {
	case <-e.done:
		return e.value, e.err
	default:
	}
	if e.waiters == 0 {
		e.cancel()
		if c.entries[key] == e {
			delete(c.entries, key)
		}
	}
	var none V
	return none, context.Cause(ctx)
}

// answered reports an answer that is there.
func (e *cached[V]) answered() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

// expired reports an answer that is too old; one still awaited is not.
func (e *cached[V]) expired() bool { return e.answered() && !time.Now().Before(e.expires) }

// start begins a request for key. The caller holds mu.
func (c *cache[K, V]) start(ctx context.Context, key K, load func(context.Context) (V, error)) *cached[V] {
	c.removeExpired()
	flight, cancel := context.WithCancel(context.WithoutCancel(ctx))
	e := &cached[V]{done: make(chan struct{}), cancel: cancel}
	c.entries[key] = e
	go func() {
		defer cancel()
		var value V
		err := sqlerr.Guarded(func() (err error) {
			value, err = load(flight)
			return err
		})()
		c.mu.Lock()
		defer c.mu.Unlock()
		e.value, e.err = value, err
		if err == nil {
			e.expires = time.Now().Add(c.ttl)
		}
		close(e.done)
	}()
	return e
}

// removeExpired keeps the number of entries within twice those alive. The caller holds mu.
func (c *cache[K, V]) removeExpired() {
	if c.entries == nil {
		c.entries = make(map[K]*cached[V])
		c.sweep = minSweep
	}
	if len(c.entries) < c.sweep {
		return
	}
	for k, e := range c.entries {
		if e.expired() {
			delete(c.entries, k)
		}
	}
	c.sweep = max(minSweep, 2*len(c.entries))
}

// forget drops every answer; requests under way answer only those who wait already.
func (c *cache[K, V]) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries = nil
}

// forgetKey drops the answer for key.
func (c *cache[K, V]) forgetKey(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, key)
}
