package diskcache

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// opened is a cache in a folder, and its log.
type opened struct {
	*testing.T
	*Cache
	scope *Scope
	log   *bytes.Buffer
}

// open opens a cache, which the test closes if the bubble does not.
func open(t *testing.T, dir string, limit int64) *opened {
	t.Helper()
	log := &bytes.Buffer{}
	c := Open(Config{Dir: dir, Limit: limit, Log: slog.New(slog.NewTextHandler(log, nil))})
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return &opened{t, c, c.Scope(sha256.Sum256([]byte("s"))), log}
}

// content is what an object of a name holds.
func content(name string, n int) []byte {
	out := make([]byte, n)
	rand.NewChaCha8(sha256.Sum256([]byte(name))).Read(out) //nolint:errcheck // never fails
	return out
}

const chunk = 10 * block

func (o *opened) object(name string) Object { return o.scope.Object("s3://b/"+name, "v1", chunk) }

// wants wants all of objects, once each, and waits until what was admitted is written.
func (o *opened) wants(names ...string) {
	for _, name := range names {
		if data := make([]byte, chunk); !o.object(name).Read(Chunk, 0, data) {
			o.object(name).Offer(Chunk, 0, content(name, chunk))
		}
		synctest.Wait()
	}
}

// has tells whether an object is there, with the bytes it has.
func (o *opened) has(name string) bool {
	o.Helper()
	got := make([]byte, chunk)
	found := o.object(name).Read(Chunk, 0, got)
	if found && !bytes.Equal(got, content(name, chunk)) {
		o.Errorf("%s has other bytes", name)
	}
	return found
}

// holds compares which of some objects are there, without asking for them.
func (o *opened) holds(want string, names ...string) {
	o.Helper()
	var got []string
	for _, name := range names {
		o.mu.Lock()
		e := o.around(span{o.object(name).id, 0, chunk})
		o.mu.Unlock()
		if e != nil {
			got = append(got, name)
		}
	}
	if text := strings.Join(got, " "); text != want {
		o.Errorf("holds %q, want %q", text, want)
	}
}

func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != lockName {
			names = append(names, e.Name())
		}
	}
	return names
}

func TestWhatIsWantedTwiceIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		c := open(t, dir, 100*chunk)
		c.wants("a")
		if c.has("a") || len(files(t, dir)) > 0 {
			t.Error("what was wanted once is there")
		}
		c.wants("a")
		if !c.has("a") {
			t.Error("what was wanted twice is not there")
		}
		part := make([]byte, 100)
		if !c.object("a").Read(Chunk, 5000, part) || !bytes.Equal(part, content("a", chunk)[5000:5100]) {
			t.Error("a part of it is not there")
		}
		if c.object("a").Read(Chunk, chunk-50, part) {
			t.Error("more than it is there")
		}
		for what, other := range map[string]Object{
			"version": c.scope.Object("s3://b/a", "v2", chunk), "size": c.scope.Object("s3://b/a", "v1", chunk+1),
			"name": c.scope.Object("s3://b/av", "1", chunk), "scope": c.Scope(sha256.Sum256([]byte("other"))).Object("s3://b/a", "v1", chunk),
		} {
			if other.Has(Chunk, 0, 1) || other.Read(Chunk, 0, part) {
				t.Errorf("another %s has its bytes", what)
			}
		}
		for _, name := range files(t, dir) {
			if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info.Mode(), err)
			}
		}
		if u := c.scope.Usage(Chunk); u.Hits != 2 || u.Bytes != chunk+100 || u.Misses == 0 {
			t.Errorf("usage %+v", u)
		}
	})
}

func TestScopeOfNoneKeepsNothing(t *testing.T) {
	var s *Scope
	o := s.Object("x", "1", 10)
	o.Offer(Footer, 0, []byte("x"))
	if o.Has(Footer, 0, 1) || o.Read(Footer, 0, make([]byte, 1)) || s.Usage(Footer) != (Usage{}) {
		t.Error("it has something")
	}
}

