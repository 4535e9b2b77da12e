package iceberg

import (
	"bytes"
	"container/list"
	"context"
	"io/fs"
	"sync"
	"time"

	"github.com/apache/iceberg-go/io"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/blob/storage"
	"github.com/silogate/silogate/engine/sqlerr"
)

// warehouse is the store with the files of tables. Metadata name them by their full addresses.
type warehouse struct {
	store blob.Store
	place storage.Place
	cache *contents
}

// key returns the key of a file by its address. Nothing outside the warehouse is read: metadata are not trusted with that.
func (w *warehouse) key(address string) (string, error) {
	key, ok := w.place.Key(address)
	if !ok {
		return "", sqlerr.New(sqlerr.SourceError, "%s lies outside the warehouse %s", address, w.location())
	}
	return key, nil
}

// location is the address of the warehouse.
func (w *warehouse) location() string { return w.store.Location(w.place.Prefix) }

// read returns the content of a metadata file. These are never written twice, so what was read is kept.
func (w *warehouse) read(ctx context.Context, address string, usage *connectors.Usage) ([]byte, error) {
	if data := w.cache.get(address); data != nil {
		return data, nil
	}
	key, err := w.key(address)
	if err != nil {
		return nil, err
	}
	data, err := w.readKey(ctx, key, usage)
	if err != nil {
		return nil, err
	}
	w.cache.put(address, data)
	return data, nil
}

// mostMetadata is the size of the largest metadata file that is read; no honest one is larger.
const mostMetadata = 512 << 20

func (w *warehouse) readKey(ctx context.Context, key string, usage *connectors.Usage) ([]byte, error) {
	o, err := w.store.Stat(ctx, key)
	if err != nil {
		return nil, err
	}
	if o.Size > mostMetadata {
		return nil, sqlerr.New(sqlerr.Corrupt, "%s has %d bytes of metadata", w.store.Location(key), o.Size)
	}
	data := make([]byte, o.Size)
	if o.Size == 0 {
		return data, nil
	}
	return data, blob.ReadMetered(ctx, w.store, o, 0, data, usage)
}

// fileIO is a warehouse as iceberg-go reads it, for one call.
type fileIO struct {
	*warehouse
	ctx   context.Context
	usage *connectors.Usage
}

// Open implements io.IO.
func (f fileIO) Open(name string) (io.File, error) {
	data, err := f.read(f.ctx, name, f.usage)
	if err != nil {
		return nil, err
	}
	return &openFile{Reader: bytes.NewReader(data), name: name, size: int64(len(data))}, nil
}

// Remove implements io.IO; nothing is ever written.
func (fileIO) Remove(name string) error {
	return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrPermission}
}

// openFile is a file that was read; it describes itself.
type openFile struct {
	*bytes.Reader
	name string
	size int64
}

// Close implements io.File.
func (*openFile) Close() error { return nil }

// Stat implements io.File.
func (f *openFile) Stat() (fs.FileInfo, error) { return fileInfo{f}, nil }

type fileInfo struct{ *openFile }

func (i fileInfo) Name() string     { return blob.Base(i.name) }
func (i fileInfo) Size() int64      { return i.size }
func (fileInfo) Mode() fs.FileMode  { return 0o444 }
func (fileInfo) ModTime() time.Time { return time.Time{} }
func (fileInfo) IsDir() bool        { return false }
func (fileInfo) Sys() any           { return nil }

// contents keeps what was read of files that never change, the least recently used dropped beyond a size. It is safe for
// concurrent use.
type contents struct {
	limit int

	mu      sync.Mutex
	size    int
	entries map[string]*list.Element
	order   *list.List // of content, most recently used first
}

type content struct {
	name string
	data []byte
}

func newContents(limit int) *contents {
	return &contents{limit: limit, entries: make(map[string]*list.Element), order: list.New()}
}

// get returns the content of a file, which nobody changes; nil: it is not kept.
func (c *contents) get(name string) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[name]
	if !ok {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(content).data
}

// put keeps a file, unless it alone would take most of the room.
func (c *contents) put(name string, data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.entries[name]; ok || len(data) > c.limit/2 {
		return
	}
	c.entries[name] = c.order.PushFront(content{name, data})
	for c.size += len(data); c.size > c.limit; {
		oldest := c.order.Remove(c.order.Back()).(content)
		delete(c.entries, oldest.name)
		c.size -= len(oldest.data)
	}
}
