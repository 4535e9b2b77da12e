package build

import (
	"slices"
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
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

// TestEncodedResults asks a source for dictionaries where the result may have them: of columns of any type that nothing reads on the way.
func TestEncodedResults(t *testing.T) {
	people := newTable(1, "id name$ city$", []any{1, "ann", "Rome"}, []any{2, nil, "Rome"}, []any{3, "ann", nil}, []any{4, "bob", "Rome"})
	some := &plan.Filter{Input: people.remote(), Conds: []expr.Expr{call(t, expr.Gt, people.col(0), number(1))}}
	counts := func(id int) plan.Projection {
		return define(id, "n", &expr.Fallback{Row: ones{}, Args: []expr.Expr{people.col(0)}, Typ: bigint, Volatile: true, Ordered: true, Stateful: true})
	}
	counted := &plan.Filter{Input: people.remote(), Conds: []expr.Expr{call(t, expr.Gt, counts(0).Expr, number(0))}}
	long := define(52, "long", call(t, expr.Length, people.col(2)))
	for _, c := range []struct {
		name    string
		plan    plan.Node
		encoded []int
	}{
		{"a table", people.remote(), []int{0, 1, 2}},
		{"read by a filter", some, []int{1, 2}},
		{"some of it", &plan.Limit{Input: some, Offset: 1, Count: 2}, []int{1, 2}},
		{"renamed, and read", &plan.Project{Input: some, Exprs: []plan.Projection{define(50, "who", people.col(1)), long}}, []int{1}},
		{"read row by row", &plan.Project{Input: people.remote(), Exprs: []plan.Projection{define(50, "who", people.col(1)), counts(51)}}, []int{1}},
		{"gathered row by row", &plan.Project{Input: counted, Exprs: []plan.Projection{define(50, "who", people.col(1)), counts(51)}}, nil},
		{"sorted", &plan.Sort{Input: people.remote(), Keys: []plan.SortKey{{Expr: people.col(1)}}}, nil},
		{"of a union", &plan.Union{Inputs: []plan.Node{people.remote()}, Cols: people.renumbered(90)}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			want, err := run(t, c.plan, Config{Parallelism: 1})
			if err != nil || people.encoded != nil {
				t.Fatalf("columns %v may be encoded in a result that may not, %v", people.encoded, err)
			}
			got, err := run(t, c.plan, Config{Parallelism: 1, Encoded: true})
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%q, want %q, %v", got, want, err)
			}
			if !slices.Equal(people.encoded, c.encoded) {
				t.Errorf("columns %v may be encoded, want %v", people.encoded, c.encoded)
			}
		})
	}
}

// ones is 1 in each row.
type ones struct{}

func (ones) Clone() expr.RowFunc { return ones{} }

func (ones) Same(expr.RowFunc) bool { return true }

func (ones) Eval(*expr.Env, []types.Value) (types.Value, error) { return types.IntValue(1), nil }

// renumbered returns the table's columns under other ids.
func (t *table) renumbered(by expr.ColumnID) plan.Schema {
	cols := slices.Clone(t.cols)
	for i := range cols {
		cols[i].ID += by
	}
	return cols
}
