package exec

import (
	"context"
	"errors"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Recursion describes how the rows of a recursive common table expression are made.
type Recursion struct {
	Cols   plan.Schema
	Rounds int64 // the most rounds that are given rows
	Most   int64 // the most rows; < 0: all
	// Step returns the operator of a round, whose columns are Cols. It closes it before the next round. Rows reads, any
	// number of times until then, what the round before has added.
	Step func(rows Rows) (Operator, error)
	// Keys make rows equal where no row is to be added twice; nil: all are added.
	Keys []rowkey.Field
	// Fresh returns the distinct ones of rows that are not among seen. It is used where the keys of all rows do not fit
	// the memory, for those that may be there already.
	Fresh func(rows, seen Rows) (Operator, error)
}

// Rows returns an operator over rows that are kept, under the ids of the columns it is given.
type Rows func(cols plan.Schema) Operator

// NewRecursion yields the rows of a seed, a stream of the columns of spec, and of the rounds over it. All of them are made
// before the first is yielded, so that a recursion that does not end is an error whatever reads it.
func NewRecursion(rt *Runtime, seed Operator, spec *Recursion, res *Reservation, stats *NodeStats) Operator {
	r := &recursion{rt: rt, spec: spec, seed: seed, res: res, stats: stats, left: spec.Most}
	if spec.Keys != nil {
		r.enc, r.seen = rowkey.NewEncoder(spec.Keys), rowkey.NewGroups()
	}
	return r
}

type recursion struct {
	rt    *Runtime
	spec  *Recursion
	seed  Operator
	res   *Reservation
	stats *NodeStats
	left  int64 // rows that may still be added; < 0: any number

	// last are the rows that the last round has added, work those it was made of, and all those of the rounds before, in tables
	// of which each is more than twice as large as the next: there are few of them, and a row is not moved often.
	all, work, last []*partitioned

	enc   *rowkey.Encoder
	seen  *rowkey.Groups // the keys of all rows; nil: none are needed or they did not fit
	known int64          // reserved for them, or for the hashes
	gids  []int32

	// hashes are those of the keys of all rows, where the keys do not fit: a row with another one is new. nil: there are none.
	hashes  map[uint64]struct{}
	hashing bool // there are to be some

	out    Operator
	closed bool
}

func (r *recursion) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if r.out == nil {
		if err := r.run(ctx); err != nil {
			return nil, err
		}
		r.forgetKeys()
		r.out = r.read(r.all)(r.spec.Cols)
	}
	return r.out.Next(ctx)
}

