package plan_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

var (
	integer = types.Of(types.Int64)
	boolean = types.Of(types.Bool)
)

func column(id expr.ColumnID, name string) plan.Column {
	return plan.Column{ID: id, Name: name, Type: integer, Nullable: true}
}

var (
	a, b = column(1, "a"), column(2, "b")
	x    = column(3, "x")
	mark = plan.Column{ID: 9, Name: "m", Type: boolean}
)

func table(name string, cols ...plan.Column) *plan.Scan {
	s := &plan.Scan{Site: plan.Site{Source: "shop"}, Table: &plan.Table{Name: plan.TableName{Namespace: "public", Name: name}}}
	for i, c := range cols {
		s.Cols, s.Pos = append(s.Cols, c), append(s.Pos, i)
		s.Table.Columns = append(s.Table.Columns, plan.TableColumn{Name: c.Name, Type: c.Type, Nullable: c.Nullable})
	}
	return s
}

func number(v int64) expr.Expr { return &expr.Literal{Value: types.IntValue(v), Typ: integer} }

func compare(f expr.Func, l, r expr.Expr) expr.Expr {
	return &expr.Call{Func: f, Args: []expr.Expr{l, r}, Typ: boolean, Null: true}
}

func passed(c plan.Column) plan.Projection { return plan.Projection{Col: c, Expr: c.Ref()} }

type fragment struct{ cols plan.Schema }

func (f fragment) Schema() plan.Schema { return f.cols }
func (f fragment) String() string      { return `SELECT "a" FROM "public"."t"` }

// plans are the plans that the goldens and the verifier's tests are about, by name. Each is sound.
func plans() map[string]plan.Node {
	t, u := table("t", a, b), table("u", x)
	sum := plan.Agg{Col: column(10, "s"), Func: plan.Sum, Args: []expr.Expr{b.Ref()}, Distinct: true}
	concat := plan.Agg{
		Col: plan.Column{ID: 11, Name: "g", Type: types.Of(types.Text)}, Func: plan.GroupConcat,
		Args: []expr.Expr{b.Ref()}, OrderBy: []plan.SortKey{{Expr: a.Ref(), Desc: true}}, Separator: ",",
	}
	joined := &plan.Join{Left: t, Right: u, On: []expr.Expr{compare(expr.Eq, a.Ref(), x.Ref())}}
	kind := func(k plan.JoinKind, m plan.Column) plan.Node {
		j := *joined
		j.Kind, j.Mark, j.BuildLeft = k, m, k == plan.Left
		return &j
	}
	return map[string]plan.Node{
		"remote": &plan.Filter{
			Input: &plan.Remote{
				Site: plan.Site{Source: "shop"}, Fragment: fragment{plan.Schema{a}}, Cols: plan.Schema{a},
				Kept: []plan.Kept{{What: "(a#1 > 1)", Why: "not an operator of the source"}},
			},
			Conds: []expr.Expr{compare(expr.Gt, a.Ref(), number(1)), compare(expr.Lt, a.Ref(), number(5))},
		},
		"project": &plan.Project{Input: t, Exprs: []plan.Projection{
			passed(a), {Col: column(12, "c"), Expr: &expr.Call{Func: expr.Add, Args: []expr.Expr{a.Ref(), b.Ref()}, Typ: integer}},
		}},
		"left":  kind(plan.Left, plan.Column{}),
		"mark":  kind(plan.Mark, mark),
		"cross": &plan.Join{Left: t, Right: u},
		"apply": &plan.Apply{Kind: plan.ApplyExists, Outer: t, Mark: mark, Inner: &plan.Filter{
			Input: u, Conds: []expr.Expr{compare(expr.Eq, x.Ref(), a.Ref())},
		}},
		"aggregate": &plan.Aggregate{Input: t, Groups: []plan.Projection{passed(a)}, Aggs: []plan.Agg{sum, concat}},
		"repeat":    &plan.Repeat{Input: t, Times: b.Ref()},
		"rollup": &plan.Rollup{Input: t, Level: plan.Column{ID: 42, Name: "level", Type: integer}, Keys: []plan.Projection{
			{Col: column(40, "a"), Expr: a.Ref()}, {Col: column(41, "c"), Expr: number(1)},
		}},
		"distinct": &plan.Aggregate{Input: t, Groups: []plan.Projection{passed(a)}},
		"top":      &plan.Limit{Input: t, Keys: []plan.SortKey{{Expr: a.Ref(), Desc: true}, {Expr: b.Ref()}}, Offset: 2, Count: 10},
		"sort":     &plan.Sort{Input: &plan.Limit{Input: t, Offset: 3, Count: -1}, Keys: []plan.SortKey{{Expr: a.Ref()}}},
		"union":    &plan.Union{Inputs: []plan.Node{&plan.Project{Input: t, Exprs: []plan.Projection{passed(a)}}, u}, Cols: plan.Schema{column(13, "z")}},
		"with": &plan.With{
			Bindings: []plan.CTE{{ID: 1, Name: "c", Plan: t}},
			Body:     &plan.CTERef{ID: 1, Name: "c", Cols: plan.Schema{column(14, "a"), column(15, "b")}},
		},
		"recursive": &plan.Recursive{
			ID: 2, Name: "r", Distinct: true, Rounds: 1000, Most: 7, Cols: plan.Schema{column(16, "a")},
			Seed: &plan.Project{Input: t, Exprs: []plan.Projection{passed(a)}},
			Step: &plan.Project{
				Input: &plan.Working{ID: 2, Name: "r", Cols: plan.Schema{column(17, "a")}},
				Exprs: []plan.Projection{{Col: column(18, "b"), Expr: &expr.Call{Func: expr.Add, Args: []expr.Expr{column(17, "a").Ref(), number(1)}, Typ: integer}}},
			},
		},
		"values": &plan.Values{Cols: plan.Schema{a}, Rows: [][]expr.Expr{
			{number(1)}, {number(2)}, {number(3)}, {number(4)}, {number(5)}, {number(6)},
		}},
		"empty": &plan.Values{Cols: plan.Schema{a, b}},
		"keys":  &plan.Keys{Cols: plan.Schema{a}},
	}
}

