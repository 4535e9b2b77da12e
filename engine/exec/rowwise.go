package exec

import (
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// NewRowwise appends columns to those of a stream, which are in: the values of terms, which are computed of a row, one after the
// other, before the next row is looked at.
func NewRowwise(rt *Runtime, input Operator, in plan.Schema, terms []expr.RowEvaluator, computed plan.Schema) Operator {
	return &rowwise{rt: rt, input: input, terms: terms, computed: computed, asm: newAssembler(slices.Concat(in, computed))}
}

type rowwise struct {
	rt       *Runtime
	input    Operator
	terms    []expr.RowEvaluator
	computed plan.Schema
	asm      *assembler

	batch arrow.RecordBatch // what is left of it begins at row at
	at    int
}

func (r *rowwise) Next(ctx context.Context) (arrow.RecordBatch, error) {
	for r.batch == nil || r.at == int(r.batch.NumRows()) {
		r.release()
		batch, err := r.input.Next(ctx)
		if err != nil {
			return nil, err
		}
		r.batch, r.at = batch, 0
	}
	from := r.at
	values, err := r.compute(ctx)
	if err != nil {
		return nil, err
	}
	part := r.batch.NewSlice(int64(from), int64(r.at))
	defer part.Release()
	cols := slices.Clone(part.Columns())
	for _, c := range cols {
		c.Retain()
	}
	for i, c := range r.computed {
		cols = append(cols, kernel.FromValues(r.rt.Mem, c.Type, values[i]))
	}
	return r.asm.batch(cols, r.at-from), nil
}

// compute returns the values of the next rows, by term: of all that are left, or of so many that their texts are not too long.
func (r *rowwise) compute(ctx context.Context) ([][]types.Value, error) {
	values := make([][]types.Value, len(r.terms))
	for i := range values {
		values[i] = make([]types.Value, 0, int(r.batch.NumRows())-r.at)
	}
	for texts := int64(0); r.at < int(r.batch.NumRows()) && texts <= expr.BatchText; r.at++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for i, t := range r.terms {
			v, err := t.EvalRow(r.rt.Mem, r.batch, r.at)
			if err != nil {
				return nil, err
			}
			values[i] = append(values[i], v)
			texts += int64(len(v.Str))
		}
	}
	return values, nil
}

func (r *rowwise) release() {
	if r.batch != nil {
		r.batch.Release()
		r.batch = nil
	}
}

func (r *rowwise) Close() error {
	r.release()
	return r.input.Close()
}