// run makes all rows.
func (r *recursion) run(ctx context.Context) error {
	if err := r.addAll(ctx, r.seed); err != nil {
		return err
	}
	for round := int64(1); rowsOf(r.last) > 0 && r.left != 0; round++ {
		if round > r.spec.Rounds {
			return sqlerr.New(sqlerr.RecursionDepth,
				"Recursive query aborted after %d iterations. Try increasing @@cte_max_recursion_depth to a larger value.", round)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		r.work, r.last = r.last, nil
		step, err := r.spec.Step(r.read(r.work))
		if err == nil {
			err = r.addAll(ctx, step)
		}
		if err == nil {
			err = r.retire(ctx)
		}
		if err != nil {
			return err
		}
	}
	r.work, r.last = r.last, nil
	return r.retire(ctx)
}

// addAll adds the rows of an operator and closes it.
func (r *recursion) addAll(ctx context.Context, from Operator) error {
	err := r.add(ctx, from)
	if cerr := from.Close(); err == nil {
		err = cerr
	}
	return err
}

// add adds the rows of an operator to the last ones.
func (r *recursion) add(ctx context.Context, from Operator) error {
	if r.spec.Keys != nil && r.seen == nil {
		return r.addFresh(ctx, from)
	}
	to := r.table()
	var rest *partitioned // rows to be looked at when their keys do not fit any more
	err := drainWhile(ctx, from, r.open, func(b arrow.RecordBatch) error {
		if r.spec.Keys == nil {
			return r.put(to, b)
		}
		if r.seen != nil {
			fresh, fits := r.find(b)
			if fits {
				return r.putRows(to, b, fresh)
			}
			r.forgetKeys()
			rest = newPartitioned(r.rt, r.spec.Cols, r.res, r.stats, 0, 1)
		}
		return putKept(r.rt, rest, b)
	})
	if err == nil {
		_, err = to.finish()
	}
	if err != nil || rest == nil {
		if rest != nil {
			rest.release()
		}
		return err
	}
	return r.addRest(ctx, rest)
}

// open reports whether more rows may be added.
func (r *recursion) open() bool { return r.left != 0 }

// table is a new table of last rows.
func (r *recursion) table() *partitioned {
	t := newPartitioned(r.rt, r.spec.Cols, r.res, r.stats, 0, 1)
	r.last = append(r.last, t)
	return t
}

// put adds the rows of a borrowed batch to a table, or as many as may be added.
func (r *recursion) put(to *partitioned, batch arrow.RecordBatch) error {
	rows := batch.NumRows()
	if r.left >= 0 && rows > r.left {
		rows = r.left
	}
	if r.left >= 0 {
		r.left -= rows
	}
	part := batch.NewSlice(0, rows)
	defer part.Release()
	return putKept(r.rt, to, part)
}

// putKept adds a borrowed batch to a table of one partition.
func putKept(rt *Runtime, to *partitioned, batch arrow.RecordBatch) error {
	own, _, err := keep(rt.Mem, batch)
	if err != nil {
		return err
	}
	settle(own.Columns())
	return to.put(0, own)
}

// putRows adds some rows of a borrowed batch.
func (r *recursion) putRows(to *partitioned, batch arrow.RecordBatch, rows []int32) error {
	switch len(rows) {
	case 0:
		return nil
	case int(batch.NumRows()):
		return r.put(to, batch)
	}
	some, err := takeBatch(r.rt.Mem, newAssembler(r.spec.Cols), batch, rows)
	if err != nil {
		return err
	}
	defer some.Release()
	return r.put(to, some)
}

// find returns the rows of a batch whose keys are new, and remembers them; false if there is no room for more keys.
func (r *recursion) find(batch arrow.RecordBatch) ([]int32, bool) {
	rows := int(batch.NumRows())
	need := 2*r.seen.Bytes() + rowkey.GroupBytes(r.spec.Keys)*int64(rows) + batchBytes(batch) // a table doubles
	if need > r.known {
		if r.res.Grow(need-r.known) != nil {
			return nil, false
		}
		r.known = need
	}
	r.enc.Encode(batch.Columns(), rows)
	r.gids = resize(r.gids, rows)
	return r.seen.Find(r.enc, r.gids, nil), true
}

// forgetKeys gives up the keys of all rows, or the hashes.
func (r *recursion) forgetKeys() {
	r.hashing = r.seen != nil
	r.seen, r.hashes = nil, nil
	r.res.Shrink(r.known)
	r.known = 0
}

// addFresh adds the rows of an operator that are not there yet, without their keys in memory. Those whose hash tells that they are new
// need not be looked for among all.
func (r *recursion) addFresh(ctx context.Context, from Operator) error {
	if r.hashing && r.hashes == nil {
		if err := r.hashAll(ctx); err != nil {
			return err
		}
	}
	to := r.table()
	rest := newPartitioned(r.rt, r.spec.Cols, r.res, r.stats, 0, 1)
	asm := newAssembler(r.spec.Cols)
	err := drainWhile(ctx, from, r.open, func(b arrow.RecordBatch) error {
		fresh, others := r.divide(b)
		if len(others) == 0 {
			return r.put(to, b)
		}
		some, err := takeBatch(r.rt.Mem, asm, b, others)
		if err != nil {
			return err
		}
		err = putKept(r.rt, rest, some)
		some.Release()
		if err != nil {
			return err
		}
		return r.putRows(to, b, fresh)
	})
	if err == nil {
		_, err = to.finish()
	}
	if err != nil || rest.parts[0].rows == 0 {
		rest.release()
		return err
	}
	return r.addRest(ctx, rest)
}

// hashBytes is what a hash takes, with room to grow.
const hashBytes = 40

// hashAll notes the hashes of all rows.
func (r *recursion) hashAll(ctx context.Context) error {
	r.hashes = make(map[uint64]struct{})
	rows := r.read(slices.Concat(r.all, r.work, r.last))(r.spec.Cols)
	err := drain(ctx, rows, func(b arrow.RecordBatch) error {
		r.divide(b)
		return nil
	})
	return errors.Join(err, rows.Close())
}

// divide tells rows whose hash is new from others, and notes it. Without room for more hashes all are others.
func (r *recursion) divide(batch arrow.RecordBatch) (fresh, others []int32) {
	rows := int(batch.NumRows())
	if need := hashBytes*int64(len(r.hashes)+rows) - r.known; r.hashes != nil && need > 0 {
		if r.res.Grow(need) == nil {
			r.known += need
		} else {
			r.forgetKeys()
		}
	}
	if r.hashes == nil {
		for i := range rows {
			others = append(others, int32(i))
		}
		return nil, others
	}
	r.enc.Encode(batch.Columns(), rows)
	for i, h := range r.enc.Hash() {
		if _, ok := r.hashes[h]; ok {
			others = append(others, int32(i))
		} else {
			r.hashes[h] = struct{}{}
			fresh = append(fresh, int32(i))
		}
	}
	return fresh, others
}

// addRest adds the rows of a table that are not there yet, and drops it.
func (r *recursion) addRest(ctx context.Context, rest *partitioned) error {
	defer rest.release()
	if _, err := rest.finish(); err != nil {
		return err
	}
	fresh, err := r.spec.Fresh(r.read([]*partitioned{rest}), r.read(slices.Concat(r.all, r.work, r.last)))
	if err != nil {
		return err
	}
	to := r.table()
	err = drainWhile(ctx, fresh, r.open, func(b arrow.RecordBatch) error { return r.put(to, b) })
	if cerr := fresh.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		_, err = to.finish()
	}
	return err
}

