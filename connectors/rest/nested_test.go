package rest

import (
	"slices"
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestEach makes rows of what is nested in items.
func TestEach(t *testing.T) {
	server := newAPI(t)
	server.put("orders",
		record{"id": int64(1), "info": record{"lines": []record{{"sku": "a", "n": 2}, {"sku": "b"}}}},
		record{"id": int64(2)},
		record{"id": int64(3), "info": record{"lines": []record{}}},
		record{"id": int64(4), "info": record{"lines": []record{{"sku": "c", "n": "7"}}}})
	declared := Table{
		Name: "lines",
		Columns: []Column{
			{Name: "order_id", Type: bigint, Path: "id", Outer: true, NotNull: true}, {Name: "sku", Type: text, Path: "sku"}, {Name: "n", Type: bigint, Path: "n"},
			{Name: "all", Type: types.Of(types.JSON)},
		},
		Rows: Endpoint{Path: "v1/orders", Items: "items", Each: "info.lines", Paging: Offset{Name: "offset", SizeName: "limit", Size: 2, Total: "total"}},
	}
	c := server.open(nil, declared)
	scan := scanOf(t, c, "lines")
	for _, parallel := range []int{1, 3} {
		got := mustRows(t, pushed(t, c, scan), run{parallel: parallel})
		if want := []string{`1 a 2 {"n": 2, "sku": "a"}`, `1 b NULL {"sku": "b"}`, `4 c 7 {"n": "7", "sku": "c"}`}; !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
	}
	got := mustRows(t, pushed(t, c, &plan.Limit{Input: scan, Count: 2, Offset: 1}), run{})
	if len(got) != 2 {
		t.Errorf("limited: %q", got)
	}
}

// TestAsked has a column that the answers do not repeat.
func TestAsked(t *testing.T) {
	server := newAPI(t)
	server.put("points", record{"run": "a", "value": int64(1)}, record{"run": "b", "value": int64(2)}, record{"run": "a", "value": int64(3)})
	declared := Table{
		Name:     "points",
		Columns:  []Column{{Name: "of", Type: text, NotNull: true, Asked: true}, {Name: "value", Type: bigint, Path: "value"}},
		Rows:     Endpoint{Path: "token/points", Items: "items", Paging: Token{Name: "page_token", Path: "next_page_token", SizeName: "max_results", Size: 1}},
		Filters:  []Filter{{Column: "of", Name: "run"}},
		Required: [][]string{{"of"}},
	}
	c := server.open(nil, declared)
	scan := scanOf(t, c, "points")
	in := &expr.In{Arg: scan.Cols[0].Ref(), List: texts("a", "b", "c")}
	if got := mustRows(t, pushed(t, c, &plan.Filter{Input: scan, Conds: []expr.Expr{in}}), run{parallel: 2}); !slices.Equal(got, []string{"a 1", "a 3", "b 2"}) {
		t.Errorf("%q", got)
	}
	keys, args := keysOf(t, texts("b", "b"))
	join := &plan.Join{Kind: plan.Inner, Left: scan, Right: keys, On: []expr.Expr{same(scan.Cols[0], keys.Cols[0])}}
	if got := mustRows(t, pushed(t, c, join), run{args: args}); !slices.Equal(got, []string{"b 2 b", "b 2 b"}) {
		t.Errorf("%q", got)
	}
}
