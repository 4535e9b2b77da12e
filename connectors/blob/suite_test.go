package blob

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/silogate/silogate/engine/sqlerr"
)

// place is a store and the way to change what is in it.
type place struct {
	Store
	put    func(t *testing.T, key, content string)
	remove func(t *testing.T, key string)
}

// suite is what every store does; fresh returns one without objects.
func suite(t *testing.T, fresh func(t *testing.T) place) {
	t.Run("lists", func(t *testing.T) { listsInOrder(t, fresh(t)) })
	t.Run("names", func(t *testing.T) { takesAnyName(t, fresh(t)) })
	t.Run("one version", func(t *testing.T) { readsOneVersion(t, fresh(t)) })
	t.Run("written once", func(t *testing.T) { readsWrittenOnce(t, fresh(t)) })
	t.Run("ranges", func(t *testing.T) { readsRanges(t, fresh(t)) })
	t.Run("cancel", func(t *testing.T) { cancels(t, fresh(t)) })
}

func TestLocal(t *testing.T) {
	suite(t, func(t *testing.T) place {
		dir := t.TempDir()
		return place{local(t, dir), func(t *testing.T, key, content string) { put(t, dir, key, content) }, func(t *testing.T, key string) {
			if err := os.Remove(filepath.Join(dir, filepath.FromSlash(key))); err != nil {
				t.Fatal(err)
			}
		}}
	})
}

func listsInOrder(t *testing.T, s place) {
	if got := list(t, s, ListOptions{}); got != nil {
		t.Errorf("an empty store: %q", got)
	}
	for _, key := range []string{"a/1", "a/b/2", "a-b/3", "a.x", "b"} {
		s.put(t, key, "x")
	}
	for _, c := range []struct {
		options ListOptions
		want    []string
	}{
		{ListOptions{}, []string{"a-b/3", "a.x", "a/1", "a/b/2", "b"}},
		{ListOptions{Folders: true}, []string{"a-b/", "a.x", "a/", "b"}},
		{ListOptions{Prefix: "a", Folders: true}, []string{"a-b/", "a.x", "a/"}},
		{ListOptions{Prefix: "a/", Folders: true}, []string{"a/1", "a/b/"}},
		{ListOptions{Prefix: "a/"}, []string{"a/1", "a/b/2"}},
		{ListOptions{Prefix: "a/b"}, []string{"a/b/2"}},
		{ListOptions{Prefix: "none/x"}, nil},
		{ListOptions{Limit: 2}, []string{"a-b/3", "a.x"}},
		{ListOptions{Folders: true, Limit: 2}, []string{"a-b/", "a.x"}},
		{ListOptions{After: "a-b/3"}, []string{"a.x", "a/1", "a/b/2", "b"}},
		{ListOptions{After: "a.xy"}, []string{"a/1", "a/b/2", "b"}},
		{ListOptions{After: "a/"}, []string{"a/1", "a/b/2", "b"}},
		{ListOptions{After: "a/b/"}, []string{"a/b/2", "b"}},
		{ListOptions{Prefix: "a/", After: "a/1", Limit: 1}, []string{"a/b/2"}},
		{ListOptions{After: "b"}, nil},
	} {
		if got := list(t, s, c.options); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.options, got, c.want)
		}
	}
}

// takesAnyName has names that addresses, signatures and XML write in other ways.
func takesAnyName(t *testing.T, s place) {
	want := []string{"day=2024-02-29 12%3A30/a+b.csv", "q/what's? #1 & <2>.csv", "zoë/日本.csv"}
	for _, key := range want {
		s.put(t, key, key)
	}
	if got := list(t, s, ListOptions{}); !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
	for _, key := range want {
		o, err := s.Stat(t.Context(), key)
		if err != nil || o.Key != key || o.Size != int64(len(key)) {
			t.Errorf("%s: %+v, %v", key, o, err)
			continue
		}
		p := make([]byte, len(key))
		if err := s.Read(t.Context(), o, 0, p); err != nil || string(p) != key {
			t.Errorf("%s: read %q, %v", key, p, err)
		}
		folder, _, _ := strings.Cut(key, "/")
		if got := list(t, s, ListOptions{Prefix: folder + "/"}); !slices.Equal(got, []string{key}) {
			t.Errorf("%s: its folder has %q", key, got)
		}
	}
}

