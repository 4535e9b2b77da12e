package bind

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// extremes are GREATEST and LEAST under names that are free: GMS refuses arguments of types it does not know, such as the
// decimals of federated tables.
var extremes = map[string]struct {
	name     string
	function expr.Func
	gms      func(*sql.Context, ...sql.Expression) (sql.Expression, error)
}{
	"greatest": {"silogate_greatest", expr.Greatest, function.NewGreatest},
	"least":    {"silogate_least", expr.Least, function.NewLeast},
}

// renameExtremes gives GREATEST and LEAST of a statement these names.
func renameExtremes(stmt sqlparser.SQLNode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		if f, ok := n.(*sqlparser.FuncExpr); ok && f.Qualifier.IsEmpty() {
			if own, ok := extremes[f.Name.Lowered()]; ok {
				f.Name = sqlparser.NewColIdent(own.name)
			}
		}
		return true, nil
	}, stmt)
}

// extremeFunctions are the functions for GMS's catalog. They make GMS's own where it takes the arguments.
func extremeFunctions() []sql.Function {
	var list []sql.Function
	for _, own := range extremes {
		list = append(list, sql.FunctionN{Name: own.name, Fn: func(ctx *sql.Context, args ...sql.Expression) (sql.Expression, error) {
			if len(args) < 2 {
				return nil, sql.ErrInvalidArgumentNumber.New(strings.ToUpper(string(own.function)), "2 or more", len(args))
			}
			if e, err := own.gms(ctx, args...); err == nil {
				return e, nil
			}
			return &extreme{own.function, args}, nil
		}})
	}
	return list
}

// extreme is GREATEST or LEAST in a federated query.
type extreme struct {
	function expr.Func
	args     []sql.Expression
}

// FunctionName implements sql.FunctionExpression.
func (e *extreme) FunctionName() string { return string(e.function) }

// Description implements sql.FunctionExpression.
func (e *extreme) Description() string { return "returns one of its arguments" }

// Resolved implements sql.Expression.
func (e *extreme) Resolved() bool {
	for _, a := range e.args {
		if !a.Resolved() {
			return false
		}
	}
	return true
}

// String implements sql.Expression.
func (e *extreme) String() string {
	texts := make([]string, len(e.args))
	for i, a := range e.args {
		texts[i] = a.String()
	}
	return string(e.function) + "(" + strings.Join(texts, ",") + ")"
}

// Type implements sql.Expression.
func (e *extreme) Type(*sql.Context) sql.Type { return gmstypes.Float64 }

// IsNullable implements sql.Expression.
func (e *extreme) IsNullable(*sql.Context) bool { return true }

// Children implements sql.Expression.
func (e *extreme) Children() []sql.Expression { return e.args }

// WithChildren implements sql.Expression.
func (e *extreme) WithChildren(_ *sql.Context, args ...sql.Expression) (sql.Expression, error) {
	return &extreme{e.function, args}, nil
}

// Eval implements sql.Expression.
func (e *extreme) Eval(*sql.Context, sql.Row) (any, error) { return nil, unsupported(e.String()) }

// extreme imports GREATEST or LEAST. Beside a date or time constant texts are read as one.
func (x *expressions) extreme(e sql.Expression, f expr.Func, args []sql.Expression) (expr.Expr, error) {
	list, err := x.list(args...)
	if err != nil {
		return nil, err
	}
	moments := false
	for _, a := range list {
		moments = moments || isMoment(a.Type())
	}
	for i := 0; moments && i < len(list); i++ {
		if list[i], err = x.moment(f, list[i]); err != nil {
			return nil, err
		}
	}
	if err := x.dateTimes(list); err != nil {
		return nil, err
	}
	if moments && slices.ContainsFunc(list, func(a expr.Expr) bool { return a.Type().IsString() }) {
		return nil, unsupported(strings.ToUpper(string(f)) + " of dates and texts that are not constant")
	}
	out, err := expr.New(f, list...)
	if isNoKernel(err) {
		if moments {
			return nil, unsupported(strings.ToUpper(string(f)) + " of dates and other types")
		}
		return x.fallback(e)
	}
	return out, err
}

// moment casts a constant text or number beside a date or time to one.
func (x *expressions) moment(f expr.Func, e expr.Expr) (expr.Expr, error) {
	text, ok := expr.Fold(e).(*expr.Literal)
	if isMoment(e.Type()) || !ok || text.Value.Null {
		return e, nil
	}
	if number, ok := readsAsMoment(text); ok {
		text = number.(*expr.Literal)
	}
	if !text.Typ.IsString() {
		return e, nil // compared as texts
	}
	to := types.Of(types.Date)
	if strings.ContainsRune(text.Value.Str, ':') {
		to = types.NewTemporal(types.Datetime, types.MaxFSP)
	}
	out, err := x.cast(text, to)
	if err != nil {
		return nil, err
	}
	if l, ok := expr.Fold(out).(*expr.Literal); ok && l.Value.Null {
		return nil, sqlerr.New(sqlerr.BadDate, "Incorrect DATETIME value: '%s'", text.Value.Str)
	}
	return out, nil
}
