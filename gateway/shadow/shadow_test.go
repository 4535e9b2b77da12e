package shadow

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest/plantext"
	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/optimize"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/liar"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var table = &plan.Table{Name: plan.TableName{Name: "t"}, Keys: [][]int{{0}}, Primary: true,
	Stats: plan.Statistics{Rows: 6, Bytes: 300},
	Columns: []plan.TableColumn{
		{Name: "id", Type: types.Of(types.Int64)},
		{Name: "name", Type: types.Of(types.Text)},
		{Name: "n", Type: types.Of(types.Int64), Nullable: true},
		{Name: "d", Type: types.Of(types.Float64)},
	}}

func row(id int64, name string, n int64) []types.Value {
	nearlyCancel := []float64{1e17, 1, -1e17, 2, 0.5}
	return []types.Value{types.IntValue(id), types.TextValue(name), types.IntValue(n), types.FloatValue(nearlyCancel[id%5])}
}

// keyed is the table where it can't be read without its key.
func keyed() *plan.Table {
	t := *table
	t.Required = [][]int{{0}}
	return &t
}

// harness is a shadow over one lying source.
type harness struct {
	*Shadow
	t        *testing.T
	source   *liar.Source
	engine   *engine.Engine
	store    *store.Store
	dir      string
	log      bytes.Buffer
	registry *prometheus.Registry
	parser   plantext.Parser

	statement string // the text of all that is asked
}

func start(t *testing.T, limits Limits) *harness { return startOn(t, table, limits) }

func startOn(t *testing.T, table *plan.Table, limits Limits) *harness {
	h := &harness{t: t, statement: "SELECT ?", dir: t.TempDir(), source: liar.New(table, row(1, "apple", 3), row(2, "Apple", 5), row(3, "pear", 7), row(4, "plum", 7), row(5, "fig", 1))}
	h.parser = plantext.Parser{Site: plan.Site{Source: "liar"}, Table: func(string) (*plan.Table, error) { return table, nil }}
	h.open(limits)
	t.Cleanup(h.close)
	return h
}

func (h *harness) open(limits Limits) {
	h.t.Helper()
	mem := bufpooltest.New()
	h.t.Cleanup(func() { mem.AssertSize(h.t, 0) })
	log := slog.New(slog.NewTextHandler(&h.log, nil))
	h.engine = engine.New(engine.Config{Sources: h.source, Log: log, Allocator: mem, Verify: true, Memory: 64 << 20})
	h.registry = prometheus.NewRegistry()
	var err error
	if h.store, err = store.Open(h.t.Context(), h.dir); err != nil {
		h.t.Fatal(err)
	}
	h.Shadow, err = New(h.t.Context(), Config{Engine: h.engine, Store: h.store, Registry: h.registry, Log: log, Limits: limits})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) close() {
	h.Shadow.Close()
	h.engine.Close()
	if err := h.store.Close(); err != nil {
		h.t.Error(err)
	}
}

