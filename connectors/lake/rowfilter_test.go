package lake

import (
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// A step that drops too little rests for some row groups and is then tried again.
func TestStepsThatDropLittleRest(t *testing.T) {
	for _, c := range []struct {
		step  rowStep
		rests bool
	}{
		{rowStep{in: trialRows, kept: trialRows}, true},
		{rowStep{in: trialRows - 1, kept: trialRows - 1}, false}, // not enough rows to tell
		{rowStep{in: trialRows, kept: trialRows / 2}, false},
		{rowStep{in: trialRows, kept: trialRows * 2 / 3}, true},
		{rowStep{in: trialRows, kept: trialRows * 2 / 3, dynamic: true}, false},
		{rowStep{in: trialRows, kept: trialRows * 4 / 5, dynamic: true}, true},
	} {
		s := c.step
		groups := 0
		for s.rests() {
			groups++
		}
		if want := 1 + restful; c.rests && groups != want || !c.rests && groups != 0 {
			t.Errorf("%+v rests for %d row groups", c.step, groups)
		}
	}
}

// Only what can neither fail nor warn is evaluated below the filter that has its place in the query.
func TestFaultless(t *testing.T) {
	number := types.Of(types.Int64)
	text := types.NewText(types.Varchar, 10, types.Utf8mb4Bin0900)
	s := &scan{reads: map[expr.ColumnID]int{1: 0, 2: 1, 3: 2}}
	id := &expr.Column{ID: 1, Typ: number}
	name := &expr.Column{ID: 2, Typ: text}
	json := &expr.Column{ID: 3, Typ: types.Of(types.JSON)}
	one := &expr.Literal{Value: types.IntValue(1), Typ: number}
	call := func(f expr.Func, args ...expr.Expr) expr.Expr {
		return &expr.Call{Func: f, Args: args, Typ: types.Of(types.Bool)}
	}
	pattern := &expr.Literal{Value: types.TextValue("a%"), Typ: text}
	for _, c := range []struct {
		cond expr.Expr
		want bool
	}{
		{call(expr.Lt, id, one), true},
		{call(expr.Eq, id, id), true},
		{call(expr.Not, call(expr.IsNull, name)), true},
		{call(expr.Or, call(expr.Eq, id, one), call(expr.Like, name, pattern)), true},
		{&expr.In{Arg: id, List: []types.Value{types.IntValue(1)}}, true},
		{call(expr.Like, name, name), false}, // the pattern may be malformed
		{call(expr.Eq, json, one), false},    // a conversion
		{call(expr.Eq, call(expr.Add, id, one), one), false},
		{call(expr.And, call(expr.Eq, id, one), call(expr.Eq, call(expr.Div, id, one), one)), false},
		{call(expr.Eq, &expr.Column{ID: 9, Typ: number}, one), false}, // of another relation
		{one, false},
	} {
		if got := s.faultless(c.cond); got != c.want {
			t.Errorf("%s: %v", c.cond, got)
		}
	}
}
