// Package spill keeps on disk what does not fit the memory of a query: record batches in Arrow IPC, compressed with
// lz4.
//
// A Manager owns one directory of a process, under a lock that ends with the process: opening a Manager removes the
// directories that crashed processes left beside it. All files of a Manager share one quota; past it, writing fails
// with sqlerr.OutOfSpill. Files hold batches of any schemas in the order written, may be read many times and are
// removed when released.
//
// The package does not decide what to spill or when.
package spill
