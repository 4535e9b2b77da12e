package rest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// points are readings of a metric of a run: they are read by both, or by their own id.
func points() Table {
	return Table{
		Name: "points",
		Columns: []Column{
			{Name: "run", Type: text, Path: "run", NotNull: true},
			{Name: "metric", Type: text, Path: "metric", NotNull: true},
			{Name: "id", Type: bigint, Path: "id", NotNull: true},
			{Name: "value", Type: types.Of(types.Float64), Path: "value"},
		},
		Rows: Endpoint{Path: "v1/points", Items: "items", Paging: Offset{Name: "offset", SizeName: "limit", Size: 2, Total: "total"}},
		Filters: []Filter{
			{Column: "run", Name: "run", Most: 2},
			{Column: "metric", Name: "metric"},
			{Column: "id", Name: "id", Most: 3},
			{Column: "id", Name: "id__min", Op: expr.Ge},
		},
		Required: [][]string{{"run", "metric"}, {"id"}},
	}
}

func pointsServer(t *testing.T) (*api, *connector) {
	server := newAPI(t)
	var list []record
	for _, run := range []string{"a", "b", "c"} {
		for _, metric := range []string{"loss", "auc"} {
			for range 3 {
				list = append(list, record{"run": run, "metric": metric, "id": int64(len(list)), "value": float64(len(list)) / 2})
			}
		}
	}
	server.put("points", list...)
	return server, server.open(nil, points())
}

func equals(c plan.Column, v types.Value) expr.Expr {
	return &expr.Call{Func: expr.Eq, Args: []expr.Expr{c.Ref(), &expr.Literal{Value: v, Typ: c.Type}}, Typ: types.Of(types.Bool), Null: c.Nullable}
}

func texts(list ...string) []types.Value {
	out := make([]types.Value, len(list))
	for i, s := range list {
		out[i] = types.TextValue(s)
	}
	return out
}

// TestRequiredKeys scans with and without the keys that a table is read by.
func TestRequiredKeys(t *testing.T) {
	server, c := pointsServer(t)
	scan := scanOf(t, c, "points")
	run1, metric, id := scan.Cols[0], scan.Cols[1], scan.Cols[2]
	in := func(c plan.Column, values ...types.Value) expr.Expr { return &expr.In{Arg: c.Ref(), List: values} }
	for _, q := range []struct {
		name     string
		conds    []expr.Expr
		rows     int
		requests []string // nil: an error
	}{
		{"nothing", nil, 0, nil},
		{"half of a set", []expr.Expr{equals(run1, types.TextValue("a"))}, 0, nil},
		{"a set", []expr.Expr{equals(run1, types.TextValue("a")), equals(metric, types.TextValue("auc"))}, 3, []string{
			"GET /v1/points?limit=1&metric=auc&offset=2&run=a", "GET /v1/points?limit=2&metric=auc&offset=0&run=a"}},
		{"another set", []expr.Expr{equals(id, types.IntValue(7))}, 1, []string{"GET /v1/points?id=7&limit=2&offset=0"}},
		{"lists", []expr.Expr{in(run1, texts("a", "b", "c")...), in(metric, texts("loss")...)}, 9, []string{
			"GET /v1/points?limit=2&metric=loss&offset=0&run=a&run=b", "GET /v1/points?limit=2&metric=loss&offset=0&run=c",
			"GET /v1/points?limit=2&metric=loss&offset=2&run=a&run=b", "GET /v1/points?limit=2&metric=loss&offset=2&run=c",
			"GET /v1/points?limit=2&metric=loss&offset=4&run=a&run=b"}},
		{"a list longer than a request takes", []expr.Expr{in(id, types.IntValue(1), types.IntValue(2), types.IntValue(3), types.IntValue(99))}, 3,
			[]string{"GET /v1/points?id=1&id=2&id=3&limit=2&offset=0", "GET /v1/points?id=1&id=2&id=3&limit=2&offset=2", "GET /v1/points?id=99&limit=2&offset=0"}},
		{"NULL", []expr.Expr{equals(id, types.NullValue)}, 0, []string{}},
	} {
		t.Run(q.name, func(t *testing.T) {
			var n plan.Node = scan
			if q.conds != nil {
				n = &plan.Filter{Input: scan, Conds: q.conds}
			}
			f := pushed(t, c, n)
			got, err := rows(t, f, run{parallel: 2})
			requests := server.requests()
			slices.Sort(requests)
			if q.requests == nil {
				if sqlerr.CodeOf(err) != sqlerr.RequiredKeys || len(requests) > 0 {
					t.Errorf("%d requests, code %d: %v", len(requests), sqlerr.CodeOf(err), err)
				}
				mention(t, err, "source api", "table points", "run and metric, or id")
				if !strings.Contains(f.String(), "keys=run and metric, or id") {
					t.Errorf("shown as %s", f)
				}
				return
			}
			if err != nil || len(got) != q.rows {
				t.Errorf("%d rows, want %d: %v", len(got), q.rows, err)
			}
			if !slices.Equal(requests, q.requests) {
				t.Errorf("requests\n%s", strings.Join(requests, "\n"))
			}
		})
	}
}

