package exec

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
)

// groupReader merges partitions of a grouping, shared with other readers, and yields their groups: keys, then
// aggregates.
type groupReader struct {
	g      *grouping
	asm    *assembler
	table  *aggTable
	memory tally
	at     int
}

func (g *grouping) reader(res *Reservation) *groupReader {
	return &groupReader{g: g, asm: newAssembler(g.spec.out()), memory: tally{res: res}}
}

func (r *groupReader) Next(ctx context.Context) (arrow.RecordBatch, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r.table != nil && r.at < r.table.len() {
			from := r.at
			r.at = r.table.piece(from)
			cols, err := r.table.results(from, r.at)
			if err != nil {
				return nil, err
			}
			return r.asm.batch(cols, r.at-from), nil
		}
		part := r.g.next()
		if part == nil {
			r.drop()
			return nil, io.EOF
		}
		if err := r.load(ctx, part); err != nil {
			part.release(r.g.res)
			return nil, err
		}
	}
}

// load merges a partition, or divides it if its groups do not fit.
func (r *groupReader) load(ctx context.Context, part *partition) error {
	if err := r.empty(); err != nil {
		return err
	}
	t := r.table
	reader := part.reader(r.g.rt)
	defer reader.Close()
	err := drain(ctx, reader, func(b arrow.RecordBatch) error {
		rows := int(b.NumRows())
		if err := r.reserve(part, t.bytesWith(rows)); err != nil {
			return err
		}
		if err := t.merge(b.Columns(), rows); err != nil {
			return err
		}
		return r.reserve(part, t.bytes())
	})
	if err == errTooLarge {
		r.drop()
		return r.g.again(ctx, part)
	}
	if err == nil {
		part.release(r.g.res)
	}
	return err
}

// empty makes the table one without groups. That of the last partition, whose memory the next is likely to need too, is
// used again.
func (r *groupReader) empty() (err error) {
	r.at = 0
	if r.table == nil {
		r.table, err = newAggTable(r.g.rt, r.g.spec)
		return err
	}
	r.table.reset()
	return r.memory.set(r.table.bytes())
}

// errTooLarge ends the merging of a partition that is to be divided.
var errTooLarge = errors.New("the partition is to be divided")

// reserve makes the reservation what the table takes. The groups of a partition without different keys, or of one that
// was divided often enough to have few, must fit.
func (r *groupReader) reserve(part *partition, bytes int64) error {
	if r.memory.set(bytes) == nil {
		return nil
	}
	if part.depth < maxDepth && r.g.rt.Spill != nil && len(r.g.spec.Keys) > 0 && r.table.len() > 1 {
		return errTooLarge
	}
	return r.memory.must(bytes)
}

// drop releases the table.
func (r *groupReader) drop() {
	if r.table != nil {
		r.table.releaseKeys()
		r.table = nil
	}
	r.memory.free()
}

// Close leaves the reservation to its owner.
func (r *groupReader) Close() error {
	r.drop()
	return nil
}

// tally makes a part of a reservation follow the memory of a table.
type tally struct {
	res  *Reservation
	held int64
}

// grow makes the part at least n bytes.
func (t *tally) grow(n int64) error {
	if n <= t.held {
		return nil
	}
	return t.set(n)
}

// set makes the part n bytes. Where that is refused it stays what it was.
func (t *tally) set(n int64) error { return t.change(n, t.res.Grow) }

// must is set where nothing is left to spill.
func (t *tally) must(n int64) error { return t.change(n, t.res.Must) }

func (t *tally) change(n int64, more func(int64) error) error {
	if n < t.held {
		t.res.Shrink(t.held - n)
	} else if n > t.held {
		if err := more(n - t.held); err != nil {
			return err
		}
	}
	t.held = n
	return nil
}

// free gives the part back.
func (t *tally) free() {
	if t.held > 0 {
		t.res.Shrink(t.held)
		t.held = 0
	}
}
