package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"log/slog"
	"slices"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/diskcache"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/sqlerr"
)

// onDisk opens a cache that keeps in a folder; what it has in memory is lost when it is stopped.
func onDisk(t *testing.T, dir string) (cache *Cache, stop func()) {
	t.Helper()
	disk := diskcache.Open(diskcache.Config{Dir: dir, Limit: 1 << 20, Log: slog.New(slog.DiscardHandler)})
	stop = func() {
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	cache = NewCache(200)
	cache.UseDisk(disk.Scope(sha256.Sum256(nil)))
	return cache, stop
}

func memoryOf(t *testing.T) bufpooltest.Allocator {
	t.Helper()
	mem := bufpooltest.New()
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return mem
}

// usesOf returns what a cache was worth on disk.
func usesOf(c *Cache, kind diskcache.Kind) connectors.CacheUse {
	for _, u := range c.Uses() {
		if u.Tier == connectors.Disk && u.Kind == kind.String() {
			return u
		}
	}
	return connectors.CacheUse{}
}

// The second query finds all in memory, and has it kept on disk all the same.
func TestCacheOutlivesARestart(t *testing.T) {
	store, dir := newRemote(1), t.TempDir()
	ranges := []Range{{10, 20}, {31, 5}, {50, 30}}
	var cache *Cache
	stop := func() {}
	for _, c := range []struct {
		etag     string
		restart  bool
		requests []int64
		hits     int64 // of the disk
	}{
		{"1", true, []int64{10, 31, 50}, 0},
		{"1", true, []int64{10, 31, 50}, 0}, // what was wanted once was not kept
		{"1", false, []int64{10}, 0},        // one request proves the version
		{"1", true, []int64{10}, 3},
		{"1", false, []int64{10}, 3}, // in memory again
		{"2", true, []int64{10, 31, 50}, 0},
	} {
		if c.restart {
			stop()
			cache, stop = onDisk(t, dir)
		}
		got, err := fetchAll(t, cache, store, c.etag, ranges...)
		if err != nil {
			t.Fatal(err)
		}
		if u := usesOf(cache, diskcache.Chunk); !slices.Equal(got, c.requests) || u.Hits != c.hits {
			t.Errorf("%+v: requests at %v, %+v", c, got, u)
		}
	}
}

// What was replaced is not answered from the disk: the object that was listed is asked for first.
func TestDiskDoesNotOutliveAnObject(t *testing.T) {
	store, dir := newRemote(1), t.TempDir()
	r := Range{10, 20}
	cache, stop := onDisk(t, dir)
	for range 2 {
		if _, err := fetchAll(t, cache, store, "1", r); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	cache, _ = onDisk(t, dir)
	store.hold = func(context.Context, int64) error { return sqlerr.New(sqlerr.SourceChanged, "replaced") }
	if _, err := fetchAll(t, cache, store, "1", r); !sqlerr.Is(err, sqlerr.SourceChanged) {
		t.Errorf("error %v", err)
	}
	if usesOf(cache, diskcache.Chunk).Hits != 1 {
		t.Error("the disk did not have it")
	}
}

// The gap between ranges that are read together is not kept, and is of no matter for what is.
func TestDiskKeepsRangesNotRequests(t *testing.T) {
	store, dir := newRemote(1), t.TempDir()
	for i, segment := range [][]Range{{{0, 4}, {6, 4}}, {{0, 4}, {6, 4}}, {{6, 4}, {20, 4}}} {
		cache, stop := onDisk(t, dir)
		for range 2 {
			f := NewFetcher(store, memoryOf(t), &connectors.Usage{})
			f.UseCache(cache)
			f.Add(Segment{Object: Object{Key: "x", ETag: "1"}, Ranges: segment})
			d, err := f.Get(t.Context(), 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range segment {
				if got := string(d.Bytes(r)); got != string(store.content[r.Off:r.End()]) {
					t.Errorf("range %v: %q", r, got)
				}
			}
			d.Release()
			f.Close()
		}
		if u, want := usesOf(cache, diskcache.Chunk), []int64{0, 2, 1}[i]; u.Hits != want {
			t.Errorf("run %d: %+v, want %d hits", i, u, want)
		}
		stop()
	}
}

// Footers are there after the first time that a file was opened, without a request.
func TestOpeningFindsFootersOnDisk(t *testing.T) {
	store, dir := newRemote(1), t.TempDir()
	o := Object{Key: "x", ETag: "1", Size: int64(len(store.content))}
	large := o
	large.Key, large.Size = "y", smallObject+1
	for run, want := range []int{3, 0} {
		cache, stop := onDisk(t, dir)
		usage := &connectors.Usage{}
		f := NewFetcher(store, memoryOf(t), usage)
		f.UseCache(cache)
		store.forget()
		for _, c := range []struct {
			store Store
			o     Object
		}{{cache.Opening(store), o}, {f.Opening(), o}, {f.Opening(), large}} {
			got := make([]byte, 10)
			if err := ReadMetered(t.Context(), c.store, c.o, 90, got, usage); err != nil || !bytes.Equal(got, store.content[90:100]) {
				t.Errorf("%q, %v", got, err)
			}
		}
		if got := store.started(); len(got) != want {
			t.Errorf("run %d: requests at %v", run, got)
		}
		if u := usage.Totals(); u.FromDisk != int64(30*run) || u.Requests != int64(want) {
			t.Errorf("run %d: usage %+v", run, u)
		}
		f.Close()
		stop()
	}
}
