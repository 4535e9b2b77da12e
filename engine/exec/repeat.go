package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/engine/plan"
)

// NewRepeat yields each row of a stream as often as times says, a BIGINT; not at all where that is NULL or less than 1. The
// columns are those of the input at keep.
func NewRepeat(rt *Runtime, input Operator, times Term, keep []int, out plan.Schema) Operator {
	return &repeat{rt: rt, input: input, times: times, keep: keep, asm: newAssembler(out)}
}

type repeat struct {
	rt    *Runtime
	input Operator
	times Term
	keep  []int
	asm   *assembler

	batch  arrow.RecordBatch // being repeated
	left   []int64           // for each of its rows how often it is still to come
	widths rowWidths
	at     int // the first row that is still to come
	rows   []int32
}

func (r *repeat) Next(ctx context.Context) (arrow.RecordBatch, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r.batch == nil {
			batch, err := r.input.Next(ctx)
			if err != nil {
				return nil, err
			}
			if err := r.start(batch); err != nil {
				return nil, err
			}
		}
		r.choose()
		if len(r.rows) == 0 {
			r.drop()
			continue
		}
		rows := r.rows
		if identity(rows, int(r.batch.NumRows())) {
			rows = nil
		}
		cols, err := takeColumns(r.rt.Mem, r.batch, r.keep, rows)
		if err != nil {
			return nil, err
		}
		return r.asm.batch(cols, len(r.rows)), nil
	}
}

// start takes over a batch.
func (r *repeat) start(batch arrow.RecordBatch) error {
	r.batch, r.at, r.left = batch, 0, r.left[:0]
	times, err := r.times.eval(r.rt.Mem, batch)
	if err != nil {
		return err
	}
	defer times.Release()
	for i, n := range times.(*array.Int64).Int64Values() {
		if times.IsNull(i) {
			n = 0
		}
		r.left = append(r.left, n)
	}
	cols := make([]arrow.Array, len(r.keep))
	for i, at := range r.keep {
		cols[i] = batch.Column(at)
	}
	r.widths = widthsOf(cols)
	return nil
}

// choose picks the next rows, as many as a batch may have rows and bytes.
func (r *repeat) choose() {
	r.rows = r.rows[:0]
	size := int64(0)
	for r.at < len(r.left) && len(r.rows) < r.rt.batchRows() {
		if r.left[r.at] < 1 {
			r.at++
			continue
		}
		row := int32(r.at)
		if size += r.widths.of(row); size > outputBytes && len(r.rows) > 0 {
			return
		}
		r.rows = append(r.rows, row)
		r.left[r.at]--
	}
}

// drop releases the batch.
func (r *repeat) drop() {
	if r.batch != nil {
		r.batch.Release()
		r.batch = nil
	}
}

func (r *repeat) Close() error {
	r.drop()
	return r.input.Close()
}
