package optimize

import (
	"slices"
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// Rows of long texts are joined last where it makes no other difference: each join copies them.
func TestWideRowsAreJoinedLast(t *testing.T) {
	const customers, orders, lines = 150_000, 1_500_000, 6_000_000
	const root = `filter (= v.m 1) (= w.q 1)
  join inner (= v.k w.p)
    join inner (= u.x v.l)
      scan u
      scan v
    scan w
`
	for _, wide := range []string{"u", "w"} {
		tables := fixtures(0)
		size := func(name string, rows float64, distinct ...float64) {
			tables[name].Stats.Rows = rows
			for i, d := range distinct {
				tables[name].Columns[i].Stats = plan.ColumnStatistics{Known: true, Distinct: d, Width: 8}
			}
		}
		size("u", customers, customers, customers)
		size("v", orders, orders, customers, 25)
		size("w", lines, orders, 4)
		tables[wide].Columns[1].Stats.Width = 300
		out, _, err := Optimize(t.Context(), readPlan(t, tables, root), Config{Sources: newSources()})
		if err != nil {
			t.Fatal(err)
		}
		var last *plan.Join
		walk(out, func(n plan.Node) {
			if j, ok := n.(*plan.Join); ok && last == nil {
				last = j
			}
		})
		var text expr.ColumnID
		for _, c := range out.Schema() {
			if c.Name == wide+"."+tables[wide].Columns[1].Name {
				text = c.ID
			}
		}
		alone := func(side plan.Node) bool {
			joins := 0
			walk(side, func(n plan.Node) {
				if _, ok := n.(*plan.Join); ok {
					joins++
				}
			})
			return joins == 0 && side.Schema().Index(text) >= 0
		}
		if !alone(last.Left) && !alone(last.Right) {
			t.Errorf("%s is not joined last:\n%s", wide, plan.Format(out, plan.FormatOptions{}))
		}
	}
}

// TestNestedJoinsAreOrderedOnce nests semi joins, each a graph too small to order: the time must not double with each.
func TestNestedJoinsAreOrderedOnce(t *testing.T) {
	scan := readPlan(t, fixtures(0), "scan t").(*plan.Scan)
	ids := newIDs(scan)
	copied := func() *plan.Scan {
		n := *scan
		n.Cols = slices.Clone(n.Cols)
		for i, c := range n.Cols {
			n.Cols[i] = ids.column(c)
		}
		return &n
	}
	var root plan.Node = copied()
	for range 60 {
		left := copied()
		on := predicate(expr.Eq, left.Cols[0].Ref(), root.Schema()[1].Ref())
		root = &plan.Join{Kind: plan.Semi, Left: left, Right: root, On: []expr.Expr{on}}
	}
	src := newSources()
	if _, err := newTestPlanner(root, src).run(t.Context(), ruleNamed(t, "join_order"), root, &Trace{}); err != nil {
		t.Fatal(err)
	}
}
