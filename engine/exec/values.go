package exec

import (
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// NewBatches yields slices of a borrowed batch in order.
func NewBatches(rt *Runtime, batch arrow.RecordBatch) Operator {
	batch.Retain()
	return &values{batch: batch, step: int64(rt.batchRows())}
}

type values struct {
	batch arrow.RecordBatch
	at    int64
	step  int64
}

func (v *values) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if v.batch == nil || v.at == v.batch.NumRows() {
		return nil, io.EOF
	}
	from := v.at
	v.at = min(from+v.step, v.batch.NumRows())
	return v.batch.NewSlice(from, v.at), nil
}

func (v *values) Close() error {
	if v.batch != nil {
		v.batch.Release()
		v.batch = nil
	}
	return nil
}

// NewValues yields rows of constant expressions, which are evaluated a batch at a time when they are needed.
func NewValues(rt *Runtime, cols plan.Schema, rows [][]expr.Evaluator) Operator {
	return &constants{rt: rt, cols: cols, rows: rows, asm: newAssembler(cols)}
}

type constants struct {
	rt   *Runtime
	cols plan.Schema
	rows [][]expr.Evaluator // that are still to come
	asm  *assembler
}

func (c *constants) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(c.rows) == 0 {
		return nil, io.EOF
	}
	return c.evaluate(c.rows[:min(c.rt.batchRows(), len(c.rows))])
}

// evaluate makes one batch of the first of rows, as many as have little enough text together.
func (c *constants) evaluate(rows [][]expr.Evaluator) (arrow.RecordBatch, error) {
	input := newAssembler(nil).batch(nil, 1)
	defer input.Release()
	batches := make([]arrow.RecordBatch, 0, len(rows))
	defer func() { releaseBatches(batches) }()
	size := int64(0)
	for _, row := range rows {
		if size > expr.BatchText {
			break
		}
		cols := make([]arrow.Array, 0, len(row))
		for _, e := range row {
			a, err := e.Eval(c.rt.Mem, input)
			if err != nil {
				releaseArrays(cols)
				return nil, err
			}
			cols = append(cols, a)
		}
		batch := c.asm.batch(cols, 1)
		batches, size = append(batches, batch), size+batchBytes(batch)
	}
	c.rows = c.rows[len(batches):]
	return concatBatches(c.rt.Mem, c.cols, batches)
}

func (c *constants) Close() error { return nil }
