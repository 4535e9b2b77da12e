package optimize

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// Sources finds the source of a site.
type Sources interface {
	Source(plan.Site) (connectors.Source, error)
}

// Config is what one optimization depends on besides the plan.
type Config struct {
	Sources  Sources
	Stats    *StatsCache     // column statistics of the sources; nil: only what tables carry
	Feedback *Feedback       // what earlier runs had; nil: nothing is known of them
	Disabled map[string]bool // rules to leave out, by name
	Barred   Bars            // what to do without, and why
	Pushdown bool            // false: sources are offered bare scans only, by their keys where there are no others
	Strict   bool            // a read of a whole table is sqlerr.PushdownRequired
	Bounded  bool            // nothing is to be read that is little only if a join narrows it while the statement runs
	Verify   bool            // check the plan after every rule
}

// Trace says what Optimize did.
type Trace struct {
	Steps     []Step
	Estimates map[plan.Node]Estimate // of every node of the final plan
	Parts     map[plan.Node]Part     // nodes of the final plan whose rows are worth to be learnt
	Barred    []string               // rules that were left out as Config.Barred says, and why, as EXPLAIN says it

	offers []offer
}

// Step is one run of a rule.
type Step struct {
	Rule    string
	Changed bool
	Time    time.Duration

	required bool
}

// Estimate returns what a node of the final plan was expected to yield, NaN for any other.
func (t *Trace) Estimate(n plan.Node) plan.Statistics {
	if e, ok := t.Estimates[n]; ok {
		return plan.Statistics{Rows: e.Rows, Bytes: e.Bytes}
	}
	return plan.Statistics{Rows: plan.Unknown, Bytes: plan.Unknown}
}

// Optimize returns a plan equal to root that holds no Scan. Errors are those of the sources and, with Strict,
// sqlerr.PushdownRequired.
func Optimize(ctx context.Context, root plan.Node, cfg Config) (plan.Node, *Trace, error) {
	p := newPlanner(root, cfg)
	trace := &Trace{}
	for _, r := range rules() {
		if cfg.Disabled[r.name] && !r.required {
			continue
		}
		if why := cfg.Barred.why("", []string{r.name}); why != "" && !r.required {
			if note := "rule " + why; !slices.Contains(trace.Barred, note) {
				trace.Barred = append(trace.Barred, note)
			}
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, trace, err
		}
		out, err := p.run(ctx, r, root, trace)
		if err != nil {
			return nil, trace, err
		}
		root = out
	}
	trace.Estimates, trace.Parts, trace.offers = p.est.All(ctx, root), p.parts, p.offers
	return root, trace, nil
}

// rule is one named rewrite of a whole plan.
type rule struct {
	name     string
	apply    func(context.Context, *planner, plan.Node) (plan.Node, error)
	required bool // can't be disabled: the plan would not run
}

// planner is the state the rules of one optimization share.
type planner struct {
	Config
	ids  *ids
	est  *Estimator
	ways map[plan.Site]way // as they were when they were first asked for

	parts  map[plan.Node]Part // see Trace
	offers []offer
}

func newPlanner(root plan.Node, cfg Config) *planner {
	return &planner{
		Config: cfg, ids: newIDs(root), est: NewEstimator(cfg.Sources, cfg.Stats, cfg.Feedback), ways: make(map[plan.Site]way), parts: make(map[plan.Node]Part),
	}
}

// run applies one rule in its wrapper.
func (p *planner) run(ctx context.Context, r rule, root plan.Node, trace *Trace) (plan.Node, error) {
	start := time.Now()
	out, err := r.apply(ctx, p, root)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.name, err)
	}
	if samePlan(root, out) {
		out = root
	}
	trace.Steps = append(trace.Steps, Step{Rule: r.name, Changed: out != root, Time: time.Since(start), required: r.required})
	if p.Verify && out != root {
		if err := p.verify(root, out); err != nil {
			return nil, fmt.Errorf("rule %s broke the plan: %w\n%s", r.name, err, plan.Format(out, plan.FormatOptions{}))
		}
	}
	return out, nil
}

// verify checks that out is a sound plan with the columns of in.
func (p *planner) verify(in, out plan.Node) error {
	if err := plan.Verify(out); err != nil {
		return err
	}
	return sameColumns(in.Schema(), out.Schema())
}

// sameColumns checks that two schemas list the same columns by id and type.
func sameColumns(want, got plan.Schema) error {
	if len(want) != len(got) {
		return fmt.Errorf("%d columns instead of %d", len(got), len(want))
	}
	for i, c := range want {
		if got[i].ID != c.ID || got[i].Type != c.Type {
			return fmt.Errorf("column %s %s instead of %s %s", got[i].Ref(), got[i].Type, c.Ref(), c.Type)
		}
	}
	return nil
}

// ids hands out column ids that the statement does not use yet.
type ids struct {
	last    expr.ColumnID
	lastCTE int
}

func newIDs(root plan.Node) *ids {
	s := &ids{}
	walk(root, func(n plan.Node) {
		for _, c := range n.Schema() {
			s.last = max(s.last, c.ID)
		}
		switch n := n.(type) {
		case *plan.With:
			for _, b := range n.Bindings {
				s.lastCTE = max(s.lastCTE, b.ID)
			}
		case *plan.Recursive:
			s.lastCTE = max(s.lastCTE, n.ID)
		}
	})
	return s
}

// column defines a new column.
func (s *ids) column(like plan.Column) plan.Column {
	s.last++
	like.ID = s.last
	return like
}

// cte returns a new CTE's id.
func (s *ids) cte() int {
	s.lastCTE++
	return s.lastCTE
}

// walk visits every node of a plan, parents first.
func walk(n plan.Node, visit func(plan.Node)) {
	visit(n)
	for _, c := range n.Children() {
		walk(c, visit)
	}
}

// anyNode reports whether is holds for a node of a plan.
func anyNode(n plan.Node, is func(plan.Node) bool) bool {
	return is(n) || slices.ContainsFunc(n.Children(), func(c plan.Node) bool { return anyNode(c, is) })
}

// transform rebuilds a plan bottom-up, replacing each node by what f returns for it. Unchanged parts are shared.
func transform(n plan.Node, f func(plan.Node) plan.Node) plan.Node {
	return f(mapChildren(n, func(c plan.Node) plan.Node { return transform(c, f) }))
}

// mapChildren replaces the inputs of n by what f returns for them.
func mapChildren(n plan.Node, f func(plan.Node) plan.Node) plan.Node {
	out, _ := tryChildren(n, func(c plan.Node) (plan.Node, error) { return f(c), nil })
	return out
}

// tryChildren is mapChildren for an f that can fail.
func tryChildren(n plan.Node, f func(plan.Node) (plan.Node, error)) (plan.Node, error) {
	children := n.Children()
	changed := false
	out := make([]plan.Node, len(children))
	for i, c := range children {
		d, err := f(c)
		if err != nil {
			return nil, err
		}
		out[i] = d
		changed = changed || d != c
	}
	if !changed {
		return n, nil
	}
	return n.WithChildren(out), nil
}
