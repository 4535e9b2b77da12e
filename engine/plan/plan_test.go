package plan_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel/jsondoc"
	"github.com/silogate/silogate/engine/jsontable"
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
	document := &expr.Literal{Value: types.TextValue(`[1]`), Typ: types.Of(types.Text)}
	path, err := jsondoc.ParsePath("$[*]")
	if err != nil {
		panic(err)
	}
	t, u := table("t", a, b), table("u", x)
	sum := plan.Agg{Col: plan.Column{ID: 10, Name: "s", Type: types.NewDecimal(41, 0), Nullable: true}, Func: plan.Sum, Args: []expr.Expr{b.Ref()}, Distinct: true}
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
		"window": &plan.Window{
			Input: t, PartitionBy: []expr.Expr{a.Ref()}, OrderBy: []plan.SortKey{{Expr: b.Ref(), Desc: true}}, Funcs: []plan.WindowFunc{
				{Col: plan.Column{ID: 50, Name: "r", Type: types.Of(types.Uint64)}, Func: plan.RowNumber},
				{Col: plan.Column{ID: 51, Name: "s", Type: types.NewDecimal(41, 0), Nullable: true}, Func: plan.Sum, Args: []expr.Expr{b.Ref()}, Frame: plan.Frame{End: plan.Bound{Kind: plan.CurrentRow, Rows: 2}}},
			},
		},
		"json_table": &plan.JSONTable{
			Input: t, Doc: document, Outer: true, Cols: plan.Schema{column(52, "n")},
			Table: &jsontable.Table{Name: "j", Root: &jsontable.Level{Path: path, Columns: []jsontable.Column{{Kind: jsontable.Ordinality, Name: "n", Type: integer}}}},
		},
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
		return plan.Format(n, options(d))
	})
}

// TestJSON shows the same plans as JSON, or only the properties of their first nodes.
func TestJSON(t *testing.T) {
	datadriven.RunTest(t, "testdata/json", func(t *testing.T, d *datadriven.TestData) string {
		described := plan.Describe(plans()[d.Cmd], options(d))
		if d.HasArg("properties") {
			text, err := json.Marshal(described.Properties)
			if err != nil {
				t.Fatal(err)
			}
			return described.Operator + " " + string(text)
		}
		text, err := plan.EncodeJSON(described)
		if err != nil {
			t.Fatal(err)
		}
		return text
	})
}

// options are what a test asks for beside the plan.
func options(d *datadriven.TestData) plan.FormatOptions {
	var o plan.FormatOptions
	if d.HasArg("rows") {
		o.Estimate = func(n plan.Node) plan.Statistics {
			if _, ok := n.(*plan.Filter); ok {
				return plan.Statistics{Rows: 0.2, Bytes: math.NaN()}
			}
			return plan.Statistics{Rows: 1234567, Bytes: 8765432}
		}
	}
	if d.HasArg("analyze") {
		o.Actual = func(n plan.Node) (plan.Actual, bool) {
			a := plan.Actual{Rows: 42, Batches: 2, Time: 1500 * time.Microsecond, Spill: 10}
			_, remote := n.(*plan.Remote)
			if remote {
				a.Remote = &plan.ActualRemote{Bytes: 3 << 20, Requests: 3, Cached: 5 << 20, OnDisk: 7 << 20, Time: time.Second, Splits: 4, Narrowed: 1}
			}
			return a, remote
		}
	}
	if d.HasArg("choices") {
		o.Keys = func(n *plan.Join) []expr.Expr { return n.On[:1] }
		o.Dynamic = func(n *plan.Remote) []plan.Column { return n.Cols }
	}
	return o
}

func TestFormatHidesUnknownEstimates(t *testing.T) {
	for _, unknown := range []float64{math.NaN(), math.Inf(1)} {
		o := plan.FormatOptions{Estimate: func(plan.Node) plan.Statistics { return plan.Statistics{Rows: unknown, Bytes: unknown} }}
		text := plan.Format(plans()["keys"], o)
		inJSON, err := plan.EncodeJSON(plan.Describe(plans()["keys"], o))
		if err != nil || strings.Contains(text+inJSON, "rows") {
			t.Errorf("an unknown estimate is shown: %s%s, %v", text, inJSON, err)
		}
	}
}

