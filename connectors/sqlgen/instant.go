package sqlgen

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// IsInstant reports a constant date and time of the session's zone that is converted to an instant.
func IsInstant(c *expr.Cast) bool {
	lit, ok := c.Arg.(*expr.Literal)
	return ok && c.To.Kind == types.Timestamp && (lit.Typ.Kind == types.Datetime || lit.Typ.Kind == types.Date)
}

// Instant returns such a constant as the dialect writes constants. It is known when the statement runs; before, what it
// is made from stands for it.
func (w *Writer) Instant(c *expr.Cast, constant func(types.Value, types.Type) (string, error)) (string, bool) {
	if !IsInstant(c) {
		return "", false
	}
	if w.Env() == nil {
		return c.Arg.String(), true //nolint:forbidigo // for people
	}
	v, err := evaluate(c, w.Env())
	if err != nil {
		return "", false
	}
	text, err := constant(v, c.To)
	return text, err == nil
}

// evaluate computes an expression that reads no column.
func evaluate(e expr.Expr, env *expr.Env) (types.Value, error) {
	evaluator, err := expr.Compile(e, nil, env)
	if err != nil {
		return types.Value{}, err
	}
	row := array.NewRecordBatch(arrow.NewSchema(nil, nil), nil, 1)
	defer row.Release()
	out, err := evaluator.Eval(memory.DefaultAllocator, row)
	if err != nil {
		return types.Value{}, err
	}
	defer out.Release()
	return kernel.ValueAt(out, 0), nil
}
