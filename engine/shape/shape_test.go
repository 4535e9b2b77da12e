package shape

import (
	"strconv"
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

func column(id expr.ColumnID, t types.Type) plan.Column {
	return plan.Column{ID: id, Name: "c" + strconv.Itoa(int(id)), Type: t, Nullable: true}
}

func call(t *testing.T, f expr.Func, args ...expr.Expr) expr.Expr {
	t.Helper()
	e, err := expr.New(f, args...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func text(s string) expr.Expr {
	return &expr.Literal{Value: types.TextValue(s), Typ: types.NewText(types.Varchar, len(s), types.Utf8mb4AI0900)}
}

func number(n int64) expr.Expr {
	return &expr.Literal{Value: types.Value{Int: n}, Typ: types.Of(types.Int64)}
}

// TestLengths has what MySQL 8 says of expressions over INT and VARCHAR(10).
func TestLengths(t *testing.T) {
	i, v := column(1, types.Of(types.Int32)), column(2, types.NewText(types.Varchar, 10, types.Utf8mb4AI0900))
	scan := &plan.Scan{Cols: plan.Schema{i, v}, Pos: []int{0, 1}}
	for _, c := range []struct {
		e      expr.Expr
		length uint64
	}{
		{number(1), 2}, {number(-10), 3}, {text("abc"), 3}, {i.Ref(), 11}, {v.Ref(), 10},
		{call(t, expr.Add, i.Ref(), i.Ref()), 12}, {call(t, expr.Mul, i.Ref(), number(2)), 12}, {call(t, expr.IntDiv, i.Ref(), number(3)), 11},
		{call(t, expr.Eq, i.Ref(), number(1)), 1}, {call(t, expr.Concat, v.Ref(), i.Ref()), 21}, {call(t, expr.Left, v.Ref(), number(3)), 3},
		{call(t, expr.Substring, v.Ref(), number(3)), 8}, {call(t, expr.Substring, v.Ref(), number(-3)), 3},
		{call(t, expr.Repeat, text("ab"), number(3)), 6}, {call(t, expr.Repeat, text("ab"), i.Ref()), Unbounded},
		{call(t, expr.Replace, v.Ref(), text("a"), text("bcd")), 30}, {call(t, expr.Coalesce, v.Ref(), i.Ref()), 11},
		{call(t, expr.DateFormat, v.Ref(), text("%Y-%m x")), 9},
	} {
		root := &plan.Project{Input: scan, Exprs: []plan.Projection{{Col: column(3, c.e.Type()), Expr: c.e}}}
		if s := Of(root)[0]; s.Length != c.length {
			t.Errorf("%s has the length %d, want %d", c.e, s.Length, c.length)
		}
	}
}

// TestColumns tells columns of tables from expressions.
func TestColumns(t *testing.T) {
	i := column(1, types.Of(types.Int32))
	scan := &plan.Scan{Cols: plan.Schema{i}, Pos: []int{0}}
	alias := column(2, i.Type)
	renamed := &plan.Project{Input: scan, Exprs: []plan.Projection{{Col: alias, Expr: i.Ref()}}}
	for name, c := range map[string]struct {
		root plan.Node
		want expr.ColumnID
	}{
		"passed":   {&plan.Sort{Input: scan}, 1},
		"renamed":  {renamed, 1},
		"distinct": {&plan.Aggregate{Input: scan, Groups: []plan.Projection{{Col: alias, Expr: i.Ref()}}}, 1},
		"minimum":  {&plan.Aggregate{Input: scan, Aggs: []plan.Agg{{Col: alias, Func: plan.Min, Args: []expr.Expr{i.Ref()}}}}, 0},
		"union":    {&plan.Union{Inputs: []plan.Node{scan, scan}, Cols: plan.Schema{alias}}, 0},
		"CTE": {&plan.With{Bindings: []plan.CTE{{ID: 1, Plan: renamed}},
			Body: &plan.CTERef{ID: 1, Cols: plan.Schema{column(3, i.Type)}}}, 1},
	} {
		if s := Of(c.root)[0]; s.Column != c.want || s.Length != 11 {
			t.Errorf("%s: column %d of length %d, want %d", name, s.Column, s.Length, c.want)
		}
	}
	value := &plan.Apply{Kind: plan.ApplyScalar, Outer: &plan.Values{Rows: [][]expr.Expr{{}}}, Inner: scan}
	if s := Of(value)[0]; s.Column != 0 {
		t.Errorf("the value of a subquery is column %d", s.Column)
	}
}

// TestDeepPlans describes columns that are sums of sums, each read twice, without following all the ways.
func TestDeepPlans(t *testing.T) {
	last := column(1, types.Of(types.Int64))
	var n plan.Node = &plan.Scan{Cols: plan.Schema{last}, Pos: []int{0}}
	for id := expr.ColumnID(2); id < 1000; id++ {
		next := column(id, last.Type)
		n = &plan.Project{Input: n, Exprs: []plan.Projection{{Col: next, Expr: call(t, expr.Add, last.Ref(), last.Ref())}}}
		last = next
	}
	if s := Of(n)[0]; s.Length == 0 {
		t.Error("it has no length")
	}
}
