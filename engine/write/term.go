package write

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// Frame are the columns that terms may read, by position.
type Frame []*expr.Column

// Term is an expression that is evaluated over one row's values at a time.
type Term struct {
	Type types.Type

	mem    memory.Allocator
	row    expr.RowEvaluator
	reads  []int // positions in the frame
	types  []types.Type
	schema *arrow.Schema
}

// NewTerm compiles an expression over the columns of a frame.
func NewTerm(mem memory.Allocator, e expr.Expr, frame Frame, env *expr.Env) (*Term, error) {
	t := &Term{Type: e.Type(), mem: mem}
	read := make(map[expr.ColumnID]bool)
	expr.Columns(e, read)
	layout := make(expr.Layout, len(read))
	var fields []arrow.Field
	for i, c := range frame {
		if !read[c.ID] {
			continue
		}
		layout[c.ID] = len(t.reads)
		t.reads, t.types = append(t.reads, i), append(t.types, c.Typ)
		fields = append(fields, arrow.Field{Name: c.Name, Type: c.Typ.Arrow(), Nullable: true})
	}
	t.schema = arrow.NewSchema(fields, nil)
	var err error
	t.row, err = expr.CompileRow(e, layout, env)
	return t, err
}

// Of returns the value of the term where the frame's columns have these values.
func (t *Term) Of(values []types.Value) (types.Value, error) {
	columns := make([]arrow.Array, len(t.reads))
	for i, at := range t.reads {
		columns[i] = kernel.FromValues(t.mem, t.types[i], []types.Value{values[at]})
		defer columns[i].Release()
	}
	batch := array.NewRecordBatch(t.schema, columns, 1)
	defer batch.Release()
	return t.row.EvalRow(t.mem, batch, 0)
}
