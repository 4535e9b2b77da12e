package exec

import (
	"context"
	"io"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/exec/spill"
	"github.com/silogate/silogate/engine/plan"
)

// fanout is the number of partitions at each depth; a power of two.
const fanout = 16

// maxDepth is how often a partition that is too large is divided again. Beyond it, its rows have few different keys.
const maxDepth = 3

// partition is a part of a relation: batches in memory, then batches in a file.
type partition struct {
	depth   int
	batches []arrow.RecordBatch
	pending []arrow.RecordBatch // small batches on their way to the file
	waiting int64               // bytes of pending
	file    *spill.File
	rows    int64
	bytes   int64   // of all batches, uncompressed
	columns []int64 // of them, by column
	held    int64   // reserved for the batches in memory
}

// widest is the bytes of the largest column.
func (p *partition) widest() (most int64) {
	for _, n := range p.columns {
		most = max(most, n)
	}
	return most
}

// partitioned collects batches into partitions by the hash of their keys, in memory while the reservation grows and
// then in files. Safe for concurrent use.
type partitioned struct {
	rt    *Runtime
	cols  plan.Schema
	res   *Reservation
	stats *NodeStats
	depth int

	mu       sync.Mutex
	parts    []*partition
	spilling bool
	atOnce   int64 // bytes that a partition gathers before it writes
	writing  int64 // reserved for that
}

func newPartitioned(rt *Runtime, cols plan.Schema, res *Reservation, stats *NodeStats, depth, n int) *partitioned {
	p := &partitioned{rt: rt, cols: cols, res: res, stats: stats, depth: depth, parts: make([]*partition, n)}
	for i := range p.parts {
		p.parts[i] = &partition{depth: depth, columns: make([]int64, len(cols))}
	}
	p.atOnce = min(max(res.guaranteed()/(8*int64(n)), minWrite), maxWrite)
	return p
}

// How many bytes a partition gathers before it writes one batch: dividing leaves pieces too small to be worth a batch in
// a file each. All partitions together gather a small part of what is guaranteed.
const minWrite, maxWrite = 4 << 10, 64 << 10

// splitter divides batches by hash for one goroutine.
type splitter struct {
	asm   *assembler
	lists [fanout][]int32
}

// add divides a borrowed batch by the hashes of its rows.
func (p *partitioned) add(s *splitter, batch arrow.RecordBatch, hash []uint64) error {
	rowkey.Partition(hash, s.lists[:], p.depth)
	for i, rows := range s.lists {
		if len(rows) == 0 {
			continue
		}
		part, err := takeBatch(p.rt.Mem, s.asm, batch, rows)
		if err != nil {
			return err
		}
		if err := p.put(i, part); err != nil {
			return err
		}
	}
	return nil
}

// put adds a batch it takes over to partition i.
func (p *partitioned) put(i int, batch arrow.RecordBatch) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	part, size := p.parts[i], heldBytes(batch)
	part.rows += batch.NumRows()
	for c, col := range batch.Columns() {
		n := arrayBytes(col)
		part.columns[c] += n
		part.bytes += n
	}
	if !p.spilling {
		err := p.res.Grow(size)
		if err == nil {
			part.batches = append(part.batches, batch)
			part.held += size
			return nil
		}
		if p.rt.Spill == nil {
			batch.Release()
			return err
		}
		if err := p.spill(); err != nil {
			batch.Release()
			return err
		}
	}
	return p.queue(part, batch, size)
}

// queue adds a batch it takes over to what goes to a partition's file.
func (p *partitioned) queue(part *partition, batch arrow.RecordBatch, size int64) error {
	part.pending = append(part.pending, batch)
	if part.waiting += size; part.waiting < p.atOnce {
		return nil
	}
	return p.flush(part)
}

