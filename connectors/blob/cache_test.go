package blob

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
)

// fetchAll reads ranges of an object through a cache, one segment each, and returns where requests began.
func fetchAll(t *testing.T, cache *Cache, store *remote, etag string, ranges ...Range) ([]int64, error) {
	t.Helper()
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	store.forget()
	f := NewFetcher(store, mem, &connectors.Usage{})
	f.UseCache(cache)
	defer f.Close()
	for _, r := range ranges {
		f.Add(Segment{Object: Object{Key: "x", ETag: etag}, Ranges: []Range{r}})
	}
	for i, r := range ranges {
		d, err := f.Get(t.Context(), i)
		if err != nil {
			return nil, err
		}
		if got := string(d.Bytes(r)); got != string(store.content[r.Off:r.End()]) {
			t.Errorf("range %v: %q", r, got)
		}
		d.Release()
	}
	return store.started(), nil
}

func TestCacheServesWhatWasRead(t *testing.T) {
	store, cache := newRemote(1), NewCache(200)
	for _, c := range []struct {
		etag   string
		ranges []Range
		want   []int64
	}{
		{"1", []Range{{10, 20}, {50, 30}}, []int64{10, 50}},
		{"1", []Range{{10, 20}, {55, 10}}, []int64{10}},         // one request proves the version
		{"1", []Range{{10, 21}}, []int64{10}},                   // partly there: read, and kept instead
		{"1", []Range{{10, 21}, {52, 20}}, []int64{10}},         //
		{"2", []Range{{10, 20}}, []int64{10}},                   // another version
		{"1", []Range{{200, 64}, {300, 64}}, []int64{200, 300}}, // more than half of the cache
		{"1", []Range{{300, 64}}, []int64{300}},
		{"1", []Range{{400, 64}}, []int64{400}}, // turns out what was not used for long
		{"1", []Range{{500, 64}}, []int64{500}},
		{"1", []Range{{50, 30}}, []int64{50}},
	} {
		got, err := fetchAll(t, cache, store, c.etag, c.ranges...)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("version %s, ranges %v: requests at %v, want %v", c.etag, c.ranges, got, c.want)
		}
		if cache.size > cache.limit {
			t.Errorf("%d bytes are kept", cache.size)
		}
	}
}