// metric returns the sum of a metric's values, of one result if it is not empty.
func (h *harness) metric(name string, of result) (sum float64) {
	h.t.Helper()
	families, err := h.registry.Gather()
	if err != nil {
		h.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && (of == "" || m.GetLabel()[0].GetValue() == string(of)) {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

// prepare prepares a query as a user does.
func (h *harness) prepare(query string) *engine.Prepared {
	h.t.Helper()
	root, err := h.parser.Parse(query)
	if err != nil {
		h.t.Fatal(err)
	}
	p, err := h.engine.Prepare(h.t.Context(), root, engine.Settings{Pushdown: true, DynamicFilters: true, Barred: h.Bars(func() string { return h.statement })})
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// ask runs a query as a user does, and returns its watch and how many rows it has.
func (h *harness) ask(query string) (*Watch, int64) {
	h.t.Helper()
	p := h.prepare(query)
	env := &expr.Env{Location: time.UTC}
	w := h.Watch(p, env, 1, func() string { return h.statement })
	r, err := p.Run(env)
	if err != nil {
		h.t.Fatal(err)
	}
	rows := int64(0)
	for {
		batch, err := r.Next(h.t.Context())
		if err != nil {
			if closeErr := r.Close(); !errors.Is(err, io.EOF) || closeErr != nil {
				h.t.Fatal(err, closeErr)
			}
			return w, rows
		}
		w.Add(batch)
		rows += batch.NumRows()
		batch.Release()
	}
}

// verify asks a query and checks the answer.
func (h *harness) verify(query string) (result, error) {
	h.t.Helper()
	w, _ := h.ask(query)
	if w == nil {
		return exempted, nil
	}
	return h.check(h.t.Context(), w)
}

func (h *harness) expect(query string, want result) {
	h.t.Helper()
	got, err := h.verify(query)
	if err != nil {
		got = resultOf(err)
	}
	if got != want {
		h.t.Errorf("%s: %s, %v, want %s\n%s", query, got, err, want, &h.log)
	}
}

func (h *harness) quarantined() string {
	var list []string
	for _, q := range h.Quarantines() {
		list = append(list, q.Source+"/"+q.What)
	}
	return strings.Join(list, ", ")
}

const (
	likes  = "filter name like 'a%' and n > 1\n    scan t: name, n"
	equals = "filter name = 'apple'\n    scan t: id, name"
	sums   = "aggregate name | sum(n) as s\n    scan t: name, n"
	both   = "filter s > 1\n    aggregate name | sum(n) as s\n        filter name like '%l%'\n            scan t: name, n"
	joins  = "aggregate x.n | count(y.id) as c\n    join inner x.n = y.n\n        scan t x: n\n        scan t y: id, n"
	right  = "filter n > 1\n    scan t: id, n"
	any    = "limit 2\n    scan t: id"
)

// TestLies checks that a lie is found, confirmed, blamed on what is wrong and on nothing else, and not told any more.
func TestLies(t *testing.T) {
	noJoins := func(n plan.Node) plan.Node {
		found := false
		var look func(plan.Node)
		look = func(n plan.Node) {
			_, join := n.(*plan.Join)
			found = found || join
			for _, c := range n.Children() {
				look(c)
			}
		}
		if look(n); found {
			return &plan.Values{Cols: n.Schema()}
		}
		return n
	}
	first, second := liar.Lying("like", types.Text), liar.Lying("sum", types.Int64)
	for _, c := range []struct {
		name, query, guilty string
		lie                 func(plan.Node) plan.Node
		rows                int64 // of the right answer
	}{
		{"like", likes, "liar/like of text", liar.Lying("like", types.Text), 1},
		{"text", equals, "liar/= of text", liar.Lying("=", types.Text), 1},
		{"sum", sums, "liar/sum of integer", liar.Lying("sum", types.Int64), 5},
		{"join", joins, "liar/join", noJoins, 4},
		{"two", both, "liar/like of text", func(n plan.Node) plan.Node { return first(second(n)) }, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := start(t, Limits{})
			h.source.Lie = c.lie
			h.expect(right, agreed)
			if w, rows := h.ask(c.query); w == nil || rows == c.rows {
				t.Fatalf("%d rows: it does not lie", rows)
			}
			before := h.prepare(c.query)
			h.expect(c.query, wrong)
			if got := h.quarantined(); got != c.guilty {
				t.Errorf("guilty: %s, want %s", got, c.guilty)
			}
			if !before.Outdated() {
				t.Error("a plan of before is not outdated")
			}
			if _, rows := h.ask(c.query); rows != c.rows {
				t.Errorf("%d rows afterwards, want %d", rows, c.rows)
			}
			if text := h.prepare(c.query).Explain().Text(); !strings.Contains(text, "is quarantined: a statement was answered wrongly with it on ") {
				t.Errorf("EXPLAIN does not say it:\n%s", text)
			}
			h.expect(right, agreed)
			if log := h.log.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, `statement="SELECT ?"`) {
				t.Errorf("no alarm: %s", log)
			}
			if n := h.metric("silogate_quarantined_rules", ""); int(n) != len(h.Quarantines()) {
				t.Errorf("the metric has %g", n)
			}
		})
	}
}

// TestDynamicFilters checks that a source which narrows a scan wrongly is not told of keys any more.
func TestDynamicFilters(t *testing.T) {
	h := start(t, Limits{})
	h.source.LieDynamic = true
	const query = "join inner x.n + 0 = y.n\n    filter x.id = 1\n        scan t x\n    scan t y"
	barred := make(optimize.Bars)
	for _, what := range []string{"join", "filter"} { // the source is asked for bare scans
		barred[optimize.Bar{Source: "liar", What: what}] = "of the test"
	}
	h.engine.Bar(barred)
	if _, rows := h.ask(query); rows != 0 {
		t.Fatal("the join tells nobody of its keys")
	}
	h.expect(query, wrong)
	if got := h.quarantined(); got != "liar/dynamic filters" {
		t.Errorf("guilty: %s", got)
	}
	if text := h.prepare(query).Explain().Text(); !strings.Contains(text, "not applied: dynamic filters of source liar are quarantined") {
		t.Errorf("EXPLAIN does not say it:\n%s", text)
	}
}

// TestChanges checks that nobody is blamed where the table changes: once, or all the time.
func TestChanges(t *testing.T) {
	h := start(t, Limits{})
	w, _ := h.ask(right)
	h.source.Append(row(9, "late", 9)...)
	if r, err := h.check(t.Context(), w); r != changed || err != nil {
		t.Errorf("a change after the answer: %s, %v", r, err)
	}
	id := int64(100)
	h.source.Reading = func(context.Context, *liar.Source) error {
		id++
		h.source.Append(row(id, "later", id)...)
		return nil
	}
	h.expect(right, changed)
	// Not even a liar is blamed by what can't be told from a change.
	h.source.Lie = liar.Lying(">", types.Int64)
	h.expect(right, changed)
	if h.quarantined() != "" {
		t.Error(h.quarantined())
	}
}

// TestExempt checks that what is not determined, and what is not pushed, is not checked.
func TestExempt(t *testing.T) {
	h := start(t, Limits{})
	h.expect(any, exempted)
	if n := h.metric("silogate_shadow_runs_total", exempted); n != 1 {
		t.Errorf("counted %g times", n)
	}
	h.expect("scan t: id", exempted)
	if w := h.Watch(h.prepare(right), &expr.Env{}, 0, nil); w != nil {
		t.Error("a statement of no share is watched")
	}
	var none *Shadow
	if w := none.Watch(h.prepare(right), &expr.Env{}, 1, nil); w != nil {
		t.Error("nobody watches")
	}
}

// TestLimits checks that a check which takes too much is given up.
func TestLimits(t *testing.T) {
	h := start(t, Limits{Rows: 3, Bytes: 1 << 20, Memory: 1 << 20, Time: time.Minute})
	h.expect(right, limited)
	h = start(t, Limits{Rows: 100, Bytes: 10, Memory: 1 << 20, Time: time.Minute})
	h.expect(right, limited)
	h = start(t, Limits{Rows: 100, Bytes: 1 << 20, Memory: 1, Time: time.Minute})
	h.expect(sums, limited)
	h = start(t, Limits{Rows: 100, Bytes: 1 << 20, Memory: 1 << 20, Time: time.Nanosecond})
	h.expect(right, limited)
}

// hang has reads wait until their context ends, once it is set, and says so.
func (h *harness) hang() (hanging *atomic.Bool, waits chan struct{}) {
	hanging, waits = new(atomic.Bool), make(chan struct{}, 100)
	h.source.Reading = func(ctx context.Context, _ *liar.Source) error {
		if !hanging.Load() {
			return nil
		}
		waits <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}
	return hanging, waits
}

// TestNobodyWaits checks that a user's statement goes on while a check hangs and others wait, and that Close ends all.
func TestNobodyWaits(t *testing.T) {
	h := start(t, Limits{})
	hanging, waits := h.hang()
	var watches []*Watch
	for range mostWaiting + 3 {
		w, _ := h.ask(right)
		watches = append(watches, w)
	}
	hanging.Store(true)
	watches[0].Done()
	<-waits // it hangs, and no other is run meanwhile
	for _, w := range watches[1:] {
		w.Done()
	}
	if n := h.metric("silogate_shadow_runs_total", skipped); n != 2 || len(h.queue) != mostWaiting {
		t.Errorf("%g skipped, %d wait", n, len(h.queue))
	}
	hanging.Store(false)
	if _, rows := h.ask(right); rows != 4 {
		t.Errorf("a user's statement has %d rows", rows)
	}
}

// TestTurns checks that a check takes no turn that is not free, and gives its own to who waits for it.
func TestTurns(t *testing.T) {
	h := start(t, Limits{})
	h.source.Turns = connectors.NewTurns(1)
	w, _ := h.ask(right)
	var tx connectors.Tx
	if err := h.source.Turns.Admit(t.Context(), &tx); err != nil {
		t.Fatal(err)
	}
	if _, err := h.check(t.Context(), w); !errors.Is(err, connectors.ErrBusy) || resultOf(err) != busy {
		t.Errorf("while the only turn is taken: %v", err)
	}
	if err := tx.Close(); err != nil {
		t.Fatal(err)
	}

	hanging, waits := h.hang()
	hanging.Store(true)
	checked := make(chan error)
	go func() {
		_, err := h.check(t.Context(), w)
		checked <- err
	}()
	<-waits // the check has the turn
	hanging.Store(false)
	if _, rows := h.ask(right); rows != 4 {
		t.Errorf("%d rows", rows)
	}
	if err := <-checked; !errors.Is(err, errGiveWay) {
		t.Errorf("the check ended with %v", err)
	}
}

// TestTries checks that a check which is in the way is tried again, a few times, and that it is told when that was in vain.
func TestTries(t *testing.T) {
	h := start(t, Limits{})
	h.source.Turns = connectors.NewTurns(1)
	h.source.Lie = liar.Lying("like", types.Text)
	first, _ := h.ask(likes)
	second, _ := h.ask(right)
	var tx connectors.Tx
	if err := h.source.Turns.Admit(t.Context(), &tx); err != nil {
		t.Fatal(err)
	}
	if !h.try(t.Context(), first, true) || h.metric("silogate_shadow_retries_total", "") != 1 {
		t.Error("a check that is in the way is not tried again")
	}
	for try := 1; try <= mostTries; try++ {
		if again := h.try(t.Context(), second, true); again != (try < mostTries) {
			t.Errorf("after try %d: again %t", try, again)
		}
	}
	third := h.Watch(h.prepare(right), &expr.Env{Location: time.UTC}, 1, func() string { return "" })
	if h.try(t.Context(), third, false) {
		t.Error("too many wait, and it is tried again")
	}
	if n := h.metric("silogate_shadow_runs_total", busy); n != 2 {
		t.Errorf("%g busy", n)
	}
	if err := tx.Close(); err != nil {
		t.Fatal(err)
	}
	if h.try(t.Context(), first, true) || h.quarantined() != "liar/like of text" {
		t.Errorf("when the source is free: %s", h.quarantined())
	}
}

// TestUnconfirmed checks that an answer which differs is not forgotten where the source has no time to confirm it.
func TestUnconfirmed(t *testing.T) {
	h := start(t, Limits{})
	h.source.Lie = liar.Lying("like", types.Text)
	w, _ := h.ask(likes)
	reads := 0
	h.source.Reading = func(context.Context, *liar.Source) error {
		if reads++; reads%2 == 0 { // the second of each try
			return connectors.ErrBusy
		}
		return nil
	}
	for h.try(t.Context(), w, true) {
	}
	if reads != 2*mostTries || h.metric("silogate_shadow_runs_total", unconfirmed) != 1 || h.quarantined() != "" {
		t.Errorf("%d reads, quarantined: %s", reads, h.quarantined())
	}
	if log := h.log.String(); !strings.Contains(log, `level=WARN msg="a statement may have been answered wrongly`) {
		t.Errorf("nobody is told: %s", log)
	}
}

// TestWorker checks that watches that are done are checked, and counted.
func TestWorker(t *testing.T) {
	h := start(t, Limits{})
	w, _ := h.ask(right)
	w.Done()
	for deadline := time.Now().Add(time.Minute); h.metric("silogate_shadow_runs_total", agreed) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it was not checked")
		}
	}
}
