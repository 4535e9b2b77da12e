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

// ValuesEvaluator is a RowEvaluator of rows that are in no batch.
type ValuesEvaluator interface {
	// EvalValues returns the value of a row of which values are the columns, in the order of the layout and each of its column's type.
	EvalValues(mem memory.Allocator, values []types.Value) (types.Value, error)
}

// CompileRow prepares e as Compile does.
func CompileRow(e Expr, layout Layout, env *Env) (RowEvaluator, error) {
	return compile(e, layout, env)
}

// CompileValues prepares e as Compile does.
func CompileValues(e Expr, layout Layout, env *Env) (ValuesEvaluator, error) {
	return compile(e, layout, env)
}

// EvalRow implements RowEvaluator: the columns of its frame are the values of the row.
func (e *evaluator) EvalRow(mem memory.Allocator, batch arrow.RecordBatch, row int) (types.Value, error) {
	return e.evalSingle(mem, func(column int) types.Value { return kernel.ValueAt(batch.Column(column), row) })
}

// EvalValues implements ValuesEvaluator.
func (e *evaluator) EvalValues(mem memory.Allocator, values []types.Value) (types.Value, error) {
	return e.evalSingle(mem, func(column int) types.Value { return values[column] })
}

func (e *evaluator) evalSingle(mem memory.Allocator, value func(column int) types.Value) (types.Value, error) {
	if e.row == nil {
		e.row = newFrame(&e.ctx, mem, 1)
	}
	f := e.row
	f.value, f.ctx.Mem = value, mem
	f.texts = kernel.Texts{Limit: rowText}
	d, err := e.root.eval(f)
	f.value = nil
	if err = e.warned.settle(err, 1); err != nil {
		return types.Value{}, err
	}
	defer d.Release()
	if d.IsScalar() {
		return d.Value, nil
	}
	return kernel.ValueAt(d.Array, 0), nil
}
