package parquet

import (
	"bytes"
	"sync"
)

// pageCache keeps decompressed pages of objects that are read again and again: for few rows of a page, undoing its compression is most
// of the work. A page is kept when it is read for the second time. Where there is no room it takes the place of one that was not asked
// for while the hand went round, a little with each page that wants a place: of more than fits, read in turns, a part stays and is found
// each time. It is safe for concurrent use.
type pageCache struct {
	limit int64

	mu    sync.Mutex
	size  int64
	kept  map[pageKey]*keptPage
	ring  []*keptPage      // in no certain order
	hand  int              // what is looked at next for a place
	once  map[pageKey]bool // read once, of the current
	older map[pageKey]bool // and of the previous generation
}

// pageKey is where a page lies.
type pageKey struct {
	of     versionKey
	offset int64
}

// keptPage is a page's bytes, to which nobody writes.
type keptPage struct {
	key   pageKey
	data  []byte
	asked bool // since the hand passed, or new
}

// mostOnce is how many pages are remembered to have been read once, for each of two generations.
const mostOnce = 1 << 14

func newPageCache(limit int64) *pageCache {
	return &pageCache{limit: limit, kept: make(map[pageKey]*keptPage), once: make(map[pageKey]bool)}
}

// get returns the bytes of a page, which the caller only reads and which stay as they are, or nil.
func (c *pageCache) get(key pageKey) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.kept[key]
	if p == nil {
		return nil
	}
	p.asked = true
	return p.data
}

// pageOverhead is about what a kept page takes beside its bytes.
const pageOverhead = 256

// offer keeps a copy of a page that was decompressed, if it is worth it.
func (c *pageCache) offer(key pageKey, data []byte) {
	if !c.wants(key, int64(len(data))) {
		return
	}
	p := &keptPage{key: key, data: bytes.Clone(data), asked: true} // what takes long is done while others go on
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept[key] != nil || !c.room(p.cost()) {
		return
	}
	c.kept[key], c.size = p, c.size+p.cost()
	c.ring = append(c.ring, p)
	last := len(c.ring) - 1 // the hand comes to the new one last
	c.ring[c.hand], c.ring[last] = c.ring[last], c.ring[c.hand]
	c.hand++
}

func (p *keptPage) cost() int64 { return int64(len(p.data)) + pageOverhead }

// wants notes that a page is read and reports whether there may be a place for it.
func (c *pageCache) wants(key pageKey, size int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	size += pageOverhead
	return c.kept[key] == nil && size <= c.limit/16 && c.again(key) && c.room(size)
}

// again notes that a page is read and reports whether it was before.
func (c *pageCache) again(key pageKey) bool {
	if c.once[key] || c.older[key] {
		return true
	}
	if len(c.once) >= mostOnce {
		c.once, c.older = make(map[pageKey]bool), c.once
	}
	c.once[key] = true
	return false
}

// room reports whether there is room. Where there is none it looks at one page, and drops it if nothing asked for it.
func (c *pageCache) room(size int64) bool {
	if c.size+size <= c.limit {
		return true
	}
	if c.hand == len(c.ring) {
		c.hand = 0
	}
	p := c.ring[c.hand]
	if p.asked {
		p.asked = false
		c.hand++
		return false
	}
	delete(c.kept, p.key)
	c.size -= p.cost()
	last := len(c.ring) - 1
	c.ring[c.hand], c.ring[last] = c.ring[last], nil
	c.ring = c.ring[:last]
	return c.size+size <= c.limit
}