func TestFormat(t *testing.T) {
	datadriven.RunTest(t, "testdata/format", func(t *testing.T, d *datadriven.TestData) string {
		n, ok := plans()[d.Cmd]
		if !ok {
			t.Fatalf("%s: no plan %s", d.Pos, d.Cmd)
		}
		if err := plan.Verify(n); err != nil {
			t.Fatalf("%s: %v", d.Cmd, err)
		}
		var o plan.FormatOptions
		if d.HasArg("rows") {
			o.Rows = func(n plan.Node) float64 {
				if _, ok := n.(*plan.Filter); ok {
					return 0.2
				}
				return 1234567
			}
		}
		if d.HasArg("analyze") {
			o.Actual = func(n plan.Node) (plan.Actual, bool) {
				_, remote := n.(*plan.Remote)
				return plan.Actual{Rows: 42, Time: 1500 * time.Microsecond, Bytes: 3 << 20, Spill: 10}, remote
			}
		}
		return plan.Format(n, o)
	})
}

func TestFormatHidesUnknownEstimates(t *testing.T) {
	text := plan.Format(plans()["keys"], plan.FormatOptions{Rows: func(plan.Node) float64 { return math.NaN() }})
	if strings.Contains(text, "rows") {
		t.Errorf("an unknown estimate is shown: %s", text)
	}
}

