package optimize

import (
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// TestRangesByType merges comparisons of columns of several types with the literals that a statement has.
func TestRangesByType(t *testing.T) {
	column := func(typ types.Type) expr.Expr { return &expr.Column{ID: 1, Name: "c", Typ: typ, Null: true} }
	decimal := func(s string) expr.Expr {
		v, typ, err := types.ParseDecimal(s)
		if err != nil {
			t.Fatal(err)
		}
		return &expr.Literal{Value: v, Typ: typ}
	}
	text := func(s string) expr.Expr {
		return &expr.Literal{Value: types.TextValue(s), Typ: types.Of(types.Varchar)}
	}
	double := &expr.Literal{Value: types.FloatValue(1), Typ: types.Of(types.Float64)}
	unsigned := &expr.Literal{Value: types.UintValue(1 << 63), Typ: types.Of(types.Uint64)}
	for _, c := range []struct {
		name     string
		col      types.Type
		op1, op2 expr.Func
		a, b     expr.Expr
		or, keep bool // joined by OR; stays as it is
		want     string
	}{
		{name: "decimals of several scales", col: types.NewDecimal(5, 2), op1: expr.Gt, a: decimal("1.5"), op2: expr.Gt, b: decimal("1.45"), want: "[(c#1 > 1.50)]"},
		{name: "a list of decimals", col: types.NewDecimal(5, 2), op1: expr.Eq, a: decimal("1.5"), op2: expr.Eq, b: number(2), or: true, want: "[(c#1 IN (1.50, 2.00))]"},
		{name: "more digits than the column has", col: types.NewDecimal(5, 2), op1: expr.Gt, a: decimal("1.5"), op2: expr.Gt, b: decimal("1.505"), keep: true},
		{name: "dates", col: types.Of(types.Date), op1: expr.Ge, a: text("2024-01-02"), op2: expr.Gt, b: text("2023-12-31"), want: "[(c#1 >= DATE '2024-01-02')]"},
		{name: "a date and a moment", col: types.Of(types.Date), op1: expr.Ge, a: text("2024-01-02"), op2: expr.Gt, b: text("2023-12-31 10:00:00"), keep: true},
		{name: "moments", col: types.NewTemporal(types.Datetime, 6), op1: expr.Lt, a: text("2024-01-02 03:04:05"), op2: expr.Lt, b: text("2024-01-02"), want: "[(c#1 < DATETIME '2024-01-02 00:00:00')]"},
		{name: "an integer no value of the type equals", col: types.Of(types.Int8), op1: expr.Eq, a: number(7), op2: expr.Eq, b: number(300), or: true, want: "[(c#1 IN (7))]"},
		{name: "unsigned integers", col: types.Of(types.Uint64), op1: expr.Gt, a: number(7), op2: expr.Gt, b: unsigned, keep: true},
		{name: "a constant without a sign", col: types.Of(types.Int64), op1: expr.Lt, a: number(7), op2: expr.Lt, b: unsigned, keep: true},
		{name: "doubles", col: types.Of(types.Float64), op1: expr.Gt, a: double, op2: expr.Gt, b: number(3), keep: true},
		{name: "texts", col: types.Of(types.Varchar), op1: expr.Gt, a: text("a"), op2: expr.Gt, b: text("b"), keep: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			conds := []expr.Expr{compareTo(t, c.op1, column(c.col), c.a), compareTo(t, c.op2, column(c.col), c.b)}
			if c.or {
				conds = []expr.Expr{either(conds)}
			}
			want := c.want
			if c.keep {
				want = "[" + expr.Strings(conds, " ") + "]"
			}
			if got := "[" + expr.Strings(mergeRanges(conds), " ") + "]"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func compareTo(t *testing.T, op expr.Func, a, b expr.Expr) expr.Expr {
	t.Helper()
	e, err := expr.New(op, a, b)
	if err != nil {
		t.Fatal(err)
	}
	return expr.Fold(e)
}
