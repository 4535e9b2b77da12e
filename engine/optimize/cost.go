package optimize

import (
	"math"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// The cost of work in seconds of one core, measured roughly on commodity machines. Only ratios matter. What the traffic with
// a source has shown of its link raises the cost of a byte (wayTo).
const (
	costBuildRow     = 60e-9  // insert a row into a hash table
	costProbeRow     = 30e-9  // look a row up
	costOutputRow    = 15e-9  // put a joined row out
	costAggregateRow = 100e-9 // find a row's group and add it there
	costCopyByte     = 0.5e-9 // and copy a byte of it, or of a row of the table
	costPair         = 4e-9   // test a pair of rows in a nested loop
	costRemoteRow    = 150e-9 // a row that enters a join or an aggregate inside a source
	costTransferRow  = 150e-9 // decode a row that a source sends
	costTransferByte = 5e-9
)

// Bytes that are not worth saving, because a request takes as long: at least these many, and at most.
const smallTransfer, mostSmall = 64 << 10, 1 << 20

// way is the way from a source to here.
type way struct {
	start   float64 // seconds until an answer begins
	perByte float64
}

// wayTo returns what is known of a source's link, and else what is usual in one building.
func (p *planner) wayTo(site plan.Site) way {
	if w, ok := p.ways[site]; ok {
		return w
	}
	w := way{perByte: costTransferByte}
	if src, err := p.Sources.Source(site); err == nil {
		if linked, ok := src.(connectors.Linked); ok {
			link := linked.Link()
			w.start = link.RoundTrip.Seconds()
			if link.Bandwidth > 0 {
				w.perByte = math.Max(w.perByte, 1/link.Bandwidth)
			}
		}
	}
	p.ways[site] = w
	return w
}

// small is how many bytes take no longer than the request for them.
func (w way) small() float64 { return math.Min(math.Max(w.start/w.perByte, smallTransfer), mostSmall) }

// pays reports whether a source should run a node: what it then sends is no more than what the node would read here.
func (w way) pays(sent, read float64) bool {
	return sent <= math.Max(read, w.small())
}

// localJoin is the cost of joining here, with the smaller side as the table.
func localJoin(left, right, out float64, hashed bool) float64 {
	if !hashed {
		return left*right*costPair + out*costOutputRow
	}
	build, probe := math.Min(left, right), math.Max(left, right)
	return build*costBuildRow + probe*costProbeRow + out*costOutputRow
}

// dependentJoin is the cost of a join that keeps its sides apart: the right one is the table.
func dependentJoin(left, right, out float64, hashed bool) float64 {
	if !hashed {
		return left*right*costPair + out*costOutputRow
	}
	return right*costBuildRow + left*costProbeRow + out*costOutputRow
}

func remoteJoin(left, right, out float64) float64 { return (left + right + out) * costRemoteRow }

func (w way) transfer(rows, bytes float64) float64 {
	return w.start + rows*costTransferRow + bytes*w.perByte
}

// hashable reports whether some condition of a join is an equality of its sides.
func hashable(on []expr.Expr, left, right *relation) bool {
	for _, c := range on {
		if _, ok := equiPairOf(c, left, right); ok {
			return true
		}
	}
	return false
}
