package rest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/internal/testengine"
)

// named is a table whose API ignores case, so that the answers for different names overlap.
func named(server *api) *connector {
	server.put("people", record{"id": int64(1), "name": "ann"}, record{"id": int64(2), "name": "ANN"}, record{"id": int64(3), "name": "bob"}, record{"id": int64(4), "name": nil})
	return server.open(nil, Table{
		Name:    "people",
		Columns: []Column{{Name: "id", Type: bigint, Path: "id", NotNull: true}, {Name: "name", Type: text, Path: "name"}},
		Rows:    Endpoint{Path: "token/people", Items: "items", Paging: Token{Name: "page_token", Path: "next_page_token", SizeName: "max_results", Size: 2}},
		Filters: []Filter{{Column: "name", Name: "name__nocase", Loose: true}},
		Counts:  []Count{{By: []string{"name"}, Rows: "rows", Endpoint: Endpoint{Path: "counts/people/name", Items: "groups", Query: map[string]string{"whole": "1"}}}},
	})
}

// evaluated runs what a source makes of a plan, and returns its rows as text, sorted.
func evaluated(tb testing.TB, c *connector, root plan.Node) []string {
	tb.Helper()
	placed, err := c.Pushdown(tb.Context(), root)
	if err != nil {
		tb.Fatal(err)
	}
	mem := bufpooltest.New()
	defer mem.AssertSize(tb, 0)
	batches, err := testengine.Evaluate(tb.Context(), placed, conntest.Evaluation{Memory: mem, Env: &expr.Env{Location: time.UTC}, Parallel: 2})
	if err != nil {
		tb.Error(err)
	}
	var out []string
	for _, batch := range batches {
		for i := range int(batch.NumRows()) {
			var parts []string
			for j, col := range root.Schema() {
				parts = append(parts, kernel.ValueAt(batch.Column(j), i).Format(col.Type, time.UTC))
			}
			out = append(out, strings.Join(parts, " "))
		}
		batch.Release()
	}
	slices.Sort(out)
	return out
}

// TestLooseAnswersOverlap asks for names that the API takes for the same: each row comes once, whatever asks.
func TestLooseAnswersOverlap(t *testing.T) {
	server := newAPI(t)
	c := named(server)
	scan := scanOf(t, c, "people")
	list := &expr.In{Arg: scan.Cols[1].Ref(), List: texts("ann", "ANN", "Bob")}
	want := []string{"1 ann", "2 ANN"}
	if got := evaluated(t, c, &plan.Filter{Input: scan, Conds: []expr.Expr{list}}); !slices.Equal(got, want) {
		t.Errorf("a list: %q", got)
	}
	ids := &plan.Project{Input: &plan.Filter{Input: scan, Conds: []expr.Expr{list}}, Exprs: []plan.Projection{{Col: scan.Cols[0], Expr: scan.Cols[0].Ref()}}}
	if got := evaluated(t, c, ids); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("without the name: %q", got)
	}
	keys, args := keysOf(t, texts("ann", "ANN", "Bob"))
	join := &plan.Join{Kind: plan.Inner, Left: scan, Right: keys, On: []expr.Expr{same(scan.Cols[1], keys.Cols[0])}}
	if got := mustRows(t, pushed(t, c, join), run{args: args, parallel: 2}); !slices.Equal(got, []string{"1 ann ann", "2 ANN ANN"}) {
		t.Errorf("keys: %q", got)
	}
	dynamic := told{keys: []connectors.ColumnKeys{{Column: scan.Cols[1].ID, Values: args.Column(0)}}}
	server.requests()
	if got := mustRows(t, pushed(t, c, scan), run{dynamic: dynamic}); !slices.Equal(got, want) {
		t.Errorf("keys of a join: %q", got)
	}
	if n := server.requests(); len(n) != 3 {
		t.Errorf("requests %q", n)
	}
	group := &plan.Aggregate{Input: scan, Groups: []plan.Projection{{Col: scan.Cols[1], Expr: scan.Cols[1].Ref()}},
		Aggs: []plan.Agg{{Col: plan.Column{ID: 21, Name: "n", Type: bigint}, Func: plan.CountStar}}}
	if got := mustRows(t, pushed(t, c, group), run{dynamic: dynamic}); !slices.Equal(got, []string{"ANN 1", "ann 1"}) {
		t.Errorf("counts: %q", got)
	}
}
