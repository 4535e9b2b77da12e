package optimize

import (
	"context"
	"testing"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestEagerAggregateByType aggregates columns of several types below a join by a key of several types.
func TestEagerAggregateByType(t *testing.T) {
	integer, double := types.Of(types.Int32), types.Of(types.Float64)
	decimal := types.NewDecimal(15, 2)
	text := types.NewText(types.Varchar, 20, types.Utf8mb4Bin0900)
	anyCase := types.NewText(types.Varchar, 20, types.Utf8mb4AI0900)
	product := func(x expr.Expr) expr.Expr {
		e, err := expr.New(expr.Mul, x, x)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	for _, c := range []struct {
		name   string
		key, x types.Type
		f      plan.AggFunc
		of     func(expr.Expr) expr.Expr
		want   plan.AggFunc // of the whole; "": it is not split
	}{
		{name: "decimals", key: integer, x: decimal, f: plan.Sum, want: plan.Sum},
		{name: "an average", key: integer, x: decimal, f: plan.Avg, want: plan.AvgParts},
		{name: "a product that has its digits", key: integer, x: decimal, f: plan.Sum, of: product, want: plan.Sum},
		{name: "a product that may be out of range", key: integer, x: types.Of(types.Int64), f: plan.Sum, of: product},
		{name: "a sum that may have too many digits", key: integer, x: types.NewDecimal(50, 2), f: plan.Sum},
		{name: "an average of such a sum", key: integer, x: types.NewDecimal(50, 2), f: plan.Avg},
		{name: "a sum of doubles depends on their order", key: integer, x: double, f: plan.Sum},
		{name: "an average of doubles", key: integer, x: double, f: plan.Avg},
		{name: "a count of doubles", key: integer, x: double, f: plan.Count, want: plan.SumCounts},
		{name: "the least of dates", key: text, x: types.Of(types.Date), f: plan.Min, want: plan.Min},
		{name: "of equal texts one would be left", key: integer, x: anyCase, f: plan.Max},
		{name: "of equal keys one would be left", key: anyCase, x: integer, f: plan.Sum},
	} {
		t.Run(c.name, func(t *testing.T) {
			scan := func(source string, id expr.ColumnID, ts ...types.Type) *plan.Scan {
				s := &plan.Scan{Site: plan.Site{Source: source}, Table: &plan.Table{Name: plan.TableName{Name: source}}}
				s.Table.Stats = plan.Statistics{Rows: 100_000, Bytes: plan.Unknown}
				for i, typ := range ts {
					s.Cols = append(s.Cols, plan.Column{ID: id + expr.ColumnID(i), Name: "c", Type: typ, Nullable: true})
					s.Pos = append(s.Pos, i)
					s.Table.Columns = append(s.Table.Columns, plan.TableColumn{
						Name: "c", Type: typ, Nullable: true, Stats: plan.ColumnStatistics{Known: true, Distinct: 50},
					})
				}
				return s
			}
			fact, other := scan("pg", 1, c.key, c.x), scan("s3", 3, c.key, integer)
			arg := expr.Expr(fact.Cols[1].Ref())
			if c.of != nil {
				arg = c.of(arg)
			}
			result, err := expr.AggType(string(c.f), []expr.Expr{arg})
			if err != nil {
				t.Fatal(err)
			}
			root := &plan.Aggregate{
				Input:  &plan.Join{Left: fact, Right: other, On: []expr.Expr{compareTo(t, expr.Eq, fact.Cols[0].Ref(), other.Cols[0].Ref())}},
				Groups: []plan.Projection{{Col: other.Cols[1], Expr: other.Cols[1].Ref()}},
				Aggs:   []plan.Agg{{Col: plan.Column{ID: 9, Name: "s", Type: result, Nullable: true}, Func: c.f, Args: []expr.Expr{arg}}},
			}
			out, err := newTestPlanner(root, newSources()).run(context.Background(), ruleNamed(t, "eager_aggregate"), root, &Trace{})
			if err != nil {
				t.Fatal(err)
			}
			whole := out.(*plan.Aggregate)
			if c.want == "" {
				if out != plan.Node(root) {
					t.Fatalf("it is split:\n%s", plan.Format(out, plan.FormatOptions{}))
				}
				return
			}
			if got := whole.Aggs[0].Func; out == plan.Node(root) || got != c.want || whole.Aggs[0].Col != root.Aggs[0].Col {
				t.Fatalf("got %s, want %s:\n%s", got, c.want, plan.Format(out, plan.FormatOptions{}))
			}
		})
	}
}
