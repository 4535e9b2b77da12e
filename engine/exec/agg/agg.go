package agg

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Spec says what to compute. DISTINCT is not its business: whoever wants it passes each set of arguments once.
type Spec struct {
	Func    plan.AggFunc
	Args    []types.Type
	Result  types.Type
	Weigh   []func(dst, value []byte) []byte // for each argument: the sort key of text that is not bytewise, or nil
	Longest int                              // GroupConcat, JSONArrayAgg, JSONObjectAgg: bytes of a result
	// GroupConcat:
	Separator string
	Ordered   bool // the last argument is not to be joined but orders the rows, as bytes
	Warn      func(code int, msg string)
}

// Accumulator gathers one aggregate for groups 0 .. n-1. It belongs to one goroutine.
type Accumulator interface {
	// Grow makes room for n groups; new ones are empty.
	Grow(n int)
	// Update adds row i of args to group groups[i]; groups nil adds all rows to group 0.
	Update(groups []int32, args []arrow.Array, rows int) error
	// Result returns the values of groups [from, to).
	Result(mem memory.Allocator, from, to int) (arrow.Array, error)
	// StateTypes returns the types of the columns of States.
	StateTypes() []types.Type
	// States returns the states of groups [from, to) as columns.
	States(mem memory.Allocator, from, to int) ([]arrow.Array, error)
	// Merge adds row i of states to group groups[i]; groups nil: to group 0.
	Merge(groups []int32, states []arrow.Array, rows int) error
	// Reset forgets all groups and keeps the memory.
	Reset()
	// Bytes returns the memory in use.
	Bytes() int64
}

// New returns an accumulator without groups, or an error that says what is unsupported.
func New(s Spec) (Accumulator, error) {
	switch s.Func {
	case plan.CountStar, plan.Count:
		return &count{}, nil
	case plan.SumCounts:
		return whole{&count{}}, nil
	case plan.AvgParts:
		s.Func = plan.Avg
		sums, err := New(s)
		return whole{sums}, err
	}
	arg := s.Args[0]
	exact := arg.Kind == types.Decimal || arg.IsInteger() || arg.Kind == types.Bool || arg.Kind == types.Null
	switch s.Func {
	case plan.Sum, plan.Avg:
		switch {
		case exact && s.Result.Kind == types.Decimal:
			return newExactSum(s), nil
		case arg.IsFloat():
			return &floatSum{average: s.Func == plan.Avg}, nil
		}
	case plan.Min:
		return newExtreme(lowest, arg, weigher(s))
	case plan.Max:
		return newExtreme(highest, arg, weigher(s))
	case plan.AnyValue:
		return newExtreme(first, arg, nil)
	case plan.VarPop, plan.VarSamp, plan.StddevPop, plan.StddevSamp:
		if exact || arg.IsFloat() {
			return &variance{
				sample: s.Func == plan.VarSamp || s.Func == plan.StddevSamp,
				root:   s.Func == plan.StddevPop || s.Func == plan.StddevSamp,
			}, nil
		}
	case plan.GroupConcat:
		return newGroupConcat(s), nil
	case plan.JSONArrayAgg, plan.JSONObjectAgg:
		return newJSON(s), nil
	case plan.BitAnd, plan.BitOr, plan.BitXor:
		if arg.IsInteger() || arg.Kind == types.Bool || arg.Kind == types.Null {
			return newBits(s.Func), nil
		}
		if arg.IsBinary() {
			return newByteBits(s), nil
		}
	}
	return nil, sqlerr.New(sqlerr.Unsupported, "%s of %s as %s is not supported", s.Func, arg, s.Result)
}

func weigher(s Spec) func(dst, value []byte) []byte {
	if len(s.Weigh) == 0 {
		return nil
	}
	return s.Weigh[0]
}

// extend returns s with length n, new elements zero.
func extend[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	if n <= cap(s) {
		grown := s[:n]
		clear(grown[len(s):])
		return grown
	}
	grown := make([]T, n, max(n, 2*cap(s), 64))
	copy(grown, s)
	return grown
}
