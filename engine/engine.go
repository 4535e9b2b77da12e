package engine

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/bufpool"
	"github.com/silogate/silogate/engine/build"
	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/exec/spill"
	"github.com/silogate/silogate/engine/optimize"
	"github.com/silogate/silogate/engine/plan"
)

// Config is what an engine works with.
type Config struct {
	Sources     optimize.Sources  // required
	Log         *slog.Logger      // required
	Memory      int64             // bytes all queries may hold; 0: no limit
	QueryMemory int64             // bytes one query may hold; 0: no limit of its own
	Spill       *spill.Manager    // nil: a query that would spill fails
	Parallelism int               // streams of a parallel stage; 0: one per core
	Weights     exec.Weights      // sort keys of collations that are not bytewise; nil: those are an error
	Allocator   memory.Allocator  // nil: a bufpool.Pool
	Dynamic     build.DynamicMode // when joins tell scans about their keys
	Verify      bool              // check the plan after every rule, for tests
	BatchRows   int               // rows of the batches that operators make; 0: exec.BatchRows
	RefuseIf    func() bool       // for tests, see exec.Account; nil: never
	Keeper      optimize.Keeper   // of what is found out of tables; nil: it is found out again after a restart
}

// Engine prepares and runs statements. It is safe for concurrent use.
type Engine struct {
	cfg      Config
	memory   *exec.Account
	stats    *optimize.StatsCache
	feedback *optimize.Feedback
	bars     atomic.Pointer[optimize.Bars]
}

// New makes an engine.
func New(cfg Config) *Engine {
	if cfg.Parallelism == 0 {
		cfg.Parallelism = runtime.GOMAXPROCS(0)
	}
	if cfg.Allocator == nil {
		cfg.Allocator = new(bufpool.Pool)
	}
	e := &Engine{
		cfg:      cfg,
		memory:   exec.NewAccount(nil, cfg.Memory, "memory.server"),
		stats:    optimize.NewStatsCache(cfg.Keeper, cfg.Log),
		feedback: optimize.NewFeedback(cfg.Keeper, cfg.Log),
	}
	e.bars.Store(new(optimize.Bars))
	return e
}

// Bar has the plans of all statements do without some things from now on, in place of what they did without so far. Plans that
// were prepared before are outdated.
func (e *Engine) Bar(bars optimize.Bars) { e.bars.Store(&bars) }

// Close keeps what runs taught. No statement may run any more.
func (e *Engine) Close() { e.feedback.Close() }

// MemoryUsed returns the bytes that running queries hold now, those in the background included.
func (e *Engine) MemoryUsed() int64 { return e.memory.Used() + e.memory.Lent() }

// Settings are a session's choices for one statement.
type Settings struct {
	Pushdown       bool            // silogate_pushdown
	DynamicFilters bool            // silogate_dynamic_filters
	Strict         bool            // silogate_strict_pushdown
	MaxScanBytes   uint64          // silogate_max_scan_bytes; 0: no limit
	Disabled       map[string]bool // silogate_disabled_rules
	Barred         optimize.Bars   // beside what the engine bars for all
	// Local are sources that only this statement reads, by site, such as the gateway's own tables.
	Local map[plan.Site]connectors.Source
}

// Prepared is an optimized statement. It is immutable, but for being outdated, and may run many times and at the same time.
type Prepared struct {
	engine   *Engine
	bound    plan.Node
	settings Settings
	bars     *optimize.Bars // the engine's, when it was made
	barred   optimize.Bars  // all
	plan     plan.Node
	trace    *optimize.Trace
	dynamic  build.DynamicMode
	parts    map[plan.Node]optimize.Part // whose rows its runs teach the optimizer
	refused  error                       // why it can be explained and not run; nil: it can

	outdated   atomic.Bool
	comparison func() (optimize.Comparison, string)
}

// Prepare optimizes a bound plan and places its parts. It asks sources for metadata, not for data.
func (e *Engine) Prepare(ctx context.Context, root plan.Node, s Settings) (*Prepared, error) {
	if err := plan.Verify(root); err != nil {
		return nil, fmt.Errorf("the bound plan is broken: %w", err)
	}
	bars := e.bars.Load()
	barred := maps.Clone(*bars)
	if len(s.Barred) > 0 {
		barred = maps.Clone(s.Barred)
		maps.Copy(barred, *bars)
	}
	placed, trace, err := optimize.Optimize(ctx, root, optimize.Config{
		Sources:  withLocal{e.cfg.Sources, s.Local},
		Stats:    e.stats,
		Feedback: e.feedback,
		Disabled: s.Disabled,
		Barred:   barred,
		Pushdown: s.Pushdown,
		Strict:   s.Strict,
		Bounded:  !s.DynamicFilters || s.MaxScanBytes > 0,
		Verify:   e.cfg.Verify,
	})
	if err != nil {
		return nil, err
	}
	p := &Prepared{
		engine: e, bound: root, settings: s, bars: bars, barred: barred, plan: placed, trace: trace, dynamic: e.cfg.Dynamic,
		comparison: sync.OnceValues(func() (optimize.Comparison, string) { return optimize.Comparable(root) }),
	}
	if s.MaxScanBytes > 0 {
		p.refused = refuseScans(ctx, placed, s.MaxScanBytes)
	}
	if !s.DynamicFilters {
		p.dynamic = build.DynamicOff
	}
	narrowed := p.choices().Narrowed
	p.parts = maps.Clone(trace.Parts)
	maps.DeleteFunc(p.parts, func(n plan.Node, _ optimize.Part) bool { return readsAny(n, narrowed) })
	return p, nil
}

// Outdated reports whether what was learnt since from the statement's runs, or is barred since, may make another plan.
func (p *Prepared) Outdated() bool { return p.outdated.Load() || p.bars != p.engine.bars.Load() }

// choices are what a run decides of the plan.
func (p *Prepared) choices() build.Choices {
	return build.Choose(p.plan, build.Config{Dynamic: p.dynamic, Unnarrowed: p.unnarrowed, Weights: p.engine.cfg.Weights})
}

// unnarrowed reports a source whose scans are not told of the keys of joins, since that is barred.
func (p *Prepared) unnarrowed(source string) bool {
	_, barred := p.barred[optimize.Bar{Source: source, What: optimize.DynamicFilters}]
	return barred
}

// readsAny reports whether a plan reads one of some leaves.
func readsAny(n plan.Node, leaves map[*plan.Remote][]plan.Column) bool {
	if r, ok := n.(*plan.Remote); ok && len(leaves[r]) > 0 {
		return true
	}
	return slices.ContainsFunc(n.Children(), func(c plan.Node) bool { return readsAny(c, leaves) })
}

// Schema returns the columns of the result.
func (p *Prepared) Schema() plan.Schema { return p.plan.Schema() }

// Plan returns the placed plan.
func (p *Prepared) Plan() plan.Node { return p.plan }

// withLocal finds a statement's own sources before the configured ones.
type withLocal struct {
	optimize.Sources
	local map[plan.Site]connectors.Source
}

func (s withLocal) Source(site plan.Site) (connectors.Source, error) {
	if src, ok := s.local[site]; ok {
		return src, nil
	}
	return s.Sources.Source(site)
}
