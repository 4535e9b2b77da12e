package expr

import (
	"errors"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Layout is where the columns of a relation lie in its batches.
type Layout map[ColumnID]int

// Evaluator computes an expression over batches. It has scratch space: one goroutine at a time.
type Evaluator interface {
	// Eval returns one value per row of batch, in the expression's type; the caller releases it.
	Eval(mem memory.Allocator, batch arrow.RecordBatch) (arrow.Array, error)
}

// Compile prepares e for batches of a layout.
func Compile(e Expr, layout Layout, env *Env) (Evaluator, error) {
	return nil, errors.New("compile: not yet")
}

// Filter finds the rows for which every conjunct is true. It has scratch space: one goroutine at a time.
type Filter interface {
	// Select returns the positions of those rows in ascending order, valid until the next call; all says that it is
	// every row, and then sel is nil.
	Select(mem memory.Allocator, batch arrow.RecordBatch) (sel []int32, all bool, err error)
}

// CompileFilter prepares conjuncts. Later ones are evaluated only for rows that the earlier ones left.
func CompileFilter(conds []Expr, layout Layout, env *Env) (Filter, error) {
	return nil, errors.New("compile: not yet")
}
