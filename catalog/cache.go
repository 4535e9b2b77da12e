package catalog

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// cache keeps the answers of one kind of metadata request, not its failures. Concurrent callers of a key share one
// request, which is cancelled when the last of them has gone. An answer that is older than its ttl, and not yet longer than
// stale, is given once more, and asked for anew behind the back of who got it. A statement that says how old answers may be
// (connectors.FreshSince) gets none that was asked for before, and any that was asked for since.
type cache[K comparable, V any] struct {
	now     func() time.Time
	ttl     time.Duration
	stale   time.Duration // beyond ttl; 0: older answers are none
	renewal *renewal      // set where stale is

	mu      sync.Mutex
	entries map[K]*cached[V]
	sweep   int // entries at which expired ones are next removed

	hits, misses int64
}

type cached[V any] struct {
	done    chan struct{} // closed when value and err are set
	value   V
	err     error
	begun   time.Time
	made    time.Time
	fresh   time.Time // until then it is not asked for anew
	expires time.Time
	waiters int
	cancel  context.CancelFunc

	renewing bool
	failure  error // why it could not be asked for anew
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
	since, said := connectors.FreshSince(ctx)
	c.mu.Lock()
	e, ok := c.entries[key]
	if ok && said {
		ok = !e.begun.Before(since)
	} else if ok {
		ok = !c.expired(e)
	}
	if alone && (!ok || !e.answered()) {
		c.mu.Unlock()
		var none V
		return none, errForgotten
	}
	if ok {
		c.hits++
	} else {
		c.misses++
	}
	switch {
	case !ok:
		e = c.start(ctx, key, load)
	case !alone && !said && c.stale > 0 && !e.renewing && e.answered() && !c.now().Before(e.fresh):
		c.renew(e, key, load)
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
func (c *cache[K, V]) expired(e *cached[V]) bool { return e.answered() && !c.now().Before(e.expires) }

// start begins a request for key. The caller holds mu.
func (c *cache[K, V]) start(ctx context.Context, key K, load func(context.Context) (V, error)) *cached[V] {
	c.removeExpired()
	flight, cancel := context.WithCancel(context.WithoutCancel(ctx))
	e := &cached[V]{done: make(chan struct{}), cancel: cancel, begun: c.now()}
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
			c.settle(e)
		}
		close(e.done)
	}()
	return e
}

// settle sets the times of an answer that was just given. The caller holds mu.
func (c *cache[K, V]) settle(e *cached[V]) {
	e.made = c.now()
	e.fresh = e.made.Add(c.ttl)
	e.expires = e.fresh.Add(c.stale)
}

// renew asks anew for what e answers, which stays until there is an answer. The caller holds mu.
func (c *cache[K, V]) renew(e *cached[V], key K, load func(context.Context) (V, error)) {
	e.renewing = c.renewal.start(func(ctx context.Context) {
		next := &cached[V]{done: e.done, cancel: func() {}, begun: c.now()}
		err := sqlerr.Guarded(func() (err error) {
			next.value, err = load(ctx)
			return err
		})()
		c.mu.Lock()
		defer c.mu.Unlock()
		if err != nil {
			e.renewing, e.failure, e.fresh = false, err, c.now().Add(c.ttl)
			return
		}
		c.settle(next)
		if c.entries[key] == e {
			c.entries[key] = next
		}
	})
}

// uses returns how many answers were there, and how many were asked for.
func (c *cache[K, V]) uses() (hits, misses int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hits, c.misses
}

// age is what is known of an answer besides itself.
type age struct {
	made     time.Time
	renewing bool
	failure  error
}

// each calls visit with the answers that there are.
func (c *cache[K, V]) each(visit func(K, V, age)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, e := range c.entries {
		if e.answered() && e.err == nil && !c.expired(e) {
			visit(key, e.value, age{e.made, e.renewing, e.failure})
		}
	}
}

// renewal is the work of asking anew, which nobody waits for but who ends it.
type renewal struct {
	ctx     context.Context
	end     context.CancelFunc
	timeout time.Duration

	mu      sync.Mutex
	ended   bool
	running sync.WaitGroup
}

func newRenewal(timeout time.Duration) *renewal {
	r := &renewal{timeout: timeout}
	r.ctx, r.end = context.WithCancel(context.Background())
	return r
}

// start runs ask unless the work is over.
func (r *renewal) start(ask func(context.Context)) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return false
	}
	r.running.Go(func() {
		ctx, cancel := context.WithTimeout(r.ctx, r.timeout)
		defer cancel()
		ask(ctx)
	})
	return true
}

// close ends what runs and waits for it.
func (r *renewal) close() {
	r.mu.Lock()
	r.ended = true
	r.mu.Unlock()
	r.end()
	r.running.Wait()
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
		if c.expired(e) {
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