// flush writes what is pending.
func (p *partitioned) flush(part *partition) error {
	if len(part.pending) == 0 {
		return nil
	}
	all, err := concatBatches(p.rt.Mem, p.cols, part.pending)
	if err != nil {
		return err
	}
	defer all.Release()
	releaseBatches(part.pending)
	part.pending, part.waiting = part.pending[:0], 0
	return eachPiece(all, p.rt.batchRows(), 2*p.atOnce, func(b arrow.RecordBatch) error { return p.write(part, b) })
}

// spill moves everything to files; from then on batches go there directly.
func (p *partitioned) spill() error {
	p.spilling = true
	for _, part := range p.parts {
		for _, b := range part.batches {
			b.Retain()
			if err := p.queue(part, b, heldBytes(b)); err != nil {
				return err
			}
		}
		part.drop(p.res)
	}
	// The batches that are gathered, and the one that is made of them.
	if n := 2 * p.atOnce * int64(len(p.parts)); p.res.Grow(n) == nil {
		p.writing = n
	} else {
		p.atOnce = minWrite
	}
	return nil
}

func (p *partitioned) write(part *partition, batch arrow.RecordBatch) error {
	if part.file == nil {
		f, err := p.rt.Spill.Create()
		if err != nil {
			return err
		}
		part.file = f
	}
	before := part.file.Size()
	err := part.file.Write(p.rt.Mem, batch)
	p.stats.spill(part.file.Size() - before)
	return err
}

// spillNow makes all further batches go to files.
func (p *partitioned) spillNow() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.spilling {
		return nil
	}
	return p.spill()
}

// finish ends writing and returns the partitions that have rows; the caller releases them.
func (p *partitioned) finish() ([]*partition, error) {
	var out []*partition
	for _, part := range p.parts {
		if part.rows > 0 {
			out = append(out, part)
		}
		if err := p.flush(part); err != nil {
			return nil, err
		}
		if part.file != nil {
			before := part.file.Size()
			if err := part.file.Finish(); err != nil {
				return nil, err
			}
			p.stats.spill(part.file.Size() - before)
		}
	}
	p.written()
	return out, nil
}

// written gives up what was reserved for writing.
func (p *partitioned) written() {
	p.res.Shrink(p.writing)
	p.writing = 0
}

// release drops all partitions.
func (p *partitioned) release() {
	for _, part := range p.parts {
		part.release(p.res)
	}
	p.written()
}

// drop releases what is in memory.
func (p *partition) drop(res *Reservation) {
	releaseBatches(p.batches)
	p.batches = nil
	res.Shrink(p.held)
	p.held = 0
}

// adopt takes the batches of another partition over. Both are in memory.
func (p *partition) adopt(from *partition) {
	p.batches = append(p.batches, from.batches...)
	p.rows += from.rows
	p.bytes += from.bytes
	for i, n := range from.columns {
		p.columns[i] += n
	}
	p.held += from.held
	from.batches, from.held = nil, 0
}

// release drops the partition's batches and file. It is idempotent.
func (p *partition) release(res *Reservation) {
	p.drop(res)
	releaseBatches(p.pending)
	p.pending = nil
	if p.file != nil {
		// What a deleted file held is not needed any more: there is nobody to tell of a failure.
		_ = p.file.Release()
		p.file = nil
	}
}

// reader returns an operator over the partition's batches, which stay; its Close does not release the partition.
func (p *partition) reader(rt *Runtime) Operator { return &partitionReader{part: p, rt: rt} }

type partitionReader struct {
	part *partition
	rt   *Runtime
	at   int
	file *spill.Reader
}

func (r *partitionReader) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.at < len(r.part.batches) {
		b := r.part.batches[r.at]
		b.Retain()
		r.at++
		return b, nil
	}
	if r.part.file == nil {
		return nil, io.EOF
	}
	if r.file == nil {
		r.file = r.part.file.NewReader(r.rt.Mem)
	}
	return r.file.Next(ctx)
}

func (r *partitionReader) Close() error {
	if r.file != nil {
		r.file.Close()
		r.file = nil
	}
	return nil
}
