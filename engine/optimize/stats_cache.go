package optimize

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
)

// StatsCache remembers statistics: what sources that are a connectors.StatsSource said of their tables, so that a table is
// asked about once per version, and what ANALYZE TABLE found out. It is safe for concurrent use and shared by all
// statements.
type StatsCache struct {
	told     *lru.Cache[statsKey, tableStats]
	analyzed *lru.Cache[string, *Analyzed] // by Analyzed.key
	keeper   Keeper                        // of what was analyzed; nil: it ends with the process
	log      *slog.Logger
	updating sync.Mutex // held while an analysis changes what is known, the disk included
}

// mostTables bounds the cache; those used last stay.
const mostTables = 1024

// NewStatsCache returns a cache of what a keeper has kept; it may be nil.
func NewStatsCache(keeper Keeper, log *slog.Logger) *StatsCache {
	c := &StatsCache{keeper: keeper, log: log}
	c.told, _ = lru.New[statsKey, tableStats](mostTables) // fails for a size below 1 alone
	c.analyzed, _ = lru.NewWithEvict(mostTables, c.drop)
	if keeper == nil {
		return c
	}
	for key, data := range keeper.All() {
		if !strings.HasPrefix(key, analyzedKey) {
			continue
		}
		a, err := decodeAnalyzed(data)
		if err != nil || a.key() != key {
			log.Warn("statistics of a table can't be read: analyze it again", "error", err)
			c.drop(key, nil)
			continue
		}
		c.analyzed.Add(key, a)
	}
	return c
}

// statsKey names a version of a table; a source that knows no versions has a table anew whenever it is looked up.
type statsKey struct {
	site    plan.Site
	name    plan.TableName
	version string
	table   *plan.Table // only where there is no version
}

func keyOf(site plan.Site, t *plan.Table) statsKey {
	key := statsKey{site: site, name: t.Name, version: t.Version}
	if key.version == "" {
		key.table = t
	}
	return key
}

type tableStats struct {
	plan.Statistics
	columns  []plan.ColumnStatistics // by the table's column position
	analyzed bool                    // they are of ANALYZE TABLE
}

// table returns the statistics of a table. A source that fails to give any costs a better plan, not the query, whose own
// read will say what is wrong.
func (c *StatsCache) table(ctx context.Context, sources Sources, site plan.Site, t *plan.Table) tableStats {
	if c == nil {
		return carriedStats(t)
	}
	if a, ok := c.Analyzed(site, t); ok {
		return a.over(t, c.source(ctx, sources, site, t))
	}
	return c.source(ctx, sources, site, t)
}

// source returns what the source says of a table.
func (c *StatsCache) source(ctx context.Context, sources Sources, site plan.Site, t *plan.Table) tableStats {
	if s, ok := c.told.Get(keyOf(site, t)); ok {
		return s
	}
	if sources == nil {
		return carriedStats(t)
	}
	s, ok, err := c.ask(ctx, sources, site, t, false)
	if !ok || err != nil {
		return carriedStats(t)
	}
	return s
}

// Ask has the source tell anew what it knows of a table's columns, which it returns by position; ok is false if it keeps no
// statistics of its own.
func (c *StatsCache) Ask(ctx context.Context, sources Sources, site plan.Site, t *plan.Table) (columns []plan.ColumnStatistics, ok bool, err error) {
	s, ok, err := c.ask(ctx, sources, site, t, true)
	return s.columns, ok, err
}

func (c *StatsCache) ask(ctx context.Context, sources Sources, site plan.Site, t *plan.Table, anew bool) (s tableStats, ok bool, err error) {
	src, err := sources.Source(site)
	if err != nil {
		return tableStats{}, false, err
	}
	asked, ok := src.(connectors.StatsSource)
	if !ok {
		return tableStats{}, false, nil
	}
	stats, columns, err := asked.Statistics(ctx, t, anew)
	if err != nil {
		return tableStats{}, true, err
	}
	if len(columns) != len(t.Columns) {
		columns = carriedStats(t).columns
	}
	s = tableStats{Statistics: stats, columns: columns}
	c.told.Add(keyOf(site, t), s)
	return s, true, nil
}

// Analyzed returns what ANALYZE TABLE found out about this version of a table.
func (c *StatsCache) Analyzed(site plan.Site, t *plan.Table) (*Analyzed, bool) {
	a, ok := c.analyzed.Get(analyzedKeyOf(site, t))
	if !ok || !a.describes(t) {
		return nil, false
	}
	return a, true
}

// Update changes what is known of this version of a table by an analysis: change gets what that is, nil if it was not
// analyzed, and returns what it is now, or the same. That it can't be kept for later processes is logged: this one knows it.
func (c *StatsCache) Update(site plan.Site, t *plan.Table, change func(*Analyzed) *Analyzed) {
	c.updating.Lock()
	defer c.updating.Unlock()
	before, _ := c.Analyzed(site, t)
	now := change(before)
	if now == before {
		return
	}
	c.analyzed.Add(now.key(), now)
	if c.keeper == nil {
		return
	}
	data, err := now.encode()
	if err == nil {
		err = c.keeper.Put(now.key(), data)
	}
	if err != nil {
		c.log.Error("the statistics of a table are lost when the gateway ends", "source", now.Source, "table", now.Table, "error", err)
	}
}

// drop forgets what is kept of a table.
func (c *StatsCache) drop(key string, _ *Analyzed) {
	if c.keeper == nil {
		return
	}
	if err := c.keeper.Delete(key); err != nil {
		c.log.Error("old statistics of a table are still kept", "error", err)
	}
}

// carriedStats is what the table's own metadata says.
func carriedStats(t *plan.Table) tableStats {
	s := tableStats{Statistics: t.Stats, columns: make([]plan.ColumnStatistics, len(t.Columns))}
	for i, c := range t.Columns {
		s.columns[i] = c.Stats
	}
	return s
}
