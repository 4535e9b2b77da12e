package optimize

import (
	"context"
	"sync"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
)

// StatsCache remembers what sources that are a connectors.StatsSource said of their tables, so that a table is asked
// about once per version. It is safe for concurrent use and shared by all statements.
type StatsCache struct {
	mu     sync.Mutex
	tables map[statsKey]tableStats
}

// NewStatsCache returns an empty cache.
func NewStatsCache() *StatsCache {
	return &StatsCache{tables: make(map[statsKey]tableStats)}
}

// statsKey names a version of a table; a source that knows no versions has a table anew whenever it is looked up.
type statsKey struct {
	site    plan.Site
	name    plan.TableName
	version string
	table   *plan.Table // only where there is no version
}

type tableStats struct {
	plan.Statistics
	columns []plan.ColumnStatistics // by the table's column position
}

// mostTables bounds the cache. A full cache starts over: it refills with what is in use.
const mostTables = 1024

// table returns the statistics of a scan's table. A source that fails to give any costs a better plan, not the query,
// whose own read will say what is wrong.
func (c *StatsCache) table(ctx context.Context, sources Sources, scan *plan.Scan) tableStats {
	carried := carriedStats(scan.Table)
	if c == nil || sources == nil {
		return carried
	}
	key := statsKey{site: scan.Site, name: scan.Table.Name, version: scan.Table.Version}
	if key.version == "" {
		key.table = scan.Table
	}
	if s, ok := c.get(key); ok {
		return s
	}
	src, err := sources.Source(scan.Site)
	if err != nil {
		return carried
	}
	asked, ok := src.(connectors.StatsSource)
	if !ok {
		return carried
	}
	stats, columns, err := asked.Statistics(ctx, scan.Table)
	if err != nil {
		return carried
	}
	if len(columns) != len(scan.Table.Columns) {
		columns = carried.columns
	}
	s := tableStats{Statistics: stats, columns: columns}
	c.put(key, s)
	return s
}

func (c *StatsCache) get(key statsKey) (tableStats, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.tables[key]
	return s, ok
}

func (c *StatsCache) put(key statsKey, s tableStats) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.tables) >= mostTables {
		clear(c.tables)
	}
	c.tables[key] = s
}

// carriedStats is what the table's own metadata says.
func carriedStats(t *plan.Table) tableStats {
	s := tableStats{Statistics: t.Stats, columns: make([]plan.ColumnStatistics, len(t.Columns))}
	for i, c := range t.Columns {
		s.columns[i] = c.Stats
	}
	return s
}
