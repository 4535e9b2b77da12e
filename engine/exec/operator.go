package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
)

// BatchRows is the most rows of a batch.
const BatchRows = 8192

// Operator yields the batches of one stream of a plan node.
type Operator interface {
	// Next returns the next batch, which has at least one row, or io.EOF. After an error only Close may be called.
	Next(ctx context.Context) (arrow.RecordBatch, error)
	// Close releases everything held. It may be called at any time, more than once.
	Close() error
}

// Streams are the operators that share the work of one plan node, each run by its own goroutine.
type Streams []Operator
