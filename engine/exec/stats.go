package exec

import (
	"context"
	"io"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
)

// Stats collects what EXPLAIN ANALYZE shows, by plan node. Safe for concurrent use.
type Stats struct {
	mu    sync.Mutex
	nodes map[plan.Node]*NodeStats
	fixed bool // no node is added
}

// NewStats returns an empty collection.
func NewStats() *Stats { return &Stats{nodes: make(map[plan.Node]*NodeStats)} }

// NewStatsOf returns a collection for some nodes, the others of which are not counted.
func NewStatsOf(nodes iter.Seq[plan.Node]) *Stats {
	s := NewStats()
	for n := range nodes {
		s.nodes[n] = new(NodeStats)
	}
	s.fixed = true
	return s
}

// Node returns the counters of n, made on first use. On a nil Stats, or for a node that is not counted, it returns nil,
// which counts nothing.
func (s *Stats) Node(n plan.Node) *NodeStats {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.nodes[n]
	if !ok && !s.fixed {
		c = new(NodeStats)
		s.nodes[n] = c
	}
	return c
}

// NodeStats are the live counters of one plan node over all its streams.
type NodeStats struct {
	rows, batches, nanos, peak, spilled atomic.Int64
	splits, narrowed                    atomic.Int64
	builds, streams, ended              atomic.Int64
	usage                               atomic.Pointer[connectors.Usage]
}

// NodeTotals is a reading of NodeStats.
type NodeTotals struct {
	Rows, Batches int64
	Time          time.Duration     // inside the node and its inputs, summed over streams
	Memory        int64             // most bytes reserved at once
	Spilled       int64             // bytes written to spill files
	Usage         connectors.Totals // Remote nodes: what the source was asked for
	Splits        int64             // Remote nodes: parts read
	Narrowed      int64             // of these the parts that the dynamic filter was complete for
}

// Totals reads the counters. On nil it is zero.
func (c *NodeStats) Totals() NodeTotals {
	if c == nil {
		return NodeTotals{}
	}
	t := NodeTotals{
		Rows: c.rows.Load(), Batches: c.batches.Load(), Time: time.Duration(c.nanos.Load()),
		Memory: c.peak.Load(), Spilled: c.spilled.Load(), Splits: c.splits.Load(), Narrowed: c.narrowed.Load(),
	}
	if u := c.usage.Load(); u != nil {
		t.Usage = u.Totals()
	}
	return t
}

// Whole returns the rows of a node that was run once and to its end.
func (c *NodeStats) Whole() (rows int64, ok bool) {
	if c == nil || c.builds.Load() != 1 || c.ended.Load() != c.streams.Load() {
		return 0, false
	}
	return c.rows.Load(), true
}

func (c *NodeStats) memory(used int64) {
	for {
		peak := c.peak.Load()
		if used <= peak || c.peak.CompareAndSwap(peak, used) {
			return
		}
	}
}

// split counts a part of a remote scan that is about to be read under a filter.
func (c *NodeStats) split(filter connectors.DynamicFilter) {
	if c == nil {
		return
	}
	c.splits.Add(1)
	if _, none := filter.(connectors.NoFilter); none {
		return
	}
	select {
	case <-filter.Ready():
		c.narrowed.Add(1)
	default:
	}
}

func (c *NodeStats) spill(bytes int64) {
	if c != nil {
		c.spilled.Add(bytes)
	}
}

// Counted wraps the streams of a node so that stats counts their rows, batches and time. With nil stats it returns
// them as they are.
func Counted(streams Streams, stats *NodeStats) Streams {
	if stats == nil {
		return streams
	}
	stats.builds.Add(1)
	stats.streams.Add(int64(len(streams)))
	out := make(Streams, len(streams))
	for i, s := range streams {
		out[i] = &counted{input: s, stats: stats}
	}
	return out
}

type counted struct {
	input Operator
	stats *NodeStats
	ended bool
}

func (c *counted) Next(ctx context.Context) (arrow.RecordBatch, error) {
	start := time.Now()
	batch, err := c.input.Next(ctx)
	c.stats.nanos.Add(int64(time.Since(start)))
	if err == nil {
		c.stats.rows.Add(batch.NumRows())
		c.stats.batches.Add(1)
	}
	if err == io.EOF && !c.ended {
		c.ended = true
		c.stats.ended.Add(1)
	}
	return batch, err
}

func (c *counted) Close() error { return c.input.Close() }
