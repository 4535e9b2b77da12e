package exec

import (
	"bytes"
	"context"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/exec/rowkey"
)

// sortSink gathers one stream into sorted runs.
type sortSink struct {
	s     *sorter
	res   *Reservation
	terms []Term
	order *rowkey.Order
	asm   *assembler

	batches []arrow.RecordBatch
	keys    []rowKeys // by batch
	rows    int
	held    int64
	runs    []*sortedRun
	merged  int     // leading runs that are merges of others
	now     rowKeys // of the batch at hand

	// Of a top-N.
	bound []byte  // the key of the last row that can be in the result, as far as is known; nil: of any
	cutTo int64   // bytes held when rows were last dropped
	pick  []int32 // the rows of the batch at hand that are before bound
}

func newSortSink(s *sorter, res *Reservation, terms []Term) *sortSink {
	return &sortSink{s: s, res: res, terms: terms, order: rowkey.NewOrder(s.spec.Keys), asm: newAssembler(s.spec.Cols)}
}

// take keeps the rows of a borrowed batch.
func (k *sortSink) take(ctx context.Context, batch arrow.RecordBatch) error {
	return eachPiece(batch, math.MaxInt, k.s.piece, func(b arrow.RecordBatch) error { return k.add(ctx, b) })
}

func (k *sortSink) add(ctx context.Context, batch arrow.RecordBatch) error {
	return eachEvaluated(k.s.rt.Mem, k.terms, batch, func(part arrow.RecordBatch, keys []arrow.Array) error {
		k.now.text, k.now.ends = k.order.Append(k.now.text[:0], k.now.ends[:0], keys, int(part.NumRows()))
		return k.addKeyed(ctx, part)
	})
}

// addKeyed keeps the rows of a borrowed batch whose keys are at hand.
func (k *sortSink) addKeyed(ctx context.Context, batch arrow.RecordBatch) error {
	own, held, keys, err := k.choose(batch)
	if own == nil || err != nil {
		return err
	}
	size := held + keys.bytes() + sortRowBytes*own.NumRows()
	if err := k.reserve(ctx, size); err != nil {
		own.Release()
		return err
	}
	k.hold(own, keys, size)
	return k.cutIfDue(ctx)
}

// choose returns what to hold of a borrowed batch, with the bytes it keeps alive and its keys; nil if it is nothing.
func (k *sortSink) choose(batch arrow.RecordBatch) (arrow.RecordBatch, int64, rowKeys, error) {
	if k.bound != nil {
		k.pick = k.pick[:0]
		for i := range k.now.ends {
			if bytes.Compare(k.now.key(int32(i)), k.bound) < 0 {
				k.pick = append(k.pick, int32(i))
			}
		}
		if len(k.pick) == 0 {
			return nil, 0, rowKeys{}, nil
		}
		if len(k.pick) < len(k.now.ends) {
			some, err := takeBatch(k.s.rt.Mem, k.asm, batch, k.pick)
			if err != nil {
				return nil, 0, rowKeys{}, err
			}
			return some, heldBytes(some), k.now.pick(k.pick), nil
		}
	}
	own, held, err := keep(k.s.rt.Mem, batch)
	return own, held, rowKeys{bytes.Clone(k.now.text), slices.Clone(k.now.ends)}, err
}

// hold takes a batch over, with size bytes reserved for it.
func (k *sortSink) hold(batch arrow.RecordBatch, keys rowKeys, size int64) {
	k.batches, k.keys = append(k.batches, batch), append(k.keys, keys)
	k.rows += int(batch.NumRows())
	k.held += size
}

// reserve makes room for size bytes.
func (k *sortSink) reserve(ctx context.Context, size int64) error {
	err := k.res.Grow(size)
	switch {
	case err == nil:
		return nil
	case k.s.rt.Spill != nil:
		if err := k.endOnDisk(ctx); err != nil {
			return err
		}
	case k.s.limit != noLimit && k.rows > 0:
		if err := k.cut(ctx); err != nil {
			return err
		}
	default:
		return err
	}
	if k.res.Grow(size) == nil {
		return nil
	}
	return k.res.Must(size)
}

// detach sorts what was gathered into a run in memory.
func (k *sortSink) detach(ctx context.Context) (*sortedRun, error) {
	rows, err := sortRows(ctx, k.keys, k.rows)
	if err != nil {
		return nil, err
	}
	run := &sortedRun{batches: k.batches, keys: k.keys, rows: rows, res: k.res, held: k.held}
	if n := k.s.limit; n != noLimit && int64(len(run.rows)) >= n {
		run.rows = run.rows[:n]
		last := run.rows[n-1]
		k.bound = bytes.Clone(run.keys[last.batch].key(last.row))
	}
	k.batches, k.keys, k.rows, k.held, k.cutTo = nil, nil, 0, 0, 0
	return run, nil
}

// endInMemory makes a run of what is left in the end. Others merge with it from disk.
func (k *sortSink) endInMemory(ctx context.Context) error {
	k.now = rowKeys{}
	if k.rows == 0 {
		return nil
	}
	run, err := k.detach(ctx)
	if err == nil {
		k.runs = append(k.runs, run)
	}
	return err
}

// mergeAt is the number of runs of one sink that are merged into one at once, which bounds the open files.
const mergeAt = 128

// endOnDisk makes a run on disk of what was gathered.
func (k *sortSink) endOnDisk(ctx context.Context) error {
	if k.rows == 0 {
		return nil
	}
	run, err := k.detach(ctx)
	if err != nil {
		return err
	}
	defer run.release()
	return k.toDisk(ctx, run)
}

// toDisk writes a run that was detached to disk.
func (k *sortSink) toDisk(ctx context.Context, run *sortedRun) error {
	onDisk, err := k.s.write(ctx, []*sortedRun{run}, k.terms)
	if err != nil {
		return err
	}
	k.runs = append(k.runs, onDisk)
	if len(k.runs)-k.merged < mergeAt {
		return nil
	}
	run.release() // merging needs the memory
	fresh, held, err := k.s.narrowTo(ctx, k.runs[k.merged:], 1, k.terms, k.res)
	k.res.Shrink(held)
	k.runs = append(k.runs[:k.merged:k.merged], fresh...)
	k.merged = len(k.runs)
	return err
}
