package bind

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// temporalLiteral is DATE, TIME or TIMESTAMP 'text'. For GMS, whose grammar knows no better, it is the text: what GMS runs
// itself answers as it does without this.
type temporalLiteral struct {
	*expression.Literal
	typed *expr.Literal
}

// WithChildren implements sql.Expression.
func (l *temporalLiteral) WithChildren(*sql.Context, ...sql.Expression) (sql.Expression, error) {
	return l, nil
}

// literalFunctions are the functions that temporal literals reach the grammar as (parse.Rewrite), for GMS's catalog. They
// make the literals.
func literalFunctions() []sql.Function {
	var list []sql.Function
	for name, kind := range map[string]types.Kind{
		parse.DateFunction: types.Date, parse.TimeFunction: types.Time, parse.TimestampFunction: types.Datetime,
	} {
		list = append(list, sql.FunctionN{Name: name, Fn: func(ctx *sql.Context, args ...sql.Expression) (sql.Expression, error) {
			return newTemporalLiteral(ctx, kind, args)
		}})
	}
	return list
}

func newTemporalLiteral(ctx *sql.Context, kind types.Kind, args []sql.Expression) (sql.Expression, error) {
	if len(args) == 1 {
		if text, ok := args[0].(*expression.Literal); ok {
			if value, ok := text.Value().(string); ok {
				if kind == types.Datetime {
					if typed, ok := expr.InstantLiteral(value, sessionLocation(ctx)); ok {
						return &temporalLiteral{text, typed}, nil
					}
				}
				typed, err := expr.TemporalLiteral(kind, value)
				return &temporalLiteral{text, typed}, err
			}
		}
	}
	return nil, sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax: a temporal literal takes a text")
}
