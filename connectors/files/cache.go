package files

import (
	"container/list"
	"context"
	"sync"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Cache keeps opened files by location, version and format, the least recently used ones dropped beyond a size. It is safe for
// concurrent use.
type Cache struct {
	limit int64

	mu      sync.Mutex
	size    int64
	entries map[cacheKey]*list.Element
	order   *list.List // of *cacheEntry, most recently used first
	use     connectors.CacheUse
}

type cacheKey struct {
	location, etag string
	format         Format // two tables may read one file by different options
}

// cacheEntry is a file that is open, or that one caller opens while the others wait.
type cacheEntry struct {
	key   cacheKey
	ready chan struct{}
	file  File // nil if opening failed
}

// NewCache returns an empty cache that holds files of about limit bytes of memory.
func NewCache(limit int64) *Cache {
	return &Cache{limit: limit, entries: make(map[cacheKey]*list.Element), order: list.New()}
}

// Open returns that version of an object, opened by the format if need be; usage counts what was read.
func (c *Cache) Open(ctx context.Context, format Format, store blob.Store, o blob.Object, usage *connectors.Usage) (File, error) {
	key := cacheKey{store.Location(o.Key), o.ETag, format}
	for {
		entry, mine := c.enter(key)
		if mine {
			return c.fill(ctx, entry, format, store, o, usage)
		}
		select {
		case <-entry.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if entry.file != nil {
			return entry.file, nil
		}
		// Whoever opened it failed, perhaps only for being cancelled: open it ourselves.
	}
}

// enter finds an entry or makes one that the caller must fill.
func (c *Cache) enter(key cacheKey) (entry *cacheEntry, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.entries[key]; ok {
		c.order.MoveToFront(e)
		c.use.Hits++
		return e.Value.(*cacheEntry), false
	}
	c.use.Misses++
	entry = &cacheEntry{key: key, ready: make(chan struct{})}
	c.entries[key] = c.order.PushFront(entry)
	return entry, true
}

// Use says what the cache was worth.
func (c *Cache) Use() connectors.CacheUse {
	c.mu.Lock()
	defer c.mu.Unlock()
	use := c.use
	use.Tier, use.Kind, use.Held = connectors.Memory, "footer", c.size
	return use
}

func (c *Cache) fill(ctx context.Context, entry *cacheEntry, format Format, store blob.Store, o blob.Object, usage *connectors.Usage) (File, error) {
	var f File
	err := sqlerr.Guarded(func() (err error) { // whoever waits for the entry must be told
		f, err = format.Open(ctx, store, o, usage)
		return err
	})()
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(entry.ready)
	if err != nil {
		c.remove(entry.key)
		return nil, err
	}
	entry.file = f
	c.size += f.Cost()
	for e := c.order.Back(); e != nil && c.size > c.limit; {
		previous := e.Prev()
		if old := e.Value.(*cacheEntry); old.file != nil && old != entry {
			c.remove(old.key)
			c.size -= old.file.Cost()
			c.use.Evicted++
		}
		e = previous
	}
	return f, nil
}

// remove forgets an entry. The caller holds mu.
func (c *Cache) remove(key cacheKey) {
	c.order.Remove(c.entries[key])
	delete(c.entries, key)
}