// keysOf makes the rows of run-time keys, of which ids begin at 100.
func keysOf(tb testing.TB, columns ...[]types.Value) (*plan.Keys, arrow.RecordBatch) {
	keys := &plan.Keys{}
	var fields []arrow.Field
	var arrays []arrow.Array
	for i, values := range columns {
		typ := text
		if len(values) > 0 && values[0].Str == "" {
			typ = bigint
		}
		keys.Cols = append(keys.Cols, plan.Column{ID: expr.ColumnID(100 + i), Name: fmt.Sprintf("k%d", i), Type: typ, Nullable: true})
		arrays = append(arrays, kernel.FromValues(memory.DefaultAllocator, typ, values))
		fields = append(fields, arrow.Field{Name: "k", Type: typ.Arrow(), Nullable: true})
	}
	batch := array.NewRecordBatch(arrow.NewSchema(fields, nil), arrays, int64(len(columns[0])))
	tb.Cleanup(batch.Release)
	return keys, batch
}

func same(a, b plan.Column) expr.Expr {
	return &expr.Call{Func: expr.Eq, Args: []expr.Expr{a.Ref(), b.Ref()}, Typ: types.Of(types.Bool), Null: true}
}

// TestKeysJoin joins with relations that come with the run: each row of the API comes once for each key that is equal, or
// once.
func TestKeysJoin(t *testing.T) {
	server, c := pointsServer(t)
	scan := scanOf(t, c, "points")
	keys, args := keysOf(t, texts("a", "b", "a", "zz"), texts("auc", "loss", "auc", "loss"))
	both := []expr.Expr{same(scan.Cols[0], keys.Cols[0]), same(keys.Cols[1], scan.Cols[1])}
	inner := mustRows(t, pushed(t, c, &plan.Join{Kind: plan.Inner, Left: scan, Right: keys, On: both}), run{args: args})
	if want := []string{
		"a auc 3 1.5 a auc", "a auc 3 1.5 a auc", "a auc 4 2 a auc", "a auc 4 2 a auc", "a auc 5 2.5 a auc", "a auc 5 2.5 a auc",
		"b loss 6 3 b loss", "b loss 7 3.5 b loss", "b loss 8 4 b loss",
	}; !slices.Equal(inner, want) {
		t.Errorf("inner:\n%s", strings.Join(inner, "\n"))
	}
	if n := server.requests(); len(n) != 5 { // 2 pages for each of two keys, and one for the key that is not there
		t.Errorf("requests\n%s", strings.Join(n, "\n"))
	}
	semi := mustRows(t, pushed(t, c, &plan.Join{Kind: plan.Semi, Left: scan, Right: keys, On: both}), run{args: args, parallel: 2})
	if want := []string{"a auc 3 1.5", "a auc 4 2", "a auc 5 2.5", "b loss 6 3", "b loss 7 3.5", "b loss 8 4"}; !slices.Equal(semi, want) {
		t.Errorf("semi:\n%s", strings.Join(semi, "\n"))
	}
	ids, args := keysOf(t, []types.Value{types.IntValue(5), types.NullValue, types.IntValue(6), types.IntValue(5), types.IntValue(99)})
	join := &plan.Join{Kind: plan.Inner, Left: ids, Right: scan, On: []expr.Expr{same(scan.Cols[2], ids.Cols[0])}}
	if got, want := mustRows(t, pushed(t, c, join), run{args: args}), []string{"5 a auc 5 2.5", "5 a auc 5 2.5", "6 b loss 6 3"}; !slices.Equal(got, want) {
		t.Errorf("by id:\n%s", strings.Join(got, "\n"))
	}
	// What comes above the join is of it, not of the table.
	top := &plan.Limit{Input: join, Count: 1, Offset: 1}
	if got := mustRows(t, pushed(t, c, top), run{args: args}); len(got) != 1 {
		t.Errorf("limited: %v", got)
	}
}

// told is a dynamic filter.
type told struct {
	conds []expr.Expr
	keys  []connectors.ColumnKeys
}

func (told) Ready() <-chan struct{}          { return connectors.NoFilter{}.Ready() }
func (d told) Conds() []expr.Expr            { return d.conds }
func (d told) Keys() []connectors.ColumnKeys { return d.keys }

