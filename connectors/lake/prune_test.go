package lake

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// The columns of the tests: n BIGINT 10 to 20 without NULL, m BIGINT of nothing but NULL, s text "ba" to "bc" with NULL,
// d DECIMAL(10,2) 1.50 to 2.50, t DATE of day 100 to 200, f DOUBLE from 1 up, ci text of a case-insensitive collation.
var columns = map[expr.ColumnID]interval{
	1: {typ: bigint, min: types.IntValue(10), max: types.IntValue(20), hasMin: true, hasMax: true, value: true},
	2: {typ: bigint, null: true},
	3: {typ: text, min: types.TextValue("ba"), max: types.TextValue("bc"), hasMin: true, hasMax: true, value: true, null: true},
	4: {typ: types.NewDecimal(10, 2), min: dec(150), max: dec(250), hasMin: true, hasMax: true, value: true},
	5: {typ: types.Of(types.Date), min: types.IntValue(100), max: types.IntValue(200), hasMin: true, hasMax: true, value: true},
	6: {typ: types.Of(types.Float64), min: types.FloatValue(1), hasMin: true, value: true},
	7: {typ: folded, min: types.TextValue("b"), max: types.TextValue("c"), hasMin: true, hasMax: true, value: true},
}

var (
	bigint = types.Of(types.Int64)
	text   = types.Of(types.Text)
	folded = types.NewText(types.Text, 0, types.Utf8mb4AI0900)
	n      = &expr.Column{ID: 1, Name: "n", Typ: bigint}
	m      = &expr.Column{ID: 2, Name: "m", Typ: bigint, Null: true}
	s      = &expr.Column{ID: 3, Name: "s", Typ: text, Null: true}
	d      = &expr.Column{ID: 4, Name: "d", Typ: types.NewDecimal(10, 2)}
	day    = &expr.Column{ID: 5, Name: "t", Typ: types.Of(types.Date)}
	f      = &expr.Column{ID: 6, Name: "f", Typ: types.Of(types.Float64)}
	ci     = &expr.Column{ID: 7, Name: "ci", Typ: folded}
	other  = &expr.Column{ID: 8, Name: "other", Typ: bigint}
)

func dec(unscaled int64) types.Value { return types.Value{Dec: decimal256.FromI64(unscaled)} }

func lit(v types.Value, t types.Type) expr.Expr { return &expr.Literal{Value: v, Typ: t} }
func num(v int64) expr.Expr                     { return lit(types.IntValue(v), bigint) }
func str(v string) expr.Expr                    { return lit(types.TextValue(v), text) }

func call(fn expr.Func, args ...expr.Expr) expr.Expr {
	return &expr.Call{Func: fn, Args: args, Typ: types.Of(types.Bool), Null: true}
}

func in(not, null bool, list ...int64) expr.Expr {
	e := &expr.In{Arg: n, Not: not, HasNull: null}
	for _, v := range list {
		e.List = append(e.List, types.IntValue(v))
	}
	return e
}

