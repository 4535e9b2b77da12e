package build

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/exec/spill"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// Config is what a plan is built for. The zero value of each optional field is the plain choice.
type Config struct {
	Allocator   memory.Allocator                            // required
	Env         *expr.Env                                   // required
	Parallelism int                                         // streams of a parallel stage; at least 1
	BatchRows   int                                         // 0: exec.BatchRows
	Memory      *exec.Account                               // the query's; nil: unlimited
	Spill       *spill.Manager                              // nil: a query that would spill fails with sqlerr.OutOfMemory
	Tx          func(plan.Site) *connectors.Tx              // the statement's transaction in a source; nil: none
	Keys        func(*plan.Keys) (arrow.RecordBatch, error) // the rows of a run-time relation, borrowed; nil: none exist
	Reads       *exec.ReadLimit                             // of all scans; nil: none
	Unnarrowed  func(source string) bool                    // sources whose scans are not told of keys; nil: there are none
	Encoded     bool                                        // the result's vectors may be dictionary-encoded, as connectors.Scan has them
	Stats       *exec.Stats                                 // nil: nothing is counted
	Dynamic     DynamicMode                                 // how joins tell remote scans about their keys
	Estimate    func(plan.Node) plan.Statistics             // of a node, NaN where it is unknown; nil: everywhere
	Weights     exec.Weights                                // sort keys of collations that are not bytewise; nil: they are an error
}

// DynamicMode says when a join's keys reach the scans of its other side.
type DynamicMode uint8

// The modes. No answer depends on the mode.
const (
	DynamicOn   DynamicMode = iota // before the scan starts, where the build side is done by then
	DynamicOff                     // never
	DynamicLate                    // the filter is there and becomes known only after the scan has ended, for tests
)
