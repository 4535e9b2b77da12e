package blob

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/diskcache"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Segment is the ranges of one object that are used together, such as the column chunks of a row group.
type Segment struct {
	Object Object
	Ranges []Range // in any order; they may not overlap
	Kind   diskcache.Kind
}

// Fetcher reads the segments of one execution: those that are asked for, and ahead of them the next ones in the order
// they were added. It is safe for concurrent use.
type Fetcher struct {
	store   Store
	profile Profile
	mem     memory.Allocator
	usage   *connectors.Usage
	cache   cached
	slots   *semaphore.Weighted
	reads   sync.WaitGroup

	mu      sync.Mutex
	pending []*fetch // by segment; nil once it was taken or skipped
	next    int      // the first segment that may not be started yet
	held    int64    // bytes of segments that are started and not taken
	running map[*fetch]context.CancelFunc
	closed  bool
}

// fetch is a segment under way.
type fetch struct {
	segment Segment
	blocks  []block
	bytes   int64 // of the ranges
	started bool
	done    chan struct{} // closed when every block is read, or one failed
	err     error         // valid once done is closed
}

// block is one request: neighbouring ranges of an object and the gaps between them.
type block struct {
	Range
	data   []byte
	shared bool // data is the cache's
}

// NewFetcher returns a fetcher without segments. The memory of what it reads comes from mem; usage counts it.
func NewFetcher(store Store, mem memory.Allocator, usage *connectors.Usage) *Fetcher {
	profile := store.Profile()
	return &Fetcher{
		store: store, profile: profile, mem: mem, usage: usage,
		slots:   semaphore.NewWeighted(int64(profile.Parallel)),
		running: make(map[*fetch]context.CancelFunc),
	}
}

// UseCache makes the fetcher keep what it reads in a cache, and read nothing that is there. It is for before the first Get,
// and for stores that are read ahead.
func (f *Fetcher) UseCache(c *Cache) {
	f.cache = cached{Cache: c, versions: make(map[version]*checked)}
}

// Trust says that all objects were listed so lately that no request need prove that they still are what was listed.
func (f *Fetcher) Trust() { f.cache.trusted = true }

// Add appends segments and returns the number of the first; the others follow. Nothing is read before the first Get.
func (f *Fetcher) Add(segments ...Segment) int {
	list := make([]*fetch, len(segments))
	for i, s := range segments {
		list[i] = &fetch{segment: s, done: make(chan struct{})}
		for _, r := range s.Ranges {
			list[i].bytes += r.Len
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending = append(f.pending, list...)
	return len(f.pending) - len(segments)
}

// errTaken is a use of the fetcher against its contract, or after Close.
var errTaken = errors.New("the segment was taken already, or the fetcher is closed")

// take hands a segment to the caller, who alone may look at it from then on.
func (f *Fetcher) take(segment int) *fetch {
	if f.closed || f.pending[segment] == nil {
		return nil
	}
	p := f.pending[segment]
	f.pending[segment] = nil
	return p
}

// Get returns a segment's bytes; each can be taken once. It starts reading the segments after it while there is room:
// those reads outlive ctx, and end with Close.
func (f *Fetcher) Get(ctx context.Context, segment int) (*Data, error) {
	f.mu.Lock()
	p := f.take(segment)
	if p == nil {
		f.mu.Unlock()
		return nil, errTaken
	}
	if f.profile.ReadAhead == 0 {
		f.mu.Unlock()
		return f.readNow(ctx, p)
	}
	if !p.started {
		f.start(ctx, p)
	}
	f.readAhead(ctx)
	f.mu.Unlock()

	err := f.await(ctx, p)
	f.mu.Lock()
	f.held -= p.bytes
	f.readAhead(ctx)
	f.mu.Unlock()
	d := &Data{mem: f.mem, blocks: p.blocks}
	if err != nil {
		d.Release()
		return nil, err
	}
	return d, nil
}

// await waits for a segment's reads to end, which it hastens once ctx is done.
func (f *Fetcher) await(ctx context.Context, p *fetch) error {
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		f.interrupt(p)
		<-p.done
		return ctx.Err()
	}
}

func (f *Fetcher) interrupt(p *fetch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if cancel := f.running[p]; cancel != nil {
		cancel()
	}
}

// readNow reads a segment in the caller's goroutine.
func (f *Fetcher) readNow(ctx context.Context, p *fetch) (*Data, error) {
	d := &Data{mem: f.mem, blocks: f.profile.coalesce(p.segment.Ranges)}
	for i := range d.blocks {
		b := &d.blocks[i]
		b.data = f.mem.Allocate(int(b.Len))
		if err := ReadMetered(ctx, f.store, p.segment.Object, b.Off, b.data, f.usage); err != nil {
			d.Release()
			return nil, err
		}
	}
	return d, nil
}

// Skip says that a segment will not be asked for.
func (f *Fetcher) Skip(segment int) {
	f.mu.Lock()
	p := f.take(segment)
	f.mu.Unlock()
	if p == nil || !p.started {
		return
	}
	f.interrupt(p)
	<-p.done
	(&Data{mem: f.mem, blocks: p.blocks}).Release()
	f.mu.Lock()
	f.held -= p.bytes
	f.mu.Unlock()
}

// Close ends all reads and frees what nobody took. It is idempotent.
func (f *Fetcher) Close() {
	f.mu.Lock()
	f.closed = true
	pending := f.pending
	f.pending = nil
	for _, cancel := range f.running {
		cancel()
	}
	f.mu.Unlock()
	f.reads.Wait()
	for _, p := range pending {
		if p != nil {
			(&Data{mem: f.mem, blocks: p.blocks}).Release()
		}
	}
}

// readAhead starts segments in order while the bytes held stay within the limit. The caller holds mu.
func (f *Fetcher) readAhead(ctx context.Context) {
	if f.closed {
		return
	}
	for ; f.next < len(f.pending); f.next++ {
		p := f.pending[f.next]
		if p == nil || p.started {
			continue
		}
		if f.held > 0 && f.held+p.bytes > f.profile.ReadAhead {
			return
		}
		f.start(ctx, p)
	}
}

// start reads a segment's blocks in the background. The caller holds mu.
func (f *Fetcher) start(ctx context.Context, p *fetch) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p.started = true
	f.running[p] = cancel
	f.held += p.bytes
	f.reads.Add(1)
	go func() {
		defer f.reads.Done()
		p.err = sqlerr.Guarded(func() error { return f.readBlocks(ctx, p) })()
		f.mu.Lock()
		delete(f.running, p)
		f.mu.Unlock()
		cancel()
		close(p.done)
	}()
}

