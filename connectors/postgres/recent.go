package postgres

import (
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// recent keeps what the server said a short time ago about what things will cost, by what was asked: each answer costs it
// work, and a round trip, and none decides what a query yields. It is safe for concurrent use.
type recent[V any] struct {
	known *lru.Cache[string, dated[V]]
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

func newRecent[V any]() recent[V] {
	known, _ := lru.New[string, dated[V]](mostRecent) // fails for a size below 1 alone
	return recent[V]{known}
}

func (r recent[V]) get(key string) (V, bool) {
	d, ok := r.known.Get(key)
	return d.value, ok && time.Now().Before(d.until)
}

// last returns the last answer, however old, for who would not ask again.
func (r recent[V]) last(key string) (V, bool) {
	d, ok := r.known.Get(key)
	return d.value, ok
}

func (r recent[V]) put(key string, value V) {
	r.known.Add(key, dated[V]{value, time.Now().Add(recentAge)})
}

func (r recent[V]) forget() { r.known.Purge() }