func readsOneVersion(t *testing.T, s place) {
	s.put(t, "d/f", "0123456789")
	o, err := s.Stat(t.Context(), "d/f")
	if err != nil || o.Size != 10 {
		t.Fatalf("%+v, %v", o, err)
	}
	for e, err := range s.List(t.Context(), ListOptions{Prefix: "d/"}) {
		if err != nil || e.Object != o {
			t.Errorf("listed %+v, %v; want %+v", e, err, o)
		}
		if since := time.Since(e.Modified); since < -time.Minute || since > time.Hour {
			t.Errorf("it was written at %s", e.Modified)
		}
	}
	p := make([]byte, 3)
	if err := s.Read(t.Context(), o, 4, p); err != nil || string(p) != "456" {
		t.Errorf("%q, %v", p, err)
	}
	for name, content := range map[string]string{"as long": "abcdefghij", "longer": "abcdefghijk", "shorter": "abc"} {
		s.put(t, "d/f", content)
		if err := s.Read(t.Context(), o, 4, p); !sqlerr.Is(err, sqlerr.SourceChanged) || !strings.Contains(err.Error(), s.Location("d/f")) {
			t.Errorf("replaced by one that is %s: %v", name, err)
		}
	}
	s.remove(t, "d/f")
	if err := s.Read(t.Context(), o, 4, p); !sqlerr.Is(err, sqlerr.SourceChanged) || !strings.Contains(err.Error(), s.Location("d/f")) {
		t.Errorf("removed: %v", err)
	}
	for _, key := range []string{"d/f", "d", "never"} {
		if _, err := s.Stat(t.Context(), key); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), s.Location(key)) {
			t.Errorf("stat of %s, which is no file: %v", key, err)
		}
	}
}

// readsWrittenOnce has an object whose version nobody knows, as what a table's metadata name: it is read as long as it has its size.
func readsWrittenOnce(t *testing.T, s place) {
	s.put(t, "d/f", "0123456789")
	o := Object{Key: "d/f", Size: 10}
	p := make([]byte, 3)
	if err := s.Read(t.Context(), o, 4, p); err != nil || string(p) != "456" {
		t.Errorf("%q, %v", p, err)
	}
	for name, content := range map[string]string{"longer": "abcdefghijk", "shorter": "abcdefghi", "shorter than what is read": "abc"} {
		s.put(t, "d/f", content)
		if err := s.Read(t.Context(), o, 4, p); !sqlerr.Is(err, sqlerr.SourceChanged) || !strings.Contains(err.Error(), s.Location("d/f")) {
			t.Errorf("one that is %s: %v", name, err)
		}
	}
	s.remove(t, "d/f")
	if err := s.Read(t.Context(), o, 4, p); !sqlerr.Is(err, sqlerr.SourceChanged) {
		t.Errorf("removed: %v", err)
	}
}

// readsRanges has many of them at the same time, as queries do.
func readsRanges(t *testing.T, s place) {
	const size = 3<<20 + 17
	content := []byte(strings.Repeat("0123456789abcdef-", size/17+1)[:size])
	s.put(t, "large", string(content))
	o, err := s.Stat(t.Context(), "large")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 24 {
		off, length := i*size/24, []int{1, 4096, size / 24}[i%3]
		wg.Go(func() {
			p := make([]byte, length)
			if err := s.Read(t.Context(), o, int64(off), p); err != nil || string(p) != string(content[off:off+length]) {
				t.Errorf("%d bytes at %d: %v", length, off, err)
			}
		})
	}
	wg.Wait()
	whole := make([]byte, size)
	if err := s.Read(t.Context(), o, 0, whole); err != nil || string(whole) != string(content) {
		t.Errorf("all of it: %v", err)
	}
}

func cancels(t *testing.T, s place) {
	s.put(t, "f", "0123456789")
	o, err := s.Stat(t.Context(), "f")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Read(ctx, o, 0, make([]byte, 3)); !errors.Is(err, context.Canceled) {
		t.Errorf("read: %v", err)
	}
	for e, err := range s.List(ctx, ListOptions{}) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("list: %+v, %v", e, err)
		}
	}
	if err := s.Read(t.Context(), o, 0, make([]byte, 3)); err != nil {
		t.Errorf("the store does not recover: %v", err)
	}
}
