package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// NewFilter returns the rows of a stream for which every conjunct of cond is true, with the columns at positions keep,
// which are those of out. Batches that pass whole are not copied.
func NewFilter(rt *Runtime, input Operator, cond expr.Filter, keep []int, out plan.Schema) Operator {
	return &filter{rt: rt, input: input, cond: cond, keep: keep, asm: newAssembler(out)}
}

type filter struct {
	rt    *Runtime
	input Operator
	cond  expr.Filter
	keep  []int
	asm   *assembler
}

func (f *filter) Next(ctx context.Context) (arrow.RecordBatch, error) {
	for {
		batch, err := f.input.Next(ctx)
		if err != nil {
			return nil, err
		}
		out, err := f.apply(batch)
		batch.Release()
		if out != nil || err != nil {
			return out, err
		}
	}
}

// apply returns the kept rows of a borrowed batch; nil if there are none.
func (f *filter) apply(batch arrow.RecordBatch) (arrow.RecordBatch, error) {
	sel, all, err := f.cond.Select(f.rt.Mem, batch)
	if err != nil {
		return nil, err
	}
	rows := len(sel)
	switch {
	case all:
		sel, rows = nil, int(batch.NumRows())
	case rows == 0:
		return nil, nil
	}
	cols, err := takeColumns(f.rt.Mem, batch, f.keep, sel)
	if err != nil {
		return nil, err
	}
	return f.asm.batch(cols, rows), nil
}

func (f *filter) Close() error { return f.input.Close() }
