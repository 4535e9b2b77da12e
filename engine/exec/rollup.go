package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// NewRollup repeats each batch of a stream once for each prefix of keys, the whole list first. Its columns out are the
// input's columns at keep, the keys, NULL beyond the prefix, and the number of keys beyond it. Nothing is copied: the
// repetitions share what they do not blank.
func NewRollup(rt *Runtime, input Operator, keep []int, keys []Term, out plan.Schema) Operator {
	return &rollup{rt: rt, input: input, keep: keep, pieces: pieces{mem: rt.Mem, terms: keys}, out: out, asm: newAssembler(out)}
}

type rollup struct {
	rt     *Runtime
	input  Operator
	keep   []int
	pieces pieces // of the input's last batch, with the keys
	out    plan.Schema
	asm    *assembler

	part   arrow.RecordBatch // being repeated
	values []arrow.Array     // of its keys
	level  int               // of its next repetition
}

func (r *rollup) Next(ctx context.Context) (arrow.RecordBatch, error) {
	for r.part == nil {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		part, values, err := r.pieces.next()
		if err != nil {
			return nil, err
		}
		if part != nil {
			r.part, r.values, r.level = part, values, 0
			break
		}
		batch, err := r.input.Next(ctx)
		if err != nil {
			return nil, err
		}
		r.pieces.start(batch)
		batch.Release()
	}
	return r.repeat(), nil
}

// repeat returns the part at its level.
func (r *rollup) repeat() arrow.RecordBatch {
	rows := int(r.part.NumRows())
	cols := make([]arrow.Array, 0, len(r.out))
	for _, at := range r.keep {
		cols = append(cols, r.part.Column(at))
	}
	cols = append(cols, r.values[:len(r.values)-r.level]...)
	for _, c := range cols {
		c.Retain()
	}
	for len(cols) < len(r.out)-1 {
		cols = append(cols, kernel.Broadcast(r.rt.Mem, r.out[len(cols)].Type, types.NullValue, rows))
	}
	cols = append(cols, integers(r.rt.Mem, int64(r.level), rows))
	batch := r.asm.batch(cols, rows)
	if r.level++; r.level > len(r.values) {
		r.drop()
	}
	return batch
}

// integers returns n rows of one number.
func integers(mem memory.Allocator, v int64, n int) arrow.Array {
	buf := bufpool.NewBuffer(mem, n*arrow.Int64SizeBytes)
	defer buf.Release()
	out := arrow.GetData[int64](buf.Bytes())
	for i := range out {
		out[i] = v
	}
	data := array.NewData(arrow.PrimitiveTypes.Int64, n, []*memory.Buffer{nil, buf}, nil, 0, 0)
	defer data.Release()
	return array.NewInt64Data(data)
}

// drop releases the part.
func (r *rollup) drop() {
	if r.part != nil {
		r.part.Release()
		releaseArrays(r.values)
		r.part, r.values = nil, nil
	}
}

func (r *rollup) Close() error {
	r.drop()
	r.pieces.release()
	return r.input.Close()
}
