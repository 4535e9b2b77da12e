package optimize

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

const filtered = `
filter (> t.a 1) (> t.b 1)
  scan t
`

func read(t *testing.T, text string) plan.Node {
	t.Helper()
	return readPlan(t, fixtures(0), strings.TrimPrefix(text, "\n"))
}

// TestAnswersOfSources gives back what a source must not.
func TestAnswersOfSources(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(*source, plan.Node) plan.Node
		want   string
	}{
		{"nothing", func(*source, plan.Node) plan.Node { return nil }, "no plan"},
		{"fewer columns", func(s *source, n plan.Node) plan.Node {
			return s.remote(&plan.Project{Input: n, Exprs: passAll(n.Schema()[:1])})
		}, "1 columns instead of 3"},
		{"another source", func(s *source, n plan.Node) plan.Node {
			r := s.remote(n).(*plan.Remote)
			r.Site.Source = "s3"
			return r
		}, "a leaf of source s3"},
		{"another table", func(_ *source, n plan.Node) plan.Node {
			other := *n.Children()[0].(*plan.Scan)
			return n.WithChildren([]plan.Node{&other})
		}, "a leaf that was not offered"},
		{"wrong types", func(s *source, n plan.Node) plan.Node {
			r := s.remote(n).(*plan.Remote)
			cols := slices.Clone(n.Schema())
			cols[0].Type = types.Of(types.Date)
			r.Fragment = &fragment{node: &plan.Values{Cols: cols}}
			return r
		}, "bigint over date"},
	} {
		src := newSources()
		src["pg"].answer = func(n plan.Node) plan.Node { return c.answer(src["pg"], n) }
		_, _, err := Optimize(context.Background(), read(t, filtered), Config{Sources: src, Pushdown: true})
		if !sqlerr.Is(err, sqlerr.Internal) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "source pg") {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestScanThatNobodyTakes(t *testing.T) {
	src := newSources()
	src["pg"].answer = func(n plan.Node) plan.Node { return n }
	_, _, err := Optimize(context.Background(), read(t, filtered), Config{Sources: src, Pushdown: true})
	if err == nil || !strings.Contains(err.Error(), "table t cannot be scanned") {
		t.Errorf("error %v", err)
	}
	if n := len(src["pg"].offered); n != 2 {
		t.Errorf("offered %d times, want the filter and then the scan", n)
	}
}

func TestUnknownSource(t *testing.T) {
	_, _, err := Optimize(context.Background(), read(t, filtered), Config{Sources: sources{}, Pushdown: true})
	if err == nil || !strings.Contains(err.Error(), "no source pg") {
		t.Errorf("error %v", err)
	}
}

func TestTrace(t *testing.T) {
	root := read(t, filtered)
	cfg := Config{Sources: newSources("filter"), Pushdown: true, Disabled: map[string]bool{"prune": true, "place": true}}
	out, trace, err := Optimize(context.Background(), root, cfg)
	if err != nil {
		t.Fatal(err)
	}
	ran := make(map[string]bool)
	for _, s := range trace.Steps {
		ran[s.Rule] = true
	}
	if ran["prune"] || !ran["merge"] || !ran["place"] {
		t.Errorf("rules that ran: %v", ran)
	}
	if rows := trace.Estimate(out).Rows; math.IsNaN(rows) || rows <= 0 {
		t.Errorf("the root's estimate is %v", rows)
	}
	if rows := trace.Estimate(root).Rows; !math.IsNaN(rows) {
		t.Errorf("a node of another plan has the estimate %v", rows)
	}
	for _, name := range RuleNames() {
		if name == "place" {
			t.Error("place can be disabled")
		}
	}
}

// A source may prune by a filter that stays above its leaf: what the filter drops it drops once.
func TestEstimatesOverPrunedLeaves(t *testing.T) {
	const all, pruned = 8 * statsScale, 5
	for _, rows := range []float64{all, pruned} {
		src := newSources()
		src["pg"].answer = func(n plan.Node) plan.Node {
			scan := n
			if f, ok := n.(*plan.Filter); ok {
				scan = f.Input
			}
			leaf := &plan.Remote{Site: src["pg"].site, Fragment: &fragment{node: n, rows: rows}, Cols: scan.Schema()}
			if scan == n {
				return leaf
			}
			return n.WithChildren([]plan.Node{leaf})
		}
		root := read(t, "filter (= t.b 3)\n  scan t\n")
		kept := newTestPlanner(root, src).est.Node(t.Context(), root).Rows
		if kept <= pruned || kept >= all {
			t.Fatalf("%g rows are thought to pass", kept)
		}
		out, trace, err := Optimize(t.Context(), root, Config{Sources: src, Pushdown: true})
		if err != nil {
			t.Fatal(err)
		}
		walk(out, func(n plan.Node) {
			want := math.Min(kept, rows)
			if _, leaf := n.(*plan.Remote); leaf {
				want = rows
			}
			if got := trace.Estimate(n).Rows; got != want {
				t.Errorf("%T over a leaf of %g rows: %g, want %g", n, rows, got, want)
			}
		})
	}
}

// TestBrokenRule checks that the wrapper notices a rule that changes the plan's columns.
func TestBrokenRule(t *testing.T) {
	root := read(t, filtered)
	p := newTestPlanner(root, newSources())
	broken := rule{name: "broken", apply: func(_ context.Context, _ *planner, n plan.Node) (plan.Node, error) {
		return &plan.Project{Input: n, Exprs: passAll(n.Schema()[1:])}, nil
	}}
	if _, err := p.run(context.Background(), broken, root, &Trace{}); err == nil || !strings.Contains(err.Error(), "rule broken") {
		t.Errorf("error %v", err)
	}
}

// statsSource is a source that knows more of its tables.
type statsSource struct {
	*source
	asked int
	err   error
}

func (s *statsSource) Statistics(_ context.Context, t *plan.Table, _ bool) (plan.Statistics, []plan.ColumnStatistics, error) {
	s.asked++
	cols := make([]plan.ColumnStatistics, len(t.Columns))
	cols[1] = plan.ColumnStatistics{Known: true, Distinct: 10}
	return plan.Statistics{Rows: 5000}, cols, s.err
}

type oneSource struct{ only connectors.Source }

func (s oneSource) Source(plan.Site) (connectors.Source, error) { return s.only, nil }

func TestStatistics(t *testing.T) {
	ctx := context.Background()
	src := &statsSource{source: newSources()["pg"]}
	cache := NewStatsCache(nil, nil)
	equal := read(t, "filter (= t.b 3)\n  scan t")
	for range 3 {
		e := NewEstimator(oneSource{src}, cache, nil)
		if got := e.Node(ctx, equal).Rows; got != 500 {
			t.Errorf("%v rows of 5000 with 10 values, want 500", got)
		}
	}
	if src.asked != 1 {
		t.Errorf("asked %d times about one table", src.asked)
	}
	versioned := equal.(*plan.Filter).Input.(*plan.Scan)
	versioned.Table.Version = "v1"
	for range 3 {
		NewEstimator(oneSource{src}, cache, nil).Node(ctx, versioned)
	}
	if src.asked != 2 {
		t.Errorf("asked %d times about one version", src.asked-1)
	}
	src.err = errors.New("down")
	versioned.Table.Version = "v2"
	if got := NewEstimator(oneSource{src}, cache, nil).Node(ctx, versioned).Rows; got != versioned.Table.Stats.Rows {
		t.Errorf("%v rows where the source failed, want the table's own", got)
	}
}

// TestCancelledPlanning wants no rule to run for a statement that has been ended.
func TestCancelledPlanning(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Optimize(ctx, &plan.Values{}, Config{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
