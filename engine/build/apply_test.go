package build

import (
	"fmt"
	"slices"
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// filter keeps the rows of n where l = r.
func filter(t *testing.T, n plan.Node, l, r expr.Expr) plan.Node {
	t.Helper()
	return &plan.Filter{Input: n, Conds: []expr.Expr{call(t, expr.Eq, l, r)}}
}

// pickColumns is SELECT cols FROM n.
func pickColumns(n plan.Node, cols ...plan.Column) plan.Node {
	p := &plan.Project{Input: n}
	for _, c := range cols {
		p.Exprs = append(p.Exprs, plan.Projection{Col: c, Expr: c.Ref()})
	}
	return p
}

// The part of the innermost plan that reads only the outermost row is constant within a run of the middle plan, and
// differs from run to run; the streams of the outermost side run the middle plan at the same time.
func TestNestedApplyOverParallelStreams(t *testing.T) {
	const keys, zs = 90, 4
	outer, middle, inner := newTable(1, "k"), newTable(11, "k z"), newTable(21, "k z w")
	var want []string
	add := func(tab *table, split int, row ...int64) {
		var values []types.Value
		for _, v := range row {
			values = append(values, types.IntValue(v))
		}
		tab.splits[split] = append(tab.splits[split], values)
	}
	for k := range int64(keys) {
		add(outer, int(k%3), k)
		add(middle, int(k%3), k, k%zs)
		for z := range int64(zs) {
			add(inner, int(k%3), k, z, 100*k+z)
		}
		want = append(want, fmt.Sprint(k, 100*k+k%zs))
	}
	mine := filter(t, inner.remote(), inner.col(0), outer.col(0))
	nested := &plan.Apply{
		Kind:  plan.ApplyScalar,
		Outer: filter(t, middle.remote(), middle.col(0), outer.col(0)),
		Inner: pickColumns(filter(t, mine, inner.col(1), middle.col(1)), inner.cols[2]),
	}
	n := &plan.Apply{Kind: plan.ApplyScalar, Outer: outer.remote(), Inner: pickColumns(nested, inner.cols[2])}
	slices.Sort(want)
	for range 30 { // for the streams to meet
		got, err := run(t, n, Config{Parallelism: 3, BatchRows: 16})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("got %q\nwant %q", got, want)
		}
	}
}

// SELECT t.a, (SELECT (SELECT w FROM v WHERE v.z = u.z ORDER BY w LIMIT 1) FROM u WHERE u.k = t.k ORDER BY u.b LIMIT 1) FROM t
func TestNestedApplyReadsTheMiddleRow(t *testing.T) {
	a := newTable(1, "a k", []any{1, 10}, []any{2, 20}, []any{3, 30}, []any{4, nil})
	u := newTable(11, "k b z", []any{10, 2, 5}, []any{10, 1, 6}, []any{20, 1, 5}, []any{20, 3, 6}, []any{30, 1, 9})
	v := newTable(21, "z w", []any{5, 52}, []any{5, 51}, []any{6, 63}, []any{6, 62}, []any{7, 1})
	first := func(n plan.Node, by expr.Expr) plan.Node {
		return &plan.Limit{Input: n, Keys: []plan.SortKey{{Expr: by}}, Count: 1}
	}
	least := pickColumns(first(filter(t, v.remote(), v.col(0), u.col(2)), v.col(1)), v.cols[1])
	nested := &plan.Apply{Kind: plan.ApplyScalar, Outer: filter(t, u.remote(), u.col(0), a.col(1)), Inner: least}
	n := &plan.Apply{Kind: plan.ApplyScalar, Outer: a.remote(), Inner: pickColumns(first(nested, u.col(1)), v.cols[1])}
	expect(t, pickColumns(n, a.cols[0], v.cols[1]), false, "1 62", "2 51", "3 NULL", "4 NULL")
}

// The body reads no outer column itself, but a binding that does.
func TestApplyOfCorrelatedBinding(t *testing.T) {
	c, o := customers(), orders()
	ref := &plan.CTERef{ID: 1, Name: "mine", Cols: plan.Schema{{ID: 80, Name: "total", Type: bigint, Nullable: true}}}
	most := plan.Column{ID: 81, Name: "most", Type: bigint, Nullable: true}
	n := &plan.Apply{Kind: plan.ApplyScalar, Outer: c.remote(), Inner: &plan.With{
		Bindings: []plan.CTE{{ID: 1, Name: "mine", Plan: pickColumns(filter(t, o.remote(), o.col(1), c.col(0)), o.cols[2])}},
		Body:     &plan.Aggregate{Input: ref, Aggs: []plan.Agg{{Col: most, Func: plan.Max, Args: []expr.Expr{ref.Cols[0].Ref()}}}},
	}}
	expect(t, pickColumns(n, c.cols[1], most), false, "ann 7", "bob NULL", "cy 1", "dee NULL", "eve NULL")
}