// TestVerifyRefuses breaks one promise at a time.
func TestVerifyRefuses(t *testing.T) {
	tt, u := table("t", a, b), table("u", x)
	text := plan.Column{ID: 20, Name: "s", Type: types.Of(types.Varchar)}
	strict := a.Ref()
	strict.Null = false
	wrong := a.Ref()
	wrong.Typ = boolean
	for _, c := range []struct {
		name string
		node plan.Node
		want string
	}{
		{"defined twice", &plan.Join{Left: tt, Right: table("u", a)}, "a#1 is defined twice"},
		{"redefined", &plan.Project{Input: tt, Exprs: []plan.Projection{{Col: a, Expr: b.Ref()}}}, "a#1 is defined twice"},
		{"passed twice", &plan.Project{Input: tt, Exprs: []plan.Projection{passed(a), passed(a)}}, "stands twice"},
		{"passed from outside", &plan.Apply{Kind: plan.ApplyInner, Outer: u, Inner: &plan.Project{
			Input: tt, Exprs: []plan.Projection{passed(x)},
		}}, "not of the input"},
		{"out of scope", &plan.Filter{Input: tt, Conds: []expr.Expr{compare(expr.Eq, x.Ref(), number(1))}}, "x#3 is not in scope"},
		{"right of semi", &plan.Filter{
			Input: &plan.Join{Kind: plan.Semi, Left: tt, Right: u}, Conds: []expr.Expr{compare(expr.Eq, x.Ref(), number(1))},
		}, "x#3 is not in scope"},
		{"inner of apply is not outer", &plan.Apply{Kind: plan.ApplyInner, Inner: tt, Outer: &plan.Filter{
			Input: u, Conds: []expr.Expr{compare(expr.Eq, x.Ref(), a.Ref())},
		}}, "a#1 is not in scope"},
		{"null lost", &plan.Filter{Input: tt, Conds: []expr.Expr{compare(expr.Eq, strict, number(1))}}, "read as NOT NULL"},
		{"type changed", &plan.Filter{Input: tt, Conds: []expr.Expr{wrong}}, "a#1 is read as boolean"},
		{"no condition", &plan.Filter{Input: tt}, "no condition"},
		{"not a truth value", &plan.Filter{Input: tt, Conds: []expr.Expr{a.Ref()}}, "condition a#1 is bigint"},
		{"projection's type", &plan.Project{Input: tt, Exprs: []plan.Projection{{Col: text, Expr: a.Ref()}}}, "s#20 is varchar, its expression bigint"},
		{"union types", &plan.Union{Inputs: []plan.Node{u}, Cols: plan.Schema{text}}, "s#20 is varchar over bigint"},
		{"union width", &plan.Union{Inputs: []plan.Node{tt, u}, Cols: plan.Schema{column(30, "z")}}, "1 columns over 2"},
		{"fragment's types", &plan.Remote{Fragment: fragment{plan.Schema{text}}, Cols: plan.Schema{a}}, "a#1 is bigint over varchar"},
		{"no fragment", &plan.Remote{Cols: plan.Schema{a}}, "no fragment"},
		{"unbound", &plan.CTERef{ID: 7, Name: "c", Cols: plan.Schema{a}}, "no such CTE"},
		{"outside of its rounds", &plan.Working{ID: 7, Name: "c", Cols: plan.Schema{a}}, "read outside of its rounds"},
		{"seed reads it", &plan.Recursive{ID: 7, Cols: plan.Schema{column(30, "z")},
			Seed: &plan.Working{ID: 7, Cols: plan.Schema{a}}, Step: u}, "read outside of its rounds"},
		{"step's types", &plan.Recursive{ID: 7, Cols: plan.Schema{column(30, "z")}, Seed: u, Step: tt}, "1 columns over 2"},
		{"working types", &plan.Recursive{ID: 7, Cols: plan.Schema{column(30, "z")}, Seed: u,
			Step: &plan.Working{ID: 7, Cols: plan.Schema{text}}}, "s#20 is varchar over bigint"},
		{"bound twice", &plan.With{Bindings: []plan.CTE{{ID: 7, Name: "c", Plan: u}}, Body: &plan.Recursive{
			ID: 7, Name: "c", Cols: plan.Schema{column(30, "z")}, Seed: table("t", a), Step: table("v", b)}}, "bound twice"},
		{"times", &plan.Repeat{Input: tt, Times: compare(expr.Eq, a.Ref(), number(1))}, "a number of times is boolean"},
		{"key passed", &plan.Rollup{Input: tt, Level: column(42, "l"), Keys: []plan.Projection{passed(a)}}, "key a#1 is not a new column"},
		{"level", &plan.Rollup{Input: tt, Level: column(42, "l"), Keys: []plan.Projection{{Col: column(40, "k"), Expr: a.Ref()}}}, "level l#42 is bigint"},
		{"key's scope", &plan.Rollup{Input: tt, Level: plan.Column{ID: 42, Name: "l", Type: integer},
			Keys: []plan.Projection{{Col: column(40, "k"), Expr: x.Ref()}}}, "x#3 is not in scope"},
		{"scalar's width", &plan.Apply{Kind: plan.ApplyScalar, Outer: u, Inner: tt}, "2 columns"},
		{"mark's type", &plan.Join{Kind: plan.Mark, Left: tt, Right: u, Mark: column(31, "m")}, "mark m#31 is bigint"},
		{"null-aware", &plan.Join{Kind: plan.NullAnti, Left: tt, Right: u}, "no equality"},
		{"values' width", &plan.Values{Cols: plan.Schema{a, b}, Rows: [][]expr.Expr{{number(1)}}}, "a row of 1 values"},
		{"values read", &plan.Values{Cols: plan.Schema{a}, Rows: [][]expr.Expr{{x.Ref()}}}, "x#3 is not in scope"},
		{"offset", &plan.Limit{Input: tt, Offset: -1}, "offset -1"},
		{"position", &plan.Scan{Table: u.Table, Cols: plan.Schema{a}, Pos: []int{5}}, "position 5 of 1"},
	} {
		err := plan.Verify(c.node)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
