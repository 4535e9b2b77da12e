package postgres

import (
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
