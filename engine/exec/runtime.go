package exec

import (
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/exec/spill"
	"github.com/silogate/silogate/engine/expr"
)

// Runtime is what the operators of one query share.
type Runtime struct {
	Mem       memory.Allocator
	Env       *expr.Env
	Account   *Account       // nil: unlimited
	Spill     *spill.Manager // nil: nothing spills, so a limit is an error
	BatchRows int            // rows of the batches that operators make; 0: BatchRows
	Reads     *ReadLimit     // nil: there is none
	Weights   Weights        // nil: every text is compared bytewise
}

func (r *Runtime) batchRows() int {
	if r.BatchRows > 0 {
		return r.BatchRows
	}
	return BatchRows
}
