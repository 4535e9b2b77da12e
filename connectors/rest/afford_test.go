package rest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

func integers64(n int) []types.Value {
	out := make([]types.Value, n)
	for i := range out {
		out[i] = types.IntValue(int64(i))
	}
	return out
}

// TestLongLists has lists that take more requests than are allowed, or more than a small table has pages: what can be listed
// is, and picked here.
func TestLongLists(t *testing.T) {
	server := newAPI(t)
	var list []record
	for i := range 40 {
		list = append(list, record{"id": int64(i), "kind": fmt.Sprint("k", i%4)})
	}
	server.put("things", list...)
	table := Table{
		Name: "things",
		Columns: []Column{
			{Name: "id", Type: bigint, Path: "id", NotNull: true}, {Name: "kind", Type: text, Path: "kind", NotNull: true},
		},
		Rows:    Endpoint{Path: "v1/things", Items: "items", Paging: Offset{Name: "offset", SizeName: "limit", Size: 20, Total: "total"}},
		Filters: []Filter{{Column: "id", Name: "id", Most: 2}, {Column: "kind", Name: "kind"}},
		Counts:  []Count{{By: []string{"kind"}, Rows: "rows", Endpoint: Endpoint{Path: "counts/things/kind", Items: "groups", Query: map[string]string{"whole": "1"}}}},
	}
	sized, keyed := table, table
	sized.Name, sized.Size = "sized", 40
	keyed.Name, keyed.Required = "keyed", [][]string{{"id"}}
	few := connectors.Options{"key_requests": "3"}
	in := func(c plan.Column, values ...types.Value) expr.Expr { return &expr.In{Arg: c.Ref(), List: values} }
	only := func(requests []string, part string) bool {
		return !slices.ContainsFunc(requests, func(r string) bool { return !strings.Contains(r, part) })
	}
	for _, q := range []struct {
		name    string
		table   Table
		options connectors.Options
		ids     int
		kinds   []string
		rows    int
		none    string // what no request asks for
		every   string // what each asks for
	}{
		{"few", table, few, 6, nil, 6, "", "id="},
		{"too many", table, few, 7, nil, 7, "id=", ""},
		{"two lists", table, few, 7, []string{"k0", "k1"}, 4, "id=", "kind="},
		{"two lists of which the shorter is too long", table, connectors.Options{"key_requests": "1"}, 7, []string{"k0", "k1"}, 4, "=k", ""},
		{"many of a small table", sized, connectors.Options{"requests": "1"}, 30, nil, 30, "id=", ""},
		{"few of a small table", sized, connectors.Options{"requests": "1"}, 2, nil, 2, "", "id="},
		{"many of a table of unknown size", table, nil, 30, nil, 30, "", "id="},
		{"keyed", keyed, few, 7, nil, -1, "", ""},
		{"the other list of a keyed one", keyed, few, 3, []string{"k0", "k1"}, 2, "kind=", "id="},
	} {
		t.Run(q.name, func(t *testing.T) {
			q.table.Name = "things"
			c := server.open(q.options, q.table)
			scan := scanOf(t, c, "things")
			conds := []expr.Expr{in(scan.Cols[0], integers64(q.ids)...)}
			if q.kinds != nil {
				conds = append(conds, in(scan.Cols[1], texts(q.kinds...)...))
			}
			id := &plan.Project{Input: &plan.Filter{Input: scan, Conds: conds}, Exprs: []plan.Projection{{Col: scan.Cols[0], Expr: scan.Cols[0].Ref()}}}
			server.requests()
			for _, parallel := range []int{1, 3} {
				got, err := rows(t, pushed(t, c, id), run{parallel: parallel})
				requests := server.requests()
				if q.rows < 0 {
					if sqlerr.CodeOf(err) != sqlerr.ScanTooBig || len(requests) > 0 {
						t.Errorf("%v", err)
					}
					mention(t, err, "source api", "table things", "4 requests", "key_requests")
					continue
				}
				if err != nil || len(got) != q.rows || len(slices.Compact(slices.Clone(got))) != q.rows {
					t.Errorf("%v %v", got, err)
				}
				if q.none != "" && !only(slices.DeleteFunc(slices.Clone(requests), func(r string) bool { return !strings.Contains(r, q.none) }), "never") || !only(requests, q.every) {
					t.Errorf("requests\n%s", strings.Join(requests, "\n"))
				}
			}
		})
	}

	c := server.open(few, table)
	scan := scanOf(t, c, "things")
	keys, args := keysOf(t, append(integers64(8), types.IntValue(99), types.IntValue(3)))
	join := &plan.Join{Kind: plan.Inner, Left: scan, Right: keys, On: []expr.Expr{same(scan.Cols[0], keys.Cols[0])}}
	server.requests()
	if got := mustRows(t, pushed(t, c, join), run{args: args}); len(got) != 9 {
		t.Errorf("keys: %q", got)
	}
	if r := server.requests(); len(r) != 2 {
		t.Errorf("requests\n%s", strings.Join(r, "\n"))
	}
	limit := &plan.Limit{Input: &plan.Filter{Input: scan, Conds: []expr.Expr{in(scan.Cols[0], types.IntValue(39), types.IntValue(38), types.IntValue(37), types.IntValue(36),
		types.IntValue(35), types.IntValue(34), types.IntValue(33))}}, Count: 2}
	if got := mustRows(t, pushed(t, c, limit), run{}); !slices.Equal(got, []string{"33 k1", "34 k2"}) {
		t.Errorf("limited: %q", got)
	}
	kinds := in(scan.Cols[1], texts("k0", "k1", "k2", "none")...)
	group := &plan.Aggregate{Input: &plan.Filter{Input: scan, Conds: []expr.Expr{kinds}},
		Groups: []plan.Projection{{Col: scan.Cols[1], Expr: scan.Cols[1].Ref()}},
		Aggs:   []plan.Agg{{Col: plan.Column{ID: 21, Name: "n", Type: bigint}, Func: plan.CountStar}}}
	server.requests()
	if got := evaluated(t, c, group); !slices.Equal(got, []string{"k0 10", "k1 10", "k2 10"}) {
		t.Errorf("counts: %q", got)
	}
	if r := server.requests(); !slices.Equal(r, []string{"GET /counts/things/kind?whole=1"}) {
		t.Errorf("requests\n%s", strings.Join(r, "\n"))
	}
}
