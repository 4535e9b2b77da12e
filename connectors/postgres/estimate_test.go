package postgres

import (
	"math"
	"testing"

	"github.com/silogate/silogate/connectors/conntest/plantext"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// The server's estimate is taken unless a condition reads what an aggregate yields.
func TestComparesAggregates(t *testing.T) {
	parser := plantext.Parser{Table: func(string) (*plan.Table, error) {
		return describedTable("a", server{}, false, "id:int8! n:int4"), nil
	}}
	for text, want := range map[string]bool{
		"filter s > 3\n  aggregate n | sum(id) as s\n    scan a":                                                true,
		"filter d > 3\n  project s + 1 as d\n    aggregate n | sum(id) as s\n      scan a":                      true,
		"join inner x.id = s\n  scan a x: id\n  aggregate | max(id) as s\n    scan a":                           true,
		"join semi x.id = g\n  scan a x: id\n  filter s > 3\n    aggregate n as g | sum(id) as s\n      scan a": true,
		"filter n > 3\n  aggregate n | sum(id) as s\n    scan a":                                                false,
		"project s > 3 as big\n  aggregate n | sum(id) as s\n    scan a":                                        false,
		"aggregate n | sum(id) as s\n  filter id > 3\n    scan a":                                               false,
	} {
		n, err := parser.Parse(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if got := comparesAggregates(n, make(map[expr.ColumnID]bool)); got != want {
			t.Errorf("%t\n%s", got, text)
		}
	}
}

// Rows that a nested loop fetches by an index cost what they do in memory, dropped ones too.
func TestLookups(t *testing.T) {
	orders := describedTable("orders", server{}, false, "id:int8! customer:int4! day:date")
	orders.Stats.Rows = 1_500_000
	c := &connector{statistics: newRecent[[]plan.ColumnStatistics]()}
	c.statistics.put(statisticsKey(orders), []plan.ColumnStatistics{{Known: true, Distinct: 1_500_000}, {Known: true, Distinct: 100_000}, {}})
	other := *orders
	other.Name.Namespace = "other"
	index := func(relation, cond string, rows, total float64) serverPlan {
		return serverPlan{Node: "Index Scan", Relation: relation, Cond: cond, Rows: rows, Total: total}
	}
	loop := func(outer, workers float64, inner serverPlan) serverPlan {
		p := serverPlan{Node: "Nested Loop", Plans: []serverPlan{{Node: "Seq Scan", Rows: outer}, inner}}
		if workers > 0 {
			return serverPlan{Node: "Gather", Workers: workers, Plans: []serverPlan{p}}
		}
		return p
	}
	own := []*plan.Table{orders}
	for name, want := range map[string]struct {
		plan       serverPlan
		tables     []*plan.Table
		rows, more float64
	}{
		"filtered":       {loop(10_000, 0, index("orders", "(customer = c.id)", 3, 1.6)), own, 150_000, 0.13},
		"by processes":   {loop(10_000, 2, index("orders", `("customer" = c.id)`, 3, 1.6)), own, 360_000, 0.13},
		"one row":        {loop(10_000, 0, index("orders", "(id = c.id)", 1, 2)), own, 10_000, 0},
		"unknown column": {loop(10_000, 0, index("orders", "((customer)::int8 = c.id)", 3, 1.6)), own, 30_000, 0},
		"two tables":     {loop(10_000, 0, index("orders", "(customer = c.id)", 3, 1.6)), append(own, &other), 30_000, 0},
		"another table":  {loop(10_000, 0, index("parts", "(customer = c.id)", 2, 9)), own, 20_000, 0},
		"index alone":    {loop(10_000, 0, serverPlan{Node: "Index Only Scan", Relation: "orders", Cond: "(customer = c.id)", Rows: 15}), own, 0, 0},
		"hash join":      {serverPlan{Node: "Hash Join", Plans: []serverPlan{{Node: "Seq Scan", Rows: 9}, {Node: "Hash", Rows: 9}}}, own, 0, 0},
	} {
		got := (&fragment{connector: c, tables: want.tables}).lookupsOf(&want.plan, 1)
		if got.rows != want.rows || math.Abs(got.more-want.more) > 1e-9 {
			t.Errorf("%s: %+v, want %g rows and %g s", name, got, want.rows, want.more)
		}
	}
}
