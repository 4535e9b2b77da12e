package exec

import (
	"context"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/engine/exec/agg"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/plan"
)

// Window describes the functions of one window. All they read are columns of the input, by position.
type Window struct {
	Cols          plan.Schema // of the input
	Partition     []rowkey.Key
	PartitionCols []int
	Order         []rowkey.Key
	OrderCols     []int
	Funcs         []WindowFunc
	Keep          []int // the columns that are passed on, before those of the functions
	Out           plan.Schema
}

// WindowFunc is one function.
type WindowFunc struct {
	Func  plan.AggFunc
	Args  []int
	Count int64    // NTILE's groups, the rows of LAG, LEAD and NTH_VALUE
	Spec  agg.Spec // of an aggregate
	Frame WindowFrame
}

// WindowFrame is a plan.Frame over columns. Bounds by value compare the Key column of a row with the Limit column of the
// row whose frame it is.
type WindowFrame struct {
	Start, End WindowBound
}

// WindowBound is one end of a frame.
type WindowBound struct {
	Kind       plan.BoundKind
	Rows       int64
	Following  bool
	Limit, Key int
	Order      rowkey.Key // of both
}

// NewWindow adds the columns of window functions to a stream whose rows are sorted by the partition's keys, then the
// order's. It yields them in the order in which they come, as soon as what a function needs has come: of the rest of the
// partition nothing, the row's peers, some rows, or all. Until then, and as long as a frame reaches back, rows are kept,
// on disk where they do not fit the memory. MIN, MAX, sums of floats and the like keep a value for each row of a frame
// whose start moves, which must fit.
func NewWindow(rt *Runtime, input Operator, spec *Window, res *Reservation, stats *NodeStats) (Operator, error) {
	w := &window{rt: rt, input: input, spec: spec, res: res, asm: newAssembler(spec.Out), piece: outputBytes}
	w.log = windowLog{rt: rt, res: res, stats: stats}
	w.chunk.log = &w.log
	w.emitted = w.log.newCursor()
	for _, f := range spec.Funcs {
		w.needs.add(f)
		e, err := w.newEval(f)
		if err != nil {
			return nil, err
		}
		w.evals = append(w.evals, e)
	}
	w.flags = newBoundaries(spec)
	w.pageCols = len(spec.Cols)
	return w, nil
}

type window struct {
	rt    *Runtime
	input Operator
	spec  *Window
	res   *Reservation
	asm   *assembler

	log      windowLog
	flags    *boundaries
	pageCols int
	piece    int64 // bytes of a batch, about
	needs    lookahead
	evals    []windowEval
	emitted  *windowCursor
	chunk    windowChunk
	done     bool
	closed   bool
}

// lookahead is how far behind a row a function looks before it can answer.
type lookahead struct {
	rows      int64
	peers     bool
	partition bool
}

func (l *lookahead) add(f WindowFunc) {
	switch f.Func {
	case plan.PercentRank, plan.Ntile:
		l.partition = true
	case plan.CumeDist:
		l.partition = true
	case plan.Lead:
		l.rows = max(l.rows, f.Count)
	case plan.RowNumber, plan.Rank, plan.DenseRank, plan.Lag:
	default:
		l.bound(f.Frame.Start, false)
		l.bound(f.Frame.End, true)
	}
}

func (l *lookahead) bound(b WindowBound, end bool) {
	switch b.Kind {
	case plan.Unbounded:
		l.partition = l.partition || end
	case plan.CurrentRow:
		l.rows = max(l.rows, b.Rows)
	case plan.Peers:
		l.peers = l.peers || end
	case plan.Value:
		l.partition = l.partition || b.Following
		l.peers = true // those of the row are as far as the bound goes
	}
}

// ready returns the row up to which all functions can answer.
func (w *window) ready() int64 {
	if w.done {
		return w.log.rows
	}
	open := w.flags.partition // where the partition begins that may go on
	ready := w.log.rows
	switch {
	case w.needs.partition:
		return open
	case w.needs.peers:
		ready = w.flags.peers
	}
	if w.needs.rows > 0 {
		ready = min(ready, max(open, w.log.rows-min(w.needs.rows, w.log.rows)))
	}
	return ready
}

