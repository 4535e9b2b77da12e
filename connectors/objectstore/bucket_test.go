package objectstore

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/engine/sqlerr"
)

// bucket is a store in memory that answers a listing by pages of 1,000 entries, as S3 does, and counts what it is asked.
type bucket struct {
	keys    []string // ascending
	content map[string][]byte

	mu    sync.Mutex
	lists []blob.ListOptions
	pages int
	reads []string // the keys
	fail  error    // of listings, if not nil
}

// newBucket returns a source over a bucket of objects.
func newBucket(t testing.TB, content map[string][]byte) (connectors.Source, *bucket) {
	t.Helper()
	b := &bucket{content: content}
	for key := range content {
		b.keys = append(b.keys, key)
	}
	slices.Sort(b.keys)
	src := open(t, connectors.Options{"url": t.TempDir()})
	src.(*source).store = b
	return src, b
}

// add puts an object.
func (b *bucket) add(key string, content []byte) {
	if at, found := slices.BinarySearch(b.keys, key); !found {
		b.keys = slices.Insert(b.keys, at, key)
	}
	b.content[key] = content
}

// asked returns what the bucket was asked since the last call.
func (b *bucket) asked() (lists []blob.ListOptions, pages int, reads []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	lists, pages, reads = b.lists, b.pages, b.reads
	b.lists, b.pages, b.reads = nil, 0, nil
	return lists, pages, reads
}

func (b *bucket) List(ctx context.Context, o blob.ListOptions) iter.Seq2[blob.Entry, error] {
	return func(yield func(blob.Entry, error) bool) {
		b.mu.Lock()
		b.lists = append(b.lists, o)
		b.pages++
		fail := b.fail
		b.mu.Unlock()
		if fail != nil {
			yield(blob.Entry{}, fail)
			return
		}
		at, _ := slices.BinarySearch(b.keys, max(o.Prefix, o.After))
		folder, count := "", 0
		for _, key := range b.keys[at:] {
			below, ok := strings.CutPrefix(key, o.Prefix)
			if !ok {
				return
			}
			e := blob.Entry{Object: b.object(key)}
			if name, _, isFolder := strings.Cut(below, "/"); o.Folders && isFolder {
				e = blob.Entry{Object: blob.Object{Key: o.Prefix + name + "/"}, Folder: true}
			}
			if key <= o.After || e.Folder && e.Key == folder {
				continue
			}
			folder = e.Key
			if count > 0 && count%1000 == 0 {
				b.mu.Lock()
				b.pages++
				b.mu.Unlock()
			}
			if count++; ctx.Err() != nil || !yield(e, nil) {
				return
			}
		}
	}
}

func (b *bucket) object(key string) blob.Object {
	return blob.Object{Key: key, Size: int64(len(b.content[key])), ETag: fmt.Sprintf("%q", key)}
}

func (b *bucket) Stat(_ context.Context, key string) (blob.Object, error) {
	if _, ok := b.content[key]; !ok {
		return blob.Object{}, sqlerr.Wrap(sqlerr.SourceError, fs.ErrNotExist, "%s", key)
	}
	return b.object(key), nil
}

func (b *bucket) Read(_ context.Context, o blob.Object, off int64, p []byte) error {
	b.mu.Lock()
	b.reads = append(b.reads, o.Key)
	b.mu.Unlock()
	copy(p, b.content[o.Key][off:])
	return nil
}

func (b *bucket) Location(key string) string { return "mem://bucket/" + key }
func (b *bucket) Profile() blob.Profile {
	return blob.Profile{Gap: 1 << 10, Request: 8 << 20, ReadAhead: 32 << 20, Parallel: 16}
}
func (b *bucket) Close() error { return nil }
