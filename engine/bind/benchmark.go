package bind

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
)

const benchmarkFunction = "benchmark"

// benchmark is BENCHMARK(count, e): it evaluates e so often and is 0, NULL without a count.
type benchmark struct {
	expression.BinaryExpressionStub
}

var _ sql.FunctionExpression = (*benchmark)(nil)

func newBenchmark(_ *sql.Context, count, e sql.Expression) sql.Expression {
	return &benchmark{expression.BinaryExpressionStub{LeftChild: count, RightChild: e}}
}

// FunctionName implements sql.FunctionExpression.
func (*benchmark) FunctionName() string { return benchmarkFunction }

// Description implements sql.FunctionExpression.
func (*benchmark) Description() string { return "evaluates an expression many times" }

// String implements sql.Expression.
func (b *benchmark) String() string {
	return benchmarkFunction + "(" + b.LeftChild.String() + "," + b.RightChild.String() + ")"
}

// Type implements sql.Expression.
func (*benchmark) Type(*sql.Context) sql.Type { return gmstypes.Int32 }

// IsNullable implements sql.Expression.
func (*benchmark) IsNullable(*sql.Context) bool { return true }

// WithChildren implements sql.Expression.
func (b *benchmark) WithChildren(ctx *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	if len(children) != 2 {
		return nil, sql.ErrInvalidChildrenNumber.New(b, len(children), 2)
	}
	return newBenchmark(ctx, children[0], children[1]), nil
}

// Eval implements sql.Expression.
func (b *benchmark) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	count, err := b.LeftChild.Eval(ctx, row)
	if err != nil || count == nil {
		return nil, err
	}
	times, _, err := gmstypes.Int64.Convert(ctx, count)
	if err != nil {
		return nil, err
	}
	n, ok := times.(int64)
	if !ok || n < 0 {
		ctx.Warn(1411, "Incorrect count value: '%v' for function benchmark", count)
		return nil, nil
	}
	for range n {
		if err := ctx.Err(); err != nil { // killed, or its time is over
			return nil, err
		}
		if _, err := b.RightChild.Eval(ctx, row); err != nil {
			return nil, err
		}
	}
	return int32(0), nil
}
