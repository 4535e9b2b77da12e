package exec

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/exec/spill"
	"github.com/silogate/silogate/engine/plan"
)

// Order describes a sort. Its keys reach it as the values of terms, compiled for each stream.
type Order struct {
	Keys []rowkey.Key
	Cols plan.Schema
}

// NewSort merges several streams into one in the order of the keys; equal rows of one stream keep their order. terms[i]
// give the keys of input stream i.
func NewSort(rt *Runtime, inputs Streams, terms [][]Term, spec *Order, res *Reservation, stats *NodeStats) Operator {
	return &sorter{rt: rt, spec: spec, inputs: inputs, terms: terms, res: res, stats: stats}
}

type sorter struct {
	rt     *Runtime
	spec   *Order
	inputs Streams
	terms  [][]Term
	res    *Reservation
	stats  *NodeStats

	runs   []*sortedRun
	parts  []*Reservation // of the sinks
	merge  *runMerge
	closed bool
}

// sortRows are rows with their encoded keys.
type sortRows struct {
	text []byte
	ends []int
	rows []sortRow
}

type sortRow struct {
	prefix uint64 // of the key
	row    int32
}

func (s *sortRows) key(i int32) []byte {
	start := 0
	if i > 0 {
		start = s.ends[i-1]
	}
	return s.text[start:s.ends[i]]
}

// sort orders rows by key, then by position.
func (s *sortRows) sort() {
	s.rows = slices.Grow(s.rows[:0], len(s.ends))
	for i := range s.ends {
		s.rows = append(s.rows, sortRow{prefix: rowkey.Prefix(s.key(int32(i))), row: int32(i)})
	}
	slices.SortFunc(s.rows, func(a, b sortRow) int {
		if a.prefix != b.prefix {
			return cmp.Compare(a.prefix, b.prefix)
		}
		if c := bytes.Compare(s.key(a.row), s.key(b.row)); c != 0 {
			return c
		}
		return cmp.Compare(a.row, b.row)
	})
}

// indices returns the row numbers in order.
func (s *sortRows) indices() []int32 {
	out := make([]int32, len(s.rows))
	for i, r := range s.rows {
		out[i] = r.row
	}
	return out
}

// keyBytesGuess is what a sort reserves for each row's key before it knows them.
const keyBytesGuess = 48

// sortSink gathers one stream into sorted runs.
type sortSink struct {
	s       *sorter
	res     *Reservation
	terms   []Term
	order   *rowkey.Order
	batches []arrow.RecordBatch
	held    int64
	runs    []*sortedRun
}

func (k *sortSink) take(batch arrow.RecordBatch) error {
	size := batchBytes(batch) + keyBytesGuess*batch.NumRows()
	if err := k.res.Grow(size); err != nil {
		if k.s.rt.Spill == nil {
			return err
		}
		if err := k.endRun(true); err != nil {
			return err
		}
		if err := k.res.Grow(size); err != nil {
			if err := k.res.Must(size); err != nil {
				return err
			}
		}
	}
	k.held += size
	batch.Retain()
	k.batches = append(k.batches, batch)
	return nil
}

// endRun sorts what was gathered into a run, on disk if toDisk.
func (k *sortSink) endRun(toDisk bool) error {
	if len(k.batches) == 0 {
		return nil
	}
	s := k.s
	all, err := concatBatches(s.rt.Mem, s.spec.Cols, k.batches)
	if err != nil {
		return err
	}
	defer all.Release()
	releaseBatches(k.batches)
	k.batches = nil
	var rows sortRows
	if err := rows.encode(s.rt, k.order, k.terms, all); err != nil {
		return err
	}
	rows.sort()
	run := &sortedRun{rt: s.rt, asm: newAssembler(s.spec.Cols), all: all, order: rows.indices(), res: k.res}
	all.Retain()
	if !toDisk {
		run.held, k.held = k.held, 0
		k.runs = append(k.runs, run)
		return nil
	}
	defer run.release()
	onDisk, err := s.write(run)
	if err != nil {
		return err
	}
	k.res.Shrink(k.held)
	k.held = 0
	k.runs = append(k.runs, onDisk)
	return nil
}

func (s *sortRows) encode(rt *Runtime, order *rowkey.Order, terms []Term, batch arrow.RecordBatch) error {
	keys, err := evalTerms(rt.Mem, terms, batch)
	if err != nil {
		return err
	}
	defer releaseArrays(keys)
	s.text, s.ends = order.Append(s.text[:0], s.ends[:0], keys, int(batch.NumRows()))
	return nil
}

// write copies a run to disk.
func (s *sorter) write(run *sortedRun) (*sortedRun, error) {
	file, err := s.rt.Spill.Create()
	if err != nil {
		return nil, err
	}
	out := &sortedRun{rt: s.rt, file: file}
	err = drain(context.Background(), run, func(b arrow.RecordBatch) error { return file.Write(s.rt.Mem, b) })
	if err == nil {
		err = file.Finish()
	}
	s.stats.spill(file.Size())
	if err != nil {
		out.release()
		return nil, err
	}
	return out, nil
}

// gather drains the inputs into runs.
func (s *sorter) gather(ctx context.Context) error {
	sinks := make([]*sortSink, len(s.inputs))
	group, ctx := errgroup.WithContext(ctx)
	for i, in := range s.inputs {
		k := &sortSink{s: s, res: s.res.Sibling(), terms: s.terms[i], order: rowkey.NewOrder(s.spec.Keys)}
		sinks[i] = k
		group.Go(guarded(func() error {
			if err := drain(ctx, in, k.take); err != nil {
				return err
			}
			// A run that others merge with from disk may stay in memory: it is accounted for.
			return k.endRun(false)
		}))
	}
	err := group.Wait()
	for _, k := range sinks {
		releaseBatches(k.batches)
		s.runs = append(s.runs, k.runs...)
		s.parts = append(s.parts, k.res)
	}
	return err
}

func (s *sorter) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if s.merge == nil {
		if err := s.gather(ctx); err != nil {
			return nil, err
		}
		s.merge = newRunMerge(s.rt, s.spec, s.terms[0], s.runs)
	}
	return s.merge.Next(ctx)
}

func (s *sorter) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	if s.merge != nil {
		s.merge.close()
	}
	for _, r := range s.runs {
		r.release()
	}
	err := closeAll(s.inputs)
	for _, r := range s.parts {
		r.Free()
	}
	s.res.Free()
	return err
}

// sortedRun yields sorted rows: of a batch in memory by a list of positions, or of a file.
type sortedRun struct {
	rt     *Runtime
	asm    *assembler
	all    arrow.RecordBatch
	order  []int32
	at     int
	res    *Reservation // of held, for a run in memory
	held   int64
	file   *spill.File
	reader *spill.Reader
}

func (r *sortedRun) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.file != nil {
		if r.reader == nil {
			r.reader = r.file.NewReader(r.rt.Mem)
		}
		return r.reader.Next(ctx)
	}
	if r.at == len(r.order) {
		return nil, io.EOF
	}
	from := r.at
	r.at = min(from+r.rt.batchRows(), len(r.order))
	return takeBatch(r.rt.Mem, r.asm, r.all, r.order[from:r.at])
}

// Close is for Operator; release drops the run.
func (r *sortedRun) Close() error { return nil }

func (r *sortedRun) release() {
	if r.all != nil {
		r.all.Release()
		r.all = nil
		r.res.Shrink(r.held)
	}
	if r.reader != nil {
		r.reader.Close()
		r.reader = nil
	}
	if r.file != nil {
		_ = r.file.Release() // nobody needs it any more
		r.file = nil
	}
}
