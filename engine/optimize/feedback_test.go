package optimize

import (
	"testing"

	"github.com/silogate/silogate/engine/plan"
)

func TestParts(t *testing.T) {
	part := func(text string) Part {
		t.Helper()
		p, ok := partOf(read(t, text))
		if !ok {
			t.Fatalf("no part:\n%s", text)
		}
		return p
	}
	same := part("filter (> t.a 1) (= t.b 2)\n  scan t\n")
	for _, text := range []string{
		"filter (= t.b 2) (> t.a 1)\n  scan t\n",
		"filter (> t.a 1)\n  filter (= t.b 2)\n    scan t\n",
		"project t.a\n  filter (> t.a 1)\n    filter (= t.b 2) (> t.a 1)\n      scan t\n",
		"filter (> x.a 1) (= x.b 2)\n  scan t as x\n",
	} {
		if part(text) != same {
			t.Errorf("another part than the same conditions elsewhere:\n%s", text)
		}
	}
	for _, text := range []string{
		"filter (> t.a 2) (= t.b 2)\n  scan t\n", "filter (> t.b 1) (= t.a 2)\n  scan t\n", "filter (> u.x 1) (= u.y 2)\n  scan u\n", "scan t\n",
	} {
		if part(text) == same {
			t.Errorf("the same part:\n%s", text)
		}
	}
	for _, text := range []string{
		"join inner (= t.a u.x)\n  scan t\n  scan u\n", "agg [t.a]\n  scan t\n",
		"filter (> d 1)\n  project d=(+ t.a 1)\n    scan t\n",
	} {
		if p, ok := partOf(read(t, text)); ok {
			t.Errorf("part %q:\n%s", p, text)
		}
	}
}

// What a run had is what the next one is thought to have, wherever the part runs.
func TestFeedback(t *testing.T) {
	const text = "join inner (= t.b u.x)\n  filter (> t.a 1)\n    scan t\n  scan u\n"
	for _, takes := range [][]string{{"filter"}, nil} {
		feedback := NewFeedback()
		optimized := func() (plan.Node, *Trace) {
			out, trace, err := Optimize(t.Context(), read(t, text), Config{Sources: newSources(takes...), Pushdown: true, Feedback: feedback})
			if err != nil {
				t.Fatal(err)
			}
			return out, trace
		}
		out, trace := optimized()
		if len(trace.Parts) != 2 {
			t.Fatalf("parts %v", trace.Parts)
		}
		before := out.(*plan.Join).BuildLeft
		had := map[string]int64{"t.a": 79_999, "u.x": 10}
		for n, part := range trace.Parts {
			if trace.Estimates[n].Learnt {
				t.Errorf("learnt before anything ran: %v", n)
			}
			feedback.Learn(part, had[n.Schema()[0].Name])
		}
		out, trace = optimized()
		for n := range trace.Parts {
			if e := trace.Estimates[n]; !e.Learnt || e.Rows != float64(had[n.Schema()[0].Name]) {
				t.Errorf("%s: %+v", plan.Format(n, plan.FormatOptions{}), e)
			}
		}
		if after := out.(*plan.Join).BuildLeft; !before || after {
			t.Errorf("built from the left %v, then %v:\n%s", before, after, plan.Format(out, plan.FormatOptions{}))
		}
	}
}

// A filter that once had more rows than its table is thought to have runs in the source as before.
func TestFeedbackBeyondStatistics(t *testing.T) {
	feedback := NewFeedback()
	for range 2 {
		out, trace, err := Optimize(t.Context(), read(t, filtered), Config{Sources: newSources("filter"), Pushdown: true, Feedback: feedback})
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := out.(*plan.Remote); !ok {
			t.Errorf("not pushed:\n%s", plan.Format(out, plan.FormatOptions{}))
		}
		for _, part := range trace.Parts {
			feedback.Learn(part, 12_345_678)
		}
	}
}

// What is remembered is bounded.
func TestFeedbackForgets(t *testing.T) {
	f := NewFeedback()
	for i := range 3 * mostParts {
		f.Learn(Part(rune(i)), int64(i))
	}
	if n := len(f.rows); n == 0 || n > mostParts {
		t.Errorf("%d parts", n)
	}
}
