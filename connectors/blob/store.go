package blob

import (
	"context"
	"iter"
	"strings"
	"time"
)

// Object is one version of an object, as a listing or Stat gave it.
type Object struct {
	Key  string
	Size int64
	ETag string // changes whenever the content does; "": the object is written once, and has that size
}

// is reports whether what a store has under the object's key now is that version.
func (o Object) is(now Object) bool {
	return now.Size == o.Size && (o.ETag == "" || now.ETag == o.ETag)
}

// Entry is one element of a listing: an object, or with a delimiter a folder, of which only Key (ending in "/") is set.
type Entry struct {
	Object
	Modified time.Time // when it was written last, by the store's clock; zero: the store does not say
	Folder   bool
}

// ListOptions select what a listing yields.
type ListOptions struct {
	Prefix  string // of the key; it need not end at a "/"
	After   string // only keys after this one; not together with Folders
	Folders bool   // group keys at the first "/" after Prefix into folders instead of walking them
	Limit   int    // stop after so many entries; 0: no limit
}

// Store is a place that holds objects by key, safe for concurrent use. Keys are slash-separated paths without a leading
// slash.
type Store interface {
	// List yields entries in ascending order of key (bytewise). After an error it stops.
	List(context.Context, ListOptions) iter.Seq2[Entry, error]
	// Stat describes the object's current version; a missing one matches fs.ErrNotExist.
	Stat(ctx context.Context, key string) (Object, error)
	// Read fills p with the bytes of exactly that version, from off on. Of an object without an ETag that is any of its size.
	Read(ctx context.Context, o Object, off int64, p []byte) error
	// Location is the full address of a key for messages and lineage, without secrets.
	Location(key string) string
	// Profile says how this store is best read, as far as is known by now.
	Profile() Profile
	// Close drops idle connections; reads in flight fail or finish.
	Close() error
}

// Profile is how a store is best read.
type Profile struct {
	Gap       int64 // two ranges this close are read by one request, the bytes between them thrown away
	Request   int64 // the most bytes of one request
	ReadAhead int64 // bytes to hold before they are asked for; 0: read only on demand, in the caller's goroutine
	Parallel  int   // requests in flight of one Fetcher
}

// Range is a section of an object in bytes.
type Range struct {
	Off, Len int64
}

// End is the offset after the range.
func (r Range) End() int64 { return r.Off + r.Len }

// Base returns the last element of a key; a folder's has no trailing slash.
func Base(key string) string {
	key = strings.TrimSuffix(key, "/")
	return key[strings.LastIndexByte(key, '/')+1:]
}

// Timeouts of remote stores.
const (
	connectTimeout = 5 * time.Second
	answerTimeout  = 20 * time.Second // until the response header
	stallTimeout   = 20 * time.Second // without a byte of the body
)