func TestFootersAreAdmittedAtOnceUpToAPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, t.TempDir(), 80*chunk)
		for i := range 20 {
			c.object(fmt.Sprint(i)).Offer(Footer, 0, content(fmt.Sprint(i), chunk))
			synctest.Wait()
		}
		if got := c.Totals(Footer); got.Entries != 10 || got.Bytes != 10*chunk || got.Admitted != 10 || got.Refused != 10 {
			t.Errorf("%+v", got)
		}
		c.object("15").Offer(Footer, 0, content("15", chunk))
		synctest.Wait()
		if !c.has("15") {
			t.Error("a footer that was wanted twice is not there")
		}
	})
}

// A wider range takes the place of those in it, a narrower one is there already.
func TestOverlaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		c := open(t, dir, 100*chunk)
		whole := content("a", chunk)
		for _, r := range [][2]int{{100, 50}, {200, 50}, {100, 40}, {90, 200}, {50, 100}, {0, 500}} {
			c.object("a").Offer(Footer, int64(r[0]), whole[r[0]:r[0]+r[1]])
			synctest.Wait()
		}
		if got := c.Totals(Footer); got.Entries != 1 || got.Bytes != block || len(files(t, dir)) != 1 {
			t.Errorf("%+v, files %v", got, files(t, dir))
		}
		got := make([]byte, 400)
		if !c.object("a").Read(Footer, 60, got) || !bytes.Equal(got, whole[60:460]) {
			t.Error("other bytes")
		}
	})
}

func TestEviction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		c := open(t, dir, 10*chunk)
		names := strings.Split("a b c d e f g h i j k l m", " ")
		for _, name := range names[:10] {
			c.wants(name, name)
		}
		c.has("a")
		c.has("c")
		c.wants("k", "k")
		c.holds("a c d e f g h i j k", names...) // a was asked for
		c.wants("l", "l")
		c.holds("a c e f g h i j k l", names...) // and c
		c.has("e")
		c.wants("m", "m")
		c.holds("a c e g h i j k l m", names...)
		if got := c.Totals(Chunk); got.Evicted != 3 || got.Bytes != 10*chunk || len(files(t, dir)) != 10 {
			t.Errorf("%+v, %d files", got, len(files(t, dir)))
		}
	})
}

// Scans of more than the cache holds turn nothing out, however often they come.
func TestLongScansAreNotAdmitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, t.TempDir(), 10*chunk)
		c.wants("a", "a", "b", "b")
		for range 3 {
			for i := range 25 {
				c.wants(fmt.Sprint(i))
			}
		}
		c.holds("a b", "a", "b")
		if got := c.Totals(Chunk); got.Admitted != 2 || got.Refused != 2+3*25 {
			t.Errorf("%+v", got)
		}
	})
}

func TestLargeRangesAreNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, t.TempDir(), 10*chunk)
		for range 2 {
			c.object("a").Offer(Chunk, 0, make([]byte, 2*chunk))
			synctest.Wait()
		}
		if got := c.Totals(Chunk); got.Entries != 0 {
			t.Errorf("%+v", got)
		}
	})
}

// What finds the queue full is not waited for.
func TestFullQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, t.TempDir(), 1<<30)
		c.mu.Lock()
		c.queued = mostQueued
		c.mu.Unlock()
		c.wants("a", "a")
		c.holds("", "a")
		c.mu.Lock()
		c.queued = 0
		c.mu.Unlock()
		c.wants("a")
		c.holds("a", "a")
	})
}

func TestConcurrentUse(t *testing.T) {
	c := open(t, t.TempDir(), 20*chunk)
	var users sync.WaitGroup
	for seed := range uint64(8) {
		users.Go(func() {
			random := rand.New(rand.NewPCG(seed, 1))
			for range 300 {
				name := fmt.Sprint(random.IntN(30))
				off := random.IntN(chunk - 100)
				part := make([]byte, 100)
				if !c.object(name).Read(Chunk, int64(off), part) {
					c.object(name).Offer(Chunk, 0, content(name, chunk))
				} else if !bytes.Equal(part, content(name, chunk)[off:off+100]) {
					t.Errorf("%s has other bytes at %d", name, off)
				}
			}
		})
	}
	users.Wait()
	if got := c.Totals(Chunk); got.Damaged > 0 || got.Bytes > 20*chunk {
		t.Errorf("%+v", got)
	}
	if c.Off() {
		t.Error(c.log)
	}
}
