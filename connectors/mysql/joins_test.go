package mysql

import (
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors/conntest/plantext"
	"github.com/silogate/silogate/connectors/pushdown"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestJoinsWithoutIndex stay here where the server would compare very many pairs of rows.
func TestJoinsWithoutIndex(t *testing.T) {
	maria, old, recent := server{maria: true, version: 101106}, server{version: 50744}, server{version: 80036}
	for _, c := range []struct {
		server  server
		rows    float64
		indexed bool
		join    string
		pushed  bool
	}{
		{maria, 1e5, false, "inner a.id = b.id", true},
		{maria, 1e5, false, "inner a.g = b.g", false},
		{maria, 1e5, true, "inner a.g = b.g and a.id = b.id", true},
		{maria, 1e5, false, "inner a.l = b.l", false},
		{maria, 1e5, true, "left a.l = b.l", false},
		{maria, 1e3, false, "inner a.l = b.l", true},
		{old, 1e5, false, "inner a.id = b.id", false},
		{old, 1e5, false, "left a.id = b.id", false},
		{old, 1e5, true, "inner a.id = b.id", true},
		{old, 1e3, false, "inner a.id = b.id", true},
		{old, 1e5, false, "inner a.id < b.id", true},
		{recent, 1e5, false, "inner a.l = b.l", true},
	} {
		table := describedTable("t", c.server, zeroNull, "id:int g:varchar(20)~utf8mb4_general_ci l:varchar(20)~latin1_swedish_ci")
		table.Stats.Rows = c.rows
		if c.indexed {
			table.Handle.(*relation).indexed = []index{{columns: []int{0}}, {columns: []int{2}}}
		}
		parser := plantext.Parser{Table: func(string) (*plan.Table, error) { return table, nil }}
		offered, err := parser.Parse("join " + c.join + "\n    scan t a: id, g, l\n    scan t b: id, g, l")
		if err != nil {
			t.Fatal(err)
		}
		source := &connector{settings: &settings{name: "shop"}}
		answer, err := pushdown.Grow(offered, &grower{source, source.dialectOf(offered)})
		if err != nil {
			t.Fatal(err)
		}
		text := shownAnswer(answer, "")
		if _, whole := answer.(*plan.Remote); whole != c.pushed || !whole && !strings.Contains(text, "the server has no index for it and compares 1e+10 pairs of rows") {
			t.Errorf("%+v: pushed %v\n%s", c, whole, text)
		}
	}
}

// TestSortKeys are not cut.
func TestSortKeys(t *testing.T) {
	for _, c := range []struct {
		t    types.Type
		want bool
	}{
		{types.NewText(types.Varchar, 255, types.Utf8mb4AI0900), true},
		{types.NewText(types.Varchar, 257, types.Utf8mb4AI0900), false},
		{types.NewText(types.Varchar, 255, types.Utf8mb4Unicode), true},
		{types.NewText(types.Varchar, 512, types.Utf8mb4Unicode), false},
		{types.NewText(types.Varchar, 83, types.Utf8mb4ASCS0900), true},
		{types.NewText(types.Varchar, 255, types.Utf8mb4ASCS0900), false},
		{types.NewText(types.Varchar, 2304, types.Utf8mb4General), true},
		{types.NewText(types.Varchar, 2305, types.Utf8mb4Bin0900), false},
		{types.NewText(types.Text, 0, types.Utf8mb4Bin), false},
	} {
		if got := sorted(c.t); got != c.want {
			t.Errorf("%s %s: %v", c.t, c.t.Collation, got)
		}
	}
}
