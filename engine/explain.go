package engine

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// Explain returns the placed plan as text: estimated rows, what each source is sent, and why the rest was not pushed; at
// the end, if the statement would not be run, why.
func (p *Prepared) Explain() string {
	text := plan.Format(p.plan, plan.FormatOptions{Rows: p.trace.Rows})
	if p.refused != nil {
		text += "refused: " + p.refused.Error() + "\n"
	}
	return text
}

// Analyze runs the statement, drops its rows and returns the plan with what was measured.
func (p *Prepared) Analyze(ctx context.Context, env *expr.Env) (text string, err error) {
	stats, start := exec.NewStats(), time.Now()
	r, err := p.run(env, stats)
	if err != nil {
		return "", err
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
		return "", err
	}
	var b strings.Builder
	b.WriteString(plan.Format(p.plan, plan.FormatOptions{Rows: p.trace.Rows, Actual: actual(stats)}))
	fmt.Fprintf(&b, "rows: %d, time: %s, planning: %s\n", rows, time.Since(start).Round(time.Microsecond), p.planning())
	return b.String(), nil
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
		return plan.Actual{
			Rows: t.Rows, Time: max(own, 0), Bytes: t.Usage.Bytes, Memory: t.Memory, Spill: t.Spilled,
		}, t.Time > 0
	}
}
