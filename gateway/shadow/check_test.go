package shadow

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/optimize"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/liar"
)

// TestTransactions checks that no transaction lasts longer than it may, however many runs there are.
func TestTransactions(t *testing.T) {
	h := start(t, Limits{Rows: 100, Bytes: 1 << 20, Memory: 1 << 20, Time: time.Minute})
	h.source.Lie = liar.Lying("like", types.Text)
	w, _ := h.ask(likes)
	h.source.Reading = func(ctx context.Context, _ *liar.Source) error {
		if end, ok := ctx.Deadline(); !ok || time.Until(end) > time.Minute {
			t.Error("a run may last longer")
		}
		return nil
	}
	if r, err := h.check(t.Context(), w); r != wrong || err != nil {
		t.Error(r, err)
	}
	c := &check{Shadow: h.Shadow, Watch: w, giveWay: func() {}}
	if err := c.begin(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.runs.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := c.refer(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := c.runs
	if err := c.fresh(t.Context()); err != nil || c.runs != before {
		t.Errorf("a young transaction ends: %v", err)
	}
	c.end = c.end.Add(-40 * time.Second)
	h.source.Append(row(9, "avocado", 9)...)
	was := c.want
	if err := c.fresh(t.Context()); err != nil || c.runs == before || c.want.equal(was, c.want) {
		t.Errorf("an old transaction goes on: %v", err)
	}
}

// TestCancelling checks that sums which nearly cancel are not taken for wrong where the source adds in another order.
func TestCancelling(t *testing.T) {
	h := start(t, Limits{})
	var more func(n plan.Node) plan.Node // as another order of addition may make it: 500 of 2e17
	more = func(n plan.Node) plan.Node {
		a, ok := n.(*plan.Aggregate)
		if !ok {
			children := slices.Clone(n.Children())
			for i, c := range children {
				children[i] = more(c)
			}
			return n.WithChildren(children)
		}
		other := &plan.Aggregate{Input: a.Input, Groups: a.Groups, Aggs: slices.Clone(a.Aggs)}
		for i, agg := range a.Aggs {
			arg, err := expr.New(expr.Add, agg.Args[0], &expr.Literal{Value: types.FloatValue(100), Typ: types.Of(types.Float64)})
			if err != nil {
				t.Fatal(err)
			}
			other.Aggs[i].Args = []expr.Expr{arg}
		}
		return other
	}
	h.source.Lie = more
	h.expect("aggregate | sum(d) as s, avg(d) as a\n    scan t: id, d", agreed)
	h.expect("project s / 3 as part, -a as minus\n    aggregate | sum(d) as s, avg(d) as a\n        scan t: id, d", agreed)
	h.expect("project s / a as ratio\n    aggregate | sum(d) as s, avg(d) as a\n        scan t: id, d", agreed)
	h.source.Lie = liar.Lying("sum", types.Float64)
	h.expect("aggregate | sum(d) as s\n    scan t: id, d", wrong)
	if got := h.quarantined(); got != "liar/sum of float" {
		t.Errorf("guilty: %s", got)
	}
}

// TestKeys checks that tables that can't be read without keys are checked by those of the statement, and that nobody takes those
// without for checked.
func TestKeys(t *testing.T) {
	h := startOn(t, keyed(), Limits{})
	const query = "filter id in (1, 3) and name like 'a%'\n    scan t: id, name"
	h.expect(query, agreed)
	h.expect("join inner x.id = y.n\n    filter id = 1\n        scan t x: id\n    filter y.id in (1, 2)\n        scan t y: id, n", agreed)
	h.source.Lie = liar.Lying("like", types.Text)
	h.expect(query, wrong)
	if got := h.quarantined(); got != "liar/like of text" {
		t.Errorf("guilty: %s", got)
	}
	if _, rows := h.ask(query); rows != 1 {
		t.Errorf("%d rows afterwards", rows)
	}
	w, _ := h.ask("filter n > 1\n    scan t: n")
	if h.try(t.Context(), w, true) || h.metric("silogate_shadow_runs_total", unchecked) != 1 {
		t.Error("a table whose keys are not known is checked")
	}
}

// TestLeast checks that whatever is guilty, rules included, is found, and nothing else.
func TestLeast(t *testing.T) {
	suspects := []optimize.Bar{{What: "rule"}, {What: "other rule"}, {Source: "s", What: "filter"}, {Source: "s", What: "like of text"}, {Source: "s", What: "= of text"}}
	for guilty := range 1 << len(suspects) {
		wrong := func(without optimize.Bars) bool { // like of text is below filter
			for i, b := range suspects {
				_, barred := without[b]
				_, hidden := without[suspects[2]]
				if guilty&(1<<i) != 0 && !barred && !(i > 2 && hidden) {
					return true
				}
			}
			return false
		}
		got, err := least(suspects, func(without optimize.Bars) (bool, error) { return !wrong(without), nil })
		if err != nil || wrong(got) {
			t.Errorf("guilty %b: %v, %v", guilty, got, err)
		}
		for i, b := range suspects {
			if _, blamed := got[b]; blamed && guilty&(1<<i) == 0 {
				t.Errorf("guilty %b: %v is blamed", guilty, b)
			}
		}
	}
	if got, err := least(suspects, func(optimize.Bars) (bool, error) { return false, nil }); len(got) > 0 || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	broken := errors.New("broken")
	calls := 0
	if _, err := least(suspects, func(optimize.Bars) (bool, error) {
		if calls++; calls > 2 {
			return false, broken
		}
		return true, nil
	}); !errors.Is(err, broken) {
		t.Error(err)
	}
}
