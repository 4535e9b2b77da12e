package rest

import (
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestZeroGroups counts groups that have no rows: SQL has no such groups, and over nothing the number 0.
func TestZeroGroups(t *testing.T) {
	server := newAPI(t)
	server.put("jobs")
	endpoint := func(answer string) Endpoint { return Endpoint{Path: "counted/" + answer, Items: "groups"} }
	status := Column{Name: "status", Type: text, Path: "status"}
	answers := map[string][]record{
		"zeros": {{"status": "done", "rows": 3}, {"status": "failed", "rows": 0}, {"status": nil, "rows": 0}},
		"parts": {{"status": "done", "rows": 0}, {"status": "done", "rows": 2}, {"status": "failed", "rows": 0}, {"status": "failed", "rows": 0}},
		"all":   {{"rows": 0}},
		"none":  {},
	}
	server.replies = func(path string) (any, bool) {
		groups, ok := answers[strings.TrimPrefix(path, "/counted/")]
		return record{"groups": groups}, ok
	}
	for _, q := range []struct {
		count Count
		want  []string
	}{
		{Count{By: []string{"status"}, Rows: "rows", Endpoint: endpoint("zeros")}, []string{"done 3"}},
		{Count{By: []string{"status"}, Rows: "rows", Parts: true, Endpoint: endpoint("parts")}, []string{"done 2"}},
		{Count{By: []string{"status"}, Rows: "rows", Endpoint: endpoint("none")}, nil},
		{Count{Rows: "rows", Endpoint: endpoint("all")}, []string{"0"}},
		{Count{Rows: "rows", Endpoint: endpoint("none")}, []string{"0"}},
	} {
		c := server.open(nil, Table{Name: "jobs", Columns: []Column{status}, Rows: Endpoint{Path: "v1/jobs", Items: "items"}, Counts: []Count{q.count},
			Filters: []Filter{{Column: "status", Name: "status"}}})
		scan := scanOf(t, c, "jobs")
		root := &plan.Aggregate{Input: scan, Aggs: []plan.Agg{{Col: plan.Column{ID: 21, Name: "n", Type: bigint}, Func: plan.CountStar}}}
		if q.count.By != nil {
			root.Groups = []plan.Projection{{Col: scan.Cols[0], Expr: scan.Cols[0].Ref()}}
		}
		if got := evaluated(t, c, root); !slices.Equal(got, q.want) {
			t.Errorf("%s by %q: %q", q.count.Endpoint.Path, q.count.By, got)
		}
		server.requests()
		root.Input = &plan.Filter{Input: scan, Conds: []expr.Expr{equals(scan.Cols[0], types.NullValue)}}
		want := []string{"0"}
		if q.count.By != nil {
			want = nil
		}
		if got := evaluated(t, c, root); !slices.Equal(got, want) || len(server.requests()) > 0 {
			t.Errorf("of no rows: %q", got)
		}
	}
}
