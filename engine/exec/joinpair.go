package exec

import (
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
)

// pairJoin joins a pair of partitions for one stream: the build partition in one table if it fits the memory, else in
// pieces, each of which the whole probe partition streams past. What is known of the probe rows is then carried from
// piece to piece.
type pairJoin struct {
	run   *joinRun
	pair  partitionPair
	terms JoinTerms
	res   *Reservation

	held    int64 // reserved for the next table
	whole   bool  // the build partition is joined in one piece
	source  Operator
	pending arrow.RecordBatch // read, but for the next piece
	ended   bool
	states  []uint8 // of all probe rows; nil if there is one piece, or they do not matter
}

// reserve makes room for the table of the build partition. It returns false if there is none and the pair should be
// divided further.
func (j *pairJoin) reserve() (bool, error) {
	r, build := j.run, j.pair.build
	j.held = build.bytes + build.widest() +
		r.keyBytes(j.terms.BuildKeys, build.rows, func(c int) int64 { return build.columns[c] })
	if build.widest() < maxText && j.res.Grow(j.held) == nil {
		j.whole = true
		return true, nil
	}
	j.held = 0
	if build.depth < maxDepth && build.rows > 1 {
		return false, nil
	}
	if !r.spec.keepsStates() {
		return true, nil
	}
	if err := j.res.Must(j.pair.probe.rows); err != nil {
		return false, err
	}
	j.states = make([]uint8, j.pair.probe.rows)
	return true, nil
}

// next returns the table of the next piece, which the caller releases, or io.EOF.
func (j *pairJoin) next(ctx context.Context) (*joinTable, error) {
	if j.source == nil {
		j.source = j.pair.build.reader(j.run.rt)
	} else if j.ended {
		return nil, io.EOF
	}
	var batches []arrow.RecordBatch
	held := j.held
	j.held = 0
	fail := func(err error) (*joinTable, error) {
		releaseBatches(batches)
		j.res.Shrink(held)
		return nil, err
	}
	for {
		batch, err := j.read(ctx)
		if err == io.EOF {
			j.ended = true
			break
		}
		if err != nil {
			return fail(err)
		}
		if !j.whole {
			// Appending the batches may for a time take as much again.
			size := 2*heldBytes(batch) + j.run.indexBytes(j.terms.BuildKeys, batch)
			full := len(batches) > 0 && held+size > maxText || j.res.Grow(size) != nil
			if full && len(batches) > 0 {
				j.pending = batch
				break
			}
			if full {
				if err := j.res.Must(size); err != nil {
					batch.Release()
					return fail(err)
				}
			}
			held += size
		}
		batches = append(batches, batch)
	}
	return j.run.newTable(ctx, j.terms.BuildKeys, batches, held, j.res, 1)
}

func (j *pairJoin) read(ctx context.Context) (arrow.RecordBatch, error) {
	if b := j.pending; b != nil {
		j.pending = nil
		return b, nil
	}
	return j.source.Next(ctx)
}

// probe returns a reader of the probe partition.
func (j *pairJoin) probe() Operator { return j.pair.probe.reader(j.run.rt) }

func (j *pairJoin) release() {
	if j.source != nil {
		_ = j.source.Close() // a partition's reader: nothing is lost
	}
	if j.pending != nil {
		j.pending.Release()
		j.pending = nil
	}
	j.res.Shrink(j.held + int64(len(j.states)))
	j.held, j.states = 0, nil
	j.pair.release(j.run.res)
}
