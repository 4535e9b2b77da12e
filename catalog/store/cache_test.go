package store

import (
	"bytes"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// openTestCache returns the cache of a data folder and what it logs.
func openTestCache(t *testing.T, dir string) (*Cache, *bytes.Buffer) {
	t.Helper()
	s := mustOpen(t, dir)
	t.Cleanup(func() { mustClose(t, s) })
	said := new(bytes.Buffer)
	c, err := s.Cache("statistics", slog.New(slog.NewTextHandler(said, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return c, said
}

func TestCache(t *testing.T) {
	dir := t.TempDir()
	c, said := openTestCache(t, dir)
	data := map[string]string{"a": "secret-1", "b\nc": "", "": "with\nlines\n", "gone": "x"}
	for _, key := range slices.Sorted(maps.Keys(data)) {
		if err := c.Put(key, []byte(data[key])); err != nil {
			t.Fatal(err)
		}
	}
	data["a"] = "secret-2"
	for range 2 {
		if err := c.Put("a", []byte(data["a"])); err != nil {
			t.Fatal(err)
		}
		if err := c.Delete("gone"); err != nil {
			t.Fatal(err)
		}
	}
	delete(data, "gone")
	got := map[string]string{}
	last := ""
	for key, value := range c.All() {
		got[key], last = string(value), key
	}
	if !maps.Equal(got, data) || last != "a" || said.Len() > 0 {
		t.Errorf("kept %q, %q last; said %s", got, last, said)
	}
	if value, err := c.Get("a"); string(value) != "secret-2" || err != nil {
		t.Errorf("%q, %v", value, err)
	}
	if value, err := c.Get("gone"); value != nil || err != nil {
		t.Errorf("%q, %v", value, err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "statistics", "*"))
	if err != nil || len(files) != len(data) {
		t.Errorf("%q, %v", files, err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		info, statErr := os.Stat(path)
		if err != nil || statErr != nil || bytes.Contains(text, []byte("secret")) || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v, mode %v, %q", path, err, statErr, info.Mode(), text)
		}
	}
}

// What can't be read is skipped with one line, and removed if it is the cache's own.
func TestCacheSkipsWhatIsDamaged(t *testing.T) {
	dir := t.TempDir()
	c, said := openTestCache(t, dir)
	for _, key := range []string{"good", "cut", "changed", "moved", "half"} {
		if err := c.Put(key, []byte("data of "+key)); err != nil {
			t.Fatal(err)
		}
	}
	at := func(key string) string { return filepath.Join(c.dir, file(key)) }
	text, err := os.ReadFile(at("changed"))
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	for _, err := range []error{
		os.Truncate(at("cut"), 5), os.WriteFile(at("changed"), text, 0o600), os.Rename(at("moved"), at("elsewhere")),
		os.Rename(at("half"), at("half")+".new"), os.WriteFile(filepath.Join(c.dir, "README"), []byte("foreign"), 0o600),
		os.Mkdir(filepath.Join(c.dir, "folder"), 0o700),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		got := maps.Collect(c.All())
		if len(got) != 1 || string(got["good"]) != "data of good" {
			t.Errorf("read %q", got)
		}
	}
	lines := strings.Split(strings.TrimSpace(said.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "files=5") || !strings.Contains(lines[1], "files=1") {
		t.Errorf("said\n%s", said)
	}
	left, err := os.ReadDir(c.dir)
	if err != nil || len(left) != 3 {
		t.Errorf("left %v, %v", left, err)
	}
	if data, err := c.Get("cut"); data != nil || err != nil {
		t.Errorf("%q, %v", data, err)
	}
}

// Another key file is as if there was nothing.
func TestCacheOfAnotherKey(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	c, err := s.Cache("statistics", slog.New(slog.DiscardHandler))
	if err == nil {
		err = c.Put("a", []byte("data"))
	}
	mustClose(t, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "catalog.key")); err != nil {
		t.Fatal(err)
	}
	c, said := openTestCache(t, dir)
	if got := maps.Collect(c.All()); len(got) != 0 || strings.Count(said.String(), "\n") != 1 {
		t.Errorf("read %q, said %s", got, said)
	}
}
