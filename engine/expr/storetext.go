package expr

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// StoreText returns a function for one goroutine that stores single texts into columns, as NewStore does.
func StoreText(mem memory.Allocator, env *Env) func(text string, to types.Type) (types.Value, error) {
	made := make(map[types.Type]Evaluator)
	from := types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)
	schema := arrow.NewSchema([]arrow.Field{{Name: "value", Type: from.Arrow(), Nullable: true}}, nil)
	return func(text string, to types.Type) (types.Value, error) {
		ev := made[to]
		if ev == nil {
			e, err := NewStore(&Column{ID: 1, Typ: from, Null: true}, to, "value")
			if err == nil {
				ev, err = Compile(e, Layout{1: 0}, env)
			}
			if err != nil {
				return types.Value{}, err
			}
			made[to] = ev
		}
		in := kernel.FromValues(mem, from, []types.Value{types.TextValue(text)})
		defer in.Release()
		batch := array.NewRecordBatch(schema, []arrow.Array{in}, 1)
		defer batch.Release()
		out, err := ev.Eval(mem, batch)
		if err != nil {
			return types.Value{}, err
		}
		defer out.Release()
		return kernel.ValueAt(out, 0), nil
	}
}
