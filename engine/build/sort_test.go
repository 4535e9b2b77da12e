package build

import (
	"testing"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// ENUM and SET sort by the numbers of their members, and are compared as the texts of these.
func TestMembersSortByNumber(t *testing.T) {
	for _, c := range []struct {
		kind types.Kind
		want []string
	}{
		{types.Enum, []string{"NULL", "sad", "ok", "happy"}},
		{types.Set, []string{"NULL", "sad", "ok", "sad,ok", "happy", "sad,happy"}},
	} {
		rows := make([][]any, len(c.want))
		for i, v := range c.want {
			rows[len(rows)-1-i] = []any{v}
		}
		rows[len(rows)-1] = []any{nil}
		members := newTable(1, "m$", rows...)
		members.cols[0].Type = types.Type{Kind: c.kind, Members: "sad\x00ok\x00happy", Collation: types.Utf8mb4Bin0900}
		key := members.col(0)
		expect(t, &plan.Sort{Input: members.remote(), Keys: []plan.SortKey{{Expr: key}}}, true, c.want...)
		least := plan.Column{ID: 9, Name: "least", Type: key.Typ, Nullable: true}
		expect(t, &plan.Aggregate{Input: members.remote(), Aggs: []plan.Agg{{Col: least, Func: plan.Min, Args: keyExprs([]plan.SortKey{{Expr: key}})}}}, false, "happy")
	}
}
