package diskcache

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/zeebo/xxh3"
)

// The names in the folder besides those of entries.
const (
	lockName  = "lock"
	newPrefix = "new-" // of a file that is being written
)

// entryName is a kind, an object, the offset and length of a range and the checksum.
var entryName = regexp.MustCompile(`^([cf])-([0-9a-f]{32})-([0-9a-f]{1,15})-([0-9a-f]{1,15})-([0-9a-f]{16})$`)

const kindLetters = "cf"

func (e *entry) name() string {
	return fmt.Sprintf("%c-%x-%x-%x-%016x", kindLetters[e.kind], e.of, e.off, e.len, e.sum)
}

// parse is the opposite of name; nil: it is no entry's.
func parse(name string) *entry {
	m := entryName.FindStringSubmatch(name)
	if m == nil {
		return nil
	}
	e := &entry{kind: Kind(strings.Index(kindLetters, m[1]))}
	_, err := hex.Decode(e.of[:], []byte(m[2]))
	number := func(text string) uint64 {
		n, parseErr := strconv.ParseUint(text, 16, 64)
		err = errors.Join(err, parseErr)
		return n
	}
	e.off, e.len, e.sum = int64(number(m[3])), int64(number(m[4])), number(m[5])
	if err != nil || e.len == 0 {
		return nil
	}
	return e
}

// checksum is that of the bytes of a range, and of the range itself: a file does not pass for another.
func checksum(r span, data []byte) uint64 {
	where := binary.LittleEndian.AppendUint64(slices.Clone(r.of[:]), uint64(r.off))
	return xxh3.HashSeed(data, xxh3.Hash(where))
}

var errDamaged = errors.New("its checksum is another")

func (c *Cache) path(e *entry) string { return filepath.Join(c.dir, e.name()) }

// readFile reads an entry's bytes and checks them.
func (c *Cache) readFile(e *entry, data []byte) error {
	f, err := os.Open(c.path(e))
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.ReadFull(f, data); err != nil {
		return err
	}
	if checksum(e.span, data) != e.sum {
		return errDamaged
	}
	return nil
}

// writeFile writes an entry for its owner alone.
func (c *Cache) writeFile(e *entry, data []byte) error {
	f, err := os.CreateTemp(c.dir, newPrefix)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), c.path(e))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// remove removes an entry's file. That it is gone is no error.
func (c *Cache) remove(e *entry) error {
	if err := os.Remove(c.path(e)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// load takes the folder and indexes what is there, as far as there is room for it. Who wrote last is taken to be wanted most.
func (c *Cache) load() error {
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return err
	}
	var err error
	if c.lock, err = lockFile(filepath.Join(c.dir, lockName)); err != nil {
		return err
	}
	found, err := c.scan()
	if err != nil {
		return err
	}
	held := int64(0)
	for _, f := range found {
		held += f.entry.cost()
	}
	// What fills a disk takes it from what queries spill.
	if free, known := freeBytes(c.dir); known {
		c.limit = min(c.limit, (free+held)/2)
	}
	var gone []*entry
	for _, f := range found {
		gone = append(gone, c.insert(f.entry)...)
	}
	return c.removeAll(append(gone, c.evict(0)...))
}

// foundFile is an entry and when it was written.
type foundFile struct {
	*entry
	written int64
}

// scan lists the entries of the folder, the oldest first, and removes what was not written to its end.
func (c *Cache) scan() ([]foundFile, error) {
	files, err := os.ReadDir(c.dir)
	if err != nil {
		return nil, err
	}
	var found []foundFile
	for _, f := range files {
		e := parse(f.Name())
		torn := strings.HasPrefix(f.Name(), newPrefix)
		if e != nil {
			info, err := f.Info()
			if err != nil {
				return nil, err
			}
			if torn = info.Size() != e.len; !torn {
				found = append(found, foundFile{e, info.ModTime().UnixNano()})
			}
		}
		if torn {
			if err := os.Remove(filepath.Join(c.dir, f.Name())); err != nil {
				return nil, err
			}
		}
	}
	slices.SortStableFunc(found, func(a, b foundFile) int { return int(min(max(a.written-b.written, -1), 1)) })
	return found, nil
}

// lockFile opens or makes a file that no other process has open like this; closing it lets others in.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another gateway uses the folder: %w", err), f.Close())
	}
	return f, nil
}