// retire puts the rows that a round was made of among all.
func (r *recursion) retire(ctx context.Context) error {
	r.all, r.work = append(r.all, r.work...), nil
	for n := len(r.all); n > 1 && rowsOf(r.all[n-2:n-1]) <= 2*rowsOf(r.all[n-1:]); n = len(r.all) {
		if err := r.merge(ctx, r.all[n-2], r.all[n-1]); err != nil {
			return err
		}
		r.all = r.all[:n-1]
	}
	return nil
}

// merge moves the rows of a table to the end of another one, which is another table afterwards, if they are on disk.
func (r *recursion) merge(ctx context.Context, to, from *partitioned) error {
	if !to.spilling && !from.spilling {
		to.parts[0].adopt(from.parts[0])
		return r.compact(to.parts[0])
	}
	both := newPartitioned(r.rt, r.spec.Cols, r.res, r.stats, 0, 1)
	err := both.spillNow()
	for _, t := range []*partitioned{to, from} {
		if err == nil {
			err = r.copy(ctx, both, t)
		}
	}
	if err == nil {
		_, err = both.finish()
	}
	if err != nil {
		both.release()
		return err
	}
	to.release()
	from.release()
	to.parts, to.spilling = both.parts, true
	return nil
}

// copy adds the rows of a table to another one.
func (r *recursion) copy(ctx context.Context, to, from *partitioned) error {
	reader := from.parts[0].reader(r.rt)
	err := drain(ctx, reader, func(b arrow.RecordBatch) error { return putKept(r.rt, to, b) })
	return errors.Join(err, reader.Close())
}

// compactBytes is how large a batch is made of small ones.
const compactBytes = 1 << 20

// compact makes one batch of the batches in memory if they are small.
func (r *recursion) compact(part *partition) error {
	if len(part.batches) < 2 || part.rows > int64(r.rt.batchRows()) || part.held > compactBytes {
		return nil
	}
	one, err := concatBatches(r.rt.Mem, r.spec.Cols, part.batches)
	if err != nil {
		return err
	}
	releaseBatches(part.batches)
	clear(part.batches)
	part.batches = append(part.batches[:0], one)
	if saved := part.held - heldBytes(one); saved > 0 {
		r.res.Shrink(saved)
		part.held -= saved
	}
	return nil
}

func rowsOf(tables []*partitioned) (n int64) {
	for _, t := range tables {
		n += t.parts[0].rows
	}
	return n
}

// read returns the rows of finished tables.
func (r *recursion) read(tables []*partitioned) Rows {
	return func(cols plan.Schema) Operator {
		u := &union{asm: newAssembler(cols)}
		for _, t := range tables {
			u.inputs = append(u.inputs, t.parts[0].reader(r.rt))
		}
		return u
	}
}

func (r *recursion) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	if r.out != nil {
		_ = r.out.Close() // over tables, whose readers can't fail to close
	}
	err := r.seed.Close()
	for _, t := range slices.Concat(r.all, r.work, r.last) {
		t.release()
	}
	r.res.Free()
	return err
}
