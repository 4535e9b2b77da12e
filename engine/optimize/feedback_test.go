package optimize

import (
	"errors"
	"iter"
	"log/slog"
	"maps"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zeebo/xxh3"

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
	if long := "filter (in t.a 1 2 3 4 5 6 7 8 %s)\n  scan t\n"; part(strings.Replace(long, "%s", "9", 1)) == part(strings.Replace(long, "%s", "10", 1)) {
		t.Error("the same part with another member at the end of a long list")
	}
	for _, text := range []string{
		"join inner (= t.a u.x)\n  scan t\n  scan u\n", "agg [t.a]\n  scan t\n",
		"filter (> d 1)\n  project d=(+ t.a 1)\n    scan t\n",
	} {
		if p, ok := partOf(read(t, text)); ok {
			t.Errorf("part %+v:\n%s", p, text)
		}
	}
}

// What a run had is what the next one is thought to have, wherever the part runs.
func TestFeedback(t *testing.T) {
	const text = "join inner (= t.b u.x)\n  filter (> t.a 1)\n    scan t\n  scan u\n"
	for _, takes := range [][]string{{"filter"}, nil} {
		feedback := NewFeedback(nil, nil)
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
			if trace.Estimates[n].Origin != "" {
				t.Errorf("learnt before anything ran: %v", n)
			}
			feedback.Learn(part, had[n.Schema()[0].Name], 0)
		}
		out, trace = optimized()
		for n := range trace.Parts {
			if e := trace.Estimates[n]; e.Origin != plan.Learnt || e.Rows != float64(had[n.Schema()[0].Name]) {
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
	feedback := NewFeedback(nil, nil)
	for range 2 {
		out, trace, err := Optimize(t.Context(), read(t, filtered), Config{Sources: newSources("filter"), Pushdown: true, Feedback: feedback})
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := out.(*plan.Remote); !ok {
			t.Errorf("not pushed:\n%s", plan.Format(out, plan.FormatOptions{}))
		}
		for _, part := range trace.Parts {
			feedback.Learn(part, 12_345_678, 0)
		}
	}
}

// What is remembered is bounded, and of what is used least no more is known.
func TestFeedbackForgets(t *testing.T) {
	f := NewFeedback(nil, nil)
	part := func(i int) Part { return Part{partKey: partKey{table: "t", conditions: xxh3.Uint128{Lo: uint64(i)}}} }
	for i := range 3 * mostParts {
		f.Learn(part(0), 7, 0)
		f.Learn(part(i), 7, 0)
	}
	if n := f.parts.Len(); n != mostParts {
		t.Errorf("%d parts", n)
	}
	for i, want := range map[int]bool{0: true, 1: false, mostParts: false, 3*mostParts - 1: true} {
		if f.parts.Contains(part(i).partKey) != want {
			t.Errorf("part %d is remembered: %v", i, !want)
		}
	}
}

// memoryKeeper keeps what it is given in memory.
type memoryKeeper struct {
	kept map[string][]byte
	puts int
	err  error
}

func newMemoryKeeper() *memoryKeeper { return &memoryKeeper{kept: make(map[string][]byte)} }

func (k *memoryKeeper) All() iter.Seq2[string, []byte] { return maps.All(k.kept) }
func (k *memoryKeeper) Get(key string) ([]byte, error) { return k.kept[key], k.err }
func (k *memoryKeeper) Delete(key string) error        { delete(k.kept, key); return k.err }
func (k *memoryKeeper) Put(key string, data []byte) error {
	k.puts++
	if k.err == nil {
		k.kept[key] = data
	}
	return k.err
}

// What was learnt of a version of a table is known to the next process, and forgotten with the version.
func TestFeedbackOfVersions(t *testing.T) {
	keeper, log := newMemoryKeeper(), slog.New(slog.DiscardHandler)
	filter := read(t, "filter (> t.a 1)\n  scan t\n").(*plan.Filter)
	scan := filter.Input.(*plan.Scan)
	whole := &plan.Filter{Input: scan}
	part := func(n plan.Node) Part {
		p, _ := partOf(n)
		return p
	}
	scan.Table.Version = "v1"
	f := NewFeedback(keeper, log)
	f.Learn(part(filter), 123, 0)
	f.Learn(part(whole), 1000, 0)
	if keeper.puts != 0 {
		t.Error("learning waited for what keeps it")
	}
	f.Close()

	f = NewFeedback(keeper, log)
	if rows, ok := f.of(filter); rows != 123 || !ok {
		t.Errorf("%v rows, %v after a restart", rows, ok)
	}
	f.Learn(part(filter), 123, 0)
	f.Close()
	if keeper.puts != 1 {
		t.Errorf("kept %d times, learnt once", keeper.puts)
	}

	scan.Table.Version = "v2"
	if rows, ok := f.of(filter); ok {
		t.Errorf("%v rows of another version", rows)
	}
	f.Learn(part(filter), 5, 0)
	scan.Table.Version = "v1"
	if _, ok := f.of(whole); ok || f.parts.Len() != 1 {
		t.Errorf("the old version's are still there: %v, of %d parts", ok, f.parts.Len())
	}
	f.Close()
}

// Of a table without versions what was learnt counts while it has about as many rows.
func TestFeedbackOfGrowingTables(t *testing.T) {
	filter := read(t, "filter (> t.a 1)\n  scan t\n").(*plan.Filter)
	table := filter.Input.(*plan.Scan).Table
	f := NewFeedback(nil, nil)
	table.Stats.Rows = 1000
	part, _ := partOf(filter)
	f.Learn(part, 10, 0)
	for rows, want := range map[float64]bool{1000: true, 1999: true, 501: true, 2001: false, 499: false, math.NaN(): true} {
		table.Stats.Rows = rows
		if _, ok := f.of(filter); ok != want {
			t.Errorf("with %v rows: believed %v", rows, ok)
		}
	}
}

// What is learnt is kept a while later by itself, once for all that comes until then.
func TestFeedbackIsKeptMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keeper := newMemoryKeeper()
		f := NewFeedback(keeper, slog.New(slog.DiscardHandler))
		for i, want := range []int{1, 2} {
			for rows := range 3 {
				f.Learn(Part{}, int64(10*i+rows), 0)
			}
			time.Sleep(saveAfter) // in the bubble's time
			synctest.Wait()
			if keeper.puts != want {
				t.Errorf("kept %d times, want %d", keeper.puts, want)
			}
		}
		f.Close()
		f.Close()
		if keeper.puts != 2 {
			t.Errorf("kept %d times, and nothing was learnt", keeper.puts)
		}
	})
}

