package sqlgen_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/silogate/silogate/connectors/conntest/plantext"
	"github.com/silogate/silogate/connectors/pushdown"
	"github.com/silogate/silogate/connectors/sqlgen"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// standard is a dialect of the tests: $n, explicit NULL order, text ordered with a suffix, and one loose function.
func standard() *sqlgen.Dialect {
	return &sqlgen.Dialect{
		Quote:         func(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` },
		Placeholder:   func(n int) string { return "$" + strconv.Itoa(n) },
		Literal:       literal,
		ExplicitNulls: true,
		Sorts:         true,
		Shares:        true,
		Funcs: map[expr.Func]sqlgen.Rule{
			expr.And: sqlgen.Infix("AND"), expr.Or: sqlgen.Infix("OR"), expr.Not: sqlgen.Prefix("NOT"),
			expr.Eq: sqlgen.EqualityOperator("="), expr.Ne: sqlgen.EqualityOperator("<>"),
			expr.Lt: sqlgen.OrderOperator("<"), expr.Gt: sqlgen.OrderOperator(">"),
			expr.Add: sqlgen.Infix("+"), expr.Mul: sqlgen.Infix("*").When(integers),
			expr.IsNull: sqlgen.Postfix("IS NULL"), expr.Coalesce: sqlgen.Function("coalesce"),
			expr.Like: {Write: func(w *sqlgen.Writer, c *expr.Call) {
				w.Loosen("LIKE there ignores case")
				sqlgen.Infix("ILIKE").Write(w, c)
			}},
			expr.Sign: {Write: func(w *sqlgen.Writer, c *expr.Call) { w.Text(fmt.Sprintf("truth(%t)", w.OnlyTruth())) }},
		},
		Aggs: map[plan.AggFunc]sqlgen.AggRule{
			plan.CountStar: sqlgen.CountRows(), plan.Count: sqlgen.Aggregate("count"), plan.Sum: sqlgen.Aggregate("sum"),
			plan.Max: sqlgen.Extremum("max"),
			plan.Min: sqlgen.Extremum("min").When(func(_ *sqlgen.Writer, a *plan.Agg) error {
				if a.Args[0].Type().IsText() {
					return sqlgen.Refuse("MIN of text is not proven")
				}
				return nil
			}),
		},
		Equality: func(_ *sqlgen.Writer, e expr.Expr) (string, error) {
			if e.Type().IsFloat() {
				return "", sqlgen.Refuse("floats are not compared there")
			}
			return "", nil
		},
		Ordering: func(_ *sqlgen.Writer, e expr.Expr) (string, error) {
			if e.Type().IsText() {
				return ` COLLATE "C"`, nil
			}
			return "", nil
		},
		Keys: func(w *sqlgen.Writer, keys *plan.Keys, alias string) {
			w.Text("unnest(")
			for i := range keys.Cols {
				if i > 0 {
					w.Text(", ")
				}
				w.BindKeys(keys, i)
			}
			w.Text(") AS ", alias)
		},
	}
}

func literal(w *sqlgen.Writer, v types.Value, t types.Type) {
	switch {
	case v.Null:
		w.Text("NULL")
	case t.IsInteger():
		w.Text(strconv.FormatInt(v.Int, 10))
	default:
		w.Bind(v, t)
	}
}

func integers(_ *sqlgen.Writer, c *expr.Call) error {
	for _, a := range c.Args {
		if !a.Type().IsInteger() {
			return sqlgen.Refuse("%s is proven for integers only", c.Func)
		}
	}
	return nil
}

// minimal is the other extreme: ?, NULLs sorted as MySQL's, no keys, hooks for everything.
func minimal() *sqlgen.Dialect {
	d := standard()
	d.Quote = func(name string) string { return "`" + name + "`" }
	d.Placeholder = func(int) string { return "?" }
	d.ExplicitNulls, d.Sorts, d.Shares, d.NoHaving, d.Keys = false, false, false, true, nil
	d.Table = func(t *plan.Table) string { return "main." + t.Name.Name }
	d.Column = func(w *sqlgen.Writer, scan *plan.Scan, pos int, ref string) {
		if scan.Table.Columns[pos].Type.IsText() {
			w.Text("rtrim(", ref, ")")
			return
		}
		w.Text(ref)
	}
	d.Output = func(w *sqlgen.Writer, col plan.Column, value func()) {
		w.Text("out(")
		value()
		w.Text(")")
	}
	d.Cast = func(w *sqlgen.Writer, c *expr.Cast) { w.Expr(c.Arg) }
	d.In = func(w *sqlgen.Writer, in *expr.In) {
		w.Expr(in.Arg)
		w.Text(" = ANY(")
		w.BindList(in.List, in.Arg.Type())
		w.Text(")")
	}
	d.Limit = func(w *sqlgen.Writer, offset, count int64) { w.Text(fmt.Sprintf(" LIMIT %d, %d", offset, count)) }
	d.Joins = func(k plan.JoinKind) bool { return k == plan.Inner }
	return d
}

// tables are what the plans of the tests scan.
func tables(name string) (*plan.Table, error) {
	column := func(name string, t types.Type) plan.TableColumn {
		return plan.TableColumn{Name: name, Type: t, Nullable: true}
	}
	table := &plan.Table{Name: plan.TableName{Namespace: "public", Name: name}, Columns: []plan.TableColumn{
		{Name: "id", Type: types.Of(types.Int64)}, column("a", types.Of(types.Int64)), column("b", types.Of(types.Int64)),
		column("t", types.Of(types.Text)), column("x", types.Of(types.Float64)),
	}}
	return table, nil
}

// TestRender runs testdata/*: render [minimal], a plan, and its SQL or why it is refused; bound arguments follow.
func TestRender(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			dialect := standard()
			if d.HasArg("minimal") {
				dialect = minimal()
			}
			var opts sqlgen.Options
			if d.HasArg("run") {
				opts.Env = &expr.Env{Params: []types.Value{types.TextValue("now"), types.IntValue(7)}}
			}
			if d.HasArg("restrict") {
				opts.Restrict = func(scan *plan.Scan, alias string) string {
					if scan.Table.Name.Name != "u" {
						return ""
					}
					return alias + ".ctid < '(5,0)'"
				}
			}
			parser := plantext.Parser{Site: plan.Site{Source: "s"}, Table: tables, Params: map[string]types.Type{
				"p": types.Of(types.Text), "q": types.Of(types.Int64),
			}}
			root, err := parser.Parse(d.Input)
			if err != nil {
				d.Fatalf(t, "%v", err)
			}
			if d.Cmd == "take" {
				return take(dialect, root)
			}
			q, err := dialect.Render(root, opts)
			if err != nil {
				return "refused: " + err.Error() + "\n"
			}
			again, err := dialect.Render(root, opts)
			if err != nil || again.Text != q.Text {
				d.Fatalf(t, "rendered again: %s, %v", again.Text, err)
			}
			return show(q)
		})
	})
}

func show(q sqlgen.Query) string {
	var b strings.Builder
	b.WriteString(q.Text + "\n")
	for _, a := range q.Args {
		switch a := a.(type) {
		case sqlgen.Scalar:
			fmt.Fprintf(&b, "  %s\n", a.Value.Format(a.Type, nil))
		case sqlgen.List:
			fmt.Fprintf(&b, "  list of %d %s\n", len(a.Values), a.Type)
		case sqlgen.KeyColumn:
			fmt.Fprintf(&b, "  key column %d %s\n", a.Pos, a.Type)
		}
	}
	return b.String()
}

func take(d *sqlgen.Dialect, step plan.Node) string {
	a := d.Take(step)
	verdicts := map[pushdown.Verdict]string{pushdown.None: "no", pushdown.Whole: "exact", pushdown.Loose: "superset"}
	return strings.TrimSpace(verdicts[a.Verdict]+" "+a.Reason) + "\n"
}
