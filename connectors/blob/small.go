package blob

import "context"

// smallObject is the size up to which an object is read as a whole: another request would take longer than its bytes.
const smallObject = 128 << 10

// Opening returns the store as it is to be read to open files whose segments the fetcher is to read next. A small object is read by
// one request, and with a cache no segment of it takes another one.
func (f *Fetcher) Opening() Store {
	if f.cache.Cache == nil {
		return f.store
	}
	return &opening{f.store, f}
}

// opening is a Store that gives a fetcher's cache the small objects that are read from it.
type opening struct {
	Store
	fetcher *Fetcher
}

// Read implements Store. It counts the bytes that were not asked for.
func (s *opening) Read(ctx context.Context, o Object, off int64, p []byte) error {
	if o.Size > smallObject {
		return s.Store.Read(ctx, o, off, p)
	}
	whole := make([]byte, o.Size)
	if err := s.Store.Read(ctx, o, 0, whole); err != nil {
		return err
	}
	s.fetcher.usage.AddBytes(o.Size - int64(len(p)))
	s.fetcher.proved(o)
	s.fetcher.keep(o, Range{Len: o.Size}, whole)
	copy(p, whole[off:])
	return nil
}
