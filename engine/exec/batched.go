package exec

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/plan"
)

// NewBatched gathers what comes in few rows into batches.
func NewBatched(rt *Runtime, input Operator, cols plan.Schema) Operator {
	return &batched{rt: rt, input: input, cols: cols}
}

type batched struct {
	rt    *Runtime
	input Operator
	cols  plan.Schema
	ended bool
}

func (b *batched) Next(ctx context.Context) (arrow.RecordBatch, error) {
	var batches []arrow.RecordBatch
	defer func() { releaseBatches(batches) }()
	for rows, size := int64(0), int64(0); !b.ended && rows < int64(b.rt.batchRows()) && size < mostBatched; {
		batch, err := b.input.Next(ctx)
		if errors.Is(err, io.EOF) {
			b.ended = true
			break
		}
		if err != nil {
			return nil, err
		}
		batches = append(batches, batch)
		rows, size = rows+batch.NumRows(), size+batchBytes(batch)
	}
	if len(batches) == 0 {
		return nil, io.EOF
	}
	return concatBatches(b.rt.Mem, b.cols, batches)
}

// mostBatched is about how many bytes are gathered.
const mostBatched = 1 << 20

func (b *batched) Close() error { return b.input.Close() }