// readBlocks reads what the cache does not have of a segment, a long block by several requests.
func (f *Fetcher) readBlocks(ctx context.Context, p *fetch) error {
	o := p.segment.Object
	found, missing := f.lookUp(p.segment)
	p.blocks = slices.Concat(found, f.store.Profile().coalesce(missing))
	if len(missing) == 0 && len(found) > 0 {
		return f.prove(ctx, o, found[0].Off)
	}
	group, ctx := errgroup.WithContext(ctx)
	var err error
	for i := len(found); i < len(p.blocks) && err == nil; i++ {
		b := &p.blocks[i]
		b.data = f.mem.Allocate(int(b.Len))
		for off := int64(0); off < b.Len && err == nil; off += f.profile.Request {
			part := b.data[off:min(off+f.profile.Request, b.Len)]
			if err = f.slots.Acquire(ctx, 1); err != nil {
				break
			}
			group.Go(sqlerr.Guarded(func() error {
				defer f.slots.Release(1)
				return ReadMetered(ctx, f.store, o, b.Off+off, part, f.usage)
			}))
		}
	}
	// A failed read cancels ctx, so it is the cause where both failed.
	if cause := group.Wait(); cause != nil {
		return cause
	}
	if err != nil {
		return err
	}
	f.keepAll(p.segment, p.blocks[len(found):])
	return nil
}

// ReadMetered is Store.Read counted into usage. What a cache has takes no request.
func ReadMetered(ctx context.Context, s Store, o Object, off int64, p []byte, usage *connectors.Usage) error {
	if s, ok := s.(*opening); ok && s.kept(o, off, p) {
		usage.AddFromDisk(int64(len(p)))
		return nil
	}
	begin := time.Now()
	err := s.Read(ctx, o, off, p)
	usage.AddRequest()
	usage.AddRemoteTime(time.Since(begin))
	if err == nil {
		usage.AddBytes(int64(len(p)))
	}
	return err
}

// coalesce merges ranges that lie within Gap of each other, as long as a request stays below Request bytes. A longer range
// stays whole: what was asked for together is contiguous in memory.
func (p Profile) coalesce(ranges []Range) []block {
	sorted := slices.Clone(ranges)
	slices.SortFunc(sorted, func(a, b Range) int { return int(min(max(a.Off-b.Off, -1), 1)) })
	var blocks []block
	for _, r := range sorted {
		if r.Len == 0 {
			continue
		}
		if n := len(blocks); n > 0 {
			last := &blocks[n-1]
			if r.Off-last.End() <= p.Gap && r.End()-last.Off <= p.Request {
				last.Len = max(last.End(), r.End()) - last.Off
				continue
			}
		}
		blocks = append(blocks, block{Range: r})
	}
	return blocks
}

// Data is the bytes of one segment.
type Data struct {
	mem    memory.Allocator
	blocks []block
}

// Bytes returns the bytes of one of the segment's ranges, or nil if it is not one; they are valid until Release.
func (d *Data) Bytes(r Range) []byte {
	for i := range d.blocks {
		if b := &d.blocks[i]; r.Off >= b.Off && r.End() <= b.End() && b.data != nil {
			return b.data[r.Off-b.Off : r.End()-b.Off : r.End()-b.Off]
		}
	}
	return nil
}

// ReadAt reads bytes that lie within the segment's ranges.
func (d *Data) ReadAt(p []byte, off int64) (int, error) {
	src := d.Bytes(Range{Off: off, Len: int64(len(p))})
	if src == nil {
		return 0, fmt.Errorf("bytes %d to %d were not read", off, off+int64(len(p)))
	}
	return copy(p, src), nil
}

// Release frees the bytes. It is idempotent.
func (d *Data) Release() {
	for i := range d.blocks {
		if b := &d.blocks[i]; b.data != nil && !b.shared {
			d.mem.Free(b.data)
		}
		d.blocks[i].data = nil
	}
}
