package blob

import (
	"bytes"
	"cmp"
	lru "container/list"
	"context"
	"slices"
	"sync"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/diskcache"
)

// Cache keeps what was read last of remote objects, by version, within a number of bytes of memory, and more of it on disk. It is
// safe for concurrent use.
type Cache struct {
	limit int64
	disk  *diskcache.Scope

	mu      sync.Mutex
	size    int64
	objects map[version][]*lru.Element // extents in ascending order, of which none lies within another: their ends ascend too
	order   *lru.List                  // of *extent, most recently used first
	use     connectors.CacheUse
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

// UseDisk makes the cache keep on disk, too. It is for before the cache is used.
func (c *Cache) UseDisk(s *diskcache.Scope) { c.disk = s }

// Uses says what the cache was worth, in memory and on disk.
func (c *Cache) Uses() []connectors.CacheUse {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	use := c.use
	use.Held = c.size
	c.mu.Unlock()
	use.Tier, use.Kind = connectors.Memory, diskcache.Chunk.String()
	uses := []connectors.CacheUse{use}
	for _, k := range diskcache.Kinds() {
		found := c.disk.Usage(k)
		uses = append(uses, connectors.CacheUse{Tier: connectors.Disk, Kind: k.String(), Hits: found.Hits, Misses: found.Misses, Bytes: found.Bytes})
	}
	return uses
}

// get returns the bytes of a range, which the caller only reads, or nil. They stay as they are whatever becomes of the
// cache.
func (c *Cache) get(of version, r Range) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.around(of, r)
	if e == nil {
		c.use.Misses++
		return nil
	}
	c.use.Hits++
	c.use.Bytes += r.Len
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
		c.use.Evicted++
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
	mu       sync.Mutex
	versions map[version]*checked
	kept     int64 // bytes that this fetcher put
	trusted  bool  // versions need no proof
}

// checked finds out once whether an object still is the version that was listed: what the cache serves must not be older than
// what would be read.
type checked struct {
	version
	disk diskcache.Object

	mu   sync.Mutex
	done bool
	err  error
}

// lookUp returns what the cache has of a segment's ranges, and the ranges that it has not.
func (f *Fetcher) lookUp(s Segment) (found []block, missing []Range) {
	if f.cache.Cache == nil {
		return nil, s.Ranges
	}
	v := f.versionOf(s.Object)
	for _, r := range s.Ranges {
		if r.Len == 0 {
			continue
		}
		if data := f.cache.get(v.version, r); data != nil {
			f.usage.AddFromMemory(r.Len)
			v.disk.Offer(s.Kind, r.Off, data)
			found = append(found, block{Range: r, data: data, shared: true})
		} else if data := f.fromDisk(v, s.Kind, r); data != nil {
			found = append(found, block{Range: r, data: data})
		} else {
			missing = append(missing, r)
		}
	}
	return found, missing
}

// fromDisk returns the bytes of a range in the fetcher's memory, or nil. The next who wants them finds them in the cache's.
func (f *Fetcher) fromDisk(v *checked, kind diskcache.Kind, r Range) []byte {
	if !v.disk.Has(kind, r.Off, r.Len) {
		return nil
	}
	data := f.mem.Allocate(int(r.Len))
	if !v.disk.Read(kind, r.Off, data) {
		f.mem.Free(data)
		return nil
	}
	f.usage.AddFromDisk(r.Len)
	f.keep(v, r, data)
	return data
}

// versionOf returns what this execution knows of an object's version.
func (f *Fetcher) versionOf(o Object) *checked {
	c := &f.cache
	of := version{f.store.Location(o.Key), o.ETag}
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.versions[of]
	if v == nil {
		v = &checked{version: of, disk: c.disk.Object(of.location, of.etag, o.Size)}
		c.versions[of] = v
	}
	return v
}

// prove makes sure that an object still is the version that was listed, by reading a byte unless that is known.
func (f *Fetcher) prove(ctx context.Context, o Object, off int64) error {
	if f.cache.trusted {
		return nil
	}
	v := f.versionOf(o)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.done {
		return v.err
	}
	if err := f.slots.Acquire(ctx, 1); err != nil {
		return err
	}
	defer f.slots.Release(1)
	err := ReadMetered(ctx, f.store, o, off, make([]byte, 1), f.usage)
	if ctx.Err() == nil { // else it says nothing
		v.done, v.err = true, err
	}
	return err
}

// proved notes that a read of this execution proved an object's version.
func (v *checked) proved() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.done = true
}

// keep puts a range that was read into memory. One execution takes no more than half of the cache, so that a long scan does not
// turn everything else out.
func (f *Fetcher) keep(v *checked, r Range, data []byte) {
	c := &f.cache
	c.mu.Lock()
	fits := c.kept+r.Len <= c.limit/2
	if fits {
		c.kept += r.Len
	}
	c.mu.Unlock()
	if fits {
		c.put(v.version, r.Off, data)
	}
}

// keepAll puts the blocks that were read of a segment into memory, and offers the ranges in them to the disk: what is read between them
// differs from query to query.
func (f *Fetcher) keepAll(s Segment, blocks []block) {
	if f.cache.Cache == nil || len(blocks) == 0 {
		return
	}
	v := f.versionOf(s.Object)
	v.proved()
	read := Data{blocks: blocks}
	for _, b := range blocks {
		f.keep(v, b.Range, b.data)
	}
	for _, r := range s.Ranges {
		if data := read.Bytes(r); data != nil {
			v.disk.Offer(s.Kind, r.Off, data)
		}
	}
}
