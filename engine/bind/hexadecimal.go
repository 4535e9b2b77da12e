package bind

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// arithmetical are the functions whose arguments are numbers.
var arithmetical = map[expr.Func]bool{
	expr.Add: true, expr.Sub: true, expr.Mul: true, expr.Div: true, expr.IntDiv: true, expr.Mod: true, expr.Neg: true,
	expr.Abs: true, expr.Sign: true, expr.Ceil: true, expr.Floor: true, expr.Round: true, expr.Truncate: true,
}

// asNumber is a hexadecimal literal where a number is wanted: 0x41 is the text A, but 0x41 + 0 is 65. e is the literal and
// imported what it is elsewhere; any other expression stays as it is.
func asNumber(e sql.Expression, imported expr.Expr) expr.Expr {
	literal, ok := e.(*expression.Literal)
	if !ok {
		return imported
	}
	bytes, ok := literal.Value().([]byte)
	if !ok || len(bytes) > 8 {
		return imported
	}
	number := uint64(0)
	for _, b := range bytes {
		number = number<<8 | uint64(b)
	}
	return &expr.Literal{Value: types.UintValue(number), Typ: types.Of(types.Uint64)}
}
