package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/sqlerr"
)

func put(t *testing.T, dir, key, content string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func local(t *testing.T, dir string) *Local {
	t.Helper()
	l, err := NewLocal(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func list(t *testing.T, s Store, o ListOptions) []string {
	t.Helper()
	var keys []string
	for e, err := range s.List(t.Context(), o) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Folder != strings.HasSuffix(e.Key, "/") {
			t.Errorf("%s: folder = %v", e.Key, e.Folder)
		}
		keys = append(keys, e.Key)
	}
	return keys
}

func TestAFolderWithoutFilesIsNone(t *testing.T) {
	dir := t.TempDir()
	for _, empty := range []string{"empty", "nested/empty"} {
		if err := os.MkdirAll(filepath.Join(dir, empty), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put(t, dir, "deep/a/b/c", "x")
	if err := os.MkdirAll(filepath.Join(dir, "deep/0"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("deep", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if got, want := list(t, local(t, dir), ListOptions{Folders: true}), []string{"deep/", "link/"}; !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
}

func TestLocalStaysInside(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	put(t, outside, "secret", "x")
	put(t, dir, "data/file", "x")
	for link, target := range map[string]string{"escape": outside, "inside": "data"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	s := local(t, dir)
	for _, key := range []string{"escape/secret", "../" + filepath.Base(outside) + "/secret"} {
		if _, err := s.Stat(t.Context(), key); err == nil {
			t.Errorf("%s can be seen", key)
		}
	}
	if _, err := s.Stat(t.Context(), "inside/file"); err != nil {
		t.Errorf("a link inside the folder: %v", err)
	}
}

func TestCoalesce(t *testing.T) {
	p := Profile{Gap: 10, Request: 100}
	for _, c := range []struct{ ranges, want []Range }{
		{nil, nil},
		{[]Range{{0, 5}, {15, 5}}, []Range{{0, 20}}},
		{[]Range{{0, 5}, {16, 5}}, []Range{{0, 5}, {16, 5}}},
		{[]Range{{50, 5}, {0, 45}}, []Range{{0, 55}}},
		{[]Range{{0, 60}, {60, 60}}, []Range{{0, 60}, {60, 60}}},
		{[]Range{{0, 500}, {505, 1}}, []Range{{0, 500}, {505, 1}}},
		{[]Range{{5, 0}}, nil},
	} {
		var got []Range
		for _, b := range p.coalesce(c.ranges) {
			got = append(got, b.Range)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v: %v, want %v", c.ranges, got, c.want)
		}
	}
}

// remote is a store of one object whose reads are recorded and may be held back.
type remote struct {
	Store
	profile Profile
	content []byte
	hold    func(ctx context.Context, off int64) error

	mu    sync.Mutex
	reads []int64
}

func (r *remote) Profile() Profile { return r.profile }

func (r *remote) Read(ctx context.Context, _ Object, off int64, p []byte) error {
	r.mu.Lock()
	r.reads = append(r.reads, off)
	r.mu.Unlock()
	if r.hold != nil {
		if err := r.hold(ctx, off); err != nil {
			return err
		}
	}
	copy(p, r.content[off:])
	return nil
}

func (r *remote) Location(key string) string { return "remote:" + key }

// forget makes started begin anew.
func (r *remote) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reads = nil
}

func (r *remote) started() []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(slices.Values(r.reads))
}

// segments adds n segments of ten bytes.
func segments(f *Fetcher, n int) {
	for i := range n {
		f.Add(Segment{Ranges: []Range{{int64(i) * 10, 4}, {int64(i)*10 + 6, 4}}})
	}
}

func newRemote(readAhead int64) *remote {
	return &remote{
		content: bytes.Repeat([]byte("0123456789"), 100),
		profile: Profile{Gap: 4, Request: 64, ReadAhead: readAhead, Parallel: 4},
	}
}

func TestFetcherReadsAheadWithinItsLimit(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	store := newRemote(30)
	begun := make(chan int64, 10)
	store.hold = func(_ context.Context, off int64) error {
		begun <- off
		return nil
	}
	usage := &connectors.Usage{}
	f := NewFetcher(store, mem, usage)
	defer f.Close()
	segments(f, 10)
	if got := store.started(); len(got) != 0 {
		t.Errorf("reads %v before anything was asked for", got)
	}
	d, err := f.Get(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(d.Bytes(Range{6, 4})); got != "6789" {
		t.Errorf("bytes %q", got)
	}
	if d.Bytes(Range{8, 4}) != nil {
		t.Error("bytes that were not asked for")
	}
	d.Release()
	for range 3 { // the segment and two of those after it
		<-begun
	}
	f.Close() // waits for the reads under way
	if got := store.started(); len(got) < 3 || len(got) > 4 || got[0] != 0 {
		t.Errorf("reads at %v, want the first segment and up to 30 bytes more", got)
	}
	if u := usage.Totals(); u.Requests != int64(len(store.started())) || u.Bytes > 40 {
		t.Errorf("usage %+v", u)
	}
}

func TestFetcherGivesEverySegment(t *testing.T) {
	for _, readAhead := range []int64{0, 25, 1 << 20} {
		t.Run(fmt.Sprint(readAhead), func(t *testing.T) {
			mem := bufpooltest.New()
			defer mem.AssertSize(t, 0)
			store := newRemote(readAhead)
			f := NewFetcher(store, mem, &connectors.Usage{})
			defer f.Close()
			segments(f, 20)
			f.Skip(3)
			var wg sync.WaitGroup
			for worker := range 3 {
				wg.Go(func() {
					for i := worker; i < 20; i += 3 {
						if i == 3 {
							continue
						}
						d, err := f.Get(t.Context(), i)
						if err != nil {
							t.Error(err)
							return
						}
						if got := string(d.Bytes(Range{int64(i) * 10, 4})); got != "0123" {
							t.Errorf("segment %d: %q", i, got)
						}
						d.Release()
					}
				})
			}
			wg.Wait()
			if slices.Contains(store.started(), 30) && readAhead == 0 {
				t.Error("a skipped segment was read")
			}
			if _, err := f.Get(t.Context(), 0); err == nil {
				t.Error("a segment was given twice")
			}
		})
	}
}

func TestFetcherSplitsLongRanges(t *testing.T) {
	store := newRemote(1000)
	f := NewFetcher(store, memory.DefaultAllocator, &connectors.Usage{})
	defer f.Close()
	f.Add(Segment{Ranges: []Range{{100, 150}}})
	d, err := f.Get(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Release()
	if got := d.Bytes(Range{100, 150}); !bytes.Equal(got, store.content[100:250]) {
		t.Errorf("bytes %q", got)
	}
	if got := store.started(); !slices.Equal(got, []int64{100, 164, 228}) {
		t.Errorf("requests at %v", got)
	}
}

func TestFetcherFailsAndCancels(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	broken := errors.New("broken")
	store := newRemote(1000)
	store.hold = func(ctx context.Context, off int64) error {
		if off == 10 {
			return broken
		}
		if off >= 20 {
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}
	f := NewFetcher(store, mem, &connectors.Usage{})
	segments(f, 5)
	if d, err := f.Get(t.Context(), 0); err != nil {
		t.Error(err)
	} else {
		d.Release()
	}
	if _, err := f.Get(t.Context(), 1); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Get(ctx, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	f.Skip(3)
	f.Close()
	f.Close()
	if _, err := f.Get(t.Context(), 4); err == nil {
		t.Error("a closed fetcher gave a segment")
	}
}

// TestFetcherSurvivesAPanic has a store with a defect: it is the error of who asked for the segment.
func TestFetcherSurvivesAPanic(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	store := newRemote(1000)
	store.hold = func(context.Context, int64) error { panic("boom") }
	f := NewFetcher(store, mem, &connectors.Usage{})
	defer f.Close()
	segments(f, 2)
	if _, err := f.Get(t.Context(), 0); !sqlerr.Is(err, sqlerr.Internal) {
		t.Errorf("error %v", err)
	}
}

func TestPool(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	p := NewPool(mem)
	a := p.Allocate(100_000)
	if len(a) != 100_000 || cap(a) > 125_000 {
		t.Errorf("length %d, capacity %d", len(a), cap(a))
	}
	a[0] = 7
	p.Free(a[:10])
	if b := p.Allocate(99_000); &b[0] != &a[0] {
		t.Error("a freed buffer was not used again")
	} else {
		c := p.Reallocate(300_000, b)
		if c[0] != 7 || len(c) != 300_000 {
			t.Error("the content did not move along")
		}
		p.Close()
		p.Free(c)
	}
}
