package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// Term is an expression made ready for the batches of one stream: a column of the input, passed on as it is, or an
// evaluator.
type Term struct {
	Column int
	Eval   expr.Evaluator // nil: Column
}

// eval returns the term's values over a borrowed batch; the caller releases them.
func (t Term) eval(mem memory.Allocator, batch arrow.RecordBatch) (arrow.Array, error) {
	if t.Eval != nil {
		return t.Eval.Eval(mem, batch)
	}
	col := batch.Column(t.Column)
	col.Retain()
	return col, nil
}

// NewProject computes terms, which give the columns out, for each batch of a stream.
func NewProject(rt *Runtime, input Operator, terms []Term, out plan.Schema) Operator {
	return &project{input: input, pieces: pieces{mem: rt.Mem, terms: terms}, asm: newAssembler(out)}
}

type project struct {
	input  Operator
	pieces pieces // of the input's last batch
	asm    *assembler
}

func (p *project) Next(ctx context.Context) (arrow.RecordBatch, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		part, cols, err := p.pieces.next()
		if err != nil {
			return nil, err
		}
		if part != nil {
			defer part.Release()
			return p.asm.batch(cols, int(part.NumRows())), nil
		}
		batch, err := p.input.Next(ctx)
		if err != nil {
			return nil, err
		}
		p.pieces.start(batch)
		batch.Release()
	}
}

func (p *project) Close() error {
	p.pieces.release()
	return p.input.Close()
}
