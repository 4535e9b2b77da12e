package mysql

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dolthub/vitess/go/sqltypes"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"
	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// arguments are the parameters of a prepared statement as literals, by name.
func arguments(params map[string]*querypb.BindVariable) (map[string]sqlparser.Expr, error) {
	args := make(map[string]sqlparser.Expr, len(params))
	for name, param := range params {
		value, err := sqltypes.BindVariableToValue(param)
		if err != nil {
			return nil, err
		}
		if args[name], err = argument(value); err != nil {
			return nil, err
		}
	}
	return args, nil
}

// argument is a value as a literal. What the protocol layer calls VARCHAR is a date or time, written number by number without
// leading zeros; texts it calls VARBINARY.
func argument(value sqltypes.Value) (sqlparser.Expr, error) {
	if value.Type() == sqltypes.VarChar {
		return sqlparser.NewStrVal([]byte(temporalText(value.ToString()))), nil
	}
	if value.IsQuoted() && !utf8.Valid(value.Raw()) { // no text: the client was given bytes
		return sqlparser.NewHexVal(hex.AppendEncode(nil, value.Raw())), nil
	}
	return sqlparser.ExprFromValue(value)
}

// temporalText writes a date or time as MySQL does.
func temporalText(written string) string {
	if strings.LastIndexByte(written, '-') > 0 {
		return momentText(written)
	}
	return timeText(written)
}

// momentText writes 2024-1-2 3:4:5.6, whose last number is of microseconds, as MySQL does.
func momentText(written string) string {
	n, ok := numbersOf(written)
	if !ok || len(n) != 3 && len(n) != 6 && len(n) != 7 {
		return written
	}
	text := fmt.Sprintf("%04d-%02d-%02d", n[0], n[1], n[2])
	if len(n) > 3 {
		text += fmt.Sprintf(" %02d:%02d:%02d", n[3], n[4], n[5])
	}
	if len(n) > 6 {
		text += fmt.Sprintf(".%06d", n[6])
	}
	return text
}

// timeText writes -3:4:5.6, whose last number is of microseconds, as MySQL does.
func timeText(written string) string {
	digits, negative := strings.CutPrefix(written, "-")
	n, ok := numbersOf(digits)
	if !ok || len(n) != 3 && len(n) != 4 {
		return written
	}
	text := fmt.Sprintf("%02d:%02d:%02d", n[0], n[1], n[2])
	if len(n) > 3 {
		text += fmt.Sprintf(".%06d", n[3])
	}
	if negative {
		text = "-" + text
	}
	return text
}

// numbersOf reads the numbers of a date or time.
func numbersOf(written string) ([]int, bool) {
	var numbers []int
	for _, digits := range strings.FieldsFunc(written, func(r rune) bool { return strings.ContainsRune("-: .", r) }) {
		n, err := strconv.Atoi(digits)
		if err != nil {
			return nil, false
		}
		numbers = append(numbers, n)
	}
	return numbers, true
}
