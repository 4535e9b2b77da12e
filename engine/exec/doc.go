// Package exec runs plans: pull-based operators over Arrow record batches.
//
// An operator yields batches of up to BatchRows rows until io.EOF. Ownership: a batch that Next returns belongs to the
// caller, which releases it; a batch passed as an argument is borrowed. Retain only to keep. Close releases whatever an
// operator still holds, whether it was drained, failed or never started; it is idempotent and closes the inputs.
//
// Parallelism is a property of the tree, not of operators: a stage is a slice of operators that share the work of one
// plan node (Streams), each driven by one goroutine. Scans hand out splits to the streams of their stage; a hash join's
// streams share one build table; exchange operators change the number of streams. An operator is used by one
// goroutine at a time.
//
// Memory is accounted where it accumulates: builds, groups, sort runs and buffered results reserve from the query's
// Account before they grow and spill or fail with sqlerr.OutOfMemory when refused. Batches in flight are not charged:
// their number is bounded by the tree.
//
// Vectors of strings that reach nothing but the key of an aggregate may be dictionary-encoded: package build knows which, the
// operators between scan and aggregate pass them on as they are.
//
// Decimal vectors vary in width from batch to batch (package types); column i of every batch otherwise has the Arrow
// type of column i of the node's schema.
package exec
