package bind

import (
	"encoding/hex"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// arithmetical are the functions whose arguments are numbers; bitwise those whose arguments are numbers unless one is a byte string that
// is no literal.
var (
	arithmetical = map[expr.Func]bool{
		expr.Add: true, expr.Sub: true, expr.Mul: true, expr.Div: true, expr.IntDiv: true, expr.Mod: true, expr.Neg: true,
		expr.Abs: true, expr.Sign: true, expr.Ceil: true, expr.Floor: true, expr.Round: true, expr.Truncate: true,
	}
	bitwise = map[expr.Func]bool{
		expr.BitAnd: true, expr.BitOr: true, expr.BitXor: true, expr.BitNot: true, expr.ShiftLeft: true, expr.ShiftRight: true,
	}
	// arithmeticalAggregates are the aggregate functions of numbers.
	arithmeticalAggregates = map[plan.AggFunc]bool{
		plan.Sum: true, plan.Avg: true, plan.StddevPop: true, plan.StddevSamp: true, plan.VarPop: true, plan.VarSamp: true,
		plan.BitAnd: true, plan.BitOr: true, plan.BitXor: true,
	}
)

// applied is f of list, the imports of args. A hexadecimal literal is a number where f reads one.
func applied(f expr.Func, args []sql.Expression, list []expr.Expr) (expr.Expr, error) {
	if readsBytes[f] && len(list) > 0 {
		list = slices.Concat([]expr.Expr{inBytes(list[0])}, list[1:])
	}
	var literals []int
	bytes := false
	for i, e := range args {
		if isHexadecimal(e) {
			literals = append(literals, i)
		} else {
			bytes = bytes || list[i].Type().IsBinary() && f != expr.ShiftLeft && f != expr.ShiftRight
		}
	}
	if len(literals) == 0 {
		return expr.New(f, list...)
	}
	numeric := make(map[expr.ColumnID]bool)
	probe := append([]expr.Expr(nil), list...)
	for _, i := range literals {
		id := expr.ColumnID(-1 - i)
		numeric[id] = arithmetical[f] || bitwise[f] && !bytes
		probe[i] = &expr.Column{ID: id, Typ: list[i].Type()}
	}
	if out, err := expr.New(f, probe...); err == nil {
		expr.Walk(out, func(e expr.Expr) bool {
			if c, ok := e.(*expr.Cast); ok && c.To.IsNumeric() {
				if column, ok := c.Arg.(*expr.Column); ok {
					numeric[column.ID] = true
				}
			}
			return true
		})
	}
	for _, i := range literals {
		if numeric[expr.ColumnID(-1-i)] {
			list[i] = asNumber(args[i], list[i])
		}
	}
	return expr.New(f, list...)
}

// beside are two operands of a comparison, of which a hexadecimal literal is a number beside a number.
func beside(l, r sql.Expression, left, right expr.Expr) (expr.Expr, expr.Expr) {
	if left.Type().IsNumeric() {
		right = asNumber(r, right)
	}
	if right.Type().IsNumeric() {
		left = asNumber(l, left)
	}
	return left, right
}

func isHexadecimal(e sql.Expression) bool {
	_, ok := hexadecimal(e)
	return ok
}

// hexadecimal returns the bytes of a hexadecimal literal that is a number, too.
func hexadecimal(e sql.Expression) ([]byte, bool) {
	switch wrapped := e.(type) {
	case *expression.Wrapper:
		return hexadecimal(wrapped.Children()[0])
	case *blockArg:
		return hexadecimal(wrapped.Expression)
	}
	literal, ok := e.(*expression.Literal)
	if !ok {
		return nil, false
	}
	bytes, ok := literal.Value().([]byte)
	return bytes, ok && len(bytes) <= 8
}

// asNumber is a hexadecimal literal where a number is wanted: 0x41 is the text A, but 0x41 + 0 is 65. e is the literal and
// imported what it is elsewhere; any other expression stays as it is.
func asNumber(e sql.Expression, imported expr.Expr) expr.Expr {
	bytes, ok := hexadecimal(e)
	if !ok {
		return imported
	}
	number := uint64(0)
	for _, b := range bytes {
		number = number<<8 | uint64(b)
	}
	return &expr.Literal{Value: types.UintValue(number), Typ: types.Of(types.Uint64)}
}

// bitLiterals makes hexadecimal literals of a statement's bit literals: b'1000001' is the same byte string, and number, as x'41'.
// Behind _binary both are byte strings only.
func bitLiterals(stmt sqlparser.SQLNode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		switch n := n.(type) {
		case *sqlparser.SQLVal:
			if n != nil && n.Type == sqlparser.BitVal {
				n.Type, n.Val = sqlparser.HexVal, bytesOfBits(string(n.Val))
			}
		case *sqlparser.UnaryExpr:
			if v, ok := n.Expr.(*sqlparser.SQLVal); ok && strings.TrimSpace(n.Operator) == "_binary" {
				n.Expr = stringOf(v)
			}
		}
		return true, nil
	}, stmt)
}

// stringOf is a literal's bytes as a string literal, if it is hexadecimal or of bits.
func stringOf(v *sqlparser.SQLVal) *sqlparser.SQLVal {
	digits := string(v.Val)
	switch v.Type {
	case sqlparser.BitVal:
		digits = string(bytesOfBits(digits))
	case sqlparser.HexVal:
	case sqlparser.HexNum:
		if digits = digits[len("0x"):]; len(digits)%2 == 1 {
			digits = "0" + digits
		}
	default:
		return v
	}
	bytes, err := hex.DecodeString(digits)
	if err != nil {
		return v
	}
	return sqlparser.NewStrVal(bytes)
}

// bytesOfBits are the hexadecimal digits of the bytes that hold bits.
func bytesOfBits(bits string) []byte {
	const ofByte = 8
	bits = strings.Repeat("0", (ofByte-len(bits)%ofByte)%ofByte) + bits
	out := make([]byte, 0, len(bits)/4)
	for ; bits != ""; bits = bits[4:] {
		digit := 0
		for _, bit := range bits[:4] {
			digit = digit<<1 | int(bit-'0')
		}
		out = append(out, "0123456789abcdef"[digit])
	}
	return out
}
