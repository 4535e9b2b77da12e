package parquet

import (
	"container/list"
	"context"
	"sync"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Cache keeps footers by location and version, the least recently used ones dropped beyond a size, and pages that are read again and
// again. It is safe for concurrent use.
type Cache struct {
	limit  int64
	codecs *codecs
	pages  *pageCache // nil: none are kept

	mu      sync.Mutex
	size    int64
	entries map[cacheKey]*list.Element
	order   *list.List // of *cacheEntry, most recently used first
}

type cacheKey struct{ location, etag string }

// cacheEntry is a footer that is there, or that one caller reads while the others wait.
type cacheEntry struct {
	key   cacheKey
	ready chan struct{}
	file  *File // nil if reading failed
}

// NewCache returns an empty cache that holds about limit bytes of footers and pages bytes of decompressed pages.
func NewCache(limit, pages int64) *Cache {
	c := &Cache{limit: limit, codecs: &codecs{}, entries: make(map[cacheKey]*list.Element), order: list.New()}
	if pages > 0 {
		c.pages = newPageCache(pages)
	}
	return c
}

// Open returns the footer of that version of an object, reading it if need be; usage counts what was read.
func (c *Cache) Open(ctx context.Context, store blob.Store, o blob.Object, usage *connectors.Usage) (*File, error) {
	key := cacheKey{store.Location(o.Key), o.ETag}
	for {
		entry, mine := c.enter(key)
		if mine {
			return c.fill(ctx, entry, store, o, usage)
		}
		select {
		case <-entry.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if entry.file != nil {
			return entry.file, nil
		}
		// The reader failed, perhaps only for being cancelled: read it ourselves.
	}
}

// enter finds an entry or makes one that the caller must fill.
func (c *Cache) enter(key cacheKey) (entry *cacheEntry, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.entries[key]; ok {
		c.order.MoveToFront(e)
		return e.Value.(*cacheEntry), false
	}
	entry = &cacheEntry{key: key, ready: make(chan struct{})}
	c.entries[key] = c.order.PushFront(entry)
	return entry, true
}

func (c *Cache) fill(ctx context.Context, entry *cacheEntry, store blob.Store, o blob.Object, usage *connectors.Usage) (*File, error) {
	var f *File
	err := sqlerr.Guarded(func() (err error) { // whoever waits for the entry must be told
		if f, err = open(ctx, store, o, c.codecs, usage); err == nil {
			f.pages = c.pages
		}
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
	c.size += f.cost
	for e := c.order.Back(); e != nil && c.size > c.limit; {
		previous := e.Prev()
		if old := e.Value.(*cacheEntry); old.file != nil && old != entry {
			c.remove(old.key)
			c.size -= old.file.cost
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
