package build

import (
	"fmt"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel/jsondoc"
	"github.com/silogate/silogate/engine/jsontable"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// elements are the elements of an array with their numbers.
func elements(t *testing.T, input plan.Node, doc expr.Expr, typ types.Type) *plan.JSONTable {
	t.Helper()
	each, err := jsondoc.ParsePath("$[*]")
	if err != nil {
		t.Fatal(err)
	}
	self, err := jsondoc.ParsePath("$")
	if err != nil {
		t.Fatal(err)
	}
	ordinal := types.Of(types.Uint32)
	return &plan.JSONTable{
		Input: input, Doc: doc, Cols: plan.Schema{nullableColumn(91, "n", ordinal), nullableColumn(92, "v", typ)},
		Table: &jsontable.Table{Name: "j", Root: &jsontable.Level{Path: each, Columns: []jsontable.Column{
			{Kind: jsontable.Ordinality, Name: "n", Type: ordinal}, {At: 1, Name: "v", Type: typ, Path: self},
		}}},
	}
}

func TestJSONTable(t *testing.T) {
	docs := newTable(1, "id doc$", []any{1, "[5, 6]"}, []any{2, nil}, []any{3, "[]"}, []any{4, `["7", "x"]`}, []any{5, "8"})
	n := elements(t, docs.remote(), docs.col(1), bigint)
	expect(t, pickColumns(n, docs.cols[0], n.Cols[0], n.Cols[1]), false, "1 1 5", "1 2 6", "4 1 7", "4 2 NULL")
	expect(t, pickColumns(n, n.Cols[1]), false, "5", "6", "7", "NULL")
	n.Outer = true
	expect(t, pickColumns(n, docs.cols[0], n.Cols[1]), false, "1 5", "1 6", "2 NULL", "3 NULL", "4 7", "4 NULL", "5 NULL")
	one := &plan.Values{Rows: [][]expr.Expr{{}}}
	lit := &expr.Literal{Value: types.TextValue(`["2024-02-29", "2023-02-29", 5]`), Typ: text}
	expect(t, elements(t, one, lit, types.Of(types.Date)), false, "1 2024-02-29", "2 NULL", "3 NULL")
}

// A document of more rows than a batch has.
func TestJSONTableOfManyRows(t *testing.T) {
	var parts, want []string
	for i := range 1000 {
		parts = append(parts, fmt.Sprint(i))
		want = append(want, fmt.Sprint(1, " ", i))
	}
	docs := newTable(1, "id doc$", []any{1, "[" + strings.Join(parts, ",") + "]"})
	n := elements(t, docs.remote(), docs.col(1), bigint)
	expect(t, pickColumns(n, docs.cols[0], n.Cols[1]), false, want...)
}

func TestJSONTableFails(t *testing.T) {
	docs := newTable(1, "id doc$", []any{1, "[1]"}, []any{2, "[1"})
	n := elements(t, docs.remote(), docs.col(1), bigint)
	if _, err := run(t, n, Config{Parallelism: 2, BatchRows: 1}); sqlerr.CodeOf(err) != sqlerr.BadJSON {
		t.Error(err)
	}
}

// In a subquery it is made for each outer row.
func TestJSONTableOfAnOuterRow(t *testing.T) {
	docs := newTable(1, "id doc$", []any{1, "[5, 6]"}, []any{2, nil}, []any{3, "[1, 9, 2]"})
	inner := elements(t, &plan.Values{Rows: [][]expr.Expr{{}}}, docs.col(1), bigint)
	most := plan.Column{ID: 81, Name: "most", Type: bigint, Nullable: true}
	n := &plan.Apply{Kind: plan.ApplyScalar, Outer: docs.remote(), Inner: &plan.Aggregate{
		Input: inner, Aggs: []plan.Agg{{Col: most, Func: plan.Max, Args: []expr.Expr{inner.Cols[1].Ref()}}},
	}}
	expect(t, pickColumns(n, docs.cols[0], most), false, "1 6", "2 NULL", "3 9")
}

// A document whose rows are not all asked for is given up; goleak sees to it.
func TestJSONTableEndsEarly(t *testing.T) {
	docs := newTable(1, "id doc$", []any{1, "[" + strings.Repeat("7,", 30000) + "7]"})
	n := elements(t, docs.remote(), docs.col(1), bigint)
	expect(t, pickColumns(&plan.Limit{Input: n, Count: 3}, n.Cols[0]), false, "1", "2", "3")
}