// TestKeysOfJoins reads by what joins tell: a condition, or more values than one lists.
func TestKeysOfJoins(t *testing.T) {
	server, c := pointsServer(t)
	scan := scanOf(t, c, "points")
	f := pushed(t, c, scan)
	list := &expr.In{Arg: scan.Cols[2].Ref(), List: []types.Value{types.IntValue(3), types.IntValue(4)}}
	if got := mustRows(t, f, run{dynamic: told{conds: []expr.Expr{list}}}); len(got) != 2 {
		t.Errorf("by a list: %v", got)
	}
	_, args := keysOf(t, []types.Value{types.IntValue(1), types.IntValue(2), types.IntValue(3), types.IntValue(4), types.IntValue(5)})
	keys := []connectors.ColumnKeys{{Column: scan.Cols[2].ID, Values: args.Column(0)}}
	if got := mustRows(t, f, run{dynamic: told{keys: keys}, parallel: 2}); len(got) != 5 {
		t.Errorf("by values: %v", got)
	}
	server.requests()
	half := told{conds: []expr.Expr{equals(scan.Cols[1], types.TextValue("auc"))}}
	if _, err := rows(t, f, run{dynamic: half}); sqlerr.CodeOf(err) != sqlerr.RequiredKeys || len(server.requests()) > 0 {
		t.Errorf("half of a set: %v", err)
	}
	if got := mustRows(t, pushed(t, c, &plan.Filter{Input: scan, Conds: []expr.Expr{equals(scan.Cols[0], types.TextValue("b"))}}), run{dynamic: half}); len(got) != 3 {
		t.Errorf("the other half: %v", got)
	}
	few := server.open(connectors.Options{"key_requests": "1"}, points())
	_, err := rows(t, pushed(t, few, scanOf(t, few, "points")), run{dynamic: told{keys: keys}})
	if sqlerr.CodeOf(err) != sqlerr.ScanTooBig {
		t.Errorf("more keys than allowed: %v", err)
	}
	mention(t, err, "source api", "table points", "2 requests", "key_requests")
}

// TestPath asks for resources by a path that holds the key.
func TestPath(t *testing.T) {
	server := newAPI(t)
	server.put("things", record{"id": "a/b"}, record{"id": "c d"}, record{"id": ""}, record{"id": "%2e"})
	declared := Table{
		Name: "things", Columns: []Column{{Name: "id", Type: text, Path: "id"}},
		Rows:     Endpoint{Path: "v1/things/{id}", Items: "item", Gone: true},
		Filters:  []Filter{{Column: "id", Name: "id"}},
		Required: [][]string{{"id"}},
	}
	c := server.open(nil, declared)
	asked := func(c *connector) *fragment {
		scan := scanOf(t, c, "things")
		list := &expr.In{Arg: scan.Cols[0].Ref(), List: texts("a/b", "c d", "none", "", "..", "%2e", "?x=1")}
		return pushed(t, c, &plan.Filter{Input: scan, Conds: []expr.Expr{list}})
	}
	if got := mustRows(t, asked(c), run{}); !slices.Equal(got, []string{"%2e", "a/b", "c d"}) {
		t.Errorf("%q", got)
	}
	requests := server.requests()
	slices.Sort(requests)
	if want := []string{"GET /v1/things/%252e", "GET /v1/things/%3Fx=1", "GET /v1/things/a%2Fb", "GET /v1/things/c%20d", "GET /v1/things/none"}; !slices.Equal(requests, want) {
		t.Errorf("requests\n%s", strings.Join(requests, "\n"))
	}
	declared.Rows.Gone = false
	strict := server.open(nil, declared)
	_, err := rows(t, asked(strict), run{})
	mention(t, err, "source api", "table things", "GET v1/things/{id}", "404")
}

// TestBody asks by the members of a body.
func TestBody(t *testing.T) {
	server := newAPI(t)
	server.put("things", numbers(20)...)
	declared := things()
	declared.Rows = Endpoint{Method: http.MethodPost, Path: "search/things", Items: "items",
		Paging: Token{Name: "page_token", Path: "next_page_token", SizeName: "max_results", Size: 2}}
	declared.Filters = []Filter{{Column: "id", Name: "ids", Most: 5}}
	c := server.open(nil, declared)
	scan := scanOf(t, c, "things")
	in := &expr.In{Arg: scan.Cols[0].Ref()}
	for i := range 7 {
		in.List = append(in.List, types.IntValue(int64(3*i)))
	}
	got := mustRows(t, pushed(t, c, &plan.Filter{Input: scan, Conds: []expr.Expr{in}}), run{parallel: 2})
	if want := []string{"0", "12", "15", "18", "3", "6", "9"}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}
