package build

import (
	"slices"
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// TestEncodedKeys groups by texts that a source may leave dictionary-encoded, which it may not where anything but the key
// reads them.
func TestEncodedKeys(t *testing.T) {
	people := func() *table {
		return newTable(1, "id name$ city$", []any{1, "ann", "Rome"}, []any{2, nil, "Rome"}, []any{3, "ann", "a city with a long name"},
			[]any{4, "bob", "Rome"}, []any{5, "ann", "Rome"}, []any{6, nil, nil}, []any{7, "ann", "a city with a long name"})
	}
	count := plan.Agg{Col: plan.Column{ID: 70, Name: "n", Type: bigint}, Func: plan.CountStar}
	by := func(p *table, cols ...int) []plan.Projection {
		var out []plan.Projection
		for _, c := range cols {
			out = append(out, plan.Projection{Col: p.cols[c], Expr: p.col(c)})
		}
		return out
	}
	group := func(in plan.Node, keys []plan.Projection, aggs ...plan.Agg) plan.Node {
		return &plan.Aggregate{Input: in, Groups: keys, Aggs: append([]plan.Agg{count}, aggs...)}
	}
	both := []string{"ann Rome 2", "NULL Rome 1", "ann a city with a long name 2", "bob Rome 1", "NULL NULL 1"}
	names := []string{"ann 4", "NULL 2", "bob 1"}
	for _, c := range []struct {
		name    string
		plan    func(p *table) plan.Node
		encoded []int
		want    []string
	}{
		{"keys", func(p *table) plan.Node { return group(p.remote(), by(p, 1, 2)) }, []int{1, 2}, both},
		{"under a filter", func(p *table) plan.Node {
			some := &plan.Filter{Input: p.remote(), Conds: []expr.Expr{call(t, expr.Gt, p.col(0), number(1))}}
			return group(some, by(p, 1))
		}, []int{1}, []string{"ann 3", "NULL 2", "bob 1"}},
		{"read by a filter", func(p *table) plan.Node {
			some := &plan.Filter{Input: p.remote(), Conds: []expr.Expr{call(t, expr.IsNull, p.col(2))}}
			return group(some, by(p, 1, 2))
		}, []int{1}, []string{"NULL NULL 1"}},
		{"renamed", func(p *table) plan.Node {
			renamed := &plan.Project{Input: p.remote(), Exprs: []plan.Projection{define(50, "who", p.col(1)), define(51, "where", p.col(2))}}
			return group(renamed, []plan.Projection{define(52, "who", renamed.Exprs[0].Col.Ref()), define(53, "where", renamed.Exprs[1].Col.Ref())})
		}, []int{1, 2}, both},
		{"read by a projection", func(p *table) plan.Node {
			long := call(t, expr.Length, p.col(2))
			made := &plan.Project{Input: p.remote(), Exprs: []plan.Projection{define(50, "who", p.col(1)), define(51, "where", p.col(2)), define(52, "long", long)}}
			return group(made, []plan.Projection{define(53, "where", made.Exprs[1].Col.Ref()), define(54, "long", made.Exprs[2].Col.Ref())})
		}, nil, []string{"Rome 4 4", "a city with a long name 23 2", "NULL NULL 1"}},
		{"read by an aggregate", func(p *table) plan.Node {
			least := plan.Agg{Col: plan.Column{ID: 71, Name: "m", Type: text, Nullable: true}, Func: plan.Min, Args: []expr.Expr{p.col(1)}}
			return group(p.remote(), by(p, 1), least)
		}, nil, []string{"ann 4 ann", "NULL 2 NULL", "bob 1 bob"}},
		{"beside distinct values", func(p *table) plan.Node {
			distinct := plan.Agg{Col: plan.Column{ID: 71, Name: "d", Type: bigint}, Func: plan.Count, Args: []expr.Expr{p.col(2)}, Distinct: true}
			return group(p.remote(), by(p, 1), distinct)
		}, []int{1}, []string{"ann 4 2", "NULL 2 1", "bob 1 1"}},
		{"of a whole union", func(p *table) plan.Node {
			u := &plan.Union{Inputs: []plan.Node{p.remote()}, Cols: slices.Clone(p.cols)}
			for i := range u.Cols {
				u.Cols[i].ID += 80
			}
			return group(u, []plan.Projection{define(54, "who", u.Cols[1].Ref())})
		}, nil, names},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := people()
			expect(t, c.plan(p), false, c.want...)
			if !slices.Equal(p.encoded, c.encoded) {
				t.Errorf("columns %v may be encoded, want %v", p.encoded, c.encoded)
			}
		})
	}
}
