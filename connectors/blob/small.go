package blob

import (
	"context"

	"github.com/silogate/silogate/connectors/diskcache"
)

// smallObject is the size up to which an object is read as a whole: another request would take longer than its bytes.
const smallObject = 128 << 10

// Opening returns the store as it is to be read to open files: what describes them is kept on disk.
func (c *Cache) Opening(store Store) Store {
	if c == nil || c.disk == nil {
		return store
	}
	return &opening{Store: store, cache: c}
}

// Opening returns the store as it is to be read to open files whose segments the fetcher is to read next. A small object is read by
// one request, and with a cache no segment of it takes another one.
func (f *Fetcher) Opening() Store {
	if f.cache.Cache == nil {
		return f.store
	}
	return &opening{f.store, f.cache.Cache, f}
}

// opening is a Store that gives a cache what is read from it.
type opening struct {
	Store
	cache   *Cache
	fetcher *Fetcher // that keeps small objects; nil: there is none
}

// kept fills p if the bytes are on disk.
func (s *opening) kept(o Object, off int64, p []byte) bool {
	if !s.whole(o) {
		return s.onDisk(o).Read(diskcache.Footer, off, p)
	}
	v := s.fetcher.versionOf(o)
	data := make([]byte, o.Size)
	if !v.disk.Read(diskcache.Footer, 0, data) {
		return false
	}
	s.fetcher.keep(v, Range{Len: o.Size}, data)
	copy(p, data[off:])
	return true
}

// whole reports an object of which all is read.
func (s *opening) whole(o Object) bool { return s.fetcher != nil && o.Size <= smallObject }

func (s *opening) onDisk(o Object) diskcache.Object {
	return s.cache.disk.Object(s.Location(o.Key), o.ETag, o.Size)
}

// Read implements Store. It counts the bytes that were not asked for.
func (s *opening) Read(ctx context.Context, o Object, off int64, p []byte) error {
	if !s.whole(o) {
		err := s.Store.Read(ctx, o, off, p)
		if err == nil {
			s.onDisk(o).Offer(diskcache.Footer, off, p)
		}
		return err
	}
	data := make([]byte, o.Size)
	if err := s.Store.Read(ctx, o, 0, data); err != nil {
		return err
	}
	s.fetcher.usage.AddBytes(o.Size - int64(len(p)))
	all := Range{Len: o.Size}
	s.fetcher.keepAll(Segment{Object: o, Ranges: []Range{all}, Kind: diskcache.Footer}, []block{{Range: all, data: data}})
	copy(p, data[off:])
	return nil
}
