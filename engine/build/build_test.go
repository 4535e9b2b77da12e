package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/exec/spill"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	bigint = types.Of(types.Int64)
	text   = types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)
)

func (t *table) remote() *plan.Remote {
	return &plan.Remote{Site: plan.Site{Source: "shop"}, Fragment: t, Cols: t.Schema()}
}

// newTable makes a table of BIGINT columns with ids from first on; nil is NULL. The rows are dealt to three splits.
func newTable(first int, names string, rows ...[]any) *table {
	t := &table{splits: make([][][]types.Value, 3)}
	for i, name := range strings.Fields(names) {
		typ := bigint
		if strings.HasSuffix(name, "$") {
			typ = text
		}
		t.cols = append(t.cols, plan.Column{ID: expr.ColumnID(first + i), Name: name, Type: typ, Nullable: true})
	}
	for i, row := range rows {
		var r []types.Value
		for _, v := range row {
			switch v := v.(type) {
			case nil:
				r = append(r, types.NullValue)
			case int:
				r = append(r, types.IntValue(int64(v)))
			case string:
				r = append(r, types.TextValue(v))
			}
		}
		t.splits[i%3] = append(t.splits[i%3], r)
	}
	return t
}

func (t *table) col(i int) *expr.Column { return t.cols[i].Ref() }