func (w *window) Next(ctx context.Context) (arrow.RecordBatch, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if at := w.emitted.low; at < w.log.rows && w.log.page(at).end <= w.ready() {
			return w.yield(ctx)
		}
		if w.done {
			return nil, io.EOF
		}
		batch, err := w.input.Next(ctx)
		if err == io.EOF {
			w.done = true
			// What the input holds is not needed any more; the functions may need the memory.
			if err := w.input.Close(); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		err = eachPiece(batch, w.rt.batchRows(), w.pageBytes(), w.take)
		batch.Release()
		if err != nil {
			return nil, err
		}
	}
}

// pageBytes is how large a page may be for all cursors to have one in the memory that is guaranteed.
func (w *window) pageBytes() int64 {
	return min(max(w.res.guaranteed()/int64(2*(len(w.log.cursors)+1)), minBytes), outputBytes)
}

// take appends a borrowed batch to the log, with one more column that says where partitions and peers begin.
func (w *window) take(batch arrow.RecordBatch) error {
	own, _, err := keep(w.rt.Mem, batch)
	if err != nil {
		return err
	}
	defer own.Release()
	flags, peers := w.flags.of(own, w.log.rows)
	b := array.NewUint8Builder(w.rt.Mem)
	b.AppendValues(flags, nil)
	column := b.NewArray()
	b.Release()
	defer column.Release()
	cols := append(slices.Clone(own.Columns()), column)
	fields := append(slices.Clone(own.Schema().Fields()), arrow.Field{Name: "boundaries", Type: column.DataType()})
	page := array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, own.NumRows())
	return w.log.append(page, peers)
}

// yield returns the next rows of a page with the functions' values: all of them, or as many as a batch may have bytes.
func (w *window) yield(ctx context.Context) (arrow.RecordBatch, error) {
	from := w.emitted.low
	if _, err := w.emitted.at(ctx, from); err != nil {
		return nil, err
	}
	width := int64(1)
	for _, e := range w.evals {
		width += e.width()
	}
	c := &w.chunk
	c.begin(w.emitted.page, from, min(w.emitted.page.end, from+max(1, w.piece/width)), w.flags, w.pageCols)
	defer c.batch.Release()
	cols := make([]arrow.Array, 0, len(w.spec.Out))
	for _, k := range w.spec.Keep {
		col := c.batch.Column(k)
		col.Retain()
		cols = append(cols, col)
	}
	for _, e := range w.evals {
		col, err := e.eval(ctx, c)
		if err != nil {
			releaseArrays(cols)
			return nil, err
		}
		cols = append(cols, col)
	}
	rows := int(c.end - c.start)
	w.emitted.done(c.end)
	w.flags.forget(c.end)
	w.log.trim()
	return w.asm.batch(cols, rows), nil
}

func (w *window) Close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	for _, e := range w.evals {
		e.release()
	}
	for _, c := range w.log.cursors {
		c.leave()
	}
	w.log.release()
	err := w.input.Close()
	w.res.Free()
	return err
}

// windowEval computes the column of a function, chunk by chunk.
type windowEval interface {
	// width bounds, or nearly, the bytes of text in a value of the next chunk.
	width() int64
	eval(ctx context.Context, c *windowChunk) (arrow.Array, error)
	release()
}

// newEval returns what computes a function.
func (w *window) newEval(f WindowFunc) (windowEval, error) {
	switch f.Func {
	case plan.RowNumber, plan.Rank, plan.DenseRank, plan.PercentRank, plan.CumeDist, plan.Ntile:
		return &rankEval{rt: w.rt, f: f}, nil
	case plan.Lag, plan.Lead, plan.FirstValue, plan.LastValue, plan.NthValue:
		e := &pickEval{rt: w.rt, f: f, cursor: w.log.newCursor(), widest: w.log.widestOf(f.Args[0])}
		e.frame = w.newFrames(f.Frame)
		return e, nil
	}
	drops := f.Frame.Start.Kind != plan.Unbounded
	m, err := agg.NewMoving(f.Spec, drops)
	if err != nil {
		return nil, err
	}
	e := &aggEval{rt: w.rt, f: f, moving: m, added: &argsCursor{cursor: w.log.newCursor()}, share: windowShare{log: &w.log}}
	e.running, _ = m.(agg.Running)
	e.collecting, _ = m.(agg.Collecting)
	if f.Spec.Result.IsString() && e.collecting == nil {
		e.widest = w.log.widestOf(f.Args[0])
	}
	if drops {
		e.dropped = &argsCursor{cursor: w.log.newCursor()}
	}
	e.frame = w.newFrames(f.Frame)
	return e, nil
}
