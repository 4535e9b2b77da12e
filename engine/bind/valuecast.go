package bind

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// valueCast converts single values of one type to another.
type valueCast struct {
	from, to  types.Type
	evaluator expr.Evaluator
}

func newValueCast(env *expr.Env, from, to types.Type) (*valueCast, error) {
	arg := &expr.Column{ID: 1, Typ: from, Null: true}
	e, err := expr.NewCast(arg, to)
	if err != nil {
		return nil, err
	}
	evaluator, err := expr.Compile(e, expr.Layout{arg.ID: 0}, env)
	return &valueCast{from, to, evaluator}, err
}

func (c *valueCast) of(v types.Value) (types.Value, error) {
	one := kernel.FromValues(memory.DefaultAllocator, c.from, []types.Value{v})
	batch := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Type: one.DataType(), Nullable: true}}, nil), []arrow.Array{one}, 1)
	out, err := c.evaluator.Eval(memory.DefaultAllocator, batch)
	if err != nil {
		return types.NullValue, err
	}
	return kernel.ValueAt(out, 0), nil
}