// What can't be read is learnt again, and what can't be kept is no failure.
func TestFeedbackOfBrokenKeeper(t *testing.T) {
	for _, kept := range []string{"garbage", "{}", `[{"Table": 7}]`} {
		keeper := newMemoryKeeper()
		keeper.kept[learntKey] = []byte(kept)
		var said strings.Builder
		log := slog.New(slog.NewTextHandler(&said, nil))
		f := NewFeedback(keeper, log)
		keeper.err = errors.New("disk full")
		f.Learn(Part{}, 1, 0)
		f.Close()
		if n := strings.Count(said.String(), "\n"); n != 2 {
			t.Errorf("said %s", said.String())
		}
	}
}

// Plans are outdated by what differs much from what they were made by, once.
func TestNews(t *testing.T) {
	f := NewFeedback(nil, nil)
	for i, c := range []struct {
		part    string
		rows    int64
		guessed float64
		news    bool
	}{
		{"a", 100, 80, false}, {"a", 150, 1, false}, {"a", 400, 400, true}, {"a", 390, 1, false}, {"a", 100, 100, true},
		{"b", 100, plan.Unknown, true}, {"b", 100, plan.Unknown, false},
		{"c", 0, 1, false}, {"c", 3, 3, true}, {"c", 1, 1, true},
		{"d", 10, 1000, true},
	} {
		if news := f.Learn(Part{partKey: partKey{table: c.part}}, c.rows, c.guessed); news != c.news {
			t.Errorf("%d: %+v: %v", i, c, news)
		}
	}
}
