package conntest

import (
	_ "embed"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors/conntest/plantext"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

//go:embed plans.txt
var standardPlans string

// testPlan is a named plan of plans.txt.
type testPlan struct{ name, text string }

// parsePlans splits a file of plans: a line that begins with # names the plan below it.
func parsePlans(file string) []testPlan {
	var plans []testPlan
	for line := range strings.Lines(file) {
		if name, ok := strings.CutPrefix(line, "# "); ok {
			plans = append(plans, testPlan{name: strings.TrimSpace(name)})
		} else if len(plans) > 0 {
			plans[len(plans)-1].text += line
		}
	}
	return plans
}

// pushdown runs every plan pushed and unpushed.
func (s *suite) pushdown(t *testing.T) {
	described := make(map[string]*plan.Table)
	parser := plantext.Parser{Site: s.site(), Table: func(name string) (*plan.Table, error) {
		if s.fixture(name) == nil {
			return nil, plantext.UnknownTable(name)
		}
		if described[name] == nil {
			described[name] = s.describe(t, name)
		}
		return described[name], nil
	}}
	for _, p := range slices.Concat(parsePlans(standardPlans), parsePlans(s.Plans)) {
		s.run(t, p.name, func(t *testing.T) {
			offered, err := parser.Parse(p.text)
			var column plantext.UnknownColumn
			var table plantext.UnknownTable
			switch {
			case errors.As(err, &column), errors.As(err, &table):
				t.Skipf("the store lacks it: %v", err)
			case errors.Is(err, expr.ErrNoKernel):
				t.Skip("the expression has no kernel: it is never offered")
			case err != nil:
				t.Fatal(err)
			}
			s.equalAnswers(t, offered)
		})
	}
}

// equalAnswers runs a plan with its scans alone pushed, and with all that the source takes in one stream and in many.
func (s *suite) equalAnswers(t *testing.T, offered plan.Node) {
	want := s.evaluate(t, s.pushScans(t, offered), 1)
	pushed := s.push(t, offered)
	t.Logf("\n%s", plan.Format(pushed, plan.FormatOptions{}))
	for _, parallel := range []int{1, 4} {
		got := s.evaluate(t, pushed, parallel)
		if isOrdered(offered) && len(got) == len(want) {
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("row %d is %s, want %s", i, got[i], want[i])
					break
				}
			}
		}
		sameRows(t, got, want)
	}
	if t.Failed() {
		t.Logf("offered\n%s", plan.Format(offered, plan.FormatOptions{}))
	}
}

// isOrdered reports a plan whose rows have an order: the keys of plans.txt leave no ties.
func isOrdered(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Sort:
		return true
	case *plan.Limit:
		return len(n.Keys) > 0 || isOrdered(n.Input)
	}
	return false
}

// pushScans offers each scan alone.
func (s *suite) pushScans(t *testing.T, n plan.Node) plan.Node {
	t.Helper()
	if _, ok := n.(*plan.Scan); ok {
		return s.push(t, n)
	}
	children := slices.Clone(n.Children())
	for i, c := range children {
		children[i] = s.pushScans(t, c)
	}
	return n.WithChildren(children)
}

// evaluate runs a placed plan and renders its rows.
func (s *suite) evaluate(t *testing.T, root plan.Node, parallel int) []string {
	t.Helper()
	if remote, ok := root.(*plan.Remote); ok {
		return s.read(t, remote, parallel)
	}
	batches, err := s.Evaluate(t.Context(), root, Evaluation{Memory: checked(t), Env: env(t), Parallel: parallel})
	if err != nil {
		t.Fatalf("%v\n%s", err, plan.Format(root, plan.FormatOptions{}))
	}
	defer releaseAll(batches)
	var rows []string
	for _, b := range batches {
		if rows, err = appendRows(rows, b, root.Schema()); err != nil {
			t.Fatalf("%v\n%s", err, plan.Format(root, plan.FormatOptions{}))
		}
	}
	return rows
}

// read runs a plan that the source took whole, without the engine.
func (s *suite) read(t *testing.T, leaf *plan.Remote, parallel int) []string {
	t.Helper()
	scan := scanWith(t, checked(t))
	scan.Parallel = parallel
	e, err := begin(t.Context(), leaf, scan)
	if err != nil {
		t.Fatalf("%v\n%s", err, leaf.Fragment)
	}
	defer closeTwice(t, e)
	rows, _, err := readAll(t.Context(), e, leaf.Cols)
	if err != nil {
		t.Fatalf("%v\n%s", err, leaf.Fragment)
	}
	return rows
}

func releaseAll(batches []arrow.RecordBatch) {
	for _, b := range batches {
		b.Release()
	}
}
