package blob

import (
	"bytes"
	"cmp"
	lru "container/list"
	"context"
	"slices"
	"sync"
)

// Cache keeps what was read last of remote objects, by version, within a number of bytes. It is safe for concurrent use.
type Cache struct {
	limit int64

	mu      sync.Mutex
	size    int64
	objects map[version][]*lru.Element // extents in ascending order, of which none lies within another: their ends ascend too
	order   *lru.List                  // of *extent, most recently used first
}

// version is one version of an object.
type version struct{ location, etag string }

// extent is bytes of an object; nobody writes to them.
type extent struct {
	of   version
	off  int64
	data []byte
}

func (e *extent) end() int64 { return e.off + int64(len(e.data)) }

// NewCache returns an empty cache of limit bytes.
func NewCache(limit int64) *Cache {
	return &Cache{limit: limit, objects: make(map[version][]*lru.Element), order: lru.New()}
}

// get returns the bytes of a range, which the caller only reads, or nil. They stay as they are whatever becomes of the
// cache.
func (c *Cache) get(of version, r Range) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.around(of, r)
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	x := e.Value.(*extent)
	return x.data[r.Off-x.off : r.End()-x.off : r.End()-x.off]
}

// around returns the extent that a range lies within, or nil. The caller holds mu.
func (c *Cache) around(of version, r Range) *lru.Element {
	list := c.objects[of]
	at, begins := find(list, r.Off)
	if !begins {
		at-- // of those that begin before, it ends last
	}
	if at < 0 || r.End() > list[at].Value.(*extent).end() {
		return nil
	}
	return list[at]
}

// find returns where the first extent stands that does not begin before an offset, and whether it begins there.
func find(list []*lru.Element, off int64) (at int, same bool) {
	return slices.BinarySearchFunc(list, off, func(e *lru.Element, off int64) int { return cmp.Compare(e.Value.(*extent).off, off) })
}

// put keeps a copy of bytes at an offset.
func (c *Cache) put(of version, off int64, data []byte) {
	if int64(len(data)) > c.limit {
		return
	}
	x := &extent{of: of, off: off, data: bytes.Clone(data)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.around(of, Range{Off: off, Len: int64(len(data))}) != nil {
		return
	}
	list := c.objects[of]
	at, _ := find(list, off)
	within := 0
	for _, e := range list[at:] {
		old := e.Value.(*extent)
		if old.end() > x.end() {
			break
		}
		c.order.Remove(e)
		c.size -= int64(len(old.data))
		within++
	}
	c.objects[of] = slices.Replace(list, at, at+within, c.order.PushFront(x))
	c.size += int64(len(x.data))
	for c.size > c.limit {
		c.drop(c.order.Back())
	}
}

// drop forgets an extent. The caller holds mu.
func (c *Cache) drop(e *lru.Element) {
	x := c.order.Remove(e).(*extent)
	c.size -= int64(len(x.data))
	list := c.objects[x.of]
	at, _ := find(list, x.off)
	if list = slices.Delete(list, at, at+1); len(list) == 0 {
		delete(c.objects, x.of)
		return
	}
	c.objects[x.of] = list
}

// cached is a fetcher's use of a cache.
type cached struct {
	*Cache
	mu      sync.Mutex
	current map[version]*check
	kept    int64 // bytes that this fetcher put
}

// check finds out once whether an object still is the version that was listed: what the cache serves must not be older than
// what would be read.
type check struct {
	mu   sync.Mutex
	done bool
	err  error
}

// lookUp returns what the cache has of ranges, and the ranges that it has not.
func (f *Fetcher) lookUp(o Object, ranges []Range) (found []block, missing []Range) {
	if f.cache.Cache == nil {
		return nil, ranges
	}
	of := version{f.store.Location(o.Key), o.ETag}
	for _, r := range ranges {
		if r.Len == 0 {
			continue
		}
		if data := f.cache.get(of, r); data != nil {
			found = append(found, block{Range: r, data: data, shared: true})
		} else {
			missing = append(missing, r)
		}
	}
	return found, missing
}

// checkOf returns what this execution knows of an object's version.
func (f *Fetcher) checkOf(o Object) *check {
	c := &f.cache
	of := version{f.store.Location(o.Key), o.ETag}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.current[of]
	if k == nil {
		k = &check{}
		c.current[of] = k
	}
	return k
}

// prove makes sure that an object still is the version that was listed, by reading a byte unless that is known.
func (f *Fetcher) prove(ctx context.Context, o Object, off int64) error {
	k := f.checkOf(o)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.done {
		return k.err
	}
	if err := f.slots.Acquire(ctx, 1); err != nil {
		return err
	}
	defer f.slots.Release(1)
	err := ReadMetered(ctx, f.store, o, off, make([]byte, 1), f.usage)
	if ctx.Err() == nil { // else it says nothing
		k.done, k.err = true, err
	}
	return err
}

// proved notes that a read of this execution proved an object's version.
func (f *Fetcher) proved(o Object) {
	if f.cache.Cache == nil {
		return
	}
	k := f.checkOf(o)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.done = true
}

// keep puts a range that was read. One execution takes no more than half of the cache, so that a long scan does not turn
// everything else out.
func (f *Fetcher) keep(o Object, r Range, data []byte) {
	c := &f.cache
	if c.Cache == nil {
		return
	}
	c.mu.Lock()
	fits := c.kept+r.Len <= c.limit/2
	if fits {
		c.kept += r.Len
	}
	c.mu.Unlock()
	if fits {
		c.put(version{f.store.Location(o.Key), o.ETag}, r.Off, data)
	}
}
