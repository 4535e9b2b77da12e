package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
)

// Cache keeps what can be found out again, one sealed file for each key, in a folder of its own beside the database. A file
// of its own that is damaged, or sealed under another key, is removed; what else lies in the folder stays there. It is safe
// for concurrent use; bounding what it holds is its user's business.
type Cache struct {
	dir  string
	seal sealer
	log  *slog.Logger

	mu sync.Mutex
}

// Cache opens the cache of a name, making its folder as needed.
func (s *Store) Cache(name string, log *slog.Logger) (*Cache, error) {
	c := &Cache{dir: filepath.Join(s.dir, name), seal: s.seal, log: log}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return nil, fmt.Errorf("catalog store: %w", err)
	}
	return c, nil
}

// file names the file of a key, and is what the file is sealed for: files can't be exchanged.
func file(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// own are the names that file makes, and those of a write that a crash cut off.
var own = regexp.MustCompile(`^[0-9a-f]{64}(\.new)?$`)

// All yields the keys and what is kept under them, what was written first before what was written last. What can't be read
// is skipped, which one line of the log says.
func (c *Cache) All() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		names, err := c.files()
		skipped := 0
		for _, name := range names {
			key, data, readErr := c.read(name)
			if readErr == nil {
				if !yield(key, data) {
					break
				}
				continue
			}
			skipped++
			if own.MatchString(name) {
				readErr = errors.Join(readErr, os.Remove(filepath.Join(c.dir, name)))
			}
			if err == nil {
				err = readErr
			}
		}
		if err != nil {
			c.log.Warn("files of a cache can't be read, what they held is found out again", "folder", c.dir, "files", skipped, "error", err)
		}
	}
}

// Get returns what is kept under a key, nil if nothing is.
func (c *Cache) Get(key string) ([]byte, error) {
	_, data, err := c.read(file(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("catalog store: %w", err)
	}
	return data, nil
}

// files lists the folder, the oldest file first.
func (c *Cache) files() ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return nil, err
	}
	var found []fs.FileInfo
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			found = append(found, info)
		}
	}
	slices.SortStableFunc(found, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	names := make([]string, len(found))
	for i, info := range found {
		names[i] = info.Name()
	}
	return names, nil
}

func (c *Cache) read(name string) (key string, data []byte, err error) {
	sealed, err := os.ReadFile(filepath.Join(c.dir, name))
	if err != nil {
		return "", nil, err
	}
	text, err := c.seal.open(sealed, "cache "+name)
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", name, err)
	}
	end := bytes.IndexByte(text, '\n')
	if end < 0 {
		return "", nil, fmt.Errorf("%s: it has no key", name)
	}
	unquoted, err := hex.DecodeString(string(text[:end]))
	return string(unquoted), text[end+1:], err
}

// Put keeps data under a key, in place of what was kept under it. After a crash there is the one or the other.
func (c *Cache) Put(key string, data []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := file(key)
	text := append([]byte(hex.EncodeToString([]byte(key))+"\n"), data...)
	if err := writeWhole(filepath.Join(c.dir, name), c.seal.seal(text, "cache "+name)); err != nil {
		return fmt.Errorf("catalog store: %w", err)
	}
	return nil
}

// Delete forgets what is kept under a key; that nothing is, is no error.
func (c *Cache) Delete(key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := os.Remove(filepath.Join(c.dir, file(key))); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("catalog store: %w", err)
	}
	return nil
}

// writeWhole writes a file beside its place and moves it there whole.
func writeWhole(path string, data []byte) error {
	file, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
