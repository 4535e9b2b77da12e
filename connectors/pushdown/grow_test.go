package pushdown_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest/plantext"
	"github.com/silogate/silogate/connectors/pushdown"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// toy is a source that takes what a test lists: functions exactly, functions loosely, kinds of node.
type toy struct {
	exact, loose, nodes map[string]bool
	weaker              bool // a loose conjunct is answered with IS NOT NULL of its column instead
	broken              bool // Fragment fails
	parts               bool // aggregates are taken in parts
	most                int  // columns of a result; 0: any number
}

func (s toy) MaxColumns() int {
	if s.most == 0 {
		return math.MaxInt
	}
	return s.most
}

func (s toy) Take(step plan.Node) pushdown.Answer {
	kind := plan.KindName(step)
	if !s.nodes[kind] {
		return pushdown.No("no %s there", kind)
	}
	switch n := step.(type) {
	case *plan.Filter:
		return s.condition(n.Conds[0])
	case *plan.Project:
		return s.computes(n.Exprs[0].Expr)
	case *plan.Join:
		for _, c := range n.On {
			if a := s.computes(c); a.Verdict != pushdown.Whole {
				return a
			}
		}
	case *plan.Aggregate:
		if s.parts {
			return pushdown.Parts("there is one for each shard")
		}
	}
	return pushdown.Exact()
}

func (s toy) computes(e expr.Expr) pushdown.Answer {
	answer := pushdown.Exact()
	expr.Walk(e, func(e expr.Expr) bool {
		if c, ok := e.(*expr.Call); ok && !s.exact[string(c.Func)] {
			answer = pushdown.No("no %s there", c.Func)
		}
		return true
	})
	return answer
}

func (s toy) condition(e expr.Expr) pushdown.Answer {
	c, ok := e.(*expr.Call)
	if !ok || !s.loose[string(c.Func)] {
		return s.computes(e)
	}
	if !s.weaker {
		return pushdown.Superset(nil, "%s is checked again", c.Func)
	}
	null, err := expr.New(expr.IsNull, c.Args[0])
	if err != nil {
		return pushdown.No("%s", err)
	}
	known, err := expr.New(expr.Not, null)
	if err != nil {
		return pushdown.No("%s", err)
	}
	return pushdown.Superset(known, "%s is checked again", c.Func)
}

func (s toy) Fragment(tree plan.Node) (connectors.Fragment, error) {
	if s.broken {
		return nil, errors.New("the source is broken")
	}
	return fragment{tree}, nil
}

// fragment shows its tree on one line.
type fragment struct{ tree plan.Node }

func (f fragment) Schema() plan.Schema { return f.tree.Schema() }

func (f fragment) String() string {
	lines := strings.Split(strings.TrimSpace(plan.Format(f.tree, plan.FormatOptions{})), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimPrefix(strings.TrimSpace(l), "-> ")
	}
	return strings.Join(lines, " <- ")
}

func (f fragment) Estimate(context.Context) (connectors.Estimate, error) {
	return connectors.UnknownEstimate(), nil
}

func (f fragment) Start(context.Context, connectors.Scan) (connectors.Execution, error) {
	return nil, errors.New("toys do not run")
}

// tables are what the plans of this package's tests scan.
func tables(name string) (*plan.Table, error) {
	column := func(name string, t types.Type) plan.TableColumn {
		return plan.TableColumn{Name: name, Type: t, Nullable: true}
	}
	table := &plan.Table{Name: plan.TableName{Name: name}, Columns: []plan.TableColumn{
		column("a", types.Of(types.Int64)), column("b", types.Of(types.Int64)), column("t", types.Of(types.Text)),
	}}
	return table, nil
}

// TestGrow runs testdata/*: grow exact=(..) loose=(..) nodes=(..), a plan, and what becomes of it. Every answer must
// verify and have the offered root's columns. The site other is not the source's.
func TestGrow(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			src := toy{
				exact: set(d, "exact"), loose: set(d, "loose"), nodes: set(d, "nodes"),
				weaker: d.HasArg("weaker"), broken: d.HasArg("broken"), parts: d.HasArg("parts"),
			}
			d.MaybeScanArgs(t, "most", &src.most)
			parser := plantext.Parser{Site: plan.Site{Source: "toy"}, Table: tables}
			root, err := parser.Parse(d.Input)
			if err != nil {
				d.Fatalf(t, "%v", err)
			}
			if d.HasArg("other") {
				root = elsewhere(root)
			}
			grown, err := pushdown.Grow(root, src)
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			verify(t, d, root, grown)
			return plan.Format(grown, plan.FormatOptions{})
		})
	})
}

func set(d *datadriven.TestData, key string) map[string]bool {
	out := make(map[string]bool)
	for _, arg := range d.CmdArgs {
		if arg.Key == key {
			for _, v := range arg.Vals {
				out[v] = true
			}
		}
	}
	return out
}

// elsewhere moves the scans of table u to another site.
func elsewhere(n plan.Node) plan.Node {
	if s, ok := n.(*plan.Scan); ok && s.Table.Name.Name == "u" {
		moved := *s
		moved.Site.Source = "other"
		return &moved
	}
	children := make([]plan.Node, len(n.Children()))
	for i, c := range n.Children() {
		children[i] = elsewhere(c)
	}
	return n.WithChildren(children)
}

func verify(t *testing.T, d *datadriven.TestData, offered, answer plan.Node) {
	t.Helper()
	if err := plan.Verify(answer); err != nil {
		d.Fatalf(t, "%v\n%s", err, plan.Format(answer, plan.FormatOptions{}))
	}
	want, got := offered.Schema(), answer.Schema()
	for i := range want {
		if len(want) != len(got) || want[i].ID != got[i].ID || want[i].Type != got[i].Type {
			d.Fatalf(t, "schema %v, offered %v", got, want)
		}
	}
}

// TestOuterReference checks that a step which reads the outer row of an Apply is not offered.
func TestOuterReference(t *testing.T) {
	parser := plantext.Parser{Site: plan.Site{Source: "toy"}, Table: tables}
	root, err := parser.Parse("join inner x.a = y.a\n  scan s x\n  filter y.b = 1\n    scan s y")
	if err != nil {
		t.Fatal(err)
	}
	join := root.(*plan.Join)
	inner := join.Right.(*plan.Filter)
	correlated, err := expr.New(expr.Eq, inner.Schema()[0].Ref(), join.Left.Schema()[1].Ref())
	if err != nil {
		t.Fatal(err)
	}
	apply := &plan.Apply{
		Kind: plan.ApplyInner, Outer: join.Left,
		Inner: &plan.Filter{Input: inner, Conds: []expr.Expr{correlated}},
	}
	all := toy{
		exact: map[string]bool{"=": true},
		nodes: map[string]bool{"scan": true, "filter": true, "project": true},
	}
	grown, err := pushdown.Grow(apply, all)
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.Verify(grown); err != nil {
		t.Fatal(err)
	}
	above, ok := grown.(*plan.Apply).Inner.(*plan.Filter)
	if !ok || len(above.Conds) != 1 || above.Conds[0] != correlated {
		t.Errorf("the correlated condition moved:\n%s", plan.Format(grown, plan.FormatOptions{}))
	}
}

// TestNothingOfTheSource checks that a plan without a scan stays as it is.
func TestNothingOfTheSource(t *testing.T) {
	values := &plan.Values{Rows: [][]expr.Expr{{}}}
	grown, err := pushdown.Grow(values, toy{nodes: map[string]bool{"values": true}})
	if err != nil || grown != plan.Node(values) {
		t.Errorf("%v, %v", grown, err)
	}
}
