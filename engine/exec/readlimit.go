package exec

import (
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/sqlerr"
)

// ReadLimit bounds what the scans of some runs read in all. It is safe for concurrent use; nil is no limit.
type ReadLimit struct {
	rows, bytes atomic.Int64
	mostRows    int64
	mostBytes   int64
}

// NewReadLimit returns a limit of rows and of bytes in memory.
func NewReadLimit(rows, bytes int64) *ReadLimit { return &ReadLimit{mostRows: rows, mostBytes: bytes} }

// take counts a batch that was read, or fails with sqlerr.ScanTooBig.
func (l *ReadLimit) take(batch arrow.RecordBatch) error {
	if l == nil {
		return nil
	}
	size := int64(0)
	for _, column := range batch.Columns() {
		size += int64(column.Data().SizeInBytes())
	}
	if l.rows.Add(batch.NumRows()) > l.mostRows || l.bytes.Add(size) > l.mostBytes {
		return sqlerr.New(sqlerr.ScanTooBig, "more than %d rows or %d bytes were read", l.mostRows, l.mostBytes)
	}
	return nil
}
