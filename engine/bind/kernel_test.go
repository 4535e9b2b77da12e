package bind

import (
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// evaluateKernel computes e over one row with its vectorized evaluator.
func evaluateKernel(env *expr.Env, e expr.Expr, schema plan.Schema, row []types.Value) (types.Value, error) {
	read := make(map[expr.ColumnID]bool)
	expr.Columns(e, read)
	layout := make(expr.Layout)
	var cols plan.Schema
	var builders []array.Builder
	expr.Walk(e, func(e expr.Expr) bool {
		if c, ok := e.(*expr.Column); ok && read[c.ID] {
			read[c.ID] = false
			layout[c.ID] = len(cols)
			cols = append(cols, plan.Column{ID: c.ID, Name: c.Name, Type: c.Typ})
			builders = append(builders, array.NewBuilder(memory.DefaultAllocator, c.Typ.Arrow()))
		}
		return true
	})
	for i, c := range cols {
		v, err := evaluate(env, c.Ref(), schema, row)
		if err != nil {
			return types.Value{}, err
		}
		if err := appendValue(builders[i], v, c.Type); err != nil {
			return types.Value{}, err
		}
	}
	batch := newBatch(cols, builders, 1)
	defer batch.Release()
	evaluator, err := expr.Compile(e, layout, env)
	if err != nil {
		return types.Value{}, err
	}
	out, err := evaluator.Eval(memory.DefaultAllocator, batch)
	if err != nil {
		return types.Value{}, err
	}
	defer out.Release()
	return valueAt(out, 0, e.Type())
}
