package agg

import "github.com/apache/arrow-go/v18/arrow"

// whole computes a function of rows that are the function's states for parts of the group.
type whole struct{ Accumulator }

// Update implements Accumulator.
func (w whole) Update(groups []int32, args []arrow.Array, rows int) error {
	return w.Merge(groups, args, rows)
}
