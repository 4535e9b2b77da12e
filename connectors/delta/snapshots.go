package delta

import (
	"container/list"
	"sync"
)

// snapshots keeps the versions that were read last, of about as many bytes as its limit. It is safe for concurrent use.
type snapshots struct {
	limit int64

	mu      sync.Mutex
	size    int64
	entries map[string]*list.Element
	order   *list.List // of *keptSnapshot, most recently used first
}

type keptSnapshot struct {
	key  string
	snap *snapshot
}

func newSnapshots(limit int64) *snapshots {
	return &snapshots{limit: limit, entries: make(map[string]*list.Element), order: list.New()}
}

// get returns what was kept last under a key; nil: nothing is.
func (c *snapshots) get(key string) *snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*keptSnapshot).snap
}

// put keeps a version under a key, in place of the one before, unless it alone would take all the room.
func (c *snapshots) put(key string, snap *snapshot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.entries[key]; ok {
		c.drop(e)
	}
	cost := snap.cost()
	if cost > c.limit {
		return
	}
	c.entries[key] = c.order.PushFront(&keptSnapshot{key, snap})
	for c.size += cost; c.size > c.limit; {
		c.drop(c.order.Back())
	}
}

func (c *snapshots) drop(e *list.Element) {
	kept := c.order.Remove(e).(*keptSnapshot)
	delete(c.entries, kept.key)
	c.size -= kept.snap.cost()
}

// What a snapshot and each of its files take in memory besides their texts, about.
const (
	costOfSnapshot = 4 << 10
	costOfFile     = 500
	costOfValue    = 64
)

// cost is how many bytes a snapshot takes, about. Those of a table share files that did not change, which is not counted.
func (s *snapshot) cost() int64 {
	total := costOfSnapshot + len(s.metadata.SchemaString)
	for _, f := range s.files {
		total += costOfFile + len(f.path) + len(f.stats) + costOfValue*len(f.partitions)
	}
	return int64(total)
}
