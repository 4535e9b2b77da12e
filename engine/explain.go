package engine

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/optimize"
	"github.com/silogate/silogate/engine/plan"
)

// Explanation is the placed plan with estimated rows, what each source is sent, and why the rest was not pushed; if the
// statement would not be run, why; after Analyze what was measured.
type Explanation struct {
	plan     *plan.Description
	barred   []string // rules and dynamic filters that are not used, and why
	refused  error
	measured *measured
}

// measured is what Analyze says of the statement as a whole.
type measured struct {
	rows           int64
	time, planning time.Duration
}

// Explain describes the placed plan.
func (p *Prepared) Explain() *Explanation {
	return &Explanation{plan: plan.Describe(p.plan, p.formatOptions()), barred: p.notApplied(), refused: p.refused}
}

// Outlined is the explanation of a statement that is not the engine's as a whole.
func Outlined(d *plan.Description) *Explanation { return &Explanation{plan: d} }

// Plan is what the explanation says of the plan.
func (e *Explanation) Plan() *plan.Description { return e.plan }

// notApplied says what the plan does without as a whole since it is barred, and why. What sources are not asked for is said of
// the leaves.
func (p *Prepared) notApplied() []string {
	list := p.trace.Barred
	for _, leaf := range remotes(nil, p.plan) {
		if why, barred := p.barred[optimize.Bar{Source: leaf.Site.Source, What: optimize.DynamicFilters}]; barred {
			note := "dynamic filters of source " + leaf.Site.Source + " are quarantined: " + why
			if !slices.Contains(list, note) {
				list = append(slices.Clip(list), note)
			}
		}
	}
	return list
}

func (p *Prepared) formatOptions() plan.FormatOptions {
	choices := p.choices()
	return plan.FormatOptions{
		Estimate: p.trace.Estimate,
		Origin:   func(n plan.Node) plan.Origin { return p.trace.Estimates[n].Origin },
		Keys:     func(n *plan.Join) []expr.Expr { return choices.Keys[n] },
		Dynamic:  func(n *plan.Remote) []plan.Column { return choices.Narrowed[n] },
	}
}

// Analyze runs the statement, drops its rows and describes the plan with what was measured.
func (p *Prepared) Analyze(ctx context.Context, env *expr.Env) (*Explanation, error) {
	stats, start := exec.NewStats(), time.Now()
	r, err := p.run(env, true, stats) // as a client has it
	if err != nil {
		return nil, err
	}
	rows := int64(0)
	for err == nil {
		batch, nextErr := r.Next(ctx)
		if err = nextErr; err == nil {
			rows += batch.NumRows()
			batch.Release()
		}
	}
	if closeErr := r.Close(); err == io.EOF {
		err = closeErr
	}
	if err != nil {
		return nil, err
	}
	o := p.formatOptions()
	o.Actual = actual(stats)
	return &Explanation{
		plan:     plan.Describe(p.plan, o),
		barred:   p.notApplied(),
		measured: &measured{rows, time.Since(start).Round(time.Microsecond), p.planning()},
	}, nil
}

// Text is the plan as lines, one for each node.
func (e *Explanation) Text() string {
	text := e.plan.Text()
	for _, note := range e.barred {
		text += "not applied: " + note + "\n"
	}
	if e.refused != nil {
		text += "refused: " + e.refused.Error() + "\n"
	}
	if m := e.measured; m != nil {
		text += fmt.Sprintf("rows: %d, time: %s, planning: %s\n", m.rows, m.time, m.planning)
	}
	return text
}

// explanationJSON and measuredJSON are documented in docs/explain.md.
type (
	explanationJSON struct {
		Version int               `json:"version"`
		Block   *blockJSON        `json:"query_block"`
		Barred  []string          `json:"not_applied,omitempty"`
		Refused string            `json:"refused,omitempty"`
		Actual  *measuredJSON     `json:"actual,omitempty"`
		Plan    *plan.Description `json:"query_plan"`
	}
	measuredJSON struct {
		Rows       int64   `json:"rows"`
		TimeMS     float64 `json:"time_ms"`
		PlanningMS float64 `json:"planning_ms"`
	}
)

// JSON is the same as a JSON object, whose fields docs/explain.md lists.
func (e *Explanation) JSON() (string, error) {
	last := 0
	out := explanationJSON{Version: plan.ExplainVersion, Block: block(e.plan, &last), Barred: e.barred, Plan: e.plan}
	if e.refused != nil {
		out.Refused = e.refused.Error()
	}
	if m := e.measured; m != nil {
		out.Actual = &measuredJSON{m.rows, plan.Milliseconds(m.time), plan.Milliseconds(m.planning)}
	}
	return plan.EncodeJSON(out)
}

// planning is the time the optimizer took.
func (p *Prepared) planning() time.Duration {
	var total time.Duration
	for _, s := range p.trace.Steps {
		total += s.Time
	}
	return total.Round(time.Microsecond)
}

// actual reads the counters of a node. An operator's time includes waiting for its inputs, so theirs is taken off.
func actual(stats *exec.Stats) func(plan.Node) (plan.Actual, bool) {
	return func(n plan.Node) (plan.Actual, bool) {
		t := stats.Node(n).Totals()
		own := t.Time
		for _, c := range n.Children() {
			own -= stats.Node(c).Totals().Time
		}
		a := plan.Actual{Rows: t.Rows, Batches: t.Batches, Time: max(own, 0), Memory: t.Memory, Spill: t.Spilled}
		if _, ok := n.(*plan.Remote); ok {
			a.Remote = &plan.ActualRemote{
				Bytes: t.Usage.Bytes, Requests: t.Usage.Requests, Cached: t.Usage.FromMemory, OnDisk: t.Usage.FromDisk, Time: t.Usage.Remote, Splits: t.Splits, Narrowed: t.Narrowed,
			}
		}
		return a, t.Time > 0
	}
}