// TestJSONSaysWhatTheTextSays compares the operations of the JSON with the lines of the text.
func TestJSONSaysWhatTheTextSays(t *testing.T) {
	type node struct {
		Operation string
		Inputs    []node
	}
	for name, n := range plans() {
		text, err := plan.EncodeJSON(plan.Describe(n, plan.FormatOptions{}))
		if err != nil {
			t.Fatal(err)
		}
		var root node
		if err := json.Unmarshal([]byte(text), &root); err != nil {
			t.Fatal(err)
		}
		var got, want []string
		var walk func(node)
		walk = func(n node) {
			got = append(got, n.Operation)
			for _, in := range n.Inputs {
				walk(in)
			}
		}
		walk(root)
		for line := range strings.Lines(plan.Format(n, plan.FormatOptions{})) {
			if _, operation, ok := strings.Cut(line, "-> "); ok {
				want = append(want, strings.TrimSuffix(operation, "\n"))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %q\nwant %q", name, got, want)
		}
	}
}

// TestExplainPage looks for every operator and its properties in the page that documents them.
func TestExplainPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/explain.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]string) // by operator
	for line := range strings.Lines(string(page)) {
		if name, rest, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "` | "); ok {
			rows[name] += rest
		}
	}
	var check func(*plan.Description)
	check = func(d *plan.Description) {
		for property := range d.Properties {
			if !strings.Contains(rows[d.Operator], "`"+property+"`") {
				t.Errorf("docs/explain.md: the operator %s lacks %s", d.Operator, property)
			}
		}
		if _, ok := rows[d.Operator]; !ok {
			t.Errorf("docs/explain.md lacks the operator %s", d.Operator)
		}
		for _, in := range d.Inputs {
			check(in)
		}
	}
	for _, n := range plans() {
		check(plan.Describe(n, plan.FormatOptions{
			Keys:    func(*plan.Join) []expr.Expr { return nil },
			Dynamic: func(*plan.Remote) []plan.Column { return nil },
		}))
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
		{"scalar's width", &plan.Apply{Kind: plan.ApplyScalar, Outer: u, Inner: &plan.Values{Rows: [][]expr.Expr{{}}}}, "no columns"},
		{"mark's type", &plan.Join{Kind: plan.Mark, Left: tt, Right: u, Mark: column(31, "m")}, "mark m#31 is bigint"},
		{"null-aware", &plan.Join{Kind: plan.NullAnti, Left: tt, Right: u}, "no equality"},
		{"values' width", &plan.Values{Cols: plan.Schema{a, b}, Rows: [][]expr.Expr{{number(1)}}}, "a row of 1 values"},
		{"values read", &plan.Values{Cols: plan.Schema{a}, Rows: [][]expr.Expr{{x.Ref()}}}, "x#3 is not in scope"},
		{"offset", &plan.Limit{Input: tt, Offset: -1}, "offset -1"},
		{"count", &plan.Limit{Input: tt, Count: -2}, "count -2"},
		{"function's type", &plan.Aggregate{Input: tt, Aggs: []plan.Agg{{Col: text, Func: plan.Max, Args: []expr.Expr{a.Ref()}}}},
			"s#20 is varchar, max yields bigint"},
		{"function's scale", &plan.Aggregate{Input: tt, Aggs: []plan.Agg{
			{Col: plan.Column{ID: 21, Name: "d", Type: types.NewDecimal(40, 2)}, Func: plan.Sum, Args: []expr.Expr{a.Ref()}}}},
			"d#21 is decimal(40,2), sum yields decimal(41,0)"},
		{"function's arguments", &plan.Aggregate{Input: tt, Aggs: []plan.Agg{{Col: column(21, "n"), Func: plan.CountStar, Args: []expr.Expr{a.Ref()}}}},
			"count(*) has 1 arguments"},
		{"average of parts", &plan.Aggregate{Input: tt, Aggs: []plan.Agg{
			{Col: plan.Column{ID: 21, Name: "d", Type: types.NewDecimal(40, 2)}, Func: plan.AvgParts, Args: []expr.Expr{a.Ref(), b.Ref()}}}},
			"d#21 is decimal(40,2), avg_parts yields bigint"},
		{"no function", &plan.Aggregate{Input: tt, Aggs: []plan.Agg{{Col: column(21, "n"), Func: "median", Args: []expr.Expr{a.Ref()}}}},
			"no function median"},
		{"window function's type", &plan.Window{Input: tt, Funcs: []plan.WindowFunc{{Col: column(21, "n"), Func: plan.Rank}}},
			"n#21 is bigint, rank yields bigint unsigned"},
		{"window function's arguments", &plan.Window{Input: tt, Funcs: []plan.WindowFunc{{Col: column(21, "n"), Func: plan.Lag, Args: []expr.Expr{a.Ref()}}}},
			"lag has 1 arguments"},
		{"position", &plan.Scan{Table: u.Table, Cols: plan.Schema{a}, Pos: []int{5}}, "position 5 of 1"},
	} {
		err := plan.Verify(c.node)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
