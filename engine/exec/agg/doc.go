// Package agg computes aggregate functions over groups that are numbered from 0.
//
// An Accumulator keeps one column of states, a state for each group. Update adds rows; what it has gathered leaves as
// a Result, one value for each group, or as States: ordinary columns that another accumulator of the same kind merges,
// in this process or after a trip through a spill file.
//
// Sums of integers and decimals are exact: 128-bit accumulators, promoted to 256 bits when a wider vector comes. An
// average of them is rounded once, half away from zero, to the result's scale. GROUP_CONCAT keeps the rows that can
// still be in its result, which is cut to a number of bytes, and hardly more. JSON_ARRAYAGG and JSON_OBJECTAGG keep all
// of theirs, and fail where the result is longer than a value may be.
//
// States are kept on the Go heap; Bytes says how much, for the memory account.
package agg
