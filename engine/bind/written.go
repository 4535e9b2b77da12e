package bind

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/transform"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// What a write's expressions say of the row that is written has no name that GMS could resolve. It is called by functions of ours, whose
// argument is the column's name.
var (
	columnFunction  = ownName("column")     // the row as it is so far
	newFunction     = ownName("new")        // the row that was to be inserted, in ON DUPLICATE KEY UPDATE
	defaultFunction = parse.DefaultFunction // what the column holds by default
	ignoreFunction  = ownName("ignore")     // no column: that a DELETE is DELETE IGNORE
	queryFunction   = ownName("query")      // the row that came from the query of INSERT ... SELECT; no statement has a call
)

// writtenColumn is a call of one.
type writtenColumn struct {
	function, name string
}

var _ sql.FunctionExpression = (*writtenColumn)(nil)

func writtenFunctions() []sql.Function {
	var list []sql.Function
	for _, name := range []string{columnFunction, newFunction, defaultFunction, ignoreFunction} {
		list = append(list, sql.FunctionN{Name: name, Fn: func(_ *sql.Context, args ...sql.Expression) (sql.Expression, error) {
			if literal, ok := only(args).(*expression.Literal); ok {
				if column, ok := literal.Value().(string); ok {
					return &writtenColumn{name, column}, nil
				}
			}
			if column, ok := only(args).(*expression.GetField); ok && name == defaultFunction {
				return newColumnDefault(column), nil
			}
			return nil, sql.ErrFunctionNotFound.New(name) // nobody but a statement of a user's has such a call
		}})
	}
	return list
}

// only is the one element of a list, nil of another list.
func only(args []sql.Expression) sql.Expression {
	if len(args) != 1 {
		return nil
	}
	return args[0]
}

// FunctionName implements sql.FunctionExpression.
func (w *writtenColumn) FunctionName() string { return w.function }

// Description implements sql.FunctionExpression.
func (w *writtenColumn) Description() string { return "a column of the row that is written" }

// Resolved implements sql.Expression.
func (w *writtenColumn) Resolved() bool { return true }

// String implements sql.Expression.
func (w *writtenColumn) String() string {
	switch w.function {
	case newFunction:
		return "values(" + w.name + ")"
	case defaultFunction:
		return "default(" + w.name + ")"
	}
	return w.name
}

// Type implements sql.Expression: the import finds the column's.
func (w *writtenColumn) Type(*sql.Context) sql.Type { return gmstypes.LongText }

// IsNullable implements sql.Expression.
func (w *writtenColumn) IsNullable(*sql.Context) bool { return true }

// Eval implements sql.Expression. Only writes that the package takes have such expressions.
func (w *writtenColumn) Eval(*sql.Context, sql.Row) (any, error) {
	return nil, sqlerr.New(sqlerr.Unsupported, "column '%s': values of the row that is written are not supported in this statement", w.name)
}

// Children implements sql.Expression.
func (w *writtenColumn) Children() []sql.Expression { return nil }

// WithChildren implements sql.Expression.
func (w *writtenColumn) WithChildren(_ *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	return w, nil
}

// writtenRow says what those functions mean in an expression.
type writtenRow struct {
	now, fresh map[string]expr.Expr // columns by lower-case name; nil: there are none
	query      map[string]expr.Expr
	defaults   func(column string) (expr.Expr, error)
}

// written imports a column of the row that is written.
func (x *expressions) writtenColumn(w *writtenColumn) (expr.Expr, error) {
	if x.written == nil {
		return nil, sqlerr.New(sqlerr.Unsupported, "column '%s': values of the row that is written are not supported in this statement", w.name)
	}
	columns := x.written.now
	switch w.function {
	case defaultFunction:
		return x.written.defaults(w.name)
	case newFunction:
		columns = x.written.fresh
	case queryFunction:
		columns = x.written.query
	}
	if e, ok := columns[strings.ToLower(w.name)]; ok {
		return e, nil
	}
	return nil, sqlerr.New(sqlerr.UnknownColumn, "Unknown column '%s' in 'field list'", w.name)
}

// ofWrittenRow has an expression of a table's definition, whose columns have no table, read the row that is written.
func ofWrittenRow(ctx *sql.Context, e sql.Expression) (sql.Expression, error) {
	out, _, err := transform.Expr(ctx, e, func(_ *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
		if f, ok := e.(*expression.GetField); ok {
			return &writtenColumn{columnFunction, f.Name()}, transform.NewTree, nil
		}
		return e, transform.SameTree, nil
	})
	return out, err
}
