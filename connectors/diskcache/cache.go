package diskcache

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
)

// Kind is what a range is of its object.
type Kind int

// The kinds.
const (
	Chunk  Kind = iota // data
	Footer             // what describes a file: its footer or head, its index of pages
	kinds
)

// Kinds returns all kinds.
func Kinds() []Kind { return []Kind{Chunk, Footer} }

// String is the kind's name in metrics.
func (k Kind) String() string { return [kinds]string{"chunk", "footer"}[k] }

// Config is what a Cache is made with.
type Config struct {
	Dir   string // is made as needed
	Limit int64  // bytes of files; 0: nothing is kept, and what was is removed
	Log   *slog.Logger
}

const (
	// mostEntries bounds the index in memory.
	mostEntries = 1 << 18
	// mostQueued bounds the bytes that wait to be written.
	mostQueued = 16 << 20
	// mostReads bounds the files that are open for reading.
	mostReads = 32
	// largestPart is the part of the limit that one entry may take.
	largestPart = 8
	// footerPart is the part of the limit up to which footers are admitted that are wanted for the first time.
	footerPart = 8
)

// Cache is a folder of entries. It is safe for concurrent use.
type Cache struct {
	dir    string
	limit  int64
	log    *slog.Logger
	lock   *os.File      // nil: the folder is not ours
	off    atomic.Bool   // for an error of the disk
	reads  chan struct{} // a place for each file that is being read
	writer sync.WaitGroup

	mu      sync.Mutex
	objects map[id][]*entry // in ascending order, of which none lies within another: their ends ascend too
	order   sieve
	seen    seen
	queue   chan job // nil: closed
	queued  int64
	writing map[span]bool // that are queued or being written
	totals  [kinds]Totals
}

// Totals is what a cache holds of a kind, and what became of what it was offered.
type Totals struct {
	Bytes   int64 // that are kept
	Entries int64
	Admitted, Evicted,
	Refused, // once seen, or while the queue was full
	Damaged int64 // had not the checksum of its name
}

// entry is a file.
type entry struct {
	span
	kind Kind
	sum  uint64
	node
}

// span is a range of an object.
type span struct {
	of       id
	off, len int64
}

func (s span) end() int64 { return s.off + s.len }

// block is what files take whole ones of.
const block = 4 << 10

// cost is about what a range takes on disk.
func (s span) cost() int64 { return (s.len + block - 1) &^ (block - 1) }

// job is an entry that is to be written.
type job struct {
	*entry
	data []byte
}

// Open opens the cache in a folder and finds what is there. Where that fails the cache is off, which is logged.
func Open(cfg Config) *Cache {
	c := &Cache{
		dir: cfg.Dir, limit: cfg.Limit, log: cfg.Log, reads: make(chan struct{}, mostReads),
		objects: make(map[id][]*entry), writing: make(map[span]bool), queue: make(chan job, mostQueued/block),
	}
	if c.limit == 0 {
		c.off.Store(true)
		if _, err := os.Stat(c.dir); errors.Is(err, fs.ErrNotExist) {
			return c
		}
	}
	if err := c.load(); err != nil {
		c.fail(err)
		return c
	}
	c.seen.limit = c.limit / 2
	if !c.off.Load() {
		queue := c.queue
		c.writer.Go(func() { c.write(queue) })
	}
	return c
}

// Close writes what waits to be written. The cache finds nothing from then on.
func (c *Cache) Close() error {
	c.mu.Lock()
	queue := c.queue
	c.queue = nil
	c.mu.Unlock()
	if queue == nil {
		return nil
	}
	close(queue)
	c.writer.Wait()
	c.off.Store(true)
	if c.lock == nil {
		return nil
	}
	return c.lock.Close()
}

// Off reports a cache that keeps nothing, because that was asked for or its disk failed.
func (c *Cache) Off() bool { return c.off.Load() }

// Totals returns the counts of a kind.
func (c *Cache) Totals(k Kind) Totals {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.totals[k]
}

