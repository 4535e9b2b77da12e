package exec

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/exec/agg"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestJSONAggregates gathers groups of JSON under every setting, and where they do not fit in memory. An array of one stream has the
// order of its rows.
func TestJSONAggregates(t *testing.T) {
	all := slices.Concat([]setting{
		{name: "many groups", streams: 1, batch: 256, memory: 1 << 18},
		{name: "many groups from two streams", streams: 2, batch: 256, memory: 1 << 18},
	}, settings)
	text, document := types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900), types.Of(types.JSON)
	cols := plan.Schema{column(1, "g", types.Of(types.Int64)), column(2, "k", text), column(3, "v", document)}
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			spills := strings.HasPrefix(s.name, "many groups")
			rows, groups := 300, 7
			if spills {
				rows, groups = 20_000, 1500
			}
			r := relation{cols: cols}
			items := make(map[int64][]string)
			members := make(map[int64]map[string]string)
			for i := range rows {
				g, k := int64(i%groups), fmt.Sprintf("k%02d", i*7919%13)
				v := fmt.Sprintf(`"%d %s"`, g, k) // what a key has is always the same
				row := []types.Value{types.IntValue(g), types.TextValue(k), types.TextValue(v)}
				if k == "k05" {
					row[2], v = types.NullValue, "null"
				}
				r.rows = append(r.rows, row)
				if members[g] == nil {
					members[g] = make(map[string]string)
				}
				items[g], members[g][k] = append(items[g], v), v
			}
			if !spills {
				s = s.scaled(64)
			}
			h := newHarness(t, s, 3)
			stats := new(NodeStats)
			spec := &Aggregation{
				Keys: []rowkey.Field{rowkey.Of(cols[0].Type, nil)}, Groups: cols[:1],
				Aggs:  plan.Schema{column(8, "a", document), column(9, "o", document)},
				Args:  [][]int{{2}, {1, 2}},
				Terms: []types.Type{cols[0].Type, text, document},
				Specs: []agg.Spec{
					{Func: plan.JSONArrayAgg, Args: []types.Type{document}, Result: document, Longest: 1 << 20},
					{Func: plan.JSONObjectAgg, Args: []types.Type{text, document}, Result: document, Longest: 1 << 20},
				},
				Distinct: []bool{false, false},
			}
			out, err := NewAggregate(h.rt, h.streams(r), termsFor(s.streams, 0, 1, 2), spec, s.streams, h.reservation(stats), stats)
			if err != nil {
				t.Fatal(err)
			}
			got, err := h.run(out, spec.out())
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != groups {
				t.Fatalf("%d groups, want %d", len(got), groups)
			}
			for _, row := range got {
				g := row[0].Int
				array := strings.Split(strings.Trim(row[1].Str, "[]"), ", ")
				if s.streams > 1 {
					slices.Sort(array)
					slices.Sort(items[g])
				}
				if !slices.Equal(array, items[g]) {
					t.Fatalf("group %d: %v, want %v", g, array, items[g])
				}
				var want []string
				for k, v := range members[g] {
					want = append(want, fmt.Sprintf("%q: %s", k, v))
				}
				slices.Sort(want)
				if want := "{" + strings.Join(want, ", ") + "}"; row[2].Str != want {
					t.Fatalf("group %d: %s, want %s", g, row[2].Str, want)
				}
			}
			if spills && stats.Totals().Spilled == 0 {
				t.Error("nothing was spilled")
			}
		})
	}
}
