package diskcache

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRestart(t *testing.T) {
	dir := t.TempDir()
	names := strings.Split("a b c d e f", " ")
	synctest.Test(t, func(t *testing.T) {
		c := open(t, dir, 100*chunk)
		for _, name := range names {
			c.wants(name, name)
			path := filepath.Join(dir, files(t, dir)[0])
			if err := os.Chtimes(path, time.Time{}, time.Now()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // of the bubble
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c := open(t, dir, 100*chunk)
		c.holds("a b c d e f", names...)
		for _, name := range names {
			if !c.has(name) {
				t.Errorf("%s is lost", name)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) { // a smaller limit
		c := open(t, dir, 4*chunk)
		if got := c.Totals(Chunk); got.Entries != 4 || got.Evicted != 2 || len(files(t, dir)) != 4 {
			t.Errorf("%+v, %d files", got, len(files(t, dir)))
		}
	})
	synctest.Test(t, func(t *testing.T) { // none
		c := open(t, dir, 0)
		c.wants("a", "a")
		if !c.Off() || len(files(t, dir)) > 0 || c.log.Len() > 0 {
			t.Errorf("files %v, log %s", files(t, dir), c.log)
		}
	})
}

// A cache that is off from the start makes no folder.
func TestOffWithoutAFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	open(t, dir, 0)
	if _, err := os.Stat(dir); err == nil {
		t.Error("there is a folder")
	}
}

// The oldest leave first where a restart finds too many.
func TestRestartKeepsTheNewest(t *testing.T) {
	dir := t.TempDir()
	names := strings.Split("a b c d", " ")
	synctest.Test(t, func(t *testing.T) {
		c := open(t, dir, 100*chunk)
		for i, name := range names {
			c.wants(name, name)
			e := c.around(span{c.object(name).id, 0, chunk})
			if err := os.Chtimes(c.path(e), time.Time{}, time.Unix(int64(1000-i), 0)); err != nil { // the other way round
				t.Fatal(err)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		open(t, dir, 2*chunk).holds("a b", names...)
	})
}

// What a crash or a disk spoiled is never served, and is fetched again.
func TestDamage(t *testing.T) {
	for name, c := range map[string]struct {
		damage  func(path string, data []byte) error
		atStart bool
	}{
		"a byte":  {func(path string, data []byte) error { data[7777] ^= 1; return os.WriteFile(path, data, 0o600) }, false},
		"its end": {func(path string, data []byte) error { return os.WriteFile(path, data[:len(data)-1], 0o600) }, true},
		"zeroes":  {func(path string, data []byte) error { return os.WriteFile(path, make([]byte, len(data)), 0o600) }, false},
		"gone":    {func(path string, _ []byte) error { return os.Remove(path) }, true},
	} {
		for _, restarted := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					dir := t.TempDir()
					o := open(t, dir, 100*chunk)
					o.wants("a", "a")
					path := filepath.Join(dir, files(t, dir)[0])
					data, err := os.ReadFile(path)
					if err != nil {
						t.Fatal(err)
					}
					if err := c.damage(path, data); err != nil {
						t.Fatal(err)
					}
					if restarted {
						if err := o.Close(); err != nil {
							t.Fatal(err)
						}
						o = open(t, dir, 100*chunk)
					}
					if o.has("a") {
						t.Error("it is served")
					}
					damaged := int64(1)
					if restarted && c.atStart {
						damaged = 0
					}
					if got := o.Totals(Chunk); got.Damaged != damaged {
						t.Errorf("%+v", got)
					}
					o.wants("a", "a")
					if !o.has("a") || o.Off() {
						t.Errorf("it is not kept again: %s", o.log)
					}
				})
			})
		}
	}
}

// A file is worth nothing under another object's name.
func TestSwappedFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, t.TempDir(), 100*chunk)
		c.wants("a", "a", "b", "b")
		a, b := c.around(span{c.object("a").id, 0, chunk}), c.around(span{c.object("b").id, 0, chunk})
		b.sum = a.sum // as a name would say
		if err := os.Rename(c.path(a), c.path(b)); err != nil {
			t.Fatal(err)
		}
		if c.has("a") || c.has("b") {
			t.Error("it is served")
		}
	})
}

// A crash may leave a file that was being written. What is not of the cache stays.
func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"new-123", "notes.txt", "c-00-0-1-0"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open(t, dir, 100*chunk)
	if got := strings.Join(files(t, dir), " "); got != "c-00-0-1-0 notes.txt" {
		t.Errorf("files %s", got)
	}
}

// An error of the disk ends the cache and nothing else; the log says it once.
func TestFailingDisk(t *testing.T) {
	for name, spoil := range map[string]func(c *opened) error{
		"writing": func(c *opened) error { return os.RemoveAll(c.dir) },
		"reading": func(c *opened) error {
			path := c.path(c.around(span{c.object("a").id, 0, chunk}))
			if err := os.Remove(path); err != nil {
				return err
			}
			return os.Mkdir(path, 0o700)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := open(t, t.TempDir(), 100*chunk)
				c.wants("a", "a")
				if err := spoil(c); err != nil {
					t.Fatal(err)
				}
				for _, name := range []string{"a", "b", "b", "c", "c"} {
					c.wants(name)
				}
				if c.has("a") || c.has("b") || !c.Off() || strings.Count(c.log.String(), "the disk cache is off") != 1 {
					t.Errorf("off %t, log %s", c.Off(), c.log)
				}
			})
		})
	}
}

func TestAFolderHasOneCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		first, second := open(t, dir, 100*chunk), open(t, dir, 100*chunk)
		first.wants("a", "a")
		second.wants("b", "b")
		first.holds("a", "a", "b")
		if first.Off() || !second.Off() || !strings.Contains(second.log.String(), "another gateway uses the folder") {
			t.Errorf("log %s", second.log)
		}
	})
}

// A folder that can't be made, or holds what can't be removed, costs the cache and nothing else.
func TestUnusableFolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		full := t.TempDir()
		if err := os.MkdirAll(filepath.Join(full, "new-1", "x"), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, dir := range []string{path, full} {
			c := open(t, dir, 100*chunk)
			c.wants("a", "a")
			if !c.Off() || c.has("a") || strings.Count(c.log.String(), "the disk cache is off") != 1 {
				t.Errorf("%s: off %t, log %s", dir, c.Off(), c.log)
			}
		}
	})
}
