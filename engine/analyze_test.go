package engine

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// analysisOf is an analysis of the numbers in a version of their table.
func analysisOf(s *source, version string) Analysis {
	scan := s.scan().(*plan.Scan)
	scan.Table.Version = version
	return Analysis{Site: scan.Site, Table: scan.Table, Columns: []int{0}, Buckets: 4, Env: &expr.Env{Location: time.UTC}}
}

func analyzing(t *testing.T, s connectors.Source, memory int64) *Engine {
	t.Helper()
	mem := bufpooltest.New()
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return New(Config{Sources: sourceOf{s}, Log: slog.New(slog.DiscardHandler), Allocator: mem, Verify: true, QueryMemory: memory})
}

type sourceOf struct{ only connectors.Source }

func (s sourceOf) Source(plan.Site) (connectors.Source, error) { return s.only, nil }

func TestAnalyze(t *testing.T) {
	s := &source{next: once}
	e := analyzing(t, s, 0)
	a := analysisOf(s, "v1")
	running, ended := false, false
	a.Running = func(*Result) func() { running = true; return func() { ended = true } }
	if unknown, err := e.Analyze(t.Context(), a); err != nil || len(unknown) > 0 {
		t.Fatal(unknown, err)
	}
	if !running || !ended || s.closed != 1 || e.MemoryUsed() != 0 {
		t.Errorf("running %v, ended %v, %d transactions ended, %d bytes held", running, ended, s.closed, e.MemoryUsed())
	}
	known, ok := e.stats.Analyzed(a.Site, a.Table)
	if !ok || known.Rows != 10 {
		t.Fatalf("%+v, %v", known, ok)
	}
	n, ok := known.Column(&a.Table.Columns[0])
	if !ok || n.Distinct != 10 || n.Min.Int != 0 || n.Max.Int != 9 || len(n.Common) != 0 || len(n.Bounds) != 5 {
		t.Errorf("%+v, %v", n, ok)
	}

	above, err := expr.New(expr.Gt, number.Ref(), &expr.Literal{Value: types.IntValue(6), Typ: number.Type})
	if err != nil {
		t.Fatal(err)
	}
	scan := s.scan().(*plan.Scan)
	scan.Table = a.Table
	explained := func() string {
		p, err := e.Prepare(t.Context(), &plan.Filter{Input: scan, Conds: []expr.Expr{above}}, Settings{})
		if err != nil {
			t.Fatal(err)
		}
		return p.Explain().Text()
	}
	if text := explained(); !strings.Contains(text, "Filter (n#1 > 6)  (rows=4 analyzed)") {
		t.Errorf("analyzed:\n%s", text)
	}
	if unknown := e.DropHistograms(a.Site, a.Table, []int{0}); len(unknown) > 0 {
		t.Error(unknown)
	}
	if n, _ := e.stats.Analyzed(a.Site, a.Table); n.Columns["n"].Bounds != nil || n.Columns["n"].Distinct != 10 {
		t.Errorf("without a histogram: %+v", n)
	}
	if unknown := e.DropHistograms(a.Site, a.Table, []int{0}); len(unknown) != 1 {
		t.Error(unknown)
	}
	if unknown := e.DropHistograms(a.Site, analysisOf(s, "v2").Table, []int{0}); len(unknown) != 1 {
		t.Error(unknown)
	}
}

// What fails keeps nothing, and leaves nothing behind.
func TestAnalyzeFails(t *testing.T) {
	endless := func(ctx context.Context, _ int) error { return ctx.Err() }
	for name, c := range map[string]struct {
		version  string
		next     func(ctx context.Context, read int) error
		memory   int64
		settings Settings
		code     sqlerr.Code
	}{
		"no version": {"", once, 0, Settings{}, sqlerr.Unsupported},
		"source":     {"v", func(context.Context, int) error { return sqlerr.New(sqlerr.SourceError, "torn") }, 0, Settings{}, sqlerr.SourceError},
		"memory":     {"v", once, 1000, Settings{}, sqlerr.OutOfMemory},
		"scan limit": {"v", once, 0, Settings{MaxScanBytes: 1}, sqlerr.ScanTooBig},
		"killed":     {"v", endless, 0, Settings{}, sqlerr.Cancelled},
	} {
		s := &source{next: c.next}
		e := analyzing(t, s, c.memory)
		ctx, kill := context.WithCancel(t.Context())
		a := analysisOf(s, c.version)
		a.Settings = c.settings
		a.Running = func(*Result) func() {
			if name == "killed" {
				kill()
			}
			return func() {}
		}
		if _, err := e.Analyze(ctx, a); !sqlerr.Is(err, c.code) {
			t.Errorf("%s: error %v", name, err)
		}
		kill()
		if _, ok := e.stats.Analyzed(a.Site, a.Table); ok || e.MemoryUsed() != 0 {
			t.Errorf("%s: kept %v, %d bytes held", name, ok, e.MemoryUsed())
		}
	}
}

// knowing is a source with statistics of its own.
type knowing struct {
	*source
	known bool
	anew  int
	err   error
}

func (k *knowing) Statistics(_ context.Context, t *plan.Table, anew bool) (plan.Statistics, []plan.ColumnStatistics, error) {
	if anew {
		k.anew++
	}
	return t.Stats, []plan.ColumnStatistics{{Known: k.known, Distinct: 2}}, k.err
}

// A source that has statistics is asked for them, and not read.
func TestAnalyzeAsks(t *testing.T) {
	s := &knowing{source: &source{next: func(context.Context, int) error { return errors.New("read") }}, known: true}
	e := analyzing(t, s, 0)
	a := analysisOf(s.source, "")
	if unknown, err := e.Analyze(t.Context(), a); len(unknown) > 0 || err != nil || s.anew != 1 {
		t.Error(unknown, err, s.anew)
	}
	s.known = false
	if unknown, err := e.Analyze(t.Context(), a); len(unknown) != 1 || err != nil || s.anew != 2 {
		t.Error(unknown, err, s.anew)
	}
	s.err = io.ErrUnexpectedEOF
	if _, err := e.Analyze(t.Context(), a); !errors.Is(err, s.err) {
		t.Error(err)
	}
}
