package diskcache

import (
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"
)

// id tells one version of an object from all others.
type id [16]byte

// Scope is what may be read with the same rights; nil keeps nothing. It is safe for concurrent use.
type Scope struct {
	cache  *Cache
	secret [sha256.Size]byte
	usage  [kinds]usage
}

type usage struct{ hits, misses, bytes atomic.Int64 }

// Usage is what was found for a scope since it was made.
type Usage struct {
	Hits, Misses int64
	Bytes        int64 // of hits
}

// Scope returns the scope of a secret.
func (c *Cache) Scope(secret [sha256.Size]byte) *Scope { return &Scope{cache: c, secret: secret} }

// Usage returns the counts of a kind.
func (s *Scope) Usage(k Kind) Usage {
	if s == nil {
		return Usage{}
	}
	u := &s.usage[k]
	return Usage{u.hits.Load(), u.misses.Load(), u.bytes.Load()}
}

// Object is one version of an object in a scope. That of no scope, the zero value, is never found.
type Object struct {
	scope *Scope
	id    id
}

// Object returns the object at a location: its size and etag tell its versions apart.
func (s *Scope) Object(location, etag string, size int64) Object {
	if s == nil {
		return Object{}
	}
	h := sha256.New()
	h.Write(s.secret[:])
	var number [8]byte
	for _, text := range []string{location, etag} {
		h.Write(binary.LittleEndian.AppendUint64(number[:0], uint64(len(text))))
		h.Write([]byte(text))
	}
	h.Write(binary.LittleEndian.AppendUint64(number[:0], uint64(size)))
	o := Object{scope: s}
	copy(o.id[:], h.Sum(nil))
	return o
}

// Has reports whether bytes are kept. Where they are not, they count as looked for in vain.
func (o Object) Has(k Kind, off, n int64) bool {
	if o.scope == nil {
		return false
	}
	has := o.scope.cache.has(span{o.id, off, n})
	if !has {
		o.scope.usage[k].misses.Add(1)
	}
	return has
}

// Read fills p with the bytes from off on, if they are kept.
func (o Object) Read(k Kind, off int64, p []byte) bool {
	if o.scope == nil {
		return false
	}
	u := &o.scope.usage[k]
	if !o.scope.cache.read(span{o.id, off, int64(len(p))}, p) {
		u.misses.Add(1)
		return false
	}
	u.hits.Add(1)
	u.bytes.Add(int64(len(p)))
	return true
}

// Offer says that the bytes from off on are wanted and were not read from here. A copy of them may be kept.
func (o Object) Offer(k Kind, off int64, data []byte) {
	if o.scope != nil {
		o.scope.cache.offer(k, span{o.id, off, int64(len(data))}, data)
	}
}
