package bind

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/sqlerr"
)

// makeText makes GMS's function of arguments.
type makeText func(*sql.Context, ...sql.Expression) (sql.Expression, error)

// growing are the functions whose text may be far longer than their arguments, under names that are free. Where GMS
// computes them it would take any memory. size is the least number of bytes of the result.
var growing = map[string]struct {
	make makeText
	size func(ctx *sql.Context, args []any) int64
}{
	"repeat": {two(function.NewRepeat), func(ctx *sql.Context, args []any) int64 {
		if length := int64(len(textOf(ctx, args[0]))); length > 0 {
			return product(length, countOf(ctx, args[1]))
		}
		return 0
	}},
	"space": {one(function.NewSpace), func(ctx *sql.Context, args []any) int64 { return countOf(ctx, args[0]) }},
	"lpad":  {function.NewLeftPad, func(ctx *sql.Context, args []any) int64 { return countOf(ctx, args[1]) }},
	"rpad":  {function.NewRightPad, func(ctx *sql.Context, args []any) int64 { return countOf(ctx, args[1]) }},
	"concat": {function.NewConcat, func(ctx *sql.Context, args []any) (all int64) {
		for _, a := range args {
			all += int64(len(textOf(ctx, a)))
		}
		return all
	}},
	"replace": {three(function.NewReplace), func(ctx *sql.Context, args []any) int64 {
		text, from, to := textOf(ctx, args[0]), textOf(ctx, args[1]), textOf(ctx, args[2])
		if from == "" {
			return int64(len(text))
		}
		return int64(len(text)) + product(int64(strings.Count(text, from)), int64(len(to)-len(from)))
	}},
}

// ownName is a name of ours for a function of GMS's.
func ownName(function string) string { return "silogate_" + function }

// FunctionName is the name by which a statement calls a function, for which the parser may have put one of ours, in lower case.
func FunctionName(f *sqlparser.FuncExpr) string {
	return strings.TrimPrefix(f.Name.Lowered(), ownName(""))
}

// renameGrowing gives the growing functions of a statement names of ours.
func renameGrowing(stmt sqlparser.SQLNode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		if f, ok := n.(*sqlparser.FuncExpr); ok && f.Qualifier.IsEmpty() {
			if name := f.Name.Lowered(); growing[name].make != nil {
				f.Name = sqlparser.NewColIdent(ownName(name))
			}
		}
		return true, nil
	}, stmt)
}

// growingFunctions are the functions for GMS's catalog.
func growingFunctions() []sql.Function {
	var list []sql.Function
	for name := range growing {
		list = append(list, sql.FunctionN{Name: ownName(name), Fn: func(ctx *sql.Context, args ...sql.Expression) (sql.Expression, error) {
			return newBounded(ctx, name, args)
		}})
	}
	return list
}

// bounded is a function of GMS's whose text is NULL, with a warning, where it would be too long.
type bounded struct {
	sql.FunctionExpression
	name string
}

func newBounded(ctx *sql.Context, name string, args []sql.Expression) (sql.Expression, error) {
	e, err := growing[name].make(ctx, args...)
	if err != nil {
		return nil, err
	}
	f, ok := e.(sql.FunctionExpression)
	if !ok {
		return e, nil
	}
	return &bounded{f, name}, nil
}

// WithChildren implements sql.Expression.
func (b *bounded) WithChildren(ctx *sql.Context, args ...sql.Expression) (sql.Expression, error) {
	return newBounded(ctx, b.name, args)
}

// Eval implements sql.Expression. It evaluates the arguments once, to know them before GMS's function does.
func (b *bounded) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	args := b.Children()
	values, literals := make([]any, len(args)), make([]sql.Expression, len(args))
	for i, a := range args {
		v, err := a.Eval(ctx, row)
		if err != nil || v == nil {
			return nil, err
		}
		values[i], literals[i] = v, expression.NewLiteral(v, a.Type(ctx))
	}
	size := growing[b.name].size(ctx, values)
	if b.name == "repeat" && size <= 0 {
		return "", nil // GMS refuses a negative count
	}
	if longest := maxPacket(ctx); size > longest {
		ctx.Warn(int(sqlerr.TooLong.Identity().Errno), "Result of %s() was larger than max_allowed_packet (%d) - truncated", b.name, longest)
		return nil, nil
	}
	f, err := growing[b.name].make(ctx, literals...)
	if err != nil {
		return nil, err
	}
	return f.Eval(ctx, row)
}

func one(f func(*sql.Context, sql.Expression) sql.Expression) makeText {
	return exactly(1, func(ctx *sql.Context, a ...sql.Expression) sql.Expression { return f(ctx, a[0]) })
}

func two(f func(*sql.Context, sql.Expression, sql.Expression) sql.Expression) makeText {
	return exactly(2, func(ctx *sql.Context, a ...sql.Expression) sql.Expression { return f(ctx, a[0], a[1]) })
}

func three(f func(*sql.Context, sql.Expression, sql.Expression, sql.Expression) sql.Expression) makeText {
	return exactly(3, func(ctx *sql.Context, a ...sql.Expression) sql.Expression { return f(ctx, a[0], a[1], a[2]) })
}

func exactly(n int, f func(*sql.Context, ...sql.Expression) sql.Expression) makeText {
	return func(ctx *sql.Context, args ...sql.Expression) (sql.Expression, error) {
		if len(args) != n {
			return nil, sqlerr.New(sqlerr.ArgumentCount, "Incorrect parameter count in the call to native function: %d for %d", len(args), n)
		}
		return f(ctx, args...), nil
	}
}

// textOf is an argument as a text, "" if it is none.
func textOf(ctx *sql.Context, v any) string {
	text, _, err := gmstypes.LongText.Convert(ctx, v)
	if err == nil {
		text, err = sql.UnwrapAny(ctx, text)
	}
	s, _ := text.(string)
	if err != nil {
		return ""
	}
	return s
}

// countOf is an argument as a whole number, 0 if it is none.
func countOf(ctx *sql.Context, v any) int64 {
	n, _, err := gmstypes.Int64.Convert(ctx, v)
	count, ok := n.(int64)
	if err != nil || !ok {
		return 0
	}
	return count
}

// product multiplies as far as it matters.
func product(a, b int64) int64 {
	if a > 0 && b > kernel.DefaultMaxPacket/a {
		return kernel.DefaultMaxPacket + 1
	}
	return a * b
}