func TestMayPass(t *testing.T) {
	datetime := types.NewTemporal(types.Datetime, 6)
	for _, c := range []struct {
		cond expr.Expr
		want bool
	}{
		{call(expr.Eq, n, num(9)), false},
		{call(expr.Eq, n, num(10)), true},
		{call(expr.Eq, num(21), n), false},
		{call(expr.Lt, n, num(10)), false},
		{call(expr.Le, n, num(10)), true},
		{call(expr.Gt, n, num(20)), false},
		{call(expr.Ge, n, num(20)), true},
		{call(expr.Lt, num(20), n), false},
		{call(expr.Ne, n, num(15)), true},
		{call(expr.Ne, num(1), num(1)), false},
		{call(expr.Eq, n, lit(types.NullValue, bigint)), false},
		{call(expr.NullSafeEq, n, lit(types.NullValue, bigint)), false},
		{call(expr.NullSafeEq, m, lit(types.NullValue, bigint)), true},
		{call(expr.Eq, n, m), false},
		{call(expr.IsNull, n), false},
		{call(expr.IsNull, m), true},
		{call(expr.Not, call(expr.IsNull, m)), false},
		{call(expr.Not, call(expr.Lt, n, num(30))), false},
		{call(expr.Not, call(expr.Lt, n, num(15))), true},
		{call(expr.IsFalse, call(expr.Eq, n, num(9))), true},
		{call(expr.IsTrue, call(expr.Eq, n, num(9))), false},
		// NOT of an unknown comparison is unknown: no row passes, and none may be thought to.
		{call(expr.Not, call(expr.Eq, m, num(1))), false},
		{call(expr.And, call(expr.Gt, n, num(1)), call(expr.Gt, n, num(20))), false},
		{call(expr.Or, call(expr.Lt, n, num(1)), call(expr.Gt, n, num(20))), false},
		{call(expr.Or, call(expr.Lt, n, num(1)), call(expr.Eq, other, num(20))), true},
		{in(false, false, 1, 30), false},
		{in(false, false, 30, 20, 1), true},
		{in(false, true, 1), false},
		{in(true, false, 1), true},
		{in(true, true, 1), false}, // NOT IN a list with NULL is false or unknown
		{in(false, false), false},
		{call(expr.Eq, s, str("b")), false},
		{call(expr.Eq, s, str("bb")), true},
		{call(expr.Eq, s, str("bcd")), false},
		{call(expr.Like, s, str("b%")), true},
		{call(expr.Like, s, str("bb_")), true},
		{call(expr.Like, s, str("bd%")), false},
		{call(expr.Like, s, str("az%")), false},
		{call(expr.Like, s, str(`b\%`)), true},
		{call(expr.Not, call(expr.Like, s, str("b%"))), true},
		// Case folds: bounds in bytes say nothing.
		{call(expr.Eq, ci, lit(types.TextValue("B"), folded)), true},
		{call(expr.Like, ci, lit(types.TextValue("Z%"), folded)), true},
		// Decimals compare by value at any scale, and with integers.
		{call(expr.Lt, d, lit(dec(15), types.NewDecimal(2, 1))), false},
		{call(expr.Le, d, lit(dec(15), types.NewDecimal(2, 1))), true},
		{call(expr.Gt, d, num(2)), true},
		{call(expr.Gt, d, num(3)), false},
		{call(expr.Gt, &expr.Cast{Arg: n, To: types.NewDecimal(21, 1)}, lit(dec(200), types.NewDecimal(21, 1))), false},
		// A cast that may round or fail says nothing.
		{call(expr.Gt, &expr.Cast{Arg: d, To: bigint}, num(2)), true},
		{call(expr.Gt, &expr.Cast{Arg: n, To: types.Of(types.Int8)}, num(50)), true},
		{call(expr.Gt, &expr.Cast{Arg: day, To: datetime}, lit(types.IntValue(200*dayMicros), datetime)), false},
		{call(expr.Ge, day, lit(types.IntValue(200*dayMicros), datetime)), true},
		{call(expr.Ge, day, lit(types.IntValue(200*dayMicros+1), datetime)), false},
		{call(expr.Eq, day, lit(types.IntValue(1), types.NewTemporal(types.Timestamp, 6))), true},
		{call(expr.Lt, f, lit(types.FloatValue(1), types.Of(types.Float64))), false},
		{call(expr.Gt, f, lit(types.FloatValue(1e300), types.Of(types.Float64))), true},
		{call(expr.Eq, n, lit(types.UintValue(1<<63), types.Of(types.Uint64))), false},
		{call(expr.Gt, lit(types.UintValue(1<<63), types.Of(types.Uint64)), n), true},
		{num(0), false},
		{num(1), true},
		{n, true},
		{&expr.Param{Ordinal: 0, Typ: bigint}, false},
		{call(expr.Eq, n, &expr.Param{Ordinal: 1, Typ: bigint}), true},
	} {
		p := newPruner([]expr.Expr{c.cond}, &expr.Env{Params: []types.Value{types.IntValue(0)}})
		got := p.mayPass(func(id expr.ColumnID) (interval, bool) {
			v, ok := columns[id]
			return v, ok
		})
		if got != c.want {
			t.Errorf("%s: may pass = %v, want %v", c.cond, got, c.want)
		}
	}
}

func TestTypedPartitions(t *testing.T) {
	for _, c := range []struct {
		texts []string
		want  types.Kind
	}{
		{[]string{"1", "-5", hiveNull}, types.Int64},
		{[]string{"01", "12"}, types.Int64},
		{[]string{"1", "x"}, types.Text},
		{[]string{"2024-02-29", "1999-01-01"}, types.Date},
		{[]string{"2023-02-29"}, types.Text},
		{[]string{hiveNull}, types.Text},
		{[]string{""}, types.Text},
		{[]string{"99999999999999999999"}, types.Text},
	} {
		got, values := typed(c.texts)
		if got.Kind != c.want || len(values) != len(c.texts) {
			t.Errorf("%q: %s, %d values", c.texts, got, len(values))
		}
		for i, text := range c.texts {
			if values[i].Null != (text == hiveNull) {
				t.Errorf("%q: NULL = %v", text, values[i].Null)
			}
		}
	}
}
