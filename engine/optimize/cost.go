package optimize

import (
	"math"

	"github.com/silogate/silogate/engine/expr"
)

// The cost of work in seconds of one core, measured roughly on commodity machines. Only ratios matter. A source's own
// figures (connectors.Estimate.Cost, the link's round trip and bandwidth) will replace the remote ones per site.
const (
	costBuildRow     = 60e-9  // insert a row into a hash table
	costProbeRow     = 30e-9  // look a row up
	costOutputRow    = 15e-9  // put a joined row out
	costCopyByte     = 0.5e-9 // and copy a byte of it, or of a row of the table
	costPair         = 4e-9   // test a pair of rows in a nested loop
	costRemoteRow    = 150e-9 // a row that enters a join inside a source
	costTransferRow  = 150e-9 // decode a row that a source sends
	costTransferByte = 5e-9
)

// smallTransfer is a number of bytes that is not worth saving: a request costs as much.
const smallTransfer = 64 << 10

// pays reports whether a source should run a node: what it then sends is no more than what the node would read here.
func pays(sent, read float64) bool { return sent <= math.Max(read, smallTransfer) }

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

func transfer(rows, bytes float64) float64 { return rows*costTransferRow + bytes*costTransferByte }

// hashable reports whether some condition of a join is an equality of its sides.
func hashable(on []expr.Expr, left, right *relation) bool {
	for _, c := range on {
		if _, ok := equiPairOf(c, left, right); ok {
			return true
		}
	}
	return false
}
