package postgres

import (
	"sync"
	"time"
)

// recent keeps what the server said a short time ago about what things will cost, by what was asked: each answer costs it
// work, and a round trip, and none decides what a query yields. It is safe for concurrent use.
type recent[V any] struct {
	mu    sync.Mutex
	known map[string]dated[V]
}

type dated[V any] struct {
	value V
	until time.Time
}

// An answer is believed for a while, and so many are kept.
const (
	recentAge  = time.Minute
	mostRecent = 1024
)

func (r *recent[V]) get(key string) (V, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d, ok := r.known[key]
	return d.value, ok && time.Now().Before(d.until)
}

func (r *recent[V]) put(key string, value V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil || len(r.known) >= mostRecent {
		r.known = make(map[string]dated[V])
	}
	r.known[key] = dated[V]{value, time.Now().Add(recentAge)}
}
