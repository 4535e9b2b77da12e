package expr

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// RowEvaluator is a compiled expression that is evaluated for one row at a time. It belongs to one goroutine.
type RowEvaluator interface {
	// EvalRow returns the value of a row of batch, in the expression's type.
	EvalRow(mem memory.Allocator, batch arrow.RecordBatch, row int) (types.Value, error)
}

// CompileRow prepares e as Compile does.
func CompileRow(e Expr, layout Layout, env *Env) (RowEvaluator, error) {
	return compile(e, layout, env)
}

// EvalRow implements RowEvaluator: the columns of its frame are the values of the row.
func (e *evaluator) EvalRow(mem memory.Allocator, batch arrow.RecordBatch, row int) (types.Value, error) {
	if e.row == nil {
		e.row = newFrame(&e.ctx, mem, batch)
		e.row.n, e.row.single = 1, true
	}
	f := e.row
	f.batch, f.row, f.ctx.Mem = batch, row, mem
	f.texts = kernel.Texts{Limit: rowText}
	d, err := e.root.eval(f)
	f.batch = nil
	if err = e.warned.settle(err, 1); err != nil {
		return types.Value{}, err
	}
	defer d.Release()
	if d.IsScalar() {
		return d.Value, nil
	}
	return kernel.ValueAt(d.Array, 0), nil
}
