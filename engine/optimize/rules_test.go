package optimize

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestRules runs the files of testdata. A case names the rules to run, by "rule" lines such as
//
//	rule push_filters
//	filter (> t.a 5)
//	  scan t
//	----
//	-> ...
//
// or "optimize pushdown=(filter,join)" for all of them. Every case is also run on tables before and after.
func TestRules(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if path == comparables {
			return
		}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			root := readPlan(t, fixtures(0), d.Input)
			switch d.Cmd {
			case "rule":
				return runRules(t, d, root)
			case "optimize":
				return runAll(t, d, root)
			}
			t.Fatalf("%s: unknown command %s", d.Pos, d.Cmd)
			return ""
		})
	})
}

// runRules applies some rules, in the order given.
func runRules(t *testing.T, d *datadriven.TestData, root plan.Node) string {
	src := newSources()
	p := newTestPlanner(root, src)
	trace := &Trace{}
	out := root
	for _, arg := range d.CmdArgs {
		next, err := p.run(context.Background(), ruleNamed(t, arg.Key), out, trace)
		if err != nil {
			return err.Error()
		}
		out = next
	}
	if out == root {
		return "unchanged\n"
	}
	sameAnswers(t, answersOf(root, 20), root, out)
	return plan.Format(out, plan.FormatOptions{})
}

func newTestPlanner(root plan.Node, src sources) *planner {
	return newPlanner(root, Config{Sources: src, Pushdown: true, Verify: true})
}

func ruleNamed(t *testing.T, name string) rule {
	list := rules()
	i := slices.IndexFunc(list, func(r rule) bool { return r.name == name })
	if i < 0 {
		t.Fatalf("no rule %s", name)
	}
	return list[i]
}

func runAll(t *testing.T, d *datadriven.TestData, root plan.Node) string {
	cfg := Config{Pushdown: true, Verify: true, Disabled: make(map[string]bool)}
	var takes []string
	var link connectors.Link
	lookups := 0.0
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "takes":
			takes = a.Vals
		case "link": // of pg: its round trip, and bytes a second
			link.RoundTrip, _ = time.ParseDuration(a.Vals[0])
			link.Bandwidth, _ = strconv.ParseFloat(a.Vals[1], 64)
		case "off":
			cfg.Pushdown = false
		case "strict":
			cfg.Strict = true
		case "lookups": // of pg, for each join
			lookups, _ = strconv.ParseFloat(a.Vals[0], 64)
		case "bounded":
			cfg.Bounded = true
		case "barred": // source/what, or what alone for a rule; _ is a space
			cfg.Barred = make(Bars)
			for _, v := range a.Vals {
				source, what, ok := strings.Cut(v, "/")
				if !ok {
					source, what = "", v
				}
				cfg.Barred[Bar{source, strings.ReplaceAll(what, "_", " ")}] = "of a test"
			}
		case "without":
			for _, r := range a.Vals {
				cfg.Disabled[r] = true
			}
		}
	}
	all := newSources(takes...)
	all["pg"].link, all["pg"].lookups = link, lookups
	cfg.Sources = all
	out, _, err := Optimize(context.Background(), root, cfg)
	if err != nil {
		return err.Error() + "\n"
	}
	sameAnswers(t, answersOf(root, 20), root, out)
	return plan.Format(out, plan.FormatOptions{})
}

// answer is what a plan yields: its rows as text, or an error.
type answer struct {
	rows []string
	err  error
}

// answersOf runs a plan on several contents of the tables. Rows without an order are sorted.
func answersOf(n plan.Node, contents int) []answer {
	out := make([]answer, contents)
	for seed := range out {
		rows, err := interpret(fixtures(uint64(seed)), n)
		out[seed] = answer{rowStrings(rows), err}
		if !isOrdered(n) {
			slices.Sort(out[seed].rows)
		}
	}
	return out
}

// sameAnswers runs a plan and compares with what it yielded before. A rule may spare a row whose subquery would have
// failed; it may not make one fail.
func sameAnswers(t testing.TB, want []answer, before, after plan.Node) {
	t.Helper()
	ordered := isOrdered(before)
	for seed, w := range want {
		if w.err != nil {
			continue
		}
		rows, err := interpret(fixtures(uint64(seed)), after)
		if errors.Is(err, errTooMuch) {
			continue
		}
		got := rowStrings(rows)
		if !ordered {
			slices.Sort(got)
		}
		if err != nil || !slices.Equal(w.rows, got) {
			t.Fatalf("content %d: rows\n%s\nbecame\n%s\n%v\n%s", seed, strings.Join(w.rows, "\n"), strings.Join(got, "\n"),
				err, both(before, after))
		}
	}
}

func both(want, got plan.Node) string {
	o := plan.FormatOptions{}
	return fmt.Sprintf("before\n%safter\n%s", plan.Format(want, o), plan.Format(got, o))
}

// isOrdered reports a plan whose root has an order.
func isOrdered(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Sort:
		return true
	case *plan.Limit:
		return len(n.Keys) > 0 || isOrdered(n.Input)
	case *plan.Project:
		return isOrdered(n.Input)
	}
	return false
}

func rowStrings(rows [][]types.Value) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		parts := make([]string, len(r))
		for j, v := range r {
			switch {
			case v.Null:
				parts[j] = "NULL"
			case v.Str != "":
				parts[j] = v.Str
			default:
				parts[j] = fmt.Sprint(v.Int)
			}
		}
		out[i] = strings.Join(parts, " ")
	}
	return out
}
