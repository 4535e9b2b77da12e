package plan

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/silogate/silogate/engine/expr"
)

// FormatOptions choose what a Description has beside the plan itself; the zero value adds nothing.
type FormatOptions struct {
	Estimate func(Node) Statistics     // of what a node yields; NaN is not shown
	Origin   func(Node) Origin         // what the estimate comes from
	Keys     func(*Join) []expr.Expr   // the conjuncts of On by which rows are looked up in a hash table
	Dynamic  func(*Remote) []Column    // the columns that joins narrow while the query runs
	Actual   func(Node) (Actual, bool) // what a node did, for EXPLAIN ANALYZE; false: it never ran
}

// Origin is what an estimate comes from, where that is not what the source says of the table or a guess.
type Origin string

// The origins.
const (
	Learnt   Origin = "learnt"   // an earlier run had as many rows
	Analyzed Origin = "analyzed" // ANALYZE TABLE found out how the values of the table are spread
)

// Actual is what one node did in one run, summed over its streams.
type Actual struct {
	Rows    int64         // rows yielded
	Batches int64         // batches they came in
	Time    time.Duration // time spent in the node, its inputs not included
	Memory  int64         // most bytes held at once
	Spill   int64         // bytes written to disk
	Remote  *ActualRemote // what the source was asked for; nil for other nodes
}

// ActualRemote is what a Remote's run cost its source.
type ActualRemote struct {
	Bytes    int64         // received
	Requests int64         // requests or statements
	Cached   int64         // bytes that were in memory, and not asked for
	OnDisk   int64         // bytes that a cache on disk had
	Time     time.Duration // waited for the source, summed over what waits at the same time
	Splits   int64         // parts read
	Narrowed int64         // of these the parts that knew the keys of all joins that narrow the scan when they began
}

// Format renders a plan as EXPLAIN shows it: one line per node, inputs indented below it. Under a Remote stand the
// reasons for what its source did not take.
func Format(n Node, o FormatOptions) string { return Describe(n, o).Text() }

const indent = "    "

// Text renders the description as lines.
func (d *Description) Text() string {
	var b strings.Builder
	d.write(&b, 0)
	return b.String()
}

func (d *Description) write(b *strings.Builder, depth int) {
	line := func(depth int, parts ...string) {
		b.WriteString(strings.Repeat(indent, depth))
		for _, p := range parts {
			b.WriteString(p)
		}
		b.WriteByte('\n')
	}
	line(depth, "-> ", d.Operation, d.numbers())
	for _, note := range d.notes {
		line(depth+1, note)
	}
	for _, in := range d.Inputs {
		in.write(b, depth+1)
	}
}

// numbers renders the estimate and what was measured.
func (d *Description) numbers() string {
	var b strings.Builder
	if d.Estimate != nil && known(d.Estimate.Rows) {
		fmt.Fprintf(&b, "  (rows=%s", formatEstimate(d.Estimate.Rows))
		if d.Origin != "" {
			b.WriteString(" " + string(d.Origin))
		}
		b.WriteByte(')')
	}
	if d.unmeasured {
		return b.String()
	}
	a := d.Actual
	if a == nil {
		b.WriteString("  (never executed)")
		return b.String()
	}
	fmt.Fprintf(&b, "  (actual rows=%d time=%s", a.Rows, a.Time.Round(time.Microsecond))
	if a.Remote != nil {
		measure(&b, "bytes", a.Remote.Bytes)
		measure(&b, "cached", a.Remote.Cached)
		measure(&b, "cached_on_disk", a.Remote.OnDisk)
	}
	measure(&b, "memory", a.Memory)
	measure(&b, "spill", a.Spill)
	b.WriteByte(')')
	return b.String()
}

func measure(b *strings.Builder, name string, bytes int64) {
	if bytes > 0 {
		fmt.Fprintf(b, " %s=%s", name, formatBytes(bytes))
	}
}

// known reports a number that is a guess, not the lack of one.
func known(n float64) bool { return !math.IsNaN(n) && !math.IsInf(n, 0) }

// formatEstimate shows a guess with at most three significant digits, so that it does not look like a count.
func formatEstimate(rows float64) string {
	if rows < 1000 {
		return strconv.FormatFloat(math.Ceil(rows), 'f', 0, 64)
	}
	scale := math.Pow(10, math.Floor(math.Log10(rows))-2)
	return strconv.FormatFloat(math.Round(rows/scale)*scale, 'f', 0, 64)
}

func formatBytes(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%dB", n)
	}
	v, i := float64(n)/unit, 0
	for v >= unit && i < len("KMGT")-1 {
		v, i = v/unit, i+1
	}
	return fmt.Sprintf("%.1f%ciB", v, "KMGT"[i])
}
