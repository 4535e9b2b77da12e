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

// NewValues yields rows of constant expressions, which are evaluated when they are first needed.
func NewValues(rt *Runtime, cols plan.Schema, rows [][]expr.Evaluator) Operator {
	return &constants{rt: rt, cols: cols, rows: rows}
}

type constants struct {
	rt   *Runtime
	cols plan.Schema
	rows [][]expr.Evaluator
	from Operator
}

func (c *constants) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if c.from == nil {
		batch, err := c.evaluate()
		if err != nil {
			return nil, err
		}
		c.from = NewBatches(c.rt, batch)
		batch.Release()
	}
	return c.from.Next(ctx)
}

// evaluate makes one batch of all rows.
func (c *constants) evaluate() (arrow.RecordBatch, error) {
	if len(c.cols) == 0 {
		return newAssembler(nil).batch(nil, len(c.rows)), nil
	}
	input := newAssembler(nil).batch(nil, 1)
	defer input.Release()
	asm := newAssembler(c.cols)
	batches := make([]arrow.RecordBatch, 0, len(c.rows))
	defer func() { releaseBatches(batches) }()
	for _, row := range c.rows {
		cols := make([]arrow.Array, 0, len(row))
		for _, e := range row {
			a, err := e.Eval(c.rt.Mem, input)
			if err != nil {
				releaseArrays(cols)
				return nil, err
			}
			cols = append(cols, a)
		}
		batches = append(batches, asm.batch(cols, 1))
	}
	return concatBatches(c.rt.Mem, c.cols, batches)
}

func (c *constants) Close() error {
	if c.from == nil {
		return nil
	}
	return c.from.Close()
}
