package exec

import "github.com/silogate/silogate/engine/types"

// Weights returns the function that appends the sort key of a string under a collation to dst: strings are equal or
// ordered as their keys are bytewise, padding included. It returns nil for a collation it does not know. The
// function may be called by many goroutines.
type Weights func(types.Collation) WeightFunc

// WeightFunc appends the sort key of value to dst.
type WeightFunc func(dst, value []byte) []byte