func call(t *testing.T, f expr.Func, args ...expr.Expr) expr.Expr {
	t.Helper()
	e, err := expr.New(f, args...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func number(v int64) expr.Expr { return &expr.Literal{Value: types.IntValue(v), Typ: bigint} }

func define(id int, name string, e expr.Expr) plan.Projection {
	return plan.Projection{Col: plan.Column{ID: expr.ColumnID(id), Name: name, Type: e.Type(), Nullable: true}, Expr: e}
}

// modes are configurations that must not change an answer.
var modes = map[string]Config{
	"plain":   {Parallelism: 1},
	"many":    {Parallelism: 3, BatchRows: 2},
	"late":    {Parallelism: 2, Dynamic: DynamicLate},
	"off":     {Parallelism: 2, Dynamic: DynamicOff},
	"counted": {Parallelism: 2, BatchRows: 3, Stats: exec.NewStats()},
	"encoded": {Parallelism: 2, BatchRows: 2, Encoded: true},
}

// run builds and runs a plan and returns its rows as text.
func run(t *testing.T, n plan.Node, cfg Config) ([]string, error) {
	t.Helper()
	if err := plan.Verify(n); err != nil {
		t.Fatalf("the test's plan is wrong: %v", err)
	}
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	dir, err := spill.Open(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	cfg.Allocator, cfg.Env, cfg.Spill = mem, &expr.Env{Location: time.UTC}, dir
	if cfg.Memory == nil {
		cfg.Memory = exec.NewAccount(nil, 1<<30, "memory.query")
	}
	defer func() {
		if cfg.Memory.Used() != 0 || dir.Used() != 0 {
			t.Errorf("%d bytes reserved, %d on disk", cfg.Memory.Used(), dir.Used())
		}
	}()
	streams, err := Build(n, cfg)
	if err != nil {
		return nil, err
	}
	root := exec.Gather(streams)
	defer root.Close()
	var out []string
	for {
		next, err := root.Next(context.Background())
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		b, err := exec.Plain(mem, next)
		next.Release()
		if err != nil {
			return nil, err
		}
		for i := range int(b.NumRows()) {
			var row []string
			for k, c := range n.Schema() {
				row = append(row, kernel.ValueAt(b.Column(k), i).Format(c.Type, time.UTC))
			}
			out = append(out, strings.Join(row, " "))
		}
		b.Release()
	}
}

// expect runs a plan in every mode. Rows are compared in any order unless ordered.
func expect(t *testing.T, n plan.Node, ordered bool, want ...string) {
	t.Helper()
	if !ordered {
		slices.Sort(want)
	}
	for name, cfg := range modes {
		got, err := run(t, n, cfg)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, plan.Format(n, plan.FormatOptions{}))
		}
		if !ordered {
			slices.Sort(got)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q\nwant %q\n%s", name, got, want, plan.Format(n, plan.FormatOptions{}))
		}
	}
}

func customers() *table {
	return newTable(1, "id name$ age", []any{1, "ann", 30}, []any{2, "bob", nil}, []any{3, "cy", 20}, []any{4, "dee", 30}, []any{nil, "eve", 7})
}

func orders() *table {
	return newTable(11, "oid cid total", []any{100, 1, 5}, []any{101, 1, 7}, []any{102, 3, 1}, []any{103, 9, 2}, []any{104, nil, 3})
}

func TestFilterProjectLimit(t *testing.T) {
	c := customers()
	n := &plan.Project{
		Input: &plan.Filter{Input: c.remote(), Conds: []expr.Expr{call(t, expr.Gt, c.col(2), number(10))}},
		Exprs: []plan.Projection{{Col: c.cols[1], Expr: c.col(1)}, define(50, "next", call(t, expr.Add, c.col(2), number(1)))},
	}
	expect(t, n, false, "ann 31", "cy 21", "dee 31")
	sorted := &plan.Limit{Input: n, Keys: []plan.SortKey{{Expr: n.Exprs[1].Col.Ref(), Desc: true}, {Expr: c.cols[1].Ref(), Desc: true}}, Offset: 1, Count: 2}
	expect(t, sorted, true, "ann 31", "cy 21")
	sorted.Count = -1
	expect(t, sorted, true, "ann 31", "cy 21")
	expect(t, &plan.Limit{Input: &plan.Sort{Input: n, Keys: sorted.Keys}, Count: 1}, true, "dee 31")
}

func TestOneSplitKeepsItsOrder(t *testing.T) {
	s := newTable(1, "a")
	var want []string
	for i := range 100 {
		s.splits[0] = append(s.splits[0], []types.Value{types.IntValue(int64(i))})
		want = append(want, fmt.Sprint(i))
	}
	s.splits = s.splits[:1]
	expect(t, s.remote(), true, want...)
	expect(t, &plan.Limit{Input: &plan.Filter{Input: s.remote(), Conds: []expr.Expr{call(t, expr.Ge, s.col(0), number(10))}}, Count: 3}, true, "10", "11", "12")
}

func TestJoins(t *testing.T) {
	c, o := customers(), orders()
	on := []expr.Expr{call(t, expr.Eq, c.col(0), o.col(1))}
	join := func(kind plan.JoinKind, on ...expr.Expr) *plan.Join {
		return &plan.Join{Kind: kind, Left: c.remote(), Right: o.remote(), On: on}
	}
	names := func(n plan.Node) plan.Node {
		s := n.Schema()
		list := []plan.Projection{{Col: s[1], Expr: s[1].Ref()}}
		if len(s) > 4 {
			list = append(list, plan.Projection{Col: s[5], Expr: s[5].Ref()})
		}
		return &plan.Project{Input: n, Exprs: list}
	}
	both := func(n *plan.Join, want ...string) {
		t.Helper()
		expect(t, names(n), false, want...)
		m := *n
		m.BuildLeft = true
		expect(t, names(&m), false, want...)
	}
	both(join(plan.Inner, on...), "ann 5", "ann 7", "cy 1")
	both(join(plan.Left, on...), "ann 5", "ann 7", "cy 1", "bob NULL", "dee NULL", "eve NULL")
	both(join(plan.Full, on...), "ann 5", "ann 7", "cy 1", "bob NULL", "dee NULL", "eve NULL", "NULL 2", "NULL 3")
	both(join(plan.Semi, on...), "ann", "cy")
	both(join(plan.Anti, on...), "bob", "dee", "eve")
	both(join(plan.NullAnti, on...))
	both(join(plan.Inner, call(t, expr.Eq, o.col(1), c.col(0)), call(t, expr.Lt, o.col(2), number(6)), call(t, expr.Gt, c.col(2), number(25))), "ann 5")
	both(join(plan.Inner, call(t, expr.NullSafeEq, c.col(0), o.col(1))), "ann 5", "ann 7", "cy 1", "eve 3")
	both(join(plan.Semi, call(t, expr.Lt, c.col(2), o.col(2))))
	both(join(plan.Anti, call(t, expr.Lt, c.col(2), o.col(0))), "bob")
	both(join(plan.NullAnti, call(t, expr.Eq, c.col(0), o.col(1)), call(t, expr.Lt, o.col(2), number(3))), "ann", "bob", "dee")
	mark := plan.Column{ID: 60, Name: "found", Type: types.Of(types.Bool), Nullable: true}
	for _, aware := range []bool{false, true} {
		n := &plan.Join{Kind: plan.Mark, Left: c.remote(), Right: o.remote(), On: on, Mark: mark, NullAware: aware}
		p := &plan.Project{Input: n, Exprs: []plan.Projection{{Col: c.cols[1], Expr: c.col(1)}, {Col: mark, Expr: mark.Ref()}}}
		if aware {
			expect(t, p, false, "ann 1", "cy 1", "bob NULL", "dee NULL", "eve NULL")
		} else {
			expect(t, p, false, "ann 1", "cy 1", "bob 0", "dee 0", "eve 0")
		}
	}
	if _, err := run(t, join(plan.Single, on...), modes["plain"]); !sqlerr.Is(err, sqlerr.SubqueryRows) {
		t.Errorf("error %v, want SubqueryRows", err)
	}
}

func TestAggregates(t *testing.T) {
	c := customers()
	agg := func(id int, f plan.AggFunc, typ types.Type, distinct bool, args ...expr.Expr) plan.Agg {
		return plan.Agg{Col: plan.Column{ID: expr.ColumnID(id), Name: string(f), Type: typ, Nullable: true}, Func: f, Args: args, Distinct: distinct}
	}
	sum := types.NewDecimal(41, 0)
	age := plan.Projection{Col: c.cols[2], Expr: c.col(2)}
	expect(t, &plan.Aggregate{Input: c.remote(), Groups: []plan.Projection{age}, Aggs: []plan.Agg{
		agg(70, plan.CountStar, bigint, false), agg(71, plan.Sum, sum, false, c.col(0)), agg(72, plan.Max, text, false, c.col(1)),
	}}, false, "30 2 5 dee", "NULL 1 2 bob", "20 1 3 cy", "7 1 NULL eve")
	expect(t, &plan.Aggregate{Input: c.remote(), Aggs: []plan.Agg{
		agg(70, plan.Count, bigint, true, c.col(2)), agg(71, plan.Sum, sum, true, c.col(2)),
	}}, false, "3 57")
	expect(t, &plan.Aggregate{Input: c.remote(), Aggs: []plan.Agg{
		agg(70, plan.Count, bigint, true, c.col(2)), agg(71, plan.Count, bigint, false, c.col(2)),
		agg(72, plan.Count, bigint, true, c.col(2), c.col(0)),
	}}, false, "3 4 3")
	expect(t, &plan.Aggregate{Input: c.remote(), Groups: []plan.Projection{age}}, false, "30", "NULL", "20", "7")
	none := &plan.Filter{Input: c.remote(), Conds: []expr.Expr{call(t, expr.Gt, c.col(0), number(99))}}
	expect(t, &plan.Aggregate{Input: none, Aggs: []plan.Agg{agg(70, plan.CountStar, bigint, false), agg(71, plan.Sum, sum, false, c.col(0))}}, false, "0 NULL")
	expect(t, &plan.Aggregate{Input: none, Groups: []plan.Projection{age}, Aggs: []plan.Agg{agg(70, plan.CountStar, bigint, false)}}, false)
	concat := agg(70, plan.GroupConcat, types.NewText(types.Text, 0, text.Collation), false, c.col(1))
	concat.OrderBy, concat.Separator, concat.Longest = []plan.SortKey{{Expr: c.col(1), Desc: true}}, "-", 1024
	expect(t, &plan.Aggregate{Input: c.remote(), Aggs: []plan.Agg{concat}}, false, "eve-dee-cy-bob-ann")
}

func TestUnionWithValues(t *testing.T) {
	c, o := customers(), orders()
	values := &plan.Values{Rows: [][]expr.Expr{{number(7)}, {number(8)}}, Cols: plan.Schema{{ID: 80, Name: "v", Type: bigint}}}
	ids := func(n plan.Node, col plan.Column) plan.Node {
		return &plan.Project{Input: n, Exprs: []plan.Projection{{Col: col, Expr: col.Ref()}}}
	}
	u := &plan.Union{Inputs: []plan.Node{ids(c.remote(), c.cols[0]), ids(o.remote(), o.cols[2]), values}, Cols: plan.Schema{{ID: 90, Name: "u", Type: bigint, Nullable: true}}}
	expect(t, u, false, "1", "2", "3", "4", "NULL", "5", "7", "1", "2", "3", "7", "8")
	cte := func(id int) *plan.CTERef {
		return &plan.CTERef{ID: 1, Name: "w", Cols: plan.Schema{{ID: expr.ColumnID(id), Name: "u", Type: bigint, Nullable: true}}}
	}
	l, r := cte(91), cte(92)
	expect(t, &plan.With{
		Bindings: []plan.CTE{{ID: 1, Name: "w", Plan: values}, {ID: 2, Name: "unused", Plan: c.remote()}},
		Body:     &plan.Join{Left: l, Right: r, On: []expr.Expr{call(t, expr.Le, l.Cols[0].Ref(), r.Cols[0].Ref())}},
	}, false, "7 7", "7 8", "8 8")
	expect(t, &plan.Project{Input: &plan.Values{Rows: [][]expr.Expr{{}}}, Exprs: []plan.Projection{define(1, "one", number(1))}}, false, "1")
}

func TestApply(t *testing.T) {
	c, o := customers(), orders()
	mine := &plan.Filter{Input: o.remote(), Conds: []expr.Expr{call(t, expr.Eq, o.col(1), c.col(0))}}
	totals := &plan.Project{Input: mine, Exprs: []plan.Projection{{Col: o.cols[2], Expr: o.col(2)}}}
	most := plan.Column{ID: 70, Name: "most", Type: bigint, Nullable: true}
	mark := plan.Column{ID: 71, Name: "m", Type: types.Of(types.Bool), Nullable: true}
	pick := func(n plan.Node, col plan.Column) plan.Node {
		return &plan.Project{Input: n, Exprs: []plan.Projection{{Col: c.cols[1], Expr: c.col(1)}, {Col: col, Expr: col.Ref()}}}
	}
	scalar := &plan.Apply{Kind: plan.ApplyScalar, Outer: c.remote(), Inner: &plan.Aggregate{
		Input: totals, Aggs: []plan.Agg{{Col: most, Func: plan.Max, Args: []expr.Expr{o.col(2)}}},
	}}
	expect(t, pick(scalar, most), false, "ann 7", "bob NULL", "cy 1", "dee NULL", "eve NULL")
	expect(t, pick(&plan.Apply{Kind: plan.ApplyExists, Outer: c.remote(), Inner: totals, Mark: mark}, mark), false,
		"ann 1", "bob 0", "cy 1", "dee 0", "eve 0")
	expect(t, pick(&plan.Apply{Kind: plan.ApplyInner, Outer: c.remote(), Inner: totals}, o.cols[2]), false, "ann 5", "ann 7", "cy 1")
	expect(t, pick(&plan.Apply{Kind: plan.ApplyLeft, Outer: c.remote(), Inner: totals}, o.cols[2]), false,
		"ann 5", "ann 7", "cy 1", "bob NULL", "dee NULL", "eve NULL")
	older := &plan.Project{
		Input: &plan.Filter{Input: o.remote(), Conds: []expr.Expr{call(t, expr.Lt, o.col(2), c.col(2))}},
		Exprs: []plan.Projection{{Col: o.cols[1], Expr: o.col(1)}},
	}
	expect(t, pick(&plan.Apply{Kind: plan.ApplyIn, Outer: c.remote(), Inner: older, Mark: mark, On: []expr.Expr{call(t, expr.Eq, c.col(0), o.col(1))}}, mark), false,
		"ann 1", "bob 0", "cy 1", "dee NULL", "eve NULL")
	if _, err := run(t, &plan.Apply{Kind: plan.ApplyScalar, Outer: c.remote(), Inner: totals}, modes["plain"]); !sqlerr.Is(err, sqlerr.SubqueryRows) {
		t.Errorf("error %v, want SubqueryRows", err)
	}
	o.started.Store(0)
	if _, err := run(t, scalar, modes["plain"]); err != nil || o.started.Load() != 1 {
		t.Errorf("the inner table was read %d times (%v)", o.started.Load(), err)
	}
}

func TestJoinKeysReachTheScan(t *testing.T) {
	big := newTable(11, "k v")
	for i := range 3000 {
		big.splits[i/1000] = append(big.splits[i/1000], []types.Value{types.IntValue(int64(i)), types.IntValue(int64(i % 7))})
	}
	small := newTable(1, "a", []any{10}, []any{12}, []any{nil})
	grouped := &plan.Aggregate{Input: big.remote(), Groups: []plan.Projection{{Col: plan.Column{ID: 30, Name: "g", Type: bigint}, Expr: big.col(0)}}}
	on := []expr.Expr{call(t, expr.Eq, grouped.Groups[0].Col.Ref(), small.col(0))}
	for _, c := range []struct {
		name     string
		node     plan.Node
		mode     DynamicMode
		filtered bool
	}{
		{"inner", &plan.Join{Left: grouped, Right: small.remote(), On: on}, DynamicOn, true},
		{"semi", &plan.Join{Kind: plan.Semi, Left: grouped, Right: small.remote(), On: on}, DynamicOn, true},
		{"the kept side is built", &plan.Join{Kind: plan.Left, Left: small.remote(), Right: grouped, BuildLeft: true, On: on}, DynamicOn, true},
		{"the probe side is kept", &plan.Join{Kind: plan.Left, Left: grouped, Right: small.remote(), On: on}, DynamicOn, false},
		{"anti", &plan.Join{Kind: plan.Anti, Left: grouped, Right: small.remote(), On: on}, DynamicOn, false},
		{"off", &plan.Join{Left: grouped, Right: small.remote(), On: on}, DynamicOff, false},
		{"late", &plan.Join{Left: grouped, Right: small.remote(), On: on}, DynamicLate, false},
		{"under a limit", &plan.Join{Left: &plan.Limit{Input: grouped, Count: 5000}, Right: small.remote(), On: on}, DynamicOn, false},
	} {
		big.rows.Store(0)
		got, err := run(t, c.node, Config{Parallelism: 2, Dynamic: c.mode})
		if err != nil {
			t.Fatal(err)
		}
		if read := big.rows.Load(); c.filtered != (read <= 3) {
			t.Errorf("%s: %d rows were read, filter %q", c.name, read, big.dynamic)
		}
		if c.filtered && big.dynamic != "(k#11 >= 10) AND (k#11 <= 12) AND (k#11 IN (10, 12))" && big.dynamic != "(k#11 >= 10) AND (k#11 <= 12) AND (k#11 IN (12, 10))" {
			t.Errorf("%s: filter %q", c.name, big.dynamic)
		}
		if n := len(got); n == 0 {
			t.Errorf("%s: no rows", c.name)
		}
		promised := c.filtered || c.mode == DynamicLate
		choices := Choose(c.node, Config{Dynamic: c.mode})
		for remote, cols := range choices.Narrowed {
			if remote.Fragment != big || len(cols) != 1 || cols[0].ID != big.cols[0].ID {
				t.Errorf("%s: it is said that %v of %s are narrowed", c.name, cols, remote.Fragment)
			}
		}
		if promised != (len(choices.Narrowed) == 1) {
			t.Errorf("%s: it is said that %d scans are narrowed", c.name, len(choices.Narrowed))
		}
	}
}

// TestChosenKeys compares what is looked up with the conjuncts of a join.
func TestChosenKeys(t *testing.T) {
	c, o := customers(), orders()
	key, other := call(t, expr.Eq, o.col(1), c.col(0)), call(t, expr.Lt, o.col(2), c.col(2))
	both := &plan.Join{Left: c.remote(), Right: o.remote(), On: []expr.Expr{other, key}}
	pairs := &plan.Join{Left: c.remote(), Right: o.remote(), On: []expr.Expr{other}}
	choices := Choose(&plan.Union{Inputs: []plan.Node{both, pairs}}, Config{})
	if got := choices.Keys[both]; len(got) != 1 || got[0] != key {
		t.Errorf("%v are looked up", got)
	}
	if got := choices.Keys[pairs]; len(got) != 0 {
		t.Errorf("%v are looked up", got)
	}
}

// Keys that are too many to list reach the scan as a set, unless they were spilled.
func TestManyJoinKeysReachTheScan(t *testing.T) {
	const keys = 20_000
	big := newTable(11, "k", []any{5}, []any{6}, []any{3 * keys})
	small := newTable(1, "a")
	for i := range keys {
		small.splits[0] = append(small.splits[0], []types.Value{types.IntValue(int64(3 * i))})
	}
	join := &plan.Join{
		Left: big.remote(), Right: small.remote(), On: []expr.Expr{call(t, expr.Eq, big.col(0), small.col(0))},
	}
	for _, limit := range []int64{0, 64 << 10} {
		got, err := run(t, join, Config{Parallelism: 1, Memory: exec.NewAccount(nil, limit, "memory.query")})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 {
			t.Errorf("rows %q", got)
		}
		if limit > 0 {
			if len(big.wanted) != 0 {
				t.Error("a set was made of spilled keys")
			}
			continue
		}
		if len(big.wanted) != 1 || big.wanted[0].Column != big.cols[0].ID {
			t.Fatalf("the scan was told of the keys of %v", big.wanted)
		}
		values := kernel.FromValues(memory.DefaultAllocator, bigint, []types.Value{types.IntValue(5), types.IntValue(6), types.NullValue, types.IntValue(3 * keys)})
		if found := big.wanted[0].Set.Finder()(values, nil); !slices.Equal(found, []int32{1}) {
			t.Errorf("of 5, 6, NULL and %d the set has number %v", 3*keys, found)
		}
		values.Release()
	}
}

func TestSourcesEndOnEveryPath(t *testing.T) {
	c := customers()
	boom := sqlerr.New(sqlerr.SourceDown, "source shop: connection lost")
	c.fail = boom
	o := orders()
	on := []expr.Expr{call(t, expr.Eq, c.col(0), o.col(1))}
	for name, cfg := range modes {
		for _, n := range []plan.Node{
			c.remote(), &plan.Sort{Input: c.remote(), Keys: []plan.SortKey{{Expr: c.col(0)}}},
			&plan.Join{Left: c.remote(), Right: o.remote(), On: on}, &plan.Join{Left: c.remote(), Right: o.remote(), On: on, BuildLeft: true},
		} {
			if _, err := run(t, n, cfg); !errors.Is(err, boom) {
				t.Errorf("%s: error %v, want %v", name, err, boom)
			}
		}
	}
	c.fail = nil
	if got, err := run(t, &plan.Limit{Input: c.remote(), Count: 1}, modes["many"]); err != nil || len(got) != 1 {
		t.Errorf("limit: %q, %v", got, err)
	}
	c.says = plan.Schema{{ID: 1, Name: "id", Type: text}, c.cols[1], c.cols[2]}
	if _, err := run(t, c.remote(), modes["plain"]); err == nil || !strings.Contains(err.Error(), "source shop gave int64 for column id") {
		t.Errorf("wrong column type: error %v", err)
	}
	for _, s := range []*table{c, o} {
		if s.opened.Load() != 0 || s.runs.Load() != 0 {
			t.Errorf("%d readers and %d executions are still open", s.opened.Load(), s.runs.Load())
		}
	}
}

func TestBuildRefusesWhatCannotRun(t *testing.T) {
	ci := types.NewText(types.Varchar, 0, types.Utf8mb4General)
	s := newTable(1, "a")
	s.cols[0].Type = ci
	sort := &plan.Sort{Input: s.remote(), Keys: []plan.SortKey{{Expr: s.col(0)}}}
	if _, err := run(t, sort, Config{}); !sqlerr.Is(err, sqlerr.UnknownCollation) {
		t.Errorf("error %v, want UnknownCollation", err)
	}
	fold := func(types.Collation) exec.WeightFunc {
		return func(dst, v []byte) []byte { return append(dst, strings.ToLower(string(v))...) }
	}
	s.splits = [][][]types.Value{{{types.TextValue("b")}, {types.TextValue("A")}, {types.TextValue("C")}}}
	got, err := run(t, sort, Config{Weights: fold})
	if err != nil || !slices.Equal(got, []string{"A", "b", "C"}) {
		t.Errorf("%q, %v", got, err)
	}
	scan := &plan.Scan{Site: plan.Site{Source: "shop"}, Table: &plan.Table{Name: plan.TableName{Name: "t"}}, Cols: s.cols}
	if _, err := Build(scan, Config{Env: &expr.Env{Location: time.UTC}}); err == nil {
		t.Error("a scan that was not placed was built")
	}
}

func TestStatisticsAreCounted(t *testing.T) {
	c := customers()
	stats := exec.NewStats()
	remote := c.remote()
	n := &plan.Sort{Input: remote, Keys: []plan.SortKey{{Expr: c.col(0)}}}
	if _, err := run(t, n, Config{Parallelism: 2, Stats: stats}); err != nil {
		t.Fatal(err)
	}
	if got := stats.Node(remote).Totals(); got.Rows != 5 || got.Batches == 0 || got.Splits != int64(len(c.splits)) || got.Narrowed != 0 {
		t.Errorf("scan: %+v", got)
	}
	if got := stats.Node(n).Totals(); got.Rows != 5 || got.Memory == 0 || got.Time == 0 {
		t.Errorf("sort: %+v", got)
	}
	o := orders()
	for mode, narrowed := range map[DynamicMode]int{DynamicOn: len(o.splits), DynamicLate: 0, DynamicOff: 0} {
		stats, scan := exec.NewStats(), o.remote()
		join := &plan.Join{Left: scan, Right: customers().remote(), On: []expr.Expr{call(t, expr.Eq, o.col(1), c.col(0))}}
		if _, err := run(t, join, Config{Parallelism: 2, Stats: stats, Dynamic: mode}); err != nil {
			t.Fatal(err)
		}
		if got := stats.Node(scan).Totals(); got.Splits != int64(len(o.splits)) || got.Narrowed != int64(narrowed) {
			t.Errorf("dynamic filters %d: %+v", mode, got)
		}
	}
}
