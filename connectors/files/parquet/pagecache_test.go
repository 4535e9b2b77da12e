package parquet

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
)

func TestPageCache(t *testing.T) {
	const pages, size = 8, 2 * (8 + pageOverhead)
	c := newPageCache(pages * size)
	of := versionKey{"s3://bucket/key", "1"}
	page := func(i int) []byte { return bytes.Repeat([]byte{byte(i)}, 8) } // 16 of them fit
	read := func(i int) bool {
		kept := c.get(pageKey{of, int64(i)})
		if kept == nil {
			c.offer(pageKey{of, int64(i)}, page(i))
			return false
		}
		if !bytes.Equal(kept, page(i)) {
			t.Fatalf("page %d has the bytes %v", i, kept)
		}
		return true
	}
	for i := range pages {
		if first, second := read(i), read(i); first || second || !read(i) {
			t.Fatalf("page %d is not kept when it is read for the second time", i)
		}
	}
	if c.get(pageKey{versionKey{of.location, "2"}, 0}) != nil {
		t.Error("another version has the page")
	}
	c.offer(pageKey{of, 1000}, make([]byte, pages*size))
	c.offer(pageKey{of, 1000}, make([]byte, pages*size))
	if c.get(pageKey{of, 1000}) != nil {
		t.Error("a page of all the cache's bytes is kept")
	}

	// Of half as many again as there is room for, read in turns, most of what is kept is found each time.
	c = newPageCache(pages * size)
	const more = 3 * pages
	found := 0
	for round := range 40 {
		for i := range more {
			if hit := read(i); hit && round >= 20 {
				found++
			}
		}
		if c.size > c.limit || len(c.ring) != len(c.kept) {
			t.Fatalf("%d bytes of %d, %d pages and %d", c.size, c.limit, len(c.ring), len(c.kept))
		}
	}
	if least := 20 * pages; found < least {
		t.Errorf("%d pages were found, want %d", found, least)
	}

	// What is not read any more makes room for what is.
	for range 40 {
		for i := range pages {
			read(100 + i)
		}
	}
	for i := range pages {
		if !read(100 + i) {
			t.Errorf("page %d is not kept", 100+i)
		}
	}
}

// TestKeptPagesAreRead reads a file until its pages are kept, and then what is kept instead of what is compressed.
func TestKeptPagesAreRead(t *testing.T) {
	store, f, err := openFile(t, "testdata/pyarrow_pages.parquet")
	if err != nil {
		t.Fatal(err)
	}
	columns := []int{0, 1}
	read := func() string {
		rows, err := rowsOf(t.Context(), t, store, f, 0, columns, wholeGroup, 8192, nil, nil)
		if err != nil {
			return err.Error()
		}
		return fmt.Sprint(rows)
	}
	first, second, third := read(), read(), read()
	if first != second || first != third {
		t.Error("three reads differ")
	}
	if len(f.pages.kept) == 0 {
		t.Fatal("no page is kept")
	}
	for _, p := range f.pages.ring {
		for i := range p.data {
			p.data[i] = 0xff
		}
	}
	if read() == first {
		t.Error("what is kept is not read")
	}
}

// TestPageCacheShared is for the race detector.
func TestPageCacheShared(t *testing.T) {
	c := newPageCache(20 * pageOverhead)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 5000 {
				key := pageKey{versionKey{"x", "1"}, int64(i % 37)}
				if kept := c.get(key); kept != nil && kept[0] != byte(i%37) {
					t.Errorf("page %d has %d", i%37, kept[0])
				}
				c.offer(key, []byte{byte(i % 37), 0, 0, 0})
			}
		})
	}
	all.Wait()
}
