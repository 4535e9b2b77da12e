package exec

import (
	"context"
	"io"
)

// NewTopN yields the first n rows of several streams in the order of the keys. Each stream holds little more than n
// candidates at a time; if even those do not fit the memory, they go to disk as the rows of a sort do. Equal rows of one
// stream keep their order.
func NewTopN(rt *Runtime, inputs Streams, terms [][]Term, spec *Order, n int64, res *Reservation, stats *NodeStats) Operator {
	return newSorter(rt, inputs, terms, spec, n, res, stats)
}

// slackRows is how many more candidates than n are gathered before they are cut to n, at least.
const slackRows = 2 * BatchRows

// cutIfDue cuts the candidates when there are enough to learn a bound, or too many, or they take too much.
func (k *sortSink) cutIfDue(ctx context.Context) error {
	if k.s.limit == noLimit {
		return nil
	}
	n := int(min(k.s.limit, 1<<40))
	switch {
	case k.rows >= n && k.bound == nil:
	case k.rows >= n+max(n, slackRows):
	case k.rows > n && k.held >= 2*k.cutTo+k.s.piece:
	default:
		return nil
	}
	return k.cut(ctx)
}

// cut drops all but the first n candidates and frees the rest of their batches. If there is no room for a copy of those
// rows, they go to disk.
func (k *sortSink) cut(ctx context.Context) error {
	run, err := k.detach(ctx)
	if err != nil {
		return err
	}
	defer run.release()
	fits, err := k.holdCopy(ctx, run)
	if err != nil || fits {
		k.cutTo = k.held
		return err
	}
	releaseBatches(k.batches)
	k.res.Shrink(k.held)
	k.batches, k.keys, k.rows, k.held = nil, nil, 0, 0
	return k.toDisk(ctx, run)
}

// holdCopy holds a copy of the rows of a run, or a part of it and returns false if there is no room.
func (k *sortSink) holdCopy(ctx context.Context, run *sortedRun) (fits bool, err error) {
	m := newRunMerge(k.s, []*sortedRun{run}, k.terms, k.s.piece)
	m.measure = true
	defer m.close()
	for at := 0; ; {
		batch, err := m.Next(ctx)
		if err == io.EOF {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		keys := rowKeys{make([]byte, 0, m.keyBytes), make([]int, 0, batch.NumRows())}
		for range batch.NumRows() {
			r := run.rows[at]
			keys.add(run.keys[r.batch].key(r.row))
			at++
		}
		size := heldBytes(batch) + keys.bytes() + sortRowBytes*batch.NumRows()
		if err := k.res.Grow(size); err != nil {
			if k.s.rt.Spill != nil {
				batch.Release()
				return false, nil
			}
			if err := k.res.Must(size); err != nil {
				batch.Release()
				return false, err
			}
		}
		k.hold(batch, keys, size)
	}
}