// fail turns the cache off.
func (c *Cache) fail(err error) {
	if !c.off.Swap(true) {
		c.log.Warn("the disk cache is off until the next start", "folder", c.dir, "error", err)
	}
}

// has reports whether a range is there.
func (c *Cache) has(r span) bool {
	if c.off.Load() {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.around(r) != nil
}

// read fills p with the bytes of a range, if they are there.
func (c *Cache) read(r span, p []byte) bool {
	if c.off.Load() {
		return false
	}
	c.mu.Lock()
	e := c.around(r)
	c.mu.Unlock()
	if e == nil {
		return false
	}
	e.asked.Store(true)
	data := p
	if r != e.span {
		data = make([]byte, e.len)
	}
	c.reads <- struct{}{}
	err := c.readFile(e, data)
	<-c.reads
	switch {
	case err == nil:
		copy(p, data[r.off-e.off:])
		return true
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errDamaged), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		c.spoiled(e)
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE): // it may do the next time
	default:
		c.fail(err)
	}
	return false
}

// spoiled drops an entry that has not the bytes it had.
func (c *Cache) spoiled(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !e.placed {
		return // it was evicted meanwhile
	}
	c.totals[e.kind].Damaged++
	c.forget(e)
	if err := c.remove(e); err != nil {
		c.fail(err)
	}
}

// offer keeps a copy of the bytes of a range, or notes that they were wanted. It waits for nothing.
func (c *Cache) offer(k Kind, r span, data []byte) {
	if c.off.Load() || r.len == 0 || r.len > c.limit/largestPart {
		return
	}
	if !c.admit(k, r) {
		return
	}
	j := job{&entry{span: r, kind: k}, bytes.Clone(data)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.queue == nil {
		return
	}
	c.queue <- j // there is room for more of them than admit lets through
}

// admit reports whether a range is to be written, which its writer then knows of.
func (c *Cache) admit(k Kind, r span) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.queue == nil || c.writing[r] {
		return false
	}
	if e := c.around(r); e != nil {
		e.asked.Store(true)
		return false
	}
	worth := c.seen.note(r) || k == Footer && c.totals[k].Bytes < c.limit/footerPart
	if !worth || c.queued+r.cost() > mostQueued {
		c.totals[k].Refused++
		return false
	}
	c.writing[r] = true
	c.queued += r.cost()
	return true
}

// write writes what is queued, until the queue is closed.
func (c *Cache) write(queue <-chan job) {
	for j := range queue {
		if err := c.keep(j); err != nil {
			c.fail(err)
		}
		c.mu.Lock()
		delete(c.writing, j.span)
		c.queued -= j.cost()
		c.mu.Unlock()
	}
}

// keep writes an entry, and makes room for it.
func (c *Cache) keep(j job) error {
	if c.off.Load() {
		return nil
	}
	j.sum = checksum(j.span, j.data)
	c.mu.Lock()
	gone := c.evict(j.cost())
	c.mu.Unlock()
	if err := c.removeAll(gone); err != nil {
		return err
	}
	if err := c.writeFile(j.entry, j.data); err != nil {
		return err
	}
	c.mu.Lock()
	gone = c.insert(j.entry)
	c.totals[j.kind].Admitted++
	c.mu.Unlock()
	return c.removeAll(gone)
}

// evict forgets entries until there is room for so many bytes. The caller holds mu.
func (c *Cache) evict(room int64) (gone []*entry) {
	for c.order.size > 0 && (c.order.size+room > c.limit || c.order.count >= mostEntries) {
		e := c.order.victim()
		c.totals[e.kind].Evicted++
		c.forget(e)
		gone = append(gone, e)
	}
	return gone
}

func (c *Cache) removeAll(entries []*entry) error {
	for _, e := range entries {
		if err := c.remove(e); err != nil {
			return fmt.Errorf("evict: %w", err)
		}
	}
	return nil
}