// What is there of a segment is not read again; the request for the rest proves the version.
func TestCacheServesPartsOfASegment(t *testing.T) {
	store, cache := newRemote(1), NewCache(200)
	if _, err := fetchAll(t, cache, store, "1", Range{10, 20}); err != nil {
		t.Fatal(err)
	}
	store.forget()
	f := NewFetcher(store, memory.DefaultAllocator, &connectors.Usage{})
	f.UseCache(cache)
	defer f.Close()
	o := Object{Key: "x", ETag: "1"}
	f.Add(Segment{Object: o, Ranges: []Range{{12, 8}, {31, 5}, {5, 0}}}, Segment{Object: o, Ranges: []Range{{15, 5}}})
	for i, ranges := range [][]Range{{{12, 8}, {31, 5}}, {{15, 5}}} {
		d, err := f.Get(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range ranges {
			if got := string(d.Bytes(r)); got != string(store.content[r.Off:r.End()]) {
				t.Errorf("range %v: %q", r, got)
			}
		}
		d.Release()
	}
	if got := store.started(); !slices.Equal(got, []int64{31}) {
		t.Errorf("requests at %v", got)
	}
}

// Nothing was proved of an object of which nothing was asked.
func TestCacheChecksAfterAnEmptySegment(t *testing.T) {
	store, cache := newRemote(1), NewCache(200)
	if _, err := fetchAll(t, cache, store, "1", Range{10, 20}); err != nil {
		t.Fatal(err)
	}
	store.forget()
	f := NewFetcher(store, memory.DefaultAllocator, &connectors.Usage{})
	f.UseCache(cache)
	defer f.Close()
	for i, r := range []Range{{10, 0}, {10, 20}} {
		f.Add(Segment{Object: Object{Key: "x", ETag: "1"}, Ranges: []Range{r}})
		d, err := f.Get(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		d.Release()
	}
	if got := store.started(); !slices.Equal(got, []int64{10}) {
		t.Errorf("requests at %v", got)
	}
}

// An object that was replaced is not served from the cache either.
func TestCacheChecksTheVersion(t *testing.T) {
	store, cache := newRemote(1000), NewCache(200)
	if _, err := fetchAll(t, cache, store, "1", Range{10, 20}, Range{50, 20}); err != nil {
		t.Fatal(err)
	}
	replaced := errors.New("replaced")
	store.hold = func(context.Context, int64) error { return replaced }
	if _, err := fetchAll(t, cache, store, "1", Range{10, 20}, Range{50, 20}); !errors.Is(err, replaced) {
		t.Errorf("error %v", err)
	}
}

// A check that one reader's cancellation cut off is made again for the next.
func TestCacheCheckOutlivesCancellation(t *testing.T) {
	store, cache := newRemote(1), NewCache(200)
	if _, err := fetchAll(t, cache, store, "1", Range{10, 20}, Range{50, 20}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	store.hold = func(ctx context.Context, off int64) error {
		if off == 10 {
			cancel()
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}
	f := NewFetcher(store, memory.DefaultAllocator, &connectors.Usage{})
	f.UseCache(cache)
	defer f.Close()
	f.Add(Segment{Object: Object{Key: "x", ETag: "1"}, Ranges: []Range{{10, 20}}})
	f.Add(Segment{Object: Object{Key: "x", ETag: "1"}, Ranges: []Range{{50, 20}}})
	if _, err := f.Get(ctx, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	d, err := f.Get(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	d.Release()
}

// TestCacheKeepsExtentsApart puts and gets random ranges of one object.
func TestCacheKeepsExtentsApart(t *testing.T) {
	content := make([]byte, 1000)
	for i := range content {
		content[i] = byte(i % 251)
	}
	r, cache, of := rand.New(rand.NewPCG(1, 1)), NewCache(600), version{"x", "1"}
	served := 0
	for range 20000 {
		at := Range{Off: r.Int64N(900), Len: 1 + r.Int64N(100)}
		if r.IntN(2) == 0 {
			cache.put(of, at.Off, content[at.Off:at.End()])
			if got := cache.get(of, at); !bytes.Equal(got, content[at.Off:at.End()]) {
				t.Fatalf("%v was put and is %v", at, got)
			}
		} else if got := cache.get(of, at); got != nil {
			served++
			if !bytes.Equal(got, content[at.Off:at.End()]) {
				t.Fatalf("%v is %v", at, got)
			}
		}
		size, before := int64(0), (*extent)(nil)
		for _, e := range cache.objects[of] {
			x := e.Value.(*extent)
			if before != nil && (x.off <= before.off || x.end() <= before.end()) {
				t.Fatalf("%d to %d comes after %d to %d", x.off, x.end(), before.off, before.end())
			}
			size, before = size+int64(len(x.data)), x
		}
		if size != cache.size || size > cache.limit || cache.order.Len() != len(cache.objects[of]) {
			t.Fatalf("%d bytes are %d", size, cache.size)
		}
	}
	if served < 100 {
		t.Errorf("%d ranges were served", served)
	}
}

// A small object that was opened takes no further request, a large one does.
func TestOpeningReadsSmallObjectsWhole(t *testing.T) {
	for _, c := range []struct {
		size int
		want []int64 // where requests begin
	}{
		{smallObject, []int64{0}},
		{smallObject + 1, []int64{20, smallObject - 9}},
	} {
		store := newRemote(1)
		store.content = bytes.Repeat([]byte("0123456789"), smallObject/10+1)
		usage := &connectors.Usage{}
		f := NewFetcher(store, memory.DefaultAllocator, usage)
		f.UseCache(NewCache(1 << 20))
		o := Object{Key: "x", ETag: "1", Size: int64(c.size)}
		end := make([]byte, 10)
		if err := ReadMetered(t.Context(), f.Opening(), o, o.Size-10, end, usage); err != nil || !bytes.Equal(end, store.content[c.size-10:c.size]) {
			t.Errorf("read %q, error %v", end, err)
		}
		f.Add(Segment{Object: o, Ranges: []Range{{20, 30}}})
		d, err := f.Get(t.Context(), 0)
		if err != nil || !bytes.Equal(d.Bytes(Range{20, 30}), store.content[20:50]) {
			t.Fatalf("error %v", err)
		}
		d.Release()
		f.Close()
		if got, n := store.started(), usage.Totals(); !slices.Equal(got, c.want) || n.Requests != int64(len(c.want)) || n.Bytes < 40 || c.size == smallObject && n.Bytes != smallObject {
			t.Errorf("%d bytes: requests at %v, usage %+v, want %v", c.size, got, n, c.want)
		}
	}
}
