package write

import (
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// Frame are the columns that terms may read, by position.
type Frame []*expr.Column

// Term is an expression that is evaluated over one row's values at a time. It belongs to one goroutine.
type Term struct {
	Type types.Type

	mem   memory.Allocator
	row   expr.ValuesEvaluator
	reads []int         // positions in the frame
	read  []types.Value // what is there
}

// NewTerm compiles an expression over the columns of a frame.
func NewTerm(mem memory.Allocator, e expr.Expr, frame Frame, env *expr.Env) (*Term, error) {
	t := &Term{Type: e.Type(), mem: mem}
	read := make(map[expr.ColumnID]bool)
	expr.Columns(e, read)
	layout := make(expr.Layout, len(read))
	for i, c := range frame {
		if read[c.ID] {
			layout[c.ID] = len(t.reads)
			t.reads = append(t.reads, i)
		}
	}
	t.read = make([]types.Value, len(t.reads))
	var err error
	t.row, err = expr.CompileValues(e, layout, env)
	return t, err
}

// Of returns the value of the term where the frame's columns have these values.
func (t *Term) Of(values []types.Value) (types.Value, error) {
	for i, at := range t.reads {
		t.read[i] = values[at]
	}
	return t.row.EvalValues(t.mem, t.read)
}
