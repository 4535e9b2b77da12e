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

// evalTerms evaluates a list; the caller releases the arrays.
func evalTerms(mem memory.Allocator, terms []Term, batch arrow.RecordBatch) ([]arrow.Array, error) {
	out := make([]arrow.Array, 0, len(terms))
	for _, t := range terms {
		a, err := t.eval(mem, batch)
		if err != nil {
			releaseArrays(out)
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// NewProject computes terms, which give the columns out, for each batch of a stream.
func NewProject(rt *Runtime, input Operator, terms []Term, out plan.Schema) Operator {
	return &project{rt: rt, input: input, terms: terms, asm: newAssembler(out)}
}

type project struct {
	rt    *Runtime
	input Operator
	terms []Term
	asm   *assembler
}

func (p *project) Next(ctx context.Context) (arrow.RecordBatch, error) {
	batch, err := p.input.Next(ctx)
	if err != nil {
		return nil, err
	}
	defer batch.Release()
	cols, err := evalTerms(p.rt.Mem, p.terms, batch)
	if err != nil {
		return nil, err
	}
	return p.asm.batch(cols, int(batch.NumRows())), nil
}

func (p *project) Close() error { return p.input.Close() }
